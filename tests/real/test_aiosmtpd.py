"""aiosmtpd, with and without STARTTLS."""

from __future__ import annotations

import pytest

from connector_probe import Connector, TlsSettings
from tests.real.authority import HOST, Authority
from tests.real.mailbox import mailbox, tls_context
from tests.real.parts import free_ports
from tests.real.verdicts import (
    ALL_FLOW,
    HEALTHY,
    WARNING,
    Verdict,
    modes,
    modes_of,
    problems_of,
    result_of,
    verdict_of,
)

NO_STARTTLS = Verdict("failing", "4.4.317", "starttls-not-offered", "starttls")


def connector(port: int, ca_file: str, *, tls: TlsSettings | None = None, rcpt: str | None = None) -> Connector:
    return Connector(smart_hosts=[f"127.0.0.1:{port}"], tls_domain=HOST, ca_file=ca_file, tls=tls, rcpt=rcpt)


async def test_with_starttls(authority: Authority, ca_file: str) -> None:
    async with mailbox(tls_context(authority.good())) as port:
        result = await result_of(connector(port, ca_file))
    assert verdict_of(result) == HEALTHY
    assert modes_of(result) == ALL_FLOW
    assert [stage.status for stage in result.attempts[0].stages] == ["skipped", *["ok"] * 6, "skipped"]


async def test_without_starttls(ca_file: str) -> None:
    async with mailbox() as port:
        strict = await result_of(connector(port, ca_file))
        lax = await result_of(connector(port, ca_file, tls=TlsSettings.OPPORTUNISTIC))
    assert verdict_of(strict) == NO_STARTTLS
    assert modes_of(strict) == modes(None, "4.4.317", "4.4.317", "4.4.317")
    assert verdict_of(lax) == WARNING


async def test_every_certificate_problem_at_once(authority: Authority, ca_file: str) -> None:
    async with mailbox(tls_context(authority.expired_for_another_name())) as port:
        result = await result_of(connector(port, ca_file))
    assert verdict_of(result) == Verdict("failing", "4.7.320", "certificate-expired", "certificate")
    assert sorted(problems_of(result.attempts[0])) == ["expired", "name-mismatch"]


async def test_client_certificate_demanded_in_the_handshake(authority: Authority, ca_file: str) -> None:
    async with mailbox(tls_context(authority.good(), client_authority=ca_file)) as port:
        result = await result_of(connector(port, ca_file))
    assert verdict_of(result) == Verdict("unknown", None, "tls-client-certificate", "tls")
    assert set(modes_of(result).values()) == {"unknown"}


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("postmaster", HEALTHY),
        ("nobody", Verdict("failing", None, "recipient-rejected", "recipient")),
        ("later", Verdict("failing", None, "recipient-deferred", "recipient")),
    ],
)
async def test_recipient_inside_tls(authority: Authority, ca_file: str, recipient: str, expected: Verdict) -> None:
    async with mailbox(tls_context(authority.good()), require_starttls=True) as port:
        result = await result_of(connector(port, ca_file, rcpt=f"{recipient}@contoso.test"))
    assert verdict_of(result) == expected


async def test_closed(ca_file: str) -> None:
    result = await result_of(connector(free_ports(1)[0], ca_file))
    assert verdict_of(result) == Verdict("failing", "4.4.316", "tcp-refused", "connect")
