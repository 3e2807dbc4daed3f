"""What was seen: facts of one probe, stage by stage, without any conclusion.

Every text in here that came from a server or a zone has passed through ``printable``. A ``NetworkFault`` stands
where a stage broke. Everything can be written as JSON and read back, and is enough to diagnose again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector_probe.model.delegation import DnsInquiry
from connector_probe.model.policy import TransportPolicy
from connector_probe.model.revocation import MissingIssuers, RevocationEvidence


class Stage(StrEnum):
    """The stages of one attempt, in their order on the wire."""

    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    CERTIFICATE = "certificate"
    RECIPIENT = "recipient"


class FaultKind(StrEnum):
    """How a network operation ended when it did not succeed. One kind per distinguishable fact."""

    REFUSED = "refused"  # RST, or ICMP port unreachable, in answer to the SYN
    TIMED_OUT = "timed-out"  # no answer within the time allowed
    RESET = "reset"  # RST on an established connection
    CLOSED = "closed"  # FIN where more was expected
    NETWORK_UNREACHABLE = "network-unreachable"  # ICMP, although this machine has a route
    HOST_UNREACHABLE = "host-unreachable"  # ICMP, or no answer to ARP or neighbour discovery
    ALERT = "alert"  # the server sent a TLS alert
    NOT_TLS = "not-tls"  # bytes that are no TLS record where TLS was expected
    TLS_PROTOCOL = "tls-protocol"  # TLS records that do not hold together
    FLOOD = "flood"  # more bytes than any handshake needs
    NO_ROUTE = "no-route"  # this machine has no route to the address
    GATEWAY_SILENT = (
        "gateway-silent"  # this machine's gateway to the address does not answer ARP or neighbour discovery
    )
    NOT_PERMITTED = "not-permitted"  # this machine's own firewall or policy forbids it
    SOURCE_UNAVAILABLE = "source-unavailable"  # the source address is not this machine's
    NO_RESOURCES = "no-resources"  # this machine is out of sockets, ports or memory
    LOCAL_OTHER = "local-other"  # the operating system turned the call down, no packet left


LOCAL_FAULTS = frozenset(
    {
        FaultKind.NO_ROUTE,
        FaultKind.GATEWAY_SILENT,
        FaultKind.NOT_PERMITTED,
        FaultKind.SOURCE_UNAVAILABLE,
        FaultKind.NO_RESOURCES,
        FaultKind.LOCAL_OTHER,
    }
)


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """``errno`` is the symbolic name (ECONNREFUSED), empty where there was none; ``text`` the system's own words.

    ``alert`` is the TLS alert's name (RFC 8446 6.2, underscores as there), set with ALERT only. ``icmp`` is the ICMP
    error behind a failed connect ("host-unreachable", "admin-prohibited"), where the system tells it, and ``icmp_from``
    who sent it: a router or firewall on the way, the host itself, or this machine.
    """

    kind: FaultKind
    errno: str = ""
    text: str = ""
    alert: str | None = None
    icmp: str = ""
    icmp_from: str = ""

    @property
    def local(self) -> bool:
        return self.kind in LOCAL_FAULTS


# --- DNS -------------------------------------------------------------------------------------------------------


class LookupStatus(StrEnum):
    """How one question ended. Malformed, wrong-id and wrong-question answers are not time-outs."""

    ANSWER = "answer"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    OTHER_RCODE = "other-rcode"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"  # the nameserver's port or host answered with an ICMP error, or TCP was refused
    MALFORMED = "malformed"
    WRONG_ID = "wrong-id"
    WRONG_QUESTION = "wrong-question"
    TRUNCATED = "truncated"  # TC over UDP, and TCP gave nothing
    CNAME_LOOP = "cname-loop"
    CNAME_TOO_LONG = "cname-too-long"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question and its end, after every retry and every nameserver.

    ``records`` is the data in presentation form (MX as "10 mail.contoso.com"); ``aliases`` the CNAME targets in
    order; ``ttl`` the smallest on the way; ``rcode`` as text ("NXDOMAIN"); ``fault`` set with UNREACHABLE.
    """

    name: str
    rdtype: str
    status: LookupStatus
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    rcode: str | None = None
    nameserver: str | None = None
    transport: str = "udp"
    authoritative: bool = False
    authenticated: bool = False
    seconds: float = 0.0
    fault: NetworkFault | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MxRecord:
    """``exchange`` is "" for a null MX (RFC 7505)."""

    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How one smart host, or one MX host, became addresses.

    ``server`` is the name or address asked for; ``addresses`` in the order Exchange Online goes by (IPv6 first);
    ``lookups`` every question for this server, the domain's MX first when there was one; ``mx`` the domain's whole
    MX set (None without --mx); ``control`` what the nameservers said to a question about the root, asked only when
    a verdict would rest on their silence or refusal; ``nameservers_given`` whether the user chose them;
    ``excluded`` the addresses that -4 or -6 left out; ``inquiry`` the second look at DNS after a failure.
    """

    server: str
    addresses: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    mx_domain: str | None = None
    mx: tuple[MxRecord, ...] | None = None
    preference: int | None = None
    control: Lookup | None = None
    no_nameservers: bool = False
    nameservers_given: bool = False
    excluded: tuple[str, ...] = ()
    inquiry: DnsInquiry | None = None
    start: float = 0.0
    seconds: float = 0.0


# --- SMTP ------------------------------------------------------------------------------------------------------


class ReplyFlaw(StrEnum):
    """What is wrong with a reply that can still be read (RFC 5321 4.2, 4.2.1)."""

    BARE_LF = "bare-lf"
    MIXED_CODES = "mixed-codes"
    NO_SEPARATOR = "no-separator"  # "220" and text without a space or hyphen between them
    NOT_ASCII = "not-ascii"
    LONG_LINE = "long-line"  # over the 512 octets of RFC 5321 4.5.3.1.5, within our limit


class Garble(StrEnum):
    """Why bytes are no SMTP reply at all."""

    NOT_SMTP = "not-smtp"
    LINE_TOO_LONG = "line-too-long"
    TOO_MANY_LINES = "too-many-lines"


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply. ``lines`` holds the text of each line without code and separator."""

    code: int
    lines: tuple[str, ...]
    flaws: tuple[ReplyFlaw, ...] = ()

    @property
    def severity(self) -> int:
        """The first digit: 2 success, 3 intermediate, 4 transient, 5 permanent."""
        return self.code // 100

    @property
    def wire(self) -> str:
        """As on the wire, lines joined by one space: "550-5.7.0 no 550 5.7.0 really"."""
        last = len(self.lines) - 1
        return " ".join(f"{self.code}{' ' if at == last else '-'}{line}".rstrip() for at, line in enumerate(self.lines))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and what came back. Exactly one of ``reply``, ``fault`` and ``garble`` is set.

    ``command`` is "" for the banner. ``sample`` shows what had arrived when it broke off or could not be read.
    ``start`` and ``seconds`` are relative to the attempt.
    """

    command: str
    start: float
    seconds: float
    reply: Reply | None = None
    fault: NetworkFault | None = None
    garble: Garble | None = None
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """``fault`` None means that TCP was established, from ``source``."""

    start: float
    seconds: float
    source: str | None = None
    fault: NetworkFault | None = None


# --- TLS -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What was agreed. ``version`` as in "TLSv1.2"; ``cipher`` in OpenSSL's spelling; ``group`` may be empty."""

    version: str
    cipher: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """One TLS handshake. Exactly one of ``session`` and ``fault`` is set; a chain may stand beside a fault.

    ``injected`` shows plaintext that stood behind the 220 to STARTTLS and was dropped (CVE-2011-0411).
    ``client_certificate_requested``: the server asked for one (Exchange Online has one, a prober has none).
    """

    start: float
    seconds: float
    session: TlsSession | None = None
    fault: NetworkFault | None = None
    injected: str = ""
    client_certificate_requested: bool = False


class CertificateProblemKind(StrEnum):
    """Everything that can be wrong with a certificate or its path; each is found by itself."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    COMMON_NAME_ONLY = "common-name-only"
    SELF_SIGNED = "self-signed"
    UNTRUSTED_ROOT = "untrusted-root"
    MISSING_INTERMEDIATE = "missing-intermediate"
    ISSUER_EXPIRED = "issuer-expired"
    ISSUER_NOT_YET_VALID = "issuer-not-yet-valid"
    BAD_SIGNATURE = "bad-signature"
    INVALID_CA = "invalid-ca"
    PATH_TOO_LONG = "path-too-long"
    NAME_CONSTRAINT = "name-constraint"
    WRONG_PURPOSE = "wrong-purpose"
    WEAK_KEY = "weak-key"
    WEAK_SIGNATURE = "weak-signature"
    UNPARSEABLE_EXTENSION = "unparseable-extension"
    UNKNOWN_CRITICAL_EXTENSION = "unknown-critical-extension"
    UNPARSEABLE_CERTIFICATE = "unparseable-certificate"
    REVOKED = "revoked"
    INVALID_PATH = "invalid-path"  # OpenSSL turned the path down for a reason not listed above; ``note`` has it


@dataclass(frozen=True, slots=True)
class CertificateProblem:
    """``depth`` counts from the server's certificate (0) upwards; ``subject`` names the certificate meant;

    ``note`` is the fact in short ("2026-01-01T00:00:00Z", "RSA 1024", "sha1WithRSAEncryption").
    """

    kind: CertificateProblemKind
    depth: int = 0
    subject: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as sent. Names are RFC 4514 strings; ``names`` are the SAN's dNSNames and addresses;

    ``serial``, ``sha1`` and ``sha256`` are upper-case hex without separators. What cannot be parsed is empty,
    the fingerprints never are.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    serial: str
    sha1: str
    sha256: str
    key: str
    signature: str
    common_name: str = ""


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """The chain as sent (the server's own certificate first) and what is wrong with it, whatever the name expected.

    ``path`` lists the subjects from the server's certificate up to the trust anchor, as far as it could be built.
    ``judged_at`` is the moment the dates were judged for, ``as_of_given`` says that it is the user's and not the
    clock's; ``trust`` says which roots were used ("system", ...).
    """

    chain: tuple[Certificate, ...]
    problems: tuple[CertificateProblem, ...]
    path: tuple[str, ...]
    judged_at: datetime
    trust: str
    as_of_given: bool = False


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Another handshake with the same address, TLS 1.2 at most.

    ``server_name``: whether SNI was sent; ``rsa_only``: only Exchange Online's suites with RSA certificates were
    offered, because the first certificate was none. Both others are None where the connection did not get that far,
    which is never held against the server.
    """

    server_name: bool
    rsa_only: bool
    handshake: Handshake | None = None
    certificate: CertificateEvidence | None = None


# --- the whole -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """``at`` is seconds since the attempt began; ``source`` is "client", "server" or "note"."""

    at: float
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """What port 25 of a host that answers everybody shows from here, tried before a fault is held against a server.

    ``host`` and ``address`` are those of the first control host that was reached, else of the last one tried; ``fault``
    None means that TCP was established, and then there are a ``banner`` and, behind a 220, an ``ehlo``. Where the
    nameserver was silent about every one of them, there is only the ``lookup``, and ``address`` is empty.
    """

    host: str
    address: str
    fault: NetworkFault | None = None
    banner: Exchange | None = None
    ehlo: Exchange | None = None
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True)
class ProxiedGreeting:
    """What a port without a greeting said once a PROXY protocol header was sent first; ``ehlo`` only behind a 220.

    A mail server that was merely late takes the header for a command, and answers EHLO with its complaint about that.
    """

    banner: Exchange
    ehlo: Exchange | None = None


@dataclass(frozen=True, slots=True)
class AttemptEvidence:
    """Everything one connection to one address showed. What was not reached is None.

    ``exchange_offer`` is a second handshake with exactly the versions and cipher suites of Exchange Online, made
    only when the first one agreed on something that is not among them. ``implicit_tls`` is a handshake from the first
    byte, tried where no greeting came; ``proxied`` a greeting behind a PROXY header, tried there and where the
    connection was closed at once. ``earlier_failures``: the classes of the tries before this one. ``address`` is None
    when the server has none. ``revocation`` is None where nobody was asked; ``missing_issuers`` is set where the chain
    is incomplete and says where its issuers are; ``policy`` is None without --mx.
    """

    server: str
    address: str | None
    port: int
    resolution: Resolution
    connection: Connection | None = None
    control: Control | None = None
    banner: Exchange | None = None
    ehlo: Exchange | None = None
    helo: Exchange | None = None
    starttls: Exchange | None = None
    handshake: Handshake | None = None
    exchange_offer: Handshake | None = None
    implicit_tls: Handshake | None = None
    proxied: ProxiedGreeting | None = None
    certificate: CertificateEvidence | None = None
    revocation: RevocationEvidence | None = None
    missing_issuers: MissingIssuers | None = None
    second_looks: tuple[SecondLook, ...] = ()
    ehlo_again: Exchange | None = None
    mail: Exchange | None = None
    recipient: Exchange | None = None
    policy: TransportPolicy | None = None
    earlier_failures: tuple[str, ...] = ()
    stopped: bool = False  # the run was stopped before this had ended: nothing else was kept
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where the probe stood: this machine's name, nameservers and source addresses."""

    hostname: str
    nameservers: tuple[str, ...] = ()
    source_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectorEvidence:
    """All attempts of one connector, in the order Exchange Online would make them.

    ``left_out`` counts the addresses beyond our bound.
    """

    attempts: tuple[AttemptEvidence, ...]
    transcripts: tuple[tuple[TranscriptLine, ...], ...]
    started_at: datetime
    seconds: float
    left_out: int = 0
