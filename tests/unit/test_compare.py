"""Two reports compared, from evidence made by hand: what is said to follow, and where nothing does."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from connector_probe.comparing.compare import NothingInCommonError, compare, match, reason_of
from connector_probe.comparing.comparison import Comparison, ConnectorComparison, Outcome, Reason, Relation
from connector_probe.formats.comparison import to_text
from connector_probe.formats.json import to_json
from connector_probe.formats.layout import columns
from connector_probe.formats.options import RenderOptions
from connector_probe.model.connector import Connector, SmtpDaneMode, TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Control,
    FaultKind,
    LookupStatus,
    NetworkFault,
)
from connector_probe.model.policy import DaneEvidence, DnssecReason, DnssecStatus, SecureLookup, TransportPolicy
from connector_probe.model.verdict import Report, VantageReport
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, CLOSED, NAME, NOW, REFUSED, RESET, TIMED_OUT

FILES = ("A.json", "B.json")
EXPIRED = CertificateProblem(CertificateProblemKind.EXPIRED, 0, f"CN={NAME}", "2026-10-01T00:00:00Z")
UNTRUSTED = CertificateProblem(CertificateProblemKind.UNTRUSTED_ROOT, 0, f"CN={NAME}")


def places(
    outside: AttemptEvidence | Sequence[AttemptEvidence], inside: AttemptEvidence | Sequence[AttemptEvidence]
) -> ConnectorComparison:
    """The one connector, from two machines; checked that turning them round says the same."""
    reports = [
        made.report(*((one,) if isinstance(one, AttemptEvidence) else one), host=host)
        for one, host in ((outside, "outside"), (inside, "inside"))
    ]
    (found,) = compare(reports[0], reports[1], ENGLISH, files=FILES).connectors
    (turned,) = compare(reports[1], reports[0], ENGLISH, files=FILES).connectors
    assert (turned.outcome, turned.matters) == (found.outcome, found.matters)
    assert sorted(one.id for one in turned.differences) == sorted(one.id for one in found.differences)
    return found


def times(before: Report, now: Report) -> ConnectorComparison:
    later = replace(now, started_at=now.started_at + timedelta(minutes=10))
    found = compare(before, later, ENGLISH, files=FILES)
    assert found.relation is Relation.TIMES
    (one,) = found.connectors
    return one


def ids(found: ConnectorComparison, *, matters: bool | None = None) -> list[str]:
    return [one.id for one in found.differences if matters in (None, one.matters)]


def text(found: ConnectorComparison, identifier: str) -> str:
    (one,) = [one for one in found.differences if one.id == identifier]
    return one.text


# --- two places ------------------------------------------------------------------------------------------------


def test_refused_outside_and_healthy_inside_is_the_firewall() -> None:
    found = places(made.unconnected(REFUSED), made.session())
    assert found.outcome is Outcome.DIFFERS
    assert found.matters
    assert ids(found) == ["refused-at-one"]
    told = text(found, "refused-at-one")
    assert told.startswith("Refused from outside, healthy from inside: the firewall or NAT in front of 203.0.113.7")


@pytest.mark.parametrize(
    ("control", "identifier"),
    [
        (None, "silent-at-one-untested"),
        (Control("mx", "198.51.100.9"), "silent-at-one"),
    ],
)
def test_silence_at_one_place(control: Control | None, identifier: str) -> None:
    found = places(replace(made.unconnected(TIMED_OUT), control=control), made.session())
    assert ids(found) == [identifier]
    assert "in front of 203.0.113.7" in text(found, identifier)


def test_a_blocked_port_25_here_says_nothing_of_the_server() -> None:
    blocked = replace(made.unconnected(TIMED_OUT), control=Control("mx", "198.51.100.9", TIMED_OUT))
    found = places(blocked, made.session())
    assert found.outcome is Outcome.UNKNOWN
    assert not found.matters
    assert ids(found) == ["one-unknown"]
    assert "outside" in text(found, "one-unknown")


def test_both_places_in_the_dark() -> None:
    fault = made.unconnected(NetworkFault(FaultKind.NO_ROUTE, "ENETUNREACH", "Network is unreachable"))
    found = places(fault, fault)
    assert found.outcome is Outcome.UNKNOWN
    assert ids(found) == ["both-unknown"]


@pytest.mark.parametrize(
    ("bad", "identifier", "said"),
    [
        (made.until_banner(banner=made.answered("", 554, "5.7.1 Client host blocked")), "turned-away-at-one", "554"),
        (made.until_banner(banner=made.answered("", 421, "4.3.2 Service not available")), "turned-away-at-one", "421"),
        (made.until_ehlo(ehlo=made.answered("EHLO x", 550, "5.7.1 no")), "turned-away-at-one", "192.0.2.10"),
        (made.until_banner(banner=made.broken("", CLOSED)), "cut-at-one", "SMTP packet examination"),
        (made.until_banner(banner=made.broken("", TIMED_OUT)), "cut-at-one", "outside"),
        (made.until_ehlo(ehlo=made.broken("EHLO x", RESET)), "cut-at-one", "reset at EHLO"),
        (made.until_tls(fault=RESET), "tls-at-one", "takes the TLS connection apart"),
        (
            replace(made.session(), ehlo_again=made.broken("EHLO x", CLOSED)),
            "cut-at-one",
            "TLS was established",
        ),
    ],
)
def test_the_layer_says_who(bad: AttemptEvidence, identifier: str, said: str) -> None:
    found = places(bad, made.session())
    assert ids(found) == [identifier]
    assert found.outcome is Outcome.DIFFERS
    assert said in text(found, identifier)


def test_starttls_taken_away_on_one_way() -> None:
    found = places(made.without_starttls(), made.session())
    assert ids(found) == ["starttls-at-one"]
    assert "a device on the way from outside takes it away" in text(found, "starttls-at-one")


def test_starttls_taken_away_by_an_inspecting_firewall() -> None:
    found = places(made.without_starttls(ADDRESS, "SIZE 37748736", "XXXXXXXA"), made.session())
    assert ids(found) == ["starttls-masked"]


def test_starttls_matters_also_where_mail_flows() -> None:
    """An opportunistic connector is healthy both times; what was taken away is told all the same."""
    bare, whole = made.without_starttls(), made.session()
    reports = [
        made.report(one, host=host, tls=TlsSettings.OPPORTUNISTIC) for one, host in ((bare, "out"), (whole, "in"))
    ]
    (found,) = compare(reports[0], reports[1], ENGLISH, files=FILES).connectors
    assert ids(found, matters=True) == ["starttls-at-one"]
    assert found.outcome is Outcome.DIFFERS


def test_another_certificate_at_the_same_address_is_a_device_in_between() -> None:
    inspected = replace(made.session(), certificate=made.shown(made.leaf("fw.contoso.com", "B2")))
    found = places(inspected, made.session())
    assert ids(found) == ["other-certificate"]
    told = text(found, "other-certificate")
    assert "CN=fw.contoso.com" in told
    assert "a device in between answers TLS itself" in told


def test_another_server_says_so_in_its_greeting() -> None:
    other = replace(
        made.session(),
        banner=made.answered("", 220, "mx2.contoso.com ESMTP"),
        certificate=made.shown(made.leaf(NAME, "B2")),
    )
    assert ids(places(other, made.session())) == ["other-certificate", "other-greeting"]


def test_the_same_certificate_under_other_roots() -> None:
    bad = replace(made.session(), certificate=made.shown(made.leaf(), UNTRUSTED, trust="certifi"))
    found = places(bad, made.session())
    assert ids(found) == ["other-roots"]
    assert "certifi" in text(found, "other-roots")


def test_the_same_certificate_judged_otherwise() -> None:
    """Same roots, same certificate: the day, say."""
    bad = replace(made.session(), certificate=made.shown(made.leaf(), EXPIRED))
    assert ids(places(bad, made.session())) == ["judged-at-one"]


def test_one_server_behind_a_balancer() -> None:
    bad = made.until_banner(banner=made.answered("", 421, "4.3.2 Service not available"))
    found = places([made.session(), bad], [made.session(), made.session()])
    assert ids(found) == ["several-servers"]
    assert text(found, "several-servers").startswith("1 of 4 connections")


def test_certificates_of_several_servers_at_one_place() -> None:
    other = replace(made.session(), certificate=made.shown(made.leaf(NAME, "B2")))
    found = places([made.session(), other], made.session())
    assert "certificates-of-several" in ids(found)
    assert "other-certificate" not in ids(found)


def test_the_same_failure_at_both_places() -> None:
    found = places(made.unconnected(REFUSED), made.unconnected(REFUSED))
    assert (found.outcome, found.matters) == (Outcome.SAME, False)
    assert ids(found) == ["same-at-both"]


@pytest.mark.parametrize("answered", [False, True])
def test_silence_at_both_places_is_the_servers_only_where_one_of_them_may_connect_at_all(answered: bool) -> None:
    control = Control("mx", "198.51.100.9") if answered else None
    silent = made.unconnected(TIMED_OUT)
    found = places(silent, replace(silent, control=control))
    assert ids(found) == ["same-at-both" if answered else "silent-at-both"]
    assert (found.outcome, found.matters) == (Outcome.SAME, False)


def test_a_warning_of_one_place_is_told() -> None:
    masked = made.answered("", 220, "*" * 60)
    found = places(replace(made.session(), banner=masked), made.session())
    assert "warning-at-one" in ids(found)
    assert text(found, "warning-at-one").startswith("Only from outside: The banner is masked")
    failing = places(replace(made.unconnected(REFUSED)), replace(made.session(), banner=masked))
    assert "warning-at-one" not in ids(failing)  # it did not get as far as the banner


def test_another_smart_host_is_another_server_and_no_other_setting() -> None:
    before = made.report(made.session(), name="Hybrid")
    after = made.report(made.session(), name="Hybrid", smart_host="new.contoso.com")
    found = times(before, after)
    assert ids(found) == ["targets-differ"]
    assert (found.outcome, found.matters) == (Outcome.SAME, False)
    assert "new.contoso.com in the second" in text(found, "targets-differ")


def test_the_order_of_the_smart_hosts_is_no_difference() -> None:
    reports = [
        made.report(made.session(), connector=Connector(smart_hosts=hosts, name="Hybrid"))
        for hosts in (["mail.contoso.com", "mx2.contoso.com"], ["MX2.contoso.com", "mail.contoso.com"])
    ]
    assert ids(times(reports[0], reports[1])) == []


def test_a_connector_with_another_name_is_named() -> None:
    found = times(made.report(made.session(), name="Hybrid"), made.report(made.session(), name="Head office"))
    assert ids(found) == ["renamed"]
    assert not ids(times(made.report(made.session()), made.report(made.session(), name="MAIL.contoso.com")))
    bare, named = made.report(made.session()), made.report(made.session(), name="Hybrid")
    assert ids(times(bare, named)) == ids(times(named, bare)) == []  # a bare host has no name of its own


def test_certificates_with_one_subject_are_told_apart() -> None:
    other = replace(made.session(), certificate=made.shown(made.leaf(NAME, "B2")))
    assert text(places(other, made.session()), "other-certificate").count("valid until") == 2


def test_two_failures_at_two_places() -> None:
    found = places(made.unconnected(TIMED_OUT), made.unconnected(REFUSED))
    assert ids(found) == ["otherwise-at-both"]
    assert found.outcome is Outcome.DIFFERS


def test_all_well_at_both_places() -> None:
    found = places(made.session(), made.session())
    assert (found.outcome, found.matters, found.differences) == (Outcome.SAME, False, ())


def test_split_dns() -> None:
    found = places(made.session("203.0.113.7"), made.session("10.1.2.3"))
    assert ids(found) == ["split-dns"]
    told = text(found, "split-dns")
    assert "203.0.113.7" in told
    assert "10.1.2.3" in told
    assert found.matters


def test_the_fault_lies_before_a_server_that_works_inside() -> None:
    found = places(made.unconnected(TIMED_OUT, "203.0.113.7"), made.session("10.1.2.3"))
    assert ids(found) == ["split-dns", "inside-flows"]
    assert "The server itself works" in text(found, "inside-flows")
    turned = places(made.session("10.1.2.3"), made.unconnected(TIMED_OUT, "203.0.113.7"))
    assert ids(turned) == ["split-dns", "inside-flows"]


def test_the_public_address_leads_to_another_server() -> None:
    problem = CertificateProblem(CertificateProblemKind.SELF_SIGNED)
    strange = replace(made.session("203.0.113.7"), certificate=made.shown(made.leaf("crm.contoso.com", "C3"), problem))
    found = places(strange, made.session("10.1.2.3"))
    assert ids(found) == ["split-dns", "inside-flows", "inside-other-server"]
    assert "CN=crm.contoso.com" in text(found, "inside-other-server")


def test_a_server_that_fails_inside_too() -> None:
    found = places(made.unconnected(REFUSED, "203.0.113.7"), made.unconnected(REFUSED, "10.1.2.3"))
    assert ids(found) == ["split-dns", "inside-fails"]


def test_the_order_of_addresses_is_no_difference() -> None:
    first = [made.session("203.0.113.7", beside=["203.0.113.8"])]
    second = [replace(made.session("203.0.113.7"), resolution=made.resolved("203.0.113.8", "203.0.113.7"))]
    assert places(first, second).outcome is Outcome.SAME


def test_a_family_left_out_is_no_difference() -> None:
    whole = made.session("203.0.113.7", beside=["2001:db8::7"])
    part = replace(
        made.session("203.0.113.7"),
        resolution=replace(made.resolved("203.0.113.7"), excluded=("2001:db8::7",)),
    )
    assert places(whole, part).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("evidence", "identifier"),
    [
        (made.unresolved(LookupStatus.NXDOMAIN, rcode="NXDOMAIN"), "name-at-one"),
        (made.unresolved(LookupStatus.NODATA, rcode="NOERROR"), "name-at-one"),
        (made.unresolved(LookupStatus.SERVFAIL, rcode="SERVFAIL"), "nameserver-at-one"),
        (made.unresolved(LookupStatus.REFUSED, rcode="REFUSED"), "nameserver-at-one"),
    ],
)
def test_a_name_that_only_one_place_knows(evidence: AttemptEvidence, identifier: str) -> None:
    found = places(evidence, made.session())
    assert ids(found) == [identifier]
    assert "203.0.113.7 at inside" in text(found, identifier)


def test_a_name_that_no_place_knows() -> None:
    gone = made.unresolved(LookupStatus.NXDOMAIN, rcode="NXDOMAIN")
    assert ids(places(gone, gone)) == ["name-at-none"]


def test_one_address_of_two_that_one_place_cannot_judge() -> None:
    """No IPv6 here: nothing follows for that address, and the other one is compared."""
    dark = replace(
        made.session("2001:db8::7"),
        connection=made.unconnected(NetworkFault(FaultKind.NO_ROUTE)).connection,
        banner=None,
        ehlo=None,
        starttls=None,
        handshake=None,
        certificate=None,
        ehlo_again=None,
    )
    both = made.resolved("2001:db8::7", "203.0.113.7")
    first = [replace(one, resolution=both) for one in (dark, made.unconnected(REFUSED))]
    second = [replace(one, resolution=both) for one in (made.session("2001:db8::7"), made.session())]
    found = places(first, second)
    assert "refused-at-one" in ids(found) or found.outcome is Outcome.UNKNOWN
    assert not [one for one in found.differences if one.matters and one.address == "2001:db8::7"]


def test_a_private_address_may_be_two_servers() -> None:
    found = places(made.unconnected(REFUSED, "10.1.2.3"), made.session("10.1.2.3"))
    assert ids(found) == ["refused-at-one", "private-address"]


def test_a_policy_that_stops_mail_at_one_place_blames_no_device_on_the_way() -> None:
    bogus = SecureLookup("contoso.com", "MX", DnssecStatus.BOGUS, reason=DnssecReason.SIGNATURE_INVALID, note="12345")
    evidence = replace(made.session(), policy=TransportPolicy(DaneEvidence(bogus)))
    reports = [
        made.report(evidence, host=host, connector=Connector(use_mx="contoso.com", smtp_dane_mode=mode))
        for host, mode in (("outside", SmtpDaneMode.OPPORTUNISTIC), ("inside", SmtpDaneMode.NONE))
    ]
    (found,) = compare(reports[0], reports[1], ENGLISH, files=FILES).connectors
    assert ids(found) == ["modes-differ", "policy-at-one"]


def test_other_settings_are_named() -> None:
    reports = [
        made.report(made.without_starttls(), host="a", tls=TlsSettings.OPPORTUNISTIC),
        made.report(made.without_starttls(), host="b"),
    ]
    (found,) = compare(reports[0], reports[1], ENGLISH, files=FILES).connectors
    assert ids(found)[0] == "settings-differ"
    assert "opportunistic" in found.differences[0].text


def test_places_far_apart_in_time_are_told() -> None:
    later = made.report(made.session(), host="b", at=NOW + timedelta(hours=5))
    found = compare(made.report(made.unconnected(REFUSED), host="a"), later, ENGLISH, files=FILES)
    assert any("5 h apart" in note for note in found.notes)
    near = compare(made.report(made.session(), host="a"), made.report(made.session(), host="b"), ENGLISH, files=FILES)
    assert near.notes == ()


# --- two times -------------------------------------------------------------------------------------------------


def test_new() -> None:
    found = times(made.report(made.session()), made.report(made.unconnected(REFUSED)))
    assert (found.outcome, found.matters) == (Outcome.NEW, True)
    assert ids(found) == ["fails-now"]


def test_fixed() -> None:
    found = times(made.report(made.unconnected(REFUSED)), made.report(made.session()))
    assert (found.outcome, found.matters) == (Outcome.FIXED, False)
    assert ids(found) == ["works-now"]


def test_unchanged() -> None:
    for evidence in (made.session(), made.unconnected(TIMED_OUT)):
        found = times(made.report(evidence), made.report(evidence))
        assert (found.outcome, found.matters, found.differences) == (Outcome.SAME, False, ())


def test_fails_otherwise() -> None:
    found = times(made.report(made.unconnected(TIMED_OUT)), made.report(made.unconnected(REFUSED)))
    assert (found.outcome, found.matters) == (Outcome.CHANGED, True)
    assert ids(found) == ["fails-otherwise-now"]


def test_a_renewed_certificate_is_no_harm() -> None:
    renewed = made.shown(made.leaf(NAME, "B2", NOW + timedelta(days=400)))
    found = times(made.report(made.session()), made.report(replace(made.session(), certificate=renewed)))
    assert (found.outcome, found.matters) == (Outcome.SAME, False)
    assert ids(found) == ["certificate-renewed"]
    assert "2027-12-29" in text(found, "certificate-renewed")


def test_a_replaced_certificate() -> None:
    other = made.shown(made.leaf("old.contoso.com", "B2", NOW + timedelta(days=100)))
    found = times(made.report(made.session()), made.report(replace(made.session(), certificate=other)))
    assert "certificate-replaced" in ids(found)
    assert found.outcome is Outcome.NEW, "it is for another name"


def test_addresses_changed_at_the_cutover() -> None:
    found = times(made.report(made.session("203.0.113.7")), made.report(made.session("203.0.113.99")))
    assert (found.outcome, found.matters) == (Outcome.SAME, False)
    assert ids(found) == ["addresses-changed"]


def test_a_new_address_that_fails() -> None:
    before = made.report(made.session("203.0.113.7"))
    both = made.resolved("203.0.113.7", "203.0.113.8")
    now = made.report(
        *(replace(one, resolution=both) for one in (made.session(), made.unconnected(REFUSED, "203.0.113.8")))
    )
    found = times(before, now)
    assert (found.outcome, found.matters) == (Outcome.CHANGED, True)
    assert ids(found) == ["addresses-changed", "new-address-fails"]


def test_one_address_of_two_fails_now() -> None:
    both = made.resolved("203.0.113.7", "203.0.113.8")
    fine, refused = made.session("203.0.113.8"), made.unconnected(REFUSED, "203.0.113.8")
    before, now = (
        made.report(*(replace(one, resolution=both) for one in (made.session(), second))) for second in (fine, refused)
    )
    assert times(before, now).outcome is Outcome.CHANGED
    assert ids(times(before, now)) == ["fails-now"]
    assert times(now, before).outcome is Outcome.FIXED


def test_some_connections_fail_now() -> None:
    bad = made.until_banner(banner=made.answered("", 421, "4.3.2 Service not available"))
    found = times(made.report(made.session(), made.session()), made.report(made.session(), bad))
    assert (found.outcome, found.matters) == (Outcome.CHANGED, True)
    assert "mixed-now" in ids(found)


def test_starttls_gone_where_it_is_not_required() -> None:
    before, now = (made.report(one, tls=TlsSettings.OPPORTUNISTIC) for one in (made.session(), made.without_starttls()))
    found = times(before, now)
    assert (found.outcome, found.matters) == (Outcome.CHANGED, True)
    assert "starttls-gone" in ids(found)
    assert "starttls-new" in ids(times(now, before))
    assert times(now, before).outcome is Outcome.FIXED


def test_a_new_warning() -> None:
    soon = replace(made.session(), certificate=made.shown(made.leaf(until=NOW + timedelta(days=5))))
    sooner = replace(made.session(), certificate=made.shown(made.leaf(until=NOW + timedelta(days=4))))
    found = times(made.report(made.session()), made.report(soon))
    assert (found.outcome, found.matters) == (Outcome.CHANGED, True)
    assert "warning-new" in ids(found)
    assert times(made.report(soon), made.report(sooner)).outcome is Outcome.SAME, "days pass"
    assert "warning-gone" in ids(times(made.report(soon), made.report(made.session())))


def test_nothing_follows_from_what_could_not_be_told() -> None:
    dark = made.report(made.unconnected(NetworkFault(FaultKind.NO_ROUTE)))
    for before, now in permutations((dark, made.report(made.session()))):
        found = times(before, now)
        assert (found.outcome, found.matters) == (Outcome.UNKNOWN, False)


def test_the_order_of_files_is_not_the_order_of_time() -> None:
    before, now = made.report(made.session()), made.report(made.unconnected(REFUSED), at=NOW + timedelta(hours=1))
    turned = compare(now, before, ENGLISH, files=FILES)
    assert turned.connectors[0].outcome is Outcome.NEW
    assert (turned.first.file, turned.second.file) == ("B.json", "A.json")
    assert turned.notes


# --- which belongs to which, place or time ---------------------------------------------------------------------


def test_connectors_are_matched_by_name_then_by_what_is_probed() -> None:
    one = made.report(made.session(), name="Head office")
    renamed = made.report(made.session(), name="Zurich")
    other = made.report(made.session(), name="Head office", smart_host="mx.contoso.com")
    first, second = made.merged(one, renamed), made.merged(renamed, other)
    pairs = [(a.name if a else None, b.name if b else None) for a, b in match(first.results, second.results)]
    assert pairs == [("Head office", "Head office"), ("Zurich", "Zurich")]
    pairs = [(a.name if a else None, b.name if b else None) for a, b in match(one.results, renamed.results)]
    assert pairs == [("Head office", "Zurich")]


def test_a_connector_in_one_report_only() -> None:
    one, extra = made.report(made.session()), made.report(made.unconnected(REFUSED), name="New", smart_host="x.test")
    found = compare(one, made.merged(one, extra), ENGLISH, files=FILES)
    assert [each.outcome for each in found.connectors] == [Outcome.SAME, Outcome.ONLY_SECOND]
    assert found.connectors[1].matters, "mail queues there now"
    assert found.summary.missing == 1
    found = compare(made.merged(one, extra), one, ENGLISH, files=FILES)
    assert [each.matters for each in found.connectors] == [False, False]


def test_nothing_in_common() -> None:
    with pytest.raises(NothingInCommonError):
        compare(made.report(made.session()), made.report(made.session(), smart_host="x.test"), ENGLISH, files=FILES)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (("a", ("192.0.2.10",)), ("b", ("192.0.2.10",)), Reason.HOSTNAMES_DIFFER),
        (("a", ("192.0.2.10",)), ("a", ("192.0.2.10",)), Reason.SAME_VANTAGE),
        (("a", ("192.0.2.10",)), ("a", ("192.0.2.10", "2001:db8::1")), Reason.SAME_VANTAGE),
        (("a", ("192.0.2.10",)), ("a", ("198.51.100.1",)), Reason.SOURCES_DIFFER),
        (("a", ("2001:db8::1",)), ("a", ("2001:db8::2",)), Reason.SOURCES_DIFFER),
        (("a", ("2001:db8::1",)), ("a", ("198.51.100.1",)), Reason.SAME_VANTAGE),
        (("a", ()), ("a", ("192.0.2.10",)), Reason.SAME_VANTAGE),
        (("a", ("127.0.0.1",)), ("a", ("192.0.2.10",)), Reason.SAME_VANTAGE),
    ],
)
def test_place_or_time(first: tuple[str, tuple[str, ...]], second: tuple[str, tuple[str, ...]], reason: Reason) -> None:
    sides = [VantageReport(host, (), sources, ()) for host, sources in (first, second)]
    assert reason_of(*sides) is reason
    assert reason_of(*reversed(sides)) is reason


@pytest.mark.parametrize("relation", Relation)
def test_as_asked(relation: Relation) -> None:
    found = compare(made.report(made.session()), made.report(made.session()), ENGLISH, files=FILES, relation=relation)
    assert (found.relation, found.reason) == (relation, Reason.GIVEN)
    assert found.first.label != found.second.label


# --- what is printed -------------------------------------------------------------------------------------------


def whole(words: Catalogue = ENGLISH) -> Comparison:
    first = made.merged(
        made.report(made.unconnected(REFUSED), host="outside"), made.report(made.session(), name="Zurich")
    )
    second = made.merged(made.report(made.session(), host="inside"), made.report(made.session(), name="Zurich"))
    return compare(first, second, words, files=FILES)


def test_chinese_puts_a_semicolon_between_the_places() -> None:
    shown = to_text(whole(CHINESE), RenderOptions(words=CHINESE))
    assert re.search(r"从 outside：故障.*；从 inside", shown.replace("\n    ", ""))


def test_text() -> None:
    assert to_text(whole(), RenderOptions()) == (
        "Two places: outside (A.json, 2026-11-24 12:00 UTC) and inside (B.json,\n"
        "  2026-11-24 12:00 UTC)\n"
        "  Taken as two places, since they come from two machines; --times compares them\n"
        "  as before and after.\n"
        "\n"
        "DIFFERS  mail.contoso.com:\n"
        "  from outside: FAILING 4.4.316 Connection refused, from inside: HEALTHY\n"
        "  - Refused from outside, healthy from inside: the firewall or NAT in front of\n"
        "    203.0.113.7, or one on the way from outside, turns outside away.\n"
        "\n"
        "SAME  Zurich: HEALTHY\n"
        "\n"
        "2 compared: 1 the same, 1 different, 0 unknown\n"
    )
    quiet = to_text(whole(), RenderOptions(verbosity=-1))
    assert "Zurich" not in quiet
    assert "DIFFERS" in quiet


def test_quiet_says_nothing_of_what_is_the_same() -> None:
    same = compare(made.report(made.session()), made.report(made.session()), ENGLISH, files=FILES)
    assert to_text(same, RenderOptions(verbosity=-1)) == ""


def test_chinese_text() -> None:
    first, second = made.report(made.unconnected(REFUSED), host="outside"), made.report(made.session(), host="inside")
    page = to_text(compare(first, second, CHINESE, files=FILES), RenderOptions(words=CHINESE))
    assert "不同" in page
    assert "203.0.113.7 前面的防火墙或 NAT" in page
    assert max(map(columns, page.splitlines())) <= 80


def test_json() -> None:
    document = json.loads(to_json(whole()))
    assert list(document) == [
        "schema",
        "relation",
        "reason",
        "first",
        "second",
        "notes",
        "summary",
        "connectors",
        "third",
    ]
    assert document["schema"] == "connector-probe/comparison/1"
    assert document["relation"] == "places"
    assert document["first"]["started_at"] == "2026-11-24T12:00:00Z"
    (one, same) = document["connectors"]
    assert (one["outcome"], one["first"]["class"], one["second"]["status"]) == ("differs", "tcp-refused", "healthy")
    assert one["differences"][0]["id"] == "refused-at-one"
    assert one["differences"][0]["address"] == ADDRESS
    assert same["differences"] == []
