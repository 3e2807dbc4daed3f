"""What is wrong with the certificate that the server showed. Asks nobody."""

from __future__ import annotations

from dataclasses import replace

from connector_probe.probing.attempt import Attempt, FollowUp


class JudgeCertificate(FollowUp):
    """Judged as of the run's beginning, or as of the day that the user asked for."""

    async def look(self, attempt: Attempt) -> Attempt:
        if not attempt.shown.chain:
            return attempt
        shown = replace(attempt.shown, chain=self._run.certificates.shared(attempt.shown.chain))
        found = self._run.certificates.judge(shown.chain, attempt.settings.trust, attempt.settings.as_of)
        return replace(attempt, shown=shown, evidence=replace(attempt.evidence, certificate=found))
