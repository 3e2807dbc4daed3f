"""What documents there are: formats and languages. Apart from what writes and reads them, which is slow to import."""

from __future__ import annotations

from enum import StrEnum

MAX_REPORT = 256 * 1024 * 1024  # octets of a file; a thousand connectors have some thirty MiB
SAMPLE = 10_000  # of a text, in which a report names its schema


class Format(StrEnum):
    """As ``--format`` takes it; each is a file of the same name in ``formats``."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"
    GITHUB = "github"
    MARKDOWN = "markdown"
    HTML = "html"


class Language(StrEnum):
    """By its ISO 639-1 code, as ``--lang`` takes it; each has a catalogue in ``wording.catalogue``."""

    ENGLISH = "en"
    CHINESE = "zh"


def is_report(text: str) -> bool:
    """Whether ``text`` is meant as one of our JSON documents, sound or not."""
    return text.lstrip("\ufeff \t\r\n").startswith("{") and '"connector-probe/' in text[:SAMPLE]
