"""Text about several connectors: what is wrong is found at once, whether one reads its beginning or its end."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.model.documents import Language
from connector_probe.model.verdict import Badge, Report, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.languages import catalogue_of
from connector_probe.wording.outage import with_maintenance
from tests.formats.comparing import compare
from tests.formats.sample import sample

REPORT = sample(ENGLISH)
WELL = next(one for one in REPORT.results if one.status is Status.HEALTHY)
SHOUTING = next(one for one in REPORT.results if "script" in one.name)
SHUT = next(one for one in REPORT.results if one.badge is Badge.AS_EXPECTED)
NOT_WELL = [one for one in REPORT.results if one.badge not in (Badge.HEALTHY, Badge.AS_EXPECTED)]


every_language = pytest.mark.parametrize("words", list(map(catalogue_of, Language)), ids=lambda words: words.language)


def text(report: Report, **options: object) -> str:
    return RENDERERS[Format.TEXT](report, RenderOptions(**options))  # type: ignore[arg-type]


WORST_FIRST = ["Branch office", "Edge: expired", "Gone", SHOUTING.name, "IPv6 only"]  # by when mail bounces


@every_language
def test_several_are_a_table_and_what_is_wrong_in_short(words: Catalogue, request: pytest.FixtureRequest) -> None:
    compare(f"several-{words.language}.txt", text(sample(words), words=words), request)


def test_the_worst_is_told_first() -> None:
    table, *blocks = text(REPORT).split("\n\n")
    rows = table.splitlines()
    assert len(rows) == len(REPORT.results)
    for name, row, block in zip(WORST_FIRST, rows, blocks, strict=False):
        assert name[:20] in row
        assert name in block
    assert {row.split("  ")[0] for row in rows[-2:]} == {"HEALTHY", "AS EXPECTED"}
    assert len(blocks) == len([one for one in REPORT.results if not one.expected]) + 2  # notes and counts
    assert all(len(row) <= 80 for row in rows)


def test_a_warning_that_counts_as_a_failure_is_told() -> None:
    """With --strict."""
    results = tuple(replace(one, expected=one.status is not Status.WARNING) for one in REPORT.results)
    blocks = text(replace(REPORT, results=results)).split("\n\n")
    assert "  - The certificate expires on 2026-12-06 00:00 UTC, in 11 days.\n" in blocks[1]
    assert "  -> Install a valid certificate" in blocks[1]


def test_with_v_each_is_told_and_the_end_lists_what_is_not_well() -> None:
    told = text(REPORT, verbosity=1)
    assert told.count("SHA-256") == 6  # two certificates in each of three chains
    listed = told.split("\n\n")[-1].splitlines()
    assert [row.split("  ")[0] for row in listed[:-2]] == [
        *("FAILING", "FAILING", "NOT AS EXPECTED", "FAILING", "UNKNOWN", "WARNING")
    ]
    assert "SHA-256" not in text(replace(REPORT, results=(WELL,)))


def test_brief_is_one_line_each_and_never_cut() -> None:
    lines = text(REPORT, brief=True, width=40).splitlines()
    assert [line.split("  ", 1)[1].strip().startswith(f"{one.name}: ") for one, line in zip(
        REPORT.results, lines, strict=True
    )] == [True] * len(lines)  # fmt: skip
    assert text(REPORT, brief=True, verbosity=-1).count("\n") == 5


def test_the_verdict_is_the_last_line_of_what_would_scroll_away() -> None:
    for result in REPORT.results:
        lines = text(replace(REPORT, results=(result,))).splitlines()
        assert len(lines) <= 22 or lines[-1].strip() in (lines[0], lines[1].strip())


def test_a_failure_in_a_maintenance_window_is_told_as_one() -> None:
    """OK and "Connection refused" in one line would have somebody look for the fault in the monitor."""
    until = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    failing = next(one for one in NOT_WELL if one.status is Status.FAILING and one.outage is not None)
    inside = replace(with_maintenance(replace(failing, expected=False), until, ENGLISH), name="Old server")
    report = replace(REPORT, results=(WELL, inside))
    assert next(row for row in text(report, width=120).splitlines() if "Old server" in row).endswith("(in maintenance)")
    plugin = RENDERERS[Format.NAGIOS](replace(REPORT, results=(inside,)), RenderOptions())
    assert plugin.startswith("PROBE OK - Old server: In maintenance until 2026-11-24 14:00 UTC: 450 ")
    plugin = RENDERERS[Format.NAGIOS](report, RenderOptions())
    assert "[OK] Old server: In maintenance until 2026-11-24 14:00 UTC: 450 " in plugin
    annotated = RENDERERS[Format.GITHUB](report, RenderOptions())
    assert re.search(r"^::notice title=Old server%3A .*::In maintenance until 2026-11-24 14:00 UTC: 450 ", annotated)


def test_what_was_expected_to_fail_is_well() -> None:
    assert SHUT.name not in text(REPORT).split("\n\n", 1)[1]


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
