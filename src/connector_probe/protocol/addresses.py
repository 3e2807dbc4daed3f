"""Which addresses lie where, for what may be concluded about the way to them."""

from __future__ import annotations

import ipaddress

# RFC 1918, RFC 4193, RFC 6598: the way there says nothing about the way out, and nobody outside can take it.
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def is_private(address: str) -> bool:
    """Whether ``address`` is private or link-local: reachable from its own network alone. Loopback is not meant."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if parsed.is_link_local:
        return True
    return any(parsed.version == network.version and parsed in network for network in _PRIVATE)


def is_outside(address: str) -> bool:
    """Whether ``address`` lies beyond this network: not loopback, link-local, unspecified or private."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_private(address))
