"""JUnit XML, as Jenkins, GitLab, Azure Pipelines and the like read it.

A connector is a test suite, a stage of an attempt a test case. *Failure*: mail would queue. *Error*: this machine
could not tell. *Skipped*: the stage was not reached, or it failed and that is tolerated. The document keeps to what
the schemas of Jenkins and of Ant have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

from connector_probe.formats.json import timestamp
from connector_probe.formats.options import (
    RenderOptions,
    cause_text,
    chains,
    confidence,
    endpoint,
    expectation,
    policy_lines,
    sentence,
    stage_fact,
    subtitle,
)
from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import Attempt, Badge, Diagnosis, Report, Result, StageReport, Status
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PACKAGE = "connector-probe"
FAILURE, ERROR, SKIPPED = "failure", "error", "skipped"
NOT_REACHED, NOT_NEEDED, TOLERATED, NOT_AS_EXPECTED = "not-reached", "not-needed", "tolerated", "not-as-expected"
_OF_STATUS = {Status.FAILING: FAILURE, Status.UNKNOWN: ERROR}
# What XML 1.0 (2.2 Char) has no way to write, not even as a reference.
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case. ``outcome`` None means passed."""

    name: str
    seconds: float = 0.0
    outcome: str | None = None
    kind: str = ""
    message: str = ""
    text: str = ""


def render(report: Report, options: RenderOptions) -> str:
    """The document. All characters beyond ASCII are references, so that no reader can mistake the encoding."""
    from xml.etree.ElementTree import Element, indent, tostring  # only this format pays for it

    root = Element("testsuites")
    for number, result in enumerate(report.results):
        root.append(_suite(result, number, report, options))
    indent(root)
    tree: bytes = tostring(root, "us-ascii", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tree.decode("ascii")}\n'


def _suite(result: Result, number: int, report: Report, options: RenderOptions) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    cases = list(_cases(result, options))
    outcomes = [case.outcome for case in cases]
    suite = Element(
        "testsuite",
        {
            "name": _legal(result.name),
            "package": _PACKAGE,
            "id": str(number),
            "timestamp": f"{result.evidence.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "hostname": _legal(report.vantage.hostname).strip() or "localhost",
            "tests": str(len(cases)),
            "failures": str(outcomes.count(FAILURE)),
            "errors": str(outcomes.count(ERROR)),
            "skipped": str(outcomes.count(SKIPPED)),
            "time": _seconds(result.evidence.seconds),
        },
    )
    properties = SubElement(suite, "properties")
    for name, value in _properties(result, report):
        SubElement(properties, "property", {"name": name, "value": _legal(value)})
    for case in cases:
        element = SubElement(
            suite,
            "testcase",
            {"name": _legal(case.name), "classname": _legal(result.name), "time": _seconds(case.seconds)},
        )
        if case.outcome is not None:
            kind = {} if case.outcome == SKIPPED else {"type": case.kind}  # Ant's schema has no type there
            found = SubElement(element, case.outcome, {"message": _legal(case.message)} | kind)
            found.text = _legal(case.text) or None
    SubElement(suite, "system-out").text = _legal("\n".join(_told(result, report, options)))
    SubElement(suite, "system-err")
    return suite


def _properties(result: Result, report: Report) -> Iterator[tuple[str, str]]:
    connector, diagnosis = result.connector, result.diagnosis
    yield "version", report.version
    yield "started_at", timestamp(report.started_at)
    yield "smart_hosts", ", ".join(connector.smart_hosts)
    yield "use_mx", connector.use_mx or ""
    yield "tls", connector.tls.value
    yield "tls_domain", connector.tls_domain or ""
    yield "status", result.status.value
    yield "expect", result.expect
    if diagnosis is not None:
        yield "code", diagnosis.code or ""
        yield "class", diagnosis.class_.value


# --- test cases ------------------------------------------------------------------------------------------------


def _cases(result: Result, options: RenderOptions) -> Iterator[_Case]:
    """A case for each stage of each attempt, and one for the connector where none of them can carry the verdict."""
    cases, names = [], dict[str, int]()
    for attempt in result.attempts:
        where = endpoint(attempt, options.words)
        names[where] = names.get(where, 0) + 1
        prefix = where if names[where] == 1 else f"{where} ({names[where]})"  # readers tell cases apart by name
        cases += [_stage(stage, attempt, result, prefix, options) for stage in attempt.stages]
    yield from cases
    if not result.expected and not any(case.outcome in (FAILURE, ERROR) for case in cases):
        yield _connector(result, options)


def _stage(stage: StageReport, attempt: Attempt, result: Result, prefix: str, options: RenderOptions) -> _Case:
    name, seconds = f"{prefix} {stage.stage.value}", stage.duration or 0.0
    if stage.status == "skipped":
        why = NOT_REACHED if attempt.diagnosis is not None else NOT_NEEDED
        return _Case(name, seconds, SKIPPED, why, why)
    diagnosis = attempt.diagnosis
    if stage.status != "failed" or diagnosis is None or result.badge is Badge.AS_EXPECTED:  # what was asked for
        return _Case(name, seconds)
    message = " ".join(filter(None, (f"450 {diagnosis.code}" if diagnosis.code else "", diagnosis.title)))
    if diagnosis.heading != diagnosis.title:
        message = f"{message}: {diagnosis.heading}"
    message = f"{message}. {diagnosis.detail}"
    kind = diagnosis.class_.value
    if result.expected:  # another address takes the mail
        return _Case(name, seconds, SKIPPED, TOLERATED, f"{TOLERATED}: {message}")
    fact, ticking = stage_fact(stage, attempt, result, options.words), clock(result, options.words)
    text = "\n".join(filter(None, (diagnosis.detail, fact, ticking, *_explained(diagnosis, options))))
    return _Case(name, seconds, _OF_STATUS[attempt.status], kind, message, text)


def _connector(result: Result, options: RenderOptions) -> _Case:
    """Another result than the expected one, or a warning under --strict."""
    message = expectation(result, options.words) or sentence(result, options.words)
    text = "\n".join(result.warning_texts)
    outcome = _OF_STATUS.get(result.status, FAILURE)
    return _Case(f"expected {result.expect}", 0.0, outcome, NOT_AS_EXPECTED, message, text)


def _explained(diagnosis: Diagnosis, options: RenderOptions) -> Iterator[str]:
    say = options.words.text
    for cause in diagnosis.causes:
        yield f"{say['why']} ({say[cause.verdict.value]}): {cause_text(cause, options.words)}"
    for number, remedy in enumerate(diagnosis.remedies, 1):
        yield f"{say['do']} {number}: {remedy.text}"
        yield from (f"    {command}" for command in remedy.commands)
    if diagnosis.reply is not None:
        yield f"{say['reply']}: {diagnosis.reply}"
        yield from (f"{fill(say['also'], {'note': one.note})}: {one.reply}" for one in diagnosis.also_seen_as)
        yield confidence(diagnosis.confidence, options.words)
    yield f"{say['reference']} {diagnosis.reference}"


def _told(result: Result, report: Report, options: RenderOptions) -> Iterator[str]:
    """What is true of the whole connector, for system-out."""
    say = options.words.text
    yield f"{say[result.badge.value]} {result.name}: {sentence(result, options.words)}"
    told = (subtitle(result, options.words), clock(result, options.words), expectation(result, options.words))
    yield from filter(None, told)
    if result.diagnosis is not None:
        yield from (f"{say['warnings']}: {text}" for text in result.warning_texts)
    for attempt in result.attempts:
        where = endpoint(attempt, options.words)
        yield from (f"{where}: {line}" for line in policy_lines(attempt, options))
    for chain in chains(result.attempts, options):
        yield from chain.remarks
    yield from report.vantage.notes
    if options.transcript:
        for attempt in result.attempts:
            yield endpoint(attempt, options.words)
            yield from (f"  {one.at:8.3f} {one.from_}: {one.text}" for one in attempt.transcript)


def _seconds(value: float) -> str:
    """Three decimals: the schema of Jenkins' xUnit plugin takes no more."""
    return f"{value:.3f}"


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
