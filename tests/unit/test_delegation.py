"""What authoritative servers say, from bytes; and what follows from it for the causes, from evidence."""

from __future__ import annotations

from dataclasses import replace

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.rules import classify
from connector_probe.model.connector import Connector
from connector_probe.model.delegation import (
    AuthorityReply,
    DnsInquiry,
    Recheck,
    ServerSays,
    StartedFrom,
    Walk,
)
from connector_probe.model.evidence import (
    AttemptEvidence,
    Connection,
    FaultKind,
    Lookup,
    LookupStatus,
    NetworkFault,
    Resolution,
)
from connector_probe.model.reach import is_inside
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.delegation import Said, direct_question, may_be_asked, read_direct
from connector_probe.protocol.dns import question, read
from tests.unit.evidence import diagnosed

NAME, ZONE = "mail.contoso.com", "contoso.com"
REFUSED = Connection(0.0, 0.03, None, NetworkFault(FaultKind.REFUSED, "ECONNREFUSED"))
HOSTING, EXPIRED, STALE = "dns-hosting-trouble", "domain-expired", "stale-dns-cache"
MISSING = "name-does-not-exist"


# --- from bytes ------------------------------------------------------------------------------------------------


def heard(
    *,
    zone: str = "com",
    aa: bool = False,
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
    answer: tuple[str, ...] = (),
    authority: tuple[str, ...] = (),
    additional: tuple[str, ...] = (),
) -> Said:
    """What is read when a server of ``zone`` is asked for A of NAME and sends these lines ("owner TYPE data")."""
    asked = direct_question(NAME, "A")
    response = dns.message.make_response(asked.message)
    response.set_rcode(rcode)
    if aa:
        response.flags |= dns.flags.AA
    for section, lines in (
        (response.answer, answer),
        (response.authority, authority),
        (response.additional, additional),
    ):
        by_set: dict[tuple[str, str], list[str]] = {}
        for line in lines:
            owner, rdtype, data = line.split(" ", 2)
            by_set.setdefault((owner, rdtype), []).append(data)
        section += [dns.rrset.from_text(owner, 300, "IN", kind, *data) for (owner, kind), data in by_set.items()]
    return read_direct(response.to_wire(), asked, zone)


def test_a_question_to_an_authority_asks_for_no_recursion() -> None:
    flags = direct_question(NAME, "A").message.flags
    assert not flags & (dns.flags.RD | dns.flags.AD | dns.flags.CD)


def test_a_referral_downwards_with_glue() -> None:
    said = heard(
        authority=("contoso.com. NS ns1.contoso.com.", "contoso.com. NS ns.fabrikam.net."),
        additional=(
            "ns1.contoso.com. A 192.0.2.53",
            "ns1.contoso.com. AAAA 2001:db8::53",
            "ns.fabrikam.net. A 6.6.6.6",
        ),
    )
    assert (said.status, said.zone) == (ServerSays.REFERRAL, "contoso.com")
    glue = {server.name: server.addresses for server in said.servers}
    # An address outside the zone that tells it is not taken: anybody could name anything there.
    assert glue == {"ns1.contoso.com": ("192.0.2.53", "2001:db8::53"), "ns.fabrikam.net": ()}


@pytest.mark.parametrize(
    ("zone", "owner"),
    [
        ("com", "."),  # upwards
        ("com", "com."),  # to itself
        ("com", "fabrikam.com."),  # sideways
        ("contoso.com", "com."),
        (".", "."),
    ],
)
def test_a_referral_that_leads_nowhere_is_lame(zone: str, owner: str) -> None:
    said = heard(zone=zone, authority=(f"{owner} NS ns1.contoso.com.",))
    assert said.status is ServerSays.NOT_AUTHORITATIVE


def test_an_answer_without_authority_is_lame() -> None:
    assert heard(answer=(f"{NAME}. A 192.0.2.1",)).status is ServerSays.NOT_AUTHORITATIVE
    assert heard(answer=(f"{NAME}. A 192.0.2.1",), aa=True).records == ("192.0.2.1",)


def test_negative_answers_tell_their_zone_and_how_long_they_last() -> None:
    soa = "contoso.com. SOA ns.contoso.com. admin.contoso.com. 7 3600 600 86400 60"
    said = heard(aa=True, rcode=dns.rcode.NXDOMAIN, authority=(soa,))
    assert (said.status, said.zone, said.serial, said.ttl) == (ServerSays.NXDOMAIN, "contoso.com", 7, 60)
    elsewhere = heard(aa=True, authority=(soa.replace("contoso.com. SOA", "fabrikam.com. SOA"),))
    assert (elsewhere.status, elsewhere.zone, elsewhere.ttl) == (ServerSays.NODATA, "", None)


def test_an_alias_is_an_answer_of_its_own() -> None:
    said = heard(aa=True, answer=(f"{NAME}. CNAME mail.fabrikam.com.",))
    assert (said.status, said.records) == (ServerSays.ALIAS, ("mail.fabrikam.com",))


@given(st.binary(max_size=200))
def test_whatever_comes_is_read(tail: bytes) -> None:
    asked = direct_question(NAME, "A")
    start = asked.message.id.to_bytes(2, "big") + b"\x84\x00\x00\x01\x00\x01\x00\x01\x00\x01"
    for wire in (tail, start + tail, start + asked.wire[12:] + tail):
        assert read_direct(wire, asked, "com").status in ServerSays


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "fe80::1",
        "fd00::1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
    ],
)
def test_what_a_public_zone_may_not_send_us_to(address: str) -> None:
    assert is_inside(address)
    assert not may_be_asked(address, ())
    assert not may_be_asked(address, ("203.0.113.53",))


def test_the_users_own_nameserver_opens_what_is_like_it() -> None:
    assert may_be_asked("192.0.2.53", ())
    assert may_be_asked("10.9.9.9", ("10.0.0.53",))
    assert not may_be_asked("100.100.100.200", ("100.64.0.53",))
    assert not may_be_asked("127.0.0.1", ("10.0.0.53",))
    assert may_be_asked("127.0.0.2", ("127.0.0.1",))
    assert not may_be_asked("0.0.0.0", ("127.0.0.1",))
    assert not may_be_asked("::ffff:127.0.0.1", ("10.0.0.53",))


# --- from evidence ---------------------------------------------------------------------------------------------


def reply(
    address: str,
    status: ServerSays,
    *records: str,
    zone: str = ZONE,
    rdtype: str = "A",
    note: str = "",
) -> AuthorityReply:
    return AuthorityReply(zone, f"ns-{address}", address, rdtype, status, records=records, ttl=300, note=note)


ROOT = reply("198.41.0.4", ServerSays.REFERRAL, "a.gtld.net", zone=".", rdtype="NS")
TOP = reply("192.5.6.30", ServerSays.REFERRAL, "ns1.contoso.com", zone="com")
ONE, OTHER = "192.0.2.53", "198.51.100.53"


def causes(
    failure: FailureClass,
    lookup: Lookup,
    *replies: AuthorityReply,
    zones: tuple[str, ...] = (".", "com", ZONE),
    started_from: StartedFrom = StartedFrom.ROOTS,
    rdtypes: tuple[str, ...] = ("A",),
    rechecks: tuple[Recheck, ...] = (),
) -> dict[str, str]:
    walk = Walk(NAME, rdtypes, started_from, ZONE, zones, replies)
    resolution = Resolution(NAME, lookups=(lookup,), inquiry=DnsInquiry((walk,), rechecks))
    evidence = AttemptEvidence(NAME, None, 25, resolution)
    connector = Connector(smart_hosts=[NAME])
    found = diagnosed(failure, view_of(evidence, connector), connector)
    assert "{" not in found.detail
    return {cause.id: str(cause.verdict) for cause in found.causes}


def lookup(status: LookupStatus, ttl: int | None = 30) -> Lookup:
    return Lookup(NAME, "A", status, ttl=ttl, nameserver="192.0.2.1#53")


NXDOMAIN, SERVFAIL = lookup(LookupStatus.NXDOMAIN), lookup(LookupStatus.SERVFAIL)
NO_NAME, FAILS = FailureClass.DNS_NXDOMAIN, FailureClass.DNS_SERVFAIL
SILENT = tuple(reply(one, ServerSays.TIMED_OUT) for one in (ONE, OTHER))


def test_silence_counts_where_others_were_heard() -> None:
    assert causes(FAILS, SERVFAIL, ROOT, TOP, *SILENT)[HOSTING] == "confirmed"


def test_silence_of_everybody_counts_for_nothing() -> None:
    roots = reply("198.41.0.4", ServerSays.TIMED_OUT, zone=".")
    found = causes(FAILS, SERVFAIL, roots, *SILENT, zones=(".", ZONE), started_from=StartedFrom.NAMESERVER)
    assert found == {HOSTING: "supported", EXPIRED: "possible", STALE: "ruled-out"}


def test_silence_over_one_family_is_no_news_of_the_other() -> None:
    six = reply("2001:db8::53", ServerSays.TIMED_OUT)
    assert causes(FAILS, SERVFAIL, ROOT, TOP, six)[HOSTING] == "supported"  # as the class alone has it


def test_what_answers_in_the_roots_place_convicts_nobody() -> None:
    """Port 53 is redirected to a resolver: it refuses what a root server would have answered."""
    for status in (ServerSays.REFUSED, ServerSays.NOT_AUTHORITATIVE, ServerSays.SERVFAIL):
        redirected = reply("198.41.0.4", status, zone=".", rdtype="NS")
        found = causes(FAILS, SERVFAIL, redirected, zones=(".",), started_from=StartedFrom.NAMESERVER)
        assert found == {HOSTING: "supported", EXPIRED: "possible", STALE: "ruled-out"}


def test_lame_servers_seen_from_our_nameserver_alone_are_likely_and_no_more() -> None:
    lame = tuple(reply(one, ServerSays.REFUSED) for one in (ONE, OTHER))
    assert causes(FAILS, SERVFAIL, ROOT, TOP, *lame)[HOSTING] == "confirmed"
    found = causes(FAILS, SERVFAIL, *lame, zones=(ZONE,), started_from=StartedFrom.NAMESERVER)
    assert found[HOSTING] == "supported"


def test_servers_that_answer_us_are_not_to_blame_for_sure() -> None:
    found = causes(FAILS, SERVFAIL, ROOT, TOP, reply(ONE, ServerSays.ANSWER, "203.0.113.7"))
    assert found[HOSTING] == "possible"
    assert found[EXPIRED] == "ruled-out"


def test_one_dead_server_among_good_ones() -> None:
    good = reply(ONE, ServerSays.ANSWER, "203.0.113.7")
    assert causes(FAILS, SERVFAIL, ROOT, TOP, good, SILENT[1])[HOSTING] == "supported"


def test_an_answer_about_one_type_is_none_about_the_other() -> None:
    """The time ended before A was asked for: that there is no AAAA must not rule anything out."""
    half = reply(ONE, ServerSays.NODATA, rdtype="AAAA")
    found = causes(FailureClass.DNS_NO_ADDRESS, lookup(LookupStatus.NODATA), ROOT, TOP, half, rdtypes=("AAAA", "A"))
    assert (found[HOSTING], found[STALE]) == ("possible", "possible")


def test_an_old_no_is_certain_by_its_soa_and_likely_without() -> None:
    there = reply(ONE, ServerSays.ANSWER, "203.0.113.7")
    kept = causes(NO_NAME, NXDOMAIN, ROOT, TOP, there)
    assert (kept[STALE], kept[MISSING], kept[HOSTING]) == ("confirmed", "ruled-out", "ruled-out")
    filtered = causes(NO_NAME, lookup(LookupStatus.NXDOMAIN, ttl=None), ROOT, TOP, there)
    assert (filtered[STALE], filtered[MISSING]) == ("supported", "ruled-out")


def test_servers_of_one_zone_at_odds() -> None:
    found = causes(
        NO_NAME, NXDOMAIN, ROOT, TOP, reply(ONE, ServerSays.ANSWER, "203.0.113.7"), reply(OTHER, ServerSays.NXDOMAIN)
    )
    assert (found[HOSTING], found[MISSING]) == ("confirmed", "possible")


def test_the_registry_knows_no_such_domain() -> None:
    registry = reply("192.5.6.30", ServerSays.NXDOMAIN, zone="com")
    found = causes(NO_NAME, NXDOMAIN, ROOT, registry, zones=(".", "com"))
    assert (found[EXPIRED], found[MISSING], found[HOSTING], found[STALE]) == (
        "supported",
        "possible",
        "ruled-out",
        "ruled-out",
    )


def test_dnssec_is_blamed_for_a_servfail_that_lasts() -> None:
    def rechecked(unchecked: str, again: str) -> str:
        recheck = Recheck("192.0.2.1#53", NAME, "A", unchecked, again, "DNSSEC Bogus")
        return causes(FAILS, SERVFAIL, ROOT, TOP, *SILENT[:1], rechecks=(recheck,), zones=(".", "com"))[HOSTING]

    assert rechecked("answer", "servfail") == "confirmed"
    assert rechecked("nxdomain", "servfail") == "confirmed"
    assert rechecked("answer", "answer") == "supported"  # it was only for a moment
    assert rechecked("servfail", "servfail") == "supported"
    assert rechecked("timed-out", "servfail") == "supported"


def connected(ours: tuple[str, ...], *replies: AuthorityReply) -> str | None:
    """What is said of an old cache when 203.0.113.9 does not take the connection."""
    walk = Walk(NAME, ("A",), StartedFrom.ROOTS, ZONE, (".", "com", ZONE), (ROOT, TOP, *replies))
    found = Lookup(NAME, "A", LookupStatus.ANSWER, ours, ttl=30, nameserver="192.0.2.1#53")
    resolution = Resolution(NAME, ours, (found,), inquiry=DnsInquiry((walk,)))
    connector = Connector(smart_hosts=[NAME])
    view = view_of(AttemptEvidence(NAME, "203.0.113.9", 25, resolution, REFUSED), connector)
    causes = {cause.id: str(cause.verdict) for cause in diagnosed(FailureClass.TCP_REFUSED, view, connector).causes}
    return causes.get(STALE)


def test_an_old_address() -> None:
    old = "203.0.113.9"
    assert connected((old,), reply(ONE, ServerSays.ANSWER, "203.0.113.7")) == "supported"
    assert connected((old,), reply(ONE, ServerSays.NXDOMAIN)) == "confirmed"
    assert connected((old,), reply(ONE, ServerSays.ANSWER, old)) == "ruled-out"
    assert connected((old,), reply(ONE, ServerSays.ANSWER, old, "203.0.113.7")) == "ruled-out"
    assert connected((old,), SILENT[0]) is None


def test_servers_that_tell_each_asker_another_address_prove_nothing() -> None:
    told = (reply(ONE, ServerSays.ANSWER, "203.0.113.7"), reply(OTHER, ServerSays.ANSWER, "203.0.113.8"))
    assert connected(("203.0.113.9",), *told) == "possible"


def test_nxdomain_of_one_type_and_failure_of_another_is_no_nxdomain() -> None:
    """RFC 4074 4.2: balancers that know no AAAA deny the name; NXDOMAIN would hold for every type."""
    six = replace(lookup(LookupStatus.NXDOMAIN), rdtype="AAAA")
    for failed, status, class_ in (
        (LookupStatus.SERVFAIL, ServerSays.SERVFAIL, "dns-servfail"),
        (LookupStatus.TIMED_OUT, ServerSays.TIMED_OUT, "dns-timeout"),
    ):
        denied, fails = reply(ONE, ServerSays.NXDOMAIN, rdtype="AAAA"), reply(ONE, status)
        walk = Walk(NAME, ("AAAA", "A"), StartedFrom.ROOTS, ZONE, (".", "com", ZONE), (ROOT, TOP, denied, fails))
        resolution = Resolution(NAME, lookups=(six, lookup(failed)), inquiry=DnsInquiry((walk,)))
        connector = Connector(smart_hosts=[NAME])
        view = view_of(AttemptEvidence(NAME, None, 25, resolution), connector)
        failure = classify(view)
        assert failure == class_
        found = {one.id: str(one.verdict) for one in diagnosed(failure, view, connector).causes}
        assert found[HOSTING] != "ruled-out"
        assert MISSING not in found
        # Our own nameserver may fail for a moment: the name's servers deny it for that type, too.
        denied_too = replace(walk, replies=(ROOT, TOP, denied, reply(ONE, ServerSays.NXDOMAIN)))
        for inquiry in (DnsInquiry((denied_too,)), None):
            resolution = Resolution(NAME, lookups=(six, lookup(failed)), inquiry=inquiry)
            view = view_of(AttemptEvidence(NAME, None, 25, resolution), connector)
            assert classify(view) is FailureClass.DNS_NXDOMAIN


def test_a_zone_does_not_deny_its_own_name() -> None:
    """A filter's made-up SOA stands at the very name that it denies; that is no answer of a zone, old or new."""
    asked = question(NAME, "A")
    response = dns.message.make_response(asked.message)
    response.set_rcode(dns.rcode.NXDOMAIN)
    for owner, ttl in ((ZONE, 60), (NAME, None)):
        response.authority = [dns.rrset.from_text(f"{owner}.", 60, "IN", "SOA", "a. b. 1 2 3 4 60")]
        assert read(response.to_wire(), asked).ttl == ttl


def after_connecting(
    *replies: AuthorityReply, address: str = "203.0.113.9", given: bool = False
) -> tuple[dict[str, str], str]:
    """The causes and the detail when ``address``, which our nameserver gave, refuses."""
    walk = Walk(NAME, ("AAAA", "A"), StartedFrom.ROOTS, ZONE, (".", "com", ZONE), (ROOT, TOP, *replies))
    found = Lookup(NAME, "A", LookupStatus.ANSWER, (address,), ttl=30, nameserver="192.0.2.1#53")
    inquiry = DnsInquiry((walk,)) if replies else None
    resolution = Resolution(NAME, (address,), (found,), inquiry=inquiry, nameservers_given=given)
    connector = Connector(smart_hosts=[NAME])
    view = view_of(AttemptEvidence(NAME, address, 25, resolution, REFUSED), connector)
    diagnosis = diagnosed(FailureClass.TCP_REFUSED, view, connector)
    return {one.id: str(one.verdict) for one in diagnosis.causes}, " ".join(
        (diagnosis.detail, *(text for cause in diagnosis.causes for text in cause.evidence))
    )


def test_a_secondary_that_lags_behind() -> None:
    """Ours is the old address, which one of the servers still tells: no cache is to blame, but the hosting is."""

    def held(address: str, serial: int, record: str) -> tuple[AuthorityReply, ...]:
        none = replace(reply(address, ServerSays.NODATA, rdtype="AAAA"), serial=serial)
        return none, reply(address, ServerSays.ANSWER, record)

    new, old = held(ONE, 2026112402, "203.0.113.7"), held(OTHER, 2026112401, "203.0.113.9")
    found, told = after_connecting(*new, *old)
    assert (found[HOSTING], found[STALE]) == ("confirmed", "ruled-out")
    assert "Its authoritative servers disagree." in told
    assert f"ns-{ONE} [{ONE}] (serial 2026112402): A 203.0.113.7, ns-{OTHER} [{OTHER}] (serial 2026112401): A" in told
    # One version, and another address for each asker; two versions that say the same.
    assert HOSTING not in after_connecting(*held(ONE, 1, "203.0.113.7"), *held(OTHER, 1, "203.0.113.9"))[0]
    assert HOSTING not in after_connecting(*held(ONE, 2, "203.0.113.9"), *held(OTHER, 1, "203.0.113.9"))[0]
    # Another address for each asker, while a change is on its way.
    third = held("192.0.2.55", 2026112402, "203.0.113.8")
    assert HOSTING not in after_connecting(*new, *old, *third)[0]


def test_a_parked_domain_that_resolves() -> None:
    """What a registrar puts in an expired domain's place mostly has an address, and takes no mail."""
    parked = replace(reply(ONE, ServerSays.ANSWER, "203.0.113.9"), server="ns1.expired-domains.net")
    found, told = after_connecting(parked)
    assert found[EXPIRED] == "supported"
    assert "ns1.expired-domains.net, which by its name serves domains that have ended" in told
    assert EXPIRED not in after_connecting(reply(ONE, ServerSays.ANSWER, "203.0.113.9"))[0]


def test_addresses_that_lead_to_nobody_else() -> None:
    wrong = "wrong-smart-host"
    assert after_connecting(address="10.9.8.7")[0][wrong] == "supported"
    assert after_connecting(address="127.0.0.1")[0][wrong] == "supported"
    assert after_connecting(address="::ffff:127.0.0.1")[0][wrong] == "supported"
    assert wrong not in after_connecting(address="127.0.0.1", given=True)[0]  # a laboratory
    assert wrong not in after_connecting(address="203.0.113.9")[0]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "255.255.255.255", "224.0.0.1"])
def test_an_address_that_no_host_has(address: str) -> None:
    """Nothing was sent: nothing about a server, a firewall or the network can follow."""
    fault = NetworkFault(FaultKind.HOST_UNREACHABLE, text=f"{address} is no host's address")
    evidence = AttemptEvidence(NAME, address, 25, Resolution(NAME, (address,)), Connection(0.0, 0.0, None, fault))
    connector = Connector(smart_hosts=[NAME])
    view = view_of(evidence, connector)
    failure = classify(view)
    assert failure is FailureClass.TCP_UNREACHABLE
    found = {one.id: str(one.verdict) for one in diagnosed(failure, view, connector).causes}
    assert found.pop("wrong-smart-host") == "confirmed"
    assert set(found.values()) == {"ruled-out"}
