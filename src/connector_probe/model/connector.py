"""What is asked: a connector as Exchange Online holds it, and how to probe it."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.errors import HintedError
from connector_probe.model.names import (
    InvalidNameError,
    SmartHost,
    is_address,
    parse_name,
    parse_port,
    parse_smart_host,
    parse_tls_domain,
    show,
)
from connector_probe.model.printable import printable
from connector_probe.model.spelling import did_you_mean

SMTP_PORT = 25
MAX_CONNECTIONS = 100  # politeness: Exchange takes 20 at once from one source, and these go one after another
MAX_SECONDS = 86_400.0
QUEUE_LIFETIME = 86_400.0  # seconds; Exchange Online's since 2019
MAX_QUEUE_LIFETIME = 30 * 86_400.0
# Large mail services whose port 25 answers everybody: if neither does, connections to port 25 do not leave here.
CONTROL_HOSTS = ("gmail-smtp-in.l.google.com", "outlook-com.olc.protection.outlook.com")
RDAP_BY_IANA = "iana"
_URL = r"https?://[A-Za-z0-9\[][A-Za-z0-9\-._~:/?\[\]%]{0,500}"
HTTPS_PORT = 443


class ConnectorError(HintedError, ValueError):
    """A connector that cannot be probed as asked. ``str()`` says why; ``hint`` says what to do."""


class MailFlowCode(StrEnum):
    """The codes of "Mail flow intelligence in EOP", and those of SMTP DANE and MTA-STS."""

    DNS_QUERY_FAILED = "4.4.312"
    CONNECTION_TIMED_OUT = "4.4.315"
    CONNECTION_REFUSED = "4.4.316"
    CANNOT_CONNECT = "4.4.317"
    CLOSED_ABRUPTLY = "4.4.318"
    CERTIFICATE_VALIDATION_FAILED = "4.7.320"
    STARTTLS_NOT_SUPPORTED = "4.7.321"
    CERTIFICATE_EXPIRED = "4.7.322"
    TLSA_INVALID = "4.7.323"
    DNSSEC_INVALID = "4.7.324"
    CERTIFICATE_HOST_MISMATCH = "4.7.325"
    MTA_STS_HOSTS = "4.4.8"
    MTA_STS_CERTIFICATE = "4.7.5"


ROUTES: tuple[str, ...] = ("healthy", *(code.value for code in MailFlowCode))  # what may be expected


class TlsSettings(StrEnum):
    """The connector's TlsSettings (Set-OutboundConnector -TlsSettings; null is opportunistic)."""

    OPPORTUNISTIC = "opportunistic"
    ENCRYPTION_ONLY = "encryption-only"
    CERTIFICATE_VALIDATION = "certificate-validation"
    DOMAIN_VALIDATION = "domain-validation"

    @property
    def requires_tls(self) -> bool:
        return self is not TlsSettings.OPPORTUNISTIC

    @property
    def validates_chain(self) -> bool:
        return self in (TlsSettings.CERTIFICATE_VALIDATION, TlsSettings.DOMAIN_VALIDATION)

    @property
    def validates_name(self) -> bool:
        return self is TlsSettings.DOMAIN_VALIDATION


class SmtpDaneMode(StrEnum):
    """The connector's SmtpDaneMode (Set-OutboundConnector)."""

    OPPORTUNISTIC = "opportunistic"
    MANDATORY = "mandatory"
    NONE = "none"


class MtaStsMode(StrEnum):
    """The connector's MtaStsMode (Set-OutboundConnector)."""

    OPPORTUNISTIC = "opportunistic"
    NONE = "none"


class RootList(StrEnum):
    """Whose list of trusted roots certificates are judged by."""

    MICROSOFT = "microsoft"
    SYSTEM = "system"


class ConnectorType(StrEnum):
    """The connector's ConnectorType: the organization's own servers, or somebody else's."""

    ON_PREMISES = "on-premises"
    PARTNER = "partner"


class AddressFamily(StrEnum):
    BOTH = "both"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One outbound connector and how to probe it.

    ``smart_hosts``: names, addresses or HOST:PORT (SmartHosts). ``use_mx``: a domain whose MX records are followed
    instead (UseMXRecord). ``tls`` None asks for the default: domain-validation for a name, certificate-validation
    for an address without ``tls_domain``. ``control``: hosts whose port 25 is tried before a failed connect is held
    against the server (many networks block port 25); empty for none. ``connections``: how often each address is met,
    one after another, to catch unequal servers behind a balancer. ``queue_lifetime``: how long queued mail is retried
    before it bounces. ``rdap``: the RDAP server that is asked whether a domain that does not resolve is still
    registered ("iana" for the registry's own); None for none. ``smtp_dane_mode`` and ``mta_sts_mode`` are looked at
    with ``use_mx`` only; DNSSEC is validated from ``trust_anchor`` (a file of DS or DNSKEY records; None: the root's,
    as IANA publishes them), or with ``trust_ad`` the nameservers' AD bit is believed; ``mta_sts_port`` is 443 but in
    a laboratory. All durations are seconds.
    Raises ConnectorError.
    """

    smart_hosts: Sequence[str] = ()
    name: str = ""
    use_mx: str | None = None
    port: int = SMTP_PORT
    type: ConnectorType = ConnectorType.ON_PREMISES
    tls: TlsSettings | None = None
    tls_domain: str | None = None
    roots: RootList = RootList.MICROSOFT
    ca_file: str | None = None
    only_ca_file: bool = False
    nameservers: Sequence[str] = ()
    source_address: str | None = None
    family: AddressFamily = AddressFamily.BOTH
    helo: str | None = None
    connect_timeout: float = 21.0  # Windows' own connect timeout, as Exchange's connectivity logs show it
    timeout: float = 60.0
    deadline: float = 120.0
    connections: int = 1
    retries: int = 0
    retry_delay: float = 10.0
    rcpt: str | None = None
    warn_days: int | None = None
    as_of: datetime | None = None
    expect: str = "healthy"
    control: Sequence[str] = CONTROL_HOSTS
    revocation: bool = True
    thorough: bool = False
    rdap: str | None = None
    smtp_dane_mode: SmtpDaneMode = SmtpDaneMode.OPPORTUNISTIC
    mta_sts_mode: MtaStsMode = MtaStsMode.OPPORTUNISTIC
    trust_anchor: str | None = None
    trust_ad: bool = False
    mta_sts_port: int = HTTPS_PORT
    queue_lifetime: float = QUEUE_LIFETIME

    @property
    def trusts(self) -> tuple[RootList, str | None, bool]:
        """Which roots it goes by: whose list, the CA file, and whether that counts alone."""
        return self.roots, self.ca_file, self.only_ca_file

    def __post_init__(self) -> None:
        try:
            self._normalize()
        except InvalidNameError as problem:
            raise ConnectorError(str(problem), problem.hint) from None
        self._check_numbers()
        if self.only_ca_file and self.ca_file is None:
            raise ConnectorError("--only-ca-file without --ca-file", "name the file of roots: --ca-file PEM")
        if self.trust_ad and self.trust_anchor is not None:
            raise ConnectorError(
                "--trust-ad and --trust-anchor exclude each other",
                "validate DNSSEC here, or believe the nameserver that did",
            )
        if self.expect not in ROUTES:
            hint = did_you_mean(self.expect, ROUTES, f"one of: {', '.join(ROUTES)}")
            raise ConnectorError(f"expect {show(self.expect) or repr('')} is not known", hint)

    def _normalize(self) -> None:
        set_field = object.__setattr__
        if isinstance(self.smart_hosts, str):
            raise ConnectorError("smart_hosts is a string", 'a list of hosts: ["mail.contoso.com"]')
        hosts = tuple(parse_smart_host(host) for host in self.smart_hosts)
        set_field(self, "smart_hosts", tuple(map(str, hosts)))
        for name, kind in _ENUMS.items():
            if name != "tls" or self.tls is not None:
                set_field(self, name, _member(kind, name, getattr(self, name)))
        if self.use_mx is not None:
            if hosts:
                raise ConnectorError(
                    "smart_hosts and use_mx exclude each other", "a connector has smart hosts, or goes by MX"
                )
            mx = parse_smart_host(self.use_mx)
            if mx.is_address:
                raise ConnectorError(
                    f"{mx.host} is an address and has no MX records", "give a domain, as in: --mx contoso.com"
                )
            if mx.port is not None:
                set_field(self, "port", mx.port)
            set_field(self, "use_mx", mx.host)
        elif not hosts:
            raise ConnectorError("no host to probe", "give one, as in: probe mail.contoso.com")
        if self.tls_domain is not None:
            set_field(self, "tls_domain", parse_tls_domain(self.tls_domain))
        if self.helo is not None:
            set_field(self, "helo", _helo_name(self.helo))
        if self.rcpt is not None:
            set_field(self, "rcpt", _recipient(self.rcpt))
        if self.rdap is not None:
            set_field(self, "rdap", _rdap_server(self.rdap))
        set_field(self, "control", tuple(str(parse_smart_host(text)) for text in self.control))
        set_field(self, "nameservers", tuple(_nameserver(text) for text in self.nameservers))
        self._check_addresses(hosts)
        shown = self.use_mx if self.use_mx is not None else ", ".join(map(str, hosts))
        set_field(self, "name", printable(self.name.strip()) or shown)

    def _check_addresses(self, hosts: tuple[SmartHost, ...]) -> None:
        wanted = {AddressFamily.IPV4: 4, AddressFamily.IPV6: 6}.get(self.family)
        literal = {host.host: _version(host.host) for host in hosts if host.is_address}
        for address, version in literal.items():
            if wanted is not None and version != wanted:
                raise ConnectorError(
                    f"{address} is an IPv{version} address, and only IPv{wanted} was asked for", f"leave out -{wanted}"
                )
        if self.source_address is None:
            return
        given = _without_brackets(self.source_address)
        if not is_address(given):
            raise ConnectorError(
                f"source address {show(given) or 'nothing'} is not an IP address", "one of this machine's own addresses"
            )
        source = str(ipaddress.ip_address(given))
        object.__setattr__(self, "source_address", source)
        for address, version in literal.items():
            if version != _version(source):
                raise ConnectorError(
                    f"from {source} no connection leads to {address}", "source and smart host must be of one family"
                )
        if wanted is not None and _version(source) != wanted:
            raise ConnectorError(
                f"source address {source} with -{wanted}", f"leave out -{wanted}, or bind an IPv{wanted} address"
            )

    def _check_numbers(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ConnectorError(
                f"{self.port} is not a port", "a port is a number from 1 to 65535; Exchange Online always uses 25"
            )
        if not 1 <= self.mta_sts_port <= 65535:
            raise ConnectorError(
                f"mta_sts_port of {self.mta_sts_port} is not a port",
                "a port is a number from 1 to 65535; MTA-STS always uses 443 but in a laboratory",
            )
        for what, seconds in (
            ("connect_timeout", self.connect_timeout),
            ("timeout", self.timeout),
            ("deadline", self.deadline),
        ):
            if not 0 < seconds <= MAX_SECONDS:
                raise ConnectorError(f"{what} of {seconds:g} s", "more than nothing and at most a day, as in: 21s")
        if not 0 <= self.retry_delay <= MAX_SECONDS:
            raise ConnectorError(f"retry_delay of {self.retry_delay:g} s", "at most a day, as in: 10s")
        if not 0 < self.queue_lifetime <= MAX_QUEUE_LIFETIME:
            raise ConnectorError(
                f"queue_lifetime of {self.queue_lifetime:g} s", "more than nothing and at most 30 days, as in: 24h"
            )
        if not 0 <= self.retries <= MAX_CONNECTIONS:
            raise ConnectorError(f"retries of {self.retries}", f"a number from 0 to {MAX_CONNECTIONS}")
        if not 1 <= self.connections <= MAX_CONNECTIONS:
            raise ConnectorError(f"connections of {self.connections}", f"a number from 1 to {MAX_CONNECTIONS}")
        if self.warn_days is not None and not 0 <= self.warn_days <= 3650:
            raise ConnectorError(f"warn_days of {self.warn_days}", "a number of days from 0 to 3650")
        if self.as_of is not None and self.as_of.utcoffset() is None:  # no certificate's date compares with it
            raise ConnectorError(
                f"as_of {self.as_of.isoformat()} has no time zone", "say which, as in: 2026-01-31T12:00:00Z"
            )

    @property
    def hosts(self) -> tuple[SmartHost, ...]:
        """The smart hosts, parsed; empty when the connector goes by MX."""
        return tuple(map(parse_smart_host, self.smart_hosts))

    @property
    def named(self) -> bool:
        """Whether ``name`` is the connector's own, and not just what is probed."""
        return self.name not in (self.use_mx, ", ".join(self.smart_hosts))

    @property
    def tls_settings(self) -> TlsSettings:
        """TlsSettings with the default filled in."""
        if self.tls is not None:
            return self.tls
        if self.use_mx is not None or self.tls_domain is not None or not all(host.is_address for host in self.hosts):
            return TlsSettings.DOMAIN_VALIDATION
        return TlsSettings.CERTIFICATE_VALIDATION

    def port_of(self, host: SmartHost) -> int:
        return self.port if host.port is None else host.port


_ENUMS: dict[str, type[StrEnum]] = {
    "roots": RootList,
    "type": ConnectorType,
    "family": AddressFamily,
    "smtp_dane_mode": SmtpDaneMode,
    "mta_sts_mode": MtaStsMode,
    "tls": TlsSettings,
}


def _version(address: str) -> int:
    return 6 if ":" in address else 4


def _member(kind: type[StrEnum], what: str, value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise ConnectorError(f"{what} {show(str(value))} is not known", f"one of: {', '.join(kind)}") from None


def _without_brackets(text: str) -> str:
    inside = text.strip()
    return inside[1:-1] if inside.startswith("[") and inside.endswith("]") else inside


def _rdap_server(text: str) -> str:
    """ "iana", or the base URL of an RDAP server."""
    given = text.strip()
    if given.lower() == RDAP_BY_IANA:
        return RDAP_BY_IANA
    if not re.fullmatch(_URL, given):
        raise InvalidNameError(
            f"RDAP server {show(given) or 'nothing'} is no URL",
            "iana (the registry's own server, by IANA's list) or a URL, as in: https://rdap.example/",
        )
    return given


def _helo_name(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):  # RFC 5321 4.1.3 address literal
        inner = text[1:-1]
        bare = inner[5:] if inner.lower().startswith("ipv6:") else inner
        if not is_address(bare) or "%" in bare:  # a zone means nothing to another machine
            raise InvalidNameError(
                f"--helo {show(text)} is not an address literal", "as in: [192.0.2.1] or [IPv6:2001:db8::1]"
            )
        return f"[IPv6:{ipaddress.IPv6Address(bare)}]" if ":" in bare else f"[{ipaddress.IPv4Address(bare)}]"
    if is_address(text):
        raise InvalidNameError(
            f"--helo {show(text)} needs brackets", "as in: [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 4.1.3)"
        )
    return parse_name(text)


def _recipient(text: str) -> str:
    local, at, domain = text.strip().strip("<>").rpartition("@")
    unusable = any(not character.isprintable() or character in " <>" for character in local)
    if not at or not local or unusable or not local.isascii() or len(local) > 64:  # RFC 5321 4.5.3.1.1
        raise InvalidNameError(f"recipient {show(text)} is not a mail address", "as in: --rcpt postmaster@contoso.com")
    return f"{local}@{parse_name(domain)}"


def _nameserver(text: str) -> str:
    """ADDR or ADDR#PORT, normalized to ADDR#PORT."""
    address, hash_mark, port = text.strip().partition("#")
    bare = _without_brackets(address)
    if not is_address(bare):
        raise InvalidNameError(
            f"nameserver {show(text) or 'nothing'} is not an IP address",
            "ADDR or ADDR#PORT, as in: 192.0.2.53 or 127.0.0.1#5353",
        )
    parsed = ipaddress.ip_address(bare)
    if not hash_mark:
        return f"{parsed}#53"
    try:
        return f"{parsed}#{parse_port(port)}"
    except InvalidNameError as problem:
        raise InvalidNameError(f"nameserver {show(text)}: {problem}", "ADDR#PORT, as in: 127.0.0.1#5353") from None
