"""Two reports side by side: the types of ``probe compare``, whose fields are the keys of its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector_probe.model.verdict import FailureClass, Status

COMPARISON_SCHEMA = "connector-probe/comparison/1"


class Relation(StrEnum):
    """What the two reports are to each other: made at two places, or at two times from one place."""

    PLACES = "places"
    TIMES = "times"


class Reason(StrEnum):
    """What ``Relation`` was chosen by."""

    GIVEN = "given"
    HOSTNAMES_DIFFER = "hostnames-differ"
    SOURCES_DIFFER = "sources-differ"
    SAME_VANTAGE = "same-vantage"
    SENDER = "sender"  # the sender's own words are one of the places


class Outcome(StrEnum):
    """One connector. NEW, FIXED and CHANGED are of two times; DIFFERS is of two places.

    UNKNOWN: one of the reports could not tell, so that nothing follows. ONLY_FIRST, ONLY_SECOND: the other report
    does not have it.
    """

    SAME = "same"
    DIFFERS = "differs"
    NEW = "new"
    FIXED = "fixed"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    ONLY_FIRST = "only-first"
    ONLY_SECOND = "only-second"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, or that follows. ``matters``: it is worse, or what mail flow hangs on.

    ``first`` and ``second`` are what each report has there, in short; null where that is nothing.
    """

    id: str
    text: str
    matters: bool
    server: str | None = None
    address: str | None = None
    first: str | None = None
    second: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """How a connector stands in one report."""

    name: str
    status: Status
    code: str | None
    class_: FailureClass | None
    title: str | None


@dataclass(frozen=True, slots=True)
class ConnectorComparison:
    """``matters``: this connector alone makes the exit code 1. ``first`` or ``second`` is null where it is missing.

    ``third``: what the sender wrote, where its words stand beside two reports.
    """

    name: str
    outcome: Outcome
    matters: bool
    first: Side | None
    second: Side | None
    differences: tuple[Difference, ...]
    third: Side | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a report, or the sender's words, come from. ``label`` is what the sentences call it.

    ``started_at`` is null where the words tell no time.
    """

    label: str
    file: str
    started_at: datetime | None
    hostname: str
    source_addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """How many connectors have each outcome; ``missing`` are those that only one report has."""

    same: int
    differs: int
    new: int
    fixed: int
    changed: int
    unknown: int
    missing: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole. With ``relation`` "times", ``first`` is the earlier report, however they were given.

    The sender's words are ``first`` beside one report, and ``third`` beside two.
    """

    schema: str
    relation: Relation
    reason: Reason
    first: Origin
    second: Origin
    notes: tuple[str, ...]
    summary: ComparisonSummary
    connectors: tuple[ConnectorComparison, ...]
    third: Origin | None = None
