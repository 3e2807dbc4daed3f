"""Makes certificate trust lists as Windows has them (authroot.stl), of any roots with any properties."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID

PURPOSES, DISALLOWED, DISALLOWED_PURPOSES, NOT_BEFORE, NOT_BEFORE_PURPOSES = 9, 104, 122, 126, 127
SERVERS, MAIL = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION
RELEASED = datetime(2026, 5, 20, tzinfo=UTC)
Properties = Mapping[int, bytes]

_SEQUENCE, _SET, _OCTETS, _OID = 0x30, 0x31, 0x04, 0x06
_PROPERTY = "1.3.6.1.4.1.311.10.11."


def element(tag: int, *content: bytes) -> bytes:
    """One tag-length-value in DER."""
    body = b"".join(content)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8) if len(body) > 127 else b""
    return bytes([tag, 0x80 | len(size) if size else len(body)]) + size + body


def identifier(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = bytearray([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        octets += bytes(groups)
    return element(_OID, bytes(octets))


def purposes(*oids: ObjectIdentifier) -> bytes:
    return element(_SEQUENCE, *(identifier(one.dotted_string) for one in oids))


def filetime(moment: datetime) -> bytes:
    since = moment - datetime(1601, 1, 1, tzinfo=UTC)
    return ((since.days * 86400 + since.seconds) * 10_000_000).to_bytes(8, "little")


def trust_list(
    roots: Mapping[bytes, Properties], released: datetime = RELEASED, algorithm: str = "1.3.14.3.2.26"
) -> bytes:
    """The list of ``roots`` (DER), each with its properties by their number."""
    entries = [_entry(hashlib.sha1(root).digest(), properties) for root, properties in roots.items()]
    content = element(
        _SEQUENCE,
        element(_SEQUENCE, identifier("1.3.6.1.4.1.311.10.3.9")),  # szOID_ROOT_LIST_SIGNER
        element(0x02, b"\x14\x01"),
        element(0x17, f"{released:%y%m%d%H%M%SZ}".encode()),
        element(_SEQUENCE, identifier(algorithm), b"\x05\x00"),
        element(_SEQUENCE, *entries),
    )
    signed = element(
        _SEQUENCE,
        element(0x02, b"\x01"),
        element(_SET, element(_SEQUENCE, identifier("2.16.840.1.101.3.4.2.1"), b"\x05\x00")),
        element(_SEQUENCE, identifier("1.3.6.1.4.1.311.10.1"), element(0xA0, content)),
        element(_SET),
    )
    return element(_SEQUENCE, identifier("1.2.840.113549.1.7.2"), element(0xA0, signed))


def _entry(fingerprint: bytes, properties: Properties) -> bytes:
    attributes = [
        element(_SEQUENCE, identifier(f"{_PROPERTY}{number}"), element(_SET, element(_OCTETS, value)))
        for number, value in properties.items()
    ]
    return element(_SEQUENCE, element(_OCTETS, fingerprint), element(_SET, *attributes))
