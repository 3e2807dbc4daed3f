"""A large run over several processes: each probes a share of the connectors, and sends the evidence back.

What lies at one smart host is met in one process, so that meetings are shared and turns are taken as in a run of one.
Judging stays with the caller, since a verdict hangs on what the whole run saw. Workers are forked before there is a
thread or a connection, so that what is loaded is theirs too, and end with whoever began them, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import pickle
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from connector_probe.model.connector import Connector
from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import Connection, ConnectorEvidence, FaultKind, NetworkFault
from connector_probe.network import SystemNetwork
from connector_probe.probing.fleet import TrustOf, gather_all, unfinished
from connector_probe.probing.run import Judge
from connector_probe.probing.sharing import AT_ONE_ADDRESS
from connector_probe.probing.tls_loading import load

PATIENCE = 10.0  # seconds that workers have to tell what they know, once they are to stop
_BY_MX = "by MX"  # where such a connector leads is not known before: all of them stay together
_SIZE = 4  # octets in front of each message: its length
TOGETHER = 50  # messages that refer to each other; of more, both sides would hold too much for it

OnEvidence = Callable[[int, ConnectorEvidence], None]
MustRepeat = Callable[[int, ConnectorEvidence], bool]


def shares(connectors: Sequence[Connector], number: int) -> list[list[int]]:
    """At most ``number`` lists of positions, as even as can be; whatever names a smart host is in one of them."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (over := above.setdefault(name, name)) != name:
            above[name] = name = above[over]
        return name

    named = [{host.host for host in one.hosts} or {_BY_MX} for one in connectors]
    for names in named:
        first, *others = map(top, names)
        above.update(dict.fromkeys(others, first))
    together: dict[str, list[int]] = {}
    for position, names in enumerate(named):
        together.setdefault(top(next(iter(names))), []).append(position)
    found: list[list[int]] = [[] for _ in range(number)]
    for positions in sorted(together.values(), key=len, reverse=True):
        min(found, key=len).extend(positions)
    return [sorted(share) for share in found if share]


async def gather_split(
    connectors: Sequence[Connector],
    trust: TrustOf,
    judge: Judge,
    *,
    processes: int,
    jobs: int,
    stop: asyncio.Event | None,
    on_evidence: OnEvidence,
    must_repeat: MustRepeat | None,
) -> bool:
    """As ``gather_all``, over this machine's network, by ``processes`` workers; ``must_repeat`` is called in those.

    False, with nothing done, where there is no further process, or line to one, to be had. Where a worker is ended from
    outside, the evidence of its connectors says just that. Raises TrustError.
    """
    for roots in trust.values():
        load(roots)
    judge.load()
    split, workers = shares(connectors, processes), list[_Worker]()
    lines: list[tuple[socket.socket, socket.socket]] = []

    def work(share: Sequence[int], line: socket.socket) -> NoReturn:
        for one in (end for pair in lines for end in pair if end is not line):
            one.close()  # else nobody would notice that the other side has ended
        _work(
            line,
            lambda tell, told_to_stop: gather_all(
                [connectors[position] for position in share],
                trust,
                SystemNetwork(),
                judge,
                jobs=max(1, jobs // len(split)),
                at_one_address=max(1, AT_ONE_ADDRESS // len(split)),
                stop=told_to_stop,
                on_evidence=lambda at, evidence: tell((share[at], evidence)),
                must_repeat=None if must_repeat is None else lambda at, seen: must_repeat(share[at], seen),
            ),
        )

    gc.freeze()  # so that the pages of what is loaded stay shared
    try:
        try:
            lines.extend(socket.socketpair() for _ in split)
            for share, (ours, theirs) in zip(split, lines, strict=True):
                workers.append(_Worker(ours, share, os.fork() or work(share, theirs)))
        except OSError:
            while workers:
                workers.pop().end()
            for end in (end for pair in lines for end in pair):
                end.close()
            return False
        for _, theirs in lines:
            theirs.close()
        ended = asyncio.create_task(_end_when(stop, workers))
        try:
            await asyncio.gather(*(one.listen(connectors, on_evidence) for one in workers))
        finally:
            ended.cancel()
        return True
    finally:
        gc.unfreeze()
        for one in workers:
            one.end()
        for end in (end for pair in lines for end in pair):
            end.close()


async def _end_when(stop: asyncio.Event | None, workers: Sequence[_Worker]) -> None:
    if stop is not None:
        await stop.wait()
        for one in workers:
            one.tell_to_stop()
        await asyncio.sleep(PATIENCE)
        for one in workers:
            one.end()


class _Worker:
    """A worker, as whoever began it sees it."""

    def __init__(self, line: socket.socket, share: Sequence[int], process: int) -> None:
        self._line = line
        self._left = dict.fromkeys(share)
        self._process = process
        self._status: int | None = None
        self._messages = _Reading()

    async def listen(self, connectors: Sequence[Connector], on_evidence: OnEvidence) -> None:
        """Hand on what comes until the worker has ended. Raises what it raised."""
        started_at, began = datetime.now(UTC), asyncio.get_running_loop().time()
        reader, writer = await asyncio.open_connection(sock=self._line)
        with contextlib.closing(writer):
            while data := await _next_message(reader):
                message = self._messages.read(data)
                if isinstance(message, bytes):
                    raise pickle.loads(message)
                position, evidence = message
                del self._left[position]
                on_evidence(position, evidence)
        if self._left:
            self.end()
            seconds = to_microseconds(asyncio.get_running_loop().time() - began)
            for position in self._left:
                on_evidence(position, _lost(connectors[position], started_at, seconds, self._status or 0))

    def tell_to_stop(self) -> None:
        with contextlib.suppress(OSError):
            self._line.send(b"\n")

    def end(self) -> None:
        """Where it has not ended by itself, by force."""
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])


async def _next_message(reader: asyncio.StreamReader) -> bytes:
    """None of them is empty; what is, is the end, however it came."""
    with contextlib.suppress(EOFError, OSError):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(_SIZE)))
    return b""


def _lost(connector: Connector, started_at: datetime, seconds: float, status: int) -> ConnectorEvidence:
    """The evidence of a connector whose worker ended before it told; ``status``: as of ``waitstatus_to_exitcode``."""
    name = f"exit code {status}"
    if status < 0:  # a real-time signal has no name
        name = next((one.name for one in signal.Signals if one == -status), f"signal {-status}")
    ended = Connection(0.0, seconds, fault=NetworkFault(FaultKind.PROCESS_ENDED, name))
    evidence = unfinished(connector, started_at, seconds)
    return replace(evidence, attempts=tuple(replace(one, connection=ended) for one in evidence.attempts))


# --- the worker's side -----------------------------------------------------------------------------------------

_Gather = Callable[[Callable[[object], None], asyncio.Event], Any]


def _work(line: socket.socket, gather: _Gather) -> NoReturn:
    """All that a worker does. Signals do not count: Ctrl-C reaches all processes, and one decides what follows."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        asyncio.run(_gather_and_tell(line, gather))
    finally:
        os._exit(1)  # what is left belongs to whoever began it


async def _gather_and_tell(line: socket.socket, gather: _Gather) -> NoReturn:
    reader, writer = await asyncio.open_connection(sock=line)
    writer.transport.set_write_buffer_limits(0)
    stop, messages = asyncio.Event(), _Writing()

    def tell(message: object) -> None:
        data = messages.written(message)
        writer.write(len(data).to_bytes(_SIZE) + data)

    async def obey() -> None:
        if await reader.read(1):
            stop.set()
            await reader.read(1)
        os._exit(1)  # there is nobody left to tell

    obeying = asyncio.create_task(obey())
    try:
        await gather(tell, stop)
    except Exception as problem:
        problem.add_note(traceback.format_exc())
        tell(_pickled(problem))  # by itself: what could not be sent may be what it is about
    await writer.drain()
    obeying.cancel()
    os._exit(0)


def _pickled(problem: Exception) -> bytes:
    """Itself where it can be made again of that, else an error that says the same."""
    try:
        data = pickle.dumps(problem)
        pickle.loads(data)
    except Exception:  # whatever its parts raise
        told = RuntimeError(f"{type(problem).__name__}: {problem}")
        told.add_note(problem.__notes__[-1])
        data = pickle.dumps(told)
    return data


class _Writing:
    """Messages, in turn. What some of them hold alike (types, words, certificates) is written once for ``TOGETHER``."""

    def __init__(self) -> None:
        self._written = 0

    def written(self, message: object) -> bytes:
        if self._written % TOGETHER == 0:
            self._buffer = io.BytesIO()
            self._pickler = pickle.Pickler(self._buffer, pickle.HIGHEST_PROTOCOL)
        self._written += 1
        self._buffer.seek(0)
        self._buffer.truncate()
        self._pickler.dump(message)
        return self._buffer.getvalue()


class _Reading:
    """The other end of ``_Writing``."""

    def __init__(self) -> None:
        self._read = 0

    def read(self, message: bytes) -> Any:  # noqa: ANN401 - whatever was written
        if self._read % TOGETHER == 0:
            self._buffer = io.BytesIO()
            self._unpickler = pickle.Unpickler(self._buffer)
        self._read += 1
        self._buffer.seek(0)
        self._buffer.truncate()
        self._buffer.write(message)
        self._buffer.seek(0)
        return self._unpickler.load()
