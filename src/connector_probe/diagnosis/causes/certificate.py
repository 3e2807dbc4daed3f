"""Causes of a certificate that does not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.revocation import undecided
from connector_probe.diagnosis.signs import another_host
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.names import is_address
from connector_probe.model.verdict import Culprit, FailureClass
from connector_probe.protocol.appliances import appliance, names_an_inspection
from connector_probe.protocol.identity import match

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence, CertificateProblem

ROWS = Rows()
_F, _Kind = FailureClass, CertificateProblemKind
_CERTIFICATE = tuple(FailureClass.of_certificate(kind) for kind in CertificateProblemKind)
_OF_NAMES = (_F.CERTIFICATE_NAME_MISMATCH, _F.CERTIFICATE_COMMON_NAME_ONLY)
_OF_CHAINS = tuple(one for one in _CERTIFICATE if one not in (_F.CERTIFICATE_EXPIRED, *_OF_NAMES))
_BY_POLICY = (_F.DANE_CERTIFICATE_EXPIRED, _F.DANE_TLSA_INVALID, _F.DANE_HOST_MISMATCH, _F.MTA_STS_CERTIFICATE)
_UNKNOWN_ISSUER = frozenset({_Kind.SELF_SIGNED, _Kind.UNTRUSTED_ROOT, _Kind.MISSING_INTERMEDIATE})

_ANOTHER = (RemedyId.INSTALL_PUBLIC_CERTIFICATE,)
_REISSUE = (RemedyId.REISSUE_WELLFORMED,)
REMEDIES = {
    _Kind.EXPIRED: (RemedyId.RENEW_CERTIFICATE,),
    _Kind.NAME_MISMATCH: (RemedyId.ADD_NAME, RemedyId.CHANGE_TLS_DOMAIN, RemedyId.COMPARE_SERVERS),
    _Kind.COMMON_NAME_ONLY: (RemedyId.ADD_NAME,),
    _Kind.NOT_YET_VALID: (RemedyId.WAIT_FOR_VALIDITY, RemedyId.RENEW_CERTIFICATE),
    _Kind.SELF_SIGNED: _ANOTHER,
    _Kind.UNTRUSTED_ROOT: _ANOTHER,
    _Kind.MISSING_INTERMEDIATE: (RemedyId.INSTALL_INTERMEDIATE, RemedyId.INSTALL_PUBLIC_CERTIFICATE),
    _Kind.ISSUER_EXPIRED: (RemedyId.INSTALL_INTERMEDIATE, RemedyId.RENEW_CERTIFICATE),
    _Kind.ISSUER_NOT_YET_VALID: (RemedyId.WAIT_FOR_VALIDITY, RemedyId.RENEW_CERTIFICATE),
    _Kind.BAD_SIGNATURE: (RemedyId.INSTALL_INTERMEDIATE, RemedyId.RENEW_CERTIFICATE),
    _Kind.INVALID_CA: _ANOTHER,
    _Kind.PATH_TOO_LONG: _ANOTHER,
    _Kind.NAME_CONSTRAINT: _ANOTHER,
    _Kind.INVALID_PATH: _ANOTHER,
    _Kind.WRONG_PURPOSE: (RemedyId.REISSUE_FOR_SERVERS,),
    _Kind.WEAK_KEY: (RemedyId.REISSUE_STRONG,),
    _Kind.WEAK_SIGNATURE: (RemedyId.REISSUE_STRONG,),
    _Kind.UNPARSEABLE_EXTENSION: _REISSUE,
    _Kind.UNKNOWN_CRITICAL_EXTENSION: _REISSUE,
    _Kind.UNPARSEABLE_CERTIFICATE: _REISSUE,
    _Kind.REVOKED: (RemedyId.REPLACE_REVOKED,),
}


@ROWS.cause(
    CauseId.TLS_INSPECTION,
    Culprit.NETWORK,
    {},
    shown_for=(*_CERTIFICATE, *_BY_POLICY),
    remedies=(RemedyId.EXEMPT_FROM_INSPECTION,),
)
def _tls_inspection(case: Case) -> Judged | None:
    """The right name below a device's own CA: what the server shows was signed anew on the way."""
    chain, named = case.evidence.chain, case.view.name_match
    if not chain or named is None or not named.matches or not _is_of_nobody(case):
        return None
    seen = (EvidenceId.SIGNED_BY_AN_APPLIANCE,)
    if any(appliance(certificate) is not None for certificate in chain):
        return Judged(SURE, seen, heading=HeadingId.TLS_INSPECTION)
    return Judged(LIKELY, (EvidenceId.SIGNED_BY_A_GATEWAY,)) if any(map(names_an_inspection, chain)) else None


@ROWS.cause(
    CauseId.APPLIANCE_CERTIFICATE,
    Culprit.NETWORK,
    {},
    shown_for=(*_CERTIFICATE, *_BY_POLICY),
    remedies=(RemedyId.CHECK_APPLIANCE,),
)
def _appliance_certificate(case: Case) -> Judged | None:
    """A device that answers in the server's place shows its maker's certificate, which is for another name."""
    chain, named = case.evidence.chain, case.view.name_match
    if not chain or (named is not None and named.matches) or appliance(chain[0]) is None:
        return None
    return Judged(SURE, (EvidenceId.NAMES_AN_APPLIANCE,), heading=HeadingId.APPLIANCE_CERTIFICATE)


@ROWS.cause(
    CauseId.ANOTHER_HOST_ANSWERS,
    Culprit.NETWORK,
    {},
    shown_for=_CERTIFICATE,
    remedies=(RemedyId.CHECK_WHERE_IT_LEADS, RemedyId.ADD_NAME),
)
def _another_host_answers(case: Case) -> Judged | None:
    """Greeting, EHLO and certificate agree on another name than the one that is expected.

    A stranger's may be a hosting service's, which the connector should expect, or the end of a wrong way. A certificate
    that a server made for itself has its own name, which is seldom the one it is reached by.
    """
    name = another_host(case.evidence, case.view.expected) if case.view.name_problem is not None else None
    if name is None or _is_of_nobody(case):
        return None
    owners = {one.lower().removeprefix("*.").partition(".")[2] for one in (name, case.view.expected)}
    stranger = None if len(owners) == 1 else Culprit.UNKNOWN  # what stands below a host's own label is its owner's
    mended = (RemedyId.CHECK_WHERE_IT_LEADS, RemedyId.CHANGE_TLS_DOMAIN) if stranger else None
    return Judged(SURE, (EvidenceId.ALL_NAME_ANOTHER,), mended, stranger, heading=HeadingId.ANOTHER_HOST_ANSWERS)


def _is_of_nobody(case: Case) -> bool:
    """Whether no trusted root stands behind the certificate."""
    return bool({problem.kind for problem in case.view.problems} & _UNKNOWN_ISSUER)


@ROWS.cause(
    CauseId.CERTIFICATE_EXPIRED,
    Culprit.SERVER,
    alone(SURE, _F.CERTIFICATE_EXPIRED, _F.DANE_CERTIFICATE_EXPIRED) | alone(OUT, *_OF_NAMES, *_OF_CHAINS),
    remedies=REMEDIES[_Kind.EXPIRED],
    remedies_for={_F.DANE_CERTIFICATE_EXPIRED: (RemedyId.RENEW_CERTIFICATE, RemedyId.RENEW_TLSA)},
)
def _certificate_expired(case: Case) -> Judged:
    found = next((problem for problem in case.view.problems if problem.kind is _Kind.EXPIRED), None)
    if found is not None and found in case.view.clock_signs:
        return Judged(POSSIBLE, (EvidenceId.EXPIRED_BY_OUR_CLOCK,), remedies=())
    if found is None and case.evidence.leaf is not None and case.evidence.leaf.not_after is None:
        return Judged(POSSIBLE, remedies=())  # its dates cannot be read
    if found is None:
        return Judged(OUT, (EvidenceId.VALID_UNTIL,))
    then = case.evidence.certificate is not None and case.evidence.certificate.as_of_given
    return Judged(SURE, (EvidenceId.EXPIRED_ON,), heading=HeadingId.EXPIRED_AS_OF if then else None)


@ROWS.cause(
    CauseId.CERTIFICATE_SUBJECT_MISMATCH,
    Culprit.SERVER,
    alone(SURE, *_OF_NAMES) | alone(OUT, _F.CERTIFICATE_EXPIRED, *_OF_CHAINS),
    remedies=REMEDIES[_Kind.NAME_MISMATCH],
)
def _certificate_subject_mismatch(case: Case) -> Judged:
    problem, found = case.view.name_problem, case.view.name_match
    if found is not None and found.matches:
        return Judged(OUT, (EvidenceId.NAME_FOUND,))
    if not case.view.mode.validates_name:
        return Judged(OUT, (EvidenceId.NAME_NOT_CHECKED,))
    if problem is None:
        return Judged(POSSIBLE, remedies=())  # its names cannot be read
    leaf, mended = case.evidence.leaf, (RemedyId.CHANGE_TLS_DOMAIN, RemedyId.ADD_NAME)
    if is_address(case.view.expected):  # TlsDomain is a name
        return Judged(SURE, (EvidenceId.NAME_DIFFERS,), mended, Culprit.CONNECTOR)
    if leaf is not None and case.evidence.server != case.view.expected and match(leaf, case.evidence.server).matches:
        seen = (EvidenceId.NAME_DIFFERS, EvidenceId.NAME_OF_SMART_HOST)
        return Judged(SURE, seen, mended, Culprit.CONNECTOR, heading=HeadingId.TLS_DOMAIN_DIFFERS)
    return Judged(SURE, (EvidenceId.NAME_DIFFERS,), REMEDIES[problem.kind])


@ROWS.cause(
    CauseId.CERTIFICATE_NO_LONGER_VALID,
    Culprit.SERVER,
    alone(SURE, *_OF_CHAINS) | alone(OUT, _F.CERTIFICATE_EXPIRED, *_OF_NAMES),
    remedies_for={FailureClass.of_certificate(kind): mended for kind, mended in REMEDIES.items()},
)
def _certificate_no_longer_valid(case: Case) -> Judged:
    view = case.view
    judged = [problem for problem in view.judged_problems if problem not in view.clock_signs]
    rest = [one for one in judged if one.kind is not _Kind.EXPIRED and one is not view.name_problem]
    if rest:
        revoked = (EvidenceId.REVOKED_SAYS,) if any(one.kind is _Kind.REVOKED for one in rest) else ()
        others = () if all(one.kind is _Kind.REVOKED for one in rest) else (EvidenceId.PROBLEM_LIST,)
        return Judged(SURE, (*others, *revoked), remedies_of_problems(case, own=False))
    asked = case.evidence.revocation
    if asked is None:
        return Judged(POSSIBLE, (EvidenceId.REVOCATION_NOT_CHECKED,))
    if undecided(case.evidence):
        return Judged(POSSIBLE, (EvidenceId.REVOCATION_UNDECIDED,))
    return Judged(OUT, (EvidenceId.NOT_REVOKED,) if asked.certificates else (EvidenceId.REVOCATION_NO_SOURCE,))


def remedies_of_problems(case: Case, *, own: bool) -> tuple[RemedyId, ...]:
    """What mends the certificate's problems; ``own``: its end and its name too, which are causes of their own."""
    apart = () if own else (_Kind.EXPIRED, _Kind.NAME_MISMATCH, _Kind.COMMON_NAME_ONLY)
    blamed = [one.kind for one in _blamed_problems(case) if one.kind not in apart]
    found = dict.fromkeys(remedy for kind in blamed for remedy in REMEDIES[kind])
    return tuple(one for one in found if one != RemedyId.INSTALL_INTERMEDIATE or not _is_in_vain(case.evidence))


def _blamed_problems(case: Case) -> tuple[CertificateProblem, ...]:
    """The problems whose remedies help against the failure."""
    view = case.view
    if case.failure.value.startswith("dane-"):
        return ()
    found = view.mta_sts_problems if case.failure is FailureClass.MTA_STS_CERTIFICATE else view.judged_problems
    return tuple(one for one in found if one not in view.clock_signs)


def _is_in_vain(evidence: AttemptEvidence) -> bool:
    """Whether a root itself has expired, or the missing issuers are known, and lead to no trusted root."""
    roots = {one.subject for one in evidence.chain if one.subject == one.issuer}
    problems = evidence.certificate.problems if evidence.certificate is not None else ()
    if any(one.kind is _Kind.ISSUER_EXPIRED and one.subject in roots for one in problems):
        return True
    missing = evidence.missing_issuers
    return missing is not None and not missing.completes and not any(one.error for one in missing.found)
