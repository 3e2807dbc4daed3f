"""A mail, or an mbox file of several, to the text of its parts. Pure.

Whatever a mail claims about itself may be wrong: then it is read as plain text.
"""

from __future__ import annotations

import base64
import binascii
import email
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from enum import Enum, auto

from connector_probe.bounces.decoding import GZIP, InputTooLargeError, decode, decode_narrow, gunzipped
from connector_probe.bounces.text import Readable, strip_tags

_MAX_BOUNDARIES = 2_000  # lines that begin like a MIME boundary; the parser's work grows with nesting
_MAX_STATUS_BLOCKS = 10_000  # blank lines in a mail with a delivery status; the parser makes a mail of each block
_MAX_NESTED = 50  # multipart and message types in one mail
_MAX_MAILS = 200  # in one mbox file; what follows the last of them is read as a part of it
_MAX_PARAMETERS = 2_000  # characters of one Content-* field; the parser's work grows with their square


def read_mails(raw: bytes, *, transcoded: bool) -> Readable | None:
    """The text of all mails in ``raw``; None where one cannot be taken apart. Raises InputTooLargeError.

    ``transcoded``: ``raw`` was made UTF-8, so that what a part says of its charset is no longer true.
    """
    mails = [_mail(mail, transcoded=transcoded) for mail in _mailbox(raw)]
    found = [mail for mail in mails if mail is not None]
    if len(found) < len(mails):
        return None
    attachments = tuple(each for mail in found for each in mail.attachments)
    text = "\n\n".join(mail.text for mail in found)
    returned = "\n\n".join(mail.returned for mail in found)
    return Readable(text, attachments, returned, is_mail=True)


_FROM_LINE = re.compile(rb"^From [^\n]{1,200} [0-9]{4}\r?\n", re.MULTILINE)
_BOUNDARY_LINE = re.compile(rb"^--", re.MULTILINE)
_CONTENT_FIELD = re.compile(rb"^Content-[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_STATUS_TYPE = re.compile(rb"^Content-Type:\s*message/[a-z]*-?delivery-status", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_NESTING = re.compile(rb"^Content-Type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)


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
    except InputTooLargeError:
        raise
    except Exception:  # the standard library's parser raises whatever it stumbles over on hostile input
        return None
    text, attached, returned = ([part for part, kind in parts if kind is wanted] for wanted in _Kind)
    return Readable("\n\n".join(text), tuple(attached), "\n\n".join(returned), is_mail=True)


class _Kind(Enum):
    """What a part of a mail is: what it says, a file that it carries, or of the message that a report returns."""

    TEXT = auto()
    ATTACHMENT = auto()
    RETURNED = auto()


def _parts(message: Message, *, transcoded: bool, returned: bool = False) -> Iterator[tuple[str, _Kind]]:
    """The text of each part."""
    of_message = _Kind.RETURNED if returned else _Kind.TEXT
    kind, payload = message.get_content_type(), message.get_payload()
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        yield _delivery_status(message, transcoded=transcoded), of_message
    elif isinstance(payload, list):
        report = kind == "multipart/report"
        for number, part in enumerate(payload):
            if isinstance(part, Message):
                carried = report and number > 0 and part.get_content_type() in _RETURNED
                yield from _parts(part, transcoded=transcoded, returned=returned or carried)
    elif message.get_content_maintype() in ("text", "message", "multipart"):  # a multipart whose boundary was lost
        yield _text(message, transcoded=transcoded), of_message
    elif kind in _FILES or (message.get_filename() or "").lower().endswith(_FILE_NAMES):
        payload = message.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield decode(gunzipped(payload) if payload.startswith(GZIP) else payload), _Kind.ATTACHMENT


_FILES = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json", "application/gzip", "application/json"})
_FILE_NAMES = (".json", ".json.gz", ".csv", ".log")
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
    return decode_narrow(raw, "" if transcoded else str(message.get_content_charset() or ""))


def _text(message: Message, *, transcoded: bool) -> str:
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    payload = message.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    encoded = encoding in ("base64", "quoted-printable")
    charset = str(message.get_content_charset() or "") if encoded or not transcoded else "utf-8"
    text = decode_narrow(raw, charset)
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
