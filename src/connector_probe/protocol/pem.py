"""PEM (RFC 7468): the blocks of a text, and the certificates among them. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

from connector_probe.protocol import der

# RFC 7468 section 2; a block may be of any label, its end has the same one. What begins and does not end is passed
# over at the next dashes, so that a file of nothing but beginnings takes no longer than others.
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]|-(?!----))*+)-----END \1-----")
_BEGIN: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_CERTIFICATE_LABELS: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Block(NamedTuple):
    """``label`` as in "CERTIFICATE"; ``whole``: with its BEGIN and END lines."""

    label: str
    content: str
    whole: str


def text_of(data: bytes) -> str:
    """PEM is ASCII, but editors and shells put byte order marks in front, and PowerShell writes UTF-16."""
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), "latin-1")
    return data.decode(encoding, "replace")


class Pem(NamedTuple):
    """The whole blocks of a text. ``cut_off``: a certificate block begins that does not end."""

    blocks: tuple[Block, ...]
    cut_off: bool

    @property
    def certificates(self) -> tuple[bytes | None, ...]:
        """The DER of each certificate block, None where there is none in it."""
        return tuple(decoded(one.content) for one in self.blocks if one.label in _CERTIFICATE_LABELS)


def read(text: str) -> Pem:
    """What ``text`` holds; whatever stands between its blocks is passed over."""
    blocks = tuple(Block(found[1], found[2], found[0]) for found in _BLOCK.finditer(text))
    begun = sum(found[1].endswith("CERTIFICATE") for found in _BEGIN.finditer(text))
    return Pem(blocks, sum(one.label.endswith("CERTIFICATE") for one in blocks) < begun)


def decoded(content: str) -> bytes | None:
    """One block's DER, None where there is none. OpenSSL's TRUSTED CERTIFICATE has trust settings behind it."""
    try:
        return der.first(base64.b64decode("".join(content.split()), validate=True)).raw
    except (binascii.Error, ValueError):
        return None
