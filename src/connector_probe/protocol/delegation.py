"""Messages to and from authoritative servers: a question without recursion, and what an answer says. Pure.

What a zone says of others is taken only where it may: a referral leads downwards and towards the name, and the
addresses of name servers come only from a zone above them (RFC 2181 5.4.1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import ServerSays
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.reach import Reach, is_inside, reach_of
from connector_probe.protocol.dns import Answer, Question, name_text, question, read

MAX_NAME_SERVERS = 13  # of one zone; as many as the root has, and no zone needs more
MAX_GLUE = 4  # addresses of one name server
_FAILURES = {
    LookupStatus.SERVFAIL: ServerSays.SERVFAIL,
    LookupStatus.REFUSED: ServerSays.REFUSED,
    LookupStatus.OTHER_RCODE: ServerSays.OTHER_RCODE,
    LookupStatus.MALFORMED: ServerSays.MALFORMED,
    LookupStatus.WRONG_QUESTION: ServerSays.MALFORMED,
    LookupStatus.WRONG_ID: ServerSays.MALFORMED,
    LookupStatus.TRUNCATED: ServerSays.TRUNCATED,
}


@dataclass(frozen=True, slots=True)
class NameServer:
    """``addresses`` are those that the zone above told along (glue)."""

    name: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says. ``zone`` and ``servers`` are set with REFERRAL; ``zone`` with a negative answer too."""

    status: ServerSays
    records: tuple[str, ...] = ()
    ttl: int | None = None
    rcode: str | None = None
    serial: int | None = None
    note: str = ""
    zone: str = ""
    servers: tuple[NameServer, ...] = ()
    edns_refused: bool = False
    foreign: bool = False  # perhaps a forgery: the real answer may follow


def direct_question(name: str, rdtype: str, *, edns: bool = True) -> Question:
    """A question without recursion. Raises ValueError when DNS cannot carry it."""
    asked = question(name, rdtype, edns=edns)
    asked.message.flags &= ~(dns.flags.RD | dns.flags.AD)
    return asked


def read_direct(wire: bytes, asked: Question, zone: str) -> Said:
    """What ``wire`` says to ``asked``, from a server of ``zone`` ("." for the root). Never raises."""
    answer = read(wire, asked)
    if answer.status in (LookupStatus.WRONG_ID, LookupStatus.WRONG_QUESTION):
        return Said(ServerSays.MALFORMED, note=str(answer.status), foreign=True)
    base = Said(ServerSays.MALFORMED, rcode=answer.rcode, note=answer.note, edns_refused=answer.edns_refused)
    if answer.status in _FAILURES:
        return replace(base, status=_FAILURES[answer.status])
    message = dns.message.from_wire(wire, ignore_trailing=True)  # ``read`` has done it before
    referral = _referral(message, asked, zone)
    if not answer.authoritative:
        return replace(base, status=ServerSays.NOT_AUTHORITATIVE) if referral is None else referral
    return _authoritative(answer, message, asked, zone, base)


def enclosing(name: str) -> Iterator[str]:
    """``name`` and every name above it, the root left out: "a.b.c", "b.c", "c"."""
    labels = name.split(".")
    for at in range(len(labels)):
        yield ".".join(labels[at:])


def may_be_asked(address: str, given: Sequence[str]) -> bool:
    """Whether a name server's ``address`` may be asked: any address outside; inside only where the user sent us.

    ``given`` are the addresses of the nameservers that the user named. A private one opens private addresses,
    a loopback one (a resolver or a laboratory on this machine) loopback addresses too.
    """
    reach = reach_of(address)
    if reach is Reach.OFF_LIMITS:
        return False
    if not is_inside(address):
        return True
    if reach is Reach.LOOPBACK:
        return any(reach_of(address) is Reach.LOOPBACK for address in given)
    return any(map(is_inside, given))


def _referral(message: dns.message.Message, asked: Question, zone: str) -> Said | None:
    """A referral that leads down from ``zone`` towards the name asked for."""
    if message.rcode() != dns.rcode.NOERROR or message.answer:
        return None
    name, above = asked.message.question[0].name, dns.name.from_text(zone)
    for rrset in message.authority:
        if rrset.rdtype != dns.rdatatype.NS or rrset.rdclass != dns.rdataclass.IN:
            continue
        if rrset.name == above or not rrset.name.is_subdomain(above) or not name.is_subdomain(rrset.name):
            continue
        servers = tuple(
            NameServer(name_text(record.target), _glue(message, record.target, above))
            for record in list(rrset)[:MAX_NAME_SERVERS]
        )
        return Said(
            ServerSays.REFERRAL,
            records=tuple(server.name for server in servers),
            ttl=rrset.ttl,
            rcode="NOERROR",
            zone=name_text(rrset.name),
            servers=servers,
        )
    return None


def _glue(message: dns.message.Message, server: dns.name.Name, above: dns.name.Name) -> tuple[str, ...]:
    if not server.is_subdomain(above):
        return ()
    return tuple(
        record.to_text()
        for rrset in message.additional
        if rrset.name == server and rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
        for record in list(rrset)[:MAX_GLUE]
    )


def _authoritative(answer: Answer, message: dns.message.Message, asked: Question, zone: str, base: Said) -> Said:
    name, above = asked.message.question[0].name, dns.name.from_text(zone)
    found = replace(base, ttl=answer.ttl)
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.SOA and len(rrset):
            own = rrset.name.is_subdomain(above) and name.is_subdomain(rrset.name)
            found = replace(found, serial=rrset[0].serial, zone=name_text(rrset.name) if own else "")
    if answer.status is LookupStatus.ANSWER and not answer.aliases:
        return replace(found, status=ServerSays.ANSWER, records=answer.records)
    if answer.aliases:  # where it leads is another question
        return replace(found, status=ServerSays.ALIAS, records=answer.aliases[:1])
    status = ServerSays.NXDOMAIN if answer.status is LookupStatus.NXDOMAIN else ServerSays.NODATA
    return replace(found, status=status)
