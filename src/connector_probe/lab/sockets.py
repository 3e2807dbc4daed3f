"""Sockets on loopback: several that share a port, one that refuses, one that never answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Sequence
from enum import StrEnum

LOOPBACK = "127.0.0.1"
PORT_TRIES = 50  # a port that is free on one address may be taken on the next one
FILLERS = 3  # listen(0) keeps one connection waiting; the others make sure that its queue is full


class Need(StrEnum):
    """What a scenario needs of this machine beyond 127.0.0.1."""

    IPV6 = "ipv6"  # ::1
    LOOPBACK_NET = "loopback-net"  # 127.0.0.2 and on; macOS has 127.0.0.1 alone
    FULL_BACKLOG = "full-backlog"  # a full queue leaves a SYN unanswered on Linux; elsewhere it is refused
    PAUSED_LISTENING = "paused-listening"  # on Linux a socket can stop listening, keep its port, and listen again


def available(need: Need) -> bool:
    """Whether this machine has it; tried, not guessed, where it can be."""
    if need in (Need.FULL_BACKLOG, Need.PAUSED_LISTENING):
        return sys.platform == "linux"
    try:
        bind("::1" if need is Need.IPV6 else "127.0.0.2").close()
    except OSError:
        return False
    return True


def bind(address: str, port: int = 0, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A non-blocking socket bound to ``address``, closed again when that fails."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if port and sys.platform != "win32":  # a connection of the last run may linger there; there it would be theft
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def bind_together(
    wanted: Sequence[tuple[str, socket.SocketKind]], port: int | None = None
) -> tuple[int, list[socket.socket]]:
    """One free port, or ``port``, and a socket bound to it for each address and kind. Raises OSError."""
    for _ in range(PORT_TRIES):
        sockets: list[socket.socket] = []
        with contextlib.ExitStack() as undo:
            try:
                for address, kind in wanted:
                    one = port if port is not None else port_of(sockets[0]) if sockets else 0
                    sockets.append(undo.enter_context(bind(address, one, kind)))
            except OSError:
                if port is not None or not sockets:  # the address itself is the trouble, another port would not help
                    raise
                continue
            undo.pop_all()
            return port_of(sockets[0]), sockets
    raise OSError("no port is free on all of " + ", ".join(address for address, _ in wanted))


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def stop_listening(sock: socket.socket) -> None:
    """Refuse connections from now on, and keep the port: ``Need.PAUSED_LISTENING``."""
    sock.shutdown(socket.SHUT_RDWR)


async def fill_backlog(sock: socket.socket) -> list[socket.socket]:
    """Listen, and fill the queue, so that no further SYN is answered. The fillers must be kept open."""
    sock.listen(0)
    loop = asyncio.get_running_loop()
    address = sock.getsockname()
    fillers = [socket.socket(sock.family, socket.SOCK_STREAM) for _ in range(FILLERS)]
    for filler in fillers:
        filler.setblocking(False)
    await loop.sock_connect(fillers[0], address)  # the one that gets through
    for filler in fillers[1:]:
        with contextlib.suppress(BlockingIOError):
            filler.connect(address)
    return fillers
