"""What documents there are: formats and languages. Apart from what writes them, which is slow to import."""

from __future__ import annotations

from enum import StrEnum


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
    """By its ISO 639-1 code, as ``--lang`` takes it; each has a catalogue in ``diagnosis.catalogue``."""

    ENGLISH = "en"
    CHINESE = "zh"
