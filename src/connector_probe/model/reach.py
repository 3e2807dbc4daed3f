"""Where an address leads: inside, or out of this network."""

from __future__ import annotations

import ipaddress

# Not beyond this network (RFC 1918, RFC 4193, RFC 6598, RFC 1122 3.2.1.3): what a public zone may not send us to.
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "0.0.0.0/8", "fec0::/10"),
    )
)
BROADCAST = ipaddress.ip_address("255.255.255.255")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address within an IPv6 one


def is_inside(address: str) -> bool:
    """Whether ``address`` lies on this machine or in this network, or is no host's: nothing a public zone may name."""
    parsed = meant(address)
    if parsed.is_loopback or parsed.is_link_local or parsed.is_multicast or parsed == BROADCAST:
        return True
    return any(parsed.version == network.version and parsed in network for network in _PRIVATE)


def meant(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64, 6to4), else the address itself."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    if parsed in _TRANSLATED:
        return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or parsed
