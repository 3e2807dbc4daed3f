"""The JSON report, and the way of any of our dataclasses into JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from operator import attrgetter
from typing import Any

from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Report

INDENTED = 50  # results; more are for programs alone, and json writes them several times faster without
_NO_RESULTS = "]}"  # how a report without results ends


def render(report: Report, options: RenderOptions) -> str:
    """One object in ASCII: no terminal and no log can be harmed by what a server sent. A fleet's is one line."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """As ``render``, a result at a time: the whole of a fleet's would take more memory than the run."""
    if len(report.results) <= INDENTED:
        yield to_json(report)
        return
    before = dumps(replace(report, results=())).removesuffix(_NO_RESULTS)
    for result in report.results:
        yield before + dumps(result)
        before = ", "
    yield _NO_RESULTS + "\n"


def dumps(value: object, indent: int | None = None, separators: tuple[str, str] | None = None) -> str:
    """``value``, of the model's types, as JSON in ASCII. Times are RFC 3339 UTC; a field's trailing "_" is dropped."""
    return json.dumps(
        value,
        default=members,
        indent=indent,
        separators=separators,
        ensure_ascii=True,
        allow_nan=False,
        check_circular=False,
    )


def to_json(document: object) -> str:
    """A document as a file of its own: one object, in ASCII."""
    return dumps(document, indent=2) + "\n"


def jsonable(value: object) -> Any:  # noqa: ANN401 - any JSON value comes out
    """``value`` as ``dumps`` writes it, in plain JSON types."""
    return json.loads(dumps(value))


def members(value: object) -> Any:  # noqa: ANN401 - any JSON value comes out
    """What json cannot write itself, one level of it made plain: a dataclass is a dict of its members."""
    return _WAYS[type(value)](value)


class _Ways(dict[type, Callable[[Any], Any]]):
    """What makes members of each type, made when the first of it is met: a report has seventy objects a result."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        if is_dataclass(kind):
            names = [field.name for field in fields(kind) if not field.metadata.get("exclude")]
            pairs = ", ".join(f"{key(name)!r}: value.{name}" for name in names)
            self[kind] = eval(f"lambda value: {{{pairs}}}")
        elif issubclass(kind, Enum):
            self[kind] = attrgetter("value")
        elif issubclass(kind, datetime):
            self[kind] = timestamp
        elif issubclass(kind, Mapping):
            self[kind] = dict
        else:
            raise TypeError(f"no JSON is known for {kind.__name__}")
        return self[kind]


_WAYS = _Ways()


def key(field_name: str) -> str:
    """The JSON key of a field: ``class_`` is "class"."""
    return field_name.removesuffix("_")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, "2026-11-24T03:42:51.123456Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
