"""No server can hang or bloat a probe."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from connector_probe.api import probe_all
from connector_probe.lab import SCENARIOS, Lab, obstacle
from connector_probe.model.connector import Connector, TlsSettings
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import FailureClass, Status
from connector_probe.network.clock import sleep

DEADLINE = 0.5  # seconds
NEVER = 600.0  # the other time limits, so that only the deadline can end the wait
GENEROUS = 60.0  # for the busiest machine
MAX_MEMORY = 80 * 1024 * 1024

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAITING = [one.name for one in SCENARIOS if one.waits and obstacle(one) is None]
ENDLESS = [one.name for one in SCENARIOS if "endless" in one.name and obstacle(one) is None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start([*WAITING, *ENDLESS]) as running:
        yield running


async def test_no_probe_outlives_its_deadline(lab: Lab) -> None:
    assert WAITING
    limits = {"deadline": DEADLINE, "timeout": NEVER, "connect_timeout": NEVER, "retries": 0}
    async with asyncio.timeout(GENEROUS):
        report = await probe_all([lab.connector(name, **limits) for name in WAITING])
    for result in report.results:
        for attempt in result.evidence.attempts:
            assert attempt.seconds < GENEROUS, result.name


# What a child's rusage calls its peak includes its parent's, from before the exec; so it tells its own at the end.
MEASURED = """
import sys
from connector_probe.cli.app import run
code = run(sys.argv[1:])
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0], file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its peak memory")
async def test_memory_stays_bounded_against_servers_without_end(lab: Lab) -> None:
    """The whole process, start-up and libraries included, stays under 80 MiB."""
    connectors = [lab.connector(name) for name in ENDLESS]
    hosts = [f"{connector.hosts[0].host}:{connector.port_of(connector.hosts[0])}" for connector in connectors]
    argv = ["--nameserver", lab.nameserver, "--ca-file", str(lab.ca_file), "--only-ca-file", "--deadline", "3s", *hosts]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEASURED, "--json", *argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 1, err
    assert int(err) * 1024 < MAX_MEMORY
    assert len(out) < 1_000_000


async def test_endless_scenarios_fail_and_do_not_hang(lab: Lab) -> None:
    assert ENDLESS
    report = await probe_all([lab.connector(name, deadline=DEADLINE) for name in ENDLESS])
    assert {result.status for result in report.results} == {Status.FAILING}


@pytest.mark.parametrize(
    ("greeting", "reply", "patience", "failure"),
    [
        (1.8 * DEADLINE, NEVER, NEVER, FailureClass.LOCAL_DEADLINE),
        (0.0, NEVER, NEVER, FailureClass.EHLO_TIMEOUT),  # more than half of the deadline in one step
        (0.5, NEVER, 0.1, FailureClass.BANNER_TIMEOUT),
    ],
)
async def test_a_deadline_that_cuts_a_step_short_is_told_as_ours(
    greeting: float, reply: float, patience: float, failure: FailureClass
) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await sleep(greeting)  # by the clock that the deadline goes by: on a busy machine that is a slow one
        writer.write(b"220 mail.contoso.com ESMTP\r\n")
        while await reader.readline():
            await sleep(min(reply, 4 * DEADLINE))
            writer.write(b"250 mail.contoso.com\r\n")
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        plain = Connector(
            smart_hosts=[f"127.0.0.1:{port}"],
            tls=TlsSettings.OPPORTUNISTIC,
            control=[],
            nameservers=["127.0.0.1#9"],
            timeout=patience,
            deadline=2 * DEADLINE,
        )
        (result,) = (await probe_all([plain])).results
    diagnosis = result.diagnosis
    assert diagnosis is not None
    assert diagnosis.class_ is failure
    if failure is FailureClass.LOCAL_DEADLINE:
        assert (result.status, diagnosis.stage) == (Status.UNKNOWN, Stage.EHLO)
        assert [one.id for one in diagnosis.remedies] == ["raise-deadline"]
        assert " ms, the connection " in diagnosis.detail
