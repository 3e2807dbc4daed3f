"""The catalogue of codes, as text: all in a line each, or one with everything; and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from connector_probe.bounces.code_catalogue import CodeDocument, CodeEntry
from connector_probe.formats.json import jsonable
from connector_probe.formats.layout import pad, wrap
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Culprit
from connector_probe.wording.sentences import fill

_BOLD, _DIM = "1", "2"


def to_json(document: CodeDocument) -> str:
    """One object, in ASCII."""
    return json.dumps(jsonable(document), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def to_text(document: CodeDocument, options: RenderOptions, *, whole: bool) -> str:
    """``whole``: with meaning, causes and remedies of each."""
    page = _Page(options)
    if whole:
        return "\n\n".join("\n".join(page.entry(one)) for one in document.codes) + "\n"
    return "\n".join(line for one in document.codes for line in page.row(one)) + "\n"


class _Page:
    """Lines of text within a width, in colour or not."""

    def __init__(self, options: RenderOptions) -> None:
        self._options = options
        self._say = options.words.text
        self._explain = options.words.explain

    def row(self, one: CodeEntry) -> Iterator[str]:
        yield from self._wrap(one.title, f"{one.code:<8} {one.final_code or '':<8} ", " " * 18)

    def entry(self, one: CodeEntry) -> Iterator[str]:
        forms = f"{one.code} ({one.final_code})" if one.final_code is not None else one.code
        yield from self._wrap(f"{forms} {one.title}", "", "  ", _BOLD)
        yield from self._wrap(one.meaning, "  ", "  ")
        if one.direction is not None:
            yield from self._labelled("label-direction", self._explain[one.direction])
        if one.culprit is not Culprit.UNKNOWN:
            yield from self._labelled("label-culprit", self._explain[f"culprit-{one.culprit}"])
        if one.causes:
            yield ""
            yield self._paint(self._say["why"], _BOLD)
            for cause in one.causes:
                yield from self._wrap(cause.text, "  - ", "    ")
        if one.remedies:
            yield ""
            yield self._paint(self._say["do"], _BOLD)
            for remedy in one.remedies:
                yield from self._wrap(remedy.text, "  - ", "    ")
                for command in remedy.commands:
                    yield f"      {command}"
        if one.classes:
            yield ""
            yield self._paint(self._say["classes"], _BOLD)
            width = max(len(each.id.value) for each in one.classes)
            for each in one.classes:
                yield from self._wrap(each.title, f"  {pad(each.id.value, width)}  ", " " * (width + 4))
        yield ""
        yield self._paint(f"{self._say['reference']} {one.reference}", _DIM)

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        return self._wrap(fill(self._say["labelled"], {"label": self._explain[label], "text": text}), "  ", "  ")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._options.colour and colour and text else text

    def _wrap(self, text: str, first: str, then: str, colour: str = "") -> Iterator[str]:
        return (self._paint(line, colour) for line in wrap(text, self._options.width, first, then))
