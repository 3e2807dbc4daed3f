"""What a scenario is: servers, names, what the prober is given, and what it must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict, Unpack

from connector_probe.lab.answers import ORIGIN, Answerer, addresses
from connector_probe.lab.authority import CertificateMaker, TlsShape
from connector_probe.lab.certificates import good
from connector_probe.lab.session import session
from connector_probe.lab.smtp import Behaviour
from connector_probe.lab.sockets import Need
from connector_probe.model.connector import AddressFamily, SmtpDaneMode, TlsSettings
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict, FailureClass, MailFlowCode, Status

LOOPBACK = "127.0.0.1"
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

    ``second``: what every other connection is shown in place of ``certificate``.
    """

    behaviour: Behaviour = session
    address: str = LOOPBACK
    listens: Listens = Listens.ANSWERS
    certificate: CertificateMaker = good
    second: CertificateMaker | None = None
    name: str = ""  # what it calls itself and what its certificate is for; by default the scenario's host
    tls: TlsShape = PLAIN_TLS


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One smart host with one peculiarity.

    ``expect_*``: what a probe must find under domain-validation; ``expect_problems`` all of a certificate's faults.
    ``waits``: the probe ends by a timeout, so give it short ones. ``answers``: what DNS says, by absolute name
    without the final dot; by default the host has the addresses of all servers; "{port}" in a name is the servers'
    port. ``authorities``: the same of further name servers, by their address, on the nameserver's port.
    ``policy``: the web server of the domain's MTA-STS policy, on a port of its own.
    ``expect_causes``: verdicts that the diagnosis must give, or where mail flows all the same that of an attempt.
    ``needs``: see ``Need``.
    """

    name: str
    summary: str
    expect_status: Status
    expect_class: FailureClass | None = None
    expect_code: str | None = None
    expect_problems: tuple[CertificateProblemKind, ...] = ()
    options: Options = field(default_factory=Options)
    waits: bool = False
    needs: tuple[Need, ...] = ()
    servers: tuple[Server, ...] = (Server(),)
    answers: Mapping[str, Answerer] = field(default_factory=dict)
    authorities: Mapping[str, Mapping[str, Answerer]] = field(default_factory=dict)
    policy: Server | None = None
    expect_causes: Mapping[str, CauseVerdict] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The DNS name: what a probe is pointed at, or the domain whose MX records it follows."""
        return host_of(self.name)

    @property
    def zone(self) -> Mapping[str, Answerer]:
        return self.answers or {self.host: addresses(*(server.address for server in self.servers))}


def host_of(name: str) -> str:
    """The DNS name of the scenario called ``name``."""
    return f"{name}.{ORIGIN}"


# --- short ways to write one --------------------------------------------------------------------------------------


class More(TypedDict, total=False):
    """Fields of a scenario that most leave as they are."""

    expect_problems: tuple[CertificateProblemKind, ...]
    options: Options
    waits: bool
    needs: tuple[Need, ...]
    servers: tuple[Server, ...]
    answers: Mapping[str, Answerer]
    authorities: Mapping[str, Mapping[str, Answerer]]
    policy: Server | None
    expect_causes: Mapping[str, CauseVerdict]


def healthy(name: str, summary: str, behaviour: Behaviour = session, **more: Unpack[More]) -> Scenario:
    return _scenario(name, summary, Status.HEALTHY, None, behaviour, more)


def warning(name: str, summary: str, behaviour: Behaviour = session, **more: Unpack[More]) -> Scenario:
    return _scenario(name, summary, Status.WARNING, None, behaviour, more)


def failing(
    name: str, summary: str, failure: FailureClass, behaviour: Behaviour = session, **more: Unpack[More]
) -> Scenario:
    return _scenario(name, summary, Status.FAILING, failure, behaviour, more)


def unknown(
    name: str, summary: str, failure: FailureClass, behaviour: Behaviour = session, **more: Unpack[More]
) -> Scenario:
    return _scenario(name, summary, Status.UNKNOWN, failure, behaviour, more)


def _scenario(
    name: str, summary: str, status: Status, failure: FailureClass | None, behaviour: Behaviour, more: More
) -> Scenario:
    more = {"servers": (Server(behaviour=behaviour),), **more}
    code = code_of(failure) if status is Status.FAILING and failure is not None else None
    return Scenario(name=name, summary=summary, expect_status=status, expect_class=failure, expect_code=code, **more)


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
