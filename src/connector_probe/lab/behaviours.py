"""Servers as seen before TLS: one small function for each way to behave, from accepting to EHLO; and recipients.

A behaviour that ends by itself is hung up on properly; see ``session`` for the usual answers it builds on.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from connector_probe.lab.session import (
    EXTENSIONS,
    answers_ehlo,
    greets,
    hangs_up,
    lists_extensions,
    resets,
    says,
    says_and_hangs_up,
    session,
    stays_silent,
    writes,
)
from connector_probe.lab.smtp import Behaviour, Visit

TARPIT = 0.5  # seconds; Exchange's own default is five, which would make a long wait for a demonstration
SLOW = 5.2  # seconds; a probe finds five worth a word
DRIP = 1.0  # seconds from byte to byte: slow enough that no sensible limit is met
PROXY_PATIENCE = 0.3  # seconds; Postfix has five
PIECES = 0.002  # seconds from piece to piece: enough for each to travel alone

# --- healthy, or nearly ------------------------------------------------------------------------------------------


async def is_healthy(visit: Visit) -> None:
    await session(visit)


async def greets_in_lines(visit: Visit) -> None:
    """A banner of several lines, as some filters have it."""
    await session(visit, greet=says(f"220-{visit.host} ESMTP lab", "220-Unsolicited mail is refused.", "220 Welcome"))


async def sends_in_pieces(visit: Visit) -> None:
    """Replies cut anywhere: within a code, between CR and LF."""

    async def ehlo(visit: Visit) -> None:
        await drips(visit, f"250-{visit.host}\r\n250-STARTTLS\r\n250 SIZE 1000\r\n".encode(), PIECES, size=3)

    async def greet(visit: Visit) -> None:
        await drips(visit, f"220 {visit.host} ESMTP\r\n".encode(), PIECES)

    await session(visit, greet=greet, EHLO=ehlo)


async def drips(visit: Visit, data: bytes, pause: float, *, size: int = 1) -> None:
    """``data`` in pieces of ``size`` with a ``pause`` after each."""
    for at in range(0, len(data), size):
        await visit.send(data[at : at + size])
        await asyncio.sleep(pause)


async def tarpits(visit: Visit) -> None:
    """Every answer before TLS comes late."""

    async def late_greeting(visit: Visit) -> None:
        await asyncio.sleep(TARPIT)
        await greets(visit)

    async def late_ehlo(visit: Visit) -> None:
        await asyncio.sleep(TARPIT)
        await answers_ehlo(visit)

    await session(visit, greet=late_greeting, EHLO=late_ehlo)


async def lists_keyword_last(visit: Visit) -> None:
    """STARTTLS in the last line, in small letters."""

    async def ehlo(visit: Visit) -> None:
        await lists_extensions(visit, *EXTENSIONS, "starttls")

    await session(visit, EHLO=ehlo)


async def refuses_ehlo_knows_helo(visit: Visit) -> None:
    """A server from before 1995: no extensions, so no STARTTLS."""
    await session(visit, EHLO=says("502 5.5.1 Command not implemented"))


async def recovers(visit: Visit) -> None:
    """Busy on the first connection and every other one, fine on those between."""
    if visit.number % 2:
        await is_busy(visit)
    await session(visit)


async def is_one_of_two(visit: Visit) -> None:
    """A balancer in front of two servers, one of which has no TLS."""
    if visit.number % 2:
        await session(visit)
    refusal = says("502 5.5.1 Command not implemented")
    greet = says(f"220 other.{visit.host} ESMTP lab")
    await session(visit, greet=greet, EHLO=_without_starttls(*EXTENSIONS), STARTTLS=refusal)


async def greets_late(visit: Visit) -> None:
    await asyncio.sleep(SLOW)
    await session(visit)


# --- the banner --------------------------------------------------------------------------------------------------


async def is_busy(visit: Visit) -> None:
    await session(visit, greet=says_and_hangs_up("421 4.3.2 Service not available"))


async def turns_away(visit: Visit) -> None:
    await session(visit, greet=says_and_hangs_up("554 5.7.1 Client host [127.0.0.1] blocked"))


async def counts_connections(visit: Visit) -> None:
    await session(visit, greet=says_and_hangs_up("421 4.7.0 lab Error: too many connections from 127.0.0.1"))


async def has_reached_its_limit(visit: Visit) -> None:
    """Exchange with MaxInboundConnectionPerSource used up."""
    await session(
        visit,
        greet=says_and_hangs_up(
            "421 4.3.2 The maximum number of concurrent connections per source has exceeded a limit, closing"
        ),
    )


async def knows_a_bad_reputation(visit: Visit) -> None:
    refusal = says("550 5.7.1 Service unavailable; client [127.0.0.1] blocked using zen.spamhaus.org")
    await session(visit, EHLO=refusal, HELO=refusal)


async def turns_away_in_words_of_tcp(visit: Visit) -> None:
    """A refusal by SMTP that reads like one by TCP."""
    await session(
        visit,
        greet=says_and_hangs_up(
            "550-5.7.0 Connection refused - IB116 127.0.0.1", "550 5.7.0 Your reputation score is too low"
        ),
    )


async def says_nothing(visit: Visit) -> None:
    await visit.ignore()


async def is_silent_at_first(visit: Visit) -> None:
    """Hangs on the first connection, and is well on all others."""
    if visit.number == 1:
        await visit.ignore()
    await session(visit)


async def waits_for_tls(visit: Visit) -> None:
    """TLS from the first byte, as on port 465: the server waits for a ClientHello."""
    await visit.secure()
    await session(visit)


async def waits_for_proxy_header(visit: Visit) -> None:
    """A server behind a balancer: silent until a PROXY header tells whose connection it is; other clients are cut."""
    if await visit.command() != "PROXY":
        await visit.hang_up()
    await session(visit)


async def hangs_up_without_proxy_header(visit: Visit) -> None:
    """The same, but it has the patience of an instant only."""
    try:
        async with asyncio.timeout(PROXY_PATIENCE):
            verb = await visit.command()
    except TimeoutError:
        verb = ""
    if verb != "PROXY":
        await visit.hang_up()
    await session(visit)


async def hangs_up_at_once(visit: Visit) -> None:
    await visit.hang_up()


async def resets_at_once(visit: Visit) -> None:
    visit.reset()


async def hangs_up_within_banner(visit: Visit) -> None:
    await visit.send(b"220 mail.la")
    await visit.hang_up()


async def drips_banner(visit: Visit) -> None:
    """A banner, one byte a second, that never gets to its end."""
    await drips(visit, b"220 " + b"lab " * 100_000, DRIP)


async def never_ends_line(visit: Visit) -> None:
    await visit.send(b"220 ")
    while True:
        await visit.send(b"lab " * 1024)


async def never_ends_banner(visit: Visit) -> None:
    """One 220- line after another."""
    while True:
        await visit.send(b"220-lab lab lab\r\n" * 256)


async def sends_binary(visit: Visit) -> None:
    """The greeting of a database."""
    await visit.send(b"J\x00\x00\x00\n8.0.36\x00\x08\x00\x00\x00\x01\x02\x03\xff\xfe\x80\x00mysql_native_password\x00")
    await visit.ignore()


async def speaks_http(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await visit.hang_up()


async def speaks_ssh(visit: Visit) -> None:
    await visit.send(b"SSH-2.0-Lab_1.0\r\n")
    await visit.ignore()


async def speaks_imap(visit: Visit) -> None:
    await visit.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] lab ready\r\n")
    await visit.ignore()


async def speaks_pop(visit: Visit) -> None:
    await visit.send(b"+OK lab ready\r\n")
    await visit.ignore()


async def waits_for_http_request(visit: Visit) -> None:
    """A web server: silent until the client speaks, and then not pleased."""
    await visit.receive_raw()
    await speaks_http(visit)


async def speaks_nntp(visit: Visit) -> None:
    await visit.reply("200 lab NNTP server ready, posting allowed")
    await visit.ignore()


async def speaks_telnet(visit: Visit) -> None:
    await visit.send(b"\xff\xfd\x18\xff\xfd\x20login: ")
    await visit.ignore()


async def speaks_ftp(visit: Visit) -> None:
    """Its banner could be SMTP's; its answers could not."""
    refusal = says("530 Please login with USER and PASS.")
    await session(visit, greet=says("220 (lab FTP 1.0)"), EHLO=refusal, HELO=refusal)


async def greets_with_escapes(visit: Visit) -> None:
    """A banner that would clear the screen, ring, and set the window's title."""
    await session(visit, greet=writes(b"220 lab \x1b[2J\x1b]0;owned\x07\x1b[31mESMTP\x1b[0m <script>\x00\r\n"))


async def greets_beyond_ascii(visit: Visit) -> None:
    """UTF-8 with a bidi override, and bytes that are no UTF-8."""
    await session(visit, greet=writes("220 höst \u202egro.lab ".encode() + b"\xff\xfe ESMTP\r\n"))


async def greets_without_space(visit: Visit) -> None:
    await session(visit, greet=says("220ESMTP"))


async def tells_another_time(visit: Visit) -> None:
    """A clock of half a year ago."""
    then = format_datetime(datetime.now(UTC) - timedelta(days=180))
    await session(visit, greet=says(f"220 {visit.host} ESMTP lab ready at {then}"))


async def ends_banner_with_lf(visit: Visit) -> None:
    await session(visit, greet=writes(b"220 lab ESMTP\n"))


async def greets_at_length(visit: Visit) -> None:
    """One line beyond the 512 octets of RFC 5321 4.5.3.1.5."""
    await session(visit, greet=says(f"220 {visit.host} ESMTP {'lab ' * 150}"))


# --- middleboxes -------------------------------------------------------------------------------------------------


async def is_masked(visit: Visit) -> None:
    """A firewall that inspects SMTP: the banner in asterisks, STARTTLS overwritten."""

    async def ehlo(visit: Visit) -> None:
        await lists_extensions(visit, "PIPELINING", "SIZE 37748736", "XXXXXXXA")

    await session(visit, greet=says("220 " + "*" * 60), EHLO=ehlo, STARTTLS=says("500 5.3.3 Unrecognized command"))


async def is_masked_in_the_banner(visit: Visit) -> None:
    """A firewall that masks the banner and takes STARTTLS out of EHLO without a trace."""
    await session(visit, greet=says("220 " + "*" * 60), EHLO=_without_starttls("PIPELINING", "SIZE 37748736"))


async def is_masked_with_starttls(visit: Visit) -> None:
    """The banner is masked, but TLS gets through."""
    await session(visit, greet=says("220 " + "*" * 60))


# --- EHLO --------------------------------------------------------------------------------------------------------


async def resets_after_banner(visit: Visit) -> None:
    """The banner, and a RST right behind it."""
    await greets(visit)
    visit.reset()


async def hangs_up_after_banner(visit: Visit) -> None:
    await greets(visit)
    await visit.hang_up()


async def hangs_up_on_ehlo(visit: Visit) -> None:
    await session(visit, EHLO=hangs_up, HELO=hangs_up)


async def hangs_up_within_ehlo(visit: Visit) -> None:
    async def half(visit: Visit) -> None:
        await visit.reply(f"250-{visit.host}", "250-PIPELINING")
        await visit.hang_up()

    await session(visit, EHLO=half)


async def resets_on_ehlo(visit: Visit) -> None:
    await session(visit, EHLO=resets, HELO=resets)


async def ignores_ehlo(visit: Visit) -> None:
    await session(visit, EHLO=stays_silent)


async def rejects_ehlo(visit: Visit) -> None:
    refusal = says("550 5.7.1 Access denied")
    await session(visit, EHLO=refusal, HELO=refusal)


async def busy_on_ehlo(visit: Visit) -> None:
    await session(visit, EHLO=says_and_hangs_up("421 4.3.2 Service not available"))


async def mixes_codes(visit: Visit) -> None:
    """The lines of one reply with different codes (RFC 5321 4.2.1 forbids it)."""
    await session(visit, EHLO=says("250-lab", "250-PIPELINING", "220 STARTTLS"))


async def answers_ehlo_with_nonsense(visit: Visit) -> None:
    await session(visit, EHLO=says("Hello yourself, nice to meet you."))


async def ends_ehlo_lines_with_lf(visit: Visit) -> None:
    """Bare LF instead of CRLF."""
    await session(visit, EHLO=writes(b"250-lab\n250-PIPELINING\n250-STARTTLS\n250 SIZE 1000\n"))


async def never_ends_ehlo(visit: Visit) -> None:
    async def endless(visit: Visit) -> None:
        while True:
            await visit.send(b"250-XLAB\r\n" * 256)

    await session(visit, EHLO=endless)


# --- STARTTLS not offered ----------------------------------------------------------------------------------------


def _without_starttls(*extensions: str) -> Behaviour:
    async def ehlo(visit: Visit) -> None:
        await lists_extensions(visit, *extensions)

    return ehlo


async def offers_no_starttls(visit: Visit) -> None:
    refusal = says("502 5.5.1 Command not implemented")
    await session(visit, EHLO=_without_starttls(*EXTENSIONS), STARTTLS=refusal)


async def offers_anonymous_tls_only(visit: Visit) -> None:
    """Exchange whose own certificate is broken: X-ANONYMOUSTLS, but no STARTTLS."""
    await session(
        visit,
        EHLO=_without_starttls(*EXTENSIONS, "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM"),
        STARTTLS=says("500 5.3.3 Unrecognized command"),
    )


# --- recipients --------------------------------------------------------------------------------------------------


async def rejects_recipient(visit: Visit) -> None:
    await session(visit, inside={"RCPT": says("550 5.7.1 Unable to relay")})


async def defers_recipient(visit: Visit) -> None:
    await session(visit, inside={"RCPT": says("451 4.7.1 Greylisted, try again later")})


async def rejects_sender(visit: Visit) -> None:
    await session(visit, inside={"MAIL": says("530 5.7.57 Client not authenticated to send mail")})


async def defers_sender(visit: Visit) -> None:
    """Back pressure: no resources for another message."""
    await session(visit, inside={"MAIL": says("452 4.3.1 Insufficient system resources")})


async def hangs_up_on_recipient(visit: Visit) -> None:
    await session(visit, inside={"RCPT": hangs_up})


async def resets_on_sender(visit: Visit) -> None:
    await session(visit, inside={"MAIL": resets})


async def ignores_recipient(visit: Visit) -> None:
    await session(visit, inside={"RCPT": stays_silent})
