"""Servers as seen from their greeting, or from what stands in its place."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from connector_probe.lab.session import (
    drips,
    says,
    says_and_hangs_up,
    session,
    writes,
)
from connector_probe.lab.smtp import Visit

PROXY_PATIENCE = 0.3  # seconds; Postfix has five
DRIP = 1.0  # seconds from byte to byte: slow enough that no sensible limit is met


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


async def speaks_managesieve(visit: Visit) -> None:
    await visit.reply('"IMPLEMENTATION" "lab"', '"SASL" "PLAIN"', '"STARTTLS"', "OK")
    await visit.ignore()


async def speaks_vnc(visit: Visit) -> None:
    await visit.send(b"RFB 003.008\n")
    await visit.ignore()


async def alerts_at_once(visit: Visit) -> None:
    """A fatal handshake_failure (RFC 8446 6.2), as if something had been said that it did not like."""
    await visit.send(b"\x15\x03\x01\x00\x02\x02\x28")
    await visit.hang_up()


async def sends_proxy_header(visit: Visit) -> None:
    await visit.reply("PROXY TCP4 127.0.0.1 127.0.0.1 40000 25")
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
