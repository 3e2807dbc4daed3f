"""One row for each failure class: its code, its stage, how sure that is, and what Exchange Online writes.

Codes: Microsoft, "Mail flow intelligence in EOP"; where the page is silent the layer decides: what the server says
and what TLS does is 4.4.317, silence or a cut in SMTP 4.4.318, nothing at TCP 4.4.315 or 4.4.316. What a failure comes
from, and what mends it, stands with the causes.
"""

from __future__ import annotations

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import Confidence, FailureClass, MailFlowCode

# What Microsoft calls each code, and the page that lists them.
REFERENCE = "https://learn.microsoft.com/defender-office-365/connectors-mail-flow-intelligence"
HEADLINES: dict[MailFlowCode, str] = {
    MailFlowCode.DNS_QUERY_FAILED: "DNS query failed",
    MailFlowCode.CONNECTION_TIMED_OUT: "Connection timed out",
    MailFlowCode.CONNECTION_REFUSED: "Connection refused",
    MailFlowCode.CANNOT_CONNECT: "Cannot connect to remote server",
    MailFlowCode.CLOSED_ABRUPTLY: "Connection was closed abruptly",
    MailFlowCode.CERTIFICATE_VALIDATION_FAILED: "Certificate validation failed",
}


# The same of SMTP DANE (Microsoft, "How SMTP DANE works") and MTA-STS (its NDR table), with {domain} and {reason}.
POLICY_LINES: dict[MailFlowCode, str] = {
    MailFlowCode.STARTTLS_NOT_SUPPORTED: (
        "starttls-not-supported: Destination mail server must support TLS to receive mail"
    ),
    MailFlowCode.CERTIFICATE_EXPIRED: "certificate-expired: Destination mail server's certificate is expired",
    MailFlowCode.TLSA_INVALID: "tlsa-invalid: The domain failed DANE validation",
    MailFlowCode.DNSSEC_INVALID: "dnssec-invalid: Destination domain returned invalid DNSSEC records",
    MailFlowCode.CERTIFICATE_HOST_MISMATCH: "certificate-host-mismatch",
    MailFlowCode.MTA_STS_HOSTS: "MX hosts of {domain} failed MTA-STS validation",
    MailFlowCode.MTA_STS_CERTIFICATE: "Remote certificate failed MTA-STS validation. Reason: {reason}",
}

SESSION_HEADLINE = "Cannot establish session with remote server"  # 4.4.317 as reworded, seen since 2026
WINSOCK_995 = "Failed to connect. Winsock error code: 995, Win32 error code: 995"

_DOCUMENTED, _REPORTED, _INFERRED = Confidence.DOCUMENTED, Confidence.REPORTED, Confidence.INFERRED


@dataclass(frozen=True, slots=True)
class Profile:
    """``message``: what Exchange Online writes into [Message=...]; "" where it is unknown, or the server's reply."""

    code: MailFlowCode | None
    stage: Stage
    confidence: Confidence
    message: str = ""


def _dns(message: str = "", confidence: Confidence = _DOCUMENTED) -> Profile:
    return Profile(MailFlowCode.DNS_QUERY_FAILED, Stage.DNS, confidence, message)


def _cut(stage: Stage, confidence: Confidence, message: str = "") -> Profile:
    """Silence or an abrupt end in plain SMTP."""
    return Profile(MailFlowCode.CLOSED_ABRUPTLY, stage, confidence, message)


def _said(stage: Stage, confidence: Confidence, message: str = "") -> Profile:
    """The server answered, and not as the connector needs it."""
    return Profile(MailFlowCode.CANNOT_CONNECT, stage, confidence, message)


def _tls(confidence: Confidence, message: str = "") -> Profile:
    return _said(Stage.TLS, confidence, message)


def _certificate(confidence: Confidence, message: str = "") -> Profile:
    return Profile(MailFlowCode.CERTIFICATE_VALIDATION_FAILED, Stage.CERTIFICATE, confidence, message)


def _policy(code: MailFlowCode | None, stage: Stage) -> Profile:
    """A domain's own policy: Microsoft's pages on SMTP DANE and MTA-STS, and on the connector's modes."""
    return Profile(code, stage, _DOCUMENTED)


def _recipient() -> Profile:
    return Profile(None, Stage.RECIPIENT, _INFERRED)


def _local(stage: Stage) -> Profile:
    return Profile(None, stage, _DOCUMENTED)


_F = FailureClass
_SUSPICIOUS = "SuspiciousRemoteServerError"
_SOCKET_ERROR = "451 4.4.0 TLS negotiation failed with error SocketError"
_ILLEGAL = "451 4.4.0 Security status IllegalMessage"

PROFILES: dict[FailureClass, Profile] = {
    # dns
    _F.DNS_NXDOMAIN: _dns(),
    _F.DNS_NO_ADDRESS: _dns("InfoNoRecords"),
    _F.DNS_SERVFAIL: _dns("ErrorRetry"),
    _F.DNS_REFUSED: _dns("ErrorRetry", _INFERRED),
    _F.DNS_TIMEOUT: _dns("ErrorRetry"),
    _F.DNS_MALFORMED: _dns("ErrorRetry", _INFERRED),
    _F.DNS_CNAME_LOOP: _dns("ErrorRetry", _INFERRED),
    _F.DNS_NULL_MX: _dns(confidence=_INFERRED),
    # tcp
    _F.TCP_REFUSED: Profile(MailFlowCode.CONNECTION_REFUSED, Stage.CONNECT, _DOCUMENTED, "Socket error code 10061"),
    _F.TCP_TIMEOUT: Profile(MailFlowCode.CONNECTION_TIMED_OUT, Stage.CONNECT, _DOCUMENTED),
    _F.TCP_UNREACHABLE: Profile(MailFlowCode.CONNECTION_TIMED_OUT, Stage.CONNECT, _INFERRED),
    # banner
    _F.BANNER_TIMEOUT: _cut(Stage.BANNER, _INFERRED),
    _F.BANNER_CLOSED: _cut(Stage.BANNER, _DOCUMENTED, _SUSPICIOUS),
    _F.BANNER_RESET: _cut(Stage.BANNER, _DOCUMENTED, _SUSPICIOUS),
    _F.BANNER_REJECTED: _said(Stage.BANNER, _DOCUMENTED),
    _F.BANNER_NOT_SMTP: _said(Stage.BANNER, _INFERRED),
    # ehlo
    _F.EHLO_TIMEOUT: _cut(Stage.EHLO, _INFERRED),
    _F.EHLO_CLOSED: _cut(Stage.EHLO, _DOCUMENTED, _SUSPICIOUS),
    _F.EHLO_RESET: _cut(Stage.EHLO, _DOCUMENTED, _SUSPICIOUS),
    _F.EHLO_REJECTED: _said(Stage.EHLO, _INFERRED),
    _F.EHLO_MALFORMED: _said(Stage.EHLO, _REPORTED, "451 4.4.0 Socket error SocketError"),
    # starttls
    _F.STARTTLS_NOT_OFFERED: _said(Stage.STARTTLS, _DOCUMENTED, "451 5.7.3 STARTTLS is required to send mail"),
    _F.STARTTLS_REJECTED: _said(Stage.STARTTLS, _INFERRED),
    _F.STARTTLS_TIMEOUT: _cut(Stage.STARTTLS, _INFERRED),
    _F.STARTTLS_CLOSED: _cut(Stage.STARTTLS, _INFERRED, _SUSPICIOUS),
    _F.STARTTLS_RESET: _cut(Stage.STARTTLS, _INFERRED, _SUSPICIOUS),
    _F.STARTTLS_MALFORMED: _said(Stage.STARTTLS, _INFERRED),
    # tls
    _F.TLS_TIMEOUT: _tls(_INFERRED),
    _F.TLS_CLOSED: _tls(_REPORTED, "451 4.4.0 TLS negotiation failed with error ConnectionAborted"),
    _F.TLS_RESET: _tls(_REPORTED, _SOCKET_ERROR),
    _F.TLS_ALERT: _tls(_REPORTED, _SOCKET_ERROR),
    _F.TLS_NOT_TLS: _tls(_REPORTED, _ILLEGAL),
    _F.TLS_PROTOCOL: _tls(_REPORTED, _ILLEGAL),
    _F.TLS_VERSION: _tls(_REPORTED, _SOCKET_ERROR),
    _F.TLS_CIPHER: _tls(_INFERRED, _SOCKET_ERROR),
    _F.TLS_CLIENT_CERTIFICATE: Profile(None, Stage.TLS, _INFERRED),
    # session
    _F.SESSION_TIMEOUT: _cut(Stage.EHLO, _INFERRED),
    _F.SESSION_CLOSED: _cut(Stage.EHLO, _DOCUMENTED, _SUSPICIOUS),
    _F.SESSION_RESET: _cut(Stage.EHLO, _DOCUMENTED, _SUSPICIOUS),
    _F.SESSION_REJECTED: _said(Stage.EHLO, _INFERRED),
    _F.SESSION_MALFORMED: _said(Stage.EHLO, _INFERRED),
    # certificate
    _F.CERTIFICATE_EXPIRED: _certificate(_DOCUMENTED, "CertificateExpired"),
    _F.CERTIFICATE_NOT_YET_VALID: _certificate(_INFERRED),
    _F.CERTIFICATE_NAME_MISMATCH: _certificate(_DOCUMENTED, "SubjectMismatch"),
    _F.CERTIFICATE_COMMON_NAME_ONLY: _certificate(_INFERRED),
    _F.CERTIFICATE_SELF_SIGNED: _certificate(_REPORTED, "UntrustedRoot"),
    _F.CERTIFICATE_UNTRUSTED_ROOT: _certificate(_DOCUMENTED, "UntrustedRoot"),
    _F.CERTIFICATE_MISSING_INTERMEDIATE: _certificate(_DOCUMENTED, "UntrustedRoot"),
    _F.CERTIFICATE_ISSUER_EXPIRED: _certificate(_INFERRED),
    _F.CERTIFICATE_ISSUER_NOT_YET_VALID: _certificate(_INFERRED),
    _F.CERTIFICATE_BAD_SIGNATURE: _certificate(_INFERRED),
    _F.CERTIFICATE_INVALID_CA: _certificate(_INFERRED),
    _F.CERTIFICATE_PATH_TOO_LONG: _certificate(_INFERRED),
    _F.CERTIFICATE_NAME_CONSTRAINT: _certificate(_INFERRED),
    _F.CERTIFICATE_WRONG_PURPOSE: _certificate(_INFERRED),
    _F.CERTIFICATE_WEAK_KEY: _certificate(_INFERRED),
    _F.CERTIFICATE_WEAK_SIGNATURE: _certificate(_DOCUMENTED),
    _F.CERTIFICATE_UNPARSEABLE_EXTENSION: _certificate(_INFERRED),
    _F.CERTIFICATE_UNKNOWN_CRITICAL_EXTENSION: _certificate(_INFERRED),
    _F.CERTIFICATE_UNPARSEABLE_CERTIFICATE: _certificate(_INFERRED),
    _F.CERTIFICATE_REVOKED: _certificate(_INFERRED),
    _F.CERTIFICATE_INVALID_PATH: _certificate(_INFERRED),
    # dane
    _F.DANE_DNSSEC_INVALID: _policy(MailFlowCode.DNSSEC_INVALID, Stage.DNS),
    _F.DANE_REQUIRED: _policy(None, Stage.DNS),
    _F.DANE_STARTTLS_NOT_SUPPORTED: _policy(MailFlowCode.STARTTLS_NOT_SUPPORTED, Stage.STARTTLS),
    _F.DANE_TLS_FAILED: _policy(MailFlowCode.STARTTLS_NOT_SUPPORTED, Stage.TLS),
    _F.DANE_CERTIFICATE_EXPIRED: _policy(MailFlowCode.CERTIFICATE_EXPIRED, Stage.CERTIFICATE),
    _F.DANE_TLSA_INVALID: _policy(MailFlowCode.TLSA_INVALID, Stage.CERTIFICATE),
    _F.DANE_HOST_MISMATCH: _policy(MailFlowCode.CERTIFICATE_HOST_MISMATCH, Stage.CERTIFICATE),
    # mta
    _F.MTA_STS_MX_NOT_LISTED: _policy(MailFlowCode.MTA_STS_HOSTS, Stage.DNS),
    _F.MTA_STS_TLS_REQUIRED: _said(Stage.STARTTLS, _INFERRED),
    _F.MTA_STS_CERTIFICATE: _policy(MailFlowCode.MTA_STS_CERTIFICATE, Stage.CERTIFICATE),
    # recipient
    _F.RECIPIENT_REJECTED: _recipient(),
    _F.RECIPIENT_DEFERRED: _recipient(),
    _F.RECIPIENT_CUT: _cut(Stage.RECIPIENT, _INFERRED, _SUSPICIOUS),
    _F.RECIPIENT_MALFORMED: _recipient(),
    # local
    _F.LOCAL_FAMILY_EXCLUDED: _local(Stage.DNS),
    _F.LOCAL_NO_NAMESERVER: _local(Stage.DNS),
    _F.LOCAL_NAMESERVER_SILENT: _local(Stage.DNS),
    _F.LOCAL_NAMESERVER_CUT_OFF: _local(Stage.DNS),
    _F.LOCAL_NAMESERVER_UNTRUE: _local(Stage.DNS),
    _F.LOCAL_DNSSEC: _local(Stage.DNS),
    _F.LOCAL_NO_ROUTE: _local(Stage.CONNECT),
    _F.LOCAL_GATEWAY: _local(Stage.CONNECT),
    _F.LOCAL_FIRST_HOP: _local(Stage.CONNECT),
    _F.LOCAL_IPV6: _local(Stage.CONNECT),
    _F.LOCAL_OFFLINE: _local(Stage.CONNECT),
    _F.LOCAL_PORT_BLOCKED: _local(Stage.CONNECT),
    _F.LOCAL_INTERCEPTED: _local(Stage.BANNER),
    _F.LOCAL_STARTTLS_STRIPPED: _local(Stage.STARTTLS),
    _F.LOCAL_TLS_STALLED: _local(Stage.TLS),
    _F.LOCAL_CLOCK: _local(Stage.CERTIFICATE),
    _F.LOCAL_NOT_PERMITTED: _local(Stage.CONNECT),
    _F.LOCAL_SOURCE_ADDRESS: _local(Stage.CONNECT),
    _F.LOCAL_RESOURCES: _local(Stage.CONNECT),
    _F.LOCAL_DEADLINE: _local(Stage.EHLO),
    _F.LOCAL_INTERRUPTED: _local(Stage.DNS),
}
