"""Stages starttls and tls: the command, and the handshake behind its 220."""

from __future__ import annotations

from connector_probe.model.evidence import Exchange, Handshake
from connector_probe.model.names import is_address
from connector_probe.network import TlsOffer
from connector_probe.protocol.smtp import STARTTLS
from connector_probe.stages.conversation import Conversation


async def secure(
    conversation: Conversation, server: str, offer: TlsOffer
) -> tuple[Exchange, Handshake | None, tuple[bytes, ...]]:
    """STARTTLS and the handshake (None unless the reply was 220), with the chain as sent, in DER."""
    command = await conversation.exchange(STARTTLS)
    if command.reply is None or command.reply.code != 220:  # RFC 3207 4
        return command, None, ()
    handshake, outcome = await conversation.start_tls(sni_of(server), offer)
    return command, handshake, outcome.chain


def sni_of(server: str) -> str | None:
    """The server_name to send; None for an address (RFC 6066 3)."""
    return None if is_address(server) else server
