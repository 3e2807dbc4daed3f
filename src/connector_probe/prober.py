"""One connector: every address of every server it would use, the stages in their order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Hashable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.dns_causes import unsettled_domain
from connector_probe.diagnosis.nameserver_trust import name_to_invent_beside
from connector_probe.diagnosis.rules import classify
from connector_probe.domain_policies import DomainPolicies
from connector_probe.model.connector import MAX_CONNECTIONS, Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    ConnectorEvidence,
    Control,
    Countercheck,
    Handshake,
    Resolution,
)
from connector_probe.model.names import is_address
from connector_probe.model.verdict import UNTELLABLE, FailureClass
from connector_probe.network import (
    EXCHANGE_OFFER,
    WIDE_OFFER,
    Network,
    Stream,
    system_nameservers,
)
from connector_probe.places import Places
from connector_probe.protocol.certificate import TrustRoots
from connector_probe.protocol.smtp import capabilities
from connector_probe.shared_attempts import AddressTurn, Attempt, AttemptKey, SharedAttempts, as_seen_by
from connector_probe.stages.addresses import hosts_left_out, resolve
from connector_probe.stages.control import Controls, Way, blames_the_way, shows_a_strange_certificate
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name, positive
from connector_probe.stages.countercheck import ask_for_controls, ask_for_sibling
from connector_probe.stages.delegation import Inquiries
from connector_probe.stages.greet import banner, introduce
from connector_probe.stages.mx_beside import MxRecordsBeside
from connector_probe.stages.recipient import offer_recipient
from connector_probe.stages.registration import Registrations
from connector_probe.stages.resolve import Resolver
from connector_probe.stages.secure import Shown, secure, sni_of
from connector_probe.stages.silent_port import SilentPorts
from connector_probe.tls_follow_up import Target, TlsFollowUp, reach

if TYPE_CHECKING:
    from connector_probe.stages.policy import PolicySeeker

MAX_ADDRESSES = 64  # of one connector; more than any mail domain has, and a bound on what a hostile zone can ask of us
DNS_SHARE = 1 / 8  # of the deadline for one question to one nameserver, so that all of them together keep within it
# Seconds for asking whether an old answer led us to an address that nobody answers at, or to a host that the domain's
# policy does not list.
BRIEF_INQUIRY = 3.0
# Where a second look at DNS can change what is said: not after a circle of aliases, which stands in the records.
WORTH_A_WALK = frozenset(
    {
        FailureClass.DNS_NXDOMAIN,
        FailureClass.DNS_NO_ADDRESS,
        FailureClass.DNS_SERVFAIL,
        FailureClass.DNS_REFUSED,
        FailureClass.DNS_TIMEOUT,
        FailureClass.DNS_MALFORMED,
        FailureClass.DNS_NULL_MX,
    }
)
BRIEFLY_WORTH_A_WALK = frozenset(
    {
        FailureClass.TCP_REFUSED,
        FailureClass.TCP_TIMEOUT,
        FailureClass.TCP_UNREACHABLE,
        FailureClass.MTA_STS_MX_NOT_LISTED,
    }
)
_EXCHANGE_SUITES = frozenset(EXCHANGE_OFFER.ciphers.split(":"))

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
        self._resolvers: dict[tuple[tuple[str, ...], float, float, bool], Resolver] = {}
        self._attempts = SharedAttempts()
        self._controls = Controls(network)
        self._follow_up = TlsFollowUp(network)
        self._inquiries = Inquiries(network)
        self._silent_ports = SilentPorts(network)
        self._registrations = Registrations(network)
        self._mx_beside = MxRecordsBeside(network)
        self._policies = DomainPolicies(network, datetime.now(UTC))

    async def gather(self, connector: Connector, roots: TrustRoots) -> ConnectorEvidence:
        """Everything that can be seen of ``connector``. Never raises for what a network or a server does."""
        started_at, began = datetime.now(UTC), self._network.now()
        resolver = self._resolver(connector)
        seeker = self._policies.seek(connector, roots, resolver, patience_of(connector))
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
                    roots,
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
        self._attempts.close()
        self._follow_up.close()
        self._inquiries.close()
        self._registrations.close()
        self._controls.close()
        self._silent_ports.close()
        self._mx_beside.close()
        self._policies.close()
        for resolver in self._resolvers.values():
            resolver.close()

    async def _attempt_patiently(
        self,
        target: Target,
        connector: Connector,
        roots: TrustRoots,
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
                evidence, transcript = await self._attempt_or_share(target, connector, roots, seeker, (number, *retry))
                failure = classify(view_of(evidence, connector))
                if failure is None or failure in UNTELLABLE or left == 0:
                    evidence = await self._silent_ports.look(evidence, connector)
                    break
            earlier.append(failure.value)
            await asyncio.sleep(connector.retry_delay)
        evidence = await self._look_deeper(evidence, failure, connector, roots)
        return replace(evidence, earlier_failures=tuple(earlier)), transcript

    async def _attempt_or_share(
        self,
        target: Target,
        connector: Connector,
        roots: TrustRoots,
        seeker: PolicySeeker | None,
        number: tuple[float, ...],
    ) -> Attempt:
        """An attempt, or what it showed when another connector of this run made the same one."""
        base = AttemptEvidence(target.server, target.address, target.port, target.resolution)
        if target.address is None:
            return await self._attempt(target, connector, roots, seeker)
        look_again = connector.thorough and number[0] == connector.connections - 1  # once for each address, at the end
        terms: Hashable = (
            (target.server, connector.use_mx, id(roots), look_again),
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
            key, lambda: self._attempt(target, connector, roots, seeker, look_again=look_again)
        )
        return as_seen_by(shared, base)

    async def _attempt(
        self,
        target: Target,
        connector: Connector,
        roots: TrustRoots,
        seeker: PolicySeeker | None,
        *,
        look_again: bool = False,
    ) -> Attempt:
        """One address, from TCP to QUIT. The first broken stage ends it."""
        clock = Clock(self._network, connector.deadline)
        transcript = Transcript(clock)
        evidence = AttemptEvidence(target.server, target.address, target.port, target.resolution)
        if seeker is not None:
            seeker.begin_host(target.server, target.port)
        if target.address is None:
            evidence = replace(evidence, seconds=target.resolution.seconds)
            return await self._policies.add(evidence, (), connector, seeker), ()
        evidence, shown = await self._converse(evidence, target, connector, clock, transcript)
        if blames_the_way(evidence):
            evidence = replace(evidence, control=await self._control(target, connector))
        if _unlisted_cipher(evidence.handshake):
            name = sni_of(target.server)
            offer, _ = await self._follow_up.handshake_again(target, connector, EXCHANGE_OFFER, name, clock)
            evidence = replace(evidence, exchange_offer=offer)
        if evidence.handshake is not None and shown.chain:
            evidence = replace(evidence, certificate=self._follow_up.judge(shown.chain, roots, connector.as_of))
            if shows_a_strange_certificate(evidence):
                evidence = replace(evidence, control=await self._control(target, connector))
            if connector.revocation:
                evidence = await self._follow_up.ask_around(
                    evidence, shown, connector, roots, clock, lambda: self._resolver(connector, needed=True)
                )
        if evidence.handshake is not None and evidence.handshake.session is not None:
            looks = await self._follow_up.look_again(evidence, target, connector, roots, clock, thorough=look_again)
            evidence = replace(evidence, second_looks=looks)
        evidence = replace(evidence, seconds=clock.elapsed())
        return await self._policies.add(evidence, shown.chain, connector, seeker), transcript.lines

    async def _converse(
        self, evidence: AttemptEvidence, target: Target, connector: Connector, clock: Clock, transcript: Transcript
    ) -> tuple[AttemptEvidence, Shown]:
        """The conversation itself; also gives what the server showed in its handshake."""
        shown = Shown()
        connection, stream = await reach(self._network, target, connector, clock)
        evidence = replace(evidence, connection=connection)
        if stream is None:
            return evidence, shown
        try:
            async with self._turn(stream, clock):
                return await self._talk(evidence, target, connector, clock, transcript, stream)
        finally:
            await stream.close()

    @contextlib.asynccontextmanager
    async def _turn(self, stream: Stream, clock: Clock) -> AsyncIterator[None]:
        """A place for the conversation. What the server said in the meantime does not wait on its account."""
        said = asyncio.ensure_future(self._said_at(stream, clock)) if self._places.are_taken else None
        try:
            async with self._places.place():
                if said is not None and said.done():
                    clock.leave_out(clock.elapsed() - said.result())
                elif said is not None:
                    said.cancel()
                    await asyncio.wait({said})  # two may not listen to one socket
                yield
        finally:
            if said is not None:
                said.cancel()

    @staticmethod
    async def _said_at(stream: Stream, clock: Clock) -> float:
        await stream.readable()
        return clock.elapsed()

    async def _talk(
        self,
        evidence: AttemptEvidence,
        target: Target,
        connector: Connector,
        clock: Clock,
        transcript: Transcript,
        stream: Stream,
    ) -> tuple[AttemptEvidence, Shown]:
        """From the greeting to QUIT."""
        shown, connection = Shown(), evidence.connection
        connected = connection.start + connection.seconds if connection is not None else 0.0
        name = connector.helo or own_name(stream.source)
        conversation = Conversation(stream, clock, transcript, connector.timeout)
        try:
            evidence = replace(evidence, banner=await banner(conversation, connected))
            if evidence.banner is None or evidence.banner.reply is None or evidence.banner.reply.code != 220:
                return evidence, shown
            ehlo, helo = await introduce(conversation, name, plain=True)
            evidence = replace(evidence, ehlo=ehlo, helo=helo)
            if not positive(helo or ehlo):
                return evidence, shown
            in_session = True
            if helo is None and ehlo.reply is not None and capabilities(ehlo.reply).offers("STARTTLS"):
                starttls, handshake, shown = await secure(conversation, sni_of(target.server), WIDE_OFFER)
                evidence = replace(evidence, starttls=starttls, handshake=handshake)
                in_session = starttls.reply is not None and (handshake is None or handshake.session is not None)
                if handshake is not None and handshake.session is not None:
                    again, _ = await introduce(conversation, name)
                    evidence = replace(evidence, ehlo_again=again)
                    in_session = positive(again)
            if connector.rcpt is not None and in_session:
                mail, recipient = await offer_recipient(conversation, connector.rcpt)
                evidence = replace(evidence, mail=mail, recipient=recipient)
            return evidence, shown
        finally:
            await conversation.quit()

    async def _look_deeper(
        self, evidence: AttemptEvidence, failure: FailureClass | None, connector: Connector, roots: TrustRoots
    ) -> AttemptEvidence:
        """``evidence`` with a second look at DNS, where a failure was met that DNS can explain."""
        resolution = asked = evidence.resolution
        limit = patience_of(connector)
        if failure in BRIEFLY_WORTH_A_WALK:
            if failure is FailureClass.MTA_STS_MX_NOT_LISTED:  # how the host came into question, and nothing of its own
                asked = replace(asked, lookups=tuple(one for one in asked.lookups if one.rdtype == "MX"))
            elif is_address(resolution.server):
                return evidence
            if _from_the_source(asked):
                return evidence
            limit = min(limit, BRIEF_INQUIRY)
        elif failure not in WORTH_A_WALK:
            return evidence
        inquiry, check = await asyncio.gather(
            self._inquiries.inquire(asked, self._resolver(connector), limit),
            self._countercheck(resolution, connector),
        )
        evidence = replace(evidence, resolution=replace(resolution, inquiry=inquiry, countercheck=check))
        if check is not None and (denied := name_to_invent_beside(view_of(evidence, connector))) is not None:
            check = replace(check, sibling=await ask_for_sibling(denied, self._resolver(connector)))
            evidence = replace(evidence, resolution=replace(evidence.resolution, countercheck=check))
        domain = unsettled_domain(view_of(evidence, connector)) if connector.rdap is not None else None
        if inquiry is None or domain is None or connector.rdap is None:
            return evidence
        registration = await self._registrations.ask(
            domain, connector.rdap, self._resolver(connector), roots, connector.source_address
        )
        inquiry = replace(inquiry, registration=registration)
        return replace(evidence, resolution=replace(evidence.resolution, inquiry=inquiry))

    async def _countercheck(self, resolution: Resolution, connector: Connector) -> Countercheck | None:
        """What this machine's own nameservers say of the control hosts; None where the user chose the nameservers."""
        resolver = self._resolver(connector)
        if resolution.nameservers_given or not resolver.has_nameservers or not resolution.lookups:
            return None
        return Countercheck(await ask_for_controls(tuple(connector.control), resolver))

    async def _control(self, target: Target, connector: Connector) -> Control | None:
        way = Way(":" in (target.address or ""), connector.source_address, connector.helo, connector.connect_timeout)
        return await self._controls.try_out(tuple(connector.control), self._resolver(connector, needed=True), way)

    def _resolver(self, connector: Connector, *, needed: bool = False) -> Resolver:
        """The run's resolver for the connector's nameservers; the system's are read only when there is a name."""
        given = bool(connector.nameservers)
        needed = needed or connector.use_mx is not None or not all(host.is_address for host in connector.hosts)
        key = (tuple(connector.nameservers), connector.timeout, connector.deadline, needed)
        if key not in self._resolvers:
            nameservers = connector.nameservers or (system_nameservers() if needed else ())
            self._resolvers[key] = Resolver(self._network, nameservers, given=given, patience=patience_of(connector))
        return self._resolvers[key]


def _from_the_source(resolution: Resolution) -> bool:
    """Whether the authoritative server that the user named told the addresses, so that they cannot be old.

    Authority of this machine's own nameserver is another thing: a zone of its own, which the public may see otherwise.
    """
    told = [lookup for lookup in resolution.lookups if lookup.records]
    return resolution.nameservers_given and bool(told) and all(lookup.authoritative for lookup in told)


def _unlisted_cipher(handshake: Handshake | None) -> bool:
    """Whether TLS 1.2 was agreed on with a suite that Exchange Online does not offer."""
    session = handshake.session if handshake is not None else None
    return session is not None and session.version == "TLSv1.2" and session.cipher not in _EXCHANGE_SUITES


def patience_of(connector: Connector) -> float:
    """The longest wait for one reply of a nameserver, in seconds."""
    return min(connector.timeout, connector.deadline * DNS_SHARE)
