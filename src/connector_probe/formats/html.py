"""One HTML page that needs nothing else: no script, no fonts, no pictures; for light and dark screens and for paper.

Markup can only be made by ``_tag``, which escapes every text given to it, so that no text of a server can become
markup. The page's own content policy forbids scripts and everything foreign, should that ever fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from connector_probe.formats.options import (
    TRUSTED_LINK,
    RenderOptions,
    cause_text,
    certificate_rows,
    chains,
    code_or_class,
    colon,
    confidence,
    endpoint,
    expectation,
    full_stop,
    headline,
    notes,
    other_modes,
    policy_lines,
    shown,
    stage_fact,
    stage_name,
    subtitle,
    totals,
)
from connector_probe.model.notation import day, span
from connector_probe.model.verdict import Attempt, Diagnosis, Report, Result, StageReport, Status
from connector_probe.wording.authorities import tables_of
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MARKS = {"client": ">", "server": "<", "note": "*"}
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
.healthy { --tone: var(--healthy); } .warning { --tone: var(--warning); }
.failing { --tone: var(--failing); } .unknown { --tone: var(--unknown); }
.top { margin: 0 0 1.25rem; color: var(--soft); font-size: .9rem; }
.top h1 { margin: 0 0 .15rem; color: var(--ink); font-size: 1.15rem; }
.top p { margin: 0; }
.list { margin: 0 0 1.25rem; padding: .4rem 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; list-style: none; }
.list li { display: flex; gap: .75rem; align-items: baseline; padding: .3rem 1.1rem; }
.list a { color: inherit; font-weight: 600; text-decoration: none; overflow-wrap: anywhere; }
.list a:hover { text-decoration: underline; }
.list .why { color: var(--soft); margin-left: auto; text-align: right; }
.list .badge { flex: none; width: 6.2rem; text-align: center; }
article { margin: 0 0 1.25rem; padding: 1.3rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-top: 4px solid var(--tone); border-radius: 10px; }
.name { display: flex; gap: .75rem; align-items: center; margin: 0; font-size: 1rem; font-weight: 600;
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
td, th { padding: .28rem .6rem .28rem 0; border-top: 1px solid var(--line); vertical-align: top; text-align: left;
  font-weight: 400; }
.took { white-space: nowrap; text-align: right; }
.state { white-space: nowrap; }
.fact { width: 46%; overflow-wrap: anywhere; }
.bar { width: 22%; min-width: 5rem; padding-top: .72rem; }
.bar i { display: block; height: .45rem; min-width: 3px; border-radius: 3px; background: var(--soft); opacity: .75; }
tr.failed th, tr.failed .state { color: var(--failing); font-weight: 700; }
tr.failed .bar i { background: var(--failing); opacity: 1; }
tr.skipped { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); font-size: .87rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { article { padding: 1rem; } .bar { display: none; } .causes li, .list li { display: block; }
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
    results = shown(report, options)
    words = options.words
    names = [f"{words.text[result.status.value]} {result.name}" for result in results]
    title = names[0] if len(report.results) == 1 and names else totals(report, words)
    parts: list[str] = [_top(report, options)]
    if len(results) > 1:
        parts.append(_overview(results, options))
    parts += [_Page(options, report).result(result, number) for number, result in enumerate(results)]
    head = _tag(
        "head",
        _meta(charset="utf-8"),
        _meta(http_equiv="Content-Security-Policy", content=_POLICY),
        _meta(name="viewport", content="width=device-width, initial-scale=1"),
        _tag("title", title),
        _tag("style", _Html(_STYLE)),
    )
    body = _tag("body", _tag("main", *(_join([part, _Html("\n")]) for part in parts)))
    return f"<!DOCTYPE html>\n{_tag('html', head, _Html(chr(10)), body, lang=words.language)}\n"


def _top(report: Report, options: RenderOptions) -> _Html:
    told = (day(report.started_at), report.vantage.hostname, f"connector-probe {report.version}")
    return _tag("header", _tag("h1", totals(report, options.words)), _tag("p", " · ".join(told)), class_="top")


def _overview(results: Sequence[Result], options: RenderOptions) -> _Html:
    items = [
        _tag(
            "li",
            _badge(result.status, options),
            _tag("a", result.name, href=f"#c{number}"),
            _tag("span", expectation(result, options.words) or headline(result, options.words), class_="why"),
            class_=result.status.value,
        )
        for number, result in enumerate(results)
    ]
    return _tag("ul", *items, class_="list")


def _badge(status: Status, options: RenderOptions) -> _Html:
    return _tag("span", options.words.text[status.value], class_=f"badge {status.value}")


class _Page:
    """The parts of one connector's card."""

    def __init__(self, options: RenderOptions, report: Report) -> None:
        self._options = options
        self._words = options.words
        self._say = options.words.text
        self._report = report

    def result(self, result: Result, number: int) -> _Html:
        parts = [*self._verdict(result)]
        if result.diagnosis is not None:
            parts += self._diagnosis(result.diagnosis)
        if result.warnings:
            parts += [
                self._heading("warnings"),
                *_listed(result.warning_texts, "warnings"),
            ]
        if self._options.modes:
            parts.append(_tag("p", other_modes(result, self._words), class_="quiet"))
        parts.append(self._heading("addresses"))
        for attempt in result.attempts:
            parts += [self._attempt(attempt), *_listed(policy_lines(attempt, self._options))]
        if self._options.verbosity > 0:
            parts += self._name_servers(result)
        parts += self._certificates(result.attempts)
        if self._options.transcript:
            parts += self._transcripts(result.attempts)
        if told := notes(result, self._report, self._options):
            parts += [self._heading("notes"), *_listed(told)]
        separated = [_join([part, _Html("\n")]) for part in parts]
        return _tag("article", *separated, id=f"c{number}", class_=result.status.value)

    def _verdict(self, result: Result) -> Iterator[_Html]:
        yield _tag("h2", _badge(result.status, self._options), _tag("span", result.name), class_="name")
        yield _tag("p", headline(result, self._words), class_="verdict")
        title, told = subtitle(result, self._words), expectation(result, self._words)
        if title:
            yield _tag("p", full_stop(title, self._words), class_="title")
        if result.diagnosis is not None:
            yield _tag("p", result.diagnosis.detail, class_="seen")
        ticking = clock(result, self._words)
        if ticking:
            yield _tag("p", ticking, class_="told clock")
        if told:
            yield _tag("p", told, class_="told")

    def _diagnosis(self, diagnosis: Diagnosis) -> Iterator[_Html]:
        say = self._say
        if diagnosis.causes:
            yield self._heading("why")
            items = (
                _tag(
                    "li",
                    _tag("b", say[cause.verdict.value]),
                    _tag("span", cause_text(cause, self._words)),
                    class_=cause.verdict.value,
                )
                for cause in diagnosis.causes
            )
            yield _tag("ul", *items, class_="causes")
        if diagnosis.remedies:
            yield self._heading("do")
            yield _tag(
                "ol",
                *(
                    _tag("li", _linked(one.text), *(_tag("pre", line) for line in one.commands))
                    for one in diagnosis.remedies
                ),
            )
        if diagnosis.reply is not None:
            yield self._heading("reply")
            yield _tag("pre", diagnosis.reply)
            for other in diagnosis.also_seen_as:
                yield _tag("p", colon(fill(say["also"], {"note": other.note}), self._words), class_="quiet")
                yield _tag("pre", other.reply)
            sure = f"{confidence(diagnosis.confidence, self._words)} {say['reference']} "
            yield _tag("p", sure, _linked(diagnosis.reference), class_="quiet")

    def _attempt(self, attempt: Attempt) -> _Html:
        state = f"{self._say[attempt.status.value]} {code_or_class(attempt)}".rstrip()
        badge = _tag("span", state, class_=f"badge {attempt.status.value}")
        timed = [(one.start, one.duration) for one in attempt.stages]
        ends = [start + took for start, took in timed if start is not None and took is not None]
        whole = max(ends, default=0.0)
        rows = [
            self._stage(stage, attempt, whole)
            for stage in attempt.stages
            if stage.status != "skipped" or self._options.verbosity > 0
        ]
        return _tag("table", _tag("caption", endpoint(attempt, self._words), " ", badge), _tag("tbody", *rows))

    def _stage(self, stage: StageReport, attempt: Attempt, whole: float) -> _Html:
        bar: list[str] = []
        if stage.start is not None and stage.duration and whole > 0:
            left, width = 100 * stage.start / whole, 100 * stage.duration / whole
            bar.append(_tag("i", style=f"margin-left:{min(left, 97):.1f}%;width:{width:.1f}%"))
        return _tag(
            "tr",
            _tag("th", stage_name(stage.stage, self._words), scope="row"),
            _tag("td", self._say[stage.status], class_="state"),
            _tag("td", span(stage.duration) if stage.duration else "", class_="took"),
            _tag("td", *bar, class_="bar"),
            _tag("td", stage_fact(stage, attempt, self._words), class_="fact"),
            class_=stage.status,
        )

    def _name_servers(self, result: Result) -> Iterator[_Html]:
        for table in tables_of(result.evidence.attempts, self._words):
            heading = "walk" if table.from_roots else "walk-nameserver"
            rows = [
                _tag(
                    "tr",
                    _tag("th", row.server, scope="row"),
                    _tag("td", row.what),
                    _tag("td", span(row.seconds), class_="took"),
                    _tag("td", row.answer, class_="fact"),
                )
                for row in table.rows
            ]
            told = fill(self._say[heading], {"name": table.name, "path": table.path})
            yield _tag("table", _tag("caption", told), _tag("tbody", *rows))
            if not table.complete:
                yield _tag("p", self._say["walk-incomplete"], class_="quiet")

    def _certificates(self, attempts: Sequence[Attempt]) -> Iterator[_Html]:
        for chain in chains(attempts, self._options):
            yield self._heading("certificate")
            for certificate in chain.certificates:
                rows = list(certificate_rows(certificate, self._words))
                if chain.rest:
                    rows.append((self._say["chain"], chain.rest))
                yield _tag("dl", *(cell for label, value in rows for cell in (_tag("dt", label), _tag("dd", value))))
            yield from _listed(chain.remarks)

    def _transcripts(self, attempts: Sequence[Attempt]) -> Iterator[_Html]:
        for attempt in attempts:
            if attempt.transcript:
                where = endpoint(attempt, self._words)
                yield _tag("h3", fill(self._say["transcript"], {"endpoint": where}))
                lines = (f"{one.at:8.3f} {_MARKS[one.from_]} {one.text}" for one in attempt.transcript)
                yield _tag("pre", "\n".join(lines))

    def _heading(self, key: str) -> _Html:
        return _tag("h3", self._say[key])


def _listed(texts: Sequence[str], class_: str = "quiet") -> Iterator[_Html]:
    """A list of ``texts``, and nothing where there are none."""
    if texts:
        yield _tag("ul", *(_tag("li", _linked(text)) for text in texts), class_=class_)


def _linked(text: str) -> _Html:
    """``text``, with the trusted addresses in it as links."""
    parts: list[str] = []
    at = 0
    for link in TRUSTED_LINK.finditer(text):
        parts += [text[at : link.start()], _tag("a", link[0], href=link[0], rel="noreferrer")]
        at = link.end()
    return _join([*parts, text[at:]])
