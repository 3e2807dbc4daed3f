"""``probe example``: ready-to-use files. Tests have each checked by its own tool, and its command lines by ours."""

from __future__ import annotations

import typer

from connector_probe.cli import completers
from connector_probe.cli.output import write_document
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.names import show
from connector_probe.model.spelling import did_you_mean

# Each is a file of the same name in cli/examples.
EXAMPLES = {
    "crontab": "cron lines: mail when something changes, metrics",
    "systemd-service": "the service that a timer starts",
    "systemd-timer": "the timer, every quarter of an hour",
    "systemd-serve": "the service of a dashboard and exporter",
    "windows-task": "a task for Windows Task Scheduler",
    "github": "a GitHub workflow that marks lines of probes.yaml",
    "gitlab": "a GitLab job with a test report",
    "container": "a Containerfile, for podman and docker",
    "kubernetes": "a CronJob whose pods share one file",
    "kubernetes-serve": "a Deployment of dashboard and exporter",
    "ansible": "a playbook: install it, and start the systemd timer",
    "debian": "a script that builds a Debian package of it",
    "nagios": "commands and services for Nagios and its kin",
    "prometheus": "a scrape config, by node_exporter's textfile collector",
    "prometheus-alerts": "alert rules for it",
    "prometheus-serve": "a scrape config for two replicas of probe serve",
    "prometheus-operator": "a ScrapeConfig and a Probe for them",
    "grafana": "a dashboard over it, to be imported",
}


def example(
    name: str | None = typer.Argument(
        None, metavar="[NAME]", help="Which one; without it they are listed.", autocompletion=completers.example
    ),
) -> None:
    """Print a ready-to-use file: cron, systemd, CI, containers, Ansible, Nagios, Grafana.

    \b
      probe example                        which there are
      probe example crontab
      probe example github > .github/workflows/mail-connectors.yaml
    """
    if name is None:
        width = max(map(len, EXAMPLES))
        write_document("".join(f"{each:<{width}}  {what}\n" for each, what in EXAMPLES.items()))
        return
    if name not in EXAMPLES:
        hint = did_you_mean(name, EXAMPLES, "probe example lists them all")
        raise UsageProblemError(f"there is no example {show(name)}", hint)
    write_document(text_of(name))


def text_of(name: str) -> str:
    """The file called ``name``."""
    from importlib.resources import files

    return files("connector_probe.cli").joinpath("examples", name).read_text(encoding="utf-8")
