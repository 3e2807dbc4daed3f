"""It fails at TCP or in plain SMTP, before TLS."""

from __future__ import annotations

from connector_probe.lab import behaviours as lab
from connector_probe.lab import certificates
from connector_probe.lab.scenario import SECOND, Listens, Scenario, Server, failing, unknown, warning
from connector_probe.lab.session import (
    EXTENSIONS,
    NOT_IMPLEMENTED,
    drips,
    greets,
    hangs_up,
    in_turn,
    lists,
    refuses_ehlo,
    repeats,
    resets,
    says,
    says_and_hangs_up,
    speaks,
    stays_silent,
    writes,
    writes_and_hangs_up,
    writes_and_waits,
)
from connector_probe.lab.smtp import Behaviour
from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

NOT_OURS = "192.0.2.1"  # RFC 5737: no machine has it, so binding to it fails before anything is dialled
DRIP = 1.0  # seconds from byte to byte: slow enough that no sensible limit is met
MYSQL = b"J\x00\x00\x00\n8.0.36\x00\x08\x00\x00\x00\x01\x02\x03\xff\xfe\x80\x00mysql_native_password\x00"


def _rejected(name: str, summary: str, *reply: str) -> Scenario:
    """``reply`` in place of a greeting, and the end."""
    return failing(name, summary, F.BANNER_REJECTED, speaks(says_and_hangs_up(*reply)))


def _shows(name: str, summary: str, greeting: bytes) -> Scenario:
    """``greeting``, which is not SMTP's, and then nothing."""
    return failing(name, summary, F.BANNER_NOT_SMTP, speaks(writes_and_waits(greeting)))


def _malformed(name: str, summary: str, ehlo: Behaviour) -> Scenario:
    return failing(name, summary, F.EHLO_MALFORMED, speaks(EHLO=ehlo))


def _refused(name: str, summary: str, reply: str, greet: Behaviour | None = None) -> Scenario:
    """``reply`` to EHLO and HELO."""
    return failing(name, summary, F.EHLO_REJECTED, refuses_ehlo(reply, greet))


def _without_starttls(*extensions: str, greet: Behaviour | None = None) -> Behaviour:
    return speaks(greet, EHLO=lists(*extensions), STARTTLS=says("500 5.3.3 Unrecognized command"))


def _recipient(name: str, summary: str, failure: F, *, waits: bool = False, **answers: Behaviour) -> Scenario:
    """``answers`` inside TLS, to a probe with a recipient."""
    return failing(name, summary, failure, speaks(inside=answers), rcpt="postmaster@lab.test", waits=waits)


CONNECT: tuple[Scenario, ...] = (
    failing("refused", "nothing listens on the port", F.TCP_REFUSED, listens=Listens.REFUSES),
    failing("no-answer", "the backlog is full: a SYN is not answered", F.TCP_TIMEOUT, listens=Listens.IGNORES),
    warning(
        "one-address-refused",
        "two addresses, one of them refuses",
        servers=(Server(), Server(address=SECOND, listens=Listens.REFUSES)),
    ),
    warning(
        "one-address-silent",
        "two addresses, one of them does not answer",
        waits=True,
        servers=(Server(), Server(address=SECOND, listens=Listens.IGNORES)),
    ),
    warning(
        "ipv6-dead",
        "an AAAA record that leads nowhere beside a good A record",
        servers=(Server(), Server(address="::1", listens=Listens.REFUSES)),
    ),
    warning(
        "one-address-bad-certificate",
        "two servers behind one name, one with an expired certificate",
        servers=(Server(), Server(address=SECOND, certificate=certificates.expired)),
        expect_problems=(CertificateProblemKind.EXPIRED,),
    ),
    failing(
        "both-addresses-refused",
        "two addresses, both refuse",
        F.TCP_REFUSED,
        servers=(Server(listens=Listens.REFUSES), Server(address=SECOND, listens=Listens.REFUSES)),
    ),
    failing(
        "refused-as-expected",
        "after a cutover: nothing listens any more, and that is what is expected",
        F.TCP_REFUSED,
        expect="4.4.316",
        listens=Listens.REFUSES,
        expect_causes={"migrated": CauseVerdict.SUPPORTED},
    ),
    warning(
        "one-of-two-stopped",
        "two servers behind one address, on one of them nothing listens",
        connections=2,
        listens=Listens.AT_TIMES,
        expect_causes={"service-stopped": CauseVerdict.SUPPORTED, "firewall-blocks": CauseVerdict.RULED_OUT},
    ),
    failing(
        "furthest-decides",
        "one address refuses, the other gets as far as STARTTLS",
        F.STARTTLS_REJECTED,
        servers=(
            Server(listens=Listens.REFUSES),
            Server(
                address=SECOND, behaviour=speaks(STARTTLS=says("454 4.7.0 TLS not available due to temporary reason"))
            ),
        ),
    ),
    unknown(
        "source-address", "the source address is not this machine's", F.LOCAL_SOURCE_ADDRESS, source_address=NOT_OURS
    ),
    unknown(
        "clock-doubtful",
        "two servers whose certificate has expired by our clock; one's greeting tells a time at which it was valid",
        F.LOCAL_CLOCK,
        servers=(
            Server(certificate=certificates.expired),
            Server(behaviour=lab.tells_another_time, address=SECOND, certificate=certificates.expired),
        ),
        expect_problems=(CertificateProblemKind.EXPIRED,),
    ),
    unknown(
        "family-excluded",
        "only IPv6 was asked for, and the host has only an IPv4 address",
        F.LOCAL_FAMILY_EXCLUDED,
        family=AddressFamily.IPV6,
    ),
)

BANNER: tuple[Scenario, ...] = (
    failing("banner-silent", "accepts and says nothing", F.BANNER_TIMEOUT, speaks(stays_silent)),
    failing("banner-silent-once", "silent once", F.BANNER_TIMEOUT, lab.is_silent_at_first),
    failing(
        "banner-dripping",
        "a banner of one byte a second",
        F.BANNER_TIMEOUT,
        speaks(drips(b"220 " + b"lab " * 100_000, DRIP)),
    ),
    failing("implicit-tls", "TLS from the first byte, as on 465", F.BANNER_TIMEOUT, lab.waits_for_tls),
    failing(
        "proxy-protocol",
        "silent until a PROXY header comes, as behind a balancer",
        F.BANNER_TIMEOUT,
        lab.waits_for_proxy_header,
    ),
    failing(
        "proxy-protocol-impatient",
        "hangs up on whoever sends no PROXY header",
        F.BANNER_CLOSED,
        lab.hangs_up_without_proxy_header,
    ),
    failing("http-port", "a web server that waits for a request", F.BANNER_TIMEOUT, lab.waits_for_http_request),
    failing("accept-closed", "accepts and hangs up", F.BANNER_CLOSED, speaks(hangs_up)),
    failing(
        "banner-cut",
        "hangs up in the middle of the banner",
        F.BANNER_CLOSED,
        speaks(writes_and_hangs_up(b"220 mail.la")),
    ),
    failing("accept-reset", "accepts and resets", F.BANNER_RESET, speaks(resets)),
    failing("banner-421", "421 Service not available", F.BANNER_REJECTED, speaks(lab.busy)),
    _rejected(
        "banner-421-rate", "421 too many connections", "421 4.7.0 lab Error: too many connections from 127.0.0.1"
    ),
    _rejected(
        "banner-421-limit",
        "421, no more connections per source",
        "421 4.3.2 The maximum number of concurrent connections per source has exceeded a limit, closing",
    ),
    _rejected("banner-554", "554, the source is blocked", "554 5.7.1 Client host [127.0.0.1] blocked"),
    _rejected(
        "banner-550-connection-refused",
        "a banner 550 Connection refused: refused by SMTP, not by TCP",
        "550-5.7.0 Connection refused - IB116 127.0.0.1",
        "550 5.7.0 Your reputation score is too low",
    ),
    failing("banner-no-space", "220 without a space behind it", F.BANNER_NOT_SMTP, speaks(says("220ESMTP"))),
    failing(
        "banner-endless-line",
        "a banner line that never ends",
        F.BANNER_NOT_SMTP,
        speaks(repeats(b"lab " * 1024, first=b"220 ")),
    ),
    failing(
        "banner-endless-lines",
        "one 220- line after another",
        F.BANNER_NOT_SMTP,
        speaks(repeats(b"220-lab lab lab\r\n" * 256)),
    ),
    _shows("banner-binary", "a database's greeting", MYSQL),
    failing("banner-http", "a web server", F.BANNER_NOT_SMTP, speaks(lab.http)),
    _shows("banner-ssh", "an SSH server", b"SSH-2.0-Lab_1.0\r\n"),
    _shows("banner-imap", "an IMAP server", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] lab ready\r\n"),
    _shows("banner-pop", "a POP3 server", b"+OK lab ready\r\n"),
    _shows("banner-telnet", "a login prompt", b"\xff\xfd\x18\xff\xfd\x20login: "),
    _shows("banner-nntp", "a news server", b"200 lab NNTP server ready, posting allowed\r\n"),
    _shows(
        "banner-managesieve",
        "a ManageSieve server",
        b'"IMPLEMENTATION" "lab"\r\n"SASL" "PLAIN"\r\n"STARTTLS"\r\nOK\r\n',
    ),
    _shows("banner-vnc", "a VNC server", b"RFB 003.008\n"),
    failing(
        "banner-tls-alert",
        "a TLS server that has lost patience",
        F.BANNER_NOT_SMTP,
        speaks(writes_and_hangs_up(b"\x15\x03\x01\x00\x02\x02\x28")),
    ),
    _shows(
        "banner-proxy-header",
        "a balancer whose two sides are swapped: it sends a PROXY header",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 40000 25\r\n",
    ),
    _refused(
        "banner-ftp",
        "an FTP server: its banner could be SMTP's",
        "530 Please login with USER and PASS.",
        says("220 (lab FTP 1.0)"),
    ),
)

EHLO: tuple[Scenario, ...] = (
    failing("ehlo-silent", "no answer to EHLO", F.EHLO_TIMEOUT, speaks(EHLO=stays_silent)),
    failing("banner-then-closed", "hangs up after the banner", F.EHLO_CLOSED, speaks(in_turn(greets, hangs_up))),
    failing("banner-then-reset", "resets right after the banner", F.EHLO_RESET, speaks(in_turn(greets, resets))),
    failing("ehlo-closed", "hangs up on EHLO", F.EHLO_CLOSED, speaks(EHLO=hangs_up, HELO=hangs_up)),
    failing(
        "ehlo-cut",
        "hangs up in the middle of the EHLO reply",
        F.EHLO_CLOSED,
        speaks(EHLO=says_and_hangs_up("250-{host}", "250-PIPELINING")),
    ),
    failing("ehlo-reset", "resets on EHLO", F.EHLO_RESET, speaks(EHLO=resets, HELO=resets)),
    _refused("ehlo-550", "refuses EHLO and HELO with 550", "550 5.7.1 Access denied"),
    _refused(
        "ehlo-550-blocked",
        "550, on a block list",
        "550 5.7.1 Service unavailable; client [127.0.0.1] blocked using zen.spamhaus.org",
    ),
    failing("ehlo-421", "421 to EHLO", F.EHLO_REJECTED, speaks(EHLO=lab.busy)),
    # It can still be read, and yet a sender was seen to give up on it, with 4.4.317 SocketError (2022).
    _malformed(
        "ehlo-bare-lf",
        "EHLO lines end with LF alone",
        writes(b"250-lab\n250-PIPELINING\n250-STARTTLS\n250 SIZE 1000\n"),
    ),
    _malformed(
        "ehlo-ends-early", "250 and a space before the last line", says("250 lab", "250-PIPELINING", "250 STARTTLS")
    ),
    _refused(
        "ehlo-550-name", "550, for the name in EHLO", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"
    ),
    failing(
        "ehlo-behind-proxy-header",
        "gets a PROXY header",
        F.EHLO_REJECTED,
        speaks(
            EHLO=says("500 5.5.2 Error: command not recognized"), HELO=says("250-lab", "250-PIPELINING", "250 STARTTLS")
        ),
    ),
    _malformed("ehlo-mixed-codes", "250- and 220 in one reply", says("250-lab", "250-PIPELINING", "220 STARTTLS")),
    failing(
        "ehlo-second-greeting",
        "a second greeting instead of an EHLO reply",
        F.EHLO_REJECTED,
        speaks(EHLO=writes(b"220 lab ESMTP\r\n250-lab\r\n250 STARTTLS\r\n")),
    ),
    _malformed("ehlo-nonsense", "an answer to EHLO that is no reply", says("Hello yourself, nice to meet you.")),
    _malformed("ehlo-endless", "an EHLO reply that never ends", repeats(b"250-XLAB\r\n" * 256)),
    failing(
        "helo-only", "knows HELO alone, so no STARTTLS", F.STARTTLS_NOT_OFFERED, speaks(EHLO=says(NOT_IMPLEMENTED))
    ),
    failing("no-starttls", "STARTTLS is not offered", F.STARTTLS_NOT_OFFERED, lab.no_starttls),
    failing(
        "starttls-stripped",
        "STARTTLS is not offered, and works all the same",
        F.STARTTLS_NOT_OFFERED,
        speaks(EHLO=lists(*EXTENSIONS)),
        expect_causes={"packet-inspection": CauseVerdict.SUPPORTED, "tls-not-supported": CauseVerdict.RULED_OUT},
    ),
    failing(
        "anonymous-tls-only",
        "Exchange with a broken certificate of its own: X-ANONYMOUSTLS without STARTTLS",
        F.STARTTLS_NOT_OFFERED,
        _without_starttls(*EXTENSIONS, "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM"),
    ),
    failing(
        "masked-by-firewall",
        "SMTP inspection: a banner of asterisks, XXXXXXXA in place of STARTTLS",
        F.STARTTLS_NOT_OFFERED,
        _without_starttls("PIPELINING", "SIZE 37748736", "XXXXXXXA", greet=lab.masked),
    ),
    failing(
        "masked-banner-no-starttls",
        "SMTP inspection: a banner of asterisks, and STARTTLS gone without a trace",
        F.STARTTLS_NOT_OFFERED,
        _without_starttls("PIPELINING", "SIZE 37748736", greet=lab.masked),
    ),
)

RECIPIENT: tuple[Scenario, ...] = (
    _recipient("recipient-550", "RCPT TO is rejected", F.RECIPIENT_REJECTED, RCPT=says("550 5.7.1 Unable to relay")),
    _recipient(
        "recipient-451",
        "RCPT TO is greylisted",
        F.RECIPIENT_DEFERRED,
        RCPT=says("451 4.7.1 Greylisted, try again later"),
    ),
    _recipient(
        "sender-530",
        "MAIL FROM is rejected",
        F.RECIPIENT_REJECTED,
        MAIL=says("530 5.7.57 Client not authenticated to send mail"),
    ),
    _recipient(
        "sender-452",
        "MAIL FROM meets back pressure",
        F.RECIPIENT_DEFERRED,
        MAIL=says("452 4.3.1 Insufficient system resources"),
    ),
    _recipient("recipient-354", "answers RCPT TO as if it were DATA", F.RECIPIENT_MALFORMED, RCPT=says("354 Go ahead")),
    _recipient("sender-garbled", "no SMTP in answer to MAIL FROM", F.RECIPIENT_MALFORMED, MAIL=writes(b"what?\r\n")),
    _recipient("recipient-closed", "hangs up on RCPT TO", F.RECIPIENT_CUT, RCPT=hangs_up),
    _recipient("sender-reset", "resets on MAIL FROM", F.RECIPIENT_CUT, MAIL=resets),
    _recipient("recipient-silent", "no answer to RCPT TO", F.RECIPIENT_CUT, RCPT=stays_silent, waits=True),
)
