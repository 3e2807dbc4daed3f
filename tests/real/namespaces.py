"""Network namespaces: a network of our own, in which every address is ours."""

from __future__ import annotations

import asyncio
import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connector_probe import Connector, Result, probe_all
from tests.real.parts import PartError, missing, require, require_root
from tests.real.verdicts import PROBED

_CONFIGURATION = Path("/etc/netns")  # ip-netns(8): files in here take the place of those in /etc
_CLONE_NEWNET = 0x40000000  # setns(2)
_numbers = itertools.count(1)


class Namespace:
    """A network namespace with its own loopback and no way out. ``remove`` when done."""

    def __init__(self) -> None:
        require_root("A network namespace")
        self._ip = require("ip", "iproute2")
        self.name = f"probe-{os.getpid()}-{next(_numbers)}"
        try:
            run(self._ip, "netns", "add", self.name)
        except PartError as problem:
            missing(f"no network namespaces here: {problem}")
        self.ip("link", "set", "lo", "up")

    @property
    def inside(self) -> tuple[str, ...]:
        """What stands before a command that is to run in here."""
        return (self._ip, "netns", "exec", self.name)

    def ip(self, *arguments: str) -> None:
        run(self._ip, "-n", self.name, *arguments)

    def add_addresses(self, device: str, *addresses: str) -> None:
        """ADDRESS/LENGTH each, usable at once."""
        for address in addresses:
            self.ip("address", "add", address, "dev", device, *(("nodad",) if ":" in address else ()))

    def connect(self, other: Namespace) -> None:
        """A cable between ``wire`` here and ``wire`` there."""
        self.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", other.name)
        for end in (self, other):
            end.set("net.ipv6.conf.wire.disable_ipv6", "0")
            end.ip("link", "set", "wire", "up")

    def set(self, key: str, value: str) -> None:
        """A kernel setting of this namespace."""
        path = Path("/proc/sys", *key.split("."))
        run(*self.inside, "sh", "-c", f"test ! -e {path} || echo {value} > {path}")

    def filter(self, rules: str) -> None:
        """Load nftables rules."""
        nft = require("nft", "nftables")
        run(*self.inside, nft, "-f", "-", text=rules)

    def resolv_conf(self, text: str) -> None:
        """What programs in here find as /etc/resolv.conf."""
        folder = _CONFIGURATION / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(text, encoding="ascii")

    def no_filter(self) -> None:
        self.filter("flush ruleset")

    def probe(self, *connectors: Connector) -> list[Result]:
        """What the library finds from in here: in a thread that has entered this namespace, and ends with it."""
        with ThreadPoolExecutor(1) as pool:
            results = pool.submit(self._probe, connectors).result()
        PROBED.extend(attempt for result in results for attempt in result.attempts)
        return results

    def _probe(self, connectors: Sequence[Connector]) -> list[Result]:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/run/netns", self.name).open("rb") as handle:
            if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
                raise PartError(f"setns: {os.strerror(ctypes.get_errno())}")
        return list(asyncio.run(probe_all(connectors)).results)

    def remove(self) -> None:
        run(self._ip, "netns", "delete", self.name)
        shutil.rmtree(_CONFIGURATION / self.name, ignore_errors=True)


def run(*command: str, text: str = "") -> None:
    """Raises PartError with what the command said."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PartError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
