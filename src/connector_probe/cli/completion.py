"""``probe completion``: a script for the shell, made from the commands themselves.

Everything stands in the script, so that a TAB starts no program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from connector_probe.cli.commands import HOST, all_commands
from connector_probe.cli.example import EXAMPLES
from connector_probe.cli.output import write_document
from connector_probe.model.connector import ROUTES
from connector_probe.model.documents import Format

FILES = ("<files>",)


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@dataclass(frozen=True, slots=True)
class Option:
    """``values``: None for a flag, FILES, or what may stand behind it (nothing known: empty)."""

    spellings: tuple[str, ...]
    help: str
    values: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Command:
    """``operands``: FILES, or what may stand where no option does."""

    name: str
    help: str
    options: tuple[Option, ...]
    operands: tuple[str, ...]


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the script that completes commands and options in your shell.

    \b
      eval "$(probe completion bash)"                  in ~/.bashrc
      eval "$(probe completion zsh)"                   in ~/.zshrc, after compinit
      probe completion fish > ~/.config/fish/completions/probe.fish
      probe completion powershell >> $PROFILE
    """
    write_document(script(shell))


def script(shell: Shell) -> str:
    """The completion script for ``shell``."""
    return _WRITERS[shell](commands_for_shells())


def commands_for_shells() -> list[Command]:
    """Every command as a shell sees it; the one without a name comes first."""
    found = []
    for name, command in all_commands().items():
        hints: dict[str, Any] = get_type_hints(command.callback, include_extras=True)
        operands: tuple[str, ...] = ()
        options: list[Option] = []
        parameters: list[Any] = command.params  # of the click that typer carries
        for parameter in parameters:
            kind = hints.get(parameter.name)
            if parameter.param_type_name == "argument":
                operands = _values(name, parameter.metavar or "", kind) or ()
            else:
                values = None if parameter.is_flag else _values(name, parameter.metavar or "", kind)
                options.append(Option(tuple(parameter.opts), _first_sentence(parameter.help or ""), values))
        options.append(Option(("-h", "--help"), "Show the help.", None))
        found.append(Command(name, command.get_short_help_str(90), tuple(options), operands))
    return found


def _values(command: str, metavar: str, kind: object) -> tuple[str, ...]:
    """What may stand there, as far as it is known."""
    kinds = list(_plain(kind))
    enum = next((one for one in kinds if isinstance(one, type) and issubclass(one, Enum)), None)
    if enum is not None:
        return tuple(str(member.value) for member in enum)
    if metavar.startswith("FORMAT"):
        return tuple(Format)
    if metavar == "healthy|CODE":
        return ROUTES
    if (command, metavar) == ("example", "[NAME]"):
        return tuple(EXAMPLES)
    return FILES if Path in kinds or "FILE" in metavar else ()


def _plain(kind: object) -> Iterator[object]:
    """The types that ``kind`` is made of."""
    inner = get_args(kind)
    if not inner:
        yield kind
    for one in inner:
        yield from _plain(one)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\w)[.;](?:\s|$)", text, maxsplit=1)[0]


# --- bash ------------------------------------------------------------------------------------------------------


def _bash(commands: list[Command]) -> str:
    named = [command.name for command in commands if command.name != HOST]
    lines = [
        "# bash completion for probe, made by: probe completion bash",
        "_probe() {",
        '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=host words=""',
        "    if [[ $COMP_CWORD -gt 1 ]]; then",
        f"        case ${{COMP_WORDS[1]}} in {'|'.join(named)}) command=${{COMP_WORDS[1]}} ;; esac",
        "    fi",
        '    [[ $cur == "=" ]] && cur=""',
        '    case "$command $prev" in',
    ]
    for command in commands:
        for option in command.options:
            if option.values is not None:
                pattern = "|".join(f'"{command.name} {spelling}"' for spelling in option.spellings)
                lines.append(f"        {pattern}) {_bash_reply(option.values)} return ;;")
    lines += ["    esac", "    if [[ $cur == -* ]]; then", "        case $command in"]
    for command in commands:
        words = " ".join(spelling for option in command.options for spelling in option.spellings)
        lines.append(f'            {command.name}) words="{words}" ;;')
    lines += ["        esac", '        COMPREPLY=($(compgen -W "$words" -- "$cur"))', "        return", "    fi"]
    lines += [
        "    if [[ $COMP_CWORD -eq 1 ]]; then",
        f"        {_bash_reply(tuple(named))}",
        "        return",
        "    fi",
    ]
    lines.append("    case $command in")
    lines += [f"        {one.name}) {_bash_reply(one.operands)} ;;" for one in commands if one.operands]
    lines += ["    esac", "}", "complete -F _probe probe"]
    return "\n".join(lines) + "\n"


def _bash_reply(values: tuple[str, ...]) -> str:
    if values == FILES:
        return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"));'
    return f'COMPREPLY=($(compgen -W "{" ".join(values)}" -- "$cur"));' if values else "COMPREPLY=();"


# --- zsh -------------------------------------------------------------------------------------------------------


def _zsh(commands: list[Command]) -> str:
    named = [command for command in commands if command.name != HOST]
    lines = ["#compdef probe", "# zsh completion for probe, made by: probe completion zsh", "_probe() {"]
    lines += ["    local command=host", "    local -a commands", "    commands=("]
    lines += [f"        {_quoted(one.name + ':' + _in_zsh(one.help))}" for one in named]
    lines += ["    )", "    if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then"]
    lines += ["        _describe command commands", "        return", "    fi"]
    lines += ["    case $words[2] in", f"        {'|'.join(one.name for one in named)})"]
    lines += ["            command=$words[2]", "            shift words", "            (( CURRENT-- )) ;;", "    esac"]
    lines.append("    case $command in")
    for command in commands:
        lines.append(f"        {command.name}) _arguments \\")
        for option in command.options:
            value = f":value:{_zsh_values(option.values)}" if option.values is not None else ""
            lines += [
                f"            {_quoted(f'*{spelling}[{_in_zsh(option.help)}]{value}')} \\"
                for spelling in option.spellings
            ]
        lines.append(f"            {_quoted('*:operand:' + _zsh_values(command.operands))} ;;")
    lines += ["    esac", "}", 'if [[ $funcstack[1] = _probe ]]; then _probe "$@"; else compdef _probe probe; fi']
    return "\n".join(lines) + "\n"


def _zsh_values(values: tuple[str, ...]) -> str:
    if values == FILES:
        return "_files"
    return f"({' '.join(values)})" if values else " "


def _in_zsh(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def _quoted(text: str) -> str:
    """In single quotes, for zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


# --- fish ------------------------------------------------------------------------------------------------------


def _fish(commands: list[Command]) -> str:
    named = " ".join(command.name for command in commands if command.name != HOST)
    lines = [
        "# fish completion for probe, made by: probe completion fish",
        f"set -l probe_commands {named}",
        "complete -c probe -f",
    ]
    for command in commands:
        condition = (
            '-n "not __fish_seen_subcommand_from $probe_commands"'
            if command.name == HOST
            else f'-n "__fish_seen_subcommand_from {command.name}"'
        )
        if command.name != HOST:
            what = f"-a {command.name} -d {_in_fish(command.help)}"
            lines.append(f'complete -c probe -n "not __fish_seen_subcommand_from $probe_commands" {what}')
        for option in command.options:
            spelled = " ".join(f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in option.spellings)
            lines.append(
                f"complete -c probe {condition} {spelled}{_fish_values(option.values)} -d {_in_fish(option.help)}"
            )
        if command.operands == FILES:
            lines.append(f"complete -c probe {condition} -F")
        elif command.operands:
            lines.append(f"complete -c probe {condition} -a {_in_fish(' '.join(command.operands))}")
    return "\n".join(lines) + "\n"


def _fish_values(values: tuple[str, ...] | None) -> str:
    if values is None:
        return ""
    if values == FILES:
        return " -r -F"
    return f" -x -a {_in_fish(' '.join(values))}" if values else " -x"


def _in_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# --- PowerShell ------------------------------------------------------------------------------------------------


def _powershell(commands: list[Command]) -> str:
    lines = [
        "# PowerShell completion for probe, made by: probe completion powershell",
        "Register-ArgumentCompleter -Native -CommandName probe -ScriptBlock {",
        "    param($wordToComplete, $commandAst, $cursorPosition)",
        "    $options = @{",
    ]
    for command in commands:
        words = [spelling for option in command.options for spelling in option.spellings]
        lines.append(f"        {_in_powershell(command.name)} = {_powershell_list(words)}")
    lines += ["    }", "    $values = @{"]
    for command in commands:
        for option in command.options:
            if option.values and option.values != FILES:
                lines += [
                    f"        {_in_powershell(f'{command.name} {one}')} = {_powershell_list(option.values)}"
                    for one in option.spellings
                ]
        if command.operands and command.operands != FILES:
            lines.append(f"        {_in_powershell(command.name)} = {_powershell_list(command.operands)}")
    named = [command.name for command in commands if command.name != HOST]
    lines += [
        "    }",
        f"    $commands = {_powershell_list(named)}",
        "    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |",
        "        ForEach-Object { $_.ToString() })",
        "    $command = 'host'",
        "    if ($words.Count -gt 1 -and $commands -contains $words[1]) { $command = $words[1] }",
        '    $key = "$command $($words[-1])"',
        "    if ($values.ContainsKey($key)) { $found = $values[$key] }",
        "    elseif ($wordToComplete.StartsWith('-')) { $found = $options[$command] }",
        "    elseif ($words.Count -le 1) { $found = $commands }",
        "    elseif ($values.ContainsKey($command)) { $found = $values[$command] }",
        "    else { return }",
        '    $found | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {',
        "        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)",
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _powershell_list(words: list[str] | tuple[str, ...]) -> str:
    return f"@({', '.join(map(_in_powershell, words))})"


def _in_powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_WRITERS: Mapping[Shell, Callable[[list[Command]], str]] = {
    Shell.BASH: _bash,
    Shell.ZSH: _zsh,
    Shell.FISH: _fish,
    Shell.POWERSHELL: _powershell,
}
