"""``probe serve`` under load, beside blackbox_exporter doing the same scrapes at the same time. One command:

python tests/benchmarks/load.py [--seconds 60] [--rate 50] [--connectors 200] [--source OTHER/src]

The connectors are on ours' schedule meanwhile, with a history. Scrapes are as Prometheus makes them, over connections
that stay open. Exits with 1 where a scrape was answered with anything but success.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from measure import cpu_of, peak_of
from peers import await_answer, exporter, free_port
from servers import serving

HERE = Path(__file__).parents[2] / "src"
THREADS = 16  # scrapes side by side, of each
TOLD = ("connector_probe_probes_total", "connector_probe_asyncio_tasks", "process_open_fds")  # of /metrics
HEADERS = {  # Prometheus 2.53
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "User-Agent": "Prometheus/2.53.3",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}


class Scraper:
    """Scrapes one exporter, and tells what came of it. ``slowest``: seconds."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()
        self.seen: Counter[str] = Counter()
        self.slowest = 0.0

    def scrape(self, path: str) -> None:
        began = time.perf_counter()
        try:
            link = getattr(self._own, "link", None)
            if link is None:
                link = self._own.link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            link.request("GET", path, headers=HEADERS)
            answer = link.getresponse()
            body = answer.read()
            if answer.headers.get("Content-Encoding") != "gzip" and b"\nprobe_success 1\n" not in body:
                self.seen["not well"] += 1
            self.seen[str(answer.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            self._own.link = None
            self.seen[repr(error)] += 1
        self.slowest = max(self.slowest, time.perf_counter() - began)


@contextmanager
def probe_serve(file: Path, source: Path) -> Iterator[tuple[int, int]]:
    """Its process and its port, until the body ends."""
    port = free_port()
    command = [sys.executable, "-m", "connector_probe", "serve", str(file), f"--listen=127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, f"--history={file.with_suffix('.sqlite3')}"],
        env=os.environ | {"PYTHONPATH": str(source)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_answer(f"http://127.0.0.1:{port}/-/ready")
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="scrapes a second")
    parser.add_argument("--connectors", type=int, default=200)
    parser.add_argument("--source", type=Path, default=HERE)
    given = parser.parse_args()
    with serving() as servers, tempfile.TemporaryDirectory() as folder, exporter(servers) as peer:
        file = Path(folder, "probes.yaml")
        file.write_text(servers.configuration(given.connectors))
        with probe_serve(file, given.source) as (pid, port), ThreadPoolExecutor(2 * THREADS) as pool:
            told = {"probe serve": (Scraper(port), pid)}
            if peer is not None:
                told["blackbox_exporter"] = (Scraper(peer.port), peer.pid)
            before = {name: cpu_of(pid) for name, (_, pid) in told.items()}
            began = time.perf_counter()
            for turn in itertools.takewhile(lambda at: at < given.seconds * given.rate, itertools.count()):
                time.sleep(max(began + turn / given.rate - time.perf_counter(), 0))
                at = turn % given.connectors
                endpoint = f"127.{100 + at // 62500}.{at // 250 % 250}.{1 + at % 250}:{servers.port}"
                pool.submit(told["probe serve"][0].scrape, f"/probe?target={urllib.parse.quote(f'Host {at}')}")
                if peer is not None:
                    pool.submit(told["blackbox_exporter"][0].scrape, f"/probe?module=smtp&target={endpoint}")
            pool.shutdown()
            used = {name: cpu_of(pid) - before[name] for name, (_, pid) in told.items()}
            for name, (scraper, pid) in told.items():
                each = 1000 * used[name] / scraper.seen.total()
                print(
                    f"{name}: {dict(scraper.seen)}, slowest {scraper.slowest:.2f} s, CPU {used[name]:.2f} s "
                    f"({each:.2f} ms a scrape), memory {peak_of(pid):.0f} MiB"
                )
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                lines = answer.read().decode().splitlines()
            print(*(line for line in lines if line.startswith(TOLD)), sep="\n")
            if peer is not None:
                print(f"CPU: {used['probe serve'] / used['blackbox_exporter']:.2f} of blackbox_exporter's")
    sys.exit(any(scraper.seen.keys() - {"200"} for scraper, _ in told.values()))


if __name__ == "__main__":
    main()
