"""What one certificate says (RFC 5280), field by field: a broken field is empty, the others are still there.

Pure: bytes in, facts out, never an exception. Whether any of it is good is decided in ``certificate.py``.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate
from connector_probe.model.printable import printable
from connector_probe.protocol import der
from connector_probe.protocol.der import DerError, Element
from connector_probe.protocol.x509_algorithms import public_key, signature_of
from connector_probe.protocol.x509_extensions import MAX_NAME, Extensions, read_extensions

# --- limits ----------------------------------------------------------------------------------------------------

MAX_CERTIFICATE: Final = 64 * 1024  # octets; certificates with hundreds of names have ten KiB
MAX_TEXT: Final = 1024  # characters of a subject or issuer that evidence keeps; real ones have under 300
_REMEMBERED: Final = 256  # certificates kept parsed; the same few intermediates come with most chains

# --- names of things -------------------------------------------------------------------------------------------

# RFC 4514 section 3, its whole table; every other attribute type is written as dotted numbers.
_ATTRIBUTES: Final = {
    "2.5.4.3": "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_SPECIAL: Final = re.compile(r'[",+;<>\\]')
_VERSION: Final = 0xA0  # the tag of TBSCertificate's first field, left out in version 1
_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION: Final = "2.5.4.10"

_T = TypeVar("_T")
NameKey = tuple[tuple[tuple[str, str], ...], ...]  # a name made comparable, see _name_key


# --- the result ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParsedCertificate:
    """One certificate, read once. ``broken`` names the fields (not extensions) that could not be read.

    ``subject_key`` and ``issuer_key`` are for comparing names; ``issuer_mark`` is the longest text in the issuer's
    name, as it is written; ``weak_key`` and ``weak_signature`` say what is weak in words ("RSA 1024",
    "sha1WithRSAEncryption"), "" when nothing is. ``version`` is 1 to 3, 0 when unreadable.
    """

    data: bytes
    certificate: Certificate
    extensions: Extensions
    version: int = 0
    subject_key: NameKey | None = None
    issuer_key: NameKey | None = None
    issuer_mark: bytes = b""
    issuer_organization: str = ""
    organization: str = ""
    weak_key: str = ""
    weak_signature: str = ""
    broken: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The shortest thing that names the certificate: its subject, else its first name, else its fingerprint."""
        return self.certificate.subject or next(iter(self.certificate.names), self.certificate.sha1)

    @property
    def self_issued(self) -> bool:
        return self.subject_key is not None and self.subject_key == self.issuer_key

    @property
    def is_authority(self) -> bool:
        """Whether it may sign certificates (RFC 5280 6.1.4 k and n), read as leniently as mail servers' CAs need.

        A version 1 root has no extensions at all; an old root may have keyUsage only.
        """
        usage, constraint = self.extensions.usage, self.extensions.is_authority
        if usage is not None and "keyCertSign" not in usage:
            return False
        if constraint is not None:
            return constraint
        return usage is not None or (self.version == 1 and self.self_issued)


@lru_cache(maxsize=_REMEMBERED)
def parse_certificate(data: bytes) -> ParsedCertificate:
    """Everything that judging needs to know of one DER certificate. Never raises."""
    if len(data) > MAX_CERTIFICATE:
        return _hashes_only(data, f"with {len(data)} octets it is too large")
    try:
        body = der.single(data).children()
        fields = body[0].children()
    except (DerError, IndexError):
        return _hashes_only(data, "DER")
    return _Reader(fields, body).facts(data)


def tbs_fields(data: bytes) -> list[Element]:
    """The fields behind the version: serialNumber, signature, issuer, validity, subject, ... Raises DerError."""
    fields = der.single(data).parts(1)[0].children()
    return fields[1:] if fields and fields[0].tag == _VERSION else fields


def read_validity(data: bytes) -> tuple[datetime, datetime] | None:
    """From when until when a certificate is valid, in UTC; None where that cannot be read. Never raises."""
    try:
        dates = tbs_fields(data)[3].parts(2)
        return der.moment(dates[0]), der.moment(dates[1])
    except (DerError, IndexError):
        return None


def read_subject(data: bytes) -> tuple[NameKey | None, str]:
    """A certificate's subject for comparing, and its organisation: what of a root is read in advance. Never raises."""
    try:
        subject = _name(tbs_fields(data)[4].raw)
    except (DerError, IndexError):
        return None, ""
    return subject.key, subject.organization


def _hashes_only(data: bytes, broken: str) -> ParsedCertificate:
    empty = Certificate("", "", (), None, None, "", *_fingerprints(data), "", "")
    return ParsedCertificate(data, empty, Extensions(), broken=(broken,))


def _fingerprints(data: bytes) -> tuple[str, str]:
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest().upper()
    return sha1, _sha256(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest().upper()


class _Reader:
    """Reads field after field and remembers which could not be read.

    Certificate    ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
    TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject,
                                  subjectPublicKeyInfo, [1] issuerUniqueID, [2] subjectUniqueID, [3] extensions }
    """

    def __init__(self, fields: list[Element], body: list[Element]) -> None:
        self._broken: list[str] = []
        self._version = fields.pop(0) if fields and fields[0].tag == _VERSION else None
        self._fields = fields
        self._body = body

    def facts(self, data: bytes) -> ParsedCertificate:
        version = self._read("version", self._read_version, 0)
        subject = self._read("subject", lambda: _name(self._fields[4].raw), _NO_NAME)
        issuer = self._read("issuer", lambda: _name(self._fields[2].raw), _NO_NAME)
        key, weak_key = self._read("public key", lambda: public_key(self._fields[5]), ("", ""))
        signature, weak_signature = self._read("signature algorithm", lambda: signature_of(self._body[1]), ("", ""))
        wrapped = next((field.value for field in self._fields[6:] if field.tag == 0xA3), None)
        extensions = Extensions() if wrapped is None else read_extensions(wrapped)
        certificate = Certificate(
            subject=subject.text,
            issuer=issuer.text,
            names=extensions.names,
            not_before=self._read("notBefore", lambda: self._moment(0), None),
            not_after=self._read("notAfter", lambda: self._moment(1), None),
            serial=self._read("serial number", lambda: _hex(der.integer(self._fields[0])), ""),
            sha1=(prints := _fingerprints(data))[0],
            sha256=prints[1],
            key=key,
            signature=signature,
            common_name=subject.common_name,
            spki_sha256=self._read("public key", lambda: _sha256(self._fields[5].raw), ""),
        )
        return ParsedCertificate(
            data,
            certificate,
            extensions,
            version=version,
            subject_key=subject.key,
            issuer_key=issuer.key,
            issuer_mark=issuer.mark,
            issuer_organization=issuer.organization,
            organization=subject.organization,
            weak_key=weak_key,
            weak_signature=weak_signature,
            broken=tuple(self._broken),
        )

    def _read(self, field: str, read: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return read()
        except (DerError, IndexError):
            self._broken.append(field)
            return otherwise

    def _read_version(self) -> int:
        if self._version is None:
            return 1
        version = der.integer(der.single(self._version.value)) + 1
        if not 1 <= version <= 3:  # RFC 5280 4.1.2.1
            raise DerError("a version that is none")
        return version

    def _moment(self, which: int) -> datetime | None:
        return der.moment(self._fields[3].parts(2)[which])


def _hex(number: int) -> str:
    text = f"{abs(number):X}"
    return ("-" if number < 0 else "") + text.zfill(len(text) + len(text) % 2)


# --- names -----------------------------------------------------------------------------------------------------

# The pairs of type and value of each RDN, in the order of the certificate.
Rdns = list[list[tuple[str, Element]]]


@dataclass(frozen=True, slots=True)
class _Name:
    """A subject or issuer: as RFC 4514 text, as something to compare by, and the two attributes of interest.

    ``mark``: the octets of its longest attribute.
    """

    text: str = ""
    key: NameKey | None = None
    mark: bytes = b""
    common_name: str = ""
    organization: str = ""


_NO_NAME: Final = _Name()


@lru_cache(maxsize=_REMEMBERED)
def _name(raw: bytes) -> _Name:
    """Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }. Raises DerError."""
    pairs = [[pair.parts(2) for pair in rdn.children(der.SET)] for rdn in der.single(raw).children()]
    rdns = [[(der.identifier(pair[0]), pair[1]) for pair in rdn] for rdn in pairs]
    # RFC 4514 section 2: the last RDN first, multiple values joined by a plus sign.
    written = ("+".join(_attribute(oid, value) for oid, value in rdn) for rdn in reversed(rdns))
    return _Name(
        text=printable(",".join(written), MAX_TEXT),
        # RFC 5280 7.1: letter case, string type and the width of spaces do not count.
        key=tuple(tuple(sorted((oid, _folded(value)) for oid, value in rdn)) for rdn in rdns),
        mark=max((value.value for rdn in rdns for _, value in rdn), key=len, default=b""),
        common_name=printable(_last(rdns, _COMMON_NAME), MAX_NAME),
        organization=_last(rdns, _ORGANIZATION),
    )


def name_text(raw: bytes) -> str:
    """A distinguished name (DER) as an RFC 4514 string; in hex where it cannot be read."""
    try:
        return _name(raw).text
    except DerError:
        return printable(f"#{raw.hex()}", MAX_TEXT)


def _text(value: Element) -> str | None:
    try:
        return der.string(value)
    except DerError:
        return None


def _last(rdns: Rdns, attribute: str) -> str:
    """The most specific value of an attribute (RFC 6125 1.8), "" if there is none."""
    found = [_text(value) for rdn in rdns for oid, value in rdn if oid == attribute]
    return next((text for text in reversed(found) if text), "")


def _attribute(oid: str, value: Element) -> str:
    text = _text(value)
    shown = f"#{value.raw.hex()}" if text is None else _escape(text)
    return f"{_ATTRIBUTES.get(oid, oid)}={shown}"


def _escape(text: str) -> str:
    """RFC 4514 2.4: specials anywhere, a number sign or space in front, a space at the end."""
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    if text.endswith(" ") and len(text) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped


def _folded(value: Element) -> str:
    text = _text(value)
    return f"#{value.raw.hex()}" if text is None else fold(text)


def fold(text: str) -> str:
    """Text of a name for comparison."""
    return " ".join(text.lower().split())
