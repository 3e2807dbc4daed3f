"""``probe lab`` and ``probe demo``: what they print works, and asks for what the scenario is about."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import sys
from collections.abc import AsyncIterator
from dataclasses import fields

import pytest
import pytest_asyncio

from connector_probe import Connector, Status, probe
from connector_probe.cli.app import run
from connector_probe.cli.commands import HOST, command
from connector_probe.cli.hosts import read_hosts
from connector_probe.cli.lab import command_of, config_of, list_scenarios, nearest_scenario
from connector_probe.config import parse
from connector_probe.lab import SCENARIOS, Lab, LabError, obstacle
from tests.real.parts import require, require_root
from tests.real.verdicts import command_line

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = [one.name for one in SCENARIOS if obstacle(one) is None]
# The lab's name for it, who it says that it is, whom else it would ask, and how patient it is.
INDIFFERENT = {"name", "helo", "control", "deadline", "retry_delay"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start() as running:
        yield running


def read_by_the_command_line(line: str) -> Connector:
    assert "'" not in line, "which is no quote to Windows"
    program, *arguments = shlex.split(line)
    assert program == "probe"
    asked = read_hosts(**command(HOST).make_context("probe", arguments).params)
    (connector,) = asked.connectors
    return connector


async def test_the_command_line_asks_for_the_scenario(lab: Lab) -> None:
    for name in NAMES:
        meant, read = lab.connector(name), read_by_the_command_line(command_of(name, lab))
        ours = INDIFFERENT if lab[name].scenario.waits else INDIFFERENT | {"connect_timeout", "timeout"}
        for one in fields(Connector):
            if one.name not in ours | {"smart_hosts", "port"}:
                assert getattr(read, one.name) == getattr(meant, one.name), f"{name}: {one.name}"
        assert [(one.host, read.port_of(one)) for one in read.hosts] == [(one.host, meant.port) for one in meant.hosts]
        assert read.use_mx is None or (read.use_mx, read.port) == (meant.use_mx, meant.port), name


async def test_the_config_asks_for_the_scenarios(lab: Lab) -> None:
    """Every connector of it is the lab's own, as the file's reader understands it."""
    entries = parse(config_of(lab)).entries
    assert [entry.name for entry in entries] == NAMES
    for entry in entries:
        meant = lab.connector(entry.name)
        for one in fields(Connector):
            assert getattr(entry.connector, one.name) == getattr(meant, one.name), f"{entry.name}: {one.name}"


async def test_stable_ports() -> None:
    """The same twice; and where they are taken, that is said."""
    for first in range(20_000 + os.getpid() % 5000, 32_000, 7):  # below those that are given to whoever asks for one
        with contextlib.suppress(LabError):
            async with Lab.start(["healthy", "refused"], first):
                break
    async with Lab.start(["healthy", "refused"], first) as lab:
        ports = [int(lab.nameserver.partition("#")[2]), *(one.port for one in lab.running)]
        assert ports == [first, first + 1, first + 2]
        report = await probe(lab.connector("healthy"))
        assert report.results[0].status is Status.HEALTHY
        with pytest.raises(LabError, match=f"port {first + 1} cannot be had"):
            async with Lab.start(["healthy"], first):
                pass


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("expired", "certificate-expired"),
        ("Expired", "certificate-expired"),
        ("certificate-expird", "certificate-expired"),
    ],
)
async def test_the_nearest_scenario_is_found_and_said(
    name: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nearest_scenario(name).name == found
    assert capsys.readouterr().err.startswith(f"probe: note: {name}: {found}")


async def test_a_scenario_by_its_name_needs_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert nearest_scenario("refused").name == "refused"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_the_demo_tells_three_stories(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(run, ["demo", "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 60
    assert [line.split()[-1] for line in lines if line.startswith("   $ probe ")] == [
        *("healthy.lab.test", "certificate-expired.lab.test", "refused.lab.test"),
    ]
    told = "\n".join(lines)
    assert "450 4.7.320" in told
    assert "450 4.4.316" in told
    assert "Enable-ExchangeCertificate" in told
    assert lines[-1] == "  probe lab"


@pytest.mark.parametrize("width", [60, 80])
async def test_the_list_breaks_no_word_at_a_terminal(width: int) -> None:
    whole, narrow = list_scenarios().splitlines(), list_scenarios(width).splitlines()
    assert [line.split()[0] for line in whole] == [one.name for one in SCENARIOS]
    assert max(map(len, narrow)) <= width < max(map(len, whole))
    assert " ".join(narrow).split() == " ".join(whole).split()
    assert len(narrow) < 3 * len(whole)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["lab", "--port", "80"], "--port of 80"),
        (["lab", "--port", "x"], "--port x is not a number"),
        (["lab", "healthy", "nosuchthing"], "there is no scenario nosuchthing"),
    ],
)
async def test_what_the_lab_cannot_do(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(run, argv) == 2
    assert message in capsys.readouterr().err


async def test_a_machine_without_loopback() -> None:
    require_root("A network namespace")
    argv = [require("unshare", "util-linux"), "-n", sys.executable, "-m", "connector_probe", "lab"]
    ended = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.PIPE)
    _, err = await ended.communicate()
    assert ended.returncode == 2
    assert b"ip link set lo up" in err


async def test_a_printed_command_line_works() -> None:
    """In a shell of its own, with everything that it needs in it: nameserver, roots, port of the policy."""
    name = "mta-sts-mx-redirected"
    async with Lab.start([name]) as lab:
        program, *arguments = shlex.split(command_of(name, lab))
        ended = await asyncio.to_thread(command_line, *arguments, inside=["env"])
    assert program == "probe"
    assert ended.exit_code == 1, ended.said
    (found,) = ended.verdicts()
    assert (found.code, found.class_) == ("4.4.8", "mta-sts-mx-not-listed")
