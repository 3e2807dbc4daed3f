"""The output formats: one file each, ``render(report, options) -> str``, and this registry."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import cast

from connector_probe.formats.options import RenderOptions
from connector_probe.model.documents import Format
from connector_probe.model.verdict import Report


def in_pieces(format_: Format, report: Report, options: RenderOptions) -> Iterator[str]:
    """A document, piece by piece where its format is made so. Loaded here: one run writes one or two of them."""
    module = import_module(f"{__name__}.{format_}")
    return cast(
        "Iterator[str]",
        module.pieces(report, options) if hasattr(module, "pieces") else iter([module.render(report, options)]),
    )


def _whole(format_: Format, report: Report, options: RenderOptions) -> str:
    return "".join(in_pieces(format_, report, options))


RENDERERS = {format_: partial(_whole, format_) for format_ in Format}

__all__ = ["RENDERERS", "Format", "RenderOptions", "in_pieces"]
