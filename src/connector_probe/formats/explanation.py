"""Explained bounces as text, verdict first, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.bounces.explanation import Explanation, ExplanationDocument, LiveVerdict
from connector_probe.formats import json
from connector_probe.formats.document import advice
from connector_probe.formats.layout import pad
from connector_probe.formats.options import RenderOptions, confidence, full_stop
from connector_probe.formats.sheet import BOLD, DIM, SCREEN, Sheet
from connector_probe.model.names import is_address
from connector_probe.model.notation import day
from connector_probe.model.verdict import Culprit, Report


def to_json(document: ExplanationDocument, report: Report | None = None) -> str:
    """One object, in ASCII; ``report`` is that of --probe."""
    beside = {} if report is None else {"report": report}
    return json.to_json(json.members(document) | beside)


def to_text(document: ExplanationDocument, options: RenderOptions) -> str:
    page = _Page(options)
    blocks = ["\n".join(page.match(one)) for one in document.matches]
    if len(blocks) == 1 and blocks[0].count("\n") > SCREEN:
        blocks.append("\n".join(page.title(document.matches[0])))
    blocks += ["\n".join(page.note(one)) for one in document.notes]
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Page(Sheet):
    def note(self, text: str) -> Iterator[str]:
        yield from self._wrap(text, "", "  ")

    def match(self, one: Explanation) -> Iterator[str]:
        yield from self._head(one)
        if one.live is not None:
            yield ""
            yield self._paint(self._words.explain["now"], BOLD)
            yield from self._wrap(one.live.text, "  ", "  ")
            if one.live.verdict in (LiveVerdict.STANDS, LiveVerdict.CHANGED):
                return  # the report of the probe follows, and its causes and remedies rest on more than a message
        yield from self._advice(one)

    def _advice(self, one: Explanation) -> Iterator[str]:
        for part in advice(one.causes, one.remedies, self._words):
            yield from self.part(part)
        yield ""
        yield from self._wrap(confidence(one.confidence, self._words), "", "  ", DIM)
        yield self._paint(f"{self._say['reference']} {one.reference}", DIM)

    def title(self, one: Explanation) -> Iterator[str]:
        """The first line, and where that has scrolled away the last one too."""
        yield from self._wrap(" ".join(filter(None, (one.code, one.title))), "", "  ", BOLD)

    def _head(self, one: Explanation) -> Iterator[str]:
        say = self._words.explain
        yield from self.title(one)
        if one.heading is not None and one.heading != one.title:
            yield from self._wrap(full_stop(one.heading, self._words), "  ", "  ", BOLD)
        yield from self._wrap(one.meaning, "  ", "  ")
        for note in one.notes:
            yield from self._wrap(note, "  ", "  ")
        rows = {
            "label-direction": say[one.direction] if one.direction is not None else "",
            "label-culprit": say[f"culprit-{one.culprit}"] if one.culprit is not Culprit.UNKNOWN else "",
            "label-server": _endpoint(one),
            "label-time": day(one.occurred_at) if one.occurred_at is not None else "",
            "label-recipient": one.recipient,
            "label-message": one.message,
            "label-expected": one.expected_subject,
            "label-presented": one.presented_subject,
            "label-thumbprint": one.thumbprint,
        }
        shown = {say[key]: value for key, value in rows.items() if value}
        if shown:
            yield ""
        for label, value in shown.items():
            yield from self._wrap(value, f"  {pad(label, 10)} ", " " * 13)


def _endpoint(one: Explanation) -> str:
    """ "mail.contoso.com [192.0.2.5]:25", or as much of it as is known."""
    port = f":{one.port}" if one.port is not None else ""
    if one.address is None:
        return f"{one.server}{port}" if one.server is not None else ""
    if one.server is None or is_address(one.server):
        return f"[{one.address}]{port}"
    return f"{one.server} [{one.address}]{port}"
