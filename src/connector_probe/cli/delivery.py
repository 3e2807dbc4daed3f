"""The documents of one run on their way: lines as results arrive, files at the end, the summary of a GitHub step."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connector_probe.api import assemble
from connector_probe.cli.output import fail, write_document, write_file
from connector_probe.cli.settings import OutputSettings
from connector_probe.cli.targets import OutputTarget
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.connector import Connector
from connector_probe.model.documents import Format
from connector_probe.model.names import show
from connector_probe.model.verdict import Report, Result

_ACTIONS = "GITHUB_ACTIONS"  # is "true" in a step of GitHub Actions
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub Actions reads a step's summary from


def without_commands(document: str, format_: Format) -> str:
    """``document`` so that GitHub's runner, which reads what a step prints, takes nothing in it for a command.

    It looks for "::" where a line begins, blanks aside, and for "##[" anywhere. The format ``github`` is made of
    commands, and sees to its texts itself.
    """
    if format_ is Format.GITHUB:
        return document
    if format_ in (Format.JSON, Format.JSONL):  # which has either only within strings
        return document.replace("##[", r"\u0023#[")
    return re.sub(r"(?m)^(\s*)::", r"\1\\::", document).replace("##[", r"##\[")


class Delivery:
    """Give ``arrived`` each result as it is known, and ``finish`` the report in the end.

    Only ``jsonl`` on standard output is written as results arrive; every other document is one piece. ``heard`` says
    which connectors standard output has (None: all; an empty set: no document at all); files and plugins have all.
    """

    def __init__(
        self,
        settings: OutputSettings,
        connectors: Sequence[Connector],
        heard: Callable[[Sequence[Result]], frozenset[str] | None] | None = None,
    ) -> None:
        self._heard = heard or (lambda results: None)
        self._settings = settings
        self._connectors = connectors
        self._streams = [one for one in settings.targets if one.format is Format.JSONL and one.path is None]
        self._written: Counter[str] = Counter()
        self.lost = False  # a document, or a part of it, could not be written where it should be; that was said

    @property
    def streams(self) -> bool:
        """Whether standard output is written to while the run goes on."""
        return bool(self._streams)

    def arrived(self, result: Result) -> None:
        """Called once for each connector, in any order."""
        self._written[result.name] += 1
        names = self._heard([result])
        for target in self._streams if names is None or names else ():
            asked = [next(one for one in self._connectors if one.name == result.name)]
            words, evidence = self._settings.words, result.evidence
            alone = assemble(asked, [result], evidence.started_at, evidence.seconds, words)
            self._write(self._render(alone, target, names), target)

    def finish(self, report: Report) -> None:
        """Write every document; those that cannot be written are told, and nothing else suffers."""
        for target in self._settings.targets:
            if target in self._streams:
                self._catch_up(report)
            elif target.path is None:
                self._print(report, target)
            elif target.format is Format.PROMETHEUS and all(one.is_cut_short for one in report.results):
                continue  # it is read as the state of now, to which an earlier run came nearer than this one
            else:
                self._save(report, target, target.path)
        for target in self._settings.targets:
            if target.format is Format.GITHUB and os.environ.get(_STEP_SUMMARY):
                self._summarize(report, target, Path(os.environ[_STEP_SUMMARY]))

    def _print(self, report: Report, target: OutputTarget) -> None:
        names = None if target.is_plugin else self._heard(report.results)
        if names is None or names:
            self._write(self._render(report, target, names), target)

    def _render(self, report: Report, target: OutputTarget, names: frozenset[str] | None = None) -> Iterator[str]:
        pieces = self._settings.in_pieces(self._worded(report, target), target, names)
        in_a_log = target.path is None and os.environ.get(_ACTIONS) == "true"
        return (without_commands(one, target.format) for one in pieces) if in_a_log else pieces

    def _worded(self, report: Report, target: OutputTarget) -> Report:
        """``report`` in the words of the document: text follows the locale, JSON does not."""
        from connector_probe.wording.render import in_words  # late, as what judges is

        words = self._settings.words_of(target)
        return report if words is self._settings.words else in_words(report, words)

    def _catch_up(self, report: Report) -> None:
        """The results that never arrived by themselves."""
        for result in report.results:
            if self._written[result.name]:
                self._written[result.name] -= 1
            else:
                self.arrived(result)

    def _save(self, report: Report, target: OutputTarget, path: Path) -> None:
        try:
            write_file(path, self._render(report, target))
        except OSError as error:
            self.lost = True
            alone = len(self._settings.targets) == 1
            hint = "the document follows on standard output" if alone else "the other documents are not affected"
            fail(f"{show(str(path), 300)} cannot be written: {error.strerror}", hint)
            if alone:
                self._write(self._render(report, target), target)

    def _summarize(self, report: Report, target: OutputTarget, path: Path) -> None:
        """GitHub's file is added to: other commands of the step may have written into it."""
        from connector_probe.formats import github  # late, as any format

        try:
            with path.open("a", encoding="utf-8") as file:
                worded = self._worded(report, target)
                file.write(github.summary(worded, self._settings.options(target)))
        except OSError as error:
            fail(f"the step's summary, {show(str(path), 300)}, cannot be written: {error.strerror}")

    def _write(self, document: Iterator[str], target: OutputTarget) -> None:
        """To standard output; that it cannot be written is said, and nothing else suffers: not history, not files."""
        try:
            write_document(document, whole=target.format is not Format.TEXT)
        except UsageProblemError as problem:
            self.lost = True
            fail(str(problem), problem.hint)
