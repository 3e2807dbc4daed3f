"""The commands of each remedy, in every language the same. They are pasted into PowerShell or a shell, and never hold

text that a server sent.
"""

from __future__ import annotations

from connector_probe.model.ids import RemedyId

COMMANDS: dict[RemedyId, tuple[str, ...]] = {
    RemedyId.CORRECT_SMART_HOST: ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    RemedyId.PUBLISH_MX: ("nslookup -type=MX {mx_domain}",),
    RemedyId.REPAIR_MX: ("nslookup -type=MX {mx_domain}",),
    RemedyId.FIX_DNS: ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
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
    RemedyId.GIVE_ANOTHER_NAME: ("probe --helo <name> {host}",),
    RemedyId.CHECK_SERVICE_STATE: (
        "Get-ServerComponentState -Identity <server>",
        "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled",
    ),
    RemedyId.PROBE_AGAIN: ("probe --retries 3 --retry-delay 60s {host}",),
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
    RemedyId.TRUST_EXCHANGE_CERTIFICATE: (
        "Get-ChildItem Cert:\\LocalMachine\\Root | Where-Object Thumbprint -eq DF3C24F9BFD666761B268073FE06D1CC8D4F82A4",
        "certutil -verifyctl AuthRoot",
    ),
    RemedyId.VALIDATE_CONNECTOR: ("Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",),
    RemedyId.RENEW_CERTIFICATE: (
        "Get-ExchangeCertificate | Format-List Subject,NotAfter,Thumbprint,Services",
        "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
    ),
    RemedyId.REPLACE_REVOKED: (
        "Get-ExchangeCertificate | Format-List Subject,SerialNumber,Thumbprint,Services",
        "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
    ),
    RemedyId.ADD_NAME: ("Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Thumbprint,Services",),
    RemedyId.CHANGE_TLS_DOMAIN: (
        "Set-OutboundConnector -Identity '{identity}' -TlsSettings DomainValidation -TlsDomain <name>",
    ),
    RemedyId.INSTALL_INTERMEDIATE: ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    RemedyId.PROBE_FROM_ELSEWHERE: (
        "probe {host}",
        "Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",
    ),
    RemedyId.EXEMPT_FROM_INSPECTION: ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
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
