"""The line at a terminal that says what is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager

from connector_probe.cli.output import terminal_width

PROGRESS_AFTER = 0.4  # seconds; a quick probe shows no progress line at all
PROGRESS_EVERY = 0.25


def progress(what: str, *, wanted: bool) -> AbstractAsyncContextManager[None]:
    """While the body runs, and only at a terminal: one line on standard error that says what is waited for."""
    return beside(_tick(what)) if wanted and sys.stderr.isatty() else contextlib.nullcontext()


@contextlib.asynccontextmanager
async def beside(draw: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """``draw`` goes on while the body runs, and ends with it."""
    task = asyncio.create_task(draw)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _tick(what: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(PROGRESS_AFTER)
    await draw_line(lambda: f"probing {what} ... {loop.time() - began:.0f} s")


async def draw_line(text: Callable[[], str]) -> None:
    """The line on standard error, drawn again and again, and wiped away in the end."""
    from connector_probe.formats.layout import cut  # late: a quick probe draws none

    try:
        while True:
            sys.stderr.write("\r" + cut(text(), terminal_width(sys.stderr) - 1) + "\x1b[K\r")  # its "^C" wraps no line
            sys.stderr.flush()
            await asyncio.sleep(PROGRESS_EVERY)
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
