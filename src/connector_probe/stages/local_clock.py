"""What a run meets that tells the time, gathered where something is out of its time by this machine's clock.

Nobody is asked for the time: these are answers that were fetched for their own sake, and what the server sent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from connector_probe._version import RELEASED
from connector_probe.model.evidence import AttemptEvidence, ClockEvidence, Exchange, RootDates, ServerDate
from connector_probe.model.policy import TIME_REASONS
from connector_probe.model.printable import printable
from connector_probe.network import HttpResponse
from connector_probe.protocol.smtp import greeting_time

if TYPE_CHECKING:
    from connector_probe.protocol.certificate import TrustRoots

MAX_HEARD: Final = 8  # web servers whose dates are kept for a run
MAX_AGE: Final = 366 * 86400  # seconds; no cache keeps an answer for longer


class HeardDates:
    """The dates that web servers told in one run, of each the first."""

    def __init__(self) -> None:
        self._heard: dict[str, ServerDate] = {}

    def hear(self, host: str, address: str, response: HttpResponse) -> None:
        """Keep what ``response`` tells, if anything."""
        told = date_of(response)
        if told is not None and len(self._heard) < MAX_HEARD:
            self._heard.setdefault(host, ServerDate(printable(host, 255), address, told, datetime.now(UTC)))

    @property
    def all(self) -> tuple[ServerDate, ...]:
        return tuple(self._heard.values())


def date_of(response: HttpResponse) -> datetime | None:
    """Date with Age added (RFC 9110 6.6.1, RFC 9111 5.1), in UTC; None where there is none, or none that can be."""
    from email.utils import parsedate_to_datetime  # late: slow to import, and few answers are asked for their date

    age = response.header("age").strip()
    try:
        told = parsedate_to_datetime(response.header("date"))
        told = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        seconds = int(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0
        return told + timedelta(seconds=min(seconds, MAX_AGE))
    except (ValueError, TypeError, OverflowError):
        return None


def hangs_on_the_clock(evidence: AttemptEvidence) -> bool:
    """Whether something is out of its time by our clock, this program included."""
    certificate, policy = evidence.certificate, evidence.policy
    if certificate is None or certificate.as_of_given:
        return False
    lookups = policy.dane.lookups if policy is not None and policy.dane is not None else ()
    if certificate.judged_at < RELEASED or any(one.kind.is_about_dates for one in certificate.problems):
        return True
    return any(one.reason in TIME_REASONS for one in lookups)


def needs_the_time(evidence: AttemptEvidence, heard: HeardDates) -> bool:
    """Whether the certificate is out of its time by our clock alone, and nobody has told the time.

    What was over before this program was made is over by any clock.
    """
    certificate = evidence.certificate
    if certificate is None or certificate.as_of_given:
        return False
    if not any(one.kind.is_about_dates for one in certificate.problems):
        return False
    until = certificate.chain[0].not_after if certificate.chain else None
    over = until is not None and until < RELEASED
    return not (over or heard.all or _tells_the_time(evidence.banner))


def _tells_the_time(banner: Exchange | None) -> bool:
    return banner is not None and banner.reply is not None and greeting_time(banner.reply) is not None


def clock_evidence(
    roots: TrustRoots, at: datetime, heard: HeardDates, staple_made_at: datetime | None
) -> ClockEvidence:
    """All of it, for an attempt that was judged ``at``."""
    began = sorted((one for one, _ in roots.validities), reverse=True)
    dates = RootDates(
        total=len(began),
        ended=sum(end < at for _, end in roots.validities),
        not_begun=sum(one > at for one in began),
        newest=began[2] if len(began) > 2 else None,
    )
    return ClockEvidence(dates, heard.all, staple_made_at, RELEASED)
