"""Printing: documents to standard output or a file, words about the run to standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from connector_probe.cli.targets import is_open_file
from connector_probe.cli.values import UsageProblemError, parse_choice
from connector_probe.model.documents import Format, Language
from connector_probe.model.names import show
from connector_probe.model.printable import printable

if TYPE_CHECKING:
    from connector_probe.formats import RenderOptions
    from connector_probe.wording.catalogue import Catalogue

NARROWEST, WIDEST = 40, 100
FOR_PEOPLE = frozenset({Format.TEXT, Format.MARKDOWN, Format.HTML})


def write_document(text: str | Iterable[str], *, whole: bool = False) -> None:
    """``text``, or its pieces, to standard output, whatever its encoding: what it cannot show comes out escaped.

    Raises UsageProblemError where it cannot be written; what comes after is lost in silence then. A reader who leaves
    early has seen enough, as in ``probe ... | head -1``, unless half of it is of no use: ``whole``.
    """
    stream = sys.stdout
    try:
        encoding = stream.encoding or "utf-8"
        for piece in [text] if isinstance(text, str) else text:
            stream.write(piece if piece.isascii() else piece.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # else Python tries again at its end, and exits with 120
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if whole or not isinstance(error, BrokenPipeError):
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror or error
            raise UsageProblemError(f"standard output cannot be written: {reason}") from None


def text_options(words: Catalogue, *, to_file: bool = False, verbosity: int = 0) -> RenderOptions:
    """Of a text for the terminal, if standard output is one; in a file it has 80 columns and no colour."""
    from connector_probe.formats import RenderOptions

    colour, width = (False, 80) if to_file else (wants_colour(sys.stdout), terminal_width(sys.stdout))
    return RenderOptions(words=words, colour=colour, width=width, verbosity=verbosity)


def can_show(text: str) -> bool:
    """Whether standard output's encoding has all of ``text``."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def words_for(lang: str | None, format_: Format) -> Catalogue:
    """The catalogue for a document in ``format_``: that of --lang, else of the locale, else English.

    What a person reads follows the person's locale, text only where standard output can show it: \\u6b63 is nobody's
    language. What a program reads is the same on every machine, so that it follows --lang alone. Raises
    UsageProblemError for a language that there is not.
    """
    from connector_probe.wording.catalogue.languages import catalogue_of, language_of

    if lang is not None:
        return catalogue_of(parse_choice("--lang", lang, Language))
    found = language_of(os.environ) if format_ in FOR_PEOPLE else Language.ENGLISH
    if format_ is Format.TEXT and not can_show(catalogue_of(found).text["healthy"]):
        found = Language.ENGLISH
    return catalogue_of(found)


def page_through(text: str) -> None:
    """As ``write_document``; at a terminal by the reader's pager, or less where it is there, as git does it.

    What fits on the screen less only prints (-F), and colours pass (-R).
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty() and (os.environ.get("PAGER") or shutil.which("less"))):
        write_document(text)
        return
    import pydoc  # late: a pipe needs none

    os.environ.setdefault("LESS", "FRX")
    pydoc.pager(text)


def write_file(path: Path, text: str | Iterable[str]) -> None:
    """Replace ``path`` by ``text``, or its pieces, in one step: no reader meets half a document. Raises OSError."""
    pieces = [text] if isinstance(text, str) else text
    if is_open_file(path):  # /dev/stdout, a pipe
        with path.open("a", encoding="utf-8") as file:  # what it holds already is not ours
            file.writelines(pieces)
        return
    import tempfile  # late: standard output needs none

    real = Path(os.path.realpath(path))  # a link stays a link
    handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())  # before the new name: after a crash the file is the old one or the new one
        mode = real.stat().st_mode & 0o777 if real.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(real)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def put_document(text: str, target: str | None) -> None:
    """To ``target`` or standard output.

    Raises UsageProblemError where it cannot be written; what should be in a file is on standard output then.
    """
    if target is None:
        write_document(text)
        return
    try:
        write_file(Path(target), text)
    except OSError as error:
        write_document(text)
        message = f"{show(target, 300)} cannot be written: {error.strerror}"
        raise UsageProblemError(message, "the document is on standard output") from None


def say(text: str) -> None:
    """A line to a person, on standard error. Whatever it holds, a terminal takes nothing in it for a command."""
    stream = sys.stderr
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(printable(text).encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:  # nobody is left to hear it
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def fail(message: str, hint: str = "") -> None:
    """An error in one line, and a hint."""
    say(f"probe: error: {message}")
    if hint:
        say(f"probe: hint: {hint}")


def wants_colour(stream: TextIO) -> bool:
    """Colour only at a terminal, and never against NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_width(stream: TextIO) -> int:
    if not stream.isatty():
        return 80
    return max(NARROWEST, min(shutil.get_terminal_size((80, 24)).columns, WIDEST))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
