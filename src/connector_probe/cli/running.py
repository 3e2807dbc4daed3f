"""Running a probe from the command line: the live view, Ctrl-C, which ends it with what is known, the documents."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connector_probe.api import probe_all
from connector_probe.cli import EXIT_UNKNOWN
from connector_probe.cli.delivery import Delivery
from connector_probe.cli.loop import run_async
from connector_probe.cli.progress import progress
from connector_probe.cli.settings import OutputSettings, exit_code
from connector_probe.model.connector import Connector
from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import Report, Result
from connector_probe.probing.fleet import DEFAULT_JOBS, processes_for
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.cli.unattended import Unattended

MANY_FILES = 8192  # two for each of the connections that a run may hold open, and some to spare


@dataclass(frozen=True, slots=True)
class Run:
    """What a run gave; ``interrupted``: by Ctrl-C, and ``report`` says of the connectors not finished just that."""

    report: Report = field(repr=False)  # asyncio.run has the main task's result written out, and throws that away
    interrupted: bool = False


def probe_and_print(
    connectors: Sequence[Connector],
    settings: OutputSettings,
    *,
    strict: bool | Sequence[bool],
    jobs: int = DEFAULT_JOBS,
    unattended: Unattended | None = None,
) -> int:
    """Probe, write the documents, give the exit code. Raises TrustError.

    ``unattended``: what is done around a run of probes.yaml.
    """
    if unattended is not None:
        unattended.begin()
    delivery = Delivery(settings, connectors, heard=unattended.heard if unattended is not None else None)
    quiet = settings.verbosity < 0 or delivery.streams
    probing = run_probe(
        connectors,
        strict=strict,
        jobs=jobs,
        quiet=quiet,
        words=settings.words,
        arrived=delivery.arrived,
        deadline=unattended.deadline if unattended is not None else None,
        recovering=unattended.past.recovering(connectors) if unattended is not None else (),
        amend=unattended.past.amend if unattended is not None else None,
    )
    run = run_async(probing)
    if unattended is not None:
        unattended.interrupted = run.interrupted
    delivery.finish(run.report)
    if unattended is not None:
        unattended.finish(run.report, delivered=not delivery.lost, failed=delivery.lost or exit_code(run.report) != 0)
    return settings.exit_code(run.report, interrupted=run.interrupted) or (EXIT_UNKNOWN if delivery.lost else 0)


async def run_probe(
    connectors: Sequence[Connector],
    *,
    strict: bool | Sequence[bool] = False,
    jobs: int = DEFAULT_JOBS,
    quiet: bool,
    words: Catalogue,
    arrived: Callable[[Result], None] | None = None,
    deadline: float | None = None,
    recovering: Collection[str] = (),
    amend: Callable[[Result], Result] | None = None,
) -> Run:
    """Probe, with a view of it at a terminal. To be the main task of asyncio.run, which cancels that on Ctrl-C.

    ``arrived`` is given each result as it is finished. After ``deadline`` seconds the run ends with what is known;
    ``recovering`` and ``amend`` as in probe_all. Raises TrustError.
    """
    allow_many_files()
    wanted = not quiet and somebody_looks_on()
    watchers = [arrived] if arrived is not None else []
    stop = asyncio.Event()
    if wanted and len(connectors) > 1:
        from connector_probe.cli.live import LiveTable  # late: it is slow to import, and for a terminal only

        table = LiveTable(connectors, words=words)
        watchers.append(table.add)
        view = table.shown()
    else:
        view = progress(connectors[0].name if connectors else "nothing", wanted=wanted)

    def on_result(result: Result) -> None:
        if result.is_cut_short:
            return
        for watcher in watchers:
            watcher(result)

    async with view:
        probing = probe_all(
            connectors,
            strict=strict,
            words=words,
            jobs=jobs,
            on_result=on_result,
            stop=stop,
            recovering=recovering,
            amend=amend,
            processes=processes_for(connectors, jobs),
        )
        return await run_until(probing, stop, deadline)


async def run_until(probing: Coroutine[Any, Any, Report], stop: asyncio.Event, seconds: float | None) -> Run:
    """``probing``, which ends with what is known once ``stop`` is set: after ``seconds``, or by Ctrl-C."""
    run = asyncio.create_task(probing)
    timer = asyncio.get_running_loop().call_later(seconds, stop.set) if seconds is not None else None
    try:
        return Run(await asyncio.shield(run))
    except asyncio.CancelledError:
        stop.set()
        return Run(await run, interrupted=True)
    finally:
        if timer is not None:
            timer.cancel()


def allow_many_files() -> None:
    """Raise this process's soft limit of open files, where the hard one allows it: each connection takes one."""
    if sys.platform == "win32":  # sockets are no files there
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def somebody_looks_on() -> bool:
    """Whether standard error is a terminal that can be written over, and nobody said that it is CI's."""
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
