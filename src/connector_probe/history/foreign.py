"""Telling a damaged history from somebody's file that never was one: the first is set aside, the second left alone."""

from __future__ import annotations

import codecs
import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from connector_probe.history.faults import DamagedError, NotAHistoryError
from connector_probe.history.migrations import APPLICATION_ID, version_of
from connector_probe.model.names import show

_MAGIC: Final = b"SQLite format 3\0"
_IDENTITY: Final = slice(68, 72)  # of the header: the application ID (sqlite.org/fileformat.html, 1.3)
_LOOKED_AT: Final = 65536  # octets
_ENOUGH: Final = 64  # octets: of fewer, random ones too may happen to be letters of some 8-bit code page
_LAYOUT: Final = "\t\n\f\r\x1b"
_BYTE_ORDER_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def refuse_foreign(path: Path) -> None:
    """Raises NotAHistoryError for a text, and for a sound database of another program.

    That database is not opened in earnest: SQLite would play its journal back, or clear up behind a dead writer.
    """
    try:
        if not path.is_file():  # to open a pipe is to wait
            return
        with path.open("rb") as file:
            head = file.read(_LOOKED_AT)
    except OSError:
        return  # SQLite says it better
    if head.startswith(_MAGIC):
        if head[_IDENTITY] != APPLICATION_ID.to_bytes(4, "big"):
            _refuse_database(path)
    elif not _MAGIC.startswith(head) and _is_text(head):
        raise NotAHistoryError(f"history {show(str(path), 300)} is a text file, no history, and was not touched")


def _refuse_database(path: Path) -> None:
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with (
        contextlib.suppress(sqlite3.Error, DamagedError),  # of what is damaged nobody can tell whose it was
        contextlib.closing(sqlite3.connect(address, uri=True)) as connection,
    ):
        version_of(connection, path)


def _is_text(head: bytes) -> bool:
    """Whether it reads as text: UTF-8, UTF-16 with its mark, or some 8-bit code page; no controls but layout."""
    encodings = [_BYTE_ORDER_MARKS.get(head[:2], "utf-8")]
    if len(head) >= _ENOUGH:
        encodings.append("latin-1")
    for encoding in encodings:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)  # the last character may be cut
        except UnicodeDecodeError:
            continue
        return not any((character < " " and character not in _LAYOUT) or character == "\x7f" for character in text)
    return False
