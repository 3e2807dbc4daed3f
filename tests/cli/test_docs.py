"""The README has every command, option and exit code, and its two commands are what CI runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from connector_probe.cli import app as cli

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = dict(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
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


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not command.hidden])
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"`probe {name}" in README


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
    known = {option for option in OPTIONS if option.startswith("--")} | {"--help"}
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert mentioned <= known
