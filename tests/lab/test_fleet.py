"""Many connectors at once: shared meetings, polite turns, no waiting behind a dead host, a run that is stopped."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

import pytest

from connector_probe import Connector, FailureClass, Result, Status, TlsSettings, probe_all
from connector_probe.api import JUDGE
from connector_probe.formats import RenderOptions
from connector_probe.formats import json as json_format
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.lab import Lab
from connector_probe.model.connector import RootList
from connector_probe.model.evidence import ConnectorEvidence
from connector_probe.network import SystemNetwork
from connector_probe.network.system import SocketStream
from connector_probe.probing.fleet import TrustOf, gather_all
from connector_probe.probing.prober import Prober
from connector_probe.probing.sharing import AT_ONE_ADDRESS
from connector_probe.probing.work_slots import WorkSlots
from connector_probe.trust import Trust


class Server:
    """Speaks SMTP without TLS on loopback, and counts its visitors."""

    def __init__(self) -> None:
        self.met = self.here = self.most_here = 0
        self.crowded = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        self.here += 1
        self.most_here = max(self.most_here, self.here)
        if self.here == AT_ONE_ADDRESS:
            self.crowded.set()
        await self.greet()
        writer.write(b"220 ready\r\n")
        while await reader.readline():
            writer.write(b"250 fine\r\n")
        self.here -= 1
        writer.close()

    async def greet(self) -> None:
        """When to greet: at once."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


class Crowd(Server):
    """Greets nobody before as many are here as may be."""

    async def greet(self) -> None:
        await self.crowded.wait()


@contextmanager
def dead_port() -> Iterator[int]:
    """A port on loopback that leaves a SYN unanswered: its backlog is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        port = listener.getsockname()[1]
        assert isinstance(port, int)
        yield port


def connector(port: int, **more: object) -> Connector:
    asked: dict[str, object] = {"smart_hosts": [f"127.0.0.1:{port}"], "control": (), "tls": TlsSettings.OPPORTUNISTIC}
    return Connector(**{**asked, **more})  # type: ignore[arg-type]


async def test_one_meeting_is_evidence_for_every_connector_and_judged_for_each() -> None:
    async with Server().running() as server:
        asked = [
            connector(server.port, name="flows"),
            connector(server.port, name="insists", tls=TlsSettings.ENCRYPTION_ONLY),
            connector(server.port, name="by name", tls=TlsSettings.DOMAIN_VALIDATION, tls_domain="*.contoso.com"),
            connector(server.port, name="introduces itself", helo="probe.contoso.com"),
        ]
        report = await probe_all(asked)
        assert server.met == 2
    assert [result.name for result in report.results] == ["flows", "insists", "by name", "introduces itself"]
    classes = [result.attempts[0].class_ for result in report.results]
    assert classes == [None, *[FailureClass.STARTTLS_NOT_OFFERED] * 2, None]


async def test_names_share_a_meeting_only_with_the_name_that_is_asked_for() -> None:
    """The server's name goes into the handshake, so it is part of the meeting; the TlsDomain is not."""
    async with Lab.start(["healthy"]) as lab:
        one = lab.connector("healthy")
        trust = {one.trusts: Trust(*one.trusts)}
        found: dict[int, ConnectorEvidence] = {}
        again = replace(one, name="again", tls_domain="other.contoso.com")
        await gather_all([one, again], trust, SystemNetwork(), JUDGE, on_evidence=found.__setitem__)
    assert found[0].attempts[0].handshake is found[1].attempts[0].handshake is not None
    assert found[0].attempts[0].resolution is not found[1].attempts[0].resolution


async def test_a_host_that_was_not_reached_is_not_called_again_in_other_words() -> None:
    with dead_port() as port:
        asked = [connector(port, helo=f"{name}.contoso.com", connect_timeout=0.3) for name in "abcdef"]
        report = await probe_all(asked)
    met = {id(result.evidence.attempts[0].connection) for result in report.results}
    assert len(met) <= AT_ONE_ADDRESS
    assert {result.attempts[0].class_ for result in report.results} == {FailureClass.TCP_TIMEOUT}


async def test_one_address_is_met_by_few_at_the_same_time() -> None:
    async with Crowd().running() as server:
        asked = [connector(server.port, helo=f"{name}.contoso.com") for name in "abcdef"]
        report = await probe_all(asked)
        assert (server.met, server.most_here) == (len(asked), AT_ONE_ADDRESS)
    assert report.summary.healthy + report.summary.warning == len(asked)


async def test_connections_of_one_connector_come_one_after_another_and_are_all_made() -> None:
    async with Server().running() as server:
        await probe_all([connector(server.port, connections=4), connector(server.port, name="again", connections=2)])
        assert (server.met, server.most_here) == (4, 1)


async def test_a_dead_host_keeps_no_place() -> None:
    """One job, three dead hosts in front: the healthy one behind them is done while they are still waited for."""
    done: dict[int, ConnectorEvidence] = {}
    stop = asyncio.Event()

    def on_evidence(number: int, evidence: ConnectorEvidence) -> None:
        done[number] = evidence
        if number == 3:
            assert set(done) == {3}
            stop.set()

    with ExitStack() as stack:
        dead = [stack.enter_context(dead_port()) for _ in range(3)]
        async with Server().running() as server:
            asked = [connector(port, connect_timeout=600, deadline=600) for port in (*dead, server.port)]
            trust: TrustOf = {(RootList.MICROSOFT, None, False): Trust()}
            async with asyncio.timeout(60):
                await gather_all(
                    asked, trust, SystemNetwork(), JUDGE, jobs=1, slot_time=0.01, stop=stop, on_evidence=on_evidence
                )
    assert [done[number].attempts[0].stopped for number in range(4)] == [True, True, True, False]


class LaterNetwork(SystemNetwork):
    """Loopback, on a clock that a test can put forward; ``heard`` once something has come for one who waits."""

    def __init__(self) -> None:
        self.later = 0.0
        self.heard = asyncio.Event()

    def now(self) -> float:
        return super().now() + self.later

    async def connect(self, address: str, port: int, source: str | None, limit: float) -> SocketStream:
        stream, heard = await super().connect(address, port, source, limit), self.heard

        class Listened(SocketStream):
            def when_readable(self, callback: Callable[[], None]) -> None:
                def arrived() -> None:
                    callback()
                    heard.set()

                super().when_readable(arrived)

        stream.__class__ = Listened
        return stream


class Occupied(Server):
    """Greets when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def greet(self) -> None:
        await self.let.wait()


async def test_a_greeting_is_as_old_as_it_is_whoever_had_to_wait() -> None:
    """One job: the second server greets at once while the first is waited for, half a minute. Each is as it was."""
    network, found = LaterNetwork(), dict[int, ConnectorEvidence]()
    async with Occupied().running() as slow, Server().running() as quick:
        asked = [connector(slow.port), connector(quick.port)]
        trust: TrustOf = {(RootList.MICROSOFT, None, False): Trust()}
        run = gather_all(asked, trust, network, JUDGE, jobs=1, slot_time=600, on_evidence=found.__setitem__)
        running = asyncio.ensure_future(run)
        async with asyncio.timeout(60):
            await network.heard.wait()
            network.later = 30.0
            slow.let.set()  # type: ignore[attr-defined]
            await running
    greetings = [found[number].attempts[0].banner for number in range(2)]
    assert [one is not None and one.seconds >= 30 for one in greetings] == [True, False]


async def test_a_silent_server_keeps_its_place_only_for_a_while() -> None:
    """One job: the server in front greets once the other has been probed."""
    found = dict[int, ConnectorEvidence]()
    async with Occupied().running() as slow, Server().running() as quick:

        def on_evidence(number: int, evidence: ConnectorEvidence) -> None:
            found[number] = evidence
            slow.let.set()  # type: ignore[attr-defined]

        asked = [connector(slow.port, timeout=3), connector(quick.port)]
        trust: TrustOf = {(RootList.MICROSOFT, None, False): Trust()}
        async with asyncio.timeout(30):
            await gather_all(asked, trust, SystemNetwork(), JUDGE, jobs=1, slot_time=0.01, on_evidence=on_evidence)
    banner = found[0].attempts[0].banner
    assert banner is not None
    assert banner.reply is not None


async def test_a_run_that_is_stopped_tells_what_it_knows() -> None:
    stop, told = asyncio.Event(), list[Result]()

    def on_result(result: Result) -> None:
        told.append(result)
        stop.set()

    with dead_port() as port:
        async with Server().running() as server:
            asked = [connector(port, name="dead", connect_timeout=600), connector(server.port, name="alive")]
            async with asyncio.timeout(60):
                report = await probe_all(asked, stop=stop, on_result=on_result)
    assert [one.name for one in told] == ["alive", "dead"]
    assert [(one.name, one.status) for one in report.results] == [("dead", Status.UNKNOWN), ("alive", Status.WARNING)]
    diagnosis = report.results[0].diagnosis
    assert diagnosis is not None
    assert (diagnosis.class_, diagnosis.code) == (FailureClass.LOCAL_INTERRUPTED, None)
    saved = diagnose_again(read_report(json_format.render(report, RenderOptions())))
    assert [one.diagnosis for one in saved.results] == [one.diagnosis for one in report.results]


async def test_a_run_that_is_cancelled_leaves_nothing_behind() -> None:
    """As by asyncio.timeout in a program of the library's: asyncio prints what nobody took up."""
    printed = list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: printed.append(context["message"]))
    with dead_port() as port:
        run = asyncio.create_task(probe_all([connector(port, connect_timeout=600)], stop=asyncio.Event()))
        await asyncio.sleep(0.1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    del run
    for _ in range(2):
        await asyncio.sleep(0)
        gc.collect()
    assert printed == []


async def test_where_no_thread_can_be_had_a_probe_needs_none() -> None:
    """What TLS needs is loaded beside the server's waits, else when it is needed."""
    closed = ThreadPoolExecutor()
    closed.shutdown()
    asyncio.get_running_loop().set_default_executor(closed)
    async with Server().running() as server:
        report = await probe_all([connector(server.port)])
    assert report.results[0].evidence.attempts[0].ehlo is not None


async def test_a_second_look_is_not_lost_to_one_who_shares() -> None:
    """The last of several connections looks again; a connector that makes only one has to look again in that one."""
    async with Lab.start(["healthy"]) as lab:
        thrice = lab.connector("healthy", name="thrice", connections=3, thorough=True)
        once = replace(thrice, name="once", connections=1)
        report = await probe_all([thrice, once])
    looks = [[bool(one.second_looks) for one in result.evidence.attempts] for result in report.results]
    assert looks == [[False, False, True], [True]]


async def test_a_closed_prober_leaves_nothing_running() -> None:
    """A nameserver that answers nobody keeps the look-ups for DANE and MTA-STS waiting; nobody waits for those then."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        connector = Connector(use_mx="contoso.test", nameservers=[f"127.0.0.1#{silent.getsockname()[1]}"])
        before = asyncio.all_tasks()
        prober = Prober(SystemNetwork(), JUDGE, WorkSlots(1), None, 1, lambda _: True)
        gathering = asyncio.create_task(prober.gather(connector, Trust()))
        loop = asyncio.get_running_loop()
        silent.setblocking(False)
        for _ in range(3):  # the domain's MX, once more with DNSSEC, and the record of MTA-STS
            await loop.sock_recv(silent, 512)
        gathering.cancel()
        prober.close()
        left = asyncio.all_tasks() - before
        await asyncio.wait(left)
        assert all(one.cancelled() for one in left)
