"""Every scenario of the lab, probed by the real prober over real sockets: is the diagnosis the right one?"""

from __future__ import annotations

import json

import pytest

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.json import jsonable
from connector_probe.lab import SCENARIOS, Scenario, obstacle
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import FailureClass, Report, Status
from tests.formats.foreign import report_validator

HERE = [one for one in SCENARIOS if obstacle(one) is None]
by_name = pytest.mark.parametrize("scenario", HERE, ids=lambda scenario: scenario.name)


@by_name
def test_diagnosis(scenario: Scenario, reports: dict[str, Report]) -> None:
    result = reports[scenario.name].results[0]
    found = result.diagnosis
    seen = (result.status, found.class_ if found else None, found.code if found else None)
    detail = found.detail if found else [warning.text for warning in result.warnings]
    assert seen == (scenario.expect_status, scenario.expect_class, scenario.expect_code), detail
    if scenario.expect_problems:
        problems = {kind for attempt in result.attempts for kind in attempt.certificate_problems}
        assert problems == set(scenario.expect_problems)


@by_name
def test_causes(scenario: Scenario, reports: dict[str, Report]) -> None:
    """Where mail flows all the same, those of the attempt that failed."""
    result = reports[scenario.name].results[0]
    failed = [one.diagnosis for one in result.attempts if one.diagnosis is not None]
    found = result.diagnosis or next(iter(failed), None)
    verdicts = {cause.id: cause.verdict for cause in found.causes} if found is not None else {}
    assert {identifier: verdicts.get(identifier) for identifier in scenario.expect_causes} == scenario.expect_causes


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("dns-nxdomain", "The name does not exist"),
        ("dns-servfail", "The nameserver gets no usable answer (SERVFAIL)"),
        ("dns-dnssec-broken", "DNSSEC of the name's zone is broken"),
        ("dns-authorities-lame", "The name's authoritative servers do not answer as they should"),
        ("dns-authorities-disagree", "The name's authoritative servers disagree"),
        ("dns-cache-stale", "The nameserver holds an old answer"),
        ("dns-not-delegated", "The domain is not delegated: expired, or never registered"),
        ("connect-old-address", "Connection refused"),
        ("banner-421", "The server turns the connection away"),
        ("banner-421-limit", "The server takes no more connections for now"),
        ("banner-ssh", "The port speaks SSH, not SMTP"),
        ("banner-ftp", "The port speaks FTP, not SMTP"),
        ("http-port", "The port speaks HTTP, not SMTP"),
        ("implicit-tls", "The port speaks TLS from the first byte"),
        ("proxy-protocol", "The server waits for a PROXY protocol header"),
        ("banner-silent", "No greeting"),
        ("no-starttls", "The server offers no STARTTLS"),
        ("anonymous-tls-only", "Exchange hides STARTTLS: its certificate is probably broken"),
        ("masked-by-firewall", "A firewall that inspects SMTP hides STARTTLS"),
        ("masked-banner-no-starttls", "No STARTTLS, and a firewall masks the banner"),
        ("appliance-certificate", "The certificate names FortiGate or FortiMail (Fortinet), not the server"),
        ("recipient-550", "The recipient is rejected"),
        ("sender-530", "The server rejects MAIL FROM"),
        ("sender-452", "The server defers the mail at MAIL FROM"),
    ],
)
def test_the_first_sentence_names_what_is_broken(name: str, heading: str, reports: dict[str, Report]) -> None:
    found = reports[name].results[0].diagnosis
    assert found is not None
    assert found.heading == heading


def test_the_way_back_to_exchange_online_is_a_warning(reports: dict[str, Report]) -> None:
    (result,) = reports["dns-leads-to-exchange-online"].results
    assert [warning.id for warning in result.warnings] == ["routes-to-exchange-online"]


@by_name
def test_every_report_holds_together(scenario: Scenario, reports: dict[str, Report]) -> None:
    report = reports[scenario.name]
    _is_valid_and_printable(report)
    _stages_are_whole(report)
    _modes_agree(scenario, report)
    _says_what_to_do(report)
    if (scenario.expect_class or "").startswith("certificate-"):
        _shows_certificates(report)


def _is_valid_and_printable(report: Report) -> None:
    """The JSON fits its schema, and nothing raw reaches any output."""
    document = jsonable(report)
    report_validator().validate(document)
    assert json.dumps(document, ensure_ascii=False).isprintable()
    for output in Format:
        rendered = RENDERERS[output](report, RenderOptions(verbosity=1, transcript=True))
        assert rendered.replace("\n", "").isprintable(), output


def _stages_are_whole(report: Report) -> None:
    """Every attempt names every stage once and in order; a failing one has exactly one failed stage: the diagnosed."""
    for attempt in report.results[0].attempts:
        assert [row.stage for row in attempt.stages] == list(Stage)
        failed = [row.stage for row in attempt.stages if row.status == "failed"]
        assert failed == ([attempt.diagnosis.stage] if attempt.diagnosis else [])


def _shows_certificates(report: Report) -> None:
    """Bad ones too."""
    shown = [one for attempt in report.results[0].attempts for one in attempt.certificates]
    assert shown
    assert all(len(one.sha1) == 40 and len(one.sha256) == 64 for one in shown)


def _modes_agree(scenario: Scenario, report: Report) -> None:
    """by_tls_mode agrees with the verdict under the connector's own mode, and a lax mode never fails more."""
    result = report.results[0]
    own = result.by_tls_mode[result.connector.tls]
    expected = {
        Status.FAILING: (result.diagnosis.code if result.diagnosis else None) or "other",
        Status.UNKNOWN: "unknown",
    }.get(result.status)
    assert own == expected
    failure = scenario.expect_class
    if failure is FailureClass.STARTTLS_NOT_OFFERED:
        assert result.by_tls_mode[TlsSettings.OPPORTUNISTIC] is None
    if failure is FailureClass.CERTIFICATE_NAME_MISMATCH and result.connector.tls is TlsSettings.DOMAIN_VALIDATION:
        assert result.by_tls_mode[TlsSettings.CERTIFICATE_VALIDATION] is None
    if failure is not None and failure.value.startswith("certificate-"):
        assert result.by_tls_mode[TlsSettings.ENCRYPTION_ONLY] is None
        assert result.by_tls_mode[TlsSettings.OPPORTUNISTIC] is None


def _says_what_to_do(report: Report) -> None:
    found = report.results[0].diagnosis
    if found is None:
        return
    assert found.remedies
    assert found.detail.endswith((".", '"', ")", "]")) or found.detail
    assert "{" not in found.detail
    if found.code is not None:
        assert found.reply is not None
        assert found.reply.startswith(("450 " + found.code, "450-" + found.code))
        assert found.causes
