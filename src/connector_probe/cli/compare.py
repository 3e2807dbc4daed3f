"""``probe compare``: two saved reports. What it stands on is imported only when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector_probe.cli import EXIT_FAILED, EXIT_OK, EXIT_UNKNOWN
from connector_probe.cli import options as opt

if TYPE_CHECKING:
    from connector_probe.comparing.comparison import Comparison
    from connector_probe.model.verdict import Report
    from connector_probe.wording.catalogue import Catalogue

First = Annotated[str, typer.Argument(metavar="A.json", help="A report: probe HOST --json -o A.json")]
Second = Annotated[str, typer.Argument(metavar="B.json", help="The other one; - is standard input.")]
Places = Annotated[bool, typer.Option("--places", help="They come from two places: where does the fault lie?")]
Times = Annotated[bool, typer.Option("--times", help="They come from two times: what is new, what is fixed?")]


def compare(
    first: First,
    second: Second,
    two_places: Places = False,
    two_times: Times = False,
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    quiet: opt.Quiet = False,
) -> None:
    """Compare two saved reports, from two places or from two times: what differs, and what follows.

    \b
      probe compare outside.json inside.json   the firewall, the NAT, the DNS?
      probe compare before.json after.json       what is new, what is fixed?
    """
    from connector_probe.cli.language import words_for
    from connector_probe.cli.targets import check_target
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.comparing import compare as comparing
    from connector_probe.comparing.comparison import Relation
    from connector_probe.formats import Format
    from connector_probe.model.names import show

    if two_places and two_times:
        raise UsageProblemError("--places and --times exclude each other", "give one of them, or none")
    if first == second == "-":
        raise UsageProblemError("standard input can be only one of the two reports", "name a file for the other")
    if output is not None:
        check_target(Path(output))
    words = words_for(lang, Format.JSON if json else Format.TEXT)
    reports = [_report(Path(name), words) for name in (first, second)]
    relation = Relation.PLACES if two_places else Relation.TIMES if two_times else None
    files = (show(first), show(second))
    try:
        found = comparing.compare(reports[0], reports[1], words, files=files, relation=relation)
    except comparing.NothingInCommonError:
        raise UsageProblemError(
            f"{files[0]} and {files[1]} have no connector in common",
            "compare reports of the same connectors: they are matched by name and by smart host",
        ) from None
    _write(found, words, json=json, output=output, quiet=quiet)
    raise typer.Exit(_exit_code(found))


def _report(path: Path, words: Catalogue) -> Report:
    """The report in ``path``, judged by today's rules. Raises UsageProblemError, which names the file."""
    from connector_probe.cli.saved_report import diagnosed
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.formats.saved import SavedReportError
    from connector_probe.model.names import show

    name = "standard input" if str(path) == "-" else show(str(path))
    try:
        return diagnosed(_text(path, name), words, name)
    except SavedReportError as problem:
        raise UsageProblemError(f"{name}: {problem}", problem.hint) from None


def _text(path: Path, name: str) -> str:
    from connector_probe.bounces.bounce import decode
    from connector_probe.cli.saved_report import refuse_too_large
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.model.documents import MAX_REPORT

    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MAX_REPORT + 1) if sys.stdin is not None else b""
        elif path.is_dir():
            raise UsageProblemError(f"{name} is a directory", "name a report in it")
        else:
            with path.open("rb") as file:
                data = file.read(MAX_REPORT + 1)
    except FileNotFoundError:
        raise UsageProblemError(f"there is no file {name}", "make one with: probe HOST --json -o FILE") from None
    except OSError as error:
        raise UsageProblemError(f"{name} cannot be read: {error.strerror}", "check name and permissions") from None
    refuse_too_large(data, name)
    if not data.strip():
        raise UsageProblemError(f"{name} is empty", "make a report with: probe HOST --json -o FILE")
    return decode(data)


def _write(found: Comparison, words: Catalogue, *, json: bool, output: str | None, quiet: bool) -> None:
    from connector_probe.cli.output import put_document, terminal_width, wants_colour
    from connector_probe.formats import RenderOptions
    from connector_probe.formats.comparison import to_json, to_text

    if json:
        document = to_json(found)
    else:
        options = RenderOptions(
            words=words,
            colour=output is None and wants_colour(sys.stdout),
            width=terminal_width(sys.stdout) if output is None else 80,
            verbosity=-1 if quiet else 0,
        )
        document = to_text(found, options)
    put_document(document, output)


def _exit_code(found: Comparison) -> int:
    """0 nothing that matters, 1 something is worse or differs, 3 nothing can be said of at least one; 1 wins over 3."""
    if any(one.matters for one in found.connectors):
        return EXIT_FAILED
    return EXIT_UNKNOWN if found.summary.unknown else EXIT_OK
