"""What needs a person although mail would flow: one small check each, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from connector_probe.diagnosis.chain_remarks import authority_list
from connector_probe.diagnosis.dns.nameserver_trust import denied_by_the_public
from connector_probe.diagnosis.local_clock import signs_against
from connector_probe.diagnosis.other_handshakes import differences
from connector_probe.diagnosis.phrases import clock_hint, problem_list
from connector_probe.diagnosis.policies.conclusions import dane_passed, policy_warnings
from connector_probe.diagnosis.revocation import revocation_findings
from connector_probe.diagnosis.verdict import Said
from connector_probe.diagnosis.view import View
from connector_probe.model.client_profile import takes_client_certificate, takes_key
from connector_probe.model.connector import Connector, ConnectorType
from connector_probe.model.evidence import Certificate, CertificateProblemKind, Exchange, Handshake, LookupStatus
from connector_probe.model.ids import RemedyId, WarningId
from connector_probe.model.notation import day, span
from connector_probe.model.sentence import Facts, Phrase, Value, Word, listed
from connector_probe.protocol.microsoft import is_exchange_online
from connector_probe.protocol.smtp import capabilities, masked_banner

DEFAULT_WARN_DAYS = 30
SLOW_REPLY = 5.0  # seconds; Exchange's own default tarpit interval, "more ... can cause timeouts"
_FAILED_LOOKUPS = frozenset(LookupStatus) - {LookupStatus.ANSWER, LookupStatus.NODATA, LookupStatus.NXDOMAIN}

Check = Callable[[View, Connector], Iterator[tuple[str, Facts]]]


def warnings_of(view: View, connector: Connector) -> tuple[Said, ...]:
    """The warnings of an attempt that did not fail."""
    found = (one for check in CHECKS for one in check(view, connector))
    return tuple(Said(*one, view.evidence.address) for one in found) + warnings_beside(view, connector)


def warnings_beside(view: View, connector: Connector) -> tuple[Said, ...]:
    """What is worth a warning also where the attempt failed, because it may explain the failure."""
    found = [(one.identifier, one.facts) for one in differences(view) if not one.passes]
    found += _client(view)
    # A partner's mail may well be in Exchange Online, and then goes there rightly.
    if denied_by_the_public(view):
        found.append((WarningId.NAMESERVER_UNTRUE, Facts()))
    if (aliased := _alias_of_mx(view)) is not None:
        found.append((WarningId.MX_IS_ALIAS, Facts(aliased=aliased)))
    looping = _loop(view) if connector.type is ConnectorType.ON_PREMISES else None
    if looping is not None:
        found.append((WarningId.ROUTES_TO_EXCHANGE_ONLINE, {"loop_name": looping}))
    return tuple(Said(*one, view.evidence.address) for one in found)


def warn_days(certificate: Certificate, asked: int | None) -> float:
    """How many days before its end a certificate is worth a warning: 30, or a third of a shorter lifetime."""
    if asked is not None:
        return float(asked)
    if certificate.not_before is None or certificate.not_after is None:
        return float(DEFAULT_WARN_DAYS)
    return usual_warn_days((certificate.not_after - certificate.not_before) / timedelta(days=1))


def usual_warn_days(lifetime: float) -> float:
    """Those of a certificate that lives so many days, where no other number was asked for."""
    return min(float(DEFAULT_WARN_DAYS), lifetime / 3)


def _ends_soon(certificate: Certificate, at: datetime, asked: int | None) -> bool:
    if certificate.not_after is None or certificate.not_after < at:
        return False
    return certificate.not_after - at < timedelta(days=warn_days(certificate, asked))


def _expiry(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    evidence = view.evidence.certificate
    if evidence is None:
        return
    for depth, certificate in enumerate(evidence.chain):
        if not _ends_soon(certificate, evidence.judged_at, connector.warn_days) or certificate.not_after is None:
            continue
        begins = certificate.not_after - timedelta(days=warn_days(certificate, connector.warn_days))
        if doubts := signs_against(view.evidence, None, begins, view.context.run.told):
            yield WarningId.CLOCK_DOUBTFUL, Facts(clock_hint=clock_hint(doubts))
        elif depth == 0:
            yield WarningId.CERTIFICATE_EXPIRES_SOON, _left(certificate.not_after - evidence.judged_at)
        elif certificate.subject in evidence.path:
            until = day(certificate.not_after)
            yield WarningId.ISSUER_EXPIRES_SOON, {"expiring_issuer": certificate.subject, "issuer_not_after": until}


def _left(time: timedelta) -> Facts:
    """ "in 12 days"; hours where "1 days" would say too little."""
    if time < timedelta(days=2):
        key, number = "hours-left", int(time / timedelta(hours=1))
    else:
        key, number = "days-left", time.days
    return {"time_left": Phrase(key, {"number": str(number)})}


def _ignored_problems(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    # An address without TlsDomain has no name that a certificate could miss.
    nameless = connector.tls_domain is None and view.expected == view.evidence.address
    told_apart = {CertificateProblemKind.REVOKED}
    passed_over = [one for one in view.problems if one.kind not in told_apart and one not in view.clock_signs]
    ignored = [one for one in passed_over if not (nameless and one is view.name_problem)]
    if ignored and not view.judged_problems and not dane_passed(view):
        yield WarningId.CERTIFICATE_WOULD_FAIL, {"problem_list": problem_list(one.kind for one in ignored)}


def _clock(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    """Dates that the connector does not look at, or that nobody can judge here."""
    if view.clock_signs:
        yield WarningId.CLOCK_DOUBTFUL, {}


def _cleartext(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    starttls = view.evidence.starttls
    if view.evidence.helo is not None:
        yield WarningId.HELO_ONLY, {}
    if starttls is None and view.greeting is not None:
        yield WarningId.STARTTLS_NOT_OFFERED, {}
    elif starttls is not None and starttls.reply is not None and starttls.reply.code != 220:
        yield WarningId.STARTTLS_REJECTED, {"reply": starttls.reply.wire}


def _middleboxes(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    banner = view.evidence.banner
    if banner is not None and banner.reply is not None and masked_banner(banner.reply):
        yield WarningId.BANNER_MASKED, {}
    if view.greeting is not None and capabilities(view.greeting).masked_keywords:
        yield WarningId.KEYWORDS_MASKED, {}
    if view.evidence.handshake is not None and view.evidence.handshake.injected:
        yield WarningId.PLAINTEXT_INJECTION, {}


def _manners(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    evidence = view.evidence
    session = (evidence.banner, evidence.ehlo, evidence.helo, evidence.starttls, evidence.ehlo_again)
    exchanges = [one for one in (*session, evidence.recipient) if one is not None]
    steps: list[Exchange | Handshake] = [*exchanges, *([evidence.handshake] if evidence.handshake is not None else [])]
    slowest = max(steps, key=lambda one: one.seconds, default=None)
    if slowest is not None and slowest.seconds >= SLOW_REPLY:
        command: Value = Phrase("slow-handshake")
        if not isinstance(slowest, Handshake):
            command = slowest.command.split(" ", 1)[0] or Phrase("slow-connection")
        slow = [one for one in steps if one.seconds >= SLOW_REPLY]
        hint = "slow-all-hint" if len(slow) > 1 else "slow-greeting-hint" if slowest is evidence.banner else ""
        told: Value = Phrase(hint, {"slow_number": str(len(slow))}) if hint else ""
        yield WarningId.SLOW_REPLY, {"slowest": span(slowest.seconds), "slow_command": command, "slow_hint": told}
    flaws = dict.fromkeys(flaw for one in exchanges if one.reply is not None for flaw in one.reply.flaws)
    if flaws:
        yield WarningId.MALFORMED_REPLY, {"flaws": listed(Word("flaw", flaw) for flaw in flaws)}
    if evidence.earlier_failures:
        yield WarningId.RETRY_CLEARED, {}


def _names(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    resolution = view.evidence.resolution
    for lookup in resolution.lookups:
        if lookup.rdtype != "MX" and lookup.status in _FAILED_LOOKUPS:
            yield WarningId.LOOKUP_FAILED, {"rdtype": lookup.rdtype, "lookup": lookup}


def _alias_of_mx(view: View) -> str | None:
    """The name that the MX host stands for, where it is an alias (RFC 2181 10.3, RFC 5321 5.1)."""
    resolution = view.evidence.resolution
    aliases = (lookup.aliases[-1] for lookup in resolution.lookups if lookup.rdtype != "MX" and lookup.aliases)
    return next(aliases, None) if resolution.preference is not None else None


def _loop(view: View) -> str | None:
    """A name by which the smart host is Exchange Online itself: its own, an alias's, or the one in its greeting."""
    resolution, banner = view.evidence.resolution, view.evidence.banner
    names = [resolution.server, *(alias for lookup in resolution.lookups for alias in lookup.aliases)]
    if banner is not None and banner.reply is not None:
        names += [line.split(" ", 1)[0].lower() for line in banner.reply.lines[:1]]
    return next((name for name in names if is_exchange_online(name)), None)


def _client(view: View) -> Iterator[tuple[str, Facts]]:
    """What Exchange Online as a client was seen to stumble over."""
    handshake = view.evidence.handshake
    if handshake is None:
        return
    if handshake.early_ticket:
        yield WarningId.EARLY_SESSION_TICKET, {}
    if handshake.client_certificate_requested and not takes_client_certificate(handshake.client_authorities):
        yield WarningId.CLIENT_AUTHORITY_MISSING, {"authorities": authority_list(handshake.client_authorities)}


def _client_profile(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    """TLS came about, but not with what Exchange Online is known to offer."""
    refused, session, leaf = view.evidence.exchange_offer, view.evidence.session, view.evidence.leaf
    if refused is None or refused.fault is None or session is None:
        return
    fault, key = refused.fault.alert or refused.fault, leaf.key if leaf is not None else ""
    if not takes_key(session, key):
        yield WarningId.KEY_OUTSIDE_CLIENT_PROFILE, Facts(profile_fault=fault, leaf_key=key)
        return
    yield (
        WarningId.OUTSIDE_CLIENT_PROFILE,
        Facts(profile_fault=fault, version=session.version, cipher=session.cipher, group=session.group),
    )


def _roots(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    evidence = view.evidence.certificate
    if evidence is not None and evidence.outdated_list is not None:
        yield WarningId.ROOT_LIST_OLD, {"list_date": day(evidence.outdated_list).split()[0]}


def _revocation(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    yield from revocation_findings(view.evidence, judged=view.mode.validates_chain)


CHECKS: tuple[Check, ...] = (
    _expiry,
    _ignored_problems,
    _clock,
    _cleartext,
    _middleboxes,
    _manners,
    _names,
    _client_profile,
    _roots,
    _revocation,
    policy_warnings,
)

# What to do about a warning. One that is not listed needs somebody to look, and no step of its own.
_W, _R = WarningId, RemedyId
_UNEQUAL = (_W.UNEQUAL_VERDICTS, _W.UNEQUAL_FAILURES, _W.UNEQUAL_CERTIFICATES, _W.UNEQUAL_STARTTLS)
_TOUCHED = (_W.BANNER_MASKED, _W.KEYWORDS_MASKED, _W.PLAINTEXT_INJECTION)
WARNING_REMEDIES: dict[WarningId, tuple[RemedyId, ...]] = {
    **dict.fromkeys(_UNEQUAL, (_R.COMPARE_SERVERS,)),
    **dict.fromkeys(_TOUCHED, (_R.CHECK_FIREWALL_INSPECTION,)),
    _W.CERTIFICATE_EXPIRES_SOON: (_R.RENEW_CERTIFICATE,),
    _W.ISSUER_EXPIRES_SOON: (_R.INSTALL_INTERMEDIATE,),
    _W.CERTIFICATE_REVOKED: (_R.REPLACE_REVOKED,),
    _W.CLOCK_DOUBTFUL: (_R.SET_CLOCK,),
    _W.STARTTLS_NOT_OFFERED: (_R.OFFER_STARTTLS,),
    _W.STARTTLS_REJECTED: (_R.REPAIR_STARTTLS,),
    _W.EARLY_SESSION_TICKET: (_R.STOP_EARLY_TICKETS,),
    _W.CLIENT_AUTHORITY_MISSING: (_R.TRUST_EXCHANGE_CERTIFICATE,),
    _W.OUTSIDE_CLIENT_PROFILE: (_R.ENABLE_GROUPS,),
    _W.KEY_OUTSIDE_CLIENT_PROFILE: (_R.CHANGE_KEY,),
    _W.TLS12_NO_SUITE: (_R.ENABLE_CIPHERS,),
    _W.TLS12_REFUSED: (_R.ENABLE_TLS12,),
    _W.SLOW_REPLY: (_R.CHECK_SERVER_HEALTH,),
    _W.MALFORMED_REPLY: (_R.FIX_REPLY_FORMAT,),
    _W.LOOKUP_FAILED: (_R.CHECK_SPLIT_DNS, _R.FIX_DNS),
    _W.ADDRESS_NOT_TESTED: (_R.PROBE_FROM_ELSEWHERE,),
    _W.ROUTES_TO_EXCHANGE_ONLINE: (_R.CORRECT_SMART_HOST,),
    _W.MX_IS_ALIAS: (_R.REPAIR_MX,),
    _W.NAMESERVER_UNTRUE: (_R.CHECK_SPLIT_DNS, _R.CONFIGURE_NAMESERVER),
    _W.DANE_UNUSABLE: (_R.PUBLISH_MATCHING_TLSA,),
    _W.MTA_STS_TESTING_HOST: (_R.LIST_MX_IN_POLICY,),
}
