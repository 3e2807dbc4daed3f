"""One JSON object a connector, one connector a line: for logs, ``jq``, and results that are read as they arrive."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.formats.json import dumps, members, timestamp
from connector_probe.formats.options import RenderOptions, shown
from connector_probe.model.verdict import RESULT_SCHEMA, Report, Result


def render(report: Report, options: RenderOptions) -> str:
    """The results of the JSON report, each by itself. With verbosity -1 only those that are not as expected."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """As ``render``, line by line."""
    return (_line(result, report) for result in shown(report, options))


def _line(result: Result, report: Report) -> str:
    """One result with what it needs to stand alone: the keys of the report's results, and when, whence and what probed.

    ``started_at`` is when this connector's probe began. ASCII, as the report is: U+2028 and its like, which some
    readers take for a line's end, come out escaped.
    """
    head = {
        "schema": RESULT_SCHEMA,
        "started_at": timestamp(result.evidence.started_at),
        "version": report.version,
        "vantage": report.vantage,
    }
    return dumps(head | members(result), separators=(",", ":")) + "\n"
