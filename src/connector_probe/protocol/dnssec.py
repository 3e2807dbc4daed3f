"""DNSSEC: questions with DO and CD, trust anchors, and whether one set of records is signed as it should be.

Pure; who is asked next, along the chain of DS and DNSKEY records, is ``stages.dnssec``. dnspython does the
cryptography. Every count is bounded, since each key and each signature of a hostile zone costs a computation
(CVE-2023-50387).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import dns.dnssec
import dns.dnssectypes
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rdtypes.ANY.DS
import dns.rdtypes.ANY.RRSIG
import dns.rrset

from connector_probe.model.dataclass import dataclass
from connector_probe.model.policy import DnssecReason
from connector_probe.model.printable import printable
from connector_probe.protocol.dns import EDNS_PAYLOAD, MAX_ALIASES, MAX_MESSAGE, name_text, record_text, records_of

MAX_KEYS: Final = 16  # of one zone, or DS records of one; real zones have two to six
MAX_SIGNATURES: Final = 8  # over one set of records; a rollover of algorithms makes four
MAX_ITERATIONS: Final = 150  # of NSEC3; more is treated as unsigned (RFC 9276 3.2), and costs us time
MAX_ANCHORS: Final = 64
MAX_TEXT: Final = 20_000  # characters of one record; a whole certificate in a TLSA record has some thousand
# https://data.iana.org/root-anchors/root-anchors.xml: the keys of 2017 and 2024.
ROOT_ANCHORS: Final = """
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""
# What dnspython and cryptography compute; a zone with other algorithms alone counts as unsigned (RFC 4035 5.2).
_ALGORITHMS: Final = frozenset({5, 7, 8, 10, 13, 14, 15, 16})
_DIGESTS: Final = frozenset({1, 2, 4})
_TLSA: Final = dns.rdatatype.TLSA.to_bytes(2, "big")
_DNSKEY: Final = dns.rdtypes.ANY.DNSKEY.DNSKEY
_DS: Final = dns.rdtypes.ANY.DS.DS
_RRSIG: Final = dns.rdtypes.ANY.RRSIG.RRSIG
_OPAQUE: Final = dns.rdatatype.RdataType.make(0xFF00)  # for private use (RFC 6895 3.1): dnspython keeps it as it came
_ANCHOR = re.compile(r"(?P<owner>\S+)\s+(?:[0-9]+\s+)?(?:IN\s+)?(?P<type>DS|DNSKEY)\s+(?P<data>.+)", re.IGNORECASE)

Anchor = dns.rdtypes.ANY.DS.DS | dns.rdtypes.ANY.DNSKEY.DNSKEY
Anchors = Mapping[dns.name.Name, tuple[Anchor, ...]]


# --- trust anchors ---------------------------------------------------------------------------------------------


def parse_anchors(text: str) -> Anchors:
    """DS and DNSKEY records, one a line; comments begin with ";" or "#". Raises ValueError with what is wrong."""
    found: dict[dns.name.Name, tuple[Anchor, ...]] = {}
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.split(r"[;#]", line, maxsplit=1)[0].strip()
        if not bare:
            continue
        record = _ANCHOR.fullmatch(bare)
        if record is None:
            raise ValueError(f"line {number} is no DS or DNSKEY record")
        try:
            owner = dns.name.from_text(record["owner"])
            data = dns.rdata.from_text("IN", record["type"].upper(), record["data"])
        except (dns.exception.DNSException, ValueError) as problem:
            raise ValueError(f"line {number}: {printable(str(problem), 100)}") from None
        if not isinstance(data, _DS | _DNSKEY):
            raise ValueError(f"line {number} is no DS or DNSKEY record")
        count += 1
        found[owner] = (*found.get(owner, ()), data)
    if not found:
        raise ValueError("it holds no DS or DNSKEY record")
    if count > MAX_ANCHORS:
        raise ValueError(f"it holds {count} records, more than {MAX_ANCHORS}")
    return found


# --- messages --------------------------------------------------------------------------------------------------


def secure_question(name: dns.name.Name, rdtype: str, *, checking_disabled: bool = True) -> dns.message.QueryMessage:
    """A recursive question for the records with their signatures; CD asks for them even if they do not validate."""
    message = dns.message.make_query(name, rdtype, want_dnssec=True, payload=EDNS_PAYLOAD)
    message.flags |= dns.flags.CD if checking_disabled else dns.flags.AD
    return message


def read_answer(wire: bytes, asked: dns.message.Message) -> dns.message.Message | None:
    """The message if it answers the question, however badly; None for anything else. Never raises."""
    if len(wire) > MAX_MESSAGE:
        return None
    try:
        message = _read_message(wire)
    except Exception:  # dnspython raises more than its own classes on hostile bytes
        return None
    if message.id != asked.id or not message.flags & dns.flags.QR:
        return None
    if message.question != asked.question and (message.question or message.rcode() == dns.rcode.NOERROR):
        return None
    return message


def _read_message(wire: bytes) -> dns.message.Message:
    """As dnspython reads it, but TLSA records as they came.

    Since 2.9 dnspython refuses a whole message for one TLSA record whose data is shorter or longer than its matching
    type has it. RFC 6698 4.1 has such a record unusable, and the others count; without it no signature over them would
    fit. So they are read under a type that dnspython does not know.
    """
    octets = bytearray(wire)
    for at in _types(wire):
        if octets[at : at + 2] == _TLSA:
            octets[at : at + 2] = _OPAQUE.to_bytes(2, "big")
    message = dns.message.from_wire(bytes(octets), ignore_trailing=True, raise_on_truncation=False)
    for section in message.sections[1:]:
        section[:] = [_as_tlsa(rrset) if rrset.rdtype == _OPAQUE else rrset for rrset in section]
    return message


def _types(wire: bytes) -> Iterator[int]:
    """Where the records' types stand (RFC 1035 4.1). Raises IndexError where the message ends too early."""
    questions, *records = (int.from_bytes(wire[at : at + 2], "big") for at in (4, 6, 8, 10))
    at = 12
    for number in range(questions + sum(records)):
        while 0 < wire[at] < 0xC0:
            at += 1 + wire[at]
        at += 1 if wire[at] == 0 else 2
        if number >= questions:
            yield at
            at += 6 + int.from_bytes(wire[at + 8 : at + 10], "big")
        at += 4


def _as_tlsa(rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    made = dns.rrset.RRset(rrset.name, rrset.rdclass, dns.rdatatype.TLSA)
    made.update_ttl(rrset.ttl)
    for record in rrset:
        made.add(dns.rdata.GenericRdata(rrset.rdclass, dns.rdatatype.TLSA, record.data))
    return made


def text_of(record: dns.rdata.Rdata) -> str:
    """As ``record_text``, and TLSA as RFC 6698 2.2 has it."""
    if isinstance(record, dns.rdata.GenericRdata) and record.rdtype == dns.rdatatype.TLSA and len(record.data) >= 3:
        usage, selector, kind = record.data[:3]
        return printable(f"{usage} {selector} {kind} {record.data[3:].hex()}", MAX_TEXT)
    return record_text(record, MAX_TEXT)


def answers(message: dns.message.Message) -> bool:
    """Whether the message says what there is, or that there is nothing."""
    return message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


def signatures_of(
    section: list[dns.rrset.RRset], owner: dns.name.Name, covers: dns.rdatatype.RdataType
) -> tuple[dns.rdtypes.ANY.RRSIG.RRSIG, ...]:
    """The signatures over those records whose signer stands at or above their owner."""
    found = [
        record
        for rrset in section
        if rrset.name == owner and rrset.rdtype == dns.rdatatype.RRSIG and rrset.covers == covers
        for record in rrset
        if isinstance(record, _RRSIG) and owner.is_subdomain(record.signer)
    ]
    return tuple(found[:MAX_SIGNATURES])


def chase(
    message: dns.message.Message, at: dns.name.Name, rdtype: dns.rdatatype.RdataType
) -> tuple[list[dns.rrset.RRset], dns.name.Name]:
    """What the answer says about ``at``: the CNAMEs on the way and the records at the end; and where it ends."""
    steps: list[dns.rrset.RRset] = []
    seen = {at}
    while True:
        data = records_of(message.answer, at, rdtype)
        if data is not None:
            return [*steps, data], at
        alias = records_of(message.answer, at, dns.rdatatype.CNAME)
        if alias is None or len(steps) > MAX_ALIASES:
            return steps, at
        at = alias[0].target
        steps.append(alias)
        if at in seen:
            return steps, at
        seen.add(at)


def zone_of(message: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """The zone that an answer about ``name`` comes from, by its SOA; None where there is none."""
    for section in (message.answer, message.authority):
        for rrset in section:
            if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                return rrset.name
    return None


# --- validating ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """The validated keys of one zone."""

    zone: dns.name.Name
    keys: dns.rdataset.Rdataset


Fault = tuple[DnssecReason, str]


def fault_of_signatures(
    rrset: dns.rrset.RRset, signatures: tuple[dns.rdtypes.ANY.RRSIG.RRSIG, ...], keys: ZoneKeys, now: float
) -> Fault | None:
    """Why none of the zone's signatures over ``rrset`` holds at ``now`` (Unix time); None where one does."""
    faults: list[Fault] = []
    for signature in signatures:
        if signature.signer != keys.zone:
            continue
        if signature.expiration < now:
            faults.append((DnssecReason.SIGNATURE_EXPIRED, _moment(signature.expiration)))
            continue
        if signature.inception > now:
            faults.append((DnssecReason.SIGNATURE_EARLY, _moment(signature.inception)))
            continue
        try:
            dns.dnssec.validate_rrsig(
                rrset, signature, {keys.zone: keys.keys}, None, now, policy=dns.dnssec.allow_all_policy
            )
        except Exception:  # dnspython and cryptography raise more than ValidationFailure on hostile keys
            known = any(dns.dnssec.key_id(key) == signature.key_tag for key in keys.keys if isinstance(key, _DNSKEY))
            reason = DnssecReason.SIGNATURE_INVALID if known else DnssecReason.SIGNED_BY_STRANGER
            faults.append((reason, f"{signature.key_tag} ({dns.dnssec.algorithm_to_text(signature.algorithm)})"))
            continue
        return None
    return faults[0] if faults else (DnssecReason.SIGNATURE_MISSING, "")


def hold_in_their_time(
    rrset: dns.rrset.RRset, signatures: tuple[dns.rdtypes.ANY.RRSIG.RRSIG, ...], keys: ZoneKeys
) -> bool:
    """Whether one of the zone's signatures over ``rrset`` is good at the end of its time."""
    return any(fault_of_signatures(rrset, (signature,), keys, signature.expiration) is None for signature in signatures)


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def is_supported(anchors: tuple[Anchor, ...]) -> bool:
    """Whether one of the DS records (or keys) is of an algorithm and digest that can be computed here."""
    return any(
        int(anchor.algorithm) in _ALGORITHMS and (isinstance(anchor, _DNSKEY) or int(anchor.digest_type) in _DIGESTS)
        for anchor in anchors[:MAX_KEYS]
    )


def ds_records(rrset: dns.rrset.RRset) -> tuple[dns.rdtypes.ANY.DS.DS, ...]:
    return tuple(record for record in rrset if isinstance(record, _DS))[:MAX_KEYS]


def entry_keys(
    zone: dns.name.Name, dnskeys: dns.rrset.RRset, anchors: tuple[Anchor, ...]
) -> tuple[ZoneKeys, ZoneKeys | None]:
    """All keys of ``zone``, bounded, and those that ``anchors`` vouch for (None where that is none)."""
    keys = [key for key in dnskeys if isinstance(key, _DNSKEY)][:MAX_KEYS]
    vouched = [key for key in keys if any(_vouches(anchor, zone, key) for anchor in anchors[:MAX_KEYS])]
    return ZoneKeys(zone, _rdataset(keys)), ZoneKeys(zone, _rdataset(vouched)) if vouched else None


def _vouches(anchor: Anchor, zone: dns.name.Name, key: dns.rdtypes.ANY.DNSKEY.DNSKEY) -> bool:
    if isinstance(anchor, _DNSKEY):
        return anchor.key == key.key and anchor.algorithm == key.algorithm
    if anchor.key_tag != dns.dnssec.key_id(key) or anchor.algorithm != key.algorithm:
        return False
    try:
        made = dns.dnssec.make_ds(zone, key, anchor.digest_type, policy=dns.dnssec.allow_all_policy, validating=True)
    except (dns.exception.DNSException, ValueError):
        return False
    return bool(made.digest == anchor.digest)


def _rdataset(keys: list[dns.rdtypes.ANY.DNSKEY.DNSKEY]) -> dns.rdataset.Rdataset:
    found = dns.rdataset.Rdataset(dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    for key in keys:
        found.add(key)
    return found


# --- that there is nothing -------------------------------------------------------------------------------------


def denials(message: dns.message.Message) -> Iterator[dns.rrset.RRset]:
    """The NSEC and NSEC3 records of an answer that says no."""
    kinds = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
    return (rrset for rrset in message.authority[:MAX_KEYS] if rrset.rdtype in kinds and len(rrset) == 1)


def denies(denial: dns.rrset.RRset, zone: dns.name.Name, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> bool:
    """Whether this NSEC or NSEC3 record is about ``name``: it has no ``rdtype``, or neither it nor its parents exist.

    RFC 4035 5.4, RFC 5155 8: enough to tell an honest answer from one that proves nothing.
    """
    record = denial[0]
    if denial.rdtype == dns.rdatatype.NSEC:
        if denial.name == name:
            return not _listed(record.windows, rdtype)
        # RFC 4034 6.1: canonical order, which is that of dnspython's names.
        return bool(denial.name < name and (record.next == zone or name < record.next))
    if record.algorithm != dns.dnssectypes.NSEC3Hash.SHA1:  # RFC 5155 8.1: to be ignored
        return False
    if record.iterations > MAX_ITERATIONS:
        return True
    owner = denial.name.labels[0].decode("ascii", "replace").upper()
    following = base64.b32hexencode(record.next).decode("ascii").rstrip("=")
    at = name
    while at != zone and len(at.labels) > len(zone.labels):
        hashed = dns.dnssec.nsec3_hash(at, record.salt, record.iterations, record.algorithm).upper()
        if hashed == owner:
            return at != name or not _listed(record.windows, rdtype)
        if owner < hashed < following or (following <= owner and (hashed > owner or hashed < following)):
            return True
        at = at.parent()
    return False


def _listed(windows: list[tuple[int, bytes]], rdtype: dns.rdatatype.RdataType) -> bool:
    window, offset = divmod(int(rdtype), 256)
    for number, bitmap in windows:
        if number == window and offset // 8 < len(bitmap):
            return bool(bitmap[offset // 8] & (0x80 >> (offset % 8)))
    return False


def zone_text(zone: dns.name.Name) -> str:
    return name_text(zone) or "."
