"""Is this machine's clock wrong? What the evidence says against it, where a verdict on dates hangs on it.

A certificate that is over is common, a wrong clock is rare: what was over before the latest moment that is known to
have passed is over whatever our clock shows, and nobody's word stands against ours where somebody else bears ours out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from connector_probe.model.connector import CONTROL_HOSTS
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Exchange,
)
from connector_probe.model.policy import DnssecReason
from connector_probe.model.reach import is_loopback
from connector_probe.protocol.smtp import greeting_time

TOLERANCE: Final = timedelta(days=1)  # what time zones and sleepy clocks differ by
KEPT: Final = timedelta(minutes=10)  # the control hosts keep time: what is left is how long they take to greet
# HTTP's caches hand out old answers, and those that do not tell their age (RFC 9111 5.1) hardly keep them for longer.
CACHED: Final = timedelta(days=7)
# Roots of a program's bundle; one of somebody's own has a few, and says nothing about time.
MANY_ROOTS: Final = 80
# How many of a bundle's roots must have ended by our clock for it to be doubted. What share has ended when:
#   by the end of        2026  2030  2035  2037  2038  2040  2045  2050
#   Microsoft 2026.10    18 %  30 %  42 %  53 %  60 %  67 %  84 %  100 %
#   certifi 2026.10       0 %   9 %  20 %  24 %  42 %  51 %  81 %  100 %
#   Debian 12 (2023)      3 %  17 %  39 %  44 %  59 %  67 %  93 %  100 %
#   certifi 2020.12       9 %  26 %  50 %  55 %  72 %  79 %  99 %  100 %
#   certifi 2015.4       35 %  54 %  71 %  78 %  93 %  96 % 100 %  100 %
# So half of them is what no bundle of less than ten years comes to, and those who have an older one still have
# certificates judged, with a doubt: this only tells a clock that is ahead by many years.
ENDED_SHARE: Final = 0.5
NOT_BEGUN: Final = 3  # roots that begin in the future; one or two may be an administrator's mistake

_Kind = CertificateProblemKind
_LATE: Final = frozenset({_Kind.EXPIRED, _Kind.ISSUER_EXPIRED})


@dataclass(frozen=True, slots=True)
class ClockSign:
    """One thing that speaks against our clock. ``key``: of the sentence; ``told``: the time that it tells, if it does;

    ``by``: who tells it, or how many of how many.
    """

    key: str
    told: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody's "it is now ...", told ``by`` a server. ``here``: what our clock showed then.

    ``trust``: how far from our clock it must be, to be no mere delay.
    """

    key: str
    told: datetime
    by: str
    here: datetime
    trust: timedelta
    address: str | None

    @property
    def ahead(self) -> timedelta:
        """By how much our clock is behind what is told."""
        return self.told - self.here

    @property
    def contradicts(self) -> bool:
        return abs(self.ahead) > self.trust

    def agrees_with(self, other: Statement) -> bool:
        """Whether another server says the same of our clock."""
        return self.by != other.by and abs(self.ahead - other.ahead) <= TOLERANCE

    @property
    def bears_out(self) -> bool:
        """What runs on this machine goes by the clock that is in question."""
        return abs(self.ahead) <= TOLERANCE and not (self.address and is_loopback(self.address))

    def bears_out_against(self, other: Statement) -> bool:
        """Whether it is nearer to our clock than to what ``other`` tells."""
        return self.bears_out and abs(self.ahead) < abs(self.ahead - other.ahead)


def signs_against(
    evidence: AttemptEvidence, since: datetime | None, until: datetime | None, others: Sequence[Statement] = ()
) -> tuple[ClockSign, ...]:
    """What speaks against our clock where something that is good from ``since`` until ``until`` is not so by it.

    ``others``: what else was told in the run. Empty where it is good, where the day was the user's own (--as-of), or
    where it is not good by any clock.
    """
    certificate = evidence.certificate
    if certificate is None or not certificate.chain or certificate.as_of_given:
        return ()
    at = certificate.judged_at
    late = until is not None and until < at
    if not late and (since is None or since <= at):
        return ()
    behind, said = tuple(_behind(evidence, certificate)), (*statements(evidence, at), *_of_others(evidence, others))
    if not late:
        return (*behind, *_contradictions(said, since, until, None))
    if behind or until is None:  # it is later than our clock says, and so all the more over
        return ()
    floor = _floor(evidence, certificate)
    certain = until < floor or any(one.bears_out for one in said)
    return (*_contradictions(said, since, until, floor), *(() if certain else _ahead(evidence, at)))


def _of_others(evidence: AttemptEvidence, told: Sequence[Statement]) -> Iterator[Statement]:
    """What other servers of the run said; of a greeting it is told then whose it was."""
    for one in told:
        if one.key != "clock-greeting":
            yield one
        elif (one.by, one.address) != (evidence.server, evidence.address):
            yield replace(one, key="clock-control")


def signs_about(
    evidence: AttemptEvidence, problem: CertificateProblem, others: Sequence[Statement] = ()
) -> tuple[ClockSign, ...]:
    """What speaks against our clock where ``problem`` is one of dates."""
    if not problem.kind.is_about_dates or evidence.certificate is None:
        return ()
    moment = _moment(problem.note)
    chain = evidence.certificate.chain
    if problem.depth == 0 and chain:
        since, until = chain[0].not_before, chain[0].not_after
    else:
        since, until = (None, moment) if problem.kind in _LATE else (moment, None)
    return signs_against(evidence, since, until, others)


def clock_is_behind(evidence: AttemptEvidence) -> tuple[ClockSign, ...]:
    """What proves that our clock is behind, whatever hangs on it; empty with --as-of."""
    certificate = evidence.certificate
    if certificate is None or certificate.as_of_given:
        return ()
    return tuple(_behind(evidence, certificate))


# --- what is certain -------------------------------------------------------------------------------------------


def _behind(evidence: AttemptEvidence, certificate: CertificateEvidence) -> Iterator[ClockSign]:
    """What exists already, and would not by our clock."""
    at, clock = certificate.judged_at, evidence.clock
    if clock is not None and clock.released is not None and at < clock.released:
        yield ClockSign("clock-release", clock.released)
    roots = clock.roots if clock is not None else None
    if roots is not None and _is_a_program(evidence) and roots.not_begun >= NOT_BEGUN and roots.newest is not None:
        yield ClockSign("clock-roots-begun", roots.newest, f"{roots.not_begun}/{roots.total}")
    moment = _root_signature(evidence)
    if moment is not None and moment > at + TOLERANCE:
        yield ClockSign("clock-root-begun", moment)
    made_at = _public_staple(evidence)
    if made_at is not None and made_at > at + TOLERANCE:
        yield ClockSign("clock-staple", made_at)


def _floor(evidence: AttemptEvidence, certificate: CertificateEvidence) -> datetime:
    """The latest moment that is known to have passed."""
    clock = evidence.clock
    roots = clock.roots if clock is not None and _is_a_program(evidence) else None
    released, newest = clock.released if clock is not None else None, roots.newest if roots is not None else None
    return max(filter(None, (released, newest, _public_staple(evidence))), default=datetime.min.replace(tzinfo=UTC))


def _public_staple(evidence: AttemptEvidence) -> datetime | None:
    """When a public authority made the stapled response; the clock of a private one may be wrong itself.

    It may well be the very one that made a certificate for the future.
    """
    certificate, clock = evidence.certificate, evidence.clock
    if certificate is None or clock is None or not _is_a_program(evidence):
        return None
    own_file = " + " in certificate.trust or certificate.trust.endswith(" only")  # by its label in trust.py
    return None if own_file else clock.staple_made_at


def _is_a_program(evidence: AttemptEvidence) -> bool:
    """Whether the trusted roots are those of a root program, and not just somebody's own."""
    roots = evidence.clock.roots if evidence.clock is not None else None
    return roots is not None and roots.total >= MANY_ROOTS


def _ahead(evidence: AttemptEvidence, at: datetime) -> Iterator[ClockSign]:
    """What would hardly be so by a clock that is right.

    That a stapled response is out of date is nothing of the kind: what fetched it may well be dead together with what
    renewed the certificate.
    """
    moment = _root_signature(evidence)
    if moment is not None and moment < at - CACHED:
        yield ClockSign("clock-root-ended", moment)
    roots = evidence.clock.roots if evidence.clock is not None else None
    if roots is not None and _is_a_program(evidence) and roots.ended >= ENDED_SHARE * roots.total:
        yield ClockSign("clock-roots-ended", by=f"{roots.ended}/{roots.total}")


def _root_signature(evidence: AttemptEvidence) -> datetime | None:
    """When the signature over the DNS root's keys ended, or began, if that is not so by our clock.

    It is made anew every few days, for three weeks.
    """
    dane = evidence.policy.dane if evidence.policy is not None else None
    notes = (one.note for one in dane.lookups if one.reason is DnssecReason.ROOT_UNTIMELY) if dane is not None else ()
    return signature_moment(next(iter(notes), ""))


def signature_moment(note: str) -> datetime | None:
    """The note of a signature out of its time, as ``protocol.dnssec`` writes it."""
    if not note:
        return None  # nearly always; strptime takes 2 ms to load
    try:
        return datetime.strptime(note, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- what others say -------------------------------------------------------------------------------------------


def _contradictions(
    said: Sequence[Statement], since: datetime | None, until: datetime | None, floor: datetime | None
) -> Iterator[ClockSign]:
    """Who says another time, by which all would be well; nobody, where somebody else says ours.

    ``floor``: what web servers say of a time before it is not so. (A server's greeting is taken at its word.)
    """
    for one in said:
        told = one.told
        good = (since is None or since <= told) and (until is None or told <= until)
        impossible = floor is not None and told < floor and one.key == "clock-http"
        if one.contradicts and good and not impossible and not any(other.bears_out_against(one) for other in said):
            yield ClockSign(one.key, told, one.by)


def statements(evidence: AttemptEvidence, at: datetime) -> tuple[Statement, ...]:
    """What the server, the control host and web servers said that the time is; ``at``: our clock at the greeting."""
    found = []
    told = told_by(evidence.banner)
    if told is not None:
        found.append(Statement("clock-greeting", told, evidence.server, at, TOLERANCE, evidence.address))
    control = evidence.control
    told = told_by(control.banner) if control is not None else None
    if control is not None and told is not None:
        trust = KEPT if control.host in CONTROL_HOSTS else TOLERANCE
        found.append(Statement("clock-control", told, control.host, at, trust, control.address))
    heard = evidence.clock.dates if evidence.clock is not None else ()
    served = (Statement("clock-http", one.told, one.host, one.here, CACHED, one.address) for one in heard)
    return (*found, *served)


def told_by(banner: Exchange | None) -> datetime | None:
    """The time that a greeting tells, as Exchange's and many others' do."""
    return greeting_time(banner.reply) if banner is not None and banner.reply is not None else None


def _moment(note: str) -> datetime | None:
    """The note of a problem with dates, as ``protocol.certificate`` writes it."""
    try:
        return datetime.strptime(note, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
