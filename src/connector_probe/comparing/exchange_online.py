"""Exchange Online's own words as one of the places: what it met at a server, held against what probes met there.

Pure. Nothing follows where no probe could tell, or where none was made of the address that Exchange Online went to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from connector_probe.bounces.bounce import Bounce
from connector_probe.bounces.explanation import classes_of, title_of, topic_of
from connector_probe.comparing.compare import FAR_APART, NothingInCommonError, compare, match, side_of, summary_of
from connector_probe.comparing.comparison import (
    COMPARISON_SCHEMA,
    Comparison,
    ConnectorComparison,
    Difference,
    Origin,
    Outcome,
    Reason,
    Relation,
    Side,
)
from connector_probe.comparing.sides import AddressResult, by_address
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.model.evidence import Stage
from connector_probe.model.reach import is_private
from connector_probe.model.verdict import FailureClass, Report, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import lasting
from connector_probe.wording.sentences import LenientFacts, fill

MAX_RANGES = 12  # named in a sentence; Exchange Online has some ten


class _Kind(StrEnum):
    """How the sender failed, by the layer."""

    REFUSED = "refused"
    SILENT = "silent"
    NAME = "name"
    TURNED_AWAY = "turned-away"
    CUT = "cut"
    STARTTLS = "starttls"
    TLS = "tls"
    CERTIFICATE = "certificate"
    OTHER = "other"


_F = FailureClass
_CONNECT = frozenset({_Kind.REFUSED, _Kind.SILENT})
_BY_CLASS = (
    (_Kind.REFUSED, frozenset({_F.TCP_REFUSED})),
    (_Kind.SILENT, frozenset({_F.TCP_TIMEOUT, _F.TCP_UNREACHABLE})),
    (_Kind.STARTTLS, frozenset({_F.STARTTLS_NOT_OFFERED, _F.TLS_CLIENT_CERTIFICATE})),
    (_Kind.TURNED_AWAY, frozenset({_F.BANNER_REJECTED, _F.EHLO_REJECTED, _F.SESSION_REJECTED})),
)
_BY_STAGE = (
    (_Kind.NAME, frozenset({Stage.DNS})),
    (_Kind.CERTIFICATE, frozenset({Stage.CERTIFICATE})),
    (_Kind.TLS, frozenset({Stage.STARTTLS, Stage.TLS})),
    (_Kind.CUT, frozenset({Stage.BANNER, Stage.EHLO})),
)


def _kind(failure: Bounce) -> _Kind:
    classes = set(classes_of(failure))
    if not classes:
        return _Kind.OTHER
    stages = {PROFILES[one].stage for one in classes}
    by_class = (kind for kind, known in _BY_CLASS if classes <= known)
    by_stage = (kind for kind, known in _BY_STAGE if stages <= known)
    return next(by_class, None) or next(by_stage, _Kind.OTHER)


@dataclass(frozen=True, slots=True)
class _Place:
    """What one probe met where the sender went (``there``), and at the server's private addresses (``inside``)."""

    label: str
    result: Result
    there: tuple[AddressResult, ...]
    inside: tuple[AddressResult, ...]

    @classmethod
    def of(cls, label: str, result: Result, failure: Bounce) -> _Place:
        met = by_address(result).values()
        there = tuple(
            one
            for one in met
            if one.address is not None
            and (one.address == failure.address if failure.address is not None else not is_private(one.address))
        )
        inside = tuple(one for one in met if one not in there and one.address is not None and is_private(one.address))
        return cls(label, result, there, inside)

    @property
    def known(self) -> tuple[AddressResult, ...]:
        return tuple(one for one in self.there if not one.unknown)

    @property
    def connects(self) -> bool:
        return any(one.connected for one in self.known)

    @property
    def flows(self) -> bool:
        return any(one.flows for one in self.known)

    @property
    def starttls(self) -> bool:
        return any(one.starttls for one in self.known)

    @property
    def flows_inside(self) -> bool:
        return any(one.flows for one in self.inside)

    @property
    def fails_inside(self) -> bool:
        return bool(self.inside) and not any(one.flows or one.unknown for one in self.inside)


# --- the whole -------------------------------------------------------------------------------------------------


def compare_with_sender(
    failures: Sequence[Bounce],
    reports: Sequence[Report],
    words: Catalogue,
    *,
    file: str,
    files: Sequence[str],
    ranges: Sequence[str] = (),
) -> Comparison:
    """``failures``: what the sender wrote. ``reports``: one or two. ``ranges``: the networks that it connects from.

    Raises NothingInCommonError where the words are about none of the reports' servers.
    """
    sender = "Exchange Server" if all(one.on_premises for one in failures) else "Exchange Online"
    times = [one.occurred_at for one in failures if one.occurred_at is not None]
    origin = Origin(sender, file, max(times, default=None), "", ())
    first, *others = reports
    if others:
        base = compare(first, others[0], words, files=(files[0], files[1]), relation=Relation.PLACES)
        rows = list(match(first.results, others[0].results))
        labels = (base.first.label, base.second.label)
    else:
        base = None
        rows = [(one, None) for one in first.results]
        labels = (first.vantage.hostname or files[0], "")
    connectors = []
    for number, row in enumerate(rows):
        places = [(label, one) for label, one in zip(labels, row, strict=True) if one is not None]
        mine = [one for one in failures if any(_is_about(one, result, rows) for _, result in places)]
        if mine:
            judged = [_judged(one, places, words, sender, ranges) for one in mine]
            connectors.append(_connector(mine[0], places, judged, base.connectors[number] if base else None, words))
        elif base is not None:
            connectors.append(base.connectors[number])
    if (base is not None and all(one.third is None for one in connectors)) or not connectors:
        raise NothingInCommonError
    notes = list(base.notes) if base is not None else []
    apart = max((abs(report.started_at - at) for report in reports for at in times), default=None)
    if apart is not None and apart > FAR_APART:
        notes.append(fill(words.compare["far-apart-sender"], {"apart": lasting(apart, words)}))
    told, summary = tuple(dict.fromkeys(notes)), summary_of(connectors)
    if base is not None:
        found = tuple(connectors)
        return replace(base, reason=Reason.SENDER, notes=told, summary=summary, connectors=found, third=origin)
    whole = Origin(labels[0], files[0], first.started_at, first.vantage.hostname, first.vantage.source_addresses)
    return Comparison(
        COMPARISON_SCHEMA, Relation.PLACES, Reason.SENDER, origin, whole, told, summary, tuple(connectors)
    )


def _is_about(failure: Bounce, result: Result, rows: Sequence[tuple[Result | None, Result | None]]) -> bool:
    """By the server's name, by the address, or because there is only one connector, and the text names no server."""
    if failure.server is None and failure.address is None:
        return len(rows) == 1
    names = {attempt.server.lower() for attempt in result.attempts}
    names |= {host.lower().rpartition(":")[0] or host.lower() for host in result.connector.smart_hosts}
    names |= {host.lower() for host in (*result.connector.smart_hosts, result.connector.use_mx or "")}
    addresses = {attempt.address for attempt in result.attempts}
    return (failure.server or "").lower().rstrip(".") in names - {""} or failure.address in addresses - {None}


def _connector(
    failure: Bounce,
    places: Sequence[tuple[str, Result]],
    judged: Sequence[Sequence[Difference]],
    base: ConnectorComparison | None,
    words: Catalogue,
) -> ConnectorComparison:
    found = tuple(dict.fromkeys(one for each in judged for one in each))
    name = places[0][1].name
    classes = classes_of(failure)
    only = classes[0] if len(classes) == 1 else None
    side = Side(name, Status.FAILING, failure.code, only, title_of(topic_of(failure), words))
    matters = any(one.matters for one in found) or (base is not None and base.matters)
    outcome = base.outcome if base is not None else Outcome.SAME
    if matters:
        outcome = Outcome.DIFFERS
    elif any(one.id == "sender-unknown" for one in found):
        outcome = Outcome.UNKNOWN
    if base is not None:
        return replace(base, outcome=outcome, matters=matters, third=side, differences=(*found, *base.differences))
    return ConnectorComparison(name, outcome, matters, side, side_of(places[0][1]), found)


# --- one error -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """One error of the sender's and the places that probed the server; ``say`` fills a sentence in."""

    failure: Bounce
    kind: _Kind
    places: tuple[_Place, ...]
    sender: str
    ranges: tuple[str, ...]
    words: Catalogue

    @property
    def address(self) -> str:
        met = next((one.address for place in self.places for one in place.there), None)
        return self.failure.address or met or self.failure.server or ""

    def say(self, identifier: str, places: Sequence[_Place], *, matters: bool = True, **more: str) -> Difference:
        """``places``: those that the sentence is about."""
        words = self.words
        inside = words.listed(one.label for one in self.places if one.flows_inside and one not in places)
        sources = dict.fromkeys(source for one in places for met in one.there if (source := met.source))
        facts = LenientFacts(
            sender=self.sender,
            address=self.address,
            port=str(self.failure.port or (places[0].result.connector.port if places else 25)),
            server=self.failure.server or self.address,
            title=title_of(topic_of(self.failure), words),
            how=words.compare[f"sender-{self.kind}"] if self.kind in _CONNECT else "",
            places=words.listed(one.label for one in places),
            source=words.listed(sources) or words.listed(one.label for one in places),
            inside_hint=fill(words.compare["sender-inside-hint"], {"inside": inside}) if inside else "",
            ranges=self._ranges(),
        )
        return Difference(
            id=identifier,
            text=fill(words.compare[identifier], LenientFacts(facts | more)),
            matters=matters,
            server=self.failure.server,
            address=self.failure.address,
            first=self.failure.code,
        )

    def _ranges(self) -> str:
        if not self.ranges:
            return self.words.compare["sender-ranges-page"]
        rest = len(self.ranges) - MAX_RANGES
        return ", ".join(self.ranges[:MAX_RANGES]) + (f" (+{rest})" if rest > 0 else "")


def _judged(
    failure: Bounce, places: Sequence[tuple[str, Result]], words: Catalogue, sender: str, ranges: Sequence[str]
) -> tuple[Difference, ...]:
    met = tuple(_Place.of(label, result, failure) for label, result in places)
    case = _Case(failure, _kind(failure), met, sender, tuple(ranges), words)
    if case.kind is _Kind.NAME:
        return tuple(_of_name(case))
    found = [  # where the name leads a probe to other addresses than it led the sender to
        case.say("sender-other-address", [one], addresses=", ".join(_addresses(one)))
        for one in met
        if not one.there and not one.inside and _addresses(one)
    ]
    if any(one.there or one.inside for one in met):
        found += _of_connection(case) if case.kind in _CONNECT else _of_session(case)
    return tuple(found) or (case.say("sender-unknown", met, matters=False),)


def _addresses(place: _Place) -> tuple[str, ...]:
    return tuple(one.address for one in by_address(place.result).values() if one.address is not None)


def _of_name(case: _Case) -> Iterator[Difference]:
    resolved = [one for one in case.places if _addresses(one)]
    if resolved:
        yield case.say("sender-name", resolved, addresses=", ".join(_addresses(resolved[0])))
    elif all(one.result.status is Status.UNKNOWN for one in case.places):
        yield case.say("sender-unknown", case.places, matters=False)
    else:
        yield case.say("sender-same", case.places, matters=False)


def _of_connection(case: _Case) -> Iterator[Difference]:
    """The sender got no connection: who does, and where the others stand, says which side of the firewall it is."""
    admitted = [one for one in case.places if one.connects]
    shut_out = [one for one in case.places if one.known and not one.connects]
    inside = [one for one in case.places if one.flows_inside]
    if admitted:
        yield case.say("sender-shut-out", admitted)
    elif shut_out and inside:
        yield case.say("sender-outside-shut-out", shut_out)
    elif shut_out:
        down = [one for one in case.places if one.fails_inside]
        yield case.say("sender-server-down" if down else "sender-same", [*shut_out, *down], matters=False)
    elif inside:
        yield case.say("sender-inside-only", inside)
    elif any(one.fails_inside for one in case.places):
        yield case.say("sender-server-down", [one for one in case.places if one.fails_inside], matters=False)


def _of_session(case: _Case) -> Iterator[Difference]:
    """The sender was connected, and failed later."""
    well = [one for one in case.places if one.flows]
    failing = [one for one in case.places if one.known and not one.flows]
    inside = [one for one in case.places if one.flows_inside]
    if case.kind is _Kind.CERTIFICATE and (well or failing):
        yield from _of_certificate(case, well, failing)
    elif case.kind is _Kind.STARTTLS and (offered := [one for one in case.places if one.starttls]):
        yield case.say("sender-starttls", offered)
    elif well:
        yield case.say(f"sender-{case.kind}", well)
    elif failing:
        yield from _failing_too(case, failing)
    elif inside:
        yield case.say("sender-inside-only", inside)


def _of_certificate(case: _Case, well: Sequence[_Place], failing: Sequence[_Place]) -> Iterator[Difference]:
    """Was the sender shown the certificate that the probe was shown?"""
    shown = {leaf.sha1: place for place in (*well, *failing) for met in place.known for leaf in met.leaves.values()}
    thumbprint = case.failure.thumbprint
    if thumbprint is not None and shown and thumbprint not in shown:
        sha1, place = next(iter(shown.items()))
        yield case.say("sender-other-certificate", [place], sha1=sha1, thumbprint=thumbprint)
    elif well:
        yield case.say("sender-same-certificate" if thumbprint in shown else "sender-certificate", well)
    else:
        yield from _failing_too(case, failing)


def _failing_too(case: _Case, failing: Sequence[_Place]) -> Iterator[Difference]:
    known = set(classes_of(case.failure))
    alike = [one for one in failing if not known or any(met.failure in known for met in one.known)]
    if alike:
        yield case.say("sender-same", alike, matters=False)
        return
    one = failing[0]
    title = next(met.diagnosis.heading for met in one.known if met.diagnosis is not None)
    yield case.say("sender-otherwise", [one], other_title=title)
