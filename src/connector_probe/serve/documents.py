"""What the API answers; the fields are the keys of its JSON, and the OpenAPI document is made of these types.

Times are UTC, durations are seconds. A report in here is one of the report's own schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from connector_probe._version import __version__
from connector_probe.formats.history import WORST_FIRST
from connector_probe.formats.options import headline, sentence
from connector_probe.history.run_history import RunHistory
from connector_probe.model.ids import WarningId
from connector_probe.model.verdict import FLOWING, Badge, Culprit, Report, Status
from connector_probe.serve.service import Service, Tracked
from connector_probe.serve.snapshots import HERE, Judged, Snapshot
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH

_ENDS_SOON = {WarningId.CERTIFICATE_EXPIRES_SOON, WarningId.ISSUER_EXPIRES_SOON}


@dataclass(frozen=True, slots=True)
class PlaceDocument:
    """One connector as one place saw it last. ``here``: it is the server's own. ``silent``: it has not reported for

    far longer than it usually does, and has no voice.
    """

    place: str
    here: bool
    status: Status
    code: str | None
    class_: str | None
    sentence: str
    started_at: datetime
    received_at: datetime
    silent: bool


@dataclass(frozen=True, slots=True)
class ConnectorDocument:
    """One connector as it stands.

    ``status`` and what goes with it are null until a place has reported. ``badge``: what a person reads first, the
    status or whether an expected code was met. ``since``: when this status was seen first. ``bounces_at``: when
    queued mail starts to bounce. ``probed_at`` and ``next_at``: the probe before and the one to come, of the server
    itself. ``probing``: one is under way. ``problem``: why it could not be probed. ``culprit``: whose the failure
    is to mend. ``certificate_ends_at``: when the first of its certificates ends; ``certificate_ends_soon``: that is
    warned of.
    """

    name: str
    tags: tuple[str, ...]
    status: Status | None
    expected: bool | None
    badge: Badge | None
    code: str | None
    class_: str | None
    culprit: Culprit | None
    headline: str
    sentence: str
    since: datetime | None
    bounces_at: datetime | None
    probed_at: datetime | None
    next_at: datetime | None
    probing: bool
    problem: str | None
    interval: float
    maintenance_until: datetime | None
    certificate_ends_at: datetime | None
    certificate_ends_soon: bool
    places: tuple[PlaceDocument, ...]


@dataclass(frozen=True, slots=True)
class ConnectorsDocument:
    """All of them, in the order of urgency. ``problem``: what is wrong with probes.yaml since it was read last."""

    schema: Literal["connector-probe/connectors/1"]
    generated_at: datetime
    place: str
    version: str
    problem: str | None
    connectors: tuple[ConnectorDocument, ...]


@dataclass(frozen=True, slots=True)
class ConnectorDetail:
    """``report``: the newest of here, else of the place that speaks for all; null before there is any."""

    connector: ConnectorDocument
    report: Report | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A result that was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """What became of pushed results: the connectors' names."""

    taken: tuple[str, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was not answered as it wished (RFC 9457)."""

    title: str
    status: int
    detail: str


# --- how they come about ---------------------------------------------------------------------------------------


def all_connectors(service: Service, words: Catalogue = ENGLISH) -> ConnectorsDocument:
    now = datetime.now(UTC)
    found = sorted((connector_document(service, name, words, now) for name in service.names), key=_urgency)
    return ConnectorsDocument(
        "connector-probe/connectors/1", now, service.place, __version__, service.problem or None, tuple(found)
    )


def connector_document(
    service: Service, name: str, words: Catalogue = ENGLISH, now: datetime | None = None
) -> ConnectorDocument:
    """Raises KeyError."""
    moment = now or datetime.now(UTC)
    one, judged = service.tracked(name), service.judged(name, moment, words)
    result = judged.result if judged is not None else None
    diagnosis = result.diagnosis if result is not None else None
    history = service.recorder.known(judged.of.place) if judged is not None else None
    return ConnectorDocument(
        name=name,
        tags=one.entry.tags,
        status=result.status if result is not None else None,
        expected=result.expected if result is not None else None,
        code=result.code if result is not None else None,
        class_=result.class_ if result is not None else None,
        badge=result.badge if result is not None else None,
        culprit=diagnosis.culprit if diagnosis is not None else None,
        headline=headline(result, words) if result is not None else "",
        sentence=sentence(result, words) if result is not None else "",
        since=_since(judged, history, name),
        bounces_at=_bounces_at(one, judged),
        probed_at=one.here.result.evidence.started_at if one.here is not None else None,
        next_at=service.next_at(name),
        probing=one.running is not None,
        problem=one.problem or None,
        interval=one.entry.interval,
        maintenance_until=result.maintenance if result is not None else None,
        certificate_ends_at=_certificate_end(one),
        certificate_ends_soon=result is not None and not _ENDS_SOON.isdisjoint(found.id for found in result.warnings),
        places=tuple(_place(service, one, snapshot, words, moment) for snapshot in service.snapshots(name, words)),
    )


def _since(judged: Judged | None, history: RunHistory | None, name: str) -> datetime | None:
    if judged is None:
        return None
    result = judged.of.result
    if result.outage is not None:
        return result.outage.since
    before = history.before(name, result.connector) if history is not None else None
    if before is not None and before.last is not None and before.last.status is result.status:
        return before.since
    return result.evidence.started_at


def _bounces_at(one: Tracked, judged: Judged | None) -> datetime | None:
    """The earliest of the places that see it fail, where those are in the majority."""
    if judged is None or judged.result.status in FLOWING or judged.result.expected:
        return None
    clocks = [
        snapshot.result.outage.bounces_at
        for snapshot in one.snapshots.values()
        if snapshot.result.outage is not None and snapshot.place not in judged.silent
    ]
    return min(clocks, default=None)


def _certificate_end(one: Tracked) -> datetime | None:
    ends = [
        certificate.not_after
        for snapshot in one.snapshots.values()
        for attempt in snapshot.result.attempts
        for certificate in attempt.certificates
        if certificate.not_after is not None
    ]
    return min(ends, default=None)


def _place(service: Service, one: Tracked, snapshot: Snapshot, words: Catalogue, now: datetime) -> PlaceDocument:
    result = snapshot.result
    return PlaceDocument(
        place=snapshot.place or service.place,
        here=snapshot.place == HERE,
        status=result.status,
        code=result.code,
        class_=result.class_,
        sentence=sentence(result, words),
        started_at=result.evidence.started_at,
        received_at=snapshot.received_at,
        silent=snapshot.is_silent(now, one.entry.interval),
    )


def _urgency(one: ConnectorDocument) -> tuple[bool, datetime, int, str]:
    """What bounces first comes first; then by status, what is expected last; then by name."""
    never = datetime.max.replace(tzinfo=UTC)
    status = Status.HEALTHY if one.badge is Badge.AS_EXPECTED else one.status
    return one.expected is not False, one.bounces_at or never, WORST_FIRST.index(status), one.name
