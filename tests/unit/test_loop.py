"""A smart host that is Exchange Online itself: warned of by every name that shows it, and whether it fails or not."""

from __future__ import annotations

import pytest

from connector_probe.diagnosis.conclude import view_of
from connector_probe.diagnosis.warnings import warnings_beside
from connector_probe.model.connector import Connector, ConnectorType
from connector_probe.model.evidence import AttemptEvidence, Exchange, Lookup, LookupStatus, Reply, Resolution

HOST, ADDRESS = "mail.contoso.com", "203.0.113.9"
TENANT = "contoso-com.mail.protection.outlook.com"


def warned(
    server: str = HOST, alias: str | None = None, greeting: str = "mail.contoso.com ESMTP", kind: str = "on-premises"
) -> list[str]:
    lookup = Lookup(server, "A", LookupStatus.ANSWER, (ADDRESS,), (alias,) if alias else ())
    resolution = Resolution(server, (ADDRESS,), (lookup,))
    banner = Exchange("", 0.0, 0.0, Reply(220, (greeting,)))
    connector = Connector(smart_hosts=[server], type=ConnectorType(kind))
    view = view_of(AttemptEvidence(server, ADDRESS, 25, resolution, banner=banner), connector)
    return [one.id for one in warnings_beside(view, connector)]


@pytest.mark.parametrize(
    "seen",
    [
        {"server": TENANT},
        {"server": "contoso-com.d-v1.mx.microsoft"},
        {"alias": TENANT},
        {"alias": "contoso-com.d-v1.mx.microsoft"},
        {"server": "contoso-com.mail.protection.partner.outlook.cn"},  # 21Vianet
        {"alias": "contoso-com.mail.protection.office365.us"},  # GCC High
        {"server": "contoso.mail.onmicrosoft.com"},
        {"greeting": "BL2NAM06FT010.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at Mon, 1 Jun"},
    ],
)
def test_exchange_online_is_recognized(seen: dict[str, str]) -> None:
    assert warned(**seen) == ["routes-to-exchange-online"]


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"alias": "mail.protection.outlook.com.contoso.com"},
        {"server": "notmx.microsoft.contoso.com"},
        {"alias": "outlook-com.olc.protection.outlook.com"},  # the consumers' service is no tenant of ours
        {"greeting": "mail.contoso.com relay for contoso-com.mail.protection.outlook.com"},
    ],
)
def test_what_only_looks_like_it_is_not(seen: dict[str, str]) -> None:
    assert warned(**seen) == []


def test_a_partner_may_be_in_exchange_online_too() -> None:
    assert warned(server=TENANT, kind="partner") == []
