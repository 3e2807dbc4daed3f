"""A verdict in words: the result that formats print, made of ids and facts in one of the languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, fields, replace
from functools import cache
from operator import attrgetter
from string import Formatter

from connector_probe.diagnosis.conclude import conclude
from connector_probe.diagnosis.notes import vantage_notes
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.run_context import RunContext
from connector_probe.diagnosis.stages import stage_of
from connector_probe.diagnosis.verdict import AttemptVerdict, ConnectorVerdict, Said, detail_phrase, heading_phrase
from connector_probe.diagnosis.warnings import WARNING_REMEDIES
from connector_probe.model.connector import Connector
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate, Lookup, NetworkFault, TranscriptLine
from connector_probe.model.ids import RemedyId, WarningId
from connector_probe.model.notation import quote
from connector_probe.model.sentence import Facts, Joined, Listed, Phrase, Short, Value, Word
from connector_probe.model.verdict import (
    AlsoSeenAs,
    Attempt,
    Cause,
    CertificateReport,
    ConnectorReport,
    Diagnosis,
    Finding,
    Remedy,
    Report,
    Result,
    TlsReport,
    TranscriptReport,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.commands import COMMANDS, commands_of_server
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import with_maintenance
from connector_probe.wording.sentences import describe_fault, describe_lookup, headline_of, word


@dataclass(frozen=True, slots=True)
class WordedResult(Result):
    """A result, and what leads to its verdict again, which is larger than both; no part of the JSON.

    ``asked``: the connector. ``run``: what else was known of the run.
    """

    asked: Connector | None = field(default=None, repr=False, compare=False, metadata={"exclude": True})
    run: RunContext | None = field(default=None, repr=False, compare=False, metadata={"exclude": True})


def worded(verdict: ConnectorVerdict, words: Catalogue = ENGLISH) -> Result:
    """The result of one connector, in the words of one language."""
    connector = verdict.connector
    attempts = [
        (one, attempt_in_words(one, words, transcript))
        for one, transcript in zip(verdict.attempts, verdict.evidence.transcripts, strict=True)
    ]
    warnings = [warning for one, _ in attempts for warning in warnings_in_words(one, words)]
    by_address = {attempt.view.evidence.address: attempt for attempt in reversed(verdict.attempts)}
    for warning in verdict.warnings:
        around = by_address.get(warning.address, next(iter(verdict.attempts), None))
        warnings.append(_finding(warning, around.facts if around is not None else {}, words))
    deciding = (said.diagnosis for one, said in attempts if one is verdict.deciding)
    return WordedResult(
        name=connector.name,
        connector=ConnectorReport(
            tuple(connector.smart_hosts),
            connector.use_mx,
            connector.port,
            connector.type,
            connector.tls_settings,
            verdict.tls_domain,
            connector.source_address,
            connector.rcpt,
            connector.warn_days,
            connector.as_of,
            connector.queue_lifetime,
            connector.smtp_dane_mode,
            connector.mta_sts_mode,
        ),
        status=verdict.status,
        expect=connector.expect,
        expected=verdict.expected,
        diagnosis=next(deciding, None),
        by_tls_mode=verdict.by_tls_mode,
        warnings=tuple(dict.fromkeys(warnings)),
        attempts=tuple(said for _, said in attempts),
        evidence=verdict.evidence,
        outage=verdict.outage,
        asked=connector,
        run=verdict.run,
    )


def in_words(report: Report, words: Catalogue) -> Report:
    """``report`` said in another language."""
    results, asked = [], []
    for result in report.results:
        assert isinstance(result, WordedResult)
        assert result.asked is not None
        verdict = conclude(result.asked, result.evidence, result.run)
        said = replace(worded(verdict, words), expected=result.expected, outage=result.outage)
        results.append(with_maintenance(said, result.maintenance, words))
        asked.append(result.asked)
    told = vantage_notes(asked, [one.evidence for one in report.results])
    notes = notes_in_words(told, words)
    return replace(report, vantage=replace(report.vantage, notes=notes), results=tuple(results))


def notes_in_words(notes: Iterable[Said], words: Catalogue) -> tuple[str, ...]:
    return tuple(sentence(words.notes[note.id], note.facts, words) for note in notes)


def attempt_in_words(verdict: AttemptVerdict, words: Catalogue, transcript: Iterable[TranscriptLine] = ()) -> Attempt:
    evidence = verdict.view.evidence
    session = evidence.session
    diagnosis = diagnosis_in_words(verdict, words)
    return Attempt(
        server=evidence.server,
        address=evidence.address,
        port=evidence.port,
        status=verdict.status,
        code=diagnosis.code if diagnosis is not None else None,
        class_=diagnosis.class_ if diagnosis is not None else None,
        stages=verdict.stages,
        tls=TlsReport(session.version, session.cipher) if session is not None else None,
        certificates=certificate_reports(evidence.certificate.chain if evidence.certificate is not None else ()),
        certificate_problems=verdict.certificate_problems,
        transcript=tuple(TranscriptReport(line.at, line.source, line.text) for line in transcript),
        diagnosis=diagnosis,
        remarks=tuple(Finding(remark.id, _remark(remark, verdict, words)) for remark in verdict.remarks),
        policies=tuple(
            Finding(policy.id, _remark(policy, verdict, words), policy.address) for policy in verdict.policies
        ),
    )


def certificate_reports(certificates: Iterable[Certificate]) -> tuple[CertificateReport, ...]:
    return tuple(CertificateReport(*_told_of(certificate)) for certificate in certificates)


_told_of = attrgetter(*(one.name for one in fields(CertificateReport)))


def diagnosis_in_words(attempt: AttemptVerdict, words: Catalogue = ENGLISH) -> Diagnosis | None:
    """None where mail would flow."""
    failure = attempt.failure
    if failure is None:
        return None
    profile, facts = PROFILES[failure.failure], attempt.facts
    return Diagnosis(
        code=profile.code.value if profile.code is not None else None,
        class_=failure.failure,
        title=headline_of(profile.code, words) if profile.code is not None else words.titles[failure.failure],
        heading=text_of(heading_phrase(attempt), words),
        reply=failure.reply,
        also_seen_as=tuple(
            AlsoSeenAs(seen.code, seen.reply, words.also_seen[seen.note]) for seen in failure.also_seen_as
        ),
        stage=stage_of(failure.failure, attempt.view.evidence),
        detail=text_of(detail_phrase(attempt), words),
        confidence=failure.confidence,
        causes=tuple(
            Cause(
                cause.id,
                cause.verdict,
                words.facts[cause.sentence] if cause.sentence else words.causes[cause.id],
                tuple(sentence(words.evidence[key], facts, words) for key in cause.evidence),
            )
            for cause in failure.causes
        ),
        remedies=tuple(_remedy(remedy, facts, words) for remedy in failure.remedies),
        reference=failure.reference,
        culprit=failure.culprit,
    )


def _remedy(identifier: RemedyId, facts: Facts, words: Catalogue) -> Remedy:
    own = commands_of_server(identifier, str(facts.get("mail_server", "")))
    commands = own or tuple(sentence(command, facts, words) for command in COMMANDS.get(identifier, ()))
    return Remedy(identifier, sentence(words.remedies[identifier], facts, words), commands)


def warnings_in_words(attempt: AttemptVerdict, words: Catalogue) -> Iterable[Finding]:
    return (_finding(warning, attempt.facts, words) for warning in attempt.warnings)


def _finding(said: Said, around: Facts, words: Catalogue) -> Finding:
    facts = around | said.facts
    usual = WARNING_REMEDIES.get(WarningId(said.id), ())
    remedies = tuple(_remedy(one, facts, words) for one in (usual if said.remedies is None else said.remedies))
    text = sentence(words.warnings[WarningId(said.sentence or said.id)], facts, words)
    return Finding(said.id, text, said.address, remedies)


def _remark(said: Said, attempt: AttemptVerdict, words: Catalogue) -> str:
    template = words.phrases.get(said.sentence or said.id) or words.warnings[WarningId(said.id)]
    return sentence(template, said.facts if said.facts else attempt.facts, words)


# --- sentences -------------------------------------------------------------------------------------------------


def sentence(template: str, facts: Facts, words: Catalogue) -> str:
    """``template``, filled."""
    found = []
    for text, slot in _parts(template):
        found.append(text)
        if slot is not None:
            value: Value = facts.get(slot, "")  # type: ignore[assignment]
            said = text_of(value, words, facts)
            # what is said only sometimes
            may_miss = slot.endswith("_hint") or slot in _OPTIONAL
            found.append(said if said or may_miss else (words.missing or missing_fact)(slot, template))
    return "".join(found)


_OPTIONAL = frozenset(
    {"more_problems", "mx_loop", "recheck_error", "revoked_reason", "said", "sample_note", "sts_from_here"}
)


def missing_fact(slot: str, template: str) -> str:
    """What stands where a fact should. The tests raise instead: no evidence that a probe gathers lacks one."""
    return "?"


@cache
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    """Text and slot by turns."""
    return tuple((text, slot) for text, slot, _, _ in Formatter().parse(template))


def text_of(value: Value, words: Catalogue, around: Facts | None = None) -> str:
    """One fact in words; what a phrase does not hold itself it takes from the facts ``around`` it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Phrase):
        return sentence(words.phrases[value.id], (around or {}) | value.facts, words)
    if isinstance(value, Word):
        return word(value.kind, value.value, words)
    if isinstance(value, Listed):
        items = dict.fromkeys(text_of(item, words, around) for item in value.items)
        return words.phrases[value.separator].join(items)
    if isinstance(value, Joined):
        return "".join(text_of(part, words, around) for part in value.parts)
    if isinstance(value, Short):
        return quote(text_of(value.value, words, around))
    if isinstance(value, NetworkFault):
        return describe_fault(value, words)
    assert isinstance(value, Lookup)
    return describe_lookup(value, words)
