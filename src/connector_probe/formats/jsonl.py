"""One JSON object a connector, one connector a line: for logs, ``jq``, and results that are read as they arrive."""

from __future__ import annotations

import json
from datetime import datetime

from connector_probe.formats.json import jsonable, timestamp
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Report, Result

RESULT_SCHEMA = "connector-probe/result/1"


def render(report: Report, options: RenderOptions) -> str:
    """The results of the JSON report, each by itself; empty for a report without results."""
    return "".join(line(result, report.started_at, report.version) for result in report.results)


def line(result: Result, started_at: datetime, version: str) -> str:
    """One result with what it needs to stand alone: the keys of the report's results, and when and what probed.

    ASCII, as the report is: U+2028 and its like, which some readers take for a line's end, come out escaped.
    """
    head = {"schema": RESULT_SCHEMA, "started_at": timestamp(started_at), "version": version}
    return json.dumps(head | jsonable(result), separators=(",", ":"), ensure_ascii=True, allow_nan=False) + "\n"
