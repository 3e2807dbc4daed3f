"""Lines of text for people: the blocks of a document within a width, in colour or not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from connector_probe.formats import document as tree
from connector_probe.formats.layout import BESIDE, columns, cut, pad, wrap
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Badge, CauseVerdict

COLOURS = {
    Badge.HEALTHY: "32;1",
    Badge.WARNING: "33;1",
    Badge.FAILING: "31;1",
    Badge.UNKNOWN: "35;1",
    Badge.AS_EXPECTED: "32;1",
    Badge.NOT_AS_EXPECTED: "31;1",
}


SCREEN = 22  # lines of a terminal of 24 that a document has: the verdict must not scroll away
BOLD, DIM = "1", "2"  # SGR, as the colours of statuses


class Sheet:
    """Lines of text within a width, in colour or not."""

    def __init__(self, options: RenderOptions) -> None:
        self._options = options
        self._words = options.words
        self._say = options.words.text

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._options.colour and colour and text else text

    def _wrap(self, text: str, first: str, then: str, colour: str = "") -> Iterator[str]:
        return (self._paint(line, colour) for line in wrap(text, self._options.width, first, then))

    def _heading(self, key: str) -> str:
        return self._paint(self._say[key], BOLD)

    def _headline(self, word: str, sgr: str, name: str, told: str, style: str = "", then: str = "  ") -> Iterator[str]:
        """ "FAILING  mail.contoso.com: ...", in two lines where one is not enough."""
        if columns(f"{word}  {name}: {told}") <= self._options.width:
            yield f"{self._paint(word, sgr)}  {name}: {self._paint(told, style)}"
        else:
            yield f"{self._paint(word, sgr)}  {name}:"
            yield from self._wrap(told, "  ", then, style)

    def part(self, part: tree.Part) -> Iterator[str]:
        """Behind an empty line."""
        yield ""
        if part.heading:
            yield self._paint(part.heading, BOLD)
        for block in part.blocks:
            yield from self._block(block)

    def _block(self, block: tree.Block) -> Iterator[str]:
        match block:
            case tree.Causes():
                for cause in block.items:
                    yield from self._cause(cause)
            case tree.Steps():
                for number, remedy in enumerate(block.items, 1):
                    label = f"  {number}. "
                    yield from self._wrap(remedy.text, label, " " * len(label))
                    yield from (f"       {command}" for command in remedy.commands)
            case tree.Reply():
                yield from self._wrap(block.text, "  ", "    ")
            case tree.Source():
                yield from self._wrap(block.confidence, "  ", "  ", DIM)
                yield self._paint(f"  {block.label} {block.link}", DIM)
            case tree.Remark():
                yield from self._wrap(block.text, "  ", "  ", DIM)
            case tree.Paragraph():
                yield from self._wrap(block.text, "", "  ")
            case tree.Bullets():
                for item in block.items:
                    yield from self._wrap(item, "  - ", "    ")
            case tree.Address():
                yield from self._address(block)
            case tree.Answers():
                yield from self._answers(block)
            case tree.Certificates():
                yield from self._certificates(block)
            case tree.Conversation():
                yield from (f"  {line}" for line in block.texts)

    def _cause(self, cause: tree.Cause) -> Iterator[str]:
        label = f"  {pad(cause.word, 10)} "
        colour = DIM if cause.verdict is CauseVerdict.RULED_OUT else ""
        yield from self._wrap(cause.text, label, " " * columns(label), colour)

    def _address(self, address: tree.Address) -> Iterator[str]:
        word = self._paint(address.word, COLOURS[address.badge])
        yield f"  {address.endpoint}  {word} {address.code}".rstrip()
        for stage in address.stages:
            yield from self._stage(stage, address.badge)
        for line in address.policies:
            yield from self._wrap(line, "    ", "      ")

    def _stage(self, line: tree.StageLine, badge: Badge) -> Iterator[str]:
        word, name = pad(line.word, 6), pad(line.name, 11)
        painted = self._paint(word, COLOURS[badge]) if line.stage.status == "failed" else word
        start, fact = f"    {name} {word} {line.took:>7}  ", line.fact
        if self._options.verbosity <= 0:
            fact = cut(fact, self._options.width - columns(start))
        first, *more = list(wrap(fact, self._options.width, start, " " * columns(start))) or [start]
        yield f"    {name} {painted} {line.took:>7}  {first[len(start) :]}".rstrip()
        yield from more

    def _answers(self, answers: tree.Answers) -> Iterator[str]:
        yield from self._wrap(answers.caption, "", "  ", BOLD)
        servers = max((columns(server) for server, _, _, _ in answers.rows), default=0)
        room = self._options.width - servers - 22
        narrow = any(room < min(columns(answer), BESIDE) for _, _, _, answer in answers.rows)
        for server, rows in groupby(answers.rows, key=itemgetter(0)):
            if narrow:
                yield f"  {server}"
            label = "    " if narrow else f"  {pad(server, servers)}  "
            for _, what, took, answer in rows:
                start = f"{label}{what:<8} {took:>7}  "
                yield from self._wrap(answer, start, " " * columns(start))
        if answers.note:
            yield f"  {answers.note}"

    def _certificates(self, chain: tree.Certificates) -> Iterator[str]:
        for depth, rows in enumerate(chain.certificates):
            if depth:
                yield f"  [{depth}]"
            for label, value in rows:
                yield from self._wrap(value, f"  {pad(label, 8)} ", " " * 11)
        for remark in chain.remarks:
            yield from self._wrap(remark, " " * 11, " " * 11, DIM)
