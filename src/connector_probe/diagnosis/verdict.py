"""What was concluded, in ids and facts: of a connector, of each attempt, of a failure. ``wording.render`` says it."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from connector_probe.diagnosis.replies import OtherLine
from connector_probe.diagnosis.run_context import RunContext
from connector_probe.diagnosis.view import View
from connector_probe.model.connector import Connector, TlsSettings
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import CertificateProblemKind, ConnectorEvidence
from connector_probe.model.ids import HeadingId, RemedyId
from connector_probe.model.sentence import Facts, Phrase, Value, joined
from connector_probe.model.verdict import Confidence, Culprit, FailureClass, Outage, StageReport, Status

if TYPE_CHECKING:
    from connector_probe.diagnosis.causes.row import WeighedCause


@dataclass(frozen=True, slots=True)
class Said:
    """A warning or remark: an id, the facts of its sentence beyond the attempt's own, the address that it is about.

    ``sentence``: the id of the sentence, where it is another than ``id``; ``remedies``: in place of the usual ones.
    """

    id: str
    facts: Facts = field(default_factory=lambda: Facts())
    address: str | None = None
    sentence: str = ""
    remedies: tuple[RemedyId, ...] | None = None


@dataclass(frozen=True, slots=True)
class FailureVerdict:
    """What a failure of one attempt means. ``heading``: the id of the first sentence; None: the class's title.

    ``reply``: the line that Exchange Online would write, None where no documented code fits.
    """

    failure: FailureClass
    heading: HeadingId | None
    reply: str | None
    also_seen_as: tuple[OtherLine, ...]
    confidence: Confidence
    causes: tuple[WeighedCause, ...]
    remedies: tuple[RemedyId, ...]
    reference: str
    culprit: Culprit


@dataclass(frozen=True)
class AttemptVerdict:
    """One attempt. ``failure`` None: mail would flow. ``remarks`` and ``policies`` as in ``model.verdict.Attempt``."""

    view: View
    connector: Connector
    status: Status
    failure: FailureVerdict | None
    stages: tuple[StageReport, ...]
    certificate_problems: tuple[CertificateProblemKind, ...]
    warnings: tuple[Said, ...]
    remarks: tuple[Said, ...]
    policies: tuple[Said, ...]

    @cached_property
    def facts(self) -> Facts:
        """What any sentence about this attempt may use; gathered when the first is said."""
        from connector_probe.diagnosis.facts import facts_of  # late: of what is healthy, nothing is said

        return facts_of(self.view, self.connector, self.failure.failure if self.failure is not None else None)


@dataclass(frozen=True, slots=True)
class ConnectorVerdict:
    """One connector. ``deciding``: the attempt whose failure is the connector's, None where mail flows.

    ``run``: what the whole run proved, None where only this part of it was known.

    ``warnings`` are those of the connector as a whole; each attempt has its own beside them.
    """

    connector: Connector
    evidence: ConnectorEvidence
    run: RunContext | None
    tls_domain: str | None
    status: Status
    expected: bool
    deciding: AttemptVerdict | None
    by_tls_mode: dict[TlsSettings, str | None]
    attempts: tuple[AttemptVerdict, ...]
    warnings: tuple[Said, ...]
    outage: Outage | None


def heading_phrase(attempt: AttemptVerdict) -> Phrase:
    """What is broken, in a few words, without a full stop. For an attempt that failed."""
    assert attempt.failure is not None
    key = attempt.failure.heading
    return Phrase(f"heading-{key}" if key is not None else f"class-{attempt.failure.failure}", attempt.facts)


def detail_phrase(attempt: AttemptVerdict) -> Value:
    """What was seen. For an attempt that failed."""
    assert attempt.failure is not None
    failure, view = attempt.failure.failure, attempt.view
    parts: list[Value] = [Phrase(f"detail-{failure}", attempt.facts)]
    if failure.value.startswith("tls-") and not view.requires_tls:
        parts.append(Phrase("without-tls-then"))
    if view.evidence.earlier_failures:
        parts.append(Phrase("tries", attempt.facts))
    return joined(*parts)
