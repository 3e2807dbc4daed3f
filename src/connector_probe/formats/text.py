"""Text for a person in a hurry: the verdict and the code first, then why, then what to do, then the stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.formats import document as tree
from connector_probe.formats.layout import columns, cut, pad
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.sheet import BOLD, COLOURS, DIM, Sheet
from connector_probe.model.verdict import Badge, Report
from connector_probe.wording.sentences import fill

_WELL = frozenset({Badge.HEALTHY, Badge.AS_EXPECTED})


def render(report: Report, options: RenderOptions) -> str:
    """The whole report. With verbosity -1, connectors that are as expected are left out.

    Among several, one that is well is told in short, so that it hides none that is not; they are listed in the end.
    """
    document, page = tree.document(report, options), _Page(options)
    in_short = document.several and options.verbosity <= 0 and not options.transcript
    blocks = ["\n".join(page.section(one, document, in_short=in_short)) for one in document.sections]
    if document.several and blocks:
        told = "\n".join(page.notes(max((one.notes for one in document.sections), key=len)))
        blocks += [told] if told else []
        blocks.append("\n".join(page.overview(document)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Page(Sheet):
    def section(self, section: tree.Section, document: tree.Document, *, in_short: bool) -> Iterator[str]:
        yield from self._verdict(section.verdict)
        if in_short and section.result.expected and section.verdict.badge in _WELL:
            yield from map(self.reached, section.addresses)
            return
        for part in section.parts:
            yield from self.part(part)
        if not document.several and section.notes:
            yield from ("", *self.notes(section.notes))

    def notes(self, told: Sequence[str]) -> Iterator[str]:
        """From where it was probed: what holds for all of a report is told once."""
        if told:
            yield self._paint(self._say["notes"], BOLD)
        for note in told:
            yield from self._wrap(note, "  ", "  ", DIM)

    def overview(self, document: tree.Document) -> Iterator[str]:
        """Each that is not well in a line, for who looks at the end of a long text."""
        yield from self._wrap(document.totals, "", "  ")
        for one in document.sections if len(document.sections) > 1 else ():
            result, verdict = one.result, one.verdict
            if result.expected and verdict.badge in _WELL:
                continue
            line = f"{verdict.name}: {verdict.headline}"
            if result.maintenance is not None:
                line = fill(self._say["listed-in-maintenance"], {"line": line})
            word = f"  {self._paint(pad(verdict.word, 7), COLOURS[verdict.badge])}  "
            yield word + cut(line, self._options.width - columns(f"  {pad(verdict.word, 7)}  "))

    def _verdict(self, told: tree.Verdict) -> Iterator[str]:
        word = self._paint(told.word, COLOURS[told.badge])
        painted = self._paint(told.headline, BOLD) if told.detail else told.headline
        if columns(f"{told.word}  {told.name}: {told.headline}") <= self._options.width:
            yield f"{word}  {told.name}: {painted}"
        else:
            yield f"{word}  {told.name}:"
            yield f"  {painted}"
        yield from self._wrap(told.title, "  ", "  ", BOLD)
        yield from self._wrap(told.detail, "  ", "  ")
        for line in (told.clock, told.expectation):
            yield from self._wrap(line, "  ", "  ", BOLD)
