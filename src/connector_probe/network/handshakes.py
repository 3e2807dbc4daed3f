"""What a handshake offers and what comes of it. Without OpenSSL, which is loaded where a handshake is made."""

from dataclasses import replace

from connector_probe.model.client_profile import GROUPS, TLS12_SUITES, TLS13_SUITES
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import NetworkFault, TlsSession

_CONTENT_TYPES = frozenset(range(20, 25))  # RFC 8446 5.1 and heartbeat
_TLS_1_0, _TLS_1_2 = 0x0301, 0x0303  # RFC 2246 6.2.1, RFC 5246 6.2.1
_LEVEL = "@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """What the ClientHello offers: TLS versions as on the wire (None is no bound), suites and groups in order.

    ``ciphers`` are those of TLS 1.2 and older, ``suites`` those of TLS 1.3; of suites and ``groups``, none means
    OpenSSL's own. All are lists in OpenSSL's spelling. Security level 0, whatever is offered: what a server's
    certificate is worth is judged elsewhere, and that takes seeing it.
    """

    minimum: int
    maximum: int | None
    ciphers: str
    suites: str = ""
    groups: str = ""


# What Exchange Online offers, as far as it is known.
EXCHANGE_OFFER = TlsOffer(
    _TLS_1_2, None, ":".join((*TLS12_SUITES, _LEVEL)), suites=":".join(TLS13_SUITES), groups=":".join(GROUPS)
)
EXCHANGE_TLS12_OFFER = replace(EXCHANGE_OFFER, maximum=_TLS_1_2)
# As wide as OpenSSL goes, so that an old or weak server is seen and can be named.
WIDE_OFFER = TlsOffer(_TLS_1_0, None, ":".join((*TLS12_SUITES, "ALL:!aNULL:!eNULL", _LEVEL)))


@dataclass(frozen=True, slots=True)
class TlsOutcome:
    """``chain`` is DER, the server's own certificate first; it may be there although ``fault`` is set.

    ``staple`` is the OCSP response that the server sent along (RFC 6066 8), empty without one. ``own_groups``: groups
    were to be offered, and this machine's OpenSSL offered its own. ``early_ticket``: octets of a TLS 1.3 session
    ticket had come behind the server's Finished before ours was sent; what a slow network brings later cannot be told
    from a ticket that is in order. ``client_authorities``: the distinguished names
    (DER) of a certificate request, 64 KiB at most by its form (RFC 8446 4.2.4, RFC 5246 7.4.4).
    """

    session: TlsSession | None
    fault: NetworkFault | None
    chain: tuple[bytes, ...]
    client_certificate_requested: bool
    staple: bytes = b""
    own_groups: bool = False
    early_ticket: bool = False
    client_authorities: tuple[bytes, ...] = ()


def is_tls_record(data: bytes) -> bool:
    """Whether ``data`` begins with the whole header of a TLS record (RFC 8446 5.1)."""
    return len(data) >= 5 and begins_tls_record(data)


def begins_tls_record(head: bytes) -> bool:
    """Whether these first bytes can begin a TLS record: a content type, then major version 3."""
    return head[0] in _CONTENT_TYPES and (len(head) < 2 or head[1] == 3)
