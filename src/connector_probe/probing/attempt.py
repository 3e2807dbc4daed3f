"""An attempt at one address: the conversation, then its follow-up looks, one after another."""

from __future__ import annotations

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence
from connector_probe.probing.run import Run
from connector_probe.probing.target import SessionSettings, Target
from connector_probe.stages.conversation import Transcript
from connector_probe.stages.secure import PresentedChain


@dataclass(frozen=True, slots=True)
class Attempt:
    """``evidence`` so far, and what the looks need beside it.

    ``shown``: chain and OCSP response of the handshake, in DER. ``transcript`` is that of the conversation, and goes on
    where a look is one; its clock runs since the attempt began.
    """

    target: Target
    settings: SessionSettings
    transcript: Transcript
    evidence: AttemptEvidence
    shown: PresentedChain


class FollowUp:
    """One look behind a conversation, over one run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def look(self, attempt: Attempt) -> Attempt:
        """``attempt`` with what there is more to see. Never raises for what a network or a server does."""
        raise NotImplementedError

    def close(self) -> None:
        """Cancel what is still under way, where a look leaves anything."""
