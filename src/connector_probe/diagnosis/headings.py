"""The first sentence of a diagnosis: the class's own, or one that names what is broken where more is known."""

from __future__ import annotations

from connector_probe.diagnosis.dns.facts import dns_heading
from connector_probe.diagnosis.dns.mx_origin import mx_heading
from connector_probe.diagnosis.view import View
from connector_probe.model.ids import HeadingId
from connector_probe.model.verdict import FailureClass


def heading(failure: FailureClass, view: View) -> HeadingId | None:
    """Where no cause that the evidence speaks for has one: what else names what is broken; None: the class's title."""
    if failure.value.startswith("dns-") and failure is not FailureClass.DNS_CNAME_LOOP:
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
