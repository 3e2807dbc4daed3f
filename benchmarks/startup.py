"""What a cold start costs: CPU time of whole commands, as multiples of a Python that does nothing.

python benchmarks/startup.py [--runs 7]; to see what is imported: python -X importtime -m connector_probe 127.0.0.1:1
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

PROBES = Path(__file__).parents[1] / "probes.yaml"
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import connector_probe": ["-c", "import connector_probe"],
    "probe --help": ["-m", "connector_probe", "--help"],
    "probe run FILE --check": ["-m", "connector_probe", "run", str(PROBES), "--check"],
    "probe ADDRESS": ["-m", "connector_probe", "127.0.0.1:1", "--no-control"],
}


def cpu(argv: list[str], runs: int) -> float:
    """Seconds of CPU time, the best of ``runs``: anything above that is the machine's other work."""
    found = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        nowhere = subprocess.DEVNULL
        subprocess.run([sys.executable, *argv], stdout=nowhere, stderr=nowhere, env=COMPILED, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    bare = 0.0
    for name, argv in COMMANDS.items():
        seconds = cpu(argv, runs)
        bare = bare or seconds
        print(f"{name:<24} {seconds / bare:6.1f} times  {1000 * seconds:5.0f} ms")


if __name__ == "__main__":
    main()
