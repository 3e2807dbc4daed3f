"""Reading a saved report back: what was asked and what was seen, strictly; and diagnosing it again.

A report is one JSON object, or what ``--format jsonl`` writes: an object for each connector, one after another.
Whatever the file holds passes through ``printable``, and is checked before a rule looks at it, so that a damaged or
hostile report ends in one sentence. Keys that a later version added are passed over.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from connector_probe.diagnosis.conclude import conclude, with_expectation
from connector_probe.diagnosis.notes import vantage_notes
from connector_probe.diagnosis.outage import with_earlier
from connector_probe.diagnosis.run_context import RunContext
from connector_probe.model.connector import Connector, ConnectorError
from connector_probe.model.dataclass import dataclass
from connector_probe.model.errors import HintedError
from connector_probe.model.evidence import ConnectorEvidence, Exchange, Handshake
from connector_probe.model.printable import printable
from connector_probe.model.verdict import (
    REPORT_SCHEMA,
    RESULT_SCHEMA,
    ConnectorReport,
    Outage,
    Report,
    Result,
    Status,
    Summary,
    VantageReport,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import with_maintenance
from connector_probe.wording.render import notes_in_words, worded

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_DEPTH = 30  # brackets within brackets; a report has ten or so


class SavedReportError(HintedError, ValueError):
    """A file that is no report, or not one that can be read. ``str()`` says why; ``hint`` says what to do."""


@dataclass(frozen=True, slots=True)
class SavedResult:
    """``strict``: a warning had not been as expected (--strict). ``outage``: the bounce clock as it stood then.

    ``maintenance``: the end of the window that a failure fell into.
    """

    connector: Connector
    evidence: ConnectorEvidence
    strict: bool
    outage: Outage | None = None
    maintenance: datetime | None = None


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report without its conclusions. ``superseded``: results that a later one of the same connector replaces."""

    started_at: datetime
    duration: float
    version: str
    vantage: VantageReport
    results: tuple[SavedResult, ...]
    superseded: int = 0


def read_report(text: str) -> SavedReport:
    """A whole report, or lines of jsonl: of each connector the last one. Raises SavedReportError."""
    documents = list(_documents(text))
    if documents[0]["schema"] == RESULT_SCHEMA:
        return _of_lines(documents)
    if len(documents) > 1:
        raise SavedReportError("there is more than one report in it", "give each a file of its own")
    document = _printable(documents[0])
    results = document.get("results")
    if not isinstance(results, list) or not results:
        raise SavedReportError("the report has no results", _WRITE_ONE)
    return SavedReport(
        started_at=_read(datetime, document, "started_at", ""),
        duration=_read(float, document, "duration", ""),
        version=_read(str, document, "version", ""),
        vantage=_read(VantageReport, document, "vantage", ""),
        results=tuple(_result(one, f"results[{at}]") for at, one in enumerate(results)),
    )


def _of_lines(documents: list[dict[str, Any]]) -> SavedReport:
    """The report around them. A file that run after run was added to has each connector many times: the last counts."""
    lines: dict[str, tuple[str, dict[str, Any]]] = {}
    for at, document in enumerate(documents):
        if document["schema"] != RESULT_SCHEMA:
            raise SavedReportError(f"results[{at}] is a whole report among single results", _WRITE_ONE)
        name = str(document.get("name"))
        lines.pop(name, None)
        lines[name] = f"results[{at}]", document
    kept = [(place, _printable(document)) for place, document in lines.values()]
    results = tuple(_result(line, place) for place, line in kept)
    vantages: list[VantageReport] = [_read(VantageReport, line, "vantage", place) for place, line in kept]
    started_at = min(one.evidence.started_at for one in results)
    try:
        ended_at = max(one.evidence.started_at + timedelta(seconds=one.evidence.seconds) for one in results)
    except OverflowError:
        raise SavedReportError("a result took longer than there is time", _WRITE_ONE) from None
    return SavedReport(
        started_at=started_at,
        duration=round((ended_at - started_at).total_seconds(), 4),
        version=_read(str, kept[-1][1], "version", kept[-1][0]),
        vantage=VantageReport(
            hostname=vantages[-1].hostname,
            nameservers=tuple(dict.fromkeys(one for vantage in vantages for one in vantage.nameservers)),
            source_addresses=tuple(dict.fromkeys(one for vantage in vantages for one in vantage.source_addresses)),
            notes=vantages[-1].notes,
        ),
        results=results,
        superseded=len(documents) - len(kept),
    )


def diagnose_again(saved: SavedReport, words: Catalogue = ENGLISH) -> Report:
    """The report as its evidence is understood now; nothing is probed. Raises SavedReportError."""
    connectors = [one.connector for one in saved.results]
    evidence = [one.evidence for one in saved.results]
    results: list[Result] = []
    words = Catalogue(words.language, _missing_fact)
    try:
        run = RunContext.of(evidence)
        for one in saved.results:
            result = worded(conclude(one.connector, one.evidence, run), words)
            if one.outage is not None:  # what history knew is not in the evidence
                result = with_earlier(result, one.outage)
            result = with_maintenance(result, one.maintenance, words)
            results.append(with_expectation(result, strict=one.strict))
        notes = notes_in_words(vantage_notes(connectors, evidence), words)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as problem:
        # The types were right; this is a combination of facts that no probe ever writes.
        where = f"results[{len(results)}].evidence" if len(results) < len(saved.results) else "the evidence"
        kind = str(problem) if isinstance(problem, _MissingFactError) else type(problem).__name__
        raise SavedReportError(f"{where} contradicts itself ({kind})", _WRITE_ONE) from None
    return Report(
        schema=REPORT_SCHEMA,
        started_at=saved.started_at,
        duration=saved.duration,
        version=saved.version,
        vantage=replace(saved.vantage, notes=notes),
        summary=Summary(**{status.value: sum(one.status is status for one in results) for status in Status}),
        results=tuple(results),
    )


class _MissingFactError(LookupError):
    """The evidence leads to a sentence, and does not hold what it says."""


def _missing_fact(slot: str, template: str) -> str:
    raise _MissingFactError(f"nothing tells the {slot.replace('_', ' ')}")


# --- the parts -------------------------------------------------------------------------------------------------

_GAP = re.compile(r"[\ufeff \t\r\n]*")
_OPTIONAL_TEXT = (str | None, "str | None")  # as annotations are, and as those are that are texts
_WRITE_ONE = "write one with: probe HOST --json -o report.json"


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """At least one: the objects in ``text``, each of a schema of ours."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    at, found = _gap(text, 0), False
    while at < len(text) or not found:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as problem:
            where = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
            hint = "was it cut off when it was saved?"
            raise SavedReportError(f"the report is not valid JSON{where}", hint) from None
        if not isinstance(value, dict):
            raise SavedReportError("the report is not a JSON object", _WRITE_ONE)
        schema = value.get("schema")
        if schema not in (REPORT_SCHEMA, RESULT_SCHEMA):
            raise SavedReportError(
                f"the document's schema is {printable(str(schema), 60)}, not {REPORT_SCHEMA}", _WRITE_ONE
            )
        yield value
        at, found = _gap(text, at), True


def _gap(text: str, at: int) -> int:
    """Where the white space from ``at`` on ends."""
    return next(_GAP.finditer(text, at)).end()


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _printable(value: Any, depth: int = MAX_DEPTH) -> Any:  # noqa: ANN401 - any JSON value
    if depth == 0:
        raise SavedReportError("the report is nested too deeply", _WRITE_ONE)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {printable(name): _printable(item, depth - 1) for name, item in value.items()}
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any of the model's types
    from pydantic import TypeAdapter  # late: it is slow to import, and slow to make

    return TypeAdapter(kind)


def _read(kind: Any, source: dict[str, Any], key: str, where: str) -> Any:  # noqa: ANN401 - any of the model's types
    """``source[key]`` as ``kind``, by the strict rules of JSON. Raises SavedReportError with the place."""
    from pydantic import ValidationError

    place = f"{where}.{key}" if where else key
    if key not in source:
        raise SavedReportError(f"{place} is missing", _WRITE_ONE)
    try:
        value = _adapter(kind).validate_json(json.dumps(source[key], ensure_ascii=True), strict=True)
    except (ValidationError, ValueError, RecursionError) as problem:
        detail = problem.errors()[0] if isinstance(problem, ValidationError) else {"loc": (), "msg": "not readable"}
        path = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in detail["loc"])
        message = f"{place}{path}: {detail['msg']}"
        raise SavedReportError(printable(message, 200), _WRITE_ONE) from None
    for fault in _faults(value, place):
        raise SavedReportError(printable(fault, 200), _WRITE_ONE)
    return value


def _faults(value: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - any of the model's types
    """What the types do not say: times with a zone, finite numbers, exchanges that ended in exactly one way."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        yield f"{place}: the time has no zone"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: the number is not finite"
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _faults(item, f"{place}[{at}]")
    elif is_dataclass(value) and not isinstance(value, type):
        if (
            isinstance(value, Exchange)
            and sum(one is not None for one in (value.reply, value.fault, value.garble)) != 1
        ):
            yield f"{place}: exactly one of reply, fault and garble must be set"
        if isinstance(value, Handshake) and (value.session is None) == (value.fault is None):
            yield f"{place}: exactly one of session and fault must be set"
        if isinstance(value, ConnectorEvidence) and not 0 < len(value.attempts) == len(value.transcripts):
            yield f"{place}: attempts: {len(value.attempts)}, transcripts: {len(value.transcripts)}"
        for field in fields(value):
            if field.type in _OPTIONAL_TEXT and getattr(value, field.name) == "":
                yield f"{place}.{field.name}: the text is empty; null stands for none"
            yield from _faults(getattr(value, field.name), f"{place}.{field.name}")


def _result(value: Any, place: str) -> SavedResult:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        raise SavedReportError(f"{place} is not an object", _WRITE_ONE)
    asked: ConnectorReport = _read(ConnectorReport, value, "connector", place)
    expect, status, expected = (
        _read(str, value, "expect", place),
        _read(Status, value, "status", place),
        _read(bool, value, "expected", place),
    )
    try:
        given = {field.name: getattr(asked, field.name) for field in fields(asked)}
        connector = Connector(name=_read(str, value, "name", place), expect=expect, **given)
    except ConnectorError as problem:
        raise SavedReportError(f"{place}.connector: {problem}", problem.hint) from None
    strict = status is Status.WARNING and expect == "healthy" and not expected
    evidence = _read(ConnectorEvidence, value, "evidence", place)
    outage = _read(Outage, value, "outage", place) if value.get("outage") is not None else None
    maintenance = _read(datetime, value, "maintenance", place) if value.get("maintenance") is not None else None
    return SavedResult(connector, evidence, strict, outage, maintenance)
