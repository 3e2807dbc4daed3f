"""The resolvers of one run: one for each set of nameservers and times that its connectors ask for.

Beside each, what validates DNSSEC by the answers of the same nameservers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.network import Network, system_nameservers
from connector_probe.probing.attempt import SessionSettings
from connector_probe.stages.resolve import Resolver
from connector_probe.trust import load_anchors

if TYPE_CHECKING:
    from connector_probe.stages.dnssec import Validator

DNS_SHARE = 1 / 8  # of the deadline for one question to one nameserver, so that all of them together keep within it


class Resolvers:
    """Each is made when it is first wanted and kept for the run, so that answers are shared."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._made: dict[tuple[tuple[str, ...], float, float, bool], Resolver] = {}
        self._validators: dict[tuple[Resolver, str | None, bool], Validator] = {}

    def of(self, connector: Connector) -> Resolver:
        """For the connector's hosts; this machine's nameservers are read only where one of them is a name."""
        has_names = connector.use_mx is not None or not all(host.is_address for host in connector.hosts)
        return self._get(connector, has_names)

    def beside(self, settings: SessionSettings | Connector) -> Resolver:
        """For names that come up on the way, whatever the hosts are: a control host's, an issuer's web server's."""
        return self._get(settings, True)

    def validator(self, connector: Connector) -> Validator:
        """By the connector's trust anchor; keys and answers are shared by all connectors that have the same."""
        from connector_probe.stages.dnssec import Validator  # late: few look-ups are validated

        resolver = self.of(connector)
        key = (resolver, connector.trust_anchor, connector.trust_ad)
        if key not in self._validators:
            self._validators[key] = Validator(
                self._network,
                resolver.nameservers,
                anchors=load_anchors(connector.trust_anchor),
                trust_ad=connector.trust_ad,
                patience=reply_timeout(connector),
                root_of_all=connector.trust_anchor is None,
            )
        return self._validators[key]

    def close(self) -> None:
        """Cancel look-ups that are still under way."""
        for resolver in self._made.values():
            resolver.close()
        for validator in self._validators.values():
            validator.close()

    def _get(self, asked: SessionSettings | Connector, needed: bool) -> Resolver:
        key = (tuple(asked.nameservers), asked.timeout, asked.deadline, needed)
        if key not in self._made:
            if needed:  # now, or its time would count as the first look-up's
                import connector_probe.protocol.dns  # noqa: F401 - late: an address needs no DNS
            given = bool(asked.nameservers)
            nameservers = asked.nameservers or (system_nameservers() if needed else ())
            self._made[key] = Resolver(self._network, nameservers, given=given, patience=reply_timeout(asked))
        return self._made[key]


def reply_timeout(asked: SessionSettings | Connector) -> float:
    """The longest wait for one reply of a nameserver, in seconds."""
    return min(asked.timeout, asked.deadline * DNS_SHARE)
