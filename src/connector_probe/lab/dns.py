"""The lab's nameserver: UDP and TCP on one loopback port, well behaved but for the names declared not to be."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import cast

import dns.exception
import dns.message
import dns.name
import dns.rdatatype

from connector_probe.lab.answers import Answerer, Query, Records, Zone, nodata, nxdomain
from connector_probe.lab.smtp import ClientGoneError, Listener, Visit
from connector_probe.lab.sockets import LOOPBACK, bind_together

# A question about the root: how a client sees that the nameserver is alive.
_ROOT = Records({"NS": ["a.root-servers.lab.test."]})


def answer(wire: bytes, zone: Zone, *, over_tcp: bool) -> bytes | None:
    """The bytes that answer ``wire``; None where nothing is to be said."""
    try:
        query = Query(dns.message.from_wire(wire), over_tcp)
    except (dns.exception.DNSException, ValueError):
        return None  # no DNS message, and no client of ours
    if not query.message.question:
        return None
    if query.name == dns.name.root:
        behaviour: Answerer = _ROOT if query.rdtype == dns.rdatatype.NS else nodata
    else:
        behaviour = zone.get(query.asked, nxdomain)
    return behaviour(query, zone)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        reply = answer(data, self._zone, over_tcp=False)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class LabNameserver:
    """Answers on one port until ``stop``, at each address for the zone that it has there."""

    def __init__(self, port: int, doors: Sequence[tuple[asyncio.DatagramTransport, Listener]]) -> None:
        self.port = port
        self._doors = doors

    @classmethod
    async def start(cls, zones: Mapping[str, Zone], port: int | None = None) -> LabNameserver:
        """``zones``: by address. ``port`` None: one that is free."""
        kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        port, sockets = bind_together([(address, kind) for address in zones for kind in kinds], port)
        pairs = zip(zones.values(), sockets[::2], sockets[1::2], strict=True)
        return cls(port, [await cls._open(zone, datagrams, stream) for zone, datagrams, stream in pairs])

    @staticmethod
    async def _open(
        zone: Zone, datagrams: socket.socket, stream: socket.socket
    ) -> tuple[asyncio.DatagramTransport, Listener]:
        stream.listen()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(zone), sock=datagrams)

        async def answers(visit: Visit) -> None:
            while True:
                length = int.from_bytes(await visit.exactly(2), "big")  # RFC 1035 4.2.2
                reply = answer(await visit.exactly(length), zone, over_tcp=True)
                if reply is None:
                    raise ClientGoneError
                await visit.send(len(reply).to_bytes(2, "big") + reply)

        return transport, Listener(stream, answers, "")

    async def stop(self) -> None:
        for transport, listener in self._doors:
            transport.close()
            await listener.stop()


class DeadPort:
    """A port for ``--nameserver`` behind which nobody is: ``silent`` swallows questions, otherwise they are refused."""

    def __init__(self, *, silent: bool) -> None:
        self.port, self._sockets = bind_together([(LOOPBACK, socket.SOCK_DGRAM), (LOOPBACK, socket.SOCK_STREAM)])
        datagrams, stream = self._sockets
        if silent:
            stream.listen()
        else:  # taken, so that nobody else gets the port, and deaf to everybody but itself: others get ICMP errors
            datagrams.connect((LOOPBACK, self.port))

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()
