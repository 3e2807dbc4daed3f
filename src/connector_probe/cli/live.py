"""The live table of a run of many connectors: how far it is, what is wrong so far, what is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from connector_probe.cli.output import WIDEST
from connector_probe.cli.progress import PROGRESS_AFTER, PROGRESS_EVERY, beside
from connector_probe.model.connector import Connector
from connector_probe.model.verdict import Badge, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import fill

MOST_ROWS = 20  # of what is wrong, and of what is waited for; less where the terminal is low
_STYLES = {
    Badge.FAILING: "bold red",
    Badge.UNKNOWN: "yellow",
    Badge.WARNING: "yellow",
    Badge.HEALTHY: "green",
    Badge.AS_EXPECTED: "green",
    Badge.NOT_AS_EXPECTED: "bold red",
}


class LiveTable:
    """Drawn on standard error while a run lasts, and wiped away when it ends."""

    def __init__(
        self, connectors: Sequence[Connector], console: Console | None = None, words: Catalogue = ENGLISH
    ) -> None:
        self._words = words
        self._console = console or Console(stderr=True, highlight=False)
        self._total = len(connectors)
        self._waiting = dict.fromkeys(connector.name for connector in connectors)
        self._counts = dict.fromkeys(Badge, 0)
        self._wrong: list[Result] = []

    def add(self, result: Result) -> None:
        """``result`` is there."""
        self._waiting.pop(result.name, None)
        self._counts[result.badge] += 1
        if not result.expected:
            self._wrong.append(result)

    def shown(self) -> AbstractAsyncContextManager[None]:
        """While the body runs; a quick run shows nothing at all."""
        return beside(self._draw())

    async def _draw(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(PROGRESS_AFTER)
        with Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
            while True:
                live.update(self.picture(loop.time() - began), refresh=True)
                # Where the "^C" of a terminal begins no line of its own.
                print("\r", end="", file=self._console.file, flush=True)
                await asyncio.sleep(PROGRESS_EVERY)

    def picture(self, seconds: float) -> RenderableType:
        """What stands on the screen after ``seconds``."""
        head = Table.grid(padding=(0, 1))
        done = self._total - len(self._waiting)
        head.add_row(
            fill(self._words.text["progress"], {"done": str(done), "total": str(self._total)}),
            ProgressBar(total=max(self._total, 1), completed=done, width=24),
            f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
        )
        counts = Text("  ").join(
            Text(f"{number} {self._words.text[badge.value].lower()}", style=_STYLES[badge])
            for badge, number in self._counts.items()
            if number
        )
        rows = Table.grid(padding=(0, 1), expand=True)  # only then the ratios hold, and a long name hides no verdict
        rows.width = min(self._console.width, WIDEST)
        rows.add_column(no_wrap=True)
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for row in self._rows(min(MOST_ROWS, max(self._console.height - 4, 2))):
            rows.add_row(*row)
        return Group(head, counts, rows)

    def _rows(self, room: int) -> Iterator[tuple[Text, Text, Text]]:
        """The latest that are wrong, and those that began first of what is waited for: half the room for each."""
        waiting = list(self._waiting)[: max(room // 2, room - len(self._wrong))]
        for result in self._wrong[len(waiting) - room :]:
            diagnosis = result.diagnosis
            told = self._words.text["still-flows"] if result.code_expected else ""
            if diagnosis is not None:
                told = f"{diagnosis.code or ''} {diagnosis.title}".strip()
            word = Text(self._words.text[result.badge.value], style=_STYLES[result.badge])
            yield word, Text(result.name), Text(told)
        for name in waiting:
            yield Text("...", style="dim"), Text(name, style="dim"), Text("")
