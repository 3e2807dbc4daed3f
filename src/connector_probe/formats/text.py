"""Text for a person in a hurry: the verdict and the code first, then why, then what to do, then the stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.formats.layout import columns, cut, pad, wrap
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
from connector_probe.model.notation import span
from connector_probe.model.verdict import (
    Attempt,
    Cause,
    CauseVerdict,
    Diagnosis,
    Report,
    Result,
    StageReport,
    Status,
)
from connector_probe.wording.authorities import tables_of
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

_COLOURS = {
    Status.HEALTHY: "32;1",
    Status.WARNING: "33;1",
    Status.FAILING: "31;1",
    Status.UNKNOWN: "35;1",
}
_HEADING, _DIM = "1", "2"


def render(report: Report, options: RenderOptions) -> str:
    """The whole report. With verbosity -1, connectors that are as expected are left out.

    Among several, one that is well is told in short, so that it hides none that is not; they are listed in the end.
    """
    results = shown(report, options)
    several, page = len(report.results) > 1, _Page(options, report)
    in_short = several and options.verbosity <= 0 and not options.transcript
    blocks = []
    for one in results:
        well = one.status is Status.HEALTHY and one.expected
        blocks.append("\n".join(page.in_short(one) if in_short and well else page.result(one)))
    if several and results:
        told = "\n".join(page.notes(max((notes(one, report, options) for one in results), key=len)))
        blocks += [told] if told else []
        blocks.append("\n".join([totals(report, options.words), *page.overview(results)]))
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Page:
    """Lines of text within a width, in colour or not."""

    def __init__(self, options: RenderOptions, report: Report) -> None:
        self._options = options
        self._report = report
        self._words = options.words
        self._say = options.words.text

    def result(self, result: Result) -> Iterator[str]:
        verbose = self._options.verbosity > 0
        yield from self._verdict(result)
        diagnosis = result.diagnosis
        if diagnosis is not None:
            yield from self._diagnosis(diagnosis, verbose)
        if result.warnings:
            yield ""
            yield self._heading("warnings")
            for text in result.warning_texts:
                yield from self._wrap(text, "  - ", "    ")
        if self._options.modes:
            yield from self._modes(result)
        yield ""
        yield self._heading("addresses")
        for attempt in result.attempts:
            yield from self._attempt(attempt)
        if verbose:
            yield from self._name_servers(result)
        yield from self._certificates(result.attempts)
        if self._options.transcript:
            for attempt in result.attempts:
                yield from self._transcript(attempt)
        if len(self._report.results) == 1 and (told := notes(result, self._report, self._options)):
            yield from ("", *self.notes(told))

    def notes(self, told: Sequence[str]) -> Iterator[str]:
        """From where it was probed: what holds for all of a report is told once."""
        if told:
            yield self._heading("notes")
        for note in told:
            yield from self._wrap(note, "  ", "  ", _DIM)

    def in_short(self, result: Result) -> Iterator[str]:
        """That it is well, and where."""
        yield from self._verdict(result)
        yield from (self._reached(attempt) for attempt in result.attempts)

    def overview(self, results: Sequence[Result]) -> Iterator[str]:
        """Each that is not well in a line, for who looks at the end of a long text."""
        told = [one for one in results if one.status is not Status.HEALTHY or not one.expected]
        for one in told if len(results) > 1 else ():
            word, line = self._say[one.status.value], f"{one.name}: {headline(one, self._words)}"
            if one.expected and one.status is not Status.WARNING:
                why = "listed-as-expected" if one.maintenance is None else "listed-in-maintenance"
                line = fill(self._say[why], {"line": line})
            indented = f"  {self._paint(pad(word, 7), _COLOURS[one.status])}  "
            yield indented + cut(line, self._options.width - columns(f"  {pad(word, 7)}  "))

    def _verdict(self, result: Result) -> Iterator[str]:
        diagnosis, told = result.diagnosis, headline(result, self._words)
        word = self._paint(self._say[result.status.value], _COLOURS[result.status])
        painted = self._paint(told, _HEADING) if diagnosis is not None else told
        if columns(f"{self._say[result.status.value]}  {result.name}: {told}") <= self._options.width:
            yield f"{word}  {result.name}: {painted}"
        else:
            yield f"{word}  {result.name}:"
            yield f"  {painted}"
        title = subtitle(result, self._words)
        if title:
            yield from self._wrap(full_stop(title, self._words), "  ", "  ", _HEADING)
        if diagnosis is not None:
            yield from self._wrap(diagnosis.detail, "  ", "  ")
        for line in filter(None, (clock(result, self._words), expectation(result, self._words))):
            yield from self._wrap(line, "  ", "  ", _HEADING)

    def _diagnosis(self, diagnosis: Diagnosis, verbose: bool) -> Iterator[str]:
        say = self._say
        causes = [one for one in diagnosis.causes if verbose or one.verdict is not CauseVerdict.RULED_OUT]
        ruled_out = [one for one in diagnosis.causes if one not in causes]
        if diagnosis.causes:
            yield ""
            yield self._heading("why")
            for cause in causes:
                yield from self._cause(cause)
            for cause in ruled_out:
                yield from self._cause(cause, _DIM)
        if diagnosis.remedies:
            yield ""
            yield self._heading("do")
            for number, remedy in enumerate(diagnosis.remedies, 1):
                yield from self._wrap(remedy.text, f"  {number}. ", "     ")
                for command in remedy.commands:
                    yield f"       {command}"
        if diagnosis.reply is not None:
            yield ""
            yield self._heading("reply")
            yield from self._wrap(diagnosis.reply, "  ", "    ")
            for other in diagnosis.also_seen_as:
                yield from self._wrap(colon(fill(say["also"], {"note": other.note}), self._words), "  ", "  ", _DIM)
                yield from self._wrap(other.reply, "  ", "    ")
            yield from self._wrap(confidence(diagnosis.confidence, self._words), "  ", "  ", _DIM)
            yield self._paint(f"  {say['reference']} {diagnosis.reference}", _DIM)

    def _cause(self, cause: Cause, colour: str = "") -> Iterator[str]:
        label = f"  {pad(self._say[cause.verdict.value], 10)} "
        yield from self._wrap(cause_text(cause, self._words), label, " " * columns(label), colour)

    def _modes(self, result: Result) -> Iterator[str]:
        yield ""
        yield from self._wrap(other_modes(result, self._words), "", "  ")

    def _reached(self, attempt: Attempt) -> str:
        status = self._paint(self._say[attempt.status.value], _COLOURS[attempt.status])
        return f"  {endpoint(attempt, self._words)}  {status} {code_or_class(attempt)}".rstrip()

    def _attempt(self, attempt: Attempt) -> Iterator[str]:
        yield self._reached(attempt)
        for stage in attempt.stages:
            if stage.status == "skipped" and self._options.verbosity <= 0:
                continue
            yield from self._stage(stage, attempt)
        for line in policy_lines(attempt, self._options):
            yield from self._wrap(line, "    ", "      ")

    def _stage(self, stage: StageReport, attempt: Attempt) -> Iterator[str]:
        took = span(stage.duration) if stage.duration else ""
        status = pad(self._say[stage.status], 6)
        painted = self._paint(status, _COLOURS[Status.FAILING]) if stage.status == "failed" else status
        name = pad(stage_name(stage.stage, self._words), 11)
        fact = stage_fact(stage, attempt, self._words)
        start = f"    {name} {status} {took:>7}  "
        if self._options.verbosity <= 0:
            fact = cut(fact, self._options.width - columns(start))
        first, *more = list(wrap(fact, self._options.width, start, " " * columns(start))) or [start]
        yield f"    {name} {painted} {took:>7}  {first[len(start) :]}".rstrip()
        yield from more

    def _name_servers(self, result: Result) -> Iterator[str]:
        """Which name server answered what, where DNS was looked into after a failure."""
        for table in tables_of(result.evidence.attempts, self._words):
            yield ""
            heading = fill(
                self._say["walk" if table.from_roots else "walk-nameserver"], {"name": table.name, "path": table.path}
            )
            yield from self._wrap(heading, "", "  ", _HEADING)
            servers = max((columns(row.server) for row in table.rows), default=0)
            for row in table.rows:
                start = f"  {pad(row.server, servers)}  {row.what:<8} {span(row.seconds):>7}  "
                yield from self._wrap(row.answer, start, " " * columns(start))
            if not table.complete:
                yield f"  {self._say['walk-incomplete']}"

    def _certificates(self, attempts: tuple[Attempt, ...]) -> Iterator[str]:
        for chain in chains(attempts, self._options):
            yield ""
            yield self._heading("certificate")
            for depth, certificate in enumerate(chain.certificates):
                if depth:
                    yield f"  [{depth}]"
                for label, value in certificate_rows(certificate, self._words):
                    yield from self._wrap(value, f"  {pad(label, 8)} ", " " * 11)
            if chain.rest:
                yield from self._wrap(f"{pad(self._say['chain'], 8)} {chain.rest}", "  ", " " * 11)
            for remark in chain.remarks:
                yield from self._wrap(remark, " " * 11, " " * 11, _DIM)

    def _transcript(self, attempt: Attempt) -> Iterator[str]:
        if not attempt.transcript:
            return
        yield ""
        where = endpoint(attempt, self._words)
        yield self._paint(fill(self._say["transcript"], {"endpoint": where}), _HEADING)
        marks = {"client": ">", "server": "<", "note": "*"}
        for line in attempt.transcript:
            yield f"  {line.at:8.3f} {marks.get(line.from_, '?')} {line.text}"

    def _heading(self, key: str) -> str:
        return self._paint(self._say[key], _HEADING)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._options.colour and text else text

    def _wrap(self, text: str, first: str, then: str, colour: str = "") -> Iterator[str]:
        for line in wrap(text, self._options.width, first, then):
            yield self._paint(line, colour) if colour else line
