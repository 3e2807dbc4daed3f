"""Every cause, and everything that may stand in a mail server's way or place, is met by the real prober somewhere.

In the lab, over real sockets; what loopback cannot show has its test in tests/real, with namespaces and routers.
"""

from __future__ import annotations

import pytest

from connector_probe.diagnosis.middlebox_facts import PROTOCOL_NAMES
from connector_probe.diagnosis.signs import other_protocol
from connector_probe.lab import SCENARIOS, obstacle
from connector_probe.model.ids import CauseId
from connector_probe.model.verdict import CauseVerdict, Report
from connector_probe.wording.catalogue.en import ENGLISH
from tests.real import test_local_faults

FOR = (CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED)
# What only a packet filter, a router or an address beyond loopback can show: the tests that show it.
BEYOND_LOOPBACK = {cause for test in vars(test_local_faults).values() for cause in getattr(test, "causes_shown", ())}
FROM_EVIDENCE_ONLY = {"local-resources"}  # tests/unit/test_cause_verdicts.py
# A sign of a device in between that does not stop mail: the warning that tells of it.
DEVICES_IN_BETWEEN = {
    "banner-masked": "SMTP inspection that overwrites the banner",
    "keywords-masked": "SMTP inspection that overwrites EHLO keywords",
    "plaintext-injection": "something that writes plaintext behind the 220 to STARTTLS",
    "slow-reply": "a tarpit",
    "malformed-reply": "something that breaks the format of replies",
    "unequal-verdicts": "a balancer before unequal servers",
    "unequal-starttls": "a balancer before servers with and without STARTTLS",
    "unequal-banners": "a balancer before servers that greet differently",
    "unequal-certificates": "a balancer before servers with different certificates",
    "retry-cleared": "a limit, or greylisting, that a retry gets past",
}

everything_runs = pytest.mark.skipif(
    any(obstacle(one) is not None for one in SCENARIOS), reason="this machine cannot run the whole lab"
)


@everything_runs
def test_a_scenario_speaks_for_each_cause(walk: Report) -> None:
    """Reaches it as confirmed or supported."""
    spoken_for = {
        one.id
        for result in walk.results
        for attempt in result.attempts
        if attempt.diagnosis is not None
        for one in attempt.diagnosis.causes
        if one.verdict in FOR
    }
    assert set(CauseId) - BEYOND_LOOPBACK - FROM_EVIDENCE_ONLY - spoken_for == set()


@everything_runs
@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_a_scenario_speaks_the_protocol(protocol: str, reports: dict[str, Report]) -> None:
    """A port that speaks something else than SMTP is called by its name."""
    met = [
        (name, attempt.diagnosis)
        for name, report in reports.items()
        for attempt, evidence in zip(report.results[0].attempts, report.results[0].evidence.attempts, strict=True)
        if other_protocol(evidence)[0] == protocol
    ]
    assert met, "no scenario of the lab speaks it"
    for name, diagnosis in met:
        assert diagnosis is not None, name
        assert PROTOCOL_NAMES[protocol] in diagnosis.heading, name
        assert {one.id: one.verdict for one in diagnosis.causes}["not-a-mail-server"] is CauseVerdict.CONFIRMED, name


@everything_runs
def test_a_scenario_meets_each_device(walk: Report) -> None:
    assert set(DEVICES_IN_BETWEEN) <= set(ENGLISH.warnings)
    assert set(DEVICES_IN_BETWEEN) - {one.id for result in walk.results for one in result.warnings} == set()
