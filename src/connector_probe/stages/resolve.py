"""Asking nameservers: one question at a time, so that every kind of failure stays what it was.

It is sent to one nameserver after another. Answers are kept for the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from connector_probe.model.evidence import FaultKind, Lookup, LookupStatus, MxRecord
from connector_probe.network import Network, NetworkFaultError
from connector_probe.single_flight import SingleFlight

if TYPE_CHECKING:
    from connector_probe.protocol.dns import Answer, Question

UDP_WAITS = (2.0, 4.0)  # seconds for the first and second round; a resolver gives up on its upstreams within that
TCP_WAIT = 4.0
ROUNDS_OF_PATIENCE = 2  # waits for one reply that all rounds of a question may take, however many nameservers there are
LEAST_WAIT = 0.1  # seconds; less is no wait for a reply
MAX_TCP_MESSAGE = 65_535  # RFC 1035 4.2.2: the length prefix has two octets
WORTH_ANOTHER_TRY = frozenset(
    {
        LookupStatus.TIMED_OUT,
        LookupStatus.UNREACHABLE,
        LookupStatus.SERVFAIL,
        LookupStatus.REFUSED,
        LookupStatus.MALFORMED,
        LookupStatus.WRONG_ID,
        LookupStatus.WRONG_QUESTION,
        LookupStatus.TRUNCATED,
        LookupStatus.OTHER_RCODE,
    }
)
LOOPBACK = ("::1", "127.0.0.1")
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Nameserver:
    address: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Nameserver:
        """From ADDR#PORT."""
        address, _, port = text.partition("#")
        return cls(address, int(port))

    def __str__(self) -> str:
        return f"{self.address}#{self.port}"


class Resolver:
    """Asks nameservers, and remembers the answers as long as it lives (one run)."""

    def __init__(self, network: Network, nameservers: Sequence[str], *, given: bool, patience: float) -> None:
        """``patience``: the longest wait for one reply, in seconds. ``given``: the user named the nameservers."""
        self._network = network
        self._nameservers = tuple(Nameserver.parse(text) for text in nameservers)
        self._patience = patience
        self._kept: SingleFlight[tuple[str, str, bool], Lookup] = SingleFlight()
        self.given = given

    @property
    def has_nameservers(self) -> bool:
        return bool(self._nameservers)

    async def look_up(self, name: str, rdtype: str, *, brief: bool = False) -> Lookup:
        """The records of ``name``, CNAMEs followed. Never raises.

        ``brief``: one round only; what came of that is no answer for somebody who would have waited longer.
        """
        waits = UDP_WAITS[:1] if brief else UDP_WAITS
        return await self._kept.get((name, rdtype, brief), lambda: self._look_up(name, rdtype, waits))

    @property
    def nameservers(self) -> tuple[Nameserver, ...]:
        return self._nameservers

    async def ask_once(
        self, name: str, rdtype: str, wait: float, *, nameserver: Nameserver | None = None, checking: bool = True
    ) -> Lookup:
        """One question to one nameserver (the first by default), neither kept nor repeated. Never raises.

        ``checking`` False asks for an answer that was not validated (CD).
        """
        one = nameserver or self._nameservers[0]
        return (await self._ask(one, name, rdtype, min(wait, self._patience), checking=checking))[0]

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._kept.close()

    async def control(self) -> Lookup:
        """What the nameservers say to a question that every resolver can answer."""
        return await self.look_up(".", "NS")

    async def _look_up(self, name: str, rdtype: str, waits: Sequence[float]) -> Lookup:
        from connector_probe.protocol.dns import MAX_ALIASES

        began = self._network.now()
        at, aliases, ttl = name, (), None  # type: tuple[str, tuple[str, ...], int | None]
        while True:
            lookup, answer = await self._ask_in_turn(at, rdtype, waits)
            aliases += lookup.aliases
            ttl = _smaller(ttl, lookup.ttl)
            if answer is None or answer.status is not None:
                status = lookup.status
                break
            at = answer.name
            if at == name or at in aliases[:-1]:
                status = LookupStatus.CNAME_LOOP
                break
            if len(aliases) > MAX_ALIASES:
                status = LookupStatus.CNAME_TOO_LONG
                break
        seconds = self._network.now() - began
        return replace(lookup, name=name, status=status, aliases=aliases, ttl=ttl, seconds=seconds)

    async def _ask_in_turn(self, name: str, rdtype: str, waits: Sequence[float]) -> tuple[Lookup, Answer | None]:
        """Every nameserver, once for each of ``waits``, until one gives an answer that settles the question."""
        best: tuple[Lookup, Answer | None] | None = None
        budget = ROUNDS_OF_PATIENCE * self._patience
        share, end = budget / max(len(self._nameservers), 1), self._network.now() + budget
        for number, wait in enumerate(waits):
            for nameserver in self._nameservers:
                left = max(end - self._network.now(), 0.0)
                if number and left < LEAST_WAIT:  # each was asked once, and several silences add up
                    break
                lookup, answer = await self._ask(
                    nameserver, name, rdtype, min(wait, self._patience, share, max(left, LEAST_WAIT))
                )
                if lookup.status not in WORTH_ANOTHER_TRY:
                    return lookup, answer
                if best is None or _tells_more(lookup, best[0]):
                    best = lookup, answer
        return best or (Lookup(name, rdtype, LookupStatus.TIMED_OUT, note="no nameserver"), None)

    async def _ask(
        self, nameserver: Nameserver, name: str, rdtype: str, wait: float, *, checking: bool = True
    ) -> tuple[Lookup, Answer | None]:
        from connector_probe.protocol.dns import question

        base = Lookup(name, rdtype, LookupStatus.TIMED_OUT, nameserver=str(nameserver))
        transport = "udp"
        try:
            asked = question(name, rdtype, checking=checking)
            answer = await self._ask_udp(nameserver, asked, wait)
            if answer is not None and answer.edns_refused:
                asked = question(name, rdtype, edns=False, checking=checking)
                answer = await self._ask_udp(nameserver, asked, wait)
            if answer is not None and answer.truncated:
                transport = "tcp"
                answer = await self._ask_tcp(nameserver, asked, min(TCP_WAIT, self._patience)) or answer
        except NetworkFaultError as error:
            timed_out = error.fault.kind is FaultKind.TIMED_OUT
            status = LookupStatus.TIMED_OUT if timed_out else LookupStatus.UNREACHABLE
            if transport == "tcp":  # it does answer, over UDP, and says that the answer needs TCP
                status = LookupStatus.TRUNCATED
            return replace(base, status=status, transport=transport, fault=error.fault), None
        except ValueError as error:
            return replace(base, status=LookupStatus.MALFORMED, note=str(error)), None
        if answer is None:
            return base, None
        found = replace(
            base,
            status=answer.status or LookupStatus.NODATA,
            records=answer.records,
            aliases=answer.aliases,
            ttl=answer.ttl,
            rcode=answer.rcode,
            transport=transport,
            authoritative=answer.authoritative,
            authenticated=answer.authenticated,
            note=answer.note,
        )
        return found, answer

    async def _ask_udp(self, nameserver: Nameserver, asked: Question, wait: float) -> Answer | None:
        """The first answer that belongs to the question; else what came instead; None for silence."""
        from connector_probe.protocol.dns import read

        foreign = (LookupStatus.WRONG_ID, LookupStatus.WRONG_QUESTION)
        return await exchange_udp(
            self._network,
            nameserver,
            asked.wire,
            wait,
            partial(read, asked=asked),
            lambda one: one.status in foreign,
        )

    async def _ask_tcp(self, nameserver: Nameserver, asked: Question, wait: float) -> Answer | None:
        from connector_probe.protocol.dns import read

        return read(await exchange_tcp(self._network, nameserver, asked.wire, wait), asked)


async def exchange_udp(
    network: Network,
    nameserver: Nameserver,
    wire: bytes,
    wait: float,
    read: Callable[[bytes], Read],
    is_foreign: Callable[[Read], bool],
) -> Read | None:
    """What ``read`` makes of the first datagram that is not foreign; else of the first that is; None for silence.

    Raises NetworkFaultError for an ICMP error and for faults of this machine.
    """
    strange: Read | None = None
    end = network.now() + wait
    socket = await network.datagrams(nameserver.address, nameserver.port)
    try:
        await socket.send(wire, wait)
        while (left := end - network.now()) > 0:
            answer = read(await socket.receive(left))
            if not is_foreign(answer):
                return answer
            strange = strange or answer  # perhaps a forgery: the real one may follow
    except NetworkFaultError as error:
        if strange is None and error.fault.kind is not FaultKind.TIMED_OUT:
            raise
    finally:
        socket.close()
    return strange


async def exchange_tcp(network: Network, nameserver: Nameserver, wire: bytes, wait: float) -> bytes:
    """The answer that comes over TCP. Raises NetworkFaultError."""
    end = network.now() + wait
    stream = await network.connect(nameserver.address, nameserver.port, None, wait)
    try:
        await stream.send(len(wire).to_bytes(2, "big") + wire, wait)
        received = bytearray()
        while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):
            received += await stream.receive(max(end - network.now(), 0.0))
    finally:
        await stream.close()
    length = int.from_bytes(received[:2], "big")
    return bytes(received[2 : 2 + length])


def mx_records(lookup: Lookup) -> tuple[MxRecord, ...]:
    """In the order of their preference, the lowest first (RFC 5321 5.1)."""
    return tuple(sorted(map(_mx_record, lookup.records), key=lambda record: record.preference))


def _mx_record(text: str) -> MxRecord:
    preference, _, exchange = text.partition(" ")
    return MxRecord(int(preference), exchange.rstrip("."))


def _smaller(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


def _tells_more(lookup: Lookup, than: Lookup) -> bool:
    """Any answer tells more than an ICMP error, and that more than silence."""
    rank = {LookupStatus.TIMED_OUT: 0, LookupStatus.UNREACHABLE: 1}
    return rank.get(lookup.status, 2) > rank.get(than.status, 2)
