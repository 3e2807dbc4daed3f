"""The README has every command, option and exit code, and its two commands are what CI runs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_probe import cli
from connector_probe.cli.app import run
from connector_probe.cli.commands import HOST, all_commands
from connector_probe.cli.completion import Shell
from connector_probe.cli.example import EXAMPLES
from connector_probe.cli.help import GROUPS
from connector_probe.formats import Format

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = dict(all_commands())
OPTIONS = sorted(
    {
        spelling
        for command in COMMANDS.values()
        for parameter in command.params
        for spelling in parameter.opts
        if spelling.startswith("-")
    }
)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_in_the_readme(option: str) -> None:
    assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(option)}(?![\w-])", README), option


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != HOST])
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`probe {name}" in README


@pytest.mark.parametrize("name", re.findall(r"^\| `probe ([a-z]+)[ `]", README, re.MULTILINE))
def test_no_readme_command_is_made_up(name: str) -> None:
    assert name in COMMANDS
    assert not COMMANDS[name].hidden


@pytest.mark.parametrize("name", [*Format, *EXAMPLES, *Shell])
def test_every_format_example_and_shell_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])", README), name


@pytest.mark.parametrize("argv", [["--help"], *([name, "-h"] for name in COMMANDS if name != "host")], ids=" ".join)
def test_help_is_readable_at_80_columns(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    assert not [line for line in lines if line.endswith("...") and line.startswith("    ")], "a line is cut off"
    command = COMMANDS["host" if argv == ["--help"] else argv[0]]
    told = " ".join(lines)
    for parameter in command.params:
        assert parameter.help, f"{parameter.name} has no help"
        assert all(spelling in told for spelling in parameter.opts if spelling.startswith("-")), parameter.name


def test_the_groups_of_the_help_name_what_there_is() -> None:
    known = {parameter.name for command in COMMANDS.values() for parameter in command.params}
    assert {name for names in GROUPS.values() for name in names} <= known


@pytest.mark.parametrize("code", [cli.EXIT_OK, cli.EXIT_FAILED, cli.EXIT_USAGE, cli.EXIT_UNKNOWN, cli.EXIT_INTERRUPTED])
def test_every_exit_code_is_in_the_readme(code: int) -> None:
    assert f"\n| {code} |" in README


def test_ci_runs_the_readme_s_own_test_command() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("probe demo")
    assert commands[1].endswith("pytest")
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_readme_option_is_made_up() -> None:
    known = {option for option in OPTIONS if option.startswith("--")} | {
        "--help",
        "--update-golden",  # of our pytest
        "--no-deps",  # of pip
        "--wheel-dir",
    }
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert mentioned <= known


def test_the_library_s_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """With a port that refuses in place of its hosts."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        code, number = re.subn(r"(mail|mx)\.\w+\.com", f"127.0.0.1:{held.getsockname()[1]}", code)
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert number == 3
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("failing Diagnosis(")
    assert [line.split()[1] for line in others] == ["4.4.316", "4.4.316"]


def test_an_operand_that_may_be_left_out_stands_in_brackets() -> None:
    """As in: probe run [FILE]."""
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                optional = not parameter.required
                assert parameter.metavar.startswith("[") is optional, f"{name} {parameter.metavar}"


def test_options_of_one_name_stand_in_the_group_of_their_command() -> None:
    assert COMMANDS["compare"].get_help(COMMANDS["compare"].make_context("compare", ["a", "b"])).find("The wait") < 0


def test_the_help_is_the_same_every_time() -> None:
    command = [sys.executable, "-m", "connector_probe", "codes", "--help"]
    told = {
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, check=True).stdout
        for seed in (1, 2)
    }
    assert len(told) == 1
