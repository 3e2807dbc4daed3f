"""From whatever was handed in to plain text: encodings, mail with its parts, HTML, quoting marks.

Nothing in here knows a code. Whatever a mail claims about itself may be wrong: then it is read as plain text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import contextlib
import email
import html
import json
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

MAX_INPUT = 10 * 1024 * 1024  # a mail's usual limit is some 35 MiB, but no NDR comes near this
_MAX_BOUNDARIES = 2_000  # lines that begin like a MIME boundary; the parser's work grows with nesting
_MAX_STATUS_BLOCKS = 10_000  # blank lines in a mail with a delivery status; the parser makes a mail of each block
_MAX_NESTED = 50  # multipart and message types in one mail
_MAX_MAILS = 200  # in one mbox file; what follows the last of them is read as a part of it
_MAX_PARAMETERS = 2_000  # characters of one Content-* field; the parser's work grows with their square


class InputTooLargeError(ValueError):
    """More text than any bounce has."""

    def __init__(self) -> None:
        super().__init__(f"the text is larger than {MAX_INPUT // 1024 // 1024} MiB")


@dataclass(frozen=True, slots=True)
class Readable:
    """``returned``: the original message that a delivery report carries along, worth a look only as a last resort."""

    text: str
    returned: str = ""
    is_mail: bool = False


def readable(data: str | bytes) -> Readable:
    """``data`` as plain text. Raises InputTooLargeError, and nothing else."""
    if len(data) > MAX_INPUT:
        raise InputTooLargeError
    # Text, and UTF-16, become UTF-8: what a part then says of its charset is no longer true.
    transcoded = isinstance(data, str) or _wide(data) is not None
    plain = data if isinstance(data, str) else decode(data)
    raw = plain.encode("utf-8", "replace") if isinstance(data, str) or transcoded else data
    mails = [_mail(one, transcoded=transcoded) for one in _mailbox(raw)] if _is_mail(plain) else []
    if mails and None not in mails:
        found = [one for one in mails if one is not None]
        text, returned = "\n\n".join(one.text for one in found), "\n\n".join(one.returned for one in found)
        return Readable(_tidy(text), _tidy(returned), is_mail=True)
    return Readable(_tidy(_unwrapped(plain)))


def decode(data: bytes) -> str:
    """Bytes of unknown encoding: a byte order mark, UTF-16 as PowerShell 5 redirects it, UTF-8, else Windows-1252."""
    encoding = _wide(data)
    return _narrow(data) if encoding is None else data.decode(encoding, "replace").removeprefix("\ufeff")


_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def _wide(data: bytes) -> str | None:
    """The encoding that a mark, or every other byte being NUL, gives away."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:2_000]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if len(sample) >= 8 and max(odd, even) > len(sample) // 4:
        return "utf-16-le" if odd >= even else "utf-16-be"
    return None


def _narrow(data: bytes, charset: str = "") -> str:
    for one in (charset, "utf-8"):
        try:
            if _is_charset(one):
                return data.decode(one)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("cp1252", "replace")


# Python's codecs include some that are no charsets (idna, punycode, unicode_escape), and slow on hostile input.
_CHARSETS = re.compile(
    r"(?:utf|iso|cp|windows|big5|gb|shift|euc|koi8|ascii|latin|mac|johab|hz|tis|hp|kz|ptcp)", re.IGNORECASE
)


def _is_charset(name: str) -> bool:
    try:
        return bool(name) and _CHARSETS.match(codecs.lookup(name).name) is not None
    except (LookupError, ValueError):
        return False


# --- mail ------------------------------------------------------------------------------------------------------

_HEADER = re.compile(r"(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]{0,70}:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_MIME_HEADER = re.compile(r"^(?:Content-Type|Content-Transfer-Encoding|MIME-Version):", re.IGNORECASE | re.MULTILINE)
_FROM_LINE = re.compile(rb"^From [^\n]{1,200} [0-9]{4}\r?\n", re.MULTILINE)
_BOUNDARY_LINE = re.compile(rb"^--", re.MULTILINE)
_CONTENT_FIELD = re.compile(rb"^Content-[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_STATUS_TYPE = re.compile(rb"^Content-Type:\s*message/[a-z]*-?delivery-status", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_NESTING = re.compile(rb"^Content-Type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)


def _is_mail(text: str) -> bool:
    header = _HEADER.match(text.lstrip("\ufeff \t\r\n")[:100_000].replace("\r\n", "\n"))
    return header is not None and _MIME_HEADER.search(header.group()) is not None


def _mailbox(raw: bytes) -> list[bytes]:
    """The mails of an mbox file, or the one mail."""
    raw = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    starts = [match.start() for match in _FROM_LINE.finditer(raw)] if raw.startswith(b"From ") else []
    if not starts:
        return [raw]
    starts = starts[:_MAX_MAILS]
    ends = [*starts[1:], len(raw)]
    return [raw[start:end].split(b"\n", 1)[-1] for start, end in zip(starts, ends, strict=True)]


def _mail(raw: bytes, *, transcoded: bool) -> Readable | None:
    """One mail's text; None where it cannot be taken apart."""
    if len(_BOUNDARY_LINE.findall(raw)) > _MAX_BOUNDARIES or len(_NESTING.findall(raw)) > _MAX_NESTED:
        return None
    if _STATUS_TYPE.search(raw) is not None and len(_BLANK_LINE.findall(raw)) > _MAX_STATUS_BLOCKS:
        return None
    if any(len(match.group()) > _MAX_PARAMETERS for match in _CONTENT_FIELD.finditer(raw)):
        return None
    try:
        message = email.message_from_bytes(raw)
        parts = list(_parts(message, transcoded=transcoded))
    except Exception:  # the standard library's parser raises whatever it stumbles over on hostile input
        return None
    text = "\n\n".join(part for part, returned in parts if not returned)
    return Readable(text, "\n\n".join(part for part, returned in parts if returned), is_mail=True)


def _parts(message: Message, *, transcoded: bool, returned: bool = False) -> Iterator[tuple[str, bool]]:
    """The text of each part, and whether it belongs to the original message that a report returns."""
    kind, payload = message.get_content_type(), message.get_payload()
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        yield _delivery_status(message, transcoded=transcoded), returned
    elif isinstance(payload, list):
        report = kind == "multipart/report"
        for number, part in enumerate(payload):
            if isinstance(part, Message):
                carried = report and number > 0 and part.get_content_type() in _RETURNED
                yield from _parts(part, transcoded=transcoded, returned=returned or carried)
    elif message.get_content_maintype() in ("text", "message", "multipart"):  # a multipart whose boundary was lost
        yield _text(message, transcoded=transcoded), returned


_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})


def _delivery_status(message: Message, *, transcoded: bool) -> str:
    """The fields as sent: the parser has taken them for the headers of so many little mails."""
    payload = message.get_payload()
    blocks = payload if isinstance(payload, list) else [message]
    lines = []
    for block in blocks:
        if isinstance(block, Message):
            lines += [f"{name}: {value}" for name, value in block.items()] if block is not message else []
            rest = block.get_payload()
            lines += ["", rest if isinstance(rest, str) else "", ""]
    text = "\n".join(lines)
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    raw = _transfer_decoded(text.encode("utf-8", "surrogateescape"), encoding)
    return _narrow(raw, "" if transcoded else str(message.get_content_charset() or ""))


def _text(message: Message, *, transcoded: bool) -> str:
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    payload = message.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    encoded = encoding in ("base64", "quoted-printable")
    charset = str(message.get_content_charset() or "") if encoded or not transcoded else "utf-8"
    text = _narrow(raw, charset)
    return strip_tags(text) if message.get_content_type() == "text/html" else text


def _transfer_decoded(raw: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return quopri.decodestring(raw)
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(raw.split()))
        except binascii.Error:
            return raw
    return raw


# --- HTML, JSON, quoting -----------------------------------------------------------------------------------------

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z!][A-Za-z0-9-]{0,30})[^<>]*>")
_HTML = re.compile(r"<(?:!doctype|html|body|div|p|br|span|table|td|font)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#[0-9]{2,4}|#x[0-9A-Fa-f]{2,4}|quot|apos|nbsp|lt|gt|amp);")  # the page's source, in part
_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "mark", "o", "s", "small", "span", "strong", "u", "wbr"}
)
_HIDDEN = frozenset({"script", "style"})


def strip_tags(text: str) -> str:
    """The text of an HTML page: block elements become line breaks, scripts and styles vanish."""
    kept: list[str] = []
    at, hidden = 0, ""
    for match in _TAG.finditer(text):
        if not hidden:
            kept.append(text[at : match.start()])
        at, name = match.end(), match["name"].lower()
        if hidden:
            hidden = "" if match["close"] and name == hidden else hidden
        elif name in _HIDDEN and not match["close"]:
            hidden = name
        elif name not in _INLINE:
            kept.append("\n")
    if not hidden:
        kept.append(text[at:])
    return _unescaped("".join(kept))


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a character reference with thousands of digits
        return text


def _unwrapped(text: str) -> str:
    """Pasted text without the wrapping it was copied in: JSON strings, quoted-printable, HTML or its references."""
    if text.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            text = "\n\n".join(_strings(json.loads(text)))
    if "=3D" in text and ("Message=3D" in text or "ServerName=3D" in text):
        text = quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    if _HTML.search(text):
        return strip_tags(text)
    return _unescaped(text) if _REFERENCE.search(text) else text


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Every string of a JSON document, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


# Direction marks stand in Outlook's NDRs, zero-width spaces in what is copied from a web page.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\xad\0"))
_SPACES = dict.fromkeys(map(ord, "\t\v\f\xa0\u2002\u2003\u2007\u2009\u202f\u3000"), " ")
_LINES = dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n")
_QUOTED = re.compile(r"^(?:[>|] ?)+", re.MULTILINE)


def _tidy(text: str) -> str:
    """One kind of space, one kind of line end, and no marks of a quoted mail."""
    text = text.replace("\r\n", "\n").translate(_INVISIBLE | _SPACES | _LINES)
    return _QUOTED.sub("", text)
