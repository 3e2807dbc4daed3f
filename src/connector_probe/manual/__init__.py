"""The manual: one page of Markdown for each topic, shipped with the package. To add one: its file, and its row here."""

from __future__ import annotations

TOPICS = {
    "commands": "every command, and the options of run and wait",
    "connecting": "what is probed, the codes, DANE and MTA-STS, DNS",
    "options": "every option of a probe",
    "hosts": "one host, many, a file of them, and what is taken for a slip",
    "files": "probes.yaml, and how to make one of Exchange Online's connectors",
    "cutover": "before, while and after: as-of, wait, compare, expect",
    "unattended": "cron, timers, maintenance windows, notifications",
    "windows": "installing, paths, Task Scheduler, events",
    "ci": "GitHub, GitLab, pre-commit, containers, Ansible",
    "history": "since when it fails, when queued mail starts to bounce",
    "formats": "text, JSON, JUnit, Nagios, Prometheus, HTML and the rest",
    "exit-codes": "what probe answers to a script",
    "serve": "the dashboard, the Prometheus exporter and the JSON API",
    "explain": "what an NDR, a trace line or a queue error means",
    "library": "from connector_probe import probe",
    "lab": "servers that fail on purpose, to test an alert chain",
    "judging": "how evidence becomes a verdict; trust; clocks",
    "limits": "what it cannot know",
    "security": "what it sends and to whom, secrets, what servers can do to it",
    "changelog": "what changed",
}


def page(topic: str) -> str:
    """The text of ``topic``. Raises KeyError."""
    if topic not in TOPICS:
        raise KeyError(topic)
    from importlib.resources import files  # late: the list of topics needs none of it

    return files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")
