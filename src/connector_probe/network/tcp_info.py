"""What arrived out of order on a TCP connection, as Linux counts it.

tcp(7): TCP_INFO; the count is there since Linux 5.4. Elsewhere nothing is known, and nothing breaks.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Final

_TCP_INFO: Final = 11  # <linux/tcp.h>; Python's socket module names it on Linux only
_OUT_OF_ORDER: Final = struct.Struct("=I")  # struct tcp_info: tcpi_rcv_ooopack
_OFFSET: Final = 224


def out_of_order(sock: socket.socket) -> int:
    """Segments that have come before an earlier one did, since the connection began; 0 where that is not told."""
    if sys.platform != "linux":
        return 0
    with contextlib.suppress(OSError):
        told = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _OFFSET + _OUT_OF_ORDER.size)
        if len(told) == _OFFSET + _OUT_OF_ORDER.size:
            return int(_OUT_OF_ORDER.unpack_from(told, _OFFSET)[0])
    return 0
