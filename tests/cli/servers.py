"""Servers on loopback for the tests of the command line, each in a thread of its own: SMTP that can change its mind."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector_probe.lab.authority import Authority
from connector_probe.lab.certificates import good

CA_FILE = ""  # what connectors trust too
GENEROUS = 60.0  # seconds that no test takes


class _Smtp(socketserver.BaseRequestHandler):
    """Greeting, EHLO, STARTTLS, EHLO, QUIT; or a refusal in the greeting; or nothing at all."""

    server: SmtpServer

    def handle(self) -> None:
        server = self.server
        server.met += 1
        sound = server.plan.pop(0) if server.plan else server.sound
        if server.silent:
            server.met_silent.set()
            self.request.recv(1)
            return
        self.request.sendall(b"220 mail.test ESMTP\r\n" if sound else b"554 5.3.2 no service here\r\n")
        with contextlib.suppress(OSError):
            self._converse(self.request, b"250-mail.test\r\n250 STARTTLS\r\n")

    def _converse(self, stream: socket.socket, ehlo: bytes) -> None:
        with stream.makefile("rb") as lines:
            for line in lines:
                command = line.strip().upper()
                if command == b"STARTTLS":
                    stream.sendall(b"220 go ahead\r\n")
                    with self.server.tls.wrap_socket(stream, server_side=True) as inside:
                        self._converse(inside, b"250 mail.test\r\n")
                    return
                stream.sendall(ehlo if command.startswith(b"EHLO") else b"221 bye\r\n")


class SmtpServer(socketserver.ThreadingTCPServer):
    """``plan``: whether the next connections meet a sound server; after them ``sound`` holds."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Smtp)
        self.tls = tls
        self.sound, self.silent, self.plan, self.met = True, False, list[bool](), 0
        self.met_silent = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


def tls_context(authority: Authority) -> ssl.SSLContext:
    """That of a server with a good certificate."""
    chain = good(authority, "mail.test")
    key = chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join([key, *(ssl.DER_cert_to_PEM_cert(one).encode() for one in chain.certificates)]))
        file.flush()
        context.load_cert_chain(file.name)
    return context


@dataclass
class Heard:
    """What an HTTP server was asked: method and path, body."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    _more: threading.Condition = field(default_factory=threading.Condition)

    def add(self, method_and_path: str, body: str) -> None:
        with self._more:
            self.requests.append((method_and_path, body))
            self._more.notify_all()

    def wait_for(self, number: int) -> None:
        """Until it was asked that often."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.requests) >= number, GENEROUS)


class _Http(http.server.BaseHTTPRequestHandler):
    server: HttpServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="surrogateescape")
        self.server.heard.add(f"{self.command} {self.path}", body)
        self.send_response(500 if "broken" in self.path else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        pass


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Http)
        self.heard = Heard(port=int(self.server_address[1]))


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes] | asyncio.subprocess.Process) -> Iterator[None]:
    """It is not left behind, nor waited for without end, where the test fails."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


@contextlib.contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_file(folder: Path, *ports: int, more: str = "", top: str = "") -> Path:
    """A probes.yaml of connectors C0, C1, ... on these ports; ``more`` are keys of their defaults."""
    more = ", ".join(filter(None, (f"ca_file: {CA_FILE}" if CA_FILE else "", more)))
    rows = [f"  - {{name: C{number}, smart_hosts: ['127.0.0.1:{port}']}}" for number, port in enumerate(ports)]
    defaults = "defaults: {control: [], tls: opportunistic, retry_delay: 0" + (f", {more}" if more else "") + "}"
    file = folder / "probes.yaml"
    file.write_text("\n".join(["version: 1", *filter(None, [top]), defaults, "connectors:", *rows, ""]), "utf-8")
    return file
