"""Microsoft's root program as Windows has it: the certificate trust list (authroot.stl), and what it says of a root.

The list (CTL_INFO of wincrypt.h, signed) names each root by its fingerprint and gives it properties, which Windows
keeps beside its certificate; their OIDs end in the CERT_*_PROP_ID of wincrypt.h. What they mean stands under
"deprecation" in Microsoft's pages on the program: a root may be for some purposes only, be disallowed from a day on, or
be trusted no further for what is issued after a day (NotBefore), for all purposes or for those that are named. Pure.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from connector_probe.model.evidence import RootBar, RootBarKind
from connector_probe.protocol import der
from connector_probe.protocol.der import DerError, Element
from connector_probe.protocol.x509_extensions import SERVER_AUTH

_CERT_PROP_ID: Final = "1.3.6.1.4.1.311.10.11."  # szOID_CERT_PROP_ID(n) of wincrypt.h
_PURPOSES: Final = _CERT_PROP_ID + "9"  # CERT_ENHKEY_USAGE_PROP_ID
_DISALLOWED: Final = _CERT_PROP_ID + "104"  # CERT_DISALLOWED_FILETIME_PROP_ID
_DISALLOWED_PURPOSES: Final = _CERT_PROP_ID + "122"  # CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID
_NOT_BEFORE: Final = _CERT_PROP_ID + "126"  # CERT_NOT_BEFORE_FILETIME_PROP_ID
_NOT_BEFORE_PURPOSES: Final = _CERT_PROP_ID + "127"  # CERT_NOT_BEFORE_ENHKEY_USAGE_PROP_ID

# SubjectAlgorithm of the list: what its entries are named by.
_FINGERPRINTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "1.3.14.3.2.26": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "2.16.840.1.101.3.4.2.1": lambda data: hashlib.sha256(data).digest(),
}
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"  # RFC 5652 5.1
_TRUST_LIST: Final = "1.3.6.1.4.1.311.10.1"  # szOID_CTL

_T = TypeVar("_T")


class RootProgram:
    """One edition of the list, with the certificates of its roots. An entry is read when it is asked for.

    ``released``: its ThisUpdate. ``certificates``: DER, those that the list names.
    """

    def __init__(self, trust_list: bytes, certificates: Iterable[bytes]) -> None:
        """Raises DerError where ``trust_list`` is none, or names its entries in a way that is not known here."""
        algorithm, self.released, entries = _read(trust_list)
        if algorithm not in _FINGERPRINTS:
            raise DerError(f"its entries are named by {algorithm}")
        self._fingerprint = _FINGERPRINTS[algorithm]
        # TrustedSubject ::= SEQUENCE { subjectIdentifier OCTET STRING, subjectAttributes SET OF Attribute OPTIONAL }
        self._entries = {der.first(entry.expect(der.SEQUENCE)).expect(der.OCTET_STRING): entry for entry in entries}
        self.certificates = tuple(
            certificate for certificate in certificates if self._fingerprint(certificate) in self._entries
        )

    def bar(self, root: bytes, issued: datetime | None, at: datetime) -> RootBar | None:
        """Why ``root`` ends no path at ``at`` for a TLS server's certificate of the day ``issued``; None: it does.

        What cannot be read bars nothing.
        """
        with contextlib.suppress(DerError):
            return _bar(_properties(self._entries[self._fingerprint(root)]), issued, at)
        return None


def _bar(found: Mapping[str, bytes], issued: datetime | None, at: datetime) -> RootBar | None:
    purposes = _given(found, _PURPOSES, _identifiers)
    if purposes is not None and SERVER_AUTH not in purposes:
        return RootBar(RootBarKind.NOT_FOR_SERVERS)
    disallowed, since = _given(found, _DISALLOWED_PURPOSES, _identifiers), _given(found, _DISALLOWED, _filetime)
    if SERVER_AUTH in disallowed if disallowed is not None else since is not None:
        if since is None:  # purposes without a day were taken away for good
            return RootBar(RootBarKind.NOT_FOR_SERVERS)
        if at >= since:
            return RootBar(RootBarKind.DISALLOWED, since)
    ended, of = _given(found, _NOT_BEFORE, _filetime), _given(found, _NOT_BEFORE_PURPOSES, _identifiers)
    if ended is not None and (of is None or SERVER_AUTH in of) and issued is not None and issued >= ended:
        return RootBar(RootBarKind.ISSUED_TOO_LATE, ended)
    return None


def _read(trust_list: bytes) -> tuple[str, datetime, list[Element]]:
    """SubjectAlgorithm, ThisUpdate and the entries. Raises DerError.

    ContentInfo ::= SEQUENCE { contentType, [0] SignedData }
    SignedData ::= SEQUENCE { version, digestAlgorithms, contentInfo, ... }
    CTL ::= SEQUENCE { version DEFAULT, subjectUsage, listIdentifier OPTIONAL, sequenceNumber OPTIONAL, thisUpdate Time,
                       nextUpdate Time OPTIONAL, subjectAlgorithm AlgorithmIdentifier, trustedSubjects SEQUENCE, ... }
    """
    fields = _content(_content(der.single(trust_list), _SIGNED_DATA).parts(3)[2], _TRUST_LIST).parts(4)
    at = next((at for at, field in enumerate(fields) if field.tag in (der.UTC_TIME, der.GENERALIZED_TIME)), None)
    if at is None:
        raise DerError("a list without its date")
    behind = [field for field in fields[at + 1 :] if field.tag == der.SEQUENCE]
    if len(behind) < 2:
        raise DerError("a list without entries")
    return der.identifier(behind[0].parts(1)[0]), der.moment(fields[at]), behind[1].children()


def _content(info: Element, kind: str) -> Element:
    """What a ContentInfo of that kind holds. Raises DerError."""
    oid, content = info.parts(2)[:2]
    if der.identifier(oid) != kind:
        raise DerError(f"content of type {der.identifier(oid)}")
    return der.single(content.value)


def _properties(entry: Element) -> dict[str, bytes]:
    """Attribute ::= SEQUENCE { type, values SET OF OCTET STRING }; each property has one value. Raises DerError."""
    found = {}
    for attribute in entry.parts(2)[1].children(der.SET):
        oid, values = attribute.parts(2)[:2]
        found[der.identifier(oid)] = der.single(values.expect(der.SET)).expect(der.OCTET_STRING)
    return found


def _given(properties: Mapping[str, bytes], name: str, read: Callable[[bytes], _T]) -> _T | None:
    """A property; None where there is none, or an empty one, which takes back what an earlier list said."""
    value = properties.get(name, b"")
    return read(value) if value else None


def _identifiers(value: bytes) -> frozenset[str]:
    return frozenset(map(der.identifier, der.single(value).children()))


def _filetime(value: bytes) -> datetime:
    """Tenths of microseconds since 1601, the least octet first. Raises DerError."""
    try:
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(value, "little") // 10)
    except OverflowError:
        raise DerError("a time that is none") from None
