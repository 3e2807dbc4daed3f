"""Real programs as parts of a test: is it installed, start it, wait until it answers, stop it without leftovers."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

START_LIMIT = STOP_LIMIT = 60.0  # seconds, for the busiest machine; on an idle one a tenth of a second is enough
_POLL = 0.01
_TCP_LISTEN = "0A"
_LOW, _HIGH = 10_000, 32_000  # below the ports that Linux gives to outgoing connections, so that none slips in


class PartError(Exception):
    """A part that is installed but does not start or stop."""


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it where nothing may be skipped: in CI, which installs everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI skips nothing: {reason}", pytrace=False)
    pytest.skip(reason)


def require(binary: str, package: str) -> str:
    """The path of ``binary``, administrators' folders included."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
    found = shutil.which(binary, path=path)
    if found is None:
        missing(f"{binary} is not installed: apt-get install {package}")
    return found


def require_root(what: str) -> None:
    if os.geteuid() != 0:
        missing(f"{what} needs root: run the tests with sudo")


def require_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        missing(f"this machine has no IPv6 loopback ({error.strerror}): sysctl net.ipv6.conf.lo.disable_ipv6=0")


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, neither over TCP nor over UDP."""
    found: list[int] = []
    while len(found) < count:
        port = random.randint(_LOW, _HIGH)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind(("", port))
            except OSError:
                return False
    return True


def wait_until(ready: Callable[[], bool], what: str, limit: float = START_LIMIT) -> None:
    """Poll ``ready``. Raises PartError when ``limit`` seconds have gone by."""
    end = time.monotonic() + limit
    while not ready():
        if time.monotonic() > end:
            raise PartError(f"not within {limit:g} s: {what}")
        time.sleep(_POLL)


class Part:
    """One program in a session of its own; what it prints goes to ``log``. ``inside`` stands before the command."""

    def __init__(self, command: Sequence[str], log: Path, inside: Sequence[str] = ()) -> None:
        self.name = Path(command[0]).name
        self._binary, self._log = Path(command[0]).resolve(), log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*inside, *command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_listening(self, *ports: int) -> None:
        """When that does not happen, the part is ended, and its log is in the PartError."""
        try:
            wait_until(lambda: self._ended() or self._listening().issuperset(ports), f"{self.name} listens")
            if self._ended():
                raise PartError(f"{self.name} ended with {self._process.returncode}")
        except PartError as problem:
            self.stop()
            raise PartError(f"{problem}:\n{self._log.read_text(encoding='utf-8', errors='replace')}") from None

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _listening(self) -> set[int]:
        """The ports that somebody listens on, in the program's own network namespace, by the kernel's tables."""
        process = Path(f"/proc/{self._process.pid}")
        ports = set()
        for table in (process / "net" / "tcp", process / "net" / "tcp6"):
            try:
                if (process / "exe").resolve() != self._binary:  # not yet: what stands before the command is at work
                    return set()
                rows = table.read_text(encoding="ascii").splitlines()[1:]
            except OSError:  # ended; or a kernel without IPv6
                continue
            fields = [row.split() for row in rows]
            ports |= {int(local.rpartition(":")[2], 16) for _, local, _, state, *_ in fields if state == _TCP_LISTEN}
        return ports

    def stop(self) -> None:
        """SIGTERM to the program, then wait until nobody of its session is left."""
        group = self._process.pid
        if not self._ended():
            self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT)
            wait_until(lambda: not _alive(group), f"{self.name} leaves nobody behind", STOP_LIMIT)
        except (subprocess.TimeoutExpired, PartError):
            os.killpg(group, signal.SIGKILL)
            self._process.wait(STOP_LIMIT)
            raise PartError(f"{self.name} had to be killed") from None


def _alive(group: int) -> bool:
    """Whether a process of ``group`` still runs; one that only waits for init to take note does not."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group, *_ = entry.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(its_group) == group and state not in "ZX":
            return True
    return False
