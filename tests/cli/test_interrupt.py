"""Ctrl-C, and SIGTERM: exit 130, one line, no traceback, and at once."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading

import pytest

from tests.cli.servers import GENEROUS, ended
from tests.unit.hostile import Sealed, serving, up_to_starttls


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to a process there")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
async def test_an_interrupted_probe_says_so(sent: signal.Signals) -> None:
    connected = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        argv = [sys.executable, "-m", "connector_probe", f"127.0.0.1:{port}"]
        process = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with ended(process):
            await asyncio.wait_for(connected.wait(), GENEROUS)
            process.send_signal(sent)
            out, err = await asyncio.wait_for(process.communicate(), GENEROUS)
    assert (process.returncode, out, err.strip()) == (130, b"", b"probe: interrupted")


# Without the bound that ends such a server by itself, so that only what is tested can.
UNBOUNDED = """
import connector_probe.network.system as system
system.MAX_WITHOUT_PLAINTEXT = 1 << 60
from connector_probe.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to a process there")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, None], ids=["SIGINT", "SIGTERM", "--deadline"])
async def test_a_server_that_never_pauses_ends_when_we_say_so(sent: signal.Signals | None) -> None:
    flooding = threading.Event()

    def flood(sock: socket.socket) -> None:
        up_to_starttls(sock)
        tls = Sealed(sock)
        while True:
            sock.sendall(tls.tickets())
            flooding.set()

    with serving(flood) as port:
        argv = ["--nameserver", "127.0.0.1#9", "--deadline", "600s" if sent else "2s", f"127.0.0.1:{port}"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", UNBOUNDED, *argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with ended(process):
            assert await asyncio.to_thread(flooding.wait, GENEROUS)
            if sent is not None:
                process.send_signal(sent)
            _, err = await asyncio.wait_for(process.communicate(), GENEROUS)
    assert (process.returncode, err.strip()) == ((130, b"probe: interrupted") if sent else (1, b""))


def test_an_interrupt_while_the_program_is_still_loading() -> None:
    """Which takes a while on a busy machine."""
    interrupted = (
        "import sys, types\n"
        "def find_spec(name, path=None, target=None):\n"
        "    if name == 'connector_probe.cli.app':\n"
        "        raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, types.SimpleNamespace(find_spec=find_spec))\n"
        "from connector_probe.cli import main\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, timeout=GENEROUS, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (130, b"", b"probe: interrupted")
