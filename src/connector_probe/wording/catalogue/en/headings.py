"""The first sentence where more is known than the class says: what is broken, in a few words."""

from __future__ import annotations

HEADINGS: dict[str, str] = {
    "dnssec-broken": "DNSSEC of the name's zone is broken",
    "domain-expired": "The domain's registration has ended",
    "not-delegated": "The domain is not delegated: expired, or never registered",
    "not-delegated-but-registered": "The domain is registered, but not delegated",
    "authorities-disagree": "The name's authoritative servers disagree",
    "authorities-fail": "The name's authoritative servers do not answer as they should",
    "nameserver-fails": "The nameserver fails, although the authoritative servers answer",
    "old-answer": "The nameserver holds an old answer",
    "other-answer": "The nameserver and the authoritative servers say different things",
    "own-zone": "The nameserver has a zone of its own that says otherwise (split DNS)",
    "mx-others-listed": "The MX record is not the one that the domain's own name servers give",
    "proxy-protocol": "The server waits for a PROXY protocol header",
    "proxy-header-sent": "The server gets a PROXY header that it does not expect",
    "implicit-tls": "The port speaks TLS from the first byte",
    "other-protocol": "The port speaks {protocol}, not SMTP",
    "too-many-connections": "The server takes no more connections for now",
    "helo-name": "The server does not accept this probe's name in EHLO",
    "helo-only": "The server knows no EHLO, and so no STARTTLS",
    "command-overwritten": "A firewall that inspects SMTP overwrites STARTTLS",
    "starttls-ends-session": "The server ends the session at STARTTLS",
    "starttls-masked": "A firewall that inspects SMTP hides STARTTLS",
    "starttls-beside-masked-banner": "No STARTTLS, and a firewall masks the banner",
    "exchange-hides-starttls": "Exchange hides STARTTLS: its certificate is probably broken",
    "large-packets-lost": "Large packets from the server get lost on the way",
    "appliance-certificate": "The certificate names {appliance}, not the server",
    "sender-rejected": "The server rejects MAIL FROM",
    "sender-deferred": "The server defers the mail at MAIL FROM",
}
