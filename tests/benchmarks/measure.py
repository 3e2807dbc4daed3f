"""What a child process cost: CPU time, which unlike elapsed time other work on the machine blurs only a little."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parents[2] / "src"
WRONG = 2  # the exit code where a command or a file was wrong


class Cost(NamedTuple):
    """CPU time, user and system, in seconds; and the most memory it had, in KiB as Linux counts it."""

    seconds: float
    peak: int


def cost(argv: Sequence[str], source: Path = HERE) -> Cost:
    """Of ``python ARGV`` with the package of ``source``; compiled files are kept, as in an installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(
        [sys.executable, *argv],
        env=environment | {"PYTHONPATH": str(source)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode != WRONG, f"nothing was probed: {argv}"
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss)


def cheapest(argv: Sequence[str], sources: Sequence[Path], runs: int) -> list[Cost]:
    """The least of ``runs`` of each source, which take turns: anything above that is the machine's other work."""
    found: list[list[Cost]] = [[] for _ in sources]
    for _ in range(runs):
        for source, costs in zip(sources, found, strict=True):
            costs.append(cost(argv, source))
    return [min(costs) for costs in found]
