"""What DANE and MTA-STS mean for one attempt, as Exchange Online applies them to outbound mail.

Microsoft, "How SMTP DANE works", Set-OutboundConnector (SmtpDaneMode, MtaStsMode), and RFC 7671, 7672, 8461. Where
DANE applies it stands in the place of MTA-STS (RFC 8461 2) and of the certificate's validation by public roots.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from connector_probe.model.connector import MtaStsMode, SmtpDaneMode
from connector_probe.model.evidence import CertificateProblem, CertificateProblemKind
from connector_probe.model.policy import (
    DANE_EE,
    DANE_TA,
    DaneEvidence,
    DnssecStatus,
    MtaStsEvidence,
    SecureLookup,
    TlsaRecord,
)
from connector_probe.protocol.identity import match
from connector_probe.protocol.mta_sts import lists

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence

_Kind = CertificateProblemKind
DATES = frozenset({_Kind.EXPIRED, _Kind.NOT_YET_VALID})


class DaneState(StrEnum):
    """Whether DANE applies to one MX host."""

    OFF = "off"  # SmtpDaneMode is None, or the connector does not go by MX
    BOGUS = "bogus"
    ABSENT = "absent"
    UNDETERMINED = "undetermined"
    TLS_ONLY = "tls-only"  # TLSA records, none of them usable: TLS is required, nothing more (RFC 7672 2.2)
    APPLIES = "applies"


class DaneVerdict(StrEnum):
    """What the TLSA records say of the certificate."""

    PASSED = "passed"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    HOST_MISMATCH = "host-mismatch"
    PATH_INVALID = "path-invalid"


class StsState(StrEnum):
    """Whether an MTA-STS policy binds the sender."""

    OFF = "off"
    UNKNOWN = "unknown"  # the TXT record could not be asked for
    ABSENT = "absent"
    UNUSABLE = "unusable"  # announced, but there is no valid policy: then there is none (RFC 8461 3.3)
    NONE = "none"
    TESTING = "testing"
    ENFORCE = "enforce"


# --- DANE ------------------------------------------------------------------------------------------------------


def dane_of(evidence: AttemptEvidence, mode: SmtpDaneMode) -> DaneEvidence | None:
    policy = evidence.policy
    return policy.dane if policy is not None and mode is not SmtpDaneMode.NONE else None


def dane_state(dane: DaneEvidence | None) -> DaneState:
    if dane is None:
        return DaneState.OFF
    deciding = deciding_lookup_of(dane)
    by_status = {
        DnssecStatus.BOGUS: DaneState.BOGUS,
        DnssecStatus.INSECURE: DaneState.ABSENT,
        DnssecStatus.INDETERMINATE: DaneState.UNDETERMINED,
    }
    if deciding.status in by_status:
        return by_status[deciding.status]
    if not dane.records:
        return DaneState.ABSENT
    return DaneState.APPLIES if any(record.usable for record in dane.records) else DaneState.TLS_ONLY


def deciding_lookup_of(dane: DaneEvidence) -> SecureLookup:
    """The one that settles whether DANE applies: what is bogus, else the first that is not secure, else the last."""
    addressed = [lookup for lookup in dane.addresses if lookup.records]
    addresses = addressed or [one for one in dane.addresses if one.status is not DnssecStatus.SECURE]
    telling = [dane.mx, *addresses, *((dane.tlsa,) if dane.tlsa is not None else ())]
    bogus = next((lookup for lookup in dane.lookups if lookup.status is DnssecStatus.BOGUS), None)
    weak = next((one for one in telling if one.status is not DnssecStatus.SECURE), None)
    return bogus or weak or telling[-1]


def dane_verdict(evidence: AttemptEvidence, dane: DaneEvidence) -> tuple[DaneVerdict, TlsaRecord | None]:
    """What becomes of the certificate where DANE applies, and the record that matched.

    RFC 7671 5.1 has usage 3 ignore names and dates; Microsoft's page lists 4.7.322 for an expired certificate and
    4.7.323 for one that is not valid yet, without regard to the usage, and so are they read here.
    """
    certificate = evidence.certificate
    kinds = {one.kind for one in certificate.problems if one.depth == 0} if certificate is not None else set()
    ee = next((one for one in dane.records if one.usage == DANE_EE and one.matched), None)
    if ee is not None:
        if _Kind.EXPIRED in kinds:
            return DaneVerdict.EXPIRED, ee
        return (DaneVerdict.NOT_YET_VALID if _Kind.NOT_YET_VALID in kinds else DaneVerdict.PASSED), ee
    if dane.anchor_problems is None or certificate is None or not certificate.chain:
        return DaneVerdict.MISMATCH, None
    anchors = [record for record in dane.records if record.usage == DANE_TA and record.usable]
    ta = next((one for one in anchors if one.matched or not one.matching_type), None)
    of_leaf = {problem.kind for problem in dane.anchor_problems if problem.depth == 0}
    if _Kind.EXPIRED in of_leaf:
        return DaneVerdict.EXPIRED, ta
    if _Kind.NOT_YET_VALID in of_leaf:
        return DaneVerdict.NOT_YET_VALID, ta
    # RFC 7672 3.2.2: the names that a certificate below a trust anchor may carry.
    names = (evidence.server, dane.base, evidence.resolution.mx_domain or "")
    if not any(match(certificate.chain[0], name).matches for name in names if name):
        return DaneVerdict.HOST_MISMATCH, ta
    return (DaneVerdict.PATH_INVALID if dane.anchor_problems else DaneVerdict.PASSED), ta


# --- MTA-STS ---------------------------------------------------------------------------------------------------


def sts_of(evidence: AttemptEvidence, mode: MtaStsMode) -> MtaStsEvidence | None:
    policy = evidence.policy
    return policy.mta_sts if policy is not None and mode is not MtaStsMode.NONE else None


def sts_state(sts: MtaStsEvidence | None) -> StsState:
    if sts is None:
        return StsState.OFF
    if not sts.asked:
        return StsState.UNKNOWN
    if sts.policy is None:
        return StsState.UNUSABLE if sts.problem is not None else StsState.ABSENT
    return StsState(sts.policy.mode)


def sts_lists(sts: MtaStsEvidence | None, host: str) -> bool:
    """Whether the policy lists the MX host; True without a policy."""
    return sts is None or sts.policy is None or lists(sts.policy, host)


def sts_certificate_problems(evidence: AttemptEvidence) -> tuple[CertificateProblem, ...]:
    """RFC 8461 4.2: the certificate must be valid by the roots, and for the MX host's name."""
    certificate = evidence.certificate
    if certificate is None or not certificate.chain:
        return ()
    found = match(certificate.chain[0], evidence.server)
    if found.matches:
        return certificate.problems
    kind = _Kind.COMMON_NAME_ONLY if found.common_name_only else _Kind.NAME_MISMATCH
    return (*certificate.problems, CertificateProblem(kind, 0, certificate.chain[0].subject, found.nearest or ""))
