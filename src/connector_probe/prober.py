"""One connector: every address of every server it would use, the stages in their order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.dns_causes import unsettled_domain
from connector_probe.diagnosis.rules import classify
from connector_probe.meetings import Appointment, Meeting, Meetings, held_for
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateEvidence,
    CertificateProblemKind,
    Connection,
    ConnectorEvidence,
    Control,
    Exchange,
    Handshake,
    Resolution,
    SecondLook,
)
from connector_probe.model.names import is_address
from connector_probe.model.verdict import UNTELLABLE, FailureClass
from connector_probe.network import (
    EXCHANGE_OFFER,
    EXCHANGE_RSA_OFFER,
    WIDE_OFFER,
    WIDE_TLS12_OFFER,
    Network,
    Stream,
    TlsOffer,
    system_nameservers,
)
from connector_probe.protocol.certificate import TrustRoots, judge, path_of
from connector_probe.protocol.path import Path
from connector_probe.protocol.smtp import capabilities
from connector_probe.stages.closer import CloserLooks
from connector_probe.stages.connect import connect
from connector_probe.stages.control import Controls, Way, blames_the_way
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name
from connector_probe.stages.delegation import Inquiries
from connector_probe.stages.greet import banner, introduce
from connector_probe.stages.recipient import offer_recipient
from connector_probe.stages.registration import Registrations
from connector_probe.stages.resolve import Resolver, resolve
from connector_probe.stages.revocation import Revocations, missing_issuers
from connector_probe.stages.secure import Shown, secure, sni_of
from connector_probe.stages.web import Visitor, Web

MAX_ADDRESSES = 64  # of one connector; more than any mail domain has, and a bound on what a hostile zone can ask of us
SECOND_LOOK_WAIT = 3.0  # seconds for one more connection, which may change no verdict
DNS_SHARE = 1 / 8  # of the deadline for one question to one nameserver, so that all of them together keep within it
CONNECT_INQUIRY = 3.0  # seconds for asking whether an address that nobody answers at is an old one
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
WORTH_A_WALK_AFTER_CONNECTING = frozenset(
    {FailureClass.TCP_REFUSED, FailureClass.TCP_TIMEOUT, FailureClass.TCP_UNREACHABLE}
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


@dataclass(frozen=True, slots=True)
class _Target:
    """One address to meet; None where the server has none."""

    server: str
    address: str | None
    port: int
    resolution: Resolution


class Prober:
    """Probes connectors over one network, in one run: lookups are shared, and so is what a smart host showed."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._resolvers: dict[tuple[tuple[str, ...], float, float, bool], Resolver] = {}
        self._meetings = Meetings()
        self._controls = Controls(network)
        self._web = Web(network)
        self._revocations = Revocations(self._web)
        self._inquiries = Inquiries(network)
        self._looks = CloserLooks(network)
        self._registrations = Registrations(network)
        self._judged: dict[tuple[tuple[bytes, ...], int, datetime], CertificateEvidence] = {}
        self._paths: dict[tuple[tuple[bytes, ...], int, datetime], Path] = {}
        self._now = datetime.now(UTC)

    async def gather(self, connector: Connector, roots: TrustRoots) -> ConnectorEvidence:
        """Everything that can be seen of ``connector``. Never raises for what a network or a server does."""
        started_at, began = datetime.now(UTC), self._network.now()
        resolutions = await resolve(connector, self._resolver(connector), self._network, began)
        ports = [connector.port_of(host) for host in connector.hosts] or [connector.port] * len(resolutions)
        targets = [
            _Target(resolution.server, address, port, resolution)
            for resolution, port in zip(resolutions, ports, strict=True)
            for address in resolution.addresses or (None,)
        ]
        turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        done = await asyncio.gather(
            *(
                self._attempt_patiently(
                    target,
                    connector,
                    roots,
                    turns[target.address or target.server, target.port],
                    number,
                )
                for target in targets[:MAX_ADDRESSES]
                for number in range(connector.connections if target.address is not None else 1)
            )
        )
        return ConnectorEvidence(
            attempts=tuple(evidence for evidence, _ in done),
            transcripts=tuple(transcript for _, transcript in done),
            started_at=started_at,
            seconds=self._network.now() - began,
            left_out=max(len(targets) - MAX_ADDRESSES, 0),
        )

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._meetings.close()
        self._revocations.close()
        self._web.close()
        self._inquiries.close()
        self._registrations.close()

    async def _attempt_patiently(
        self, target: _Target, connector: Connector, roots: TrustRoots, turn: asyncio.Lock, number: int
    ) -> Meeting:
        """The connector's attempt of this ``number`` there, repeated while it fails and retries are left."""
        earlier: list[str] = []
        for left in range(connector.retries, -1, -1):
            retry = () if left == connector.retries else (connector.retries - left, connector.retry_delay)
            async with turn:
                evidence, transcript = await self._meet(target, connector, roots, (number, *retry))
                failure = classify(view_of(evidence, connector))
                if failure is None or failure in UNTELLABLE or left == 0:
                    evidence = await self._looks.look(evidence, connector)
                    break
            earlier.append(failure.value)
            await asyncio.sleep(connector.retry_delay)
        evidence = await self._look_deeper(evidence, failure, connector, roots)
        return replace(evidence, earlier_failures=tuple(earlier)), transcript

    async def _meet(
        self, target: _Target, connector: Connector, roots: TrustRoots, number: tuple[float, ...]
    ) -> Meeting:
        """An attempt, or what it showed when another connector of this run made the same one."""
        base = AttemptEvidence(target.server, target.address, target.port, target.resolution)
        if target.address is None:
            return await self._attempt(target, connector, roots)
        domain = target.resolution.mx_domain
        path: Hashable = (
            (domain, target.server if domain else None),
            (connector.source_address, connector.connect_timeout, connector.control, connector.nameservers),
        )
        terms: Hashable = (
            (target.server, id(roots)),
            tuple(getattr(connector, one.name) for one in fields(connector) if one.name not in JUDGING),
        )
        appointment = Appointment(target.address, target.port, path, terms, number)
        look_again = connector.thorough and number[0] == connector.connections - 1  # once for each address, at the end
        held = await self._meetings.attend(
            appointment, lambda: self._attempt(target, connector, roots, look_again=look_again)
        )
        return held_for(held, base)

    async def _attempt(
        self, target: _Target, connector: Connector, roots: TrustRoots, *, look_again: bool = False
    ) -> Meeting:
        """One address, from TCP to QUIT. The first broken stage ends it."""
        clock = Clock(self._network, connector.deadline)
        transcript = Transcript(clock)
        evidence = AttemptEvidence(target.server, target.address, target.port, target.resolution)
        if target.address is None:
            return replace(evidence, seconds=target.resolution.seconds), ()
        evidence, shown = await self._converse(evidence, target, connector, clock, transcript)
        if blames_the_way(evidence):
            evidence = replace(evidence, control=await self._control(target, connector))
        if _unlisted_cipher(evidence.handshake):
            name = sni_of(target.server)
            offer, _ = await self._handshake_again(target, connector, EXCHANGE_OFFER, name, clock)
            evidence = replace(evidence, exchange_offer=offer)
        if evidence.handshake is not None and shown.chain:
            evidence = replace(evidence, certificate=self._judge(shown.chain, roots, connector.as_of or self._now))
            if connector.revocation:
                evidence = await self._ask_around(evidence, shown, target, connector, roots, clock)
        if evidence.handshake is not None and evidence.handshake.session is not None:
            looks = await self._look_again(evidence, target, connector, roots, clock, thorough=look_again)
            evidence = replace(evidence, second_looks=looks)
        return replace(evidence, seconds=clock.elapsed()), transcript.lines

    async def _converse(
        self, evidence: AttemptEvidence, target: _Target, connector: Connector, clock: Clock, transcript: Transcript
    ) -> tuple[AttemptEvidence, Shown]:
        """The conversation itself; also gives what the server showed in its handshake."""
        shown = Shown()
        connection, stream = await self._connect(target, connector, clock)
        evidence = replace(evidence, connection=connection)
        if stream is None:
            return evidence, shown
        name = connector.helo or own_name(connection.source or "")
        conversation = Conversation(stream, clock, transcript, connector.timeout)
        try:
            evidence = replace(evidence, banner=await banner(conversation))
            if evidence.banner is None or evidence.banner.reply is None or evidence.banner.reply.code != 220:
                return evidence, shown
            ehlo, helo = await introduce(conversation, name)
            evidence = replace(evidence, ehlo=ehlo, helo=helo)
            if not _positive(helo or ehlo):
                return evidence, shown
            in_session = True
            if helo is None and ehlo.reply is not None and capabilities(ehlo.reply).offers("STARTTLS"):
                starttls, handshake, shown = await secure(conversation, sni_of(target.server), WIDE_OFFER)
                evidence = replace(evidence, starttls=starttls, handshake=handshake)
                in_session = starttls.reply is not None and (handshake is None or handshake.session is not None)
                if handshake is not None and handshake.session is not None:
                    again, _ = await introduce(conversation, name)
                    evidence = replace(evidence, ehlo_again=again)
                    in_session = _positive(again)
            if connector.rcpt is not None and in_session:
                mail, recipient = await offer_recipient(conversation, connector.rcpt)
                evidence = replace(evidence, mail=mail, recipient=recipient)
            return evidence, shown
        finally:
            await conversation.quit()

    async def _handshake_again(
        self, target: _Target, connector: Connector, offer: TlsOffer, server_name: str | None, clock: Clock
    ) -> tuple[Handshake | None, Shown]:
        """Another connection, up to a handshake with ``offer``; None where it did not get that far."""
        _, stream = await self._connect(target, connector, clock)
        if stream is None:
            return None, Shown()
        conversation = Conversation(stream, clock, Transcript(clock), connector.timeout)
        try:
            if not _positive(await banner(conversation)):
                return None, Shown()
            ehlo, _ = await introduce(conversation, connector.helo or own_name(stream.source))
            if not _positive(ehlo):
                return None, Shown()
            _, handshake, shown = await secure(conversation, server_name, offer)
            return handshake, shown
        finally:
            await conversation.quit()

    async def _ask_around(
        self,
        evidence: AttemptEvidence,
        shown: Shown,
        target: _Target,
        connector: Connector,
        roots: TrustRoots,
        clock: Clock,
    ) -> AttemptEvidence:
        """Revocation, and the issuers that the server did not send."""
        assert target.address is not None
        at = connector.as_of or self._now
        limit = clock.allow(connector.timeout)
        address = target.address

        def visit() -> Visitor:
            return Visitor(address, self._resolver(connector, needed=True), connector.source_address)

        path = self._path(shown.chain, roots, at)
        revocation = await self._revocations.check(path, shown.staple, visit, self._now, limit)
        missing = None
        if evidence.certificate is not None and _is_incomplete(evidence.certificate):
            missing = await missing_issuers(self._web, shown.chain, roots, visit, at, limit)
        return replace(evidence, revocation=revocation, missing_issuers=missing)

    async def _look_again(
        self,
        evidence: AttemptEvidence,
        target: _Target,
        connector: Connector,
        roots: TrustRoots,
        clock: Clock,
        *,
        thorough: bool,
    ) -> tuple[SecondLook, ...]:
        """The address once more: where its certificate is not RSA, is there one that is? Without SNI and with TLS 1.2

        at most (``thorough``); and where that differs, with SNI alone too.
        """
        name, first = sni_of(target.server), evidence.certificate
        session = evidence.handshake.session if evidence.handshake is not None else None
        newer = session is not None and session.version == "TLSv1.3"

        async def look(server_name: str | None, offer: TlsOffer) -> SecondLook:
            grace = Clock(self._network, clock.allow(SECOND_LOOK_WAIT))
            handshake, shown = await self._handshake_again(target, connector, offer, server_name, grace)
            seen = self._judge(shown.chain, roots, connector.as_of or self._now) if shown.chain else None
            return SecondLook(server_name is not None, offer is EXCHANGE_RSA_OFFER, handshake, seen)

        looks: list[SecondLook] = []
        if _is_not_rsa(first) and _positive(evidence.ehlo_again):
            looks.append(await look(name, EXCHANGE_RSA_OFFER))
        if thorough and (newer or name is not None):
            looks.append(await look(None, WIDE_TLS12_OFFER))
            other = looks[-1].certificate
            same = other is not None and first is not None and other.chain[:1] == first.chain[:1]
            if newer and name is not None and not same and looks[-1].handshake is not None:
                looks.append(await look(name, WIDE_TLS12_OFFER))
        return tuple(looks)

    async def _connect(self, target: _Target, connector: Connector, clock: Clock) -> tuple[Connection, Stream | None]:
        assert target.address is not None
        return await connect(
            self._network, clock, target.address, target.port, connector.source_address, connector.connect_timeout
        )

    async def _look_deeper(
        self, evidence: AttemptEvidence, failure: FailureClass | None, connector: Connector, roots: TrustRoots
    ) -> AttemptEvidence:
        """``evidence`` with a second look at DNS, where a failure was met that DNS can explain."""
        resolution = evidence.resolution
        limit = min(connector.timeout, connector.deadline * DNS_SHARE)
        if failure in WORTH_A_WALK_AFTER_CONNECTING:
            if is_address(resolution.server) or _from_the_source(resolution):
                return evidence
            limit = min(limit, CONNECT_INQUIRY)
        elif failure not in WORTH_A_WALK:
            return evidence
        inquiry = await self._inquiries.inquire(resolution, self._resolver(connector), limit)
        evidence = replace(evidence, resolution=replace(resolution, inquiry=inquiry))
        domain = unsettled_domain(view_of(evidence, connector)) if connector.rdap is not None else None
        if inquiry is None or domain is None or connector.rdap is None:
            return evidence
        registration = await self._registrations.ask(
            domain, connector.rdap, self._resolver(connector), roots, connector.source_address
        )
        inquiry = replace(inquiry, registration=registration)
        return replace(evidence, resolution=replace(resolution, inquiry=inquiry))

    async def _control(self, target: _Target, connector: Connector) -> Control | None:
        way = Way(":" in (target.address or ""), connector.source_address, connector.helo, connector.connect_timeout)
        return await self._controls.try_out(tuple(connector.control), self._resolver(connector, needed=True), way)

    def _judge(self, chain: tuple[bytes, ...], roots: TrustRoots, at: datetime) -> CertificateEvidence:
        key = (chain, id(roots), at)
        if key not in self._judged:
            self._judged[key] = replace(judge(chain, roots, at), as_of_given=at is not self._now)
        return self._judged[key]

    def _path(self, chain: tuple[bytes, ...], roots: TrustRoots, at: datetime) -> Path:
        key = (chain, id(roots), at)
        if key not in self._paths:
            self._paths[key] = path_of(chain, roots, at)
        return self._paths[key]

    def _resolver(self, connector: Connector, *, needed: bool = False) -> Resolver:
        """The run's resolver for the connector's nameservers; the system's are read only when there is a name."""
        given = bool(connector.nameservers)
        needed = needed or connector.use_mx is not None or not all(host.is_address for host in connector.hosts)
        key = (tuple(connector.nameservers), connector.timeout, connector.deadline, needed)
        if key not in self._resolvers:
            nameservers = connector.nameservers or (system_nameservers() if needed else ())
            patience = min(connector.timeout, connector.deadline * DNS_SHARE)
            self._resolvers[key] = Resolver(self._network, nameservers, given=given, patience=patience)
        return self._resolvers[key]


def _from_the_source(resolution: Resolution) -> bool:
    """Whether an authoritative server itself told the addresses, so that they cannot be old."""
    told = [lookup for lookup in resolution.lookups if lookup.records]
    return bool(told) and all(lookup.authoritative for lookup in told)


def _is_incomplete(certificate: CertificateEvidence) -> bool:
    return any(one.kind is CertificateProblemKind.MISSING_INTERMEDIATE for one in certificate.problems)


def _is_not_rsa(certificate: CertificateEvidence | None) -> bool:
    """Whether a sound certificate has a key of a kind for which Microsoft lists no cipher suite."""
    if certificate is None or certificate.problems or not certificate.chain:
        return False
    return bool(certificate.chain[0].key) and not certificate.chain[0].key.startswith("RSA")


def _positive(exchange: Exchange | None) -> bool:
    return exchange is not None and exchange.reply is not None and exchange.reply.severity == 2


def _unlisted_cipher(handshake: Handshake | None) -> bool:
    """Whether TLS 1.2 was agreed on with a suite that Exchange Online does not offer."""
    session = handshake.session if handshake is not None else None
    return session is not None and session.version == "TLSv1.2" and session.cipher not in _EXCHANGE_SUITES
