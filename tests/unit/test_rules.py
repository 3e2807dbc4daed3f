"""The classes that loopback cannot show, from evidence alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from connector_probe.diagnosis.rules import classify
from connector_probe.diagnosis.view import View
from connector_probe.model.connector import CONTROL_HOSTS, TlsSettings
from connector_probe.model.evidence import AttemptEvidence, Connection, Control, FaultKind, NetworkFault, Resolution
from connector_probe.model.policy import DaneEvidence, DnssecReason, DnssecStatus, SecureLookup, TransportPolicy
from connector_probe.model.verdict import FailureClass
from tests.unit import evidence as made

TIMED_OUT = NetworkFault(FaultKind.TIMED_OUT)


def classified(fault: NetworkFault, control: Control | None = None) -> FailureClass | None:
    resolution = Resolution("203.0.113.7", ("203.0.113.7",))
    connection = Connection(0.0, 1.0, fault=fault)
    evidence = AttemptEvidence("203.0.113.7", "203.0.113.7", 25, resolution, connection, control)
    return classify(View(evidence, TlsSettings.CERTIFICATE_VALIDATION, "203.0.113.7"))


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (FaultKind.HOST_UNREACHABLE, FailureClass.TCP_UNREACHABLE),
        (FaultKind.NETWORK_UNREACHABLE, FailureClass.TCP_UNREACHABLE),
        (FaultKind.NO_ROUTE, FailureClass.LOCAL_NO_ROUTE),
        (FaultKind.NOT_PERMITTED, FailureClass.LOCAL_NOT_PERMITTED),
        (FaultKind.NO_RESOURCES, FailureClass.LOCAL_RESOURCES),
    ],
)
def test_a_fault_of_the_connection(kind: FaultKind, failure: FailureClass) -> None:
    assert classified(NetworkFault(kind)) is failure


def test_an_attempt_that_was_stopped_says_nothing_of_the_server() -> None:
    evidence = AttemptEvidence("mail", None, 25, Resolution("mail"), stopped=True)
    assert classify(View(evidence, TlsSettings.OPPORTUNISTIC, "mail")) is FailureClass.LOCAL_INTERRUPTED


def test_a_control_host_that_fails_too_acquits_the_server() -> None:
    assert classified(TIMED_OUT, Control("mx", "198.51.100.9", TIMED_OUT)) is FailureClass.LOCAL_PORT_BLOCKED
    assert classified(TIMED_OUT, Control("mx", "198.51.100.9")) is FailureClass.TCP_TIMEOUT
    assert classified(TIMED_OUT) is FailureClass.TCP_TIMEOUT


def test_a_reset_is_not_what_drops_packets() -> None:
    reset, prohibited = NetworkFault(FaultKind.REFUSED), NetworkFault(FaultKind.REFUSED, icmp="port-unreachable")
    silent, refused = Control("mx", "198.51.100.9", TIMED_OUT), Control("mx", "198.51.100.9", reset)
    assert classified(reset, silent) is FailureClass.TCP_REFUSED
    assert classified(reset, refused) is FailureClass.LOCAL_PORT_BLOCKED
    assert classified(prohibited, silent) is FailureClass.LOCAL_PORT_BLOCKED
    assert classified(TIMED_OUT, refused) is FailureClass.LOCAL_PORT_BLOCKED


@pytest.mark.parametrize(
    ("ours", "theirs", "failure"),
    [
        ("554 Blocked 17", "554 Blocked 18", FailureClass.LOCAL_INTERCEPTED),
        ("554 Blocked", "220 mx.google.com ESMTP", FailureClass.BANNER_REJECTED),
        ("554 Blocked", "554 Go away", FailureClass.BANNER_REJECTED),
        ("554 Blocked", "421 Blocked", FailureClass.BANNER_REJECTED),
        ("554 ", "554 ", FailureClass.BANNER_REJECTED),
        # A customer of the control host's own operator.
        ("421 mx.google.com too busy 1", "421 mx.google.com too busy 2", FailureClass.BANNER_REJECTED),
    ],
)
def test_words_that_the_control_host_greets_with_too(ours: str, theirs: str, failure: FailureClass) -> None:
    banner, other = (made.answered("", int(text[:3]), text[4:]) for text in (ours, theirs))
    for host, expected in ((CONTROL_HOSTS[0], failure), ("mx.partner.example", FailureClass.BANNER_REJECTED)):
        control = Control(host, "142.250.9.27", banner=other)
        evidence = replace(made.until_banner("203.0.113.7", banner=banner), control=control)
        assert classify(View(evidence, TlsSettings.OPPORTUNISTIC, made.NAME)) is expected


def test_what_greets_in_the_control_host_s_place_too_is_no_server_under_any_mode() -> None:
    greeting = made.answered("", 220, "smtp.provider.example ESMTP")
    shown = replace(
        made.session("203.0.113.7"), banner=greeting, certificate=made.shown(made.leaf("smtp.provider.example"))
    )
    evidence = replace(shown, control=Control(CONTROL_HOSTS[0], "142.250.9.27", banner=greeting))
    for mode in TlsSettings:
        assert classify(View(evidence, mode, made.NAME)) is FailureClass.LOCAL_INTERCEPTED
    plain = replace(made.without_starttls("203.0.113.7"), banner=greeting, control=evidence.control)
    assert classify(View(plain, TlsSettings.ENCRYPTION_ONLY, made.NAME)) is FailureClass.LOCAL_INTERCEPTED
    masked = made.answered("", 220, "*" * 40)  # by a firewall that is asked about where STARTTLS is missing
    passed = replace(evidence, banner=masked, control=replace(evidence.control, banner=masked))  # type: ignore[type-var]
    assert classify(View(passed, TlsSettings.OPPORTUNISTIC, made.NAME)) is None


def test_no_nameserver_is_no_fault_of_the_name() -> None:
    evidence = AttemptEvidence("mail.contoso.com", None, 25, Resolution("mail.contoso.com", no_nameservers=True))
    view = View(evidence, TlsSettings.DOMAIN_VALIDATION, "mail.contoso.com")
    assert classify(view) is FailureClass.LOCAL_NO_NAMESERVER


@pytest.mark.parametrize(
    ("reason", "moment", "greeting", "failure"),
    [  # days from our clock: the signature's end or beginning, and what the server's clock says
        (DnssecReason.SIGNATURE_EXPIRED, -1, -5, FailureClass.LOCAL_CLOCK),
        (DnssecReason.SIGNATURE_EXPIRED, -9, -5, FailureClass.DANE_DNSSEC_INVALID),
        (DnssecReason.SIGNATURE_EXPIRED, -1, 0, FailureClass.DANE_DNSSEC_INVALID),
        (DnssecReason.SIGNATURE_EARLY, 1, 5, FailureClass.LOCAL_CLOCK),
        (DnssecReason.SIGNATURE_EARLY, 9, 5, FailureClass.DANE_DNSSEC_INVALID),
        (DnssecReason.SIGNATURE_INVALID, -1, -5, FailureClass.DANE_DNSSEC_INVALID),
    ],
)
def test_dnssec_is_not_broken_by_our_own_clock(
    reason: DnssecReason, moment: int, greeting: int, failure: FailureClass
) -> None:
    def at(days: int) -> datetime:
        return made.NOW + timedelta(days=days)

    note = f"{at(moment):%Y-%m-%d %H:%M} UTC"
    mx = SecureLookup("contoso.com", "MX", DnssecStatus.BOGUS, reason=reason, note=note)
    banner = made.answered(
        "", 220, f"{made.NAME} Microsoft ESMTP MAIL Service ready at {format_datetime(at(greeting))}"
    )
    evidence = replace(made.session(), banner=banner, policy=TransportPolicy(DaneEvidence(mx)))
    assert classify(View(evidence, TlsSettings.OPPORTUNISTIC, made.NAME)) is failure
