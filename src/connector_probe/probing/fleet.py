"""Many connectors side by side: bounded, and none kept waiting by a dead host that another one leads to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from connector_probe.model.connector import Connector, RootList
from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, Resolution
from connector_probe.network import Network
from connector_probe.probing.prober import Prober
from connector_probe.probing.run import Judge
from connector_probe.probing.session import Watch
from connector_probe.probing.sharing import AT_ONE_ADDRESS
from connector_probe.probing.work_slots import SLOT_TIME, WorkSlots
from connector_probe.trust import Trust

DEFAULT_JOBS = 100  # connectors side by side
# Connectors that begin at once, and seconds before the next ones do: whoever connects is counted as waiting by then.
# With no pause a probe costs a tenth more, since more conversations wait for their slot and have to be listened to.
AT_A_TIME, PAUSE = 50, 0.02
LEAST_FOR_A_PROCESS = 50  # connectors: with fewer, what it takes to begin is more than it saves
WAITING_FOR_EACH_JOB = 10  # connectors that only wait (for TCP, a tarpit, the pause before a retry), for each job

TrustOf = Mapping[tuple[RootList, str | None, bool], Trust]  # by Connector.trusts


def processes_for(connectors: Sequence[Connector], jobs: int) -> int:
    """Over how many processes it pays to split a run of ``connectors`` on this machine."""
    if sys.platform in ("win32", "darwin"):  # no fork, or none that the system's own libraries bear
        return 1
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(cores, jobs, len(connectors) // LEAST_FOR_A_PROCESS))


async def gather_all(
    connectors: Sequence[Connector],
    trust: TrustOf,
    network: Network,
    judge: Judge,
    *,
    jobs: int = DEFAULT_JOBS,
    slot_time: float = SLOT_TIME,
    at_one_address: int = AT_ONE_ADDRESS,
    stop: asyncio.Event | None = None,
    on_evidence: Callable[[int, ConnectorEvidence], None],
    must_repeat: Callable[[int, ConnectorEvidence], bool] | None = None,
    watch: Watch | None = None,
) -> None:
    """Probe ``connectors``; ``on_evidence`` gets each one's number and evidence, as it is done.

    ``watch`` is told of each stage as it ends.

    Once ``stop`` is set, what is not finished ends, with evidence that says only that. ``must_repeat``: evidence that
    counts only when it is met again, ``retries`` times; the first that says otherwise ends it.
    """
    slots, begun = WorkSlots(jobs, slot_time), asyncio.Semaphore(jobs * (1 + WAITING_FOR_EACH_JOB))
    named = Counter(host.host for one in connectors for host in one.hosts)
    by_mx = any(one.use_mx for one in connectors)  # which may lead to any server
    new_prober = partial(
        Prober, network, judge, slots, watch, at_one_address, lambda server: by_mx or named[server] != 1
    )
    prober, waiting = new_prober(), asyncio.Queue[tuple[int, ConnectorEvidence]]()
    started_at, began, left = datetime.now(UTC), network.now(), dict.fromkeys(range(len(connectors)))

    async def one(number: int) -> None:
        connector = connectors[number]
        trusted = trust[connector.trusts]
        evidence = await prober.gather(connector, trusted)
        if must_repeat is not None and must_repeat(number, evidence):
            evidence = await _repeated(connector, trusted, new_prober, evidence, lambda it: must_repeat(number, it))
        del left[number]
        waiting.put_nowait((number, evidence))

    async def every() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(len(connectors)):
                await slots.uncrowded()
                await begun.acquire()
                group.create_task(one(number)).add_done_callback(lambda _: begun.release())
                if number and number % AT_A_TIME == 0:
                    await asyncio.sleep(PAUSE)

    async def tell() -> None:
        """One piece between any two steps of the probes, while there is time.

        Judging takes a fifth of the work, and what waits to begin (a dead host's SYN, say) goes before it.
        """
        while True:
            on_evidence(*await waiting.get())
            await asyncio.sleep(0)

    telling = asyncio.create_task(tell())
    try:
        await _until(stop, every())
        telling.cancel()
        await asyncio.wait({telling})
        if not telling.cancelled():
            telling.result()  # raises what ``on_evidence`` raised
        while not waiting.empty():
            on_evidence(*waiting.get_nowait())
            await asyncio.sleep(0)
        seconds = to_microseconds(network.now() - began)
        for number in left:
            on_evidence(number, unfinished(connectors[number], started_at, seconds))
            await asyncio.sleep(0)
    finally:
        telling.cancel()
        prober.close()


async def _repeated(
    connector: Connector,
    trust: Trust,
    new_prober: Callable[[], Prober],
    evidence: ConnectorEvidence,
    must_repeat: Callable[[ConnectorEvidence], bool],
) -> ConnectorEvidence:
    """The evidence of the last meeting: each by a prober of its own, since one prober meets a server only once."""
    for _ in range(connector.retries):
        await asyncio.sleep(connector.retry_delay)
        with contextlib.closing(new_prober()) as prober:
            evidence = await prober.gather(connector, trust)
        if not must_repeat(evidence):
            break
    return evidence


async def _until(stop: asyncio.Event | None, work: Coroutine[None, None, None]) -> None:
    """``work``, which is cancelled once ``stop`` is set. Raises what it raises; of several problems the first."""
    working = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait()) if stop is not None else working
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        await asyncio.wait({working})
        if not working.cancelled():
            working.result()
    except BaseExceptionGroup as problems:
        raise problems.exceptions[0] from None
    finally:
        working.cancel()
        stopped.cancel()


def unfinished(connector: Connector, started_at: datetime, seconds: float) -> ConnectorEvidence:
    """The evidence of a connector whose probe was stopped: one attempt for each server, that says so."""
    hosts = [(host.host, connector.port_of(host)) for host in connector.hosts]
    attempts = tuple(
        AttemptEvidence(server, None, port, Resolution(server), stopped=True)
        for server, port in hosts or [(connector.use_mx or "", connector.port)]
    )
    return ConnectorEvidence(attempts, ((),) * len(attempts), started_at, seconds)
