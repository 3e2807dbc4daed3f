"""probe example grafana: by the dashboard model that Grafana documents, and over metrics that the format writes.

https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/. Grafana
itself is not at hand: its queries are checked by promtool, with the variables replaced as Grafana would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from connector_probe.cli.example import text_of
from connector_probe.formats import prometheus
from connector_probe.formats.options import RenderOptions
from connector_probe.model.verdict import Status
from tests.cli.test_example import check, tool
from tests.formats.sample import sample

DASHBOARD: dict[str, Any] = json.loads(text_of("grafana"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
COLUMNS = 24  # of Grafana's grid
EVALUATED_AT = 600  # seconds after promtool's own beginning of time


def queries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each query with a name of its own."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"panel_{panel['id']}_{target['refId']}", target


def filled_in(expr: str) -> str:
    """As Grafana sends it where All is chosen."""
    text = expr.replace("$connector", ".*")
    assert "$" not in text
    return text


@cache
def written() -> dict[str, dict[str, set[str]]]:
    """Of each metric that the format writes, its labels, and the values that these have."""
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(document()):
        for series in family.samples:
            labels = found.setdefault(series.name, {})
            for name, value in series.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


@cache
def document() -> str:
    return prometheus.render(sample(), RenderOptions())


# --- what it asks for ------------------------------------------------------------------------------------------


def test_every_query_is_promql(tmp_path: Path) -> None:
    rules = [{"record": name, "expr": filled_in(target["expr"])} for name, target in queries()]
    assert len(rules) > 10
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    check(tool("promtool", "prometheus"), "check", "rules", str(tmp_path / "rules.yml"))


@pytest.mark.parametrize(("name", "target"), [*queries()], ids=lambda one: one if isinstance(one, str) else "")
def test_every_metric_and_label_is_one_that_the_format_writes(name: str, target: dict[str, Any]) -> None:
    expr = target["expr"]
    metrics = set(re.findall(r"\bprobe_\w+", expr))
    assert metrics
    assert metrics <= set(written())
    known: set[str] = set.intersection(*(set(written()[metric]) for metric in metrics))
    grouped = {label for labels in re.findall(r"\bby \(([^)]*)\)", expr) for label in labels.split(", ")}
    assert grouped <= known
    for metric, selector in re.findall(r"\b(probe_\w+)\{([^}]*)\}", expr):
        for label, operator, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', selector):
            assert label in written()[metric]
            assert (operator, value) == ("=~", "$connector") or value in written()[metric][label]
    assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= grouped


def test_the_variable_is_a_label_that_the_format_writes() -> None:
    (variable,) = (one for one in DASHBOARD["templating"]["list"] if one["type"] == "query")
    asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert asked is not None
    assert asked[2] in written()[asked[1]]
    assert variable["name"] == asked[2]
    assert variable["definition"] == variable["query"]["query"]
    assert (variable["includeAll"], variable["allValue"], variable["multi"]) == (True, ".*", True)


def answer(panel: int, ref: str = "A") -> str:
    (expr,) = (target["expr"] for name, target in queries() if name == f"panel_{panel}_{ref}")
    return filled_in(expr)


def test_the_answers_are_what_the_report_says(tmp_path: Path) -> None:
    """Each query of the first rows, over the series of a whole report: a hostile name among them."""
    report = sample()
    lines = [line.rpartition(" ") for line in document().splitlines() if not line.startswith("#")]

    def value_of(metric: str) -> dict[str, float]:
        """By its labels."""
        return {series.removeprefix(metric): float(value) for series, _, value in lines if series.startswith(metric)}

    ends = value_of("probe_bounce_timestamp_seconds").values()
    (started,) = value_of("probe_run_started_timestamp_seconds").values()
    expected: dict[str, dict[str, float]] = {
        answer(1): {"{}": float(report.summary.failing)},
        answer(2): {"{}": float(report.summary.warning)},
        answer(3): {"{}": float(report.summary.unknown)},
        answer(4): {"{}": min(ends) - EVALUATED_AT},
        answer(5): {"{}": EVALUATED_AT - started},
        answer(6): {one: 1.0 for one, value in value_of("probe_connector_status").items() if value == 1},
        answer(6, "B"): value_of("probe_connector_expected"),
        answer(6, "C"): value_of("probe_connector_warnings"),
        answer(6, "D"): {one: 1000 * at for one, at in value_of("probe_failing_since_timestamp_seconds").items()},
        answer(6, "E"): {one: 1000 * at for one, at in value_of("probe_bounce_timestamp_seconds").items()},
        answer(7): {  # to Prometheus an empty label is none
            re.sub(r',\w+=""', "", one): value for one, value in value_of("probe_failure_info").items()
        },
        answer(8): {
            re.sub(r',status="\w+"', "", one): float(state)
            for state, status in enumerate((Status.HEALTHY, Status.WARNING, Status.UNKNOWN, Status.FAILING))
            for one, value in value_of("probe_connector_status").items()
            if value == 1 and f'status="{status}"' in one
        },
        answer(9): {one: (at - EVALUATED_AT) / 86400 for one, at in value_of("probe_ssl_earliest_cert_expiry").items()},
    }
    assert all(expected.values())
    test = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": f"{value}x20"} for series, _, value in lines],
                "promql_expr_test": [
                    {
                        "expr": expr,
                        "eval_time": f"{EVALUATED_AT}s",
                        "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
                    }
                    for expr, samples in expected.items()
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test), encoding="utf-8")
    check(tool("promtool", "prometheus"), "test", "rules", str(tmp_path / "test.yml"))


# --- the dashboard model ---------------------------------------------------------------------------------------


def test_it_can_be_imported() -> None:
    """The import asks for the data source; a provisioned dashboard, which nobody asks, has a variable of that name."""
    assert 8 <= len(DASHBOARD["uid"]) <= 40
    assert DASHBOARD["id"] is None
    assert {"title", "tags", "timezone", "time", "refresh", "schemaVersion", "version", "annotations"} <= set(DASHBOARD)
    (asked,) = DASHBOARD["__inputs"]
    assert (asked["name"], asked["type"], asked["pluginId"]) == ("DS_PROMETHEUS", "datasource", "prometheus")
    (variable,) = (one for one in DASHBOARD["templating"]["list"] if one["type"] == "datasource")
    assert (variable["name"], variable["query"]) == (asked["name"], asked["pluginId"])
    required = {(one["type"], one["id"]) for one in DASHBOARD["__requires"]}
    assert required == {
        *(("grafana", "grafana"), ("datasource", "prometheus")),
        *(("panel", panel["type"]) for panel in PANELS),
    }


def test_every_panel_asks_the_data_source_that_was_chosen() -> None:
    for panel in PANELS:
        assert panel["datasource"] == SOURCE
        assert all(target["datasource"] == SOURCE for target in panel["targets"])
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
        assert panel["title"]
        assert panel["description"]
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_no_panel_lies_on_another() -> None:
    places = [panel["gridPos"] for panel in PANELS]
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= COLUMNS for one in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above


@pytest.mark.parametrize("panel", [one for one in PANELS if one["type"] == "table"], ids=lambda one: str(one["title"]))
def test_every_column_of_a_table_has_a_name_or_is_hidden(panel: dict[str, Any]) -> None:
    """Grafana calls a query's value "Value", and "Value #A" and so on where there are several."""
    targets = panel["targets"]
    assert all(target["format"] == "table" and target["instant"] for target in targets)
    labels = {label for target in targets for label in re.search(r"by \(([^)]*)\)", target["expr"])[1].split(", ")}  # type: ignore[index]
    values = {f"Value #{target['refId']}" for target in targets} if len(targets) > 1 else {"Value"}
    *merging, organize = panel["transformations"]
    assert [one["id"] for one in merging] == (["merge"] if len(targets) > 1 else [])
    renamed, hidden = organize["options"]["renameByName"], set(organize["options"]["excludeByName"])
    assert set(renamed) | hidden == {"Time", *labels, *values}
    assert not set(renamed) & hidden
    assert set(organize["options"]["indexByName"]) == set(renamed)
    shown = set(renamed.values())
    assert {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]} <= shown
    assert {one["displayName"] for one in panel["options"]["sortBy"]} <= shown


def test_every_status_has_a_colour() -> None:
    (states,) = (one for one in PANELS if one["type"] == "state-timeline")
    (mapping,) = states["fieldConfig"]["defaults"]["mappings"]
    assert {one["text"] for one in mapping["options"].values()} == set(Status)
    told = {one["matcher"]["options"]: one["properties"] for one in PANELS[5]["fieldConfig"]["overrides"]}
    (colours,) = (one["value"][0]["options"] for one in told["State"] if one["id"] == "mappings")
    assert set(colours) == set(Status)
