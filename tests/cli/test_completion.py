"""probe completion: each script is one that its shell can read, and completes what this program takes."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.cli.completion import Shell, script
from connector_probe.history import History
from connector_probe.model.history import Sighting
from connector_probe.model.verdict import Status

IN_CI = bool(os.environ.get("CI"))
PROBES = """version: 1
connectors:
  - {name: "Hybrid, head office", smart_hosts: [mail.contoso.com], tags: [production, mail]}
  - {name: branch, smart_hosts: [mx.contoso.com], tags: [production]}
"""


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)(f"{name} is missing: apt-get install {name}")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a probe on the PATH, as the scripts call it, a probes.yaml, and each shell's script."""
    program = tmp_path / "bin" / "probe"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m connector_probe "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "probes.yaml").write_text(PROBES)
    for name in Shell:
        (tmp_path / f"probe.{name}").write_text(script(name), encoding="utf-8")
    return tmp_path


def ask(folder: Path, command: list[str]) -> list[str]:
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment, cwd=folder, timeout=120, encoding="utf-8"
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", Shell)
def test_it_is_printed(name: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", name]) == 0
    out = capsys.readouterr().out
    assert out == script(name)
    assert "_PROBE_COMPLETE" in out


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_its_shell_can_read_it(name: str, folder: Path) -> None:
    assert ask(folder, [shell(name), "-n", str(folder / f"probe.{name}")]) == []


def test_powershell_is_well_formed() -> None:
    parser = pytest.importorskip("tree_sitter") if not IN_CI else __import__("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell") if not IN_CI else __import__("tree_sitter_powershell")
    tree = parser.Parser(parser.Language(grammar.language())).parse(script(Shell.POWERSHELL).encode())
    assert not tree.root_node.has_error


# What stands behind "probe" when TAB is pressed, and what is offered.
CASES = {
    "ru": "run",
    "run --che": "--check",
    "--tls dom": "domain-validation",
    "--mx --lang ": "en zh",
    "run --format jun": "junit",
    "wait --tls-dom": "--tls-domain",
    "example cron": "crontab",
    "codes 4.4.31": "4.4.312 4.4.315 4.4.316 4.4.317 4.4.318",
    "lab certificate-expired": "certificate-expired certificate-expired-and-mismatched",
    "help exi": "exit-codes",
    "schema ": "certificate config report",
    "run --only b": "branch",
    "run probes.yaml --only pro": "production",
}


SOME = ("ru", "--mx --lang ")  # a command, and a place without a word yet: for the shells
UNREADABLE = ("run broken.yaml --only ", "wait --config missing.yaml --only ", "run old.yaml --only ")


def test_each_place_is_completed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked as bash's script asks. A file that cannot be read offers nothing."""
    (folder / "old.yaml").write_text("version: 7\n")
    (folder / "broken.yaml").write_text("connectors: {{{\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("_PROBE_COMPLETE", "complete_bash")
    for words, expected in (CASES | dict.fromkeys(UNREADABLE, "")).items():
        monkeypatch.setenv("COMP_WORDS", "\n".join(["probe", *words.split(" ")]))
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" "))))
        with pytest.raises(SystemExit):
            run([])
        assert sorted(capsys.readouterr().out.split()) == expected.split(), words


def test_bash_completes(folder: Path) -> None:
    lines = [f"source {folder / 'probe.bash'}"]
    for words in (*SOME, "run --only H"):
        at = len(words.split(" "))
        lines += [
            f"COMP_WORDS=(probe {words}{' ' + repr('') if words.endswith(' ') else ''}); COMP_CWORD={at}",
            "_probe_completion probe; (IFS=$'\\n'; sort <<< \"${COMPREPLY[*]}\") | paste -sd ' ' -",
        ]
    told = ask(folder, [shell("bash"), "-c", "\n".join(lines)])
    assert told == [*(CASES[words] for words in SOME), r"Hybrid,\ head\ office"]  # bash inserts it as it is


def test_fish_completes(folder: Path) -> None:
    """What is offered is the program's answer, as in bash."""
    lines = [f"source {folder / 'probe.fish'}"]
    lines += [f"complete -C 'probe {words}' | cut -f1 | sort | paste -sd ' ' -" for words in SOME]
    assert ask(folder, [shell("fish"), "-c", "\n".join(lines)]) == [CASES[words] for words in SOME]


def test_connectors_that_were_seen_are_offered_to_history(folder: Path) -> None:
    seen = Sighting("Old server", datetime.now(UTC), Status.HEALTHY, expected=True)
    History(folder / "h.sqlite3").record([seen])
    line = "COMP_WORDS=(probe history --history h.sqlite3 O); COMP_CWORD=4; _probe_completion probe"
    told = ask(folder, [shell("bash"), "-c", f"source {folder / 'probe.bash'}; {line}; echo ${{COMPREPLY[*]}}"])
    assert told == [r"Old\ server"]
