"""Laying text out by columns of a terminal, where an East Asian character takes two (UAX #11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

# A line is broken beside a wide character too, but not before what closes and not after what opens (UAX #14, CL and
# OP; GB/T 15834). A run of narrow characters, such as a host's name or an address, stays whole.
_CLOSES = "，。、；：？！）】》」』”’…％"
_OPENS = "（【《「『“‘"
_WIDE = "\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
BESIDE, BELOW = 30, 6  # columns that a text has beside its label at least, or else it stands below, so far in
_WORD = re.compile(r"(\s*)(\S+)")


def columns(text: str) -> int:
    """How many columns ``text`` takes; control characters, which it should not have, count as none."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # late: most texts need none

    return sum(max(wcswidth(one), 0) for one in text)


def pad(text: str, width: int) -> str:
    """``text`` with spaces behind it up to ``width`` columns."""
    return text + " " * (width - columns(text))


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns, with "..." where something was left out."""
    if columns(text) <= width:
        return text
    kept, room = "", width - 3
    for character in text:
        room -= columns(character)
        if room < 0:
            break
        kept += character
    return kept + "..."


def wrap(text: str, width: int, first: str = "", then: str = "") -> Iterator[str]:
    """``text`` in lines of at most ``width`` columns, begun by ``first`` and then by ``then``.

    White space where a line is broken is dropped; a word longer than a line gets one of its own and is not cut.
    """
    if columns(first) > BELOW and first.strip() and width - columns(first) < min(columns(text), BESIDE):
        yield first.rstrip()
        first = then = " " * BELOW
    line, taken, empty = first, columns(first), True
    for gap, piece, needs in _pieces(text):
        if not empty and taken + gap + needs > width:
            yield line
            line, taken, empty = then, columns(then), True
        if empty:
            line, taken, empty = line + piece, taken + needs, False
        else:
            line, taken = line + " " * gap + piece, taken + gap + needs
    if not empty:
        yield line


def _pieces(text: str) -> Iterator[tuple[int, str, int]]:
    """What is never broken: the spaces in front of it, itself, and its columns."""
    for space, word in _WORD.findall(text):
        gap = len(space)
        if word.isascii():
            yield gap, word, len(word)
            continue
        for piece in _divisible().findall(word):
            yield gap, piece, columns(piece)
            gap = 0


@cache
def _divisible() -> re.Pattern[str]:
    """Compiled late: it takes milliseconds, and most texts need it not."""
    return re.compile(f"[{_OPENS}]*(?:[{_WIDE}]|[^{_WIDE}{_OPENS}{_CLOSES}]+)[{_CLOSES}]*|.", re.DOTALL)
