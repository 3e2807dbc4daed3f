"""What the pages draw: filters, certificates with their dates, plots as coordinates. Pure; templates have the words.

Coordinates are those of an SVG of ``WIDTH`` by ``HEIGHT``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from connector_probe.diagnosis.warnings import usual_warn_days
from connector_probe.model.evidence import Stage, StageEnded
from connector_probe.model.history import Timeline
from connector_probe.model.names import host_port
from connector_probe.model.verdict import Attempt, Badge, CertificateReport, Result, Status
from connector_probe.serve.documents import ConnectorDocument

WIDTH, HEIGHT = 720.0, 90.0
PARTS = 120  # of a history strip and of its plot
NOT_PROBED = "none"  # the state of a connector that nobody has seen yet
UNEXPECTED = "unexpected"  # the filter for what is not as expected
STATES = (
    UNEXPECTED,
    *(one.value for one in (Badge.FAILING, Badge.NOT_AS_EXPECTED, Badge.UNKNOWN, Badge.WARNING)),
    *(one.value for one in (Badge.AS_EXPECTED, Badge.HEALTHY)),
)


# --- all connectors ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """As the URL has it; empty for all. ``text`` is looked for in name, tags, code and sentence."""

    state: str = ""
    tag: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filter:
        given = (query.get(key, "").strip()[:200] for key in ("state", "tag", "q"))
        return cls(*given)

    @property
    def active(self) -> bool:
        return bool(self.state or self.tag or self.text)

    def takes(self, one: ConnectorDocument) -> bool:
        found = " ".join((one.name, *one.tags, one.code or "", one.class_ or "", one.sentence)).casefold()
        return (
            self.state in ("", *_states(one))
            and self.tag in ("", *one.tags)
            and all(word in found for word in self.text.casefold().split())
        )


def counted(connectors: Iterable[ConnectorDocument]) -> Counter[str]:
    """How many there are in each state of the filter."""
    return Counter(state for one in connectors for state in _states(one))


def _states(one: ConnectorDocument) -> list[str]:
    state = one.badge.value if one.badge is not None else NOT_PROBED
    return [state, UNEXPECTED] if one.expected is False else [state]


# --- one connector -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage in the waterfall, in percent of the whole probe."""

    left: float
    width: float


def waterfall(attempt: Attempt) -> list[Bar | None]:
    """A bar for each stage; None for one that took no time."""
    timed = [(one.start or 0.0, one.duration or 0.0) for one in attempt.stages]
    whole = max((start + took for start, took in timed), default=0.0)
    return [Bar(100 * start / whole, max(100 * took / whole, 0.6)) if took else None for start, took in timed]


@dataclass(frozen=True, slots=True)
class LiveAddress:
    """One address of a probe that is under way; ``stages`` has the last outcome of each that has ended."""

    server: str
    address: str | None
    port: int
    stages: Mapping[Stage, StageEnded]


def live_addresses(ended: Sequence[StageEnded]) -> list[LiveAddress]:
    """In the order in which they were met. A connection anew (a retry) begins from the start."""
    found: dict[tuple[str, str | None, int], dict[Stage, StageEnded]] = {}
    for one in ended:
        stages = found.setdefault((one.server, one.address, one.port), {})
        if one.stage is Stage.CONNECT:
            for stage in stages.keys() - {Stage.DNS}:
                del stages[stage]
        stages[one.stage] = one
    return [LiveAddress(*key, stages) for key, stages in found.items()]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A certificate and its time. ``elapsed``: the share of it that is over, from 0 to 1; ``left``: until its end,

    negative behind it. Both None where a date cannot be read. ``tone``: healthy, warning or failing.
    """

    certificate: CertificateReport
    name: str
    elapsed: float | None
    left: timedelta | None
    tone: Status


def lifetime(certificate: CertificateReport, now: datetime) -> Lifetime:
    begins, ends = certificate.not_before, certificate.not_after
    name = common_name(certificate.subject)
    if begins is None or ends is None or ends <= begins:
        return Lifetime(certificate, name, None, None, Status.UNKNOWN)
    left = ends - now
    tone = Status.FAILING if left <= timedelta(0) or now < begins else Status.HEALTHY
    if tone is Status.HEALTHY and left <= timedelta(days=usual_warn_days((ends - begins) / timedelta(days=1))):
        tone = Status.WARNING
    return Lifetime(certificate, name, min(max((now - begins) / (ends - begins), 0.0), 1.0), left, tone)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as these attempts were shown it. ``issuer``: who signed its last one, where that was not sent."""

    attempts: tuple[Attempt, ...]
    lifetimes: tuple[Lifetime, ...]
    issuer: str


def chains(attempts: Iterable[Attempt], now: datetime) -> list[Chain]:
    """Each distinct one."""
    found: dict[tuple[str, ...], list[Attempt]] = {}
    for attempt in attempts:
        if attempt.certificates:
            found.setdefault(tuple(one.sha256 for one in attempt.certificates), []).append(attempt)
    drawn = []
    for same in found.values():
        last = same[0].certificates[-1]
        issuer = common_name(last.issuer) if last.issuer != last.subject else ""
        drawn.append(Chain(tuple(same), tuple(lifetime(one, now) for one in same[0].certificates), issuer))
    return drawn


def common_name(subject: str) -> str:
    """The common name of a distinguished name (RFC 4514), else all of it."""
    from cryptography.x509 import Name, NameOID

    try:
        names = Name.from_rfc4514_string(subject).get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:  # a server may write there whatever it likes
        names = []
    return str(names[0].value) if names else subject


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring parts of a history strip in the same state."""

    x: float
    width: float
    status: Status | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Plot:
    """One window of the history. ``lines``: points of the latency, broken where nothing was probed; ``most``: seconds

    at the top of the plot, None where there is none.
    """

    key: str
    stretches: tuple[Stretch, ...]
    lines: tuple[str, ...]
    most: float | None
    begins_at: datetime


def plot(key: str, timeline: Timeline) -> Plot:
    part, step = WIDTH / max(len(timeline.statuses), 1), timedelta(seconds=timeline.part_seconds)
    stretches, at = [], 0
    for status, same in groupby(timeline.statuses):
        number = len(list(same))
        since = timeline.begins_at + at * step
        stretches.append(Stretch(at * part, number * part, status, since, since + number * step))
        at += number
    most = max((one for one in timeline.seconds if one is not None), default=None)
    lines = tuple(_lines(timeline.seconds, part, most)) if most else ()
    return Plot(key, tuple(stretches), lines, most, timeline.begins_at)


def _lines(seconds: Sequence[float | None], part: float, most: float) -> Iterator[str]:
    """Points for a polyline. What was measured once between two gaps is a dash as wide as its part."""
    points = [(number, one) for number, one in enumerate(seconds) if one is not None]
    widest = _usual_gap([number for number, _ in points])
    run: list[tuple[float, float]] = []
    before = None
    for number, one in points:
        if before is not None and number - before > widest:
            yield _points(run, part)
            run = []
        run.append((number * part + part / 2, HEIGHT - 4 - (HEIGHT - 12) * one / most))
        before = number
    if run:
        yield _points(run, part)


def _usual_gap(numbers: Sequence[int]) -> int:
    """Parts between two probes that are no gap: twice the median, since what is old is thinned."""
    gaps = sorted(after - before for before, after in pairwise(numbers))
    return 2 * gaps[len(gaps) // 2] if gaps else 1


def _points(run: Sequence[tuple[float, float]], part: float) -> str:
    if len(run) == 1:
        (x, y) = run[0]
        run = [(x - part / 2, y), (x + part / 2, y)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in run)


# --- the calendar ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """One certificate, who shows it, and where. ``own``: it is the servers' own, not an issuer's."""

    lifetime: Lifetime
    own: bool
    connectors: tuple[str, ...]
    servers: tuple[str, ...]

    @property
    def month(self) -> str:
        """ "2026-12"."""
        return f"{self.lifetime.certificate.not_after:%Y-%m}"


def endings(results: Iterable[tuple[str, Result]], now: datetime) -> list[Ending]:
    """All certificates that connectors are shown, the first to end first. A root that is sent needs nobody's care."""
    found: dict[str, tuple[CertificateReport, bool, dict[str, None], dict[str, None]]] = {}
    for name, result in results:
        for attempt in result.attempts:
            for position, one in enumerate(attempt.certificates):
                if one.not_after is None or (position and one.issuer == one.subject):
                    continue
                _, _, names, servers = found.setdefault(one.sha256, (one, position == 0, {}, {}))
                names[name] = None
                servers[host_port(attempt.server, attempt.port)] = None
    drawn = [
        Ending(lifetime(one, now), own, tuple(names), tuple(servers)) for one, own, names, servers in found.values()
    ]
    return sorted(drawn, key=lambda one: one.lifetime.certificate.not_after or now)
