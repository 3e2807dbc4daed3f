"""What one probe costs in a long run: CPU time of a fleet of healthy connectors, less that of one alone; and memory.

python tests/benchmarks/cost.py [--connectors 300] [--runs 5] [--against OTHER/src] [--formats json text]

Each connector has an address of its own, offers STARTTLS, and has its certificate validated; all show the same chain,
or with --chains N, so many. --against: another tree of the same package, measured alternately, and the ratio.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from fleet import configuration
from measure import HERE, Cost, cheapest

FLEET = Path(__file__).with_name("fleet.py")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--connectors", type=int, default=300)
    parser.add_argument("--chains", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--formats", nargs="+", default=["json", "text"])
    arguments = parser.parse_args()
    number, sources = arguments.connectors, [HERE, *filter(None, [arguments.against])]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, str(FLEET), "--chains", str(arguments.chains), "--serve", str(number), "0", name]
        server = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            ready = json.loads((folder / "ready.json").read_text())
            rows = [(f"Healthy {at}", endpoint) for at, endpoint in enumerate(ready["healthy"])]
            for file, some in (("all.yaml", rows), ("one.yaml", rows[:1])):
                (folder / file).write_text(configuration(some, ready, connect_timeout=21))
            for format_ in arguments.formats:
                rest = ["--no-history", "--format", format_, "-o", str(folder / "document")]
                of_all, of_one = (
                    cheapest(["-m", "connector_probe", "run", str(folder / file), *rest], sources, arguments.runs)
                    for file in ("all.yaml", "one.yaml")
                )
                now, *before = map(_each, of_all, of_one, [number] * len(sources))
                ratio = f"  {now / before[0]:.2f} of {before[0]:.2f} ms" if before else ""
                memory = f"{of_all[0].peak / 1024:.0f} MiB, of one {of_one[0].peak / 1024:.0f} MiB"
                print(f"{format_:<12} {now:5.2f} ms a probe{ratio}; {memory}", flush=True)
        finally:
            server.terminate()
            server.wait()


def _each(every: Cost, one: Cost, number: int) -> float:
    """Milliseconds of CPU time for one probe more."""
    return 1000 * (every.seconds - one.seconds) / (number - 1)


if __name__ == "__main__":
    main()
