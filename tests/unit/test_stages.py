"""The stage table: one line of time for all of an attempt. And which of two control hosts counts."""

from __future__ import annotations

from connector_probe.diagnosis.stages import stage_reports
from connector_probe.model.evidence import (
    AttemptEvidence,
    Connection,
    Control,
    Exchange,
    FaultKind,
    Handshake,
    Lookup,
    LookupStatus,
    NetworkFault,
    Reply,
    Resolution,
)
from connector_probe.stages.control import most_telling
from tests.unit.evidence import ADDRESS, answered, broken, session


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


def test_of_two_control_hosts_the_one_that_tells_more_counts() -> None:
    """A handshake that went through shows that large packets get out, whatever became of another host's."""
    fault = NetworkFault(FaultKind.TIMED_OUT, "")
    greeted = answered("", 220, "ESMTP; Mon, 30 Nov 2026 08:00:00 +0000")
    from_least = [
        Control("silent.test", "", lookup=Lookup("silent.test", "A", LookupStatus.TIMED_OUT)),
        Control("dead.test", ADDRESS, fault),
        Control("mute.test", ADDRESS, banner=broken("", fault)),
        Control("stalled.test", ADDRESS, banner=answered("", 220, "ESMTP"), handshake=Handshake(0.1, 5.0, fault=fault)),
        Control("dated.test", ADDRESS, banner=greeted),
        Control("sound.test", ADDRESS, banner=greeted, handshake=session().handshake),
    ]
    assert most_telling([None, None]) is None
    for at, more in enumerate(from_least):
        for less in (None, *from_least[:at]):
            if less is None or {less.host, more.host} != {"mute.test", "stalled.test"}:  # which tell as much
                assert most_telling([less, more]) is most_telling([more, less]) is more
