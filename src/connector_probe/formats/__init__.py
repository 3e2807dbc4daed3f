"""The output formats: one file each, ``render(report, options) -> str``, and this registry."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from connector_probe.formats import github, html, json, jsonl, junit, markdown, nagios, prometheus, text
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Report


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"
    GITHUB = "github"
    MARKDOWN = "markdown"
    HTML = "html"


RENDERERS: dict[Format, Callable[[Report, RenderOptions], str]] = {
    Format.TEXT: text.render,
    Format.JSON: json.render,
    Format.JSONL: jsonl.render,
    Format.JUNIT: junit.render,
    Format.NAGIOS: nagios.render,
    Format.PROMETHEUS: prometheus.render,
    Format.GITHUB: github.render,
    Format.MARKDOWN: markdown.render,
    Format.HTML: html.render,
}

__all__ = ["RENDERERS", "Format", "RenderOptions"]
