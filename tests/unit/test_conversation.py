"""stages/conversation.py on a scripted stream: what is read when nothing was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from connector_probe.model.evidence import FaultKind, NetworkFault, ReplyFlaw
from connector_probe.network import Network, NetworkFaultError, Stream
from connector_probe.stages.conversation import Clock, Conversation, Transcript
from connector_probe.stages.greet import introduce

pytestmark = pytest.mark.asyncio
RESET = NetworkFault(FaultKind.RESET, "ECONNRESET", "Connection reset by peer")
CLOSED = NetworkFault(FaultKind.CLOSED)
TIMED_OUT = NetworkFault(FaultKind.TIMED_OUT)


class Script:
    """Gives ``parts`` one after the other, whatever it is sent; then time-outs."""

    def __init__(self, parts: Sequence[bytes | NetworkFault]) -> None:
        self._parts = list(parts)

    def now(self) -> float:
        return 0.0

    async def send(self, data: bytes, limit: float) -> None:
        """Taken, and not looked at."""

    async def receive(self, limit: float) -> bytes:
        part = self._parts.pop(0) if self._parts else TIMED_OUT
        if isinstance(part, NetworkFault):
            raise NetworkFaultError(part)
        return part


def conversation(*parts: bytes | NetworkFault) -> Conversation:
    script = Script(parts)
    clock = Clock(cast(Network, script), 60.0)
    return Conversation(cast(Stream, script), Transcript(clock), 60.0)


async def test_what_stands_behind_the_banner_is_kept() -> None:
    talk = conversation(b"220 mx\r\n500 what?\r\n", b"250-mx\r\n250 STARTTLS\r\n")
    assert (await talk.exchange()).behind == "500 what?\\x0d\\x0a"
    ehlo, helo = await introduce(talk, "probe", plain=True)
    assert ehlo.reply is not None
    assert ehlo.reply.code == 500
    assert helo is not None
    assert helo.reply is not None
    assert helo.reply.lines == ("mx", "STARTTLS")


@pytest.mark.parametrize("at", [0, 6, 10, 18])
async def test_lines_that_come_after_an_early_end_belong_to_ehlo(at: int) -> None:
    """Wherever what stands behind it is cut into segments."""
    rest = b"250-SIZE\r\n250 STARTTLS\r\n"
    ehlo, _ = await introduce(conversation(b"250 mx\r\n" + rest[:at], rest[at:]), "probe", plain=True)
    assert ehlo.reply is not None
    assert ehlo.reply.lines == ("mx", "SIZE", "STARTTLS")
    assert ReplyFlaw.ENDS_EARLY in ehlo.reply.flaws


@pytest.mark.parametrize("plain", [True, False])
async def test_nobody_waits_for_more_inside_tls(plain: bool) -> None:
    talk = conversation(b"250 mx\r\n", b"250 STARTTLS\r\n")
    ehlo, _ = await introduce(talk, "probe", plain=plain)
    assert ehlo.reply is not None
    assert (len(ehlo.reply.lines) == 2) is plain


async def test_an_end_that_was_met_while_nothing_was_asked_is_not_forgotten() -> None:
    talk = conversation(b"250 mx\r\n", RESET, CLOSED)
    await introduce(talk, "probe", plain=True)
    assert (await talk.exchange(b"MAIL FROM:<>\r\n")).fault == RESET
