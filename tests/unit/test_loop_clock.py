"""network/clock.py: what counts of the time in which our own loop stands still."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
import weakref

import pytest

from connector_probe.model.evidence import FaultKind
from connector_probe.network import NetworkFaultError, SystemNetwork
from connector_probe.network.clock import LONGEST, LoopClock, loop_clock, sleep, time_limit

PATIENT = 60.0  # for the busiest machine
STANDSTILL = 0.5  # seconds


class Hands:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def test_a_standstill_counts_only_where_nobody_waits() -> None:
    hands = Hands()
    clock = LoopClock(hands)
    began = clock.now()
    hands.at += 3.0
    assert clock.now() - began == pytest.approx(3.0)
    said = [asyncio.get_running_loop().create_future() for _ in range(2)]
    waits = [asyncio.ensure_future(clock.until(one)) for one in said]
    await asyncio.sleep(0)
    hands.at += 30.0
    for one, wait in zip(said, waits, strict=True):
        assert clock.now() - began == pytest.approx(3.0 + LONGEST)
        one.set_result(None)
        await wait
    hands.at += 3.0
    assert clock.now() - began == pytest.approx(6.0 + LONGEST)


async def test_a_loop_keeps_its_clock_however_many_others_there_are_and_no_longer_than_it_lives() -> None:
    clock, others = loop_clock(), [asyncio.new_event_loop() for _ in range(8)]
    forgotten = [weakref.ref(one) for one in others]

    def wait_in_each() -> None:
        for one in others:
            one.run_until_complete(sleep(0.001))
            one.close()
        others.clear()

    await asyncio.to_thread(wait_in_each)
    assert loop_clock() is clock
    gc.collect()
    assert not any(one() is not None for one in forgotten)


async def test_a_limit_waits_for_as_long_as_others_have_had() -> None:
    hands = Hands()
    clock = LoopClock(hands)
    reached = asyncio.Event()

    async def limited() -> None:
        async with time_limit(clock.now, 0.01):
            reached.set()
            await clock.until(asyncio.get_running_loop().create_future())

    task = asyncio.ensure_future(limited())
    short = asyncio.ensure_future(clock.until(asyncio.get_running_loop().create_future(), 0.01))
    await reached.wait()
    await asyncio.sleep(0.05)
    assert not task.done()  # by the clock no time has passed
    assert not short.done()
    while not (task.done() and short.done()):
        hands.at += LONGEST
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await task


async def test_what_came_while_we_stood_still_is_read() -> None:
    """The answer is sent, and the limit is over, before the loop looks at anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await SystemNetwork().connect("127.0.0.1", listener.getsockname()[1], None, PATIENT)
        connection, _ = listener.accept()
        with connection:
            timer = threading.Timer(STANDSTILL / 2, connection.sendall, [b"220 ready\r\n"])
            timer.start()
            asyncio.get_running_loop().call_soon(time.sleep, STANDSTILL)
            assert await stream.receive(STANDSTILL / 4) == b"220 ready\r\n"
            timer.join()
            with pytest.raises(NetworkFaultError) as caught:
                await stream.receive(0.0)
        await stream.close()
    assert caught.value.fault.kind is FaultKind.TIMED_OUT
