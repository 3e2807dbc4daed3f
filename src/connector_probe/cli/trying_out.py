"""``probe demo`` and ``probe lab``. What they stand on is imported only when they are called."""

from __future__ import annotations

from typing import Annotated

import typer

from connector_probe.cli import options as opt
from connector_probe.cli.output import write_document


def demo(lang: opt.Lang = None) -> None:
    """Start the lab, probe it, and print what a user sees; needs no network."""
    from connector_probe.cli.lab import run_demo
    from connector_probe.cli.language import words_for
    from connector_probe.model.documents import Format

    raise typer.Exit(run_demo(words_for(lang, Format.TEXT)))


def lab(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO...]", help="Which ones; all by default.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the scenarios, and start none.")] = False,
) -> None:
    """Start smart hosts on loopback, each with one failure, to try things out."""
    from connector_probe.cli.lab import list_scenarios, run_lab

    if list_:
        write_document(list_scenarios())
    else:
        run_lab(names or ())
