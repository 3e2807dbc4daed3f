"""No peer, whatever it sends at any stage, keeps the loop to itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from connector_probe import Connector, TlsSettings
from connector_probe.api import probe_all
from connector_probe.model.evidence import FaultKind, LookupStatus
from connector_probe.model.verdict import FLOWING, Status
from connector_probe.network import WIDE_OFFER, HttpError, HttpRequest, HttpUrl, NetworkFaultError, SystemNetwork
from connector_probe.network.http import fetch
from connector_probe.stages.resolve import Resolver
from tests.unit import hostile
from tests.unit.hostile import DATA, Sealed, answering, endlessly, heartbeat, lines, serving, up_to_starttls

PATIENT = 60.0  # for the busiest machine
READY = b"220 mail.contoso.com ESMTP\r\n"
MANY = 2000  # times one piece, in one go


# --- inside TLS ------------------------------------------------------------------------------------------------


def floods(flood: Callable[[Sealed], Iterator[bytes]]) -> Callable[[socket.socket], None]:
    def converse(sock: socket.socket) -> None:
        for data in flood(Sealed(sock)):
            sock.sendall(data)

    return converse


def tickets(tls: Sealed) -> Iterator[bytes]:
    while True:
        yield tls.tickets()


def key_updates(tls: Sealed) -> Iterator[bytes]:
    while True:
        yield b"".join(tls.key_update() for _ in range(100))


@pytest.mark.parametrize("flood", [tickets, key_updates])
async def test_tls_that_brings_no_data_is_a_flood(flood: Callable[[Sealed], Iterator[bytes]]) -> None:
    with serving(floods(flood)) as port:
        stream = await SystemNetwork().connect("127.0.0.1", port, None, PATIENT)
        try:
            assert (await stream.start_tls(hostile.HOST, WIDE_OFFER, PATIENT)).fault is None
            async with heartbeat():
                with pytest.raises(NetworkFaultError) as caught:
                    await stream.receive(PATIENT)
        finally:
            await stream.close()
    assert caught.value.fault.kind is FaultKind.FLOOD


@pytest.mark.parametrize("flood", [tickets, key_updates])
async def test_tls_that_brings_no_data_does_not_outlast_a_limit_or_who_waits_for_it(
    flood: Callable[[Sealed], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector_probe.network.system.MAX_WITHOUT_PLAINTEXT", 1 << 40)
    with serving(floods(flood)) as port:
        for limit, waits in ((0.3, PATIENT), (PATIENT, 0.3)):
            stream = await SystemNetwork().connect("127.0.0.1", port, None, PATIENT)
            try:
                assert (await stream.start_tls(hostile.HOST, WIDE_OFFER, PATIENT)).fault is None
                async with heartbeat():
                    with pytest.raises((NetworkFaultError, TimeoutError)) as caught:
                        async with asyncio.timeout(waits):
                            await stream.receive(limit)
            finally:
                await stream.close()
            if isinstance(caught.value, NetworkFaultError):
                assert caught.value.fault.kind is FaultKind.TIMED_OUT
            else:
                assert waits < limit


# --- whole probes ----------------------------------------------------------------------------------------------


def floods_after_tls(flood: Callable[[Sealed], Iterator[bytes]]) -> Callable[[socket.socket], None]:
    def converse(sock: socket.socket) -> None:
        up_to_starttls(sock)
        floods(flood)(sock)

    return converse


def octets(tls: Sealed) -> Iterator[bytes]:
    """A reply without end, in as many records as octets."""
    while True:
        yield b"".join(tls.seal(DATA, bytes([octet])) for octet in b"250-mail.contoso.com\r\n" * 20)


def never_greets(sock: socket.socket) -> None:
    endlessly(sock, b"220-\n" * MANY)


def greets_on_one_line(sock: socket.socket) -> None:
    sock.sendall(b"220 ")
    endlessly(sock, b"x" * MANY)


def greets_by_the_octet(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"220 ")
    endlessly(sock, b"x")


def replies_without_end(sock: socket.socket) -> None:
    sock.sendall(READY)
    for _ in lines(sock):
        endlessly(sock, b"250-X\r\n" * MANY)


def says_250_without_end(sock: socket.socket) -> None:
    sock.sendall(READY)
    for _ in lines(sock):
        endlessly(sock, b"250 X\r\n" * MANY)


def talks_on_instead_of_tls(sock: socket.socket) -> None:
    up_to_starttls(sock)
    endlessly(sock, b"220 go ahead\r\n" * MANY)


def shakes_hands_in_fragments(sock: socket.socket) -> None:
    """A ServerHello that claims 16 MiB, an octet a record."""
    up_to_starttls(sock)
    sock.recv(65_536)
    sock.sendall(bytes([22, 3, 3, 0, 4, 2, 255, 255, 255]))
    endlessly(sock, bytes([22, 3, 3, 0, 1, 0]) * MANY)


def warns_without_end(sock: socket.socket) -> None:
    """Alerts of the level of warnings instead of a handshake."""
    up_to_starttls(sock)
    sock.recv(65_536)
    endlessly(sock, bytes([21, 3, 3, 0, 2, 1, 112]) * MANY)


FLOODS = [
    never_greets,
    greets_on_one_line,
    greets_by_the_octet,
    replies_without_end,
    says_250_without_end,
    talks_on_instead_of_tls,
    shakes_hands_in_fragments,
    warns_without_end,
    floods_after_tls(tickets),
    floods_after_tls(key_updates),
    floods_after_tls(octets),
]


def connector(port: int, *, deadline: float) -> Connector:
    """Of a plain server; nothing is asked of anybody else."""
    return Connector(
        smart_hosts=[f"127.0.0.1:{port}"],
        tls=TlsSettings.OPPORTUNISTIC,
        control=[],
        nameservers=["127.0.0.1#9"],
        deadline=deadline,
    )


async def test_floods_end_by_their_deadline_and_leave_a_slow_neighbour_its_verdict() -> None:
    """The neighbour greets when every flood has been met and its deadline is over, one after another.

    Together they would be judged in one turn, each in some 15 ms, where a busy machine is late.
    """
    met = asyncio.Event()

    async def neighbour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await met.wait()
        writer.write(READY)
        while await reader.readline():
            writer.write(b"250 mail.contoso.com\r\n")
        writer.close()

    with contextlib.ExitStack() as running:
        ports = [running.enter_context(serving(flood)) for flood in FLOODS]
        server = await asyncio.start_server(neighbour, "127.0.0.1", 0)
        async with server, heartbeat(), asyncio.timeout(PATIENT):
            healthy = connector(server.sockets[0].getsockname()[1], deadline=PATIENT)
            waiting = asyncio.ensure_future(probe_all([healthy]))
            report = await probe_all([connector(port, deadline=1 + number / 5) for number, port in enumerate(ports)])
            met.set()
            (left_alone,) = (await waiting).results
    assert {one.status for one in report.results} == {Status.FAILING}
    assert left_alone.status in FLOWING


# --- HTTP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "piece", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", "more than 20000 pieces"),
        (b"", b"HTTP/1.1 103 E\r\n\r\n", "interim"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", "no HTTP response"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", "longer than"),
    ],
)
async def test_http_without_end(head: bytes, piece: bytes, why: str) -> None:
    def answer(sock: socket.socket) -> None:
        sock.recv(65_536)
        sock.sendall(head)
        endlessly(sock, piece * MANY)

    with serving(answer) as port:
        request = HttpRequest(HttpUrl.parse(f"http://127.0.0.1:{port}/"), 1024 * 1024)
        async with heartbeat():
            with pytest.raises(HttpError, match=why):
                await fetch(SystemNetwork(), "127.0.0.1", request, source=None, limit=PATIENT)


# --- DNS -------------------------------------------------------------------------------------------------------


def wrong_ids(question: bytes) -> Iterator[bytes]:
    while True:
        yield bytes([question[0] ^ 1]) + question[1:]


def questions(question: bytes) -> Iterator[bytes]:
    """Answers to something else."""
    while True:
        yield question[:2] + bytes([0x81, 0x80]) + question[4:12] + b"\1x" + question[12:]


@pytest.mark.parametrize(("answers", "status"), [(wrong_ids, LookupStatus.WRONG_ID), (questions, None)])
async def test_foreign_answers_without_end(
    answers: Callable[[bytes], Iterator[bytes]], status: LookupStatus | None
) -> None:
    with answering(answers) as port:
        resolver = Resolver(SystemNetwork(), [f"127.0.0.1#{port}"], given=True, patience=0.5)
        async with heartbeat(), asyncio.timeout(PATIENT):
            found = await resolver.look_up("mail.contoso.com", "A")
    assert found.records == ()
    assert status is None or found.status is status


async def test_a_thousand_connectors_that_end_at_once_are_judged_one_at_a_time() -> None:
    stop = asyncio.Event()
    stop.set()
    many = [Connector(smart_hosts=["127.0.0.1"], name=str(number)) for number in range(1000)]
    async with heartbeat():
        report = await probe_all(many, stop=stop)
    assert report.summary.unknown == len(many)
