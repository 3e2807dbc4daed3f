"""An SMTP session as a table: a misbehaviour replaces single answers and leaves the rest as it should be."""

from __future__ import annotations

from collections.abc import Mapping

from connector_probe.lab.smtp import Behaviour, Visit
from connector_probe.network.clock import sleep

Answers = Mapping[str, Behaviour]

EXTENSIONS = ("PIPELINING", "SIZE 37748736", "8BITMIME", "ENHANCEDSTATUSCODES")


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


# --- answers as they should be -----------------------------------------------------------------------------------


async def greets(visit: Visit) -> None:
    await visit.reply(f"220 {visit.host} ESMTP lab")


async def answers_ehlo(visit: Visit) -> None:
    """With STARTTLS before TLS, without it inside."""
    await lists_extensions(visit, *EXTENSIONS, *(() if visit.secured else ("STARTTLS",)))


async def lists_extensions(visit: Visit, *extensions: str) -> None:
    lines = (f"{visit.host} Hello", *extensions)
    *first, last = lines
    await visit.reply(*(f"250-{line}" for line in first), f"250 {last}")


async def answers_helo(visit: Visit) -> None:
    await visit.reply(f"250 {visit.host}")


async def starts_tls(visit: Visit) -> None:
    await visit.reply("220 2.0.0 Ready to start TLS")
    await visit.secure()


async def agrees(visit: Visit) -> None:
    await visit.reply("250 2.0.0 OK")


async def asks_for_data(visit: Visit) -> None:
    await visit.reply("354 Go ahead")


async def says_goodbye(visit: Visit) -> None:
    await visit.reply(f"221 2.0.0 {visit.host} closing")
    await visit.hang_up()


async def does_not_know(visit: Visit) -> None:
    await visit.reply("500 5.5.2 Command not recognized")


USUAL: Answers = {
    "EHLO": answers_ehlo,
    "HELO": answers_helo,
    "STARTTLS": starts_tls,
    "MAIL": agrees,
    "RCPT": agrees,
    "RSET": agrees,
    "NOOP": agrees,
    "DATA": asks_for_data,
    "QUIT": says_goodbye,
}

# --- ends that any step may come to ------------------------------------------------------------------------------


async def resets(visit: Visit) -> None:
    visit.reset()


async def hangs_up(visit: Visit) -> None:
    await visit.hang_up()


async def stays_silent(visit: Visit) -> None:
    await visit.ignore()


def says(*lines: str) -> Behaviour:
    """The same reply always, and then on with the session."""

    async def answer(visit: Visit) -> None:
        await visit.reply(*lines)

    return answer


def says_and_hangs_up(*lines: str) -> Behaviour:
    async def answer(visit: Visit) -> None:
        await visit.reply(*lines)
        await visit.hang_up()

    return answer


def writes(data: bytes) -> Behaviour:
    """Bytes as they are, and then on with the session."""

    async def answer(visit: Visit) -> None:
        await visit.send(data)

    return answer


async def drips(visit: Visit, data: bytes, pause: float, *, size: int = 1) -> None:
    """``data`` in pieces of ``size`` with a ``pause`` after each."""
    for at in range(0, len(data), size):
        await visit.send(data[at : at + size])
        await sleep(pause)
