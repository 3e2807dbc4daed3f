"""The lab's nameserver, asked with dnspython and with plain datagrams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
import pytest_asyncio

from connector_probe.lab import Lab

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start() as running:
        yield running


def _port(lab: Lab) -> int:
    return int(lab.nameserver.partition("#")[2])


async def ask(
    lab: Lab, name: str, rdtype: str = "A", *, tcp: bool = False, edns: int = 0, limit: float = 5
) -> dns.message.Message:
    message = dns.message.make_query(name, rdtype, use_edns=edns)
    call = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await call(message, "127.0.0.1", limit, port=_port(lab))


async def records(lab: Lab, name: str, rdtype: str = "A") -> list[str]:
    answer = (await ask(lab, name, rdtype)).answer
    return [text.to_text() for rrset in answer if rrset.rdtype == dns.rdatatype.from_text(rdtype) for text in rrset]


@pytest.mark.parametrize(
    ("name", "rdtype", "expected"),
    [
        ("healthy.lab.test.", "A", ["127.0.0.1"]),
        ("HeALthy.LAB.tESt.", "A", ["127.0.0.1"]),
        ("healthy.lab.test.", "AAAA", []),
        ("dns-cname.lab.test.", "A", ["127.0.0.1"]),
        ("dns-cname-hostile.lab.test.", "A", ["127.0.0.1"]),
        ("mx.lab.test.", "MX", ["10 mail.mx.lab.test."]),
        ("mx.lab.test.", "A", []),
        ("mx-null.lab.test.", "MX", ["0 ."]),
        (".", "NS", ["a.root-servers.lab.test."]),
        (".", "A", []),
    ],
)
async def test_good_answers(lab: Lab, name: str, rdtype: str, expected: list[str]) -> None:
    message = await ask(lab, name, rdtype)
    assert message.rcode() == dns.rcode.NOERROR
    assert await records(lab, name, rdtype) == expected


async def test_several_addresses(lab: Lab) -> None:
    if "one-address-refused" in lab.skipped:
        pytest.skip(lab.skipped["one-address-refused"])
    assert sorted(await records(lab, "one-address-refused.lab.test.")) == ["127.0.0.1", "127.0.0.2"]


@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        ("dns-nxdomain.lab.test.", dns.rcode.NXDOMAIN),
        ("nobody.lab.test.", dns.rcode.NXDOMAIN),
        ("www.elsewhere.test.", dns.rcode.NXDOMAIN),
        ("dns-cname-dangling.lab.test.", dns.rcode.NXDOMAIN),
        ("dns-no-address.lab.test.", dns.rcode.NOERROR),
        ("dns-servfail.lab.test.", dns.rcode.SERVFAIL),
        ("dns-refused.lab.test.", dns.rcode.REFUSED),
        ("dns-no-edns.lab.test.", dns.rcode.FORMERR),
    ],
)
async def test_codes(lab: Lab, name: str, rcode: dns.rcode.Rcode) -> None:
    for tcp in (False, True):
        message = await ask(lab, name, tcp=tcp)
        assert message.rcode() == rcode
        assert not [rrset for rrset in message.answer if rrset.rdtype == dns.rdatatype.A]


async def test_without_edns_it_works(lab: Lab) -> None:
    message = await ask(lab, "dns-no-edns.lab.test.", edns=-1)
    assert message.answer[0][0].to_text() == "127.0.0.1"


async def test_hostile_bytes_are_sent_as_they_are(lab: Lab) -> None:
    alias = (await ask(lab, "dns-cname-hostile.lab.test.")).answer[0][0]
    assert b"\x1b[2J\x07\x00" in alias.target.labels[0]


async def test_aliases_that_do_not_end_well(lab: Lab) -> None:
    loop = await ask(lab, "dns-cname-loop.lab.test.")
    assert {rrset.name.labels[0] for rrset in loop.answer} == {b"dns-cname-loop", b"back"}
    assert (await ask(lab, "dns-cname-long.lab.test.", edns=-1)).flags & dns.flags.TC  # too much for 512 octets
    assert len((await ask(lab, "dns-cname-long.lab.test.", tcp=True)).answer) == 41


async def test_truncation(lab: Lab) -> None:
    for name in ("dns-truncated", "dns-truncated-tcp"):
        message = await ask(lab, f"{name}.lab.test.")
        assert message.flags & dns.flags.TC
        assert not message.answer
    assert (await ask(lab, "dns-truncated-tcp.lab.test.", tcp=True)).answer
    with pytest.raises(EOFError):
        await ask(lab, "dns-truncated.lab.test.", tcp=True)


async def test_silence(lab: Lab) -> None:
    with pytest.raises(dns.exception.Timeout):
        await ask(lab, "dns-silent.lab.test.", limit=0.2)


async def test_answers_that_do_not_belong(lab: Lab) -> None:
    wrong_id = dns.message.from_wire(await _raw(lab, "dns-wrong-id.lab.test.", 4711))
    assert wrong_id.id != 4711
    wrong_question = dns.message.from_wire(await _raw(lab, "dns-wrong-question.lab.test.", 4711))
    assert wrong_question.id == 4711
    assert wrong_question.question[0].name.to_text() == "other.lab.test."
    malformed = await _raw(lab, "dns-malformed.lab.test.", 4711)
    assert int.from_bytes(malformed[:2], "big") == 4711
    with pytest.raises(dns.exception.DNSException):
        dns.message.from_wire(malformed)


async def test_what_is_no_question_is_ignored(lab: Lab) -> None:
    with pytest.raises(TimeoutError):
        await _exchange(_port(lab), b"not a DNS message at all", 0.2)


async def test_dead_nameservers(lab: Lab) -> None:
    question = dns.message.make_query("healthy.lab.test.", "A").to_wire()
    with pytest.raises(TimeoutError):
        await _exchange(_port_of(lab, "nameserver-silent"), question, 0.2)
    with pytest.raises(ConnectionRefusedError):
        await _exchange(_port_of(lab, "nameserver-closed"), question, 2)


def _port_of(lab: Lab, scenario: str) -> int:
    return int(lab.connector(scenario).nameservers[0].partition("#")[2])


async def _raw(lab: Lab, name: str, number: int) -> bytes:
    return await _exchange(_port(lab), dns.message.make_query(name, "A", id=number).to_wire(), 5)


async def _exchange(port: int, data: bytes, limit: float) -> bytes:
    """One datagram there and one back, without any judgement."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes] = loop.create_future()

    class Once(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            if not answered.done():
                answered.set_result(data)

        def error_received(self, exc: Exception) -> None:
            if not answered.done():
                answered.set_exception(exc)

    transport, _ = await loop.create_datagram_endpoint(Once, remote_addr=("127.0.0.1", port))
    try:
        transport.sendto(data)
        return await asyncio.wait_for(answered, limit)
    finally:
        transport.close()
