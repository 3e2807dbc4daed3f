"""The server's log: one line an event on standard error, as text or as JSON. Nothing a server sent is raw in it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum

from connector_probe.model.printable import printable

MAX_LINE = 2000  # characters


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def set_up(format_: LogFormat) -> None:
    """For this process: our own events from INFO on, other libraries' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if format_ is LogFormat.JSON else _Text())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("connector_probe").setLevel(logging.INFO)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{_at(record)} {record.levelname.lower()}: {_message(record)}{_trace(self, record)}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {"time": _at(record), "level": record.levelname.lower(), "message": _message(record)}
        if trace := _trace(self, record):
            told["trace"] = trace
        return json.dumps(told | {"logger": record.name}, ensure_ascii=True)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    return printable(record.getMessage(), MAX_LINE)


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    lines = formatter.formatException(record.exc_info).splitlines()
    return "".join(f"\n  {printable(line, MAX_LINE)}" for line in lines)
