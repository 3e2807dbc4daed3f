"""Mail flows; in some of these somebody should look."""

from __future__ import annotations

from connector_probe.lab import behaviours as lab
from connector_probe.lab import certificates
from connector_probe.lab.authority import TlsShape
from connector_probe.lab.scenario import Scenario, Server, healthy, warning
from connector_probe.lab.session import EXTENSIONS, answers_ehlo, drips, greets, late, lists, says, speaks, writes
from connector_probe.model.connector import TlsSettings

TLS12 = TlsShape(maximum=0x0303)
TLS13 = TlsShape(minimum=0x0304)
P521 = TlsShape(maximum=0x0303, groups="P-384:P-256:P-521")
X25519 = TlsShape(minimum=0x0304, groups="X25519")
RSA_SUITES = TlsShape(ciphers="aRSA")
TARPIT = 0.5  # seconds; Exchange's own default is five, which would make a long wait for a demonstration
SLOW = 5.2  # seconds; a probe finds five worth a word
PIECES = 0.002  # seconds from piece to piece: enough for each to travel alone

HEALTHY: tuple[Scenario, ...] = (
    healthy("healthy", "everything as it should be"),
    healthy(
        "healthy-by-address",
        "the smart host is an IP address, so no name is checked",
        by_address=True,
        tls=TlsSettings.CERTIFICATE_VALIDATION,
    ),
    healthy("healthy-recipient", "RCPT TO is accepted too", rcpt="postmaster@lab.test"),
    healthy("healthy-ipv6", "reached over IPv6", address="::1"),
    healthy("healthy-both-families", "the same server on IPv4 and IPv6", servers=(Server(), Server(address="::1"))),
    healthy("tls12-only", "TLS 1.2 and no newer", tls_shape=TLS12),
    healthy("tls13-only", "TLS 1.3 and no older", tls_shape=TLS13),
    healthy(
        "banner-multi-line",
        "a 220 banner of three lines",
        speaks(says("220-{host} ESMTP lab", "220-Unsolicited mail is refused.", "220 Welcome")),
    ),
    healthy(
        "slow-pieces",
        "replies arrive in small pieces, cut anywhere",
        speaks(
            drips(b"220 {host} ESMTP\r\n", PIECES),
            EHLO=drips(b"250-{host}\r\n250-STARTTLS\r\n250 SIZE 1000\r\n", PIECES, size=3),
        ),
    ),
    healthy(
        "tarpit", "every reply comes half a second late", speaks(late(TARPIT, greets), EHLO=late(TARPIT, answers_ehlo))
    ),
    healthy(
        "starttls-last-keyword",
        "starttls in the last EHLO line, in small letters",
        speaks(EHLO=lists(*EXTENSIONS, "starttls")),
    ),
    healthy(
        "banner-escapes",
        "a banner full of terminal escape sequences and markup",
        speaks(writes(b"220 lab \x1b[2J\x1b]0;owned\x07\x1b[31mESMTP\x1b[0m <script>\x00\r\n")),
    ),
    healthy(
        "client-certificate-optional",
        "asks for a client certificate and goes on without",
        tls_shape=TlsShape(client_certificate=False),
    ),
    healthy("certificate-elliptic", "an ECDSA certificate", certificate=certificates.elliptic),
    healthy("certificate-wildcard", "a certificate for *.lab.test", certificate=certificates.wildcard),
    healthy(
        "certificate-tls-domain",
        "a certificate for the connector's TlsDomain instead of the host's name",
        tls_domain="*.elsewhere.test",
        certificate=certificates.other_name,
    ),
    healthy("certificate-long-chain", "six intermediates, all sent in order", certificate=certificates.long),
    healthy("certificate-wrong-order", "a complete chain in the wrong order", certificate=certificates.wrong_order),
    healthy("certificate-with-root", "the root is sent along", certificate=certificates.with_root),
    healthy(
        "certificate-hostile-subject",
        "escape sequences, bidi marks, NUL and markup in the certificate's subject",
        certificate=certificates.hostile_subject,
    ),
)

WARNING: tuple[Scenario, ...] = (
    warning("certificate-expires-soon", "five days left", certificate=certificates.expires_soon),
    warning("tls13-x25519-only", "TLS 1.3 with X25519 alone", tls_shape=X25519),
    warning(
        "tls12-p521-key",
        "TLS 1.2 alone, and a key of the curve P-521",
        certificate=certificates.elliptic_521,
        tls_shape=P521,
    ),
    warning(
        "early-session-ticket",
        "a session ticket before the client's Finished, as Go's crypto/tls sends it",
        speaks(STARTTLS=lab.sends_its_ticket_early),
        tls_shape=TlsShape(early_ticket=True),
    ),
    warning(
        "client-certificate-of-others",
        "asks for a client certificate of an authority that Exchange Online's is not from",
        tls_shape=TlsShape(client_certificate=False, client_authorities=("DigiCert Global Root CA",)),
    ),
    healthy(
        "client-certificate-of-digicert",
        "asks for a client certificate of DigiCert Global Root G2",
        tls_shape=TlsShape(client_certificate=False, client_authorities=("DigiCert Global Root G2",)),
    ),
    warning(
        "certificate-elliptic-tls13-only",
        "an ECDSA certificate, and no suite for it in TLS 1.2",
        thorough=True,
        certificate=certificates.elliptic,
        tls_shape=RSA_SUITES,
    ),
    warning(
        "banner-masked", "a firewall masks the banner with asterisks but lets STARTTLS through", speaks(lab.masked)
    ),
    warning(
        "keywords-masked",
        "a firewall overwrites EHLO keywords with X's but lets STARTTLS through",
        speaks(EHLO=lists(*EXTENSIONS, "XXXXXXXXXXA", "STARTTLS")),
    ),
    warning("slow-greeting", "greets after five seconds", speaks(late(SLOW, greets))),
    warning(
        "unequal-servers",
        "two servers behind one address, one of them without STARTTLS",
        lab.is_one_of_two,
        connections=5,
    ),
    warning(
        "banner-not-ascii",
        "a banner with UTF-8, a bidi override and invalid bytes",
        speaks(writes("220 höst \u202egro.lab ".encode() + b"\xff\xfe ESMTP\r\n")),
    ),
    warning("banner-long-line", "a banner line beyond 512 octets", speaks(says(f"220 {{host}} ESMTP {'lab ' * 150}"))),
    warning("banner-bare-lf", "the banner ends with LF alone", speaks(writes(b"220 lab ESMTP\n"))),
    warning("starttls-injection", "plaintext behind the 220 to STARTTLS", speaks(STARTTLS=lab.injects_plaintext)),
    warning("retry-clears", "421 on the first connection, fine on the second", lab.recovers, retries=1),
)
