"""What ``probe explain`` and ``probe compare`` have in common: a saved report, diagnosed again, and what is a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import MAX_REPORT
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.model.verdict import Report


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


def diagnosed(text: str, words: Catalogue, name: str = "") -> Report:
    """The report in ``text``, judged by today's rules. ``name``: its file's, for a note. Raises SavedReportError."""
    from connector_probe.formats.saved import diagnose_again, read_report  # late: a bounce needs none of it

    saved = read_report(text)
    if saved.superseded:
        where = f"{name}: " if name else ""
        results = "1 earlier result was" if saved.superseded == 1 else f"{saved.superseded} earlier results were"
        say(f"probe: note: {where}{results} passed over: the last one of each connector counts")
    return diagnose_again(saved, words)
