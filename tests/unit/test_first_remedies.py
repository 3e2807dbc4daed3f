"""What is said first is what mends the likely cause; what mends a cause that is ruled out is not said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector_probe import Connector, Diagnosis, Result
from connector_probe.formats import RENDERERS, RenderOptions
from connector_probe.model.delegation import AuthorityReply, ServerSays
from connector_probe.model.documents import Format
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ConnectorEvidence,
    FaultKind,
    NetworkFault,
)
from connector_probe.model.verdict import CauseVerdict
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, NAME, NOW, TIMED_OUT
from tests.unit.evidence import concluded as judged
from tests.unit.test_cause_verdicts import inquired

LIKELY, OUT = CauseVerdict.SUPPORTED, CauseVerdict.RULED_OUT
ROUTER = "198.51.100.1"


def concluded(*attempts: AttemptEvidence) -> Result:
    return judged(Connector(smart_hosts=[NAME]), ConnectorEvidence(attempts, tuple(() for _ in attempts), NOW, 0.3))


def diagnosed(evidence: AttemptEvidence) -> Diagnosis:
    diagnosis = concluded(evidence).diagnosis
    assert diagnosis is not None
    return diagnosis


def verdicts(diagnosis: Diagnosis) -> dict[str, CauseVerdict]:
    return {cause.id: cause.verdict for cause in diagnosis.causes}


def unreachable(icmp: str, sender: str) -> Diagnosis:
    fault = NetworkFault(FaultKind.HOST_UNREACHABLE, "EHOSTUNREACH", "No route to host", icmp=icmp, icmp_from=sender)
    return diagnosed(made.unconnected(fault))


@pytest.mark.parametrize(
    ("domain", "port", "named"),
    [(None, 25, NAME), (None, 2525, f"{NAME}:2525"), ("contoso.com", 25, "--mx contoso.com")],
)
def test_what_is_probed_again_is_what_was_probed(domain: str | None, port: int, named: str) -> None:
    evidence = made.unconnected(NetworkFault(FaultKind.NO_ROUTE))
    evidence = replace(evidence, port=port, resolution=replace(evidence.resolution, mx_domain=domain))
    commands = [line for remedy in diagnosed(evidence).remedies for line in remedy.commands]
    assert [line for line in commands if line.startswith("probe ")] == [f"probe {named}"]


def test_a_firewall_that_says_so_is_opened_first() -> None:
    found = [one.id for one in unreachable("admin-prohibited", ROUTER).remedies]
    assert found[0] == "open-port-25"


def test_no_firewall_is_opened_where_none_is_in_the_way() -> None:
    found = [one.id for one in unreachable("host-unreachable", ROUTER).remedies]
    assert found[0] == "check-server-up"
    assert "open-port-25" not in found


def test_a_firewall_with_nat_says_that_the_server_behind_it_is_down() -> None:
    diagnosis = unreachable("host-unreachable", ADDRESS)
    assert verdicts(diagnosis)["server-down"] is LIKELY
    assert diagnosis.causes[0].id == "server-down"
    assert [one.id for one in diagnosis.remedies[:2]] == ["check-nat", "check-server-up"]
    assert "NAT" in diagnosis.heading


def test_a_silence_leaves_all_remedies() -> None:
    found = [one.id for one in diagnosed(made.unconnected(TIMED_OUT)).remedies]
    assert found == ["check-server-up", "check-network-change", "correct-smart-host", "open-port-25"]


def test_a_gap_in_the_server_s_answer_convicts_the_way_and_not_the_server() -> None:
    hung = diagnosed(made.until_tls(fault=TIMED_OUT))
    assert set(verdicts(hung).values()) == {CauseVerdict.POSSIBLE, OUT}
    gap = diagnosed(made.until_tls(fault=replace(TIMED_OUT, stranded=2)))
    assert verdicts(gap)["large-packets-lost"] is LIKELY
    assert verdicts(gap)["tls-not-supported"] is OUT
    assert gap.remedies[0].id == "check-path-mtu"
    assert "(2)" in gap.causes[0].evidence[0]


def refused(stage: str, code: int, text: str) -> AttemptEvidence:
    if stage == "banner":
        return made.until_banner(banner=made.answered("", code, text))
    return replace(made.session(), recipient=made.answered("RCPT TO:<a@contoso.com>", code, text))


@pytest.mark.parametrize(
    ("stage", "code", "text", "likely", "ruled_out"),
    [
        ("banner", 521, "5.3.2 Service currently unavailable", "source-blocked", None),
        ("recipient", 450, "4.3.2 Service currently unavailable", "greylisting", "back-pressure"),
        ("recipient", 452, "4.3.1 Insufficient system storage", "back-pressure", "greylisting"),
        ("recipient", 451, "4.3.5 Server configuration problem", "service-not-available", "greylisting"),
    ],
)
def test_postscreen_means_the_client(stage: str, code: int, text: str, likely: str, ruled_out: str | None) -> None:
    found = verdicts(diagnosed(refused(stage, code, text)))
    assert found[likely] is LIKELY
    assert ruled_out is None or found[ruled_out] is OUT


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("mail.contoso.com does not accept mail", "correct-smart-host"),
        ("5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org", "allow-exchange-online"),
        ("5.7.1 No SMTP service here", "correct-smart-host"),
    ],
)
def test_a_host_that_takes_no_mail_is_the_wrong_one(text: str, first: str) -> None:
    assert diagnosed(refused("banner", 521, text)).remedies[0].id == first


def test_501_in_place_of_a_greeting_is_about_no_name() -> None:
    found = verdicts(diagnosed(refused("banner", 501, "unsupported")))
    assert "helo-name" not in found
    assert found["source-blocked"] is found["rate-limited"] is CauseVerdict.POSSIBLE


@pytest.mark.parametrize(
    ("greeting", "command"),
    [
        ("Microsoft ESMTP MAIL Service ready", "Get-ReceiveConnector"),
        ("ESMTP Postfix", "postconf"),
        ("ESMTP Exim 4.96", "exim"),
        ("ESMTP OpenSMTPD", "grep"),
    ],
)
def test_the_commands_are_those_of_the_server_that_greets(greeting: str, command: str) -> None:
    plain = replace(made.session(), starttls=None, handshake=None, certificate=None, ehlo_again=None)
    plain = replace(plain, banner=made.answered("", 220, f"{NAME} {greeting}"), ehlo=made.answered("EHLO", 250, NAME))
    (offer, *_) = diagnosed(plain).remedies
    assert (offer.id, offer.commands[0].split()[0]) == ("offer-starttls", command)


def test_a_server_under_load_is_relieved() -> None:
    """Exim's words: of itself, and of nobody's address."""
    loaded = diagnosed(refused("banner", 421, "mail.contoso.com: Too much load; please try again later"))
    assert (loaded.causes[0].id, loaded.remedies[0].id) == ("service-not-available", "relieve-server")
    assert verdicts(loaded)["source-blocked"] is OUT


def test_a_full_disk_is_freed_before_one_tries_again() -> None:
    full = refused("recipient", 452, "4.3.1 Insufficient system storage")
    assert [one.id for one in diagnosed(full).remedies] == ["relieve-server", "try-again"]
    grey = refused("recipient", 450, "4.2.0 Greylisted, try again in 300 seconds")
    assert [one.id for one in diagnosed(grey).remedies] == ["try-again"]


def test_a_limit_is_not_called_unequal_servers() -> None:
    limited = made.until_banner(banner=made.answered("", 421, "4.7.0 Error: too many connections from 192.0.2.10"))
    (warning,) = concluded(made.session(), limited).warnings
    assert "By its own words the server limits connections" in warning.text
    assert [one.id for one in warning.remedies] == ["allow-exchange-online"]
    (warning,) = concluded(made.session(), made.until_banner(banner=made.answered("", 554, "5.3.0 broken"))).warnings
    assert "the limit" not in warning.text


@pytest.mark.parametrize("format_", [Format.TEXT, Format.MARKDOWN, Format.HTML])
def test_what_two_addresses_have_in_common_is_said_once(format_: Format) -> None:
    ending = made.shown(made.leaf(until=NOW + timedelta(days=3)))
    seen = made.report(*(replace(made.session(one), certificate=ending) for one in (ADDRESS, "203.0.113.8")))
    assert [one.address for one in seen.results[0].warnings] == [ADDRESS, "203.0.113.8"]
    assert RENDERERS[format_](seen, RenderOptions()).count("The certificate expires on") == 1


def test_a_server_that_has_moved_is_not_looked_for_where_it_was() -> None:
    gone = NetworkFault(FaultKind.HOST_UNREACHABLE, "EHOSTUNREACH", icmp="host-unreachable", icmp_from=ROUTER)
    moved = AuthorityReply(
        "contoso.com", "ns1.contoso.com", "198.51.100.1", "A", ServerSays.ANSWER, records=("203.0.113.99",), ttl=600
    )
    evidence = inquired(made.unconnected(gone), moved, zones=(".", "com", "contoso.com"))
    diagnosis = diagnosed(evidence)
    assert [one.id for one in diagnosis.causes if one.verdict is LIKELY] == ["stale-dns-cache", "server-down"]
    assert diagnosis.remedies[0].id == "wait-for-cache"
    assert diagnosis.detail.endswith("The authoritative servers say otherwise: A 203.0.113.99.")
    just_asked = inquired(made.unconnected(gone), replace(moved, ttl=300), zones=(".", "com", "contoso.com"))
    assert diagnosed(just_asked).causes[0].id == "server-down", "an answer with all of its TTL left is not old"


def test_a_client_that_is_turned_away_at_the_recipient_is_let_in_first() -> None:
    blocked = refused("recipient", 554, "5.7.1 <unknown[192.0.2.10]>: Client host rejected: Access denied")
    assert diagnosed(blocked).remedies[0].id == "allow-exchange-online"


@pytest.mark.parametrize(
    ("address", "dialled"), [(ADDRESS, f"-connect {ADDRESS}:25"), ("2a01:db8::25", "-connect [2a01:db8::25]:25")]
)
def test_an_address_is_written_as_a_command_takes_it(address: str, dialled: str) -> None:
    missing = CertificateProblem(CertificateProblemKind.MISSING_INTERMEDIATE)
    incomplete = replace(made.session(address), certificate=made.shown(made.leaf(), missing))
    (install, *_) = diagnosed(incomplete).remedies
    assert install.commands[0].endswith(dialled)
