"""One HTML page that needs nothing else: no script, no fonts, no pictures; for light and dark screens and for paper.

Markup can only be made by ``_tag``, which escapes every text given to it, so that no text of a server can become
markup. The page's own content policy forbids scripts and everything foreign, should that ever fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from connector_probe.formats import document as tree
from connector_probe.formats.options import TRUSTED_LINK, RenderOptions
from connector_probe.model.verdict import Badge, Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --ink: #1c2128; --soft: #59636e; --line: #d8dee4;
  --sunk: #f0f2f5; --link: #0a5cc2; --healthy: #17783a; --warning: #8f5f00; --failing: #c4232f; --unknown: #6b3fc0; }
@media (prefers-color-scheme: dark) { :root { --page: #0e1116; --card: #171b22; --ink: #e4e8ee; --soft: #9aa5b1;
  --line: #2f3741; --sunk: #0f1319; --link: #6cb0ff; --healthy: #46c06b; --warning: #e0aa3a; --failing: #ff7b76;
  --unknown: #b794ff; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 58rem; margin: 0 auto; }
a { color: var(--link); }
.healthy, .as-expected { --tone: var(--healthy); } .warning { --tone: var(--warning); }
.failing, .not-as-expected { --tone: var(--failing); } .unknown { --tone: var(--unknown); }
.top { margin: 0 0 1.25rem; color: var(--soft); font-size: .9rem; }
.top h1 { margin: 0 0 .15rem; color: var(--ink); font-size: 1.15rem; }
.top p { margin: 0; }
.list { margin: 0 0 1.25rem; padding: .4rem 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; list-style: none; }
.list li { display: flex; gap: .75rem; align-items: baseline; padding: .3rem 1.1rem; }
.list a { flex: none; max-width: 50%; color: inherit; font-weight: 600; text-decoration: none;
  overflow-wrap: anywhere; }
.list a:hover { text-decoration: underline; }
.list .why { color: var(--soft); margin-left: auto; text-align: right; }
.list .badge { flex: none; min-width: 6.2rem; text-align: center; }
article { margin: 0 0 1.25rem; padding: 1.3rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-top: 4px solid var(--tone); border-radius: 10px; }
.name { display: flex; gap: .75rem; align-items: baseline; margin: 0; font-size: 1rem; font-weight: 600;
  overflow-wrap: anywhere; }
.badge { padding: .1rem .55rem; border: 1px solid var(--tone); border-radius: 999px; color: var(--tone);
  font-size: .72rem; font-weight: 700; letter-spacing: .05em; white-space: nowrap; }
.verdict { margin: .5rem 0 .6rem; font-size: 1.45rem; font-weight: 700; line-height: 1.25; overflow-wrap: anywhere; }
.title { margin: 0; font-weight: 600; }
.seen, .told { margin: 0 0 .3rem; overflow-wrap: anywhere; }
.told { font-weight: 600; }
.clock { color: var(--tone); }
h3 { margin: 1.5rem 0 .5rem; color: var(--soft); font-size: .78rem; font-weight: 700; letter-spacing: .07em;
  text-transform: uppercase; }
ul, ol { margin: 0; padding-left: 1.4rem; }
li { margin: 0 0 .4rem; overflow-wrap: anywhere; }
.causes { padding: 0; list-style: none; }
.causes li { display: flex; gap: .75rem; }
.causes b { flex: none; width: 6.2rem; }
.confirmed b, .supported b { color: var(--failing); }
.possible b, .ruled-out, .quiet { color: var(--soft); }
.possible b, .ruled-out b { font-weight: 500; }
pre { margin: .4rem 0; padding: .6rem .8rem; background: var(--sunk); border: 1px solid var(--line);
  border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
pre, .fact, .took, dd { font-size: .84rem; font-family: ui-monospace, SFMono-Regular, Consolas, "DejaVu Sans Mono",
  monospace; }
.quiet { margin: .35rem 0; font-size: .87rem; }
.warnings { padding: .7rem 1rem .7rem 2rem; border-left: 3px solid var(--warning); background: var(--sunk); }
table { width: 100%; margin: 0 0 1rem; border-collapse: collapse; }
caption { padding: .35rem 0; font-weight: 600; text-align: left; overflow-wrap: anywhere; }
caption .badge { margin-left: .4rem; }
td, th { padding: .28rem .6rem .28rem 0; border-top: 1px solid var(--line); vertical-align: baseline; text-align: left;
  font-weight: 400; }
.took { white-space: nowrap; text-align: right; }
.state { white-space: nowrap; }
.fact { width: 46%; overflow-wrap: anywhere; }
.bar { width: 22%; min-width: 5rem; padding-right: .6rem; vertical-align: middle; }
.bar span { display: block; border-bottom: 1px solid var(--line); }
.bar i { display: block; height: .45rem; min-width: 3px; border-radius: 3px; background: var(--soft); opacity: .75; }
tr.failed th, tr.failed .state { color: var(--failing); font-weight: 700; }
tr.failed .bar i { background: var(--failing); opacity: 1; }
tr.skipped { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); font-size: .87rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { article { padding: 1rem; } .bar { display: none; } .causes li, .list li { display: block; }
  .list a { max-width: none; }
  .list .why { display: block; text-align: left; } .badge { display: inline-block; }
  .list .badge { margin-right: .6rem; } .causes b { display: block; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .4rem; } }
@media print { :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --sunk: #fff;
  --link: #000; --healthy: #17783a; --warning: #8f5f00; --failing: #c4232f; --unknown: #6b3fc0; }
  body { padding: 0; font-size: 10.5pt; } main { max-width: none; }
  article { padding: 1rem 0; border-width: 3px 0 0; border-radius: 0; } article + article { break-before: page; }
  h3 { break-after: avoid; } li, tr, pre, dl { break-inside: avoid; } }
"""


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
        _tag("style", _Html(_STYLE)),
    )
    body = _tag("body", _tag("main", _lines(parts)))
    return f"<!DOCTYPE html>\n{_tag('html', head, _Html(chr(10)), body, lang=words.language)}\n"


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
    lines = {
        "title": told.title,
        "seen": told.detail,
        "told clock": told.clock,
        "told": told.expectation,
    }
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
    parts: list[str] = []
    at = 0
    for link in re.finditer(TRUSTED_LINK, text):
        parts += [text[at : link.start()], _tag("a", link[0], href=link[0], rel="noreferrer")]
        at = link.end()
    return _join([*parts, text[at:]])
