"""A run over several processes: the same document as over one, and what becomes of workers that end, or are ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from connector_probe import Connector
from connector_probe.lab.authority import Authority
from connector_probe.probing.workers import shares
from tests.cli.servers import GENEROUS, ended, tls_context

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and needs all of 127.0.0.0/8")

# As on a machine of so many cores, where it pays at once.
SPLIT = """
import os, sys
import connector_probe.probing.fleet as fleet
cores = range(int(sys.argv.pop(1)))
os.sched_getaffinity = lambda process: cores
fleet.LEAST_FOR_A_PROCESS = 1
if len(cores) > 2:  # than there are processes to be had
    fork, forked = os.fork, []
    def fork_once():
        if forked:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        forked.append(1)
        return fork()
    os.fork = fork_once
from connector_probe.cli import main
main()
"""


class Hosts:
    """A smart host on every address of 127.0.0.0/8, at one port; ``held``: those that greet nobody yet."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.held: set[str] = set()
        self.refusing: set[str] = set()
        self.times: Counter[str] = Counter()
        self.released = asyncio.Event()
        self.met: dict[str, asyncio.Event] = {}
        self.port = 0

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Hosts]:
        async with await asyncio.start_server(self._serve, "0.0.0.0", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            self.released.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = writer.get_extra_info("sockname")[0]
        self.met.setdefault(here, asyncio.Event()).set()
        self.times[here] += 1
        with contextlib.suppress(OSError, EOFError):
            if here in self.held:
                await self.released.wait()
            writer.write(b"554 5.3.2 no\r\n" if here in self.refusing else b"220 mail.test ESMTP\r\n")
            while line := await reader.readline():
                if line.startswith(b"STARTTLS") and self._tls is not None:
                    writer.write(b"220 go ahead\r\n")
                    await writer.start_tls(self._tls)
                    continue
                writer.write(b"250-mail.test\r\n250 STARTTLS\r\n" if line.startswith(b"EHLO") else b"221 bye\r\n")
        writer.close()

    async def all_met(self, addresses: Sequence[str]) -> None:
        events = [self.met.setdefault(one, asyncio.Event()) for one in addresses]
        async with asyncio.timeout(GENEROUS):
            await asyncio.gather(*(one.wait() for one in events))


def probes_yaml(folder: Path, hosts: Sequence[str], **defaults: object) -> Path:
    file = folder / "probes.yaml"
    rows = [f"  - {{name: C{number}, smart_hosts: ['{host}']}}\n" for number, host in enumerate(hosts)]
    asked = json.dumps({"control": [], "tls": "opportunistic", "helo": "probe.test", **defaults})
    file.write_text(f"version: 1\ndefaults: {asked}\nconnectors:\n{''.join(rows)}", encoding="utf-8")
    return file


async def started(file: Path, *argv: str, cores: int = 2) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SPLIT, str(cores), "run", str(file), *argv),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        limit=2**20,
    )


def workers_of(process: asyncio.subprocess.Process) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


async def report_of(process: asyncio.subprocess.Process) -> tuple[int | None, dict[str, Any], str]:
    async with asyncio.timeout(GENEROUS):
        out, err = await process.communicate()
    return process.returncode, json.loads(out), err.decode()


def verdicts(report: dict[str, Any]) -> list[str]:
    return [one["diagnosis"]["class"] if one["diagnosis"] else one["status"] for one in report["results"]]


TIMES = {"start", "seconds", "duration", "started_at", "judged_at", "since", "bounces_at"}
# Where the one process loads OpenSSL while a server waits, it notes that; workers have it already.
OF_THE_MACHINE = {"transcript", "transcripts"}
ADDRESSES = [f"127.9.0.{number}" for number in range(1, 9)]


def timeless(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key not in TIMES | OF_THE_MACHINE}
    if isinstance(value, list):
        return [timeless(one) for one in value]
    return re.sub(r"\d+ ms", "", value) if isinstance(value, str) else value


async def test_the_document_is_the_same_over_one_process_and_over_two(authority: Authority, tmp_path: Path) -> None:
    """But for the times, and where no process can be had. Some are healthy by one chain, two lead to one smart host."""
    documents = []
    async with Hosts(tls_context(authority)).serving() as hosts:
        asked = [f"{one}:{hosts.port}" for one in (*ADDRESSES, ADDRESSES[0])] + ["127.9.0.200:1"]
        trusted = {"ca_file": authority.ca_file, "only_ca_file": True, "tls_domain": "mail.test"}
        file = probes_yaml(tmp_path, asked, tls="domain-validation", **trusted)
        for cores in (1, 2, 3):
            process = await started(file, "--no-history", "--json", cores=cores)
            with ended(process):
                code, report, _ = await report_of(process)
            assert code == 1
            assert verdicts(report) == ["healthy"] * 9 + ["tcp-refused"]
            documents.append(timeless(report))
    assert documents[0] == documents[1] == documents[2]


async def test_a_worker_that_is_killed_leaves_its_connectors_unknown(tmp_path: Path) -> None:
    """As the system kills one where memory runs out: the others' are told as ever, and the run comes to its end."""
    async with Hosts().serving() as hosts:
        hosts.held = set(ADDRESSES)
        file = probes_yaml(tmp_path, [f"{one}:{hosts.port}" for one in ADDRESSES], timeout="600s", deadline="600s")
        process = await started(file, "--no-history", "--json")
        with ended(process):
            await hosts.all_met(ADDRESSES)
            workers = workers_of(process)
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            hosts.released.set()
            code, report, err = await report_of(process)
    assert (code, err) == (3, "")
    assert sorted(verdicts(report)) == ["local-resources"] * 4 + ["warning"] * 4
    lost = next(one for one in report["results"] if one["status"] == "unknown")
    assert "(SIGKILL" in lost["diagnosis"]["detail"]
    assert lost["diagnosis"]["culprit"] == "this-machine"
    assert lost["diagnosis"]["causes"][0]["verdict"] == "supported"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
async def test_what_is_known_is_told_when_the_run_is_to_end(sent: signal.Signals, tmp_path: Path) -> None:
    """The signals reach all processes, as those of a terminal and of a service manager do."""
    async with Hosts().serving() as hosts:
        hosts.held = set(ADDRESSES[2:])
        file = probes_yaml(tmp_path, [f"{one}:{hosts.port}" for one in ADDRESSES], timeout="600s", deadline="600s")
        documents = ["--format", "jsonl", "--format", f"json={tmp_path / 'report'}"]
        process = await started(file, "--no-history", *documents)
        with ended(process):
            await hosts.all_met(ADDRESSES)
            assert process.stdout is not None
            for _ in range(2):
                await asyncio.wait_for(process.stdout.readline(), GENEROUS)
            workers = workers_of(process)
            assert len(workers) == 2
            os.killpg(process.pid, sent)
            async with asyncio.timeout(GENEROUS):
                await process.communicate()
    assert process.returncode == 130
    report = json.loads((tmp_path / "report").read_text())
    assert verdicts(report) == ["warning"] * 2 + ["local-interrupted"] * 6
    for one in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(one, 0)


async def test_the_deadline_of_a_run_holds_in_every_process(tmp_path: Path) -> None:
    async with Hosts().serving() as hosts:
        hosts.held = set(ADDRESSES)
        file = probes_yaml(tmp_path, [f"{one}:{hosts.port}" for one in ADDRESSES], timeout="600s", deadline="600s")
        process = await started(file, "--no-history", "--json", "--run-deadline", "500ms")
        with ended(process):
            code, report, err = await report_of(process)
    assert (code, verdicts(report)) == (3, ["local-interrupted"] * 8)
    assert "the run's deadline has passed: 8 of 8 were not probed to the end" in err


async def test_workers_end_with_whoever_began_them(tmp_path: Path) -> None:
    async with Hosts().serving() as hosts:
        hosts.held = set(ADDRESSES)
        file = probes_yaml(tmp_path, [f"{one}:{hosts.port}" for one in ADDRESSES], timeout="600s", deadline="600s")
        process = await started(file, "--no-history", "--json")
        with ended(process), contextlib.ExitStack() as stack:
            await hosts.all_met(ADDRESSES)
            watched = [os.pidfd_open(one) for one in workers_of(process)]
            for one in watched:
                stack.callback(os.close, one)
            process.kill()
            assert len(watched) == 2
            for one in watched:
                readable, _, _ = await asyncio.to_thread(select.select, [one], [], [], GENEROUS)
                assert readable, "the worker still runs"
            await process.communicate()


async def test_a_recovery_counts_only_when_it_repeats_in_whichever_process(tmp_path: Path) -> None:
    async with Hosts().serving() as hosts:
        asked = [f"{one}:{hosts.port}" for one in ADDRESSES[:4]]
        file = probes_yaml(tmp_path, asked, retries=1, retry_delay="100ms")
        for refusing, met in (({ADDRESSES[1]}, [1, 2, 1, 1]), (set[str](), [1, 2, 1, 1]), (set[str](), [1, 1, 1, 1])):
            hosts.refusing = refusing
            hosts.times.clear()
            process = await started(file, "--history", str(tmp_path / "history"), "--json")
            with ended(process):
                await report_of(process)
            assert [hosts.times[one] for one in ADDRESSES[:4]] == met


def connector(*hosts: str) -> Connector:
    return Connector(smart_hosts=hosts, control=())


LAST_REFUSED = """
import asyncio, sys
from connector_probe import Connector, probe_all
hosts, seen = sys.argv[1:], []
def on_result(result):
    seen.append(result)
    if len(seen) == len(hosts):
        raise OSError("of the caller's own")
asked = [Connector(smart_hosts=[one], helo="probe.test", control=()) for one in hosts]
try:
    asyncio.run(probe_all(asked, processes=2, on_result=on_result))
except OSError as problem:
    print(problem, len(seen))
"""


async def test_what_the_caller_raises_is_not_taken_for_the_end_of_a_worker() -> None:
    async with Hosts().serving() as hosts:
        asked = [f"{one}:{hosts.port}" for one in ADDRESSES]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LAST_REFUSED, *asked, stdout=subprocess.PIPE, start_new_session=True
        )
        with ended(process):
            async with asyncio.timeout(GENEROUS):
                out, _ = await process.communicate()
    assert out.decode() == f"of the caller's own {len(ADDRESSES)}\n"


CANNOT_BE_SENT = """
import asyncio
from connector_probe import Connector, probe_all
from connector_probe.probing import workers
async def gather(*given, **named):
    class Odd(Exception): pass
    raise Odd("what is wrong")
workers.gather_all = gather
asyncio.run(probe_all([Connector(smart_hosts=[one], control=()) for one in ("127.0.0.1", "127.0.0.2")], processes=2))
"""


def test_an_error_that_cannot_be_sent_is_told_all_the_same() -> None:
    ran = subprocess.run([sys.executable, "-c", CANNOT_BE_SENT], capture_output=True, text=True, check=False)
    assert "RuntimeError: Odd: what is wrong" in ran.stderr.splitlines()


def test_a_smart_host_is_in_one_share_alone() -> None:
    by_mx = [Connector(use_mx=f"{letter}.test", control=()) for letter in "ab"]
    chained = [connector("a.test", "b.test:26"), connector("c.test"), connector("C.test", "b.test")]
    alone = [connector(f"{letter}.test") for letter in "defgh"]
    split = shares([*chained, *by_mx, *alone], 2)
    assert sorted(map(len, split)) == [5, 5]
    assert sorted(position for share in split for position in share) == list(range(10))
    of = {position: number for number, share in enumerate(split) for position in share}
    assert of[0] == of[1] == of[2]
    assert of[3] == of[4]
    assert shares(chained, 4) == [[0, 1, 2]]
