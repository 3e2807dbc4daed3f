"""The manual has every command, option and exit code; the README is what a reader can repeat, and what CI runs."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from connector_probe import cli, manual
from connector_probe.cli.app import run
from connector_probe.cli.command import GROUPS
from connector_probe.cli.commands import HOST, all_commands
from connector_probe.cli.completion import Shell
from connector_probe.cli.example import EXAMPLES
from connector_probe.formats import Format
from connector_probe.manual import TOPICS, page

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOUSE = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
MANUAL = "\n".join(map(page, TOPICS))
COMMANDS: dict[str, Any] = dict(all_commands())
OPTIONS = sorted(
    {
        spelling
        for command in COMMANDS.values()
        for parameter in command.params
        for spelling in parameter.opts
        if spelling.startswith("-") and not getattr(parameter, "hidden", False)
    }
)
LONGEST_HELP = 60  # lines
LONGEST_README = 180
SCREEN = 24
OF_OTHERS = {  # options of pip, uv, pytest and git that are named
    *("--help", "--help-all", "--update-golden", "--dist", "--no-deps", "--wheel-dir", "--with"),
}


def test_every_option_format_example_and_shell_is_in_the_manual() -> None:
    for name in (*OPTIONS, *Format, *EXAMPLES, *Shell):
        assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])", MANUAL), name


def test_every_command_is_in_the_manual_and_no_other() -> None:
    assert [name for name in COMMANDS if name != HOST and f"`probe {name}" not in MANUAL] == []
    for name in re.findall(r"^\| `probe ([a-z]+)[ `]", MANUAL, re.MULTILINE):
        assert name in COMMANDS
        assert not COMMANDS[name].hidden


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_readable_at_80_columns_and_at_40(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called = [] if name == HOST else [name]
    monkeypatch.setenv("COLUMNS", "40")
    assert run([*called, "--help-all"]) == 0
    narrow = [line for line in capsys.readouterr().out.splitlines() if len(line) > 40]
    assert not [line for line in narrow if "  " in line.strip()], "but for what is to be typed, which is not broken"
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*called, "-h"]) == 0
    short = capsys.readouterr().out.splitlines()
    assert run([*called, "--help-all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(short) < LONGEST_HELP
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    assert not [line for line in lines if line.endswith("...") and line.startswith("    ")], "a line is cut off"
    told = " ".join(lines)
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{parameter.name} has no help"
        if not getattr(parameter, "hidden", False):
            assert all(spelling in told for spelling in parameter.opts if spelling.startswith("-")), parameter.name


def test_what_is_left_out_of_the_help_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    short = capsys.readouterr().out
    assert "--deadline" not in short
    assert "--help-all  Show every option there is." in short
    assert short.splitlines()[-1].startswith("  More: probe COMMAND --help, probe --help-all")


def test_the_pages_of_the_manual_are_listed_on_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < SCREEN
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(TOPICS)


def test_the_readme_leads_to_each_page_of_the_manual() -> None:
    assert len(README.splitlines()) <= LONGEST_README
    folder = Path(manual.__file__).parent
    assert {path.stem for path in folder.glob("*.md")} == set(TOPICS)
    for topic in TOPICS:
        assert f"[{topic}](src/connector_probe/manual/{topic}.md)" in README


@pytest.mark.parametrize("text", [README, HOUSE], ids=["README", "CONTRIBUTING"])
def test_what_is_linked_is_there(text: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), target


def test_the_map_of_the_house_names_every_room() -> None:
    package = ROOT / "src" / "connector_probe"
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"(?:^  |  {3,})(\w+)/  ", HOUSE, re.MULTILINE)) == rooms


def test_the_readme_s_example_is_what_one_gets(tmp_path: Path) -> None:
    """Word for word, but for the dates: in one shell the laboratory, in another the probe of it."""
    (start,) = re.findall(r"^probe (lab .*) > lab.yaml$", README, re.MULTILINE)
    asked, shown = re.findall(r"^\$ probe (run .*)\n((?:.*\n)*?)```$", README, re.MULTILINE)[0]
    program = shlex.join([sys.executable, "-m", "connector_probe"])
    with (tmp_path / "lab.yaml").open("w") as file:
        lab = subprocess.Popen(
            shlex.split(f"{program} {start}"), stdout=file, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    with lab:
        try:
            assert lab.stderr is not None
            assert "the lab runs until Ctrl-C" in lab.stderr.readline()
            done = subprocess.run(
                f"{program} {asked}", shell=True, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True
            )
        finally:
            lab.terminate()
    assert _undated(done.stdout) == _undated(shown)
    assert len(shown.splitlines()) <= 16


def _undated(text: str) -> str:
    """On one line, since a date may be longer than another: ``2 h`` in place of ``24 h``."""
    return " ".join(re.sub(r"\d{4}-\d\d-\d\d|\d\d:\d\d|\d+(?= ms)", "?", text).split())


def test_the_manual_mentions_only_what_there_is() -> None:
    for topic in TOPICS:
        text = page(topic)
        assert text.startswith("# "), topic
        assert "<p>|" not in MarkdownIt("commonmark").enable("table").render(text), f"{topic}: a table that is none"
        assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120, topic
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= set(OPTIONS) | OF_OTHERS
        for name in re.findall(r"[`(]probe ([a-z]+)(?![\w.:-])", text):
            assert name in COMMANDS, name


def test_a_page_of_the_manual_is_drawn_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables as tables; and in a pipe as it is written."""
    assert run(["help", "exit-codes"]) == 0
    assert capsys.readouterr().out == page("exit-codes")
    shell = f"stty rows 24 cols 80; {sys.executable} -m connector_probe help exit-codes"
    done = subprocess.run(
        ["script", "-qec", shell, "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm", "PAGER": "cat"},
        timeout=60,
    )
    assert "\x1b[" in done.stdout
    assert "| 0 |" not in done.stdout


def test_wait_takes_the_options_of_a_probe() -> None:
    """All but those that it has in other words, or has not."""
    host, wait = ({spelling for one in COMMANDS[name].params for spelling in one.opts} for name in (HOST, "wait"))
    assert host - wait == {"--expect", "--history"}


def test_the_groups_of_the_help_name_what_there_is() -> None:
    known = {parameter.name for command in COMMANDS.values() for parameter in command.params}
    assert {name for names in GROUPS.values() for name in names} <= known


def test_every_exit_code_is_in_the_manual() -> None:
    for code in (cli.EXIT_OK, cli.EXIT_FAILED, cli.EXIT_USAGE, cli.EXIT_UNKNOWN, cli.EXIT_INTERRUPTED):
        assert f"\n| {code} |" in page("exit-codes")


def test_ci_runs_the_readme_s_own_test_command() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("probe demo")
    assert ".venv/bin/pytest" in commands[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_readme_option_is_made_up() -> None:
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= set(OPTIONS) | OF_OTHERS


def test_the_library_s_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """With a port that refuses in place of its hosts."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        code, number = re.subn(r"(mail|mx)\.\w+\.com", f"127.0.0.1:{held.getsockname()[1]}", code)
        exec(compile(code, "library.md", "exec"), {"__name__": "library"})
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
