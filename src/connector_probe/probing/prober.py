"""One connector: every address of every server it would use."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import (
    AttemptEvidence,
    ConnectorEvidence,
    Resolution,
    Stage,
    StageEnded,
    TranscriptLine,
)
from connector_probe.model.verdict import UNTELLABLE
from connector_probe.network import EXCHANGE_OFFER, Network
from connector_probe.probing.attempt import Attempt, SessionSettings, Target
from connector_probe.probing.domain_policies import DomainPolicies
from connector_probe.probing.follow_ups import FOLLOW_UPS
from connector_probe.probing.follow_ups.dns import AskDnsAgain
from connector_probe.probing.run import Judge, Run
from connector_probe.probing.session import Watch, run_session
from connector_probe.probing.sharing import AddressBudget, SharedAttempts
from connector_probe.probing.work_slots import Slot, WorkSlots
from connector_probe.single_flight import side_by_side
from connector_probe.stages.addresses import hosts_left_out, resolve
from connector_probe.stages.conversation import Clock, Transcript
from connector_probe.stages.local_clock import clock_evidence, hangs_on_the_clock
from connector_probe.stages.mx_beside import MxRecordsBeside, with_mx_beside
from connector_probe.stages.secure import sni_of
from connector_probe.stages.silent_port import SilentPorts
from connector_probe.trust import Trust

if TYPE_CHECKING:
    from connector_probe.stages.policy import PolicySeeker
    from connector_probe.stages.resolve import Resolver

MAX_ADDRESSES = 64  # of one connector; more than any mail domain has, and a bound on what a hostile zone can ask of us

_Transcribed = tuple[AttemptEvidence, tuple[TranscriptLine, ...]]


class Prober:
    """Probes connectors over one network, in one run: lookups are shared, and so is what a smart host showed."""

    def __init__(
        self,
        network: Network,
        judge: Judge,
        slots: WorkSlots,
        watch: Watch | None,
        at_one_address: int,
        wanted_again: Callable[[str], bool],
    ) -> None:
        """``watch`` is told of each stage as it ends; ``at_one_address`` and ``wanted_again`` as ``SharedAttempts``."""
        self._network = network
        self._watch = watch
        self._run = Run(network, slots, judge)
        self._attempts = SharedAttempts(self._attempt, at_one_address, wanted_again)
        self._follow_ups = [kind(self._run) for kind in FOLLOW_UPS]
        self._policies = DomainPolicies(self._run)
        self._dns_again = AskDnsAgain(self._run)
        self._silent_ports = SilentPorts(network)
        self._mx_beside = MxRecordsBeside()

    async def gather(self, connector: Connector, trust: Trust) -> ConnectorEvidence:
        """Everything that can be seen of ``connector``. Never raises for what a network or a server does."""
        resolver = self._run.resolvers.of(connector)
        started_at, began = datetime.now(UTC), self._network.now()
        seeker = self._policies.seek(connector, trust, resolver)
        by_host = await self._resolve(connector, resolver, began)
        failed: defaultdict[str, list[str]] = defaultdict(list)
        for _ in range(connector.retries):
            lost = [one for resolutions in by_host for one in resolutions if _may_be_found(one)]
            for nowhere in lost:
                evidence = AttemptEvidence(nowhere.server, None, connector.port, nowhere)
                failed[nowhere.server].append(str(self._run.judge.failure_of(evidence, connector)))
                resolver.forget_all(nowhere.lookups)
            if lost:
                await asyncio.sleep(connector.retry_delay)
                by_host = await self._resolve(connector, resolver, began)
        ports = [connector.port_of(host) for host in connector.hosts] or [connector.port]
        targets = [
            Target(resolution.server, address, port, resolution)
            for resolutions, port in zip(by_host, ports, strict=True)
            for resolution in resolutions
            for address in resolution.addresses or (None,)
        ]
        if self._watch is not None:
            for one in targets[:MAX_ADDRESSES]:
                found, took = one.address is not None, one.resolution.seconds
                self._watch(StageEnded(one.server, one.address, one.port, Stage.DNS, found, took))
        if any(one.address is not None and one.resolution.lookups for one in targets):
            self._run.tls_loading.start(trust)  # beside TCP's handshake: there is a network on the way to a name
        pending = self._mx_beside.begin([one.resolution for one in targets], resolver, connector.family)
        budgets: defaultdict[tuple[str, int], AddressBudget] = defaultdict(AddressBudget)
        done = await side_by_side(
            self._settle(
                target,
                connector,
                trust,
                seeker,
                budgets[target.address or target.server, target.port],
                number,
                failed[target.server],
            )
            for target in targets[:MAX_ADDRESSES]
            for number in range(connector.connections if target.address is not None else 1)
        )
        made = [one for one in done if one is not None]
        hurried = {
            (target.server, target.address, target.port)
            for target in targets[:MAX_ADDRESSES]
            if target.address is not None and target.server in budgets[target.address, target.port].left_out
        }
        return ConnectorEvidence(
            attempts=await with_mx_beside([evidence for evidence, _ in made], pending),
            transcripts=tuple(transcript for _, transcript in made),
            started_at=started_at,
            seconds=to_microseconds(self._network.now() - began),
            left_out=max(len(targets) - MAX_ADDRESSES, 0) + len(hurried) + sum(map(hosts_left_out, by_host)),
        )

    async def _resolve(self, connector: Connector, resolver: Resolver, began: float) -> list[tuple[Resolution, ...]]:
        """For each smart host, or for the one domain, where it leads, as the public is told."""
        async with Slot(self._run.slots):
            return [
                await side_by_side(self._dns_again.as_the_public(one, connector) for one in resolutions)
                for resolutions in await resolve(connector, resolver, began)
            ]

    def close(self) -> None:
        """Cancel what is still under way."""
        for follow_up in self._follow_ups:
            follow_up.close()
        for one in (self._attempts, self._dns_again, self._silent_ports, self._mx_beside, self._policies, self._run):
            one.close()

    async def _settle(
        self,
        target: Target,
        connector: Connector,
        trust: Trust,
        seeker: PolicySeeker | None,
        budget: AddressBudget,
        number: int,
        failed: Sequence[str],
    ) -> _Transcribed | None:
        """The connector's attempt of this ``number`` there, repeated while it fails and retries are left.

        ``failed``: the classes that its name's look-ups failed with before. None where other names of the same address
        have used up its time.
        """
        earlier = list(failed)
        for left in range(connector.retries if target.address is not None else 0, -1, -1):
            retry = () if left == connector.retries else (connector.retries - left, connector.retry_delay)
            async with budget.lock:
                if not budget.allows(target.server, self._network.now(), connector.deadline):
                    return None
                evidence, transcript = await self._try(target, connector, trust, seeker, (number, *retry))
                failure = self._run.judge.failure_of(evidence, connector) if left else None
                if failure is None or failure in UNTELLABLE:
                    evidence = await self._silent_ports.look(evidence, connector)
                    break
            earlier.append(failure.value)
            await asyncio.sleep(connector.retry_delay)
        evidence = await self._dns_again.look(evidence, connector, trust)
        return (replace(evidence, earlier_failures=tuple(earlier)) if earlier else evidence), transcript

    async def _try(
        self, target: Target, connector: Connector, trust: Trust, seeker: PolicySeeker | None, number: tuple[float, ...]
    ) -> _Transcribed:
        """An attempt with all that belongs to it: the domain's policies, and what tells the time."""
        if seeker is not None:
            seeker.begin_host(target.server, target.port)
        if target.address is None:
            seconds = target.resolution.seconds
            evidence = AttemptEvidence(target.server, None, target.port, target.resolution, seconds=seconds)
            return await self._policies.add(evidence, (), connector, seeker), ()
        last = number[0] == connector.connections - 1
        attempt = await self._attempts.get(target, SessionSettings.of(connector, trust, last=last), number)
        evidence = await self._policies.add(attempt.evidence, attempt.shown.chain, connector, seeker)
        if hangs_on_the_clock(evidence):
            made_at = self._run.certificates.stapled_at(attempt.shown.chain, attempt.shown.staple, trust.roots)
            seen = clock_evidence(trust.roots, self._run.certificates.now, self._run.dates, made_at)
            evidence = replace(evidence, clock=seen)
        return evidence, attempt.transcript.lines

    async def _attempt(self, target: Target, settings: SessionSettings) -> Attempt:
        """The conversation with ``target``, and the follow-up looks behind it."""
        clock = Clock(self._network, settings.deadline)
        transcript = Transcript(clock)
        name = sni_of(target.server)
        evidence, shown = await run_session(
            self._run, target, settings, transcript, EXCHANGE_OFFER, name, watch=self._watch
        )
        attempt = Attempt(target, settings, transcript, evidence, shown)
        for follow_up in self._follow_ups:
            attempt = await follow_up.look(attempt)
        return replace(attempt, evidence=replace(attempt.evidence, seconds=to_microseconds(clock.elapsed())))


def _may_be_found(resolution: Resolution) -> bool:
    """Whether it led nowhere, and asking again may change that."""
    return not (resolution.addresses or resolution.excluded or resolution.no_nameservers)
