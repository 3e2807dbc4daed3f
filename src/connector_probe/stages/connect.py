"""Stage connect: TCP to one address."""

from __future__ import annotations

from connector_probe.model.evidence import Connection
from connector_probe.network import Network, NetworkFaultError, Stream
from connector_probe.stages.conversation import Clock


async def connect(
    network: Network, clock: Clock, address: str, port: int, source: str | None, limit: float
) -> tuple[Connection, Stream | None]:
    """A connection, which the caller closes. ``limit`` in seconds. The stream is None exactly when there is a fault."""
    start = clock.elapsed()
    try:
        stream = await network.connect(address, port, source, clock.allow(limit))
    except NetworkFaultError as error:
        return Connection(*clock.span(start), fault=error.fault), None
    return Connection(*clock.span(start), stream.source), stream
