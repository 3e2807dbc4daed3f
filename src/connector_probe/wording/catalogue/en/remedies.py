"""What to do, and the commands for it."""

from __future__ import annotations

from connector_probe.wording.catalogue import RemedyWords

_R = RemedyWords

REMEDIES: dict[str, RemedyWords] = {
    "contact-partner": _R(
        "The server belongs to a partner: contact the partner's mail administrators with the lines above."
    ),
    "correct-smart-host": _R(
        "Check the smart host in the connector: Exchange admin center > Mail flow > Connectors > the connector > Routing.",
        ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    ),
    "correct-domain": _R("Check how the domain is spelt in the connector: {mx_domain}."),
    "publish-mx": _R(
        "Publish an MX record for {mx_domain} that names its mail server, at the DNS hosting service.",
        ("nslookup -type=MX {mx_domain}",),
    ),
    "repair-mx": _R(
        "Correct the MX records of {domain}: each has to name a host that exists and takes its mail.",
        ("nslookup -type=MX {mx_domain}",),
    ),
    "renew-domain": _R(
        "Check at the registrar that the domain is registered and delegated; renew it if it has expired."
    ),
    "fix-dns": _R(
        "Ask the DNS hosting service to repair the domain's authoritative name servers, and compare what they answer.",
        ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
    ),
    "repair-dnssec": _R(
        "Have the DNS hosting service sign the zone anew, or have the registrar remove a DS record that does not fit.",
        ("delv {host}", "dig +cd {host}"),
    ),
    "wait-for-cache": _R(
        "Wait until the old answer has left the caches, or flush the cache of the nameserver that was asked.",
        ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {host}"),
    ),
    "check-split-dns": _R(
        "See what the public sees: Exchange Online goes by public DNS, not by your own nameserver.",
        ("probe --nameserver <public nameserver> {probed}",),
    ),
    "add-address-record": _R("Publish an A or AAAA record for the smart host at the DNS hosting service."),
    "fix-alias": _R(
        "Let the CNAME record point to a name that has an A or AAAA record; an MX should name no alias at all."
    ),
    "replace-null-mx": _R(
        "If the domain should receive mail, replace the null MX by its mail servers; else remove it from the connector."
    ),
    "check-server-up": _R("Check that the server runs and is reachable at {address_or_server} from the internet."),
    "check-network-change": _R(
        "If mail flowed before: look for changes in the network, such as a new internet provider and so other addresses."
    ),
    "open-port-25": _R(
        "Open TCP port 25 to the server for the address ranges of Exchange Online (firewall, NAT, provider): "
        "https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges",
    ),
    "start-smtp-service": _R(
        "Check that the SMTP service runs on the server and listens on this address.",
        ("Get-Service MSExchangeFrontEndTransport", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    "disable-connector": _R(
        'If no mailboxes are left on premises: "Fix now" in the alert, or turn the connector off or delete it (Exchange '
        "admin center > Mail flow > Connectors); allow 30 to 60 minutes. Leaving it risks the quota for invalid recipients.",
        ("Set-OutboundConnector -Identity '{identity}' -Enabled $false",),
    ),
    "set-authoritative": _R(
        "Or change the accepted domain from Internal relay to Authoritative (Mail flow > Accepted domains).",
        ("Set-AcceptedDomain -Identity <domain> -DomainType Authoritative",),
    ),
    "stop-proxy-header": _R(
        "Turn the PROXY protocol off for this server at the balancer (HAProxy: send-proxy; Traefik: proxyProtocol), or on at "
        "the server, for the balancer's address alone.",
        ("postconf -e smtpd_upstream_proxy_protocol=haproxy   (Postfix)",),
    ),
    "give-another-name": _R(
        "Probe again with a name that the server accepts: one that DNS knows, with this machine's public address.",
        ("probe --helo <name> {host}",),
    ),
    "read-the-reply": _R("The server says why in its own reply above; look it up in the server's log at this time."),
    "check-service-state": _R(
        "On Exchange, check that the transport components are active and that back pressure is not in force.",
        ("Get-ServerComponentState -Identity <server>", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    "allow-exchange-online": _R(
        "If it is a block list, rate limit or allow-list: exempt Exchange Online's address ranges. A probe from another "
        "address may be blocked where Exchange Online is not, and the reverse."
    ),
    "use-plain-smtp-port": _R(
        "Let the smart host lead to the SMTP port 25 with STARTTLS: Exchange Online cannot use implicit TLS."
    ),
    "send-proxy-header": _R(
        "Let the smart host lead to the balancer and not to the server behind it; or take the PROXY protocol off this "
        "listener (Postfix smtpd_upstream_proxy_protocol, HAProxy accept-proxy, Traefik proxyProtocol).",
    ),
    "probe-again": _R(
        "This may pass: probe again with retries, since Exchange Online tries again too. What lasts makes mail bounce.",
        ("probe --retries 3 --retry-delay 60s {host}",),
    ),
    "repair-exchange-certificate": _R(
        "Repair the certificate that Exchange itself uses for SMTP: look for event 12014 (MSExchangeTransport) and at the "
        "receive connector's TlsCertificateName; then restart the transport services.",
        (
            "Get-ReceiveConnector | Format-List Identity,Fqdn,TlsCertificateName",
            "Get-ExchangeCertificate | Format-List Subject,Issuer,NotAfter,Thumbprint,Services,Status,RootCAType",
            "Get-WinEvent -LogName Application -FilterXPath '*[System[EventID=12014]]' -MaxEvents 5",
        ),
    ),
    "check-appliance": _R(
        "Look at the firewall, balancer or mail gateway in front: install the server's certificate there, or let it pass "
        "port 25 through without touching TLS.",
    ),
    "exempt-port-25": _R(
        "Exempt this machine from SMTP inspection and port 25 redirection in its network's firewall (Cisco: no inspect "
        "esmtp), or probe from a network without them.",
    ),
    "point-to-smtp": _R(
        "Let the smart host and port lead to the SMTP service; check port forwarding and load balancer."
    ),
    "fix-reply-format": _R(
        'Have the server (or the device in front of it) send replies as RFC 5321 4.2 wants: lines end in CRLF, "250-" '
        'in all but the last, "250 " in the last, one code throughout.'
    ),
    "check-firewall-inspection": _R(
        "Turn SMTP packet examination off on the firewalls in between.",
        ("no inspect esmtp   (Cisco ASA, in the policy map)",),
    ),
    "check-server-health": _R(
        "Check the server: does the SMTP service hang, crash or lack memory, disk or connections? "
        "Does a balancer in front of it find a server that works?"
    ),
    "check-network-path": _R("Have the network team trace the connection on both sides of the firewall."),
    "offer-starttls": _R(
        "Turn TLS on at the server: give the receive connector a valid certificate and AuthMechanism Tls.",
        (
            "Get-ReceiveConnector | Format-List Identity,AuthMechanism,TlsCertificateName,Fqdn",
            "Get-ExchangeCertificate | Format-List Subject,CertificateDomains,NotAfter,Services,Status",
        ),
    ),
    "relax-tls": _R(
        "Or, if mail may travel unencrypted, let the connector use TLS only where it is offered.",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings $null",),
    ),
    "repair-starttls": _R(
        "Repair TLS on the server: a 454 mostly means that it cannot load its certificate or private key.",
        ("Get-ExchangeCertificate | Format-List Subject,Thumbprint,HasPrivateKey,Services,Status",),
    ),
    "check-path-mtu": _R(
        'Let large packets through: allow ICMP "fragmentation needed" (IPv6: "packet too big") on the firewalls, or lower the MSS of TCP on the firewall, VPN or tunnel. Find out which size still passes:',
        ("ping -f -l 1472 {address_or_server}   (Windows; Linux: ping -M do -s 1472 {address_or_server})",),
    ),
    "check-tls-settings": _R(
        "Check the TLS settings and the certificate on the server, and on any firewall or balancer that ends TLS for it."
    ),
    "enable-tls12": _R("Turn TLS 1.2 on at the server (SChannel, OpenSSL or the appliance in front of it)."),
    "enable-ciphers": _R(
        "Allow cipher suites that Microsoft 365 uses, such as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "
        "https://learn.microsoft.com/purview/technical-reference-details-about-encryption"
    ),
    "trust-exchange-certificate": _R(
        "Make sure that the server trusts the root of Exchange Online's client certificate (DigiCert Global Root G2), "
        "or only requests a certificate instead of requiring it."
    ),
    "validate-connector": _R(
        "Test it from Exchange Online itself: Exchange admin center > Mail flow > Connectors > Validate this connector.",
        ("Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",),
    ),
    "renew-certificate": _R(
        "Install a valid certificate on the server (or on the device that ends TLS) and assign it to SMTP.",
        (
            "Get-ExchangeCertificate | Format-List Subject,NotAfter,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    "replace-revoked": _R(
        "A revoked certificate never becomes valid again: have the CA issue a new one (with a new key if the old one was "
        "compromised; with a new chain if it is the CA's own), install it with its intermediates and assign it to SMTP.",
        (
            "Get-ExchangeCertificate | Format-List Subject,SerialNumber,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    "wait-for-validity": _R(
        "Use the certificate only from the day on which it becomes valid, or check the issuing CA's clock."
    ),
    "add-name": _R(
        "Use a certificate that carries {expected} among its subject alternative names.",
        ("Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Thumbprint,Services",),
    ),
    "change-tls-domain": _R(
        "Or let the connector expect a name that the certificate has.",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings DomainValidation -TlsDomain <name>",),
    ),
    "compare-servers": _R(
        "If several servers answer behind this name, compare their certificates: perhaps only one is wrong."
    ),
    "install-public-certificate": _R(
        "Use a certificate from a CA in Microsoft's root program, and install its whole chain on the server."
    ),
    "install-intermediate": _R(
        "Install the CA's current intermediate certificates on the server, so that it sends the whole chain.{install_hint}",
        ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    ),
    "reissue-for-servers": _R("Have the certificate issued for server authentication (EKU 1.3.6.1.5.5.7.3.1)."),
    "reissue-strong": _R("Have the certificate issued anew with RSA 2048 or more, signed with SHA-256 or better."),
    "reissue-wellformed": _R("Have the certificate issued anew: its encoding breaks RFC 5280."),
    "allow-relay": _R(
        "Check that the server accepts mail for this recipient from Exchange Online (accepted domains, relay rights)."
    ),
    "relieve-server": _R(
        "Free what the server lacks: disk space on the volume of its queue, memory, connections. On Exchange, see the "
        "events about back pressure (15004 to 15007)."
    ),
    "try-again": _R("Probe again in some minutes; senders that retry normally get through."),
    "allow-both-families": _R("Probe without -4 or -6: Exchange Online uses both families, IPv6 first."),
    "configure-nameserver": _R("Repair this machine's DNS settings, or name another nameserver: --nameserver ADDR."),
    "check-local-route": _R("Check this machine's network: address, gateway and routes (IPv4 and IPv6 apart)."),
    "check-local-firewall": _R(
        "Allow outgoing connections on this port in this machine's firewall or security policy."
    ),
    "check-outgoing-port": _R(
        "Allow outgoing TCP port 25 in this machine's and network's firewall; many providers and clouds block it."
    ),
    "set-clock": _R("Set this machine's clock (NTP), then probe again; or judge for a given day with --as-of."),
    "correct-source-address": _R("Give an address of this machine with --source-address, or leave the option out."),
    "free-resources": _R(
        "Close connections or raise the limits (open files, ports) on this machine, then probe again."
    ),
    "run-to-the-end": _R("Probe again, and let the run come to its end."),
    "probe-from-elsewhere": _R(
        "Nothing is known about the server yet. Probe from another machine or network (one whose port 25 is open: many "
        "clouds block it), or from Exchange Online itself: Mail flow > Connectors > Validate this connector.",
        ("probe {host}", "Validate-OutboundConnector -Identity '{identity}' -Recipients <address>"),
    ),
}
