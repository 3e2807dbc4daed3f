"""A title and a sentence for each failure class."""

from __future__ import annotations

from connector_probe.model.verdict import FailureClass as F
from connector_probe.wording.catalogue import ClassWords

_W = ClassWords

CLASSES: dict[F, ClassWords] = {
    F.DNS_NXDOMAIN: _W(
        "The name does not exist",
        "{nameserver} answers NXDOMAIN: there is no name {queried} in DNS.{mx_hint}{dns_hint}",
    ),
    F.DNS_NO_ADDRESS: _W(
        "The name has no address",
        "{nameserver} answers about {queried}, but with no A and no AAAA record.{mx_hint}{dns_hint}",
    ),
    F.DNS_SERVFAIL: _W(
        "The nameserver gets no usable answer (SERVFAIL)",
        "{nameserver} answers {rcode} for {queried}: it got no usable answer itself.{dns_hint}",
    ),
    F.DNS_REFUSED: _W("The DNS query is refused", "{nameserver} answers REFUSED for {queried}.{dns_hint}"),
    F.DNS_TIMEOUT: _W(
        "The DNS query is not answered",
        "{nameserver} gives no answer about {queried} ({lookup}), although {nameserver_alive}.{dns_hint}",
    ),
    F.DNS_MALFORMED: _W(
        "The DNS answer is unusable",
        "What comes back for {queried} from {nameserver} is no valid answer: {lookup}.{dns_hint}",
    ),
    F.DNS_CNAME_LOOP: _W("The name's aliases lead nowhere", "CNAME records lead in a circle or too far: {aliases}."),
    F.DNS_NULL_MX: _W(
        "The domain accepts no mail",
        'The MX record of {domain} is "{null_mx}" (null MX, RFC 7505): it refuses all mail.{mx_hint}{dns_hint}',
    ),
    F.TCP_REFUSED: _W(
        "Connection refused", "{endpoint} refused the connection ({refused_by}) after {connect_seconds}.{dns_hint}"
    ),
    F.TCP_TIMEOUT: _W("Connection timed out", "{endpoint} did not answer within {connect_seconds}.{dns_hint}"),
    F.TCP_UNREACHABLE: _W("The server cannot be reached", "No way leads to {endpoint}: {fault}.{dns_hint}"),
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
    F.BANNER_REJECTED: _W(
        "The server turns the connection away", "Instead of 220 the server greets with: {reply}{source_hint}"
    ),
    F.BANNER_NOT_SMTP: _W("This is no SMTP greeting", "What came is no valid SMTP greeting{protocol_hint}: {sample}"),
    F.EHLO_TIMEOUT: _W(
        "No answer to EHLO", "The server greeted, but did not answer EHLO within {waited}.{sample_note}"
    ),
    F.EHLO_CLOSED: _W("Closed after EHLO", "The server greeted, and closed the connection at EHLO.{sample_note}"),
    F.EHLO_RESET: _W("Reset after EHLO", "The server greeted, and the connection was reset at EHLO.{sample_note}"),
    F.EHLO_REJECTED: _W("EHLO is rejected", "The server answers {refused_verb} with: {reply}{ehlo_hint}{source_hint}"),
    F.EHLO_MALFORMED: _W(
        "The answer to EHLO is malformed", "The answer to EHLO breaks the SMTP rules ({flaws}): {sample}"
    ),
    F.STARTTLS_NOT_OFFERED: _W(
        "The server offers no STARTTLS",
        "The connector requires TLS, and {no_starttls}.{starttls_hint}",
    ),
    F.STARTTLS_REJECTED: _W(
        "STARTTLS is rejected", "The server offers STARTTLS, but answers the command with: {reply}{overwritten_hint}"
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
    F.TLS_ALERT: _W("The server breaks off TLS", 'The server broke TLS off with the alert "{alert}".{alert_hint}'),
    F.TLS_NOT_TLS: _W(
        "The server does not speak TLS", "After the 220 to STARTTLS came something that is not TLS: {tls_sample}"
    ),
    F.TLS_PROTOCOL: _W("The server's TLS is broken", "The server's TLS messages make no sense: {fault}."),
    F.TLS_VERSION: _W(
        "The server's TLS is too old",
        "{tls_version_seen}; Exchange Online uses TLS 1.2 or later and never TLS 1.0 or 1.1.",
    ),
    F.TLS_CIPHER: _W(
        "No common cipher suite",
        "The server agreed on {cipher}, and refuses a handshake with the cipher suites that Microsoft lists. That "
        "Exchange Online has others is not known.",
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
        "EHLO is rejected inside TLS", "TLS was established, then the server answers EHLO with: {reply}{source_hint}"
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
        "The connector expects {expected}, the certificate is for {names}.{name_hint}{more_problems}",
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
        "The certificate chain ends at {top_issuer}, which is not a trusted root.{chain_hint}{more_problems}",
    ),
    F.CERTIFICATE_MISSING_INTERMEDIATE: _W(
        "The certificate chain is incomplete",
        "The server does not send the certificate of {top_issuer}, and Exchange Online fetches none.{issuer_hint}{chain_hint}{more_problems}",
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
        "The signature algorithm is too weak",
        "{problem_subject} is signed with {problem_note}; Exchange Online has accepted no SHA-1 since June 2016.{more_problems}",
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
        "The certificate is revoked",
        "{revoked_what} was revoked by {revoked_issuer} on {revoked_on}{revoked_reason}, says {revoked_source}.{more_problems}",
    ),
    F.CERTIFICATE_INVALID_PATH: _W(
        "The certificate chain is invalid", "The chain of {server} cannot be validated: {problem_note}.{more_problems}"
    ),
    F.RECIPIENT_REJECTED: _W("The recipient is rejected", "The server answers {refused_command} with: {reply}"),
    F.RECIPIENT_DEFERRED: _W("The recipient is deferred", "The server answers {refused_command} with: {reply}"),
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
        "The nameserver does not work",
        "{nameserver} resolves nothing at all, not even a question about the root ({lookup}; root: {control}).",
    ),
    F.LOCAL_NAMESERVER_CUT_OFF: _W(
        "The nameserver resolves nothing of the internet",
        "{nameserver} gives no usable answer about {queried} ({lookup}), and none about {counter_host} either "
        "({counter_lookup}), which exists: this machine's nameserver, or its way to the internet, is at fault.",
    ),
    F.LOCAL_NAMESERVER_UNTRUE: _W(
        "The nameserver does not say what is in DNS",
        "{nameserver} {untrue}. Exchange Online asks other nameservers, so nothing can be said of the server from here.",
    ),
    F.LOCAL_NO_ROUTE: _W(
        "This machine has no route there", "This machine has no route to {endpoint}: {fault}.{ipv6_hint}"
    ),
    F.LOCAL_GATEWAY: _W(
        "This machine's gateway does not answer",
        "Nothing gets from this machine's network to {endpoint}: {fault}.{ipv6_hint}",
    ),
    F.LOCAL_IPV6: _W(
        "IPv6 does not get out of here",
        "{endpoint} could not be reached ({fault}), but over IPv6 neither could {control_host} [{control_address}]:25, "
        "which answers everybody: this machine's IPv6 does not work, or port 25 is blocked on it.{ipv6_hint}",
    ),
    F.LOCAL_OFFLINE: _W(
        "This machine seems to be cut off",
        "{endpoint} did not answer ({fault}), but neither did {control_nameserver} when it was asked for {control_host}: "
        "nothing shows that anything comes back to this machine.",
    ),
    F.LOCAL_PORT_BLOCKED: _W(
        "Port 25 is blocked here",
        "{endpoint} could not be reached ({fault}), but neither could {control_host} [{control_address}]:25, which answers "
        "everybody: connections to port 25 do not leave this machine or its network.",
    ),
    F.LOCAL_INTERCEPTED: _W(
        "This network takes port 25 for itself",
        "{intercepted}: a proxy or firewall of this machine's network answers in their place.",
    ),
    F.LOCAL_STARTTLS_STRIPPED: _W(
        "This network takes STARTTLS away",
        "{endpoint} seems to offer no STARTTLS, but neither does {control_host} [{control_address}]:25, which offers it "
        "to everybody: a firewall of this machine's network inspects SMTP. Through it, {control_host} greets "
        '"{control_banner}" and lists {control_keywords}.',
    ),
    F.LOCAL_CLOCK: _W(
        "This machine's clock is not plausible",
        "The dates of certificates and signatures cannot be judged: this machine's clock says {judged_at}, {clock_hint}.",
    ),
    F.LOCAL_NOT_PERMITTED: _W(
        "This machine forbids the connection",
        "This machine's own firewall or policy forbids the connection to {endpoint}: {fault}.",
    ),
    F.LOCAL_SOURCE_ADDRESS: _W("The source address is not usable", "Connections cannot leave from {source}: {fault}."),
    F.LOCAL_RESOURCES: _W(
        "This machine cannot open connections", "The operating system turned the call down: {fault}."
    ),
    F.LOCAL_INTERRUPTED: _W(
        "Run was stopped", "The run was stopped before {server} had been probed to the end: nothing is known of it."
    ),
}
