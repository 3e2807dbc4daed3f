"""The main job: probe, print, and tell by the exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connector_probe.cli.language import words_for
from connector_probe.cli.output import (
    check_target,
    fail,
    terminal_width,
    wants_colour,
    write_document,
    write_file,
)
from connector_probe.cli.running import run_probe
from connector_probe.cli.values import UsageProblemError
from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.diagnosis.catalogue.languages import Language
from connector_probe.fleet import DEFAULT_JOBS
from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.model.connector import Connector
from connector_probe.model.verdict import Report, Status
from connector_probe.trust import TrustError

EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """What is printed, and where to."""

    format: Format
    output: Path | None
    verbosity: int
    transcript: bool
    modes: bool
    words: Catalogue

    @classmethod
    def choose(
        cls,
        *,
        format_: Format | None,
        json: bool,
        output: Path | None,
        quiet: bool,
        verbose: bool,
        transcript: bool,
        modes: bool,
        lang: Language | None,
    ) -> OutputSettings:
        """Raises UsageProblemError for options that contradict each other, or a file that cannot be written."""
        if json and format_ not in (None, Format.JSON):
            raise UsageProblemError(f"--json and --format {format_} exclude each other", "give one of them")
        if output is not None:
            check_target(output)
        chosen = Format.JSON if json else format_ or Format.TEXT
        words = words_for(lang, chosen)
        return cls(chosen, output, -1 if quiet else 1 if verbose else 0, transcript, modes, words)

    def render(self, report: Report) -> str:
        at_terminal = self.output is None and self.format is Format.TEXT
        options = RenderOptions(
            words=self.words,
            colour=at_terminal and wants_colour(sys.stdout),
            width=terminal_width(sys.stdout) if at_terminal else 80,
            verbosity=self.verbosity,
            transcript=self.transcript,
            modes=self.modes,
        )
        return RENDERERS[self.format](report, options)


def probe_and_print(
    connectors: Sequence[Connector],
    settings: OutputSettings,
    *,
    strict: bool | Sequence[bool],
    jobs: int = DEFAULT_JOBS,
) -> int:
    """Probe, print the document, give the exit code. Raises UsageProblemError for an unusable CA file."""
    try:
        quiet = settings.verbosity < 0
        run = asyncio.run(run_probe(connectors, strict=strict, jobs=jobs, quiet=quiet, words=settings.words))
    except TrustError as problem:
        raise UsageProblemError(str(problem), problem.hint) from None
    document = settings.render(run.report)
    try:
        if settings.output is not None:
            write_file(settings.output, document)
            document = ""
    except OSError as error:
        fail(f"{settings.output} cannot be written: {error.strerror}", "the document follows on standard output")
    if document:
        write_document(document)
    return EXIT_INTERRUPTED if run.interrupted else exit_code(run.report)


def exit_code(report: Report) -> int:
    """0 all as expected, 1 at least one is not, 3 nothing can be said of at least one; 1 wins over 3."""
    unexpected = [result for result in report.results if not result.expected]
    if any(result.status is not Status.UNKNOWN for result in unexpected):
        return 1
    return 3 if unexpected else 0
