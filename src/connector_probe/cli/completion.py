"""``probe completion``: what makes a shell complete our command lines. Typer does the work, and asks us at each TAB."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from typer import completion as by_typer

from connector_probe.cli import COMPLETE, completers
from connector_probe.cli.commands import HOST, SUMMARIES, command
from connector_probe.cli.output import write_document
from connector_probe.cli.values import parse_choice


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    shell: Annotated[
        str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", autocompletion=completers.shell)
    ],
) -> None:
    """Print the script that completes commands, options and values in your shell.

    \b
      eval "$(probe completion bash)"  in ~/.bashrc
      eval "$(probe completion zsh)"   in ~/.zshrc, after compinit
      probe completion fish > ~/.config/fish/completions/probe.fish
      probe completion powershell >> $PROFILE

    Connectors, tags, codes and scenarios are completed, too: those of the probes.yaml at hand.
    """
    write_document(script(parse_choice("completion", shell, Shell)))


def script(shell: Shell) -> str:
    """The completion script for ``shell``."""
    make = getattr(by_typer, "get_completion_script")  # noqa: B009 - which Typer does not say that it exports
    return str(make(prog_name="probe", complete_var=COMPLETE, shell=shell.value)) + "\n"


def answer_the_shell() -> int:
    """What fits where the cursor stands, as the script's environment variables say."""
    app = typer.Typer(cls=_Commands, rich_markup_mode=None)
    app.callback(context_settings={"ignore_unknown_options": True})(lambda: None)
    typer.main.get_command(app).main(prog_name="probe", complete_var=COMPLETE, standalone_mode=False)
    return 0


class _Commands(typer.core.TyperGroup):
    """The commands as a shell sees them: the one without a name takes whatever is no command."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - of the click that Typer carries
        return list(SUMMARIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        return command(cmd_name) if cmd_name in SUMMARIES else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        if args[0] in SUMMARIES:
            return super().resolve_command(ctx, args)
        return HOST, command(HOST), args

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # noqa: ANN401
        if incomplete.startswith("-"):
            return command(HOST).shell_complete(ctx, incomplete)
        return super().shell_complete(ctx, incomplete)
