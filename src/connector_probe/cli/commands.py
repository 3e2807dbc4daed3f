"""The commands by their names. To add one: a function as Typer reads it, and its row here.

Each is imported, and read by Typer, only when it is called: that takes longer than most of them do.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from connector_probe.cli.command import ProbeCommand

HOST = "host"  # the command that needs no name


class _Home(NamedTuple):
    """Where a command's function is, and its one line in the list of commands."""

    module: str
    function: str
    summary: str


_HOMES = {
    HOST: _Home("hosts", "read_hosts", "Probe mail connectors as Exchange Online would."),
    "run": _Home("fleet", "run_file", "Probe every connector in a file."),
    "wait": _Home("wait", "wait", "Probe until a server is healthy, or gives a code: cutovers."),
    "serve": _Home("serve", "serve", "Dashboard, Prometheus exporter and JSON API."),
    "history": _Home("history", "history", "What earlier runs saw: since when it fails, when mail bounces."),
    "import": _Home("importing", "import_file", "Make a probes.yaml of Exchange Online's connectors."),
    "example": _Home("example", "example", "Print a ready-to-use file: cron, systemd, CI, Kubernetes."),
    "completion": _Home("completion", "completion", "Print the completion script of your shell."),
    "explain": _Home("explain", "explain", "Say what an NDR, a trace line or a queue error means."),
    "compare": _Home("compare", "compare", "Compare two saved reports: what differs, and what follows."),
    "certificate": _Home("certificate", "certificate", "Rehearse a renewal: would Exchange Online accept it?"),
    "codes": _Home("codes", "codes", "List the error codes: meaning, causes, remedies, sources."),
    "schema": _Home("schema", "schema", "Print the JSON Schema of the report, or of other files."),
    "demo": _Home("trying_out", "demo", "Three stories of a laboratory; needs no network."),
    "lab": _Home("trying_out", "lab", "Start smart hosts on loopback, each with one failure."),
    "help": _Home("helping", "help_", "Show the manual, or the help of a command."),
    "version": _Home("helping", "version", "Print the version."),
}
SUMMARIES = {name: home.summary for name, home in _HOMES.items() if name != HOST}
_MORE = "More: probe COMMAND --help, probe --help-all, and the manual: probe help"
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@cache
def command(name: str) -> ProbeCommand:
    """The command of that name. Raises KeyError."""
    import typer.main

    from connector_probe.cli.command import ProbeCommand

    home = _HOMES[name]
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    function = getattr(import_module(f"connector_probe.cli.{home.module}"), home.function)
    epilog = _MORE if name == HOST else None
    app.command(name, cls=ProbeCommand, short_help=home.summary, epilog=epilog, context_settings=_SETTINGS)(function)
    made = cast(ProbeCommand, typer.main.get_command(app))
    made.others = SUMMARIES if name == HOST else {}
    return made


def all_commands() -> dict[str, ProbeCommand]:
    """Every command by its name; the one without a name comes first."""
    return {name: command(name) for name in _HOMES}
