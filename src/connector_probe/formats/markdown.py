"""Markdown (GitHub's flavour) for tickets and wikis: what the text says, in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector_probe.formats.options import (
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
    markdown_text,
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
from connector_probe.model.verdict import Attempt, CauseVerdict, Diagnosis, Report, Result
from connector_probe.wording.authorities import tables_of
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

_BACKTICKS = re.compile(r"`+")
_MARKS = {"client": ">", "server": "<", "note": "*"}


def render(report: Report, options: RenderOptions) -> str:
    """The whole report; empty with verbosity -1 where all is as expected."""
    results = shown(report, options)
    if not results:
        return "" if options.verbosity < 0 else f"{markdown_text(totals(report, options.words))}\n"
    blocks = [block for result in results for block in _Page(options, report).result(result)]
    if len(report.results) > 1:
        blocks.append(f"**{markdown_text(totals(report, options.words))}**")
    blocks.append(f"*{_origin(report)}*")
    return "\n\n".join(blocks) + "\n"


def _origin(report: Report) -> str:
    """When, where and what probed, without words."""
    told = (day(report.started_at), report.vantage.hostname, f"connector-probe {report.version}")
    return " · ".join(map(markdown_text, told))


class _Page:
    """Blocks of Markdown: paragraphs, lists and tables, to be joined by empty lines."""

    def __init__(self, options: RenderOptions, report: Report) -> None:
        self._options = options
        self._words = options.words
        self._say = options.words.text
        self._report = report

    def result(self, result: Result) -> Iterator[str]:
        yield f"## {self._say[result.status.value]} {markdown_text(result.name)}"
        yield from self._verdict(result)
        if result.diagnosis is not None:
            yield from self._diagnosis(result.diagnosis)
        if result.warnings:
            yield self._heading("warnings")
            yield from _listed(result.warning_texts)
        if self._options.modes:
            yield markdown_text(other_modes(result, self._words))
        yield self._heading("addresses")
        for attempt in result.attempts:
            yield self._attempt(attempt)
            yield from _listed(policy_lines(attempt, self._options))
        if self._options.verbosity > 0:
            yield from self._name_servers(result)
        yield from self._certificates(result.attempts)
        if self._options.transcript:
            yield from self._transcripts(result.attempts)
        if told := notes(result, self._report, self._options):
            yield self._heading("notes")
            yield from _listed(told)

    def _verdict(self, result: Result) -> Iterator[str]:
        yield f"**{markdown_text(headline(result, self._words))}**"
        diagnosis = result.diagnosis
        if diagnosis is not None:
            title = subtitle(result, self._words)
            bold = f"**{full_stop(markdown_text(title), self._words)}** " if title else ""
            yield f"{bold}{markdown_text(diagnosis.detail)}"
        for told in (clock(result, self._words), expectation(result, self._words)):
            if told:
                yield f"**{markdown_text(told)}**"

    def _diagnosis(self, diagnosis: Diagnosis) -> Iterator[str]:
        say = self._say
        if diagnosis.causes:
            yield self._heading("why")
            yield _list(
                f"{_weight(cause.verdict, colon(say[cause.verdict.value], self._words))} "
                + markdown_text(cause_text(cause, self._words))
                for cause in diagnosis.causes
            )
        if diagnosis.remedies:
            yield self._heading("do")
            yield "\n".join(
                "\n".join([f"{number}. {markdown_text(remedy.text)}", *_indented(_code(remedy.commands))])
                for number, remedy in enumerate(diagnosis.remedies, 1)
            )
        if diagnosis.reply is not None:
            yield self._heading("reply")
            yield _code([diagnosis.reply])
            for other in diagnosis.also_seen_as:
                yield markdown_text(colon(fill(say["also"], {"note": other.note}), self._words))
                yield _code([other.reply])
            yield confidence(diagnosis.confidence, self._words)
            yield f"{say['reference']} {markdown_text(diagnosis.reference)}"

    def _attempt(self, attempt: Attempt) -> str:
        """A table; its head is the address with its state, so that it needs no words of its own."""
        state = f"{self._say[attempt.status.value]} {code_or_class(attempt)}".rstrip()
        rows = [(endpoint(attempt, self._words), state, "", "")]
        for stage in attempt.stages:
            if stage.status == "skipped" and self._options.verbosity <= 0:
                continue
            took = span(stage.duration) if stage.duration else ""
            rows.append(
                (
                    stage_name(stage.stage, self._words),
                    self._say[stage.status],
                    took,
                    stage_fact(stage, attempt, self._words),
                )
            )
        return _table(rows, "|---|---|--:|---|")

    def _name_servers(self, result: Result) -> Iterator[str]:
        for table in tables_of(result.evidence.attempts, self._words):
            heading = "walk" if table.from_roots else "walk-nameserver"
            yield f"**{markdown_text(fill(self._say[heading], {'name': table.name, 'path': table.path}))}**"
            if table.rows:
                rows = [(row.server, row.what, span(row.seconds), row.answer) for row in table.rows]
                yield _table([("", "", "", ""), *rows], "|---|---|--:|---|")
            if not table.complete:
                yield markdown_text(self._say["walk-incomplete"])

    def _certificates(self, attempts: Sequence[Attempt]) -> Iterator[str]:
        for chain in chains(attempts, self._options):
            yield self._heading("certificate")
            for certificate in chain.certificates:
                rows = list(certificate_rows(certificate, self._words))
                if chain.rest:
                    rows.append((self._say["chain"], chain.rest))
                yield _table([("", ""), *rows], "|---|---|")
            yield from _listed(chain.remarks)

    def _transcripts(self, attempts: Sequence[Attempt]) -> Iterator[str]:
        for attempt in attempts:
            if attempt.transcript:
                where = endpoint(attempt, self._words)
                yield f"### {markdown_text(fill(self._say['transcript'], {'endpoint': where}))}"
                yield _code([f"{one.at:8.3f} {_MARKS[one.from_]} {one.text}" for one in attempt.transcript])

    def _heading(self, key: str) -> str:
        return f"### {self._say[key]}"


def _weight(verdict: CauseVerdict, word: str) -> str:
    return f"*{word}*" if verdict is CauseVerdict.RULED_OUT else f"**{word}**"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    """A list of ``texts``, and nothing where there are none."""
    if texts:
        yield _list(map(markdown_text, texts))


def _list(items: Iterator[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(rows: Sequence[tuple[str, ...]], rule: str) -> str:
    lines = [f"| {' | '.join(map(markdown_text, row))} |" for row in rows]
    return "\n".join([lines[0], rule, *lines[1:]])


def _code(lines: Sequence[str]) -> str:
    """A fenced block, with a fence longer than any run of backticks in it; empty without lines."""
    if not lines:
        return ""
    text = "\n".join(lines)
    fence = "`" * max(3, *(len(run) + 1 for run in [*_BACKTICKS.findall(text), ""]))
    return f"{fence}\n{text}\n{fence}"


def _indented(block: str) -> Iterator[str]:
    """As part of an item of a numbered list."""
    return (f"   {line}" for line in block.splitlines())
