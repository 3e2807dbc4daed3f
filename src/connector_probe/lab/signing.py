"""Signed zones: each is an anchor of its own, and what it answers is signed when it is asked for.

A nameserver that signs as it answers needs no zone file; that a name or a type is not there is proven by an NSEC record
made for the question (RFC 4470, RFC 9824).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.dnssectypes
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rrset
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connector_probe.lab.answers import TTL, Answerer, Query, Records, Zone, packed, soa
from connector_probe.lab.authority import Key, ec_key, rsa_key

PORT = "{port}"  # in the names of a zone: the port of the scenario's servers
_HOUR = timedelta(hours=1)
_SERVED = ("DNSKEY", "SOA")


def _dnskey(purpose: str) -> dns.rdtypes.ANY.DNSKEY.DNSKEY:
    key = dns.dnssec.make_dnskey(ec_key(purpose).public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags=257)
    assert isinstance(key, dns.rdtypes.ANY.DNSKEY.DNSKEY)
    return key


def anchors_of(zones: Iterable[tuple[str, Mapping[str, Answerer]]]) -> str:
    """What ``--trust-anchor`` reads, for those of the zones, each with its apex, that are signed."""
    signed = sorted(apex for apex, said in zones if any(isinstance(one, Signed) for one in said.values()))
    return "".join(f"{apex}. IN DNSKEY {_dnskey('dnssec').to_text()}\n" for apex in signed)


@dataclass(frozen=True, slots=True)
class Signing:
    """``until``: hours from now to the signatures' end. ``key``: the purpose of the one that signs; the zone has only

    "dnssec". ``tampered``: the records were changed since, so that no signature fits.
    """

    until: float = 24.0
    key: str = "dnssec"
    tampered: bool = False


SOUNDLY = Signing()


@dataclass(frozen=True, slots=True)
class Signed:
    """``answer`` signed with a key of its zone, whose apex is the scenario's host."""

    answer: Answerer
    how: Signing = SOUNDLY

    def __call__(self, query: Query, zone: Zone) -> bytes | None:
        if query.name == query.origin and dns.rdatatype.to_text(query.rdtype) in _SERVED:
            return self._of_zone(query)
        wire = self.answer(query, zone)
        if wire is None or query.message.edns < 0:
            return wire
        response = dns.message.from_wire(wire)
        response.id = query.message.id
        if not response.answer:
            response.authority = [soa(query.origin), self._nsec(query)]
        for section in (response.answer, response.authority):
            section.extend([self._signature(rrset, query.origin) for rrset in list(section)])
        response.set_rcode(dns.rcode.NOERROR)
        return packed(query, response)

    def _of_zone(self, query: Query) -> bytes:
        response = query.response()
        if query.rdtype == dns.rdatatype.SOA:
            rrset = soa(query.origin)
        else:
            rrset = dns.rrset.from_rdata(query.name, TTL, _dnskey("dnssec"))
        # Only records are signed badly: the keys' own signature holds, so that what breaks is the zone, not the anchor.
        signer = Signed(self.answer) if query.rdtype == dns.rdatatype.DNSKEY else self
        response.answer = [rrset, signer._signature(rrset, query.origin)]
        return packed(query, response)

    def _nsec(self, query: Query) -> dns.rrset.RRset:
        following = rf"\000.{query.name.to_text()}"
        types = (
            [kind for kind, texts in self.answer.by_type.items() if texts] if isinstance(self.answer, Records) else []
        )
        return dns.rrset.from_text(query.name, TTL, "IN", "NSEC", " ".join((following, *types, "RRSIG", "NSEC")))

    def _signature(self, rrset: dns.rrset.RRset, apex: dns.name.Name) -> dns.rrset.RRset:
        now = datetime.now(UTC)
        end = now + _HOUR * self.how.until
        record: dns.rdata.Rdata = dns.dnssec.sign(
            rrset,
            ec_key(self.how.key),
            apex,
            _dnskey(self.how.key),
            inception=min(now, end) - 24 * _HOUR,
            expiration=end,
        )
        if self.how.tampered:
            record = record.replace(signature=bytes(64))  # as long as one by P-256
        return dns.rrset.from_rdata(rrset.name, rrset.ttl, record)


def signed(answers: Mapping[str, Answerer], how: Signing = SOUNDLY) -> dict[str, Answerer]:
    """The zone with these names, "@" among them: each answer, and the keys, are signed."""
    return {name: Signed(answer, how) for name, answer in answers.items()}


def tlsa(*keys: tuple[int, str]) -> Answerer:
    """TLSA records: usage, and the purpose of the lab's certificates whose key it is ("server", "intermediate")."""

    def answer(query: Query, zone: Zone) -> bytes | None:
        return Records({"TLSA": [f"{usage} 1 1 {_digest(rsa_key(purpose))}" for usage, purpose in keys]})(query, zone)

    return answer


def _digest(key: Key) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
