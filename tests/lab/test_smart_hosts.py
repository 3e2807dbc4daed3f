"""MX records of a smart host that has addresses: looked up beside the conversation, and never in its way."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import shlex
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import dns.message
import dns.rrset
import pytest

from connector_probe.api import probe_all
from connector_probe.cli.app import run
from connector_probe.lab import SCENARIOS, Lab, obstacle
from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import AttemptEvidence, Lookup, LookupStatus, MxBeside, Resolution
from connector_probe.model.verdict import FailureClass, Report, Status
from connector_probe.network import SystemNetwork
from connector_probe.stages.mx_beside import MAX_HOSTS, MxRecordsBeside, Pending, with_mx_beside
from connector_probe.stages.resolve import Resolver

ELSEWHERE = "smart-host-mx-elsewhere"
HOST, MX, ADDRESS, OTHER = "contoso.test", "mx.contoso.test", "127.0.0.1", "127.0.0.9"
needs_two_addresses = pytest.mark.skipif(
    any(one.name == ELSEWHERE and obstacle(one) is not None for one in SCENARIOS),
    reason="needs a second loopback address",
)


@needs_two_addresses
def test_what_led_there_is_told(reports: dict[str, Report]) -> None:
    (warning,) = reports[ELSEWHERE].results[0].warnings
    assert warning.id == ELSEWHERE
    assert "mx.smart-host-mx-elsewhere.lab.test [127.0.0.2]" in warning.text
    (warning,) = reports["smart-host-mx"].results[0].warnings
    assert warning.id == "smart-host-by-mx"
    assert "TlsDomain" not in warning.text


async def test_a_server_reached_by_mx_may_carry_its_own_name() -> None:
    """Unless another name was asked for: the smart host's is only what is taken for TlsDomain by default."""
    name = "smart-host-mx-own-name"
    async with Lab.start([name]) as lab:
        asked = lab.connector(name, name="plain"), lab.connector(name, tls_domain=f"{name}.lab.test")
        plain, named = (await probe_all(asked)).results
    (warning,) = plain.warnings
    assert (plain.status, warning.id) == (Status.WARNING, "smart-host-by-mx")
    assert f"TlsDomain must be mx.{name}.lab.test" in warning.text
    assert named.diagnosis is not None
    assert named.diagnosis.class_ is FailureClass.CERTIFICATE_NAME_MISMATCH
    assert "TlsDomain must" not in named.warnings[0].text


@needs_two_addresses
async def test_the_command_that_is_given_along_works() -> None:
    """As it stands in the text; only the laboratory's own root has to be added."""
    async with Lab.start([ELSEWHERE]) as lab:
        result = (await probe_all([lab.connector(ELSEWHERE, name="")])).results[0]
        told = re.search(r"probe (--mx .*)", result.warnings[0].text)
        assert told is not None
        added = ["--ca-file", lab.ca_file, "--only-ca-file", "--no-control"]
        out = io.StringIO()

        def command() -> int:
            with contextlib.redirect_stdout(out):
                return run([*shlex.split(told[1]), *added, "--json"])

        assert await asyncio.to_thread(command) == 0
    (attempt,) = json.loads(out.getvalue())["results"][0]["attempts"]
    assert (attempt["address"], attempt["status"]) == ("127.0.0.2", "healthy")


@needs_two_addresses
async def test_the_same_name_as_a_smart_host_and_as_a_domain() -> None:
    """In one run, that shares what it looks up."""
    async with Lab.start([ELSEWHERE]) as lab:
        host = lab.connector(ELSEWHERE, name="host")
        domain = replace(host, name="domain", smart_hosts=(), use_mx=lab[ELSEWHERE].host)
        found = {result.name: result for result in (await probe_all([host, domain])).results}
    assert [one.address for one in found["host"].attempts] == ["127.0.0.1"]
    assert [one.id for one in found["host"].warnings] == [ELSEWHERE]
    assert [one.address for one in found["domain"].attempts] == ["127.0.0.2"]
    assert found["domain"].warnings == ()


# --- the look itself, at a nameserver that answers when it is told to -------------------------------------------


@dataclass
class LabNameserver(asyncio.DatagramProtocol):
    """Answers with ``records``, by name and type; what is not among them is held back."""

    records: dict[tuple[str, str], Sequence[str]]
    asked: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)
    held: list[tuple[dns.message.Message, tuple[str, str], tuple[str | object, int]]] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = (question.name.to_text(omit_final_dot=True), question.rdtype.name)
        if key in self.records:
            self._answer(query, key, addr)
        else:
            self.held.append((query, key, addr))
        self.asked.put_nowait(key)

    def catch_up(self) -> None:
        """Answer what was held back and is among ``records`` now."""
        for query, key, addr in self.held:
            if key in self.records:
                self._answer(query, key, addr)

    def _answer(self, query: dns.message.Message, key: tuple[str, str], addr: tuple[str | object, int]) -> None:
        assert self.transport is not None
        response = dns.message.make_response(query)
        if self.records[key]:
            name = query.question[0].name
            response.answer.append(dns.rrset.from_text(name, 60, "IN", key[1], *self.records[key]))
        self.transport.sendto(response.to_wire(), addr)


@contextlib.asynccontextmanager
async def resolver_of(nameserver: LabNameserver, patience: float = 60.0) -> AsyncIterator[Resolver]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: nameserver, local_addr=(ADDRESS, 0)
    )
    port = transport.get_extra_info("sockname")[1]
    resolver = Resolver(SystemNetwork(), [f"{ADDRESS}#{port}"], given=True, patience=patience)
    try:
        yield resolver
    finally:
        resolver.close()
        transport.close()


def attempt() -> AttemptEvidence:
    """At a smart host whose address was known at once: nothing is waited for then."""
    lookup = Lookup(HOST, "A", LookupStatus.ANSWER, (ADDRESS,))
    return AttemptEvidence(HOST, ADDRESS, 25, Resolution(HOST, (ADDRESS,), (lookup,)))


@contextlib.asynccontextmanager
async def look_at(
    nameserver: LabNameserver, family: AddressFamily = AddressFamily.BOTH, *, patience: float = 60.0
) -> AsyncIterator[Pending]:
    beside = MxRecordsBeside()
    async with resolver_of(nameserver, patience) as resolver:
        try:
            yield beside.begin([attempt().resolution], resolver, family)
        finally:
            beside.close()


async def found_by(look: Pending) -> MxBeside | None:
    (one,) = await with_mx_beside([attempt()], look)
    return one.resolution.mx_beside


KNOWN: dict[tuple[str, str], Sequence[str]] = {
    (HOST, "MX"): [f"10 {MX}."],
    (MX, "AAAA"): [],
    (MX, "A"): [OTHER],
}


async def test_addresses_behind_the_mx_are_found() -> None:
    async with look_at(LabNameserver(KNOWN)) as look:
        await asyncio.wait(look.values())
        found = await found_by(look)
    assert found is not None
    assert found.lookup.records == (f"10 {MX}",)
    assert [(one.rdtype, one.records) for one in found.hosts] == [("AAAA", ()), ("A", (OTHER,))]


async def test_what_the_mx_leads_to_is_waited_for() -> None:
    """Else it would be the luck of a run whether there is a warning, and cron would tell of each change."""
    nameserver = LabNameserver({})
    async with look_at(nameserver, AddressFamily.IPV4) as look:
        waiting = asyncio.create_task(found_by(look))
        for wanted in ((HOST, "MX"), (MX, "A")):
            assert await nameserver.asked.get() == wanted
            assert not waiting.done()
            nameserver.records[wanted] = KNOWN[wanted]
            nameserver.catch_up()
        found = await waiting
    assert found is not None
    assert [one.records for one in found.hosts] == [(OTHER,)]


async def test_what_is_known_counts_where_the_rest_is_silent() -> None:
    nameserver = LabNameserver({key: said for key, said in KNOWN.items() if key[1] != "AAAA"})
    async with look_at(nameserver, patience=0.2) as look:
        found = await found_by(look)
    assert found is not None
    assert [one.records for one in found.hosts] == [(), (OTHER,)]


async def test_nobody_goes_on_looking_when_the_run_is_over() -> None:
    nameserver = LabNameserver({})
    async with look_at(nameserver) as look:
        await nameserver.asked.get()
        pending = look.values()
    await asyncio.wait(pending)
    assert all(one.cancelled() for one in pending)


@pytest.mark.parametrize("records", [[], ["0 ."]], ids=["none", "null"])
async def test_no_mx_leads_nowhere(records: list[str]) -> None:
    nameserver = LabNameserver({(HOST, "MX"): records})
    async with look_at(nameserver) as look:
        await asyncio.wait(look.values())
        assert await found_by(look) is None
    assert nameserver.asked.qsize() == 1


async def test_a_zone_with_many_mx_records_makes_no_more_questions() -> None:
    names = [f"mx{number}.contoso.test" for number in range(20)]
    records: dict[tuple[str, str], Sequence[str]] = {(name, kind): [] for name in names for kind in ("A", "AAAA")}
    records[HOST, "MX"] = [f"{number} {name}." for number, name in enumerate(names)]
    nameserver = LabNameserver(records)
    async with look_at(nameserver) as look:
        await asyncio.wait(look.values())
        found = await found_by(look)
    assert found is not None
    assert {one.name for one in found.hosts} == set(names[:MAX_HOSTS])
    assert nameserver.asked.qsize() == 1 + 2 * MAX_HOSTS


async def test_only_the_family_that_is_probed_is_asked_for() -> None:
    nameserver = LabNameserver(KNOWN)
    async with look_at(nameserver, AddressFamily.IPV4) as look:
        await asyncio.wait(look.values())
    assert [nameserver.asked.get_nowait() for _ in range(nameserver.asked.qsize())] == [(HOST, "MX"), (MX, "A")]
