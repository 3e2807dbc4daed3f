"""What Linux counts of a TCP connection: what came out of order, and what of ours was not acknowledged.

tcp(7): TCP_INFO, <linux/tcp.h> struct tcp_info. Elsewhere nothing is known, and nothing breaks.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import Final

_TCP_INFO: Final = 11  # Python's socket module names it on Linux only
_RETRANSMITS: Final = slice(2, 3)  # tcpi_retransmits: of what is not acknowledged yet
_UNACKED: Final = slice(24, 28)  # tcpi_unacked
_OUT_OF_ORDER: Final = slice(224, 228)  # tcpi_rcv_ooopack, since Linux 5.4


def out_of_order(sock: socket.socket) -> int:
    """Segments that have come before an earlier one did, since the connection began; 0 where that is not told."""
    return _counted(sock, _OUT_OF_ORDER)


def unacknowledged(sock: socket.socket) -> int:
    """Segments that were sent more than once, and never acknowledged; 0 where that is not told."""
    return _counted(sock, _UNACKED) if _counted(sock, _RETRANSMITS) else 0


def _counted(sock: socket.socket, place: slice) -> int:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return int.from_bytes(sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, place.stop)[place], sys.byteorder)
    return 0
