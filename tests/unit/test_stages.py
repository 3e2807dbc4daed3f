"""The stage table: one line of time for all of an attempt."""

from __future__ import annotations

from connector_probe.diagnosis.stages import stage_reports
from connector_probe.model.evidence import (
    AttemptEvidence,
    Connection,
    Exchange,
    Lookup,
    LookupStatus,
    Reply,
    Resolution,
)


def test_connecting_comes_after_the_look_up() -> None:
    """The evidence of a look-up, which connectors share, counts from another moment than that of the attempt."""
    host, address = "mail.contoso.com", "192.0.2.5"
    found = Lookup(host, "A", LookupStatus.ANSWER, (address,))
    attempt = AttemptEvidence(
        host,
        address,
        25,
        Resolution(host, (address,), lookups=(found,), seconds=0.1, start=0.4),
        Connection(0.0, 0.03, "192.0.2.9"),
        banner=Exchange("", 0.03, 0.02, Reply(220, ("mail",))),
    )
    rows = [(row.stage.value, row.start, row.duration) for row in stage_reports(attempt, None) if row.start is not None]
    assert rows == [("dns", 0.0, 0.1), ("connect", 0.1, 0.03), ("banner", 0.13, 0.02)]
