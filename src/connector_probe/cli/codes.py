"""``probe codes``: the catalogue. What it stands on is imported only when it is called."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from connector_probe.cli import options as opt

Code = Annotated[
    str | None, typer.Argument(metavar="[CODE]", help="One code, such as 4.4.316; all without it.", show_default=False)
]


def codes(code: Code = None, json: opt.Json = False, lang: opt.Lang = None) -> None:
    """List the error codes: what each means, its causes, its remedies, and where to read on: probe codes 4.4.316"""
    from connector_probe.bounces.codes import document
    from connector_probe.cli.language import words_for
    from connector_probe.cli.output import terminal_width, wants_colour, write_document
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.formats import Format, RenderOptions
    from connector_probe.formats.codes import to_json, to_text
    from connector_probe.model.names import show

    words = words_for(lang, Format.JSON if json else Format.TEXT)
    found = document(code, words)
    if not found.codes:
        raise UsageProblemError(f"{show(code or '')} is not one of the codes known here", "probe codes lists them all")
    if json:
        write_document(to_json(found))
        return
    options = RenderOptions(words=words, colour=wants_colour(sys.stdout), width=terminal_width(sys.stdout))
    write_document(to_text(found, options, whole=code is not None))
