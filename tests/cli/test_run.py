"""probe run at a terminal: the live table, and Ctrl-C, which prints what is known."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from connector_probe import Connector, probe
from connector_probe.cli import live, running
from connector_probe.cli.app import run
from connector_probe.cli.live import LiveTable
from connector_probe.cli.progress import beside, draw_line
from tests.cli.servers import GENEROUS, ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal and SIGINT")


def probes_yaml(folder: Path, *ports: int) -> Path:
    file = folder / "probes.yaml"
    rows = [f"  - {{name: C{number}, smart_hosts: ['127.0.0.1:{port}']}}" for number, port in enumerate(ports)]
    text = "\n".join(["version: 1", "defaults: {control: [], tls: opportunistic}", "connectors:", *rows])
    file.write_text(text + "\n", encoding="utf-8")
    return file


async def test_an_interrupted_run_shows_the_table_and_prints_what_is_known(tmp_path: Path) -> None:
    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        file = probes_yaml(tmp_path, server.sockets[0].getsockname()[1], 1)
        terminal, its_end = os.openpty()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connector_probe", "run", str(file), "--json"),
            stdout=subprocess.PIPE,
            stderr=its_end,
            env={name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"},
        )
        os.close(its_end)
        loop, shown, table = asyncio.get_running_loop(), bytearray(), asyncio.Event()

        def read() -> None:
            try:
                shown.extend(os.read(terminal, 65536))
            except OSError:  # the other end is closed
                loop.remove_reader(terminal)
            if b"FAILING" in shown and b"..." in shown:
                table.set()

        loop.add_reader(terminal, read)
        with ended(process):
            await asyncio.wait_for(table.wait(), GENEROUS)
            process.send_signal(signal.SIGINT)
            out, _ = await asyncio.wait_for(process.communicate(), GENEROUS)
        loop.remove_reader(terminal)
        os.close(terminal)
    assert process.returncode == 130
    assert "1 of 2 probed" in shown.decode()
    results = json.loads(out)["results"]
    assert [(one["name"], one["status"], one["diagnosis"]["class"]) for one in results] == [
        ("C0", "unknown", "local-interrupted"),
        ("C1", "failing", "tcp-refused"),
    ]


def test_nobody_looks_on_in_ci_or_where_nothing_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert running.somebody_looks_on()
    monkeypatch.setenv("CI", "true")
    assert not running.somebody_looks_on()
    monkeypatch.delenv("CI")
    monkeypatch.setenv("TERM", "dumb")
    assert not running.somebody_looks_on()


async def test_the_table_keeps_within_the_terminal() -> None:
    connectors = [
        Connector(smart_hosts=["127.0.0.1:1"], name=f"{'漢字' * 30} {number}", control=()) for number in range(60)
    ]
    report = await probe(connectors[0])
    for width, height in ((40, 8), (80, 24), (200, 60)):
        console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True)
        table = LiveTable(connectors, console)
        for _ in range(30):
            table.add(report.results[0])
        with console.capture() as drawn:
            console.print(table.picture(75.0))
        lines = drawn.get().splitlines()
        assert len(lines) <= height - 2
        assert "of 60 probed" in lines[0]
        assert "1:15" in lines[0]
        assert any("FAILING" in line and "4.4.316 C" in line for line in lines), "beside a long name"


async def test_the_cursor_waits_where_ctrl_c_wraps_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what the terminal writes of it makes a line more than is wiped away."""
    monkeypatch.setattr(live, "PROGRESS_AFTER", 0)
    monkeypatch.setattr(sys, "stderr", screen := io.StringIO())
    table = LiveTable([Connector(smart_hosts=["127.0.0.1:1"])], Console(width=40, file=screen, force_terminal=True))
    for shown in (table.shown(), beside(draw_line(lambda: "waiting"))):
        screen.truncate(screen.seek(0))
        async with shown:
            for _ in range(5):
                await asyncio.sleep(0)
            assert screen.getvalue().endswith("\r")


def test_jobs_are_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given in ("0", "many", "100000"):
        assert run(["run", str(probes_yaml(tmp_path, 1)), "--jobs", given]) == 2
        assert "--jobs" in capsys.readouterr().err.splitlines()[0]


def test_a_check_tells_what_will_not_be_probed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes.yaml"
    on = "  - {name: A, smart_hosts: [a.contoso.com]}\n"
    off = "  - {name: B, smart_hosts: [b.contoso.com], enabled: false}\n"
    for connectors, told in ((on, "1 connector, fine\n"), (on + off, "2 connectors, fine; 1 of them with enabled: f")):
        file.write_text(f"version: 1\nconnectors:\n{connectors}", encoding="utf-8")
        assert run(["run", str(file), "--check"]) == 0
        assert told in capsys.readouterr().out
    assert run(["run", str(file), "--check", "--lang", "xx"]) == 2, "as without --check"
