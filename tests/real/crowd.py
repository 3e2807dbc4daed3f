"""Several of the lab's servers in one process, at whatever addresses.

    python -m tests.real.crowd ADDRESS:PORT=SCENARIO ...

SCENARIO is the name of one of the lab's. The first line on standard output is the file with the root of their
certificates; it is written once all of them listen.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

from connector_probe.lab import SCENARIOS
from connector_probe.lab.authority import Authority, TlsShape
from connector_probe.lab.certificates import good
from connector_probe.lab.smtp import Listener
from connector_probe.lab.sockets import bind
from tests.real.authority import HOST

_BEHAVIOURS = {scenario.name: scenario.servers[0].behaviour for scenario in SCENARIOS}


class Crowd:
    """The process; ``ca_file`` is what a prober is told to trust."""

    def __init__(self, *servers: str, inside: Sequence[str] = ()) -> None:
        command = [*inside, sys.executable, "-m", "tests.real.crowd", *servers]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.ca_file = self._process.stdout.readline().strip()
        if not self.ca_file:
            self.stop()
            raise RuntimeError("the servers did not start")

    def stop(self) -> None:
        """They end with their standard input."""
        self._process.communicate()


async def _serve(servers: Sequence[str]) -> None:
    with Authority() as authority:

        async def context() -> object:
            return await asyncio.to_thread(partial(authority.context, good, HOST, TlsShape()))

        listeners = []
        for server in servers:
            endpoint, _, name = server.partition("=")
            address, _, port = endpoint.rpartition(":")
            sock = bind(address.strip("[]"), int(port))
            sock.listen()
            listeners.append(Listener(sock, _BEHAVIOURS[name], HOST, context))  # type: ignore[arg-type]
        sys.stdout.write(f"{authority.ca_file}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for listener in listeners:
            await listener.stop()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1:]))
