"""The process itself: signals, systemd, kill -9, and a command line that is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from tests.cli.servers import GENEROUS, SmtpServer
from tests.serve.harness import row, running, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and AF_UNIX")
_URL = re.compile(r"http://\S+?(?=/:)")


class Served:
    """``probe serve`` as a process of its own; ``line`` waits for one of its log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[str] = []
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = _URL.findall(self.line("connector"))[0]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()

    def line(self, part: str) -> str:
        with self._more:
            assert self._more.wait_for(lambda: any(part in line for line in self._lines), GENEROUS), self._lines
            return next(line for line in self._lines if part in line)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=GENEROUS) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def served(file: Path, *options: str, **environ: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "connector_probe", "serve", str(file), "--listen", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ})
    with process:
        try:
            yield Served(process)
        finally:
            process.kill()


def test_sigterm_ends_it_whatever_goes_on_and_systemd_is_told(tmp_path: Path, smtp: SmtpServer) -> None:
    """A listener to events, a probe of a silent server; READY, RELOADING, WATCHDOG and STOPPING on the way."""
    smtp.silent = True
    file = write(tmp_path, [row("A", smtp.port, timeout=50)])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(GENEROUS)
        systemd.bind(str(tmp_path / "notify"))
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        history = str(tmp_path / "h.sqlite3")
        with served(file, "--history", history, "--log", "json", **told) as one:
            assert smtp.met_silent.wait(GENEROUS)
            with urllib.request.urlopen(one.url + "/api/v1/events", timeout=GENEROUS) as events:
                assert events.readline() == b"retry: 3000\n"
                file.write_text("nonsense", "utf-8")
                one.process.send_signal(signal.SIGHUP)
                assert "the one before stays in use" in json.loads(one.line("read anew"))["message"]
                file.write_text(json.dumps({"version": 1, "connectors": [row("B", smtp.port)]}), "utf-8")
                one.process.send_signal(signal.SIGHUP)
                assert json.loads(one.line("read anew: 1"))["message"].endswith(" 1 connector")
                assert json.loads(one.get("/sd"))[0]["targets"] == ["B"]
                heard = ""
                while heard.count("WATCHDOG=1") < 2:
                    heard += systemd.recv(1000).decode() + "\n"
                one.process.send_signal(signal.SIGTERM)
                assert one.process.wait(GENEROUS) == 0
            systemd.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard += systemd.recv(1000).decode() + "\n"
    assert heard.index("READY=1") < heard.index("RELOADING=1\nMONOTONIC_USEC=") < heard.index("STOPPING=1")


async def test_kill_9_under_load_harms_nothing(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.sound = False
    rows = [row(f"C{number}", smtp.port) for number in range(12)]
    history = tmp_path / "h.sqlite3"
    file = write(tmp_path, rows)
    with served(file, "--history", str(history)) as one:
        for number in range(6):
            one.get(f"/probe?target=C{number}")
        one.get("/api/v1/connectors/C0/history")  # which tells nothing that is not on the disk
        for number in range(6, 12):
            one.get(f"/probe?target=C{number}")
        one.process.kill()
        one.process.wait(GENEROUS)
    with contextlib.closing(sqlite3.connect(history)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    async with running(file, history=history) as again:
        known = (await again.json("/api/v1/connectors"))["connectors"]
    seen = {each["name"]: each["code"] for each in known if each["status"] is not None}
    assert set(seen.values()) == {"4.4.317"}
    assert seen.keys() >= {f"C{number}" for number in range(6)}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--listen", "0.0.0.0:0"], "there is no token"),
        (["--listen", ":0"], "there is no token"),
        (["--listen", "[::]:0"], "there is no token"),
        (["--listen", "[2002:7f00:1::]:0"], "there is no token"),  # 6to4 of 127.0.0.1, and no loopback
        (["--listen", "mail.contoso.com:1"], "no address and port"),
        (["--listen", "127.0.0.1:70000"], "no address and port"),
        (["--listen", ""], "no address and port"),
        (["--listen", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0"),
        (["--token-file", "nowhere"], "cannot be read"),
        (["--tls-cert", "x"], "go together"),
        (["--tls-cert", "x", "--tls-key", "y"], "--tls-cert x with --tls-key y cannot be used"),
        (["--history", "x", "--no-history"], "exclude each other"),
        (["--log", "xml"], "text or json"),
        (["--remind", "1s"], "a minute or more"),
        (["--hash-password", "a:b"], "no user's name"),
    ],
)
def test_a_command_line_that_is_wrong(
    argv: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, [row("A", 1)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBE_TOKEN", raising=False)
    if "192.0.2.1:0" in argv:
        monkeypatch.setenv("PROBE_TOKEN", "0123456789abcdef")
    assert run(["serve", *argv]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, [row("A", 1)])
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert run(["serve", str(file), "--listen", f"127.0.0.1:{port}"]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
