"""What earlier runs saw: the rows that history keeps, and what they amount to. No I/O, and no clock.

Rows are ordered by ``seq`` and never by ``at``: a clock can be set back. All moments are in UTC.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import Badge, Status

NOT_RECORDED = ""  # the servers of a connector that an earlier version recorded
HISTORY_SCHEMA = "connector-probe/history/1"


@dataclass(frozen=True, slots=True)
class SeenCertificate:
    """A server's own certificate, as one run met it. ``not_before`` and ``not_after`` None where unreadable."""

    server: str
    port: int
    sha256: str
    subject: str
    issuer: str
    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One connector in one run, as it is recorded. ``queue_lifetime`` is in seconds.

    ``servers``: where it leads, so that a file of the same names for other servers has a past of its own.
    ``expected``: as --expect asked. ``maintenance``: inside one of its windows. ``seconds``: how long the probe took.
    """

    name: str
    at: datetime
    status: Status
    expected: bool
    code: str | None = None
    class_: str | None = None
    maintenance: bool = False
    queue_lifetime: float = 86_400.0
    certificates: tuple[SeenCertificate, ...] = ()
    seconds: float | None = None
    servers: str = ""


class DocumentKind(StrEnum):
    """LAST: a connector's newest report. FAILED: the newest one in which mail did not flow, however old."""

    LAST = "last"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Document:
    """A report of one connector that history keeps whole; ``text`` is its JSON. ``place`` as in ``Past``."""

    name: str
    kind: DocumentKind
    at: datetime
    text: str = field(repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One row: ``class_`` is text, because a later version may know more classes than this one.

    ``seconds``: how long the probe took; None for a row of an earlier version, which did not record it.
    """

    seq: int
    at: datetime
    status: Status
    expected: bool
    code: str | None
    class_: str | None
    maintenance: bool
    seconds: float | None = None

    @property
    def state(self) -> tuple[Status, str | None, str | None, bool]:
        """What makes two neighbouring rows the same state."""
        return self.status, self.code, self.class_, self.expected


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a channel (standard output, one sink) was told last of a connector, and when."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Before:
    """What history knew of a connector before this run. ``last`` None: it was never seen.

    ``since``: when ``last``'s status was seen first without another in between. ``flowed_at``: when mail flowed last.
    ``failed``: when it was seen to fail since then, in order and bounded.
    ``announced`` by channel.
    """

    last: Observation | None = None
    since: datetime | None = None
    flowed_at: datetime | None = None
    failed: tuple[datetime, ...] = ()
    announced: Mapping[str, Announcement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownCertificate:
    """A certificate and when it was met first and last; the ``_seq`` are those of the runs' rows."""

    certificate: SeenCertificate
    first_seq: int
    first_at: datetime
    last_seq: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """The worst status in each part of a stretch of time, oldest first; None where nothing was probed.

    ``seconds``: how long probes took in each part on average; None where that is not known.
    """

    begins_at: datetime
    part_seconds: float
    statuses: tuple[Status | None, ...]
    seconds: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A state that lasted: the first row of it, and of a failure, how many ``rows`` it has, if these were counted."""

    first: Observation
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What is kept of one connector. ``stretches`` in the order of ``seq``, from where it was asked for.

    ``servers``: where it leads, or NOT_RECORDED. ``place``: where it was probed
    from; empty for here, the machine whose history it is.
    """

    name: str
    queue_lifetime: float
    before: Before
    first_seen: datetime | None
    stretches: tuple[Stretch, ...]
    certificates: tuple[KnownCertificate, ...]
    timeline: Timeline
    servers: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The state became another; ``before`` None for the first row of all."""

    at: datetime
    before: Status | None
    after: Status
    code: str | None
    class_: str | None
    maintenance: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """One outage; ``until`` None while it lasts. ``codes``: what it was seen as; ``runs``: how often it was seen."""

    since: datetime
    until: datetime | None
    codes: tuple[str, ...]
    runs: int

    def lasted(self, now: datetime) -> timedelta:
        """No shorter than nothing, whatever became of the clock."""
        return max((self.until or now) - self.since, timedelta(0))


@dataclass(frozen=True, slots=True)
class Renewal:
    """A server showed a new certificate instead of the one before; fingerprints are SHA-256."""

    at: datetime
    server: str
    port: int
    sha256_before: str
    sha256: str
    not_after_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectorHistory:
    """What is known of one connector. ``since``: its present state; ``failing_since``: the failure that stands,

    also while the last run could not tell; ``flowed_at``: when mail was seen to flow last before that, None if never.
    ``bounces_at`` None where no mail queues unexpectedly. ``outages`` within the window that was asked for; ``flaps``
    within a day. ``changes``, ``episodes`` and ``certificates`` are all there are only where that was asked for.
    ``servers`` and ``place`` as in ``Past``.
    """

    name: str
    status: Status | None
    code: str | None
    class_: str | None
    expected: bool | None
    since: datetime | None
    last_seen: datetime | None
    first_seen: datetime | None
    failing_since: datetime | None
    bounces_at: datetime | None
    flowed_at: datetime | None
    queue_lifetime: float
    outages: int
    flapping: bool
    flaps: int
    changes: tuple[Change, ...]
    episodes: tuple[Episode, ...]
    renewals: tuple[Renewal, ...]
    certificates: tuple[KnownCertificate, ...]
    timeline: Timeline
    servers: str = ""
    place: str = ""

    @property
    def badge(self) -> Badge | None:
        """None where nothing was recorded. What was expected is not recorded, but shows where it was no health."""
        if self.status is None:
            return None
        against = Status.FAILING if self.expected else Status.HEALTHY
        return Badge.of(self.status, code_expected=self.status is against, met=bool(self.expected))


@dataclass(frozen=True, slots=True)
class HistoryDocument:
    """``probe history`` as JSON. ``window`` in seconds."""

    schema: str
    generated_at: datetime
    window: float
    connectors: tuple[ConnectorHistory, ...]
