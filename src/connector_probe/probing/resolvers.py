"""The resolvers of one run: one for each set of nameservers and times that its connectors ask for."""

from __future__ import annotations

from connector_probe.model.connector import Connector
from connector_probe.network import Network, system_nameservers
from connector_probe.stages.resolve import Resolver

DNS_SHARE = 1 / 8  # of the deadline for one question to one nameserver, so that all of them together keep within it


class Resolvers:
    """Made when they are first wanted, and kept, so that answers are shared."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._made: dict[tuple[tuple[str, ...], float, float, bool], Resolver] = {}

    def of(self, connector: Connector, *, needed: bool = False) -> Resolver:
        """For the connector's nameservers; the system's are read only where there is a name, or it is ``needed``."""
        needed = needed or connector.use_mx is not None or not all(host.is_address for host in connector.hosts)
        key = (tuple(connector.nameservers), connector.timeout, connector.deadline, needed)
        if key not in self._made:
            if needed:  # now, or the first look-up's time would be ours
                import connector_probe.protocol.dns  # noqa: F401 - late: an address needs no DNS
            given = bool(connector.nameservers)
            nameservers = connector.nameservers or (system_nameservers() if needed else ())
            self._made[key] = Resolver(self._network, nameservers, given=given, patience=patience_of(connector))
        return self._made[key]

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        for resolver in self._made.values():
            resolver.close()


def patience_of(connector: Connector) -> float:
    """The longest wait for one reply of a nameserver, in seconds."""
    return min(connector.timeout, connector.deadline * DNS_SHARE)
