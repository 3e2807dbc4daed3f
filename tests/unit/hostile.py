"""Servers that send without end, each in threads of its own, and the pulse of the loop that meets them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.certificates import authority, ec_key, server

LONGEST_TURN = 0.2  # seconds of this thread's own work between two beats
BEAT = 0.005
HANDSHAKE, DATA = 22, 23  # RFC 8446 5.1
NEW_SESSION_TICKET, KEY_UPDATE = 4, 24  # RFC 8446 4
HOST = "mail.contoso.com"
CA = authority("Hostile CA")
LEAF = server(CA, [HOST], key=ec_key("hostile"))

Conversation = Callable[[socket.socket], None]


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[None]:
    """Fails where the loop's thread works for longer than ``LONGEST_TURN`` without letting timers have their turn.

    The thread's own CPU time counts: what other threads and programs take of this machine is nobody's fault. As in a
    run of ``probe``, the garbage collector leaves alone what was there before: here the tests, whose walk takes 0.3 s.
    """
    gc.freeze()
    loop, longest, last = asyncio.get_running_loop(), 0.0, time.thread_time()
    timer: asyncio.TimerHandle | None = None

    def beat() -> None:
        nonlocal longest, last, timer
        now = time.thread_time()
        longest, last = max(longest, now - last), now
        timer = loop.call_later(BEAT, beat)

    timer = loop.call_later(BEAT, beat)
    try:
        yield
        beat()
    finally:
        gc.unfreeze()
        if timer is not None:
            timer.cancel()
    assert longest < LONGEST_TURN, f"{longest:.3f} s without a beat"


@contextlib.contextmanager
def serving(conversation: Conversation) -> Iterator[int]:
    """The port of a TCP server that has ``conversation`` with each client, until the client is gone."""
    connections: list[socket.socket] = []

    def meet(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            conversation(connection)

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=meet, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            for one in (listener, *connections):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def answering(answers: Callable[[bytes], Iterator[bytes]]) -> Iterator[int]:
    """The port of a UDP server that sends ``answers`` to each question, until the client is gone."""
    done = threading.Event()

    def answer(question: bytes, client: tuple[str, int]) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for one in answers(question):
                if done.is_set():
                    return
                listener.sendto(one, client)

    def listen() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                question, client = listener.recvfrom(65_535)
                threading.Thread(target=answer, args=(question, client), daemon=True).start()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.05)
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def endlessly(sock: socket.socket, data: bytes) -> None:
    while True:
        sock.sendall(data)


def lines(sock: socket.socket) -> Iterator[bytes]:
    """The client's, one by one, without buffering what is behind them."""
    while True:
        line = bytearray()
        while not line.endswith(b"\n"):
            octet = sock.recv(1)
            if not octet:
                return
            line += octet
        yield bytes(line)


def up_to_starttls(sock: socket.socket) -> None:
    """Greeting and EHLO, as they should be, and the 220 to STARTTLS."""
    sock.sendall(b"220 mail.contoso.com ESMTP\r\n")
    for line in lines(sock):
        if line.upper().startswith(b"STARTTLS"):
            sock.sendall(b"220 go ahead\r\n")
            return
        sock.sendall(b"250-mail.contoso.com\r\n250 STARTTLS\r\n")


class Sealed:
    """The server's side of a TLS 1.3 connection of which we write the records ourselves (RFC 8446 5.2, 7.2, 7.3)."""

    def __init__(self, sock: socket.socket, *, host: str = HOST) -> None:
        """The handshake. What the client said behind it is in ``said``."""
        leaf = LEAF if host == HOST else server(CA, [host], key=ec_key("hostile"))
        with tempfile.TemporaryDirectory() as folder:
            pem, log = Path(folder, "server.pem"), Path(folder, "keys")
            key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            chain = [ssl.DER_cert_to_PEM_cert(one.der).encode() for one in (leaf, CA)]
            pem.write_bytes(b"".join((key, *chain)))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.num_tickets = 0  # so that ours are the first records
            context.load_cert_chain(pem)
            context.keylog_filename = str(log)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = context.wrap_bio(incoming, outgoing, server_side=True)
            self._incoming, self._sock = incoming, sock
            while True:
                try:
                    self._tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    self._read()
            sock.sendall(outgoing.read())
            told = (line.split() for line in log.read_text("ascii").splitlines() if not line.startswith("#"))
            secrets = {label: secret for label, _, secret in told}
        cipher = self._tls.cipher()
        assert cipher is not None
        self._hash: hashes.HashAlgorithm = hashes.SHA384() if cipher[0].endswith("384") else hashes.SHA256()
        self._key_size = 32 if "256_GCM" in cipher[0] else 16
        self._use(bytes.fromhex(secrets["SERVER_TRAFFIC_SECRET_0"]))

    def said(self) -> bytes:
        """What the client says next."""
        while True:
            try:
                return self._tls.read(65_536)
            except ssl.SSLWantReadError:
                self._read()

    def seal(self, kind: int, content: bytes) -> bytes:
        """One record."""
        inner = content + bytes([kind])
        head = bytes([DATA, 3, 3]) + (len(inner) + 16).to_bytes(2, "big")
        nonce = int.from_bytes(self._iv, "big") ^ self._number
        self._number += 1
        return head + self._aead.encrypt(nonce.to_bytes(12, "big"), inner, head)

    def key_update(self) -> bytes:
        """A KeyUpdate that asks for none in return; what is sealed from now on is sealed with the next key."""
        record = self.seal(HANDSHAKE, bytes([KEY_UPDATE, 0, 0, 1, 0]))
        self._use(self._expand(self._secret, "traffic upd", self._hash.digest_size))
        return record

    def tickets(self) -> bytes:
        """A record full of session tickets, as small as they can be."""
        body = bytes(8) + bytes([1, 0]) + b"\0\1t" + b"\0\0"
        ticket = bytes([NEW_SESSION_TICKET]) + len(body).to_bytes(3, "big") + body
        return self.seal(HANDSHAKE, ticket * (16_000 // len(ticket)))

    def _read(self) -> None:
        data = self._sock.recv(65_536)
        if not data:
            raise ConnectionResetError
        self._incoming.write(data)

    def _use(self, secret: bytes) -> None:
        self._secret, self._number = secret, 0
        self._aead = AESGCM(self._expand(secret, "key", self._key_size))
        self._iv = self._expand(secret, "iv", 12)

    def _expand(self, secret: bytes, label: str, size: int) -> bytes:
        """HKDF-Expand-Label without a context."""
        told = b"tls13 " + label.encode()
        info = size.to_bytes(2, "big") + bytes([len(told)]) + told + b"\0"
        return HKDFExpand(self._hash, size, info).derive(secret)
