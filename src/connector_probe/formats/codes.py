"""The catalogue of codes, as text: all in a line each, or one with everything."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.bounces.code_catalogue import CodeDocument, CodeEntry
from connector_probe.formats.document import Bullets, Part, Steps
from connector_probe.formats.layout import pad
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.sheet import BOLD, DIM, Sheet
from connector_probe.model.verdict import Culprit
from connector_probe.wording.sentences import fill


def to_text(document: CodeDocument, options: RenderOptions, *, whole: bool) -> str:
    """``whole``: with meaning, causes and remedies of each."""
    page = _Page(options)
    if whole:
        return "\n\n".join("\n".join(page.entry(one)) for one in document.codes) + "\n"
    return "\n".join(line for one in document.codes for line in page.row(one)) + "\n"


class _Page(Sheet):
    def row(self, one: CodeEntry) -> Iterator[str]:
        yield from self._wrap(one.title, f"{one.code:<8} {one.final_code or '':<8} ", " " * 18)

    def entry(self, one: CodeEntry) -> Iterator[str]:
        forms = f"{one.code} ({one.final_code})" if one.final_code is not None else one.code
        yield from self._wrap(f"{forms} {one.title}", "", "  ", BOLD)
        yield from self._wrap(one.meaning, "  ", "  ")
        if one.direction is not None:
            yield from self._labelled("label-direction", self._words.explain[one.direction])
        if one.culprit is not Culprit.UNKNOWN:
            yield from self._labelled("label-culprit", self._words.explain[f"culprit-{one.culprit}"])
        if one.causes:
            yield from self.part(Part(self._say["why"], [Bullets([cause.text for cause in one.causes])]))
        if one.remedies:
            yield from self.part(Part(self._say["do"], [Steps(one.remedies)]))
        if one.classes:
            yield ""
            yield self._heading("classes")
            width = max(len(each.id.value) for each in one.classes)
            for each in one.classes:
                yield from self._wrap(each.title, f"  {pad(each.id.value, width)}  ", " " * (width + 4))
        yield ""
        yield self._paint(f"{self._say['reference']} {one.reference}", DIM)

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        return self._wrap(fill(self._say["labelled"], {"label": self._words.explain[label], "text": text}), "  ", "  ")
