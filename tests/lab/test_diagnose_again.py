"""A saved report alone, without any network, gives the diagnosis of the live run: every scenario of the lab."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from connector_probe.bounces.explanation import LiveVerdict
from connector_probe.bounces.recheck import live
from connector_probe.formats import RENDERERS, Format, jsonl, text
from connector_probe.formats import json as json_format
from connector_probe.formats.json import jsonable, render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.lab import SCENARIOS, Scenario, obstacle
from connector_probe.model.documents import Language
from connector_probe.model.durations import to_microseconds
from connector_probe.model.verdict import FailureClass, Report, Status
from connector_probe.wording.catalogue.languages import catalogue_of
from tests.formats.foreign import READERS
from tests.unit.bounces import read_bounces

HERE = [one for one in SCENARIOS if obstacle(one) is None]


@pytest.fixture(scope="module")
def reports(walk: Report) -> dict[str, Report]:
    """A report of each scenario alone."""
    vantage = replace(walk.vantage, notes=())  # of all scenarios; tests/unit/test_saved.py has the notes of one
    return {result.name: replace(walk, vantage=vantage, results=(result,)) for result in walk.results}


def numbers(value: object, where: str = "") -> Iterator[tuple[str, float]]:
    """Every float in a JSON value, and the keys that lead to it."""
    if isinstance(value, float):
        yield where, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(item, f"{where}.{key}" if isinstance(value, dict) else where)


def test_evidence_is_to_the_microsecond(walk: Report) -> None:
    """It is rounded when it is taken, so that what is told live and what is told from the file is of one value."""
    taken = [one for result in walk.results for one in numbers(jsonable(result.evidence))]
    assert len(taken) > 5 * len(walk.results)
    assert {where for where, seconds in taken if seconds != to_microseconds(seconds)} == set()


def test_the_same_diagnoses_from_lines(walk: Report) -> None:
    some = replace(walk, results=walk.results[::8])
    whole, lines = (diagnose_again(read_report(each.render(some, RenderOptions()))) for each in (json_format, jsonl))
    assert lines.results == whole.results
    assert lines.summary == whole.summary
    assert lines.vantage == whole.vantage


# The keys that hold words; the rest of a report is the same in every language.
WORDS = {"title", "heading", "detail", "text", "note", "notes", "evidence"}


def without_words(value: object, key: str = "") -> object:
    """``detail`` is a sentence in a diagnosis, and an object in a stage; ``evidence`` sentences in a cause only."""
    if isinstance(value, dict):
        return {each: without_words(item, each) for each, item in value.items()}
    if isinstance(value, list):
        return [without_words(item, key) for item in value]
    return "words" if isinstance(value, str) and key in WORDS else value


@pytest.mark.parametrize("scenario", HERE, ids=lambda scenario: scenario.name)
def test_the_same_diagnosis_from_the_file_in_both_languages(scenario: Scenario, reports: dict[str, Report]) -> None:
    saved = render(reports[scenario.name], RenderOptions())
    seen = read_report(saved)
    english, chinese = (diagnose_again(seen, words) for words in map(catalogue_of, Language))
    before, told, translated = (
        json.loads(each) for each in (saved, *(render(one, RenderOptions()) for one in (english, chinese)))
    )
    assert translated != told
    assert without_words(translated) == without_words(told)
    for document in (before, told):
        del document["summary"], document["vantage"]["notes"]  # the fixture's are those of all scenarios
    assert told == before
    page = text.render(chinese, RenderOptions(words=catalogue_of(Language.CHINESE), modes=True, verbosity=1))
    assert any("\u4e00" <= character <= "\u9fff" for character in page)
    assert not set(labels(page)) & set(catalogue_of(Language.ENGLISH).text.values())


def labels(page: str) -> list[str]:
    """The headings: lines that are not indented."""
    return [line for line in page.splitlines() if line and not line.startswith(" ")]


def test_what_exchange_online_would_write_is_explained_as_what_was_found(walk: Report) -> None:
    """The probe's own line, pasted into ``probe explain``, leads back to what the probe saw."""
    for result in walk.results:
        if result.status is not Status.FAILING or result.diagnosis is None or result.diagnosis.reply is None:
            continue
        (bounce,) = read_bounces(result.diagnosis.reply)
        told = (bounce.failure_class, *bounce.alternatives)
        if bounce.failure_class is not None and bounce.message is not None:
            faults = {FailureClass.of_certificate(kind) for one in result.attempts for kind in one.certificate_problems}
            by_policy = faults if result.diagnosis.class_ is FailureClass.MTA_STS_CERTIFICATE else set()
            assert {result.diagnosis.class_, *by_policy} & set(told), result.name
        assert bounce.code == result.diagnosis.code, result.name
        assert live(bounce, result).verdict is LiveVerdict.STANDS, result.name


@pytest.mark.parametrize("format_", [one for one in Format if one is not Format.JSON])  # which is read above
def test_every_scenario_in_every_format(format_: Format, reports: dict[str, Report]) -> None:
    """A reader that is not ours takes what real servers said, all scenarios in one document."""
    whole = next(iter(reports.values()))
    report = replace(whole, results=tuple(one.results[0] for one in reports.values()))
    READERS[format_](RENDERERS[format_](report, RenderOptions(transcript=True)), report)
