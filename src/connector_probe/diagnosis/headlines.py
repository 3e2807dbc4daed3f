"""What Microsoft calls each code, and the page that lists them."""

from __future__ import annotations

from connector_probe.model.verdict import MailFlowCode

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
