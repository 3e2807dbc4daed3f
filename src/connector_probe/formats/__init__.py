"""The output formats: one file each, ``render(report, options) -> str``, and this registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import cast

from connector_probe.formats.options import RenderOptions
from connector_probe.model.documents import Format
from connector_probe.model.verdict import Report

Renderer = Callable[[Report, RenderOptions], str]


def _late(format_: Format) -> Renderer:
    """The format's ``render``, imported when it is called: one run writes one or two of them."""

    def render(report: Report, options: RenderOptions) -> str:
        return cast(str, import_module(f"{__name__}.{format_}").render(report, options))

    return render


RENDERERS: dict[Format, Renderer] = {format_: _late(format_) for format_ in Format}


def in_pieces(format_: Format, report: Report, options: RenderOptions) -> Iterator[str]:
    """What ``RENDERERS`` give, piece by piece where the format is made so."""
    module = import_module(f"{__name__}.{format_}")
    return cast(
        "Iterator[str]",
        module.pieces(report, options) if hasattr(module, "pieces") else iter([module.render(report, options)]),
    )


__all__ = ["RENDERERS", "Format", "RenderOptions", "in_pieces"]
