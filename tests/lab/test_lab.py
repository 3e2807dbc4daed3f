"""The lab itself, seen with plain sockets, the standard library's TLS and dnspython: does it do what it declares?"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import smtplib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509

from connector_probe.lab import SCENARIOS, Lab, LabError, obstacle
from connector_probe.lab.smtp import Listener, Visit
from connector_probe.lab.sockets import bind
from connector_probe.model.names import parse_smart_host
from connector_probe.model.verdict import FailureClass, Status
from tests.lab.wire import certificate_error, connect, dial, hear, shake, starttls

F = FailureClass
NOT_ON_LOOPBACK = {
    F.TCP_UNREACHABLE: "needs a router that answers with ICMP",
    F.LOCAL_NO_ROUTE: "needs a machine without a route",
    F.LOCAL_NOT_PERMITTED: "needs a local firewall, so root",
    F.LOCAL_PORT_BLOCKED: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_GATEWAY: "needs a link with a silent gateway",
    F.LOCAL_FIRST_HOP: "needs a gateway that answers with ICMP",
    F.LOCAL_NAMESERVER_CUT_OFF: "is concluded of this machine's own nameservers only",
    F.LOCAL_OFFLINE: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_IPV6: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_INTERCEPTED: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_STARTTLS_STRIPPED: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_TLS_STALLED: "is concluded only for port 25 of an address beyond loopback",
    F.LOCAL_DEADLINE: "is a matter of the limits that a probe is given; tests/lab/test_limits.py",
    F.LOCAL_INTERRUPTED: "needs a run that is stopped; tests/lab/test_fleet.py",
    F.LOCAL_RESOURCES: "needs this process to run out of sockets",
    F.LOCAL_NO_NAMESERVER: "needs a machine without nameservers; a connector cannot say so",
}
RUNNABLE = [one for one in SCENARIOS if obstacle(one) is None]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start() as running:
        yield running


# --- the registry ------------------------------------------------------------------------------------------------


async def test_there_are_enough_and_none_twice() -> None:
    names = [one.name for one in SCENARIOS]
    assert len(names) >= 75
    assert len(set(names)) == len(names)


async def test_scenarios_are_well_formed() -> None:
    for scenario in SCENARIOS:
        name = scenario.name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert parse_smart_host(scenario.host).host == scenario.host
        assert scenario.summary.isprintable()
        assert len(name) + len(scenario.summary) < 140
        fails = scenario.expect_status in (Status.FAILING, Status.UNKNOWN)
        assert (scenario.expect_class is not None) == fails, name
        assert scenario.expect_code is None or scenario.expect_status is Status.FAILING
        assert all(ipaddress.ip_address(server.address).is_loopback for server in scenario.servers)
        if (scenario.expect_class or "").startswith("certificate-"):
            assert scenario.expect_class is F.of_certificate(scenario.expect_problems[0])


async def test_every_class_that_loopback_can_show_is_shown() -> None:
    shown = {one.expect_class for one in SCENARIOS}
    assert set(F) - shown == set(NOT_ON_LOOPBACK)


# --- start and stop ----------------------------------------------------------------------------------------------


async def test_all_start_and_leave_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with Lab.start() as lab:
        assert [one.scenario for one in lab.running] == RUNNABLE
        assert set(lab.skipped) == {one.name for one in SCENARIOS} - {one.name for one in RUNNABLE}
        ca_file = Path(lab.ca_file)
        assert x509.load_pem_x509_certificate(await asyncio.to_thread(ca_file.read_bytes))
        reader, writer = await connect(lab, "healthy")  # in the middle of a conversation when the lab ends
        await hear(reader)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert asyncio.all_tasks() <= before
    assert not await asyncio.to_thread(ca_file.exists)
    with pytest.raises(ConnectionRefusedError):
        await connect(lab, "healthy")


async def test_each_says_how_to_probe_it(lab: Lab) -> None:
    for scenario in RUNNABLE:
        connector = lab.connector(scenario.name, timeout=7)
        assert connector.port == lab[scenario.name].port
        assert connector.timeout == 7
        assert connector.control == ()
        assert all(text.startswith("127.0.0.1#") for text in connector.nameservers)
        assert connector.only_ca_file
        assert connector.ca_file == lab.ca_file


async def test_unknown_names_are_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="no scenario 'nonesuch'"):
        async with Lab.start(["nonesuch"]):
            pass
    async with Lab.start(["refused"]) as small:
        assert [one.scenario.name for one in small.running] == ["refused"]
        with pytest.raises(LabError, match="does not run"):
            small.connector("healthy")


async def test_a_mistake_in_a_behaviour_is_not_lost() -> None:
    async def mistaken(visit: Visit) -> None:
        raise ZeroDivisionError

    async def no_tls() -> ssl.SSLContext:
        raise NotImplementedError

    sock = bind("127.0.0.1")
    sock.listen()
    listener = Listener(sock, mistaken, "", no_tls)  # type: ignore[arg-type]
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ZeroDivisionError):
        await listener.stop()


# --- TCP and SMTP on the wire ------------------------------------------------------------------------------------


async def test_a_healthy_session(lab: Lab) -> None:
    def talk() -> str:
        running = lab["healthy"]
        with smtplib.SMTP("127.0.0.1", running.port, local_hostname="client.lab.test", timeout=5) as smtp:
            smtp._host = running.host  # type: ignore[attr-defined]  # what TLS verifies
            smtp.starttls(context=ssl.create_default_context(cafile=lab.ca_file))
            smtp.ehlo()
            assert not smtp.has_extn("starttls")
            assert smtp.docmd("MAIL", "FROM:<>")[0] == 250
            assert isinstance(smtp.sock, ssl.SSLSocket)
            return smtp.sock.version() or ""

    assert await asyncio.to_thread(talk) == "TLSv1.3"
    assert [line.split()[0].upper() for line in lab["healthy"].received["127.0.0.1"]][-5:] == [
        b"EHLO",
        b"STARTTLS",
        b"EHLO",
        b"MAIL",
        b"QUIT",
    ]


async def test_refused_is_refused(lab: Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        await connect(lab, "refused")


@pytest.mark.skipif("no-answer" not in {one.name for one in RUNNABLE}, reason="only Linux ignores a SYN so")
async def test_a_full_backlog_does_not_answer(lab: Lab) -> None:
    for _ in range(2):  # and asking does not make room
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connect(lab, "no-answer"), 0.3)


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("accept-reset", []),
        ("ehlo-reset", ["EHLO x"]),
        ("starttls-reset", ["EHLO x", "STARTTLS"]),
    ],
)
async def test_a_reset_is_a_reset(lab: Lab, name: str, commands: list[str]) -> None:
    reader, writer = await connect(lab, name)
    with pytest.raises(ConnectionResetError):
        await dial(reader, writer, commands)
    writer.close()


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("accept-closed", []),
        ("banner-cut", []),
        ("banner-then-closed", ["EHLO x"]),
        ("ehlo-closed", ["EHLO x"]),
        ("ehlo-cut", ["EHLO x"]),
        ("starttls-closed", ["EHLO x", "STARTTLS"]),
        ("tls-closed", ["EHLO x", "STARTTLS", "\x16\x03\x01 not quite a ClientHello"]),
    ],
)
async def test_a_close_is_no_reset(lab: Lab, name: str, commands: list[str]) -> None:
    reader, writer = await connect(lab, name)
    assert (await dial(reader, writer, commands)).endswith(b"<end>")
    writer.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("banner-multi-line", rb"220-[^\n]+\r\n220-[^\n]+\r\n220 [^\n]+\r\n"),
        ("banner-421", rb"421 [^\n]+\r\n<end>"),
        ("banner-554", rb"554 [^\n]+\r\n<end>"),
        ("banner-550-connection-refused", rb"550-[^\n]+Connection refused[^\n]+\r\n550 [^\n]+\r\n<end>"),
        ("banner-escapes", rb"220 .*\x1b\[2J.*\r\n"),
        ("banner-bare-lf", rb"220 [^\r\n]+\n"),
        ("masked-by-firewall", rb"220 \*{60}\r\n"),
        ("banner-http", rb"HTTP/1\.1 400 "),
        ("banner-ssh", rb"SSH-2\.0-"),
    ],
)
async def test_banners(lab: Lab, name: str, expected: bytes) -> None:
    reader, writer = await connect(lab, name)
    assert re.match(expected, await dial(reader, writer, []), re.DOTALL)
    writer.close()


@pytest.mark.parametrize("name", ["banner-silent", "implicit-tls", "ehlo-silent", "starttls-silent", "tls-silent"])
async def test_silence(lab: Lab, name: str) -> None:
    reader, writer = await connect(lab, name)
    commands = {"ehlo-silent": ["EHLO x"], "starttls-silent": ["EHLO x", "STARTTLS"]}.get(name, [])
    if name == "tls-silent":
        commands = ["EHLO x", "STARTTLS", "hello"]
    with pytest.raises(TimeoutError):
        await dial(reader, writer, commands, limit=0.2)
    writer.close()


async def test_endless_lines_do_not_end(lab: Lab) -> None:
    for name in ("banner-endless-line", "banner-endless-lines"):
        reader, writer = await connect(lab, name)
        assert len(await asyncio.wait_for(reader.readexactly(1_000_000), 5)) == 1_000_000
        writer.close()


async def test_retrying_helps_where_it_should(lab: Lab) -> None:
    codes = []
    for _ in range(4):
        reader, writer = await connect(lab, "retry-clears")
        codes.append((await dial(reader, writer, []))[:3])
        writer.close()
    assert codes == [b"421", b"220", b"421", b"220"]


async def test_the_masked_server_hides_starttls(lab: Lab) -> None:
    reader, writer = await connect(lab, "masked-by-firewall")
    reply = await dial(reader, writer, ["EHLO x"])
    assert b"250 XXXXXXXA\r\n" in reply
    assert b"STARTTLS" not in reply
    writer.close()


# --- TLS on the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tls12-only", ("TLSv1.2", "ECDHE-RSA-")),
        ("tls13-only", ("TLSv1.3", "TLS_")),
        ("tls10", ("TLSv1", "")),
        ("tls11", ("TLSv1.1", "")),
        ("tls-cipher", ("TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305")),
        ("tls-cipher-dhe", ("TLSv1.2", "DHE-RSA-AES256-GCM-SHA384")),
        ("certificate-elliptic", ("TLSv1.3", "TLS_")),
        ("client-certificate-optional", ("TLSv1.3", "TLS_")),
        ("certificate-unparseable", ("TLSv1.3", "TLS_")),
        ("certificate-weak-key", ("TLSv1.3", "TLS_")),
        ("certificate-weak-signature", ("TLSv1.3", "TLS_")),
    ],
)
async def test_handshakes(lab: Lab, name: str, expected: tuple[str, str]) -> None:
    version, cipher = await shake(lab, name)
    assert version == expected[0]
    assert cipher.startswith(expected[1])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tls-alert", "HANDSHAKE_FAILURE"),
        ("tls-alert-internal", "INTERNAL_ERROR"),
        ("tls-plaintext", "WRONG_VERSION|PACKET_LENGTH|RECORD_LAYER|UNEXPECTED"),
        ("tls-garbage", "WRONG_VERSION|PACKET_LENGTH|RECORD_LAYER|UNEXPECTED"),
        ("tls-broken-record", ""),
        ("tls-flood", ""),
        ("client-certificate-tls12", "HANDSHAKE_FAILURE"),
        ("client-certificate-tls13", "CERTIFICATE_REQUIRED"),
    ],
)
async def test_broken_handshakes(lab: Lab, name: str, words: str) -> None:
    with pytest.raises(ssl.SSLError) as caught:
        await shake(lab, name)
    assert re.search(words, (caught.value.reason or "").upper()), caught.value.reason


async def test_cuts_within_the_handshake(lab: Lab) -> None:
    for name in ("tls-cut", "tls-closed-at-once"):
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            await shake(lab, name)
    for name in ("tls-reset", "tls-cut-reset"):
        with pytest.raises(ConnectionResetError):
            await shake(lab, name)


async def test_injected_plaintext_comes_with_the_220(lab: Lab) -> None:
    reader, writer = await connect(lab, "starttls-injection")
    assert b"220 2.0.0 Ready to start TLS\r\n250 injected\r\n" in await dial(reader, writer, ["EHLO x", "STARTTLS"])
    writer.close()


# X509_V_ERR_* of OpenSSL's x509_vfy.h, as the standard library's verification meets them; None: it has no objection.
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("healthy", {None}),
        ("certificate-wildcard", {None}),
        ("certificate-long-chain", {None}),
        ("certificate-wrong-order", {None}),
        ("certificate-with-root", {None}),
        ("certificate-hostile-subject", {None}),
        ("certificate-expires-soon", {None}),
        ("certificate-expired", {10}),
        ("certificate-not-yet-valid", {9}),
        ("certificate-issuer-expired", {10}),
        ("certificate-issuer-not-yet-valid", {9}),
        ("certificate-name-mismatch", {62}),
        ("certificate-expired-and-mismatched", {10, 62}),
        ("certificate-common-name-only", {62}),
        ("certificate-self-signed", {18}),
        ("certificate-untrusted-root", {19}),
        ("certificate-missing-intermediate", {20}),
        ("certificate-bad-signature", {7}),
        ("certificate-invalid-ca", {24, 79}),
        ("certificate-path-too-long", {25}),
        ("certificate-name-constraint", {47}),
        ("certificate-wrong-purpose", {26}),
        ("certificate-unknown-critical-extension", {34}),
        ("certificate-unparseable-extension", {20, 41, 62}),
        ("certificate-weak-key", {66}),
        ("certificate-weak-signature", {68}),
    ],
)
async def test_certificates(lab: Lab, name: str, codes: set[int | None]) -> None:
    assert await certificate_error(lab, name) in codes


async def test_every_certificate_scenario_reaches_tls(lab: Lab) -> None:
    names = [one.name for one in RUNNABLE if one.name.startswith("certificate-")]
    for name in names:
        assert await starttls(lab, name), name
