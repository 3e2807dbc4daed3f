"""The words: one package for each language, each holding one Catalogue.

Each table stands in one of that package's modules, under the name of its field in capitals. Sentences are templates over
the facts of one attempt (``diagnosis.facts``). A test holds that every language has every sentence, and that every
template can be filled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from importlib import import_module
from typing import Any

from connector_probe.model.dataclass import dataclass
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId, WarningId
from connector_probe.model.verdict import FailureClass

_MODULES = ("causes", "classes", "compare", "explain", "facts", "rehearsal", "remedies", "serve", "text", "warnings")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All words of one language, by id. ``titles`` are a few words, ``details`` one sentence: what was seen.

    ``missing``: what is said for a fact (slot, template) that is not there.
    """

    language: str
    titles: dict[FailureClass, str]
    details: dict[FailureClass, str]
    headings: dict[HeadingId, str]
    causes: dict[CauseId, str]
    remedies: dict[RemedyId, str]
    evidence: dict[EvidenceId, str]
    warnings: dict[WarningId, str]
    also_seen: dict[str, str]
    notes: dict[str, str]
    text: dict[str, str]
    explain: dict[str, str]
    clock: dict[str, str]
    facts: dict[str, str]
    rehearsal: dict[str, str]
    history: dict[str, str]
    compare: dict[str, str]
    notice: dict[str, str]
    serve: dict[str, str]
    missing: Callable[[str, str], str] | None = None
    phrases: dict[str, str] = field(init=False, repr=False)

    @classmethod
    def of(cls, language: str) -> Catalogue:
        """The one of the package ``language``. Raises TypeError for a table that is missing, or that nobody knows."""
        modules = [import_module(f"{__name__}.{language}.{name}") for name in _MODULES]
        found = ((name, table) for module in modules for name, table in vars(module).items() if name.isupper())
        tables: dict[str, Any] = {name.lower(): table for name, table in found if isinstance(table, dict)}
        return cls(language, **tables)

    def __post_init__(self) -> None:
        titles = {f"class-{failure}": text for failure, text in self.titles.items()}
        details = {f"detail-{failure}": text for failure, text in self.details.items()}
        headings = {f"heading-{key}": text for key, text in self.headings.items()}
        object.__setattr__(self, "phrases", self.text | self.facts | self.rehearsal | titles | details | headings)

    def join(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other, as the language sets them."""
        return self.text["between-sentences"].join(sentences)

    def listed(self, items: Iterable[str]) -> str:
        return self.text["between-items"].join(items)
