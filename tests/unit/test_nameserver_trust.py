"""When our own nameserver is at fault, and when it is not: from evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector_probe import Connector
from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.dns.nameserver_trust import name_to_invent_beside
from connector_probe.model.delegation import AuthorityReply, DnsInquiry, Recheck, ServerSays, StartedFrom, Walk
from connector_probe.model.evidence import (
    AttemptEvidence,
    Connection,
    ConnectorEvidence,
    Countercheck,
    FaultKind,
    Lookup,
    LookupStatus,
    MxRecord,
    NetworkFault,
    Resolution,
)
from tests.unit.evidence import concluded

NAME, ZONE, OURS = "mail.contoso.com", "contoso.com", "192.0.2.1#53"
GMAIL, OUTLOOK = "gmail-smtp-in.l.google.com", "outlook-com.olc.protection.outlook.com"
PUBLIC, PRIVATE = "203.0.113.7", "10.9.8.7"
REFUSED = NetworkFault(FaultKind.REFUSED, "ECONNREFUSED", "Connection refused")


def says(status: ServerSays, *records: str, rdtype: str = "A", zone: str = ZONE) -> AuthorityReply:
    server = "a.root-servers.net" if zone == "." else "ns1.contoso.com"
    return AuthorityReply(zone, server, "198.51.100.1", rdtype, status, records=records, ttl=300)


def look(status: LookupStatus, *records: str, name: str = NAME, note: str = "", ttl: int | None = 30) -> Lookup:
    return Lookup(name, "A", status, records, ttl=ttl, nameserver=OURS, note=note)


def class_of(
    lookup: Lookup,
    *replies: AuthorityReply,
    check: Countercheck | None = None,
    address: str | None = None,
    zones: tuple[str, ...] = (".", ZONE),
) -> str:
    """What is concluded where the name's lookup ended so, and ``address`` (with one) refused."""
    referral = replace(says(ServerSays.REFERRAL, "ns1.contoso.com", zone="."), address="198.41.0.4")
    walk = Walk(NAME, ("A",), StartedFrom.ROOTS, ZONE, zones, (*((referral,) if ZONE in zones else ()), *replies))
    inquiry = DnsInquiry((walk,)) if replies else None
    addresses = () if address is None else (address,)
    resolution = Resolution(NAME, addresses, (lookup,), inquiry=inquiry, countercheck=check)
    connection = None if address is None else Connection(0.0, 0.1, "192.0.2.10", REFUSED)
    evidence = AttemptEvidence(NAME, address, 25, resolution, connection)
    connector = Connector(smart_hosts=[NAME])
    whole = ConnectorEvidence((evidence,), ((),), datetime.now(UTC), 0.3)
    diagnosis = concluded(connector, whole).diagnosis
    assert diagnosis is not None
    if str(diagnosis.class_).startswith("local-"):
        assert diagnosis.remedies[0].id == "configure-nameserver"
    assert "{" not in diagnosis.detail
    stages = {str(one.stage): one.status for one in concluded(connector, whole).attempts[0].stages}
    assert stages["connect"] == ("skipped" if address is None else "failed")
    assert "  " not in diagnosis.detail
    return str(diagnosis.class_)


def controls(status: LookupStatus, *records: str) -> Countercheck:
    return Countercheck(tuple(look(status, *records, name=one) for one in (GMAIL, OUTLOOK)))


_S = LookupStatus
CUT_OFF, UNTRUE = "local-nameserver-cut-off", "local-nameserver-untrue"


@pytest.mark.parametrize("status", [_S.SERVFAIL, _S.TIMED_OUT, _S.REFUSED, _S.NXDOMAIN, _S.NODATA])
def test_a_nameserver_that_resolves_nothing_else_either(status: LookupStatus) -> None:
    assert class_of(look(status), check=controls(_S.SERVFAIL)) == CUT_OFF
    assert class_of(look(status), check=controls(_S.NXDOMAIN)) == CUT_OFF
    assert class_of(look(status), check=controls(_S.ANSWER, "142.250.9.27")).startswith("dns-")
    assert class_of(look(status), check=Countercheck()).startswith("dns-")  # --no-control: nothing is known
    assert class_of(look(status)).startswith("dns-")


def test_what_the_authorities_say_counts_although_our_nameserver_is_cut_off() -> None:
    check = controls(_S.SERVFAIL)
    assert class_of(look(_S.NXDOMAIN), says(ServerSays.NXDOMAIN), check=check) == "dns-nxdomain"
    assert class_of(look(_S.SERVFAIL), says(ServerSays.SERVFAIL), check=check) == "dns-servfail"
    assert class_of(look(_S.SERVFAIL), says(ServerSays.ANSWER, PUBLIC), check=check) == CUT_OFF


def test_roots_that_deny_what_everybody_knows_are_somebody_in_their_place() -> None:
    """A network that sends all of port 53 to a nameserver of its own, which denies every name."""
    denied = says(ServerSays.NXDOMAIN, zone=".")
    assert class_of(look(_S.NXDOMAIN), denied, check=controls(_S.NXDOMAIN), zones=(".",)) == CUT_OFF
    known = controls(_S.ANSWER, "142.250.9.27")
    assert class_of(look(_S.NXDOMAIN), denied, check=known, zones=(".",)) == "dns-nxdomain"


@pytest.mark.parametrize("policy", ["Blocked", "Censored: by law", "Filtered", "Forged Answer"])
def test_a_nameserver_that_says_that_it_blocks(policy: str) -> None:
    blocked = look(_S.NXDOMAIN, note=policy)
    assert class_of(blocked, says(ServerSays.ANSWER, PUBLIC)) == UNTRUE
    assert class_of(blocked) == UNTRUE
    assert class_of(blocked, says(ServerSays.NXDOMAIN)) == "dns-nxdomain"  # there is nothing to block
    assert class_of(look(_S.NXDOMAIN, note="Stale Answer"), says(ServerSays.ANSWER, PUBLIC)) == "dns-nxdomain"


def test_a_no_with_authority_and_without_a_zone() -> None:
    denied = replace(look(_S.NXDOMAIN, ttl=None), authoritative=True)
    assert class_of(denied, says(ServerSays.ANSWER, PUBLIC)) == UNTRUE
    assert class_of(replace(denied, ttl=30), says(ServerSays.ANSWER, PUBLIC)) == UNTRUE  # split DNS


def test_made_up_addresses() -> None:
    """The authoritative servers deny the name: an old answer, unless a made-up name gets one too.

    Exchange Online gets what they say, and so it is the name that fails.
    """
    ours, denied = look(_S.ANSWER, PUBLIC), says(ServerSays.NXDOMAIN)
    made_up, no = (
        look(status, *records, name="probe-1.contoso.com") for status, *records in ((_S.ANSWER, PUBLIC), (_S.NXDOMAIN,))
    )
    assert class_of(ours, denied, check=Countercheck(sibling=made_up), address=PUBLIC) == "dns-nxdomain"
    assert class_of(ours, denied, check=Countercheck(sibling=no), address=PUBLIC) == "tcp-refused"
    assert class_of(ours, denied, address=PUBLIC) == "tcp-refused"


def test_one_address_for_every_name() -> None:
    for address in (PRIVATE, PUBLIC):
        check = controls(_S.ANSWER, address)
        assert class_of(look(_S.ANSWER, address), check=check, address=address) == UNTRUE
    # One control host alone may well be where a public server is: Google's mail is others' too.
    one = Countercheck(controls(_S.ANSWER, PUBLIC).controls[:1])
    assert class_of(look(_S.ANSWER, PUBLIC), check=one, address=PUBLIC) == "tcp-refused"
    assert class_of(look(_S.ANSWER, PUBLIC), check=controls(_S.ANSWER, "192.0.2.9"), address=PUBLIC) == "tcp-refused"


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_a_filter_that_answers_with_nowhere(address: str) -> None:
    rdtype = "AAAA" if ":" in address else "A"
    ours = replace(look(_S.ANSWER, address), rdtype=rdtype)
    assert class_of(ours, says(ServerSays.ANSWER, PUBLIC, rdtype=rdtype), address=address) == UNTRUE
    assert class_of(ours, says(ServerSays.ANSWER, address, rdtype=rdtype), address=address) == "tcp-refused"


def test_a_nameserver_that_can_validate_nothing() -> None:
    """With a wrong clock or trust anchor every signed zone looks broken, the root first."""

    def found(*root: Recheck, control: LookupStatus = _S.SERVFAIL) -> tuple[str, str | None]:
        lookup = look(_S.SERVFAIL)
        ours = Recheck(OURS, NAME, "A", unchecked="answer", again="servfail")
        resolution = Resolution(
            NAME,
            (),
            (lookup,),
            control=look(control, name="."),
            nameservers_given=True,
            inquiry=DnsInquiry(rechecks=(ours, *root)),
        )
        connector = Connector(smart_hosts=[NAME])
        whole = ConnectorEvidence((AttemptEvidence(NAME, None, 25, resolution),), ((),), datetime.now(UTC), 0.3)
        diagnosis = concluded(connector, whole).diagnosis
        assert diagnosis is not None
        verdicts = {one.id: str(one.verdict) for one in diagnosis.causes}
        return str(diagnosis.class_), verdicts.get("dns-hosting-trouble")

    assert found(Recheck(OURS, ".", "NS", unchecked="answer", again="servfail")) == (UNTRUE, None)
    # It does not answer about the root at all, or answers by now: then it is the zone.
    assert found(Recheck(OURS, ".", "NS", unchecked="servfail", again="servfail")) == ("dns-servfail", "confirmed")
    assert found(control=_S.ANSWER) == ("dns-servfail", "confirmed")
    # The root exists and has name servers: who denies them does not know it, whatever CD changes.
    for nonsense in ("nxdomain", "nodata"):
        assert found(Recheck(OURS, ".", "NS", unchecked=nonsense, again="servfail"))[0] == "dns-servfail"


def test_a_null_mx_is_what_the_domain_says_although_nothing_else_resolves() -> None:
    null = Lookup(NAME, "MX", _S.ANSWER, ("0 .",), ttl=30, nameserver=OURS)
    resolution = Resolution(
        NAME, (), (null,), mx_domain=NAME, mx=(MxRecord(0, ""),), countercheck=controls(_S.TIMED_OUT)
    )
    whole = ConnectorEvidence((AttemptEvidence(NAME, None, 25, resolution),), ((),), datetime.now(UTC), 0.3)
    diagnosis = concluded(Connector(use_mx=NAME), whole).diagnosis
    assert diagnosis is not None
    assert str(diagnosis.class_) == "dns-null-mx"


def test_beside_which_name_one_is_made_up() -> None:
    """The registry denies the domain; its own servers may live on in a cache, and know any name below it."""

    def beside(denied: AuthorityReply) -> str | None:
        walk = Walk(NAME, ("A",), StartedFrom.ROOTS, ZONE, (".", denied.zone), (denied,))
        resolution = Resolution(NAME, (PUBLIC,), (look(_S.ANSWER, PUBLIC),), inquiry=DnsInquiry((walk,)))
        evidence = AttemptEvidence(NAME, PUBLIC, 25, resolution, Connection(0.0, 0.1, "192.0.2.10", REFUSED))
        return name_to_invent_beside(view_of(evidence, Connector(smart_hosts=[NAME])))

    assert beside(says(ServerSays.NXDOMAIN)) == NAME
    assert beside(says(ServerSays.NXDOMAIN, zone="com")) == ZONE
    assert beside(says(ServerSays.ANSWER, PUBLIC)) is None
