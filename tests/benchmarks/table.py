"""The table of what probes cost, beside the other programs that this machine has. One command:

python tests/benchmarks/table.py [--runs 7] [--large] [--only ROW ...] [--against OTHER/src] [-o FOLDER]

Contenders take turns, on loopback; medians, and ratios to ours, which is what compares across machines. -o: the
figures as table.json, and drawn as table.svg. --against: another tree of the same package (git worktree add ../before
COMMIT) takes part as "before". --large: 10,000 connectors as well, a fifth of them dead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from drawing import draw
from measure import Spent, Trial, interleaved, median, run
from peers import alone, exporter
from servers import NAME, Servers, serving

HERE = Path(__file__).parents[2] / "src"
OURS, BEFORE = "probe", "before"


@dataclass(frozen=True)
class Row:
    """One measure: the median of each contender in ``unit``; ``ratio`` is ours by the peer's (else by "before")."""

    title: str
    unit: str
    medians: dict[str, float]

    @property
    def ratios(self) -> dict[str, float]:
        return {name: self.medians[OURS] / value for name, value in self.medians.items() if name != OURS and value}


class Bench:
    def __init__(self, servers: Servers, runs: int, sources: dict[str, Path], folder: Path) -> None:
        self._servers, self._runs, self._sources, self._folder = servers, runs, sources, folder

    def probes(self, *argv: str) -> dict[str, Trial]:
        """``probe ARGV`` of each of our trees."""
        command = [sys.executable, "-m", "connector_probe", *argv]
        return {name: partial(run, command, {"PYTHONPATH": str(src)}) for name, src in self._sources.items()}

    def fleet(self, healthy: int, dead: int = 0, *, timeout: int = 21, format_: str = "json") -> dict[str, Trial]:
        file = self._folder / f"{healthy}-{dead}.yaml"
        file.write_text(self._servers.configuration(healthy, dead, connect_timeout=timeout))
        document = str(self._folder / "document")
        return self.probes("run", str(file), "--no-history", "--format", format_, "-o", document)

    def healthy_hosts(self, number: int = 300) -> Sequence[Row]:
        """Each probe's cost once everything is loaded: a run of many less a run of one."""
        endpoints = [f"127.100.{at // 250}.{1 + at % 250}:{self._servers.port}" for at in range(number)]
        with exporter(self._servers) as peer:
            one = interleaved(self.fleet(1), self._runs)
            trials = self.fleet(number) | {
                f"{name}, text": trial for name, trial in self.fleet(number, format_="text").items()
            }
            if peer is not None:
                trials["blackbox_exporter"] = lambda: peer.probe(endpoints)
            many = interleaved(trials, self._runs)

        def each(name: str, measure: Callable[[Spent], float]) -> float:
            loaded = one.get(name.partition(",")[0])
            fixed = median([measure(spent) for spent in loaded]) if loaded is not None else 0.0
            return (median([measure(spent) for spent in many[name]]) - fixed) / (number - (loaded is not None))

        return [
            Row(
                f"{number} healthy hosts: CPU a probe",
                "ms",
                {name: 1000 * each(name, lambda it: it.cpu) for name in many},
            ),
            _row(f"{number} healthy hosts: wall, start included", "s", many, lambda it: it.wall),
            Row(
                f"{number} healthy hosts: memory a connector",
                "KiB",
                {name: 1024 * each(name, lambda it: it.peak) for name in many if name in one},
            ),
        ]

    def one_cold_probe(self) -> Sequence[Row]:
        found = interleaved(self._one(self._servers.port), self._runs)
        return [
            _row("one cold probe: CPU", "s", found, lambda it: it.cpu),
            _row("one cold probe: memory", "MiB", {name: found[name] for name in self._sources}, lambda it: it.peak),
        ]

    def one_far_probe(self) -> Sequence[Row]:
        found = interleaved(self._one(self._servers.far_port), self._runs)
        return [_row("one cold probe at 50 ms round trip: wall", "s", found, lambda it: it.wall)]

    def _one(self, port: int) -> dict[str, Trial]:
        ours = [f"127.0.0.1:{port}", "--tls-domain", NAME, "--ca-file", self._servers.ca_file, "--only-ca-file"]
        peers = {name: partial(run, argv) for name, argv in alone(self._servers, port).items()}
        return self.probes(*ours, "--no-control", "--helo", NAME) | peers

    def commands(self) -> Sequence[Row]:
        """What does no probing: what a command loads is all that it costs."""
        probes = str(HERE.parent / "probes.yaml")
        asked = (["--version"], ["--help"], ["run", probes, "--check"], ["codes"], ["explain", "450 4.4.316 refused"])
        return [
            _row(
                f"probe {' '.join(argv[:1])}: CPU", "s", interleaved(self.probes(*argv), self._runs), lambda it: it.cpu
            )
            for argv in asked
        ]

    def many_hosts(self, number: int = 3000) -> Sequence[Row]:
        return self._large(f"{number} connectors, JSON", self.fleet(number))

    def dead_hosts(self, number: int = 10_000, timeout: int = 21) -> Sequence[Row]:
        title = f"{number} connectors, a fifth of them dead for {timeout} s"
        return self._large(title, self.fleet(number - number // 5, number // 5, timeout=timeout))

    def _large(self, title: str, trials: dict[str, Trial]) -> Sequence[Row]:
        found = interleaved(trials, max(1, self._runs // 3))
        return [
            _row(f"{title}: CPU", "s", found, lambda it: it.cpu),
            _row(f"{title}: wall", "s", found, lambda it: it.wall),
            _row(f"{title}: memory", "MiB", found, lambda it: it.peak),
        ]


def _row(title: str, unit: str, found: dict[str, list[Spent]], measure: Callable[[Spent], float]) -> Row:
    return Row(title, unit, {name: median([measure(spent) for spent in spents]) for name, spents in found.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ("healthy_hosts", "one_cold_probe", "one_far_probe", "commands", "many_hosts", "dead_hosts")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", nargs="+", choices=names)
    parser.add_argument("--against", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    sources = {OURS: HERE} | ({BEFORE: arguments.against.resolve()} if arguments.against else {})
    rows: list[Row] = []
    with ExitStack() as stack:
        servers = stack.enter_context(serving())
        bench = Bench(servers, arguments.runs, sources, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        for name in arguments.only or names[: None if arguments.large else -1]:
            for row in getattr(bench, name)():
                rows.append(row)
                told = ", ".join(f"{peer} {value:.3g}" for peer, value in row.medians.items())
                beside = ", ".join(f"{ratio:.2f} of {peer}" for peer, ratio in row.ratios.items())
                print(f"{row.title} ({row.unit}): {told}" + (f"\n    {beside}" if beside else ""), flush=True)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
        document = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine,
            "runs": arguments.runs,
        }
        document["rows"] = [asdict(row) | {"ratios": row.ratios} for row in rows]
        (arguments.output / "table.json").write_text(json.dumps(document, indent=2) + "\n")
        (arguments.output / "table.svg").write_text(draw([(f"{row.title} ({row.unit})", row.medians) for row in rows]))


if __name__ == "__main__":
    main()
