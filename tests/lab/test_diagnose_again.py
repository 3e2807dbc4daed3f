"""A saved report alone, without any network, gives the diagnosis of the live run: every scenario of the lab."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace

import pytest

from connector_probe.api import probe_all
from connector_probe.diagnosis.bounce import read_bounces
from connector_probe.diagnosis.explanation import LiveVerdict, live
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.lab import SCENARIOS, Lab, Scenario, obstacle
from connector_probe.model.verdict import Report, Status

HERE = [one for one in SCENARIOS if obstacle(one) is None]
by_name = pytest.mark.parametrize("scenario", HERE, ids=lambda scenario: scenario.name)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """One report for each scenario, all probed side by side."""

    async def probe_them() -> Report:
        names = [one.name for one in HERE]
        async with Lab.start(names) as lab:
            return await probe_all([lab.connector(name) for name in names])

    whole = asyncio.run(probe_them())
    return {result.name: replace(whole, results=(result,)) for result in whole.results}


def without_times(value: object) -> object:
    """A report saves microseconds, so that what is rounded further for people can come out one digit off."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in ("start", "duration", "at")}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return re.sub(r"[0-9.]+ m?s\b", "a while", value) if isinstance(value, str) else value


@by_name
def test_the_same_diagnosis_from_the_file(scenario: Scenario, reports: dict[str, Report]) -> None:
    saved = json.loads(render(reports[scenario.name], RenderOptions()))
    again = json.loads(render(diagnose_again(read_report(json.dumps(saved))), RenderOptions()))
    del saved["summary"], again["summary"]  # the fixture's is that of all scenarios
    assert without_times(again) == without_times(saved)


@by_name
def test_what_exchange_online_would_write_is_explained_as_what_was_found(
    scenario: Scenario, reports: dict[str, Report]
) -> None:
    """The probe's own line, pasted into ``probe explain``, leads back to what the probe saw."""
    result = reports[scenario.name].results[0]
    if result.status is not Status.FAILING or result.diagnosis is None or result.diagnosis.reply is None:
        return
    (bounce,) = read_bounces(result.diagnosis.reply)
    told = (bounce.failure_class, *bounce.alternatives)
    if bounce.failure_class is not None and bounce.message is not None:
        assert result.diagnosis.class_ in told
    assert bounce.code == result.diagnosis.code
    assert live(bounce, result).verdict is LiveVerdict.STANDS
