"""Stage recipient: MAIL FROM:<> and RCPT TO, never DATA, then RSET."""

from __future__ import annotations

from connector_probe.model.evidence import Exchange
from connector_probe.protocol.smtp import MAIL_FROM_NULL, RSET, rcpt_to
from connector_probe.stages.conversation import Conversation


async def offer_recipient(conversation: Conversation, address: str) -> tuple[Exchange, Exchange | None]:
    """The MAIL and RCPT exchanges; RCPT is None when MAIL was turned down."""
    mail = await conversation.exchange(MAIL_FROM_NULL)
    if mail.reply is None or mail.reply.severity != 2:
        return mail, None
    recipient = await conversation.exchange(rcpt_to(address))
    if recipient.reply is not None:
        await conversation.exchange(RSET)
    return mail, recipient
