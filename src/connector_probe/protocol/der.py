"""The few lines of DER (ITU-T X.690) that a certificate takes to be read field by field.

A certificate with one broken field must still show all its others, and a full ASN.1 library turns the whole of it
down. So this reader knows elements and the primitive types, no schema, and says DerError for everything else.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

# How the string types of X.520 are encoded; every other tag is no string. T61 is in practice Latin-1.
_ENCODINGS: Final = {
    0x0C: "utf-8",
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
_MAX_LENGTH_OCTETS: Final = 4  # 4 GiB; no input is that long, so a longer length field is broken anyway


class DerError(ValueError):
    """The bytes are not the DER that was expected there."""


class Element(NamedTuple):
    """One tag-length-value. ``raw`` is all of it, ``value`` its content."""

    tag: int
    value: bytes
    raw: bytes

    def expect(self, tag: int) -> bytes:
        """The content, if the element has this tag. Raises DerError."""
        if self.tag != tag:
            raise DerError(f"tag {self.tag:#04x} where {tag:#04x} was expected")
        return self.value

    def children(self, tag: int = SEQUENCE) -> list[Element]:
        """What a constructed element holds. Raises DerError."""
        data, start, found = self.expect(tag), 0, []
        while start < len(data):
            found.append(child := _element(data, start))
            start += len(child.raw)
        return found

    def parts(self, least: int) -> list[Element]:
        """What a SEQUENCE of ``least`` or more elements holds. Raises DerError."""
        found = self.children()
        if len(found) < least:
            raise DerError(f"{len(found)} elements where {least} were expected")
        return found


def single(data: bytes) -> Element:
    """The one element that ``data`` is, nothing before or after it. Raises DerError."""
    one = _element(data, 0)
    if len(one.raw) != len(data):
        raise DerError("bytes follow the element")
    return one


def first(data: bytes) -> Element:
    """The element that ``data`` begins with. Raises DerError."""
    return _element(data, 0)


def _element(data: bytes, start: int) -> Element:
    body = start + 2
    if body > len(data):
        raise DerError("the data ends inside an element")
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise DerError("a tag number over 30")
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= _MAX_LENGTH_OCTETS:
            raise DerError("an indefinite or over-long length")
        length = int.from_bytes(data[body : body + octets])
        body += octets
    end = body + length
    if end > len(data):
        raise DerError("the data ends inside an element")
    return _make((tag, data[body:end], data[start:end]))


_make: Final = Element._make  # hundreds of them in a chain: this spares a call each


def integer(element: Element) -> int:
    """A whole number. Raises DerError."""
    value = element.expect(INTEGER)
    if not value:
        raise DerError("a number without octets")
    return int.from_bytes(value, signed=True)


def boolean(element: Element) -> bool:
    """A truth value. Raises DerError."""
    value = element.expect(BOOLEAN)
    if len(value) != 1:
        raise DerError("a truth value of more or less than one octet")
    return value != b"\0"


def bits(element: Element) -> bytes:
    """The octets of a bit string, the unused bits left in place. Raises DerError."""
    value = element.expect(BIT_STRING)
    if not value or value[0] > 7 or (value[0] and len(value) == 1):
        raise DerError("a bit string without its count of unused bits")
    return value[1:]


def identifier(element: Element) -> str:
    """An object identifier as dotted numbers. Raises DerError."""
    return dotted(element.expect(OID))


@lru_cache(maxsize=1024)  # the same few dozen identifiers are in every certificate
def dotted(value: bytes) -> str:
    """The content octets of an object identifier as dotted numbers (X.690 8.19). Raises DerError."""
    if not value or value[-1] & 0x80:
        raise DerError("an object identifier that breaks off")
    numbers: list[int] = []
    number = 0
    for octet in value:
        if number.bit_length() > 128:  # 2.25 UUIDs have 128 bits, nothing has more
            raise DerError("an object identifier with a number beyond 128 bits")
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    head = min(numbers[0] // 40, 2)
    return ".".join(map(str, (head, numbers[0] - 40 * head, *numbers[1:])))


def string(element: Element) -> str:
    """A character string of any of the types that names are made of. Raises DerError."""
    encoding = _ENCODINGS.get(element.tag)
    if encoding is None:
        raise DerError(f"tag {element.tag:#04x} where a string was expected")
    # What is not in the type's alphabet is common in real names; it is shown, never trusted.
    return element.value.decode(encoding, "backslashreplace")


def moment(element: Element) -> datetime:
    """A Time of RFC 5280 4.1.2.5 in UTC. Raises DerError."""
    try:
        text = element.value.decode("ascii")
        if element.tag == UTC_TIME:
            # RFC 5280 4.1.2.5.1: YY from 50 on is 19YY; seconds are there in DER, not in the BER of old certificates.
            century = "19" if text[:2] >= "50" else "20"
            text = century + text if len(text) == 13 else f"{century}{text[:-1]}00Z"
        elif element.tag != GENERALIZED_TIME:
            raise DerError(f"tag {element.tag:#04x} where a time was expected")
        if len(text) != 15 or not text[:14].isdecimal() or text[14] != "Z":
            raise DerError("a time that is not YYYYMMDDHHMMSSZ")
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        return datetime(year, month, day, int(text[8:10]), int(text[10:12]), int(text[12:14]), tzinfo=UTC)
    except DerError:
        raise
    except ValueError:
        raise DerError("a time that is none") from None


def address(value: bytes) -> str:
    """The 4 or 16 octets of an iPAddress name (RFC 5280 4.2.1.6) as text. Raises DerError."""
    if len(value) not in (4, 16):
        raise DerError(f"an address of {len(value)} octets")
    return str(ipaddress.ip_address(value))
