"""``asyncio.run``, ended by the signals that ask a program to end."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

from connector_probe.cli import ENDING, end_at_once

_Answer = TypeVar("_Answer")


def run_async(main: Coroutine[Any, Any, _Answer]) -> _Answer:
    """``asyncio.run(main)``, where SIGTERM and SIGHUP cancel ``main`` as Ctrl-C does, and only once.

    Raises KeyboardInterrupt where ``main`` makes no answer of that. Of the ``probe`` command the documents come next:
    SIGINT and SIGTERM raise KeyboardInterrupt then, and a terminal that is closed is no reason to lose them.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDING)}
    alone = threading.current_thread() is threading.main_thread()  # no other is told of signals
    listened = [number for number in ENDING if alone and before[number] is not signal.SIG_IGN]
    asked_to_end = False

    async def cancellable() -> _Answer:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def end(number: int, frame: FrameType | None) -> None:
            nonlocal asked_to_end
            if not asked_to_end:  # a service manager sends both, one right behind the other
                asked_to_end = True
                loop.call_soon_threadsafe(task.cancel)

        for number in listened:
            signal.signal(number, end)
        return await main

    if before[signal.SIGINT] is end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # with any other, asyncio leaves Ctrl-C alone
    gc.freeze()  # what is loaded stays
    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for number in listened:
            handler = before[number]
            if handler is end_at_once:
                handler = signal.default_int_handler if number is signal.SIGTERM else signal.SIG_IGN
            signal.signal(number, handler)
