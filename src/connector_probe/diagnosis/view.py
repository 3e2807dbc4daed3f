"""One attempt seen under one TlsSettings: what the evidence says to those who conclude from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field, replace
from functools import cached_property

from connector_probe.diagnosis.dns.delegation import DnsView
from connector_probe.diagnosis.dns.second_look import dns_view_of
from connector_probe.diagnosis.local_clock import ClockSign, signature_moment, signs_about, signs_against
from connector_probe.diagnosis.policies.judgement import (
    DATES,
    DaneState,
    DaneVerdict,
    StsState,
    dane_of,
    dane_state,
    dane_verdict,
    deciding_lookup_of,
    sts_certificate_problems,
    sts_of,
    sts_state,
)
from connector_probe.diagnosis.revocation import revoked_problems
from connector_probe.diagnosis.run_context import AttemptContext
from connector_probe.diagnosis.signs import refusal
from connector_probe.model.connector import MtaStsMode, SmtpDaneMode, TlsSettings
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, CertificateProblem, CertificateProblemKind, Reply
from connector_probe.model.policy import TIME_REASONS, DaneEvidence, DnssecReason, MtaStsEvidence, TlsaRecord
from connector_probe.model.revocation import MissingIssuers
from connector_probe.protocol.identity import NameMatch, NameOutcome, match
from connector_probe.protocol.refusals import Refusal, refusal_kind, takes_no_mail
from connector_probe.protocol.smtp import capabilities, enhanced_status

SYNTAX_ERROR_IN_ARGUMENT = 501  # RFC 5321 4.2.2
_UNTIMELY = frozenset({DaneVerdict.EXPIRED, DaneVerdict.NOT_YET_VALID})


@dataclass(frozen=True)
class View:
    """One attempt seen under one TlsSettings. ``expected`` is the name the certificate must carry.

    Unless that is only a guess: ``name_given`` is then False, and no other name is held against it.

    ``context`` is what else is known around the attempt; what the run proves of this machine may choose its class.
    """

    evidence: AttemptEvidence
    mode: TlsSettings
    expected: str
    context: AttemptContext = field(default_factory=lambda: AttemptContext())
    dane_mode: SmtpDaneMode = SmtpDaneMode.OPPORTUNISTIC
    mta_sts_mode: MtaStsMode = MtaStsMode.OPPORTUNISTIC
    name_given: bool = True

    def among_others(self, *, accepted: bool, served: bool, other_family_served: bool) -> View:
        """The same, where other attempts showed that the address takes connections, or mail; or its sibling does."""
        seen = replace(self.context, accepted=accepted, served=served, other_family_served=other_family_served)
        return self if seen == self.context else replace(self, context=seen)

    @property
    def suits_every_mode(self) -> bool:
        """Whether all TlsSettings come to the same: TLS is up, and its certificate has nothing that any looks at."""
        handshake = self.evidence.handshake
        return handshake is not None and handshake.session is not None and not self.problems

    @cached_property
    def greeting(self) -> Reply | None:
        """The reply that introduced the session: EHLO's, or HELO's where EHLO was unknown."""
        exchange = self.evidence.helo or self.evidence.ehlo
        return exchange.reply if exchange is not None else None

    @cached_property
    def refusal(self) -> Reply | None:
        """The server's words where it turned something down."""
        exchange = refusal(self.evidence)
        return exchange.reply if exchange is not None else None

    @cached_property
    def refusal_words(self) -> tuple[Refusal | None, str]:
        """What those words are about, and which of them say so. The one argument of EHLO and HELO is our name."""
        if self.refusal is None:
            return None, ""
        kind, words = refusal_kind(self.refusal)
        evidence, wire = self.evidence, self.refusal.wire
        later = (evidence.unlisted_starttls, evidence.starttls, evidence.ehlo_again, evidence.mail)
        if kind is None and evidence.ehlo is not None and not any(later):
            name = re.escape(evidence.ehlo.command.rpartition(" ")[2])
            repeated = "." in name and not name.startswith("\\[") and re.search(rf"(?<!\S){name}(?![\w-]| [\[(])", wire)
            if repeated or self.refusal.code == SYNTAX_ERROR_IN_ARGUMENT:
                return Refusal.HELO, wire
        status = next(filter(None, map(enhanced_status, self.refusal.lines)), "")
        if kind is None and evidence.ehlo is None and status == "5.7.1" and not takes_no_mail(self.refusal):
            return Refusal.SOURCE, status  # RFC 3463 X.7.1, not authorized: before EHLO only our address is known
        return kind, words

    @property
    def refusal_kind(self) -> Refusal | None:
        return self.refusal_words[0]

    @property
    def may_miss_our_certificate(self) -> bool:
        """Whether a recipient was refused after a client certificate was asked for, by which a server may let relay."""
        handshake = self.evidence.handshake
        asked = handshake is not None and handshake.client_certificate_requested
        return asked and self.evidence.recipient is not None and self.refusal_kind in (None, Refusal.SOURCE)

    @cached_property
    def dns_view(self) -> DnsView | None:
        """What the second look at DNS came to; None where none was taken."""
        return dns_view_of(self.evidence)

    @cached_property
    def offers_starttls(self) -> bool:
        return (
            self.evidence.helo is None and self.greeting is not None and capabilities(self.greeting).offers("STARTTLS")
        )

    @cached_property
    def ends_at_starttls(self) -> bool:
        """Whether the server ended the session in answer to STARTTLS (421, RFC 5321 3.8)."""
        reply = self.evidence.starttls.reply if self.evidence.starttls is not None else None
        return reply is not None and reply.code == 421

    @cached_property
    def clock_signs(self) -> dict[CertificateProblem, tuple[ClockSign, ...]]:
        """The problems with dates that this machine's clock may have made, each with what speaks against the clock."""
        found = {one: signs_about(self.evidence, one, self.context.run.told) for one in self.problems}
        return {problem: signs for problem, signs in found.items() if signs}

    @cached_property
    def dnssec_clock_signs(self) -> tuple[ClockSign, ...]:
        """What speaks against our clock where a DNSSEC signature is out of its time by it."""
        if self.dane is None:
            return ()
        lookup = deciding_lookup_of(self.dane)
        if lookup.reason not in TIME_REASONS:
            return ()
        moment = signature_moment(lookup.note)
        if moment is None:
            return ()
        late = lookup.reason is DnssecReason.SIGNATURE_EXPIRED
        return signs_against(self.evidence, None if late else moment, moment if late else None, self.context.run.told)

    @cached_property
    def clock_is_to_blame(self) -> bool:
        """Whether nothing but dates stands against the certificate, and those hang on a clock that is in doubt."""
        if self.dane_state is DaneState.APPLIES:
            untimely = self.dane_verdict is None or self.dane_verdict[0] in _UNTIMELY
            return untimely and any(one in self.clock_signs for one in self.decisive_problems)
        return bool(self.decisive_problems) and self.decisive_problems[0] in self.clock_signs

    @cached_property
    def name_match(self) -> NameMatch | None:
        certificate = self.evidence.certificate
        if certificate is None or not certificate.chain:
            return None
        unread = {problem.kind for problem in certificate.problems if problem.depth == 0} & _UNREADABLE
        # Of a certificate that cannot be read as a whole there may be names all the same.
        named = bool(certificate.chain[0].names or certificate.chain[0].common_name)
        broken = _KINDS.UNPARSEABLE_EXTENSION in unread or (bool(unread) and not named)
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
        found = (*_settled(certificate.problems, self.evidence.missing_issuers), *revoked_problems(self.evidence))
        return found if self.name_problem is None else (*found, self.name_problem)

    @cached_property
    def judged_problems(self) -> tuple[CertificateProblem, ...]:
        """Those that this mode looks at, the one to name first in front."""
        if not self.mode.validates_chain:
            return ()
        by_name = self.mode.validates_name and self.name_given
        relevant = [problem for problem in self.problems if by_name or problem is not self.name_problem]
        return self._in_order(relevant)

    def _in_order(self, problems: Iterable[CertificateProblem]) -> tuple[CertificateProblem, ...]:
        """The one to name first in front; behind those that stand, those that hang on a doubtful clock."""
        return tuple(sorted(in_order(problems), key=lambda one: one in self.clock_signs))

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
        return self._in_order(sts_certificate_problems(self.evidence))

    @cached_property
    def decisive_problems(self) -> tuple[CertificateProblem, ...]:
        """Those of the certificate that a verdict would rest on: by DANE, by MTA-STS, or by this mode."""
        if self.dane_state is DaneState.APPLIES:
            return in_order([problem for problem in self.problems if problem.depth == 0 and problem.kind in DATES])
        return self.mta_sts_problems if self.mta_sts_binds else self.judged_problems

    @cached_property
    def requires_tls(self) -> bool:
        return self.mode.requires_tls or self.dane_state in DANE_DECIDES or self.mta_sts_binds


def _settled(
    problems: tuple[CertificateProblem, ...], missing: MissingIssuers | None
) -> tuple[CertificateProblem, ...]:
    """``problems``; where the issuers that were not sent lead to a trusted root, one of those is what is missing."""
    if missing is None or not missing.completes:
        return problems
    settled = (
        replace(one, kind=_KINDS.MISSING_INTERMEDIATE) if one.kind is _KINDS.UNTRUSTED_ROOT else one for one in problems
    )
    return tuple({(one.kind, one.depth): one for one in settled}.values())


def in_order(problems: Iterable[CertificateProblem]) -> tuple[CertificateProblem, ...]:
    """The one to name first in front."""
    return tuple(sorted(problems, key=lambda one: CERTIFICATE_ORDER.index(one.kind)))


DANE_DECIDES = frozenset({DaneState.APPLIES, DaneState.TLS_ONLY})


# Which of several problems names the failure: the dates and the trust, as Exchange Online's verdicts do, then the
# name, then what it has no verdict for.
_KINDS = CertificateProblemKind
_UNREADABLE = frozenset({_KINDS.UNPARSEABLE_EXTENSION, _KINDS.UNPARSEABLE_CERTIFICATE})
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
