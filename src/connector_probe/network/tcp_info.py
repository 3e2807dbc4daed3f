"""What Linux counts of a TCP connection: what came out of order, and what of ours was not acknowledged.

tcp(7): TCP_INFO, <linux/tcp.h> struct tcp_info. Elsewhere nothing is known, and nothing breaks.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import Final

_TCP_INFO: Final = 11  # Python's socket module names it on Linux only
_UNACKED: Final = 24  # the offset of tcpi_unacked
_OUT_OF_ORDER: Final = 224  # of tcpi_rcv_ooopack, since Linux 5.4
_SIZE: Final = 4


def out_of_order(sock: socket.socket) -> int:
    """Segments that have come before an earlier one did, since the connection began; 0 where that is not told."""
    return _counted(sock, _OUT_OF_ORDER)


def unacknowledged(sock: socket.socket) -> int:
    """Segments that were sent, and of which the other side has not said that they came; 0 where that is not told."""
    return _counted(sock, _UNACKED)


def _counted(sock: socket.socket, offset: int) -> int:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            told = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, offset + _SIZE)
            return int.from_bytes(told[offset:], sys.byteorder)
    return 0
