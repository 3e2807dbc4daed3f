"""A certificate that is not installed yet: would Exchange Online accept it, today and on each day that matters?

The judge is that of a probe; what a probe would see of a server is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from connector_probe.diagnosis.conclude import UNKNOWN, judge_attempt
from connector_probe.diagnosis.phrases import problem_list, readable
from connector_probe.diagnosis.rules import classify_certificate
from connector_probe.diagnosis.verdict import AttemptVerdict, Said
from connector_probe.diagnosis.view import View
from connector_probe.diagnosis.warnings import usual_warn_days, warn_days
from connector_probe.model.connector import Connector, TlsSettings
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import (
    AttemptEvidence,
    Certificate,
    CertificateEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ClockEvidence,
    Resolution,
    RootBarKind,
)
from connector_probe.model.notation import MAX_NAMES, day
from connector_probe.model.sentence import Facts, Phrase, Value, Word, some
from connector_probe.model.verdict import MailFlowCode
from connector_probe.protocol.certificate import judge, path_of
from connector_probe.protocol.roots import TrustRoots
from connector_probe.protocol.x509_extensions import PURPOSES
from connector_probe.protocol.x509_facts import parse_certificate

_Kind = CertificateProblemKind
MAX_TURNS = 12  # of the verdict, over the years; a chain of four certificates has some five
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_UNNAMED = "<host>"
FOREVER = datetime.max.replace(tzinfo=UTC)

# From when on a public CA issues for no longer than so many days (CA/Browser Forum, ballot SC-081).
LIFETIME_LIMITS = (
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
)


class CheckId(StrEnum):
    """What is asked of a certificate, one by one."""

    CHAIN = "chain"
    ROOT = "root"
    NAME = "name"
    PURPOSE = "purpose"
    KEY = "key"
    VALIDITY = "validity"
    ENCODING = "encoding"
    PRIVATE_KEY = "private-key"


class CheckResult(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    id: CheckId
    result: CheckResult
    told: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """From ``at`` on Exchange Online has ``problems`` against the certificate; none: it accepts it."""

    at: datetime
    problems: tuple[CertificateProblem, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """``on``: the day to renew on. The certificate issued then lives ``days`` at most, until ``until``."""

    on: datetime
    days: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``verdict``: that of a probe which meets this certificate. ``turns``: the first is now, or the day asked for.

    ``in_program``: whether a root of Microsoft's program stands at the end of the path; None where that cannot be
    told: the path is incomplete, or the list cannot be had. ``renewals`` is empty where no public CA is known to have
    issued it.
    """

    verdict: AttemptVerdict
    by_tls_mode: dict[TlsSettings, str | None]
    checks: tuple[Check, ...]
    turns: tuple[Turn, ...]
    in_program: bool | None
    lifetime: timedelta | None
    renew_by: datetime | None
    renewals: tuple[Renewal, ...]
    warnings: tuple[Said, ...]


def rehearse(
    chain: Sequence[bytes],
    evidence: CertificateEvidence,
    connector: Connector,
    roots: TrustRoots,
    *,
    server: str | None,
    program: TrustRoots | None,
    clock: ClockEvidence | None,
    key: Check,
) -> Rehearsal:
    """Judge ``chain`` (DER, the server's certificate first), of which ``evidence`` is what is wrong with it now.

    ``connector``: TlsSettings and TlsDomain; where the latter is None, no name is asked for. ``server``: what commands
    call the smart host, None where that is not known. ``program``: Microsoft's roots alone; ``clock``: what tells
    whether this machine's clock can be believed, where a date depends on it.
    """
    view = _view(evidence, connector, server, clock)
    verdict = judge_attempt(view, classify_certificate(view), connector)
    turns = tuple(_turns(chain, roots, connector, evidence.judged_at))
    leaf = evidence.chain[0]
    at = evidence.judged_at
    in_program = _is_in(program, chain, evidence)
    # The day from which on a probe warns of its end.
    renew_by = leaf.not_after and leaf.not_after - timedelta(days=warn_days(leaf, connector.warn_days))
    return Rehearsal(
        verdict=verdict,
        by_tls_mode={mode: _by_tls_mode(view, mode, connector) for mode in TlsSettings},
        checks=(*_checks(view, chain, connector, in_program), key),
        turns=turns,
        in_program=in_program,
        lifetime=_lifetime(leaf),
        renew_by=renew_by,
        renewals=tuple(_renewals(max(renew_by, at))) if in_program and renew_by is not None else (),
        warnings=tuple(_ends_early(turns, leaf)),
    )


def key_check(fits: bool | None, sentence: str) -> Check:
    """``fits``: whether the private key is the certificate's, None where that is not known."""
    result = CheckResult.UNKNOWN if fits is None else CheckResult.PASSED if fits else CheckResult.FAILED
    return Check(CheckId.PRIVATE_KEY, result, (Said(sentence),))


def _view(
    evidence: CertificateEvidence, connector: Connector, server: str | None = None, clock: ClockEvidence | None = None
) -> View:
    """A server of which nothing but its certificate is known."""
    host = server or _UNNAMED
    address = host if connector.tls_domain is None else None  # as with an address: there is no name to be missed
    attempt = AttemptEvidence(host, address, connector.port, Resolution(host), certificate=evidence, clock=clock)
    return View(attempt, connector.tls_settings, connector.tls_domain or host)


def _is_in(program: TrustRoots | None, chain: Sequence[bytes], evidence: CertificateEvidence) -> bool | None:
    """Whether a root of ``program`` ends the path, and may; None where that cannot be told."""
    path = path_of(chain, program, evidence.judged_at) if program is not None else None
    if program is None or path is None:
        return None
    if path.trusted:
        issued = path.certificates[0].certificate.not_before
        return program.bar(path.certificates[-1], issued, evidence.judged_at) is None
    return None if any(problem.kind is _Kind.MISSING_INTERMEDIATE for problem in evidence.problems) else False


def _by_tls_mode(view: View, mode: TlsSettings, connector: Connector) -> str | None:
    if mode.validates_name and connector.tls_domain is None:
        return UNKNOWN
    failing = replace(view, mode=mode).judged_problems
    return MailFlowCode.CERTIFICATE_VALIDATION_FAILED.value if failing else None


# --- what is asked of it ---------------------------------------------------------------------------------------

_OF_CHECK = {
    CheckId.CHAIN: {
        _Kind.MISSING_INTERMEDIATE,
        _Kind.ISSUER_EXPIRED,
        _Kind.ISSUER_NOT_YET_VALID,
        _Kind.BAD_SIGNATURE,
        _Kind.INVALID_CA,
        _Kind.PATH_TOO_LONG,
        _Kind.NAME_CONSTRAINT,
        _Kind.INVALID_PATH,
    },
    CheckId.ROOT: {_Kind.SELF_SIGNED, _Kind.UNTRUSTED_ROOT},
    CheckId.NAME: {_Kind.NAME_MISMATCH, _Kind.COMMON_NAME_ONLY},
    CheckId.PURPOSE: {_Kind.WRONG_PURPOSE},
    CheckId.KEY: {_Kind.WEAK_KEY, _Kind.WEAK_SIGNATURE},
    CheckId.VALIDITY: {_Kind.EXPIRED, _Kind.NOT_YET_VALID},
    CheckId.ENCODING: {_Kind.UNPARSEABLE_EXTENSION, _Kind.UNKNOWN_CRITICAL_EXTENSION, _Kind.UNPARSEABLE_CERTIFICATE},
}


def _checks(view: View, chain: Sequence[bytes], connector: Connector, in_program: bool | None) -> Iterator[Check]:
    certificate = view.evidence.certificate
    for check, kinds in _OF_CHECK.items():
        found = [problem for problem in view.problems if problem.kind in kinds]
        if check is CheckId.NAME and not view.mode.validates_name and connector.tls_domain is None:
            yield Check(check, CheckResult.UNKNOWN, (Said("check-name-not-asked"),))
        elif found:
            yield Check(check, CheckResult.FAILED, tuple(_problem(one, view) for one in found))
        elif check is CheckId.ROOT and (certificate is None or not certificate.is_trusted):
            yield Check(check, CheckResult.UNKNOWN, (Said("check-root-unknown"),))
        elif check is not CheckId.ENCODING:
            yield Check(check, CheckResult.PASSED, (Said(f"check-{check}", _facts(check, view, chain, in_program)),))


def _problem(problem: CertificateProblem, view: View) -> Said:
    """What is wrong, with which certificate, and the fact that shows it."""
    evidence = view.evidence.certificate
    if problem.kind is _Kind.MISSING_INTERMEDIATE:
        issuer, _, url = problem.note.partition(" (")
        hint: Value = Phrase("check-issuer-url", {"issuer_url": url.removesuffix(")")}) if url else ""
        return Said("check-missing-issuer", {"root": issuer, "issuer_hint": hint})
    if problem.kind is _Kind.NAME_MISMATCH:
        return Said("check-name-mismatch", {"expected": view.expected, "names": problem.note or Phrase("no-name")})
    if evidence is not None and evidence.root_bar is not None and problem.kind is _Kind.UNTRUSTED_ROOT:
        facts = Facts(root=problem.subject, since=day(evidence.root_bar.since).split()[0])
        facts["not_before"] = day(evidence.chain[0].not_before)
        return Said(f"check-root-{evidence.root_bar.kind}", facts)
    told: Value = Word("problem", problem.kind)
    note = problem.note if problem.note and problem.kind not in (_Kind.UNTRUSTED_ROOT, _Kind.SELF_SIGNED) else ""
    if note:
        told = Phrase("check-note", {"problem_list": told, "problem_note": readable(note)})
    return Said(
        "check-problem", {"problem_list": told, "problem_subject": problem.subject or Phrase("the-certificate")}
    )


def _facts(check: CheckId, view: View, chain: Sequence[bytes], in_program: bool | None) -> Facts:
    """What the sentence of a check that was passed says."""
    evidence = view.evidence.certificate
    assert evidence is not None
    leaf = evidence.chain[0]
    if check is CheckId.CHAIN:
        return Facts(number=str(len(evidence.path)), root=evidence.path[-1])
    if check is CheckId.ROOT:
        return Facts(root=evidence.path[-1], trust=evidence.trust, said=Phrase(_PROGRAM[in_program]))
    if check is CheckId.NAME:
        matched = view.name_match.matched if view.name_match is not None else None
        return Facts(expected=view.expected, names=matched or view.expected)
    if check is CheckId.PURPOSE:
        purposes = parse_certificate(chain[0]).extensions.purposes
        named = ", ".join(PURPOSES.get(one, one) for one in purposes or ())
        return Facts(names=named or Phrase("check-any-purpose"))
    if check is CheckId.KEY:
        return Facts(leaf_key=leaf.key, note=leaf.signature)
    lifetime = _lifetime(leaf)
    number = str(round(lifetime / _DAY)) if lifetime is not None else "?"
    return Facts(not_before=day(leaf.not_before), not_after=day(leaf.not_after), number=number)


_PROGRAM = {True: "check-in-program", False: "check-not-in-program", None: "check-program-unknown"}


# --- over time -------------------------------------------------------------------------------------------------


def _turns(chain: Sequence[bytes], roots: TrustRoots, connector: Connector, start: datetime) -> Iterator[Turn]:
    """Each moment from which on the verdict is another one, until the certificate itself is over."""
    at, last = start, None
    end = parse_certificate(chain[0]).certificate.not_after
    for _ in range(MAX_TURNS):
        found = _view(judge(chain, roots, at), connector).judged_problems
        if last is None or {(one.kind, one.depth) for one in found} != last:
            last = {(one.kind, one.depth) for one in found}
            yield Turn(at, found)
        later = [moment for moment in _dates(chain, roots, at) if moment > at]
        if not later or (end is not None and at > end):
            return
        at = min(later)


def _dates(chain: Sequence[bytes], roots: TrustRoots, at: datetime) -> Iterator[datetime]:
    """When certificates of the file, or of the path at ``at``, begin and end, and when its root is disallowed."""
    path = path_of(chain, roots, at)
    for facts in (*map(parse_certificate, chain), *path.certificates):
        if facts.certificate.not_before is not None:
            yield facts.certificate.not_before
        if facts.certificate.not_after is not None:
            yield facts.certificate.not_after + _SECOND
    if path.trusted:
        bar = roots.bar(path.certificates[-1], path.certificates[0].certificate.not_before, FOREVER)
        if bar is not None and bar.kind is RootBarKind.DISALLOWED and bar.since is not None:
            yield bar.since


def _ends_early(turns: Sequence[Turn], leaf: Certificate) -> Iterator[Said]:
    """A certificate that passes now, and will not before its own end."""
    if turns[0].problems or leaf.not_after is None:
        return
    first = next((turn for turn in turns[1:] if turn.problems), None)
    if first is not None and first.at <= leaf.not_after:
        facts = Facts(since=day(first.at), not_after=day(leaf.not_after))
        facts["problem_list"] = problem_list(problem.kind for problem in first.problems)
        yield Said("fails-before-its-end", facts)


# --- renewals --------------------------------------------------------------------------------------------------


def _lifetime(leaf: Certificate) -> timedelta | None:
    """Both ends belong to it (RFC 5280 4.1.2.5)."""
    return None if leaf.not_before is None or leaf.not_after is None else leaf.not_after - leaf.not_before + _SECOND


def _renewals(first: datetime) -> Iterator[Renewal]:
    """The next one, and the first under each limit to come, each renewed as late as the one before."""
    on, limit = first, 0
    while limit != LIFETIME_LIMITS[-1][1] and on < FOREVER - timedelta(days=1000):
        days = next((days for since, days in reversed(LIFETIME_LIMITS) if on >= since), None)
        if days is None:  # before the first limit
            return
        until = on + timedelta(days=days)
        if days != limit:
            yield Renewal(on, days, until)
        limit = days
        on = until - timedelta(days=usual_warn_days(days))


# --- beside what a server shows now --------------------------------------------------------------------------


def shown_by(attempts: Sequence[AttemptEvidence]) -> tuple[Certificate, ...]:
    """The servers' own certificates, each once."""
    chains = (attempt.certificate.chain for attempt in attempts if attempt.certificate is not None)
    return tuple({chain[0].sha256: chain[0] for chain in chains if chain}.values())


def changes(new: Certificate, old: Certificate) -> Iterator[Said]:
    """What differs. Nothing where it is the same certificate."""
    if new.sha256 == old.sha256:
        return
    yield Said("change-key-same" if new.spki_sha256 == old.spki_sha256 else "change-key-new")
    had, has = ({name.lower(): name for name in one.names} for one in (old, new))
    if lost := [name for key, name in had.items() if key not in has]:
        yield Said("change-names-lost", {"names": some(lost, MAX_NAMES)})
    if gained := [name for key, name in has.items() if key not in had]:
        yield Said("change-names-gained", {"names": some(gained, MAX_NAMES)})
    if new.issuer != old.issuer:
        yield Said("change-issuer", {"leaf_issuer": old.issuer, "issuers": new.issuer})
    same_name = (new.issuer, new.subject) == (old.issuer, old.subject)
    yield Said("change-tls-name-same" if same_name else "change-tls-name-new")
    if new.not_after is not None and old.not_after is not None and new.not_after <= old.not_after:
        yield Said("change-ends-earlier", {"not_after": day(new.not_after), "until": day(old.not_after)})
