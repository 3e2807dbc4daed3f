"""An attempt at one address: the conversation, then its follow-up looks, one after another."""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.model.evidence import AttemptEvidence, TranscriptLine
from connector_probe.probing.target import SessionSettings, Target
from connector_probe.stages.conversation import Clock
from connector_probe.stages.secure import PresentedChain


@dataclass(frozen=True, slots=True)
class Attempt:
    """``evidence`` so far, and what the looks need beside it.

    ``shown``: chain and OCSP response of the handshake, in DER. ``clock`` runs since the attempt began.
    """

    target: Target
    settings: SessionSettings
    clock: Clock
    evidence: AttemptEvidence
    shown: PresentedChain
    transcript: tuple[TranscriptLine, ...] = ()
