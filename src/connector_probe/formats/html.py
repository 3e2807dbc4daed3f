"""One HTML page that needs nothing else: no script, no fonts, no pictures; for light and dark screens and for paper.

Markup can only be made by ``_tag``, which escapes every text given to it, so that no text of a server can become
markup. The page's own content policy forbids scripts and everything foreign, should that ever fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from connector_probe.formats import document as tree
from connector_probe.formats.options import TRUSTED_LINK, RenderOptions
from connector_probe.model.verdict import Badge, Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class _Html(str):
    """Markup. Every other string is text."""

    __slots__ = ()


def _tag(name: str, *inside: str, **attributes: str) -> _Html:
    """An element. Text and attributes are escaped; ``class_`` is the attribute "class"; empty ones are left out."""
    told = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items() if value)
    return _Html(f"<{name}{told}>{_join(inside)}</{name}>")


def _join(parts: Sequence[str]) -> _Html:
    return _Html("".join(part if isinstance(part, _Html) else escape(part) for part in parts))


def _meta(**attributes: str) -> _Html:
    told = "".join(f' {key.replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return _Html(f"<meta{told}>")


def render(report: Report, options: RenderOptions) -> str:
    """The whole page. With verbosity -1, connectors that are as expected are left out."""
    document, words = tree.document(report, options), options.words
    sections = document.sections
    title = f"{sections[0].verdict.word} {sections[0].verdict.name}" if sections else document.totals
    if document.several:
        title = document.totals
    parts = [_tag("header", _tag("h1", document.totals), _tag("p", " · ".join(document.origin)), class_="top")]
    if len(sections) > 1:
        parts.append(_overview(sections))
    parts += [_section(one, number, words.text["notes"]) for number, one in enumerate(sections)]
    head = _tag(
        "head",
        _meta(charset="utf-8"),
        _meta(http_equiv="Content-Security-Policy", content=_POLICY),
        _meta(name="viewport", content="width=device-width, initial-scale=1"),
        _tag("title", title),
        _tag("style", _Html(f"\n{_style()}")),
    )
    body = _tag("body", _tag("main", _lines(parts)))
    return f"<!DOCTYPE html>\n{_tag('html', head, _Html(chr(10)), body, lang=words.language)}\n"


@cache
def _style() -> str:
    return files(__package__).joinpath("html.css").read_text(encoding="utf-8")


def _overview(sections: Sequence[tree.Section]) -> _Html:
    items = [
        _tag(
            "li",
            _badge(one.verdict.word, one.verdict.badge),
            _tag("a", one.verdict.name, href=f"#c{number}"),
            _tag("span", one.verdict.gist, class_="why"),
            class_=one.verdict.badge.value,
        )
        for number, one in enumerate(sections)
    ]
    return _tag("ul", *items, class_="list")


def _badge(text: str, badge: Badge) -> _Html:
    return _tag("span", text, class_=f"badge {badge.value}")


def _section(section: tree.Section, number: int, notes: str) -> _Html:
    """One connector's card."""
    parts = list(_verdict(section.verdict))
    for part in section.parts:
        if part.heading:
            parts.append(_tag("h3", part.heading))
        for block in part.blocks:
            parts += _block(block)
    if section.notes:
        parts += [_tag("h3", notes), *_listed(section.notes)]
    return _tag("article", _lines(parts), id=f"c{number}", class_=section.verdict.badge.value)


def _verdict(told: tree.Verdict) -> Iterator[_Html]:
    yield _tag("h2", _badge(told.word, told.badge), _tag("span", told.name), class_="name")
    yield _tag("p", told.headline, class_="verdict")
    if told.notice:
        yield _tag("p", told.notice, class_="seen")
    lines = {"title": told.title, "seen": told.detail, "told clock": told.clock, "told": told.expectation}
    yield from (_tag("p", text, class_=class_) for class_, text in lines.items() if text)


def _block(block: tree.Block) -> Iterator[_Html]:
    match block:
        case tree.Causes():
            items = (
                _tag("li", _tag("b", one.word), _tag("span", one.text), class_=one.verdict.value) for one in block.items
            )
            yield _tag("ul", *items, class_="causes")
        case tree.Steps():
            steps = (
                _tag("li", _linked(one.text), *(_tag("pre", line) for line in one.commands)) for one in block.items
            )
            yield _tag("ol", *steps)
        case tree.Reply():
            yield _tag("pre", block.text)
        case tree.Source():
            yield _tag("p", f"{block.confidence} {block.label} ", _linked(block.link), class_="quiet")
        case tree.Paragraph():
            yield _tag("p", block.text, class_="quiet")
        case tree.Bullets():
            yield from _listed(block.items, "warnings" if isinstance(block, tree.Alerts) else "quiet")
        case tree.Address():
            yield _address(block)
            yield from _listed(block.policies)
        case tree.Answers():
            yield _answers(block)
            if block.note:
                yield _tag("p", block.note, class_="quiet")
        case tree.Certificates():
            for rows in block.certificates:
                cells = (cell for label, value in rows for cell in (_tag("dt", label), _tag("dd", value)))
                yield _tag("dl", *cells)
            yield from _listed(block.remarks)
        case tree.Conversation():
            yield _tag("pre", "\n".join(block.texts))


def _address(address: tree.Address) -> _Html:
    timed = [(one.stage.start, one.stage.duration) for one in address.stages]
    whole = max((start + took for start, took in timed if start is not None and took is not None), default=0.0)
    rows = (_stage(one, whole) for one in address.stages)
    caption = _tag("caption", address.endpoint, " ", _badge(address.state, address.badge))
    return _tag("table", caption, _tag("tbody", *rows))


def _stage(line: tree.StageLine, whole: float) -> _Html:
    """``whole``: the seconds that the bar's full width stands for."""
    bar: list[str] = []
    start, took = line.stage.start, line.stage.duration
    if start is not None and took and whole > 0:
        bar.append(_tag("i", style=f"margin-left:{min(100 * start / whole, 97):.1f}%;width:{100 * took / whole:.1f}%"))
    return _tag(
        "tr",
        _tag("th", line.name, scope="row"),
        _tag("td", line.word, class_="state"),
        _tag("td", line.took, class_="took"),
        _tag("td", _tag("span", *bar), class_="bar"),
        _tag("td", line.fact, class_="fact"),
        class_=line.stage.status,
    )


def _answers(answers: tree.Answers) -> _Html:
    rows = [
        _tag(
            "tr",
            _tag("th", server, scope="row"),
            _tag("td", what),
            _tag("td", took, class_="took"),
            _tag("td", answer, class_="fact"),
        )
        for server, what, took, answer in answers.rows
    ]
    return _tag("table", _tag("caption", answers.caption), _tag("tbody", *rows))


def _lines(parts: Iterable[_Html]) -> _Html:
    return _Html("".join(f"{part}\n" for part in parts))


def _listed(texts: Sequence[str], class_: str = "quiet") -> Iterator[_Html]:
    """A list of ``texts``, and nothing where there are none."""
    if texts:
        yield _tag("ul", *(_tag("li", _linked(text)) for text in texts), class_=class_)


def _linked(text: str) -> _Html:
    """``text``, with the trusted addresses in it as links."""
    parts = re.split(TRUSTED_LINK, text)  # every second one is a link
    return _join([_tag("a", one, href=one, rel="noreferrer") if at % 2 else one for at, one in enumerate(parts)])
