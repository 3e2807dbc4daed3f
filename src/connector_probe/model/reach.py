"""Where an address leads: inside, or out of this network, or where nobody may send us.

By lists of our own, after IANA's registries of special-purpose addresses (RFC 6890): what the standard library calls
global differs from one version of Python to the next.
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from functools import lru_cache

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


def _networks(*texts: str) -> _Networks:
    return tuple(map(ipaddress.ip_network, texts))


# Not beyond this network (RFC 1918, RFC 4193, RFC 6598, RFC 1122 3.2.1.3): what a public zone may not send us to.
_PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10")
# For benchmarks and documentation (RFC 2544, 5737, 3849, 9637): laboratories use them, nobody else.
_NOT_ROUTED = _networks(
    *("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"), *("2001:db8::/32", "3fff::/20")
)
_OFF_LIMITS = _networks(
    # No host's, or only on one's own link (RFC 1122, 3927, 4291, 1112, 6666); protocols' own (RFC 6890, 7526, 8215).
    *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8", "100::/64"),
    *("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23"),
    # Where clouds answer a machine's own questions, with its secrets: Azure's host, Alibaba, AWS, Google, Scaleway.
    *("168.63.129.16/32", "100.100.100.200/32", "100.100.2.136/31", "100.100.2.138/32"),
    *("fd00:ec2::/32", "fd20:ce::/32", "fd00:42::42/128"),
)
_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has given out of IPv6
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address within an IPv6 one
_BROADCAST = ipaddress.ip_address("255.255.255.255")


class Reach(StrEnum):
    """Which part of the world an address is in."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    OFF_LIMITS = "off-limits"  # on a stranger's behalf nothing is sent there, wherever the stranger is


def reach_of(address: str) -> Reach:
    """The part of the world of ``address``; one that stands for an IPv4 address is where that one is."""
    parsed = meant(address)
    if parsed.is_loopback:
        return Reach.LOOPBACK
    if _lies_in(parsed, _OFF_LIMITS):
        return Reach.OFF_LIMITS
    if _lies_in(parsed, _PRIVATE) or _lies_in(parsed, _NOT_ROUTED):
        return Reach.PRIVATE
    return Reach.PUBLIC if parsed.version == 4 or parsed in _UNICAST else Reach.OFF_LIMITS


def is_inside(address: str) -> bool:
    """Whether ``address`` lies on this machine or in this network, or is no host's: nothing a public zone may name."""
    parsed = meant(address)
    return parsed.is_loopback or _lies_in(parsed, _OFF_LIMITS) or _lies_in(parsed, _PRIVATE)


def is_private(address: str) -> bool:
    """Whether ``address`` is private or link-local: reachable from its own network alone. Loopback is neither."""
    parsed = meant(address)
    return parsed.is_link_local or _lies_in(parsed, _PRIVATE)


def is_outside(address: str) -> bool:
    """Whether ``address`` lies beyond this network: not loopback, link-local, unspecified or private."""
    parsed = meant(address)
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_private(address))


def is_loopback(address: str) -> bool:
    """Whether ``address`` is this very machine's."""
    return meant(address).is_loopback


def is_translated(address: str) -> bool:
    """Whether a network's own DNS64 has made the address of an IPv4 one (RFC 6147): no zone publishes it."""
    return ipaddress.ip_address(address.split("%", 1)[0]) in _TRANSLATED


def is_nowhere(address: str) -> bool:
    """Whether ``address`` leads to no host, so that nothing was sent: 0.0.0.0, ::, multicast, broadcast, or IPv6's

    link-local addresses without the link (RFC 4007 6).
    """
    parsed = meant(address)
    linkless = parsed.version == 6 and parsed.is_link_local and "%" not in address
    return parsed.is_unspecified or parsed.is_multicast or parsed == _BROADCAST or linkless


@lru_cache(maxsize=4096)  # asked again and again of the same few
def meant(address: str) -> _Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64, 6to4, Teredo), else the address itself."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    if parsed in _TRANSLATED:
        return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else parsed)


def _lies_in(address: _Address, networks: _Networks) -> bool:
    return any(address.version == network.version and address in network for network in networks)
