"""Sentences that must say no more than the evidence does, and must speak of the connector that there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector_probe.model.connector import Connector
from connector_probe.model.delegation import ServerSays
from connector_probe.model.evidence import (
    AttemptEvidence,
    ConnectorEvidence,
    Exchange,
    FaultKind,
    Lookup,
    LookupStatus,
    MxRecord,
    NetworkFault,
    ProxiedGreeting,
)
from connector_probe.model.verdict import CauseVerdict, Diagnosis, FailureClass
from tests.unit import evidence as made
from tests.unit.evidence import concluded
from tests.unit.test_cause_verdicts import inquired, says

CLOSED = NetworkFault(FaultKind.CLOSED)


def diagnosed(attempt: AttemptEvidence, connector: Connector) -> Diagnosis:
    diagnosis = concluded(connector, ConnectorEvidence((attempt,), ((),), made.NOW, 0.3)).diagnosis
    assert diagnosis is not None
    return diagnosis


def followed_by_mx(attempt: AttemptEvidence, *, host: bool) -> AttemptEvidence:
    """``host``: the MX record was found, and what it names failed; else the domain itself did."""
    mx = (MxRecord(10, attempt.server),) if host else ()
    resolution = replace(attempt.resolution, mx_domain="contoso.com", mx=mx or None, preference=10 if host else None)
    return replace(attempt, resolution=resolution)


def test_a_host_of_an_mx_record_is_no_smart_host() -> None:
    missing = followed_by_mx(made.unresolved(LookupStatus.NXDOMAIN), host=True)
    found = diagnosed(missing, Connector(use_mx="contoso.com"))
    assert "MX record of contoso.com names it" in found.detail
    assert next(one.text for one in found.causes if one.id == "name-does-not-exist").startswith("The domain's MX")
    assert [one.id for one in found.remedies if one.id in ("repair-mx", "correct-smart-host")] == ["repair-mx"]


def test_a_domain_without_any_record_needs_an_mx() -> None:
    missing = followed_by_mx(made.unresolved(LookupStatus.NODATA, server="contoso.com"), host=False)
    found = diagnosed(missing, Connector(use_mx="contoso.com"))
    assert "no MX record either" in found.detail
    assert found.remedies[0].id == "publish-mx"


def test_what_a_server_said_is_a_refusal_or_an_alert_and_never_its_greeting() -> None:
    fault = NetworkFault(FaultKind.ALERT, alert="handshake_failure")
    demanding = made.until_tls(fault=fault)
    assert demanding.handshake is not None
    demanding = replace(demanding, handshake=replace(demanding.handshake, client_certificate_requested=True))
    found = diagnosed(demanding, Connector(smart_hosts=[made.NAME]))
    assert found.class_ is FailureClass.TLS_CLIENT_CERTIFICATE
    assert 'It sent the alert "handshake_failure".' in found.detail
    assert "It said" not in found.detail


@pytest.mark.parametrize("stage", ["ehlo", "ehlo_again"])
def test_a_second_greeting_is_quoted_and_not_the_first(stage: str) -> None:
    greeted = made.until_ehlo(ehlo=made.answered("EHLO probe", 220, "another"))
    if stage == "ehlo_again":
        greeted = replace(made.session(), ehlo_again=made.answered("EHLO probe", 220, "another"))
    assert diagnosed(greeted, Connector(smart_hosts=[made.NAME])).detail.endswith("220 another")


def test_a_domain_that_does_not_exist_has_no_mx_record_to_repair() -> None:
    missing = followed_by_mx(made.unresolved(LookupStatus.NXDOMAIN, server="contoso.com"), host=False)
    found = diagnosed(missing, Connector(use_mx="contoso.com"))
    assert "correct-domain" in {one.id for one in found.remedies}
    assert not {"repair-mx", "correct-smart-host"} & {one.id for one in found.remedies}


@pytest.mark.parametrize(
    ("status", "answers"),
    [(LookupStatus.NODATA, True), (LookupStatus.SERVFAIL, False), (LookupStatus.TRUNCATED, False)],
)
def test_that_a_nameserver_answers_others_is_said_where_it_did(status: LookupStatus, answers: bool) -> None:
    silent = made.unresolved(LookupStatus.TIMED_OUT)
    control = Lookup(".", "NS", status, nameserver="198.51.100.53")
    silent = replace(silent, resolution=replace(silent.resolution, control=control, nameservers_given=True))
    found = diagnosed(silent, Connector(smart_hosts=[made.NAME]))
    assert found.class_ is FailureClass.DNS_TIMEOUT
    assert ("answers other questions" in found.detail) is answers


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (made.answered("EHLO probe", 250, "mail"), CauseVerdict.CONFIRMED),
        (made.broken("EHLO probe", CLOSED), CauseVerdict.CONFIRMED),
        (made.answered("EHLO probe", 500, "what?"), CauseVerdict.RULED_OUT),
    ],
)
def test_a_greeting_behind_a_proxy_header(after: Exchange, verdict: CauseVerdict) -> None:
    """Only a server that complains about the header was merely late."""
    cut = made.until_banner(banner=made.broken("", CLOSED))
    cut = replace(cut, proxied=ProxiedGreeting(made.answered("PROXY", 220, "mail"), after))
    found = diagnosed(cut, Connector(smart_hosts=[made.NAME]))
    assert next(one.verdict for one in found.causes if one.id == "proxy-protocol") is verdict


@pytest.mark.parametrize(
    ("status", "first"),
    [
        (LookupStatus.NXDOMAIN, "The name does not exist"),
        (LookupStatus.NODATA, "The name has no address"),
        (LookupStatus.SERVFAIL, "The name's authoritative servers do not answer as they should"),
    ],
)
def test_dead_authorities_are_named_first_only_where_the_nameserver_knew_nothing(
    status: LookupStatus, first: str
) -> None:
    dead = (says(ServerSays.TIMED_OUT), says(ServerSays.TIMED_OUT, rdtype="AAAA"))
    found = diagnosed(inquired(made.unresolved(status), *dead), Connector(smart_hosts=[made.NAME]))
    assert found.heading == first


def test_roots_that_are_not_this_machine_s_are_told() -> None:
    """Where the system has no bundle, certifi's takes its place: not without a word."""
    report = made.report(replace(made.session(), certificate=made.shown(made.leaf(), trust="certifi")))
    assert any("no bundle of trusted roots was found on this machine" in note for note in report.vantage.notes)
