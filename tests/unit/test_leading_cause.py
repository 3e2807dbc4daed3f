"""The leading cause governs status, culprit, first sentence and first remedy: a test for each kind of fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connector_probe.diagnosis.conclude import conclude
from connector_probe.diagnosis.run_context import RunContext
from connector_probe.model.connector import Connector, TlsSettings
from connector_probe.model.delegation import AuthorityReply, DnsInquiry, ServerSays
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ConnectorEvidence,
    Control,
    Exchange,
    FaultKind,
    Garble,
    Lookup,
    LookupStatus,
    MxRecord,
    NetworkFault,
    ProxiedGreeting,
    Resolution,
)
from connector_probe.model.verdict import CauseVerdict, Culprit, Diagnosis, FailureClass, Result, Status
from connector_probe.wording.render import worded
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, NAME, NOW, TIMED_OUT
from tests.unit.test_cause_verdicts import another_host, inquired, resigned, says

_CLIENT, _LIMIT = ("source-blocked", "allow-exchange-online"), ("rate-limited", "allow-exchange-online")
_FILTER = ("service-not-available", "check-mail-filter")
_AMISS = dict.fromkeys(("source-blocked", "rate-limited"), ("The recipient is rejected", "The recipient is deferred"))
SIX, ROUTER, PRIVATE = "2a01:db8::25", "198.51.100.1", "10.9.8.7"


def result_of(*attempts: AttemptEvidence, others: Sequence[AttemptEvidence] = (), earlier: float = 0.0) -> Result:
    """``others``: of other connectors of the same run, which began ``earlier`` by so many seconds."""
    ours = ConnectorEvidence(attempts, tuple(() for _ in attempts), NOW, 0.3)
    began = NOW - timedelta(seconds=earlier)
    run = RunContext.of([ours, ConnectorEvidence(tuple(others), tuple(() for _ in others), began, 0.3)])
    return worded(conclude(Connector(smart_hosts=[NAME]), ours, run))


def diagnosed(*attempts: AttemptEvidence, others: Sequence[AttemptEvidence] = ()) -> Diagnosis:
    diagnosis = result_of(*attempts, others=others).diagnosis
    assert diagnosis is not None
    return diagnosis


def led(diagnosis: Diagnosis) -> tuple[str, str, str]:
    """Culprit, leading cause, first remedy."""
    return diagnosis.culprit, diagnosis.causes[0].id, diagnosis.remedies[0].id


# --- whose it is -----------------------------------------------------------------------------------------------


def test_what_is_only_possible_blames_nobody_while_others_are_as_possible() -> None:
    silence = diagnosed(made.unconnected(TIMED_OUT))
    assert silence.culprit is Culprit.UNKNOWN
    assert {one.verdict for one in silence.causes} == {CauseVerdict.POSSIBLE}


def test_a_fault_of_this_machine_is_this_machine_s() -> None:
    no_route = made.unconnected(NetworkFault(FaultKind.NO_ROUTE, "ENETUNREACH"))
    assert diagnosed(no_route).culprit is Culprit.THIS_MACHINE


def test_tls_inspection_that_signs_the_right_name_anew() -> None:
    (attempt,) = resigned("CN=FG100FTK20000000,OU=Certificate Authority,O=Fortinet").attempts
    found = diagnosed(attempt)
    assert led(found) == ("network", "tls-inspection", "exempt-from-inspection")
    assert "TLS inspection" in found.heading
    assert "appliance-certificate" not in {one.id for one in found.causes}, "a device is not ruled out by the name"


def test_an_address_sends_no_server_name_which_is_told() -> None:
    """A server that chooses by SNI shows its default certificate then."""
    shown = replace(made.session(), certificate=made.shown(made.leaf("mail.fabrikam.com")))
    for server, told in ((NAME, False), (ADDRESS, True)):
        asked = Connector(smart_hosts=[server], tls=TlsSettings.DOMAIN_VALIDATION, tls_domain=NAME)
        (attempt,) = made.report(replace(shown, server=server), connector=asked).results[0].attempts
        assert attempt.diagnosis is not None
        assert ("(SNI)" in attempt.diagnosis.detail) is told


def test_a_client_hello_that_nobody_acknowledges_is_lost_whatever_its_size() -> None:
    lost = diagnosed(made.until_tls(fault=replace(TIMED_OUT, unacknowledged=1)))
    assert led(lost) == ("network", "tls-broken-on-the-way", "check-firewall-inspection")
    assert led(diagnosed(made.until_tls(fault=TIMED_OUT)))[1] == "large-packets-lost"


def test_a_private_ca_is_no_inspection() -> None:
    (attempt,) = resigned("CN=Contoso Root,O=Contoso").attempts
    assert led(diagnosed(attempt))[:2] == ("server", "certificate-no-longer-valid")


def test_another_host_of_the_same_owner_is_no_certificate_to_be_bought() -> None:
    (attempt,) = another_host("archive.contoso.com").attempts
    found = diagnosed(attempt)
    assert led(found) == ("network", "another-host-answers", "check-where-it-leads")
    assert "archive.contoso.com" in found.heading
    assert "archive.contoso.com" in found.remedies[0].text


def test_another_host_of_another_owner_is_where_it_leads_or_what_to_expect() -> None:
    """A hosting service's, or the end of a wrong NAT rule: whose fault it is the evidence leaves open."""
    (attempt,) = another_host("mx1.fabrikam.com").attempts
    found = diagnosed(attempt)
    assert led(found) == ("unknown", "another-host-answers", "check-where-it-leads")
    assert [one.id for one in found.remedies][1] == "change-tls-domain"


def test_the_own_name_of_the_right_host_is_no_sign_of_another_one() -> None:
    """Exchange's own certificate is for the name that it greets with; a wildcard is for no host."""
    (attempt,) = another_host("exch01.corp.contoso.com").attempts
    own = made.leaf("exch01.corp.contoso.com")
    for shown in (
        made.shown(own, CertificateProblem(CertificateProblemKind.SELF_SIGNED)),
        made.shown(replace(own, names=("*.corp.contoso.com",))),
    ):
        assert led(diagnosed(replace(attempt, certificate=shown)))[0] == "server"


@pytest.mark.parametrize(
    ("code", "reply", "cause", "remedy"),
    [
        (454, "4.3.0 Try again later", "service-not-available", "check-mail-filter"),
        (454, "4.7.0 Please try again later", "tls-not-supported", "read-the-reply"),  # sendmail without its milter
        (454, "4.3.3 TLS not available: error generating SSL handle", "tls-not-supported", "repair-starttls"),
        (454, "4.7.0 TLS not available due to local problem", "tls-not-supported", "repair-starttls"),
        (452, "4.4.5 Insufficient disk space; try again later", "service-not-available", "relieve-server"),
        (554, "5.7.1 Client host rejected: Access denied", "source-blocked", "allow-exchange-online"),
    ],
)
def test_a_refusal_of_starttls_means_what_it_says(code: int, reply: str, cause: str, remedy: str) -> None:
    refused = made.answered("STARTTLS", code, reply)
    bare = replace(made.session(), starttls=refused, handshake=None, certificate=None, ehlo_again=None)
    assert led(diagnosed(bare)) == ("server", cause, remedy)
    if cause != "tls-not-supported":  # where EHLO does not list it, either: sendmail of whom it rejects
        assert led(diagnosed(replace(made.without_starttls(), unlisted_starttls=refused))) == ("server", cause, remedy)


@pytest.mark.parametrize(
    ("said", "led_by"),
    [
        ((500, "5.5.1 Unknown command"), ("server", "not-a-mail-server", "point-to-smtp")),  # as LMTP does
        ((501, "5.5.4 Invalid domain name"), ("sender", "helo-name", "give-another-name")),
        ((550, "I do not believe you are probe.lan."), ("sender", "helo-name", "give-another-name")),  # as qpsmtpd does
        ((550, "5.7.1 No"), ("server", "service-not-available", "read-the-reply")),
        ((550, "5.7.1 probe.lan [192.0.2.10]: No"), ("server", "service-not-available", "read-the-reply")),
    ],
)
def test_what_ehlo_and_helo_get_is_told_by_its_code(said: tuple[int, str], led_by: tuple[str, str, str]) -> None:
    """RFC 5321 4.2.2: 500 is a command that nobody knows, 501 an argument that nobody takes."""
    refused = made.until_ehlo(ehlo=made.answered("EHLO probe.lan", *said))
    assert led(diagnosed(replace(refused, helo=made.answered("HELO probe.lan", *said)))) == led_by


def test_a_refusal_to_relay_is_for_the_relay_rights() -> None:
    refused = made.answered("RCPT TO:<a@contoso.com>", 550, "5.7.54 SMTP; Unable to relay recipient")
    at_rcpt = replace(made.session(), mail=made.answered("MAIL FROM:<>", 250, "ok"), recipient=refused)
    assert led(diagnosed(at_rcpt)) == ("server", "recipient-refused", "allow-relay")


def test_a_login_that_is_asked_for_at_mail_from_is_no_matter_of_the_reply() -> None:
    wanted = made.answered("MAIL FROM:<>", 530, "5.7.57 Client was not authenticated to send anonymous mail")
    assert led(diagnosed(replace(made.session(), mail=wanted))) == ("server", "source-blocked", "allow-relay")


def test_a_front_end_without_its_back_end_is_no_greylisting() -> None:
    """Exchange's words; the status code, X.7.0, says nothing."""
    deferred = made.answered("RCPT TO:<a@contoso.com>", 451, "4.7.0 Temporary server error. Try again later. PRX2")
    at_rcpt = replace(made.session(), mail=made.answered("MAIL FROM:<>", 250, "ok"), recipient=deferred)
    assert led(diagnosed(at_rcpt)) == ("server", "service-not-available", "check-service-state")


def test_reverse_dns_is_about_the_sender() -> None:
    """RFC 7372 3.3; and so is all policy (RFC 3463 X.7.X) before anything else of a sender is known."""
    for words in ("5.7.25 Client does not resolve", "5.7.1 Connections from your country are not accepted"):
        banner = made.answered("", 550, words)
        assert led(diagnosed(made.until_banner(banner=banner)))[1] == "source-blocked"


# --- the network -----------------------------------------------------------------------------------------------


def test_the_firewall_that_said_so_stands_in_the_first_sentence() -> None:
    fault = NetworkFault(FaultKind.HOST_UNREACHABLE, "EACCES", "Permission denied", None, "admin-prohibited", ROUTER)
    found = diagnosed(made.unconnected(fault))
    assert led(found) == ("network", "firewall-blocks", "open-port-25")
    assert found.heading == "A firewall rejects the connection"


def test_a_host_that_says_it_has_no_tcp_is_behind_a_filter() -> None:
    text = "Protocol not available"
    said = NetworkFault(FaultKind.HOST_UNREACHABLE, "ENOPROTOOPT", text, None, "protocol-unreachable", ADDRESS)
    assert led(diagnosed(made.unconnected(said))) == ("network", "firewall-blocks", "open-port-25")


def test_a_source_address_that_goes_no_further_is_this_machine_s() -> None:
    """RFC 4443 3.1, "beyond scope of source address": it has none of IPv6 but that of its link."""
    fault = NetworkFault(FaultKind.HOST_UNREACHABLE, "EHOSTUNREACH", "No route", None, "beyond-scope", "fe80::1")
    assert led(diagnosed(made.unconnected(fault, SIX))) == ("this-machine", "local-network", "check-local-route")


def test_routers_that_hand_it_round_are_the_network_s() -> None:
    fault = NetworkFault(FaultKind.HOST_UNREACHABLE, "EHOSTUNREACH", "No route", None, "ttl-exceeded", ROUTER)
    assert led(diagnosed(made.unconnected(fault))) == ("network", "network-trouble", "check-network-path")


def test_a_nameserver_from_which_nothing_comes_back_leaves_the_network_in_question() -> None:
    silent = made.unresolved(LookupStatus.TIMED_OUT)
    root = Lookup(".", "NS", LookupStatus.TIMED_OUT, nameserver="198.51.100.53")
    found = diagnosed(replace(silent, resolution=replace(silent.resolution, control=root)))
    assert found.class_ is FailureClass.LOCAL_NAMESERVER_SILENT
    assert [one.id for one in found.remedies][:2] == ["configure-nameserver", "check-local-route"]


@pytest.mark.parametrize(
    "status", [LookupStatus.MALFORMED, LookupStatus.WRONG_ID, LookupStatus.WRONG_QUESTION, LookupStatus.REFUSED]
)
def test_a_nameserver_that_says_nothing_of_use_even_about_the_root_accuses_nobody(status: LookupStatus) -> None:
    useless, root = made.unresolved(status), Lookup(".", "NS", status, nameserver="198.51.100.53")
    asked = replace(useless.resolution, control=root, nameservers_given=True)
    assert diagnosed(replace(useless, resolution=asked)).class_ is FailureClass.LOCAL_NAMESERVER_SILENT
    says_so = LookupStatus.ANSWER if status is LookupStatus.REFUSED else LookupStatus.REFUSED  # as an authority does
    alive = replace(asked, control=replace(root, status=says_so))
    assert diagnosed(replace(useless, resolution=alive)).class_.startswith("dns-")


def test_a_question_that_this_machine_could_not_send_is_nothing_of_the_nameserver_s() -> None:
    attempt = made.unresolved(LookupStatus.UNREACHABLE)
    lacking = NetworkFault(FaultKind.NO_RESOURCES, "EMFILE", "Too many open files")
    asked = tuple(replace(one, fault=lacking) for one in attempt.resolution.lookups)
    found = diagnosed(replace(attempt, resolution=replace(attempt.resolution, lookups=asked, control=asked[0])))
    assert led(found) == ("this-machine", "local-resources", "free-resources")
    assert "Too many open files" in found.detail


def test_a_resolver_that_gives_nothing_over_tcp_accuses_nobody() -> None:
    """The whole answer is there, and the way to it is ours; an authority that was given answers for its zone."""
    cut = made.unresolved(LookupStatus.TRUNCATED)
    given = replace(cut, resolution=replace(cut.resolution, nameservers_given=True))
    assert diagnosed(given).class_ is FailureClass.LOCAL_NAMESERVER_UNTRUE
    own = tuple(replace(one, authoritative=True) for one in cut.resolution.lookups)
    authority = replace(given, resolution=replace(given.resolution, lookups=own))
    assert diagnosed(authority).class_ is FailureClass.DNS_TIMEOUT


@pytest.mark.parametrize("address", [PRIVATE, "127.0.0.1", "0.0.0.0"])
def test_a_name_with_an_address_of_nobody_outside_is_corrected_in_dns(address: str) -> None:
    found = diagnosed(made.unconnected(TIMED_OUT, address))
    assert led(found) == ("dns", "wrong-smart-host", "publish-public-address")
    assert found.heading == f"No way leads from the internet to {address}"


def control(fault: NetworkFault | None = TIMED_OUT) -> Control:
    return Control("gmail-smtp-in.l.google.com", "198.51.100.25", fault)


def test_port_25_that_is_blocked_over_one_family_convicts_nobody_over_the_other() -> None:
    four = replace(made.unconnected(TIMED_OUT), control=control())
    six = made.unconnected(TIMED_OUT, SIX)
    found = result_of(six, four)
    assert found.status is Status.UNKNOWN
    assert found.diagnosis is not None
    assert found.diagnosis.class_ is FailureClass.LOCAL_PORT_BLOCKED
    assert ADDRESS in found.diagnosis.detail, "the one that was held against a control host"
    assert result_of(six).status is Status.FAILING


def test_a_connection_of_another_connector_acquits_this_machine() -> None:
    blocked = replace(made.unconnected(TIMED_OUT), control=control())
    assert result_of(blocked).status is Status.UNKNOWN
    others = [made.session("203.0.113.77")]
    assert result_of(blocked, others=others).status is Status.FAILING
    lost = result_of(blocked, others=others, earlier=5.0)
    assert lost.status is Status.UNKNOWN, "it was open before this one began, and need not be now"


def test_a_control_host_at_the_server_s_own_address_is_about_dns() -> None:
    caught = replace(made.unconnected(TIMED_OUT), control=Control("gmail-smtp-in.l.google.com", ADDRESS, TIMED_OUT))
    found = diagnosed(caught)
    assert found.class_ is FailureClass.LOCAL_NAMESERVER_UNTRUE
    assert "as a network does that wants a log-in first" in found.detail


def test_a_greeting_that_ends_in_cr_alone_never_ends() -> None:
    begun = replace(made.broken("", TIMED_OUT), sample=r"220 mail.contoso.com ESMTP\x0d")
    found = diagnosed(made.until_banner(banner=begun))
    assert led(found) == ("server", "malformed-reply", "fix-reply-format")


def differing(evidence: AttemptEvidence, reply: AuthorityReply, ttl: int) -> AttemptEvidence:
    """The zone's own server says ``reply``; what our nameserver said may stay in its cache for ``ttl`` seconds."""
    asked = tuple(replace(one, ttl=ttl) for one in evidence.resolution.lookups)
    return inquired(replace(evidence, resolution=replace(evidence.resolution, lookups=asked)), reply)


ELSEWHERE = says(ServerSays.ANSWER, "203.0.113.99")
TENANT = another_host("mx1.fabrikam.com").attempts[0]
UNRESOLVED = made.unresolved(LookupStatus.SERVFAIL, rcode="SERVFAIL")
PARKED = replace(ELSEWHERE, server="ns2.parkingcrew.net", records=(ADDRESS,))
NOBODY = replace(says(ServerSays.NOT_ASKED), server="ns1.oldhoster.net", address=None, note="no-address")


@pytest.mark.parametrize(
    ("attempt", "leading", "heading"),
    [
        (differing(TENANT, ELSEWHERE, 30), ("dns", "stale-dns-cache", "wait-for-cache"), "holds an old answer"),
        (inquired(made.unconnected(TIMED_OUT), PARKED), ("dns", "domain-expired", "renew-domain"), "is parked"),
        (inquired(UNRESOLVED, NOBODY), ("dns", "dns-hosting-trouble", "correct-delegation"), "do not answer"),
    ],
)
def test_what_dns_leads_to(attempt: AttemptEvidence, leading: tuple[str, str, str], heading: str) -> None:
    """To an old address, where another host is; to a parking service; to name servers that do not exist."""
    found = diagnosed(attempt)
    assert led(found) == leading
    assert heading in found.heading


def test_name_servers_that_tell_each_asker_another_address_hold_nothing_old() -> None:
    """What was told just now has the whole of its TTL left."""
    found = diagnosed(differing(made.unconnected(TIMED_OUT), ELSEWHERE, 300))
    assert led(found)[1:] == ("server-down", "check-server-up")
    assert "tell each asker another address" in found.detail
    assert {one.verdict for one in found.causes if one.id == "stale-dns-cache"} == {CauseVerdict.RULED_OUT}


def test_a_name_that_the_zone_denies_is_none_although_another_host_answers_for_it() -> None:
    own = tuple(replace(one, authoritative=True) for one in TENANT.resolution.lookups)
    attempt = replace(TENANT, resolution=replace(TENANT.resolution, lookups=own))
    denied = inquired(attempt, says(ServerSays.NXDOMAIN), says(ServerSays.NXDOMAIN, rdtype="AAAA"))
    assert diagnosed(denied).class_ is FailureClass.DNS_NXDOMAIN


def test_aliases_that_lead_in_a_circle_behind_a_resolver_that_only_fails() -> None:
    alias = replace(says(ServerSays.ALIAS), records=("mail.fabrikam.com",))
    (walk,) = inquired(UNRESOLVED, alias).resolution.inquiry.walks  # type: ignore[union-attr]
    back = replace(walk, name="mail.fabrikam.com", replies=(replace(alias, records=(NAME,)),))
    found = diagnosed(replace(UNRESOLVED, resolution=replace(UNRESOLVED.resolution, inquiry=DnsInquiry((walk, back)))))
    assert (found.class_, found.remedies[0].id) == (FailureClass.DNS_CNAME_LOOP, "fix-alias")
    assert f"{NAME} -> mail.fabrikam.com -> {NAME}" in found.detail


def test_a_domain_without_mx_whose_own_address_takes_no_mail() -> None:
    found = made.unconnected(made.REFUSED)
    told = diagnosed(replace(found, resolution=replace(found.resolution, mx_domain=NAME, mx=())))
    assert led(told) == ("dns", "record-missing", "publish-mx")
    assert "no MX record" in told.heading


def test_an_mx_that_names_localhost_is_corrected_and_not_published() -> None:
    here = made.unconnected(made.REFUSED, "127.0.0.1")
    found = replace(here.resolution, server="localhost", mx_domain="contoso.com", mx=(MxRecord(10, "localhost"),))
    mx = Lookup("contoso.com", "MX", LookupStatus.ANSWER, ("10 localhost.",))
    found = replace(found, preference=10, lookups=(mx, *found.lookups))
    assert led(diagnosed(replace(here, server="localhost", resolution=found))) == (
        "dns",
        "wrong-smart-host",
        "repair-mx",
    )


def test_an_address_that_the_network_s_own_dns64_made_is_nobody_else_s() -> None:
    fault = NetworkFault(FaultKind.NETWORK_UNREACHABLE, "ENETUNREACH", "Network is unreachable", None, "no-route", SIX)
    attempt = made.unconnected(fault, "64:ff9b::cb00:7107")
    assert led(diagnosed(attempt))[:2] == ("this-machine", "local-network")
    assert result_of(attempt, made.session()).status is Status.WARNING


def test_an_inspection_is_not_what_comes_first_before_any_greeting() -> None:
    """What examines SMTP has none to examine yet."""
    for fault in (made.CLOSED, made.RESET):
        found = diagnosed(made.until_banner(banner=made.broken("", fault)))
        assert led(found)[1:] == ("server-malfunction", "check-server-health")


def test_a_gateway_s_own_ca_is_told_as_what_it_calls_itself() -> None:
    (attempt,) = resigned("CN=Contoso Web Gateway CA").attempts
    (inspection,) = [one for one in diagnosed(attempt).causes if one.id == "tls-inspection"]
    assert inspection.verdict is CauseVerdict.SUPPORTED
    assert "CN=Contoso Web Gateway CA" in inspection.evidence[0]


def test_http_in_answer_to_a_proxy_header_is_no_mail_server() -> None:
    said = Exchange("", 0.1, 0.02, garble=Garble.NOT_SMTP, sample=r"HTTP/1.1 400 Bad Request\x0d\x0a")
    found = diagnosed(replace(made.until_banner(banner=made.broken("", TIMED_OUT)), proxied=ProxiedGreeting(said)))
    assert led(found) == ("server", "not-a-mail-server", "point-to-smtp")
    assert found.heading == "The port speaks HTTP, not SMTP"


def test_over_the_other_ip_version_the_same_name_takes_mail() -> None:
    """TCP came about, so that the server may hang as well: the family is named first, and nobody is blamed."""
    six = replace(made.until_banner(SIX, banner=made.broken("", TIMED_OUT)))
    found = result_of(six, made.session())
    assert found.status is Status.WARNING
    attempt = found.attempts[0].diagnosis
    assert attempt is not None
    assert led(attempt) == ("unknown", "one-family-dead", "mend-family")


def test_an_address_of_the_inside_is_not_mended_at_the_firewall() -> None:
    lan = made.unconnected(TIMED_OUT, "fd00::25")
    attempt = result_of(lan, made.session()).attempts[0].diagnosis
    assert attempt is not None
    assert led(attempt) == ("dns", "wrong-smart-host", "publish-public-address")


def test_what_our_own_system_sends_back_although_its_gateway_answers_is_its_firewall_s() -> None:
    """A REJECT with "host unreachable" reads like a neighbour that is silent."""
    fault = NetworkFault(
        FaultKind.GATEWAY_SILENT, "EHOSTUNREACH", "the gateway", None, "host-unreachable", "192.0.2.10"
    )
    attempt = made.unconnected(fault)
    assert led(diagnosed(attempt)) == ("this-machine", "local-policy", "check-local-firewall")
    assert "host-unreachable (EHOSTUNREACH; ICMP host-unreachable, 192.0.2.10)" in diagnosed(attempt).detail
    inside = replace(attempt.resolution.lookups[1], nameserver="10.0.0.1#53")
    alone = replace(attempt, resolution=replace(attempt.resolution, lookups=(inside,)))
    assert led(diagnosed(alone)) == ("this-machine", "local-network", "check-local-route")


# --- the clock -------------------------------------------------------------------------------------------------


def expired(address: str = ADDRESS) -> AttemptEvidence:
    leaf = made.leaf(until=NOW - timedelta(days=3))
    problem = CertificateProblem(
        CertificateProblemKind.EXPIRED, 0, leaf.subject, f"{leaf.not_after:%Y-%m-%dT%H:%M:%SZ}"
    )
    return replace(made.session(address), certificate=made.shown(leaf, problem))


def test_one_host_s_greeting_acquits_the_others() -> None:
    week_ago = NOW - timedelta(days=10)
    greeting = f"mx2.contoso.com Microsoft ESMTP MAIL Service ready at {week_ago:%a, %d %b %Y %H:%M:%S +0000}"
    told = replace(made.session("203.0.113.9"), server="mx2.contoso.com", banner=made.answered("", 220, greeting))
    assert diagnosed(expired()).class_ is FailureClass.CERTIFICATE_EXPIRED
    found = result_of(expired(), told).attempts[0]
    assert found.class_ is FailureClass.LOCAL_CLOCK
    assert found.diagnosis is not None
    assert "the greeting of mx2.contoso.com" in found.diagnosis.detail


def test_the_control_host_s_greeting_is_asked_for_the_time() -> None:
    told = f"mx.google.com ESMTP ready at {NOW - timedelta(days=10):%a, %d %b %Y %H:%M:%S +0000}"
    asked = replace(control(None), banner=made.answered("", 220, told))
    found = diagnosed(replace(expired(), control=asked))
    assert led(found) == ("this-machine", "local-clock", "set-clock")
    assert "gmail-smtp-in.l.google.com" in found.detail


def test_a_stranger_s_clock_alone_acquits_nobody() -> None:
    """Of other connectors' servers two have to agree: one may have a wrong clock itself, or wish to hide a fault."""
    strangers = []
    for host in ("mx.fabrikam.com", "mx.tailspin.com"):
        greeting = (
            f"{host} Microsoft ESMTP MAIL Service ready at {NOW - timedelta(days=10):%a, %d %b %Y %H:%M:%S +0000}"
        )
        strangers.append(replace(made.session("203.0.113.9"), server=host, banner=made.answered("", 220, greeting)))
    assert diagnosed(expired(), others=strangers[:1]).class_ is FailureClass.CERTIFICATE_EXPIRED
    assert diagnosed(expired(), others=strangers).class_ is FailureClass.LOCAL_CLOCK


# --- DNS -------------------------------------------------------------------------------------------------------


def own_zone(status: LookupStatus, *records: str, address: str | None = None) -> AttemptEvidence:
    """Our nameserver answers from a zone of its own."""
    lookup = Lookup(NAME, "A", status, records, ttl=60, nameserver="192.0.2.53#53", authoritative=True)
    resolution = Resolution(NAME, (address,) if address else (), (lookup,))
    return AttemptEvidence(NAME, address, 25, resolution)


def test_split_dns_is_no_fault_of_the_server_s() -> None:
    found = result_of(inquired(own_zone(LookupStatus.NXDOMAIN), says(ServerSays.ANSWER, "203.0.113.7")))
    assert found.status is Status.UNKNOWN
    assert found.outage is None, "no clock runs for what only our nameserver says"
    assert found.diagnosis is not None
    assert found.diagnosis.culprit is Culprit.THIS_MACHINE
    assert "split DNS" in found.diagnosis.heading


def test_an_address_that_only_our_nameserver_knows_is_a_name_that_fails() -> None:
    """Exchange Online gets what the zone's own servers say."""
    refused = replace(
        own_zone(LookupStatus.ANSWER, ADDRESS, address=ADDRESS), connection=made.unconnected(TIMED_OUT).connection
    )
    found = result_of(inquired(refused, says(ServerSays.NXDOMAIN)))
    assert found.diagnosis is not None
    assert (found.status, found.diagnosis.code) == (Status.FAILING, "4.4.312")
    assert [one.id for one in found.warnings] == ["nameserver-untrue"]
    assert [one.id for one in found.warnings[0].remedies] == ["check-split-dns", "configure-nameserver"]


def test_a_host_that_only_an_mx_record_names_is_mended_in_dns() -> None:
    gone = made.unresolved(LookupStatus.NXDOMAIN, rcode="NXDOMAIN")
    by_mx = replace(gone.resolution, mx_domain="contoso.com", mx=(MxRecord(10, NAME),), preference=10)
    assert led(diagnosed(gone)) == ("connector", "name-does-not-exist", "correct-smart-host")
    assert led(diagnosed(replace(gone, resolution=by_mx))) == ("dns", "name-does-not-exist", "repair-mx")


def test_name_servers_at_odds_come_before_a_server_that_is_not_reached() -> None:
    """Where one of them still gives the address of old, which refuses."""
    refused = made.unconnected(made.REFUSED)
    old = replace(says(ServerSays.ANSWER, ADDRESS), serial=1)
    new = replace(says(ServerSays.ANSWER, "203.0.113.8"), server="ns2.contoso.com", address="198.51.100.3", serial=2)
    found = diagnosed(inquired(refused, old, new))
    assert led(found) == ("dns", "dns-hosting-trouble", "fix-dns")
    assert found.heading == "The name's authoritative servers disagree"


@pytest.mark.parametrize("said", [ServerSays.NOT_AUTHORITATIVE, ServerSays.REFUSED, ServerSays.SERVFAIL])
@pytest.mark.parametrize("status", [LookupStatus.NODATA, LookupStatus.NXDOMAIN])
def test_what_no_authority_says_is_no_missing_record(status: LookupStatus, said: ServerSays) -> None:
    """Our nameserver has it from a server that does not serve the zone, as where a glue record is wrong."""
    found = diagnosed(inquired(made.unresolved(status), says(said)))
    assert led(found) == ("dns", "dns-hosting-trouble", "fix-dns")
    assert found.heading == "The name's authoritative servers do not answer as they should"


def test_an_mx_host_that_is_an_alias() -> None:
    session = made.session()
    lookup = Lookup(NAME, "A", LookupStatus.ANSWER, (ADDRESS,), ("edge.contoso.com",))
    mx = (MxRecord(10, NAME),)
    resolution = Resolution(NAME, (ADDRESS,), (lookup,), mx_domain="contoso.com", mx=mx, preference=10)
    (warning,) = result_of(replace(session, resolution=resolution)).warnings
    assert warning.id == "mx-is-alias"
    assert "edge.contoso.com" in warning.text


def test_the_words_of_a_server_that_is_set_up_wrongly_are_about_itself() -> None:
    """Postfix where a lookup table of its client restrictions cannot be used: X.3.X is the mail system (RFC 3463)."""
    said = "4.3.5 <unknown[192.0.2.10]>: Client host rejected: Server configuration error"
    diagnosis = made.report(made.until_banner(banner=made.answered("", 451, said))).results[0].diagnosis
    assert diagnosis is not None
    causes = {str(one.id): str(one.verdict) for one in diagnosis.causes}
    assert (causes["service-not-available"], causes["source-blocked"]) == ("confirmed", "ruled-out")


@pytest.mark.parametrize(
    ("command", "code", "reply", "cause", "remedy"),
    [
        (
            "RCPT TO:<a@b>",
            450,
            "4.7.25 Client host rejected: cannot find your hostname",
            *_CLIENT,
        ),  # Postfix as shipped
        ("RCPT TO:<a@b>", 554, "5.7.1 <unknown[192.0.2.10]>: Client host rejected: Access denied", *_CLIENT),
        ("MAIL FROM:<>", 450, "4.7.1 Error: too much mail from 192.0.2.10", *_LIMIT),
        ("MAIL FROM:<>", 451, "4.7.500 Server busy. Please try again later from [192.0.2.10].", *_LIMIT),
        ("RCPT TO:<a@b>", 450, "4.2.0 <a@b>: Recipient address rejected: Greylisted", "greylisting", "try-again"),
        ("RCPT TO:<a@b>", 452, "4.2.2 <a@b>: Mailbox is over quota", "recipient-refused", "read-the-reply"),
        ("RCPT TO:<a@b>", 530, "SMTP authentication is required.", "source-blocked", "allow-relay"),
        ("RCPT TO:<a@b>", 553, "5.7.1 <>: Sender address rejected: not logged in", "source-blocked", "allow-relay"),
        ("MAIL FROM:<>", 550, "5.7.9 Mail to submission port must be authenticated", "source-blocked", "allow-relay"),
        ("RCPT TO:<a@b>", 451, "4.7.1 Service unavailable - try again later", *_FILTER),  # Postfix without its milter
        ("STARTTLS", 451, "4.7.1 Service unavailable - try again later", *_FILTER),
        ("MAIL FROM:<>", 432, "Service temporarily unavailable.", "service-not-available", "read-the-reply"),  # Courier
    ],
)
def test_a_refusal_at_any_step_means_what_it_says(command: str, code: int, reply: str, cause: str, remedy: str) -> None:
    refused = made.answered(command, code, reply)
    well = replace(made.session(), banner=made.answered("", 220, f"{NAME} ESMTP Postfix"))
    if command == "STARTTLS":
        attempt = replace(well, starttls=refused, handshake=None, certificate=None, ehlo_again=None)
    elif command.startswith("MAIL"):
        attempt = replace(well, mail=refused)
    else:
        attempt = replace(well, mail=made.answered("MAIL FROM:<>", 250, "ok"), recipient=refused)
    found = diagnosed(attempt)
    assert led(found) == ("server", cause, remedy)
    assert {one.verdict for one in found.causes[1:]} <= {CauseVerdict.RULED_OUT, CauseVerdict.POSSIBLE}
    assert found.heading not in _AMISS.get(cause, ())


def test_a_certificate_of_the_smart_host_s_own_name_speaks_against_tlsdomain() -> None:
    asked = Connector(smart_hosts=[NAME], tls=TlsSettings.DOMAIN_VALIDATION, tls_domain="smtp.contoso.com")
    found = made.report(made.session(), connector=asked).results[0].diagnosis
    assert found is not None
    assert led(found) == ("connector", "certificate-subject-mismatch", "change-tls-domain")
    assert "TlsDomain" in found.heading
    assert "another host" not in found.detail


def test_a_signature_by_another_key_is_a_certificate_without_its_own() -> None:
    found = diagnosed(made.until_tls(fault=NetworkFault(FaultKind.TLS_PROTOCOL, text="bad signature")))
    assert led(found) == ("server", "tls-not-supported", "install-key-pair")
    assert found.heading == "The server's private key is not that of its certificate"


def test_what_will_have_expired_is_not_said_to_have() -> None:
    expired = replace(made.shown(made.leaf(), CertificateProblem(CertificateProblemKind.EXPIRED)), as_of_given=True)
    found = diagnosed(replace(made.session(), certificate=expired))
    assert found.heading.startswith("The certificate will have expired by 2026-11-24")
    assert found.detail.endswith("(--as-of).")


@pytest.mark.parametrize(
    ("sent", "cause"),
    [
        (r"250-mail.contoso.com\x0d\x0a250-STARTTLS\x0d\x0a", "malformed-reply"),
        (r"250-mail.contoso.com\x0d\x0a250-STAR", "server-malfunction"),
        ("", "server-malfunction"),
    ],
)
def test_an_answer_that_announces_another_line_is_malformed(sent: str, cause: str) -> None:
    silent = replace(made.broken("EHLO x", TIMED_OUT), sample=sent)
    assert diagnosed(made.until_ehlo(ehlo=silent)).causes[0].id == cause


def test_an_expired_root_is_mended_by_no_intermediate() -> None:
    root = replace(made.leaf("Contoso Root"), issuer="CN=Contoso Root")
    problem = CertificateProblem(CertificateProblemKind.ISSUER_EXPIRED, 1, root.subject)
    shown = replace(made.shown(made.leaf(), problem), chain=(made.leaf(), root))
    assert diagnosed(replace(made.session(), certificate=shown)).remedies[0].id == "renew-certificate"


def test_503_to_starttls_is_no_broken_certificate() -> None:
    refused = made.answered("STARTTLS", 503, "5.5.2 Send hello first")
    found = diagnosed(replace(made.session(), starttls=refused, handshake=None, certificate=None, ehlo_again=None))
    assert (found.causes[0].verdict, found.remedies[0].id) == (CauseVerdict.SUPPORTED, "read-the-reply")


def test_a_slow_handshake_is_worth_a_warning() -> None:
    well = made.session()
    assert well.handshake is not None
    (told,) = result_of(replace(well, handshake=replace(well.handshake, seconds=6.0))).warnings
    assert "in the TLS handshake" in told.text


def test_a_recipient_refused_for_want_of_our_certificate_is_not_refused_for_sure() -> None:
    well = made.session()
    assert well.handshake is not None
    asked = replace(well, handshake=replace(well.handshake, client_certificate_requested=True))
    asked = replace(asked, mail=made.answered("MAIL FROM:<>", 250, "ok"))
    refused = replace(asked, recipient=made.answered("RCPT TO:<a@b>", 554, "5.7.1 <a@b>: Relay access denied"))
    unknown = replace(asked, recipient=made.answered("RCPT TO:<a@b>", 550, "5.1.1 <a@b>: User unknown"))
    likely, sure = diagnosed(refused).causes, diagnosed(unknown).causes
    assert (likely[0].id, likely[0].verdict) == ("recipient-refused", CauseVerdict.SUPPORTED)
    assert "client-certificate-demanded" in {one.id for one in likely}
    assert (sure[0].verdict, "client-certificate-demanded" in {one.id for one in sure}) == (
        CauseVerdict.CONFIRMED,
        False,
    )


def test_a_second_greeting_is_no_service_that_is_not_available() -> None:
    banner = replace(made.answered("", 220, f"{NAME} ESMTP"), behind=f"220 {NAME} ESMTP")
    attempt = replace(made.until_ehlo(ehlo=made.answered("EHLO x", 220, f"{NAME} ESMTP")), banner=banner)
    assert led(diagnosed(attempt))[1:] == ("malformed-reply", "fix-reply-format")


def test_a_server_that_wants_starttls_and_lists_none_is_to_offer_it() -> None:
    null = diagnosed(replace(made.session(), mail=made.answered("MAIL FROM:<>", 550, "5.1.7 Null sender refused")))
    assert "names no sender" in null.detail
    refused = made.answered("MAIL FROM:<>", 530, "5.7.0 Must issue a STARTTLS command first")
    assert led(diagnosed(replace(made.without_starttls(), mail=refused)))[1:] == ("tls-not-supported", "offer-starttls")


def test_a_connector_that_allows_no_tls_may_go_on_without() -> None:
    broken = made.until_tls(fault=NetworkFault(FaultKind.ALERT, alert="close_notify"))
    for mode, told in ((TlsSettings.OPPORTUNISTIC, True), (TlsSettings.ENCRYPTION_ONLY, False)):
        found = made.report(broken, tls=mode).results[0].diagnosis
        assert found is not None
        assert ("without TLS" in found.detail) is told


def test_tlsdomain_is_a_name_and_no_address() -> None:
    asked = Connector(smart_hosts=[ADDRESS], tls=TlsSettings.DOMAIN_VALIDATION)
    found = made.report(replace(made.session(), server=ADDRESS), connector=asked).results[0].diagnosis
    assert found is not None
    assert led(found) == ("connector", "certificate-subject-mismatch", "change-tls-domain")
