"""One row for each failure class: its code, its stage, how sure that is, its causes and its remedies.

Codes: Microsoft, "Mail flow intelligence in EOP"; where the page is silent the layer decides: what the server says
and what TLS does is 4.4.317, silence or a cut in SMTP 4.4.318, nothing at TCP 4.4.315 or 4.4.316.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import CauseVerdict, Confidence, FailureClass, MailFlowCode

_CONFIRMED, _SUPPORTED = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED
_POSSIBLE, _OUT = CauseVerdict.POSSIBLE, CauseVerdict.RULED_OUT
_DOCUMENTED, _REPORTED, _INFERRED = Confidence.DOCUMENTED, Confidence.REPORTED, Confidence.INFERRED
Causes = tuple[tuple[str, CauseVerdict], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """``causes``: id and the verdict that the class alone gives; evidence beyond the class may sharpen it.

    ``message``: what Exchange Online writes into [Message=...], "" where that is not known or is the server's reply.
    """

    code: MailFlowCode | None
    stage: Stage
    confidence: Confidence
    causes: Causes
    remedies: tuple[str, ...]
    message: str = ""


_HOSTING, _EXPIRED, _STALE = "dns-hosting-trouble", "domain-expired", "stale-dns-cache"
_INSPECTION, _SICK, _NETWORK = "packet-inspection", "server-malfunction", "network-trouble"
_UNAVAILABLE, _NO_TLS = "service-not-available", "tls-not-supported"
_BLOCKED, _LIMITED = "source-blocked", "rate-limited"
_PROXY, _NOT_MAIL = "proxy-protocol", "not-a-mail-server"


def _dns(causes: Causes, remedies: tuple[str, ...], message: str, confidence: Confidence = _DOCUMENTED) -> Profile:
    return Profile(MailFlowCode.DNS_QUERY_FAILED, Stage.DNS, confidence, causes, remedies, message)


def _cut(stage: Stage, confidence: Confidence, *, silent: bool = False) -> Profile:
    """Silence or an abrupt end in plain SMTP."""
    causes: Causes = ((_INSPECTION, _POSSIBLE), (_SICK, _POSSIBLE), (_NETWORK, _POSSIBLE))
    first = ("send-proxy-header",) if stage is Stage.BANNER else ()
    if stage is Stage.BANNER:
        causes = (*causes, (_PROXY, _POSSIBLE))
    remedies = (*first, "check-server-health", "check-firewall-inspection", "check-network-path", "probe-again")
    return Profile(
        MailFlowCode.CLOSED_ABRUPTLY,
        stage,
        confidence,
        causes,
        remedies,
        "" if silent else "SuspiciousRemoteServerError",
    )


def _said(
    stage: Stage, confidence: Confidence, causes: Causes, remedies: tuple[str, ...], message: str = ""
) -> Profile:
    """The server answered, and not as the connector needs it."""
    return Profile(MailFlowCode.CANNOT_CONNECT, stage, confidence, causes, remedies, message)


def _tls(confidence: Confidence, message: str, *first: str) -> Profile:
    causes = ((_UNAVAILABLE, _OUT), (_NO_TLS, _SUPPORTED), ("tls-broken-on-the-way", _POSSIBLE))
    return _said(Stage.TLS, confidence, causes, (*first, "check-tls-settings", "check-firewall-inspection"), message)


def _certificate(verdict: str, confidence: Confidence, documented_cause: str, *remedies: str) -> Profile:
    ids = ("certificate-expired", "certificate-subject-mismatch", "certificate-no-longer-valid")
    causes = tuple((one, _CONFIRMED if one == documented_cause else _OUT) for one in ids)
    remedies = ("check-appliance", *remedies)
    return Profile(MailFlowCode.CERTIFICATE_VALIDATION_FAILED, Stage.CERTIFICATE, confidence, causes, remedies, verdict)


def _policy(code: MailFlowCode | None, stage: Stage, causes: Causes, remedies: tuple[str, ...]) -> Profile:
    """A domain's own policy: Microsoft's pages on SMTP DANE and MTA-STS, and on the connector's modes."""
    return Profile(code, stage, _DOCUMENTED, causes, remedies)


def _local(stage: Stage, *remedies: str) -> Profile:
    return Profile(None, stage, _DOCUMENTED, (), (*remedies, "probe-from-elsewhere"))


_F = FailureClass
_TIMED_OUT_CAUSES: Causes = (("server-down", _POSSIBLE), ("wrong-smart-host", _POSSIBLE), ("firewall-drops", _POSSIBLE))
_TIMED_OUT_REMEDIES = ("check-server-up", "check-network-change", "correct-smart-host", "open-port-25")
_REJECTED_REMEDIES = ("read-the-reply", "probe-again", "check-service-state", "allow-exchange-online")
_CHAIN = ("certificate-no-longer-valid", "install-public-certificate")
_RENEW = "renew-certificate"

PROFILES: dict[FailureClass, Profile] = {
    # dns
    _F.DNS_NXDOMAIN: _dns(
        # A nameserver's NXDOMAIN alone fits a misspelt name, an expired domain and an old answer.
        (("name-does-not-exist", _SUPPORTED), (_EXPIRED, _POSSIBLE), (_STALE, _POSSIBLE), (_HOSTING, _POSSIBLE)),
        ("correct-smart-host", "renew-domain", "fix-dns"),
        "",
    ),
    _F.DNS_NO_ADDRESS: _dns(
        (("record-missing", _CONFIRMED), (_STALE, _POSSIBLE), (_HOSTING, _POSSIBLE), (_EXPIRED, _OUT)),
        ("add-address-record", "correct-smart-host", "fix-dns"),
        "InfoNoRecords",
    ),
    _F.DNS_SERVFAIL: _dns(
        ((_HOSTING, _SUPPORTED), (_EXPIRED, _POSSIBLE), (_STALE, _OUT)), ("fix-dns", "renew-domain"), "ErrorRetry"
    ),
    _F.DNS_REFUSED: _dns(
        ((_HOSTING, _SUPPORTED), (_EXPIRED, _POSSIBLE), (_STALE, _OUT)),
        ("fix-dns", "renew-domain"),
        "ErrorRetry",
        _INFERRED,
    ),
    _F.DNS_TIMEOUT: _dns(
        ((_HOSTING, _SUPPORTED), (_EXPIRED, _POSSIBLE), (_STALE, _OUT)), ("fix-dns", "renew-domain"), "ErrorRetry"
    ),
    _F.DNS_MALFORMED: _dns(
        ((_HOSTING, _SUPPORTED), (_EXPIRED, _OUT), (_STALE, _OUT)), ("fix-dns",), "ErrorRetry", _INFERRED
    ),
    _F.DNS_CNAME_LOOP: _dns(
        ((_HOSTING, _CONFIRMED), (_EXPIRED, _OUT), (_STALE, _OUT)), ("fix-alias", "fix-dns"), "ErrorRetry", _INFERRED
    ),
    _F.DNS_NULL_MX: _dns(
        (("domain-refuses-mail", _CONFIRMED), (_STALE, _POSSIBLE), (_HOSTING, _OUT), (_EXPIRED, _OUT)),
        ("replace-null-mx",),
        "",
        _INFERRED,
    ),
    # connect
    _F.TCP_REFUSED: Profile(
        MailFlowCode.CONNECTION_REFUSED,
        Stage.CONNECT,
        _DOCUMENTED,
        (("firewall-blocks", _POSSIBLE), ("service-stopped", _POSSIBLE), ("migrated", _POSSIBLE)),
        ("open-port-25", "start-smtp-service", "disable-connector", "set-authoritative"),
        "Socket error code 10061",
    ),
    _F.TCP_TIMEOUT: Profile(
        MailFlowCode.CONNECTION_TIMED_OUT, Stage.CONNECT, _DOCUMENTED, _TIMED_OUT_CAUSES, _TIMED_OUT_REMEDIES
    ),
    _F.TCP_UNREACHABLE: Profile(
        MailFlowCode.CONNECTION_TIMED_OUT,
        Stage.CONNECT,
        _INFERRED,
        (*_TIMED_OUT_CAUSES, ("firewall-blocks", _POSSIBLE), (_NETWORK, _POSSIBLE)),
        (*_TIMED_OUT_REMEDIES, "check-network-path"),
    ),
    # banner
    _F.BANNER_TIMEOUT: Profile(
        MailFlowCode.CLOSED_ABRUPTLY,
        Stage.BANNER,
        _INFERRED,
        (
            (_SICK, _POSSIBLE),
            (_INSPECTION, _POSSIBLE),
            (_NETWORK, _POSSIBLE),
            ("implicit-tls", _POSSIBLE),
            (_PROXY, _POSSIBLE),
            (_NOT_MAIL, _POSSIBLE),
        ),
        (
            "use-plain-smtp-port",
            "send-proxy-header",
            "point-to-smtp",
            "probe-again",
            "check-server-health",
            "check-firewall-inspection",
            "check-network-path",
        ),
    ),
    _F.BANNER_CLOSED: _cut(Stage.BANNER, _DOCUMENTED),
    _F.BANNER_RESET: _cut(Stage.BANNER, _DOCUMENTED),
    _F.BANNER_REJECTED: _said(
        Stage.BANNER,
        _DOCUMENTED,
        ((_UNAVAILABLE, _CONFIRMED), (_BLOCKED, _POSSIBLE), (_LIMITED, _POSSIBLE), (_NO_TLS, _OUT)),
        ("send-proxy-header", "stop-proxy-header", *_REJECTED_REMEDIES),
    ),
    _F.BANNER_NOT_SMTP: _said(
        Stage.BANNER,
        _INFERRED,
        ((_NOT_MAIL, _SUPPORTED), ("malformed-reply", _POSSIBLE), (_UNAVAILABLE, _POSSIBLE), (_NO_TLS, _OUT)),
        ("point-to-smtp", "check-firewall-inspection"),
    ),
    # ehlo
    _F.EHLO_TIMEOUT: _cut(Stage.EHLO, _INFERRED, silent=True),
    _F.EHLO_CLOSED: _cut(Stage.EHLO, _DOCUMENTED),
    _F.EHLO_RESET: _cut(Stage.EHLO, _DOCUMENTED),
    _F.EHLO_REJECTED: _said(
        Stage.EHLO,
        _INFERRED,
        (
            (_UNAVAILABLE, _SUPPORTED),
            (_BLOCKED, _POSSIBLE),
            (_LIMITED, _POSSIBLE),
            (_NOT_MAIL, _POSSIBLE),
            (_NO_TLS, _OUT),
        ),
        ("stop-proxy-header", "point-to-smtp", "give-another-name", *_REJECTED_REMEDIES),
    ),
    _F.EHLO_MALFORMED: _said(
        Stage.EHLO,
        _REPORTED,
        (("malformed-reply", _CONFIRMED), (_INSPECTION, _POSSIBLE), (_UNAVAILABLE, _OUT), (_NO_TLS, _OUT)),
        ("fix-reply-format", "check-firewall-inspection"),
        "451 4.4.0 Socket error SocketError",
    ),
    # starttls
    _F.STARTTLS_NOT_OFFERED: _said(
        Stage.STARTTLS,
        _DOCUMENTED,
        (
            (_NO_TLS, _CONFIRMED),
            ("exchange-certificate-broken", _POSSIBLE),
            (_INSPECTION, _POSSIBLE),
            (_UNAVAILABLE, _OUT),
        ),
        ("repair-exchange-certificate", "offer-starttls", "check-firewall-inspection", "relax-tls"),
        "451 5.7.3 STARTTLS is required to send mail",
    ),
    _F.STARTTLS_REJECTED: _said(
        Stage.STARTTLS,
        _INFERRED,
        ((_NO_TLS, _CONFIRMED), (_INSPECTION, _POSSIBLE), (_UNAVAILABLE, _OUT)),
        ("repair-starttls", "read-the-reply", "probe-again", "check-firewall-inspection", "relax-tls"),
    ),
    _F.STARTTLS_TIMEOUT: _cut(Stage.STARTTLS, _INFERRED, silent=True),
    _F.STARTTLS_CLOSED: _cut(Stage.STARTTLS, _INFERRED),
    _F.STARTTLS_RESET: _cut(Stage.STARTTLS, _INFERRED),
    _F.STARTTLS_MALFORMED: _said(
        Stage.STARTTLS,
        _INFERRED,
        (("malformed-reply", _CONFIRMED), (_NO_TLS, _SUPPORTED), (_UNAVAILABLE, _OUT)),
        ("fix-reply-format", "check-firewall-inspection"),
    ),
    # tls
    # It said 220 to STARTTLS, and then nothing that can be read: each of these is as likely as the others.
    _F.TLS_TIMEOUT: _said(
        Stage.TLS,
        _INFERRED,
        (
            (_UNAVAILABLE, _OUT),
            (_NO_TLS, _POSSIBLE),
            ("tls-broken-on-the-way", _POSSIBLE),
            ("large-packets-lost", _POSSIBLE),
        ),
        ("check-tls-settings", "check-firewall-inspection", "check-path-mtu"),
    ),
    _F.TLS_CLOSED: _tls(_REPORTED, "451 4.4.0 TLS negotiation failed with error ConnectionAborted"),
    _F.TLS_RESET: _tls(_REPORTED, "451 4.4.0 TLS negotiation failed with error SocketError"),
    _F.TLS_ALERT: _tls(_REPORTED, "451 4.4.0 TLS negotiation failed with error SocketError"),
    _F.TLS_NOT_TLS: _tls(_REPORTED, "451 4.4.0 Security status IllegalMessage"),
    _F.TLS_PROTOCOL: _tls(_REPORTED, "451 4.4.0 Security status IllegalMessage"),
    _F.TLS_VERSION: _tls(_REPORTED, "451 4.4.0 TLS negotiation failed with error SocketError", "enable-tls12"),
    _F.TLS_CIPHER: _tls(_INFERRED, "451 4.4.0 TLS negotiation failed with error SocketError", "enable-ciphers"),
    _F.TLS_CLIENT_CERTIFICATE: Profile(
        None, Stage.TLS, _INFERRED, (), ("trust-exchange-certificate", "validate-connector")
    ),
    # session inside TLS
    _F.SESSION_TIMEOUT: _cut(Stage.EHLO, _INFERRED, silent=True),
    _F.SESSION_CLOSED: _cut(Stage.EHLO, _DOCUMENTED),
    _F.SESSION_RESET: _cut(Stage.EHLO, _DOCUMENTED),
    _F.SESSION_REJECTED: _said(
        Stage.EHLO,
        _INFERRED,
        ((_UNAVAILABLE, _SUPPORTED), (_BLOCKED, _POSSIBLE), (_LIMITED, _POSSIBLE), (_NO_TLS, _OUT)),
        ("give-another-name", *_REJECTED_REMEDIES),
    ),
    _F.SESSION_MALFORMED: _said(
        Stage.EHLO,
        _INFERRED,
        (("malformed-reply", _CONFIRMED), (_UNAVAILABLE, _OUT), (_NO_TLS, _OUT)),
        ("fix-reply-format",),
    ),
    # certificate
    _F.CERTIFICATE_EXPIRED: _certificate("CertificateExpired", _DOCUMENTED, "certificate-expired", _RENEW),
    _F.CERTIFICATE_NOT_YET_VALID: _certificate("", _INFERRED, _CHAIN[0], "wait-for-validity", _RENEW),
    _F.CERTIFICATE_NAME_MISMATCH: _certificate(
        "SubjectMismatch",
        _DOCUMENTED,
        "certificate-subject-mismatch",
        "add-name",
        "change-tls-domain",
        "compare-servers",
    ),
    _F.CERTIFICATE_COMMON_NAME_ONLY: _certificate("", _INFERRED, "certificate-subject-mismatch", "add-name"),
    _F.CERTIFICATE_SELF_SIGNED: _certificate("UntrustedRoot", _REPORTED, *_CHAIN),
    _F.CERTIFICATE_UNTRUSTED_ROOT: _certificate("UntrustedRoot", _DOCUMENTED, *_CHAIN),
    _F.CERTIFICATE_MISSING_INTERMEDIATE: _certificate(
        "UntrustedRoot", _DOCUMENTED, _CHAIN[0], "install-intermediate", "install-public-certificate"
    ),
    _F.CERTIFICATE_ISSUER_EXPIRED: _certificate("", _INFERRED, _CHAIN[0], "install-intermediate", _RENEW),
    _F.CERTIFICATE_ISSUER_NOT_YET_VALID: _certificate("", _INFERRED, _CHAIN[0], "wait-for-validity", _RENEW),
    _F.CERTIFICATE_BAD_SIGNATURE: _certificate("", _INFERRED, _CHAIN[0], "install-intermediate", _RENEW),
    _F.CERTIFICATE_INVALID_CA: _certificate("", _INFERRED, *_CHAIN),
    _F.CERTIFICATE_PATH_TOO_LONG: _certificate("", _INFERRED, *_CHAIN),
    _F.CERTIFICATE_NAME_CONSTRAINT: _certificate("", _INFERRED, *_CHAIN),
    _F.CERTIFICATE_WRONG_PURPOSE: _certificate("", _INFERRED, _CHAIN[0], "reissue-for-servers"),
    _F.CERTIFICATE_WEAK_KEY: _certificate("", _INFERRED, _CHAIN[0], "reissue-strong"),
    _F.CERTIFICATE_WEAK_SIGNATURE: _certificate("", _DOCUMENTED, _CHAIN[0], "reissue-strong"),
    _F.CERTIFICATE_UNPARSEABLE_EXTENSION: _certificate("", _INFERRED, _CHAIN[0], "reissue-wellformed"),
    _F.CERTIFICATE_UNKNOWN_CRITICAL_EXTENSION: _certificate("", _INFERRED, _CHAIN[0], "reissue-wellformed"),
    _F.CERTIFICATE_UNPARSEABLE_CERTIFICATE: _certificate("", _INFERRED, _CHAIN[0], "reissue-wellformed"),
    _F.CERTIFICATE_REVOKED: _certificate("", _INFERRED, _CHAIN[0], "replace-revoked"),
    _F.CERTIFICATE_INVALID_PATH: _certificate("", _INFERRED, *_CHAIN),
    # what the domain publishes: SMTP DANE, MTA-STS
    _F.DANE_DNSSEC_INVALID: _policy(
        MailFlowCode.DNSSEC_INVALID,
        Stage.DNS,
        (("dnssec-chain-broken", _POSSIBLE), ("dnssec-signature-untimely", _POSSIBLE), ("dnssec-tampered", _POSSIBLE)),
        ("repair-dnssec-chain", "remove-ds", "lift-dane"),
    ),
    _F.DANE_REQUIRED: _policy(
        None, Stage.DNS, (("dane-not-offered", _CONFIRMED),), ("publish-tlsa", "make-dane-opportunistic")
    ),
    _F.DANE_STARTTLS_NOT_SUPPORTED: _policy(
        MailFlowCode.STARTTLS_NOT_SUPPORTED,
        Stage.STARTTLS,
        (("dane-without-starttls", _CONFIRMED), (_INSPECTION, _POSSIBLE)),
        ("offer-starttls", "check-firewall-inspection", "withdraw-tlsa", "lift-dane"),
    ),
    _F.DANE_TLS_FAILED: _policy(
        MailFlowCode.STARTTLS_NOT_SUPPORTED,
        Stage.TLS,
        (("dane-without-tls", _CONFIRMED), ("tls-broken-on-the-way", _POSSIBLE), ("dane-without-starttls", _OUT)),
        ("check-tls-settings", "enable-tls12", "check-firewall-inspection", "withdraw-tlsa"),
    ),
    _F.DANE_CERTIFICATE_EXPIRED: _policy(
        MailFlowCode.CERTIFICATE_EXPIRED,
        Stage.CERTIFICATE,
        (("certificate-expired", _CONFIRMED),),
        (_RENEW, "renew-tlsa"),
    ),
    _F.DANE_TLSA_INVALID: _policy(
        MailFlowCode.TLSA_INVALID,
        Stage.CERTIFICATE,
        (
            ("tlsa-outdated", _SUPPORTED),
            ("tlsa-malformed", _OUT),
            ("certificate-not-yet-valid", _OUT),
            ("dane-path-invalid", _OUT),
            ("dane-other-server", _POSSIBLE),
            ("dane-not-offered", _OUT),
            ("dane-without-tls", _OUT),
        ),
        ("publish-matching-tlsa", "compare-servers", "lift-dane"),
    ),
    _F.DANE_HOST_MISMATCH: _policy(
        MailFlowCode.CERTIFICATE_HOST_MISMATCH,
        Stage.CERTIFICATE,
        (("dane-name-missing", _CONFIRMED),),
        ("add-mx-name", "use-dane-ee"),
    ),
    _F.MTA_STS_MX_NOT_LISTED: _policy(
        MailFlowCode.MTA_STS_HOSTS,
        Stage.DNS,
        (("sts-policy-outdated", _SUPPORTED), ("sts-mx-redirected", _POSSIBLE), ("sts-certificate-invalid", _POSSIBLE)),
        ("list-mx-in-policy", "correct-mx", "lift-mta-sts"),
    ),
    _F.MTA_STS_TLS_REQUIRED: Profile(
        MailFlowCode.CANNOT_CONNECT,
        Stage.STARTTLS,
        _INFERRED,
        (("sts-without-starttls", _CONFIRMED), (_INSPECTION, _POSSIBLE)),
        ("offer-starttls", "check-firewall-inspection", "set-policy-testing", "lift-mta-sts"),
    ),
    _F.MTA_STS_CERTIFICATE: _policy(
        MailFlowCode.MTA_STS_CERTIFICATE,
        Stage.CERTIFICATE,
        (
            ("sts-certificate-invalid", _CONFIRMED),
            ("sts-policy-outdated", _OUT),
            ("sts-mx-redirected", _OUT),
            ("sts-without-starttls", _OUT),
        ),
        ("set-policy-testing", "lift-mta-sts"),
    ),
    # recipient
    _F.RECIPIENT_REJECTED: Profile(
        None,
        Stage.RECIPIENT,
        _INFERRED,
        (("recipient-refused", _CONFIRMED), (_BLOCKED, _POSSIBLE)),
        ("give-another-name", "read-the-reply", "allow-relay", "allow-exchange-online"),
    ),
    _F.RECIPIENT_DEFERRED: Profile(
        None,
        Stage.RECIPIENT,
        _INFERRED,
        (("greylisting", _POSSIBLE), ("back-pressure", _POSSIBLE)),
        ("give-another-name", "relieve-server", "try-again"),
    ),
    _F.RECIPIENT_CUT: _cut(Stage.RECIPIENT, _INFERRED),
    # this machine
    _F.LOCAL_FAMILY_EXCLUDED: _local(Stage.DNS, "allow-both-families"),
    _F.LOCAL_NO_NAMESERVER: _local(Stage.DNS, "configure-nameserver"),
    _F.LOCAL_NAMESERVER_SILENT: _local(Stage.DNS, "check-local-route", "configure-nameserver"),
    _F.LOCAL_NAMESERVER_CUT_OFF: _local(Stage.DNS, "configure-nameserver", "check-local-route"),
    _F.LOCAL_NAMESERVER_UNTRUE: _local(Stage.DNS, "configure-nameserver"),
    _F.LOCAL_DNSSEC: _local(Stage.DNS, "configure-dnssec"),
    _F.LOCAL_NO_ROUTE: _local(Stage.CONNECT, "check-local-route"),
    _F.LOCAL_GATEWAY: _local(Stage.CONNECT, "check-local-route"),
    _F.LOCAL_IPV6: _local(Stage.CONNECT, "check-local-route", "check-outgoing-port"),
    _F.LOCAL_OFFLINE: _local(Stage.CONNECT, "check-local-route", "configure-nameserver"),
    _F.LOCAL_PORT_BLOCKED: _local(Stage.CONNECT, "check-outgoing-port"),
    _F.LOCAL_INTERCEPTED: _local(Stage.BANNER, "exempt-port-25"),
    _F.LOCAL_STARTTLS_STRIPPED: _local(Stage.STARTTLS, "exempt-port-25"),
    _F.LOCAL_CLOCK: _local(Stage.CERTIFICATE, "set-clock"),
    _F.LOCAL_NOT_PERMITTED: _local(Stage.CONNECT, "check-local-firewall"),
    _F.LOCAL_SOURCE_ADDRESS: _local(Stage.CONNECT, "correct-source-address"),
    _F.LOCAL_RESOURCES: _local(Stage.CONNECT, "free-resources"),
    _F.LOCAL_INTERRUPTED: Profile(None, Stage.DNS, _DOCUMENTED, (), ("run-to-the-end",)),
}
