"""English. Causes and remedies follow Microsoft's "Mail flow intelligence in EOP", in our own words."""

from __future__ import annotations

from connector_probe.diagnosis.catalogue import Catalogue, ClassWords, RemedyWords
from connector_probe.model.verdict import FailureClass as F

_W = ClassWords
_R = RemedyWords

CLASSES: dict[F, ClassWords] = {
    F.DNS_NXDOMAIN: _W("The name does not exist", "{nameserver} answers NXDOMAIN: there is no name {queried} in DNS."),
    F.DNS_NO_ADDRESS: _W(
        "The name has no address", "{nameserver} answers about {queried}, but with no A and no AAAA record.{mx_hint}"
    ),
    F.DNS_SERVFAIL: _W(
        "The name's DNS servers fail", "{nameserver} answers {rcode} for {queried}: it got no usable answer itself."
    ),
    F.DNS_REFUSED: _W("The DNS query is refused", "{nameserver} answers REFUSED for {queried}."),
    F.DNS_TIMEOUT: _W(
        "The DNS query is not answered",
        "{nameserver} gives no answer about {queried} ({lookup}), although it is there and answers other questions.",
    ),
    F.DNS_MALFORMED: _W(
        "The DNS answer is unusable", "What comes back for {queried} from {nameserver} is no valid answer: {lookup}."
    ),
    F.DNS_CNAME_LOOP: _W("The name's aliases lead nowhere", "CNAME records lead in a circle or too far: {aliases}."),
    F.DNS_NULL_MX: _W(
        "The domain accepts no mail", 'The MX record of {domain} is "0 ." (null MX, RFC 7505): it refuses all mail.'
    ),
    F.TCP_REFUSED: _W("Connection refused", "{endpoint} refused the connection (TCP reset) after {connect_seconds}."),
    F.TCP_TIMEOUT: _W("Connection timed out", "{endpoint} did not answer within {connect_seconds}."),
    F.TCP_UNREACHABLE: _W("The server cannot be reached", "No way leads to {endpoint}: {fault}."),
    F.BANNER_TIMEOUT: _W(
        "No greeting",
        "{endpoint} accepts the connection, but sent no complete 220 greeting within {waited}.{sample_note}",
    ),
    F.BANNER_CLOSED: _W(
        "Closed before the greeting", "{endpoint} closed the connection after {waited} without a greeting.{sample_note}"
    ),
    F.BANNER_RESET: _W(
        "Reset before the greeting", "{endpoint} reset the connection after {waited} without a greeting.{sample_note}"
    ),
    F.BANNER_REJECTED: _W("The server turns the connection away", "Instead of 220 the server greets with: {reply}"),
    F.BANNER_NOT_SMTP: _W("This is no SMTP greeting", "What came is no valid SMTP greeting{protocol}: {sample}"),
    F.EHLO_TIMEOUT: _W(
        "No answer to EHLO", "The server greeted, but did not answer EHLO within {waited}.{sample_note}"
    ),
    F.EHLO_CLOSED: _W("Closed after EHLO", "The server greeted, and closed the connection at EHLO.{sample_note}"),
    F.EHLO_RESET: _W("Reset after EHLO", "The server greeted, and the connection was reset at EHLO.{sample_note}"),
    F.EHLO_REJECTED: _W("EHLO is rejected", "The server answers EHLO with: {reply}"),
    F.EHLO_MALFORMED: _W(
        "The answer to EHLO is malformed", "The answer to EHLO breaks the SMTP rules ({flaws}): {sample}"
    ),
    F.STARTTLS_NOT_OFFERED: _W(
        "The server offers no STARTTLS",
        "The connector requires TLS, and the answer to EHLO lists no STARTTLS.{starttls_hint}",
    ),
    F.STARTTLS_REJECTED: _W(
        "STARTTLS is rejected", "The server offers STARTTLS, but answers the command with: {reply}"
    ),
    F.STARTTLS_TIMEOUT: _W("No answer to STARTTLS", "The server did not answer STARTTLS within {waited}.{sample_note}"),
    F.STARTTLS_CLOSED: _W("Closed at STARTTLS", "The server closed the connection in answer to STARTTLS.{sample_note}"),
    F.STARTTLS_RESET: _W("Reset at STARTTLS", "The connection was reset in answer to STARTTLS.{sample_note}"),
    F.STARTTLS_MALFORMED: _W(
        "The answer to STARTTLS is malformed", "The answer to STARTTLS is no SMTP reply: {sample}"
    ),
    F.TLS_TIMEOUT: _W(
        "The TLS handshake hangs", "After the 220 to STARTTLS the TLS handshake did not end within {waited}."
    ),
    F.TLS_CLOSED: _W(
        "Closed in the TLS handshake", "The server closed the connection in the middle of the TLS handshake."
    ),
    F.TLS_RESET: _W("Reset in the TLS handshake", "The connection was reset in the middle of the TLS handshake."),
    F.TLS_ALERT: _W("The server breaks off TLS", 'The server ended the TLS handshake with the alert "{alert}".'),
    F.TLS_NOT_TLS: _W(
        "The server does not speak TLS", "After the 220 to STARTTLS came something that is not TLS: {tls_sample}"
    ),
    F.TLS_PROTOCOL: _W("The TLS handshake is broken", "The server's TLS messages make no sense: {fault}."),
    F.TLS_VERSION: _W(
        "The server's TLS is too old",
        "{tls_version_seen}; Exchange Online uses TLS 1.2 or later and never TLS 1.0 or 1.1.",
    ),
    F.TLS_CIPHER: _W(
        "No common cipher suite",
        "The server agreed on {cipher}, and refuses a handshake with the cipher suites that Microsoft lists.",
    ),
    F.TLS_CLIENT_CERTIFICATE: _W(
        "The server demands a client certificate",
        "The server asked for a client certificate, got none, and ended the session.{said} Exchange Online presents its own "
        "(CN=mail.protection.outlook.com), this probe has none: what happens to Exchange Online cannot be told from here.",
    ),
    F.SESSION_TIMEOUT: _W(
        "Silence inside TLS", "TLS was established, but EHLO inside it got no answer within {waited}."
    ),
    F.SESSION_CLOSED: _W("Closed inside TLS", "TLS was established, then the server closed the connection at EHLO."),
    F.SESSION_RESET: _W("Reset inside TLS", "TLS was established, then the connection was reset at EHLO."),
    F.SESSION_REJECTED: _W(
        "EHLO is rejected inside TLS", "TLS was established, then the server answers EHLO with: {reply}"
    ),
    F.SESSION_MALFORMED: _W(
        "Malformed answer inside TLS", "TLS was established, then came something that is no SMTP: {sample}"
    ),
    F.CERTIFICATE_EXPIRED: _W(
        "The certificate has expired", "The certificate of {server} expired on {not_after}.{more_problems}"
    ),
    F.CERTIFICATE_NOT_YET_VALID: _W(
        "The certificate is not yet valid",
        "The certificate of {server} is valid only from {not_before}.{more_problems}",
    ),
    F.CERTIFICATE_NAME_MISMATCH: _W(
        "The certificate has another name",
        "The connector expects {expected}, the certificate is for {names}.{more_problems}",
    ),
    F.CERTIFICATE_COMMON_NAME_ONLY: _W(
        "The name stands only in the common name",
        "The certificate carries {expected} only as its subject's CN, not as subject alternative name (RFC 9525).{more_problems}",
    ),
    F.CERTIFICATE_SELF_SIGNED: _W(
        "The certificate is self-signed",
        "The certificate of {server} is signed by itself and not trusted.{more_problems}",
    ),
    F.CERTIFICATE_UNTRUSTED_ROOT: _W(
        "The certificate's root is not trusted",
        "The certificate chain ends at {top_issuer}, which is not a trusted root.{more_problems}",
    ),
    F.CERTIFICATE_MISSING_INTERMEDIATE: _W(
        "The certificate chain is incomplete",
        "The server does not send the certificate of {top_issuer}, and Exchange Online fetches none.{chain_hint}{more_problems}",
    ),
    F.CERTIFICATE_ISSUER_EXPIRED: _W(
        "A certificate further up has expired",
        "In the chain, {problem_subject} expired on {problem_note}.{more_problems}",
    ),
    F.CERTIFICATE_ISSUER_NOT_YET_VALID: _W(
        "A certificate further up is not yet valid",
        "In the chain, {problem_subject} is valid only from {problem_note}.{more_problems}",
    ),
    F.CERTIFICATE_BAD_SIGNATURE: _W(
        "A signature in the chain is wrong",
        "The signature on {problem_subject} does not fit its issuer's key.{more_problems}",
    ),
    F.CERTIFICATE_INVALID_CA: _W(
        "An issuer in the chain is no CA",
        "{problem_subject} signed a certificate, but is not marked as a CA.{more_problems}",
    ),
    F.CERTIFICATE_PATH_TOO_LONG: _W(
        "The chain is longer than allowed",
        "{problem_subject} forbids as many CAs below it as the chain has.{more_problems}",
    ),
    F.CERTIFICATE_NAME_CONSTRAINT: _W(
        "The CA may not sign this name",
        "A name constraint in the chain excludes a name of {problem_subject}.{more_problems}",
    ),
    F.CERTIFICATE_WRONG_PURPOSE: _W(
        "The certificate is not for servers",
        "{problem_subject} is not meant for TLS servers ({problem_note}).{more_problems}",
    ),
    F.CERTIFICATE_WEAK_KEY: _W(
        "The key is too weak", "{problem_subject} has a weak key: {problem_note}.{more_problems}"
    ),
    F.CERTIFICATE_WEAK_SIGNATURE: _W(
        "The signature algorithm is too weak", "{problem_subject} is signed with {problem_note}.{more_problems}"
    ),
    F.CERTIFICATE_UNPARSEABLE_EXTENSION: _W(
        "An extension cannot be read",
        "{problem_subject} has an extension that breaks its format: {problem_note}.{more_problems}",
    ),
    F.CERTIFICATE_UNKNOWN_CRITICAL_EXTENSION: _W(
        "An unknown extension is marked critical",
        "{problem_subject} has the unknown critical extension {problem_note}.{more_problems}",
    ),
    F.CERTIFICATE_UNPARSEABLE_CERTIFICATE: _W(
        "A certificate cannot be read", "A certificate of the chain cannot be parsed: {problem_note}.{more_problems}"
    ),
    F.CERTIFICATE_REVOKED: _W(
        "The certificate is revoked", "{problem_subject} was revoked by its issuer {problem_note}.{more_problems}"
    ),
    F.CERTIFICATE_INVALID_PATH: _W(
        "The certificate chain is invalid", "The chain of {server} cannot be validated: {problem_note}.{more_problems}"
    ),
    F.RECIPIENT_REJECTED: _W("The recipient is rejected", "The server rejects the mail for {recipient} with: {reply}"),
    F.RECIPIENT_DEFERRED: _W("The recipient is deferred", "The server puts the mail for {recipient} off with: {reply}"),
    F.RECIPIENT_CUT: _W(
        "Cut off at the recipient", "The session broke off at MAIL FROM or RCPT TO ({fault}).{sample_note}"
    ),
    F.LOCAL_FAMILY_EXCLUDED: _W(
        "Nothing left to probe", "{server} has addresses only of the family that was left out: {excluded}."
    ),
    F.LOCAL_NO_NAMESERVER: _W(
        "This machine has no nameserver", "No nameserver is configured here, so {server} cannot be looked up."
    ),
    F.LOCAL_NAMESERVER_SILENT: _W(
        "This machine's nameserver does not work",
        "{nameserver} resolves nothing at all, not even a question about the root ({lookup}; root: {control}).",
    ),
    F.LOCAL_NO_ROUTE: _W("This machine has no route there", "This machine has no route to {endpoint}: {fault}."),
    F.LOCAL_PORT_BLOCKED: _W(
        "Port 25 is blocked here",
        "{endpoint} could not be reached ({fault}), but neither could {control_host} [{control_address}]:25, which answers "
        "everybody: connections to port 25 do not leave this machine or its network.",
    ),
    F.LOCAL_CLOCK: _W(
        "This machine's clock is not plausible",
        "The certificate's dates cannot be judged: this machine's clock says {judged_at}, {clock_hint}.",
    ),
    F.LOCAL_NOT_PERMITTED: _W(
        "This machine forbids the connection", "This machine's own firewall or policy forbids it: {fault}."
    ),
    F.LOCAL_SOURCE_ADDRESS: _W("The source address is not usable", "Connections cannot leave from {source}: {fault}."),
    F.LOCAL_RESOURCES: _W(
        "This machine cannot open connections", "The operating system turned the call down: {fault}."
    ),
}

CAUSES: dict[str, str] = {
    "dns-hosting-trouble": "Trouble at the DNS hosting service that runs the domain's authoritative name servers.",
    "domain-expired": "The domain has recently expired.",
    "stale-dns-cache": "The record changed recently, and DNS servers still hold the old answer in their cache.",
    "name-does-not-exist": "The smart host's name is misspelt in the connector, or its record was deleted.",
    "record-missing": "The name exists, but it has no A or AAAA record.",
    "domain-refuses-mail": "The domain declares by a null MX that it accepts no mail.",
    "server-down": "The destination server is down.",
    "wrong-smart-host": "The connector's smart host is wrong, so that it connects to the wrong address.",
    "firewall-drops": "A firewall in front of the server drops the packets without an answer.",
    "firewall-blocks": "The firewall blocks connections from Microsoft 365's addresses.",
    "service-stopped": "Nothing listens on the port: the SMTP service is stopped.",
    "migrated": "By design: everything was moved to Microsoft 365, and the on-premises environment is shut down.",
    "service-not-available": 'The server answers with an immediate error such as "Service not available".',
    "tls-not-supported": "The connector requires TLS, and the server does not support it.",
    "tls-broken-on-the-way": "A firewall between sender and server takes the TLS connection apart.",
    "source-blocked": "The server blocks the sender's address (reputation, rate or allow-list); this depends on the source.",
    "implicit-tls": "The port expects TLS from the first byte (implicit TLS), which Exchange Online does not use.",
    "not-a-mail-server": "Something other than a mail server answers at this address and port.",
    "malformed-reply": "The server, or a device in front of it, does not keep to the format of SMTP replies.",
    "packet-inspection": "A firewall with SMTP packet examination (as in Cisco ESMTP inspection) interferes.",
    "server-malfunction": "The server does not work right (hangs, crashes, lacks resources) and gives up.",
    "network-trouble": "Trouble in the network between sender and server.",
    "certificate-expired": "The server's certificate has expired.",
    "certificate-subject-mismatch": "The subject of the certificate does not match what the connector expects.",
    "certificate-no-longer-valid": "The certificate is not valid, or no longer: chain, trust, revocation or format.",
    "recipient-refused": "The server does not accept mail for this recipient.",
    "greylisting": "Greylisting: the server asks unknown senders to come again.",
    "back-pressure": "The server is short of resources and puts mail off.",
}

REMEDIES: dict[str, RemedyWords] = {
    "correct-smart-host": _R(
        "Check the smart host in the connector: Exchange admin center > Mail flow > Connectors > the connector > Routing.",
        ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    ),
    "renew-domain": _R(
        "Check at the registrar that the domain is registered and delegated; renew it if it has expired."
    ),
    "fix-dns": _R(
        "Ask the DNS hosting service to repair the domain's authoritative name servers, and compare what they answer.",
        ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
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
        "Check the server: does the SMTP service hang, crash or lack memory, disk or connections?"
    ),
    "check-network-path": _R(
        "If it persists, have the network team trace the connection on both sides of the firewall."
    ),
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
    "wait-for-validity": _R(
        "Use the certificate only from the day on which it becomes valid, or check the issuing CA's clock."
    ),
    "add-name": _R("Use a certificate that carries {expected} among its subject alternative names."),
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
        "Install the CA's current intermediate certificates on the server, so that it sends the whole chain.",
        ("openssl s_client -starttls smtp -showcerts -connect {address_or_server}:{port}",),
    ),
    "reissue-for-servers": _R("Have the certificate issued for server authentication (EKU 1.3.6.1.5.5.7.3.1)."),
    "reissue-strong": _R("Have the certificate issued anew with RSA 2048 or more, signed with SHA-256 or better."),
    "reissue-wellformed": _R("Have the certificate issued anew: its encoding breaks RFC 5280."),
    "allow-relay": _R(
        "Check that the server accepts mail for this recipient from Exchange Online (accepted domains, relay rights)."
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
    "probe-from-elsewhere": _R(
        "Nothing is known about the server; probe from another machine or network to learn more."
    ),
}

EVIDENCE: dict[str, str] = {
    "valid-until": "It is valid until {not_after}.",
    "expired-on": "It expired on {not_after}.",
    "not-yet": "It becomes valid on {not_before}.",
    "name-found": "It carries {expected}.",
    "name-differs": "It carries {names}; expected is {expected}.",
    "name-not-checked": "The name is not checked under {mode}.",
    "problem-list": "Found: {problem_list}.",
    "revocation-not-checked": "Revocation was not checked.",
    "starttls-missing": "EHLO lists: {keywords}.",
    "reply-received": "The server said: {reply}",
    "masked": "The banner or keywords are masked, as Cisco ESMTP inspection does.",
    "dns-answer": "{nameserver}: {lookup}.",
    "tcp-accepted": "TCP port {port} accepted the connection.",
    "x-anonymoustls": "EHLO lists X-ANONYMOUSTLS without STARTTLS: Exchange hides STARTTLS when its own certificate is broken.",
    "tls-answered": "The server answered STARTTLS with 220.",
    "implicit-tls-seen": "A TLS handshake without SMTP in front of it succeeded.",
    "implicit-tls-unseen": "A TLS handshake without SMTP in front of it was not answered either.",
    "port-answered": "A host answered the SYN with a reset.",
}

WARNINGS: dict[str, str] = {
    "certificate-expires-soon": "The certificate expires on {not_after}, in {days_left} days.",
    "issuer-expires-soon": "{expiring_issuer} in the chain expires on {issuer_not_after}.",
    "certificate-would-fail": "The certificate has problems that this TLS setting does not look at: {problem_list}.",
    "starttls-not-offered": "The server offers no STARTTLS: mail would travel unencrypted.{starttls_hint}",
    "starttls-rejected": "The server rejects STARTTLS ({reply}): mail would travel unencrypted.",
    "banner-masked": "The banner is masked with asterisks: a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    "keywords-masked": "EHLO keywords are overwritten ({masked}): a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    "plaintext-injection": "Plaintext stood behind the 220 to STARTTLS and was dropped: {injected}. The server, or somebody on the way, injects commands (CVE-2011-0411).",
    "slow-reply": "The server took {slowest} to answer {slow_command}; senders may give up.",
    "malformed-reply": "A reply breaks the SMTP rules ({flaws}); strict senders may give up.",
    "address-failing": "{endpoint} fails: {title} ({code}). {detail}",
    "address-not-tested": "{endpoint} could not be tested from here: {detail}",
    "lookup-failed": "The {rdtype} lookup for {server} failed ({lookup}); Exchange Online asks for it too.",
    "retry-cleared": "A retry cleared an earlier failure: {earlier}.",
    "unequal-verdicts": "{bad} of {total} connections to {endpoint} failed ({classes}), the others did not: unequal servers behind one address; about {percent} % of mail would queue.",
    "unequal-certificates": "{total} connections to {server} met {number} different certificates (SHA-1 {prints}): unequal servers behind one name.",
    "unequal-starttls": "{bad} of {total} connections to {server} were offered no STARTTLS, the others were: unequal servers behind one name.",
    "unequal-banners": "{total} connections to {server} met {number} different greetings ({greetings}): several servers behind one name.",
    "routes-to-exchange-online": "The smart host leads back to Exchange Online ({loop_name}): mail may loop.",
    "ecdsa-certificate": "The certificate's key is {leaf_key}; Microsoft lists only cipher suites with RSA certificates.",
    "helo-only": "The server knows no EHLO, only HELO: no TLS, no extensions.",
    "addresses-left-out": "Only the first {probed} addresses were probed; {left_out} were left out.",
}

ALSO_SEEN: dict[str, str] = {
    "traces-since-2023": "traces since 2023",
    "ndrs-2026": "NDRs of 2026",
    "recipient-domain": "where the recipient's domain itself does not exist",
    "silence-untraced": "no trace of a missing greeting is known; this code is possible too",
    "sample-2022": "one trace of 2022",
}

NOTES: dict[str, str] = {
    "vantage": "Probed from this machine: not from Exchange Online's addresses, and without its client certificate.",
    "roots": "Trust was judged by these roots: {trust}. Exchange Online uses Microsoft's root program.",
    "private-address": "{address} is not a public address; Exchange Online cannot reach it, whatever it answers here.",
    "as-of": "Certificates were judged as of {as_of}.",
}

TEXT: dict[str, str] = {
    "healthy": "HEALTHY",
    "warning": "WARNING",
    "failing": "FAILING",
    "unknown": "UNKNOWN",
    "healthy-line": "mail would flow",
    "warning-line": "mail would flow, but look at the warnings",
    "no-code": "no documented code",
    "not-server": "cannot be told from here",
    "why": "Why",
    "do": "What to do",
    "reply": "Exchange Online would write",
    "also": "Also seen as ({note})",
    "warnings": "Warnings",
    "addresses": "Addresses",
    "certificate": "Certificate",
    "notes": "Notes",
    "transcript": "Conversation with {endpoint}",
    "reference": "See",
    "implicit-tls": " The port speaks TLS from the first byte (implicit TLS, as on 465) instead of SMTP with STARTTLS.",
    "it-said": " It said: {reply}",
    "or-private-ca": " Either that is an intermediate that is missing, or a private CA that is not trusted.",
    "other-modes": "Under other TlsSettings: {modes}",
    "same-modes": "The same under every TlsSettings.",
    "flows": "flows",
    "other": "fails",
    "expected-other": "Expected {expected}, found {found}.",
    "expected-met": "As expected: {expected}.",
    "summary": "{total} probed: {healthy} healthy, {warning} warning, {failing} failing, {unknown} unknown",
    "no-address": "no address",
    "valid": "valid {not_before} to {not_after}",
    "issuer": "issuer",
    "subject": "subject",
    "names": "names",
    "serial": "serial",
    "key": "key",
    "problems": "problems",
    "confirmed": "confirmed",
    "supported": "likely",
    "possible": "possible",
    "ruled-out": "ruled out",
    "ok": "ok",
    "failed": "FAILED",
    "skipped": "-",
    "documented": "documented by Microsoft or an RFC",
    "reported": "as reported from real traces",
    "inferred": "inferred from the layer that failed",
    "confidence": "Confidence",
    "chain": "chain",
}

# What `probe explain` says of a code, by what bounce_grammar calls it: a title, its meaning, and what to do.
EXPLAIN: dict[str, str] = {
    "meaning-4.4.312": "Exchange Online could not look up the addresses of the smart host in DNS.",
    "meaning-4.4.315": "Exchange Online tried to connect to the server, and no connection came about in time.",
    "meaning-4.4.316": "Exchange Online tried to connect to the server, and the connection was refused.",
    "meaning-4.4.317": "Exchange Online reached for the server, but no usable session came about: the server answers with an error at once, or does not meet the connector's requirements.",
    "meaning-4.4.318": "Exchange Online was talking to the server when the connection was dropped.",
    "meaning-4.7.320": "The server's certificate did not pass the validation that the connector asks for.",
    "title-4.7.321": "DANE: STARTTLS is not supported",
    "meaning-4.7.321": "The domain publishes TLSA records, so TLS is required (SMTP DANE), and the server offers no STARTTLS or the handshake fails.",
    "do-4.7.321": "Have the server offer STARTTLS with a working certificate, or take the TLSA records of its name out of DNS.",
    "title-4.7.322": "DANE: the certificate has expired",
    "meaning-4.7.322": "The domain publishes TLSA records (SMTP DANE), and the server's certificate has expired.",
    "do-4.7.322": "Renew the server's certificate, and publish the TLSA record of the new one before it comes into use.",
    "title-4.7.323": "DANE: the TLSA records do not fit",
    "meaning-4.7.323": "The domain's TLSA records match no certificate that the server presents, or cannot be used.",
    "do-4.7.323": "Publish TLSA records (usage 3, or 2) for the certificate in use, under _25._tcp.<MX host>; after a renewal, the old ones no longer fit.",
    "title-4.7.324": "DANE: DNSSEC is invalid",
    "meaning-4.7.324": "The DNSSEC signatures of the domain's MX or TLSA records cannot be validated.",
    "do-4.7.324": "Have the DNS hosting service repair DNSSEC: the DS record at the registrar, keys, expired signatures.",
    "title-4.7.325": "DANE: the certificate has another name",
    "meaning-4.7.325": "The domain publishes TLSA records with usage 2 (SMTP DANE), and the server's certificate is not for its name.",
    "do-4.7.325": "Use a certificate that carries the name of the MX host, or TLSA records with usage 3.",
    "title-mta-sts-hosts": "MTA-STS: the mail hosts are not in the policy",
    "meaning-mta-sts-hosts": "None of the domain's MX hosts is listed in the policy that the domain publishes (MTA-STS, RFC 8461).",
    "do-mta-sts-hosts": "Let the policy at https://mta-sts.<domain>/.well-known/mta-sts.txt list every MX host, and change the id in the TXT record.",
    "title-certificate-policy": "MTA-STS: the certificate is not valid",
    "meaning-certificate-policy": "The domain publishes an MTA-STS policy (RFC 8461), and the certificate of its MX host did not pass validation.",
    "do-certificate-policy": "Install a valid certificate for the name of the MX host, or publish the policy with mode: testing.",
    "title-on-premises-certificate": "Certificate validation failure",
    "meaning-on-premises-certificate": "A send connector of Exchange Server requires a valid certificate, and the server's did not pass.",
    "title-queue-expired": "Message expired",
    "meaning-queue-expired": "The mail could not be delivered, or is delayed; this code does not say why. Exchange Online gives up after 24 hours.",
    "do-queue-expired": "Look for the error of the last attempt: Exchange admin center > Mail flow > Message trace > the message > Defer events.",
    "title-message-expired": "Message expired",
    "meaning-message-expired": "The mail could not be delivered in time, and was returned; this code does not say why.",
    "do-message-expired": "Look for the error of the last attempt, in the NDR's details or the message trace.",
    "title-domain-nonexistent": "DNS domain does not exist",
    "meaning-domain-nonexistent": "The domain of the recipient, or the smart host, does not exist in DNS. The mail is returned at once.",
    "do-domain-nonexistent": "Check how the recipient's address and the smart host are spelt.",
    "title-relay-denied": "Access denied",
    "meaning-relay-denied": "The server does not accept mail for this recipient or domain.",
    "do-relay-denied": "Check the recipient's address, and that the server accepts mail for its domain. In Exchange Online as the receiver: the recipient is unknown, and directory based edge blocking rejects it.",
    "title-routing-loop": "Routing loop",
    "meaning-routing-loop": "The mail went round in circles and was stopped: connectors or MX records lead back to where it came from.",
    "do-routing-loop": "Check that the smart host does not lead back to Exchange Online, and that the domain's type (Authoritative or Internal relay) is right.",
    "title-inbound-attribution": "Relay access denied (inbound)",
    "meaning-inbound-attribution": "Exchange Online rejected mail that came in: it fits no inbound connector of the organization. This is the opposite direction to an outbound connector.",
    "do-inbound-attribution": "Check the inbound connector: its certificate name or sender addresses, and the accepted domains.",
    "title-recipient-unknown": "Recipient not found",
    "meaning-recipient-unknown": "Exchange Online knows no such recipient. This is no fault of a connector.",
    "do-recipient-unknown": "Check the recipient's address; for recipients that are still on premises, make the domain an Internal relay domain.",
    "title-service-inactive": "Service not available",
    "meaning-service-inactive": "The receiving side takes no more connections or mail just now: too many at once, or its components are inactive.",
    "do-service-inactive": "On Exchange Server, check that the transport components are active, and that no other receive connector of the Hub service listens on port 25.",
    "title-inbound-temporary": "Temporary server error (inbound)",
    "meaning-inbound-temporary": "Exchange Online put off mail that came in. This is the opposite direction to an outbound connector.",
    "do-inbound-temporary": "Wait and try again; if it persists, check the MX record and the inbound connector.",
    "title-older-exchange": "Error at the remote server",
    "meaning-older-exchange": "An attempt to hand the mail over failed; the words behind the code say how. Exchange wrote this code before the finer ones.",
    "do-older-exchange": "Go by the words behind the code.",
    "title-on-premises": "Error communicating with the target host",
    "meaning-on-premises": "Exchange Server on premises could not hand the mail over to the next server.",
    "do-on-premises": "Test from the Exchange server itself: name resolution, its own firewall, the way to the target, and the send connector's settings.",
    "title-receiver-throttling": "Exchange Online limits the sender",
    "meaning-receiver-throttling": "Exchange Online, as the receiver, puts off mail from this sender's address. This is the opposite direction to an outbound connector.",
    "do-receiver-throttling": "Send less at once, and check the reputation of the sending address.",
    "final": "Given up: the mail was returned to the sender.",
    "pending": "While it lasts, mail waits in the queue; Exchange Online returns it after 24 hours.",
    "pending-on-premises": "While it lasts, mail waits in the queue of Exchange Server.",
    "documented-as": "Microsoft lists this fault under {code} ({title}); recent traces show it under this code.",
    "counterpart": "Written by Exchange Server on premises; Exchange Online's code for the same fault is {code} ({title}).",
    "of-exchange-server": "Written by Exchange Server on premises, not by Exchange Online.",
    "also-possible": "The same message is written for: {classes}.",
    "message-says": "The error says: {message}",
    "one-at-a-time": "Exchange Online names one fault of a certificate at a time; this one may follow.",
    "find-thumbprint": "Look for the certificate with SHA-1 thumbprint {thumbprint} on every device in front of the server too (firewall, balancer, mail gateway): it is the one that was presented.",
    "if-partner": "If the server belongs to a partner organization, contact the partner with these lines.",
    "label-message": "message",
    "label-server": "server",
    "label-time": "time",
    "label-recipient": "recipient",
    "label-expected": "expected",
    "label-presented": "presented",
    "label-thumbprint": "SHA-1",
    "now": "Now",
    "live-stands": "The fault still stands: {found}.",
    "live-gone": "The fault is gone, as far as this machine can see: it connects from another address than Exchange Online, and without its client certificate.",
    "live-changed": "This fault is gone, but now there is another: {found}.",
    "live-unknown": "Whether the fault still stands cannot be told from here: {found}.",
    "live-address": "The address of the error, {address}, is not among those that the name leads to now.",
}

ENGLISH = Catalogue(
    language="en",
    classes=CLASSES,
    causes=CAUSES,
    remedies=REMEDIES,
    partner_remedy=_R(
        "The server belongs to a partner: contact the partner's mail administrators with the lines above."
    ),
    evidence=EVIDENCE,
    warnings=WARNINGS,
    also_seen=ALSO_SEEN,
    notes=NOTES,
    text=TEXT,
    explain=EXPLAIN,
)
