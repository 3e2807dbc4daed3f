"""The first sentence where more is known than the class says: what is broken, in a few words."""

from __future__ import annotations

from connector_probe.model.ids import HeadingId

HEADINGS: dict[HeadingId, str] = {
    HeadingId.DNSSEC_BROKEN: "DNSSEC of the name's zone is broken",
    HeadingId.DOMAIN_EXPIRED: "The domain's registration has ended",
    HeadingId.NOT_DELEGATED: "The domain is not delegated: expired, or never registered",
    HeadingId.NOT_DELEGATED_BUT_REGISTERED: "The domain is registered, but not delegated",
    HeadingId.AUTHORITIES_DISAGREE: "The name's authoritative servers disagree",
    HeadingId.AUTHORITIES_FAIL: "The name's authoritative servers do not answer as they should",
    HeadingId.NAMESERVER_FAILS: "The nameserver fails, although the authoritative servers answer",
    HeadingId.OLD_ANSWER: "The nameserver holds an old answer",
    HeadingId.OTHER_ANSWER: "The nameserver and the authoritative servers say different things",
    HeadingId.OWN_ZONE: "The nameserver has a zone of its own that says otherwise (split DNS)",
    HeadingId.MX_OTHERS_LISTED: "The MX record is not the one that the domain's own name servers give",
    HeadingId.PROXY_PROTOCOL: "The server waits for a PROXY protocol header",
    HeadingId.PROXY_HEADER_SENT: "The server gets a PROXY header that it does not expect",
    HeadingId.IMPLICIT_TLS: "The port speaks TLS from the first byte",
    HeadingId.OTHER_PROTOCOL: "The port speaks {protocol}, not SMTP",
    HeadingId.TOO_MANY_CONNECTIONS: "The server takes no more connections for now",
    HeadingId.HELO_NAME: "The server does not accept this probe's name in EHLO",
    HeadingId.HELO_ONLY: "The server knows no EHLO, and so no STARTTLS",
    HeadingId.COMMAND_OVERWRITTEN: "A firewall that inspects SMTP overwrites STARTTLS",
    HeadingId.STARTTLS_ENDS_SESSION: "The server ends the session at STARTTLS",
    HeadingId.STARTTLS_TAKEN: "The server takes STARTTLS, and EHLO does not list it",
    HeadingId.STARTTLS_MASKED: "A firewall that inspects SMTP hides STARTTLS",
    HeadingId.STARTTLS_BESIDE_MASKED_BANNER: "No STARTTLS, and a firewall masks the banner",
    HeadingId.EXCHANGE_HIDES_STARTTLS: "Exchange hides STARTTLS: its certificate is probably broken",
    HeadingId.LARGE_PACKETS_LOST: "Large packets from the server get lost on the way",
    HeadingId.APPLIANCE_CERTIFICATE: "The certificate names {appliance}, not the server",
    HeadingId.SENDER_REJECTED: "The server rejects MAIL FROM",
    HeadingId.SENDER_DEFERRED: "The server defers the mail at MAIL FROM",
    HeadingId.TLS_INSPECTION: "A firewall signs the server's certificate anew (TLS inspection)",
    HeadingId.ANOTHER_HOST_ANSWERS: "Another host answers: {greeting_name}",
    HeadingId.ADDRESS_OF_NOBODY_OUTSIDE: "No way leads from the internet to {address}",
    HeadingId.NAT_TO_A_DEAD_HOST: "The firewall at the address gets no answer from the server behind it (NAT)",
    HeadingId.FIREWALL_REJECTS: "A firewall rejects the connection",
    HeadingId.MAIL_SYSTEM_REFUSES: "The server's mail system refuses the session at STARTTLS",
}
