"""Stages starttls and tls: the command, and the handshake behind its 220."""

from __future__ import annotations

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Exchange, Handshake
from connector_probe.model.names import is_address
from connector_probe.network import TlsOffer
from connector_probe.protocol.smtp import STARTTLS
from connector_probe.stages.conversation import Conversation

UNLISTED_WAIT = 5.0  # seconds; what comes decides no class, and what swallows the command never answers


@dataclass(frozen=True, slots=True)
class PresentedChain:
    """What the server showed in the handshake: its chain as sent, and an OCSP response, both DER."""

    chain: tuple[bytes, ...] = ()
    staple: bytes = b""


async def secure(
    conversation: Conversation, server_name: str | None, offer: TlsOffer, *, listed: bool = True
) -> tuple[Exchange, Handshake | None, PresentedChain]:
    """STARTTLS and the handshake (None unless the reply was 220); ``server_name`` as ``sni_of`` gives it.

    Not ``listed`` by EHLO, it is the last command of a conversation: only the answer tells whether the server has no
    STARTTLS, or something hides it.
    """
    wait = None if listed else UNLISTED_WAIT
    command = await conversation.exchange(STARTTLS, wait=wait)
    if command.reply is None or command.reply.code != 220:  # RFC 3207 4
        return command, None, PresentedChain()
    handshake, outcome = await conversation.start_tls(server_name, offer, wait=wait)
    return command, handshake, PresentedChain(outcome.chain, outcome.staple)


def established(handshake: Handshake | None) -> bool:
    """Whether TLS is up."""
    return handshake is not None and handshake.session is not None


def sni_of(server: str) -> str | None:
    """The server_name to send; None for an address (RFC 6066 3)."""
    return None if is_address(server) else server
