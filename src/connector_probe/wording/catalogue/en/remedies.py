"""What to do, and the commands for it."""

from __future__ import annotations

from connector_probe.model.ids import RemedyId
from connector_probe.wording.catalogue import RemedyWords

_R = RemedyWords

REMEDIES: dict[RemedyId, RemedyWords] = {
    RemedyId.CONTACT_PARTNER: _R(
        "The server belongs to a partner: contact the partner's mail administrators with the lines above."
    ),
    RemedyId.CORRECT_SMART_HOST: _R(
        "Check the smart host in the connector: Exchange admin center > Mail flow > Connectors > the connector > Routing.",
        ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    ),
    RemedyId.CORRECT_DOMAIN: _R("Check how the domain is spelt in the connector: {mx_domain}."),
    RemedyId.PUBLISH_MX: _R(
        "Publish an MX record for {mx_domain} that names its mail server, at the DNS hosting service.",
        ("nslookup -type=MX {mx_domain}",),
    ),
    RemedyId.REPAIR_MX: _R(
        "Correct the MX records of {domain}: each has to name a host that exists and takes its mail.",
        ("nslookup -type=MX {mx_domain}",),
    ),
    RemedyId.RENEW_DOMAIN: _R(
        "Check at the registrar that the domain is registered and delegated; renew it if it has expired."
    ),
    RemedyId.FIX_DNS: _R(
        "Ask the DNS hosting service to repair the domain's authoritative name servers, and compare what they answer.",
        ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
    ),
    RemedyId.REPAIR_DNSSEC: _R(
        "Have the DNS hosting service sign the zone anew, or have the registrar remove a DS record that does not fit.",
        ("delv {host}", "dig +cd {host}"),
    ),
    RemedyId.WAIT_FOR_CACHE: _R(
        "Wait until the old answer has left the caches, or flush the cache of the nameserver that was asked.",
        ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {host}"),
    ),
    RemedyId.CHECK_SPLIT_DNS: _R(
        "See what the public sees: Exchange Online goes by public DNS, not by your own nameserver.",
        ("probe --nameserver <public nameserver> {probed}",),
    ),
    RemedyId.ADD_ADDRESS_RECORD: _R("Publish an A or AAAA record for the smart host at the DNS hosting service."),
    RemedyId.FIX_ALIAS: _R(
        "Let the CNAME record point to a name that has an A or AAAA record; an MX should name no alias at all."
    ),
    RemedyId.REPLACE_NULL_MX: _R(
        "If the domain should receive mail, replace the null MX by its mail servers; else remove it from the connector."
    ),
    RemedyId.CHECK_SERVER_UP: _R(
        "Check that the server runs and is reachable at {address_or_server} from the internet."
    ),
    RemedyId.CHECK_NETWORK_CHANGE: _R(
        "If mail flowed before: look for changes in the network, such as a new internet provider and so other addresses."
    ),
    RemedyId.OPEN_PORT_25: _R(
        "Open TCP port 25 to the server for the address ranges of Exchange Online (firewall, NAT, provider): "
        "https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges",
    ),
    RemedyId.START_SMTP_SERVICE: _R(
        "Check that the SMTP service runs on the server and listens on this address.",
        ("Get-Service MSExchangeFrontEndTransport", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    RemedyId.DISABLE_CONNECTOR: _R(
        'If no mailboxes are left on premises: "Fix now" in the alert, or turn the connector off or delete it (Exchange '
        "admin center > Mail flow > Connectors); allow 30 to 60 minutes. Leaving it risks the quota for invalid recipients.",
        ("Set-OutboundConnector -Identity '{identity}' -Enabled $false",),
    ),
    RemedyId.SET_AUTHORITATIVE: _R(
        "Or change the accepted domain from Internal relay to Authoritative (Mail flow > Accepted domains).",
        ("Set-AcceptedDomain -Identity <domain> -DomainType Authoritative",),
    ),
    RemedyId.STOP_PROXY_HEADER: _R(
        "Turn the PROXY protocol off for this server at the balancer (HAProxy: send-proxy; Traefik: proxyProtocol), or on at "
        "the server, for the balancer's address alone.",
        ("postconf -e smtpd_upstream_proxy_protocol=haproxy   (Postfix)",),
    ),
    RemedyId.GIVE_ANOTHER_NAME: _R(
        "Probe again with a name that the server accepts: one that DNS knows, with this machine's public address.",
        ("probe --helo <name> {host}",),
    ),
    RemedyId.READ_THE_REPLY: _R(
        "The server says why in its own reply above; look it up in the server's log at this time."
    ),
    RemedyId.CHECK_SERVICE_STATE: _R(
        "On Exchange, check that the transport components are active and that back pressure is not in force.",
        ("Get-ServerComponentState -Identity <server>", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    RemedyId.ALLOW_EXCHANGE_ONLINE: _R(
        "If it is a block list, rate limit or allow-list: exempt Exchange Online's address ranges. A probe from another "
        "address may be blocked where Exchange Online is not, and the reverse."
    ),
    RemedyId.USE_PLAIN_SMTP_PORT: _R(
        "Let the smart host lead to the SMTP port 25 with STARTTLS: Exchange Online cannot use implicit TLS."
    ),
    RemedyId.SEND_PROXY_HEADER: _R(
        "Let the smart host lead to the balancer and not to the server behind it; or take the PROXY protocol off this "
        "listener (Postfix smtpd_upstream_proxy_protocol, HAProxy accept-proxy, Traefik proxyProtocol).",
    ),
    RemedyId.PROBE_AGAIN: _R(
        "This may pass: probe again with retries, since Exchange Online tries again too. What lasts makes mail bounce.",
        ("probe --retries 3 --retry-delay 60s {host}",),
    ),
    RemedyId.REPAIR_EXCHANGE_CERTIFICATE: _R(
        "Repair the certificate that Exchange itself uses for SMTP: look for event 12014 (MSExchangeTransport) and at the "
        "receive connector's TlsCertificateName; then restart the transport services.",
        (
            "Get-ReceiveConnector | Format-List Identity,Fqdn,TlsCertificateName",
            "Get-ExchangeCertificate | Format-List Subject,Issuer,NotAfter,Thumbprint,Services,Status,RootCAType",
            "Get-WinEvent -LogName Application -FilterXPath '*[System[EventID=12014]]' -MaxEvents 5",
        ),
    ),
    RemedyId.CHECK_APPLIANCE: _R(
        "Look at the firewall, balancer or mail gateway in front: install the server's certificate there, or let it pass "
        "port 25 through without touching TLS.",
    ),
    RemedyId.EXEMPT_PORT_25: _R(
        "Exempt this machine from SMTP inspection and port 25 redirection in its network's firewall (Cisco: no inspect "
        "esmtp), or probe from a network without them.",
    ),
    RemedyId.POINT_TO_SMTP: _R(
        "Let the smart host and port lead to the SMTP service; check port forwarding and load balancer."
    ),
    RemedyId.FIX_REPLY_FORMAT: _R(
        'Have the server (or the device in front of it) send replies as RFC 5321 4.2 wants: lines end in CRLF, "250-" '
        'in all but the last, "250 " in the last, one code throughout.'
    ),
    RemedyId.CHECK_FIREWALL_INSPECTION: _R(
        "Turn SMTP packet examination off on the firewalls in between.",
        ("no inspect esmtp   (Cisco ASA, in the policy map)",),
    ),
    RemedyId.CHECK_SERVER_HEALTH: _R(
        "Check the server: does the SMTP service hang, crash or lack memory, disk or connections? "
        "Does a balancer in front of it find a server that works?"
    ),
    RemedyId.CHECK_NETWORK_PATH: _R("Have the network team trace the connection on both sides of the firewall."),
    RemedyId.OFFER_STARTTLS: _R(
        "Turn TLS on at the server: give the receive connector a valid certificate and AuthMechanism Tls.",
        (
            "Get-ReceiveConnector | Format-List Identity,AuthMechanism,TlsCertificateName,Fqdn",
            "Get-ExchangeCertificate | Format-List Subject,CertificateDomains,NotAfter,Services,Status",
        ),
    ),
    RemedyId.RELAX_TLS: _R(
        "Or, if mail may travel unencrypted, let the connector use TLS only where it is offered.",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings $null",),
    ),
    RemedyId.REPAIR_STARTTLS: _R(
        "Repair TLS on the server: a 454 mostly means that it cannot load its certificate or private key.",
        ("Get-ExchangeCertificate | Format-List Subject,Thumbprint,HasPrivateKey,Services,Status",),
    ),
    RemedyId.CHECK_PATH_MTU: _R(
        'Let large packets through: allow ICMP "fragmentation needed" (IPv6: "packet too big") on the firewalls, or lower the MSS of TCP on the firewall, VPN or tunnel. Find out which size still passes:',
        ("ping -f -l 1472 {address_or_server}   (Windows; Linux: ping -M do -s 1472 {address_or_server})",),
    ),
    RemedyId.CHECK_TLS_SETTINGS: _R(
        "Check the TLS settings and the certificate on the server, and on any firewall or balancer that ends TLS for it."
    ),
    RemedyId.ENABLE_TLS12: _R("Turn TLS 1.2 on at the server (SChannel, OpenSSL or the appliance in front of it)."),
    RemedyId.ENABLE_CIPHERS: _R(
        "Allow cipher suites that Microsoft 365 uses, such as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "
        "https://learn.microsoft.com/purview/technical-reference-details-about-encryption"
    ),
    RemedyId.ENABLE_GROUPS: _R(
        "Allow the key exchange groups P-384 and P-256 (secp384r1, prime256v1) and, for TLS 1.3, TLS_AES_256_GCM_SHA384 at "
        "the server, beside those that it has (Postfix: tls_eecdh_auto_curves)."
    ),
    RemedyId.TRUST_EXCHANGE_CERTIFICATE: _R(
        "Make sure that the server trusts the root of Exchange Online's client certificate (DigiCert Global Root G2), "
        "or only requests a certificate instead of requiring it."
    ),
    RemedyId.VALIDATE_CONNECTOR: _R(
        "Test it from Exchange Online itself: Exchange admin center > Mail flow > Connectors > Validate this connector.",
        ("Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",),
    ),
    RemedyId.RENEW_CERTIFICATE: _R(
        "Install a valid certificate on the server (or on the device that ends TLS) and assign it to SMTP.",
        (
            "Get-ExchangeCertificate | Format-List Subject,NotAfter,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    RemedyId.REPLACE_REVOKED: _R(
        "A revoked certificate never becomes valid again: have the CA issue a new one (with a new key if the old one was "
        "compromised; with a new chain if it is the CA's own), install it with its intermediates and assign it to SMTP.",
        (
            "Get-ExchangeCertificate | Format-List Subject,SerialNumber,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    RemedyId.WAIT_FOR_VALIDITY: _R(
        "Use the certificate only from the day on which it becomes valid, or check the issuing CA's clock."
    ),
    RemedyId.ADD_NAME: _R(
        "Use a certificate that carries {expected} among its subject alternative names.",
        ("Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Thumbprint,Services",),
    ),
    RemedyId.CHANGE_TLS_DOMAIN: _R(
        "Or let the connector expect a name that the certificate has.",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings DomainValidation -TlsDomain <name>",),
    ),
    RemedyId.COMPARE_SERVERS: _R(
        "If several servers answer behind this name, compare their certificates: perhaps only one is wrong."
    ),
    RemedyId.INSTALL_PUBLIC_CERTIFICATE: _R(
        "Use a certificate from a CA in Microsoft's root program, and install its whole chain on the server."
    ),
    RemedyId.INSTALL_INTERMEDIATE: _R(
        "Install the CA's current intermediate certificates on the server, so that it sends the whole chain.{install_hint}",
        ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    ),
    RemedyId.REISSUE_FOR_SERVERS: _R("Have the certificate issued for server authentication (EKU 1.3.6.1.5.5.7.3.1)."),
    RemedyId.REISSUE_STRONG: _R(
        "Have the certificate issued anew with RSA 2048 or more, signed with SHA-256 or better."
    ),
    RemedyId.REISSUE_WELLFORMED: _R("Have the certificate issued anew: its encoding breaks RFC 5280."),
    RemedyId.ALLOW_RELAY: _R(
        "Check that the server accepts mail for this recipient from Exchange Online (accepted domains, relay rights)."
    ),
    RemedyId.RELIEVE_SERVER: _R(
        "Free what the server lacks: disk space on the volume of its queue, memory, connections. On Exchange, see the "
        "events about back pressure (15004 to 15007)."
    ),
    RemedyId.TRY_AGAIN: _R("Probe again in some minutes; senders that retry normally get through."),
    RemedyId.ALLOW_BOTH_FAMILIES: _R("Probe without -4 or -6: Exchange Online uses both families, IPv6 first."),
    RemedyId.CONFIGURE_NAMESERVER: _R(
        "Repair this machine's DNS settings, or name another nameserver: --nameserver ADDR."
    ),
    RemedyId.CHECK_LOCAL_ROUTE: _R("Check this machine's network: address, gateway and routes (IPv4 and IPv6 apart)."),
    RemedyId.CHECK_LOCAL_FIREWALL: _R(
        "Allow outgoing connections on this port in this machine's firewall or security policy."
    ),
    RemedyId.CHECK_OUTGOING_PORT: _R(
        "Allow outgoing TCP port 25 in this machine's and network's firewall; many providers and clouds block it."
    ),
    RemedyId.SET_CLOCK: _R("Set this machine's clock (NTP), then probe again; or judge for a given day with --as-of."),
    RemedyId.CORRECT_SOURCE_ADDRESS: _R(
        "Give an address of this machine with --source-address, or leave the option out."
    ),
    RemedyId.FREE_RESOURCES: _R(
        "Close connections or raise the limits (open files, ports) on this machine, then probe again."
    ),
    RemedyId.RUN_TO_THE_END: _R("Probe again, and let the run come to its end."),
    RemedyId.PROBE_FROM_ELSEWHERE: _R(
        "Nothing is known about the server yet. Probe from another machine or network (one whose port 25 is open: many "
        "clouds block it), or from Exchange Online itself: Mail flow > Connectors > Validate this connector.",
        ("probe {host}", "Validate-OutboundConnector -Identity '{identity}' -Recipients <address>"),
    ),
    RemedyId.EXEMPT_FROM_INSPECTION: _R(
        "Exempt SMTP (port 25) to this server from TLS inspection on the firewall, so that Exchange Online meets the server's own certificate.",
        ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    ),
    RemedyId.CHECK_WHERE_IT_LEADS: _R(
        "Check where {address} leads: the A or AAAA record of {server}, and the NAT or balancer rule behind it, should lead to the server that is meant; here {greeting_name} answers.",
        ("nslookup {host}",),
    ),
    RemedyId.PUBLISH_PUBLIC_ADDRESS: _R(
        "Let the public record of {server} name an address that can be reached from the internet: {address} is a private one.",
        ("nslookup {host}",),
    ),
    RemedyId.CHECK_NAT: _R(
        "Check the NAT or port-forwarding rule for {address}, and that the server behind it is up: the device that holds the address gets no answer from it."
    ),
    RemedyId.CHECK_MAIL_FILTER: _R(
        "Check the server's mail system: the log at this time, content filters (milters) and their sockets, free disk space. TLS is not the fault."
    ),
}
