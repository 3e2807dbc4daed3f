"""What happens, told to everybody who looks on: results, stages as they end, a file that was read anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector_probe.formats.json import dumps
from connector_probe.model.evidence import StageEnded
from connector_probe.model.verdict import Status

WAITING = 512  # events that one listener may lag behind; who lags further starts afresh
KEEP_ALIVE = 15.0  # seconds of silence after which a comment keeps the connection through proxies


class EventKind(StrEnum):
    """STARTED: a probe began. STAGE: one stage of it ended. RESULT: one ended, or a place reported.

    RELOADED: the set of connectors is another.
    """

    STARTED = "started"
    STAGE = "stage"
    RESULT = "result"
    RELOADED = "reloaded"


@dataclass(frozen=True, slots=True)
class Event:
    """``connector`` is empty for what concerns them all; ``place`` is empty for here."""

    kind: EventKind
    at: datetime
    connector: str = ""
    place: str = ""
    status: Status | None = None
    code: str | None = None
    stage: StageEnded | None = None


class Hub:
    """Hands each event to every listener that it concerns: stages only to those who look at one connector."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Queue[Event | None], str | None] = {}
        self._closed = False

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def publish(self, event: Event) -> None:
        for queue, connector in list(self._listeners.items()):
            if connector is None and event.stage is not None:
                continue
            if connector is not None and event.connector not in ("", connector):
                continue
            if queue.qsize() >= WAITING:
                self._end(queue)
            else:
                queue.put_nowait(event)

    def close(self) -> None:
        """Every listener's stream ends."""
        self._closed = True
        for queue in list(self._listeners):
            self._end(queue)

    def _end(self, queue: asyncio.Queue[Event | None]) -> None:
        self._listeners.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    @contextlib.contextmanager
    def _listening(self, connector: str | None = None) -> Iterator[asyncio.Queue[Event | None]]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners[queue] = connector
        try:
            yield queue
        finally:
            self._listeners.pop(queue, None)

    async def stream(self, connector: str | None = None) -> AsyncIterator[bytes]:
        """As server-sent events (HTML Living Standard, 9.2), until the hub is closed or the listener lags behind.

        ``connector``: only what concerns this one, and that with its stages.
        """
        if self._closed:
            return
        with self._listening(connector) as queue:
            yield b"retry: 3000\n\n"
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        event = await queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is None:
                    return
                # JSON in ASCII has no line break of its own.
                yield f"event: {event.kind}\ndata: {dumps(event)}\n\n".encode()
