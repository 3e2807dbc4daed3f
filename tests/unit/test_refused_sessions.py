"""Sessions that a server ends or refuses: what is blamed, which reply is quoted, and what is left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector_probe.model.connector import Connector, TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ConnectorEvidence,
    Exchange,
    FaultKind,
    Handshake,
    NetworkFault,
    ProxiedGreeting,
    Reply,
    ReplyFlaw,
    TlsSession,
)
from connector_probe.model.verdict import CauseVerdict, Diagnosis, FailureClass
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, NAME, NOW, TIMED_OUT, concluded

OUT, POSSIBLE, SUPPORTED = CauseVerdict.RULED_OUT, CauseVerdict.POSSIBLE, CauseVerdict.SUPPORTED


def diagnosed(evidence: AttemptEvidence, tls: TlsSettings | None = None, host: str = NAME) -> Diagnosis:
    connector = Connector(smart_hosts=[host], tls=tls)
    result = concluded(connector, ConnectorEvidence((evidence,), ((),), NOW, 0.3))
    assert result.diagnosis is not None
    return result.diagnosis


def verdicts(diagnosis: Diagnosis) -> dict[str, CauseVerdict]:
    return {cause.id: cause.verdict for cause in diagnosis.causes}


def asking(reply: Reply) -> AttemptEvidence:
    """A server that asked for a client certificate, took the empty answer, and answers EHLO with ``reply``."""
    session = TlsSession("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    handshake = Handshake(0.1, 0.06, session, client_certificate_requested=True)
    return replace(made.session(), handshake=handshake, ehlo_again=Exchange("EHLO x", 0.2, 0.02, reply))


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("421 4.3.2 Service not available", FailureClass.SESSION_REJECTED),
        ("452 4.3.1 Insufficient system resources", FailureClass.SESSION_REJECTED),
        ("421 4.7.0 Too many concurrent SMTP connections", FailureClass.SESSION_REJECTED),
        ("550 5.7.1 Client host blocked using zen.spamhaus.org", FailureClass.SESSION_REJECTED),
        ("421 4.7.1 No client certificate presented", FailureClass.TLS_CLIENT_CERTIFICATE),
        ("550 5.7.1 Access denied: client certificate required", FailureClass.TLS_CLIENT_CERTIFICATE),
        ("454 4.7.5 Certificate validation failure", FailureClass.TLS_CLIENT_CERTIFICATE),
        ("550 5.7.1 Rejected", FailureClass.TLS_CLIENT_CERTIFICATE),
        ("550 5.7.1 Access denied", FailureClass.TLS_CLIENT_CERTIFICATE),
        ("530 5.7.0 You are not authorized to connect", FailureClass.TLS_CLIENT_CERTIFICATE),
    ],
)
def test_a_server_that_only_asks_for_a_certificate_may_have_other_reasons(text: str, failure: FailureClass) -> None:
    assert diagnosed(asking(Reply(int(text[:3]), (text[4:],)))).class_ is failure


def test_421_to_starttls_is_a_service_that_is_not_available() -> None:
    refused = made.answered("STARTTLS", 421, "4.3.2 Service not available")
    evidence = replace(made.session(), starttls=refused, handshake=None, certificate=None, ehlo_again=None)
    diagnosis = diagnosed(evidence)
    assert verdicts(diagnosis)["service-not-available"] is SUPPORTED
    assert verdicts(diagnosis)["tls-not-supported"] is POSSIBLE
    assert diagnosis.heading == "The server ends the session at STARTTLS"
    assert not {"repair-starttls", "relax-tls"} & {remedy.id for remedy in diagnosis.remedies}


@pytest.mark.parametrize("keywords", [("SIZE", "XXXXXXXA"), ("SIZE", "X-ANONYMOUSTLS", "AUTH NTLM")])
def test_a_server_whose_starttls_is_hidden_may_well_support_it(keywords: tuple[str, ...]) -> None:
    hidden, plain = diagnosed(made.without_starttls(ADDRESS, *keywords)), diagnosed(made.without_starttls())
    assert verdicts(hidden)["tls-not-supported"] is POSSIBLE
    assert hidden.causes[0].verdict is SUPPORTED
    assert verdicts(plain)["tls-not-supported"] is SUPPORTED


@pytest.mark.parametrize(
    ("answer", "unsupported", "inspected"),
    [
        (made.answered("STARTTLS", 502, "5.5.1 Error: command not implemented"), CauseVerdict.CONFIRMED, POSSIBLE),
        (made.answered("STARTTLS", 503, "STARTTLS command used when not advertised"), CauseVerdict.CONFIRMED, POSSIBLE),
        (made.answered("STARTTLS", 454, "4.7.0 TLS not available"), SUPPORTED, POSSIBLE),
        (made.answered("STARTTLS", 550, "5.7.1 Client host blocked using zen.spamhaus.org"), POSSIBLE, POSSIBLE),
        (made.answered("STARTTLS", 500, '5.5.1 Command unrecognized: "XXXXXXXX"'), POSSIBLE, SUPPORTED),
        (made.broken("STARTTLS", TIMED_OUT), SUPPORTED, POSSIBLE),
        (made.answered("STARTTLS", 220, "go ahead"), OUT, SUPPORTED),
    ],
)
def test_only_its_own_answer_confirms_that_a_server_has_no_starttls(
    answer: Exchange, unsupported: CauseVerdict, inspected: CauseVerdict
) -> None:
    found = verdicts(diagnosed(replace(made.without_starttls(), unlisted_starttls=answer)))
    assert (found["tls-not-supported"], found["packet-inspection"]) == (unsupported, inspected)


def test_what_is_wrong_with_the_certificate_behind_it_is_told() -> None:
    taken = made.answered("STARTTLS", 220, "go ahead")
    expired = replace(made.shown(made.leaf()), problems=(CertificateProblem(CertificateProblemKind.EXPIRED),))
    found = diagnosed(replace(made.without_starttls(), unlisted_starttls=taken, certificate=expired))
    assert found.class_ is FailureClass.STARTTLS_NOT_OFFERED
    assert found.detail.endswith("Behind it the certificate would not pass either: expired.")


def test_a_masked_list_before_a_server_that_takes_starttls_confirms_the_inspection() -> None:
    taken = made.answered("STARTTLS", 220, "go ahead")
    masked = replace(made.without_starttls(ADDRESS, "SIZE", "XXXXXXXA"), unlisted_starttls=taken)
    hidden = replace(made.without_starttls(ADDRESS, "SIZE", "X-ANONYMOUSTLS"), unlisted_starttls=taken)
    assert verdicts(diagnosed(masked))["packet-inspection"] is CauseVerdict.CONFIRMED
    found = verdicts(diagnosed(hidden))
    assert (found["packet-inspection"], found["exchange-certificate-broken"]) == (POSSIBLE, SUPPORTED)


def test_a_connector_that_requires_no_tls_is_not_said_to() -> None:
    evidence = made.until_tls(fault=NetworkFault(FaultKind.ALERT, alert="internal_error"))
    assert verdicts(diagnosed(evidence, TlsSettings.OPPORTUNISTIC))["tls-not-supported"] is OUT
    assert verdicts(diagnosed(evidence, TlsSettings.ENCRYPTION_ONLY))["tls-not-supported"] is SUPPORTED


def test_what_broke_tls_after_the_handshake_may_stand_on_the_way() -> None:
    broken = made.broken("EHLO x", NetworkFault(FaultKind.TLS_PROTOCOL, text="record layer failure"))
    diagnosis = diagnosed(replace(made.session(), ehlo_again=broken))
    assert (diagnosis.class_, verdicts(diagnosis)["tls-broken-on-the-way"]) == (FailureClass.TLS_PROTOCOL, POSSIBLE)


def test_the_malformed_reply_is_quoted_and_not_a_later_refusal() -> None:
    lines = (NAME, "STARTTLS", "SIZE")
    malformed = Reply(250, lines, (ReplyFlaw.NO_SEPARATOR,), (f"250-{NAME}", "250-STARTTLS", "250SIZE"))
    refused = made.answered("STARTTLS", 454, "4.7.0 TLS not available")
    evidence = replace(made.until_ehlo(ehlo=Exchange("EHLO x", 0.1, 0.02, malformed)), starttls=refused)
    assert diagnosed(evidence).detail == (
        f"The answer to EHLO breaks the SMTP rules (no space behind the code): 250-{NAME} 250-STARTTLS 250SIZE"
    )


def test_a_malformed_list_without_starttls_does_not_rule_out_that_there_is_none() -> None:
    def verdict(*keywords: str) -> CauseVerdict:
        malformed = Reply(250, (NAME, *keywords), (ReplyFlaw.ENDS_EARLY,))
        diagnosis = diagnosed(made.until_ehlo(ehlo=Exchange("EHLO x", 0.1, 0.02, malformed)))
        assert diagnosis.class_ is FailureClass.EHLO_MALFORMED
        return verdicts(diagnosis)["tls-not-supported"]

    assert verdict("SIZE") is POSSIBLE
    assert verdict("SIZE", "STARTTLS") is OUT


def helo_only(reply: str) -> AttemptEvidence:
    ehlo = made.answered("EHLO probe.example.net", int(reply[:3]), reply[4:])
    return replace(made.until_ehlo(ehlo=ehlo), helo=made.answered("HELO probe.example.net", 250, NAME))


def test_where_only_helo_is_known_nothing_is_said_of_a_list() -> None:
    diagnosis = diagnosed(helo_only("502 5.5.1 not implemented"))
    assert diagnosis.class_ is FailureClass.STARTTLS_NOT_OFFERED
    assert diagnosis.heading == "The server knows no EHLO, and so no STARTTLS"
    assert "the server refuses EHLO (502 5.5.1 not implemented) and knows HELO only" in diagnosis.detail
    assert not any("EHLO lists" in sentence for cause in diagnosis.causes for sentence in cause.evidence)


def test_a_refused_helo_is_quoted_as_such() -> None:
    evidence = replace(helo_only("500 what"), helo=made.answered("HELO probe.example.net", 502, "no"))
    assert diagnosed(evidence).detail == "The server answers HELO with: 502 no (It had answered EHLO with: 500 what)"


def test_overwritten_commands_are_an_inspection() -> None:
    refused = made.answered("STARTTLS", 500, '5.5.1 Command unrecognized: "XXXXXXXX"')
    evidence = replace(made.session(), starttls=refused, handshake=None, certificate=None, ehlo_again=None)
    assert verdicts(diagnosed(evidence))["packet-inspection"] is SUPPORTED
    assert (
        verdicts(diagnosed(helo_only('500 unrecognized: "XXXX probe.example.net"')))["packet-inspection"] is SUPPORTED
    )


@pytest.mark.parametrize(
    ("alert", "host", "hint"),
    [
        ("unrecognized_name", NAME, f"It does not know the name {NAME}"),
        ("unrecognized_name", ADDRESS, "probe it by its name"),
        ("internal_error", ADDRESS, "some servers cannot do without: to find out"),
        ("internal_error", NAME, ""),
    ],
)
def test_the_alert_of_a_server_that_goes_by_names(alert: str, host: str, hint: str) -> None:
    evidence = made.until_tls(fault=NetworkFault(FaultKind.ALERT, alert=alert))
    detail = diagnosed(replace(evidence, server=host), host=host).detail
    assert hint in detail
    assert bool(hint) is ("SNI" in detail)


# --- a port without a greeting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["2", "22", "220 m", "220-please wait\\x0d\\x0a", "\\x0d\\x0a220 hi"])
def test_who_has_begun_to_greet_waits_for_nothing_else(sample: str) -> None:
    silent = Exchange("", 0.1, 60.0, fault=TIMED_OUT, sample=sample)
    found = verdicts(diagnosed(made.until_banner(banner=silent)))
    assert (found["implicit-tls"], found["proxy-protocol"]) == (OUT, OUT)


def test_a_short_look_at_a_slow_server_rules_nothing_out() -> None:
    silent = made.until_banner(banner=made.broken("", TIMED_OUT))
    short = replace(
        silent,
        implicit_tls=Handshake(61.0, 1.0, fault=TIMED_OUT),
        proxied=ProxiedGreeting(made.broken("PROXY", TIMED_OUT)),
    )
    found = {cause.id: cause for cause in diagnosed(short).causes}
    for identifier in ("implicit-tls", "proxy-protocol"):
        assert found[identifier].verdict is POSSIBLE
        assert "within a second" in found[identifier].evidence[0]


def test_a_silent_recipient_is_no_abrupt_end() -> None:
    silent = replace(made.session(), mail=made.answered("MAIL FROM:<>", 250), recipient=made.broken("RCPT", TIMED_OUT))
    reply = diagnosed(silent).reply
    assert reply is not None
    assert "Suspicious" not in reply


def test_of_a_certificate_that_cannot_be_read_no_name_is_said_to_be_wrong() -> None:
    unread = replace(made.leaf(), subject="", issuer="", names=(), common_name="")
    problem = CertificateProblem(CertificateProblemKind.UNPARSEABLE_CERTIFICATE, 0, "", "DER")
    result = diagnosed(replace(made.session(), certificate=made.shown(unread, problem)))
    assert result.class_ is FailureClass.CERTIFICATE_UNPARSEABLE_CERTIFICATE
    assert "name-mismatch" not in result.detail


# --- certificates ----------------------------------------------------------------------------------------------


def test_an_issuer_that_is_sent_with_another_key_is_said_to_be() -> None:
    stranger = replace(made.leaf(), subject="CN=Example Issuing CA", issuer="CN=Root", sha1="B2" * 20)
    problem = CertificateProblem(CertificateProblemKind.MISSING_INTERMEDIATE, 0, f"CN={NAME}", "CN=Example Issuing CA")
    shown = made.shown(made.leaf(), problem)
    detail = diagnosed(replace(made.session(), certificate=replace(shown, chain=(*shown.chain, stranger)))).detail
    assert "The one of that name that it does send has another key" in detail
    assert "another key" not in diagnosed(replace(made.session(), certificate=shown)).detail


@pytest.mark.parametrize(
    ("left", "text"),
    [(timedelta(minutes=20), "in 0 h."), (timedelta(hours=47), "in 47 h."), (timedelta(days=3), "in 3 days.")],
)
def test_what_is_left_of_a_certificate(left: timedelta, text: str) -> None:
    evidence = replace(made.session(), certificate=made.shown(made.leaf(until=NOW + left)))
    result = concluded(Connector(smart_hosts=[NAME]), ConnectorEvidence((evidence,), ((),), NOW, 0.3))
    (warning,) = (one for one in result.warnings if one.id == "certificate-expires-soon")
    assert warning.text.endswith(text)


# --- a PROXY header that the server does not expect ------------------------------------------------------------

OFFER = (NAME, "SIZE", "STARTTLS")


@pytest.mark.parametrize(
    ("evidence", "sure"),
    [
        (replace(helo_only("500 5.5.2 Error"), helo=made.answered("HELO x", 250, *OFFER)), True),
        (made.until_ehlo(ehlo=made.answered("EHLO x", 500, '5.5.1 Command unrecognized: "PROXY TCP4 "')), True),
        (made.until_banner(banner=made.answered("", 554, "SMTP synchronization error")), False),
        (made.until_banner(banner=made.answered("", 521, "5.5.1 Protocol error")), False),
        (
            replace(
                made.until_ehlo(ehlo=made.answered("EHLO x", 500, "5.5.2 Error: bad syntax")),
                banner=replace(made.answered("", 220, NAME), behind="500 5.5.2 Error: bad syntax"),
            ),
            False,
        ),
    ],
)
def test_signs_of_a_header_that_a_balancer_sends(evidence: AttemptEvidence, sure: bool) -> None:
    for tls in (None, TlsSettings.OPPORTUNISTIC):
        diagnosis = diagnosed(evidence, tls)
        assert verdicts(diagnosis)["proxy-header-sent"] is SUPPORTED
        assert (diagnosis.heading == "The server gets a PROXY header that it does not expect") is sure
        assert "stop-proxy-header" in [remedy.id for remedy in diagnosis.remedies]


@pytest.mark.parametrize(
    "evidence",
    [
        helo_only("502 5.5.1 not implemented"),
        replace(helo_only("502 5.5.1 no"), helo=made.answered("HELO x", 250, NAME, "SIZE", "HELP")),
        made.until_banner(banner=made.answered("", 554, "5.7.1 Client host rejected")),
        made.until_ehlo(ehlo=made.answered("EHLO x", 550, "5.7.1 No proxy allowed")),
        made.until_ehlo(ehlo=made.answered("EHLO x", 554, "5.7.1 OPEN PROXY, see https://dnsbl.example")),
    ],
)
def test_no_sign_of_such_a_header(evidence: AttemptEvidence) -> None:
    assert "proxy-header-sent" not in verdicts(diagnosed(evidence))


def test_a_server_that_demands_a_certificate_may_have_a_bad_one_itself() -> None:
    """What becomes of our certificate is not known here; that of Exchange Online's check of the server's is."""
    refused = NetworkFault(FaultKind.ALERT, alert="handshake_failure")
    expired = CertificateProblem(CertificateProblemKind.EXPIRED, 0, f"CN={NAME}", "2026-11-01T00:00:00Z")
    handshake = Handshake(0.1, 0.06, fault=refused, client_certificate_requested=True)
    good = replace(made.until_tls(fault=refused), handshake=handshake, certificate=made.shown(made.leaf()))
    bad = replace(good, certificate=made.shown(made.leaf(), expired))
    assert diagnosed(good).class_ is FailureClass.TLS_CLIENT_CERTIFICATE
    assert diagnosed(bad).class_ is FailureClass.CERTIFICATE_EXPIRED
    assert diagnosed(bad, TlsSettings.ENCRYPTION_ONLY).class_ is FailureClass.TLS_CLIENT_CERTIFICATE


def test_whether_an_issuer_that_was_not_sent_is_a_root_stays_open() -> None:
    issuer = replace(made.leaf(), subject="CN=Example Issuing CA", issuer="CN=Above", common_name="")
    problem = CertificateProblem(CertificateProblemKind.UNTRUSTED_ROOT, 1, "CN=Example Issuing CA", "CN=Above")
    shown = made.shown(made.leaf(), problem)
    chain, path = (*shown.chain, issuer), (*shown.path, issuer.subject)
    unsent = replace(made.session(), certificate=replace(shown, chain=chain, path=path))
    assert diagnosed(unsent).detail.endswith("an intermediate that is missing, or a private CA that is not trusted.")
    root = replace(issuer, subject="CN=Above")
    sent = replace(shown, chain=(*chain, root), path=(*path, root.subject))
    assert "Either" not in diagnosed(replace(unsent, certificate=sent)).detail
