"""A thousand connectors, a fifth of them dead, by the real command. Ratios, so that they compare across machines.

python tests/benchmarks/fleet.py [--connectors 1000] [--dead-in 5] [--jobs 200] [--connect-timeout 21] [--dead-first]

The run has to end within the connect timeout plus 20 %. Healthy ones offer STARTTLS, and their certificates are
validated; dead ones leave the SYN unanswered. Everything is on loopback: each smart host has an address of 127.0.0.0/8
of its own, so that none is shared (Linux has them all; elsewhere only 127.0.0.1 exists).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from connector_probe.lab import behaviours, certificates
from connector_probe.lab.authority import Authority, TlsShape
from connector_probe.lab.smtp import Listener
from connector_probe.lab.sockets import bind, fill_backlog, port_of

NAME = "fleet.lab.test"


async def serve(healthy: int, dead: int, folder: Path, chains: int = 1) -> None:
    """Start the smart hosts, write their endpoints and the root's file to ``folder``, and stay."""
    with contextlib.ExitStack() as stack:
        # Each lab's authority makes one chain of its own; the roots of all of them are trusted.
        authorities = [stack.enter_context(Authority()) for _ in range(chains)]
        for authority in authorities:
            await asyncio.to_thread(authority.context, certificates.good, NAME, TlsShape())

        async def context(authority: Authority) -> object:
            return authority.context(certificates.good, NAME, TlsShape())

        endpoints: dict[str, list[str]] = {"healthy": [], "dead": []}
        kept: list[object] = []
        for number in range(healthy + dead):
            sock = bind(f"127.{100 + number // 62500}.{number // 250 % 250}.{1 + number % 250}")
            endpoint = f"{sock.getsockname()[0]}:{port_of(sock)}"
            if number < healthy:
                sock.listen(100)
                shown = partial(context, authorities[number % chains])
                kept.append(Listener(sock, behaviours.is_healthy, NAME, shown))  # type: ignore[arg-type]
                endpoints["healthy"].append(endpoint)
            else:
                kept += [sock, *await fill_backlog(sock)]
                endpoints["dead"].append(endpoint)
        roots = folder / "roots.pem"
        texts = [await asyncio.to_thread(Path(authority.ca_file).read_text) for authority in authorities]
        roots.write_text("".join(texts))
        (folder / "ready.json").write_text(json.dumps({**endpoints, "ca_file": str(roots)}))
        print("ready", flush=True)
        await asyncio.Event().wait()


def mixed(healthy: list[str], dead: list[str], *, dead_first: bool) -> list[tuple[str, str]]:
    """The connectors in the file's order: names and endpoints."""
    good = [(f"Healthy {number}", endpoint) for number, endpoint in enumerate(healthy)]
    bad = [(f"Dead {number}", endpoint) for number, endpoint in enumerate(dead)]
    if dead_first or not bad:
        return bad + good
    every = max(len(good) // len(bad), 1)
    rows = []
    for number, row in enumerate(bad):
        rows += [row, *good[number * every : (number + 1) * every]]
    return rows + good[len(bad) * every :]


def configuration(rows: list[tuple[str, str]], ready: dict[str, Any], *, connect_timeout: float) -> str:
    """The file of connectors: names and endpoints."""
    return (
        f"version: 1\ndefaults: {{tls: domain-validation, tls_domain: {NAME}, helo: {NAME}, control: [],\n"
        f"  connect_timeout: {connect_timeout}s, ca_file: '{ready['ca_file']}', only_ca_file: true}}\n"
        "connectors:\n" + "".join(f"  - {{name: {name}, smart_hosts: ['{endpoint}']}}\n" for name, endpoint in rows)
    )


def run(arguments: argparse.Namespace) -> int:
    dead = arguments.connectors // arguments.dead_in
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numbers = [str(arguments.connectors - dead), str(dead)]
        server = subprocess.Popen([sys.executable, __file__, "--serve", *numbers, name], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            ready = json.loads((folder / "ready.json").read_text())
            rows = mixed(ready["healthy"], ready["dead"], dead_first=arguments.dead_first)
            file = folder / "probes.yaml"
            file.write_text(configuration(rows, ready, connect_timeout=arguments.connect_timeout))
            command = [
                sys.executable,
                "-m",
                "connector_probe",
                "run",
                str(file),
                "--no-history",
                "--jobs",
                str(arguments.jobs),
            ]
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run([*command, "--no-history", "--json"], stdout=subprocess.PIPE, check=False)
            seconds = time.perf_counter() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        finally:
            server.terminate()
            server.wait()
    report = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ratio = seconds / arguments.connect_timeout
    print(f"{report['summary']}, exit {done.returncode}")
    print(f"elapsed / connect timeout: {ratio:.2f} ({seconds:.1f} s), to be at most 1.20")
    print(f"CPU per connector: {1000 * cpu / arguments.connectors:.1f} ms ({cpu:.1f} s in all)")
    print(f"the most memory: {after.ru_maxrss / 1024:.0f} MiB")
    first = max(one["evidence"]["started_at"] for one in report["results"])
    print(f"the last connector began at {first}, the run at {report['started_at']}")
    sound = report["summary"]["healthy"] == arguments.connectors - dead and report["summary"]["failing"] == dead
    return 0 if sound and ratio <= 1.2 else 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--connectors", type=int, default=1000)
    parser.add_argument("--dead-in", type=int, default=5, help="one of so many is dead")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--connect-timeout", type=float, default=21.0)
    parser.add_argument("--dead-first", action="store_true", help="all dead ones stand in front")
    parser.add_argument("--chains", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--serve", nargs=3, metavar=("HEALTHY", "DEAD", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))
        healthy, dead, folder = arguments.serve
        asyncio.run(serve(int(healthy), int(dead), Path(folder), arguments.chains))
        return 0
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
