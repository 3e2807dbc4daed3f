"""Two times at one place: what is new, what is fixed, what was changed in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.comparing.comparison import Difference
from connector_probe.comparing.sides import Pair, SharedAddress, addresses, by_address, warnings_of_its_own
from connector_probe.model.evidence import Certificate
from connector_probe.model.notation import day, endpoint, quote


def time_differences(pair: Pair, addresses_told: Sequence[SharedAddress]) -> Iterator[Difference]:
    yield from _names(pair)
    for shared in addresses_told:
        yield from _verdict(pair, shared)
        yield from _starttls(pair, shared)
        yield from _certificate(pair, shared)
    yield from _new_addresses(pair)
    yield from _warnings(pair)


def _names(pair: Pair) -> Iterator[Difference]:
    before, now = addresses(pair.first), addresses(pair.second)
    for server in [one for one in before if one in now]:
        ours, theirs = before[server], now[server]
        if set(ours) == set(theirs) or pair.first.evidence.left_out or pair.second.evidence.left_out:
            continue
        told = [", ".join(one) or pair.words.text["no-address"] for one in (ours, theirs)]
        matters = bool(ours) and not theirs
        yield pair.says("addresses-changed", matters, {"server": server}, server=server, told=told)


def _verdict(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    first, second = shared.sides
    told = [seen.failure.value if seen.failure is not None else "flows" for seen in shared.sides]
    facts = {"first_title": first.title, "second_title": second.title, "detail": second.detail}
    if second.mixed and not first.mixed and first.flows:
        yield pair.says("mixed-now", True, facts, shared, told=(told[0], "mixed"))
    elif first.flows and not second.flows:
        yield pair.says("fails-now", True, facts, shared, told=told)
    elif second.flows and not first.flows:
        yield pair.says("works-now", False, facts, shared, told=told)
    elif told[0] != told[1]:
        yield pair.says("fails-otherwise-now", True, facts, shared, told=told)


def _starttls(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    before, now = shared.first.starttls, shared.second.starttls
    if before and now is False:
        yield pair.says("starttls-gone", True, {}, shared, told=("STARTTLS", "-"))
    elif now and before is False:
        yield pair.says("starttls-new", False, {}, shared, told=("-", "STARTTLS"))


def _certificate(pair: Pair, shared: SharedAddress) -> Iterator[Difference]:
    before, now = shared.first.leaves, shared.second.leaves
    if not before or not now or set(before) & set(now):
        return
    old, new = next(iter(before.values())), next(iter(now.values()))
    facts = {
        "first_until": day(old.not_after),
        "second_until": day(new.not_after),
        "first_subject": quote(old.subject),
        "second_subject": quote(new.subject),
        "second_issuer": quote(new.issuer),
    }
    identifier = "certificate-renewed" if _renewed(old, new) else "certificate-replaced"
    yield pair.says(identifier, False, facts, shared, told=(old.sha1, new.sha1))


def _renewed(old: Certificate, new: Certificate) -> bool:
    """For the same names, and good for longer."""
    if old.not_after is None or new.not_after is None or new.not_after <= old.not_after:
        return False
    return {one.lower() for one in old.names} == {one.lower() for one in new.names} or old.subject == new.subject


def _new_addresses(pair: Pair) -> Iterator[Difference]:
    """An address that there was not before, and that fails."""
    known = by_address(pair.first)
    for key, seen in by_address(pair.second).items():
        if key not in known and key[1] is not None and seen.failure is not None and not seen.unknown:
            facts = {"endpoint": endpoint(seen.attempts[0][1]), "detail": seen.detail}
            yield pair.says("new-address-fails", True, facts, server=key[0], told=(None, seen.failure.value))


def _warnings(pair: Pair) -> Iterator[Difference]:
    """Warnings that came or went, where mail flows both times; their numbers (of days, say) do not count."""
    before, now = ({(one.id, one.address): one for one in warnings_of_its_own(result)} for result in pair.results)
    for key, warning in now.items():
        if key not in before and pair.first.diagnosis is None:
            yield pair.says("warning-new", True, {"warning": warning.text}, told=(None, warning.id))
    for key, warning in before.items():
        if key not in now and pair.second.diagnosis is None:
            yield pair.says("warning-gone", False, {"warning": warning.text}, told=(warning.id, None))
