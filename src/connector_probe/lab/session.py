"""An SMTP session as a table: a misbehaviour replaces single answers and leaves the rest as it should be."""

from __future__ import annotations

from collections.abc import Mapping

from connector_probe.lab.smtp import Behaviour, Visit
from connector_probe.network.clock import sleep

Answers = Mapping[str, Behaviour]

EXTENSIONS = ("PIPELINING", "SIZE 37748736", "8BITMIME", "ENHANCEDSTATUSCODES")
READY = "220 2.0.0 Ready to start TLS"
NOT_IMPLEMENTED = "502 5.5.1 Command not implemented"
BLOCK = 4096  # octets that are sent at once by who sends without end


async def session(
    visit: Visit, *, greet: Behaviour | None = None, inside: Answers | None = None, **plain: Behaviour
) -> None:
    """A whole session: ``greet`` instead of the banner, ``plain`` and ``inside`` instead of single verbs' answers,

    before and inside TLS.
    """
    await (greet or greets)(visit)
    while True:
        verb = await visit.command()
        own = (inside or {}) if visit.secured else plain
        answer = own.get(verb) or USUAL.get(verb) or does_not_know
        await answer(visit)


def speaks(greet: Behaviour | None = None, *, inside: Answers | None = None, **plain: Behaviour) -> Behaviour:
    """A server with these answers; see ``session``."""

    async def serve(visit: Visit) -> None:
        await session(visit, greet=greet, inside=inside, **plain)

    return serve


# --- single answers ----------------------------------------------------------------------------------------------


def says(*lines: str) -> Behaviour:
    """The same reply always, and then on with the session; "{host}" in it is the server's name."""

    async def answer(visit: Visit) -> None:
        await visit.reply(*(line.replace("{host}", visit.host) for line in lines))

    return answer


def lists(*extensions: str) -> Behaviour:
    """A reply to EHLO."""
    *first, last = ("{host} Hello", *extensions)
    return says(*(f"250-{line}" for line in first), f"250 {last}")


def lists_also(*extensions: str) -> Behaviour:
    """The same, with the usual ones in front; STARTTLS is not among them."""
    return lists(*EXTENSIONS, *extensions)


def writes(text: str) -> Behaviour:
    """Octets as they are, each the character of that number, and then on with the session."""

    async def answer(visit: Visit) -> None:
        await visit.send(text.encode("latin-1"))

    return answer


def repeats(text: str, first: str = "") -> Behaviour:
    """``first``, and then ``text`` without end."""

    async def answer(visit: Visit) -> None:
        await visit.send(first.encode("latin-1"))
        while True:
            await visit.send(text.encode("latin-1") * (1 + BLOCK // len(text)))

    return answer


def drips(text: str, pause: float, *, size: int = 1, times: int = 1) -> Behaviour:
    """Octets in pieces of ``size``, ``text`` so many ``times``, with a ``pause`` (seconds) after each piece."""

    async def answer(visit: Visit) -> None:
        data = text.replace("{host}", visit.host).encode("latin-1") * times
        for at in range(0, len(data), size):
            await visit.send(data[at : at + size])
            await sleep(pause)

    return answer


def pauses(seconds: float) -> Behaviour:
    async def answer(_: Visit) -> None:
        await sleep(seconds)

    return answer


def in_turn(*answers: Behaviour) -> Behaviour:
    async def all_of_them(visit: Visit) -> None:
        for answer in answers:
            await answer(visit)

    return all_of_them


async def reads(visit: Visit) -> None:
    """Whatever comes, such as a ClientHello."""
    await visit.receive_raw()


async def resets(visit: Visit) -> None:
    visit.reset()


hangs_up: Behaviour = Visit.hang_up
stays_silent: Behaviour = Visit.ignore


# --- answers as they should be -----------------------------------------------------------------------------------


async def starts_tls(visit: Visit) -> None:
    await visit.reply(READY)
    await visit.secure()


async def answers_ehlo(visit: Visit) -> None:
    """With STARTTLS before TLS, without it inside."""
    await lists_also(*(() if visit.secured else ("STARTTLS",)))(visit)


greets = says("220 {host} ESMTP lab")
ready = says(READY)
does_not_know = says("500 5.5.2 Command not recognized")
_agrees = says("250 2.0.0 OK")
USUAL: Answers = {
    "EHLO": answers_ehlo,
    "HELO": says("250 {host}"),
    "STARTTLS": starts_tls,
    "DATA": says("354 Go ahead"),
    "QUIT": in_turn(says("221 2.0.0 {host} closing"), hangs_up),
    **dict.fromkeys(("MAIL", "RCPT", "RSET", "NOOP"), _agrees),
}
