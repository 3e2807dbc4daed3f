"""What others adopt: the package for an index, the action, the workflow, the hook of pre-commit.

actionlint is not among the checkers: its package on PyPI downloads the program while it is installed.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from connector_probe.cli.app import run
from connector_probe.cli.example import EXAMPLES
from connector_probe.manual import TOPICS

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "probe" / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
REFUSED = """version: 1
connectors:
  - name: Head office
    smart_hosts: ["127.0.0.1:1"]
    tags: [production]
  - {name: Branch, smart_hosts: ["127.0.0.1:1"]}
"""


def check(*argv: str | Path) -> None:
    done = subprocess.run([sys.executable, "-m", *argv], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def validate(path: Path, schema: str) -> dict[str, Any]:
    """By the schemas that check-jsonschema ships; YAML 1.1 reads a workflow's "on" as true."""
    shipped = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{schema}.json")
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    document = {"on" if key is True else key: value for key, value in loaded.items()}
    rules = json.loads(shipped.read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(rules)(rules).validate(document)
    return document


def test_an_index_would_take_the_package(tmp_path: Path) -> None:
    """With all that is read at run time in it."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", tmp_path], cwd=ROOT, check=True, timeout=120)
    check("twine", "check", "--strict", *tmp_path.iterdir())
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"connector_probe/manual/{topic}.md" for topic in TOPICS} <= names
    assert {f"connector_probe/cli/examples/{name}" for name in EXAMPLES} <= names


def test_workflows_and_the_action_are_sound() -> None:
    for path in WORKFLOWS:
        validate(path, "github-workflows")
    validate(ACTION, "github-actions")
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--persona", "pedantic", ROOT / ".github"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


def test_a_workflow_calls_what_ci_runs() -> None:
    steps = [
        step
        for path in WORKFLOWS
        for job in validate(path, "github-workflows")["jobs"].values()
        for step in job["steps"]
    ]
    assert ".ci/run" in [step.get("run") for step in steps]


def test_the_action_fails_at_the_connector_s_line(tmp_path: Path) -> None:
    """Its own script, as a runner runs it; installed is what is tested here."""
    action = validate(ACTION, "github-actions")
    step = action["runs"]["steps"][-1]
    inputs = {name: one["default"] for name, one in action["inputs"].items()} | {"only": "production\n"}
    program = tmp_path / "connector-probe" / "bin" / "probe"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m connector_probe "$@"\n')
    program.chmod(0o755)
    (tmp_path / "probes.yaml").write_text(REFUSED)
    runner = {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_ACTIONS": "true"}
    given = {name: _expanded(text, inputs, tmp_path) for name, text in step["env"].items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, **runner, **given},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert re.search(r"^::error file=probes.yaml,line=3,.*4.4.316", done.stdout, re.MULTILINE)
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs["exit-code"] == "1"
    report = json.loads(Path(outputs["report"]).read_text(encoding="utf-8"))
    assert [one["name"] for one in report["results"]] == ["Head office"]


def _expanded(text: str, inputs: dict[str, str], temp: Path) -> str:
    values = {**{f"inputs.{name}": value for name, value in inputs.items()}, "runner.temp": str(temp)}
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], text)


def test_the_hook_of_pre_commit_checks_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert re.search(hook["files"], "probes.yaml")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "probe"
    monkeypatch.chdir(tmp_path)
    Path("probes.yaml").write_text(REFUSED)
    assert run([*arguments, "probes.yaml"]) == 0
    Path("probes.yaml").write_text(REFUSED.replace("tags:", "tag:"))
    assert run([*arguments, "probes.yaml"]) == 2
