"""Telling the sinks of probes.yaml what is news, beside everything else: a service that hangs holds nobody up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from connector_probe.api import assemble
from connector_probe.config import Entry
from connector_probe.history.run_history import RunHistory
from connector_probe.model.verdict import Result
from connector_probe.notifications import Sink, tell
from connector_probe.wording.catalogue import Catalogue

GATHER = 2.0  # seconds: an outage of many connectors is one message

log = logging.getLogger(__name__)


class Notifier:
    """``find`` gives the entry of a connector and how it stands now, in ``words``; None where nothing is known."""

    def __init__(
        self,
        find: Callable[[str], tuple[Entry, Result] | None],
        history: Callable[[], RunHistory | None],
        words: Catalogue,
        remind: float | None,
    ) -> None:
        self.sinks: Sequence[Sink] = ()
        self._find = find
        self._history = history
        self._words = words
        self._remind = remind
        self._names: set[str] = set()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "notify")

    def add(self, names: Collection[str]) -> None:
        """Something was recorded of these connectors."""
        if self.sinks:
            self._names |= set(names)
            self._wake.set()

    async def run(self) -> None:
        """Tells until it is cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            names, self._names = self._names, set()
            found = [pair for name in sorted(names) if (pair := self._find(name)) is not None]
            history = self._history()
            if found and history is not None:
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._tell, found, history)
                except Exception:  # of some hundred services, each with its own library
                    log.exception("notifications: a fault of this program")

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _tell(self, found: Sequence[tuple[Entry, Result]], history: RunHistory) -> None:
        now = datetime.now(UTC)
        history.look_back({result.name for _, result in found})
        connectors, results = [entry.connector for entry, _ in found], [result for _, result in found]
        report = assemble(connectors, results, now, 0.0, self._words)
        tell(self.sinks, report, history, self._words, self._remind, now, log.warning)
