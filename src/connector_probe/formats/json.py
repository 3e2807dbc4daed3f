"""The JSON report, and the way of any of our dataclasses into JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    kind = type(value)
    if kind in _PLAIN:
        return value
    if is_dataclass(kind):
        return {name: jsonable(getattr(value, field)) for field, name in _keys(kind)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Mapping):
        return {str(jsonable(name)): jsonable(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [jsonable(item) for item in value]
    if isinstance(value, float):
        return round(value, 6)
    return value


@cache
def _keys(kind: type) -> tuple[tuple[str, str], ...]:
    """Each field of the dataclass ``kind``, with its JSON key."""
    return tuple((field.name, key(field.name)) for field in fields(kind))


def key(field_name: str) -> str:
    """The JSON key of a field: ``class_`` is "class"."""
    return field_name.removesuffix("_")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, "2026-11-24T03:42:51.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
