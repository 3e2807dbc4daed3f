"""Whose fault are dates: what speaks against this machine's clock, and what leaves the server with its own fault."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from connector_probe._version import RELEASED
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.model.connector import CONTROL_HOSTS, Connector, TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ClockEvidence,
    ConnectorEvidence,
    Control,
    Exchange,
    RootDates,
    ServerDate,
)
from connector_probe.model.policy import DaneEvidence, DnssecReason, DnssecStatus, SecureLookup, TransportPolicy
from connector_probe.model.verdict import CauseVerdict, FailureClass, Result, Status
from connector_probe.network import HttpResponse
from connector_probe.stages.local_clock import date_of
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit import evidence as made

_K, _F = CertificateProblemKind, FailureClass
DAY = timedelta(days=1)
YEAR = 365 * DAY
AHEAD = RELEASED + 14 * YEAR  # a clock that runs far ahead
MANY = RootDates(120, 0, 0, datetime(2024, 5, 15, tzinfo=UTC))
ENDED = replace(MANY, ended=61)
BEGUN_LATER = RootDates(120, 0, 3, made.NOW + 500 * DAY)


def problem(kind: CertificateProblemKind, moment: datetime, depth: int = 0) -> CertificateProblem:
    return CertificateProblem(kind, depth, f"CN={made.NAME}", f"{moment:%Y-%m-%dT%H:%M:%SZ}")


def judged(
    at: datetime, until: datetime, *more: CertificateProblem, greeting: datetime | None = None, trust: str = "system"
) -> AttemptEvidence:
    """A certificate of a year, judged at a moment, with the problems that its dates have then."""
    leaf = made.leaf(until=until)
    problems = list(more)
    if at > until:
        problems.insert(0, problem(_K.EXPIRED, until))
    elif leaf.not_before is not None and at < leaf.not_before:
        problems.insert(0, problem(_K.NOT_YET_VALID, leaf.not_before))
    found = replace(made.session(), certificate=made.shown(leaf, *problems, at=at, trust=trust))
    found = replace(found, clock=ClockEvidence(released=RELEASED))
    return found if greeting is None else replace(found, banner=greets(greeting))


def greets(at: datetime) -> Exchange:
    return made.answered("", 220, f"{made.NAME} Microsoft ESMTP MAIL Service ready at {format_datetime(at)}")


HOURS_BEHIND = judged(made.NOW - DAY / 4, made.NOW - DAY / 24 + YEAR)  # of a certificate that is an hour old


def knows(
    evidence: AttemptEvidence,
    *dates: ServerDate,
    roots: RootDates | None = MANY,
    staple: datetime | None = None,
) -> AttemptEvidence:
    return replace(evidence, clock=ClockEvidence(roots, dates, staple, RELEASED))


def root_signed(evidence: AttemptEvidence, moment: datetime) -> AttemptEvidence:
    """The signature over the DNS root's keys ended, or began, at ``moment``."""
    lookup = SecureLookup(
        "contoso.com", "MX", DnssecStatus.INDETERMINATE, zone=".", note=f"{moment:%Y-%m-%d %H:%M} UTC"
    )
    return replace(evidence, policy=TransportPolicy(DaneEvidence(replace(lookup, reason=DnssecReason.ROOT_UNTIMELY))))


def says(told: datetime, here: datetime, address: str = "203.0.113.80", host: str = "ocsp.example") -> ServerDate:
    return ServerDate(host, address, told, here)


def concluded(
    evidence: AttemptEvidence, tls: TlsSettings = TlsSettings.DOMAIN_VALIDATION, as_of: datetime | None = None
) -> Result:
    if as_of is not None and evidence.certificate is not None:
        evidence = replace(evidence, certificate=replace(evidence.certificate, as_of_given=True))
    connector = Connector(smart_hosts=[made.NAME], tls=tls, as_of=as_of)
    return made.concluded(connector, ConnectorEvidence((evidence,), ((),), made.NOW, 0.3))


def class_of(evidence: AttemptEvidence, tls: TlsSettings = TlsSettings.DOMAIN_VALIDATION) -> FailureClass | None:
    diagnosis = concluded(evidence, tls).diagnosis
    return diagnosis.class_ if diagnosis is not None else None


# --- a certificate that is really over stays so ----------------------------------------------------------------


@pytest.mark.parametrize("ago", [DAY, 90 * DAY, 6 * YEAR])
@pytest.mark.parametrize(
    "clock",
    [
        None,
        ClockEvidence(MANY),
        ClockEvidence(ENDED, (says(made.NOW, made.NOW),)),  # an old machine with a right clock
        ClockEvidence(MANY, (says(made.NOW - 3 * DAY, made.NOW),)),  # out of a cache
        ClockEvidence(MANY, (says(made.NOW - 8 * YEAR, made.NOW),)),  # of a server with a dead battery
        ClockEvidence(MANY, (), made.NOW - 100 * DAY),  # stapled for months
        ClockEvidence(RootDates(3, 3, 0)),  # roots of one's own say nothing
    ],
)
def test_an_expired_certificate_is_the_server_s(ago: timedelta, clock: ClockEvidence | None) -> None:
    evidence = replace(judged(made.NOW, made.NOW - ago), clock=clock)
    result = concluded(evidence)
    assert (result.status, result.attempts[0].code) == (Status.FAILING, "4.7.320")
    assert result.diagnosis is not None
    assert result.diagnosis.class_ is _F.CERTIFICATE_EXPIRED
    verdicts = {cause.id: cause.verdict for cause in result.diagnosis.causes}
    assert verdicts["certificate-expired"] is CauseVerdict.CONFIRMED


def test_what_was_over_before_this_program_was_made_is_over_by_any_clock() -> None:
    long_over = judged(AHEAD, RELEASED - DAY)
    assert class_of(knows(long_over, roots=ENDED)) is _F.CERTIFICATE_EXPIRED
    told = says(RELEASED - 30 * DAY, AHEAD)
    assert class_of(knows(long_over, told)) is _F.CERTIFICATE_EXPIRED


def test_by_a_clock_that_is_behind_what_is_over_is_all_the_more_so() -> None:
    behind = RELEASED - YEAR
    assert class_of(judged(behind, behind - DAY)) is _F.CERTIFICATE_EXPIRED
    assert class_of(judged(behind, behind - DAY, greeting=behind - 3 * DAY)) is _F.CERTIFICATE_EXPIRED
    early = judged(behind, behind + 2 * YEAR)
    result = concluded(early)
    assert (result.status, class_of(early)) == (Status.UNKNOWN, _F.LOCAL_CLOCK)
    assert result.diagnosis is not None
    assert "which is before this program was made" in result.diagnosis.detail


# --- what speaks against the clock -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (knows(judged(AHEAD, AHEAD - YEAR), roots=ENDED), "by which 61 of the 120 trusted roots have expired"),
        (
            knows(judged(made.NOW, made.NOW + 2 * YEAR), roots=BEGUN_LATER),
            "by which 3 of the 120 trusted roots are not valid yet",
        ),
        (
            knows(judged(made.NOW, made.NOW + 2 * YEAR), staple=made.NOW + 400 * DAY),
            "and the OCSP response that the server sends along was made on 2027-12-29 12:00 UTC",
        ),
        (
            knows(judged(made.NOW + YEAR, made.NOW + 200 * DAY), says(made.NOW, made.NOW + YEAR)),
            "the web server ocsp.example 2026-11-24 12:00 UTC",
        ),
        (
            knows(judged(made.NOW, made.NOW + 2 * YEAR), says(made.NOW + 400 * DAY, made.NOW)),
            "the web server ocsp.example 2027-12-29 12:00 UTC",
        ),
        (
            replace(
                judged(made.NOW + YEAR, made.NOW + 200 * DAY),
                control=Control("mx.example", "203.0.113.9", banner=greets(made.NOW)),
            ),
            "the greeting of mx.example 2026-11-24 12:00 UTC",
        ),
        (
            replace(HOURS_BEHIND, control=Control(CONTROL_HOSTS[1], "203.0.113.9", banner=greets(made.NOW))),
            f"the greeting of {CONTROL_HOSTS[1]} 2026-11-24 12:00 UTC",
        ),
        (
            root_signed(judged(made.NOW + YEAR, made.NOW + 200 * DAY), made.NOW + 9 * DAY),
            "and the signatures of the DNS root, which are made for three weeks, ended on 2026-12-03 12:00 UTC",
        ),
        (
            root_signed(judged(made.NOW, made.NOW + 2 * YEAR), made.NOW + 400 * DAY),
            "and the signatures of the DNS root begin on 2027-12-29 12:00 UTC",
        ),
        (
            judged(made.NOW + YEAR, made.NOW + 200 * DAY, greeting=made.NOW),
            "the server's greeting 2026-11-24 12:00 UTC",
        ),
    ],
)
def test_a_wrong_clock(evidence: AttemptEvidence, told: str) -> None:
    result = concluded(evidence)
    assert result.status is Status.UNKNOWN
    assert result.diagnosis is not None
    assert (result.diagnosis.class_, result.diagnosis.code) == (_F.LOCAL_CLOCK, None)
    assert evidence.certificate is not None
    assert f"this machine's clock says {evidence.certificate.judged_at:%Y-%m-%d %H:%M} UTC" in result.diagnosis.detail
    assert told in result.diagnosis.detail
    assert "{" not in conclude_in_chinese(evidence)
    report = made.report(evidence, connector=Connector(smart_hosts=[made.NAME]))
    again = read_report(render(report, RenderOptions()))
    assert diagnose_again(again, ENGLISH).results[0].diagnosis == report.results[0].diagnosis
    as_of = concluded(evidence, as_of=evidence.certificate.judged_at)  # the user's own day is never called wrong
    assert (as_of.status, as_of.attempts[0].code) == (Status.FAILING, "4.7.320")


def conclude_in_chinese(evidence: AttemptEvidence) -> str:
    one = ConnectorEvidence((evidence,), ((),), made.NOW, 0.3)
    diagnosis = made.concluded(Connector(smart_hosts=[made.NAME]), one, CHINESE).diagnosis
    assert diagnosis is not None
    assert "本机的时钟显示" in diagnosis.detail
    return diagnosis.detail


@pytest.mark.parametrize(
    "evidence",
    [
        knows(judged(AHEAD, AHEAD - YEAR), roots=replace(ENDED, ended=59)),
        knows(judged(AHEAD, AHEAD - YEAR, greeting=AHEAD), roots=ENDED),
        knows(judged(AHEAD, AHEAD - YEAR), says(AHEAD, AHEAD), roots=ENDED),
        root_signed(judged(made.NOW, made.NOW - 90 * DAY), made.NOW - 6 * DAY),
        root_signed(judged(made.NOW, made.NOW + 2 * YEAR), made.NOW + DAY),
        # Time zones are mistaken; a control host's is not.
        replace(HOURS_BEHIND, control=Control("mx.example", "203.0.113.9", banner=greets(made.NOW))),
        # A private authority's clock may have made both the certificate and the response.
        knows(judged(made.NOW, made.NOW + 2 * YEAR, trust="ca.pem only"), staple=made.NOW + 400 * DAY),
        knows(judged(made.NOW, made.NOW + 2 * YEAR), roots=replace(BEGUN_LATER, not_begun=2, newest=made.NOW - YEAR)),
        # The certificate is bad by either clock, or two stand against one.
        judged(made.NOW + YEAR, made.NOW - 90 * DAY, greeting=made.NOW),
        knows(judged(made.NOW, made.NOW - 90 * DAY, greeting=made.NOW - YEAR / 2), says(made.NOW, made.NOW)),
        knows(judged(made.NOW, made.NOW - 20 * DAY, greeting=made.NOW), says(made.NOW - 22 * DAY, made.NOW)),
    ],
)
def test_a_clock_that_nothing_convicts(evidence: AttemptEvidence) -> None:
    assert class_of(evidence) in (_F.CERTIFICATE_EXPIRED, _F.CERTIFICATE_NOT_YET_VALID)


def test_a_server_on_this_machine_does_not_bear_our_clock_out() -> None:
    evidence = knows(judged(AHEAD, AHEAD - YEAR), says(AHEAD, AHEAD, "127.0.0.1"), roots=ENDED)
    assert class_of(evidence) is _F.LOCAL_CLOCK


# --- what does not hang on it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (_K.UNTRUSTED_ROOT, _F.CERTIFICATE_UNTRUSTED_ROOT),
        (_K.MISSING_INTERMEDIATE, _F.CERTIFICATE_MISSING_INTERMEDIATE),
        (_K.WEAK_KEY, _F.CERTIFICATE_WEAK_KEY),
    ],
)
def test_other_faults_stand(kind: CertificateProblemKind, failure: FailureClass) -> None:
    other = CertificateProblem(kind, 0, f"CN={made.NAME}", "RSA 1024")
    result = concluded(judged(made.NOW + YEAR, made.NOW + 200 * DAY, other, greeting=made.NOW))
    assert (result.status, result.attempts[0].class_) == (Status.FAILING, failure)
    assert result.diagnosis is not None
    assert "expired" not in result.diagnosis.detail
    assert "Whether its dates are wrong as well cannot be judged: this machine's clock says" in result.diagnosis.detail
    causes = {cause.id: cause for cause in result.diagnosis.causes}
    assert causes["certificate-expired"].verdict is CauseVerdict.POSSIBLE
    assert "renew-certificate" not in [remedy.id for remedy in result.diagnosis.remedies]
    assert result.by_tls_mode[TlsSettings.ENCRYPTION_ONLY] is None


def test_an_issuer_s_dates_hang_on_it_too() -> None:
    """A short intermediate, and a certificate that outlives it."""
    issuer = problem(_K.ISSUER_EXPIRED, made.NOW + 30 * DAY, 1)
    evidence = judged(made.NOW + 60 * DAY, made.NOW + 200 * DAY, issuer, greeting=made.NOW)
    assert class_of(evidence) is _F.LOCAL_CLOCK
    assert class_of(replace(evidence, banner=greets(made.NOW + 45 * DAY))) is _F.CERTIFICATE_ISSUER_EXPIRED


def test_where_the_certificate_does_not_count_it_is_a_warning() -> None:
    evidence = judged(made.NOW + YEAR, made.NOW + 200 * DAY, greeting=made.NOW)
    result = concluded(evidence, TlsSettings.ENCRYPTION_ONLY)
    assert (result.status, [one.id for one in result.warnings]) == (Status.WARNING, ["clock-doubtful"])
    assert result.by_tls_mode[TlsSettings.DOMAIN_VALIDATION] == "unknown"


def test_no_certificate_ends_soon_by_a_wrong_clock_alone() -> None:
    at = made.NOW + 180 * DAY
    for greeting, told in ((made.NOW, "clock-doubtful"), (at, "certificate-expires-soon")):
        result = concluded(judged(at, made.NOW + 200 * DAY, greeting=greeting))
        assert [one.id for one in result.warnings] == [told]


def test_dnssec_by_a_clock_that_is_behind() -> None:
    """What has not begun may have; what is over is over."""

    def signed(reason: DnssecReason, moment: datetime) -> AttemptEvidence:
        note = f"{moment:%Y-%m-%d %H:%M} UTC"
        mx = SecureLookup("contoso.com", "MX", DnssecStatus.BOGUS, reason=reason, note=note)
        behind = judged(RELEASED - YEAR, RELEASED - YEAR + 100 * DAY)
        return replace(behind, policy=TransportPolicy(DaneEvidence(mx)))

    assert class_of(signed(DnssecReason.SIGNATURE_EARLY, RELEASED)) is _F.LOCAL_CLOCK
    assert class_of(signed(DnssecReason.SIGNATURE_EXPIRED, RELEASED - 2 * YEAR)) is _F.DANE_DNSSEC_INVALID


@pytest.mark.parametrize("clock", [None, ClockEvidence(MANY), ClockEvidence(MANY, released=RELEASED - YEAR)])
def test_a_report_of_an_earlier_version_had_no_wrong_clock(clock: ClockEvidence | None) -> None:
    """``probe explain`` reads it with a program that was made later."""
    then = RELEASED - YEAR / 2
    assert class_of(replace(judged(then, then - DAY), clock=clock)) is _F.CERTIFICATE_EXPIRED
    assert class_of(replace(judged(then, then + 2 * YEAR), clock=clock)) is _F.CERTIFICATE_NOT_YET_VALID
    report = made.report(replace(judged(then, then + 100 * DAY), clock=clock))
    assert not any("clock" in note for note in report.vantage.notes)


def test_a_report_says_that_what_is_valid_by_a_clock_that_is_behind_may_be_over() -> None:
    behind = RELEASED - YEAR
    report = made.report(judged(behind, behind + 100 * DAY))
    assert report.results[0].status is Status.HEALTHY
    assert any("This machine's clock is behind" in note for note in report.vantage.notes)
    assert not any("clock" in note for note in made.report(made.session()).vantage.notes)


# --- the date of an answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"date": "Tue, 24 Nov 2026 12:00:00 GMT"}, made.NOW),
        ({"date": "Tue, 24 Nov 2026 12:00:00 GMT", "age": "86400"}, made.NOW + DAY),
        ({"date": "Tue, 24 Nov 2026 12:00:00 GMT", "age": "-1"}, made.NOW),
        ({"date": "Tue, 24 Nov 2026 12:00:00 GMT", "age": "9" * 400}, made.NOW),
        ({"date": "Fri, 31 Dec 9999 23:59:59 GMT", "age": "86400"}, None),
        ({"date": "yesterday"}, None),
        ({"date": "Tue, 24 Nov 99999999999 12:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_date_of_an_answer(headers: dict[str, str], told: datetime | None) -> None:
    assert date_of(HttpResponse(200, tuple(headers.items()), b"")) == told


# --- the program's own date ------------------------------------------------------------------------------------


def _git(*arguments: str) -> Sequence[str]:
    found = shutil.which("git")
    if found is None:
        return ()
    here = Path(__file__).parent
    done = subprocess.run([found, "-C", str(here), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else ()


def test_the_program_s_date_is_kept_up() -> None:
    """Where this is no clone there is no newer date to compare with."""
    assert datetime.now(UTC) > RELEASED
    for line in _git("log", "-1", "--format=%cI"):
        committed = datetime.fromisoformat(line)
        assert committed >= RELEASED, "no clock that is right may be called wrong"
        assert committed - RELEASED < YEAR / 2, "set RELEASED in _version.py to a day of this month"
