"""MTA-STS: Knot has the TXT record, an HTTPS server on loopback the policy, and a mail server the certificate."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator

import pytest

from connector_probe import Connector, Result, TlsSettings
from connector_probe.model.connector import MtaStsMode
from tests.real.authority import Authority, Files
from tests.real.mailbox import mailbox, tls_context
from tests.real.nameservers import Knot
from tests.real.parts import free_ports
from tests.real.verdicts import HEALTHY, WARNING, Verdict, result_of, verdict_of

NOT_LISTED = Verdict("failing", "4.4.8", "mta-sts-mx-not-listed", "dns")
BAD_CERTIFICATE = Verdict("failing", "4.7.5", "mta-sts-certificate", "certificate")
_HEAD = """
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
mta-sts A 127.0.0.1
mail A 127.0.0.1
other A 127.0.0.1
"""
_ONE = "@ MX 10 mail\n"
_RECORD = '_mta-sts TXT "v=STSv1; id=20261124T0900;"\n'
ZONES = {
    "contoso.test": _HEAD + _ONE + _RECORD,
    "fabrikam.test": _HEAD + _ONE,
    "two.test": _HEAD + "@ MX 10 other\n@ MX 20 mail\n" + _RECORD,
    "several.test": _HEAD + _ONE + _RECORD + '_mta-sts TXT "v=STSv1; id=2"\n',
    "no-id.test": _HEAD + _ONE + '_mta-sts TXT "v=STSv1; id=not-a-word"\n',
    "homeless.test": _HEAD.replace("mta-sts A 127.0.0.1\n", "") + _ONE + _RECORD,
}
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.contoso.test\r\nmax_age: 604800\r\n"


@pytest.fixture(scope="module")
def nameserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_ports(1)[0]
    part = Knot(tmp_path_factory.mktemp("sts"), ZONES, port)
    yield f"127.0.0.1#{port}"
    part.stop()


@contextlib.asynccontextmanager
async def website(files: Files, response: bytes) -> AsyncIterator[int]:
    """An HTTPS server that answers everything with ``response``; gives its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls_context(files))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def ok(body: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def ask(
    nameserver: str,
    authority: Authority,
    domain: str = "contoso.test",
    response: bytes | None = None,
    mail: Files | None = None,
    *,
    tls: bool = True,
    website_host: str | None = None,
    **more: object,
) -> Result:
    """Probe ``domain`` while its mail server shows ``mail`` (a good certificate) and its website gives ``response``."""
    mode = more.pop("mode", TlsSettings.OPPORTUNISTIC)
    files = authority.for_host(website_host or f"mta-sts.{domain}")
    context = tls_context(mail or authority.good()) if tls else None
    async with website(files, response or ok(POLICY)) as https, mailbox(context) as port:
        connector = Connector(
            use_mx=domain,
            port=port,
            nameservers=[nameserver],
            ca_file=str(authority.root_file),
            only_ca_file=True,
            mta_sts_port=https,
            tls=mode,  # type: ignore[arg-type]
            **more,  # type: ignore[arg-type]
        )
        return await result_of(connector)


def policy_of(result: Result) -> str:
    return result.attempts[0].policies[-1].id


async def test_all_is_well(nameserver: str, authority: Authority) -> None:
    result = await ask(nameserver, authority)
    assert (verdict_of(result), policy_of(result)) == (HEALTHY, "mta-sts-enforce")
    assert (
        policy_of(await ask(nameserver, authority, "fabrikam.test", mail=authority.self_signed())) == "mta-sts-absent"
    )


@pytest.mark.parametrize("pattern", ["mail.contoso.test", "*.contoso.test", "MAIL.CONTOSO.TEST."])
async def test_patterns_that_list_the_host(nameserver: str, authority: Authority, pattern: str) -> None:
    result = await ask(nameserver, authority, response=ok(POLICY.replace("mail.contoso.test", pattern)))
    assert verdict_of(result) == HEALTHY


@pytest.mark.parametrize("pattern", ["mx.contoso.test", "contoso.test", "*.mail.contoso.test", "*.test"])
async def test_4_4_8(nameserver: str, authority: Authority, pattern: str) -> None:
    response = ok(POLICY.replace("mail.contoso.test", pattern))
    result = await ask(nameserver, authority, response=response)
    assert verdict_of(result) == NOT_LISTED
    assert set(result.by_tls_mode.values()) == {"4.4.8"}
    assert result.diagnosis is not None
    assert result.diagnosis.reply is not None
    assert result.diagnosis.reply.startswith("450 4.4.8 MX hosts of contoso.test failed MTA-STS validation")
    unlooked = await ask(nameserver, authority, response=response, mta_sts_mode=MtaStsMode.NONE)
    assert verdict_of(unlooked) == HEALTHY


async def test_a_host_that_is_listed_takes_the_mail(nameserver: str, authority: Authority) -> None:
    response = ok(POLICY.replace("mail.contoso.test", "mail.two.test"))
    result = await ask(nameserver, authority, "two.test", response, authority.for_host("mail.two.test"))
    assert (verdict_of(result), [one.code for one in result.attempts]) == (WARNING, ["4.4.8", None])


@pytest.mark.parametrize(
    ("files", "reason"),
    [("expired", "CertificateExpired"), ("for_another_name", "SubjectMismatch"), ("self_signed", "UntrustedRoot")],
)
async def test_4_7_5(nameserver: str, authority: Authority, files: str, reason: str) -> None:
    mail = getattr(authority, files)()
    result = await ask(nameserver, authority, mail=mail)
    assert verdict_of(result) == BAD_CERTIFICATE
    assert result.diagnosis is not None
    assert result.diagnosis.reply is not None
    assert f"450 4.7.5 Remote certificate failed MTA-STS validation. Reason: {reason}" in result.diagnosis.reply
    assert verdict_of(await ask(nameserver, authority, mail=mail, mta_sts_mode=MtaStsMode.NONE)) == WARNING


async def test_tls_is_required(nameserver: str, authority: Authority) -> None:
    required = Verdict("failing", "4.4.317", "mta-sts-tls-required", "starttls")
    assert verdict_of(await ask(nameserver, authority, tls=False)) == required
    assert verdict_of(await ask(nameserver, authority, "fabrikam.test", tls=False)) == WARNING


@pytest.mark.parametrize(("mode", "policy"), [("testing", "mta-sts-testing"), ("none", "mta-sts-none")])
async def test_other_modes_forbid_nothing(nameserver: str, authority: Authority, mode: str, policy: str) -> None:
    text = POLICY.replace("enforce", mode).replace("mail.contoso.test", "mx.contoso.test")
    result = await ask(nameserver, authority, response=ok(text))
    assert policy_of(result) == policy
    told = [warning.id for warning in result.warnings]
    assert told == (["mta-sts-testing-host"] if mode == "testing" else [])


@pytest.mark.parametrize(
    ("domain", "response", "problem"),
    [
        ("several.test", ok(POLICY), "there are several TXT records"),
        ("no-id.test", ok(POLICY), "the TXT record is invalid"),
        ("homeless.test", ok(POLICY), "has no address"),
        ("contoso.test", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404"),
        (
            "contoso.test",
            b"HTTP/1.1 302 Found\r\nLocation: https://www.contoso.test/\r\nContent-Length: 0\r\n\r\n",
            "the policy is redirected",
        ),
        ("contoso.test", ok(POLICY, "text/html"), "text/html"),
        ("contoso.test", ok("mode: enforce\nmx: a.test\nmax_age: 1\n"), "version is missing"),
        ("contoso.test", ok(POLICY + "x" * 70_000), "longer than 65536"),
        ("contoso.test", b"\x00\xff" * 50 + b"\r\n\r\n", "no HTTP answer"),
    ],
)
async def test_no_usable_policy_is_no_policy(
    nameserver: str, authority: Authority, domain: str, response: bytes, problem: str
) -> None:
    """RFC 8461 3.3: the sender goes on without; the domain's owner should know."""
    result = await ask(nameserver, authority, domain, response, authority.self_signed())
    told = {warning.id: warning.text for warning in result.warnings}
    assert (verdict_of(result), policy_of(result)) == (WARNING, "mta-sts-unusable")
    assert problem in told["mta-sts-unusable"]
    assert "hold an earlier policy keep to it" in told["mta-sts-unusable"]
    # What a network without a way to HTTPS looks like is not said to be the domain's fault alone.
    assert ("So it is from here" in told["mta-sts-unusable"]) == (domain == "homeless.test")


async def test_the_policy_s_own_certificate_must_be_good(nameserver: str, authority: Authority) -> None:
    result = await ask(nameserver, authority, website_host="www.contoso.test", mail=authority.self_signed())
    assert (verdict_of(result), policy_of(result)) == (WARNING, "mta-sts-unusable")
