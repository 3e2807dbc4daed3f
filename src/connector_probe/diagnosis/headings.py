"""The first sentence of a diagnosis: the class's own, or one that names what is broken where more is known."""

from __future__ import annotations

from connector_probe.diagnosis.dns.facts import dns_heading
from connector_probe.diagnosis.dns.mx_origin import mx_heading
from connector_probe.diagnosis.dns.nameserver_trust import DistrustReason, distrust_reason
from connector_probe.diagnosis.signs import (
    SURE_OF_A_HEADER,
    hides_starttls,
    is_masked,
    other_protocol,
    overwritten_command,
    proxy_header_sent,
    speaks_implicit_tls,
    takes_unlisted_starttls,
    waits_for_proxy_header,
)
from connector_probe.diagnosis.verdict import AttemptVerdict
from connector_probe.diagnosis.view import View
from connector_probe.model.ids import HeadingId
from connector_probe.model.sentence import Phrase, Value, joined
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.refusals import Refusal
from connector_probe.protocol.smtp import capabilities

_F = FailureClass


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
    """The id of the sentence that names what is broken; None where the class's title does."""
    if failure is _F.LOCAL_NAMESERVER_UNTRUE and distrust_reason(view) is DistrustReason.SPLIT:
        return HeadingId.OWN_ZONE
    if failure.value.startswith("dns-"):
        return dns_heading(view)
    if failure is _F.MTA_STS_MX_NOT_LISTED:
        return mx_heading(view)
    if failure.value.startswith(("banner-", "ehlo-")):
        return _of_greeting(failure, view)
    if failure is _F.STARTTLS_NOT_OFFERED:
        return _of_starttls(view)
    if failure is _F.STARTTLS_REJECTED:
        return _of_refused_starttls(view)
    handshake = view.evidence.handshake
    if failure is _F.TLS_TIMEOUT and handshake is not None and handshake.fault is not None and handshake.fault.stranded:
        return HeadingId.LARGE_PACKETS_LOST
    if view.evidence.recipient is None and failure in (_F.RECIPIENT_REJECTED, _F.RECIPIENT_DEFERRED):
        return HeadingId.SENDER_REJECTED if failure is _F.RECIPIENT_REJECTED else HeadingId.SENDER_DEFERRED
    return None


def _of_greeting(failure: FailureClass, view: View) -> HeadingId | None:
    if waits_for_proxy_header(view.evidence):
        return HeadingId.PROXY_PROTOCOL
    if speaks_implicit_tls(view.evidence):
        return HeadingId.IMPLICIT_TLS
    if other_protocol(view.evidence)[0]:
        return HeadingId.OTHER_PROTOCOL
    if failure is _F.EHLO_REJECTED and proxy_header_sent(view.evidence) in SURE_OF_A_HEADER:
        return HeadingId.PROXY_HEADER_SENT
    if view.refusal_kind is Refusal.HELO and failure is _F.EHLO_REJECTED:
        return HeadingId.HELO_NAME
    limited = view.refusal_kind is Refusal.RATE and failure in (_F.BANNER_REJECTED, _F.EHLO_REJECTED)
    return HeadingId.TOO_MANY_CONNECTIONS if limited else None


def _of_refused_starttls(view: View) -> HeadingId | None:
    if overwritten_command(view.evidence):
        return HeadingId.COMMAND_OVERWRITTEN
    return HeadingId.STARTTLS_ENDS_SESSION if view.ends_at_starttls else None


def _of_starttls(view: View) -> HeadingId | None:
    if view.evidence.helo is not None:
        return HeadingId.HELO_ONLY
    if hides_starttls(view.greeting):
        return HeadingId.EXCHANGE_HIDES_STARTTLS
    if view.greeting is not None and capabilities(view.greeting).masked_keywords:
        return HeadingId.STARTTLS_MASKED
    if takes_unlisted_starttls(view.evidence):
        return HeadingId.STARTTLS_TAKEN
    return HeadingId.STARTTLS_BESIDE_MASKED_BANNER if is_masked(view.evidence.banner, view.greeting) else None
