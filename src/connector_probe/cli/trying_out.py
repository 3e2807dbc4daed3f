"""``probe demo`` and ``probe lab``. What they stand on is imported only when they are called."""

from __future__ import annotations

import sys

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.output import page_through, terminal_width, words_for
from connector_probe.cli.values import UsageProblemError, parse_whole
from connector_probe.model.documents import Format

HIGHEST = 65_000


def demo(
    every: bool = typer.Option(False, "--all", help="Every scenario of the lab, each with its verdict."),
    lang: opt.Lang = None,
) -> None:
    """Probe a laboratory, and print what an administrator sees and does: three stories; needs no network."""
    from connector_probe.cli.demo import run_demo

    raise typer.Exit(run_demo(words_for(lang, Format.TEXT), every=every))


def lab(
    names: list[str] | None = typer.Argument(
        None, metavar="[SCENARIO...]", help="Which ones; all by default.", autocompletion=completers.scenario
    ),
    list_: bool = typer.Option(False, "--list", help="Print the scenarios, and start none."),
    config: bool = typer.Option(False, "--config", help="Print a probes.yaml for what runs, instead of command lines."),
    port: str | None = typer.Option(
        None, "--port", metavar="N", help="Stable ports: the nameserver's, then the servers'. Default: what is free."
    ),
) -> None:
    """Start smart hosts on loopback, each with one failure, to try things out.

    \b
      probe lab expired refused                 two, and how to probe them
      probe lab healthy --config > probes.yaml  then, elsewhere: probe run
      probe lab --list                          all there are
    """
    from connector_probe.cli.lab import list_scenarios, run_lab

    first = parse_whole("--port", port) if port is not None else None
    if first is not None and not 1024 <= first <= HIGHEST:
        raise UsageProblemError(f"--port of {first}", f"the first of several, from 1024 to {HIGHEST}")
    if list_:
        page_through(list_scenarios(terminal_width(sys.stdout) if sys.stdout.isatty() else None))
    else:
        run_lab(names or (), port=first, config=config)
