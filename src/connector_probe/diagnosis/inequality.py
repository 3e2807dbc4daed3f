"""Unequal servers behind one name or one address: what differs between connections that should not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.diagnosis.facts import Facts, endpoint, fill
from connector_probe.diagnosis.rules import View, classify
from connector_probe.model.verdict import Finding, Status

_FLOWS = (Status.HEALTHY, Status.WARNING)
MAX_SHOWN = 4


def inequalities(views: Sequence[View], statuses: Sequence[Status], words: Catalogue) -> list[Finding]:
    """``statuses`` belong to ``views``, attempt by attempt."""
    pairs = list(zip(views, statuses, strict=True))
    found = []
    for _, group in groupby(pairs, key=lambda pair: (pair[0].evidence.server, pair[0].evidence.address)):
        found += list(_of_address(list(group), words))
    for _, group in groupby(pairs, key=lambda pair: pair[0].evidence.server):
        found += list(_of_server([view for view, _ in group], words))
    return found


def meets_unequals(statuses: Sequence[Status]) -> bool:
    """Whether connections to one address differ in whether mail flows."""
    return any(one in _FLOWS for one in statuses) and not all(one in _FLOWS for one in statuses)


def _of_address(pairs: Sequence[tuple[View, Status]], words: Catalogue) -> Iterator[Finding]:
    statuses = [status for _, status in pairs]
    if len(pairs) < 2 or not meets_unequals(statuses):
        return
    failures = Counter(classify(view) for view, status in pairs if status not in _FLOWS)
    bad, first = sum(failures.values()), pairs[0][0].evidence
    facts = Facts(
        bad=str(bad),
        total=str(len(pairs)),
        endpoint=endpoint(first),
        classes=", ".join(str(failure) for failure in failures),
        percent=str(round(100 * bad / len(pairs))),
    )
    yield Finding("unequal-verdicts", fill(words.warnings["unequal-verdicts"], facts), first.address)


def _of_server(views: Sequence[View], words: Catalogue) -> Iterator[Finding]:
    server = views[0].evidence.server
    greeted = [view for view in views if view.greeting is not None and view.greeting.severity == 2]
    bare = [view for view in greeted if not view.offers_starttls]
    if bare and len(bare) < len(greeted):
        facts = Facts(bad=str(len(bare)), total=str(len(greeted)), server=server)
        yield Finding("unequal-starttls", fill(words.warnings["unequal-starttls"], facts))
    shown = [view.evidence.certificate.chain[0].sha1 for view in views if view.evidence.certificate is not None]
    prints = list(dict.fromkeys(shown))
    # Addresses may well have certificates of their own; it matters once one of them is bad, or was asked about.
    bad = any(view.judged_problems for view in views)
    if len(prints) > 1 and (bad or _repeated(views)):
        facts = Facts(
            total=str(len(shown)), number=str(len(prints)), server=server, prints=", ".join(prints[:MAX_SHOWN])
        )
        yield Finding("unequal-certificates", fill(words.warnings["unequal-certificates"], facts))
    names = list(dict.fromkeys(name for view in views if (name := _greeting_name(view))))
    if len(names) > 1 and _repeated(views):
        facts = Facts(
            total=str(len(views)), number=str(len(names)), server=server, greetings=", ".join(names[:MAX_SHOWN])
        )
        yield Finding("unequal-banners", fill(words.warnings["unequal-banners"], facts))


def _repeated(views: Sequence[View]) -> bool:
    """Whether an address was met more than once, as --connections asks."""
    return len({view.evidence.address for view in views}) < len(views)


def _greeting_name(view: View) -> str:
    """The name by which the server calls itself (RFC 5321 4.2); the rest of a greeting may be a date."""
    banner = view.evidence.banner
    if banner is None or banner.reply is None or banner.reply.severity != 2:
        return ""
    return banner.reply.lines[0].split(" ", 1)[0]
