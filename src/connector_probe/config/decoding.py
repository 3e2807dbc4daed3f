"""Bytes of a text file -> text: UTF-8, and the UTF-16 that Windows PowerShell's ">" writes."""

from __future__ import annotations

import json


class UndecodableError(ValueError):
    """Bytes that are no text in any of the known encodings. ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def decode(data: bytes) -> str:
    """The text of ``data``, without a byte order mark. Raises UndecodableError.

    Both formats that are read here begin with an ASCII character, so the zero bytes among the first four tell UTF-16
    and UTF-32 without a mark (RFC 4627 3).
    """
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        byte = data[problem.start : problem.start + 1].hex().upper()
        before = data[: problem.start].decode(encoding, "replace").removeprefix("\ufeff")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        name = encoding.removesuffix("-sig").upper()
        raise UndecodableError(f"byte 0x{byte} in line {line} is not {name}", line, column) from None
