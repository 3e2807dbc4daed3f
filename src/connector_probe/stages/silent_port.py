"""A closer look at a port that gave no greeting: does it speak TLS from the first byte, or wait for a PROXY header?

Both are tried on connections of their own, side by side, after the last try: a server that counts its connections
shall not be disturbed before.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import AttemptEvidence, Exchange, FaultKind, Handshake, ProxiedGreeting
from connector_probe.model.names import is_address
from connector_probe.network import WIDE_OFFER, Network, NetworkFaultError, Stream
from connector_probe.protocol.smtp import ehlo, proxy_header
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name

GRACE = 1.0  # seconds for each look; the server has just used up its own time for a greeting
_WORDLESS = frozenset({FaultKind.TIMED_OUT, FaultKind.CLOSED, FaultKind.RESET})
# Postfix, when no PROXY header has come within smtpd_upstream_proxy_timeout (5 s).
_GAVE_UP = r"4\.3\.0 \S+ Server local error\Z"

Look = tuple[Handshake | None, ProxiedGreeting | None]


class SilentPorts(SingleFlight[tuple[str, int, str, str | None, str | None], Look]):
    """One look a run at each place, by each way out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    async def look(self, evidence: AttemptEvidence, connector: Connector) -> AttemptEvidence:
        """``evidence`` with what more there is to see, where no greeting came."""
        if evidence.address is None or not _may_wait_for_more(evidence.banner):
            return evidence
        address = evidence.address
        place = (address, evidence.port, evidence.server, connector.source_address, connector.helo)
        implicit_tls, proxied = await self.get(place, lambda: self._look(evidence, address, connector))
        return replace(evidence, implicit_tls=implicit_tls, proxied=proxied)

    async def _look(self, evidence: AttemptEvidence, address: str, connector: Connector) -> Look:
        proxied = self._proxied(address, evidence.port, connector)
        if evidence.banner is not None and evidence.banner.reply is not None:  # that waits for no ClientHello
            return None, await proxied
        tls = self._implicit_tls(address, evidence.port, evidence.server, connector)
        return await asyncio.gather(tls, proxied)

    async def _implicit_tls(self, address: str, port: int, server: str, connector: Connector) -> Handshake | None:
        """A handshake from the first byte, as submissions (465) has it; None where TCP did not connect again."""
        clock, stream = await self._connect(address, port, connector)
        if stream is None:
            return None
        try:
            conversation = Conversation(stream, Transcript(clock), GRACE)
            return (await conversation.start_tls(None if is_address(server) else server, WIDE_OFFER))[0]
        finally:
            await stream.close()

    async def _proxied(self, address: str, port: int, connector: Connector) -> ProxiedGreeting | None:
        """A header that tells the truth: the connection's own two ends."""
        clock, stream = await self._connect(address, port, connector)
        if stream is None:
            return None
        async with Conversation(stream, Transcript(clock), GRACE) as conversation:
            greeting = await conversation.exchange(proxy_header(stream.source, address, port))
            if greeting.reply is None or greeting.reply.code != 220:
                return ProxiedGreeting(greeting)
            return ProxiedGreeting(
                greeting, await conversation.exchange(ehlo(connector.helo or own_name(stream.source)))
            )

    async def _connect(self, address: str, port: int, connector: Connector) -> tuple[Clock, Stream | None]:
        clock, limit = Clock(self._network, GRACE), min(connector.connect_timeout, GRACE)
        try:
            return clock, await self._network.connect(address, port, connector.source_address, limit)
        except NetworkFaultError:
            return clock, None


def _may_wait_for_more(banner: Exchange | None) -> bool:
    """Whether something else than we said may have been waited for."""
    if banner is not None and banner.reply is not None:
        return banner.reply.code == 421 and any(re.search(_GAVE_UP, line) for line in banner.reply.lines)
    return banner is not None and banner.fault is not None and banner.fault.kind in _WORDLESS and not banner.sample
