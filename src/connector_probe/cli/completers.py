"""What a TAB offers for a value. Typer asks only then, so that nothing is loaded before."""

import os
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

import typer

from connector_probe.cli import COMPLETE
from connector_probe.cli.commands import SUMMARIES
from connector_probe.cli.history_file import default_file


def _each_of(module: str, name: str) -> Callable[[], list[str]]:
    """The members of an enum, or the words of a table, that ``module`` has under ``name``."""

    def values() -> list[str]:
        found: Iterable[object] = getattr(import_module(f"connector_probe.{module}"), name)
        return [str(one) for one in found]

    return values


tls = _each_of("model.connector", "TlsSettings")
connector_type = _each_of("model.connector", "ConnectorType")
roots = _each_of("model.connector", "RootList")
dane = _each_of("model.connector", "SmtpDaneMode")
mta_sts = _each_of("model.connector", "MtaStsMode")
route = _each_of("model.connector", "ROUTES")
format_ = _each_of("model.documents", "Format")
language = _each_of("model.documents", "Language")
example = _each_of("cli.example", "EXAMPLES")
schema = _each_of("cli.schema", "Schema")
shell = _each_of("cli.completion", "Shell")


def code() -> list[str]:
    from connector_probe.bounces.known_codes import KNOWN_CODES

    return [one.code for one in KNOWN_CODES]


def scenario() -> list[str]:
    from connector_probe.lab import SCENARIOS

    return [one.name for one in SCENARIOS]


def topic() -> list[str]:
    from connector_probe.manual import TOPICS

    return [*TOPICS, *SUMMARIES]


def connector(ctx: typer.Context) -> list[str]:
    """Names and tags in the probes.yaml that the command line names, or that is at hand."""
    from connector_probe.config import ConfigError, SelectionError, find_file, load

    operands = ctx.args  # Click leaves them there when the option behind them has no value yet
    named = next(filter(None, (ctx.params.get("file"), ctx.params.get("config"), *operands)), None)
    try:
        entries = load(Path(named) if named else find_file()).entries
    except (ConfigError, SelectionError):
        return []
    found = dict.fromkeys([*(one.name for one in entries), *(tag for one in entries for tag in one.tags)])
    return list(map(_for_the_shell, found))


def recorded(ctx: typer.Context) -> list[str]:
    """Connectors that the history knows."""
    from connector_probe.history import History, HistoryError

    try:
        return list(map(_for_the_shell, History(Path(ctx.params.get("file") or default_file())).names()))
    except HistoryError:
        return []


def _for_the_shell(name: str) -> str:
    """bash inserts it as it is, so that a blank in it needs a backslash; the others see to that themselves."""
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", name) if os.environ.get(COMPLETE, "").endswith("bash") else name
