"""Other people's programs that do a part of what a probe does, where this machine has them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence

from measure import Spent, cpu_of, peak_of
from servers import NAME, Servers

_SIDE_BY_SIDE = 100  # as many as we probe at the same time
_EXPORTERS = ("blackbox_exporter", "prometheus-blackbox-exporter")
_MODULE = """modules:
  smtp:
    prober: tcp
    timeout: 20s
    tcp:
      query_response:
        - expect: "^220 "
        - send: "EHLO {name}"
        - expect: "^250-STARTTLS"
        - send: "STARTTLS"
        - expect: "^220 "
        - starttls: true
        - send: "EHLO {name}"
        - expect: "^250 "
        - send: "QUIT"
      tls_config:
        ca_file: {ca_file}
        server_name: {name}
"""


def alone(servers: Servers, port: int) -> dict[str, list[str]]:
    """Commands that take one host through STARTTLS to its certificate, by the name of the program."""
    host, name, root = "127.0.0.1", NAME, servers.ca_file
    commands = {
        "swaks": ["--server", f"{host}:{port}", "--helo", name, "--tls", "--tls-ca-path", root, "--quit-after", "TLS"],
        "openssl": [
            *("s_client", "-brief", "-starttls", "smtp", "-connect", f"{host}:{port}", "-servername", name),
            *("-CAfile", root, "-verify_hostname", name),
        ],
        "posttls-finger": ["-c", "-l", "secure", "-F", root, f"[{host}]:{port}", name],
        "check_smtp": ["-H", host, "-p", str(port), "-S", "--sni", "-D", "1", "-F", name],
        "sslyze": ["--starttls=smtp", "--certinfo", f"--sni={name}", f"{host}:{port}"],
    }
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/lib/nagios/plugins"
    found = {program: shutil.which(program, path=path) for program in commands}
    return {program: [where, *commands[program]] for program, where in found.items() if where is not None}


class Exporter:
    """A blackbox_exporter that is up, as Prometheus asks it."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self.port = pid, port

    def probe(self, endpoints: Sequence[str]) -> Spent:
        """What a scrape of each of ``endpoints`` cost it. Raises ChildProcessError where one is not well."""
        before, began = cpu_of(self.pid), time.perf_counter()
        asyncio.run(self._scrape_all(endpoints))
        return Spent(cpu_of(self.pid) - before, time.perf_counter() - began, peak_of(self.pid))

    async def _scrape_all(self, endpoints: Sequence[str]) -> None:
        slots = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def scrape(endpoint: str) -> None:
            async with slots:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(f"GET /probe?module=smtp&target={endpoint} HTTP/1.0\r\n\r\n".encode())
                answer = await reader.read(-1)
                writer.close()
            if b"probe_success 1" not in answer:
                raise ChildProcessError(f"the exporter finds a fault in {endpoint}")

        await asyncio.gather(*map(scrape, endpoints))


@contextlib.contextmanager
def exporter(servers: Servers) -> Iterator[Exporter | None]:
    """One that runs until the body ends; None where there is none here."""
    program = next(filter(None, map(shutil.which, _EXPORTERS)), None)
    if program is None:
        yield None
        return
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(_MODULE.format(name=NAME, ca_file=servers.ca_file))
        file.flush()
        command = [program, f"--config.file={file.name}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            await_answer(f"http://127.0.0.1:{port}/-/healthy")
            yield Exporter(process.pid, port)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def await_answer(url: str) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.05)
    raise ChildProcessError(f"{url} does not answer")
