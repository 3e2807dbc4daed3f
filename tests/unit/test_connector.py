"""model/connector.py: what a connector may be, what it becomes, and what a bad one is told."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.model.connector import (
    ROUTES,
    AddressFamily,
    Connector,
    ConnectorError,
    ConnectorType,
    TlsSettings,
)
from connector_probe.model.names import SmartHost

HOST = "mail.contoso.com"

# What is given, and what a field of the connector then holds.
NORMALIZED: list[tuple[dict[str, Any], str, object]] = [
    ({"smart_hosts": ["MAIL.Contoso.com."]}, "smart_hosts", (HOST,)),
    ({"smart_hosts": ["[2001:DB8::1]:2525", "192.0.2.1"]}, "smart_hosts", ("[2001:db8::1]:2525", "192.0.2.1")),
    ({"smart_hosts": [HOST, "192.0.2.1:26"]}, "hosts", (SmartHost(HOST), SmartHost("192.0.2.1", 26))),
    ({"smart_hosts": [HOST, "192.0.2.1:26"]}, "name", "mail.contoso.com, 192.0.2.1:26"),
    ({"smart_hosts": [HOST], "name": " To on-premises "}, "name", "To on-premises"),
    ({"smart_hosts": [HOST], "name": "a\nb\x1b[2J"}, "name", "a\\x0ab\\x1b[2J"),
    ({"smart_hosts": [HOST], "name": "  "}, "name", HOST),
    ({"use_mx": "Bücher.example."}, "use_mx", "xn--bcher-kva.example"),
    ({"use_mx": "contoso.com"}, "name", "contoso.com"),
    ({"use_mx": "contoso.com"}, "hosts", ()),
    ({"use_mx": "contoso.com"}, "port", 25),
    ({"use_mx": "contoso.com:2525"}, "port", 2525),
    ({"use_mx": "contoso.com:2525"}, "use_mx", "contoso.com"),
    ({"smart_hosts": [HOST], "type": "partner"}, "type", ConnectorType.PARTNER),
    ({"smart_hosts": [HOST], "family": "ipv6"}, "family", AddressFamily.IPV6),
    ({"smart_hosts": [HOST], "tls": "encryption-only"}, "tls", TlsSettings.ENCRYPTION_ONLY),
    ({"smart_hosts": [HOST], "tls_domain": "*.Contoso.com"}, "tls_domain", "*.contoso.com"),
    ({"smart_hosts": [HOST], "helo": "Probe.Contoso.com"}, "helo", "probe.contoso.com"),
    ({"smart_hosts": [HOST], "helo": "[192.0.2.1]"}, "helo", "[192.0.2.1]"),
    ({"smart_hosts": [HOST], "helo": "[ipv6:2001:DB8::1]"}, "helo", "[IPv6:2001:db8::1]"),
    ({"smart_hosts": [HOST], "helo": "[2001:db8::1]"}, "helo", "[IPv6:2001:db8::1]"),
    ({"smart_hosts": [HOST], "rcpt": "<Postmaster@Contoso.com>"}, "rcpt", "Postmaster@contoso.com"),
    ({"smart_hosts": [HOST], "rcpt": "a@bücher.example"}, "rcpt", "a@xn--bcher-kva.example"),
    ({"smart_hosts": [HOST], "nameservers": ["192.0.2.53"]}, "nameservers", ("192.0.2.53#53",)),
    ({"smart_hosts": [HOST], "nameservers": ["127.0.0.1#5353", "[::1]"]}, "nameservers", ("127.0.0.1#5353", "::1#53")),
    ({"smart_hosts": [HOST], "source_address": " [2001:DB8::1] "}, "source_address", "2001:db8::1"),
    ({"smart_hosts": [HOST], "source_address": "192.0.2.9", "family": "ipv4"}, "source_address", "192.0.2.9"),
    ({"smart_hosts": [HOST], "as_of": datetime(2026, 1, 1, tzinfo=UTC)}, "as_of", datetime(2026, 1, 1, tzinfo=UTC)),
    ({"smart_hosts": [HOST]}, "tls_settings", TlsSettings.DOMAIN_VALIDATION),
    ({"smart_hosts": ["192.0.2.1"]}, "tls_settings", TlsSettings.CERTIFICATE_VALIDATION),
    ({"smart_hosts": ["192.0.2.1", HOST]}, "tls_settings", TlsSettings.DOMAIN_VALIDATION),
    ({"smart_hosts": ["192.0.2.1"], "tls_domain": HOST}, "tls_settings", TlsSettings.DOMAIN_VALIDATION),
    ({"use_mx": "contoso.com"}, "tls_settings", TlsSettings.DOMAIN_VALIDATION),
    ({"smart_hosts": [HOST], "tls": TlsSettings.OPPORTUNISTIC}, "tls_settings", TlsSettings.OPPORTUNISTIC),
]

SERVER_HINT = "ADDR or ADDR#PORT, as in: 192.0.2.53 or 127.0.0.1#5353"
SECONDS_HINT = "more than nothing and at most a day, as in: 21s"
LITERAL_HINT = "as in: [192.0.2.1] or [IPv6:2001:db8::1]"
RCPT_HINT = "as in: --rcpt postmaster@contoso.com"
LABEL_HINT = "letters, digits and hyphens only, none at a label's ends"
SOURCE_HINT = "one of this machine's own addresses"

# What is given (a smart host is added where there is none), the message and the hint.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"smart_hosts": ()}, "no host to probe", "give one, as in: probe mail.contoso.com"),
    ({"smart_hosts": HOST}, "smart_hosts is a string", 'a list of hosts: ["mail.contoso.com"]'),
    ({"smart_hosts": ["a b"]}, "a b is not a host name: label a b", LABEL_HINT),
    (
        {"use_mx": "contoso.com", "smart_hosts": [HOST]},
        "smart_hosts and use_mx exclude each other",
        "a connector has smart hosts, or goes by MX",
    ),
    (
        {"use_mx": "192.0.2.1", "smart_hosts": ()},
        "192.0.2.1 is an address and has no MX records",
        "give a domain, as in: --mx contoso.com",
    ),
    (
        {"use_mx": "a@contoso.com", "smart_hosts": ()},
        "a@contoso.com is a mail address, not a host",
        "to go by the domain's MX records: probe --mx contoso.com",
    ),
    ({"port": 0}, "0 is not a port", "a port is a number from 1 to 65535; Exchange Online always uses 25"),
    ({"port": 65536}, "65536 is not a port", "a port is a number from 1 to 65535; Exchange Online always uses 25"),
    ({"type": "hybrid"}, "type hybrid is not known", "one of: on-premises, partner"),
    ({"family": "ipv5\x1b"}, "family ipv5\\x1b is not known", "one of: both, ipv4, ipv6"),
    (
        {"tls": "none"},
        "tls none is not known",
        "one of: opportunistic, encryption-only, certificate-validation, domain-validation",
    ),
    (
        {"tls_domain": "192.0.2.1"},
        "TlsDomain 192.0.2.1 is an address",
        "TlsDomain is a name that the certificate carries, as in: mail.contoso.com",
    ),
    ({"only_ca_file": True}, "--only-ca-file without --ca-file", "name the file of roots: --ca-file PEM"),
    ({"expect": "4.4.999"}, "expect 4.4.999 is not known", f"one of: {', '.join(ROUTES)}"),
    ({"connect_timeout": 0}, "connect_timeout of 0 s", SECONDS_HINT),
    ({"timeout": float("nan")}, "timeout of nan s", SECONDS_HINT),
    ({"deadline": float("inf")}, "deadline of inf s", SECONDS_HINT),
    ({"retry_delay": -1}, "retry_delay of -1 s", "at most a day, as in: 10s"),
    ({"retries": -1}, "retries of -1", "a number from 0 to 100"),
    ({"retries": 101}, "retries of 101", "a number from 0 to 100"),
    ({"warn_days": -1}, "warn_days of -1", "a number of days from 0 to 3650"),
    ({"warn_days": 3651}, "warn_days of 3651", "a number of days from 0 to 3650"),
    (
        {"as_of": datetime(2026, 1, 1)},
        "as_of 2026-01-01T00:00:00 has no time zone",
        "say which, as in: 2026-01-31T12:00:00Z",
    ),
    ({"helo": "a b"}, "a b is not a host name: label a b", LABEL_HINT),
    ({"helo": "a\r\nDATA"}, "a\\x0d\\x0aDATA is not a host name: label a\\x0d\\x0adata", LABEL_HINT),
    ({"helo": "192.0.2.1"}, "--helo 192.0.2.1 needs brackets", LITERAL_HINT + " (RFC 5321 4.1.3)"),
    ({"helo": "[192.0.2]"}, "--helo [192.0.2] is not an address literal", LITERAL_HINT),
    ({"helo": "[fe80::1%\r\nDATA]"}, "--helo [fe80::1%\\x0d\\x0aDATA] is not an address literal", LITERAL_HINT),
    ({"helo": "[fe80::1%eth0]"}, "--helo [fe80::1%eth0] is not an address literal", LITERAL_HINT),
    ({"rcpt": "postmaster"}, "recipient postmaster is not a mail address", RCPT_HINT),
    ({"rcpt": "@contoso.com"}, "recipient @contoso.com is not a mail address", RCPT_HINT),
    ({"rcpt": "a\r\nDATA@b.example"}, "recipient a\\x0d\\x0aDATA@b.example is not a mail address", RCPT_HINT),
    ({"rcpt": "a>b@c.example"}, "recipient a>b@c.example is not a mail address", RCPT_HINT),
    ({"rcpt": "ü@b.example"}, "recipient ü@b.example is not a mail address", RCPT_HINT),
    ({"rcpt": "x" * 65 + "@b.example"}, f"recipient {'x' * 65}@b.example is not a mail address", RCPT_HINT),
    ({"rcpt": "a@b c"}, "b c is not a host name: label b c", LABEL_HINT),
    ({"nameservers": ["ns.example"]}, "nameserver ns.example is not an IP address", SERVER_HINT),
    ({"nameservers": [""]}, "nameserver nothing is not an IP address", SERVER_HINT),
    ({"nameservers": ["fe80::1%\x1b"]}, "nameserver fe80::1%\\x1b is not an IP address", SERVER_HINT),
    ({"nameservers": ["[::1"]}, "nameserver [::1 is not an IP address", SERVER_HINT),
    ({"nameservers": ["::1#"]}, "nameserver ::1#: nothing is not a port", "ADDR#PORT, as in: 127.0.0.1#5353"),
    ({"nameservers": ["::1#65536"]}, "nameserver ::1#65536: 65536 is not a port", "ADDR#PORT, as in: 127.0.0.1#5353"),
    ({"nameservers": ["::1#٥٣"]}, "nameserver ::1#٥٣: ٥٣ is not a port", "ADDR#PORT, as in: 127.0.0.1#5353"),
    ({"source_address": "eth0"}, "source address eth0 is not an IP address", SOURCE_HINT),
    ({"source_address": "  "}, "source address nothing is not an IP address", SOURCE_HINT),
    ({"source_address": "fe80::1%\n"}, "source address fe80::1% is not an IP address", SOURCE_HINT),
    (
        {"source_address": "192.0.2.1", "family": "ipv6"},
        "source address 192.0.2.1 with -6",
        "leave out -6, or bind an IPv6 address",
    ),
    (
        {"source_address": "::1", "smart_hosts": ["192.0.2.1"]},
        "from ::1 no connection leads to 192.0.2.1",
        "source and smart host must be of one family",
    ),
    (
        {"family": "ipv6", "smart_hosts": ["192.0.2.1"]},
        "192.0.2.1 is an IPv4 address, and only IPv6 was asked for",
        "leave out -6",
    ),
    (
        {"family": "ipv4", "smart_hosts": [HOST, "::1"]},
        "::1 is an IPv6 address, and only IPv4 was asked for",
        "leave out -4",
    ),
]


@pytest.mark.parametrize(("given_fields", "field", "value"), NORMALIZED)
def test_normalized(given_fields: dict[str, Any], field: str, value: object) -> None:
    connector = Connector(**given_fields)
    assert getattr(connector, field) == value
    assert type(getattr(connector, field)) is type(value)
    assert dataclasses.replace(connector) == connector
    assert hash(dataclasses.replace(connector)) == hash(connector)


@pytest.mark.parametrize(("given_fields", "message", "hint"), BAD)
def test_bad_connectors(given_fields: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        Connector(**{"smart_hosts": [HOST], **given_fields})
    assert (str(caught.value), caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("tls", "requires", "chain", "name"),
    [
        (TlsSettings.OPPORTUNISTIC, False, False, False),
        (TlsSettings.ENCRYPTION_ONLY, True, False, False),
        (TlsSettings.CERTIFICATE_VALIDATION, True, True, False),
        (TlsSettings.DOMAIN_VALIDATION, True, True, True),
    ],
)
def test_what_each_setting_asks_for(tls: TlsSettings, requires: bool, chain: bool, name: bool) -> None:
    assert (tls.requires_tls, tls.validates_chain, tls.validates_name) == (requires, chain, name)


def test_a_smart_hosts_own_port_wins() -> None:
    connector = Connector(smart_hosts=[HOST, f"{HOST}:2525"], port=587)
    assert [connector.port_of(host) for host in connector.hosts] == [587, 2525]


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
PIECES = st.sampled_from(
    ["a", "@", "<", ">", "[", "]", "IPv6:", "::1", "%", "#", "53", "192.0.2.1", ".", "\r\n", "\x1b", "ü"]
)
HOSTILE = TEXT | st.lists(PIECES, max_size=8).map("".join)
FIELDS = ["name", "use_mx", "type", "tls", "tls_domain", "source_address", "family", "helo", "rcpt", "expect"]


@settings(max_examples=60, deadline=None)
@given(field=st.sampled_from([*FIELDS, "nameservers", "smart_hosts"]), text=HOSTILE)
def test_any_text_is_accepted_or_told_why_not(field: str, text: str) -> None:
    fields: dict[str, Any] = {} if field == "use_mx" else {"smart_hosts": [HOST]}
    fields[field] = [text] if field in ("nameservers", "smart_hosts") else text
    problem = None
    try:
        connector = Connector(**fields)
    except ConnectorError as error:
        problem = error
    if problem is not None:
        assert str(problem)
        assert str(problem).isprintable()
        assert problem.hint
        assert problem.hint.isprintable()
        return
    value = getattr(connector, field)
    shown = value if isinstance(value, str) else "".join(value)
    assert shown.isprintable()
    assert field == "name" or shown.isascii()
