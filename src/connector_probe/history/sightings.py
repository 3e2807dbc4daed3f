"""A result -> what history keeps of it. Pure."""

from __future__ import annotations

from connector_probe.model.history import SeenCertificate, Sighting
from connector_probe.model.printable import printable
from connector_probe.model.verdict import Result

MAX_CERTIFICATES = 100  # of one connector in one run: each address has one, and addresses are bounded too
MAX_NAME = 300  # characters of a subject or an issuer


def sighting_of(result: Result, queue_lifetime: float, *, maintenance: bool = False) -> Sighting:
    """``result`` as it is recorded; ``queue_lifetime`` in seconds."""
    diagnosis = result.diagnosis
    return Sighting(
        name=result.name,
        at=result.evidence.started_at,
        status=result.status,
        expected=result.expected,
        code=diagnosis.code if diagnosis is not None else None,
        class_=diagnosis.class_.value if diagnosis is not None else None,
        maintenance=maintenance,
        queue_lifetime=queue_lifetime,
        certificates=_certificates(result),
        seconds=round(result.evidence.seconds, 4),
    )


def _certificates(result: Result) -> tuple[SeenCertificate, ...]:
    """The servers' own certificates, each once: what the chain holds above them changes without anybody's doing."""
    found = {
        SeenCertificate(
            server=attempt.server,
            port=attempt.port,
            sha256=leaf.sha256,
            subject=printable(leaf.subject, MAX_NAME),
            issuer=printable(leaf.issuer, MAX_NAME),
            not_before=leaf.not_before,
            not_after=leaf.not_after,
        ): None
        for attempt in result.attempts
        for leaf in attempt.certificates[:1]
    }
    return tuple(found)[:MAX_CERTIFICATES]
