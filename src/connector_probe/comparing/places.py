"""Two places: where between them and the server the fault lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.comparing.comparison import Difference
from connector_probe.comparing.sides import (
    AddressResult,
    Pair,
    SharedAddress,
    addresses,
    by_address,
    warnings_of_its_own,
)
from connector_probe.model.evidence import Stage
from connector_probe.model.names import is_address
from connector_probe.model.notation import day, quote
from connector_probe.model.reach import is_outside, is_private
from connector_probe.model.verdict import FLOWING, FailureClass, Status
from connector_probe.wording.sentences import describe_fault

_F = FailureClass
_TURNED_AWAY = frozenset(
    {_F.BANNER_REJECTED, _F.EHLO_REJECTED, _F.SESSION_REJECTED, _F.RECIPIENT_REJECTED, _F.RECIPIENT_DEFERRED}
)
_SILENT = frozenset({_F.TCP_TIMEOUT, _F.TCP_UNREACHABLE})
# The name has no answer of use in one place; which of these says whether the name or a nameserver is meant.
_NOT_THERE = frozenset({_F.DNS_NXDOMAIN, _F.DNS_NO_ADDRESS, _F.DNS_NULL_MX})


def place_differences(pair: Pair, addresses_told: Sequence[SharedAddress]) -> Iterator[Difference]:
    yield from _names(pair)
    for shared in addresses_told:
        found = list(_of_address(pair, shared))
        yield from found
        # Another machine may have the same address, where it is no public one.
        local = shared.address is not None and not (is_address(shared.address) and is_outside(shared.address))
        if local and any(one.matters for one in found):
            yield pair.says("private-address", False, {}, shared)
    yield from _warnings(pair)


def _warnings(pair: Pair) -> Iterator[Difference]:
    """Warnings of one place alone, where mail flows from both: they say why one is healthy and the other is not."""
    if pair.first.diagnosis is not None or pair.second.diagnosis is not None:
        return
    told = [{(one.id, one.address): one.text for one in warnings_of_its_own(result)} for result in pair.results]
    for at, (ours, theirs) in enumerate((told, told[::-1])):
        for key, warning in ours.items():
            if key not in theirs and not key[0].startswith("unequal-"):  # of unequal servers _of_address tells
                shown = (key[0], None) if at == 0 else (None, key[0])
                facts = {"place": pair.labels[at], "warning": warning}
                yield pair.says("warning-at-one", False, facts, told=shown)


# --- DNS -------------------------------------------------------------------------------------------------------


def _names(pair: Pair) -> Iterator[Difference]:
    """A name that leads to different addresses, or to none at one of the places."""
    first, second = addresses(pair.first), addresses(pair.second)
    for server in [one for one in first if one in second]:
        ours, theirs = first[server], second[server]
        shown = (", ".join(ours), ", ".join(theirs))
        if ours and theirs and set(ours) != set(theirs):
            if pair.first.evidence.left_out or pair.second.evidence.left_out:
                continue  # of so many addresses each side saw a part
            told = [f"{text} ({_standing(pair, at, server)})" for at, text in enumerate(shown)]
            yield pair.says("split-dns", True, {"server": server}, server=server, told=told)
            yield from _inside(pair, server, (ours, theirs))
        elif bool(ours) != bool(theirs):
            yield from _missing(pair, server, shown)


def _standing(pair: Pair, at: int, server: str) -> str:
    """How ``server`` fares at one place, in the word for a status."""
    return pair.words.text["flows" if any(seen.flows for seen in _met(pair, at, server)) else "other"]


def _missing(pair: Pair, server: str, shown: tuple[str, str]) -> Iterator[Difference]:
    at = 1 if shown[0] else 0
    seen = next(seen for (name, _, _), seen in by_address(pair.results[at]).items() if name == server)
    if seen.unknown or seen.diagnosis is None:
        return
    facts = {
        "server": server,
        "good": pair.labels[1 - at],
        "bad": pair.labels[at],
        "addresses": shown[1 - at],
        "detail": seen.detail,
    }
    identifier = "name-at-one" if seen.diagnosis.class_ in _NOT_THERE else "nameserver-at-one"
    told = (shown[0] or seen.diagnosis.class_.value, shown[1] or seen.diagnosis.class_.value)
    yield pair.says(identifier, True, facts, server=server, told=told)


def _inside(pair: Pair, server: str, found: tuple[Sequence[str], Sequence[str]]) -> Iterator[Difference]:
    """One place meets the server at a private address, the other at a public one: what the NAT between them does.

    ``found``: the addresses of ``server`` at the two places, which differ.
    """
    private = [all(map(is_private, one)) for one in found]
    public = [all(map(is_outside, one)) for one in found]
    if not (private[0] and public[1]) and not (public[0] and private[1]):
        return
    inside = 0 if private[0] else 1
    near, far = (_met(pair, at, server) for at in (inside, 1 - inside))
    if not near or not far or any(seen.unknown for seen in (*near, *far)) or any(seen.flows for seen in far):
        return
    facts = {
        "inside": pair.labels[inside],
        "outside": pair.labels[1 - inside],
        "private": ", ".join(found[inside]),
        "public": ", ".join(found[1 - inside]),
        "title": far[0].title,
    }
    if not any(seen.flows for seen in near):
        if near[0].failure is far[0].failure:
            yield pair.says("inside-fails", False, facts, server=server)
        return
    yield pair.says("inside-flows", True, facts, server=server)
    ours, theirs = ({sha1: leaf for seen in one for sha1, leaf in seen.leaves.items()} for one in (near, far))
    if ours and theirs and not set(ours) & set(theirs):
        (here, *_), (there, *_) = ours.values(), theirs.values()
        facts |= {"inside_subject": quote(here.subject), "outside_subject": quote(there.subject)}
        yield pair.says("inside-other-server", True, facts, server=server, told=(here.sha1, there.sha1))


def _met(pair: Pair, at: int, server: str) -> list[AddressResult]:
    return [seen for (name, address, _), seen in by_address(pair.results[at]).items() if name == server and address]


# --- one address -----------------------------------------------------------------------------------------------


def _of_address(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    first, second = shared.sides
    if first.mixed or second.mixed:
        yield _several_servers(pair, shared)
        return
    explained = [*_starttls(pair, shared), *_certificate(pair, shared)]
    yield from explained
    yield from _greeting(pair, shared)
    if first.flows and second.flows:
        return
    if not first.flows and not second.flows:
        yield from _at_both(pair, shared)
        return
    at = 0 if second.flows else 1
    yield from _at_one(pair, shared, at, explained)


def _several_servers(pair: Pair, shared: SharedAddress) -> Difference:
    statuses = [attempt.status for seen in shared.sides for attempt, _ in seen.attempts]
    failures = (seen.diagnosis.class_ for seen in shared.sides if seen.diagnosis is not None)
    classes = dict.fromkeys(pair.words.titles[one] for one in failures)
    facts = {
        "bad": str(statuses.count(Status.FAILING)),
        "total": str(len(statuses)),
        "classes": pair.words.listed(classes),
    }
    told = [f"{sum(one.status in FLOWING for one, _ in seen.attempts)}/{len(seen.attempts)}" for seen in shared.sides]
    return pair.says("several-servers", True, facts, shared, told=told)


def _starttls(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    offers = (shared.first.starttls, shared.second.starttls)
    if None in offers or offers[0] is offers[1]:
        return
    at = 0 if offers[1] else 1
    facts = {"bad": pair.labels[at], "good": pair.labels[1 - at]}
    identifier = "starttls-masked" if shared.sides[at].masked else "starttls-at-one"
    told = ["STARTTLS" if one else "-" for one in offers]
    yield pair.says(identifier, True, facts, shared, told=told)


def _certificate(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    """Another certificate at the same address, or another judgement on the same one."""
    first, second = shared.first.leaves, shared.second.leaves
    if not first or not second:
        return
    if not set(first) & set(second):
        ours, theirs = next(iter(first.values())), next(iter(second.values()))
        facts = {
            "first_subject": quote(ours.subject),
            "first_issuer": quote(ours.issuer),
            "first_until": day(ours.not_after),
            "second_subject": quote(theirs.subject),
            "second_issuer": quote(theirs.issuer),
            "second_until": day(theirs.not_after),
        }
        several = len(first) > 1 or len(second) > 1
        identifier = "certificates-of-several" if several else "other-certificate"
        yield pair.says(identifier, True, facts, shared, told=(ours.sha1, theirs.sha1))
    elif set(first) != set(second):
        number = str(len(set(first) | set(second)))
        yield pair.says("certificates-of-several", True, {"number": number}, shared)
    elif shared.first.flows != shared.second.flows:
        roots = [seen.certificates[0].trust for seen in shared.sides]
        if roots[0] != roots[1]:
            yield pair.says("other-roots", True, {}, shared, told=roots)


def _greeting(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    ours, theirs = shared.first.greetings, shared.second.greetings
    if ours and theirs and not set(ours) & set(theirs):
        yield pair.says("other-greeting", False, {}, shared, told=(ours[0], theirs[0]))


def _at_both(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    first, second = shared.sides
    told = [seen.failure.value if seen.failure is not None else None for seen in shared.sides]
    if told[0] != told[1]:
        facts = {"first_title": first.title, "second_title": second.title}
        yield pair.says("otherwise-at-both", True, facts, shared, told=told)
        return
    identifier = "same-at-both"
    if first.failing.connection is None:  # no address at both: what they asked may still differ
        identifier = "name-at-none"
    elif first.failure in _SILENT and not any(map(_control_answered, shared.sides)):
        identifier = "silent-at-both"  # clouds and many networks block port 25: any server would be as silent
    yield pair.says(identifier, False, {"title": first.title}, shared, told=told)


def _at_one(pair: Pair, shared: SharedAddress, at: int, explained: Sequence[Difference]) -> Iterator[Difference]:
    """It fails at one place: what stands there, by the layer at which it fails."""
    seen, good = shared.sides[at], shared.sides[1 - at]
    failure, diagnosis = seen.failure, seen.diagnosis
    if failure is None or diagnosis is None:
        return
    identifier = _layer(failure, diagnosis.stage, seen)
    settled = {one.id for one in explained}
    if identifier is None or (identifier in ("judged-at-one", "starttls-not-offered") and settled):
        return
    healthy = pair.words.text[next(one.status for one, _ in good.attempts if one.status in FLOWING).value].lower()
    facts = {
        "bad": pair.labels[at],
        "good": pair.labels[1 - at],
        "source": seen.source or pair.labels[at],
        "title": seen.title,
        "detail": seen.detail,
        "healthy": healthy,
        "fault": _fault(seen, pair),
    }
    told = [one.failure.value if one.failure is not None else "flows" for one in shared.sides]
    yield pair.says(identifier, True, facts, shared, told=told)


def _layer(failure: FailureClass, stage: Stage, seen: AddressResult) -> str | None:
    if failure.value.startswith(("dane-", "mta-sts-")):
        return "policy-at-one"
    if stage is Stage.DNS:
        return None  # told of the name
    if failure is _F.TCP_REFUSED:
        return "refused-at-one"
    if failure in _SILENT:
        return "silent-at-one" if _control_answered(seen) else "silent-at-one-untested"
    if failure in _TURNED_AWAY:
        return "turned-away-at-one"
    if failure is _F.STARTTLS_NOT_OFFERED:
        return "starttls-not-offered"
    if stage is Stage.CERTIFICATE:
        return "judged-at-one"
    if stage in (Stage.STARTTLS, Stage.TLS) and not failure.value.startswith("session-"):
        return "tls-at-one"
    return "cut-at-one"


def _control_answered(seen: AddressResult) -> bool:
    control = seen.failing.control
    return control is not None and control.fault is None


def _fault(seen: AddressResult, pair: Pair) -> str:
    connection = seen.failing.connection
    return describe_fault(connection.fault, pair.words) if connection is not None and connection.fault else ""
