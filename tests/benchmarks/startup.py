"""What a cold start costs: CPU time of whole commands, as multiples of a Python that does nothing.

python tests/benchmarks/startup.py [--runs 7] [--against OTHER/src] [COMMAND ...]

--against: another tree of the same package (git worktree add ../before COMMIT), measured alternately, and the ratio.
To see what is imported: python -X importtime -m connector_probe 127.0.0.1:1; tests/shape/test_startup.py holds it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from measure import HERE, cheapest

PROBES = Path(__file__).parents[2] / "probes.yaml"
COMMANDS = {
    "probe --version": ["--version"],
    "probe --help": ["--help"],
    "probe run --help": ["run", "--help"],
    "probe run FILE --check": ["run", str(PROBES), "--check", "--no-history"],
    "probe codes": ["codes"],
    "probe explain TEXT": ["explain", "450 4.4.316 Connection refused [Message=Socket error code 10061]"],
    "probe CLOSED-PORT": ["127.0.0.1:1", "--no-control"],
    "probe HEALTHY-HOST": [],
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--against", type=Path)
    parser.add_argument("command", nargs="*", help=f"some of: {', '.join(COMMANDS)}")
    arguments = parser.parse_args()
    sources = [HERE, *filter(None, [arguments.against])]
    (bare,) = cheapest(["-c", "pass"], [HERE], 2 * arguments.runs)
    print(f"{'python -c pass':<24}    1.0 times  {1000 * bare.seconds:5.0f} ms")
    lab = subprocess.Popen(
        [sys.executable, "-m", "connector_probe", "lab", "healthy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert lab.stdout is not None
        told = next(line for line in lab.stdout if line.strip().startswith("probe healthy"))
        COMMANDS["probe HEALTHY-HOST"] = [*told.split()[1:], "--no-control"]
        for name, argv in COMMANDS.items():
            if arguments.command and name not in arguments.command:
                continue
            now, *before = (one.seconds for one in cheapest(["-m", "connector_probe", *argv], sources, arguments.runs))
            ratio = f"  {now / before[0]:.2f} of {1000 * before[0]:.0f} ms" if before else ""
            print(f"{name:<24} {now / bare.seconds:6.1f} times  {1000 * now:5.0f} ms{ratio}", flush=True)
    finally:
        lab.send_signal(signal.SIGINT)
        lab.wait()


if __name__ == "__main__":
    main()
