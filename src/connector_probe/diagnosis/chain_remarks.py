"""How a server sends its chain: what is worth knowing of it, though Exchange Online takes it.

RFC 5246 7.4.2 wants each certificate to be followed by its issuer; Windows, like most, builds its path from any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.diagnosis.other_handshakes import differences
from connector_probe.diagnosis.revocation import facts_of_revocation, revoked_problems, undecided
from connector_probe.diagnosis.verdict import Said
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Certificate, CertificateEvidence, CertificateProblemKind
from connector_probe.model.notation import quote
from connector_probe.model.sentence import Facts, Phrase, Value, some

_DISTRUST = frozenset(
    {
        CertificateProblemKind.MISSING_INTERMEDIATE,
        CertificateProblemKind.UNTRUSTED_ROOT,
        CertificateProblemKind.SELF_SIGNED,
        CertificateProblemKind.UNPARSEABLE_CERTIFICATE,
    }
)
_SHOWN = 3
MAX_AUTHORITIES = 10  # told in a sentence; a Windows server may name a hundred, and the JSON has them all


def chain_remarks(view: View) -> tuple[Said, ...]:
    """Remarks on a chain: its order, what is in it twice or for nothing, a root sent along, and other certificates."""
    certificate, handshake = view.evidence.certificate, view.evidence.handshake
    if certificate is None:
        return ()
    told = [Said(one, facts) for one, facts in _remarks(certificate)]
    if handshake is not None and handshake.client_certificate_requested:
        authorities = authority_list(handshake.client_authorities) if handshake.client_authorities else Phrase("any")
        told.append(Said("client-authorities", {"authorities": authorities}))
    asked = facts_of_revocation(view.evidence).get("revocation_sources")
    if asked and not undecided(view.evidence) and not revoked_problems(view.evidence):
        told.append(Said("revocation-asked", {"revocation_sources": asked}))
    told += [Said(one.identifier, one.facts) for one in differences(view) if one.passes]
    return tuple(told)


def authority_list(names: Sequence[str]) -> Value:
    """Distinguished names, one behind the other; the first of many."""
    return some(map(quote, names), MAX_AUTHORITIES, "between-sources")


def _remarks(evidence: CertificateEvidence) -> Iterator[tuple[str, Facts]]:
    distinct = {certificate.sha256: certificate for certificate in evidence.chain}
    if len(distinct) < len(evidence.chain):
        twice = [one for one in distinct.values() if [each.sha256 for each in evidence.chain].count(one.sha256) > 1]
        yield "chain-duplicates", {"chain_subjects": _subjects(twice)}
    above = {subject: at for at, subject in enumerate(evidence.path)}
    places = [above[one.subject] for one in distinct.values() if one.subject in above]
    if places != sorted(places):
        sent = ", ".join(str(at) for at in places)
        yield "chain-order", {"chain_order": sent}
    known = not any(one.kind in _DISTRUST for one in evidence.problems)  # else it is not sure what belongs to it
    strangers = [one for one in distinct.values() if one.subject not in above]
    if strangers and known:
        yield "chain-strangers", {"chain_subjects": _subjects(strangers)}
    if (only := _trusted_by_one(evidence)) is not None:
        yield only
    if evidence.left_out:
        yield (
            "chain-left-out",
            {"number": str(evidence.left_out), "total": str(evidence.left_out + len(evidence.chain))},
        )
    if not evidence.all_paths:
        yield "chain-paths-cut-off", {}
    roots = [one for one in list(distinct.values())[1:] if one.subject == one.issuer and one.subject in above]
    if roots and known:
        yield "chain-root", {"chain_subjects": _subjects(roots)}


def _trusted_by_one(evidence: CertificateEvidence) -> tuple[str, Facts] | None:
    """Where Microsoft's roots and this machine's say different things, who trusts the chain."""
    other, trusted = evidence.other_roots, evidence.is_trusted
    if other is None or other.trusted == trusted:
        return None
    root = evidence.path[-1] if trusted else other.root
    by_exchange = trusted == evidence.trust.startswith("microsoft")
    return "roots-only-exchange" if by_exchange else "roots-only-here", {"root": root}


def _subjects(certificates: list[Certificate]) -> str:
    shown = "; ".join(certificate.subject or certificate.sha1 for certificate in certificates[:_SHOWN])
    return shown + (" ..." if len(certificates) > _SHOWN else "")
