"""``probe run``: the connectors of probes.yaml. What it stands on is imported only when it is called."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.output import say, write_document
from connector_probe.cli.values import UsageProblemError, parse_whole
from connector_probe.model.names import show

if TYPE_CHECKING:
    from connector_probe.config import Configuration

File = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="Default: probes.yaml here, else in your config folder.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="NAME_OR_TAG", help="Only these connectors; repeatable.", autocompletion=completers.connector
    ),
]

MOST_JOBS = 10_000


@opt.takes_groups
def run_file(
    *,
    file: File = None,
    check: bool = typer.Option(False, "--check", help="Only check the file; probe nothing."),
    only: Only = None,
    shard: str | None = typer.Option(
        None, "--shard", metavar="I/N", help="A stable share, so that N jobs split one file."
    ),
    jobs: str = typer.Option("100", "--jobs", metavar="N", help="Probe this many connectors side by side."),
    options: opt.RunOptions,
    document: opt.DocumentOptions,
) -> None:
    """Probe every connector in a file.

    \b
      probe run                       probes.yaml here
      probe run probes.yaml --check   only check the file
      probe run probes.yaml --only production --format junit=probe.xml
      probe run probes.yaml --quiet   for cron: silent while all is as expected
    """
    from connector_probe.cli.cron import alone, ended_by, wait_a_little
    from connector_probe.cli.settings import OutputSettings
    from connector_probe.cli.unattended import Unattended
    from connector_probe.config import select
    from connector_probe.config import shard as share_of

    side_by_side = parse_whole("--jobs", jobs)
    if not 1 <= side_by_side <= MOST_JOBS:
        raise UsageProblemError(f"--jobs of {side_by_side}", f"a number from 1 to {MOST_JOBS}")
    configuration = load_file(file)
    chosen = select(configuration.entries, only or ())
    if shard is not None:
        chosen = share_of(chosen, shard)
    entries = [entry for entry in chosen if entry.enabled]
    if options.retries is not None:
        retries = parse_whole("--retries", options.retries)
        entries = [replace(entry, connector=replace(entry.connector, retries=retries)) for entry in entries]
    settings = OutputSettings.choose(document, modes=False, locations=locations_of(configuration))
    words, quiet = settings.words, document.quiet
    unattended = Unattended.choose(
        options, configuration, entries, only or (), words=words, lang=document.lang, quiet=quiet
    )
    if check:
        number, off = len(configuration.entries), sum(not entry.enabled for entry in configuration.entries)
        told = f"{number} connector{'s' if number != 1 else ''}, fine"
        told += f"; {off} of them with enabled: false, so not probed" if off else ""
        write_document(f"{show(str(configuration.path))}: {told}\n")
        return
    from connector_probe.cli.running import probe_and_print

    if chosen and not entries:
        raise UsageProblemError(
            "nothing to probe: each of these connectors is disabled", "enabled: false stands beside it in the file"
        )
    if not chosen:  # of few connectors and many shares, some are empty
        say(f"probe: no connector is in the share {shard}")
    asked, strict = [entry.connector for entry in entries], [entry.strict for entry in entries]
    wait_a_little(unattended.splay)
    with (
        alone(configuration.path, only or (), shard, quiet=quiet or options.only_changes),
        ended_by(unattended.deadline),
    ):
        code = probe_and_print(asked, settings, strict=strict, jobs=side_by_side, unattended=unattended)
    raise typer.Exit(code)


def load_file(file: str | None) -> Configuration:
    """The file's configuration; all its problems are printed first. Raises UsageProblemError and SelectionError."""
    from connector_probe.config import ConfigError, find_file, load

    try:
        return load(Path(file) if file is not None else find_file())
    except ConfigError as error:
        if file is not None:
            from connector_probe.cli.slips import refuse_no_configuration

            refuse_no_configuration(file)
        for problem in error.problems:
            say(str(problem))
        number = len(error.problems)
        told = "1 problem" if number == 1 else f"{number} problems"
        raise UsageProblemError(f"{show(error.problems[0].path, 300)}: {told}, and nothing was probed") from None


def locations_of(configuration: Configuration) -> dict[str, tuple[str, int]]:
    """Where each connector stands, for annotations: GitHub wants paths from the top of the repository."""
    path = configuration.path
    top = os.environ.get("GITHUB_WORKSPACE")
    if top and path.resolve().is_relative_to(Path(top).resolve()):
        path = path.resolve().relative_to(Path(top).resolve())
    return {entry.name: (path.as_posix(), entry.line) for entry in configuration.entries}
