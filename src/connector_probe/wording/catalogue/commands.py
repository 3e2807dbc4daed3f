"""The commands of each remedy, in every language the same. They are pasted into PowerShell or a shell, and never hold

text that a server sent.
"""

from __future__ import annotations

from connector_probe.model.ids import RemedyId
from connector_probe.protocol.mail_servers import MailServer

_SERVICE_STATE = (
    "Get-ServerComponentState -Identity <server>",
    "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled",
)
_TRUSTED_ROOTS = (
    "Get-ChildItem Cert:\\LocalMachine\\Root | Where-Object Thumbprint -eq DF3C24F9BFD666761B268073FE06D1CC8D4F82A4",
    "certutil -verifyctl AuthRoot",
)
_SEND_LOG = (
    "Set-SendConnector -Identity '<connector>' -ProtocolLoggingLevel Verbose",
    "Get-TransportService | Format-List Name,SendProtocolLogPath",
)
_OWN_CERTIFICATES = (
    "Get-ExchangeCertificate | Format-List Subject,Issuer,Thumbprint,NotAfter,HasPrivateKey,Services,Status"
)
_SHOW_CHAIN = "openssl s_client -starttls smtp -showcerts -connect {dial}"
_TRY_PORT = "Test-NetConnection {address_or_server} -Port {port}"

COMMANDS: dict[RemedyId, tuple[str, ...]] = {
    RemedyId.CORRECT_SMART_HOST: ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    RemedyId.PUBLISH_MX: ("nslookup -type=MX {mx_domain}",),
    RemedyId.REPAIR_MX: ("nslookup -type=MX {mx_domain}",),
    RemedyId.FIX_DNS: ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
    RemedyId.OPEN_DNS_TCP: ("dig +tcp {host}",),
    RemedyId.REPAIR_DNSSEC: ("delv {host}", "dig +cd {host}"),
    RemedyId.WAIT_FOR_CACHE: ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {host}"),
    RemedyId.CHECK_SPLIT_DNS: ("probe --nameserver <public nameserver> {probed}",),
    RemedyId.START_SMTP_SERVICE: (
        "Get-Service MSExchangeFrontEndTransport",
        "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled",
    ),
    RemedyId.DISABLE_CONNECTOR: ("Set-OutboundConnector -Identity '{identity}' -Enabled $false",),
    RemedyId.SET_AUTHORITATIVE: ("Set-AcceptedDomain -Identity <domain> -DomainType Authoritative",),
    RemedyId.STOP_PROXY_HEADER: ("postconf -e smtpd_upstream_proxy_protocol=haproxy   (Postfix)",),
    RemedyId.GIVE_ANOTHER_NAME: ("probe --helo <name> {probed}",),
    RemedyId.CHECK_SERVICE_STATE: _SERVICE_STATE,
    RemedyId.PROBE_AGAIN: ("probe --retries 3 --retry-delay 60s {probed}",),
    RemedyId.REPAIR_EXCHANGE_CERTIFICATE: (
        "Get-ReceiveConnector | Format-List Identity,Fqdn,TlsCertificateName",
        "Get-ExchangeCertificate | Format-List Subject,Issuer,NotAfter,Thumbprint,Services,Status,RootCAType",
        "Get-WinEvent -LogName Application -FilterXPath '*[System[EventID=12014]]' -MaxEvents 5",
    ),
    RemedyId.CHECK_FIREWALL_INSPECTION: ("no inspect esmtp   (Cisco ASA, in the policy map)",),
    RemedyId.OFFER_STARTTLS: (
        "Get-ReceiveConnector | Format-List Identity,AuthMechanism,TlsCertificateName,Fqdn",
        "Get-ExchangeCertificate | Format-List Subject,CertificateDomains,NotAfter,Services,Status",
    ),
    RemedyId.RELAX_TLS: ("Set-OutboundConnector -Identity '{identity}' -TlsSettings $null",),
    RemedyId.REPAIR_STARTTLS: (
        "Get-ExchangeCertificate | Format-List Subject,Thumbprint,HasPrivateKey,Services,Status",
    ),
    RemedyId.CHECK_PATH_MTU: (
        "ping -f -l 1472 {address_or_server}   (Windows; Linux: ping -M do -s 1472 {address_or_server})",
    ),
    RemedyId.TRUST_EXCHANGE_CERTIFICATE: _TRUSTED_ROOTS,
    RemedyId.VALIDATE_CONNECTOR: ("Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",),
    RemedyId.RENEW_CERTIFICATE: (
        "Get-ExchangeCertificate | Format-List Subject,NotAfter,Thumbprint,Services",
        "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
    ),
    RemedyId.REPLACE_REVOKED: (
        "Get-ExchangeCertificate | Format-List Subject,SerialNumber,Thumbprint,Services",
        "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
    ),
    RemedyId.INSTALL_KEY_PAIR: (
        "openssl x509 -noout -pubkey -in <certificate> | openssl sha256",
        "openssl pkey -pubout -in <key> | openssl sha256",
    ),
    RemedyId.ADD_NAME: ("Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Thumbprint,Services",),
    RemedyId.CHANGE_TLS_DOMAIN: (
        "Set-OutboundConnector -Identity '{identity}' -TlsSettings DomainValidation -TlsDomain <name>",
    ),
    RemedyId.INSTALL_INTERMEDIATE: (_SHOW_CHAIN,),
    RemedyId.PROBE_FROM_ELSEWHERE: (
        "probe {probed}",
        "Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",
    ),
    RemedyId.EXEMPT_FROM_INSPECTION: (_SHOW_CHAIN,),
    RemedyId.CHECK_WHERE_IT_LEADS: ("nslookup {host}",),
    RemedyId.PUBLISH_PUBLIC_ADDRESS: ("nslookup {host}",),
    RemedyId.REPAIR_DNSSEC_CHAIN: ("dig +dnssec +cd {parent} DNSKEY", "dig +dnssec {parent} DS"),
    RemedyId.LIFT_DANE: ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode None",),
    RemedyId.MAKE_DANE_OPPORTUNISTIC: ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode Opportunistic",),
    RemedyId.PUBLISH_MATCHING_TLSA: (
        "openssl s_client -starttls smtp -connect {dial} </dev/null | openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER | openssl sha256",
    ),
    RemedyId.TRACE_MX: ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {mx_domain}"),
    RemedyId.LIFT_MTA_STS: ("Set-OutboundConnector -Identity '{identity}' -MtaStsMode None",),
}


# --- of other mail servers than Exchange ---------------------------------------------------------------------------

_POSTFIX_FILES = "postconf smtpd_tls_security_level smtpd_tls_chain_files smtpd_tls_cert_file smtpd_tls_key_file"
_POSTFIX_LOG = "journalctl -u 'postfix*' -n 50   (or: tail -n 50 /var/log/mail.log)"
_EXIM_FILES = "exim -bP tls_advertise_hosts tls_certificate tls_privatekey"
_EXIM_LOG = "tail -n 50 /var/log/exim4/mainlog"
_SMTPD_FILES = "grep -nE '^(pki|listen)' /etc/smtpd.conf"
_SMTPD_LOG = "journalctl -u opensmtpd -n 50"
_LOOK = "openssl x509 -noout -subject -enddate -ext subjectAltName -in <certificate file>"


def _of_server(files: str, log: str, status: str, *reload: str) -> dict[RemedyId, tuple[str, ...]]:
    """``files``: shows its TLS settings; ``reload``: what a new certificate wants."""
    settings = (RemedyId.OFFER_STARTTLS, RemedyId.REPAIR_STARTTLS, RemedyId.CHECK_TLS_SETTINGS)
    renewals = (RemedyId.RENEW_CERTIFICATE, RemedyId.REPLACE_REVOKED, RemedyId.ADD_NAME)
    return (
        dict.fromkeys(settings, (files, log))
        | dict.fromkeys(renewals, (files, _LOOK, *reload))
        | {RemedyId.CHECK_SERVICE_STATE: (status, log)}
    )


_BY_SERVER: dict[MailServer, dict[RemedyId, tuple[str, ...]]] = {
    MailServer.POSTFIX: _of_server(_POSTFIX_FILES, _POSTFIX_LOG, "postfix status", "postfix reload")
    | {
        RemedyId.OFFER_STARTTLS: (
            _POSTFIX_FILES,
            "postconf -e smtpd_tls_security_level=may smtpd_tls_chain_files=<key and chain, PEM>",
            "postfix reload",
        ),
        RemedyId.CHECK_MAIL_FILTER: ("postconf smtpd_milters milter_default_action", _POSTFIX_LOG),
        RemedyId.ENABLE_TLS12: ("postconf -e 'smtpd_tls_protocols = >=TLSv1.2'", "postfix reload"),
    },
    MailServer.EXIM: _of_server(_EXIM_FILES, _EXIM_LOG, "systemctl status exim4")
    | {
        RemedyId.CHECK_MAIL_FILTER: ("exim -bP av_scanner spamd_address", _EXIM_LOG),
        RemedyId.ENABLE_TLS12: ("exim -bP openssl_options tls_require_ciphers",),
    },
    MailServer.OPENSMTPD: _of_server(_SMTPD_FILES, _SMTPD_LOG, "smtpctl show status", "systemctl restart opensmtpd"),
}


def commands_of_server(remedy: RemedyId, server: str) -> tuple[str, ...] | None:
    """In the place of the remedy's own, where ``server`` (a MailServer, or "") has others; else None."""
    return _BY_SERVER.get(MailServer(server), {}).get(remedy) if server in tuple(MailServer) else None


# Of what ``probe explain`` says to do, by the id of its text: "do-ID" in ``explain``.
EXPLAINED: dict[str, tuple[str, ...]] = {
    "on-premises": (_TRY_PORT,),
    "no-answer": (_TRY_PORT,),
    "unable-to-connect": (_TRY_PORT,),
    "connection-dropped": _SEND_LOG,
    "quoted-reply": _SEND_LOG,
    "validation-failed": ("probe {host}",),
    "tls-report": ("probe {host}",),
    "failed-session": ("probe {host}",),
    "on-premises-certificate": (
        "probe --tls-domain <name> {host}",
        "Get-SendConnector | Format-List Name,TlsAuthLevel,TlsDomain",
    ),
    "tls-demanded": (
        "Get-SendConnector | Format-List Name,Fqdn,TlsCertificateName,RequireTLS,IgnoreSTARTTLS",
        _OWN_CERTIFICATES,
    ),
    "tls-demanded-2": ("probe {host}",),
    "exchange-authentication": (
        "Get-ReceiveConnector | Format-List Identity,AuthMechanism,PermissionGroups,Fqdn,RemoteIPRanges",
    ),
    "exchange-authentication-2": ("w32tm /query /status", "Test-ComputerSecureChannel -Verbose"),
    "send-connector-certificate": (
        "Get-SendConnector | Format-List Name,TlsCertificateName",
        _OWN_CERTIFICATES,
        "$c = Get-ExchangeCertificate -Thumbprint <thumbprint>",
        "Set-SendConnector -Identity '<connector>' -TlsCertificateName \"<I>$($c.Issuer)<S>$($c.Subject)\"",
    ),
    "own-certificate": (
        "Get-SendConnector | Format-List Name,TlsCertificateName",
        _OWN_CERTIFICATES,
        "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
    ),
    "early-session-ticket-2": ("probe {host}",),
    "secure-domain": (
        "Get-TransportConfig | Format-List TLSSendDomainSecureList",
        "Get-SendConnector | Format-List Name,DomainSecureEnabled,TlsCertificateName",
    ),
    "domain-nonexistent": ("nslookup -type=mx {host}",),
    "inbound-attribution": (
        "Get-InboundConnector | Format-List Name,ConnectorType,SenderIPAddresses,TlsSenderCertificateName,RestrictDomainsToCertificate,RestrictDomainsToIPAddresses",
    ),
    "direct-send": ("Get-OrganizationConfig | Format-List RejectDirectSend",),
    "recipient-unknown": ("Get-Recipient <address>",),
    "service-inactive": _SERVICE_STATE,
    "outdated-exchange": ("Get-ExchangeServer | Format-List Name,AdminDisplayVersion", "Get-OnPremServerReportInfo"),
    "outdated-exchange-2": ("New-TenantExemptionInfo -BlockingScenario UnpatchedOnPremServer -NumberOfDays 30",),
    "reverse-dns": ("nslookup <sending address>",),
    "sender-blocked": ("Get-BlockedSenderAddress", "Remove-BlockedSenderAddress -SenderAddress <address>"),
    "tenant-limit": ("Get-LimitsEnforcementStatus",),
    "unregistered-domain": ("Get-AcceptedDomain",),
    "microsoft-dns": ("Resolve-DnsName {host}",),
    "microsoft-dns-2": ("Get-SendConnector | Format-List Name,SmartHosts,AddressSpaces",),
    "microsoft-connect": ("Resolve-DnsName {host} -Type MX", "Test-NetConnection {target} -Port 25"),
    "microsoft-connect-2": ("Get-SendConnector | Format-List Name,SmartHosts,AddressSpaces,SourceTransportServers",),
    "microsoft-session": _SEND_LOG,
    "microsoft-session-2": ("probe {host}",),
    "microsoft-tls": ("Get-TlsCipherSuite | Format-Table Name",),
    "microsoft-tls-2": (_SHOW_CHAIN,),
    "microsoft-certificate": _TRUSTED_ROOTS,
    "microsoft-certificate-2": (_SHOW_CHAIN,),
    "microsoft-certificate-3": ("Get-SendConnector | Format-List Name,TlsAuthLevel,TlsDomain,SmartHosts",),
}
