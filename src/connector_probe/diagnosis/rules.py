"""Which failure class the evidence is: an ordered table, first match wins.

The order is that of the wire, because Exchange Online meets the first obstacle first. Classification goes by the
layer that failed, never by the server's words: a banner "550 Connection refused" is a rejection by SMTP.
"""

from __future__ import annotations

from collections.abc import Callable

from connector_probe.diagnosis.dns.nameserver_trust import (
    denied_by_the_public,
    has_failed,
    why_the_nameserver_is_not_believed,
)
from connector_probe.diagnosis.dns.rules import ANSWERED, why_there_is_no_address, why_this_machine_has_no_address
from connector_probe.diagnosis.policies.judgement import DaneState, DaneVerdict, sts_lists
from connector_probe.diagnosis.run_context import family_of, leaves_by_port_25
from connector_probe.diagnosis.signs import (
    PROHIBITED,
    is_answered_here,
    is_cut_off_here,
    is_intercepted_here,
    is_offline_here,
    is_stalled_here,
    is_stripped_here,
    replies_come_late,
)
from connector_probe.diagnosis.view import DANE_DECIDES, View
from connector_probe.model.client_profile import is_documented_suite
from connector_probe.model.connector import SmtpDaneMode
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, Exchange, FaultKind, NetworkFault, Reply, ReplyFlaw
from connector_probe.model.reach import is_outside, is_translated
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.refusals import refusal_kind

GREETED = 250  # the only affirmative answer to EHLO and HELO (RFC 5321 4.3.2)
OLD_VERSIONS = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})  # Exchange Online never uses them outbound (January 2021)
_UNREADABLE_FLAWS = frozenset({ReplyFlaw.MIXED_CODES, ReplyFlaw.NO_SEPARATOR})
# Facts 6: a sender that insists on CRLF and on "250-"/"250 " was seen to give up on such an EHLO reply (2022).
_EHLO_FLAWS = _UNREADABLE_FLAWS | {ReplyFlaw.BARE_LF, ReplyFlaw.ENDS_EARLY}
_VERSION_REASONS = ("unsupported protocol", "wrong ssl version", "no protocols available")
_SILENT_OR_GONE = frozenset({FaultKind.TIMED_OUT, FaultKind.CLOSED, FaultKind.RESET})
_NO_WAY = frozenset({FaultKind.NETWORK_UNREACHABLE, FaultKind.HOST_UNREACHABLE})
_CUTS = frozenset({FaultKind.CLOSED, FaultKind.RESET, FaultKind.ALERT, FaultKind.TLS_PROTOCOL})


Rule = Callable[[View], FailureClass | None]


def classify(view: View) -> FailureClass | None:
    """The failure class of the attempt under the view's TlsSettings; None where mail would flow."""
    found = classify_plain(view)
    return found if found is None else _by_policy(view, found)


def classify_plain(view: View) -> FailureClass | None:
    """What failed, by its own name, where a domain's policy gives it another."""
    return next((found for rule in RULES if (found := rule(view)) is not None), None)


# What a domain's TLSA records make 4.7.321 of: Microsoft's page names a missing STARTTLS and a TLS that does not work.
_NO_STARTTLS = frozenset({FailureClass.STARTTLS_NOT_OFFERED, FailureClass.STARTTLS_REJECTED})
_TLS_FAILURES = frozenset(
    failure
    for failure in FailureClass
    if failure.value.startswith("tls-") and failure is not FailureClass.TLS_CLIENT_CERTIFICATE
)


DANE_RENAMES = frozenset({FailureClass.DANE_STARTTLS_NOT_SUPPORTED, FailureClass.DANE_TLS_FAILED})


def _by_policy(view: View, failure: FailureClass) -> FailureClass:
    """``failure``, or what it is where the domain's own policy requires TLS."""
    if view.dane_state in DANE_DECIDES:
        if failure in _NO_STARTTLS and not view.ends_at_starttls:
            return FailureClass.DANE_STARTTLS_NOT_SUPPORTED
        return FailureClass.DANE_TLS_FAILED if failure in _TLS_FAILURES else failure
    if failure in _NO_STARTTLS and view.mta_sts_binds and not view.mode.requires_tls:
        return FailureClass.MTA_STS_TLS_REQUIRED
    return failure


def classify_certificate(view: View) -> FailureClass | None:
    """What ``classify`` says where nothing but a certificate is known."""
    return _clock(view) or _certificate(view)


def _stopped(view: View) -> FailureClass | None:
    if not view.evidence.stopped:
        return None
    return FailureClass.LOCAL_INTERRUPTED if view.evidence.connection is None else FailureClass.LOCAL_RESOURCES


# --- what the domain publishes ---------------------------------------------------------------------------------


def _dnssec(view: View) -> FailureClass | None:
    """Before anything that DNS says, since none of it can be believed then."""
    if view.dane_state is not DaneState.BOGUS:
        return None
    return FailureClass.LOCAL_CLOCK if view.dnssec_clock_signs else FailureClass.DANE_DNSSEC_INVALID


def _policies(view: View) -> FailureClass | None:
    """What keeps Exchange Online from connecting to this host at all."""
    if view.dane_mode is SmtpDaneMode.MANDATORY:
        if view.dane_state in (DaneState.ABSENT, DaneState.TLS_ONLY):
            return FailureClass.DANE_REQUIRED
        if view.dane_state is DaneState.UNDETERMINED:
            return FailureClass.LOCAL_DNSSEC
    if view.mta_sts_binds and not sts_lists(view.mta_sts, view.evidence.server):
        return FailureClass.MTA_STS_MX_NOT_LISTED
    return None


def _denied(view: View) -> FailureClass | None:
    """An address that only our own nameserver knows: Exchange Online is told that there is no such name."""
    return FailureClass.DNS_NXDOMAIN if has_failed(view) and denied_by_the_public(view) else None


# --- connect ---------------------------------------------------------------------------------------------------

_BY_CONNECT_FAULT = {
    FaultKind.REFUSED: FailureClass.TCP_REFUSED,
    FaultKind.TIMED_OUT: FailureClass.TCP_TIMEOUT,
    FaultKind.NETWORK_UNREACHABLE: FailureClass.TCP_UNREACHABLE,
    FaultKind.HOST_UNREACHABLE: FailureClass.TCP_UNREACHABLE,
    FaultKind.NO_ROUTE: FailureClass.LOCAL_NO_ROUTE,
    FaultKind.GATEWAY_SILENT: FailureClass.LOCAL_GATEWAY,
    FaultKind.NOT_PERMITTED: FailureClass.LOCAL_NOT_PERMITTED,
    FaultKind.SOURCE_UNAVAILABLE: FailureClass.LOCAL_SOURCE_ADDRESS,
    FaultKind.NO_RESOURCES: FailureClass.LOCAL_RESOURCES,
}


def _connect(view: View) -> FailureClass | None:
    connection = view.evidence.connection
    if connection is None or connection.fault is None:
        return None
    if is_offline_here(view.evidence.control, connection.fault):
        return FailureClass.LOCAL_OFFLINE
    if connection.fault.icmp == "beyond-scope":  # of our own source address (RFC 4443 3.1): a link-local one
        return FailureClass.LOCAL_NO_ROUTE
    if view.evidence.control is not None and view.evidence.control.source_matters:
        return FailureClass.LOCAL_SOURCE_ADDRESS
    family, run, local = family_of(view.evidence), view.context.run, connection.fault.local
    if connection.fault.first_hop and _ends_at_our_gateway(view, connection.fault):
        return FailureClass.LOCAL_FIRST_HOP
    if is_cut_off_here(view.evidence.control, connection.fault) and not local and family not in run.opened:
        return FailureClass.LOCAL_IPV6 if family == 6 else FailureClass.LOCAL_PORT_BLOCKED
    if connection.fault.kind is FaultKind.GATEWAY_SILENT and _leads_out(view):
        return FailureClass.LOCAL_NOT_PERMITTED  # so the "host unreachable" of our own system is its firewall's
    if connection.fault.kind in _NO_WAY and is_translated(view.evidence.address or "::"):
        return FailureClass.LOCAL_NO_ROUTE  # to its own network's NAT64, which Exchange Online does not go through
    unanswered = connection.fault.kind is not FaultKind.REFUSED and leaves_by_port_25(view.evidence)
    if view.evidence.control is None and run.unreached is not None and unanswered and not local:
        return FailureClass.LOCAL_PORT_BLOCKED  # over this family nothing could be tried; the other one is blocked
    return _BY_CONNECT_FAULT.get(connection.fault.kind, FailureClass.LOCAL_RESOURCES)


def _ends_at_our_gateway(view: View, fault: NetworkFault) -> bool:
    """Whether the gateway speaks for this side alone: it forbids the way, or knows none to the outside at all.

    Where others are reached through it, or the address is one of the inside, it may well be the last router before it.
    """
    if fault.icmp in PROHIBITED:
        return True
    control, opened = view.evidence.control, family_of(view.evidence) in view.context.run.opened
    led_out = opened or (control is not None and control.fault is None and control.lookup is None)
    return is_outside(view.evidence.address or "") and not led_out


def _leads_out(view: View) -> bool:
    """Whether somebody outside has answered over the attempt's family: a host of the run, or the nameserver."""
    family = family_of(view.evidence)
    asked = (lookup for lookup in view.evidence.resolution.lookups if lookup.status in ANSWERED and lookup.nameserver)
    nameservers = [str(one.nameserver).partition("#")[0] for one in asked]
    outside = (6 if ":" in one else 4 for one in nameservers if is_outside(one))
    return family in view.context.run.opened or family in outside


def _way_lost(view: View) -> FailureClass | None:
    """Nobody can be reached any more, neither those who answer everybody nor one who had been reached before."""
    again = view.evidence.control.again if view.evidence.control is not None else None
    lost = again is not None and again.kind is not FaultKind.REFUSED  # which is an answer
    return FailureClass.LOCAL_OFFLINE if lost else None


# --- SMTP before TLS -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Broken:
    """What the ways an exchange can break mean at one place of the conversation."""

    timeout: FailureClass
    closed: FailureClass
    reset: FailureClass
    garbled: FailureClass

    def of(self, exchange: Exchange | None) -> FailureClass | None:
        if exchange is None:
            return None
        if exchange.garble is not None:
            return self.garbled
        return None if exchange.fault is None else self.of_fault(exchange.fault)

    def of_fault(self, fault: NetworkFault) -> FailureClass:
        if fault.local:
            return _ended_here(fault)
        if fault.kind is FaultKind.CLOSED:
            return self.closed
        return self.timeout if fault.kind is FaultKind.TIMED_OUT else self.reset


def _ended_here(fault: NetworkFault) -> FailureClass:
    return FailureClass.LOCAL_DEADLINE if fault.kind is FaultKind.DEADLINE else FailureClass.LOCAL_RESOURCES


_F = FailureClass
_BANNER = _Broken(_F.BANNER_TIMEOUT, _F.BANNER_CLOSED, _F.BANNER_RESET, _F.BANNER_NOT_SMTP)
_EHLO = _Broken(_F.EHLO_TIMEOUT, _F.EHLO_CLOSED, _F.EHLO_RESET, _F.EHLO_MALFORMED)
_STARTTLS = _Broken(_F.STARTTLS_TIMEOUT, _F.STARTTLS_CLOSED, _F.STARTTLS_RESET, _F.STARTTLS_MALFORMED)
_SESSION = _Broken(_F.SESSION_TIMEOUT, _F.SESSION_CLOSED, _F.SESSION_RESET, _F.SESSION_MALFORMED)
_RECIPIENT = _Broken(_F.RECIPIENT_CUT, _F.RECIPIENT_CUT, _F.RECIPIENT_CUT, _F.RECIPIENT_MALFORMED)


def _banner(view: View) -> FailureClass | None:
    exchange = view.evidence.banner
    if exchange is not None and exchange.reply is None and is_intercepted_here(view.evidence.control):
        return FailureClass.LOCAL_INTERCEPTED
    if exchange is None or exchange.reply is None:
        return _BANNER.of(exchange)
    if exchange.reply.severity in (4, 5):
        return _answered_here(view) or FailureClass.BANNER_REJECTED
    if exchange.reply.code != 220 or _UNREADABLE_FLAWS & set(exchange.reply.flaws):  # RFC 5321 4.3.2
        return FailureClass.BANNER_NOT_SMTP
    return None


def _ehlo(view: View) -> FailureClass | None:
    evidence = view.evidence
    for exchange in (evidence.ehlo, evidence.helo):
        broken = _EHLO.of(exchange)
        if broken is not None:
            return broken
    reply = view.greeting
    if reply is None:
        return None
    if replies_come_late(evidence):  # whatever is asked from there on, the answer is another's
        return FailureClass.EHLO_REJECTED
    if reply.severity == 2 and ReplyFlaw.MIXED_CODES in reply.flaws:  # which of its codes counts is anybody's guess
        return FailureClass.EHLO_MALFORMED
    if reply.code != GREETED:  # a 220 is a second greeting: from there on every reply belongs to an earlier command
        return FailureClass.EHLO_REJECTED
    return FailureClass.EHLO_MALFORMED if _EHLO_FLAWS & set(reply.flaws) else None


def _starttls(view: View) -> FailureClass | None:
    exchange = view.evidence.starttls
    if exchange is None:
        if view.greeting is None or view.offers_starttls or not view.requires_tls:
            return None
        stripped = is_stripped_here(view.evidence.control)
        missing = FailureClass.LOCAL_STARTTLS_STRIPPED if stripped else FailureClass.STARTTLS_NOT_OFFERED
        return _answered_here(view) or missing
    if exchange.reply is None:
        return _STARTTLS.of(exchange)
    if exchange.reply.code == 220:
        return None
    # Where the session goes on after the refusal, so does an opportunistic sender, in the clear.
    given_up = view.requires_tls or view.ends_at_starttls
    return FailureClass.STARTTLS_REJECTED if given_up else None


# --- TLS -------------------------------------------------------------------------------------------------------

_BY_TLS_FAULT = {
    FaultKind.TIMED_OUT: FailureClass.TLS_TIMEOUT,
    FaultKind.CLOSED: FailureClass.TLS_CLOSED,
    FaultKind.RESET: FailureClass.TLS_RESET,
    FaultKind.ALERT: FailureClass.TLS_ALERT,
    FaultKind.NOT_TLS: FailureClass.TLS_NOT_TLS,
    FaultKind.TLS_PROTOCOL: FailureClass.TLS_PROTOCOL,
    FaultKind.FLOOD: FailureClass.TLS_PROTOCOL,
}


def _handshake(view: View) -> FailureClass | None:
    handshake = view.evidence.handshake
    if handshake is None or handshake.fault is None:
        return None
    fault = handshake.fault
    if fault.local:
        return _ended_here(fault)
    if handshake.stalled and is_stalled_here(view.evidence.control):
        return FailureClass.LOCAL_TLS_STALLED
    if handshake.client_certificate_requested and fault.kind in _CUTS:
        # What the right certificate of ours would change is not known; that the server's own is bad, is.
        bad = view.dane_state not in DANE_DECIDES and view.decisive_problems
        return None if bad else FailureClass.TLS_CLIENT_CERTIFICATE
    if fault.alert == "protocol_version" or any(reason in fault.text for reason in _VERSION_REASONS):
        return FailureClass.TLS_VERSION
    if handshake.injected and fault.kind in _SILENT_OR_GONE:  # what should have been TLS came in plaintext
        return FailureClass.TLS_NOT_TLS
    return _BY_TLS_FAULT.get(fault.kind, FailureClass.TLS_PROTOCOL)


def _tls_version(view: View) -> FailureClass | None:
    session = view.evidence.session
    return FailureClass.TLS_VERSION if session is not None and session.version in OLD_VERSIONS else None


def _tls_cipher(view: View) -> FailureClass | None:
    """A suite that Microsoft's table does not have, where all that it has was refused.

    Of TLS 1.3 and of groups nothing is documented, only seen: what differs there is a risk, and a warning.
    """
    session = view.evidence.session if view.evidence.exchange_offer is not None else None
    return FailureClass.TLS_CIPHER if session is not None and not is_documented_suite(session) else None


def _clock(view: View) -> FailureClass | None:
    """Dates that our own clock may have made wrong, where nothing else is wrong."""
    return FailureClass.LOCAL_CLOCK if view.clock_is_to_blame else None


_BY_DANE_VERDICT = {
    DaneVerdict.PASSED: None,
    DaneVerdict.MISMATCH: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.NOT_YET_VALID: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.PATH_INVALID: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.EXPIRED: FailureClass.DANE_CERTIFICATE_EXPIRED,
    DaneVerdict.HOST_MISMATCH: FailureClass.DANE_HOST_MISMATCH,
}


def _answered_here(view: View) -> FailureClass | None:
    """Whatever was said and shown: it is not the server that did, where the control host greets in the same words."""
    answered = is_answered_here(view.evidence.control, view.evidence.banner)
    return FailureClass.LOCAL_INTERCEPTED if answered else None


def _certificate(view: View) -> FailureClass | None:
    if view.dane_verdict is not None:
        return _BY_DANE_VERDICT[view.dane_verdict[0]]
    if view.mta_sts_binds and view.mta_sts_problems:
        return FailureClass.MTA_STS_CERTIFICATE
    problems = view.judged_problems
    return FailureClass.of_certificate(problems[0].kind) if problems else None


def _session(view: View) -> FailureClass | None:
    exchange, handshake = view.evidence.ehlo_again, view.evidence.handshake
    if exchange is None or handshake is None:
        return None
    fault = exchange.fault
    if fault is not None and handshake.client_certificate_requested and fault.kind in _CUTS:
        return FailureClass.TLS_CLIENT_CERTIFICATE  # TLS 1.3: the refusal comes after our side is done
    if fault is not None and fault.kind is FaultKind.ALERT:
        return FailureClass.TLS_ALERT
    if exchange.fault is not None and exchange.fault.kind is FaultKind.TLS_PROTOCOL:
        return FailureClass.TLS_PROTOCOL
    if exchange.reply is None:
        return _SESSION.of(exchange)
    if exchange.reply.code == GREETED:
        return None
    # The same EHLO was welcome before TLS; since then we only failed to show the certificate that was asked for.
    # Postfix with smtpd_tls_req_ccert answers so: 421 No client certificate presented. Many others only ask for one.
    demanded = handshake.client_certificate_requested and not _is_about_something_else(exchange.reply)
    return FailureClass.TLS_CLIENT_CERTIFICATE if demanded else FailureClass.SESSION_REJECTED


# What a server may also say that misses our certificate: the address it comes from was welcome before TLS.
_OF_PERMISSION = ("certificate", "tls", "access denied", "allowed to", "authorized to", "authorised to", "permitted to")


def _is_about_something_else(refusal: Reply) -> bool:
    """Whether a refusal inside TLS names a reason, and it is no certificate."""
    if any(word in refusal.wire.lower() for word in _OF_PERMISSION):
        return False
    return refusal_kind(refusal)[0] is not None


def _recipient(view: View) -> FailureClass | None:
    for exchange in (view.evidence.mail, view.evidence.recipient):
        if exchange is None:
            continue
        if exchange.reply is None:
            return _RECIPIENT.of(exchange)
        if exchange.reply.severity == 4:
            return FailureClass.RECIPIENT_DEFERRED
        if exchange.reply.severity == 5:
            return FailureClass.RECIPIENT_REJECTED
        if exchange.reply.severity != 2:  # 354, say, is no answer to these (RFC 5321 4.3.2)
            return FailureClass.RECIPIENT_MALFORMED
    return None


def _by_evidence(rule: Callable[[AttemptEvidence], FailureClass | None]) -> Rule:
    return lambda view: rule(view.evidence)


RULES: tuple[Rule, ...] = (
    _stopped,
    _by_evidence(why_this_machine_has_no_address),
    _denied,
    why_the_nameserver_is_not_believed,
    _dnssec,
    _by_evidence(why_there_is_no_address),
    _policies,
    _way_lost,
    _connect,
    _banner,
    _ehlo,
    _starttls,
    _handshake,
    _tls_version,
    _tls_cipher,
    _clock,
    _answered_here,
    _certificate,
    _session,
    _recipient,
)
