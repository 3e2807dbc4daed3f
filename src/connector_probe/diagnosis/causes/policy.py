"""Causes in what the domain itself publishes: DNSSEC, SMTP DANE, MTA-STS."""

from __future__ import annotations

from functools import partial

from connector_probe.diagnosis.causes.certificate import REMEDIES, remedies_of_problems
from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.dns.mx_origin import mx_origin
from connector_probe.diagnosis.policies.judgement import DaneVerdict, deciding_lookup_of
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.ids import CauseId, EvidenceId, RemedyId
from connector_probe.model.policy import CHAIN_REASONS, DANE_TA, RECORD_REASONS, TIME_REASONS, DnssecReason, TlsaRecord
from connector_probe.model.verdict import CauseVerdict, Culprit, FailureClass
from connector_probe.protocol.mta_sts import shallow_pattern

ROWS = Rows()
_F = FailureClass
_SIGNATURES = (RemedyId.REPAIR_DNSSEC_CHAIN, RemedyId.REMOVE_DS, RemedyId.LIFT_DANE)


# --- DNSSEC ----------------------------------------------------------------------------------------------------


def _dnssec(
    spoken_for: frozenset[DnssecReason], verdict: CauseVerdict, against: frozenset[DnssecReason], case: Case
) -> Judged | None:
    reason = deciding_lookup_of(case.view.dane).reason if case.view.dane is not None else None
    if reason in spoken_for:
        return Judged(verdict, (EvidenceId.DNSSEC_FOUND,))
    return Judged(OUT, (EvidenceId.DNSSEC_FOUND,)) if reason in against else None


for _cause, _spoken_for, _verdict, _against in (
    (CauseId.DNSSEC_CHAIN_BROKEN, CHAIN_REASONS, SURE, TIME_REASONS | RECORD_REASONS),
    (CauseId.DNSSEC_SIGNATURE_UNTIMELY, TIME_REASONS, SURE, CHAIN_REASONS | RECORD_REASONS),
    (CauseId.DNSSEC_TAMPERED, RECORD_REASONS, LIKELY, TIME_REASONS),  # the zone made such a signature itself
):
    _explains = alone(POSSIBLE, _F.DANE_DNSSEC_INVALID)
    ROWS.cause(_cause, Culprit.DNS, _explains, remedies=_SIGNATURES)(partial(_dnssec, _spoken_for, _verdict, _against))


# --- DANE ------------------------------------------------------------------------------------------------------


@ROWS.cause(
    CauseId.DANE_WITHOUT_STARTTLS,
    Culprit.SERVER,
    alone(SURE, _F.DANE_STARTTLS_NOT_SUPPORTED) | alone(OUT, _F.DANE_TLS_FAILED),
    remedies=(RemedyId.OFFER_STARTTLS, RemedyId.WITHDRAW_TLSA, RemedyId.LIFT_DANE),
)
def _dane_without_starttls(case: Case) -> Judged:
    """What the domain asks for is said with the failure, not where the cause is ruled out."""
    mended = (RemedyId.REPAIR_STARTTLS, RemedyId.WITHDRAW_TLSA, RemedyId.LIFT_DANE)
    return Judged(None, (EvidenceId.TLSA_PUBLISHED,), mended if case.view.offers_starttls else None)


@ROWS.cause(
    CauseId.DANE_WITHOUT_TLS,
    Culprit.SERVER,
    alone(SURE, _F.DANE_TLS_FAILED) | alone(OUT, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.CHECK_TLS_SETTINGS, RemedyId.ENABLE_TLS12, RemedyId.WITHDRAW_TLSA),
)
def _dane_without_tls(case: Case) -> Judged | None:
    return Judged(None, (EvidenceId.TLSA_PUBLISHED,)) if case.failure is _F.DANE_TLS_FAILED else None


@ROWS.cause(
    CauseId.TLSA_OUTDATED,
    Culprit.DNS,
    alone(LIKELY, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.PUBLISH_MATCHING_TLSA, RemedyId.LIFT_DANE),
)
def _tlsa_outdated(case: Case) -> Judged:
    """Not so where every record is of this very chain, and only misnumbered."""
    usable = [record for record in case.view.dane.records if record.usable] if case.view.dane is not None else []
    misnumbered = _misnumbered(case)
    if misnumbered and all(one in misnumbered for one in usable):
        return Judged(OUT, (EvidenceId.TLSA_OF_THIS_CHAIN,))
    if _came_to(case) is DaneVerdict.MISMATCH:
        return Judged(POSSIBLE if _anchor_not_sent(case) else LIKELY, (EvidenceId.TLSA_COMPARED,))
    return Judged(OUT, (EvidenceId.TLSA_PUBLISHED,))  # one of which is of what the server sends


@ROWS.cause(
    CauseId.TLSA_MALFORMED,
    Culprit.DNS,
    alone(OUT, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.PUBLISH_MATCHING_TLSA, RemedyId.LIFT_DANE),
)
def _tlsa_malformed(case: Case) -> Judged:
    if _misnumbered(case):
        return Judged(SURE, (EvidenceId.TLSA_FITS_AS,))
    unusable = case.view.dane is not None and any(not record.usable for record in case.view.dane.records)
    return Judged(LIKELY, (EvidenceId.TLSA_UNUSABLE,)) if unusable else Judged(OUT)


@ROWS.cause(
    CauseId.CERTIFICATE_NOT_YET_VALID,
    Culprit.SERVER,
    alone(OUT, _F.DANE_TLSA_INVALID),
    remedies=(*REMEDIES[CertificateProblemKind.NOT_YET_VALID], RemedyId.LIFT_DANE),
)
def _certificate_not_yet_valid(case: Case) -> Judged:
    return Judged(SURE, (EvidenceId.NOT_YET,)) if _came_to(case) is DaneVerdict.NOT_YET_VALID else Judged(OUT)


@ROWS.cause(
    CauseId.DANE_PATH_INVALID,
    Culprit.SERVER,
    alone(OUT, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.PUBLISH_MATCHING_TLSA, RemedyId.LIFT_DANE),
)
def _dane_path_invalid(case: Case) -> Judged:
    if _anchor_not_sent(case):
        return Judged(
            LIKELY, (EvidenceId.ANCHOR_NOT_SENT,), (RemedyId.INSTALL_INTERMEDIATE, RemedyId.PUBLISH_MATCHING_TLSA)
        )
    return Judged(SURE, (EvidenceId.ANCHOR_PROBLEMS,)) if _came_to(case) is DaneVerdict.PATH_INVALID else Judged(OUT)


def _anchor_not_sent(case: Case) -> bool:
    """Whether all records are of an issuer, and the server sends nothing but its own certificate."""
    usable = [record for record in case.view.dane.records if record.usable] if case.view.dane is not None else []
    bare = len(case.evidence.chain) == 1 and _came_to(case) is DaneVerdict.MISMATCH and not _misnumbered(case)
    return bare and all(record.usage == DANE_TA for record in usable)


@ROWS.cause(
    CauseId.DANE_OTHER_SERVER,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.COMPARE_SERVERS,),
)
def _dane_other_server(case: Case) -> Judged:
    """Behind one address, another server's certificate fits."""
    if _came_to(case) is not DaneVerdict.MISMATCH:
        return Judged(OUT)
    served = case.view.context.served
    return Judged(LIKELY, (EvidenceId.ANOTHER_SERVED,)) if served else Judged(POSSIBLE, (EvidenceId.COMPARE_ISSUER,))


@ROWS.cause(
    CauseId.DANE_NOT_OFFERED,
    Culprit.DNS,
    alone(SURE, _F.DANE_REQUIRED) | alone(OUT, _F.DANE_TLSA_INVALID),
    remedies=(RemedyId.PUBLISH_TLSA, RemedyId.MAKE_DANE_OPPORTUNISTIC),
)
def _dane_not_offered(case: Case) -> Judged | None:
    return Judged(None, (EvidenceId.DANE_ABSENCE,)) if case.failure is _F.DANE_REQUIRED else None


@ROWS.cause(
    CauseId.DANE_NAME_MISSING,
    Culprit.SERVER,
    alone(SURE, _F.DANE_HOST_MISMATCH),
    shown_for=(_F.DANE_TLSA_INVALID,),
    remedies=(RemedyId.ADD_MX_NAME, RemedyId.USE_DANE_EE),
)
def _dane_name_missing(case: Case) -> Judged | None:
    """The name is looked at before the path is."""
    if case.failure is _F.DANE_HOST_MISMATCH:
        return Judged(None, (EvidenceId.MX_NAME_DIFFERS,))
    return Judged(OUT) if _came_to(case) is DaneVerdict.PATH_INVALID else None


def _came_to(case: Case) -> DaneVerdict | None:
    return case.view.dane_verdict[0] if case.view.dane_verdict is not None else None


def _misnumbered(case: Case) -> tuple[TlsaRecord, ...]:
    """The records whose data is of what the server sends, so that only their usage or selector is another's."""
    mismatch = _came_to(case) is DaneVerdict.MISMATCH
    records = case.view.dane.records if case.view.dane is not None and mismatch else ()
    return tuple(record for record in records if record.fits_as)


# --- MTA-STS ---------------------------------------------------------------------------------------------------


@ROWS.cause(
    CauseId.STS_POLICY_OUTDATED,
    Culprit.SERVER,
    alone(LIKELY, _F.MTA_STS_MX_NOT_LISTED) | alone(OUT, _F.MTA_STS_CERTIFICATE),
    remedies=(RemedyId.LIST_MX_IN_POLICY, RemedyId.LIFT_MTA_STS),
)
def _sts_policy_outdated(case: Case) -> Judged | None:
    """Not where the policy lists every host that the domain's own servers name.

    What the domain's own servers contradict is not advised: the last of it would let mail go to a forger.
    """
    if case.failure is _F.MTA_STS_CERTIFICATE:
        return Judged(OUT, (EvidenceId.STS_LISTED,))
    origin = mx_origin(case.view)
    others = origin is not None and origin.names_others
    if _shallow_pattern(case) and not others:
        return Judged(POSSIBLE, (EvidenceId.STS_LISTED,))
    if origin is not None and others and origin.listed == origin.named:
        return Judged(OUT, (EvidenceId.MX_ALL_LISTED,))
    return Judged(None, (EvidenceId.STS_LISTED,), () if others else None)


@ROWS.cause(
    CauseId.STS_PATTERN_TOO_SHALLOW,
    Culprit.SERVER,
    {},
    shown_for=(_F.MTA_STS_MX_NOT_LISTED,),
    remedies=(RemedyId.LIST_MX_IN_POLICY, RemedyId.LIFT_MTA_STS),
)
def _sts_pattern_too_shallow(case: Case) -> Judged | None:
    """The star of a pattern stands for one label (RFC 8461 4.1), as in names below mx.microsoft it is not."""
    if not _shallow_pattern(case):
        policy = case.view.mta_sts.policy if case.view.mta_sts is not None else None
        starred = policy is not None and any(one.startswith("*.") for one in policy.mx)
        return Judged(OUT) if starred else None
    return Judged(SURE, (EvidenceId.STAR_STANDS_FOR_ONE_LABEL,))


def _shallow_pattern(case: Case) -> str:
    policy = case.view.mta_sts.policy if case.view.mta_sts is not None else None
    return shallow_pattern(policy, case.evidence.server) if policy is not None else ""


@ROWS.cause(
    CauseId.STS_MX_REDIRECTED,
    Culprit.DNS,
    alone(POSSIBLE, _F.MTA_STS_MX_NOT_LISTED) | alone(OUT, _F.MTA_STS_CERTIFICATE),
    remedies=(RemedyId.CORRECT_MX,),
)
def _sts_mx_redirected(case: Case) -> Judged | None:
    """It is never ruled out by DNS alone: the zone itself may hold the wrong record."""
    if case.failure is _F.MTA_STS_CERTIFICATE:
        return Judged(OUT, (EvidenceId.STS_LISTED,))
    origin = mx_origin(case.view)
    if origin is None:
        return None
    told = origin.mismatch
    trace = (RemedyId.TRACE_MX,) if told is not None and not told.varying and not told.own_zone else ()
    if origin.mismatch is not None and origin.secure:
        return Judged(OUT, (EvidenceId.MX_SECURE,))  # signed by the zone, and so an old answer
    if origin.names_others:
        return Judged(LIKELY, (EvidenceId.MX_OTHERS_LISTED,), trace)
    if origin.mismatch is not None:
        return Judged(None, (EvidenceId.MX_DIFFERS,), (*trace, RemedyId.CORRECT_MX))
    secure = (EvidenceId.MX_SECURE,) if origin.secure else ()
    if origin.same is not None:
        return Judged(None, (EvidenceId.MX_SAME, *secure))
    return Judged(None, secure or ((EvidenceId.MX_FROM_SOURCE,) if origin.from_source else ()))


@ROWS.cause(
    CauseId.STS_CERTIFICATE_INVALID,
    Culprit.SERVER,
    alone(SURE, _F.MTA_STS_CERTIFICATE) | alone(POSSIBLE, _F.MTA_STS_MX_NOT_LISTED),
)
def _sts_certificate_invalid(case: Case) -> Judged | None:
    if case.failure is _F.MTA_STS_CERTIFICATE:
        mended = remedies_of_problems(case, own=True)
        return Judged(SURE, (EvidenceId.STS_PROBLEMS,), (*mended, RemedyId.SET_POLICY_TESTING, RemedyId.LIFT_MTA_STS))
    if case.view.mta_sts_problems:  # which is a fault of its own, and not why the host is not listed
        return Judged(POSSIBLE, (EvidenceId.STS_PROBLEMS,))
    return Judged(OUT) if case.evidence.certificate is not None else None


@ROWS.cause(
    CauseId.STS_WITHOUT_STARTTLS,
    Culprit.SERVER,
    alone(SURE, _F.MTA_STS_TLS_REQUIRED) | alone(OUT, _F.MTA_STS_CERTIFICATE),
    remedies=(RemedyId.OFFER_STARTTLS, RemedyId.SET_POLICY_TESTING, RemedyId.LIFT_MTA_STS),
)
def _sts_without_starttls(case: Case) -> Judged | None:
    return Judged(None, (EvidenceId.STARTTLS_MISSING,)) if case.failure is _F.MTA_STS_TLS_REQUIRED else None
