"""``probe lab``: every command line that it prints is one that works, and asks for what the scenario is about."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from dataclasses import fields

import pytest
import pytest_asyncio

from connector_probe import Connector
from connector_probe.cli.commands import HOST, command
from connector_probe.cli.hosts import read_hosts
from connector_probe.cli.lab import command_of
from connector_probe.lab import SCENARIOS, Lab, obstacle
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


@pytest.mark.parametrize("name", NAMES)
async def test_the_command_line_asks_for_the_scenario(name: str, lab: Lab) -> None:
    meant, read = lab.connector(name), read_by_the_command_line(command_of(name, lab))
    ours = INDIFFERENT if lab[name].scenario.waits else INDIFFERENT | {"connect_timeout", "timeout"}
    different = [
        one.name
        for one in fields(Connector)
        if one.name not in ours | {"smart_hosts", "port"} and getattr(meant, one.name) != getattr(read, one.name)
    ]
    assert not different
    assert [(one.host, read.port_of(one)) for one in read.hosts] == [(one.host, meant.port) for one in meant.hosts]
    assert read.use_mx is None or (read.use_mx, read.port) == (meant.use_mx, meant.port)


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
