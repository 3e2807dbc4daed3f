"""Middleboxes and moods: what is said first of each of the lab's servers, and what to do; the causes are in the lab."""

from __future__ import annotations

import pytest

from connector_probe import Result, probe_all
from connector_probe.lab import Lab

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIRST_WORDS = [
    ("proxy-protocol", "it waits for a balancer in front of it"),
    ("proxy-protocol-impatient", "it waits for a balancer in front of it"),
    ("banner-silent-once", "Another connection right after was greeted"),
    ("implicit-tls", "The port speaks TLS from the first byte"),
    ("implicit-tls-impatient", "The port speaks TLS from the first byte"),
    ("http-port", "It speaks HTTP, not SMTP."),
    ("http-port-impatient", "It speaks HTTP, not SMTP."),
    ("banner-ssh", "but SSH: SSH-2.0"),
    ("banner-telnet", "but Telnet: "),
    ("banner-nntp", "but NNTP: 200 "),
    ("banner-ftp", "this is a server of FTP"),
    ("banner-554", "This is about the source address"),
    ("banner-421-limit", "This is about the source address"),
    ("masked-by-firewall", "a firewall hides STARTTLS"),
    ("masked-banner-no-starttls", "Its banner is masked with asterisks"),
    ("anonymous-tls-only", "event 12014"),
    ("appliance-certificate", "Its certificate names FortiGate"),
    ("ehlo-bare-lf", "lines end with LF alone"),
    ("ehlo-ends-early", "has the form of the last one): 250 lab 250-PIPELINING 250 STARTTLS"),
    ("ehlo-mixed-codes", "(codes that differ from line to line): 250-lab 250-PIPELINING 220 STARTTLS"),
    ("ehlo-550-name", "This is about the name that this probe gives itself"),
    ("helo-only", "the server refuses EHLO (5"),
    ("ehlo-behind-proxy-header", "every reply is one command late"),
    ("starttls-stripped", "STARTTLS is answered with 220"),
    ("starttls-overwritten", "a firewall on the way has overwritten it"),
]
FIRST_REMEDIES = [
    ("proxy-protocol", ["send-proxy-header"]),
    ("implicit-tls", ["use-plain-smtp-port"]),
    ("http-port", ["point-to-smtp"]),
    ("http-port-impatient", ["point-to-smtp"]),
    ("banner-ftp", ["point-to-smtp"]),
    ("anonymous-tls-only", ["repair-exchange-certificate", "offer-starttls", "relax-tls"]),
    ("masked-by-firewall", ["check-firewall-inspection", "offer-starttls", "relax-tls"]),
    ("starttls-stripped", ["check-firewall-inspection", "relax-tls"]),
    (
        "ehlo-behind-proxy-header",
        ["stop-proxy-header", "read-the-reply", "check-service-state"],
    ),
    ("ehlo-550-name", ["give-another-name", "read-the-reply", "check-service-state"]),
    ("starttls-421", ["read-the-reply", "probe-again", "check-service-state", "check-firewall-inspection"]),
    ("starttls-overwritten", ["check-firewall-inspection", "read-the-reply", "relax-tls"]),
    ("banner-554", ["allow-exchange-online", "read-the-reply", "check-service-state"]),
    ("banner-421", ["read-the-reply", "probe-again", "check-service-state"]),
    ("accept-closed", ["check-server-health", "probe-again", "check-firewall-inspection", "check-network-path"]),
]
MOODS = {"unequal-servers", "slow-greeting", "retry-clears", "starttls-injection", "banner-masked"}


@pytest.mark.parametrize("scenario", ["certificate-self-signed", "certificate-expired", "certificate-name-mismatch"])
async def test_a_certificate_of_no_device_speaks_for_none(scenario: str, results: dict[str, Result]) -> None:
    diagnosis = results[scenario].diagnosis
    assert diagnosis is not None
    assert "appliance-certificate" not in [one.id for one in diagnosis.causes]


@pytest.mark.parametrize(("scenario", "words"), FIRST_WORDS)
async def test_what_is_said_first(scenario: str, words: str, results: dict[str, Result]) -> None:
    diagnosis = results[scenario].diagnosis
    assert diagnosis is not None
    assert words in diagnosis.detail


@pytest.mark.parametrize(("scenario", "remedies"), FIRST_REMEDIES)
async def test_what_to_do(scenario: str, remedies: list[str], results: dict[str, Result]) -> None:
    diagnosis = results[scenario].diagnosis
    assert diagnosis is not None
    assert [one.id for one in diagnosis.remedies] == remedies


async def test_unequal_servers(results: dict[str, Result]) -> None:
    texts = {warning.id: warning.text for warning in results["unequal-servers"].warnings}
    assert list(texts) == ["unequal-verdicts", "unequal-starttls", "unequal-banners"]
    assert texts["unequal-verdicts"].startswith("2 of 5 connections to unequal-servers.lab.test [127.0.0.1]:")
    assert "about 40 % of mail would queue" in texts["unequal-verdicts"]


async def test_moods_are_warnings(results: dict[str, Result]) -> None:
    warned = {name: [warning.id for warning in results[name].warnings] for name in MOODS - {"unequal-servers"}}
    assert warned == {
        "slow-greeting": ["slow-reply"],
        "retry-clears": ["retry-cleared"],
        "starttls-injection": ["plaintext-injection"],
        "banner-masked": ["banner-masked"],
    }


async def test_a_failure_that_lasts_says_how_often_it_was_tried() -> None:
    async with Lab.start(["banner-421"]) as lab:
        (result,) = (await probe_all([lab.connector("banner-421", retries=2)])).results
    assert result.diagnosis is not None
    assert "It failed 3 times in a row" in result.diagnosis.detail
    assert "probe-again" not in [one.id for one in result.diagnosis.remedies]
