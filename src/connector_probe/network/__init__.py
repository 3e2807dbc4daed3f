"""The one door to the network: TCP streams, TLS, and datagrams for DNS.

Everything above sees ``Network`` and ``Stream`` and the facts they give. Errors of the operating system and of
OpenSSL become ``NetworkFault`` here, and only here.
"""

from connector_probe.network.faults import NetworkFaultError
from connector_probe.network.handshakes import (
    EXCHANGE_OFFER,
    EXCHANGE_TLS12_OFFER,
    WIDE_OFFER,
    TlsOffer,
    TlsOutcome,
    is_tls_record,
)
from connector_probe.network.http import HttpError, HttpRequest, HttpResponse, HttpUrl
from connector_probe.network.system import SystemNetwork, system_nameservers
from connector_probe.network.types import Datagrams, Network, Stream

__all__ = [
    "EXCHANGE_OFFER",
    "EXCHANGE_TLS12_OFFER",
    "WIDE_OFFER",
    "Datagrams",
    "HttpError",
    "HttpRequest",
    "HttpResponse",
    "HttpUrl",
    "Network",
    "NetworkFaultError",
    "Stream",
    "SystemNetwork",
    "TlsOffer",
    "TlsOutcome",
    "is_tls_record",
    "system_nameservers",
]
