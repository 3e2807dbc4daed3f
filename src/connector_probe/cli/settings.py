"""How a run is told: which documents, in which words, how much, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from connector_probe.cli import EXIT_INTERRUPTED
from connector_probe.cli.options import DocumentOptions
from connector_probe.cli.output import text_options, words_for
from connector_probe.cli.targets import OutputTarget, choose_outputs
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.dataclass import dataclass
from connector_probe.model.documents import Format
from connector_probe.model.verdict import Report, Status
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.formats import RenderOptions


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """What is printed, and where to. ``locations``: file and line of each connector by its name."""

    targets: tuple[OutputTarget, ...]
    verbosity: int
    transcript: bool
    modes: bool
    lang: str | None = None
    locations: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    brief: bool = False

    @classmethod
    def choose(
        cls, document: DocumentOptions, *, modes: bool, locations: Mapping[str, tuple[str, int]] | None = None
    ) -> OutputSettings:
        """Raises UsageProblemError for options that contradict each other, or a file that cannot be written."""
        brief, verbosity = document.brief, -1 if document.quiet else 1 if document.verbose else 0
        if document.quiet and document.verbose:
            raise UsageProblemError("-q and -v exclude each other", "give one of them")
        targets = choose_outputs(document.format_ or (), json=document.json, output=document.output)
        if brief and (document.verbose or document.transcript):
            raise UsageProblemError("--brief excludes -v and --transcript", "give one of them")
        if brief and not any(one.format is Format.TEXT for one in targets):
            raise UsageProblemError("--brief goes with --format text", "leave one of them out")
        return cls(targets, verbosity, document.transcript, modes, document.lang, locations or {}, brief)

    @property
    def words(self) -> Catalogue:
        """Those that the run concludes in: the first document's."""
        return self.words_of(self.targets[0])

    def words_of(self, target: OutputTarget) -> Catalogue:
        return words_for(self.lang, target.format)

    def options(self, target: OutputTarget, names: frozenset[str] | None = None) -> RenderOptions:
        """``names``: the connectors that a document for people has; None for all."""
        at_terminal = target.path is None and target.format is Format.TEXT
        return replace(
            text_options(self.words_of(target), to_file=not at_terminal, verbosity=self.verbosity),
            brief=self.brief,
            transcript=self.transcript,
            modes=self.modes,
            locations=self.locations,
            names=names,
        )

    def render(self, report: Report, target: OutputTarget | None = None, names: frozenset[str] | None = None) -> str:
        """The document for ``target``, or the first one; ``report`` is in its words."""
        from connector_probe.formats import RENDERERS  # late: what it stands on is loaded beside the probe

        wanted = target or self.targets[0]
        return RENDERERS[wanted.format](report, self.options(wanted, names))

    def in_pieces(self, report: Report, target: OutputTarget, names: frozenset[str] | None) -> Iterator[str]:
        """As ``render``, piece by piece: the document of a fleet is larger than all that it was made from."""
        from connector_probe.formats import in_pieces  # late, as above

        return in_pieces(target.format, report, self.options(target, names))

    def exit_code(self, report: Report, *, interrupted: bool = False) -> int:
        """That of the plugin API for a plugin, which knows no interrupt, else ``exit_code``."""
        if any(one.is_plugin for one in self.targets):
            from connector_probe.formats import nagios  # late: as any format

            return nagios.exit_code(report)
        return EXIT_INTERRUPTED if interrupted else exit_code(report)


def exit_code(report: Report) -> int:
    """0 all as expected, 1 at least one is not, 3 nothing can be said of at least one; 1 wins over 3."""
    unexpected = [result for result in report.results if not result.expected]
    if any(result.status is not Status.UNKNOWN for result in unexpected):
        return 1
    return 3 if unexpected else 0
