"""TLSA records (RFC 6698) as SMTP uses them (RFC 7672): which are usable, and what of a chain they match. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from connector_probe.model.evidence import CertificateProblem
from connector_probe.model.policy import DANE_EE, DANE_TA, TlsaRecord
from connector_probe.protocol.certificate import MAX_CHAIN, TrustRoots, judge
from connector_probe.protocol.der import DerError
from connector_probe.protocol.openssl import key_signed
from connector_probe.protocol.x509_facts import tbs_fields

MAX_TLSA: Final = 32  # records looked at for one host; a rollover of several keys needs four
MAX_DATA: Final = 8192  # hex digits kept; a whole RSA 4096 certificate has some 4000
_DIGESTS: Final = {1: hashlib.sha256, 2: hashlib.sha512}
_USAGES: Final = frozenset({DANE_TA, DANE_EE})  # RFC 7672 3.1.3: 0 and 1 are not for SMTP
_SELECTORS: Final = frozenset({0, 1})
_HEX: Final = frozenset("0123456789abcdef")


def read_tlsa(text: str) -> TlsaRecord | None:
    """From presentation form ("3 1 1 ab12..."); None where it is none."""
    parts = text.split()
    if len(parts) < 4 or not all(part.isascii() and part.isdigit() for part in parts[:3]):
        return None
    data = "".join(parts[3:]).lower()
    if len(data) % 2 or not set(data) <= _HEX:
        return None
    usage, selector, kind = (int(part) for part in parts[:3])
    usable = usage in _USAGES and selector in _SELECTORS and _fits(kind, data)
    return TlsaRecord(usage, selector, kind, data[:MAX_DATA], usable and len(data) <= MAX_DATA)


def _fits(kind: int, data: str) -> bool:
    if kind == 0:
        return bool(data)
    return kind in _DIGESTS and len(data) == 2 * _DIGESTS[kind]().digest_size


def match_tlsa(records: Sequence[TlsaRecord], chain: Sequence[bytes]) -> tuple[TlsaRecord, ...]:
    """``records`` with the depths of ``chain`` (DER as sent, the server's own first) that each matches.

    Usage 3 looks at the server's own certificate alone, usage 2 at those above it (RFC 7671 5.1, 5.2).
    """
    pieces = [(data, _public_key(data)) for data in chain[:MAX_CHAIN]]
    found = []
    for record in records:
        depths: tuple[int, ...] = ()
        if record.usable:
            depths = tuple(
                depth
                for depth, piece in enumerate(pieces)
                if (depth == 0) == (record.usage == DANE_EE) and _matches(record, piece[record.selector])
            )
        forms = () if depths else _other_forms(record, pieces)
        found.append(replace(record, matched=depths, fits_as=forms))
    return tuple(found)


def _other_forms(record: TlsaRecord, pieces: Sequence[tuple[bytes, bytes | None]]) -> tuple[str, ...]:
    """The usage and selector that ``record`` should have, if its data is of something that the server sends."""
    found = dict.fromkeys(
        f"{DANE_TA if depth else DANE_EE} {selector} {record.matching_type}"
        for depth, piece in enumerate(pieces)
        for selector, data in enumerate(piece)
        if record.matching_type in (0, *_DIGESTS) and _matches(record, data)
    )
    return tuple(found)[:1]


def _matches(record: TlsaRecord, data: bytes | None) -> bool:
    if data is None:
        return False
    digest = _DIGESTS.get(record.matching_type)
    return (data.hex() if digest is None else digest(data).hexdigest()) == record.data


def _public_key(data: bytes) -> bytes | None:
    """The SubjectPublicKeyInfo as it stands in the certificate; None where that cannot be read."""
    try:
        return tbs_fields(data)[5].raw
    except (DerError, IndexError):
        return None


def judge_anchored(
    records: Sequence[TlsaRecord], chain: Sequence[bytes], at: datetime
) -> tuple[CertificateProblem, ...] | None:
    """What is wrong with ``chain`` when what usage 2 matches is all that is trusted; None where it matches nothing.

    A whole certificate or key in the record itself (2 0 0, 2 1 0) needs not be sent (RFC 7671 5.2.1, 5.2.3).
    """
    anchors = [chain[depth] for record in records if record.usage == DANE_TA for depth in record.matched]
    for record in records:
        if (record.usage, record.matching_type) == (DANE_TA, 0) and record.usable:
            data = bytes.fromhex(record.data)
            # Whoever stands below a bare key is as good as trusted, for the key has no name, date or purpose to fail.
            anchors += [below for below in chain if _is_signed_with(data, below)] if record.selector else [data]
    roots = TrustRoots(anchors, "TLSA")
    if not len(roots):
        return None
    return judge(chain, roots, at).problems


def _is_signed_with(key: bytes, certificate: bytes) -> bool:
    """Whether ``key`` (SubjectPublicKeyInfo) made the certificate's signature."""
    try:
        return key_signed(load_der_public_key(key), x509.load_der_x509_certificate(certificate))
    except Exception:  # whatever the parsers raise on a hostile certificate
        return False
