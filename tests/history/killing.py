"""Kill -9 writers of one history in the middle of their work, again and again; the exit code says what became of it.

Run as a program, so that each writer is forked from a small process: ``python -m tests.history.killing FOLDER TIMES``.
Every writer adds runs of three rows and says so on a pipe after each; it is killed at a random moment. Every run that
was acknowledged must be there afterwards, every run there must have its three rows, and no damage may be found.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import signal
import sqlite3
import sys
import time
from datetime import timedelta
from pathlib import Path

import filelock  # noqa: F401  (imported before the forks, not after each)

from connector_probe.history import History
from connector_probe.model.history import Sighting
from connector_probe.model.verdict import Status
from tests.history.rows import NOW, certificate

NAMES = ("A", "B", "C")
EACH = 50  # kills of one file


def run_of(number: int) -> list[Sighting]:
    """The ``number`` is the moment, so that each run can be found again."""
    at = NOW + timedelta(seconds=number)
    return [
        Sighting(name=name, at=at, status=Status.HEALTHY, expected=True, certificates=(certificate(f"{number % 7}"),))
        for name in NAMES
    ]


def write(path: Path, first: int, pipe: int) -> None:
    history = History(path)
    for number in range(first, first + 1000):
        history.record(run_of(number))
        os.write(pipe, b"%d\n" % number)


def kill_one(path: Path, first: int, luck: random.Random) -> list[int]:
    """The numbers that the writer acknowledged before it died."""
    ours, theirs = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.close(ours)
        with contextlib.suppress(BaseException):
            write(path, first, theirs)
        os._exit(1)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.readline() if luck.random() < 0.5 else b""
        time.sleep(luck.random() * 0.0025)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        return [int(line) for line in (said + pipe.read()).split()]


def recorded(path: Path) -> dict[int, int]:
    """How many rows each run has."""
    if not path.exists():
        return {}
    begin = int(NOW.timestamp())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'observation'").fetchone():
            return {}
        rows = connection.execute("SELECT at / 1000, count(*) FROM observation GROUP BY at").fetchall()
    return {at - begin: count for at, count in rows}


def attack(path: Path, times: int, luck: random.Random) -> str:
    """What went wrong, if anything did."""
    acknowledged: set[int] = set()
    first = 0
    for _ in range(times):
        said = kill_one(path, first, luck)
        acknowledged |= set(said)
        first = max([first, *said]) + 3  # what was written and not said may have taken the next number
    found = recorded(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    lost = sorted(acknowledged - set(found))
    torn = sorted(number for number, count in found.items() if count != len(NAMES))
    aside = sorted(one.name for one in path.parent.iterdir() if "damaged" in one.name)
    sys.stdout.write(f"{times} kills, {len(acknowledged)} runs acknowledged, {len(found)} found, {integrity}\n")
    if lost or torn or aside or integrity != "ok" or not acknowledged:
        return f"lost {lost[:5]}, torn {torn[:5]}, set aside {aside}, {integrity}"
    return ""


def main(folder: Path, times: int) -> int:
    """A new file now and then, so that some writers die while they make its tables."""
    luck = random.Random(4)
    gc.freeze()  # a collection in a writer would copy every page that it shares with this process
    for number in range(0, times, EACH):
        wrong = attack(folder / f"{number}.sqlite3", min(EACH, times - number), luck)
        if wrong:
            sys.stdout.write(f"{wrong}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
