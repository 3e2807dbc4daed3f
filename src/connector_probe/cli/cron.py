"""Manners of a run that nobody looks at: alone, a little late, not for ever, and heard of when it is not."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector_probe.cli import EXIT_UNKNOWN
from connector_probe.cli.output import say
from connector_probe.cli.values import NothingProbedError
from connector_probe.model.names import show

GRACE = 90.0  # seconds beyond the run's deadline for its documents, its history and its notifications
SILENT_FOR = timedelta(hours=1)  # so long a quiet run keeps silent about another one that goes on
_BLAMELESS = (OSError, NotImplementedError)  # a file system without locks, a folder that cannot be written


def wait_a_little(splay: float) -> None:
    """Start at a random moment within ``splay`` seconds, so that many machines do not start in the same second."""
    seconds = random.uniform(0, splay)
    if splay and sys.stderr.isatty():
        say(f"probe: starting in {seconds:.0f} s (--splay)")
    time.sleep(seconds)


@contextlib.contextmanager
def alone(file: Path, only: Sequence[str], shard: str | None, *, quiet: bool) -> Iterator[None]:
    """While the body runs, no other run of the same connectors of ``file`` does.

    Raises NothingProbedError when another one is under way: nothing is known then. ``quiet`` keeps silent about it
    for an hour, since the next run will tell what there is to tell.
    """
    from filelock import FileLock, Timeout

    key = "\n".join((os.path.realpath(file), *sorted(only), shard or ""))
    name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    lock, holder = None, None
    for folder in _lock_folders():
        with contextlib.suppress(*_BLAMELESS):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock, holder = FileLock(folder / f"{name}.lock", timeout=0), folder / f"{name}.holder"
            try:
                lock.acquire()
            except Timeout:
                _leave(file, holder, quiet=quiet)
            with contextlib.suppress(*_BLAMELESS):  # a full disk, say: the lock holds all the same
                holder.write_text(f"{os.getpid()} {int(time.time())}\n", encoding="ascii")
            break
    else:
        if not quiet:
            say("probe: no lock could be taken, so another run of this file would not be noticed")
    try:
        yield
    finally:
        if lock is not None and holder is not None:
            with contextlib.suppress(*_BLAMELESS):
                holder.unlink(missing_ok=True)
            lock.release()


def _lock_folders() -> Iterator[Path]:
    from platformdirs import user_state_dir

    yield Path(user_state_dir("connector-probe", appauthor=False)) / "locks"
    try:
        temporary = tempfile.gettempdir()
    except OSError:  # nothing can be written at all, as in a container whose file systems are read-only
        return
    yield Path(temporary) / f"connector-probe-{getattr(os, 'getuid', int)()}"


def _leave(file: Path, holder: Path, *, quiet: bool) -> None:
    process, since = "", None
    with contextlib.suppress(OSError, ValueError, OverflowError):
        number, began = holder.read_text(encoding="ascii").split()
        process, since = f"process {int(number)}, ", datetime.fromtimestamp(int(began), UTC)
    told = f" ({process}since {since:%Y-%m-%d %H:%M} UTC)" if since is not None else ""
    recent = since is not None and timedelta(0) <= datetime.now(UTC) - since < SILENT_FOR
    message = f"another run of {show(str(file), 300)} is under way{told}; nothing was probed"
    raise NothingProbedError(message, quiet=quiet and recent)


@contextlib.contextmanager
def ended_by(deadline: float | None) -> Iterator[None]:
    """Whatever happens in the body: it ends ``GRACE`` seconds after ``deadline`` at the latest, and so does probe."""
    if deadline is None:
        yield
        return
    timer = threading.Timer(deadline + GRACE, _end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end() -> None:
    say(f"probe: error: the run did not end within {GRACE:.0f} s after its deadline, and was ended")
    os._exit(EXIT_UNKNOWN)
