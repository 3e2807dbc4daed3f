"""Would a client with Exchange Online's cipher suites alone have agreed with the server, too?"""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.evidence import Handshake
from connector_probe.network import EXCHANGE_OFFER
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import Run
from connector_probe.probing.session import run_session
from connector_probe.stages.conversation import Transcript
from connector_probe.stages.secure import sni_of

_EXCHANGE_SUITES = frozenset(EXCHANGE_OFFER.ciphers.split(":"))


class TryExchangeOffer:
    """One more handshake where TLS 1.2 was agreed on with a suite that Exchange Online does not offer."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def look(self, attempt: Attempt) -> Attempt:
        if not _unlisted_cipher(attempt.evidence.handshake):
            return attempt
        seen, _ = await run_session(
            self._run,
            attempt.target,
            attempt.settings,
            Transcript(attempt.clock),
            EXCHANGE_OFFER,
            sni_of(attempt.target.server),
            until_tls=True,
        )
        return replace(attempt, evidence=replace(attempt.evidence, exchange_offer=seen.handshake))

    def close(self) -> None:
        """Nothing is ever left under way."""


def _unlisted_cipher(handshake: Handshake | None) -> bool:
    session = handshake.session if handshake is not None else None
    return session is not None and session.version == "TLSv1.2" and session.cipher not in _EXCHANGE_SUITES
