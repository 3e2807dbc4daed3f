"""The output formats: one file each, ``render(report, options) -> str``, and this registry."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from connector_probe.formats import json, text
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Report


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


RENDERERS: dict[Format, Callable[[Report, RenderOptions], str]] = {
    Format.TEXT: text.render,
    Format.JSON: json.render,
}

__all__ = ["RENDERERS", "Format", "RenderOptions"]
