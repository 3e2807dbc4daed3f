"""Which addresses lie where, for what may be concluded about the way to them."""

from __future__ import annotations

import ipaddress

from connector_probe.model.reach import BROADCAST, meant

# RFC 1918, RFC 4193, RFC 6598: the way there says nothing about the way out, and nobody outside can take it.
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def is_private(address: str) -> bool:
    """Whether ``address`` is private or link-local: reachable from its own network alone. Loopback is not meant."""
    parsed = meant(address)
    if parsed.is_link_local:
        return True
    return any(parsed.version == network.version and parsed in network for network in _PRIVATE)


def is_outside(address: str) -> bool:
    """Whether ``address`` lies beyond this network: not loopback, link-local, unspecified or private."""
    parsed = meant(address)
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_private(address))


def is_loopback(address: str) -> bool:
    """Whether ``address`` is this very machine's."""
    return meant(address).is_loopback


def is_nowhere(address: str) -> bool:
    """Whether no host can have ``address``, so that nothing was sent: 0.0.0.0, ::, multicast, broadcast."""
    parsed = meant(address)
    return parsed.is_unspecified or parsed.is_multicast or parsed == BROADCAST
