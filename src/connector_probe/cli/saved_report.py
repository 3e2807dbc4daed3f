"""A saved report, diagnosed again: what ``probe explain`` and ``probe compare`` have in common."""

from __future__ import annotations

from connector_probe.cli.output import say
from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.model.verdict import Report


def diagnosed(text: str, words: Catalogue, name: str = "") -> Report:
    """The report in ``text``, judged by today's rules. ``name``: its file's, for a note. Raises SavedReportError."""
    saved = read_report(text)
    if saved.superseded:
        where = f"{name}: " if name else ""
        results = "1 earlier result was" if saved.superseded == 1 else f"{saved.superseded} earlier results were"
        say(f"probe: note: {where}{results} passed over: the last one of each connector counts")
    return diagnose_again(saved, words)
