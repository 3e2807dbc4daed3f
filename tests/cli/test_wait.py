"""probe wait: a server that comes up, one that is shut down, one that does neither; by events, never by the clock."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connector_probe import Connector, Status
from connector_probe.cli.app import run
from connector_probe.cli.hosts import Asked, read_hosts
from connector_probe.cli.waiting import GROWTH, LONGEST, Goal, Wait, told, wait_for
from connector_probe.formats import nagios
from tests.cli.servers import GENEROUS, ended

PROMPT = 0.01  # seconds between two probes
SHORT = ("--for", "2s", "--every", "1h")  # for a wait that is over in vain: one probe, and time enough for it


@dataclass
class Switch:
    """A server on one port of loopback that can be put on and off; ``greeting`` is what it says first."""

    greeting: bytes = b"220 ready\r\n"
    port: int = 0
    _server: asyncio.Server | None = field(default=None, repr=False)

    async def on(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def off(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        while await reader.readline():
            writer.write(b"250 fine\r\n")
        writer.close()


@asynccontextmanager
async def switch(*, on: bool) -> AsyncIterator[Switch]:
    one = Switch()
    await one.on()
    if not on:
        await one.off()
    try:
        yield one
    finally:
        await one.off()


def asked(port: int, until: str = "healthy") -> Asked:
    given = read_hosts(hosts=[f"127.0.0.1:{port}"], no_control=True, tls=None, expect=until)
    plain = Connector(smart_hosts=[f"127.0.0.1:{port}"], tls="opportunistic", control=(), expect=until)  # type: ignore[arg-type]
    return Asked([plain], given.settings, False)


async def until_over(
    port: int, goal: Goal, act: Callable[[Wait], object] | None = None
) -> tuple[Wait, list[list[str]]]:
    """The wait, and the statuses of each round; ``act`` may return something to be awaited before the next one."""
    wait, rounds, doing = Wait(), list[list[str]](), list[asyncio.Future[object]]()

    def on_round(now: Wait) -> None:
        assert now.report is not None
        rounds.append([result.status.value for result in now.report.results])
        todo = act(now) if act is not None else None
        if asyncio.iscoroutine(todo):
            doing.append(asyncio.ensure_future(todo))

    async with asyncio.timeout(GENEROUS):
        await wait_for(asked(port, goal.until), goal, wait, on_round)
        await asyncio.gather(*doing)
    return wait, rounds


async def test_until_a_server_comes_up() -> None:
    async with switch(on=False) as server:
        goal = Goal(GENEROUS, 3, PROMPT, "healthy")
        wait, rounds = await until_over(server.port, goal, lambda now: server.on() if now.rounds == 2 else None)
    assert wait.reached
    assert rounds[:2] == [["failing"]] * 2
    assert rounds[-3:] == [["warning"]] * 3
    assert wait.streak == 3


async def test_until_the_old_server_is_shut() -> None:
    async with switch(on=True) as server:
        goal = Goal(GENEROUS, 2, PROMPT, "4.4.316")
        wait, rounds = await until_over(server.port, goal, lambda now: server.off() if now.rounds == 1 else None)
    assert wait.reached
    assert rounds[0] == ["warning"]
    assert rounds[-2:] == [["failing"]] * 2


async def test_a_lapse_begins_the_count_anew() -> None:
    """Healthy once, then shut, then healthy for good: three times in a row are seen only after that."""
    async with switch(on=True) as server:

        def flap(now: Wait) -> object:
            return {1: server.off, 2: server.on}.get(now.rounds, lambda: None)()

        wait, rounds = await until_over(server.port, Goal(GENEROUS, 3, PROMPT, "healthy"), flap)
    assert wait.reached
    assert rounds[0] == ["warning"]
    assert ["failing"] in rounds
    assert rounds[-3:] == [["warning"]] * 3


async def test_the_time_is_over_in_the_middle_of_a_probe() -> None:
    """A server that says nothing: the first round is cut short, and nothing is known."""
    async with switch(on=True) as server:
        server.greeting = b""
        wait, rounds = await until_over(server.port, Goal(0.2, 1, PROMPT, "healthy"))
    assert not wait.reached
    assert rounds == [["unknown"]]


async def test_pauses_grow_while_nothing_changes() -> None:
    from connector_probe import probe_all
    from connector_probe.cli.waiting import _next_pause

    async with switch(on=True) as server:
        well = await probe_all([asked(server.port).connectors[0]])
        await server.off()
        ill = await probe_all([asked(server.port).connectors[0]])
    goal = Goal(GENEROUS, 1, 10.0, "healthy")
    assert _next_pause(None, ill, goal, 10.0) == 10.0
    assert _next_pause(ill, ill, goal, 10.0) == 10.0 * GROWTH
    assert _next_pause(ill, ill, goal, 50.0) == 10.0 * LONGEST
    assert _next_pause(well, ill, goal, 50.0) == 10.0
    assert _next_pause(ill, well, goal, 50.0) == 10.0


async def test_the_command_reaches_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with switch(on=True) as server:
        argv = [f"127.0.0.1:{server.port}", "--tls", "opportunistic", "--no-control", "--times", "2", "--every", "10ms"]
        assert await asyncio.to_thread(run, ["wait", *argv, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["results"][0]["status"] == Status.WARNING
    assert [line.split(" ", 1)[1] for line in err.splitlines()] == [
        "probe 1: healthy (1 of 2 times in a row)",
        "probe 2: healthy (2 of 2 times in a row)",
    ]


def closed_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_command_does_not_reach_it(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["wait", f"127.0.0.1:{closed_port()}", "--no-control", *SHORT]
    assert run(argv) == 1
    out, err = capsys.readouterr()
    assert out.startswith("FAILING  127.0.0.1:")
    assert err.splitlines()[-1].startswith("probe: not healthy within ")
    assert run([*argv, "-q", "--until", "4.4.318"]) == 1
    assert capsys.readouterr().err == "probe: not 4.4.318 within 2 s\n"
    assert run([*argv, "--format", "nagios"]) == nagios.CRITICAL, "a plugin's exit codes are others"


def test_nothing_can_be_told_from_here(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["wait", "mail.contoso.com", "--nameserver", "127.0.0.1#1", *SHORT]
    assert run(argv) == 3
    assert "mail.contoso.com: unknown" in capsys.readouterr().err


def test_each_of_a_file_is_waited_for_as_it_expects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "probes.yaml"
    host = f"smart_hosts: ['127.0.0.1:{closed_port()}'], control: [], tls: opportunistic"
    file.write_text(
        f"version: 1\nconnectors:\n  - {{name: Old, {host}, expect: 4.4.316}}\n"
        f"  - {{name: New, {host}, tags: [new]}}\n  - {{name: Idle, {host}, enabled: false}}\n"
    )
    assert run(["wait", "--config", str(file), "--only", "Old"]) == 0
    assert run(["wait", "--config", str(file), *SHORT]) == 1
    assert "New: 4.4.316 Connection refused" in capsys.readouterr().err
    assert run(["wait", "--config", str(file), "--until", "4.4.316"]) == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--no-such-option"], "probe wait --help-all tells all options"),
        ([], "nothing to wait for"),
        (["mail.contoso.com", "--config", "x"], "exclude each other"),
        (["mail.contoso.com", "--only", "x"], "--only without --config"),
        (["mail.contoso.com", "--until", "4.4.999"], "--until 4.4.999 is not known"),
        (["mail.contoso.com", "--until", "healty"], "did you mean healthy?"),
        (["mail.contoso.com", "--until", ""], "--until '' is not known"),
        (["mail.contoso.com", "--for", "ever"], "--for 'ever' is not a duration"),
        (["mail.contoso.com", "--for", "0"], "--for of nothing"),
        (["mail.contoso.com", "--every", "0"], "--every of nothing"),
        (["mail.contoso.com", "--times", "0"], "--times"),
        (["mail.contoso.com", "-q", "-v"], "-q and -v exclude each other"),
        (["--config", "/nonexistent/probes.yaml"], "/nonexistent/probes.yaml"),
        (["--config", "x", "--port", "26"], "--port with --config"),
        (["--config", "x", "-4"], "-4 with --config"),
        (["--config", "x", "--type", "partner"], "--type with --config"),
    ],
)
def test_bad_input(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["wait", *argv]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to a process there")
async def test_interrupted_it_prints_the_last_report() -> None:
    argv = ["wait", f"127.0.0.1:{closed_port()}", "--no-control", "--every", "1h", "--json"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "connector_probe", *argv), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    with ended(process):
        first = await asyncio.wait_for(process.stderr.readline(), GENEROUS)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), GENEROUS)
    assert b"probe 1: 127.0.0.1" in first
    assert (process.returncode, err) == (130, b"probe: interrupted" + os.linesep.encode())
    assert json.loads(out)["summary"]["failing"] == 1


def test_words_for_people() -> None:
    assert [told(one) for one in (0, 0.25, 8, 60, 130, 600, 3600, 3900)] == [
        *("0 s", "0.2 s", "8 s", "1 m", "2 m 10 s", "10 m", "1 h", "1 h 5 m")
    ]
