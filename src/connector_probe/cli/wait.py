"""``probe wait``: probe again and again until all is as expected, for a cutover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.fleet import Only, load_file, locations_of
from connector_probe.cli.hosts import Asked, asked_of
from connector_probe.cli.values import UsageProblemError, parse_duration, parse_whole

MOST_TIMES = 1000
_OWN = frozenset({"config", "only", "until", "for_", "times", "every", "strict"})


@opt.takes_groups
def wait(
    ctx: typer.Context,
    *,
    config: str | None = typer.Option(
        None, "--config", metavar="FILE", help="Wait for the connectors of this file, and for no HOST."
    ),
    only: Only = None,
    until: str | None = typer.Option(
        None,
        metavar="healthy|CODE",
        help="What to wait for. Default: healthy; with --config what each connector expects.",
        autocompletion=completers.route,
    ),
    for_: str = typer.Option("10m", "--for", metavar="TIME", help="Wait at most so long (500ms, 10s, 5m, 2h)."),
    times: str = typer.Option("1", metavar="N", help="It must be seen so many times in a row, to be steady."),
    every: str = typer.Option(
        "10s", metavar="TIME", help="Pause between probes; it grows while nothing changes, up to six times."
    ),
    given: opt.HostOptions,
    options: opt.ConnectorOptions,
    strict: opt.Strict = False,
    document: opt.DocumentOptions,
) -> None:
    """Probe again and again until a server is healthy, or gives a code.

    \b
      probe wait mail.contoso.com --for 30m --times 3
      probe wait --until 4.4.316 old.contoso.com   until the old server is shut
      probe wait --config probes.yaml              until each is as it expects
    """
    from connector_probe.cli.waiting import Goal, wait_and_print
    from connector_probe.model.connector import ConnectorError

    awaited = until if until is not None else "as expected" if config is not None else "healthy"
    goal = Goal(parse_duration("--for", for_), parse_whole("--times", times), parse_duration("--every", every), awaited)
    if goal.limit <= 0:
        raise UsageProblemError("--for of nothing", "how long to wait at most, as in: --for 10m")
    if goal.pause <= 0:
        raise UsageProblemError("--every of nothing", "a pause between the probes, as in: --every 10s")
    if not 1 <= goal.times <= MOST_TIMES:
        raise UsageProblemError(f"--times of {goal.times}", f"a number from 1 to {MOST_TIMES}")
    if given.hosts and config is not None:
        raise UsageProblemError("a HOST and --config exclude each other", "give one of them")
    if not given.hosts and given.hosts_file is None and config is None:
        raise UsageProblemError("nothing to wait for", "as in: probe wait mail.contoso.com, or --config probes.yaml")
    if only and config is None:
        raise UsageProblemError("--only without --config", "it picks connectors of a file")
    try:
        if config is not None:
            _refuse_options_of_a_probe(ctx)
            asked = _of_file(config, only or (), until, document, strict=strict)
        else:
            asked = asked_of(given, options, document, expect=until if until is not None else "healthy", strict=strict)
    except ConnectorError as problem:
        if until is None or not str(problem).startswith("expect "):
            raise
        raise UsageProblemError(str(problem).replace("expect", "--until", 1), problem.hint) from None
    raise typer.Exit(wait_and_print(asked, goal))


def _of_file(
    file: str, only: Sequence[str], until: str | None, document: opt.DocumentOptions, *, strict: bool
) -> Asked:
    """The file's connectors; of the options only those of the document, since the file says the rest."""
    from connector_probe.cli.settings import OutputSettings
    from connector_probe.config import select

    configuration = load_file(file)
    entries = [entry for entry in select(configuration.entries, only) if entry.enabled]
    if not entries:
        raise UsageProblemError(
            "nothing to wait for: each of these connectors is disabled", "enabled: false stands beside it in the file"
        )
    settings = OutputSettings.choose(document, modes=False, locations=locations_of(configuration))
    connectors = [one.connector for one in entries]
    if until is not None:
        connectors = [replace(one, expect=until) for one in connectors]
    return Asked(connectors, settings, [one.strict or strict for one in entries])


def _refuse_options_of_a_probe(ctx: typer.Context) -> None:
    """Raises UsageProblemError for an option of the probe itself: it would be lost in silence."""
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        given = source is not None and source.name == "COMMANDLINE"
        if given and parameter.name not in (*_OWN, *opt.DocumentOptions.__annotations__):
            hint = "the file says how each connector is probed"
            raise UsageProblemError(f"{parameter.opts[0]} with --config", hint)
