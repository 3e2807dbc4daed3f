"""The first sentence of a diagnosis: the class's own, or one that names what is broken where more is known."""

from __future__ import annotations

from connector_probe.diagnosis.dns.facts import dns_heading
from connector_probe.diagnosis.dns.mx_origin import mx_heading
from connector_probe.diagnosis.verdict import AttemptVerdict
from connector_probe.diagnosis.view import View
from connector_probe.model.ids import HeadingId
from connector_probe.model.sentence import Phrase, Value, joined
from connector_probe.model.verdict import FailureClass


def heading_phrase(attempt: AttemptVerdict) -> Phrase:
    """What is broken, in a few words, without a full stop. For an attempt that failed."""
    assert attempt.failure is not None
    key = attempt.failure.heading
    return Phrase(f"heading-{key}" if key is not None else f"class-{attempt.failure.failure}", attempt.facts)


def detail_phrase(attempt: AttemptVerdict) -> Value:
    """What was seen. For an attempt that failed."""
    assert attempt.failure is not None
    detail = Phrase(f"detail-{attempt.failure.failure}", attempt.facts)
    return joined(detail, Phrase("tries", attempt.facts)) if attempt.view.evidence.earlier_failures else detail


def heading(failure: FailureClass, view: View) -> HeadingId | None:
    """Where no cause that the evidence speaks for has one: what else names what is broken; None: the class's title."""
    if failure.value.startswith("dns-"):
        return dns_heading(view)
    if failure is FailureClass.MTA_STS_MX_NOT_LISTED:
        return mx_heading(view)
    if view.evidence.recipient is None:
        return _AT_THE_SENDER.get(failure)
    return None


_AT_THE_SENDER = {
    FailureClass.RECIPIENT_REJECTED: HeadingId.SENDER_REJECTED,
    FailureClass.RECIPIENT_DEFERRED: HeadingId.SENDER_DEFERRED,
}
