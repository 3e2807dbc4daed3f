"""What a scenario is: servers, names, what the prober is given, and what it must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector_probe.lab.answers import ORIGIN, Answerer, addresses
from connector_probe.lab.authority import CertificateMaker, TlsShape
from connector_probe.lab.certificates import good
from connector_probe.lab.session import session
from connector_probe.lab.smtp import Behaviour
from connector_probe.lab.sockets import LOOPBACK, Need
from connector_probe.model.connector import AddressFamily, SmtpDaneMode, TlsSettings
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict, FailureClass, MailFlowCode, Status

PLAIN_TLS = TlsShape()


class Listens(StrEnum):
    """How a server's port takes connections."""

    ANSWERS = "answers"
    REFUSES = "refuses"  # bound and not listening: RST, and nobody else can take the port
    IGNORES = "ignores"  # the backlog is full: no answer to a SYN
    AT_TIMES = "at-times"  # after each conversation it refuses for a while, as where one of two servers is down


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One smart host on loopback. All servers of a scenario have the same port, each its own address.

    ``host``: what it calls itself and what its certificate is for, as ``answers`` of a scenario has names. ``second``:
    what every other connection is shown in place of ``certificate``.
    """

    behaviour: Behaviour = session
    address: str = LOOPBACK
    listens: Listens = Listens.ANSWERS
    certificate: CertificateMaker = good
    second: CertificateMaker | None = None
    host: str = "@"
    tls_shape: TlsShape = PLAIN_TLS


class Nameservers(StrEnum):
    """Which nameserver the prober is told to ask."""

    LAB = "lab"
    SILENT = "silent"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the prober is given beyond host and port."""

    use_mx: bool = False
    by_address: bool = False  # the smart host is the address itself
    nameservers: Nameservers = Nameservers.LAB
    tls: TlsSettings | None = None
    tls_domain: str | None = None
    family: AddressFamily = AddressFamily.BOTH
    source_address: str | None = None
    rcpt: str | None = None
    retries: int = 0
    connections: int = 1
    thorough: bool = False
    smtp_dane_mode: SmtpDaneMode = SmtpDaneMode.OPPORTUNISTIC
    expect: str = "healthy"


Answers = Mapping[str, Answerer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One smart host with one peculiarity.

    ``expect_*``: what a probe must find under domain-validation; ``expect_problems`` all of a certificate's faults;
    ``expect_causes`` verdicts that the diagnosis must give, or where mail flows all the same that of an attempt.
    ``waits``: the probe ends by a timeout, so give it short ones. ``answers``: what DNS says, by name as in a zone
    file: "@" is the host, "mail" lies below it, "contoso.invalid." is absolute; by default the host has the addresses
    of all servers, and "{port}" is the servers' port. ``authorities``: the same of further name servers, by their
    address, on the nameserver's port. ``policy``: the web server of the domain's MTA-STS policy, on a port of its own.
    """

    name: str
    summary: str
    expect_status: Status
    expect_class: FailureClass | None = None
    expect_code: str | None = None
    expect_problems: tuple[CertificateProblemKind, ...] = ()
    expect_causes: Mapping[str, CauseVerdict] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    waits: bool = False
    servers: tuple[Server, ...] = (Server(),)
    answers: Answers = field(default_factory=dict)
    authorities: Mapping[str, Answers] = field(default_factory=dict)
    policy: Server | None = None

    @property
    def host(self) -> str:
        """The DNS name: what a probe is pointed at, or the domain whose MX records it follows."""
        return f"{self.name}.{ORIGIN}"

    @property
    def zones(self) -> dict[str, dict[str, Answerer]]:
        """What each name server says, by its address, and there by absolute name without the final dot."""
        usual = {"@": addresses(*(server.address for server in self.servers))}
        said = {LOOPBACK: self.answers or usual, **self.authorities}
        return {
            address: {self.absolute(name): answer for name, answer in answers.items()}
            for address, answers in said.items()
        }

    def absolute(self, name: str) -> str:
        """The name in ``answers``, or a server's, without the final dot."""
        below = self.host if name == "@" else f"{name}.{self.host}"
        return name[:-1] if name.endswith(".") else below

    @property
    def needs(self) -> frozenset[Need]:
        """What it takes of this machine beyond 127.0.0.1."""
        of_listening = {Listens.IGNORES: Need.FULL_BACKLOG, Listens.AT_TIMES: Need.PAUSED_LISTENING}
        used = {server.address for server in self.servers} | set(self.authorities)
        needs = {of_listening[server.listens] for server in self.servers if server.listens in of_listening}
        needs |= {Need.IPV6 if ":" in address else Need.LOOPBACK_NET for address in used - {LOOPBACK}}
        return frozenset(needs)


# Microsoft, "Mail flow intelligence in EOP"; told here once more, independently of the diagnosis that it checks.
_CODES: Mapping[str, MailFlowCode | None] = {
    "dns-": MailFlowCode.DNS_QUERY_FAILED,
    "tcp-refused": MailFlowCode.CONNECTION_REFUSED,
    "tcp-timeout": MailFlowCode.CONNECTION_TIMED_OUT,
    "starttls-not-offered": MailFlowCode.CANNOT_CONNECT,
    "dane-dnssec-invalid": MailFlowCode.DNSSEC_INVALID,
    "dane-required": None,
    "dane-starttls-not-supported": MailFlowCode.STARTTLS_NOT_SUPPORTED,
    "dane-tls-failed": MailFlowCode.STARTTLS_NOT_SUPPORTED,
    "dane-certificate-expired": MailFlowCode.CERTIFICATE_EXPIRED,
    "dane-tlsa-invalid": MailFlowCode.TLSA_INVALID,
    "dane-host-mismatch": MailFlowCode.CERTIFICATE_HOST_MISMATCH,
    "mta-sts-mx-not-listed": MailFlowCode.MTA_STS_HOSTS,
    "mta-sts-certificate": MailFlowCode.MTA_STS_CERTIFICATE,
    "tls-client-certificate": None,
    "tls-": MailFlowCode.CANNOT_CONNECT,
    "certificate-": MailFlowCode.CERTIFICATE_VALIDATION_FAILED,
    "recipient-cut": MailFlowCode.CLOSED_ABRUPTLY,
    "recipient-": None,
    "local-": None,
}
_CUT = ("-timeout", "-closed", "-reset")


def code_of(failure: FailureClass) -> str | None:
    """The code that Exchange Online is documented to give: by layer, and within SMTP by silence or speech."""
    for start, code in _CODES.items():
        if failure.startswith(start):
            return None if code is None else str(code)
    return str(MailFlowCode.CLOSED_ABRUPTLY if failure.endswith(_CUT) else MailFlowCode.CANNOT_CONNECT)
