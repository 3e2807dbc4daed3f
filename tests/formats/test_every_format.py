"""Every format: a golden file, a reader that is not ours, and no text of a server that becomes syntax.

After a change that is meant, write the golden files anew (``pytest tests/formats --update-golden``) and read the
difference before it is committed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html import unescape
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from connector_probe.formats import RENDERERS, Format, RenderOptions, github
from connector_probe.formats.options import totals
from connector_probe.manual import page
from connector_probe.model.documents import Language
from connector_probe.model.printable import printable
from connector_probe.model.verdict import Report
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.languages import catalogue_of
from tests.formats.comparing import compare
from tests.formats.foreign import READERS, commands_of, figures_of, promtool, read_markdown
from tests.formats.sample import HOSTILE, NOW, only, sample
from tests.real.parts import require

SUFFIXES = {
    Format.TEXT: "txt",
    Format.JSON: "json",
    Format.JSONL: "jsonl",
    Format.JUNIT: "xml",
    Format.NAGIOS: "out",
    Format.PROMETHEUS: "prom",
    Format.GITHUB: "log",
    Format.MARKDOWN: "md",
    Format.HTML: "html",
}
# These hold all evidence, so that each new fact would change them: one connector shows their shape.
ONE_IS_ENOUGH = (Format.JSON, Format.JSONL)
LOCATIONS = {"Edge: expired": ("mail, all/probes.yaml", 12), HOSTILE: ("probes.yaml", 30)}
SAMPLE = sample()
OPTIONS = RenderOptions(transcript=True, modes=True, locations=LOCATIONS)
every_format = pytest.mark.parametrize("format_", Format)
every_language = pytest.mark.parametrize("words", list(map(catalogue_of, Language)), ids=lambda words: words.language)


def golden_report(format_: Format | None) -> Report:
    return only("Edge: expired") if format_ in ONE_IS_ENOUGH else sample()


def test_every_format_has_all_that_a_format_needs() -> None:
    told = page("formats")
    for format_ in Format:
        assert format_ in RENDERERS
        assert format_ in READERS
        assert format_ in SUFFIXES
        assert f"\n| `{format_}` |" in told


@every_format
def test_the_golden_file(format_: Format, request: pytest.FixtureRequest) -> None:
    document = RENDERERS[format_](golden_report(format_), OPTIONS)
    compare(f"report.{SUFFIXES[format_]}", document, request)


def test_the_golden_summary_of_a_github_step(request: pytest.FixtureRequest) -> None:
    compare("github-summary.md", github.summary(sample(), OPTIONS), request)


@every_language
@every_format
@pytest.mark.parametrize("verbosity", [0, 1])
def test_a_foreign_reader_takes_it(format_: Format, words: Catalogue, verbosity: int) -> None:
    options = replace(OPTIONS, words=words, verbosity=verbosity)
    report = sample(words)
    if format_ is Format.JSON and words.language != "en":
        READERS[format_](RENDERERS[format_](sample(), options), sample())
        return
    READERS[format_](RENDERERS[format_](report, options), report)


@every_format
def test_every_result_alone(format_: Format) -> None:
    for result in sample().results:
        report = only(result.name)
        READERS[format_](RENDERERS[format_](report, OPTIONS), report)


@every_language
@every_format
def test_every_format_tells_when_mail_bounces(format_: Format, words: Catalogue) -> None:
    """15:12 UTC on the next day, as text or as Unix time; and nothing of the kind where no mail queues."""
    moment = ("2026-11-24 15:12", "2026-11-24T15:12:30.25", "1795533150.25")
    told = RENDERERS[format_](only("Edge: expired", words), replace(OPTIONS, words=words))
    assert any(one in told for one in moment)
    for name in ("Old server", "IPv6 only", "Partner Fabrikam"):
        document = RENDERERS[format_](only(name, words), replace(OPTIONS, words=words))
        assert "2026-11-25" not in document
        assert "probe_bounce_timestamp" not in document
        assert '"outage": {' not in document


@every_format
def test_no_results_at_all(format_: Format) -> None:
    """As of an empty share: no reader may stumble over it."""
    document = RENDERERS[format_](replace(sample(), results=()), RenderOptions())
    assert "Traceback" not in document
    if format_ is Format.PROMETHEUS:
        assert "probe_success" not in document
    if format_ is Format.NAGIOS:
        assert document.startswith("PROBE UNKNOWN - ")


# --- what was expected -----------------------------------------------------------------------------------------

PEOPLE = (Format.TEXT, Format.MARKDOWN, Format.HTML, Format.GITHUB, Format.NAGIOS, Format.JUNIT)


@every_language
@pytest.mark.parametrize("format_", PEOPLE)
def test_a_server_that_is_shut_as_expected_is_well(format_: Format, words: Catalogue) -> None:
    report = only("Old server", words)
    document = unescape(RENDERERS[format_](report, replace(OPTIONS, words=words, verbosity=1)))
    assert words.text["as-expected"] in document
    assert words.text["failing"] not in document.replace(totals(report, words), "")
    (result,) = report.results
    assert result.diagnosis is not None
    assert result.diagnosis.remedies
    assert not any(one.text[:30] in document for one in result.diagnosis.remedies)
    assert RENDERERS[format_](report, replace(OPTIONS, verbosity=-1)).count("Old server") == (
        format_ in (Format.NAGIOS, Format.JUNIT) and document.count("Old server")
    )


@every_language
@pytest.mark.parametrize("format_", PEOPLE)
def test_a_server_that_still_takes_mail_is_not(format_: Format, words: Catalogue) -> None:
    report = only("Hybrid, head office", words)
    results = tuple(replace(one, expect="4.4.316", expected=False) for one in report.results)
    report = replace(report, results=results)
    document = unescape(RENDERERS[format_](report, replace(OPTIONS, words=words, verbosity=-1)))
    assert words.text["not-as-expected"] in document
    assert words.text["still-flows"] in document
    assert "HEALTHY" not in document


# --- hostile texts in every field ------------------------------------------------------------------------------

# What begins, ends or escapes something in XML and HTML, Markdown, workflow commands, performance data, metrics,
# terminals and formats of our own; and what is no text at all.
PIECES = [
    *HOSTILE.split(" "),
    *("]]>", "<!--", "--!>", "</style>", "</title>", "&#x41;", "<a href=javascript:1>", "\"'`", "<", "&", ">"),
    *(
        "# ",
        "## ",
        "1. ",
        "1) ",
        "- ",
        "+ ",
        "> ",
        "    code",
        "***",
        "___",
        "---",
        "```",
        "~~~",
        "|",
        "\\|",
        "\\",
        "==",
    ),
    *("[x]: http://evil.example", "http://evil.example", "www.evil.example", "![x](y)", "<http://evil.example>"),
    *("\n", "\r", "\r\n::error::x", "\u2028::add-mask::x", "##[error]", "%0A", "%", "%s", "{x}", "{", "}", "\\n", "\t"),
    *("'=1;2;3", ";;;;", "NaN", "# HELP a b", "\x00", "\x1b]8;;x\x07", "\ud800", "\ufffe", "\u202e", "\u0301", "\x85"),
    *("", " ", "é", "中文", "\U0001f4a9", "https://learn.microsoft.com/", "https://learn.microsoft.com/x)<b>"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=5).map("".join)


def poisoned(value: Any, poison: Iterator[str]) -> Any:  # noqa: ANN401 - any of the model's types
    """``value`` with the next hostile text in place of every text."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return next(poison)
    if isinstance(value, tuple):
        return tuple(poisoned(item, poison) for item in value)
    if isinstance(value, dict):
        return {name: poisoned(item, poison) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        # Words that stand for one of a few values, and none of a server's: they choose, and are not shown.
        kept = {"status", "from_", "expect", "reference", "evidence", "by_tls_mode", "verdict", "said", "asked", "run"}
        names = [field.name for field in fields(value) if field.name not in kept]
        return replace(value, **{name: poisoned(getattr(value, name), poison) for name in names})
    return value


@st.composite
def poisoned_reports(draw: st.DrawFn) -> Report:
    """Two results of the sample with hostile texts in turn for all their texts, made safe to show as evidence is."""
    report = SAMPLE
    poison = cycle([printable(text) for text in draw(st.lists(texts, min_size=1, max_size=7))])
    chosen = draw(st.lists(st.sampled_from(range(len(report.results))), min_size=1, max_size=2, unique=True))
    results = tuple(
        replace(poisoned(report.results[at], poison), name=(next(poison).strip() or "a") + str(at)) for at in chosen
    )
    return replace(report, results=results, vantage=poisoned(report.vantage, poison))


@every_format
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(report=poisoned_reports(), verbosity=st.sampled_from([0, 1]))
def test_no_text_becomes_syntax(format_: Format, report: Report, verbosity: int) -> None:
    options = replace(OPTIONS, verbosity=verbosity, locations={one.name: (one.name, 1) for one in report.results})
    document = RENDERERS[format_](report, options)
    if format_ is Format.JSON:
        assert json.loads(document)["results"][0]["name"] == report.results[0].name
    else:
        READERS[format_](document, report)
    if format_ is Format.GITHUB:
        read_markdown(github.summary(report, options), report)


# --- one format each -------------------------------------------------------------------------------------------


def test_promtool_takes_the_metrics() -> None:
    require("promtool", "prometheus")
    for report in (sample(), only("Branch office")):
        assert promtool(RENDERERS[Format.PROMETHEUS](report, OPTIONS)) == ""


def test_a_connector_that_is_there_twice_gives_each_series_once() -> None:
    report = sample()
    doubled = replace(report, results=report.results * 2)
    document = RENDERERS[Format.PROMETHEUS](doubled, OPTIONS)
    assert document == RENDERERS[Format.PROMETHEUS](report, OPTIONS)


def test_the_thresholds_of_the_plugin_are_those_of_the_verdict() -> None:
    figures = figures_of(RENDERERS[Format.NAGIOS](only("Partner Fabrikam"), OPTIONS))
    certificate, addresses = figures["certificate_days"], figures["addresses_ok"]
    assert (certificate["value"], certificate["unit"], certificate["warn"], certificate["crit"]) == (
        "11",
        None,
        "30:",
        "0:",
    )
    assert (addresses["value"], addresses["warn"], addresses["crit"], addresses["max"]) == ("1", "2:", "1:", "2")
    assert figures["time"]["unit"] == "s"
    assert (
        figures_of(RENDERERS[Format.NAGIOS](only("Edge: expired"), OPTIONS))["bounces_in"].group(0).endswith("=11550s")
    )


def test_a_plugin_of_many_connectors_stays_within_what_nagios_reads() -> None:
    report = sample()
    many = tuple(replace(one, name=f"{one.name} {number}") for number in range(60) for one in report.results)
    document = RENDERERS[Format.NAGIOS](replace(report, results=many), OPTIONS)
    assert len(document.encode()) <= 8192
    assert document.startswith("PROBE CRITICAL - ")
    assert figures_of(document)


def test_annotations_beyond_github_s_limit_are_gathered_into_the_last() -> None:
    report = only("Branch office")
    many = tuple(replace(report.results[0], name=f"Branch {number}") for number in range(25))
    errors = [
        one
        for one in commands_of(RENDERERS[Format.GITHUB](replace(report, results=many), OPTIONS))
        if one[0] == "error"
    ]
    assert len(errors) == 10
    for number in range(25):
        assert any(f"Branch {number}: 450 4.4.316" in title["title"] + message for _, title, message in errors)


def test_an_annotation_stands_at_its_connector() -> None:
    named = {properties["title"].split(":")[0]: properties for _, properties, _ in commands_of(
        RENDERERS[Format.GITHUB](sample(), OPTIONS)
    )}  # fmt: skip
    assert (named["Edge"]["file"], named["Edge"]["line"]) == ("mail, all/probes.yaml", "12")
    assert "file" not in named["Branch office"]


def test_the_summary_of_a_step_keeps_within_github_s_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert github.MAX_SUMMARY < 1024 * 1024
    monkeypatch.setattr(github, "MAX_SUMMARY", 50_000)
    report = sample()
    many = tuple(replace(one, name=f"{one.name} {number}") for number in range(75) for one in report.results)
    document = github.summary(replace(report, results=many), OPTIONS)
    assert 45_000 <= len(document.encode()) <= 50_010
    assert document.endswith("...\n")


def test_quiet_lines_are_only_those_that_are_wrong() -> None:
    lines = RENDERERS[Format.JSONL](sample(), replace(OPTIONS, verbosity=-1)).splitlines()
    assert [json.loads(line)["name"] for line in lines] == [one.name for one in sample().results if not one.expected]


def test_the_sample_has_every_status_and_clock() -> None:
    """What the golden files show rests on it."""
    report = sample()
    assert {one.status for one in report.results} == {"healthy", "warning", "failing", "unknown"}
    assert {one.outage.known_from for one in report.results if one.outage} == {"history", "this-run"}
    assert report.started_at == NOW


def test_what_xml_cannot_write_is_spelled_out() -> None:
    """Evidence is printable already; a name given by a program need not be."""
    report = only("Branch office")
    raw = replace(report, results=(replace(report.results[0], name="a\x00\ufffe\ud800\x1bz"),))
    document = RENDERERS[Format.JUNIT](raw, OPTIONS)
    spelled = r"a\u0000\ufffe\ud800\u001bz"
    assert f'name="{spelled}"' in document
    etree.fromstring(document.encode())
