"""What needs a person although mail flows; other codes that a fault is seen under; notes."""

from __future__ import annotations

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
