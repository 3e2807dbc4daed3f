"""Side by side, and single flight: of several who want the same thing, the first starts the work and all share it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


async def side_by_side(calls: Iterable[Awaitable[_Value]]) -> tuple[_Value, ...]:
    """What ``calls`` give, in their order. One alone, which most are, needs no task of its own."""
    every = tuple(calls)
    return (await every[0],) if len(every) == 1 else tuple(await asyncio.gather(*every))


class SingleFlight(Generic[_Key, _Value]):
    """Results by key, each computed once and kept. A caller who is cancelled does not cancel the shared work."""

    def __init__(self) -> None:
        self._tasks: dict[_Key, asyncio.Future[_Value]] = {}

    async def get(self, key: _Key, compute: Callable[[], Awaitable[_Value]]) -> _Value:
        """The result for ``key``: that of ``compute``, which only the first caller starts. Raises what it raises."""
        return await asyncio.shield(self.start(key, compute))

    def start(self, key: _Key, compute: Callable[[], Awaitable[_Value]]) -> asyncio.Future[_Value]:
        """As ``get``, without waiting. The future is shared with all callers, so none of them may cancel it."""
        if key not in self._tasks:
            self._tasks[key] = asyncio.ensure_future(compute())
        return self._tasks[key]

    def results(self) -> dict[_Key, _Value]:
        """What is there so far, in the order in which it was asked for; work that failed is left out."""
        finished = {key: task for key, task in self._tasks.items() if task.done() and not task.cancelled()}
        return {key: task.result() for key, task in finished.items() if task.exception() is None}

    def forget(self, key: _Key) -> None:
        """Drop the result for ``key``: the next caller starts the work again."""
        self._tasks.pop(key, None)

    def close(self) -> None:
        """Cancel the work that is still under way."""
        for task in self._tasks.values():
            task.cancel()
