"""One connector: every address of every server it would use, the stages in their order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.rules import classify
from connector_probe.model.connector import MAX_CONNECTIONS, Connector
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence
from connector_probe.model.verdict import UNTELLABLE
from connector_probe.network import Network
from connector_probe.probing.address_prober import AddressProber
from connector_probe.probing.dns_follow_up import DnsFollowUp
from connector_probe.probing.domain_policies import DomainPolicies
from connector_probe.probing.places import Places
from connector_probe.probing.resolvers import Resolvers, patience_of
from connector_probe.probing.shared_attempts import AddressTurn, Attempt, AttemptKey, SharedAttempts, as_seen_by
from connector_probe.probing.target import Target
from connector_probe.stages.addresses import hosts_left_out, resolve
from connector_probe.stages.local_clock import HeardDates
from connector_probe.stages.mx_beside import MxRecordsBeside
from connector_probe.stages.silent_port import SilentPorts
from connector_probe.trust import Trust

if TYPE_CHECKING:
    from connector_probe.stages.policy import PolicySeeker

MAX_ADDRESSES = 64  # of one connector; more than any mail domain has, and a bound on what a hostile zone can ask of us

# What of a connector chooses the addresses, judges what was seen, or asks again: two that differ in this only share
# their meetings. What a meeting reads must not be among it; a test holds that.
JUDGING = frozenset(
    {
        "name",
        "rdap",
        "smart_hosts",
        "use_mx",
        "port",
        "type",
        "tls",
        "tls_domain",
        "family",
        "connections",
        "retries",
        "retry_delay",
        "warn_days",
        "queue_lifetime",
        "expect",
    }
)


class Prober:
    """Probes connectors over one network, in one run: lookups are shared, and so is what a smart host showed."""

    def __init__(self, network: Network, places: Places | None = None) -> None:
        """``places``: the run's, where there are more connectors than may be worked on at once."""
        self._network = network
        self._places = places or Places(MAX_ADDRESSES * MAX_CONNECTIONS)
        self._resolvers = Resolvers(network)
        heard = HeardDates()
        self._policies = DomainPolicies(network, datetime.now(UTC), heard)
        self._addresses = AddressProber(network, self._places, self._resolvers, self._policies, heard)
        self._attempts = SharedAttempts()
        self._dns_follow_up = DnsFollowUp(network, self._resolvers)
        self._silent_ports = SilentPorts(network)
        self._mx_beside = MxRecordsBeside(network)

    async def gather(self, connector: Connector, trust: Trust) -> ConnectorEvidence:
        """Everything that can be seen of ``connector``. Never raises for what a network or a server does."""
        resolver = self._resolvers.of(connector)
        started_at, began = datetime.now(UTC), self._network.now()
        seeker = self._policies.seek(connector, trust, resolver, patience_of(connector))
        async with self._places.place():
            by_host = await resolve(connector, resolver, self._network, began)
        ports = [connector.port_of(host) for host in connector.hosts] or [connector.port]
        targets = [
            Target(resolution.server, address, port, resolution)
            for resolutions, port in zip(by_host, ports, strict=True)
            for resolution in resolutions
            for address in resolution.addresses or (None,)
        ]
        look = self._mx_beside.begin([one.resolution for one in targets], resolver, connector.family)
        turns: defaultdict[tuple[str, int], AddressTurn] = defaultdict(AddressTurn)
        done = await asyncio.gather(
            *(
                self._attempt_patiently(
                    target,
                    connector,
                    trust,
                    seeker,
                    turns[target.address or target.server, target.port],
                    number,
                )
                for target in targets[:MAX_ADDRESSES]
                for number in range(connector.connections if target.address is not None else 1)
            )
        )
        made = [one for one in done if one is not None]
        hurried = {
            (target.server, target.address, target.port)
            for target in targets[:MAX_ADDRESSES]
            if target.address is not None and target.server in turns[target.address, target.port].left_out
        }
        return ConnectorEvidence(
            attempts=await look.add_to([evidence for evidence, _ in made]),
            transcripts=tuple(transcript for _, transcript in made),
            started_at=started_at,
            seconds=self._network.now() - began,
            left_out=max(len(targets) - MAX_ADDRESSES, 0) + len(hurried) + sum(map(hosts_left_out, by_host)),
        )

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        for one in (
            self._attempts,
            self._addresses,
            self._dns_follow_up,
            self._silent_ports,
            self._mx_beside,
            self._policies,
            self._resolvers,
        ):
            one.close()

    async def _attempt_patiently(
        self,
        target: Target,
        connector: Connector,
        trust: Trust,
        seeker: PolicySeeker | None,
        turn: AddressTurn,
        number: int,
    ) -> Attempt | None:
        """The connector's attempt of this ``number`` there, repeated while it fails and retries are left.

        None where other names of the same address have used up its time: a zone can give one server any number.
        """
        earlier: list[str] = []
        for left in range(connector.retries, -1, -1):
            retry = () if left == connector.retries else (connector.retries - left, connector.retry_delay)
            async with turn.lock:
                if not turn.is_worth_it(target.server, self._network.now(), connector.deadline):
                    return None
                evidence, transcript = await self._attempt_or_share(target, connector, trust, seeker, (number, *retry))
                failure = classify(view_of(evidence, connector))
                if failure is None or failure in UNTELLABLE or left == 0:
                    evidence = await self._silent_ports.look(evidence, connector)
                    break
            earlier.append(failure.value)
            await asyncio.sleep(connector.retry_delay)
        evidence = await self._dns_follow_up.add(evidence, failure, connector, trust)
        return replace(evidence, earlier_failures=tuple(earlier)), transcript

    async def _attempt_or_share(
        self,
        target: Target,
        connector: Connector,
        trust: Trust,
        seeker: PolicySeeker | None,
        number: tuple[float, ...],
    ) -> Attempt:
        """An attempt, or what it showed when another connector of this run made the same one."""
        base = AttemptEvidence(target.server, target.address, target.port, target.resolution)
        if target.address is None:
            return await self._addresses.probe(target, connector, trust, seeker)
        look_again = connector.thorough and number[0] == connector.connections - 1  # once for each address, at the end
        terms: Hashable = (
            (target.server, connector.use_mx, id(trust), look_again),
            tuple(getattr(connector, one.name) for one in fields(connector) if one.name not in JUDGING),
        )
        path: Hashable = (
            (connector.source_address, connector.connect_timeout, connector.control, connector.nameservers),
            terms
            if connector.use_mx is not None
            else None,  # the policies of a domain and its hosts belong to the attempt
        )
        key = AttemptKey(target.address, target.port, path, terms, number)
        shared = await self._attempts.share(
            key, lambda: self._addresses.probe(target, connector, trust, seeker, look_again=look_again)
        )
        return as_seen_by(shared, base)
