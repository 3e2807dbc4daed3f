"""network/tls.py, for the most part without a socket: what is known of a handshake that stops at some record."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from cryptography import x509
from OpenSSL import SSL

from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.network import WIDE_OFFER
from connector_probe.network.system import SocketStream
from connector_probe.network.tls import TlsClient
from tests.unit.certificates import authority, rsa_key, server

CLOSED = NetworkFault(FaultKind.CLOSED)
LEAF = server(authority("Issuing CA"), key=rsa_key("tls client"))


def test_a_ticket_of_which_only_the_beginning_has_come_is_seen() -> None:
    """Behind the Finished of a server that has not heard ours: it cannot be OpenSSL's."""
    for behind, early in ((b"", False), (b"\x17", True), (b"\x17\3\3\1\0 a part", True)):
        client, server = TlsClient("mail.contoso.com", WIDE_OFFER), asking(SSL.TLS1_3_VERSION)
        assert not client.advance()
        client.take(flight(server, client.give()), handshaking=True)
        assert client.advance()
        client.look_behind_finished(behind)
        assert client.outcome(None).early_ticket is early


class OctetByOctet(socket.socket):
    """As a network may deliver them."""

    def recv(self, _: int, flags: int = 0, /) -> bytes:
        return super().recv(1, flags)


@pytest.mark.parametrize("early", [True, False])
async def test_a_ticket_that_comes_by_itself_before_our_answer_is_seen(early: bool) -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(flight(asking(SSL.TLS1_3_VERSION), connection.recv(65536)) + b"\x17\3\3\1\0" * early)
            connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener, OctetByOctet() as sock:
        sock.connect(listener.getsockname())
        sock.setblocking(False)
        server = asyncio.to_thread(serve)
        outcome, _ = await asyncio.gather(SocketStream(sock).start_tls(None, WIDE_OFFER, 30.0), server)
    assert (outcome.fault, outcome.early_ticket) == (None, early)


async def test_a_server_may_shake_hands_anew() -> None:
    """RFC 5246 7.4.1.1: what is said in between waits for it."""

    def serve() -> None:
        accepted, _ = listener.accept()
        with accepted:
            context = SSL.Context(SSL.TLS_SERVER_METHOD)
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
            context.use_certificate(x509.load_der_x509_certificate(LEAF.der))
            context.use_privatekey(rsa_key("tls client"))
            connection = SSL.Connection(context, accepted)
            connection.set_accept_state()
            connection.do_handshake()
            connection.renegotiate()
            connection.do_handshake()
            for answer in (b"first", b"second"):
                heard.append(connection.recv(100))
                connection.sendall(answer)

    heard, said = list[bytes](), list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as sock:
        sock.setblocking(False)
        server, stream = asyncio.create_task(asyncio.to_thread(serve)), SocketStream(sock)
        assert (await stream.start_tls(None, WIDE_OFFER, 30.0)).fault is None
        for command in (b"one", b"two"):
            await stream.send(command, 30.0)
            said.append(await stream.receive(30.0))
        await server
        await stream.close()
    assert (heard, said) == ([b"one", b"two"], [b"first", b"second"])


def asking(version: int) -> SSL.Connection:
    """A server that asks for a client certificate, and does without."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(version)
    context.use_certificate(x509.load_der_x509_certificate(LEAF.der))
    context.use_privatekey(rsa_key("tls client"))
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    connection = SSL.Connection(context, None)
    connection.set_accept_state()
    return connection


def flight(connection: SSL.Connection, hello: bytes) -> bytes:
    """What the server sends in answer to the client's first octets."""
    connection.bio_write(hello)
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    sent = b""
    while True:
        try:
            sent += connection.bio_read(65536)
        except SSL.WantReadError:
            return sent


def records(data: bytes) -> Iterator[bytes]:
    while data:
        size = 5 + int.from_bytes(data[3:5], "big")
        yield data[:size]
        data = data[size:]


def record(kind: bytes, body: bytes) -> list[bytes]:
    """``body`` as one record, or none (RFC 5246 6.2.1)."""
    return [kind + b"\x03\x03" + len(body).to_bytes(2, "big") + body] if body else []


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_who_hangs_up_before_our_answer_does_not_do_so_for_want_of_a_certificate(version: int) -> None:
    client = TlsClient("mail.contoso.com", WIDE_OFFER)
    assert not client.advance()
    *first, last = records(flight(asking(version), client.give()))
    if version == SSL.TLS1_2_VERSION:  # handshake messages share records there: all but ServerHelloDone
        first, last = [*first, *record(last[:1], last[5:-4])], b"".join(record(last[:1], last[-4:]))
    for sent in first:
        client.take(sent, handshaking=True)
        assert not client.advance()
    assert not client.outcome(CLOSED).client_certificate_requested
    client.take(last, handshaking=True)
    client.advance()
    assert client.outcome(CLOSED).client_certificate_requested
