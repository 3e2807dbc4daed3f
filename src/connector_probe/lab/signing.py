"""Signed zones: each is an anchor of its own, and what it answers is signed when it is asked for.

A nameserver that signs as it answers needs no zone file; that a name or a type is not there is proven by an NSEC record
made for the question (RFC 4470, RFC 9824).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.dnssectypes
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rrset
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connector_probe.lab.answers import TTL, Answerer, Query, Records, Zone, nodata, packed
from connector_probe.lab.authority import Key, ec_key, rsa_key

PORT = "{port}"  # in the names of a zone: the port of the scenario's servers
_HOUR = timedelta(hours=1)
_SERVED = ("DNSKEY", "SOA")


def _dnskey(purpose: str) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
    key = dns.dnssec.make_dnskey(ec_key(purpose).public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags=257)
    assert isinstance(key, dns.rdtypes.ANY.DNSKEY.DNSKEY)
    return key


def anchors_of(apexes: set[str]) -> str:
    """What ``--trust-anchor`` reads, for these zones."""
    key = _dnskey("dnssec").to_text()
    return "".join(f"{apex}. IN DNSKEY {key}\n" for apex in sorted(apexes))


@dataclass(frozen=True, slots=True)
class Signed:
    """``answer`` signed with the key of the zone ``apex``; ``until``: hours from now to the signatures' end."""

    apex: str
    answer: Answerer
    until: float = 24.0

    def __call__(self, query: Query, zone: Zone) -> bytes | None:
        if query.asked == self.apex and dns.rdatatype.to_text(query.rdtype) in _SERVED:
            return self._of_zone(query)
        wire = self.answer(query, zone)
        if wire is None or query.message.edns < 0:
            return wire
        response = dns.message.from_wire(wire)
        response.id = query.message.id
        if not response.answer:
            response.authority = [self._soa(), self._nsec(query)]
        for section in (response.answer, response.authority):
            section.extend([self._signature(rrset) for rrset in list(section)])
        response.set_rcode(dns.rcode.NOERROR)
        return packed(query, response)

    def _of_zone(self, query: Query) -> bytes:
        response = query.response()
        if query.rdtype == dns.rdatatype.SOA:
            rrset = self._soa()
        else:
            rrset = dns.rrset.from_rdata(query.name, TTL, _dnskey("dnssec"))
        # Only records end early: the keys' own signature holds, so that what breaks is the zone and not the anchor.
        response.answer = [rrset, self._signature(rrset, 24.0 if query.rdtype == dns.rdatatype.DNSKEY else self.until)]
        return packed(query, response)

    def _soa(self) -> dns.rrset.RRset:
        return dns.rrset.from_text(f"{self.apex}.", TTL, "IN", "SOA", f"ns.{self.apex}. admin.{self.apex}. 1 1 1 1 60")

    def _nsec(self, query: Query) -> dns.rrset.RRset:
        following = rf"\000.{query.name.to_text()}"
        types = [kind for kind, texts in self.answer.by_type if texts] if isinstance(self.answer, Records) else []
        return dns.rrset.from_text(query.name, TTL, "IN", "NSEC", " ".join((following, *types, "RRSIG", "NSEC")))

    def _signature(self, rrset: dns.rrset.RRset, until: float | None = None) -> dns.rrset.RRset:
        now = datetime.now(UTC)
        end = now + _HOUR * (self.until if until is None else until)
        record = dns.dnssec.sign(
            rrset,
            ec_key("dnssec"),
            dns.name.from_text(self.apex),
            _dnskey("dnssec"),
            inception=min(now, end) - 24 * _HOUR,
            expiration=end,
        )
        return dns.rrset.from_rdata(rrset.name, rrset.ttl, record)


def signed(apex: str, answers: Mapping[str, Answerer], until: float = 24.0) -> dict[str, Answerer]:
    """The zone ``apex`` with these names, and an apex that has at least its keys."""
    return {name: Signed(apex, answer, until) for name, answer in ({apex: nodata} | dict(answers)).items()}


def tlsa(usage: int, purpose: str) -> Answerer:
    """A TLSA record for the key that the lab's certificates of ``purpose`` ("server", "intermediate") have."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        return Records((("TLSA", (f"{usage} 1 1 {_digest(rsa_key(purpose))}",)),))(query, zone)

    return answer


def _digest(key: Key) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
