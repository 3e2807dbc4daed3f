"""A command as Typer makes it, with our help: options in groups, what is common first, within 80 columns."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Mapping
from functools import partial
from typing import Any

import typer.core

from connector_probe.cli.output import NARROWEST

# Groups in their order, each with its parameters; what stands in none comes last.
GROUPS: dict[str, tuple[str, ...]] = {
    "The wait": ("config", "until", "for_", "times", "every"),
    "And now?": ("probe",),
    "What they are": ("two_places", "two_times", "endpoints"),
    "The connector": ("hosts", "hosts_file", "port", "tls", "tls_domain", "mx", "type_", "roots", "ca_file"),
    "Which connectors": ("check", "only", "shard", "jobs"),
    "Unattended": (*("only_changes", "remind", "splay", "run_deadline", "ping", "notify", "history", "no_history"),),
    "Several places": ("push", "place", "token_file"),
    "Who may": ("listen", "insecure", "allow_host", "tls_cert", "tls_key", "hash_password"),
    "The verdict": ("expect", "as_of"),
    "The document": ("format_", "json", "output", "lang", "brief", "quiet", "verbose"),
    "What a domain publishes, with --mx": ("dane", "mta_sts", "mta_sts_port", "trust_anchor", "trust_ad"),
    "Times and repetition": (
        *("connect_timeout", "timeout", "deadline", "connections", "retries", "retry_delay", "queue_lifetime"),
        "warn_days",
    ),
    "From where": ("nameserver", "source_address", "ipv4", "ipv6", "helo", "control", "no_control"),
    "Going further": ("strict", "rcpt", "thorough", "transcript", "only_ca_file", "no_revocation", "rdap"),
    "Options": (),
    "Commands": (),
}
# Shown by --help-all alone, where a command has more options than fit on a page.
FURTHER = ("What a domain publishes, with --mx", "Times and repetition", "From where", "Going further")
_AS_WRITTEN = (str, list[str], bool)
WIDEST_NAME = 26  # a longer one stands in a line of its own


class ProbeCommand(typer.core.TyperCommand):
    """``whole``: the help has every option. ``others``: the commands that it lists, each with its one line."""

    whole = False
    others: Mapping[str, str] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - of the click that Typer carries
        parameters: list[Any] = self.get_params(ctx)
        for parameter in parameters:
            described = getattr(parameter, "type_descriptor", None)
            if described is not None and described.annotation in _AS_WRITTEN:
                # Typer 0.29 makes a text of a text by pydantic, which for our 40 options is a third of a cold start.
                parameter.process_value = partial(_as_written, parameter, parameter.process_value)
        return super().parse_args(ctx, args)

    def get_help_option_names(self, ctx: Any) -> list[str]:  # noqa: ANN401
        return sorted(super().get_help_option_names(ctx), key=len)  # which come in any order

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        operands = [one.metavar or "" for one in self.params if one.param_type_name == "argument"]
        formatter.write_usage(ctx.command_path, " ".join(["[OPTIONS]", *operands]))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        formatter.width = min(formatter.width, max(shutil.get_terminal_size().columns, NARROWEST) - 2)
        super().format_help(ctx, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Paragraphs; those with a mark are examples: what is to be typed, which stays whole, and what it means."""
        from connector_probe.formats.layout import wrap  # late: a probe needs no help

        for paragraph in inspect.cleandoc(self.help or "").split("\n\n"):
            formatter.write("\n")
            if not paragraph.startswith("\b"):
                with formatter.indentation():
                    formatter.write_text(paragraph)
                continue
            for line in paragraph.splitlines()[1:]:
                meaning = line[line.rfind("  ") + 2 :]
                typed = "  " + line.removesuffix(meaning)
                lines = wrap(meaning, formatter.width, typed, " " * len(typed)) if typed.strip() else [f"  {line}"]
                formatter.write("".join(f"{one}\n" for one in lines))

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in ("Arguments", *GROUPS)}
        groups["Commands"] += self.others.items()
        of = {parameter: name for name, parameters in GROUPS.items() for parameter in parameters}
        for parameter in self.get_params(ctx):
            row = _row(parameter)
            if row is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panel = getattr(parameter, "rich_help_panel", None) or of.get(parameter.name or "", usual)
                groups[panel].append(row)
        left_out = () if self.whole else FURTHER
        if any(groups[name] for name in left_out):
            groups["Options"].append(("--help-all", "Show every option there is."))
        for name, rows in groups.items():
            if rows and name not in left_out:
                with formatter.section(name):
                    formatter.write_dl(rows, col_max=min(WIDEST_NAME, formatter.width // 3))


def _as_written(parameter: Any, by_typer: Any, context: Any, value: Any) -> Any:  # noqa: ANN401
    """A text, texts or a switch, as they stand on the command line."""
    if value is None and not parameter.required:
        return () if parameter.multiple or parameter.nargs == -1 else None
    if isinstance(value, bool) or not value:  # a switch may have a callback; and what is missing Typer says
        return by_typer(context, value)
    return value


def _row(parameter: Any) -> tuple[str, str] | None:  # noqa: ANN401
    """How it is written, and what it means; None for what is hidden or says nothing."""
    told = getattr(parameter, "help", None) or ""
    if getattr(parameter, "hidden", False) or not told:
        return None
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name, told
    default = parameter.default
    if isinstance(default, str) and parameter.show_default:
        told += f" Default: {default}."
    value = "" if parameter.is_flag else f" {parameter.metavar or 'VALUE'}"
    return ", ".join(parameter.opts) + value, told
