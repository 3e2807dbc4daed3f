"""What ``--help`` prints: options in groups, what is common first; plain text that keeps within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.core

from connector_probe.cli.conversion import Conversion

# Groups in their order, each with its parameters; what stands in none comes last.
GROUPS: dict[str, tuple[str, ...]] = {
    "The wait": ("config", "until", "for_", "times", "every"),
    "And now?": ("probe",),
    "What they are": ("two_places", "two_times"),
    "The connector": (
        *("port", "tls", "tls_domain", "mx", "dane", "mta_sts", "mta_sts_port", "type_"),
        *("roots", "ca_file", "only_ca_file"),
        "queue_lifetime",
    ),
    "Which connectors": ("check", "only", "shard", "jobs"),
    "Unattended": (*("only_changes", "remind", "splay", "run_deadline", "ping", "notify", "history", "no_history"),),
    "Several places": ("push", "place", "token_file"),
    "Who may": ("listen", "insecure", "allow_host", "tls_cert", "tls_key", "hash_password"),
    "The verdict": ("expect", "strict", "warn_days", "as_of"),
    "The document": ("format_", "json", "output", "lang", "quiet", "verbose", "transcript"),
    "Times and repetition": (*("connect_timeout", "timeout", "deadline", "retries", "retry_delay", "connections"),),
    "From where": (
        "nameserver",
        "source_address",
        "ipv4",
        "ipv6",
        "helo",
        "control",
        "no_control",
        "trust_anchor",
        "trust_ad",
    ),
    "Going further": ("rcpt", "thorough", "no_revocation", "rdap"),
    "Options": (),
}
WIDEST_NAME = 26  # a longer one stands in a line of its own


class HelpfulCommand(typer.core.TyperCommand):
    """A command whose help is grouped, and whose values are converted without pydantic."""

    def make_parser(self, ctx: Any) -> Any:  # noqa: ANN401 - of the click that typer carries
        Conversion(self.callback).take_over(self.get_params(ctx))
        return super().make_parser(ctx)

    def get_help_option_names(self, ctx: Any) -> list[str]:  # noqa: ANN401
        return sorted(super().get_help_option_names(ctx), key=len)  # which come in any order

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        operands = [one.metavar or "" for one in self.params if one.param_type_name == "argument"]
        formatter.write_usage(ctx.command_path, " ".join(["[OPTIONS]", *operands]))

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in ("Arguments", *GROUPS)}
        of = {parameter: name for name, parameters in GROUPS.items() for parameter in parameters}
        for parameter in self.get_params(ctx):
            row = _row(parameter)
            if row is not None:
                operand = parameter.param_type_name == "argument"
                groups["Arguments" if operand else of.get(parameter.name or "", "Options")].append(row)
        for name, rows in groups.items():
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows, col_max=WIDEST_NAME)


def _row(parameter: Any) -> tuple[str, str] | None:  # noqa: ANN401
    """How it is written, and what it means; None for what is hidden or says nothing."""
    told = getattr(parameter, "help", None) or ""
    if getattr(parameter, "hidden", False) or not told:
        return None
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name, told
    default = parameter.default
    if isinstance(default, str | int | float) and not isinstance(default, bool) and parameter.show_default:
        told += f" Default: {getattr(default, 'value', default)}."
    return " ".join((", ".join(parameter.opts), *_value(parameter))), told


def _value(parameter: Any) -> Iterator[str]:  # noqa: ANN401
    """What stands behind an option that is no flag."""
    if not parameter.is_flag:
        yield parameter.metavar or "VALUE"
