"""A report as a tree of blocks: what text, Markdown and HTML all show, built once and written by each in its way.

Every text in it is plain: a writer escapes for its own syntax, and gives each kind of block the layout that its
readers expect.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import IntEnum

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
    gist,
    headline,
    is_disregarded,
    other_modes,
    policy_lines,
    shown,
    stage_fact,
    stage_name,
    subtitle,
    totals,
    urgency,
)
from connector_probe.model import verdict as model
from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import StartedFrom
from connector_probe.model.ids import WarningId
from connector_probe.model.notation import day, span
from connector_probe.model.verdict import (
    FLOWING,
    WORTH_READING,
    Attempt,
    Badge,
    CauseVerdict,
    Diagnosis,
    Remedy,
    Report,
    Result,
    StageReport,
    Status,
    TranscriptReport,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

ROWS_ON_SCREEN = 4  # of a certificate: subject, names, issuer, validity
IN_FRONT = frozenset({WarningId.SMART_HOST_BY_MX})  # what was probed is perhaps not what was meant
MARKS = {"client": ">", "server": "<", "note": "*"}  # whose line of a conversation it is


class Depth(IntEnum):
    """How much is told. SCREEN: what fits a terminal of 24 lines, or nearly; PAGE: what a ticket needs."""

    SCREEN = 0
    PAGE = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said first of a connector; what stands behind ``headline`` may be empty. ``gist`` is for a list."""

    badge: Badge
    word: str
    name: str
    headline: str
    gist: str
    notice: str
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
    """One connector. ``notes``: what to know of how it was probed; ``cause`` and ``remedy``: the first of each.

    ``parts`` are made as they are asked for, once: of a thousand connectors most stay a line in a table.
    """

    result: Result
    verdict: Verdict
    parts: Iterator[Part]
    notes: Sequence[str]
    cause: Cause | None
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class Document:
    """``totals`` counts all of the report, also what -q leaves out of ``sections``, which has the worst first."""

    totals: str
    origin: Sequence[str]
    sections: Sequence[Section]
    several: bool


def document(report: Report, options: RenderOptions, depth: Depth = Depth.PAGE) -> Document:
    """The tree of ``report``; all of it with verbosity 1. With -1, connectors that are as expected are left out."""
    builder = _Builder(options, Depth.ALL if options.verbosity > 0 else depth)
    return Document(
        totals(report, options.words),
        (day(report.started_at), report.vantage.hostname, f"connector-probe {report.version}"),
        [builder.section(one, report) for one in sorted(shown(report, options), key=urgency)],
        several=len(report.results) > 1,
    )


def advice(causes: Sequence[model.Cause], remedies: Sequence[Remedy], words: Catalogue) -> Iterator[Part]:
    """Why, and what to do; neither where there is nothing of it."""
    if causes:
        yield Part(words.text["why"], [Causes(_causes(causes, words))])
    if remedies:
        yield Part(words.text["do"], [Steps(remedies)])


def _causes(causes: Sequence[model.Cause], words: Catalogue) -> list[Cause]:
    return [Cause(one.verdict, words.text[one.verdict.value], cause_text(one, words)) for one in causes]


class _Builder:
    def __init__(self, options: RenderOptions, depth: Depth) -> None:
        self._options = options
        self._depth = depth
        self._words = options.words
        self._say = options.words.text

    def section(self, result: Result, report: Report) -> Section:
        causes = result.diagnosis.causes[:1] if result.diagnosis is not None else ()
        remedies = result.remedies or _of_warnings(result)
        notes = report.vantage.notes
        if self._depth is Depth.SCREEN or (self._depth is Depth.PAGE and result.status is Status.HEALTHY):
            notes = notes[:1]  # from where it was probed
        return Section(
            result,
            self._verdict(result),
            self._parts(result),
            notes,
            next(iter(_causes(causes, self._words)), None),
            next(iter(remedies), None),
        )

    def _verdict(self, result: Result) -> Verdict:
        title = subtitle(result, self._words)
        return Verdict(
            badge=result.badge,
            word=self._say[result.badge.value],
            name=result.name,
            headline=headline(result, self._words),
            gist=gist(result, self._words),
            notice=self._words.join(_texts(result, first=True)),
            title=full_stop(title, self._words) if title else "",
            detail=result.diagnosis.detail if result.diagnosis is not None else "",
            clock=clock(result, self._words),
            expectation=expectation(result, self._words),
        )

    def _parts(self, result: Result) -> Iterator[Part]:
        if result.diagnosis is not None:
            yield from self._diagnosis(result.diagnosis, result.remedies)
        if texts := _texts(result, first=False):
            yield Part(self._say["warnings"], [Alerts(texts)])
        if result.diagnosis is None and (steps := _of_warnings(result)):
            yield Part(self._say["do"], [Steps(steps)])
        if self._options.modes:
            yield Part("", [Paragraph(other_modes(result, self._words))])
        yield Part(self._say["addresses"], list(self._addresses(result)))
        if self._depth is Depth.ALL:
            yield from self._answers(result)
        if (
            self._depth > Depth.SCREEN
            or result.status in FLOWING
            or any(one.certificate_problems for one in result.attempts)
        ):
            yield from self._certificates(result.attempts)
        if self._options.transcript:
            for attempt in result.attempts:
                if attempt.transcript:
                    heading = fill(self._say["transcript"], {"endpoint": endpoint(attempt, self._words)})
                    yield Part(heading, [Conversation(attempt.transcript)])

    def _diagnosis(self, diagnosis: Diagnosis, remedies: Sequence[Remedy]) -> Iterator[Part]:
        say = self._say
        if self._depth is Depth.SCREEN:
            yield from self._why(diagnosis)
            yield from advice((), remedies, self._words)
            return
        yield from advice(diagnosis.causes, remedies, self._words)
        if diagnosis.reply is not None:
            blocks: list[Block] = [Reply(diagnosis.reply)]
            for other in diagnosis.also_seen_as:
                blocks += [Remark(colon(fill(say["also"], {"note": other.note}), self._words)), Reply(other.reply)]
            sure = confidence(diagnosis.confidence, self._words)
            yield Part(say["reply"], [*blocks, Source(sure, say["reference"], diagnosis.reference)])

    def _why(self, diagnosis: Diagnosis) -> Iterator[Part]:
        """What is confirmed or likely, else what is possible; the rest only counted."""
        told = [one for one in diagnosis.causes if one.verdict in WORTH_READING] or [
            one for one in diagnosis.causes if one.verdict is CauseVerdict.POSSIBLE
        ]
        rest = Counter(one.verdict for one in diagnosis.causes if one not in told)
        blocks: list[Block] = [Causes(_causes(told, self._words))] if told else []
        if rest:
            counted = [
                fill(self._say["labelled"], {"label": self._say[verdict.value], "text": str(rest[verdict])})
                for verdict in CauseVerdict
                if rest[verdict]
            ]
            blocks.append(Remark(fill(self._say["other-causes"], {"counts": self._words.listed(counted)})))
        if blocks:
            yield Part(self._say["why"], blocks)

    def _addresses(self, result: Result) -> Iterator[Address]:
        """On a screen, of several that are alike only the first with its stages."""
        seen: set[tuple[Badge, str]] = set()
        for attempt in result.attempts:
            address = self._address(attempt, result)
            if self._depth is Depth.SCREEN and (address.badge, address.code) in seen:
                address = replace(address, stages=())
            seen.add((address.badge, address.code))
            yield address

    def _address(self, attempt: Attempt, result: Result) -> Address:
        stages = [
            StageLine(
                one,
                stage_name(one.stage, self._words),
                self._say["skipped" if is_disregarded(one, attempt) else one.status],
                span(one.duration) if one.duration else "",
                stage_fact(one, attempt, result, self._words),
            )
            for one in attempt.stages
            if one.status != "skipped" or self._depth is Depth.ALL
        ]
        badge = result.badge_at(attempt)
        where, word = endpoint(attempt, self._words), self._say[badge.value]
        policies = policy_lines(attempt, self._options)
        return Address(where, badge, word, code_or_class(attempt), stages, policies)

    def _answers(self, result: Result) -> Iterator[Part]:
        """Where DNS was looked into after a failure: of each name that was followed up, which server said what."""
        from connector_probe.diagnosis.dns.facts import label, said  # late: only a whole report has it
        from connector_probe.wording.render import text_of

        inquiries = (one.resolution.inquiry for one in result.evidence.attempts)
        for walk in dict.fromkeys(walk for inquiry in inquiries if inquiry is not None for walk in inquiry.walks):
            heading = self._say["walk" if walk.started_from is StartedFrom.ROOTS else "walk-nameserver"]
            caption = fill(heading, {"name": walk.name, "path": " > ".join(walk.zones)})
            rows = [
                (label(one), f"{one.rdtype}/{one.transport}", span(one.seconds), text_of(said(one), self._words))
                for one in walk.replies
            ]
            yield Part("", [Answers(caption, rows, "" if walk.complete else self._say["walk-incomplete"])])

    def _certificates(self, attempts: Sequence[Attempt]) -> Iterator[Part]:
        for chain in chains(attempts, self._options):
            rows = [list(certificate_rows(one, self._words)) for one in chain.certificates]
            if self._depth is Depth.SCREEN:
                yield Part(self._say["certificate"], [Certificates([rows[0][:ROWS_ON_SCREEN]], ())])
                continue
            if chain.rest:
                rows[-1].append((self._say["chain"], chain.rest))
            yield Part(self._say["certificate"], [Certificates(rows, chain.remarks)])


def _texts(result: Result, *, first: bool) -> tuple[str, ...]:
    """Of its warnings, those that stand in front of all else, or the others."""
    texts = (one.text for one in result.warnings if (one.id in IN_FRONT) is first)
    return tuple(dict.fromkeys(texts))


def _of_warnings(result: Result) -> tuple[Remedy, ...]:
    """What to do about its warnings, each step once."""
    return tuple(dict.fromkeys(remedy for warning in result.warnings for remedy in warning.remedies))
