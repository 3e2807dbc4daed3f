"""Real sockets on loopback, and one conversation on each connection.

Plain non-blocking sockets instead of streams, because the lab must control what streams hide: a reset instead of a
close, a close that is never a reset, bytes before, between and after TLS records.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

from connector_probe.lab.sockets import stop_listening

if TYPE_CHECKING:
    from OpenSSL import SSL

LINE_LIMIT = 4096  # a command is 512 octets at most (RFC 5321 4.5.3.1.4); beyond this the client is no SMTP client
RECORD_SIZE = 16_384 + 2048  # one TLS record as long as it may be (RFC 5246 6.2.3)
KEPT_COMMANDS = 1000  # what a test looks at afterwards; a lab may run for days

MakeContext = Callable[[], Awaitable["SSL.Context"]]


async def no_tls() -> NoReturn:
    raise RuntimeError("this server speaks no TLS")


class ClientGoneError(Exception):
    """The client has left, or was made to: the conversation is over. Ends a behaviour from anywhere inside it."""


class Visit:
    """One connection to a lab server: the few things that a behaviour does with it.

    ``number`` counts the connections to this server from 1; ``argument`` is the rest of the last command.
    """

    def __init__(
        self, sock: socket.socket, number: int, host: str, make_context: MakeContext, received: deque[bytes]
    ) -> None:
        self.number = number
        self.host = host
        self.argument = b""
        self.secured = False
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._make_context = make_context
        self._received = received
        self._buffer = bytearray()
        self._tls: SSL.Connection | None = None

    # --- bytes -------------------------------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        """``data`` in one write, inside TLS once there is TLS."""
        if self._tls is None:
            await self.send_raw(data)
        else:
            self._tls.sendall(data)
            await self._flush()

    async def send_raw(self, data: bytes) -> None:
        """``data`` on the socket itself, whatever TLS may be running over it."""
        try:
            await self._loop.sock_sendall(self._socket, data)
            await asyncio.sleep(0)  # a send that succeeds at once lets nobody else run, and some servers never stop
        except OSError as problem:
            raise ClientGoneError from problem

    async def receive_raw(self) -> bytes:
        """What has arrived on the socket, at least one byte."""
        try:
            data = await self._loop.sock_recv(self._socket, RECORD_SIZE)
        except OSError as problem:
            raise ClientGoneError from problem
        if not data:
            raise ClientGoneError
        return data

    async def _receive(self) -> bytes:
        if self._tls is None:
            return await self.receive_raw()
        from OpenSSL import SSL

        while True:
            try:
                return self._tls.recv(RECORD_SIZE)
            except SSL.WantReadError:
                await self._flush()  # a key update or a ticket may be due
                self._tls.bio_write(await self.receive_raw())
            except SSL.Error as problem:  # close_notify, an alert, or nonsense
                raise ClientGoneError from problem

    async def _flush(self) -> None:
        await self.send_raw(self.pending())

    def pending(self) -> bytes:
        """What TLS has to send and has not sent."""
        from OpenSSL import SSL

        data = bytearray()
        while self._tls is not None:
            try:
                data += self._tls.bio_read(RECORD_SIZE)
            except SSL.WantReadError:
                break
        return bytes(data)

    async def exactly(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        while len(self._buffer) < size:
            self._buffer += await self._receive()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    # --- SMTP --------------------------------------------------------------------------------------------------

    async def reply(self, *lines: str) -> None:
        """Whole reply lines, in one write."""
        await self.send("".join(f"{line}\r\n" for line in lines).encode())

    async def command(self) -> str:
        """The next command's verb in capitals; ``argument`` gets the rest."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_LIMIT:
                raise ClientGoneError
            self._buffer += await self._receive()
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        line = line.rstrip(b"\r")
        self._received.append(line)
        verb, _, self.argument = line.partition(b" ")
        return verb.decode("ascii", "replace").upper()

    # --- TLS ---------------------------------------------------------------------------------------------------

    async def begin_tls(self) -> SSL.Connection:
        """A server's TLS engine over memory, with nothing exchanged yet."""
        from OpenSSL import SSL

        self._tls = SSL.Connection(await self._make_context(), None)
        self._tls.set_accept_state()
        if self._buffer:
            self._tls.bio_write(bytes(self._buffer))
            self._buffer.clear()
        return self._tls

    async def secure(self) -> None:
        """A whole handshake. If it fails, the alert is sent and the visit is over."""
        from OpenSSL import SSL

        tls = await self.begin_tls()
        while True:
            try:
                tls.do_handshake()
                break
            except SSL.WantReadError:
                await self._flush()
                tls.bio_write(await self.receive_raw())
            except SSL.Error as problem:
                await self._flush()
                await self.hang_up()
                raise ClientGoneError from problem
        await self._flush()
        self.secured = True

    def close_notify(self) -> None:
        """TLS's own goodbye, left to be sent with ``pending``."""
        if self._tls is not None:
            self._tls.shutdown()

    # --- endings -----------------------------------------------------------------------------------------------

    async def hang_up(self) -> None:
        """FIN. What the client still sends is read, since closing over unread bytes would make it a RST."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as problem:
            raise ClientGoneError from problem
        await self.ignore()

    async def ignore(self) -> None:
        """Say nothing and read everything until the client leaves."""
        while True:
            await self.receive_raw()

    def reset(self) -> None:
        """RST: closing with a linger time of nothing."""
        # The structure is two ints, on Windows two unsigned shorts.
        layout = "HH" if sys.platform == "win32" else "ii"
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
        self._socket.close()
        raise ClientGoneError

    def close(self) -> None:
        self._socket.close()


Behaviour = Callable[[Visit], Awaitable[None]]
"""What a server does with one connection, from its first byte to its last."""


class Listener:
    """Accepts on one listening socket and lets ``behaviour`` have each connection, until ``stop``.

    ``pause``: seconds after each conversation in which connections are refused; then it is one at a time.
    """

    def __init__(
        self,
        sock: socket.socket,
        behaviour: Behaviour,
        host: str,
        make_context: MakeContext = no_tls,
        *,
        pause: float | None = None,
    ) -> None:
        self.received: deque[bytes] = deque(maxlen=KEPT_COMMANDS)
        self._socket = sock
        self._behaviour = behaviour
        self._host = host
        self._make_context = make_context
        self._pause = pause
        self._visits: dict[asyncio.Task[None], Visit] = {}
        self._failures: list[BaseException] = []
        self._accepting = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            try:
                connection, _ = await loop.sock_accept(self._socket)
            except OSError:  # the client gave up in the queue, or this process is out of descriptors for now
                await asyncio.sleep(0.01)
                continue
            connection.setblocking(False)
            with contextlib.suppress(OSError):  # some systems refuse it on a connection that is already reset
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number += 1
            visit = Visit(connection, number, self._host, self._make_context, self.received)
            task = asyncio.create_task(self._serve(visit))
            self._visits[task] = visit
            task.add_done_callback(self._visits.pop)
            if self._pause is not None:
                stop_listening(self._socket)
                await asyncio.wait({task})
                await asyncio.sleep(self._pause)
                self._socket.listen()

    async def _serve(self, visit: Visit) -> None:
        try:
            await self._behaviour(visit)
            await visit.hang_up()
        except ClientGoneError:
            pass
        except Exception as problem:  # a mistake in a behaviour: not to be lost, and told by stop()
            self._failures.append(problem)
        finally:
            visit.close()

    async def stop(self) -> None:
        """End every conversation and close the socket. Raises what a behaviour raised by mistake."""
        visits = dict(self._visits)
        tasks = [self._accepting, *visits]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for visit in visits.values():  # a task that was cancelled before its first step has closed nothing
            visit.close()
        self._socket.close()
        if self._failures:
            raise self._failures[0]
