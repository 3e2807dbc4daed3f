"""Unequal servers behind one name or one address: what differs between connections that should not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

from connector_probe.diagnosis.signs import greeted_as
from connector_probe.diagnosis.verdict import Said
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Certificate
from connector_probe.model.ids import RemedyId, WarningId
from connector_probe.model.notation import day, endpoint
from connector_probe.model.sentence import Facts, Phrase, Word, joined, listed
from connector_probe.model.verdict import UNTELLABLE, FailureClass
from connector_probe.protocol.refusals import Refusal

MAX_SHOWN = 4
_VERDICTS = WarningId.UNEQUAL_VERDICTS
_TURNED_AWAY = frozenset({FailureClass.TCP_TIMEOUT, FailureClass.TCP_REFUSED})


def unequal_servers(views: Sequence[View], failures: Sequence[FailureClass | None]) -> list[Said]:
    """``failures`` belong to ``views``, attempt by attempt. What could not be tested from here counts nowhere."""
    if len(views) < 2:
        return []
    pairs = [pair for pair in zip(views, failures, strict=True) if pair[1] not in UNTELLABLE]
    found: list[Said] = []
    for group in _grouped(pairs, lambda view: (view.evidence.server, view.evidence.address, view.evidence.port)):
        found += _of_address(group)
    for group in _grouped(pairs, lambda view: view.evidence.server):
        found += _of_server([view for view, _ in group])
    return found


_Pair = tuple[View, FailureClass | None]


def _grouped(pairs: Sequence[_Pair], key: Callable[[View], Hashable]) -> Iterator[list[_Pair]]:
    groups: dict[Hashable, list[_Pair]] = {}
    for pair in pairs:
        groups.setdefault(key(pair[0]), []).append(pair)
    return iter(groups.values())


def _of_address(pairs: Sequence[_Pair]) -> Iterator[Said]:
    """Connections to one address that end differently: a balancer spreads mail over them alike."""
    failures = Counter(failure for _, failure in pairs if failure is not None)
    bad, first = sum(failures.values()), pairs[0][0].evidence
    facts = Facts(
        bad=str(bad),
        total=str(len(pairs)),
        endpoint=endpoint(first),
        classes=listed(joined(Word("class", failure), f" ({number})") for failure, number in failures.most_common()),
        percent=str(round(100 * bad / len(pairs))),
    )
    if 0 < bad < len(pairs):
        failing = [(view, one) for view, one in pairs if one is not None]
        if all(view.refusal_kind is Refusal.RATE for view, _ in failing):
            mended = (RemedyId.ALLOW_EXCHANGE_ONLINE,)
            yield Said(_VERDICTS, facts, first.address, remedies=mended, sentence=WarningId.CONNECTIONS_LIMITED)
            return
        # By a limit on connections, which this very run has met.
        limited = all(one in _TURNED_AWAY or view.refusal_kind is Refusal.RATE for view, one in failing)
        yield Said(_VERDICTS, facts, first.address, sentence=WarningId.UNEQUAL_OR_LIMITED if limited else "")
    elif len(failures) > 1:
        yield Said(WarningId.UNEQUAL_FAILURES, facts, first.address)


def _of_server(views: Sequence[View]) -> Iterator[Said]:
    server = views[0].evidence.server
    greeted = [view for view in views if view.greeting is not None and view.greeting.severity == 2]
    bare = [view for view in greeted if not view.offers_starttls]
    if bare and len(bare) < len(greeted):
        facts = Facts(bad=str(len(bare)), total=str(len(greeted)), server=server)
        yield Said(WarningId.UNEQUAL_STARTTLS, facts)
    shown = Counter(leaf for view in views if (leaf := view.evidence.leaf) is not None)
    # Addresses may well have certificates of their own; it matters once one of them is bad, or was asked about.
    bad = any(view.judged_problems for view in views)
    if len(shown) > 1 and (bad or _repeated(views)):
        (_, most), *_ = shown.most_common(1)
        total = sum(shown.values())
        facts = Facts(odd=str(total - most), total=str(total), number=str(len(shown)), server=server)
        facts["counts"] = listed(_described(leaf, number) for leaf, number in shown.most_common(MAX_SHOWN))
        yield Said(WarningId.UNEQUAL_CERTIFICATES, facts)
    names = Counter(name for view in views if (name := greeted_as(view.evidence.banner)))
    if len(names) > 1 and _repeated(views):
        facts = Facts(total=str(sum(names.values())), number=str(len(names)), server=server)
        facts["greetings"] = listed(f"{name} ({number})" for name, number in names.most_common(MAX_SHOWN))
        yield Said(WarningId.UNEQUAL_BANNERS, facts)


def _described(leaf: Certificate, number: int) -> Phrase:
    """How often, and enough to find it: the name, the last day, the thumbprint that traces and Exchange show."""
    facts = Facts(times=str(number), name=leaf.common_name or leaf.subject, until=day(leaf.not_after), sha1=leaf.sha1)
    return Phrase("certificate-count", facts)


def _repeated(views: Sequence[View]) -> bool:
    """Whether an address was met more than once, as --connections asks."""
    return len({view.evidence.address for view in views}) < len(views)
