"""``probe codes``: the catalogue. What it stands on is imported only when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.output import page_through, text_options, words_for, write_document
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import Format
from connector_probe.model.names import show
from connector_probe.model.spelling import nearest

if TYPE_CHECKING:
    from connector_probe.bounces.code_catalogue import CodeEntry


def codes(
    asked: list[str] | None = typer.Argument(
        None,
        metavar="[CODE|WORD]",
        help="Such as 4.4.316, or a word: refused; all without it.",
        autocompletion=completers.code,
    ),
    json: opt.Json = False,
    lang: opt.Lang = None,
) -> None:
    """List the error codes: what each means, its causes, its remedies, and where to read on: probe codes 4.4.316"""
    from connector_probe.bounces.code_catalogue import document
    from connector_probe.formats.codes import to_text
    from connector_probe.formats.json import to_json

    words = words_for(lang, Format.JSON if json else Format.TEXT)
    text = " ".join(asked) if asked is not None else None
    found = document(text, words)
    if text is not None and not found.codes:
        found = replace(found, codes=tuple(_like(text, document(None, words).codes)))
    if not found.codes:
        raise UsageProblemError(
            f"{show(text or '') or repr('')} is not one of the codes known here", "probe codes lists them all"
        )
    if json:
        write_document(to_json(found))
        return
    page_through(to_text(found, text_options(words), whole=text is not None and len(found.codes) == 1))


def _like(text: str, entries: Sequence[CodeEntry]) -> list[CodeEntry]:
    """Those whose title has ``text`` in it, else those of a failure that has, else the nearest."""
    word = text.strip().casefold()
    if not word:
        return []
    titles = [one for one in entries if word in one.title.casefold()]
    if titles:
        return titles
    told = {one.code: [f"{kind.id.value} {kind.title}".casefold() for kind in one.classes] for one in entries}
    classes = [one for one in entries if any(word in text for text in told[one.code])]
    if classes:
        return classes
    words = {part: one for one in entries for text in (one.title.casefold(), *told[one.code]) for part in text.split()}
    meant = nearest(word, words)
    return [words[meant]] if meant is not None else []
