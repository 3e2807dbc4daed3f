"""The words of a notification: short, for a telephone."""

from __future__ import annotations

NOTICE: dict[str, str] = {
    "title": "{status}: {name}: {headline}",
    "title-several": "connector-probe: {counts}",
    "cause": "Cause ({verdict}): {cause}",
    "remedy": "What to do: {remedy}",
    "expected": "As expected again.",
    "failed": "It failed from {since} to {at} ({lasting}).",
    "more": "And {count} more: probe history lists them.",
    "from": "Probed from {host} at {at}.",
}
