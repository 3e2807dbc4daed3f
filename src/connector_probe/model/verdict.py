"""What the evidence means: codes, failure classes, causes, and the report.

The dataclasses from ``Report`` down have the keys of the published JSON report; a field that would be a Python
keyword carries a trailing underscore (``class_`` is "class", ``from_`` is "from").
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from connector_probe.model.connector import QUEUE_LIFETIME, ConnectorType, MtaStsMode, SmtpDaneMode, TlsSettings
from connector_probe.model.connector import MailFlowCode as MailFlowCode
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence.tls import CertificateReport as CertificateReport

if TYPE_CHECKING:  # what reads no evidence loads none; formats.schema names them for pydantic
    from connector_probe.model.evidence import CertificateProblemKind, ConnectorEvidence, Stage
    from connector_probe.model.evidence.attempt import Speaker

REPORT_SCHEMA = "connector-probe/report/1"
RESULT_SCHEMA = "connector-probe/result/1"  # one result by itself, as a line of jsonl


class Status(StrEnum):
    """HEALTHY: as it should be. WARNING: mail flows, but somebody should look. FAILING: mail would queue.

    UNKNOWN: this machine could not tell.
    """

    HEALTHY = "healthy"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


FLOWING = frozenset({Status.HEALTHY, Status.WARNING})  # mail would flow


class Badge(StrEnum):
    """What a person reads first of a result: its status, or, where a code is expected, whether that was met."""

    HEALTHY = "healthy"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"
    AS_EXPECTED = "as-expected"
    NOT_AS_EXPECTED = "not-as-expected"

    @classmethod
    def of(cls, status: Status, *, code_expected: bool, met: bool) -> Badge:
        """``code_expected``: a code, and not health; ``met``: whether that is what was seen."""
        if not code_expected:
            return cls(status.value)
        if met:
            return cls.AS_EXPECTED
        return cls.UNKNOWN if status is Status.UNKNOWN else cls.NOT_AS_EXPECTED


# "Mail flow intelligence in EOP" itself lists these.
INTELLIGENCE_CODES = (
    MailFlowCode.DNS_QUERY_FAILED,
    MailFlowCode.CONNECTION_TIMED_OUT,
    MailFlowCode.CONNECTION_REFUSED,
    MailFlowCode.CANNOT_CONNECT,
    MailFlowCode.CLOSED_ABRUPTLY,
    MailFlowCode.CERTIFICATE_VALIDATION_FAILED,
)


class FailureClass(StrEnum):
    """What failed, finer than the code. Each has a profile, words in every catalogue, and a lab scenario."""

    DNS_NXDOMAIN = "dns-nxdomain"
    DNS_NO_ADDRESS = "dns-no-address"
    DNS_SERVFAIL = "dns-servfail"
    DNS_REFUSED = "dns-refused"
    DNS_TIMEOUT = "dns-timeout"
    DNS_MALFORMED = "dns-malformed"
    DNS_CNAME_LOOP = "dns-cname-loop"
    DNS_NULL_MX = "dns-null-mx"
    TCP_REFUSED = "tcp-refused"
    TCP_TIMEOUT = "tcp-timeout"
    TCP_UNREACHABLE = "tcp-unreachable"
    BANNER_TIMEOUT = "banner-timeout"
    BANNER_CLOSED = "banner-closed"
    BANNER_RESET = "banner-reset"
    BANNER_REJECTED = "banner-rejected"
    BANNER_NOT_SMTP = "banner-not-smtp"
    EHLO_TIMEOUT = "ehlo-timeout"
    EHLO_CLOSED = "ehlo-closed"
    EHLO_RESET = "ehlo-reset"
    EHLO_REJECTED = "ehlo-rejected"
    EHLO_MALFORMED = "ehlo-malformed"
    STARTTLS_NOT_OFFERED = "starttls-not-offered"
    STARTTLS_REJECTED = "starttls-rejected"
    STARTTLS_TIMEOUT = "starttls-timeout"
    STARTTLS_CLOSED = "starttls-closed"
    STARTTLS_RESET = "starttls-reset"
    STARTTLS_MALFORMED = "starttls-malformed"
    TLS_TIMEOUT = "tls-timeout"
    TLS_CLOSED = "tls-closed"
    TLS_RESET = "tls-reset"
    TLS_ALERT = "tls-alert"
    TLS_NOT_TLS = "tls-not-tls"
    TLS_PROTOCOL = "tls-protocol"
    TLS_VERSION = "tls-version"
    TLS_CIPHER = "tls-cipher"
    TLS_CLIENT_CERTIFICATE = "tls-client-certificate"
    SESSION_TIMEOUT = "session-timeout"
    SESSION_CLOSED = "session-closed"
    SESSION_RESET = "session-reset"
    SESSION_REJECTED = "session-rejected"
    SESSION_MALFORMED = "session-malformed"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_NAME_MISMATCH = "certificate-name-mismatch"
    CERTIFICATE_COMMON_NAME_ONLY = "certificate-common-name-only"
    CERTIFICATE_SELF_SIGNED = "certificate-self-signed"
    CERTIFICATE_UNTRUSTED_ROOT = "certificate-untrusted-root"
    CERTIFICATE_MISSING_INTERMEDIATE = "certificate-missing-intermediate"
    CERTIFICATE_ISSUER_EXPIRED = "certificate-issuer-expired"
    CERTIFICATE_ISSUER_NOT_YET_VALID = "certificate-issuer-not-yet-valid"
    CERTIFICATE_BAD_SIGNATURE = "certificate-bad-signature"
    CERTIFICATE_INVALID_CA = "certificate-invalid-ca"
    CERTIFICATE_PATH_TOO_LONG = "certificate-path-too-long"
    CERTIFICATE_NAME_CONSTRAINT = "certificate-name-constraint"
    CERTIFICATE_WRONG_PURPOSE = "certificate-wrong-purpose"
    CERTIFICATE_WEAK_KEY = "certificate-weak-key"
    CERTIFICATE_WEAK_SIGNATURE = "certificate-weak-signature"
    CERTIFICATE_UNPARSEABLE_EXTENSION = "certificate-unparseable-extension"
    CERTIFICATE_UNKNOWN_CRITICAL_EXTENSION = "certificate-unknown-critical-extension"
    CERTIFICATE_UNPARSEABLE_CERTIFICATE = "certificate-unparseable-certificate"
    CERTIFICATE_REVOKED = "certificate-revoked"
    CERTIFICATE_INVALID_PATH = "certificate-invalid-path"
    DANE_DNSSEC_INVALID = "dane-dnssec-invalid"
    DANE_REQUIRED = "dane-required"
    DANE_STARTTLS_NOT_SUPPORTED = "dane-starttls-not-supported"
    DANE_TLS_FAILED = "dane-tls-failed"
    DANE_CERTIFICATE_EXPIRED = "dane-certificate-expired"
    DANE_TLSA_INVALID = "dane-tlsa-invalid"
    DANE_HOST_MISMATCH = "dane-host-mismatch"
    MTA_STS_MX_NOT_LISTED = "mta-sts-mx-not-listed"
    MTA_STS_TLS_REQUIRED = "mta-sts-tls-required"
    MTA_STS_CERTIFICATE = "mta-sts-certificate"
    RECIPIENT_REJECTED = "recipient-rejected"
    RECIPIENT_DEFERRED = "recipient-deferred"
    RECIPIENT_CUT = "recipient-cut"
    RECIPIENT_MALFORMED = "recipient-malformed"
    LOCAL_FAMILY_EXCLUDED = "local-family-excluded"
    LOCAL_NO_NAMESERVER = "local-no-nameserver"
    LOCAL_NAMESERVER_SILENT = "local-nameserver-silent"
    LOCAL_NAMESERVER_CUT_OFF = "local-nameserver-cut-off"
    LOCAL_NAMESERVER_UNTRUE = "local-nameserver-untrue"
    LOCAL_DNSSEC = "local-dnssec"
    LOCAL_NO_ROUTE = "local-no-route"
    LOCAL_GATEWAY = "local-gateway"
    LOCAL_FIRST_HOP = "local-first-hop"
    LOCAL_IPV6 = "local-ipv6"
    LOCAL_OFFLINE = "local-offline"
    LOCAL_PORT_BLOCKED = "local-port-blocked"
    LOCAL_INTERCEPTED = "local-intercepted"
    LOCAL_STARTTLS_STRIPPED = "local-starttls-stripped"
    LOCAL_TLS_STALLED = "local-tls-stalled"
    LOCAL_CLOCK = "local-clock"
    LOCAL_NOT_PERMITTED = "local-not-permitted"
    LOCAL_SOURCE_ADDRESS = "local-source-address"
    LOCAL_RESOURCES = "local-resources"
    LOCAL_DEADLINE = "local-deadline"
    LOCAL_INTERRUPTED = "local-interrupted"

    @classmethod
    def of_certificate(cls, kind: CertificateProblemKind) -> FailureClass:
        return cls(f"certificate-{kind}")


# What this machine cannot tell: its own faults, and the one thing that only Exchange Online can show.
UNTELLABLE = frozenset(
    failure
    for failure in FailureClass
    if failure.value.startswith("local-") or failure is FailureClass.TLS_CLIENT_CERTIFICATE
)


class Confidence(StrEnum):
    """DOCUMENTED by Microsoft or an RFC; REPORTED in real traces; INFERRED from the layer that failed."""

    DOCUMENTED = "documented"
    REPORTED = "reported"
    INFERRED = "inferred"


class CauseVerdict(StrEnum):
    """What the evidence says of one documented cause."""

    CONFIRMED = "confirmed"
    SUPPORTED = "supported"
    POSSIBLE = "possible"
    RULED_OUT = "ruled-out"


WORTH_READING = frozenset({CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED})  # what a person in a hurry is told


class Culprit(StrEnum):
    """Whose it is to mend. SENDER: the sending organization's side; UNKNOWN: the evidence leaves that open."""

    SERVER = "server"
    DNS = "dns"
    NETWORK = "network"
    CONNECTOR = "connector"
    SENDER = "sender"
    THIS_MACHINE = "this-machine"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    id: str
    verdict: CauseVerdict
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    id: str
    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlsoSeenAs:
    code: str
    reply: str
    note: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why mail would queue. ``code`` None where no documented code fits, and with a fault of this machine.

    ``title`` is the code's own, ``heading`` says in a few words what is broken, ``detail`` what was seen; ``culprit``
    is that of the leading cause.
    """

    code: str | None
    class_: FailureClass
    title: str
    heading: str
    reply: str | None
    also_seen_as: tuple[AlsoSeenAs, ...]
    stage: Stage
    detail: str
    confidence: Confidence
    causes: tuple[Cause, ...]
    remedies: tuple[Remedy, ...]
    reference: str
    culprit: Culprit = Culprit.UNKNOWN


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning or remark. ``remedies``: what to do about it, where there is a step to take."""

    id: str
    text: str
    address: str | None = None
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class StageReport:
    """``detail``: short facts by name. ``start`` and ``duration`` in seconds, from the beginning of the look-up on;

    waiting between that and the attempt (for a place among others) counts for nothing.
    """

    stage: Stage
    status: str
    start: float | None
    duration: float | None
    detail: dict[str, str]


@dataclass(frozen=True, slots=True)
class TlsReport:
    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class TranscriptReport:
    at: float
    from_: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One address of one smart host. ``diagnosis`` is set also where another address decides for the connector.

    ``remarks``: what is worth knowing of the certificate chain, though nobody has to act on it; ``policies``: what
    DANE and MTA-STS came to, with --mx.
    """

    server: str
    address: str | None
    port: int
    status: Status
    code: str | None
    class_: FailureClass | None
    stages: tuple[StageReport, ...]
    tls: TlsReport | None
    certificates: tuple[CertificateReport, ...]
    certificate_problems: tuple[CertificateProblemKind, ...]
    transcript: tuple[TranscriptReport, ...]
    diagnosis: Diagnosis | None = None
    remarks: tuple[Finding, ...] = ()
    policies: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectorReport:
    """What was asked: as much of the connector as it takes to diagnose again. ``queue_lifetime`` is in seconds."""

    smart_hosts: tuple[str, ...]
    use_mx: str | None
    port: int
    type: ConnectorType
    tls: TlsSettings
    tls_domain: str | None
    source_address: str | None = None
    rcpt: str | None = None
    warn_days: int | None = None
    as_of: datetime | None = None
    queue_lifetime: float = QUEUE_LIFETIME
    smtp_dane_mode: SmtpDaneMode = SmtpDaneMode.OPPORTUNISTIC
    mta_sts_mode: MtaStsMode = MtaStsMode.OPPORTUNISTIC


class KnownFrom(StrEnum):
    """HISTORY: earlier runs saw the failure begin. THIS_RUN: nothing is known of the time before."""

    HISTORY = "history"
    THIS_RUN = "this-run"


@dataclass(frozen=True, slots=True)
class Outage:
    """The bounce clock: mail has been queuing since ``since``, as far as known, and starts to bounce at

    ``bounces_at``, which is ``queue_lifetime`` seconds later. ``flowed_at``: when history saw mail flow last before
    that, so that it may have begun to queue from then on; None where it never saw that.
    """

    since: datetime
    bounces_at: datetime
    queue_lifetime: float
    known_from: KnownFrom
    flowed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One connector. ``by_tls_mode``: for each TlsSettings a code, None where mail flows, "other" where it fails

    without a documented code, "unknown" where this machine could not tell. ``outage``: the bounce clock, None where
    no mail queues, or where the failure is the expected one. ``maintenance``: the end of the maintenance window that
    the failure falls into; it is then counted as expected.
    """

    name: str
    connector: ConnectorReport
    status: Status
    expect: str
    expected: bool
    diagnosis: Diagnosis | None
    by_tls_mode: dict[TlsSettings, str | None]
    warnings: tuple[Finding, ...]
    attempts: tuple[Attempt, ...]
    evidence: ConnectorEvidence
    outage: Outage | None = None
    maintenance: datetime | None = None

    @property
    def code_expected(self) -> bool:
        """Whether --expect names a code, and so a failure."""
        return self.expect != Status.HEALTHY

    @property
    def code(self) -> str | None:
        return self.diagnosis.code if self.diagnosis is not None else None

    @property
    def class_(self) -> FailureClass | None:
        return self.diagnosis.class_ if self.diagnosis is not None else None

    @property
    def is_cut_short(self) -> bool:
        """Whether all that is known is that the run ended before it was probed."""
        return self.class_ is FailureClass.LOCAL_INTERRUPTED

    @property
    def badge(self) -> Badge:
        met = self.expected and self.maintenance is None
        return Badge.of(self.status, code_expected=self.code_expected, met=met)

    def badge_at(self, attempt: Attempt) -> Badge:
        """That of one of its addresses."""
        return Badge.of(attempt.status, code_expected=self.code_expected, met=attempt.code == self.expect)

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What to do, for people: nothing where it is as it was expected to be."""
        return self.diagnosis.remedies if self.diagnosis is not None and self.badge is not Badge.AS_EXPECTED else ()

    @property
    def warning_texts(self) -> tuple[str, ...]:
        """Each text once, for people: several addresses may give rise to the same words."""
        return tuple(dict.fromkeys(warning.text for warning in self.warnings))


@dataclass(frozen=True, slots=True)
class VantageReport:
    hostname: str
    nameservers: tuple[str, ...]
    source_addresses: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    healthy: int
    warning: int
    failing: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Report:
    schema: str
    started_at: datetime
    duration: float
    version: str
    vantage: VantageReport
    summary: Summary
    results: tuple[Result, ...]
