"""Is the certificate revoked, and who are the issuers that the server did not send?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connector_probe.model.evidence import CertificateEvidence, CertificateProblemKind
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import FollowUp, Run
from connector_probe.stages.certificate_urls import Visitor
from connector_probe.stages.local_clock import needs_the_time

if TYPE_CHECKING:
    from connector_probe.stages.revocation import Revocations

_OPEN_ENDS = frozenset({CertificateProblemKind.MISSING_INTERMEDIATE, CertificateProblemKind.UNTRUSTED_ROOT})


class CheckRevocation(FollowUp):
    """Asks OCSP responders, CRL servers and issuers' web servers, about each chain once a run."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._revocations: Revocations | None = None

    async def look(self, attempt: Attempt) -> Attempt:
        settings, certificate = attempt.settings, attempt.evidence.certificate
        if certificate is None or not settings.revocation:
            return attempt
        from connector_probe.stages.revocation import (
            Revocations,
            hear_the_time,
            missing_issuers,
        )  # late: it needs OpenSSL

        if self._revocations is None:
            self._revocations = Revocations(self._run.web)
        chain, roots, now = attempt.shown.chain, settings.trust.roots, self._run.certificates.now
        at, limit = settings.as_of or now, attempt.transcript.clock.allow(settings.timeout)

        def visit() -> Visitor:
            assert attempt.target.address is not None
            return Visitor(attempt.target.address, self._run.resolvers.beside(settings), settings.source_address)

        path = self._run.certificates.path(chain, roots, at)
        if needs_the_time(attempt.evidence, self._run.dates):
            await hear_the_time(self._run.web, path, visit(), limit)
        revocation = await self._revocations.check(path, attempt.shown.staple, visit, now, limit)
        missing = None
        if _is_incomplete(certificate):
            missing = await missing_issuers(self._run.web, chain, roots, visit, at, limit)
        return replace(attempt, evidence=replace(attempt.evidence, revocation=revocation, missing_issuers=missing))

    def close(self) -> None:
        if self._revocations is not None:
            self._revocations.close()


def _is_incomplete(certificate: CertificateEvidence) -> bool:
    """Whether an issuer that was not sent may lead on to a trusted root, as far as nobody has looked."""
    return certificate.root_bar is None and any(one.kind in _OPEN_ENDS for one in certificate.problems)
