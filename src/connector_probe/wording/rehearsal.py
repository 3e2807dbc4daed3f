"""A rehearsed renewal in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from connector_probe._version import __version__
from connector_probe.diagnosis.rehearsal import CheckResult, Rehearsal, Turn, changes, shown_by
from connector_probe.diagnosis.verdict import Said
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate
from connector_probe.model.ids import RemedyId
from connector_probe.model.names import is_address
from connector_probe.model.notation import day, pasteable
from connector_probe.model.rehearsal import (
    REHEARSAL_SCHEMA,
    AgainstReport,
    CheckReport,
    ExchangeReport,
    RehearsalReport,
    RenewalReport,
    TlsaReport,
    TurnReport,
)
from connector_probe.model.sentence import Facts, Word, listed
from connector_probe.model.verdict import Diagnosis, Finding, MailFlowCode, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.render import attempt_in_words, certificate_reports, sentence, warnings_in_words

# PowerShell of the Exchange Management Shell; nothing in it but a fingerprint comes from the certificate.
_IMPORT = ("$f = [IO.File]::ReadAllBytes('<file>')", "Import-ExchangeCertificate -FileData $f")
_IMPORT_PFX = (
    "$p = Read-Host 'Password' -AsSecureString",
    "$f = [IO.File]::ReadAllBytes('<file>')",
    "Import-ExchangeCertificate -FileData $f -Password $p",
)
_ASSIGN = (
    "$c = Get-ExchangeCertificate {sha1}",
    "Enable-ExchangeCertificate $c.Thumbprint -Services SMTP",
    '$n = "<I>$($c.Issuer)<S>$($c.Subject)"',
    "Set-ReceiveConnector '<receive connector>' -TlsCertificateName $n",
    "Restart-Service MSExchangeFrontEndTransport",
)
_OF_SERVERS = frozenset({RemedyId.COMPARE_SERVERS})  # remedies that a file has no use for


@dataclass(frozen=True, slots=True)
class RehearsedFile:
    """What is told of the file besides the verdict. ``tls_certificate_name`` is as Exchange writes it."""

    name: str
    pkcs12: bool
    leaf_first: bool
    tls_certificate_name: str | None


def rehearsal_in_words(
    rehearsal: Rehearsal, words: Catalogue, file: RehearsedFile, *, against: Result | None = None, strict: bool = False
) -> RehearsalReport:
    """``against``: a probe of the server that the certificate is for."""
    verdict = rehearsal.verdict
    evidence = verdict.view.evidence.certificate
    assert evidence is not None
    leaf, attempt = evidence.chain[0], attempt_in_words(verdict, words)
    checks = tuple(
        CheckReport(one.id, one.result, words.join(_say(said, words) for said in one.told)) for one in rehearsal.checks
    )
    warnings = (*warnings_in_words(verdict, words), *(Finding(one.id, _say(one, words)) for one in rehearsal.warnings))
    failed = [check.text for check in checks if check.result == CheckResult.FAILED]
    diagnosis = None if attempt.diagnosis is None else _of_file(attempt.diagnosis, failed, words)
    status = _status(rehearsal, warnings)
    remarks = [Finding(one.id, one.text) for one in attempt.remarks]
    if not file.leaf_first:
        remarks.append(Finding("leaf-not-first", words.phrases["leaf-not-first"]))
    remarks.append(Finding("revocation-not-asked", words.phrases["revocation-not-asked"]))
    return RehearsalReport(
        schema=REHEARSAL_SCHEMA,
        version=__version__,
        file=file.name,
        judged_at=evidence.judged_at,
        tls=verdict.view.mode,
        tls_domain=verdict.connector.tls_domain,
        trust=evidence.trust,
        status=status,
        expected=status is Status.HEALTHY or (status is Status.WARNING and not strict),
        diagnosis=diagnosis,
        by_tls_mode=rehearsal.by_tls_mode,
        checks=checks,
        in_microsoft_program=rehearsal.in_program,
        outlook=tuple(_turn(turn, words) for turn in rehearsal.turns),
        warnings=warnings,
        remarks=tuple(remarks),
        certificates=attempt.certificates,
        certificate_problems=attempt.certificate_problems,
        lifetime_days=None if rehearsal.lifetime is None else round(rehearsal.lifetime / timedelta(days=1), 2),
        renew_by=rehearsal.renew_by,
        renewals=tuple(RenewalReport(renewal.on, renewal.days, renewal.until) for renewal in rehearsal.renewals),
        tlsa=_tlsa(leaf, against, verdict.view.evidence.server),
        exchange=_exchange(leaf, file),
        against=None if against is None else _against(leaf, against, words),
    )


def _say(said: Said, words: Catalogue) -> str:
    return sentence(words.phrases[said.id], said.facts, words)


def _status(rehearsal: Rehearsal, warnings: Sequence[Finding]) -> Status:
    if any(check.id == "private-key" and check.result is CheckResult.FAILED for check in rehearsal.checks):
        return Status.FAILING
    status = rehearsal.verdict.status
    return Status.WARNING if status is Status.HEALTHY and warnings else status


def _of_file(diagnosis: Diagnosis, failed: Sequence[str], words: Catalogue) -> Diagnosis:
    """With what is wrong with the file, in place of what a server does."""
    remedies = tuple(remedy for remedy in diagnosis.remedies if remedy.id not in _OF_SERVERS)
    return replace(diagnosis, detail=words.listed(failed) or diagnosis.detail, remedies=remedies)


def _turn(turn: Turn, words: Catalogue) -> TurnReport:
    kinds = tuple(dict.fromkeys(problem.kind for problem in turn.problems))
    code = MailFlowCode.CERTIFICATE_VALIDATION_FAILED.value if kinds else None
    facts = Facts(code=code or "", problem_list=listed(Word("problem", kind) for kind in kinds))
    text = sentence(words.phrases["turn-fails" if kinds else "turn-passes"], facts, words)
    return TurnReport(turn.at, code, kinds, text)


def _tlsa(leaf: Certificate, against: Result | None, server: str) -> TlsaReport | None:
    if not leaf.spki_sha256:
        return None
    shown = shown_by(against.evidence.attempts) if against is not None else ()
    old = dict.fromkeys(_record(one) for one in shown if one.spki_sha256)
    host = pasteable(server)
    owner = None if host.startswith("<") or is_address(host) else f"_25._tcp.{host}."
    return TlsaReport(owner, _record(leaf), tuple(old))


def _record(certificate: Certificate) -> str:
    return f"3 1 1 {certificate.spki_sha256.lower()}"


def _exchange(leaf: Certificate, file: RehearsedFile) -> ExchangeReport:
    commands = (*(_IMPORT_PFX if file.pkcs12 else _IMPORT), *_ASSIGN)
    return ExchangeReport(file.tls_certificate_name, tuple(one.replace("{sha1}", leaf.sha1) for one in commands))


def _against(leaf: Certificate, result: Result, words: Catalogue) -> AgainstReport:
    shown = shown_by(result.evidence.attempts)
    told = [Finding(one.id, _say(one, words)) for one in _told(leaf, shown, result)]
    same = any(one.sha256 == leaf.sha256 for one in shown)
    return AgainstReport(result.name, result.status, same, certificate_reports(shown), tuple(told))


def _told(leaf: Certificate, shown: Sequence[Certificate], result: Result) -> Iterator[Said]:
    if not shown:
        diagnosis = result.diagnosis
        title, detail = (diagnosis.heading, diagnosis.detail) if diagnosis is not None else (result.status.value, "-")
        yield Said("against-nothing", {"title": title, "detail": detail})
        return
    old = shown[0]
    if len(shown) > 1:
        yield Said("against-several", {"number": str(len(shown)), "sha1": old.sha1})
    if old.sha256 == leaf.sha256:
        yield Said("against-same")
        return
    subject = old.subject or old.sha1
    yield Said("against-old", {"leaf_subject": subject, "until": day(old.not_after), "sha1": old.sha1})
    yield from changes(leaf, old)
