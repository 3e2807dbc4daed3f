"""A report in Chinese: at a terminal, as Markdown and as HTML, against golden files.

``pytest tests/formats --update-golden`` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.layout import columns
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.model.evidence import CertificateProblem, CertificateProblemKind, LookupStatus
from connector_probe.model.verdict import Report
from connector_probe.wording.catalogue.zh import CHINESE
from tests.formats.comparing import compare
from tests.unit import evidence as made

ADDRESSES = (made.ADDRESS, "203.0.113.8")
COMMAND = re.compile(r"^ {7}\S")  # what is pasted into PowerShell is never wrapped


def report() -> Report:
    """A certificate that has expired and is for another name; a second address that refuses; a silent nameserver."""
    asked, answered = made.resolved(*ADDRESSES).lookups
    resolution = replace(made.resolved(*ADDRESSES), lookups=(replace(asked, status=LookupStatus.TIMED_OUT), answered))
    leaf = made.leaf("mail.fabrikam.com", until=datetime(2026, 10, 1, tzinfo=UTC))
    problem = CertificateProblem(CertificateProblemKind.EXPIRED, 0, leaf.subject, "2026-10-01T00:00:00Z")
    attempts = (
        replace(made.session(source="10.0.0.5"), certificate=made.shown(leaf, problem), ehlo_again=None),
        made.unconnected(made.REFUSED, ADDRESSES[1]),
    )
    report = made.report(*(replace(one, resolution=resolution) for one in attempts), sources=(), words=CHINESE)
    return replace(report, version="1.0")


@pytest.mark.parametrize("format_", [Format.TEXT, Format.MARKDOWN])
def test_the_report_is_the_golden_one(format_: Format, request: pytest.FixtureRequest) -> None:
    options = RenderOptions(words=CHINESE, colour=format_ is Format.TEXT, modes=True)
    compare(f"chinese.{format_}", RENDERERS[format_](report(), options), request)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = RENDERERS[Format.TEXT](report(), RenderOptions(words=CHINESE, width=width, modes=True)).splitlines()
    wide = [line for line in lines if columns(line) > width and not COMMAND.match(line) and " " in line.strip()]
    assert not [line for line in wide if "https://" not in line and "SHA-256" not in line]


def test_the_page_says_that_it_is_chinese() -> None:
    page = RENDERERS[Format.HTML](report(), RenderOptions(words=CHINESE))
    assert '<html lang="zh">' in page
    assert "证书" in page


def test_machines_read_the_same_but_for_the_words() -> None:
    """Codes, classes, ids and labels are the same; every character that a Chinese sentence brings survives."""
    for format_ in Format:
        document = RENDERERS[format_](report(), RenderOptions(words=CHINESE))
        assert document
        document.encode("utf-8")
    assert "probe_failure_info" in RENDERERS[Format.PROMETHEUS](report(), RenderOptions(words=CHINESE))


def test_a_saved_report_is_told_again_in_the_language_of_its_reader() -> None:
    """Also its notes, although the file holds them in the language of whoever saved it."""
    first = report()
    saved = read_report(RENDERERS[Format.JSON](first, RenderOptions()))
    assert diagnose_again(saved, CHINESE).vantage.notes == first.vantage.notes
    assert diagnose_again(saved, CHINESE).results == first.results
    english = diagnose_again(saved)
    assert english.vantage.notes[0].startswith("Probed from this machine")
    assert [one.text for one in english.results[0].warnings] != [one.text for one in first.results[0].warnings]
