"""``probe compare``: saved reports, and what Exchange Online wrote. What it stands on is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from connector_probe.cli import EXIT_FAILED, EXIT_OK, EXIT_UNKNOWN
from connector_probe.cli import options as opt
from connector_probe.cli.inputs import diagnosed, is_there, name_of, read_input, refuse_too_large
from connector_probe.cli.output import put_document, text_options, words_for
from connector_probe.cli.targets import check_target
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import MAX_REPORT, Format, is_report
from connector_probe.model.names import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector_probe.bounces.bounce import Bounce
    from connector_probe.comparing.comparison import Comparison
    from connector_probe.model.verdict import Report
    from connector_probe.wording.catalogue import Catalogue


def compare(
    places: list[str] = typer.Argument(
        ...,
        metavar="A B [C]",
        help="Reports (probe HOST --json -o A.json); one may be what Exchange Online wrote: an NDR, a trace line.",
    ),
    two_places: bool = typer.Option(False, "--places", help="They come from two places: where does the fault lie?"),
    two_times: bool = typer.Option(False, "--times", help="They come from two times: what is new, what is fixed?"),
    endpoints: str | None = typer.Option(
        None, metavar="FILE", help="Microsoft's ranges: a saved answer of its endpoints web service, in JSON."
    ),
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    quiet: opt.Quiet = False,
) -> None:
    """Compare saved reports, from several places or from two times: what differs, and what follows.

    \b
      probe compare outside.json inside.json     the firewall, the NAT, the DNS?
      probe compare before.json after.json       what is new, what is fixed?
      probe compare ndr.eml outside.json inside.json
    """
    from connector_probe.comparing.compare import NothingInCommonError
    from connector_probe.formats.comparison import to_text
    from connector_probe.formats.json import to_json

    if two_places and two_times:
        raise UsageProblemError("--places and --times exclude each other", "give one of them, or none")
    if not 2 <= len(places) <= 3:
        raise UsageProblemError(
            f"{len(places)} given to compare", "give two reports, or one or two and what Exchange Online wrote"
        )
    if places.count("-") > 1:
        raise UsageProblemError("standard input can be only one of them", "name a file for the other")
    if output is not None:
        check_target(Path(output))
    words = words_for(lang, Format.JSON if json else Format.TEXT)
    ranges = _ranges(endpoints) if endpoints is not None else ()
    read = [_read(one, words) for one in places]
    try:
        found = _compared(read, words, ranges, two_places=two_places, two_times=two_times)
    except NothingInCommonError:
        raise UsageProblemError(
            f"{' and '.join(one.name for one in read)} have no connector in common",
            "compare reports of the same connectors: they are matched by name and by smart host",
        ) from None
    options = text_options(words, to_file=output is not None, verbosity=-1 if quiet else 0)
    put_document(to_json(found) if json else to_text(found, options), output)
    raise typer.Exit(_exit_code(found))


class _Read(NamedTuple):
    """A report, or the errors that somebody pasted; ``name``: of the file, for messages."""

    name: str
    report: Report | None
    bounces: tuple[Bounce, ...] = ()


def _compared(
    read: Sequence[_Read], words: Catalogue, ranges: Sequence[str], *, two_places: bool, two_times: bool
) -> Comparison:
    """Raises UsageProblemError and NothingInCommonError."""
    from connector_probe.comparing.compare import compare as compare_reports
    from connector_probe.comparing.comparison import Relation

    reports = [one.report for one in read if one.report is not None]
    files = [one.name for one in read if one.report is not None]
    texts = [one for one in read if one.report is None]
    if not texts:
        if len(reports) > 2:
            raise UsageProblemError("three reports", "give two, or two and what Exchange Online wrote")
        if ranges:
            raise UsageProblemError(
                "--endpoints without what Exchange Online wrote", "give an NDR or a trace line as one of the places"
            )
        relation = Relation.PLACES if two_places else Relation.TIMES if two_times else None
        return compare_reports(reports[0], reports[1], words, files=(files[0], files[1]), relation=relation)
    if len(texts) > 1 or not reports:
        raise UsageProblemError(
            f"{' and '.join(one.name for one in texts)} are no reports", "one text goes with one or two reports"
        )
    if two_times:
        raise UsageProblemError("--times with what Exchange Online wrote", "two reports of one place are two times")
    return _with_sender(texts[0], reports, files, words, ranges)


def _with_sender(
    text: _Read, reports: Sequence[Report], files: Sequence[str], words: Catalogue, ranges: Sequence[str]
) -> Comparison:
    """Raises UsageProblemError where the words are about the way into Exchange Online, and NothingInCommonError."""
    from connector_probe.bounces.explanation import is_for_microsoft
    from connector_probe.comparing.exchange_online import compare_with_sender

    theirs = [one for one in text.bounces if not is_for_microsoft(one)]
    if not theirs:
        raise UsageProblemError(
            f"{text.name} is about mail to a server of Microsoft's", "probe explain says what to do about it"
        )
    return compare_with_sender(theirs, reports, words, file=text.name, files=files, ranges=ranges)


def _ranges(path: str) -> tuple[str, ...]:
    """Raises UsageProblemError."""
    from connector_probe.bounces.bounce import decode
    from connector_probe.protocol.endpoints import EndpointsError, mail_ranges

    hint = "save the answer of https://endpoints.office.com/endpoints/worldwide?clientrequestid=<GUID>"
    try:
        return mail_ranges(decode(_data(path, hint)))
    except EndpointsError as problem:
        raise UsageProblemError(f"{name_of(path)} {problem}", hint) from None


def _read(given: str, words: Catalogue) -> _Read:
    """A report, judged by today's rules, or a text of errors. Raises UsageProblemError, which names the file."""
    from connector_probe.bounces.bounce import InputTooLargeError, decode, read

    if not is_there(given) and (bounces := read(given).bounces):
        return _Read(show(given, 40), None, bounces)
    name, data = name_of(given), _data(given, "make a report with: probe HOST --json -o FILE")
    text = decode(data)
    if not is_report(text):
        try:
            bounces = read(data).bounces
        except InputTooLargeError:
            bounces = ()
        if bounces:
            return _Read(name, None, bounces)
    return _Read(name, diagnosed(text, words, name))


def _data(file: str, hint: str) -> bytes:
    data = read_input(file, MAX_REPORT, hint)
    refuse_too_large(data, name_of(file))
    if not data.strip():
        raise UsageProblemError(f"{name_of(file)} is empty", hint)
    return data


def _exit_code(found: Comparison) -> int:
    """0 nothing that matters, 1 something is worse or differs, 3 nothing can be said of at least one; 1 wins over 3."""
    if any(one.matters for one in found.connectors):
        return EXIT_FAILED
    return EXIT_UNKNOWN if found.summary.unknown else EXIT_OK
