"""Every key of probes.yaml, one row each. A new key is one row, and one bad file in tests/data/config/bad."""

from __future__ import annotations

from connector_probe.config.kinds import Boolean, Choice, Duration, File, Integer, Kind, Moment, Text, Texts
from connector_probe.config.secrets import Secrets
from connector_probe.config.windows import Windows
from connector_probe.model.connector import (
    MAX_QUEUE_LIFETIME,
    ROUTES,
    AddressFamily,
    ConnectorType,
    MtaStsMode,
    RootList,
    SmtpDaneMode,
    TlsSettings,
)
from connector_probe.model.dataclass import dataclass

VERSION = 1
SHORTEST_INTERVAL = 10.0  # seconds: what a probe takes of a server, mail does not get
LONGEST_INTERVAL = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Field:
    """One key: what it holds, an example as it is written, and what it means.

    ``attribute`` is the field of Connector that it fills; None for a key that is of the entry, not of the connector.
    ``shared``: it may stand under defaults.
    """

    key: str
    kind: Kind
    example: str
    help: str
    attribute: str | None
    shared: bool = True


def _option(key: str, kind: Kind, example: str, help_: str, *, attribute: str = "", shared: bool = True) -> Field:
    """A key that fills a field of Connector, of the same name unless ``attribute`` says another."""
    return Field(key, kind, example, help_, attribute or key, shared)


def _entry(key: str, kind: Kind, example: str, help_: str) -> Field:
    return Field(key, kind, example, help_, None)


FIELDS: tuple[Field, ...] = (
    _option("name", Text(), '"Hybrid, head office"', "The connector's name. Default: its hosts.", shared=False),
    _option(
        "smart_hosts",
        Texts(),
        '[mail.contoso.com, "203.0.113.7"]',
        "SmartHosts: names, addresses, or HOST:PORT.",
        shared=False,
    ),
    _option("use_mx", Text(), "fabrikam.com", "UseMXRecord: the domain whose MX records are followed.", shared=False),
    _entry("tags", Texts(), "[production]", "Words that --only can pick the connector by."),
    _entry("enabled", Boolean(), "false", "Whether it is probed. Default: true."),
    _entry(
        "interval",
        Duration(LONGEST_INTERVAL, SHORTEST_INTERVAL),
        "5m",
        "How often probe serve probes it; more often while it fails. Default: 5m.",
    ),
    _option(
        "queue_lifetime",
        Duration(MAX_QUEUE_LIFETIME),
        "24h",
        "How long queued mail is retried before it bounces. Default: 24h.",
    ),
    _option("port", Integer(), "25", "TCP port. Exchange Online always uses 25."),
    _option(
        "tls",
        Choice(tuple(TlsSettings), null=TlsSettings.OPPORTUNISTIC),
        "domain-validation",
        "TlsSettings. Default: domain-validation for a name, certificate-validation for an address.",
    ),
    _option(
        "tls_domain",
        Text(),
        '"*.contoso.com"',
        "TlsDomain: name, or *.name, that the certificate must carry. Default: the smart host's.",
    ),
    _option("type", Choice(tuple(ConnectorType)), "partner", "ConnectorType: whose server it is; words the remedies."),
    _option(
        "roots",
        Choice(tuple(RootList)),
        "system",
        "Whose trusted roots: microsoft, as Exchange Online, or system, as this machine. Default: microsoft.",
    ),
    _option("ca_file", File(), "roots.pem", "Trust these roots too. A relative path begins at this file's folder."),
    _option("only_ca_file", Boolean(), "true", "Trust the roots of ca_file alone."),
    _option(
        "nameserver",
        Texts(single=True),
        '"192.0.2.53"',
        "Ask these nameservers: ADDR or ADDR#PORT, one or a list. Default: the system's.",
        attribute="nameservers",
    ),
    _option("source_address", Text(), '"192.0.2.9"', "Connect from this address."),
    _option("family", Choice(tuple(AddressFamily)), "ipv4", "Which addresses are probed. Default: both."),
    _option(
        "control",
        Texts(single=True, none=True),
        "[]",
        "Hosts whose port 25 is tried before a failed connect is held against the server; [] for none.",
    ),
    _option("helo", Text(), "probe.contoso.com", "Name for EHLO. Default: this machine's."),
    _option("connect_timeout", Duration(), "21s", "Longest wait for TCP. Default: 21s."),
    _option("timeout", Duration(), "60s", "Longest wait for one reply. Default: 60s."),
    _option("deadline", Duration(), "120s", "Longest time for one address, from start to end. Default: 120s."),
    _option(
        "connections",
        Integer(),
        "3",
        "Connect this many times to each address, to catch unequal servers behind a load balancer. Default: 1.",
    ),
    _option("retries", Integer(), "2", "A failure counts only when it repeats this many times. Default: 0."),
    _option("retry_delay", Duration(), "10s", "Pause before a retry. Default: 10s."),
    _option(
        "revocation",
        Boolean(),
        "false",
        "Whether CRLs, OCSP and missing issuers that certificates point to are fetched over HTTP. Default: true.",
    ),
    _option("thorough", Boolean(), "true", "Connect once more, without SNI and with TLS 1.2 at most. Default: false."),
    _option(
        "rdap",
        Text(),
        "iana",
        "Ask this RDAP server whether a domain that does not resolve has expired: iana for the registry's own.",
    ),
    _option("rcpt", Text(), "postmaster@contoso.com", "Go on to MAIL FROM:<> and RCPT TO this address; never DATA."),
    _option(
        "warn_days",
        Integer(),
        "30",
        "Warn this many days before a certificate ends. Default: 30, or a third of its lifetime.",
    ),
    _option("as_of", Moment(), "2026-12-24", "Judge certificates as of this day."),
    _option(
        "dane",
        Choice(tuple(SmtpDaneMode)),
        "mandatory",
        "SmtpDaneMode, with use_mx. Default: opportunistic.",
        attribute="smtp_dane_mode",
    ),
    _option(
        "mta_sts",
        Choice(tuple(MtaStsMode)),
        "none",
        "MtaStsMode, with use_mx. Default: opportunistic.",
        attribute="mta_sts_mode",
    ),
    _option("mta_sts_port", Integer(), "8443", "Port of the MTA-STS policy's host, for a laboratory. Default: 443."),
    _option("trust_anchor", File(), "root.key", "Validate DNSSEC from these DS or DNSKEY records."),
    _option("trust_ad", Boolean(), "true", "Believe the nameserver's AD bit; only of a resolver on this machine."),
    _option("expect", Choice(ROUTES), "healthy", "What counts as success: healthy, or a code."),
    _entry("strict", Boolean(), "true", "Warnings count as failure. Default: false."),
    _entry(
        "maintenance",
        Windows(),
        '["Sun 02:00-04:00 Europe/Berlin"]',
        "When a failure is no news: weekly windows (in UTC without a zone), or {from: ..., until: ...}.",
    ),
    _entry("notify", Secrets(), "${PROBE_NOTIFY}", "Variables of the environment with the Apprise URLs to notify."),
)
# Beside defaults and connectors, at the top.
TOP_FIELDS: tuple[Field, ...] = (
    Field(
        "ping",
        Secrets(several=False),
        "${PROBE_PING}",
        "Variable of the environment with the dead-man URL that each run asks for; /fail is added when one fails.",
        None,
        shared=False,
    ),
)
BY_KEY = {field.key: field for field in FIELDS}

# What the same thing is called elsewhere: parameters of Set-OutboundConnector, options of the command line.
# Spelled as problems.nearest folds words.
ALIASES = {
    "host": "smart_hosts",
    "hosts": "smart_hosts",
    "server": "smart_hosts",
    "mx": "use_mx",
    "usemxrecord": "use_mx",
    "recipientdomains": "use_mx",
    "tlssettings": "tls",
    "connectortype": "type",
    "identity": "name",
    "ipv4": "family",
    "ipv6": "family",
    "disabled": "enabled",
    "retry": "retries",
    "hello": "helo",
    "ehlo": "helo",
    "dns": "nameserver",
    "recipient": "rcpt",
    "controlhost": "control",
    "nocontrol": "control",
    "norevocation": "revocation",
    "window": "maintenance",
    "downtime": "maintenance",
    "notification": "notify",
    "healthcheck": "ping",
    "scrapeinterval": "interval",
    "frequency": "interval",
    "every": "interval",
    "deadman": "ping",
    "smtpdanemode": "dane",
    "mtastsmode": "mta_sts",
}
