"""The manual: one page of Markdown for each topic, shipped with the package. To add one: its file, and its row here."""

from __future__ import annotations

TOPICS = {
    "exit-codes": "what probe answers to a script",
    "hosts": "one host, many, a file of them, and what is taken for a slip",
    "lab": "servers that fail on purpose, to try things out and to test an alert chain",
    "unattended": "cron, timers, alerts: what to run and what it says",
}


def page(topic: str) -> str:
    """The text of ``topic``. Raises KeyError."""
    if topic not in TOPICS:
        raise KeyError(topic)
    from importlib.resources import files  # late: the list of topics needs none of it

    return files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")
