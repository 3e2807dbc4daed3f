"""A report as a tree of blocks: what text, Markdown and HTML all show, built once and written by each in its way.

Every text in it is plain: a writer escapes for its own syntax, and gives each kind of block the layout that its
readers expect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    notes,
    other_modes,
    policy_lines,
    shown,
    stage_fact,
    stage_name,
    subtitle,
    totals,
)
from connector_probe.model import verdict as model
from connector_probe.model.notation import day, span
from connector_probe.model.verdict import (
    Attempt,
    Badge,
    CauseVerdict,
    Diagnosis,
    Remedy,
    Report,
    Result,
    StageReport,
    TranscriptReport,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

MARKS = {"client": ">", "server": "<", "note": "*"}  # whose line of a conversation it is


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said first of a connector. ``title`` and ``detail`` may be empty; ``told``: clock, expectation."""

    badge: Badge
    word: str
    name: str
    headline: str
    title: str
    detail: str
    clock: str
    expectation: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Remark(Paragraph):
    """What stands behind in weight."""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Alerts(Bullets):
    """Warnings."""


@dataclass(frozen=True, slots=True)
class Cause:
    verdict: CauseVerdict
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class Causes:
    items: Sequence[Cause]


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do, by number, each with the commands for it."""

    items: Sequence[Remedy]


@dataclass(frozen=True, slots=True)
class Reply:
    """A line as Exchange Online would write it."""

    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """How sure it is, and where that is written."""

    confidence: str
    label: str
    link: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of an attempt; ``took`` is empty where it took no time of its own."""

    stage: StageReport
    name: str
    word: str
    took: str
    fact: str


@dataclass(frozen=True, slots=True)
class Address:
    """One address with its stages, and what the domain's policies make of it."""

    endpoint: str
    badge: Badge
    word: str
    code: str
    stages: Sequence[StageLine]
    policies: Sequence[str]

    @property
    def state(self) -> str:
        return f"{self.word} {self.code}".rstrip()


@dataclass(frozen=True, slots=True)
class Answers:
    """Which name server answered what: server, question, time and answer."""

    caption: str
    rows: Sequence[tuple[str, str, str, str]]
    note: str


@dataclass(frozen=True, slots=True)
class Certificates:
    """A chain: label and value of each fact, certificate by certificate; and remarks on the chain."""

    certificates: Sequence[Sequence[tuple[str, str]]]
    remarks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    lines: Sequence[TranscriptReport]

    @property
    def texts(self) -> Iterator[str]:
        return (f"{one.at:8.3f} {MARKS[one.from_]} {one.text}" for one in self.lines)


Block = Paragraph | Bullets | Causes | Steps | Reply | Source | Address | Answers | Certificates | Conversation


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks that belong together, under a heading, which may be empty."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Section:
    """One connector. ``notes``: what to know of how it was probed."""

    result: Result
    verdict: Verdict
    parts: Sequence[Part]
    notes: Sequence[str]

    @property
    def addresses(self) -> Iterator[Address]:
        return (block for part in self.parts for block in part.blocks if isinstance(block, Address))


@dataclass(frozen=True, slots=True)
class Document:
    """``totals`` counts all of the report, also what -q leaves out of ``sections``."""

    totals: str
    origin: Sequence[str]
    sections: Sequence[Section]
    several: bool


def document(report: Report, options: RenderOptions) -> Document:
    """The tree of ``report``. With verbosity -1, connectors that are as expected are left out."""
    builder = _Builder(options)
    return Document(
        totals(report, options.words),
        (day(report.started_at), report.vantage.hostname, f"connector-probe {report.version}"),
        [
            Section(one, builder.verdict(one), list(builder.parts(one)), notes(one, report, options))
            for one in shown(report, options)
        ],
        several=len(report.results) > 1,
    )


def advice(causes: Sequence[model.Cause], remedies: Sequence[Remedy], words: Catalogue) -> Iterator[Part]:
    """Why, and what to do; neither where there is nothing of it."""
    say = words.text
    if causes:
        told = [Cause(one.verdict, say[one.verdict.value], cause_text(one, words)) for one in causes]
        yield Part(say["why"], [Causes(told)])
    if remedies:
        yield Part(say["do"], [Steps(remedies)])


class _Builder:
    def __init__(self, options: RenderOptions) -> None:
        self._options = options
        self._words = options.words
        self._say = options.words.text
        self._verbose = options.verbosity > 0

    def verdict(self, result: Result) -> Verdict:
        title = subtitle(result, self._words)
        return Verdict(
            badge=result.badge,
            word=self._say[result.badge.value],
            name=result.name,
            headline=headline(result, self._words),
            title=full_stop(title, self._words) if title else "",
            detail=result.diagnosis.detail if result.diagnosis is not None else "",
            clock=clock(result, self._words),
            expectation=expectation(result, self._words),
        )

    def parts(self, result: Result) -> Iterator[Part]:
        if result.diagnosis is not None:
            yield from self._diagnosis(result.diagnosis, result.remedies)
        if result.warnings:
            yield Part(self._say["warnings"], [Alerts(result.warning_texts)])
        if self._options.modes:
            yield Part("", [Paragraph(other_modes(result, self._words))])
        yield Part(self._say["addresses"], [self._address(one, result.badge_at(one)) for one in result.attempts])
        if self._verbose:
            yield from self._answers(result)
        yield from self._certificates(result.attempts)
        if self._options.transcript:
            for attempt in result.attempts:
                if attempt.transcript:
                    heading = fill(self._say["transcript"], {"endpoint": endpoint(attempt, self._words)})
                    yield Part(heading, [Conversation(attempt.transcript)])

    def _diagnosis(self, diagnosis: Diagnosis, remedies: Sequence[Remedy]) -> Iterator[Part]:
        say = self._say
        yield from advice(diagnosis.causes, remedies, self._words)
        if diagnosis.reply is not None:
            blocks: list[Block] = [Reply(diagnosis.reply)]
            for other in diagnosis.also_seen_as:
                blocks += [Remark(colon(fill(say["also"], {"note": other.note}), self._words)), Reply(other.reply)]
            sure = confidence(diagnosis.confidence, self._words)
            yield Part(say["reply"], [*blocks, Source(sure, say["reference"], diagnosis.reference)])

    def _address(self, attempt: Attempt, badge: Badge) -> Address:
        stages = [
            StageLine(
                one,
                stage_name(one.stage, self._words),
                self._say[one.status],
                span(one.duration) if one.duration else "",
                stage_fact(one, attempt, self._words),
            )
            for one in attempt.stages
            if one.status != "skipped" or self._verbose
        ]
        where, word = endpoint(attempt, self._words), self._say[badge.value]
        policies = policy_lines(attempt, self._options)
        return Address(where, badge, word, code_or_class(attempt), stages, policies)

    def _answers(self, result: Result) -> Iterator[Part]:
        """Where DNS was looked into after a failure."""
        from connector_probe.wording.authorities import tables_of  # late: it takes the diagnosis of DNS with it

        for table in tables_of(result.evidence.attempts, self._words):
            heading = self._say["walk" if table.from_roots else "walk-nameserver"]
            caption = fill(heading, {"name": table.name, "path": table.path})
            rows = [(row.server, row.what, span(row.seconds), row.answer) for row in table.rows]
            yield Part("", [Answers(caption, rows, "" if table.complete else self._say["walk-incomplete"])])

    def _certificates(self, attempts: Sequence[Attempt]) -> Iterator[Part]:
        for chain in chains(attempts, self._options):
            rows = [list(certificate_rows(one, self._words)) for one in chain.certificates]
            if chain.rest:
                rows[-1].append((self._say["chain"], chain.rest))
            yield Part(self._say["certificate"], [Certificates(rows, chain.remarks)])
