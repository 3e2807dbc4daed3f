"""Errors in records: message traces as CSV or JSON (portal, Get-MessageTraceDetailV2, Graph), validation results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connector_probe.bounces import surroundings
from connector_probe.bounces.known_codes import Topic
from connector_probe.bounces.parser import BounceSource, DocumentErrors, ErrorFound, errors_in
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import UNCONNECTED, Meaning
from connector_probe.bounces.text import plain
from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import Confidence, FailureClass

_MAX_DEPTH = 20
# What a column holds, by its name_of in one export or the other.
_FACTS = {
    column: fact
    for fact, columns in {
        "recipient": "recipientaddress recipient finalrecipient",
        "time": "date datetime datetimeutc dateutc receiveddatetime received timestamp origintimestamputc",
        "address": "toip serverip",
    }.items()
    for column in columns.split()
}
_FAILED = pattern(r"\b(?:failed|fail|pending|defer(?:red)?|gettingstatus)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Record:
    """``values`` by name_of their names; ``facts`` from them and from the objects around."""

    values: dict[str, str]
    facts: dict[str, str]


def name_of(column: str) -> str:
    """A column's name without what one export writes differently from the other."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def found_in_records(value: object) -> DocumentErrors:
    """The errors in parsed JSON, CSV or CliXml, whatever its nesting."""
    records = list(_records(value, {}, 0))
    tasks = [record for record in records if "taskname" in record.values]
    if tasks:
        return _validation(tasks)
    errors = tuple(error for record in records for error in _errors(record))
    if errors:
        return DocumentErrors(errors)
    statuses = [
        record.values[key] for record in records for key in ("status", "recipientstatus") if key in record.values
    ]
    if not any("messageid" in record.values or "messagetraceid" in record.values for record in records):
        return DocumentErrors(())
    return DocumentErrors(
        (), "trace-without-reasons" if any(map(_FAILED.search, statuses)) else "trace-without-failures"
    )


def _records(value: object, outer: dict[str, str], depth: int) -> Iterator[_Record]:
    """The objects in ``value`` that hold texts, from the outside to the inside."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        texts = {name_of(str(key)): text for key, item in value.items() if (text := _shown(item)) is not None}
        facts = outer | {_FACTS[key]: text for key, text in texts.items() if key in _FACTS and text}
        if texts:
            yield _Record(texts, facts)
        for item in value.values():
            if _shown(item) is None:
                yield from _records(item, facts, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _records(item, outer, depth + 1)
    elif isinstance(value, str):
        yield _Record({"": value}, outer)


def _shown(value: object) -> str | None:
    """A text, a plain value or a list of texts, as text; None for what has a structure of its own."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return str(value) if isinstance(value, str | bool | int) else None


def _errors(record: _Record) -> Iterator[ErrorFound]:
    """The errors in one record's texts, with what its other columns say."""
    text = plain("\n\n".join(record.values.values()))
    facts = record.facts
    for error in errors_in(text).errors:
        address = error.address or surroundings.bare_address(facts.get("address", ""))
        yield error._replace(
            source=BounceSource.TRACE if error.source is BounceSource.BARE else error.source,
            recipient=error.recipient or facts.get("recipient"),
            address=address,
            occurred_at=error.occurred_at or surroundings.last_time(facts.get("time", "")),
        )


# --- Validate-OutboundConnector ----------------------------------------------------------------------------------

_F = FailureClass
# What a task tries, by a word of its name: Microsoft documents resolving, connecting, EHLO, and a test mail.
_TASKS = (
    (re.compile(r"resol|dns", re.IGNORECASE), (_F.DNS_NXDOMAIN, _F.DNS_NO_ADDRESS, _F.DNS_SERVFAIL)),
    (re.compile(r"ehlo|smtp", re.IGNORECASE), (_F.EHLO_CLOSED, _F.EHLO_REJECTED, _F.BANNER_REJECTED)),
    (re.compile(r"tls|certificate", re.IGNORECASE), (_F.STARTTLS_NOT_OFFERED, _F.TLS_RESET)),
    (re.compile(r"connect", re.IGNORECASE), UNCONNECTED),
)
_MAX_DETAIL = 600


def _validation(tasks: list[_Record]) -> DocumentErrors:
    """The tasks that failed, in their order."""
    failed = [
        task for task in tasks if task.values.get("istasksuccessful", "").strip().lower() not in ("true", "1", "yes")
    ]
    errors = tuple(error for task in failed for error in _task(task))
    return DocumentErrors(errors, "" if errors else "validation-without-failures")


def _task(record: _Record) -> Iterator[ErrorFound]:
    name = record.values["taskname"].strip()
    details = [text for key, text in record.values.items() if key not in ("taskname", "istasksuccessful")]
    detail = plain("\n\n".join(details))
    errors = [error._replace(source=BounceSource.VALIDATION) for error in errors_in(detail).errors]
    if errors:
        yield from errors
        return
    classes = next((found for word, found in _TASKS if word.search(name)), ())
    yield ErrorFound(
        code=None,
        written=None,
        final=False,
        source=BounceSource.VALIDATION,
        meaning=Meaning(classes, Confidence.INFERRED, Topic.VALIDATION_FAILED, undecided=True),
        message=surroundings.one_line(f"{name}: {detail}")[:_MAX_DETAIL].rstrip(": "),
    )
