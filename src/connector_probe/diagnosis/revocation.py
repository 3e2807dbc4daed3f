"""What the evidence of revocation means, in problems, facts and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from connector_probe.model.evidence import CertificateProblem, CertificateProblemKind
from connector_probe.model.ids import WarningId
from connector_probe.model.notation import quote
from connector_probe.model.revocation import CertificateRevocation, RevocationCheck, RevocationSource, RevocationStatus
from connector_probe.model.sentence import Facts, Phrase, Short, Value, Word, listed

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence

_SHOWN = 3  # sources of one certificate in a sentence


def revoked_problems(evidence: AttemptEvidence) -> tuple[CertificateProblem, ...]:
    """A problem for each revoked certificate of the path."""
    if evidence.revocation is None:
        return ()
    return tuple(
        CertificateProblem(CertificateProblemKind.REVOKED, certificate.depth, certificate.subject, _note(check))
        for certificate in evidence.revocation.certificates
        if (check := certificate.revoked) is not None
    )


def _note(check: RevocationCheck) -> str:
    when = f"{check.revoked_at:%Y-%m-%dT%H:%M:%SZ}" if check.revoked_at is not None else ""
    return f"{when} ({check.reason})" if check.reason else when


def undecided(evidence: AttemptEvidence) -> tuple[CertificateRevocation, ...]:
    """The certificates of which no source said anything that counts."""
    if evidence.revocation is None:
        return ()
    return tuple(certificate for certificate in evidence.revocation.certificates if not certificate.decided)


def bad_staple(evidence: AttemptEvidence) -> RevocationCheck | None:
    """The stapled response, where it is of no use."""
    if evidence.revocation is None:
        return None
    checks = (check for certificate in evidence.revocation.certificates for check in certificate.checks)
    return next((one for one in checks if one.source is RevocationSource.STAPLE and not one.decides), None)


def facts_of_revocation(evidence: AttemptEvidence) -> Facts:
    """Facts about the first revoked certificate, and the sources that said nothing of the first undecided one."""
    found: Facts = {}
    revocation = evidence.revocation
    if revocation is None:
        return found
    revoked = next((one for one in revocation.certificates if one.revoked is not None), None)
    if revoked is not None and (check := revoked.revoked) is not None:
        role = "revoked-intermediate" if revoked.depth else "revoked-leaf"
        found |= {
            "revoked_what": Short(Phrase(role, {"subject": revoked.subject})),
            "revoked_issuer": quote(revoked.issuer),
            "revoked_on": _moment(check.revoked_at),
            "revoked_reason": Short(Phrase("revoked-reason", {"reason": check.reason})) if check.reason else "",
            "revoked_source": Short(_source(check)),
        }
    asked = [check for certificate in revocation.certificates for check in certificate.checks if check.decides]
    if asked:
        found["revocation_sources"] = Short(listed((_source(one) for one in asked), "between-sources"))
    unsure = undecided(evidence)
    if unsure:
        found |= facts_of_undecided(unsure[0])
    staple = bad_staple(evidence)
    if staple is not None:
        found["staple_fault"] = Short(_said(staple))
    return found


def facts_of_undecided(certificate: CertificateRevocation) -> Facts:
    checks = certificate.checks[:_SHOWN]
    asked = (Phrase("revocation-outcome", {"source": _source(one), "outcome": _said(one)}) for one in checks)
    return {"unsure_subject": quote(certificate.subject), "unsure_sources": Short(listed(asked, "between-sources"))}


def _source(check: RevocationCheck) -> Value:
    if check.source is RevocationSource.STAPLE:
        return Phrase("stapled-response")
    return f"{check.source.upper()} {check.url}"


def _said(check: RevocationCheck) -> Value:
    if check.status is RevocationStatus.STALE:
        key = "revocation-early" if check.early else "revocation-stale"
        said = Phrase(key, {"since": _moment(check.this_update), "until": _moment(check.next_update)})
        return Phrase("lists-it-as-revoked", {"outcome": said}) if check.revoked_at is not None else said
    status = Word("revocation", check.status)
    return Phrase("revocation-note", {"outcome": status, "note": check.note}) if check.note else status


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "?"


Finding = tuple[str, Facts]


def revocation_findings(evidence: AttemptEvidence, *, judged: bool) -> Iterator[Finding]:
    """Warnings: id and facts. ``judged``: the mode looks at revocation, so that a revoked one failed already."""
    if revoked_problems(evidence) and not judged:
        yield WarningId.CERTIFICATE_REVOKED, {}
    for certificate in undecided(evidence):
        if all(check.source is RevocationSource.STAPLE for check in certificate.checks):
            continue  # the next warning says it all
        yield WarningId.REVOCATION_UNKNOWN, facts_of_undecided(certificate)
    if bad_staple(evidence) is not None:
        yield WarningId.STAPLE_UNUSABLE, {}
    revocation = evidence.revocation
    if revocation is not None and revocation.must_staple and not revocation.stapled:
        yield WarningId.MUST_STAPLE, {}
