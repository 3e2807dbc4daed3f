"""What a run met that tells the time, kept where a verdict on dates may hang on this machine's clock."""

from datetime import datetime

from connector_probe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class RootDates:
    """The trusted roots as of our clock: how many there are, how many have ended, and how many have not begun.

    ``newest``: when the youngest began but for two, so that one or two that an administrator added do not count.
    """

    total: int
    ended: int
    not_begun: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerDate:
    """What the Date header of a web server said (RFC 9110 6.6.1), its Age added, and what our clock showed then."""

    host: str
    address: str
    told: datetime
    here: datetime


@dataclass(frozen=True, slots=True)
class ClockEvidence:
    """``dates``: of the web servers that this run has asked, whoever for; nobody is asked for the time alone.

    ``staple_made_at``: when the stapled OCSP response was made (producedAt, RFC 6960 4.2.2.1), as the certificate's
    issuer has signed it. ``released``: when the program that met all this was made; a later one that reads its report
    is younger.
    """

    roots: RootDates | None = None
    dates: tuple[ServerDate, ...] = ()
    staple_made_at: datetime | None = None
    released: datetime | None = None
