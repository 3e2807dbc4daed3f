"""Stage connect: TCP to one address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connector_probe.model.evidence import Connection
from connector_probe.model.seconds import to_microseconds
from connector_probe.network import Network, NetworkFaultError, Stream
from connector_probe.stages.conversation import Clock


@asynccontextmanager
async def connection_to(
    network: Network, clock: Clock, address: str, port: int, source: str | None, limit: float
) -> AsyncIterator[tuple[Connection, Stream | None]]:
    """A connection, closed behind the body. ``limit`` in seconds. The stream is None exactly when there is a fault."""
    start = clock.elapsed()
    try:
        stream = await network.connect(address, port, source, clock.allow(limit))
    except NetworkFaultError as error:
        yield Connection(start, to_microseconds(clock.elapsed() - start), fault=error.fault), None
        return
    try:
        yield Connection(start, to_microseconds(clock.elapsed() - start), stream.source), stream
    finally:
        await stream.close()
