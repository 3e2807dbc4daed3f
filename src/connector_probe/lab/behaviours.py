"""Servers as seen before TLS: one small function for each way to behave, up to EHLO; and recipients.

A behaviour that ends by itself is hung up on properly; see ``session`` for the usual answers it builds on.
"""

from __future__ import annotations

from connector_probe.lab.banner_behaviours import is_busy
from connector_probe.lab.session import (
    EXTENSIONS,
    answers_ehlo,
    drips,
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
from connector_probe.network.clock import sleep

TARPIT = 0.5  # seconds; Exchange's own default is five, which would make a long wait for a demonstration
SLOW = 5.2  # seconds; a probe finds five worth a word
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


async def tarpits(visit: Visit) -> None:
    """Every answer before TLS comes late."""

    async def late_greeting(visit: Visit) -> None:
        await sleep(TARPIT)
        await greets(visit)

    async def late_ehlo(visit: Visit) -> None:
        await sleep(TARPIT)
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
    await sleep(SLOW)
    await session(visit)


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


async def is_masked_in_the_keywords(visit: Visit) -> None:
    """Keywords that the firewall does not know are overwritten, but TLS gets through."""

    async def ehlo(visit: Visit) -> None:
        await lists_extensions(visit, *EXTENSIONS, "XXXXXXXXXXA", "STARTTLS")

    await session(visit, EHLO=ehlo)


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


async def ends_ehlo_early(visit: Visit) -> None:
    """Lines behind one that has the form of the last."""
    await session(visit, EHLO=says("250 lab", "250-PIPELINING", "250 STARTTLS"))


async def dislikes_the_name(visit: Visit) -> None:
    """As Exim does, with the checks that cPanel gives it."""
    no = says("550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)")
    await session(visit, EHLO=no, HELO=no)


async def gets_a_proxy_header(visit: Visit) -> None:
    """A server that takes the header of the balancer in front of it for a command: every reply is one command late."""
    await session(
        visit,
        EHLO=says("500 5.5.2 Error: command not recognized"),
        HELO=says("250-lab", "250-PIPELINING", "250 STARTTLS"),
    )


async def greets_twice(visit: Visit) -> None:
    """As two servers behind each other do: from there on every reply belongs to an earlier command."""
    await session(visit, EHLO=writes(b"220 lab ESMTP\r\n250-lab\r\n250 STARTTLS\r\n"))


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
