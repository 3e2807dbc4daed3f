"""What a handshake offers and what comes of it. Without OpenSSL, which is loaded where a handshake is made."""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.model.evidence import NetworkFault, TlsSession

_CONTENT_TYPES = frozenset(range(20, 25))  # RFC 8446 5.1 and heartbeat
_TLS_1_0, _TLS_1_2 = 0x0301, 0x0303  # RFC 2246 6.2.1, RFC 5246 6.2.1

# Microsoft, "Technical reference details about encryption": the TLS 1.2 suites of Microsoft 365, in their order.
# Their ECDSA twins stand at the end: whether Exchange Online takes them is a warning elsewhere, not a refusal here.
_EXCHANGE_RSA = (
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
)
_EXCHANGE_ECDSA = tuple(suite.replace("-RSA-", "-ECDSA-") for suite in _EXCHANGE_RSA if "-RSA-" in suite)


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """What the ClientHello offers: TLS versions as on the wire (None is no bound), TLS 1.2 suites in order."""

    minimum: int
    maximum: int | None
    ciphers: str


# As wide as OpenSSL goes, so that an old or weak server is seen and can be named; Exchange Online's suites first,
# so that a server that follows the client's order picks one of them.
WIDE_OFFER = TlsOffer(_TLS_1_0, None, ":".join((*_EXCHANGE_RSA, *_EXCHANGE_ECDSA, "ALL:!aNULL:!eNULL:@SECLEVEL=0")))
WIDE_TLS12_OFFER = TlsOffer(WIDE_OFFER.minimum, _TLS_1_2, WIDE_OFFER.ciphers)
EXCHANGE_RSA_OFFER = TlsOffer(_TLS_1_2, _TLS_1_2, ":".join(_EXCHANGE_RSA) + ":@SECLEVEL=0")
EXCHANGE_OFFER = TlsOffer(_TLS_1_2, None, ":".join((*_EXCHANGE_RSA, *_EXCHANGE_ECDSA)) + ":@SECLEVEL=0")


@dataclass(frozen=True, slots=True)
class TlsOutcome:
    """``chain`` is DER, the server's own certificate first; it may be there although ``fault`` is set.

    ``staple`` is the OCSP response that the server sent along (RFC 6066 8), empty without one.
    """

    session: TlsSession | None
    fault: NetworkFault | None
    chain: tuple[bytes, ...]
    client_certificate_requested: bool
    staple: bytes = b""


def is_tls_record(data: bytes) -> bool:
    """Whether ``data`` begins with the whole header of a TLS record (RFC 8446 5.1)."""
    return len(data) >= 5 and begins_tls_record(data)


def begins_tls_record(head: bytes) -> bool:
    """Whether these first bytes can begin a TLS record: a content type, then major version 3."""
    return head[0] in _CONTENT_TYPES and (len(head) < 2 or head[1] == 3)
