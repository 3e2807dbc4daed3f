"""Putting one question to nameservers: over UDP, again where they are silent, over TCP where the answer needs that.

Pure waiting: what a message says is read by whoever asks. An answer counts whichever sending of the question it is an
answer to, also while another nameserver is being waited for: stub resolvers wait five seconds and more, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final, Generic, TypeVar

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.network import Datagrams, Network, NetworkFaultError

UDP_WAITS: Final = (2.0, 4.0)  # seconds behind the first and the second sending; a resolver gives up within them
ROUNDS_OF_PATIENCE: Final = 2  # waits for one reply that all sendings may take, however many nameservers there are
LEAST_WAIT: Final = 0.1  # seconds; less is no wait for a reply
# RFC 6891 6.2.5: what was asked for over UDP. Longer messages are read in a thread: of names with a hundred labels
# each a few thousand octets can hold some hundred, and keep the reader busy for seconds.
QUICKLY_READ: Final = 1232

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


class UdpQuestion(Generic[Read]):
    """One question to one nameserver, sent as often as its owner likes."""

    def __init__(
        self,
        network: Network,
        nameserver: Nameserver,
        wire: bytes,
        read: Callable[[bytes], Read],
        is_foreign: Callable[[Read], bool],
        again: Callable[[], bytes] | None = None,
    ) -> None:
        """``is_foreign``: perhaps a forgery, behind which the real answer may follow.

        ``again`` makes what is sent beside it from the second time on.
        """
        self._network = network
        self._nameserver = nameserver
        self._wire, self._again = wire, again
        self._read = read
        self._is_foreign = is_foreign
        self._socket: Datagrams | None = None
        self.foreign: Read | None = None  # the first one

    async def ask(self, wait: float) -> Read | None:
        """Send it, and the first answer within ``wait`` seconds that is not foreign; None for silence.

        Raises NetworkFaultError for an ICMP error and for faults of this machine.
        """
        if self._socket is None:
            self._socket = await self._network.datagrams(self._nameserver.address, self._nameserver.port)
        elif self._again is not None:
            await self._socket.send(self._again(), wait)  # and as before, since it may just have been lost
        await self._socket.send(self._wire, wait)
        return await self.listen(wait)

    async def listen(self, wait: float) -> Read | None:
        """As ``ask``, without sending anything."""
        end, left = self._network.now() + wait, wait
        while self._socket is not None:
            try:
                answer = await reading(self._read, await self._socket.receive(max(left, 0.0)))
            except NetworkFaultError as error:
                if error.fault.kind is FaultKind.TIMED_OUT:
                    break
                raise
            if not self._is_foreign(answer):
                return answer
            self.foreign = self.foreign or answer
            left = end - self._network.now()
            if left <= 0:
                break
        return None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


Heard = tuple[Nameserver, Read | NetworkFault | None]


async def ask_in_turn(
    network: Network,
    nameservers: Sequence[Nameserver],
    question_to: Callable[[Nameserver], UdpQuestion[Read]],
    waits: Sequence[float],
    patience: float,
) -> AsyncGenerator[Heard[Read], None]:
    """What comes of asking every nameserver, once for each of ``waits``: an answer, a fault, or None for silence.

    Ends when all is over; whoever has heard enough closes it. ``patience``: the longest wait for one reply, in seconds.
    """
    budget = ROUNDS_OF_PATIENCE * patience
    share, end = budget / max(len(nameservers), 1), network.now() + budget
    asked: dict[Nameserver, UdpQuestion[Read]] = {}
    try:
        for number, wait in enumerate(waits):
            for nameserver in nameservers:
                left = max(end - network.now(), 0.0)
                if number and left < LEAST_WAIT:  # each was asked once, and several silences add up
                    return
                question = asked.setdefault(nameserver, question_to(nameserver))
                try:
                    heard = await question.ask(min(wait, patience, share, max(left, LEAST_WAIT)))
                    yield nameserver, heard if heard is not None else question.foreign
                except NetworkFaultError as error:
                    yield nameserver, error.fault
                for other in (one for one in asked if one is not nameserver):
                    if (late := await _lies_there(asked[other])) is not None:
                        yield other, late
    finally:
        for question in asked.values():
            question.close()


async def _lies_there(question: UdpQuestion[Read]) -> Read | None:
    try:
        return await question.listen(0.0)
    except NetworkFaultError:
        return None


async def ask_over_tcp(
    network: Network, nameserver: Nameserver, wire: bytes, wait: float, read: Callable[[bytes], Read]
) -> Read:
    """The answer that comes over TCP within ``wait`` seconds. Raises NetworkFaultError."""
    end = network.now() + wait
    stream = await network.connect(nameserver.address, nameserver.port, None, wait)
    try:
        await stream.send(len(wire).to_bytes(2, "big") + wire, wait)
        received = bytearray()
        while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):  # RFC 1035 4.2.2
            received += await stream.receive(max(end - network.now(), 0.0))
    finally:
        await stream.close()
    return await reading(read, bytes(received[2 : 2 + int.from_bytes(received[:2], "big")]))


async def reading(read: Callable[[bytes], Read], wire: bytes) -> Read:
    return read(wire) if len(wire) <= QUICKLY_READ else await asyncio.to_thread(read, wire)
