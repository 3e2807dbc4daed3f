"""Questions to authoritative servers, without recursion: each once a run."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import SILENT, ServerSays
from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.network import Network, NetworkFaultError
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.nameservers import Nameserver, UdpQuestion, ask_in_turn, ask_over_tcp

if TYPE_CHECKING:
    from connector_probe.protocol.delegation import Said

NO_WAY_OUT = "no-way-out"  # why a question was not asked: nothing leaves for there from here
_LOCAL = frozenset({FaultKind.NO_ROUTE, FaultKind.NO_RESOURCES, FaultKind.NOT_PERMITTED, FaultKind.LOCAL_OTHER})


@dataclass(frozen=True, slots=True)
class DirectQuestion:
    """A question for ``name`` and ``rdtype`` to a server of ``zone``."""

    nameserver: Nameserver
    name: str
    rdtype: str
    zone: str


class AuthoritativeServers(SingleFlight[tuple[DirectQuestion, tuple[float, ...], bool], "Said"]):
    """Puts questions, each once a run."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    async def ask(self, question: DirectQuestion, waits: tuple[float, ...], *, tcp: bool) -> Said:
        """``waits``: how long for each try. Raises ValueError when DNS cannot carry the question."""
        return await self.get((question, waits, tcp), lambda: self._ask(question, waits, tcp))

    async def _ask(self, question: DirectQuestion, waits: tuple[float, ...], tcp: bool) -> Said:
        said = await self._try(question, waits, tcp, edns=True)
        return await self._try(question, waits, tcp, edns=False) if said.edns_refused else said

    async def _try(self, question: DirectQuestion, waits: tuple[float, ...], tcp: bool, *, edns: bool) -> Said:
        from connector_probe.protocol.delegation import Said, direct_question, read_direct

        server, said = question.nameserver, Said(ServerSays.TIMED_OUT)
        asked = direct_question(question.name, question.rdtype, edns=edns)
        read = partial(read_direct, asked=asked, zone=question.zone)
        if tcp:
            try:
                return await ask_over_tcp(self._network, server, asked.wire, waits[0], read)
            except NetworkFaultError as error:
                return _fault(error.fault)

        def over_udp(server: Nameserver) -> UdpQuestion[Said]:
            return UdpQuestion(self._network, server, asked.wire, read, lambda one: one.foreign)

        replies = ask_in_turn(self._network, [server], over_udp, waits, sum(waits))
        async with aclosing(replies):
            async for _, heard in replies:
                said = (
                    Said(ServerSays.TIMED_OUT) if heard is None else heard if isinstance(heard, Said) else _fault(heard)
                )
                if said.status not in SILENT:
                    break
        return said


def _fault(fault: NetworkFault) -> Said:
    from connector_probe.protocol.delegation import Said

    if fault.kind in _LOCAL:
        return Said(ServerSays.NOT_ASKED, note=NO_WAY_OUT)
    status = ServerSays.TIMED_OUT if fault.kind is FaultKind.TIMED_OUT else ServerSays.UNREACHABLE
    return Said(status, note=fault.errno)
