"""What is found out once in a run, and then known to everybody in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class FoundOnce(Generic[_Key, _Value]):
    """Answers by key. Who asks for the same again shares the answer; who gives up waiting ends it for nobody."""

    def __init__(self) -> None:
        self._tasks: dict[_Key, asyncio.Future[_Value]] = {}

    async def get(self, key: _Key, find: Callable[[], Awaitable[_Value]]) -> _Value:
        """The answer for ``key``: that of ``find``, called for the first who asks. Raises what ``find`` raises."""
        return await asyncio.shield(self.begin(key, find))

    def begin(self, key: _Key, find: Callable[[], Awaitable[_Value]]) -> asyncio.Future[_Value]:
        """As ``get``, without waiting. The future is everybody's: not to be cancelled."""
        if key not in self._tasks:
            self._tasks[key] = asyncio.ensure_future(find())
        return self._tasks[key]

    def answers(self) -> dict[_Key, _Value]:
        """What was found out so far, in the order in which it was asked for."""
        known = {key: task for key, task in self._tasks.items() if task.done() and not task.cancelled()}
        return {key: task.result() for key, task in known.items() if task.exception() is None}

    def forget(self, key: _Key) -> None:
        """Who asks for it from now on has it found out anew."""
        del self._tasks[key]

    def close(self) -> None:
        """End what is still being found out; nobody waits for it any more."""
        for task in self._tasks.values():
            task.cancel()
