"""Where a conversation goes to."""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import Connection, Resolution
from connector_probe.network import Network, Stream
from connector_probe.stages.connect import connect
from connector_probe.stages.conversation import Clock


@dataclass(frozen=True, slots=True)
class Target:
    """One address to meet; None where the server has none."""

    server: str
    address: str | None
    port: int
    resolution: Resolution


async def reach(
    network: Network, target: Target, connector: Connector, clock: Clock
) -> tuple[Connection, Stream | None]:
    """TCP to the target, which has an address."""
    assert target.address is not None
    return await connect(
        network, clock, target.address, target.port, connector.source_address, connector.connect_timeout
    )
