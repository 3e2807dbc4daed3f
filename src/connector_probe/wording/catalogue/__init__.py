"""The words: one module for each language, each holding one Catalogue.

Sentences are templates over the facts of one attempt (``diagnosis.facts``). A test holds that every language has
every sentence, and that every template can be filled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId, WarningId
from connector_probe.model.verdict import FailureClass


@dataclass(frozen=True, slots=True)
class RemedyWords:
    """``commands`` are pasted into PowerShell or a shell; they never hold text that a server sent."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassWords:
    """``title`` in a few words; ``detail`` one sentence: what was seen."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All words of one language, by id."""

    language: str
    classes: dict[FailureClass, ClassWords]
    headings: dict[HeadingId, str]
    causes: dict[CauseId, str]
    remedies: dict[RemedyId, RemedyWords]
    evidence: dict[EvidenceId, str]
    warnings: dict[WarningId, str]
    also_seen: dict[str, str]
    notes: dict[str, str]
    text: dict[str, str]
    explain: dict[str, str]
    clock: dict[str, str]
    facts: dict[str, str]
    history: dict[str, str]
    compare: dict[str, str]
    notice: dict[str, str]
    serve: dict[str, str]
    phrases: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        titles = {f"class-{failure}": one.title for failure, one in self.classes.items()}
        details = {f"detail-{failure}": one.detail for failure, one in self.classes.items()}
        headings = {f"heading-{key}": text for key, text in self.headings.items()}
        object.__setattr__(self, "phrases", self.text | self.facts | titles | details | headings)

    def join(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other, as the language sets them."""
        return self.text["between-sentences"].join(sentences)

    def listed(self, items: Iterable[str]) -> str:
        return self.text["between-items"].join(items)
