"""What the lab's nameserver says about one name: one small function or factory for each behaviour.

An answerer gets the question and the zone, and gives the bytes to send, or None to say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

ORIGIN = "lab.test"
_HOST = ("host", *ORIGIN.split("."), "")  # the labels of a scenario's host
TTL = 60
MAX_CHASED = 100  # CNAMEs put into one answer; more than any resolver follows
PLAIN_UDP = 512  # RFC 1035 4.2.1: what a client without EDNS can take


@dataclass(frozen=True, slots=True)
class Query:
    """One question as it came. ``asked`` is the name in lower case without the final dot."""

    message: dns.message.Message
    over_tcp: bool

    @property
    def name(self) -> dns.name.Name:
        return self.message.question[0].name

    @property
    def origin(self) -> dns.name.Name:
        """The scenario's host: what completes a relative name in an answer, as in a zone file."""
        return dns.name.Name(self.name.labels[-len(_HOST) :])

    @property
    def asked(self) -> str:
        return self.name.to_text(omit_final_dot=True).lower()

    @property
    def rdtype(self) -> dns.rdatatype.RdataType:
        return self.message.question[0].rdtype

    def response(self, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
        response = dns.message.make_response(self.message, recursion_available=True, our_payload=1232)
        response.flags |= dns.flags.AA
        response.set_rcode(rcode)
        return response


Answerer = Callable[[Query, "Zone"], bytes | None]
Zone = Mapping[str, "Answerer"]


def packed(query: Query, response: dns.message.Message) -> bytes:
    """The bytes of ``response``, truncated where UDP cannot carry them."""
    limit = 65_535 if query.over_tcp else (query.message.payload if query.message.edns >= 0 else PLAIN_UDP)
    wire = response.to_wire(max_size=65_535)
    return wire if len(wire) <= limit else _truncation(query)


def _truncation(query: Query) -> bytes:
    response = query.response()
    response.flags |= dns.flags.TC
    return response.to_wire()


def soa(apex: dns.name.Name | str) -> dns.rrset.RRset:
    return dns.rrset.from_text(apex, TTL, "IN", "SOA", f"ns.{apex} admin.{apex} 1 3600 600 86400 60")


def _with_soa(query: Query, rcode: dns.rcode.Rcode, origin: str = f"{ORIGIN}.") -> bytes:
    response = query.response(rcode)
    response.authority.append(soa(origin))
    return response.to_wire()


# --- answers as they should be -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Records:
    """Records by type, in presentation form; any other type is NODATA. A CNAME is followed within the zone.

    A name in a record is relative to the scenario's host unless it ends with a dot.
    """

    by_type: Mapping[str, Sequence[str]]
    ttl: int = TTL

    def of(self, rdtype: dns.rdatatype.RdataType) -> Sequence[str]:
        return self.by_type.get(dns.rdatatype.to_text(rdtype), ())

    def __call__(self, query: Query, zone: Zone) -> bytes:
        response = query.response()
        at, records = query.name, self
        for _ in range(MAX_CHASED):
            found = records.of(query.rdtype)
            alias = records.of(dns.rdatatype.CNAME)
            if found:
                rdtype = query.rdtype
            elif alias:
                found, rdtype = alias, dns.rdatatype.CNAME
            else:
                break
            response.answer.append(
                dns.rrset.from_text_list(at, records.ttl, "IN", rdtype, found, origin=query.origin, relativize=False)
            )
            if rdtype == query.rdtype:
                break
            at = dns.name.from_text(alias[0], query.origin)
            following = zone.get(at.to_text(omit_final_dot=True).lower())
            if at in [rrset.name for rrset in response.answer]:  # a circle: all of it has been told
                break
            if following is None:  # the alias leads nowhere
                response.set_rcode(dns.rcode.NXDOMAIN)
                break
            if not isinstance(following, Records):
                break
            records = following
        return packed(query, response) if response.answer or response.rcode() else _with_soa(query, dns.rcode.NOERROR)


def addresses(*texts: str) -> Records:
    """A and AAAA records."""
    return Records({"A": [text for text in texts if ":" not in text], "AAAA": [text for text in texts if ":" in text]})


def nodata(query: Query, zone: Zone) -> bytes:
    """The name exists, without records of that type."""
    return _with_soa(query, dns.rcode.NOERROR)


def nxdomain(query: Query, zone: Zone) -> bytes:
    return _with_soa(query, dns.rcode.NXDOMAIN)


def nxdomain_in(origin: str) -> Answerer:
    """There is no such name in the zone ``origin``, an absolute name."""

    def answer(query: Query, zone: Zone) -> bytes:
        return _with_soa(query, dns.rcode.NXDOMAIN, origin)

    return answer


def cached(whole: Answerer) -> Answerer:
    """As a resolver tells it on: without authority."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        wire = whole(query, zone)
        return None if wire is None else wire[:2] + bytes([wire[2] & ~_AA]) + wire[3:]

    return answer


_AA = 0x04  # in the third octet of a message (RFC 1035 4.1.1)


def bogus(whole: Answerer) -> Answerer:
    """As a validating resolver answers of a zone whose signatures do not hold: SERVFAIL, unless checking is off."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        return whole(query, zone) if query.message.flags & dns.flags.CD else servfail(query, zone)

    return answer


# --- misbehaviour ------------------------------------------------------------------------------------------------


def servfail(query: Query, zone: Zone) -> bytes:
    return query.response(dns.rcode.SERVFAIL).to_wire()


def refused(query: Query, zone: Zone) -> bytes:
    return query.response(dns.rcode.REFUSED).to_wire()


def silence(query: Query, zone: Zone) -> None:
    return None


def malformed(query: Query, zone: Zone) -> bytes:
    """The right header, then bytes that break off within a record."""
    header = query.response().to_wire()[:4] + b"\x00\x01\x00\x01\x00\x00\x00\x00"
    return header + b"\x3flab"


def wrong_id(query: Query, zone: Zone) -> bytes:
    response = query.response()
    response.id ^= 0x5555
    return response.to_wire()


def wrong_question(query: Query, zone: Zone) -> bytes:
    """The right id, and an answer to something else."""
    other = dns.message.make_query(f"other.{ORIGIN}.", query.rdtype, id=query.message.id)
    response = dns.message.make_response(other, recursion_available=True)
    return response.to_wire()


def truncated_then(whole: Answerer) -> Answerer:
    """Truncated over UDP, ``whole`` over TCP."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        return whole(query, zone) if query.over_tcp else _truncation(query)

    return answer


def knows_no_edns(plain: Answerer) -> Answerer:
    """FORMERR for a question with EDNS (RFC 6891 7), ``plain`` without."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        if query.message.edns < 0:
            return plain(query, zone)
        without = dns.message.make_query(query.name, query.rdtype, use_edns=-1, id=query.message.id)
        response = dns.message.make_response(without, recursion_available=True)
        response.set_rcode(dns.rcode.FORMERR)
        return response.to_wire()

    return answer


def by_type(answers: Mapping[str, Answerer], otherwise: Answerer = nodata) -> Answerer:
    """One behaviour for each record type asked for."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        return answers.get(dns.rdatatype.to_text(query.rdtype), otherwise)(query, zone)

    return answer


def delegated(servers: Sequence[str], otherwise: Answerer) -> dict[str, Answerer]:
    """What a nameserver says of the scenario's zone: its name servers' addresses, ``otherwise`` about all else."""
    told = {f"ns{number}": cached(addresses(server)) for number, server in enumerate(servers, start=1)}
    return {"@": by_type({"NS": cached(Records({"NS": list(told)}))}, otherwise), **told}


def chain(length: int, end: Answerer) -> dict[str, Answerer]:
    """So many CNAMEs, each to the next, and ``end`` at the last."""
    names = ["@", *(f"link{number}" for number in range(1, length + 1))]
    links: dict[str, Answerer] = {name: Records({"CNAME": [target]}) for name, target in pairwise(names)}
    return {**links, names[-1]: end}
