"""Ctrl-C, SIGTERM, SIGHUP, and no memory: one line, no traceback, at once, and nothing that is known is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.servers import GENEROUS, ended
from tests.unit.hostile import Sealed, serving, up_to_starttls


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to a process there")
@pytest.mark.parametrize(("sent", "command"), [(signal.SIGINT, []), (signal.SIGTERM, ["wait"])], ids=["probe", "wait"])
async def test_an_interrupted_probe_says_so(sent: signal.Signals, command: list[str]) -> None:
    connected = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        argv = [sys.executable, "-m", "connector_probe", *command, "--json", f"127.0.0.1:{port}"]
        process = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with ended(process):
            await asyncio.wait_for(connected.wait(), GENEROUS)
            process.send_signal(sent)
            out, err = await asyncio.wait_for(process.communicate(), GENEROUS)
    assert (process.returncode, err.strip()) == (130, b"probe: interrupted")
    (result,) = json.loads(out)["results"]
    assert (result["status"], result["diagnosis"]["class"]) == ("unknown", "local-interrupted")


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


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP there")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP], ids=lambda sent: sent.name)
async def test_what_is_known_is_written_when_the_terminal_or_the_service_ends(
    sent: signal.Signals, tmp_path: Path
) -> None:
    """And once is enough: a service manager sends SIGTERM, and SIGHUP right behind it."""
    connected = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    report = tmp_path / "report.json"
    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        silent = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        argv = ["--no-control", "--format", f"json={report}", "--format", "jsonl", "127.0.0.1:1", silent]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "connector_probe", *argv, stdout=subprocess.PIPE, limit=2**20
        )
        with ended(process):
            assert process.stdout is not None
            await asyncio.wait_for(process.stdout.readline(), GENEROUS)
            await asyncio.wait_for(connected.wait(), GENEROUS)
            process.send_signal(sent)
            process.send_signal(signal.SIGHUP)
            await asyncio.wait_for(process.communicate(), GENEROUS)
    assert process.returncode == 130
    assert json.loads(report.read_text())["summary"] == {"healthy": 0, "warning": 0, "failing": 1, "unknown": 1}


STARTING = """
import os, sys, types
def find_spec(name, path=None, target=None):
    if name == "connector_probe.cli.app":
        os.kill(os.getpid(), int(sys.argv[1]))
sys.meta_path.insert(0, types.SimpleNamespace(find_spec=find_spec))
from connector_probe.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP there")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda sent: sent.name)
def test_a_signal_while_the_program_is_still_loading(sent: signal.Signals) -> None:
    """Which takes a while on a busy machine. A plugin (here by SIGTERM, as Nagios ends it) is UNKNOWN then."""
    argv = [sys.executable, "-c", STARTING, str(int(sent)), *(["--format=Nagios"] if sent is signal.SIGTERM else [])]
    ran = subprocess.run(argv, capture_output=True, timeout=GENEROUS, check=False)
    seen = (ran.returncode, ran.stdout.strip(), ran.stderr.strip())
    told = (3, b"PROBE UNKNOWN - interrupted", b"") if sent is signal.SIGTERM else (130, b"", b"probe: interrupted")
    assert seen == told


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is of Linux")
@pytest.mark.parametrize("kibibytes", [60_000, 45_000])
def test_a_lack_of_memory_is_no_fault_of_this_program(kibibytes: int) -> None:
    shell = f'ulimit -v {kibibytes} && exec "{sys.executable}" -m connector_probe demo'
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=GENEROUS, check=False)
    assert ran.returncode == 3
    assert ran.stdout == ""
    assert "there is too little memory here: " in ran.stderr
    assert "Traceback" not in ran.stderr
