"""The smart hosts that the benchmarks meet: a process of their own, so that their CPU time is nobody else's.

Every address of 127.0.0.0/8 is a host of its own (Linux has them all). All of them show one chain that a made-up root
signed, and offer STARTTLS; on the dead ones' port a SYN is left unanswered; on the far one's each way takes 25 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import resource
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from connector_probe.lab import certificates
from connector_probe.lab.authority import Authority
from connector_probe.lab.sockets import bind, fill_backlog, port_of

NAME = "fleet.lab.test"
ROUND_TRIP = 0.05  # seconds, to the far host
_BACKLOG = 4096
_OPEN_FILES = 16_384


@dataclass(frozen=True)
class Servers:
    """Ports, and the file of the root that signed for them."""

    port: int
    dead_port: int
    far_port: int
    ca_file: str

    def configuration(self, healthy: int, dead: int = 0, *, connect_timeout: int = 21) -> str:
        """A probes.yaml of so many connectors; the dead ones stand in between."""
        hosts = [f"127.{100 + at // 62500}.{at // 250 % 250}.{1 + at % 250}" for at in range(healthy + dead)]
        every = (healthy + dead) // dead if dead else 0
        ports = [self.dead_port if every and at % every == 0 else self.port for at in range(len(hosts))]
        return (
            f"version: 1\ndefaults: {{tls: domain-validation, tls_domain: {NAME}, helo: {NAME}, control: [],\n"
            f"  connect_timeout: {connect_timeout}s, ca_file: '{self.ca_file}', only_ca_file: true}}\nconnectors:\n"
            + "".join(
                f"  - {{name: Host {at}, smart_hosts: ['{host}:{port}']}}\n"
                for at, (host, port) in enumerate(zip(hosts, ports, strict=True))
            )
        )


@contextlib.contextmanager
def serving() -> Iterator[Servers]:
    """The servers, until the body ends."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Servers(**json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait()


async def _talk(context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One conversation: what a probe says, and nothing else."""
    answers = {b"EHLO": b"250-%b\r\n250-STARTTLS\r\n250 SIZE\r\n" % NAME.encode(), b"QUIT": b"221 2.0.0 bye\r\n"}
    writer.write(b"220 %b ESMTP\r\n" % NAME.encode())
    with contextlib.suppress(OSError, EOFError):
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"STAR":
                writer.write(b"220 2.0.0 ready\r\n")
                await writer.start_tls(context)
                continue
            writer.write(answers.get(word, b"250 2.0.0 fine\r\n"))
            if word == b"QUIT":
                break
    writer.close()


async def _relay(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes in on either side goes out on the other after half a round trip."""
    loop, (far_reader, far_writer) = asyncio.get_running_loop(), await asyncio.open_connection("127.0.0.1", port)

    async def one_way(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                loop.call_later(ROUND_TRIP / 2, sink.write, data)
        loop.call_later(ROUND_TRIP / 2, sink.close)

    await asyncio.gather(one_way(reader, far_writer), one_way(far_reader, writer))


async def _serve() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, _OPEN_FILES), hard), hard))
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of each half-closed TLS connection
    with Authority() as authority, tempfile.TemporaryDirectory() as folder:
        chain, files = certificates.good(authority, NAME), [Path(folder, name) for name in ("chain.pem", "key.pem")]
        files[0].write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain.certificates)))
        files[1].write_bytes(
            chain.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, files))
        near = await asyncio.start_server(functools.partial(_talk, context), "0.0.0.0", backlog=_BACKLOG)
        port = near.sockets[0].getsockname()[1]
        far = await asyncio.start_server(functools.partial(_relay, port), "127.0.0.1")
        dead = bind("0.0.0.0")
        _kept = await fill_backlog(dead)
        servers = Servers(port, port_of(dead), far.sockets[0].getsockname()[1], authority.ca_file)
        print(json.dumps(asdict(servers)), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
