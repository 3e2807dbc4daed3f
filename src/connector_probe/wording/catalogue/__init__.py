"""The words: one package for each language, each holding one Catalogue.

Each table stands in one of that package's modules, under its own name in capitals. Sentences are templates over
the facts of one attempt (``diagnosis.facts``). A test holds that every language has every sentence, and that every
template can be filled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId, WarningId
    from connector_probe.model.verdict import FailureClass

# The tables that stand in another module than one of their own name.
_HOMES = {
    **dict.fromkeys(("titles", "details", "headings"), "classes"),
    **dict.fromkeys(("clock", "history", "notice"), "text"),
    **dict.fromkeys(("also_seen", "notes"), "warnings"),
    "evidence": "causes",
}


class Catalogue:
    """All words of one language, by id, each table loaded when it is first asked for.

    ``titles`` are a few words, ``details`` one sentence: what was seen. ``missing``: what is said for a fact (slot,
    template) that is not there.
    """

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

    def __init__(self, language: str, missing: Callable[[str, str], str] | None = None) -> None:
        self.language, self.missing = language, missing

    def __getattr__(self, name: str) -> object:
        if name not in Catalogue.__annotations__:
            raise AttributeError(name)
        module = import_module(f"{__name__}.{self.language}.{_HOMES.get(name, name)}")
        return self.__dict__.setdefault(name, getattr(module, name.upper()))

    @cached_property
    def phrases(self) -> dict[str, str]:
        """What sentences and their parts are looked up in."""
        titles = {f"class-{failure}": text for failure, text in self.titles.items()}
        details = {f"detail-{failure}": text for failure, text in self.details.items()}
        headings = {f"heading-{key}": text for key, text in self.headings.items()}
        return self.text | self.facts | self.rehearsal | titles | details | headings

    def join(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other, as the language sets them."""
        return self.text["between-sentences"].join(sentences)

    def listed(self, items: Iterable[str]) -> str:
        return self.text["between-items"].join(items)
