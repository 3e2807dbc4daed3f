"""``probe help`` and ``probe version``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from connector_probe.cli import completers

Topic = Annotated[
    str | None,
    typer.Argument(metavar="[COMMAND|TOPIC]", help="What to tell about.", autocompletion=completers.topic),
]


def help_(topic: Topic = None) -> None:
    """Show the manual, or the help of a command.

    \b
      probe help                the commands, and the common options
      probe help run            as: probe run --help
      probe help exit-codes     a page of the manual
    """
    from difflib import get_close_matches

    from connector_probe.cli.commands import HOST, SUMMARIES, command
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.manual import TOPICS
    from connector_probe.model.names import show

    name = (topic or "").strip().lower()
    if name in TOPICS:
        _show_page(name)
    elif not name or name in SUMMARIES:
        asked = command(name or HOST)
        asked.main(["--help"], prog_name=f"probe {name}".strip(), standalone_mode=False)
    else:
        near = get_close_matches(name, [*TOPICS, *SUMMARIES], 1)
        hint = f"did you mean {near[0]}?" if near else f"topics: {', '.join(TOPICS)}; else a command"
        raise UsageProblemError(f"there is no help on {show(name)}", hint)


def version() -> None:
    """Print the version."""
    from connector_probe._version import __version__
    from connector_probe.cli.output import write_document

    write_document(f"probe {__version__}\n")


def _show_page(name: str) -> None:
    """At a terminal drawn by rich; elsewhere as it is written."""
    from connector_probe.cli.output import terminal_width, wants_colour, write_document
    from connector_probe.manual import page

    text = page(name)
    if not wants_colour(sys.stdout):
        write_document(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    width = terminal_width(sys.stdout)
    console = Console(width=width)
    with console.capture() as drawn:
        console.print(Markdown(text))
    write_document(drawn.get())
