"""What a child process cost, and contenders that take turns, so that the machine's other work falls on all alike."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLED = 0.1  # seconds between two looks at the memory of a tree of processes
WRONG = 2  # the exit code of ours where a command or a file was wrong


@dataclass(frozen=True)
class Spent:
    """CPU time, user and system, and elapsed, in seconds; and the most memory it had, in MiB.

    Memory: the process's own peak, or that of all its processes together where this is more (Linux: the sum of their
    proportional set sizes, looked at every ``SAMPLED`` seconds).
    """

    cpu: float
    wall: float
    peak: float


Trial = Callable[[], Spent]


def run(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """One run of a command, its children's time included. Raises ChildProcessError where it never began its work."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    child = subprocess.Popen(
        argv,
        env=clean | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    together = _peak_of_all(child.pid)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode == WRONG:
        raise ChildProcessError(f"nothing was probed: {' '.join(argv)}")
    return Spent(used.ru_utime + used.ru_stime, wall, max(used.ru_maxrss / 1024, together))


def _peak_of_all(process: int) -> float:
    """The most memory, in MiB, that it and its children had together until it ended; 0 where that is not known."""
    if not hasattr(os, "pidfd_open"):
        return 0.0
    most, ended = 0.0, os.pidfd_open(process)
    while not select.select([ended], [], [], SAMPLED)[0]:
        with suppress(OSError):
            children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
            most = max(most, sum(map(_proportional, children)) + _proportional(process)) if children else most
    os.close(ended)
    return most


def _proportional(process: int | str) -> float:
    """Its proportional set size in MiB; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_of(pid: int) -> float:
    """Seconds that a process which is up has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int) -> float:
    """The most memory that it had, in MiB."""
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return int(peak.split()[1]) / 1024


def interleaved(trials: Mapping[str, Trial], runs: int) -> dict[str, list[Spent]]:
    """``runs`` of each, in turn; one more before them warms caches, and does not count."""
    found: dict[str, list[Spent]] = {name: [] for name in trials}
    for number in range(runs + 1):
        for name, trial in trials.items():
            spent = trial()
            if number:
                found[name].append(spent)
    return found


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
