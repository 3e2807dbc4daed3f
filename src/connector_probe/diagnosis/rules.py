"""Which failure class the evidence is: an ordered table, first match wins.

The order is that of the wire, because Exchange Online meets the first obstacle first. Classification goes by the
layer that failed, never by the server's words: a banner "550 Connection refused" is a rejection by SMTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from connector_probe.diagnosis.policies import (
    DATES,
    DaneState,
    DaneVerdict,
    StsState,
    dane_of,
    dane_state,
    dane_verdict,
    sts_certificate_problems,
    sts_lists,
    sts_of,
    sts_state,
)
from connector_probe.diagnosis.revocation import revoked_problems
from connector_probe.diagnosis.signs import is_cut_off_here, is_intercepted_here, is_offline_here, is_stripped_here
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Exchange,
    FaultKind,
    Lookup,
    LookupStatus,
    NetworkFault,
    Reply,
    ReplyFlaw,
)
from connector_probe.model.policy import DaneEvidence, MtaStsEvidence, MtaStsMode, SmtpDaneMode, TlsaRecord
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.identity import NameMatch, NameOutcome, match
from connector_probe.protocol.smtp import capabilities, greeting_time

OLD_VERSIONS = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})  # Exchange Online never uses them outbound (January 2021)
_UNREADABLE_FLAWS = frozenset({ReplyFlaw.MIXED_CODES, ReplyFlaw.NO_SEPARATOR})
# Facts 6: a sender that insists on CRLF and on "250-"/"250 " was seen to give up on such an EHLO reply (2022).
_EHLO_FLAWS = _UNREADABLE_FLAWS | {ReplyFlaw.BARE_LF}
_VERSION_REASONS = ("unsupported protocol", "wrong ssl version", "no protocols available")
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right shows an earlier time to this program
CLOCK_TOLERANCE = timedelta(days=1)
_CUTS = frozenset({FaultKind.CLOSED, FaultKind.RESET, FaultKind.ALERT, FaultKind.TLS_PROTOCOL})


@dataclass(frozen=True, slots=True)
class Beside:
    """``accepted``: another connection of the run to this address was accepted; ``served``: one would take mail.

    ``partner``: the server is another organization's. ``refusal_wanted``: just this refusal was expected (--expect).
    """

    accepted: bool = False
    served: bool = False
    partner: bool = False
    refusal_wanted: bool = False


@dataclass(frozen=True)
class View:
    """One attempt seen under one TlsSettings. ``expected`` is the name the certificate must carry.

    ``beside`` is what else is known around the attempt, and never chooses a failure class: it weighs causes.
    """

    evidence: AttemptEvidence
    mode: TlsSettings
    expected: str
    beside: Beside = field(default_factory=lambda: Beside())
    dane_mode: SmtpDaneMode = SmtpDaneMode.OPPORTUNISTIC
    mta_sts_mode: MtaStsMode = MtaStsMode.OPPORTUNISTIC

    @cached_property
    def greeting(self) -> Reply | None:
        """The reply that introduced the session: EHLO's, or HELO's where EHLO was unknown."""
        exchange = self.evidence.helo or self.evidence.ehlo
        return exchange.reply if exchange is not None else None

    @cached_property
    def offers_starttls(self) -> bool:
        return (
            self.evidence.helo is None and self.greeting is not None and capabilities(self.greeting).offers("STARTTLS")
        )

    @cached_property
    def server_time(self) -> datetime | None:
        """The time that the server's greeting tells, as Exchange's and many others' do."""
        banner = self.evidence.banner
        return greeting_time(banner.reply) if banner is not None and banner.reply is not None else None

    @cached_property
    def clock_is_doubtful(self) -> bool:
        """Whether dates were judged by a clock that is older than this program, or far from the server's.

        Far from the server's counts only where the certificate is valid by the server's: else it is bad either way.
        """
        certificate = self.evidence.certificate
        if certificate is None or not certificate.chain or certificate.as_of_given:
            return False
        if certificate.judged_at < RELEASED:
            return True
        leaf, told = certificate.chain[0], self.server_time
        if told is None or leaf.not_before is None or leaf.not_after is None:
            return False
        return abs(told - certificate.judged_at) > CLOCK_TOLERANCE and leaf.not_before <= told <= leaf.not_after

    @cached_property
    def name_match(self) -> NameMatch | None:
        certificate = self.evidence.certificate
        if certificate is None or not certificate.chain:
            return None
        broken = any(one.depth == 0 and one.kind is _KINDS.UNPARSEABLE_EXTENSION for one in certificate.problems)
        return match(certificate.chain[0], self.expected, names_readable=not broken)

    @cached_property
    def name_problem(self) -> CertificateProblem | None:
        """NAME_MISMATCH or COMMON_NAME_ONLY, whatever the mode."""
        found = self.name_match
        if found is None or found.matches or found.outcome is NameOutcome.UNREADABLE:
            return None
        subject = self.evidence.certificate.chain[0].subject if self.evidence.certificate else ""
        kind = (
            CertificateProblemKind.COMMON_NAME_ONLY if found.common_name_only else CertificateProblemKind.NAME_MISMATCH
        )
        return CertificateProblem(kind, 0, subject, found.nearest or "")

    @cached_property
    def problems(self) -> tuple[CertificateProblem, ...]:
        """Everything wrong with the certificate for ``expected``, whatever the mode."""
        certificate = self.evidence.certificate
        if certificate is None:
            return ()
        found = (*certificate.problems, *revoked_problems(self.evidence))
        return found if self.name_problem is None else (*found, self.name_problem)

    @cached_property
    def judged_problems(self) -> tuple[CertificateProblem, ...]:
        """Those that this mode looks at, the one to name first in front."""
        if not self.mode.validates_chain:
            return ()
        relevant = [one for one in self.problems if self.mode.validates_name or one is not self.name_problem]
        return in_order(relevant)

    @cached_property
    def dane(self) -> DaneEvidence | None:
        """What DNS holds for DANE; None where the connector's mode does not look, or it does not go by MX."""
        return dane_of(self.evidence, self.dane_mode)

    @cached_property
    def dane_state(self) -> DaneState:
        return dane_state(self.dane)

    @cached_property
    def dane_verdict(self) -> tuple[DaneVerdict, TlsaRecord | None] | None:
        """What the TLSA records say of the certificate; None where DANE does not apply or there was no TLS."""
        established = self.evidence.handshake is not None and self.evidence.handshake.session is not None
        if self.dane is None or self.dane_state is not DaneState.APPLIES or not established:
            return None
        return dane_verdict(self.evidence, self.dane)

    @cached_property
    def mta_sts(self) -> MtaStsEvidence | None:
        return sts_of(self.evidence, self.mta_sts_mode)

    @cached_property
    def mta_sts_binds(self) -> bool:
        """Whether an MTA-STS policy in mode enforce decides, which it does where DANE does not (RFC 8461 2)."""
        return sts_state(self.mta_sts) is StsState.ENFORCE and self.dane_state not in DANE_DECIDES

    @cached_property
    def mta_sts_problems(self) -> tuple[CertificateProblem, ...]:
        return in_order(sts_certificate_problems(self.evidence))

    @cached_property
    def decisive_problems(self) -> tuple[CertificateProblem, ...]:
        """Those of the certificate that a verdict would rest on: by DANE, by MTA-STS, or by this mode."""
        if self.dane_state is DaneState.APPLIES:
            return in_order([one for one in self.problems if one.depth == 0 and one.kind in DATES])
        return self.mta_sts_problems if self.mta_sts_binds else self.judged_problems

    @cached_property
    def requires_tls(self) -> bool:
        return self.mode.requires_tls or self.dane_state in DANE_DECIDES or self.mta_sts_binds


def in_order(problems: Iterable[CertificateProblem]) -> tuple[CertificateProblem, ...]:
    """The one to name first in front."""
    return tuple(sorted(problems, key=lambda one: CERTIFICATE_ORDER.index(one.kind)))


DANE_DECIDES = frozenset({DaneState.APPLIES, DaneState.TLS_ONLY})


# Which of several problems names the failure: the dates and the trust, as Exchange Online's verdicts do, then the
# name, then what it has no verdict for.
_KINDS = CertificateProblemKind
CERTIFICATE_ORDER = (
    _KINDS.UNPARSEABLE_CERTIFICATE,
    _KINDS.EXPIRED,
    _KINDS.NOT_YET_VALID,
    _KINDS.REVOKED,
    _KINDS.SELF_SIGNED,
    _KINDS.BAD_SIGNATURE,
    _KINDS.INVALID_CA,
    _KINDS.ISSUER_EXPIRED,
    _KINDS.ISSUER_NOT_YET_VALID,
    _KINDS.MISSING_INTERMEDIATE,
    _KINDS.UNTRUSTED_ROOT,
    _KINDS.PATH_TOO_LONG,
    _KINDS.NAME_CONSTRAINT,
    _KINDS.UNPARSEABLE_EXTENSION,
    _KINDS.UNKNOWN_CRITICAL_EXTENSION,
    _KINDS.NAME_MISMATCH,
    _KINDS.COMMON_NAME_ONLY,
    _KINDS.WRONG_PURPOSE,
    _KINDS.WEAK_KEY,
    _KINDS.WEAK_SIGNATURE,
    _KINDS.INVALID_PATH,
)


def speaks_implicit_tls(view: View) -> bool:
    """Whether a port that gave no greeting took a TLS handshake instead."""
    tried = view.evidence.implicit_tls
    return tried is not None and tried.session is not None


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


def _by_policy(view: View, failure: FailureClass) -> FailureClass:
    """``failure``, or what it is where the domain's own policy requires TLS."""
    if view.dane_state in DANE_DECIDES:
        starttls = view.evidence.starttls
        gone = starttls is not None and starttls.reply is not None and starttls.reply.code == 421
        if failure in _NO_STARTTLS and not gone:
            return FailureClass.DANE_STARTTLS_NOT_SUPPORTED
        return FailureClass.DANE_TLS_FAILED if failure in _TLS_FAILURES else failure
    if failure in _NO_STARTTLS and view.mta_sts_binds and not view.mode.requires_tls:
        return FailureClass.MTA_STS_TLS_REQUIRED
    return failure


def _stopped(view: View) -> FailureClass | None:
    return FailureClass.LOCAL_INTERRUPTED if view.evidence.stopped else None


# --- dns -------------------------------------------------------------------------------------------------------

_BY_LOOKUP = {
    LookupStatus.NXDOMAIN: FailureClass.DNS_NXDOMAIN,
    LookupStatus.NODATA: FailureClass.DNS_NO_ADDRESS,
    LookupStatus.ANSWER: FailureClass.DNS_NO_ADDRESS,
    LookupStatus.SERVFAIL: FailureClass.DNS_SERVFAIL,
    LookupStatus.OTHER_RCODE: FailureClass.DNS_SERVFAIL,
    LookupStatus.REFUSED: FailureClass.DNS_REFUSED,
    LookupStatus.TIMED_OUT: FailureClass.DNS_TIMEOUT,
    LookupStatus.UNREACHABLE: FailureClass.DNS_TIMEOUT,
    LookupStatus.TRUNCATED: FailureClass.DNS_TIMEOUT,
    LookupStatus.MALFORMED: FailureClass.DNS_MALFORMED,
    LookupStatus.WRONG_ID: FailureClass.DNS_MALFORMED,
    LookupStatus.WRONG_QUESTION: FailureClass.DNS_MALFORMED,
    LookupStatus.CNAME_LOOP: FailureClass.DNS_CNAME_LOOP,
    LookupStatus.CNAME_TOO_LONG: FailureClass.DNS_CNAME_LOOP,
}
# With several questions for one server, the one that went worst explains why there is no address.
_LOOKUP_ORDER = (
    LookupStatus.CNAME_LOOP,
    LookupStatus.CNAME_TOO_LONG,
    LookupStatus.NXDOMAIN,
    LookupStatus.SERVFAIL,
    LookupStatus.REFUSED,
    LookupStatus.OTHER_RCODE,
    LookupStatus.MALFORMED,
    LookupStatus.WRONG_ID,
    LookupStatus.WRONG_QUESTION,
    LookupStatus.TRUNCATED,
    LookupStatus.TIMED_OUT,
    LookupStatus.UNREACHABLE,
    LookupStatus.NODATA,
    LookupStatus.ANSWER,
)
_SILENT = frozenset({LookupStatus.TIMED_OUT, LookupStatus.UNREACHABLE})
_ANSWERED = frozenset({LookupStatus.ANSWER, LookupStatus.NODATA, LookupStatus.NXDOMAIN})


def deciding_lookup(evidence: AttemptEvidence) -> Lookup | None:
    """The question that explains why the server has no address."""
    asked = evidence.resolution.lookups
    if evidence.resolution.mx and len(asked) > 1:
        asked = asked[1:]  # the MX set was found; what failed is one of its hosts
    asked = tuple(one for one in asked if one.rdtype != "MX") or asked
    return min(asked, key=lambda one: _LOOKUP_ORDER.index(one.status)) if asked else None


def _dns_local(view: View) -> FailureClass | None:
    resolution = view.evidence.resolution
    if resolution.addresses:
        return None
    if resolution.no_nameservers:
        return FailureClass.LOCAL_NO_NAMESERVER
    if resolution.excluded:
        return FailureClass.LOCAL_FAMILY_EXCLUDED
    lookup, control = deciding_lookup(view.evidence), resolution.control
    if lookup is None or control is None or lookup.status in _ANSWERED:
        return None
    # A nameserver that the user chose only has to be alive; the machine's own must resolve something at all.
    silent = control.status in _SILENT and lookup.status in _SILENT
    useless = not resolution.nameservers_given and control.status not in _ANSWERED
    return FailureClass.LOCAL_NAMESERVER_SILENT if silent or useless else None


def _dns(view: View) -> FailureClass | None:
    resolution = view.evidence.resolution
    if resolution.addresses:
        return None
    if resolution.mx and not any(record.exchange for record in resolution.mx):
        return FailureClass.DNS_NULL_MX
    lookup = deciding_lookup(view.evidence)
    return _BY_LOOKUP[lookup.status] if lookup is not None else FailureClass.DNS_NO_ADDRESS


# --- what the domain publishes ---------------------------------------------------------------------------------


def _dnssec(view: View) -> FailureClass | None:
    """Before anything that DNS says, since none of it can be believed then."""
    return FailureClass.DANE_DNSSEC_INVALID if view.dane_state is DaneState.BOGUS else None


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
    if is_cut_off_here(view.evidence.control) and not connection.fault.local:
        six = ":" in (view.evidence.address or "")
        return FailureClass.LOCAL_IPV6 if six else FailureClass.LOCAL_PORT_BLOCKED
    return _BY_CONNECT_FAULT.get(connection.fault.kind, FailureClass.LOCAL_RESOURCES)


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
            return FailureClass.LOCAL_RESOURCES
        if fault.kind is FaultKind.CLOSED:
            return self.closed
        return self.timeout if fault.kind is FaultKind.TIMED_OUT else self.reset


_F = FailureClass
_BANNER = _Broken(_F.BANNER_TIMEOUT, _F.BANNER_CLOSED, _F.BANNER_RESET, _F.BANNER_NOT_SMTP)
_EHLO = _Broken(_F.EHLO_TIMEOUT, _F.EHLO_CLOSED, _F.EHLO_RESET, _F.EHLO_MALFORMED)
_STARTTLS = _Broken(_F.STARTTLS_TIMEOUT, _F.STARTTLS_CLOSED, _F.STARTTLS_RESET, _F.STARTTLS_MALFORMED)
_SESSION = _Broken(_F.SESSION_TIMEOUT, _F.SESSION_CLOSED, _F.SESSION_RESET, _F.SESSION_MALFORMED)


def _banner(view: View) -> FailureClass | None:
    exchange = view.evidence.banner
    if exchange is not None and exchange.reply is None and is_intercepted_here(view.evidence.control):
        return FailureClass.LOCAL_INTERCEPTED
    if exchange is None or exchange.reply is None:
        return _BANNER.of(exchange)
    if exchange.reply.severity in (4, 5):
        return FailureClass.BANNER_REJECTED
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
    if reply.severity != 2:
        return FailureClass.EHLO_REJECTED
    return FailureClass.EHLO_MALFORMED if _EHLO_FLAWS & set(reply.flaws) else None


def _starttls(view: View) -> FailureClass | None:
    exchange = view.evidence.starttls
    if exchange is None:
        if view.greeting is None or view.offers_starttls or not view.requires_tls:
            return None
        stripped = is_stripped_here(view.evidence.control)
        return FailureClass.LOCAL_STARTTLS_STRIPPED if stripped else FailureClass.STARTTLS_NOT_OFFERED
    if exchange.reply is None:
        return _STARTTLS.of(exchange)
    if exchange.reply.code == 220:
        return None
    # 421 ends the session (RFC 5321 3.8); after any other refusal an opportunistic sender goes on in the clear.
    given_up = view.requires_tls or exchange.reply.code == 421
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
        return FailureClass.LOCAL_RESOURCES
    if handshake.client_certificate_requested and fault.kind in _CUTS:
        return FailureClass.TLS_CLIENT_CERTIFICATE
    if fault.alert == "protocol_version" or any(reason in fault.text for reason in _VERSION_REASONS):
        return FailureClass.TLS_VERSION
    if handshake.injected and fault.kind is FaultKind.TIMED_OUT:  # what should have been TLS came in plaintext
        return FailureClass.TLS_NOT_TLS
    return _BY_TLS_FAULT.get(fault.kind, FailureClass.TLS_PROTOCOL)


def _tls_version(view: View) -> FailureClass | None:
    handshake = view.evidence.handshake
    old = handshake is not None and handshake.session is not None and handshake.session.version in OLD_VERSIONS
    return FailureClass.TLS_VERSION if old else None


def _tls_cipher(view: View) -> FailureClass | None:
    offer = view.evidence.exchange_offer
    refused = offer is not None and offer.fault is not None and offer.fault.kind in _CUTS
    return FailureClass.TLS_CIPHER if refused else None


def _clock(view: View) -> FailureClass | None:
    """A date problem that our own clock may have made: the server's greeting tells another time."""
    dates = {CertificateProblemKind.EXPIRED, CertificateProblemKind.NOT_YET_VALID}
    if view.clock_is_doubtful and any(one.kind in dates for one in view.decisive_problems):
        return FailureClass.LOCAL_CLOCK
    return None


_BY_DANE_VERDICT = {
    DaneVerdict.PASSED: None,
    DaneVerdict.MISMATCH: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.NOT_YET_VALID: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.PATH_INVALID: FailureClass.DANE_TLSA_INVALID,
    DaneVerdict.EXPIRED: FailureClass.DANE_CERTIFICATE_EXPIRED,
    DaneVerdict.HOST_MISMATCH: FailureClass.DANE_HOST_MISMATCH,
}


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
    if exchange.reply.severity == 2:
        return None
    # The same EHLO was welcome before TLS; since then we only failed to show the certificate that was asked for.
    # Postfix with smtpd_tls_req_ccert answers so: 421 No client certificate presented.
    demanded = handshake.client_certificate_requested
    return FailureClass.TLS_CLIENT_CERTIFICATE if demanded else FailureClass.SESSION_REJECTED


def _recipient(view: View) -> FailureClass | None:
    for exchange in (view.evidence.mail, view.evidence.recipient):
        if exchange is None:
            continue
        if exchange.reply is None:
            return FailureClass.RECIPIENT_CUT
        if exchange.reply.severity == 4:
            return FailureClass.RECIPIENT_DEFERRED
        if exchange.reply.severity != 2:
            return FailureClass.RECIPIENT_REJECTED
    return None


RULES: tuple[Rule, ...] = (
    _stopped,
    _dns_local,
    _dnssec,
    _dns,
    _policies,
    _connect,
    _banner,
    _ehlo,
    _starttls,
    _handshake,
    _tls_version,
    _tls_cipher,
    _clock,
    _certificate,
    _session,
    _recipient,
)
