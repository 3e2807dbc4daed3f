"""A bar chart as SVG: one group of bars for each measure, each group to its own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_WIDTH, _LABEL, _BAR, _GAP = 760, 170, 16, 14
_LONGEST = _WIDTH - _LABEL - 80  # a bar's; its figure stands behind it
_OURS, _OTHERS = "#2563a8", "#9aa5b1"


def draw(groups: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """``groups``: a title, and the value of each contender, ours first."""
    parts: list[str] = []
    y = _GAP
    for title, values in groups:
        parts.append(f'<text x="4" y="{y + 12}" font-weight="bold">{escape(title)}</text>')
        y += _BAR + 4
        most = max(values.values(), default=0.0) or 1.0
        for number, (name, value) in enumerate(values.items()):
            width, colour = max(_LONGEST * value / most, 1.0), _OTHERS if number else _OURS
            parts += [
                f'<text x="{_LABEL - 6}" y="{y + 12}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR - 3}" fill="{colour}"/>',
                f'<text x="{_LABEL + width + 6:.1f}" y="{y + 12}">{value:.3g}</text>',
            ]
            y += _BAR
        y += _GAP
    size, font = f'width="{_WIDTH}" height="{y}"', 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    return "\n".join([head, f'<rect {size} fill="#ffffff"/>', *parts, "</svg>\n"])
