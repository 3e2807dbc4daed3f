"""Where the server breaks off the handshake that Exchange Online would offer: what else can it do?

The first handshake offers what Exchange Online is known to offer and nothing beside it, so that what is agreed on is
what Exchange Online would get, and a sound server is met once. An old or a peculiar server turns that down; only there
a second one, as wide as OpenSSL goes, shows which version, suite, group and certificate it has.
"""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.client_profile import is_known_session, takes_key
from connector_probe.model.evidence import AttemptEvidence, FaultKind, Handshake
from connector_probe.network import EXCHANGE_OFFER, WIDE_OFFER, TlsOffer
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import FollowUp
from connector_probe.probing.session import run_session
from connector_probe.stages.conversation import Transcript
from connector_probe.stages.secure import PresentedChain, sni_of

_BROKEN_OFF = frozenset({FaultKind.ALERT, FaultKind.CLOSED, FaultKind.RESET, FaultKind.TLS_PROTOCOL})
# The alerts by which a server says that nothing in the ClientHello will do (RFC 8446 6.2, RFC 5246 7.2.2).
_OF_THE_OFFER = frozenset({"handshake_failure", "protocol_version", "insufficient_security"})


class TryWiderOffer(FollowUp):
    """One more conversation, with a wider offer, where the first handshake was broken off.

    Where both agree on something that the first offer did not hold, that conversation is the attempt's, and the first
    handshake its ``exchange_offer``. Where they agree on what was offered before, or the first offer does well on
    another try, it was not the reason, and the first handshake stands as it is.
    """

    async def look(self, attempt: Attempt) -> Attempt:
        first = attempt.evidence.handshake
        if first is None or not _was_broken_off(first):
            return attempt
        attempt.transcript.add("note", "once more, with everything that this machine's OpenSSL can offer")
        seen, shown = await self._session(attempt, WIDE_OFFER, attempt.transcript)
        wide = seen.handshake
        if wide is None or (wide.session is None and not (_is_about_the_offer(first) and _is_about_the_offer(wide))):
            return attempt
        if wide.session is None:
            return replace(attempt, evidence=replace(attempt.evidence, exchange_offer=first, handshake=wide))
        if is_known_session(wide.session) and takes_key(wide.session, seen.leaf.key if seen.leaf is not None else ""):
            return attempt
        if not _is_about_the_offer(first):  # a server that fails now and then, too, would do well this time
            again, _ = await self._session(attempt, EXCHANGE_OFFER, Transcript(attempt.transcript.clock))
            if again.handshake is None or not _was_broken_off(again.handshake):
                return attempt
        evidence = replace(
            attempt.evidence,
            exchange_offer=first,
            handshake=wide,
            certificate=seen.certificate,
            ehlo_again=seen.ehlo_again,
            mail=seen.mail,
            recipient=seen.recipient,
        )
        return replace(attempt, evidence=evidence, shown=shown)

    async def _session(
        self, attempt: Attempt, offer: TlsOffer, transcript: Transcript
    ) -> tuple[AttemptEvidence, PresentedChain]:
        target = attempt.target
        return await run_session(self._run, target, attempt.settings, transcript, offer, sni_of(target.server))


def _was_broken_off(handshake: Handshake) -> bool:
    """Whether the server ended it, and not for want of a certificate of ours, which no offer would change."""
    fault = handshake.fault
    if fault is None or handshake.client_certificate_requested or fault.local:
        return False
    return fault.kind in _BROKEN_OFF


def _is_about_the_offer(handshake: Handshake) -> bool:
    return handshake.fault is not None and handshake.fault.alert in _OF_THE_OFFER
