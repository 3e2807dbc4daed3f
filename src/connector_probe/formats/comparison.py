"""Two reports compared, as text, what differs first said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from connector_probe.comparing.comparison import Comparison, ConnectorComparison, Origin, Outcome, Relation, Side
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.sheet import BOLD, DIM, Sheet
from connector_probe.model.notation import day
from connector_probe.wording.sentences import fill

_QUIET = frozenset({Outcome.SAME, Outcome.FIXED})  # what -q leaves out, where nothing in it matters
_COLOURS = {
    Outcome.SAME: "32;1",
    Outcome.FIXED: "32;1",
    Outcome.DIFFERS: "31;1",
    Outcome.NEW: "31;1",
    Outcome.CHANGED: "33;1",
    Outcome.UNKNOWN: "35;1",
    Outcome.ONLY_FIRST: "33;1",
    Outcome.ONLY_SECOND: "33;1",
}


def to_text(comparison: Comparison, options: RenderOptions) -> str:
    """With verbosity -1, only what differs; empty where nothing does."""
    page = _Page(comparison, options)
    shown = [one for one in comparison.connectors if options.verbosity >= 0 or one.outcome not in _QUIET or one.matters]
    if not shown:
        return ""
    blocks = ["\n".join(page.head()), *("\n".join(page.connector(one)) for one in shown), "\n".join(page.summary())]
    return "\n\n".join(blocks) + "\n"


class _Page(Sheet):
    def __init__(self, comparison: Comparison, options: RenderOptions) -> None:
        super().__init__(options)
        self._comparison = comparison
        self._say = options.words.compare
        self._times = comparison.relation is Relation.TIMES

    def head(self) -> Iterator[str]:
        found = self._comparison
        told = {"first": self._origin(found.first), "second": self._origin(found.second)}
        if found.third is not None:
            told["third"] = self._origin(found.third)
        heading = self._say["three-places" if found.third is not None else found.relation]
        yield from self._wrap(fill(heading, told), "", "  ", BOLD)
        reason = fill(self._say[f"reason-{found.reason}"], {"sender": (found.third or found.first).label})
        for note in (reason, *found.notes):
            yield from self._wrap(note, "  ", "  ", DIM)

    def connector(self, one: ConnectorComparison) -> Iterator[str]:
        word = self._say["unchanged" if self._times and one.outcome is Outcome.SAME else one.outcome]
        first, second = self._side(one.first), self._side(one.second)
        if one.first is not None and first == second and one.third is None:
            told = first
        elif self._times:
            told = fill(self._say["before-now"], {"first": first, "second": second})
        else:
            whole = self._comparison
            states = [(whole.first.label, first), (whole.second.label, second)]
            if whole.third is not None and one.third is not None:
                states.append((whole.third.label, self._side(one.third)))
            each = (fill(self._say["at"], {"place": place, "state": state}) for place, state in states)
            told = self._say["between-places"].join(each)
        yield from self._headline(word, _COLOURS[one.outcome], one.name, told, then="    ")
        for difference in sorted(one.differences, key=lambda each: not each.matters):
            yield from self._wrap(difference.text, "  - ", "    ")

    def summary(self) -> Iterator[str]:
        found = self._comparison
        counts = {field.name: str(getattr(found.summary, field.name)) for field in fields(found.summary)}
        counts["total"] = str(len(found.connectors) - found.summary.missing)
        told = [fill(self._say[f"summary-{found.relation}"], counts)]
        if found.summary.missing:
            told.append(fill(self._say["summary-missing"], counts))
        yield from self._wrap(self._say["between-places"].join(told), "", "  ")

    def _origin(self, origin: Origin) -> str:
        if origin.started_at is None:
            return fill(self._say["origin-undated"], {"label": origin.label, "file": origin.file})
        at = day(origin.started_at)
        if self._times or origin.label == origin.file:
            return fill(self._say["origin-file"], {"file": origin.file, "started_at": at})
        return fill(self._say["origin"], {"label": origin.label, "file": origin.file, "started_at": at})

    def _side(self, side: Side | None) -> str:
        if side is None:
            return self._say["missing"]
        status = self._options.words.text[side.status.value]
        return " ".join(filter(None, (status, side.code, side.title)))
