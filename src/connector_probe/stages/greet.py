"""Stages banner and ehlo: the greeting, EHLO, and HELO where EHLO is unknown."""

from __future__ import annotations

from connector_probe.model.evidence import Exchange
from connector_probe.protocol.smtp import capabilities, ehlo, helo
from connector_probe.stages.conversation import Conversation

# RFC 5321 3.2 and 4.2.4: the server knows no EHLO; anything else in the negative refuses us, not the command.
EHLO_UNKNOWN = frozenset({500, 501, 502, 504})
STRAGGLERS = 0.2  # seconds for more lines of an answer that lists no STARTTLS; they come in one go, or never


def welcomes(banner: Exchange) -> bool:
    """Whether the greeting lets a session begin (RFC 5321 4.3.2)."""
    return banner.reply is not None and banner.reply.code == 220


def lists_starttls(answer: Exchange) -> bool:
    """Whether the answer to EHLO offers STARTTLS (RFC 3207 2)."""
    return answer.reply is not None and capabilities(answer.reply).offers("STARTTLS")


def lists_no_starttls(answer: Exchange) -> bool:
    """Whether EHLO was understood, and the answer offers no STARTTLS."""
    return answer.reply is not None and answer.reply.code == 250 and not lists_starttls(answer)


async def introduce(conversation: Conversation, name: str, *, plain: bool = False) -> tuple[Exchange, Exchange | None]:
    """EHLO, and HELO when EHLO was not understood; ``name`` is ours.

    ``plain``: before TLS, where an answer without STARTTLS may have ended too early.
    """
    first = await conversation.exchange(ehlo(name))
    if first.reply is not None and first.reply.severity == 2:
        bare = plain and not lists_starttls(first)
        first = await conversation.gather_the_rest(first, STRAGGLERS if bare else 0.0)
    if first.reply is not None and first.reply.code in EHLO_UNKNOWN:
        return first, await conversation.exchange(helo(name))
    return first, None
