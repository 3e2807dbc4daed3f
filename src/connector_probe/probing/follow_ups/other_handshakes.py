"""Does the server show another certificate to another client?"""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.evidence import CertificateEvidence, SecondLook
from connector_probe.network import EXCHANGE_RSA_OFFER, WIDE_TLS12_OFFER, TlsOffer
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import Run
from connector_probe.probing.session import run_session
from connector_probe.stages.conversation import Clock, Transcript, positive
from connector_probe.stages.secure import sni_of

SECOND_LOOK_WAIT = 3.0  # seconds for one more connection, which may change no verdict


class TryOtherHandshakes:
    """Where the certificate is not RSA: is there one that is? With --thorough: without SNI and with TLS 1.2 at most,

    and where that differs, with SNI alone too.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    async def look(self, attempt: Attempt) -> Attempt:
        evidence = attempt.evidence
        session = evidence.handshake.session if evidence.handshake is not None else None
        if session is None:
            return attempt
        name, first, newer = sni_of(attempt.target.server), evidence.certificate, session.version == "TLSv1.3"
        looks: list[SecondLook] = []
        if _is_not_rsa(first) and positive(evidence.ehlo_again):
            looks.append(await self._handshake(attempt, name, EXCHANGE_RSA_OFFER))
        if attempt.settings.thorough and (newer or name is not None):
            looks.append(await self._handshake(attempt, None, WIDE_TLS12_OFFER))
            other = looks[-1].certificate
            same = other is not None and first is not None and other.chain[:1] == first.chain[:1]
            if newer and name is not None and not same and looks[-1].handshake is not None:
                looks.append(await self._handshake(attempt, name, WIDE_TLS12_OFFER))
        return replace(attempt, evidence=replace(evidence, second_looks=tuple(looks)))

    def close(self) -> None:
        """Nothing is ever left under way."""

    async def _handshake(self, attempt: Attempt, server_name: str | None, offer: TlsOffer) -> SecondLook:
        transcript = Transcript(Clock(self._run.network, attempt.clock.allow(SECOND_LOOK_WAIT)))
        seen, shown = await run_session(
            self._run, attempt.target, attempt.settings, transcript, offer, server_name, until_tls=True
        )
        settings = attempt.settings
        found = self._run.certificates.judge(shown.chain, settings.trust, settings.as_of) if shown.chain else None
        return SecondLook(server_name is not None, offer is EXCHANGE_RSA_OFFER, seen.handshake, found)


def _is_not_rsa(certificate: CertificateEvidence | None) -> bool:
    """Whether a sound certificate has a key of a kind for which Microsoft lists no cipher suite."""
    if certificate is None or certificate.problems or not certificate.chain:
        return False
    return bool(certificate.chain[0].key) and not certificate.chain[0].key.startswith("RSA")
