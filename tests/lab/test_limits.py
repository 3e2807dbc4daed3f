"""No server can hang or bloat a probe."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connector_probe.api import probe_all
from connector_probe.lab import SCENARIOS, Lab, obstacle
from connector_probe.model.verdict import Status

DEADLINE = 1.5  # seconds, far below the other time limits, so that only the deadline can end the wait
SLACK = 1.5  # for QUIT, and for a busy machine
MAX_MEMORY = 80 * 1024 * 1024

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAITING = [one.name for one in SCENARIOS if one.waits and obstacle(one) is None and not one.name.startswith("dns-")]
ENDLESS = [one.name for one in SCENARIOS if "endless" in one.name and obstacle(one) is None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start([*WAITING, *ENDLESS]) as running:
        yield running


async def test_no_probe_outlives_its_deadline(lab: Lab) -> None:
    assert WAITING
    connectors = [lab.connector(name, deadline=DEADLINE, retries=0) for name in WAITING]
    report = await probe_all(connectors)
    for result in report.results:
        for attempt in result.evidence.attempts:
            assert attempt.seconds < DEADLINE + SLACK, result.name


@pytest.mark.skipif(sys.platform == "win32", reason="the system tells no peak memory of a child there")
@pytest.mark.parametrize("name", ENDLESS)
async def test_memory_stays_bounded_against_a_server_without_end(lab: Lab, name: str) -> None:
    """The whole process, start-up and libraries included, stays under 80 MiB."""
    connector = lab.connector(name)
    host = f"{connector.hosts[0].host}:{connector.port_of(connector.hosts[0])}"
    argv = ["--nameserver", lab.nameserver, "--ca-file", str(lab.ca_file), "--only-ca-file", "--deadline", "3s", host]
    read, write = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "connector_probe", "--json", *argv],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)],
    )
    os.close(write)
    reading = asyncio.create_task(asyncio.to_thread(_read_all, read))
    _, code, usage = await asyncio.to_thread(os.wait4, pid, 0)
    output = await reading
    kilobyte = 1 if sys.platform == "darwin" else 1024
    assert usage.ru_maxrss * kilobyte < MAX_MEMORY
    assert os.waitstatus_to_exitcode(code) == 1
    assert len(output) < 1_000_000


def _read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as pipe:
        return pipe.read()


async def test_endless_scenarios_fail_and_do_not_hang(lab: Lab) -> None:
    assert ENDLESS
    report = await probe_all([lab.connector(name, deadline=DEADLINE) for name in ENDLESS])
    assert {result.status for result in report.results} == {Status.FAILING}
