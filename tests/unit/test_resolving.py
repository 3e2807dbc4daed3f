"""How long names take to resolve, on a network with a clock of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import FaultKind, LookupStatus, NetworkFault
from connector_probe.network import NetworkFaultError, Stream
from connector_probe.stages.addresses import resolve
from connector_probe.stages.countercheck import ask_for_controls, ask_for_sibling
from connector_probe.stages.resolve import LEAST_WAIT, Resolver

SILENCE = NetworkFaultError(NetworkFault(FaultKind.TIMED_OUT))
PATIENCE = 2.0


@dataclass
class SilentNetwork:
    """Nobody answers any datagram; waiting costs time on this clock alone."""

    clock: float = 0.0
    asked: list[str] = field(default_factory=list)

    def now(self) -> float:
        return self.clock

    async def connect(self, address: str, port: int, source: str | None, limit: float) -> Stream:
        raise SILENCE

    async def datagrams(self, address: str, port: int) -> SilentDatagrams:
        self.asked.append(address)
        return SilentDatagrams(self)


@dataclass
class SilentDatagrams:
    network: SilentNetwork

    async def send(self, data: bytes, limit: float) -> None: ...

    async def receive(self, limit: float) -> bytes:
        self.network.clock += limit
        raise SILENCE

    def close(self) -> None: ...


@pytest.mark.parametrize("count", [1, 2, 3, 7])
async def test_many_silent_nameservers_take_no_longer_than_one(count: int) -> None:
    network = SilentNetwork()
    nameservers = [f"127.0.0.{number}#53" for number in range(1, count + 1)]
    lookup = await Resolver(network, nameservers, given=True, patience=PATIENCE).look_up("mail.contoso.com", "A")
    assert lookup.status is LookupStatus.TIMED_OUT
    assert network.clock <= 2 * PATIENCE + LEAST_WAIT
    assert len(set(network.asked)) == count  # and yet each was asked


async def test_a_brief_silence_is_no_answer_for_who_waits_longer() -> None:
    """Whoever only looks beside something else must not settle the matter for a connector that rests on it."""
    network = SilentNetwork()
    resolver = Resolver(network, ["127.0.0.1#53"], given=True, patience=PATIENCE)
    await resolver.look_up("contoso.com", "MX", brief=True)
    once = len(network.asked)
    await resolver.look_up("contoso.com", "MX", brief=True)
    assert len(network.asked) == once
    await resolver.look_up("contoso.com", "MX")
    assert len(network.asked) > 2 * once


@dataclass
class OrderlyNetwork:
    """The first host's nameserver stays silent until the last host has been asked for."""

    last_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> float:
        return 0.0

    async def connect(self, address: str, port: int, source: str | None, limit: float) -> Stream:
        raise SILENCE

    async def datagrams(self, address: str, port: int) -> OrderlyDatagrams:
        return OrderlyDatagrams(self)


@dataclass
class OrderlyDatagrams:
    network: OrderlyNetwork

    async def send(self, data: bytes, limit: float) -> None:
        if b"last" in data:
            self.network.last_asked.set()

    async def receive(self, limit: float) -> bytes:
        await self.network.last_asked.wait()
        raise SILENCE

    def close(self) -> None: ...


async def test_hosts_are_looked_up_side_by_side() -> None:
    """One host whose lookup hangs keeps no other waiting; looked up one after another, this would never end."""
    network = OrderlyNetwork()
    resolver = Resolver(network, ["127.0.0.1#53"], given=True, patience=PATIENCE)
    connector = Connector(smart_hosts=["first.contoso.com", "last.contoso.com"])
    async with asyncio.timeout(30):
        found = await resolve(connector, resolver, network, 0.0)
    assert [one.server for (one,) in found] == ["first.contoso.com", "last.contoso.com"]


class NeverAnswering(SilentNetwork):
    """As where several nameservers are silent one after the other, only longer."""

    async def datagrams(self, address: str, port: int) -> SilentDatagrams:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_countercheck_has_a_limit_which_is_no_evidence() -> None:
    resolver = Resolver(NeverAnswering(), ["127.0.0.1#53"], given=False, patience=PATIENCE)
    assert await ask_for_controls(["mail.contoso.com", "192.0.2.1"], resolver, 0.01) == ()
    assert await ask_for_sibling("mail.contoso.com", resolver, 0.01) is None
    resolver.close()
