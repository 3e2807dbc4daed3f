"""Causes that lie in DNS: the domain, its name servers, its records, a cache."""

from __future__ import annotations

from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.dns.delegation import Authorities, DnsView, WalkView
from connector_probe.diagnosis.dns.mx_origin import mx_origin
from connector_probe.diagnosis.dns.nameserver_trust import denied_by_the_public
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.dns.second_look import TROUBLED, all_failed, by_registry
from connector_probe.diagnosis.signs import another_host
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.verdict import CauseVerdict, Culprit, FailureClass

ROWS = Rows()
_F = FailureClass
_CONNECT = (_F.TCP_REFUSED, _F.TCP_TIMEOUT, _F.TCP_UNREACHABLE)
_DNS = tuple(failure for failure in FailureClass if failure.value.startswith("dns-"))
_FAILED_LOOKUPS = (_F.DNS_SERVFAIL, _F.DNS_REFUSED, _F.DNS_TIMEOUT)


@ROWS.cause(
    CauseId.NAME_DOES_NOT_EXIST,
    Culprit.CONNECTOR,
    alone(LIKELY, _F.DNS_NXDOMAIN),  # NXDOMAIN alone fits a misspelt name, an expired domain and an old answer
    remedies=(RemedyId.CORRECT_SMART_HOST,),
)
def _name_does_not_exist(case: Case) -> Judged:
    dns_view, whose = _heard(case), _whose_name(case)
    # What an MX record or an alias names stands in DNS, and not in the connector.
    culprit = Culprit.DNS if whose in (_ALIAS_TARGET, _MX_HOST) else None
    remedies = (RemedyId.FIX_ALIAS,) if whose == _ALIAS_TARGET else None
    verdict, evidence = None, [EvidenceId.DNS_ANSWER]
    walk_view = dns_view.walk_view if dns_view is not None else None
    if dns_view is not None and walk_view is not None:
        verdict = _name_missing(dns_view, walk_view)
        if verdict is SURE or (verdict is OUT and not walk_view.undelegated):
            evidence.append(EvidenceId.AUTHORITY_SAYS)
    return Judged(verdict, tuple(evidence), remedies, culprit, whose)


def _name_missing(dns_view: DnsView, walk_view: WalkView) -> CauseVerdict | None:
    if walk_view.authorities is Authorities.NOTHING:
        return POSSIBLE if walk_view.unserved else None
    if walk_view.authorities is Authorities.DISAGREE or walk_view.parked is not None:
        return POSSIBLE  # servers for expired domains know no name that was there before
    if walk_view.undelegated:
        if by_registry(dns_view.registration)[0] is SURE:
            return OUT
        unknown = dns_view.registration is not None and dns_view.registration.found is False
        return LIKELY if unknown else POSSIBLE
    return SURE if walk_view.authorities is Authorities.NO_NAME else OUT


_ALIAS_TARGET, _MX_HOST = "alias-target-missing", "mx-host-missing"


def _whose_name(case: Case) -> str:
    """What a name that does not exist means where it is none that stands in the connector."""
    resolution, lookup = case.evidence.resolution, deciding_lookup(case.evidence)
    if lookup is not None and lookup.aliases:
        return _ALIAS_TARGET
    if resolution.mx_domain is None:
        return ""
    return "mx-domain-missing" if resolution.preference is None else _MX_HOST


@ROWS.cause(
    CauseId.RECORD_MISSING,
    Culprit.DNS,
    alone(SURE, _F.DNS_NO_ADDRESS),
    shown_for=_CONNECT,
    remedies=(RemedyId.ADD_ADDRESS_RECORD, RemedyId.CORRECT_SMART_HOST),
)
def _record_missing(case: Case) -> Judged | None:
    if case.failure in _CONNECT:  # RFC 5321 5.1: without MX records mail goes to the domain's own address
        implicit = case.evidence.resolution.mx == ()
        return Judged(LIKELY, (), sentence="mx-record-missing", heading=HeadingId.NO_MX) if implicit else None
    dns_view = _heard(case)
    walk_view = dns_view.walk_view if dns_view is not None else None
    if walk_view is None or (walk_view.authorities is Authorities.NOTHING and not walk_view.unserved):
        return Judged(None, (EvidenceId.DNS_ANSWER,))
    if walk_view.authorities in (Authorities.NOTHING, Authorities.DISAGREE):
        return Judged(POSSIBLE, (EvidenceId.DNS_ANSWER,))
    there = walk_view.authorities is Authorities.RECORD
    return Judged(OUT if there else SURE, (EvidenceId.DNS_ANSWER, EvidenceId.AUTHORITY_SAYS))


@ROWS.cause(
    CauseId.DOMAIN_REFUSES_MAIL,
    Culprit.DNS,
    alone(SURE, _F.DNS_NULL_MX),
    shown_for=_DNS,
    remedies=(RemedyId.REPLACE_NULL_MX,),
)
def _domain_refuses_mail(case: Case) -> Judged | None:
    """By its MX records the domain wants mail, whatever became of the hosts that they name."""
    if case.failure is _F.DNS_NULL_MX:
        return Judged(None, (EvidenceId.DNS_ANSWER,))
    mx = case.evidence.resolution.mx
    return Judged(OUT, (EvidenceId.MX_NAMES_HOSTS,)) if mx and all(one.exchange for one in mx) else None


@ROWS.cause(
    CauseId.DOMAIN_EXPIRED,
    Culprit.DNS,
    alone(POSSIBLE, _F.DNS_NXDOMAIN, *_FAILED_LOOKUPS)
    | alone(OUT, _F.DNS_NO_ADDRESS, _F.DNS_MALFORMED, _F.DNS_CNAME_LOOP, _F.DNS_NULL_MX),
    shown_for=_CONNECT,
    remedies=(RemedyId.RENEW_DOMAIN,),
)
def _domain_expired(case: Case) -> Judged | None:
    dns_view = _heard(case)
    walk_view = dns_view.walk_view if dns_view is not None else None
    if dns_view is None or walk_view is None or (case.failure in _CONNECT and walk_view.parked is None):
        return None
    verdict, evidence = _by_delegation(walk_view)
    told, more = by_registry(dns_view.registration)
    heading, mended = HeadingId.PARKED if walk_view.parked is not None else None, None
    if told is SURE:
        heading = HeadingId.DOMAIN_EXPIRED
    elif walk_view.undelegated:
        heading = HeadingId.NOT_DELEGATED if told is None else HeadingId.NOT_DELEGATED_BUT_REGISTERED
        mended = (RemedyId.LIFT_HOLD,) if told is LIKELY else None
    return Judged(told or verdict, (*evidence, *more), mended, heading=heading)


def _by_delegation(walk_view: WalkView) -> tuple[CauseVerdict | None, tuple[EvidenceId, ...]]:
    if walk_view.no_such_top_level:
        return OUT, (EvidenceId.NO_SUCH_TOP_LEVEL,)
    if walk_view.undelegated:
        return LIKELY, (EvidenceId.NOT_DELEGATED,)
    if walk_view.parked is not None:
        return LIKELY, (EvidenceId.PARKED_AT,)
    if not walk_view.delegated_to:
        return None, ()
    return (OUT if walk_view.spoke else POSSIBLE), (EvidenceId.DELEGATED_TO,)


@ROWS.cause(
    CauseId.STALE_DNS_CACHE,
    Culprit.DNS,
    alone(POSSIBLE, _F.DNS_NXDOMAIN, _F.DNS_NO_ADDRESS, _F.DNS_NULL_MX)
    | alone(OUT, *_FAILED_LOOKUPS, _F.DNS_MALFORMED, _F.DNS_CNAME_LOOP),
    shown_for=(*_CONNECT, _F.CERTIFICATE_NAME_MISMATCH, _F.MTA_STS_MX_NOT_LISTED),
)
def _stale_dns_cache(case: Case) -> Judged | None:
    if case.failure is _F.MTA_STS_MX_NOT_LISTED:
        return _stale_mx(case)
    dns_view = _heard(case)
    mismatch = dns_view.mismatch if dns_view is not None else None
    if dns_view is None or (mismatch is None and dns_view.same is None):
        return None
    if mismatch is None:
        return Judged(OUT, (EvidenceId.AUTHORITY_SAME,))
    if mismatch.own_zone or denied_by_the_public(case.view):
        return Judged(OUT)
    filtered = mismatch.ours.status is not LookupStatus.ANSWER and mismatch.ours.ttl is None
    ttl = () if mismatch.ours.ttl is None else (EvidenceId.TTL_LEFT,)
    evidence = (EvidenceId.STALE_DIFFERS, *ttl, EvidenceId.NO_SOA) if filtered else (EvidenceId.STALE_DIFFERS, *ttl)
    if mismatch.fresh:
        return Judged(OUT, (EvidenceId.ANSWERS_VARY,))
    sure = mismatch.certain or (case.evidence.connected and another_host(case.evidence, case.view.expected) is not None)
    varying = mismatch.ours.status is LookupStatus.ANSWER and mismatch.varying
    verdict = POSSIBLE if varying else SURE if sure else LIKELY
    heading = HeadingId.OLD_ANSWER if sure else HeadingId.OTHER_ANSWER
    return Judged(verdict, evidence, remedies=(RemedyId.WAIT_FOR_CACHE,), heading=heading)


def _stale_mx(case: Case) -> Judged | None:
    """An old answer runs out like a forged one, and so it is never sure."""
    origin = mx_origin(case.view)
    mismatch = origin.mismatch if origin is not None else None
    if origin is None or mismatch is None:
        return Judged(OUT, (EvidenceId.AUTHORITY_SAME,)) if origin is not None and origin.same is not None else None
    if mismatch.own_zone:
        return Judged(OUT, (EvidenceId.OWN_ZONE,))
    remedies = () if mismatch.varying else (RemedyId.TRACE_MX,)
    left, whole = mismatch.ours.ttl, mismatch.theirs.ttl
    if left is None:
        return Judged(POSSIBLE, (EvidenceId.STALE_DIFFERS,), remedies)
    if whole is not None and left > whole:
        return Judged(POSSIBLE, (EvidenceId.STALE_DIFFERS, EvidenceId.TTL_LONGER), remedies)
    return Judged(POSSIBLE if mismatch.varying else LIKELY, (EvidenceId.STALE_DIFFERS, EvidenceId.TTL_LEFT), remedies)


@ROWS.cause(
    CauseId.DNS_HOSTING_TROUBLE,
    Culprit.DNS,
    alone(LIKELY, *_FAILED_LOOKUPS, _F.DNS_MALFORMED)
    | alone(SURE, _F.DNS_CNAME_LOOP)
    | alone(POSSIBLE, _F.DNS_NXDOMAIN, _F.DNS_NO_ADDRESS)
    | alone(OUT, _F.DNS_NULL_MX),
    shown_for=_CONNECT,
    remedies=(RemedyId.FIX_DNS,),
    remedies_for={_F.DNS_CNAME_LOOP: (RemedyId.FIX_ALIAS, RemedyId.FIX_DNS)},
)
def _dns_hosting_trouble(case: Case) -> Judged | None:
    dns_view = case.view.dns_view
    if case.failure in _CONNECT:
        if dns_view is None or not dns_view.out_of_step:
            return None
        return Judged(*_hosting(case.failure, dns_view), heading=HeadingId.AUTHORITIES_DISAGREE)
    lookup = deciding_lookup(case.evidence)
    mute = dns_view is not None and dns_view.walk_view is not None and dns_view.walk_view.without_tcp
    if mute or (lookup is not None and lookup.status is LookupStatus.TRUNCATED):
        evidence = (EvidenceId.DNS_ANSWER, *((EvidenceId.AUTHORITIES_WITHOUT_TCP,) if mute else ()))
        mended = (RemedyId.OPEN_DNS_TCP, RemedyId.FIX_DNS)
        return Judged(LIKELY, evidence, mended, heading=HeadingId.DNS_WITHOUT_TCP)
    if dns_view is None or case.failure is _F.DNS_CNAME_LOOP:
        return Judged(None, (EvidenceId.DNS_ANSWER,))
    if dns_view.unreached:
        return Judged(None, (EvidenceId.DNS_ANSWER, EvidenceId.WALK_UNANSWERED))
    verdict, evidence = _hosting(case.failure, dns_view)
    if dns_view.bogus is not None:
        mended = (RemedyId.REPAIR_DNSSEC, RemedyId.FIX_DNS)
        return Judged(verdict, (EvidenceId.DNS_ANSWER, *evidence), mended, heading=HeadingId.DNSSEC_BROKEN)
    if _is_registered_but_undelegated(dns_view):
        seen, heading = (EvidenceId.DNS_ANSWER, EvidenceId.NOT_DELEGATED), HeadingId.NOT_DELEGATED_BUT_REGISTERED
        return Judged(LIKELY, seen, (RemedyId.RENEW_DOMAIN,), heading=heading)
    disagree = verdict is SURE and EvidenceId.AUTHORITIES_FAIL not in evidence
    heading = HeadingId.AUTHORITIES_DISAGREE if disagree else HeadingId.AUTHORITIES_FAIL
    nobody = dns_view.walk_view is not None and dns_view.walk_view.leads_to_nobody
    instead = (RemedyId.CORRECT_DELEGATION, RemedyId.FIX_DNS) if nobody else None
    told = heading if verdict is not None else None
    return Judged(verdict, (EvidenceId.DNS_ANSWER, *evidence), instead, heading=told)


def _is_registered_but_undelegated(dns_view: DnsView) -> bool:
    """Whether the registrar has the domain, and the registry nevertheless no name servers for it."""
    undelegated = dns_view.walk_view is not None and dns_view.walk_view.undelegated
    return undelegated and by_registry(dns_view.registration)[0] is OUT


def _hosting(failure: FailureClass, dns_view: DnsView) -> tuple[CauseVerdict | None, tuple[EvidenceId, ...]]:
    if dns_view.bogus is not None:
        why = (EvidenceId.DNSSEC_WHY,) if dns_view.bogus.fault is not None else ()
        return SURE, (EvidenceId.DNSSEC_BOGUS, *why)
    if dns_view.out_of_step:
        return SURE, (EvidenceId.AUTHORITIES_OUT_OF_STEP,)
    walk_view = dns_view.walk_view
    if walk_view is None:
        return None, ()
    if walk_view.authorities is Authorities.DISAGREE:
        return SURE, (EvidenceId.AUTHORITIES_DISAGREE,)
    if walk_view.undelegated or walk_view.no_such_top_level:
        return OUT, ()
    if walk_view.authorities is Authorities.NOTHING:
        return all_failed(failure, walk_view)
    if walk_view.failed or walk_view.nameless:
        return (LIKELY if failure in TROUBLED else POSSIBLE), (
            EvidenceId.SOME_AUTHORITIES_FAIL,
            EvidenceId.AUTHORITY_SAYS,
        )
    if failure in TROUBLED:
        return POSSIBLE, (EvidenceId.AUTHORITIES_ANSWER_US,)
    return OUT, (EvidenceId.AUTHORITY_SAYS,)


def _heard(case: Case) -> DnsView | None:
    """The second look, where any server that was asked directly has answered."""
    dns_view = case.view.dns_view
    return dns_view if dns_view is not None and not dns_view.unreached else None
