"""Who said that a host cannot be reached: ICMP errors, as Linux keeps them in a connecting socket's error queue.

ip(7), ipv6(7): IP_RECVERR; for TCP since Linux 5.8. Elsewhere nothing is known beyond the errno, and nothing breaks.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys

from connector_probe.model.dataclass import dataclass

# <linux/in.h>, <linux/in6.h>; Python's socket module has IP_RECVERR only from 3.14 on.
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_SPACE = 512  # octets for the quoted packet, and for the ancillary data: a TCP header and one address
# <linux/errqueue.h> struct sock_extended_err: errno, origin, type, code, pad, info, data; the sender's address follows.
_ERROR = struct.Struct("=IBBBBII")

# By type and code: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. The TTL is exceeded in transit: routers hand it round.
_IPV4 = {
    (3, 0): "net-unreachable",
    (3, 1): "host-unreachable",
    (3, 2): "protocol-unreachable",
    (3, 3): "port-unreachable",
    (3, 5): "source-route-failed",
    (3, 6): "net-unknown",
    (3, 7): "host-unknown",
    (3, 9): "net-prohibited",
    (3, 10): "host-prohibited",
    (3, 11): "net-unreachable-for-tos",
    (3, 12): "host-unreachable-for-tos",
    (3, 13): "admin-prohibited",
    (11, 0): "ttl-exceeded",
}
# RFC 4443 3.1, 3.3.
_IPV6 = {
    (1, 0): "no-route",
    (1, 1): "admin-prohibited",
    (1, 2): "beyond-scope",
    (1, 3): "host-unreachable",
    (1, 4): "port-unreachable",
    (1, 5): "policy-failed",
    (1, 6): "reject-route",
    (3, 0): "ttl-exceeded",
}
# By origin (SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6): the family, where the sender's address stands, and the meanings.
_BY_ORIGIN = {
    2: (socket.AF_INET, slice(_ERROR.size + 4, _ERROR.size + 8), _IPV4),
    3: (socket.AF_INET6, slice(_ERROR.size + 8, _ERROR.size + 24), _IPV6),
}


@dataclass(frozen=True, slots=True)
class IcmpError:
    """``meaning`` as in "host-unreachable", or "type 3 code 99"; ``sender`` an IP address."""

    meaning: str
    sender: str


def keep_icmp(sock: socket.socket, value: bool) -> None:
    """Have ICMP errors kept for ``sock`` from now on, or no longer, where the system can."""
    if sys.platform == "linux":
        level, option = _RECVERR[sock.family]
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, value)


def read_icmp(sock: socket.socket) -> IcmpError | None:
    """The ICMP error that ended a connect; None where there was none, or the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        _, ancillary, _, _ = sock.recvmsg(_SPACE, _SPACE, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    for level, option, data in ancillary:
        if (level, option) == _RECVERR[sock.family] and len(data) >= _ERROR.size:
            found = parse(data)
            if found is not None:
                return found
    return None


def parse(data: bytes) -> IcmpError | None:
    """``data``: a struct sock_extended_err and the sender's socket address behind it."""
    _, origin, kind, code, *_ = _ERROR.unpack_from(data)
    if origin not in _BY_ORIGIN:
        return None
    family, where, meanings = _BY_ORIGIN[origin]
    sender = data[where]
    if len(sender) != where.stop - where.start:
        return None
    meaning = meanings.get((kind, code), f"type {kind} code {code}")
    return IcmpError(meaning, socket.inet_ntop(family, sender))
