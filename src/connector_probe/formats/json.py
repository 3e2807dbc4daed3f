"""The JSON report, and the way of any of our dataclasses into JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Report

INDENTED = 50  # results; more are for programs alone, and json writes them several times faster without
_PLAIN = frozenset({str, int, bool, type(None)})  # by far most of a report


def render(report: Report, options: RenderOptions) -> str:
    """One object in ASCII: no terminal and no log can be harmed by what a server sent. A fleet's is one line."""
    indent = 2 if len(report.results) <= INDENTED else None
    return json.dumps(jsonable(report), indent=indent, ensure_ascii=True, allow_nan=False) + "\n"


def jsonable(value: Any) -> Any:  # noqa: ANN401 - any of the model's types goes in, any JSON value comes out
    """``value`` as plain JSON types. Times are RFC 3339 UTC; a field's trailing underscore is dropped."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _way_of(kind)(value)


@cache
def _way_of(kind: type[object]) -> Callable[[Any], Any]:
    """How values of this type become JSON: a report has some hundred thousand, of few types."""
    if is_dataclass(kind):
        keys = tuple((field.name, key(field.name)) for field in fields(kind))
        return lambda value: {name: jsonable(getattr(value, field)) for field, name in keys}
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return timestamp
    if issubclass(kind, Mapping):
        return lambda value: {str(jsonable(name)): jsonable(item) for name, item in value.items()}
    if issubclass(kind, (tuple, list)):
        return lambda value: [jsonable(item) for item in value]
    return lambda value: value


def key(field_name: str) -> str:
    """The JSON key of a field: ``class_`` is "class"."""
    return field_name.removesuffix("_")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, "2026-11-24T03:42:51.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
