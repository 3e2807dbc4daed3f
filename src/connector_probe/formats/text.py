"""Text for a person in a hurry: the verdict first, then why, what to do, the stages, and the verdict once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connector_probe.formats import document as tree
from connector_probe.formats.layout import columns, cut, pad
from connector_probe.formats.options import RenderOptions, gist, shown
from connector_probe.formats.sheet import BOLD, COLOURS, DIM, SCREEN, Sheet
from connector_probe.model.verdict import Badge, Report, Result


def render(report: Report, options: RenderOptions) -> str:
    """The whole report. With verbosity -1, connectors that are as expected are left out.

    Several are a table, and in short what is not as expected; in the end the counts. With verbosity 1 each is told.
    """
    page = _Page(options)
    if options.brief:
        return "".join(f"{line}\n" for line in page.brief(report))
    document = tree.document(report, options, tree.Depth.SCREEN)
    sections = document.sections
    if not sections:
        return ""
    if not document.several:
        return "\n".join(page.alone(sections[0])) + "\n"
    notes = max((one.notes for one in sections), key=len)
    if len(sections) == 1 or options.verbosity > 0 or options.transcript:
        blocks = [page.section(one) for one in sections]
    else:
        wrong = [one for one in sections if not one.result.expected]
        blocks = [page.table(sections), *map(page.short, wrong)]
        notes = [*notes, options.words.text["more"]] if not all(map(_is_well, sections)) else notes
    blocks += [page.notes(notes), page.totals(document)]
    return "\n\n".join(filter(None, map("\n".join, blocks))) + "\n"


def in_short(result: Result, report: Report, options: RenderOptions) -> Sequence[str]:
    """One result of ``report``: the verdict, the leading cause, and what to do first."""
    (section,) = tree.document(replace(report, results=(result,)), options, tree.Depth.SCREEN).sections
    return list(_Page(options).short(section))


def _is_well(section: tree.Section) -> bool:
    return section.result.expected and section.verdict.badge in (Badge.HEALTHY, Badge.AS_EXPECTED)


class _Page(Sheet):
    def alone(self, section: tree.Section) -> Iterator[str]:
        """All of it, and the verdict once more where it would have scrolled away."""
        lines = [*self.section(section), "", *self.notes(section.notes)]
        yield from lines
        if len(lines) > SCREEN:
            yield ""
            yield from self._first_line(section.verdict)

    def section(self, section: tree.Section) -> Iterator[str]:
        yield from self._verdict(section.verdict)
        for part in section.parts:
            yield from self.part(part)

    def short(self, section: tree.Section) -> Iterator[str]:
        """The verdict, the leading cause, and what to do first."""
        yield from self._verdict(section.verdict)
        if section.verdict.badge is Badge.WARNING:  # as with --strict
            for text in section.result.warning_texts:
                yield from self._wrap(text, "  - ", "    ")
        if section.cause is not None:
            yield from self._cause(section.cause)
        if section.remedy is not None:
            yield from self._wrap(section.remedy.text, "  -> ", "     ")
            yield from (f"       {command}" for command in section.remedy.commands)

    def table(self, sections: Sequence[tree.Section]) -> Iterator[str]:
        """A line each."""
        words = max((columns(one.verdict.word) for one in sections), default=0)
        names = min(max((columns(one.verdict.name) for one in sections), default=0), self._options.width * 2 // 5)
        for one in sections:
            told = one.verdict
            word, name = pad(told.word, words), pad(cut(told.name, names), names)
            room = self._options.width - words - names - 4
            yield f"{self._paint(word, COLOURS[told.badge])}  {name}  {cut(told.gist, room)}".rstrip()

    def brief(self, report: Report) -> Iterator[str]:
        """A line each, as long as it has to be: for pipes too."""
        told = shown(report, self._options)
        words = max((columns(self._say[one.badge.value]) for one in told), default=0)
        for one in told:
            word = self._paint(pad(self._say[one.badge.value], words), COLOURS[one.badge])
            yield f"{word}  {one.name}: {gist(one, self._words)}"

    def notes(self, told: Sequence[str]) -> Iterator[str]:
        """From where it was probed: what holds for all of a report is told once."""
        if told:
            yield self._heading("notes")
        for note in told:
            yield from self._wrap(note, "  ", "  ", DIM)

    def totals(self, document: tree.Document) -> Iterator[str]:
        """The counts, behind those that are not well, for who looks at the end of a long text."""
        if len(document.sections) > 1 and self._options.verbosity > 0:
            yield from self.table([one for one in document.sections if not _is_well(one)])
        yield from self._wrap(document.totals, "", "  ")

    def _verdict(self, told: tree.Verdict) -> Iterator[str]:
        yield from self._first_line(told)
        yield from self._wrap(told.notice, "  ", "  ")
        yield from self._wrap(told.title, "  ", "  ", BOLD)
        yield from self._wrap(told.detail, "  ", "  ")
        for line in (told.clock, told.expectation):
            yield from self._wrap(line, "  ", "  ", BOLD)

    def _first_line(self, told: tree.Verdict) -> Iterator[str]:
        style = BOLD if told.detail else ""
        yield from self._headline(told.word, COLOURS[told.badge], told.name, told.headline, style)
