"""How long names take to resolve, and what counts as their answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from cryptography import x509

from connector_probe import probe
from connector_probe.model.connector import Connector
from connector_probe.model.delegation import ServerSays
from connector_probe.model.evidence import FaultKind, LookupStatus, NetworkFault
from connector_probe.network import NetworkFaultError, Stream, SystemNetwork
from connector_probe.protocol.certificate import path_of
from connector_probe.stages.addresses import resolve
from connector_probe.stages.authoritative import AuthoritativeServers, DirectQuestion
from connector_probe.stages.certificate_urls import Visitor, Web
from connector_probe.stages.control import Controls, Egress
from connector_probe.stages.countercheck import ask_for_controls, ask_for_sibling
from connector_probe.stages.dnssec import Validator
from connector_probe.stages.nameservers import LEAST_WAIT, Nameserver
from connector_probe.stages.registration import Registrations
from connector_probe.stages.resolve import Resolver
from connector_probe.stages.revocation import Revocations
from tests.unit.certificates import NOW, authority, roots, server

SILENCE = NetworkFaultError(NetworkFault(FaultKind.TIMED_OUT))
PATIENCE = 2.0
Address = tuple[str | object, int]


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
        found = await resolve(connector, resolver, 0.0)
    assert [one.server for (one,) in found] == ["first.contoso.com", "last.contoso.com"]


class NeverAnswering(SilentNetwork):
    """As where several nameservers are silent one after the other, only longer."""

    def now(self) -> float:
        return time.monotonic()

    async def datagrams(self, address: str, port: int) -> SilentDatagrams:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_countercheck_has_a_limit_which_is_no_evidence() -> None:
    resolver = Resolver(NeverAnswering(), ["127.0.0.1#53"], given=False, patience=PATIENCE)
    assert await ask_for_controls(["mail.contoso.com", "192.0.2.1"], resolver, 0.01) == ()
    assert await ask_for_sibling("mail.contoso.com", resolver, 0.01) is None
    resolver.close()


@dataclass
class Slow(asyncio.DatagramProtocol):
    """Answers only what was sent first, and only once ``others`` have been asked so many times."""

    answer_at: int
    asked: list[Address]
    first: tuple[bytes, Address] | None = None
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.first = self.first or (data, addr)
        self.asked.append(addr)
        if len(self.asked) == self.answer_at:
            self.answer()

    def answer(self) -> None:
        assert self.transport is not None
        assert self.first is not None
        wire, client = self.first
        response = dns.message.make_response(dns.message.from_wire(wire))
        response.flags |= dns.flags.AA
        response.answer.append(dns.rrset.from_text(response.question[0].name, 60, "IN", "A", "192.0.2.1"))
        self.transport.sendto(response.to_wire(), client)


@contextlib.asynccontextmanager
async def serving(*protocols: asyncio.DatagramProtocol) -> AsyncIterator[list[str]]:
    """Each on a port of its own, as ADDR#PORT."""
    loop, found = asyncio.get_running_loop(), list[asyncio.DatagramTransport]()
    try:
        for one in protocols:
            transport, _ = await loop.create_datagram_endpoint(partial(lambda it: it, one), local_addr=("127.0.0.1", 0))
            found.append(transport)
        yield ["127.0.0.1#{}".format(one.get_extra_info("sockname")[1]) for one in found]
    finally:
        for transport in found:
            transport.close()


async def test_an_answer_to_an_earlier_try_counts() -> None:
    async with serving(Slow(2, [])) as nameservers:
        lookup = await Resolver(SystemNetwork(), nameservers, given=True, patience=PATIENCE / 10).look_up("a.test", "A")
    assert (lookup.status, lookup.records) == (LookupStatus.ANSWER, ("192.0.2.1",))


async def test_what_is_dropped_for_its_edns_is_asked_for_without() -> None:
    class DropsEdns(Slow):
        def datagram_received(self, data: bytes, addr: Address) -> None:
            if dns.message.from_wire(data).edns < 0:
                super().datagram_received(data, addr)

    async with serving(DropsEdns(1, [])) as nameservers:
        lookup = await Resolver(SystemNetwork(), nameservers, given=True, patience=PATIENCE / 10).look_up("a.test", "A")
    assert lookup.status is LookupStatus.ANSWER


async def test_tcp_too_is_asked_without_edns_where_only_that_was_answered() -> None:
    class TruncatesPlain(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast(asyncio.DatagramTransport, transport)

        def datagram_received(self, data: bytes, addr: Address) -> None:
            if dns.message.from_wire(data).edns < 0:
                self.transport.sendto(data[:2] + b"\x87\x00" + data[4:], addr)  # QR, AA, TC and RD

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")))
        if asked.edns < 0:
            answer = dns.message.make_response(asked)
            answer.answer.append(dns.rrset.from_text("a.test.", 60, "IN", "A", "192.0.2.1"))
            writer.write(answer.to_wire(prepend_length=True))
        writer.close()

    async with (
        serving(TruncatesPlain()) as nameservers,
        await asyncio.start_server(over_tcp, "127.0.0.1", int(nameservers[0].partition("#")[2])),
    ):
        resolver = Resolver(SystemNetwork(), nameservers, given=True, patience=PATIENCE / 10)
        lookup = await resolver.look_up("a.test", "A")
    assert (lookup.status, lookup.transport) == (LookupStatus.ANSWER, "tcp")


@pytest.mark.parametrize(
    ("rounds", "class_", "failures"), [(3, "dns-servfail", 2), (1, "tcp-refused", 1), (0, "tcp-refused", 0)]
)
async def test_a_look_up_that_fails_is_a_failure_when_it_fails_again(rounds: int, class_: str, failures: int) -> None:
    """Each retry asks anew, although the resolver keeps answers for the run; the root is asked about last."""

    class FailsAtFirst(Slow):
        def datagram_received(self, data: bytes, addr: Address) -> None:
            assert self.transport is not None
            response = dns.message.make_response(dns.message.from_wire(data))
            question = response.question[0]
            if question.name == dns.name.root:
                self.asked.append(addr)
            elif len(self.asked) < rounds:
                response.set_rcode(dns.rcode.SERVFAIL)
            elif question.rdtype == dns.rdatatype.A:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "127.0.0.1"))
            self.transport.sendto(response.to_wire(), addr)

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with serving(FailsAtFirst(0, [])) as nameservers:
            options = {"nameservers": nameservers, "port": closed.getsockname()[1], "control": ()}
            result = await probe(Connector(smart_hosts=["a.test"], retries=2, retry_delay=0.01, **options))
    (attempt,) = result.results[0].evidence.attempts
    assert result.results[0].attempts[0].class_ == class_
    assert attempt.earlier_failures.count("dns-servfail") == failures


async def test_what_was_only_lost_is_asked_for_with_edns_again() -> None:
    class WithEdnsAlone(Slow):
        def datagram_received(self, data: bytes, addr: Address) -> None:
            self.asked.append(addr)
            if len(self.asked) > 1 and dns.message.from_wire(data).edns == 0:
                self.first = data, addr
                self.answer()

    async with serving(WithEdnsAlone(0, [])) as nameservers:
        lookup = await Resolver(SystemNetwork(), nameservers, given=True, patience=PATIENCE / 10).look_up("a.test", "A")
    assert lookup.status is LookupStatus.ANSWER


async def test_an_answer_counts_while_another_nameserver_is_asked() -> None:
    first = Slow(1 << 30, [])

    class Other(Slow):
        def datagram_received(self, data: bytes, addr: Address) -> None:
            first.answer()

    async with serving(first, Other(0, [])) as nameservers:
        resolver = Resolver(SystemNetwork(), nameservers, given=True, patience=PATIENCE / 10)
        lookup = await resolver.look_up("a.test", "A")
    assert (lookup.records, lookup.nameserver) == (("192.0.2.1",), nameservers[0])
    assert len(first.asked) == 1


async def test_an_authoritative_server_may_take_its_time() -> None:
    async with serving(Slow(3, [])) as (text,):
        question = DirectQuestion(Nameserver.parse(text), "a.test", "A", "test")
        said = await AuthoritativeServers(SystemNetwork()).ask(question, (0.1, 0.1, 5.0), tcp=False)
    assert (said.status, said.records) == (ServerSays.ANSWER, ("192.0.2.1",))


async def test_who_validates_waits_as_long() -> None:
    async with serving(Slow(2, [])) as nameservers:
        asked = [Nameserver.parse(text) for text in nameservers]
        validator = Validator(SystemNetwork(), asked, anchors={}, patience=0.2, trust_ad=True)
        found = await validator.look_up("a.test", "A")
    assert found.records == ("192.0.2.1",)


def closed_nameserver() -> Resolver:
    """One where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        place = f"127.0.0.1#{sock.getsockname()[1]}"
    return Resolver(SystemNetwork(), [place], given=True, patience=0.2)


async def test_what_looks_control_hosts_up_is_no_other_connector_s() -> None:
    controls, egress = Controls(SystemNetwork()), Egress(six=False, source=None, helo=None, limit=1.0)
    hosts = ("mail.contoso.invalid",)
    assert await controls.try_out(hosts, Resolver(SystemNetwork(), [], given=True, patience=0.2), egress, 0.0) is None
    assert await controls.try_out(hosts, closed_nameserver(), egress, 0.0) is not None


async def test_the_way_to_a_registry_is_no_other_connector_s() -> None:
    registries, resolver, trusted = Registrations(SystemNetwork()), closed_nameserver(), roots()
    told = [
        await registries.ask("contoso.com", "http://127.0.0.1:9", resolver, trusted, source)
        for source in ("192.0.2.1", None)  # the first is none of this machine's
    ]
    assert told[0].fault != told[1].fault


async def test_what_one_had_no_time_for_is_asked_for_the_next() -> None:
    place = [x509.UniformResourceIdentifier("http://ca.contoso.invalid/a.crl")]
    pointer = x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)]), False
    top = authority("Issuing CA")
    path = path_of((server(top, more=[pointer]).der,), roots(top), NOW)
    revocations, visitor = Revocations(Web(SystemNetwork())), Visitor("127.0.0.1", closed_nameserver())
    told = []
    for limit in (0.0, PATIENCE):
        found = await revocations.check(path, b"", lambda: visitor, NOW, limit)
        assert found is not None
        told += [check.note for one in found.certificates for check in one.checks]
    assert told == [
        "no time was left for it",
        "ca.contoso.invalid cannot be looked up (A: unreachable, AAAA: unreachable)",
    ]
