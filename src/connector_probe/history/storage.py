"""The history file: SQLite with a rollback journal, one short transaction a run.

Why no WAL: it needs shared memory, so it fails on network file systems and in folders that cannot be written, and it
leaves two more files that must not be parted from the first. Here one small transaction is written every few minutes,
and a reader waits milliseconds for it. ``synchronous = EXTRA`` makes a row that was acknowledged outlast a power cut.

Writers also hold a lock file, so that a damaged file can be set aside while no other run is in the middle of writing
to it, with its journal still to come.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from connector_probe.history import reading, tables
from connector_probe.history.faults import DamagedError, HistoryError, translated
from connector_probe.history.foreign import refuse_foreign
from connector_probe.history.migrations import VERSION, migrate, transaction, version_of
from connector_probe.history.summary import BUCKETS
from connector_probe.model.history import Before, Document, DocumentKind, Past, Sighting
from connector_probe.model.names import show

THIN_FOR = 1.0  # seconds of a run for housekeeping
_MIB = 1 << 20
PATIENCE = 10.0  # seconds to wait for another run that writes
_OURS = (sqlite3.Error, OSError, OverflowError, ValueError)
_Answer = TypeVar("_Answer")


class History:
    """One history file. Every method opens it, does its work in one go and closes it: nothing is held between.

    ``say`` is told what happened to the file, in one line: a damaged one was set aside. ``place``: where what is
    recorded was seen from, as in ``Past``.
    """

    def __init__(self, path: Path, *, place: str = "", say: Callable[[str], None] = lambda text: None) -> None:
        self.path = path
        self._place = place
        self._say = say

    def before(self, names: Iterable[str]) -> dict[tuple[str, str], Before]:
        """What is known of connectors of these names, from this place, each by its name and its servers.

        Raises HistoryError.
        """
        return self._work(
            lambda: self._read(lambda connection: reading.before_each(connection, self._place, names), {})
        )

    def pasts(
        self,
        now: datetime,
        window: timedelta,
        names: Iterable[str] | None = None,
        *,
        whole: bool = False,
        parts: int = BUCKETS,
    ) -> list[Past]:
        """What is kept of connectors of these names, or of all, from every place, in the order of their first rows.

        ``whole``: from the first row on, else what the ``window`` and the present state need.
        ``parts``: into how many the ``window`` is cut. Raises HistoryError.
        """
        with self._translating():
            return self._read(
                lambda connection: list(reading.pasts(connection, names, now, window, whole=whole, parts=parts)), []
            )

    def names(self) -> list[str]:
        """Every connector that was ever recorded. Raises HistoryError."""
        with self._translating():
            return self._read(
                lambda connection: list(dict.fromkeys(name for name, _ in reading.connectors(connection))), []
            )

    def record(self, sightings: Sequence[Sighting], documents: Sequence[Document] = ()) -> None:
        """Add a run's rows, and what is kept whole of it, all or none: when this returns, they are on the disk.

        With this a run begins to write, so it looks for damage first. Raises HistoryError.
        """
        servers = {sighting.name: sighting.servers for sighting in sightings}

        def add(connection: sqlite3.Connection) -> None:
            self._check(connection)
            tables.add(connection, self._place, sightings)
            tables.keep(connection, self._place, servers, documents)

        self._work(lambda: self._write(add))

    def documents(self, kind: DocumentKind, name: str | None = None) -> list[Document]:
        """What is kept whole of this connector, or of all, from every place. Raises HistoryError."""
        return self._work(lambda: self._read(lambda connection: reading.documents(connection, kind, name), []))

    def announce(self, channel: str, states: Iterable[tuple[str, str, str]], at: datetime) -> None:
        """Remember that ``channel`` was told (name, servers, state) at ``at``. Raises HistoryError."""
        self._work(
            lambda: self._write(lambda connection: tables.announce(connection, self._place, channel, states, at))
        )

    def thin(self, now: datetime) -> None:
        """Let plain successes of old go, each connector's once a day, for THIN_FOR seconds: the next run goes on.

        Raises HistoryError.
        """
        nothing: tuple[list[int], list[int]] = ([], [])
        gone, looked_at = self._work(
            lambda: self._read(lambda connection: tables.superfluous_rows(connection, now, THIN_FOR), nothing)
        )
        if looked_at:
            self._work(lambda: self._write(lambda connection: tables.thin(connection, gone, looked_at, now)))

    # --- how ---

    def _work(self, work: Callable[[], _Answer]) -> _Answer:
        """``work``, and once more on a new file where this one turns out to be damaged."""
        with self._translating():
            try:
                with self._translating():
                    return work()
            except DamagedError as damage:
                self._set_aside(damage)
                return work()

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except _OURS as error:
            raise translated(error, self.path) from error

    def _read(self, work: Callable[[sqlite3.Connection], _Answer], nothing: _Answer) -> _Answer:
        if not self.path.exists():
            return nothing
        with contextlib.closing(self._connect()) as connection:
            if version_of(connection, self.path) < VERSION:
                with self._alone():
                    migrate(connection, self.path)
            return work(connection)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone(), contextlib.closing(self._connect()) as connection:
            migrate(connection, self.path)
            with transaction(connection):
                work(connection)

    def _check(self, connection: sqlite3.Connection) -> None:
        """Raises DamagedError where a page cannot be used. It costs 3.5 ms of CPU time for each MiB of the file.

        So a large one is not looked at by each run, but once in as many minutes as it has MiB.
        """
        now, every = datetime.now(UTC), timedelta(minutes=self.path.stat().st_size // _MIB)
        if tables.is_due(connection, tables.CHECK, now, every):
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise DamagedError(f"history {show(str(self.path), 300)} is damaged: {show(found)}")
            tables.done(connection, tables.CHECK, now)

    def _connect(self) -> sqlite3.Connection:
        refuse_foreign(self.path)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """While the body runs, no other run writes. Raises HistoryError when it has to wait too long."""
        from filelock import FileLock, Timeout

        lock = FileLock(f"{self.path}.lock", timeout=PATIENCE)
        try:
            lock.acquire()
        except Timeout:
            raise HistoryError(
                f"history {show(str(self.path), 300)}: another run has been writing for {PATIENCE:g} s",
                "see who has it open, as in: fuser FILE",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _set_aside(self, damage: DamagedError) -> None:
        """Rename the damaged file, unless another run did so meanwhile; what can still be read is carried over."""
        from connector_probe.history.salvage import salvage

        with self._alone():
            if not self._is_damaged():
                return
            aside = _free_name(self.path, datetime.now(UTC))
            journal = Path(f"{self.path}-journal")
            if journal.exists():  # goes first: left behind, it would be played into the new file
                journal.rename(f"{aside}-journal")
            self.path.rename(aside)
            carried = 0
            nothing_lost = contextlib.suppress(sqlite3.Error, HistoryError)  # the old file is safe
            with nothing_lost, contextlib.closing(self._connect()) as connection:
                migrate(connection, self.path)
                with transaction(connection):
                    carried = salvage(aside, connection)
        self._say(f"{damage}")
        self._say(f"it was kept as {show(str(aside), 300)}, and a new history begins with {carried} rows out of it")

    def _is_damaged(self) -> bool:
        try:
            with self._translating(), contextlib.closing(self._connect()) as connection:
                version_of(connection, self.path)
                if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                    return True
                for _ in reading.every_row(connection):
                    pass
        except DamagedError:
            return True
        return False


def _free_name(path: Path, now: datetime) -> Path:
    stem = f"{path.name}.damaged-{now:%Y-%m-%dT%H%M%SZ}"
    names = (path.with_name(stem + (f"-{number}" if number else "")) for number in range(10_000))
    return next(name for name in names if not name.exists())
