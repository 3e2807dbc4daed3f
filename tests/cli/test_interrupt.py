"""Ctrl-C, and SIGTERM: exit 130, one line, no traceback, and at once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from tests.cli.servers import GENEROUS, ended


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
