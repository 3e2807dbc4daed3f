"""Two reports of the same connectors, from two places or from two times: what differs, and what follows from it.

Pure. Both are judged by the same rules, so that a difference is one of the evidence. Nothing follows where one side
could not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from connector_probe.comparing.comparison import (
    COMPARISON_SCHEMA,
    Comparison,
    ComparisonSummary,
    ConnectorComparison,
    Difference,
    Origin,
    Outcome,
    Reason,
    Relation,
    Side,
)
from connector_probe.comparing.places import place_differences
from connector_probe.comparing.sides import Pair, SharedAddress, shared_addresses
from connector_probe.comparing.times import time_differences
from connector_probe.model.names import is_address
from connector_probe.model.notation import day
from connector_probe.model.reach import is_loopback
from connector_probe.model.verdict import FLOWING, ConnectorReport, Report, Result, Status, VantageReport
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import lasting
from connector_probe.wording.sentences import fill

FAR_APART = timedelta(hours=1)  # beyond it, what differs between two places may be a matter of time


class NothingInCommonError(ValueError):
    """The two reports have no connector in common, so that there is nothing to compare."""


def compare(
    first: Report, second: Report, words: Catalogue, *, files: tuple[str, str], relation: Relation | None = None
) -> Comparison:
    """``first`` against ``second``; ``relation`` None decides by where they were made. Raises NothingInCommonError."""
    reason = Reason.GIVEN if relation is not None else reason_of(first.vantage, second.vantage)
    if relation is None:
        relation = Relation.TIMES if reason is Reason.SAME_VANTAGE else Relation.PLACES
    notes: list[str] = []
    if relation is Relation.TIMES and first.started_at > second.started_at:
        first, second, files = second, first, (files[1], files[0])
        notes.append(words.compare["turned-round"])
    pairs = list(match(first.results, second.results))
    if not any(one is not None and other is not None for one, other in pairs):
        raise NothingInCommonError
    apart = abs(second.started_at - first.started_at)
    if relation is Relation.PLACES and apart > FAR_APART:
        notes.append(fill(words.compare["far-apart"], {"apart": lasting(apart, words)}))
    origins = _origins(first, second, files, relation)
    connectors = tuple(_connector(one, other, relation, origins, words) for one, other in pairs)
    return Comparison(
        schema=COMPARISON_SCHEMA,
        relation=relation,
        reason=reason,
        first=origins[0],
        second=origins[1],
        notes=tuple(notes),
        summary=summary_of(connectors),
        connectors=connectors,
    )


# --- place or time ---------------------------------------------------------------------------------------------


def reason_of(first: VantageReport, second: VantageReport) -> Reason:
    """Two places where the host names differ, or where no source address is the same; loopback says nothing."""
    if first.hostname != second.hostname:
        return Reason.HOSTNAMES_DIFFER
    ours, theirs = _telling(first.source_addresses), _telling(second.source_addresses)
    for version in (True, False):  # IPv6, IPv4: one of them may be missing on one side only
        mine, its = ({one for one in side if (":" in one) is version} for side in (ours, theirs))
        if mine and its:
            if mine & its:
                return Reason.SAME_VANTAGE
            return Reason.SOURCES_DIFFER
    return Reason.SAME_VANTAGE


def _telling(addresses: Iterable[str]) -> set[str]:
    return {one for one in addresses if is_address(one) and not is_loopback(one)}


def _origins(first: Report, second: Report, files: tuple[str, str], relation: Relation) -> tuple[Origin, Origin]:
    hosts = (first.vantage.hostname, second.vantage.hostname)
    if relation is Relation.TIMES:
        labels = (day(first.started_at), day(second.started_at))
    else:
        labels = hosts if hosts[0] != hosts[1] and all(hosts) else files
    if labels[0] == labels[1]:
        labels = (f"A ({labels[0]})", f"B ({labels[1]})")
    found = [
        Origin(label, file, report.started_at, report.vantage.hostname, report.vantage.source_addresses)
        for label, file, report in zip(labels, files, (first, second), strict=True)
    ]
    return found[0], found[1]


# --- which belongs to which ------------------------------------------------------------------------------------


def match(first: Sequence[Result], second: Sequence[Result]) -> Iterator[tuple[Result | None, Result | None]]:
    """Pairs: by name, then by what is probed, then by a smart host in common; what is left stands alone."""
    left = list(second)
    partners: dict[int, Result] = {}
    alike_in: tuple[Callable[[Result, Result], bool], ...] = (
        lambda one, other: one.name == other.name,
        lambda one, other: _targets(one) == _targets(other),
        lambda one, other: bool(_targets(one) & _targets(other)),
    )
    for alike in alike_in:
        for number, one in enumerate(first):
            if number in partners:
                continue
            partner = next((other for other in left if alike(one, other)), None)
            if partner is not None:
                partners[number] = partner
                left = [other for other in left if other is not partner]
    yield from ((one, partners.get(number)) for number, one in enumerate(first))
    yield from ((None, other) for other in left)


def _targets(result: Result) -> set[tuple[str, str, int]]:
    connector = result.connector
    hosts = {("host", host.lower().rstrip("."), connector.port) for host in connector.smart_hosts}
    return hosts | ({("mx", connector.use_mx.lower(), connector.port)} if connector.use_mx is not None else set())


# --- one connector ---------------------------------------------------------------------------------------------


def _connector(
    one: Result | None, other: Result | None, relation: Relation, origins: tuple[Origin, Origin], words: Catalogue
) -> ConnectorComparison:
    sides = (side_of(one), side_of(other))
    if one is None or other is None:
        there = one or other
        outcome = Outcome.ONLY_FIRST if other is None else Outcome.ONLY_SECOND
        # A connector that is new and fails got no worse, but mail queues there now that did not before.
        matters = relation is Relation.TIMES and other is not None and other.status is Status.FAILING
        return ConnectorComparison(there.name if there is not None else "", outcome, matters, *sides, ())
    pair = Pair(one, other, (origins[0].label, origins[1].label), words)
    shared = list(shared_addresses(pair))
    told = [one for one in shared if not one.unknown]
    found = [*_settings(pair), *(place_differences if relation is Relation.PLACES else time_differences)(pair, told)]
    found += _untold(pair, shared)
    outcome, matters = (_of_places if relation is Relation.PLACES else _of_times)(one, other, found)
    return ConnectorComparison(one.name, outcome, matters, *sides, tuple(dict.fromkeys(found)))


def side_of(result: Result | None) -> Side | None:
    if result is None:
        return None
    title = result.diagnosis.heading if result.diagnosis is not None else None
    return Side(result.name, result.status, result.code, result.class_, title)


def _settings(pair: Pair) -> Iterator[Difference]:
    """What was asked: another smart host is another server, and another TlsSettings, TlsDomain or mode of DANE and
    MTA-STS gives another verdict on the same one.
    """
    connectors = [one.connector for one in pair.results]
    targets = [f"MX {one.use_mx}" if one.use_mx is not None else ", ".join(one.smart_hosts) for one in connectors]
    if _targets(pair.first) != _targets(pair.second):
        yield pair.says("targets-differ", False, {}, told=targets)
    named = all(one.name.lower() != target.lower() for one, target in zip(pair.results, targets, strict=True))
    if named and pair.first.name.lower() != pair.second.name.lower():
        yield pair.says("renamed", False, {}, told=(pair.first.name, pair.second.name))
    first, second = ((one.tls, _own_domain(one)) for one in connectors)
    if first != second:
        told = [f"{tls}, {domain}" if domain is not None else str(tls) for tls, domain in (first, second)]
        yield pair.says("settings-differ", False, {}, told=told)
    modes = [f"SmtpDaneMode {one.smtp_dane_mode}, MtaStsMode {one.mta_sts_mode}" for one in connectors]
    if any(one.use_mx is not None for one in connectors) and modes[0] != modes[1]:
        yield pair.says("modes-differ", False, {}, told=modes)


def _own_domain(connector: ConnectorReport) -> str | None:
    """TlsDomain; None where it only repeats the smart host, as it does by default."""
    hosts = {host.lower().rpartition(":")[0] or host.lower() for host in connector.smart_hosts}
    hosts |= {host.lower() for host in connector.smart_hosts}
    domain = connector.tls_domain
    return None if domain is not None and domain.lower() in hosts else domain


def _untold(pair: Pair, addresses: Sequence[SharedAddress]) -> Iterator[Difference]:
    """Where a side could not tell, that is said, and that nothing follows."""
    unknown = [one.status is Status.UNKNOWN for one in (pair.first, pair.second)]
    if all(unknown):
        yield pair.says("both-unknown", False, {"detail": _detail(pair.second)})
    elif any(unknown):
        at = unknown.index(True)
        yield pair.says("one-unknown", False, {"place": pair.labels[at], "detail": _detail(pair.results[at])})
    else:
        for shared in addresses:
            for side, label in zip(shared.sides, pair.labels, strict=True):
                if side.unknown:
                    yield pair.says("address-unknown", False, {"place": label, "detail": side.detail}, shared)


def _detail(result: Result) -> str:
    return result.diagnosis.detail if result.diagnosis is not None else ""


def _of_places(one: Result, other: Result, found: Sequence[Difference]) -> tuple[Outcome, bool]:
    if any(each.matters for each in found):
        return Outcome.DIFFERS, True
    if Status.UNKNOWN in (one.status, other.status):
        return Outcome.UNKNOWN, False
    if (one.status in FLOWING) != (other.status in FLOWING) or one.class_ is not other.class_:
        return Outcome.DIFFERS, True
    return Outcome.SAME, False


def _of_times(one: Result, other: Result, found: Sequence[Difference]) -> tuple[Outcome, bool]:
    if Status.UNKNOWN in (one.status, other.status):
        return Outcome.UNKNOWN, False
    flowed, flows = one.status in FLOWING, other.status in FLOWING
    if flowed and not flows:
        return Outcome.NEW, True
    if not flowed and flows:
        return Outcome.FIXED, False
    worse = any(each.matters for each in found)
    if flowed:
        if worse or (one.status is Status.HEALTHY and other.status is Status.WARNING):
            return Outcome.CHANGED, True
        return (Outcome.FIXED if one.status is not other.status else Outcome.SAME), False
    changed = one.class_ is not other.class_
    return (Outcome.CHANGED if changed or worse else Outcome.SAME), changed or worse


def summary_of(connectors: Sequence[ConnectorComparison]) -> ComparisonSummary:
    counts = {outcome.value: sum(one.outcome is outcome for one in connectors) for outcome in Outcome}
    missing = counts.pop(Outcome.ONLY_FIRST) + counts.pop(Outcome.ONLY_SECOND)
    return ComparisonSummary(**counts, missing=missing)
