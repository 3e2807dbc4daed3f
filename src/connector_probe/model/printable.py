"""The one place where foreign text becomes safe to show.

Whatever a server, a certificate or a zone sent passes through here when it becomes evidence, so nothing further
on can let an escape sequence, a NUL or a bidi override through to a terminal, a log or a page.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Cc control, Cf format (bidi, zero-width), Cs surrogate, Co private use, Cn unassigned, Zl/Zp line separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = 200  # characters


def printable(data: bytes | str, limit: int | None = None) -> str:
    """``data`` as one line of visible text.

    Bytes are read as UTF-8; a byte that is not UTF-8 becomes ``\\xNN``, an unsafe character ``\\xNN``, ``\\uNNNN``
    or ``\\UNNNNNNNN``. With ``limit``, cut to that many characters with "..." at the end.
    """
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_escape, text))
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 3, 0)] + "..."
    return _shared(str(text)) if len(text) <= _SHORT else text


@lru_cache(maxsize=4096)
def _shared(text: str) -> str:
    """Servers say the same few things, and a run of many keeps them."""
    return text


def _escape(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return " " if character.isspace() else character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
