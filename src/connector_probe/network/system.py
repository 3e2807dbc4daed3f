"""The real network: sockets on the running asyncio loop.

Sockets are read and written directly, neither by streams nor by transports: reading happens only when asked for (so no
server can fill our memory), and a failed send does not throw away a reply that had already arrived.

Two rules hold for every wait. Who sends without pause is read once in each turn of the loop, so that timers, signals
and other connections go on. And limits count the time of the other side (``LoopClock``), at whose end the socket is
looked at once more: a loop that came late is no silent server.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.model.names import is_address
from connector_probe.model.reach import is_nowhere
from connector_probe.network.clock import loop_clock
from connector_probe.network.faults import NetworkFaultError, fault_of, timed_out
from connector_probe.network.handshakes import TlsOffer, TlsOutcome
from connector_probe.network.icmp import keep_icmp, read_icmp
from connector_probe.network.routes import route_to
from connector_probe.network.tcp_info import out_of_order, unacknowledged

if TYPE_CHECKING:
    from connector_probe.network.tls import TlsClient

_CHUNK = 16_384
# Octets of TLS that may come without any plaintext: session tickets and one record in pieces (16 KiB) stay far below.
MAX_WITHOUT_PLAINTEXT = 128 * 1024
_DATAGRAM = 65_535
_RESOLV_CONF = Path("/etc/resolv.conf")
_DISCARD_PORT = 9  # RFC 863; only connect() is called, so nothing is sent there
_Result = TypeVar("_Result")


class SystemNetwork:
    """TCP and UDP of this machine."""

    @property
    def now(self) -> Callable[[], float]:
        """That of the running loop."""
        return loop_clock().now

    async def connect(self, address: str, port: int, source: str | None, limit: float) -> SocketStream:
        """A TCP connection from ``source`` (None: the system chooses). Raises NetworkFaultError."""
        if is_nowhere(address):  # a zone may say 0.0.0.0, and Linux would then connect to this machine
            raise NetworkFaultError(NetworkFault(FaultKind.HOST_UNREACHABLE, text=f"{address} is no host's address"))
        sock = _socket(address, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source is not None:
                _bind(sock, source)
            return SocketStream(sock, await _connect(sock, address, port, limit))
        except NetworkFaultError as error:
            sock.close()
            if source is None or error.fault.kind is not FaultKind.LOCAL_OTHER:
                raise
            # The system takes the address, and turns down a connection from it: loopback to the outside, say.
            raise NetworkFaultError(replace(error.fault, kind=FaultKind.SOURCE_UNAVAILABLE)) from None
        except BaseException:
            sock.close()
            raise

    async def datagrams(self, address: str, port: int) -> SocketDatagrams:
        """A UDP socket connected to ``address``. Raises NetworkFaultError."""
        sock = _socket(address, socket.SOCK_DGRAM)
        try:
            await asyncio.get_running_loop().sock_connect(sock, _sockaddr(address, port, socket.SOCK_DGRAM))
        except OSError as error:
            sock.close()
            raise NetworkFaultError(_localized(fault_of(error), address)) from None
        return SocketDatagrams(sock)


class _Arrivals:
    """What arrives at a socket. It is read only where somebody waits for it, and then by the loop itself."""

    def __init__(self, sock: socket.socket, size: int) -> None:
        """``size``: octets taken at once, at most."""
        self.socket = sock
        self.clock = loop_clock()
        self._size = size
        self._loop = asyncio.get_running_loop()
        self._listening = False
        self._waiting: asyncio.Future[None] | None = None
        self._noticed: Callable[[], None] | None = None
        self._data: bytes | None = None
        self._error: OSError | None = None

    async def wait(self, limit: float) -> None:
        """Until there is something to take, be it the end, or ``limit`` seconds are over.

        Raises NotImplementedError on Windows' own loop.
        """
        if self._has_some():
            return
        self._listen()
        self._waiting = self._loop.create_future()
        try:
            await self.clock.until(self._waiting, limit)
        finally:
            self._waiting = None

    def notice(self, callback: Callable[[], None]) -> None:
        """Call back once there is something to take. Raises as ``wait`` does."""
        self._noticed = callback
        self._listen()

    async def take(self, limit: float, text: str) -> bytes:
        """Some octets, none at the end of a stream. Raises NetworkFaultError; ``text`` says what is missing."""
        try:
            if limit > 0:
                await self.wait(limit)
            else:
                await asyncio.sleep(0)
        except NotImplementedError:
            try:
                return await _within(limit, self._loop.sock_recv(self.socket, self._size), text)
            except OSError as error:
                raise NetworkFaultError(fault_of(error)) from None
        if not (self._has_some() or self._read()):
            raise NetworkFaultError(timed_out(f"{text} within {limit:.3g} s"))
        data, broken, self._data, self._error = self._data, self._error, None, None
        if broken is not None:
            raise NetworkFaultError(fault_of(broken))
        assert data is not None
        return data

    def close(self) -> None:
        self._noticed = None
        self._listen_no_more()
        self.socket.close()

    def _arrived(self) -> None:
        if self._waiting is None and self._noticed is None:
            self._listen_no_more()
        elif not self._has_some() and self._read():
            if self._noticed is not None:
                self._noticed()
                self._noticed = None
            if self._waiting is not None:
                _settle(self._waiting)

    def _read(self) -> bool:
        """Whether there was anything."""
        try:
            self._data = self.socket.recv(self._size)
        except BlockingIOError:
            pass
        except OSError as error:
            self._error = error
        return self._has_some()

    def _has_some(self) -> bool:
        return self._data is not None or self._error is not None

    def _listen(self) -> None:
        if not self._listening:
            self._loop.add_reader(self.socket.fileno(), self._arrived)
            self._listening = True

    def _listen_no_more(self) -> None:
        if self._listening:
            self._loop.remove_reader(self.socket.fileno())
            self._listening = False


class SocketStream:
    """One TCP connection, with TLS once ``start_tls`` has succeeded."""

    def __init__(self, sock: socket.socket, early_fault: NetworkFault | None = None) -> None:
        self._socket = sock
        self._arrivals = _Arrivals(sock, _CHUNK)
        self._clock = self._arrivals.clock
        self._tls: TlsClient | None = None
        self._early_fault = early_fault
        self.source = _name(sock)

    async def send(self, data: bytes, limit: float) -> None:
        if self._tls is not None:
            end = self._clock.now() + limit
            data = await self._with_more(self._tls, partial(self._tls.encrypt, data), limit, end)
            limit = max(end - self._clock.now(), 0.0)
        await self._send_raw(data, limit)

    async def receive(self, limit: float) -> bytes:
        if self._tls is None:
            return await self._receive_raw(limit)
        return await self._with_more(self._tls, self._tls.decrypt, limit, self._clock.now() + limit)

    async def _with_more(self, tls: TlsClient, step: Callable[[], bytes | None], limit: float, end: float) -> bytes:
        """What ``step`` gives, once as much TLS has come as it needs: for ``limit`` seconds, until ``end``."""
        taken = 0
        while (done := step()) is None:
            if taken > MAX_WITHOUT_PLAINTEXT:
                text = f"more than {MAX_WITHOUT_PLAINTEXT} bytes of TLS without any data"
                raise NetworkFaultError(NetworkFault(FaultKind.FLOOD, text=text))
            waiting = tls.give()  # a key update, an alert or a handshake that we owe
            if waiting:
                await self._send_raw(waiting, max(end - self._clock.now(), 0.0))
            left = end - self._clock.now()
            if taken and left <= 0:
                raise NetworkFaultError(timed_out(f"no data within {limit:.3g} s"))
            data = await self._receive_raw(max(left, 0.0))
            taken += len(data)
            tls.take(data)
        return done

    def when_readable(self, callback: Callable[[], None]) -> None:
        if self._early_fault is None:
            with contextlib.suppress(NotImplementedError):
                self._arrivals.notice(callback)
                return
        callback()  # Windows' own loop cannot tell; it is taken as said at once

    async def start_tls(self, server_name: str | None, offer: TlsOffer, limit: float, early: bytes = b"") -> TlsOutcome:
        from connector_probe.network.tls import TlsClient  # late: loading OpenSSL is a tenth of the start-up

        client = TlsClient(server_name, offer)
        end = self._clock.now() + limit
        try:
            while True:
                done = client.advance()
                if done and client.is_tls13:
                    client.look_behind_finished(self._arrived())
                # What answers us may be here before we come to wait for it.
                before = 0 if done else out_of_order(self._socket)
                try:
                    await self._send_raw(client.give(), max(end - self._clock.now(), 0.0))
                except NetworkFaultError as error:
                    client.take(self._left_behind(error.fault), handshaking=True)  # an alert says more than the reset
                    client.advance()
                    raise
                if done:
                    break
                if early:
                    client.take(early, handshaking=True)
                    early = b""
                    continue
                client.take(await self._receive_flight(max(end - self._clock.now(), 0.0), before), handshaking=True)
        except NetworkFaultError as error:
            with contextlib.suppress(NetworkFaultError):  # the alert that OpenSSL owes the server
                await self._send_raw(client.give(), 0.2)
            return client.outcome(error.fault)
        self._tls = client
        return client.outcome(None)

    async def close(self) -> None:
        self._arrivals.close()

    async def _send_raw(self, data: bytes, limit: float) -> None:
        if data:
            await _send(self._socket, data, limit, "nothing is taken any more")

    async def _receive_raw(self, limit: float) -> bytes:
        if self._early_fault is not None:
            return self._left_behind(self._early_fault)
        try:
            data = await self._arrivals.take(limit, "nothing arrived")
        except NetworkFaultError as error:
            if error.fault.kind is not FaultKind.TIMED_OUT:
                raise
            raise NetworkFaultError(replace(error.fault, unacknowledged=unacknowledged(self._socket))) from None
        if not data:
            raise NetworkFaultError(NetworkFault(FaultKind.CLOSED))
        return data

    async def _receive_flight(self, limit: float, before: int) -> bytes:
        """As ``_receive_raw``; where nothing arrived that can be read, it is told what arrived behind a gap.

        ``before``: what had arrived out of order until then.
        """
        try:
            return await self._receive_raw(limit)
        except NetworkFaultError as error:
            if error.fault.kind is not FaultKind.TIMED_OUT:
                raise
            stranded = out_of_order(self._socket) - before
            raise NetworkFaultError(replace(error.fault, stranded=stranded)) from None

    def _arrived(self) -> bytes:
        """What is there to be read at once."""
        try:
            return self._socket.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:  # told once: it is kept for those who wait
            self._early_fault = fault_of(error)
            return b""

    def _left_behind(self, fault: NetworkFault) -> bytes:
        """What came before ``fault``, a 421, say, and the reset at once. Raises ``fault`` where nothing did."""
        with contextlib.suppress(OSError):
            if data := self._socket.recv(_CHUNK):
                return data
        raise NetworkFaultError(fault)


class SocketDatagrams:
    """A connected UDP socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._arrivals = _Arrivals(sock, _DATAGRAM)

    async def send(self, data: bytes, limit: float) -> None:
        await _send(self._arrivals.socket, data, limit, "not sent")

    async def receive(self, limit: float) -> bytes:
        return await self._arrivals.take(limit, "no answer")

    def close(self) -> None:
        self._arrivals.close()


def system_nameservers() -> tuple[str, ...]:
    """This machine's nameservers as ADDR#53, from resolv.conf or the Windows registry; empty when it has none."""
    import dns.resolver  # late: a tenth of the start-up, and not needed with --nameserver

    try:
        found = dns.resolver.Resolver(configure=True).nameservers
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
    except ValueError:  # one line that is no address, or no text; the system's own resolver passes over it, too
        found = list(_readable_nameservers())
    return tuple(f"{address}#53" for address in map(str, found) if is_address(address))


def _readable_nameservers() -> Iterator[str]:
    """What stands behind "nameserver" in resolv.conf(5), whatever else stands there."""
    with contextlib.suppress(OSError):
        for line in _RESOLV_CONF.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                yield words[1]


async def _send(sock: socket.socket, data: bytes, limit: float, text: str) -> None:
    """All of ``data``. Raises NetworkFaultError; ``text`` says what did not happen in time."""
    try:
        try:
            sent = sock.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            await _within(limit, asyncio.get_running_loop().sock_sendall(sock, data[sent:]), text)
    except OSError as error:
        raise NetworkFaultError(fault_of(error)) from None


async def _until_writable(sock: socket.socket, limit: float) -> None:
    """Wait until ``sock`` can be written, or ``limit`` seconds are over: the caller finds out which.

    Raises NotImplementedError on Windows' own loop.
    """
    loop, file = asyncio.get_running_loop(), sock.fileno()  # by number: asyncio writes out what it does not know yet
    waiting: asyncio.Future[None] = loop.create_future()
    loop.add_writer(file, _settle, waiting)
    try:
        await loop_clock().until(waiting, limit)
    finally:
        loop.remove_writer(file)


async def _within(limit: float, call: Coroutine[Any, Any, _Result], text: str) -> _Result:
    try:
        async with asyncio.timeout(limit):
            return await call
    except TimeoutError as error:
        if error.errno is not None:  # the kernel's own ETIMEDOUT
            raise NetworkFaultError(fault_of(error)) from None
        raise NetworkFaultError(timed_out(f"{text} within {limit:.3g} s")) from None


def _socket(address: str, kind: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        sock = socket.socket(family, kind)
    except OSError as error:
        raise NetworkFaultError(fault_of(error)) from None
    sock.setblocking(False)
    return sock


def _sockaddr(address: str, port: int, kind: int) -> Any:  # noqa: ANN401 - the type differs by family
    """The address as the socket wants it, a zone index ("fe80::1%eth0") included. Nothing is looked up."""
    if ":" not in address:
        return address, port
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return socket.getaddrinfo(address, port, type=kind, flags=flags)[0][4]


def _bind(sock: socket.socket, source: str) -> None:
    if (":" in source) != (sock.family is socket.AF_INET6):
        raise NetworkFaultError(NetworkFault(FaultKind.SOURCE_UNAVAILABLE, text="it is of the other IP version"))
    try:
        sock.bind(_sockaddr(source, 0, socket.SOCK_STREAM))
    except OSError as error:
        fault = fault_of(error)
        raise NetworkFaultError(NetworkFault(FaultKind.SOURCE_UNAVAILABLE, fault.errno, fault.text)) from None


async def _connect(sock: socket.socket, address: str, port: int, limit: float) -> NetworkFault | None:
    """Connect. A reset that overtakes us after the SYN-ACK is returned: TCP was up, and the banner will miss."""
    keep_icmp(sock, True)
    try:
        await _establish(sock, _sockaddr(address, port, socket.SOCK_STREAM), limit)
    except ConnectionResetError as error:
        return fault_of(error)
    except OSError as error:
        raise NetworkFaultError(_localized(_with_icmp(fault_of(error), sock), address)) from None
    finally:
        keep_icmp(sock, False)  # on an established connection it would make a passing ICMP error a fatal one
    return None


async def _establish(sock: socket.socket, target: Any, limit: float) -> None:  # noqa: ANN401
    """TCP's handshake. Raises OSError, and NetworkFaultError for silence."""
    try:
        sock.connect(target)
    except BlockingIOError:
        try:
            await _until_writable(sock, limit)
        except NotImplementedError:
            await _within(limit, asyncio.get_running_loop().sock_connect(sock, target), "no answer")
        if error := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error)) from None
        try:
            sock.getpeername()
        except OSError:
            raise NetworkFaultError(timed_out(f"no answer within {limit:.3g} s")) from None


def _with_icmp(fault: NetworkFault, sock: socket.socket) -> NetworkFault:
    found = read_icmp(sock)
    if found is None:
        return fault
    # ENOPROTOOPT and its like are calls of this system's that fail, unless somebody has sent them.
    kind = FaultKind.HOST_UNREACHABLE if fault.kind is FaultKind.LOCAL_OTHER else fault.kind
    return replace(fault, kind=kind, icmp=found.meaning, icmp_from=found.sender)


def _localized(fault: NetworkFault, address: str) -> NetworkFault:
    """``fault``, told apart by who made it: this machine (no route, no gateway, its own firewall), or somebody else."""
    if fault.icmp_from:
        return _by_sender(fault, address)
    if fault.errno == "EINVAL" and not _has_route(address):  # what Linux says of a route of type "blackhole"
        return replace(fault, kind=FaultKind.NO_ROUTE)
    if fault.errno == "EADDRNOTAVAIL":  # Linux without IPv6; or no free port to connect from
        kind = FaultKind.NO_ROUTE if ":" in address else FaultKind.NO_RESOURCES
        return replace(fault, kind=kind)
    if fault.kind in (FaultKind.NETWORK_UNREACHABLE, FaultKind.HOST_UNREACHABLE) and not _has_route(address):
        return replace(fault, kind=FaultKind.NO_ROUTE)
    return fault


def _by_sender(fault: NetworkFault, address: str) -> NetworkFault:
    """``fault`` by who sent its ICMP error. Our own system reports what it forbids, and neighbours that are silent."""
    if fault.icmp_from == address.split("%", 1)[0]:  # the host itself, which may be this machine
        return fault
    route = route_to(address)
    gateway = route.gateway if route is not None else None
    if not _is_ours(fault.icmp_from):
        fault = replace(fault, first_hop=fault.icmp_from == gateway)
        # Linux calls ICMPv6's "administratively prohibited" EACCES, as if this machine forbade it.
        elsewhere = fault.kind is FaultKind.NOT_PERMITTED
        return replace(fault, kind=FaultKind.HOST_UNREACHABLE) if elsewhere else fault
    if fault.icmp != "host-unreachable":
        return replace(fault, kind=FaultKind.NOT_PERMITTED)
    if gateway is None:  # on our own link, by the table, and nobody answers for it
        strange = route is not None and ipaddress.ip_address(fault.icmp_from) not in route.network
        return replace(fault, kind=FaultKind.NO_ROUTE) if strange else fault  # as by a route into a wrong tunnel
    return replace(fault, kind=FaultKind.GATEWAY_SILENT, text=f"the gateway {gateway} does not answer")


def _is_ours(address: str) -> bool:
    """Whether ``address`` is one of this machine's: only then can a socket be bound to it."""
    try:
        with _socket(address, socket.SOCK_DGRAM) as sock:
            sock.bind(_sockaddr(address, 0, socket.SOCK_DGRAM))
    except (OSError, NetworkFaultError):
        return False
    return True


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _has_route(address: str) -> bool:
    """Whether this machine's routing table leads to ``address``: connecting a UDP socket asks it, and sends nothing."""
    try:
        with _socket(address, socket.SOCK_DGRAM) as sock:
            sock.connect(_sockaddr(address, _DISCARD_PORT, socket.SOCK_DGRAM))
    except (OSError, NetworkFaultError):
        return False
    return True


def _name(sock: socket.socket) -> str:
    try:
        return str(sock.getsockname()[0])
    except OSError:
        return ""
