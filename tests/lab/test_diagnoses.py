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
from tests.real.verdicts import first_said

HERE = [one for one in SCENARIOS if obstacle(one) is None]


@pytest.mark.parametrize("scenario", HERE, ids=lambda scenario: scenario.name)
def test_diagnosis(scenario: Scenario, reports: dict[str, Report]) -> None:
    report = reports[scenario.name]
    _is_the_right_one(scenario, report)
    _causes_are_the_right_ones(scenario, report)
    _is_valid_and_printable(report)
    _stages_are_whole(report)
    _modes_agree(scenario, report)
    _says_what_to_do(report)
    if (scenario.expect_class or "").startswith("certificate-"):
        _shows_certificates(report)


def _is_the_right_one(scenario: Scenario, report: Report) -> None:
    (result,) = report.results
    found = result.diagnosis
    seen = (result.status, found.class_ if found else None, found.code if found else None)
    detail = found.detail if found else [warning.text for warning in result.warnings]
    assert seen == (scenario.expect_status, scenario.expect_class, scenario.expect_code), detail
    if scenario.expect_problems:
        problems = {kind for attempt in result.attempts for kind in attempt.certificate_problems}
        assert problems == set(scenario.expect_problems)


def _causes_are_the_right_ones(scenario: Scenario, report: Report) -> None:
    """Where mail flows all the same, those of the attempt that failed."""
    (result,) = report.results
    failed = [one.diagnosis for one in result.attempts if one.diagnosis is not None]
    found = result.diagnosis or next(iter(failed), None)
    causes = {cause.id: cause for cause in found.causes if cause.id in scenario.expect_causes} if found else {}
    assert {identifier: cause.verdict for identifier, cause in causes.items()} == scenario.expect_causes
    for cause in causes.values():
        assert cause.evidence, f"{cause.id}: a verdict without evidence"
        assert all(sentence.strip() for sentence in cause.evidence)


# Of each scenario whose it is to mend, the leading cause, the heading, the first remedy.
FIRST_SAID = """
dns-nxdomain | connector | name-does-not-exist | The name does not exist | correct-smart-host
dns-truncated | dns | dns-hosting-trouble | The answer needs TCP port 53, and nothing comes over it | open-dns-tcp
dns-servfail | dns | dns-hosting-trouble | The nameserver gets no usable answer (SERVFAIL) | fix-dns
dns-dnssec-broken | dns | dns-hosting-trouble | DNSSEC of the name's zone is broken | repair-dnssec
dns-authorities-lame | dns | dns-hosting-trouble | The name's authoritative servers do not answer as they should | \
  fix-dns
dns-authorities-disagree | dns | dns-hosting-trouble | The name's authoritative servers disagree | fix-dns
dns-cache-stale | dns | stale-dns-cache | The nameserver holds an old answer | wait-for-cache
dns-not-delegated | dns | domain-expired | The domain is not delegated: expired, or never registered | renew-domain
connect-old-address | dns | stale-dns-cache | The nameserver and the authoritative servers say different things | \
  wait-for-cache
banner-421 | server | service-not-available | The server turns the connection away | read-the-reply
banner-421-limit | server | rate-limited | The server takes no more connections for now | allow-exchange-online
banner-ssh | server | not-a-mail-server | The port speaks SSH, not SMTP | point-to-smtp
banner-ftp | server | not-a-mail-server | The port speaks FTP, not SMTP | point-to-smtp
http-port | server | not-a-mail-server | The port speaks HTTP, not SMTP | point-to-smtp
implicit-tls | server | implicit-tls | The port speaks TLS from the first byte | use-plain-smtp-port
proxy-protocol | server | proxy-protocol | The server waits for a PROXY protocol header | send-proxy-header
banner-silent | unknown | server-malfunction | No greeting | check-server-health
no-starttls | server | tls-not-supported | The server offers no STARTTLS | offer-starttls
anonymous-tls-only | server | exchange-certificate-broken | \
  Exchange hides STARTTLS: its certificate is probably broken | repair-exchange-certificate
masked-by-firewall | network | packet-inspection | A firewall that inspects SMTP hides STARTTLS | \
  check-firewall-inspection
masked-banner-no-starttls | network | packet-inspection | No STARTTLS, and a firewall masks the banner | \
  check-firewall-inspection
appliance-certificate | network | appliance-certificate | \
  The certificate names FortiGate or FortiMail (Fortinet), not the server | check-appliance
recipient-550 | server | recipient-refused | The recipient is rejected | allow-relay
sender-530 | server | source-blocked | The server wants a login before it takes mail | allow-relay
sender-452 | server | back-pressure | The server defers the mail at MAIL FROM | relieve-server
tls-inspection | network | tls-inspection | \
  A firewall or antivirus program signs the server's certificate anew (TLS inspection) | exempt-from-inspection
another-host-answers | network | another-host-answers | Another host answers: archive.lab.test | check-where-it-leads
clock-doubtful | this-machine | local-clock | This machine's clock is not plausible | set-clock
dns-split-horizon | this-machine | local-nameserver-errs | \
  The nameserver has a zone of its own that says otherwise (split DNS) | configure-nameserver
accept-closed | unknown | server-malfunction | Closed before the greeting | check-server-health
starttls-stripped | network | packet-inspection | The server takes STARTTLS, and EHLO does not list it | \
  check-firewall-inspection
starttls-milter | server | service-not-available | The server's mail system refuses the session at STARTTLS | \
  check-mail-filter
starttls-454 | server | tls-not-supported | STARTTLS is rejected | repair-starttls
mta-sts-star-too-shallow | server | sts-pattern-too-shallow | The MX host is not in the MTA-STS policy | \
  list-mx-in-policy
dns-cname-dangling | dns | name-does-not-exist | The name does not exist | fix-alias
masked-tls-reset | network | tls-broken-on-the-way | Reset in the TLS handshake | check-firewall-inspection
dane-dnssec-expired | dns | dnssec-signature-untimely | DNSSEC is broken | repair-dnssec-chain
dane-dnssec-stranger | dns | dnssec-chain-broken | DNSSEC is broken | repair-dnssec-chain
ipv6-dead | network | one-family-dead | Connection refused | mend-family
certificate-missing-intermediate | server | certificate-no-longer-valid | The certificate chain is incomplete | \
  install-intermediate
tls-alert | server | tls-not-supported | The server breaks off TLS | check-tls-settings
tls-cipher | server | tls-not-supported | No common cipher suite | enable-ciphers
"""


@pytest.mark.parametrize("row", FIRST_SAID.strip().splitlines(), ids=lambda row: row.split()[0])
def test_what_is_said_first(row: str, reports: dict[str, Report]) -> None:
    name, *told = map(str.strip, row.split("|"))
    result = reports[name].results[0]
    found = result.diagnosis or next(one.diagnosis for one in result.attempts if one.diagnosis is not None)
    assert list(first_said(found)) == told


def test_the_way_back_to_exchange_online_is_a_warning(reports: dict[str, Report]) -> None:
    (result,) = reports["dns-leads-to-exchange-online"].results
    assert [warning.id for warning in result.warnings] == ["routes-to-exchange-online"]


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
