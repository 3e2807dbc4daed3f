"""One address, from TCP to QUIT: the stages in their order, and what is asked beside them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import AttemptEvidence, Control, Handshake
from connector_probe.network import EXCHANGE_OFFER, WIDE_OFFER, Network, Stream
from connector_probe.probing.domain_policies import DomainPolicies
from connector_probe.probing.places import Places
from connector_probe.probing.resolvers import Resolvers
from connector_probe.probing.shared_attempts import Attempt
from connector_probe.probing.target import Target, reach
from connector_probe.protocol.smtp import capabilities
from connector_probe.stages.control import Controls, Way, blames_the_way, shows_a_strange_certificate
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name, positive
from connector_probe.stages.greet import banner, introduce
from connector_probe.stages.local_clock import HeardDates
from connector_probe.stages.recipient import offer_recipient
from connector_probe.stages.secure import Shown, secure, sni_of
from connector_probe.trust import Trust, TrustError

if TYPE_CHECKING:
    from connector_probe.probing.tls_follow_up import TlsFollowUp
    from connector_probe.stages.policy import PolicySeeker

_EXCHANGE_SUITES = frozenset(EXCHANGE_OFFER.ciphers.split(":"))


class AddressProber:
    """Meets addresses, over one run. What it reads of a connector is what two must share to share an attempt."""

    def __init__(
        self, network: Network, places: Places, resolvers: Resolvers, policies: DomainPolicies, heard: HeardDates
    ) -> None:
        """``heard``: the dates that web servers tell in this run."""
        self._network = network
        self._places = places
        self._resolvers = resolvers
        self._policies = policies
        self._controls = Controls(network)
        self._heard = heard
        self._tls_follow_up: TlsFollowUp | None = None
        self._loading: asyncio.Future[None] | None = None

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._controls.close()
        if self._tls_follow_up is not None:
            self._tls_follow_up.close()

    async def probe(
        self,
        target: Target,
        connector: Connector,
        trust: Trust,
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
        evidence, shown = await self._converse(evidence, target, connector, trust, clock, transcript)
        if blames_the_way(evidence):
            evidence = replace(evidence, control=await self._control(target, connector))
        if _unlisted_cipher(evidence.handshake):
            name = sni_of(target.server)
            offer, _ = await self._follow_up().handshake_again(target, connector, EXCHANGE_OFFER, name, clock)
            evidence = replace(evidence, exchange_offer=offer)
        if evidence.handshake is not None and shown.chain:
            evidence = replace(evidence, certificate=self._follow_up().judge(shown.chain, trust.roots, connector.as_of))
            if shows_a_strange_certificate(evidence):
                evidence = replace(evidence, control=await self._control(target, connector))
            if connector.revocation:
                evidence = await self._follow_up().ask_around(
                    evidence, shown, connector, trust.roots, clock, lambda: self._resolvers.of(connector, needed=True)
                )
        if evidence.handshake is not None and evidence.handshake.session is not None:
            looks = await self._follow_up().look_again(
                evidence, target, connector, trust.roots, clock, thorough=look_again
            )
            evidence = replace(evidence, second_looks=looks)
        evidence = replace(evidence, seconds=clock.elapsed())
        evidence = await self._policies.add(evidence, shown.chain, connector, seeker)
        if evidence.certificate is not None:
            evidence = self._follow_up().look_at_the_clock(evidence, shown, connector, trust.roots)
        return evidence, transcript.lines

    async def _converse(
        self,
        evidence: AttemptEvidence,
        target: Target,
        connector: Connector,
        trust: Trust,
        clock: Clock,
        transcript: Transcript,
    ) -> tuple[AttemptEvidence, Shown]:
        """The conversation itself; also gives what the server showed in its handshake."""
        shown = Shown()
        connection, stream = await reach(self._network, target, connector, clock)
        evidence = replace(evidence, connection=connection)
        if stream is None:
            return evidence, shown
        self._begin_loading(trust)
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
                if self._loading is not None:
                    await asyncio.shield(self._loading)
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

    def _begin_loading(self, trust: Trust) -> None:
        """Load what a handshake and its judgement need, once a run, in a thread: it hides behind the server's waits."""
        if self._loading is None:
            with contextlib.suppress(RuntimeError):  # no thread to be had: then each is loaded when it is needed
                self._loading = asyncio.get_running_loop().run_in_executor(None, _load_for_tls, trust)

    def _follow_up(self) -> TlsFollowUp:
        if self._tls_follow_up is None:
            from connector_probe.probing.tls_follow_up import TlsFollowUp  # late: it needs OpenSSL

            self._tls_follow_up = TlsFollowUp(self._network, self._heard)
        return self._tls_follow_up

    async def _control(self, target: Target, connector: Connector) -> Control | None:
        way = Way(":" in (target.address or ""), connector.source_address, connector.helo, connector.connect_timeout)
        return await self._controls.try_out(tuple(connector.control), self._resolvers.of(connector, needed=True), way)


def _unlisted_cipher(handshake: Handshake | None) -> bool:
    """Whether TLS 1.2 was agreed on with a suite that Exchange Online does not offer."""
    session = handshake.session if handshake is not None else None
    return session is not None and session.version == "TLSv1.2" and session.cipher not in _EXCHANGE_SUITES


def _load_for_tls(trust: Trust) -> None:
    import connector_probe.network.tls
    import connector_probe.probing.tls_follow_up  # noqa: F401 - loaded for those who need it later

    with contextlib.suppress(TrustError):  # it is raised again where they are needed
        _ = trust.roots
