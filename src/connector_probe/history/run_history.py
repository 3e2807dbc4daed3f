"""How a run uses its history: read before, written after. Every fault is said, and none gets in the way of a probe."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connector_probe._version import RELEASED
from connector_probe.diagnosis.outage import with_history
from connector_probe.history.faults import HistoryError
from connector_probe.history.sightings import is_news, servers_of, sighting_of, state_of
from connector_probe.history.storage import History
from connector_probe.history.summary import failing_since
from connector_probe.model.connector import Connector
from connector_probe.model.history import NOT_RECORDED, Before, Document
from connector_probe.model.maintenance import Window, maintenance_until
from connector_probe.model.notation import day
from connector_probe.model.verdict import ConnectorReport, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import with_maintenance


class RunHistory:
    """What a run of these connectors knows of the runs before it; ``path`` None: nothing, and nothing is kept.

    ``windows``: the maintenance windows of each connector, by its name. ``say`` is told what happened to the file, in
    one line; ``fail`` why it cannot be used, and a hint. ``place``: where they are probed from; empty for here.
    """

    def __init__(
        self,
        windows: Mapping[str, Sequence[Window]],
        path: Path | None,
        words: Catalogue,
        *,
        place: str = "",
        say: Callable[[str], None],
        fail: Callable[[str, str], None],
    ) -> None:
        self._windows = windows
        self._words = words
        self._fail = fail
        self._before: dict[tuple[str, str], Before] = {}
        self._file = History(path, place=place, say=say) if path is not None else None
        self._history = self._file
        self.look_back()

    def look_back(self, names: Collection[str] | None = None) -> None:
        """Read anew what is known of these connectors, or of all; for who records more than once."""
        if self._history is not None:
            try:
                self._before |= self._history.before(self._windows if names is None else names)
            except HistoryError as error:
                self._give_up(error)

    def try_again(self) -> None:
        """After a fault of the file that may have passed, as that of a full disk."""
        self._history = self._file

    def before(self, name: str, asked: Connector | ConnectorReport) -> Before:
        """What is known of the connector of this name, as long as it leads to the same servers."""
        return self._before.get((name, servers_of(asked))) or self._before.get((name, NOT_RECORDED)) or Before()

    def recovering(self, connectors: Iterable[Connector]) -> frozenset[str]:
        """Those that were failing when they were seen last: their recovery counts only when it repeats."""
        return frozenset(connector.name for connector in connectors if self.before(connector.name, connector).failed)

    def failed_since(self, results: Iterable[Result]) -> dict[str, datetime]:
        """When those that were failing when they were seen last began to, by their names."""
        now = datetime.now(UTC)
        found = {result.name: failing_since(self._before_of(result), now) for result in results}
        return {name: since for name, since in found.items() if since is not None}

    def amend(self, result: Result) -> Result:
        """``result`` with the bounce clock of its history, and with the maintenance window that it falls into."""
        at, before = result.evidence.started_at, self._before_of(result)
        since = failing_since(before, at)
        if since is None and before.flowed_at is not None:
            since = at  # mail flowed when it was seen last, so this is the beginning
        if since is not None:
            result = with_history(result, since, before.flowed_at)
        if result.expected:
            return result
        return with_maintenance(result, maintenance_until(self._windows.get(result.name, ()), at), self._words)

    def record(self, results: Iterable[Result], *, interrupted: bool, documents: Sequence[Document] = ()) -> None:
        """Keep what was seen; of a run that Ctrl-C ended, only what it came to. ``documents``: what to keep whole."""
        if self._history is None:
            return
        if (now := datetime.now(UTC)) < RELEASED:
            told = f"this machine's clock shows {day(now)}, when this program was not made yet"
            self._give_up(HistoryError(f"{told}: nothing is kept in the history", "set the clock"))
            return
        sightings = []
        for result in results:
            if interrupted and result.is_cut_short:
                continue
            inside = result.maintenance is not None
            seen = replace(result, expected=result.expected and not inside)
            sightings.append(sighting_of(seen, result.connector.queue_lifetime, maintenance=inside))
        try:
            self._history.record(sightings, documents)
            self._history.thin(now)
        except HistoryError as error:
            self._give_up(error)

    def news(self, results: Iterable[Result], channel: str, remind: float | None, now: datetime) -> list[Result]:
        """Those of ``results`` that ``channel`` is to be told."""
        return [
            result for result in results if is_news(result, self._before_of(result).announced.get(channel), now, remind)
        ]

    def told(self, results: Iterable[Result], channel: str, now: datetime) -> None:
        """Remember that ``channel`` was told of ``results``."""
        states = [(result.name, servers_of(result.connector), state_of(result)) for result in results]
        if self._history is None or not states:
            return
        try:
            self._history.announce(channel, states, now)
        except HistoryError as error:
            self._give_up(error)

    def _before_of(self, result: Result) -> Before:
        return self.before(result.name, result.connector)

    def _give_up(self, error: HistoryError) -> None:
        """Say it once: what comes after would fail in the same way."""
        self._fail(str(error), error.hint)
        self._history = None
