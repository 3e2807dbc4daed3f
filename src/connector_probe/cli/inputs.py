"""What a command reads: a file, or standard input where "-" stands in its place; and a saved report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import MAX_REPORT
from connector_probe.model.names import show

if TYPE_CHECKING:
    from connector_probe.model.verdict import Report
    from connector_probe.wording.catalogue import Catalogue

STANDARD_INPUT = "-"


def name_of(file: str) -> str:
    """What ``file`` is called in messages."""
    return "standard input" if file == STANDARD_INPUT else show(file, 300) or repr(file)


def read_input(file: str, limit: int, hint: str, *, larger: tuple[int, Callable[[bytes], bool]] | None = None) -> bytes:
    """``limit`` octets at most, and one more where there are more. Raises UsageProblemError, with ``hint``.

    ``larger``: another limit, of what can be told by its first octets.
    """

    def taken(stream: BinaryIO) -> bytes:
        data = stream.read(limit + 1)
        if larger is not None and len(data) > limit and larger[1](data):
            data += stream.read(larger[0] + 1 - len(data))
        return data

    name = name_of(file)
    try:
        if file == STANDARD_INPUT:
            return taken(sys.stdin.buffer) if sys.stdin is not None else b""
        if Path(file).is_dir():  # asked first: Windows calls opening one a lack of permission
            raise UsageProblemError(f"{name} is a directory", "name a file in it")
        with Path(file).open("rb") as stream:
            return taken(stream)
    except FileNotFoundError:
        raise UsageProblemError(f"there is no file {name}", hint) from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise UsageProblemError(f"{name} cannot be read: {show(reason)}", hint) from None


def is_there(text: str) -> bool:
    """Whether ``text`` is the name of a file, and no text itself."""
    try:
        return bool(text) and Path(text).exists()
    except PermissionError:
        return True  # something is there, and reading it will say why it cannot be read
    except (OSError, ValueError):  # no file name at all: too long, or with a NUL
        return False


def refuse_too_large(data: bytes, name: str = "the report") -> None:
    """Raises UsageProblemError where ``data``, all that was read of ``name``, is more than a report may have."""
    if len(data) > MAX_REPORT:
        hint = "of a file of jsonl give the last lines, as in: tail -n 100 FILE > last.jsonl"
        raise UsageProblemError(f"{name} is larger than {MAX_REPORT >> 20} MiB", hint)


def diagnosed(text: str, words: Catalogue, name: str) -> Report:
    """The report in ``text``, judged by today's rules. ``name``: where it stands. Raises UsageProblemError."""
    from connector_probe.formats.saved import SavedReportError, diagnose_again, read_report  # late: no bounce needs it

    try:
        saved = read_report(text)
        report = diagnose_again(saved, words)
    except SavedReportError as problem:
        raise UsageProblemError(f"{name}: {problem}", problem.hint) from None
    if saved.superseded:
        results = "1 earlier result was" if saved.superseded == 1 else f"{saved.superseded} earlier results were"
        say(f"probe: note: {name}: {results} passed over: the last one of each connector counts")
    return report
