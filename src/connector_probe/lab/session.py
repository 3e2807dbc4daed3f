"""An SMTP session as a table: a misbehaviour replaces single answers and leaves the rest as it should be."""

from __future__ import annotations

from collections.abc import Mapping

from connector_probe.lab.smtp import Behaviour, Visit
from connector_probe.network.clock import sleep

Answers = Mapping[str, Behaviour]

EXTENSIONS = ("PIPELINING", "SIZE 37748736", "8BITMIME", "ENHANCEDSTATUSCODES")
READY = "220 2.0.0 Ready to start TLS"
NOT_IMPLEMENTED = "502 5.5.1 Command not implemented"


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


def refuses_ehlo(text: str, greet: Behaviour | None = None) -> Behaviour:
    """``text`` to EHLO and to HELO."""
    return speaks(greet, EHLO=says(text), HELO=says(text))


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


def says_and_hangs_up(*lines: str) -> Behaviour:
    return in_turn(says(*lines), hangs_up)


def writes(data: bytes) -> Behaviour:
    """Bytes as they are, and then on with the session."""

    async def answer(visit: Visit) -> None:
        await visit.send(data)

    return answer


def writes_and_hangs_up(data: bytes) -> Behaviour:
    return in_turn(writes(data), hangs_up)


def writes_and_waits(data: bytes) -> Behaviour:
    """Bytes as they are, and then nothing more."""
    return in_turn(writes(data), stays_silent)


def repeats(data: bytes, first: bytes = b"") -> Behaviour:
    """``first``, and then ``data`` without end."""

    async def answer(visit: Visit) -> None:
        await visit.send(first)
        while True:
            await visit.send(data)

    return answer


def drips(data: bytes, pause: float, *, size: int = 1) -> Behaviour:
    """``data`` in pieces of ``size`` bytes with a ``pause`` (seconds) after each; "{host}" as in ``says``."""

    async def answer(visit: Visit) -> None:
        sent = data.replace(b"{host}", visit.host.encode())
        for at in range(0, len(sent), size):
            await visit.send(sent[at : at + size])
            await sleep(pause)

    return answer


def late(seconds: float, answer: Behaviour) -> Behaviour:
    async def pauses(_: Visit) -> None:
        await sleep(seconds)

    return in_turn(pauses, answer)


def in_turn(*answers: Behaviour) -> Behaviour:
    async def all_of_them(visit: Visit) -> None:
        for answer in answers:
            await answer(visit)

    return all_of_them


async def hangs_up(visit: Visit) -> None:
    await visit.hang_up()


async def resets(visit: Visit) -> None:
    visit.reset()


async def stays_silent(visit: Visit) -> None:
    await visit.ignore()


# --- answers as they should be -----------------------------------------------------------------------------------


async def starts_tls(visit: Visit) -> None:
    await visit.reply(READY)
    await visit.secure()


async def answers_ehlo(visit: Visit) -> None:
    """With STARTTLS before TLS, without it inside."""
    await lists(*EXTENSIONS, *(() if visit.secured else ("STARTTLS",)))(visit)


greets = says("220 {host} ESMTP lab")
does_not_know = says("500 5.5.2 Command not recognized")
_agrees = says("250 2.0.0 OK")
USUAL: Answers = {
    "EHLO": answers_ehlo,
    "HELO": says("250 {host}"),
    "STARTTLS": starts_tls,
    "DATA": says("354 Go ahead"),
    "QUIT": says_and_hangs_up("221 2.0.0 {host} closing"),
    **dict.fromkeys(("MAIL", "RCPT", "RSET", "NOOP"), _agrees),
}
