"""probe completion: each script is one that its shell can read, and completes what this program takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.cli.commands import HOST
from connector_probe.cli.completion import FILES, Shell, commands_for_shells, script
from connector_probe.cli.example import EXAMPLES
from connector_probe.formats import Format
from connector_probe.model.connector import TlsSettings

IN_CI = bool(os.environ.get("CI"))
COMMANDS = {command.name: command for command in commands_for_shells()}


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)(f"{name} is missing: apt-get install {name}")
    return found


@pytest.fixture
def saved(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "completion"
    path.write_text(script(request.param), encoding="utf-8")
    return path


def test_values_are_known_where_they_can_be() -> None:
    options = {spelling: option for option in COMMANDS[HOST].options for spelling in option.spellings}
    assert options["--tls"].values == tuple(TlsSettings)
    assert options["--format"].values == tuple(Format)
    assert options["--ca-file"].values == FILES
    assert options["-o"] is options["--output"]
    assert options["--mx"].values is None
    assert options["--port"].values == ()
    assert COMMANDS["run"].operands == FILES
    assert COMMANDS["example"].operands == tuple(EXAMPLES)


@pytest.mark.parametrize("name", Shell)
def test_it_is_printed(name: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", name]) == 0
    out = capsys.readouterr().out
    assert out == script(name)
    for command in COMMANDS.values():
        assert command.name in out


@pytest.mark.parametrize(
    ("saved", "name"),
    [(Shell.BASH, "bash"), (Shell.ZSH, "zsh"), (Shell.FISH, "fish")],
    indirect=["saved"],
    ids=["bash", "zsh", "fish"],
)
def test_its_shell_can_read_it(saved: Path, name: str) -> None:
    done = subprocess.run([shell(name), "-n", str(saved)], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_powershell_is_well_formed() -> None:
    parser = pytest.importorskip("tree_sitter") if not IN_CI else __import__("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell") if not IN_CI else __import__("tree_sitter_powershell")
    tree = parser.Parser(parser.Language(grammar.language())).parse(script(Shell.POWERSHELL).encode())
    assert not tree.root_node.has_error


CASES = {
    "run": "run",
    "run --che": "--check",
    "--tls dom": "domain-validation",
    "run --format jun": "junit",
    "wait --until 4.4.31": "4.4.312 4.4.315 4.4.316 4.4.317 4.4.318",
    "example cron": "crontab",
    "--tls-dom": "--tls-domain",
}


@pytest.mark.parametrize("saved", [Shell.BASH], indirect=True)
def test_bash_completes(saved: Path) -> None:
    lines = [f"source {saved}"]
    for words in CASES:
        lines += [f"COMP_WORDS=(probe {words}); COMP_CWORD={len(words.split())}; _probe; echo ${{COMPREPLY[*]}}"]
    done = subprocess.run([shell("bash"), "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(CASES.values())


@pytest.mark.parametrize("saved", [Shell.FISH], indirect=True)
def test_fish_completes(saved: Path) -> None:
    lines = [f"source {saved}"]
    lines += [f"complete -C 'probe {words}' | cut -f1 | sort | paste -sd ' ' -" for words in CASES]
    environment = {**os.environ, "HOME": str(saved.parent), "XDG_CONFIG_HOME": str(saved.parent)}
    done = subprocess.run(
        [shell("fish"), "-c", "\n".join(lines)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == list(CASES.values())
