"""Does the server show another certificate to another client?"""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.evidence import SecondLook
from connector_probe.network import EXCHANGE_TLS12_OFFER
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import FollowUp
from connector_probe.probing.session import run_session
from connector_probe.stages.conversation import Clock, Transcript
from connector_probe.stages.secure import sni_of

SECOND_LOOK_WAIT = 3.0  # seconds for one more connection, which may change no verdict


class TryOtherHandshakes(FollowUp):
    """With --thorough: without SNI and with TLS 1.2 at most, and where that differs, with SNI alone too."""

    async def look(self, attempt: Attempt) -> Attempt:
        evidence = attempt.evidence
        session = evidence.session
        if session is None or not attempt.settings.thorough:
            return attempt
        name, first, newer = sni_of(attempt.target.server), evidence.certificate, session.version == "TLSv1.3"
        looks: list[SecondLook] = []
        if newer or name is not None:
            looks.append(await self._handshake(attempt, None))
            other = looks[-1].certificate
            same = other is not None and first is not None and other.chain[:1] == first.chain[:1]
            if newer and name is not None and not same and looks[-1].handshake is not None:
                looks.append(await self._handshake(attempt, name))
        return replace(attempt, evidence=replace(evidence, second_looks=tuple(looks))) if looks else attempt

    async def _handshake(self, attempt: Attempt, server_name: str | None) -> SecondLook:
        transcript = Transcript(Clock(self._run.network, attempt.transcript.clock.allow(SECOND_LOOK_WAIT)))
        seen, _ = await run_session(
            self._run, attempt.target, attempt.settings, transcript, EXCHANGE_TLS12_OFFER, server_name, until_tls=True
        )
        return SecondLook(server_name is not None, seen.handshake, seen.certificate)
