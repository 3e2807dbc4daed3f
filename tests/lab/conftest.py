"""The whole lab, walked once for all modules and all processes of a run of the tests."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from connector_probe.api import probe_all
from connector_probe.lab import SCENARIOS, WALK_JOBS, Lab, obstacle
from connector_probe.model.verdict import Report, Result


async def walk_the_lab() -> bytes:
    """The report, pickled: what a main task returns asyncio spells out, and for a report that takes a second."""
    names = [one.name for one in SCENARIOS if obstacle(one) is None]
    async with Lab.start(names) as lab:
        return pickle.dumps(await probe_all([lab.connector(name) for name in names], jobs=WALK_JOBS))


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Report:
    """Every scenario that this machine can run, probed side by side by the real prober over real sockets.

    The first of xdist's workers to ask walks; the others read what it found.
    """
    folder = tmp_path_factory.getbasetemp()
    shared = folder if worker_id == "master" else folder.parent
    file = Path(shared, "walk.pickle")
    with FileLock(f"{file}.lock"):
        if not file.exists():
            file.write_bytes(asyncio.run(walk_the_lab()))
    found = pickle.loads(file.read_bytes())
    assert isinstance(found, Report)
    return found


@pytest.fixture(scope="session")
def results(walk: Report) -> dict[str, Result]:
    return {result.name: result for result in walk.results}


@pytest.fixture(scope="session")
def reports(walk: Report) -> dict[str, Report]:
    """A report of each scenario alone; the summary is that of all."""
    return {result.name: replace(walk, results=(result,)) for result in walk.results}
