"""What others make of our documents: one reader for each format, none of them ours.

Each takes a document and the report it was made of, and fails where the two do not agree: a hostile text that became
syntax, a figure that was lost. ``READERS`` has one for every format; a test holds that.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import html5lib
from jsonschema_rs import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from connector_probe.formats import Format
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.formats.schema import schema_of
from connector_probe.model.verdict import RESULT_SCHEMA, Report

JUNIT_SCHEMA = Path(__file__).parents[1] / "data" / "junit.xsd"
# What a terminal, a log or a reader of lines could take for more than text (controls, line ends, direction marks).
_ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def read_text(document: str, report: Report) -> None:
    assert not _ACTS.search(document)
    assert document.endswith("\n")
    squeezed = _squeezed(document)
    for result in report.results:
        assert _squeezed(result.name) in squeezed


@cache
def report_validator() -> Draft202012Validator:
    schema = files("connector_probe.formats").joinpath("report.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema), validate_formats=True)


def _result_schema() -> dict[str, Any]:
    """JSON Schema of one line of jsonl: a result, and what it needs to stand alone."""
    whole = schema_of("report")
    result = whole["$defs"]["Result"]
    alone = {name: whole["properties"][name] for name in ("started_at", "version", "vantage")}
    return {
        "$schema": whole["$schema"],
        "title": "connector-probe result",
        **result,
        "properties": {"schema": {"const": RESULT_SCHEMA}} | alone | result["properties"],
        "required": ["schema", *alone, *result["required"]],
        "$defs": whole["$defs"],
    }


@cache
def _result_validator() -> Draft202012Validator:
    return Draft202012Validator(_result_schema(), validate_formats=True)


def read_json(document: str, report: Report) -> None:
    assert document.isascii()
    report_validator().validate(json.loads(document))
    assert diagnose_again(read_report(document)).results == report.results


def read_jsonl(document: str, report: Report) -> None:
    assert document.isascii()
    lines = [json.loads(line) for line in document.splitlines()]
    assert [line["name"] for line in lines] == [result.name for result in report.results]
    for line in lines:
        _result_validator().validate(line)


@cache
def _junit_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(JUNIT_SCHEMA))


def read_junit(document: str, report: Report) -> None:
    assert document.isascii()
    _junit_schema().assertValid(etree.fromstring(document.encode()))
    suites = list(JUnitXml.fromstring(document.encode()))
    assert [suite.name for suite in suites] == [result.name for result in report.results]
    for suite, result in zip(suites, report.results, strict=True):
        cases = list(suite)
        assert len({case.name for case in cases}) == len(cases), "readers tell cases apart by their names"
        found = Counter(type(outcome) for case in cases for outcome in case.result)
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
            len(cases),
            found[Failure],
            found[Error],
            found[Skipped],
        )
        assert bool(found[Failure] or found[Error]) is not result.expected


# One figure as the plugin guidelines have it: 'label'=value[UOM];[warn];[crit];[min];[max]
_RANGE = r"@?(?:(?:~|-?[0-9.]+)?:)?(?:-?[0-9.]+)?"
_FIGURE = re.compile(
    rf"'(?P<label>[^'=]+)'=(?P<value>-?[0-9.]+)(?P<unit>s|%|[KMGT]?B|c)?"
    rf"(?:;(?P<warn>{_RANGE}))?(?:;(?P<crit>{_RANGE}))?(?:;(?P<min>-?[0-9.]+)?)?(?:;(?P<max>-?[0-9.]+)?)?"
)


def figures_of(document: str) -> dict[str, re.Match[str]]:
    """The performance data of a plugin's output by label."""
    found: dict[str, re.Match[str]] = {}
    first, _, data = document.splitlines()[0].partition("|")
    assert first
    at, data = 0, data.strip()
    while at < len(data):
        match = _FIGURE.match(data, at)
        assert match, data[at:]
        assert match["label"] not in found
        found[match["label"]] = match
        at = match.end() + 1
        assert data[match.end() : at] in (" ", "")
    return found


def read_nagios(document: str, report: Report) -> None:
    assert not _ACTS.search(document)
    lines = document.splitlines()
    assert re.match(r"PROBE (OK|WARNING|CRITICAL|UNKNOWN) - [^|]", lines[0])
    assert not any("|" in line for line in lines[1:]), "that would begin more performance data"
    assert len(document.encode()) <= 8192
    figures = figures_of(document)
    told = sum("addresses_ok" in label for label in figures)
    assert told == len(report.results) or len(document.encode()) > 4000, "only what is too long is cut off"
    assert told


def read_prometheus(document: str, report: Report) -> None:
    families = list(text_string_to_metric_families(document))
    names = [family.name for family in families]
    assert len(set(names)) == len(names), "HELP and TYPE stand once"
    series = Counter((one.name, tuple(sorted(one.labels.items()))) for family in families for one in family.samples)
    assert max(series.values()) == 1
    assert all(one.timestamp is None for family in families for one in family.samples), "the collector refuses those"
    connectors = {one.labels["connector"] for family in families for one in family.samples if "connector" in one.labels}
    assert connectors == {result.name for result in report.results}


def promtool(document: str) -> str:
    """What Prometheus' own linter finds; empty where it is content. None of it is read without promtool."""
    tool = shutil.which("promtool")
    assert tool is not None
    done = subprocess.run([tool, "check", "metrics"], input=document, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


# What the Actions runner does with a line (ActionCommand.TryParseV2, then the older ##[command]).
_COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)
_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text


def commands_of(document: str) -> list[tuple[str, dict[str, str], str]]:
    """Name, properties and message of each workflow command."""
    found = []
    for line in re.split(r"\r\n|\r|\n", document.removesuffix("\n")) if document else []:
        match = _COMMAND.fullmatch(line)
        assert match, line
        pairs = (pair.split("=", 1) for pair in (match["properties"] or "").split(","))
        properties = {name: _unescaped(value) for name, value in pairs}
        found.append((match["name"], properties, _unescaped(match["data"])))
    return found


def read_github(document: str, report: Report) -> None:
    commands = commands_of(document)
    counts = Counter(name for name, _, _ in commands)
    assert set(counts) <= {"error", "warning", "notice"}
    assert max(counts.values()) <= 10, "GitHub drops the rest"
    assert all(set(properties) <= {"file", "line", "title"} for _, properties, _ in commands)
    wrong = [result.name for result in report.results if not result.expected]
    titles = [properties["title"] for name, properties, _ in commands if name == "error"]
    for name in wrong[:9]:
        assert any(title.startswith(f"{name}: ") for title in titles)


def _all(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *_all(token.children or []))]


def read_markdown(document: str, report: Report) -> None:
    tokens = _all(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(document))
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_block", "html_inline", "image", "s_open"}
    links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert all(link.startswith("https://learn.microsoft.com/") for link in links)
    plain = "".join(token.content for token in tokens if token.type in ("text", "code_inline", "fence", "text_special"))
    squeezed = _squeezed(plain)
    for result in report.results:
        assert _squeezed(result.name) in squeezed


def read_html(document: str, report: Report) -> None:
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(document)
    elements = list(tree.iter())
    tags = {element.tag for element in elements}
    assert not tags & {"script", "iframe", "img", "link", "object", "embed", "form", "input", "base", "svg", "video"}
    for element in elements:
        assert not any(name.startswith("on") for name in element.attrib)
        assert re.match(r"#c\d+$|https://learn\.microsoft\.com/|$", element.get("href", ""))
        assert "src" not in element.attrib
        assert "url(" not in element.get("style", "") + (element.text or "") * (element.tag == "style")
    policies = [one.get("content", "") for one in elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies
    assert policies[0].startswith("default-src 'none'")
    plain = "".join(tree.itertext())
    for result in report.results:
        assert result.name in plain


def _squeezed(text: str) -> str:
    return "".join(text.split())


READERS: dict[Format, Callable[[str, Report], Any]] = {
    Format.TEXT: read_text,
    Format.JSON: read_json,
    Format.JSONL: read_jsonl,
    Format.JUNIT: read_junit,
    Format.NAGIOS: read_nagios,
    Format.PROMETHEUS: read_prometheus,
    Format.GITHUB: read_github,
    Format.MARKDOWN: read_markdown,
    Format.HTML: read_html,
}
