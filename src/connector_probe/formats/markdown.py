"""Markdown (GitHub's flavour) for tickets and wikis: what the text says, in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent

from connector_probe.formats import document as tree
from connector_probe.formats.options import RenderOptions, colon, markdown_text
from connector_probe.model.verdict import CauseVerdict, Report
from connector_probe.wording.catalogue import Catalogue

_BACKTICKS = re.compile(r"`+")


def render(report: Report, options: RenderOptions) -> str:
    """The whole report; empty with verbosity -1 where all is as expected."""
    document = tree.document(report, options)
    if not document.sections:
        return "" if options.verbosity < 0 else f"{markdown_text(document.totals)}\n"
    blocks = [block for one in document.sections for block in _section(one, options.words)]
    if document.several:
        blocks.append(f"**{markdown_text(document.totals)}**")
    blocks.append(f"*{' · '.join(map(markdown_text, document.origin))}*")
    return "\n\n".join(blocks) + "\n"


def _section(section: tree.Section, words: Catalogue) -> Iterator[str]:
    """Blocks of Markdown, to be joined by empty lines."""
    yield from _verdict(section.verdict)
    parts = list(section.parts)
    if section.notes:
        parts.append(tree.Part(words.text["notes"], [tree.Bullets(section.notes)]))
    for part in parts:
        if part.heading:
            yield f"### {markdown_text(part.heading)}"
        for block in part.blocks:
            yield from _block(block, words)


def _verdict(told: tree.Verdict) -> Iterator[str]:
    yield f"## {told.word} {markdown_text(told.name)}"
    yield f"**{markdown_text(told.headline)}**"
    if told.notice:
        yield markdown_text(told.notice)
    title = f"**{markdown_text(told.title)}** " if told.title else ""
    if told.detail:
        yield f"{title}{markdown_text(told.detail)}"
    yield from (f"**{markdown_text(line)}**" for line in (told.clock, told.expectation) if line)


def _block(block: tree.Block, words: Catalogue) -> Iterator[str]:
    match block:
        case tree.Causes():
            yield _list(f"{_weight(one, words)} {markdown_text(one.text)}" for one in block.items)
        case tree.Steps():
            yield "\n".join(
                f"{number}. {markdown_text(remedy.text)}\n{indent(_code(remedy.commands), '   ', bool)}".rstrip("\n")
                for number, remedy in enumerate(block.items, 1)
            )
        case tree.Reply():
            yield _code([block.text])
        case tree.Source():
            yield markdown_text(block.confidence)
            yield f"{block.label} {markdown_text(block.link)}"
        case tree.Paragraph():
            yield markdown_text(block.text)
        case tree.Bullets():
            yield from _listed(block.items)
        case tree.Address():  # its head is the address with its state, so that it needs no words of its own
            rows = ((one.name, one.word, one.took, one.fact) for one in block.stages)
            yield _table([(block.endpoint, block.state, "", ""), *rows], "|---|---|--:|---|")
            yield from _listed(block.policies)
        case tree.Answers():
            yield f"**{markdown_text(block.caption)}**"
            if block.rows:
                yield _table([("", "", "", ""), *block.rows], "|---|---|--:|---|")
            if block.note:
                yield markdown_text(block.note)
        case tree.Certificates():
            yield from (_table([("", ""), *rows], "|---|---|") for rows in block.certificates)
            yield from _listed(block.remarks)
        case tree.Conversation():
            yield _code(list(block.texts))


def _weight(cause: tree.Cause, words: Catalogue) -> str:
    stars = "*" if cause.verdict is CauseVerdict.RULED_OUT else "**"
    return f"{stars}{colon(cause.word, words)}{stars}"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    """A list of ``texts``, and nothing where there are none."""
    if texts:
        yield _list(map(markdown_text, texts))


def _list(items: Iterable[str]) -> str:
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
