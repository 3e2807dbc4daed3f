"""``probe wait``: probe again and again until all is as expected, for a cutover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.fleet import Only

if TYPE_CHECKING:
    from connector_probe.cli.hosts import Asked

Config = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Wait for the connectors of this file, and for no HOST.")
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="healthy|CODE",
        help="What to wait for. Default: healthy; with --config what each connector expects.",
        autocompletion=completers.route,
    ),
]
For = Annotated[str, typer.Option("--for", metavar="TIME", help="Wait at most so long (500ms, 10s, 5m, 2h).")]
Times = Annotated[str, typer.Option(metavar="N", help="It must be seen so many times in a row, to be steady.")]
Every = Annotated[
    str, typer.Option(metavar="TIME", help="Pause between probes; it grows while nothing changes, up to six times.")
]
MOST_TIMES = 1000
_OWN = frozenset({"config", "only", "until", "for_", "times", "every"})
_OF_THE_DOCUMENT = ("format_", "json", "output", "lang", "brief", "quiet", "verbose", "transcript")


def wait(
    ctx: typer.Context,
    hosts: opt.Hosts = None,
    hosts_file: opt.HostsFile = None,
    as_written: opt.AsWritten = False,
    config: Config = None,
    only: Only = None,
    until: Until = None,
    for_: For = "10m",
    times: Times = "1",
    every: Every = "10s",
    port: opt.Port = "25",
    tls: opt.Tls = None,
    tls_domain: opt.TlsDomain = None,
    mx: opt.Mx = False,
    type_: opt.Type = "on-premises",
    roots: opt.Roots = "microsoft",
    ca_file: opt.CaFile = None,
    only_ca_file: opt.OnlyCaFile = False,
    nameserver: opt.Nameservers = None,
    source_address: opt.SourceAddress = None,
    ipv4: opt.Ipv4 = False,
    ipv6: opt.Ipv6 = False,
    control: opt.ControlHosts = None,
    no_control: opt.NoControl = False,
    helo: opt.Helo = None,
    connect_timeout: opt.ConnectTimeout = "21s",
    timeout: opt.Timeout = "60s",
    deadline: opt.Deadline = "120s",
    connections: opt.Connections = "1",
    retries: opt.Retries = "0",
    retry_delay: opt.RetryDelay = "10s",
    queue_lifetime: opt.QueueLifetime = "24h",
    no_revocation: opt.NoRevocation = False,
    thorough: opt.Thorough = False,
    rdap: opt.Rdap = None,
    rcpt: opt.Rcpt = None,
    warn_days: opt.WarnDays = None,
    as_of: opt.AsOf = None,
    dane: opt.Dane = "opportunistic",
    mta_sts: opt.MtaSts = "opportunistic",
    mta_sts_port: opt.MtaStsPort = "443",
    trust_anchor: opt.TrustAnchor = None,
    trust_ad: opt.TrustAd = False,
    strict: opt.Strict = False,
    format_: opt.FormatOption = None,
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    brief: opt.Brief = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
    transcript: opt.ShowTranscript = False,
) -> None:
    """Probe again and again until a server is healthy, or gives a code.

    \b
      probe wait mail.contoso.com --for 30m --times 3
      probe wait --until 4.4.316 old.contoso.com   until the old server is shut
      probe wait --config probes.yaml              until each is as it expects
    """
    from connector_probe.cli.values import UsageProblemError, parse_duration, parse_whole
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
    if quiet and verbose:
        raise UsageProblemError("-q and -v exclude each other", "give one of them")
    if hosts and config is not None:
        raise UsageProblemError("a HOST and --config exclude each other", "give one of them")
    if not hosts and hosts_file is None and config is None:
        raise UsageProblemError("nothing to wait for", "as in: probe wait mail.contoso.com, or --config probes.yaml")
    try:
        asked = _of_file(ctx, config, only, until) if config is not None else _of_hosts(ctx, only, until)
    except ConnectorError as problem:
        if until is None or not str(problem).startswith("expect "):
            raise
        raise UsageProblemError(str(problem).replace("expect", "--until", 1), problem.hint) from None
    raise typer.Exit(wait_and_print(asked, goal))


def _of_hosts(ctx: typer.Context, only: list[str] | None, until: str | None) -> Asked:
    from connector_probe.cli.hosts import read_hosts
    from connector_probe.cli.values import UsageProblemError

    if only:
        raise UsageProblemError("--only without --config", "it picks connectors of a file")
    options: dict[str, Any] = {name: value for name, value in ctx.params.items() if name not in _OWN}
    return read_hosts(**options, expect=until if until is not None else "healthy")


def _of_file(ctx: typer.Context, file: str, only: list[str] | None, until: str | None) -> Asked:
    """The file's connectors; of the options only those of the document, since the file says the rest."""
    from dataclasses import replace

    from connector_probe.cli.fleet import choose_entries, load_file, locations_of
    from connector_probe.cli.hosts import Asked
    from connector_probe.cli.settings import OutputSettings
    from connector_probe.cli.values import UsageProblemError

    _refuse_options_of_a_probe(ctx)
    configuration = load_file(file)
    entries = [entry for entry in choose_entries(configuration, only or (), None) if entry.enabled]
    if not entries:
        raise UsageProblemError(
            "nothing to wait for: each of these connectors is disabled", "enabled: false stands beside it in the file"
        )
    document = {name: ctx.params[name] for name in _OF_THE_DOCUMENT}
    settings = OutputSettings.choose(**document, modes=False, locations=locations_of(configuration))
    connectors = [one.connector for one in entries]
    if until is not None:
        connectors = [replace(one, expect=until) for one in connectors]
    return Asked(connectors, settings, [one.strict or ctx.params["strict"] for one in entries])


def _refuse_options_of_a_probe(ctx: typer.Context) -> None:
    """Raises UsageProblemError for an option of the probe itself: it would be lost in silence."""
    from connector_probe.cli.values import UsageProblemError

    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        given = source is not None and source.name == "COMMANDLINE"
        if given and parameter.name not in (*_OWN, *_OF_THE_DOCUMENT, "strict"):
            hint = "the file says how each connector is probed"
            raise UsageProblemError(f"{parameter.opts[0]} with --config", hint)
