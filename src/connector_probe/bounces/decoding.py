"""Bytes of unknown encoding to text: byte order marks, UTF-16, charsets, gzip."""

from __future__ import annotations

import codecs
import re
import zlib

from connector_probe.bounces.patterns import pattern

MAX_INPUT = 10 * 1024 * 1024  # a mail's usual limit is some 35 MiB, but no NDR comes near this
GZIP = b"\x1f\x8b"


class InputTooLargeError(ValueError):
    """More text than any bounce has."""

    def __init__(self) -> None:
        super().__init__(f"the text is larger than {MAX_INPUT // 1024 // 1024} MiB")


def gunzipped(data: bytes) -> bytes:
    """What was compressed, as far as it can be read. Raises InputTooLargeError."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(data, MAX_INPUT)
    except zlib.error:
        return data
    if unpacking.unconsumed_tail:
        raise InputTooLargeError
    return found


def decode(data: bytes) -> str:
    """Bytes of unknown encoding: a byte order mark, UTF-16 as PowerShell 5 redirects it, UTF-8, else Windows-1252."""
    encoding = wide_encoding(data)
    return decode_narrow(data) if encoding is None else data.decode(encoding, "replace").removeprefix("\ufeff")


_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def wide_encoding(data: bytes) -> str | None:
    """The encoding that a mark, or every other byte being NUL, gives away."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:2_000]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if len(sample) >= 8 and max(odd, even) > len(sample) // 4:
        return "utf-16-le" if odd >= even else "utf-16-be"
    return None


def decode_narrow(data: bytes, charset: str = "") -> str:
    for name in (charset, "utf-8"):
        try:
            if _is_charset(name):
                return data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


# Python's codecs include some that are no charsets (idna, punycode, unicode_escape), and slow on hostile input.
_CHARSETS = pattern(
    r"(?:utf|iso|cp|windows|big5|gb|shift|euc|koi8|ascii|latin|mac|johab|hz|tis|hp|kz|ptcp)", re.IGNORECASE
)


def _is_charset(name: str) -> bool:
    try:
        return bool(name) and _CHARSETS.match(codecs.lookup(name).name) is not None
    except (LookupError, ValueError):
        return False
