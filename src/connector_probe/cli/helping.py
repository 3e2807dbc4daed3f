"""``probe help`` and ``probe version``."""

from __future__ import annotations

import sys

import typer

from connector_probe._version import __version__
from connector_probe.cli import completers
from connector_probe.cli.commands import SUMMARIES, command
from connector_probe.cli.output import page_through, terminal_width, wants_colour, write_document
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.names import show
from connector_probe.model.spelling import did_you_mean


def help_(
    topic: str | None = typer.Argument(
        None, metavar="[COMMAND|TOPIC]", help="What to tell about.", autocompletion=completers.topic
    ),
) -> None:
    """Show the manual, or the help of a command.

    \b
      probe help                the pages of the manual
      probe help run            as: probe run --help
      probe help exit-codes     a page of the manual
    """
    from connector_probe.manual import TOPICS

    name = (topic or "").strip().lower()
    if name in TOPICS:
        _show_page(name)
    elif not name:
        _list_pages()
    elif name in SUMMARIES:
        command(name).main(["--help"], prog_name=f"probe {name}", standalone_mode=False)
    else:
        hint = did_you_mean(name, [*TOPICS, *SUMMARIES], f"topics: {', '.join(TOPICS)}; else a command")
        raise UsageProblemError(f"there is no help on {show(name)}", hint)


def version() -> None:
    """Print the version."""
    write_document(f"probe {__version__}\n")


def _list_pages() -> None:
    """What there is to read, in one screen."""
    from connector_probe.manual import TOPICS

    width = max(map(len, TOPICS))
    rows = "".join(f"  {name:<{width}}  {what}\n" for name, what in TOPICS.items())
    write_document(f"The manual; probe help TOPIC shows a page:\n{rows}\nThe commands: probe --help\n")


def _show_page(name: str) -> None:
    """At a terminal drawn by rich, with the reader's pager; elsewhere as it is written."""
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
    page_through(drawn.get())
