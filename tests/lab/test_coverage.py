"""Every cause, and everything that may stand in a mail server's way or place, is met by the real prober somewhere.

In the lab, over real sockets; what loopback cannot show has its test in tests/real, with namespaces and routers.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connector_probe.diagnosis.middlebox_facts import PROTOCOL_NAMES
from connector_probe.diagnosis.signs import other_protocol
from connector_probe.lab import SCENARIOS, obstacle
from connector_probe.model.verdict import CauseVerdict, Report
from connector_probe.wording.catalogue.en import ENGLISH

FOR = (CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED)
REAL = Path(__file__).parents[1] / "real"
# What only a packet filter, a router or an address beyond loopback can show: the test that asserts the verdict.
BEYOND_LOOPBACK = {
    "server-down": ("test_local_faults.py", "test_a_router_says_unreachable"),
    "network-trouble": ("test_local_faults.py", "test_a_router_knows_no_way"),
    "firewall-blocks": ("test_local_faults.py", "test_a_router_prohibits"),
    "firewall-drops": ("test_local_faults.py", "test_a_firewall_that_drops_now_and_then"),
    "large-packets-lost": ("test_local_faults.py", "test_large_packets_that_get_lost"),
    "wrong-smart-host": ("test_local_faults.py", "test_port_25_is_dropped"),
}
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
@pytest.mark.parametrize("cause", [one for one in ENGLISH.causes if one not in BEYOND_LOOPBACK])
def test_a_scenario_speaks_for_the_cause(cause: str, reports: dict[str, Report]) -> None:
    assert [
        name
        for name, report in reports.items()
        for attempt in report.results[0].attempts
        if attempt.diagnosis is not None
        for one in attempt.diagnosis.causes
        if one.id == cause and one.verdict in FOR
    ], "no scenario of the lab reaches it as confirmed or supported"


@pytest.mark.parametrize("cause", BEYOND_LOOPBACK)
def test_what_loopback_cannot_show_has_its_test(cause: str) -> None:
    """By name, and with the verdict: ``verdict_on("server-down", ...) is CauseVerdict.SUPPORTED`` stands in it."""
    assert cause in ENGLISH.causes
    file, name = BEYOND_LOOPBACK[cause]
    tree = ast.parse((REAL / file).read_text(encoding="utf-8"))
    (test,) = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    asserted = [ast.unparse(one) for one in ast.walk(test) if isinstance(one, ast.Assert)]
    wanted = [f"verdict_on('{cause}'", "CauseVerdict.SUPPORTED"]
    assert any(all(words in text for words in wanted) for text in asserted), asserted


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
@pytest.mark.parametrize("warning", DEVICES_IN_BETWEEN)
def test_a_scenario_meets_the_device(warning: str, reports: dict[str, Report]) -> None:
    assert warning in ENGLISH.warnings
    assert [name for name, report in reports.items() if warning in [one.id for one in report.results[0].warnings]]
