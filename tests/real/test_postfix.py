"""Postfix, in the states that administrators put it into."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_probe import Connector, TlsSettings, probe_all
from tests.real.authority import HOST, Authority
from tests.real.parts import free_ports
from tests.real.postfix import Postfix, with_tls
from tests.real.verdicts import (
    ALL_FLOW,
    HEALTHY,
    WARNING,
    Verdict,
    command_line,
    first_said,
    modes,
    modes_of,
    problems_of,
    result_of,
    verdict_of,
)

UNKNOWN = "unknown"
BAD_CHAIN = modes(None, None, "4.7.320", "4.7.320")
BAD_NAME = modes(None, None, None, "4.7.320")
NEEDS_TLS = modes(None, "4.4.317", "4.4.317", "4.4.317")
ALL_FAIL = modes("4.4.317", "4.4.317", "4.4.317", "4.4.317")


def failing(code: str | None, class_: str, stage: str) -> Verdict:
    return Verdict("failing", code, class_, stage)


def bad_certificate(kind: str) -> Verdict:
    return failing("4.7.320", f"certificate-{kind}", "certificate")


STATES: dict[str, tuple[Verdict, list[str], dict[str, str | None]]] = {
    "good": (HEALTHY, [], ALL_FLOW),
    "no-tls": (failing("4.4.317", "starttls-not-offered", "starttls"), [], NEEDS_TLS),
    "expired": (bad_certificate("expired"), ["expired"], BAD_CHAIN),
    "self-signed": (bad_certificate("self-signed"), ["self-signed"], BAD_CHAIN),
    "another-name": (bad_certificate("name-mismatch"), ["name-mismatch"], BAD_NAME),
    "leaf-only": (bad_certificate("missing-intermediate"), ["missing-intermediate"], BAD_CHAIN),
    "private-leaf-only": (
        bad_certificate("missing-intermediate"),
        ["missing-intermediate", "untrusted-root"],
        BAD_CHAIN,
    ),
    "expired-and-another-name": (bad_certificate("expired"), ["expired", "name-mismatch"], BAD_CHAIN),
    "ends-soon": (WARNING, [], ALL_FLOW),
    "tls-1.0": (failing("4.4.317", "tls-version", "tls"), [], ALL_FAIL),
    "tls-1.2": (HEALTHY, [], ALL_FLOW),
    "tls-1.3": (HEALTHY, [], ALL_FLOW),
    "foreign-cipher": (failing("4.4.317", "tls-cipher", "tls"), [], ALL_FAIL),
    "chain-file-missing": (failing("4.4.317", "tls-alert", "tls"), [], ALL_FAIL),
    "ca-file-missing": (failing("4.4.317", "starttls-rejected", "starttls"), [], NEEDS_TLS),
    "tls-mandatory": (HEALTHY, [], ALL_FLOW),
    "asks-certificate": (WARNING, [], ALL_FLOW),  # it takes clients of its own CA, and so not Exchange Online
    "rejects-clients": (failing("4.4.317", "banner-rejected", "banner"), [], ALL_FAIL),
    "rejects-nameless": (failing("4.4.317", "banner-rejected", "banner"), [], ALL_FAIL),
    "defers-clients": (failing("4.4.317", "banner-rejected", "banner"), [], ALL_FAIL),
    "rejects-helo": (failing("4.4.317", "ehlo-rejected", "ehlo"), [], ALL_FAIL),
}


@pytest.mark.parametrize("state", STATES)
async def test_state(postfix: dict[str, str], ca_file: str, state: str) -> None:
    result = await result_of(Connector(smart_hosts=[postfix[state]], tls_domain=HOST, ca_file=ca_file))
    (attempt,) = result.attempts
    assert (verdict_of(result), sorted(problems_of(attempt)), modes_of(result)) == STATES[state]


@pytest.mark.parametrize(
    ("state", "cause", "heading", "remedy", "commands"),
    [
        ("no-tls", "tls-not-supported", "The server offers no STARTTLS", "offer-starttls", ["postconf"]),
        ("expired", "certificate-expired", "The certificate has expired", "renew-certificate", ["postconf"]),
        # 550 5.7.25: reverse DNS, and so about the sender (RFC 7372 3.3)
        ("rejects-nameless", "source-blocked", "The server turns the connection away", "allow-exchange-online", []),
    ],
)
async def test_what_is_said_first(
    postfix: dict[str, str], ca_file: str, state: str, cause: str, heading: str, remedy: str, commands: list[str]
) -> None:
    """The commands are those of the server that greets."""
    result = await result_of(Connector(smart_hosts=[postfix[state]], tls_domain=HOST, ca_file=ca_file))
    assert first_said(result.diagnosis) == ("server", cause, heading, remedy)
    assert result.diagnosis is not None
    assert [line.split()[0] for line in result.diagnosis.remedies[0].commands[:1]] == commands


@pytest.mark.parametrize("state", ["demands-certificate-1.2", "demands-certificate-1.3"])
async def test_only_exchange_online_has_the_certificate_that_is_demanded(
    postfix: dict[str, str], ca_file: str, state: str
) -> None:
    """Postfix completes the handshake and then answers EHLO with 421 "No client certificate presented"."""
    result = await result_of(Connector(smart_hosts=[postfix[state]], tls_domain=HOST, ca_file=ca_file))
    assert verdict_of(result) == Verdict(UNKNOWN, None, "tls-client-certificate", "tls")
    assert modes_of(result) == modes(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


async def test_only_a_balancer_is_greeted(postfix: dict[str, str], ca_file: str) -> None:
    """Postfix waits five seconds for the PROXY header, and then hangs up."""
    result = await result_of(
        Connector(smart_hosts=[postfix["behind-a-balancer"]], tls_domain=HOST, ca_file=ca_file, timeout=0.5)
    )
    assert verdict_of(result) == failing("4.4.318", "banner-timeout", "banner")
    assert result.diagnosis is not None
    assert [one.id for one in result.diagnosis.causes if one.verdict == "confirmed"] == ["proxy-protocol"]
    assert "waits for a balancer in front of it" in result.diagnosis.detail


async def test_a_server_that_has_waited_for_its_balancer(postfix: dict[str, str], ca_file: str) -> None:
    """What Postfix says in the end, 421 4.3.0 Server local error, tells nobody what it has waited for."""
    smart_host = postfix["gives-a-balancer-up"]
    result = await result_of(Connector(smart_hosts=[smart_host], tls_domain=HOST, ca_file=ca_file))
    assert verdict_of(result) == failing("4.4.317", "banner-rejected", "banner")
    assert result.diagnosis is not None
    assert result.diagnosis.heading == "The server waits for a PROXY protocol header"
    verdicts = {one.id: one.verdict for one in result.diagnosis.causes}
    assert verdicts["proxy-protocol"] == "confirmed"
    assert result.diagnosis.remedies[0].id == "send-proxy-header"


async def test_what_the_server_says_is_in_the_reply(postfix: dict[str, str]) -> None:
    result = await result_of(Connector(smart_hosts=[postfix["rejects-clients"]]))
    assert result.diagnosis is not None
    assert result.diagnosis.reply is not None
    assert "[Message=554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied]" in result.diagnosis.reply
    assert postfix["rejects-clients"] in result.diagnosis.reply


@pytest.mark.parametrize(("state", "version"), [("tls-1.2", "TLSv1.2"), ("tls-1.3", "TLSv1.3"), ("tls-1.0", "TLSv1")])
async def test_the_agreed_version_is_reported(postfix: dict[str, str], state: str, version: str) -> None:
    (attempt,) = (await result_of(Connector(smart_hosts=[postfix[state]]))).attempts
    assert attempt.tls is not None
    assert attempt.tls.version == version


async def test_certificate_is_shown_whole(postfix: dict[str, str], ca_file: str) -> None:
    result = await result_of(Connector(smart_hosts=[postfix["expired-and-another-name"]], ca_file=ca_file))
    leaf, intermediate = result.attempts[0].certificates
    assert (leaf.subject, leaf.issuer) == ("CN=mail.fabrikam.test", intermediate.subject)
    assert (leaf.names, leaf.key) == (("mail.fabrikam.test",), "RSA 2048")
    assert leaf.not_after is not None
    assert leaf.not_after < result.evidence.started_at


async def test_certificate_that_ends_soon_is_a_warning(postfix: dict[str, str], ca_file: str) -> None:
    result = await result_of(Connector(smart_hosts=[postfix["ends-soon"]], tls_domain=HOST, ca_file=ca_file))
    assert [warning.id for warning in result.warnings] == ["certificate-expires-soon"]


async def test_name_is_not_looked_at_where_none_can_be_missed(postfix: dict[str, str], ca_file: str) -> None:
    result = await result_of(Connector(smart_hosts=[postfix["another-name"]], ca_file=ca_file))
    assert result.connector.tls is TlsSettings.CERTIFICATE_VALIDATION
    assert verdict_of(result) == HEALTHY


async def test_own_authority_is_trusted_only_when_told_so(postfix: dict[str, str]) -> None:
    result = await result_of(Connector(smart_hosts=[postfix["good"]], tls_domain=HOST))
    assert verdict_of(result) == bad_certificate("untrusted-root")
    assert problems_of(result.attempts[0]) == ["untrusted-root"]


@pytest.mark.parametrize("state", ["expired", "self-signed", "another-name", "leaf-only", "no-tls"])
@pytest.mark.parametrize("mode", [TlsSettings.OPPORTUNISTIC, TlsSettings.ENCRYPTION_ONLY])
async def test_lax_modes_let_mail_flow_and_warn(
    postfix: dict[str, str], ca_file: str, state: str, mode: TlsSettings
) -> None:
    connector = Connector(smart_hosts=[postfix[state]], tls=mode, tls_domain=HOST, ca_file=ca_file)
    result = await result_of(connector)
    if state == "no-tls" and mode.requires_tls:
        assert verdict_of(result) == failing("4.4.317", "starttls-not-offered", "starttls")
        return
    assert verdict_of(result) == WARNING
    told = "starttls-not-offered" if state == "no-tls" else "certificate-would-fail"
    assert [warning.id for warning in result.warnings] == [told]


@pytest.mark.parametrize(
    ("state", "recipient", "expected"),
    [
        ("good", "somebody@contoso.test", HEALTHY),
        ("good", "somebody@fabrikam.test", HEALTHY),
        ("good", "somebody@elsewhere.test", failing(None, "recipient-rejected", "recipient")),
        ("defers-relay", "somebody@elsewhere.test", failing(None, "recipient-deferred", "recipient")),
        ("rejects-bounces", "somebody@contoso.test", failing(None, "recipient-rejected", "recipient")),
    ],
)
async def test_recipient(postfix: dict[str, str], ca_file: str, state: str, recipient: str, expected: Verdict) -> None:
    connector = Connector(smart_hosts=[postfix[state]], tls_domain=HOST, ca_file=ca_file, rcpt=recipient)
    result = await result_of(connector)
    assert verdict_of(result) == expected
    said = [line.text for line in result.attempts[0].transcript if line.from_ == "client"]
    assert "MAIL FROM:<>" in said
    assert not any(line.startswith("DATA") for line in said)
    assert said[-2:] == ["RSET", "QUIT"] or expected != HEALTHY


async def test_stopped_server_refuses(open_folder: Path, authority: Authority, ca_file: str) -> None:
    endpoint = f"127.0.0.1:{free_ports(1)[0]}"
    connector = Connector(smart_hosts=[endpoint], tls_domain=HOST, ca_file=ca_file)
    part = Postfix(open_folder / "stopped", {endpoint: with_tls(authority.good())})
    try:
        before = await result_of(connector)
    finally:
        part.stop()
    after = await result_of(connector)
    assert verdict_of(before) == HEALTHY
    assert verdict_of(after) == failing("4.4.316", "tcp-refused", "connect")
    assert modes_of(after) == modes("4.4.316", "4.4.316", "4.4.316", "4.4.316")


async def test_a_crowd_gets_the_same_verdict(postfix: dict[str, str], ca_file: str) -> None:
    """One connection at a time to one address: many connectors do not make the server look overloaded."""
    states = [state for state in STATES for _ in range(5)]
    connectors = [Connector(smart_hosts=[postfix[state]], tls_domain=HOST, ca_file=ca_file) for state in states]
    results = (await probe_all(connectors)).results
    assert [verdict_of(result) for result in results] == [STATES[state][0] for state in states]


@pytest.mark.parametrize(
    ("state", "options", "exit_code"),
    [
        ("good", [], 0),
        ("ends-soon", [], 0),
        ("ends-soon", ["--strict"], 1),
        ("expired", [], 1),
        ("expired", ["--expect", "4.7.320"], 0),
        ("rejects-clients", [], 1),
    ],
)
def test_command_line(postfix: dict[str, str], ca_file: str, state: str, options: list[str], exit_code: int) -> None:
    ended = command_line(postfix[state], "--tls-domain", HOST, "--ca-file", ca_file, *options)
    assert (ended.exit_code, ended.verdicts()) == (exit_code, [STATES[state][0]]), ended.said
    (attempt,) = ended.document["results"][0]["attempts"]
    assert sorted(attempt["certificate_problems"]) == STATES[state][1]
