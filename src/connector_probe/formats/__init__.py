"""The output formats: one file each, ``render(report, options) -> str``, and this registry."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import cast

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


Renderer = Callable[[Report, RenderOptions], str]


def _late(format_: Format) -> Renderer:
    """The format's ``render``, imported when it is called: one run writes one or two of them."""

    def render(report: Report, options: RenderOptions) -> str:
        return cast(str, import_module(f"{__name__}.{format_}").render(report, options))

    return render


# A format is a member of Format, and a file of the same name.
RENDERERS: dict[Format, Renderer] = {format_: _late(format_) for format_ in Format}

__all__ = ["RENDERERS", "Format", "RenderOptions"]
