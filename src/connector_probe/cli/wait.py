"""``probe wait``: probe again and again until all is as expected, for a cutover."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_probe.cli.fleet import Only
from connector_probe.cli.hosts import read_hosts
from connector_probe.cli.signatures import taking

if TYPE_CHECKING:
    from connector_probe.cli.hosts import Asked

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[HOST...]", help="Name, address, or HOST:PORT; none with --config.", show_default=False),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Wait for the connectors of this file.", readable=False),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="healthy|CODE", help="What to wait for. Default: healthy; with --config what each connector expects."
    ),
]
For = Annotated[str, typer.Option("--for", metavar="TIME", help="Wait at most so long (500ms, 10s, 5m, 2h).")]
Times = Annotated[
    int, typer.Option(metavar="N", min=1, max=1000, help="It must be seen so many times in a row, to be steady.")
]
Every = Annotated[
    str, typer.Option(metavar="TIME", help="Pause between probes; it grows while nothing changes, up to six times.")
]


@taking(read_hosts, without=("expect", "history"))
def wait(
    hosts: Hosts = None,
    config: Config = None,
    only: Only = None,
    until: Until = None,
    for_: For = "10m",
    times: Times = 1,
    every: Every = "10s",
    **options: Any,  # noqa: ANN401 - those of a probe
) -> None:
    """Probe again and again until a server is healthy, or gives a code.

    \b
      probe wait mail.contoso.com --for 30m --times 3
      probe wait --until 4.4.316 old.contoso.com   until the old server is shut
      probe wait --config probes.yaml              until each is as it expects
    """
    from connector_probe.cli.values import UsageProblemError, parse_duration
    from connector_probe.cli.waiting import Goal, wait_and_print
    from connector_probe.model.connector import ConnectorError

    awaited = until if until is not None else "as expected" if config is not None else "healthy"
    goal = Goal(parse_duration("--for", for_), times, parse_duration("--every", every), awaited)
    if goal.limit <= 0:
        raise UsageProblemError("--for of nothing", "how long to wait at most, as in: --for 10m")
    if goal.pause <= 0:
        raise UsageProblemError("--every of nothing", "a pause between the probes, as in: --every 10s")
    if options["quiet"] and options["verbose"]:
        raise UsageProblemError("-q and -v exclude each other", "give one of them")
    if hosts and config is not None:
        raise UsageProblemError("a HOST and --config exclude each other", "give one of them")
    if not hosts and config is None:
        raise UsageProblemError("nothing to wait for", "as in: probe wait mail.contoso.com, or --config probes.yaml")
    try:
        asked = _of_file(config, only, until, options) if config is not None else _of_hosts(hosts, only, until, options)
    except ConnectorError as problem:
        if until is None or not str(problem).startswith("expect "):
            raise
        raise UsageProblemError(str(problem).replace("expect", "--until", 1), problem.hint) from None
    raise typer.Exit(wait_and_print(asked, goal))


def _of_hosts(hosts: list[str] | None, only: list[str] | None, until: str | None, options: dict[str, Any]) -> Asked:
    from connector_probe.cli.values import UsageProblemError

    if only:
        raise UsageProblemError("--only without --config", "it picks connectors of a file")
    return read_hosts(hosts=hosts or [], expect=until if until is not None else "healthy", **options)


def _of_file(file: Path, only: list[str] | None, until: str | None, options: dict[str, Any]) -> Asked:
    """The file's connectors; of the options only those of the document, since the file says the rest."""
    from dataclasses import replace

    from connector_probe.cli.fleet import choose_entries, load_file, locations_of
    from connector_probe.cli.hosts import Asked
    from connector_probe.cli.settings import OutputSettings
    from connector_probe.cli.values import UsageProblemError

    _refuse(options)
    configuration = load_file(file)
    entries = [entry for entry in choose_entries(configuration, only or (), None) if entry.enabled]
    if not entries:
        raise UsageProblemError(
            "nothing to wait for: each of these connectors is disabled", "enabled: false stands beside it in the file"
        )
    document = {name: options[name] for name in _OF_THE_DOCUMENT}
    settings = OutputSettings.choose(**document, modes=False, locations=locations_of(configuration))
    connectors = [one.connector for one in entries]
    if until is not None:
        connectors = [replace(one, expect=until) for one in connectors]
    return Asked(connectors, settings, [one.strict or options["strict"] for one in entries])


_OF_THE_DOCUMENT = ("format_", "json", "output", "lang", "quiet", "verbose", "transcript")


def _refuse(options: dict[str, Any]) -> None:
    """Raises UsageProblemError for an option of the probe itself: it would be lost in silence."""
    import inspect

    from connector_probe.cli.values import UsageProblemError

    for name, parameter in inspect.signature(wait).parameters.items():
        if name in options and name not in (*_OF_THE_DOCUMENT, "strict") and options[name] != parameter.default:
            given = "-" + name[-1] if name in ("ipv4", "ipv6") else "--" + name.strip("_").replace("_", "-")
            raise UsageProblemError(f"{given} with --config", "the file says how each connector is probed")
