"""Text about several connectors: what is wrong is found at once, whether one reads its beginning or its end."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.model.verdict import Badge, Report, Status
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import with_maintenance
from tests.formats.sample import sample

REPORT = sample(ENGLISH)
WELL = next(one for one in REPORT.results if one.status is Status.HEALTHY)
SHUT = next(one for one in REPORT.results if one.badge is Badge.AS_EXPECTED)
NOT_WELL = [one for one in REPORT.results if one.badge not in (Badge.HEALTHY, Badge.AS_EXPECTED)]


def text(report: Report, **options: object) -> str:
    return RENDERERS[Format.TEXT](report, RenderOptions(**options))  # type: ignore[arg-type]


def test_one_that_is_well_takes_two_lines_among_others() -> None:
    told = text(REPORT)
    block = next(block for block in told.split("\n\n") if block.startswith(f"HEALTHY  {WELL.name}: "))
    assert len(block.splitlines()) == 1 + len(WELL.attempts)
    assert text(REPORT, verbosity=1).count("SHA-256") > told.count("SHA-256")
    assert "SHA-256" in text(replace(REPORT, results=(WELL,)))


def test_those_that_are_not_well_are_listed_in_the_end() -> None:
    listed = text(REPORT).split("\n\n")[-1].splitlines()
    assert listed[0].startswith(f"{len(REPORT.results)} probed: ")
    del listed[1]  # the counts go on
    assert [line.split("  ")[1] for line in listed[1:]] == [ENGLISH.text[one.badge] for one in NOT_WELL]
    assert all(one.name[:20] in line for one, line in zip(NOT_WELL, listed[1:], strict=True))
    assert all(len(line) <= 80 for line in listed)


def test_a_failure_in_a_maintenance_window_is_told_as_one() -> None:
    """OK and "Connection refused" in one line would have somebody look for the fault in the monitor."""
    until = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    failing = next(one for one in NOT_WELL if one.status is Status.FAILING and one.outage is not None)
    inside = replace(with_maintenance(replace(failing, expected=False), until, ENGLISH), name="Old server")
    report = replace(REPORT, results=(WELL, inside))
    assert text(report, width=120).splitlines()[-1].endswith("(in maintenance)")
    plugin = RENDERERS[Format.NAGIOS](replace(REPORT, results=(inside,)), RenderOptions())
    assert plugin.startswith("PROBE OK - Old server: In maintenance until 2026-11-24 14:00 UTC: 450 ")
    plugin = RENDERERS[Format.NAGIOS](report, RenderOptions())
    assert "[OK] Old server: In maintenance until 2026-11-24 14:00 UTC: 450 " in plugin
    annotated = RENDERERS[Format.GITHUB](report, RenderOptions())
    assert re.search(r"^::notice title=Old server%3A .*::In maintenance until 2026-11-24 14:00 UTC: 450 ", annotated)


def test_what_was_expected_to_fail_is_well() -> None:
    assert SHUT.name not in text(REPORT).split("\n\n")[-1]


def test_of_one_alone_nothing_is_told_twice() -> None:
    """As by --only-changes, and --quiet."""
    told = text(REPORT, names=frozenset({NOT_WELL[0].name}))
    assert told.split("\n\n")[-1].startswith(f"{len(REPORT.results)} probed: ")


def test_the_vantage_is_told_once() -> None:
    first = REPORT.vantage.notes[0].split(":")[0]
    assert text(REPORT, width=200).count(first) == 1
    assert text(replace(REPORT, results=(WELL,)), width=200).count(first) == 1


def test_mail_that_flows_where_a_failure_was_expected_is_told_in_words() -> None:
    told = text(replace(REPORT, results=(replace(WELL, expect="4.4.316", expected=False),)))
    assert "Expected 4.4.316, found: mail would flow." in told
