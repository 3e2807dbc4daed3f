"""What a row of the table of causes is: which failures a cause can explain, who judges it, whose it is, what mends it.

To add a cause: its id in ``model.ids``, a row in the file of its stage, its sentence and evidence in both catalogues,
and a scenario of the lab that names it in ``expect_causes``, which is its test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import CauseVerdict, Culprit, FailureClass

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import AttemptEvidence
    from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId


POSSIBLE, OUT = CauseVerdict.POSSIBLE, CauseVerdict.RULED_OUT
LIKELY, SURE = CauseVerdict.SUPPORTED, CauseVerdict.CONFIRMED


@dataclass(frozen=True)
class Case:
    """One failed attempt, as those who judge causes see it."""

    failure: FailureClass
    view: View

    @property
    def evidence(self) -> AttemptEvidence:
        return self.view.evidence


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evidence says of a cause. ``verdict`` None: no other than the class alone gives.

    ``evidence``: ids of the sentences that say why. ``remedies`` and ``culprit`` stand in the place of the row's own.
    ``sentence``: the id of the cause's sentence, where it is another than its own. ``heading``: the first sentence,
    where this cause leads.
    """

    verdict: CauseVerdict | None
    evidence: tuple[EvidenceId, ...] = ()
    remedies: tuple[RemedyId, ...] | None = None
    culprit: Culprit | None = None
    sentence: str = ""
    heading: HeadingId | None = None


@dataclass(frozen=True, slots=True)
class WeighedCause:
    """``evidence``: ids of sentences; ``remedies``: what mends it, if it is this.

    ``sentence``: the id of the cause's own sentence, where it is another than ``id``.
    """

    id: CauseId
    verdict: CauseVerdict
    culprit: Culprit
    evidence: tuple[EvidenceId, ...]
    remedies: tuple[RemedyId, ...]
    sentence: str
    heading: HeadingId | None


Judge = Callable[[Case], Judged | None]
Explains = dict[FailureClass, CauseVerdict]


@dataclass(frozen=True, slots=True)
class Cause:
    """``explains``: the classes that the cause is always weighed for, with what the class alone says of it;

    ``shown_for``: further classes, for which it is named only where its judge has a verdict. ``remedies``: in the
    order in which to try them; ``remedies_for``: in their place, for some classes.
    """

    id: CauseId
    culprit: Culprit
    judge: Judge
    explains: Explains
    shown_for: frozenset[FailureClass] = frozenset()
    remedies: tuple[RemedyId, ...] = ()
    remedies_for: Mapping[FailureClass, tuple[RemedyId, ...]] = field(default_factory=lambda: {})

    def usual_remedies(self, failure: FailureClass) -> tuple[RemedyId, ...]:
        return self.remedies_for.get(failure, self.remedies)


class Rows:
    """The rows of one file, in order: ``@ROWS.cause(...)`` above a judge makes one."""

    def __init__(self) -> None:
        self.rows: list[Cause] = []

    def cause(
        self,
        identifier: CauseId,
        culprit: Culprit,
        explains: Explains,
        *,
        shown_for: Iterable[FailureClass] = (),
        remedies: tuple[RemedyId, ...] = (),
        remedies_for: Mapping[FailureClass, tuple[RemedyId, ...]] | None = None,
    ) -> Callable[[Judge], Judge]:
        def add(judge: Judge) -> Judge:
            row = Cause(identifier, culprit, judge, explains, frozenset(shown_for), remedies, remedies_for or {})
            self.rows.append(row)
            return judge

        return add


def alone(verdict: CauseVerdict, *failures: FailureClass) -> Explains:
    """What each of these classes says by itself."""
    return dict.fromkeys(failures, verdict)
