"""Is it me? Whether connections to port 25 leave this machine at all.

Many networks and clouds block outgoing port 25, and some put a proxy or an inspecting firewall in its way. Before a
fault that such a thing would explain is held against the server, hosts that answer everybody, with a greeting and
STARTTLS, are tried over the same family and port.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable, Iterable
from dataclasses import replace

from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, CertificateProblemKind, Control, LookupStatus, NetworkFault
from connector_probe.model.names import is_address, parse_smart_host
from connector_probe.model.reach import is_outside
from connector_probe.network import EXCHANGE_OFFER, Network, NetworkFaultError
from connector_probe.protocol.identity import match
from connector_probe.protocol.smtp import STARTTLS, ehlo, greeting_time
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name, positive
from connector_probe.stages.resolve import Resolver

CONTROL_WAIT = 10.0  # seconds to connect; the hosts tried answer within one
_OF_NOBODY = frozenset({CertificateProblemKind.SELF_SIGNED, CertificateProblemKind.UNTRUSTED_ROOT})
_SILENT = frozenset({LookupStatus.TIMED_OUT, LookupStatus.UNREACHABLE})
FRESH = 5.0  # seconds for which a control's answer is good; so a run of many dead hosts tries few
CONTROL_TALK = 5.0  # seconds for their banner and their answer to EHLO together


def goes_out(evidence: AttemptEvidence) -> bool:
    """Whether a control's path is like the path of this attempt: outside, and to port 25."""
    return evidence.address is not None and evidence.port == SMTP_PORT and is_outside(evidence.address)


def blames_the_way(evidence: AttemptEvidence) -> bool:
    """Whether a block, a proxy or an inspecting firewall on our side would explain the fault as well."""
    connection = evidence.connection
    if connection is None or not goes_out(evidence):
        return False
    if connection.fault is not None:
        return not connection.fault.local
    banner = evidence.banner
    if banner is not None and banner.reply is None:
        return banner.fault is None or not banner.fault.local
    if banner is not None and banner.reply is not None and banner.reply.severity in (4, 5):
        return True
    if evidence.silence is not None:
        return True
    return positive(evidence.ehlo) and evidence.starttls is None


def stalls_in_tls(evidence: AttemptEvidence) -> bool:
    """Whether the handshake was left unanswered: packets of its size may get lost on our side."""
    return evidence.handshake is not None and evidence.handshake.stalled


def shows_a_strange_certificate(evidence: AttemptEvidence) -> bool:
    """Whether a proxy on our side that decrypts TLS would explain the certificate: not trusted, or not the server's."""
    certificate = evidence.certificate
    if certificate is None or not certificate.chain or not goes_out(evidence):
        return False
    named = is_address(evidence.server) or match(certificate.chain[0], evidence.server).matches
    unknown = certificate.root_bar is None and any(one.kind in _OF_NOBODY for one in certificate.problems)
    return not named or unknown


@dataclass(frozen=True, slots=True)
class Egress:
    """How a connector goes out, where that decides whether it gets there: family, source address, EHLO name.

    ``tls``: up to the handshake, which is large, and not only to EHLO.
    """

    six: bool
    source: str | None
    helo: str | None
    limit: float
    tls: bool = False


def most_telling(tried: Iterable[Control | None]) -> Control | None:
    """The one of the control hosts that counts; None where none of them tells anything."""
    return max(filter(None, tried), key=_tells, default=None)


def _tells(control: Control) -> int:
    """How much one tells: that it could not be looked up, was not reached, was reached; the time; that TLS works.

    One handshake that went through shows that large packets get through, whatever became of the others.
    """
    if control.lookup is not None or control.fault is not None:
        return int(control.fault is not None)
    if control.handshake is not None and control.handshake.session is not None:
        return 4
    banner = control.banner.reply if control.banner is not None else None
    return 2 if banner is None or greeting_time(banner) is None else 3


class Controls(SingleFlight[tuple[tuple[str, ...], Resolver, Egress, float], Control | None]):
    """Tries control hosts, side by side: for each set of hosts, who looks them up, and way out.

    Once a run where nothing is in question for long; a way out may fall silent in the middle of one.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self._begun: dict[Hashable, float] = {}
        self._faults: SingleFlight[Hashable, NetworkFault | None] = SingleFlight()

    async def try_out(
        self, hosts: tuple[str, ...], resolver: Resolver, egress: Egress, waited: float
    ) -> Control | None:
        """None when no control host could be resolved: then nothing is known, and nothing is concluded.

        ``waited``: how many seconds the attempt in question took. What was tried before its second half says nothing
        of how it ended.
        """
        way = (hosts, resolver, egress)
        return await self.get((*way, self._since(way, waited)), lambda: self._try(*way))

    async def fault_again(self, address: str, port: int, egress: Egress, waited: float) -> NetworkFault | None:
        """How another connection fails; None where it comes about. ``waited`` as in ``try_out``."""
        way = (address, port, egress)
        return await self._faults.get((*way, self._since(way, waited)), lambda: self._fault(*way))

    def close(self) -> None:
        super().close()
        self._faults.close()

    def _since(self, way: Hashable, waited: float) -> float:
        """When the trial of ``way`` began that is recent enough; now, where there is none."""
        now = self._network.now()
        if self._begun.get(way, -math.inf) < now - max(waited / 2, FRESH):
            self._begun[way] = now
        return self._begun[way]

    async def _fault(self, address: str, port: int, egress: Egress) -> NetworkFault | None:
        try:
            stream = await self._network.connect(address, port, egress.source, min(egress.limit, CONTROL_WAIT))
        except NetworkFaultError as error:
            return error.fault
        await stream.close()
        return None

    async def _try(self, hosts: tuple[str, ...], resolver: Resolver, egress: Egress) -> Control | None:
        return most_telling(await asyncio.gather(*(self._try_host(text, resolver, egress) for text in hosts)))

    async def _try_host(self, text: str, resolver: Resolver, egress: Egress) -> Control | None:
        host = parse_smart_host(text)
        address = host.host
        if host.is_address:
            if (":" in address) != egress.six:
                return None
        elif not resolver.has_nameservers:
            return None
        else:
            lookup = await resolver.look_up(host.host, "AAAA" if egress.six else "A")
            if not lookup.records:
                return Control(host.host, "", lookup=lookup) if lookup.status in _SILENT else None
            address = lookup.records[0]
        try:
            limit = min(egress.limit, CONTROL_WAIT)
            stream = await self._network.connect(address, host.port or SMTP_PORT, egress.source, limit)
        except NetworkFaultError as error:
            freed, port = replace(egress, source=None), host.port or SMTP_PORT
            matters = egress.source is not None and await self._fault(address, port, freed) is None
            return Control(host.host, address, error.fault, source_matters=matters)
        transcript = Transcript(Clock(self._network, CONTROL_TALK * (1 + egress.tls)))
        async with Conversation(stream, transcript, CONTROL_TALK) as conversation:
            greeting = await conversation.exchange()
            if greeting.reply is None or greeting.reply.code != 220:
                return Control(host.host, address, banner=greeting)
            answer = await conversation.exchange(ehlo(egress.helo or own_name(stream.source)))
            handshake = None
            if egress.tls and positive(answer) and positive(await conversation.exchange(STARTTLS)):
                handshake, _ = await conversation.start_tls(None, EXCHANGE_OFFER)
            return Control(host.host, address, banner=greeting, ehlo=answer, handshake=handshake)
