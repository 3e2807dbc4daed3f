"""The history of a server that goes on and on: written beside the probes, in batches, and never in their way.

What could not be written (a full disk) is kept and tried again; what was seen is judged and shown meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from connector_probe.formats.json import dumps
from connector_probe.history import History, HistoryError
from connector_probe.history.run_history import RunHistory
from connector_probe.history.summary import BUCKETS
from connector_probe.model.history import Document, DocumentKind, Past
from connector_probe.model.maintenance import Window
from connector_probe.model.verdict import Status
from connector_probe.serve.snapshots import HERE, Snapshot
from connector_probe.wording.catalogue.en import ENGLISH

GATHER = 1.0  # seconds that a batch is gathered for: each is three transactions; what kill -9 can take
RETRY = 30.0  # seconds until a batch that could not be written is tried again
MOST_PENDING = 20_000  # snapshots that wait for a disk

_Answer = TypeVar("_Answer")
log = logging.getLogger(__name__)


class Recorder:
    """``path`` None: nothing is kept, and nothing is known from before.

    ``windows``: the maintenance windows of each connector by its name; the service keeps it up to date.
    ``on_written`` is called with each batch when it is on the disk, ``on_failure`` when it could not be written.
    """

    def __init__(
        self, path: Path | None, on_written: Callable[[Sequence[Snapshot]], None], on_failure: Callable[[], None]
    ) -> None:
        self.windows: dict[str, Sequence[Window]] = {}
        self._path = path
        self._on_written = on_written
        self._on_failure = on_failure
        self._histories: dict[str, RunHistory] = {}
        self._thread = ThreadPoolExecutor(1, "history")
        self._pending: list[Snapshot] = []
        self._wake = asyncio.Event()
        self._problem = self._said = ""

    @property
    def problem(self) -> str:
        """Why the history cannot be written just now; empty while it can."""
        return self._problem

    async def open(self, place: str = HERE) -> RunHistory:
        """What is known of the connectors as ``place`` saw them; the first call for a place reads the file."""
        known = self._histories.get(place)
        return known if known is not None else await self._in_thread(lambda: self._open(place))

    def add(self, snapshot: Snapshot) -> None:
        """To be written soon."""
        self._pending.append(snapshot)
        del self._pending[:-MOST_PENDING]
        self._wake.set()

    async def run(self) -> None:
        """Writes until it is cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            if not await asyncio.shield(self._flush()):  # what is in the middle of writing ends well
                await asyncio.sleep(RETRY)

    async def close(self) -> None:
        """Write what is left."""
        await self._flush()
        self._thread.shutdown(wait=False)

    def known(self, place: str = HERE) -> RunHistory | None:
        """As ``open``, without reading; None before that."""
        return self._histories.get(place)

    async def documents(self, kind: DocumentKind, name: str | None = None) -> list[Document]:
        """Reports that were kept whole; none where the history cannot be read, which is told."""
        await self._flush()
        return await self._in_thread(lambda: self._documents(kind, name))

    async def pasts(self, names: Sequence[str], now: datetime, window: timedelta, parts: int = BUCKETS) -> list[Past]:
        """All that is kept of connectors of these names, of every place. Raises HistoryError.

        ``parts``: into how many the ``window`` of the time line is cut.
        """
        path = self._path
        if path is None:
            return []
        await self._flush()
        return await self._in_thread(lambda: History(path).pasts(now, window, names, whole=True, parts=parts))

    # --- in the thread ---

    def _open(self, place: str) -> RunHistory:
        if place not in self._histories:
            self._histories[place] = RunHistory(
                self.windows, self._path, ENGLISH, place=place, say=log.warning, fail=self._failed
            )
        return self._histories[place]

    def _documents(self, kind: DocumentKind, name: str | None) -> list[Document]:
        if self._path is None:
            return []
        try:
            return History(self._path, say=log.warning).documents(kind, name)
        except HistoryError as error:
            self._failed(str(error), error.hint)
            return []

    def _write(self, batch: Sequence[Snapshot]) -> list[Snapshot]:
        """Gives what is not on the disk yet."""
        self._problem, left = "", list[Snapshot]()
        by_place: defaultdict[str, list[Snapshot]] = defaultdict(list)
        for one in batch:
            by_place[one.place].append(one)
        for place, snapshots in by_place.items():
            history = self._open(place)
            history.try_again()
            documents = [document for one in snapshots for document in _documents_of(one)]
            history.record([one.result for one in snapshots], interrupted=False, documents=documents)
            history.look_back({one.result.name for one in snapshots})
            if self._problem:
                left += snapshots
        return left

    def _failed(self, message: str, hint: str) -> None:
        if message != self._said:
            log.error("%s; %s", message, hint)
        self._problem = self._said = message

    # --- in the loop ---

    async def _flush(self) -> bool:
        """Whether all is on the disk, what others are writing just now included."""
        self._wake.clear()
        batch, self._pending = self._pending, []
        if not batch:
            await self._in_thread(lambda: None)
            return not self._problem
        left = await self._in_thread(lambda: self._write(batch)) if self._path is not None else []
        waiting = {id(one) for one in left}
        self._on_written([one for one in batch if id(one) not in waiting])
        if not left:
            self._said = ""
            return True
        self._on_failure()
        self._pending = [*left, *self._pending]
        self._wake.set()
        return False

    async def _in_thread(self, work: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _documents_of(snapshot: Snapshot) -> list[Document]:
    result, report = snapshot.result, snapshot.report
    text = dumps(report, separators=(",", ":"))
    kinds = [DocumentKind.LAST]
    if result.status is Status.FAILING:
        kinds.append(DocumentKind.FAILED)
    return [Document(result.name, kind, snapshot.received_at, text, snapshot.place) for kind in kinds]
