"""Whether packets to an address leave through a gateway: Linux's routing tables, read as text.

proc(5): /proc/.../net/route and ipv6_route hold the main table. Elsewhere, and where policy routing uses other
tables, nothing is known: then no gateway is blamed.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from pathlib import Path

from connector_probe.model.dataclass import dataclass

_TABLES = Path("/proc/thread-self/net")  # a thread can stand in another network namespace than its process
_IPV4, _IPV6 = _TABLES / "route", _TABLES / "ipv6_route"
_UP, _REJECT = 0x1, 0x200  # <linux/route.h> RTF_UP, RTF_REJECT

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Route:
    """``gateway`` None: the network is on a link of this machine."""

    network: Network
    gateway: str | None
    metric: int


def route_to(address: str) -> Route | None:
    """The route that packets to ``address`` go by; None where there is none, or that is not known."""
    six = ":" in address
    try:
        text = (_IPV6 if six else _IPV4).read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return choose(ipv6_routes(text) if six else ipv4_routes(text), address)


def choose(routes: Iterator[Route], address: str) -> Route | None:
    """The longest matching route, the smallest metric among equals."""
    host = ipaddress.ip_address(address.split("%", 1)[0])
    matching = [route for route in routes if route.network.version == host.version and host in route.network]
    return max(matching, key=lambda route: (route.network.prefixlen, -route.metric), default=None)


def ipv4_routes(text: str) -> Iterator[Route]:
    """/proc/net/route: interface, destination, gateway, flags, two counters, metric, mask; numbers as in memory."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or not int(fields[3], 16) & _UP or int(fields[3], 16) & _REJECT:
            continue
        network = ipaddress.IPv4Network((_swapped(fields[1]), str(_swapped(fields[7]))))
        gateway = _swapped(fields[2])
        yield Route(network, str(gateway) if int(gateway) else None, int(fields[6]))


def ipv6_routes(text: str) -> Iterator[Route]:
    """Lines of /proc/net/ipv6_route: destination, length, source, length, next hop, metric, counters, flags, device."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10 or not int(fields[8], 16) & _UP or int(fields[8], 16) & _REJECT:
            continue
        network = ipaddress.IPv6Network((int(fields[0], 16), int(fields[1], 16)))
        gateway = ipaddress.IPv6Address(int(fields[4], 16))
        yield Route(network, str(gateway) if int(gateway) else None, int(fields[5], 16))


def _swapped(text: str) -> ipaddress.IPv4Address:
    """The kernel prints the number as it lies in memory, so by the machine's own byte order."""
    return ipaddress.IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))
