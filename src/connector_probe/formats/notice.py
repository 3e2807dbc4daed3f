"""A notification: what changed, in a title and a few lines of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connector_probe.formats.options import WORST_FIRST, counts, headline, sentence
from connector_probe.model.names import show
from connector_probe.model.notation import day
from connector_probe.model.verdict import FLOWING, WORTH_READING, Report, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import clock, lasting
from connector_probe.wording.sentences import fill

MAX_RESULTS = 20  # told one by one: a chat or a text message has no room for more
MAX_TITLE, MAX_LINE = 200, 600  # characters


def notice(
    results: Sequence[Result], report: Report, words: Catalogue, failed_since: Mapping[str, datetime]
) -> tuple[str, str]:
    """Title and body about ``results``, which are some of ``report``'s; one at least.

    ``failed_since``: when each connector that failed until this run began to.
    """
    ordered = sorted(results, key=lambda one: one.status is not Status.FAILING)
    blocks = [
        "\n".join(show(line, MAX_LINE) for line in _block(one, words, failed_since.get(one.name)))
        for one in ordered[:MAX_RESULTS]
    ]
    if len(ordered) > MAX_RESULTS:
        blocks.append(fill(words.notice["more"], {"count": str(len(ordered) - MAX_RESULTS)}))
    where = {"host": report.vantage.hostname, "at": day(report.started_at)}
    blocks.append(fill(words.notice["from"], where))
    return show(_title(ordered, words), MAX_TITLE), "\n\n".join(blocks) + "\n"


def outage_that_ended(since: datetime, until: datetime, words: Catalogue) -> str:
    """ "It failed from ... to ... (3 h 12 m)."."""
    lasted = lasting(max(until - since, timedelta(0)), words)
    return fill(words.notice["failed"], {"since": day(since), "at": day(until), "lasting": lasted})


def _title(results: Sequence[Result], words: Catalogue) -> str:
    if len(results) == 1:
        one = results[0]
        facts = {"status": words.text[one.badge.value], "name": one.name, "headline": headline(one, words)}
        return fill(words.notice["title"], facts)
    return fill(words.notice["title-several"], {"counts": counts(results, words, WORST_FIRST)})


def _block(result: Result, words: Catalogue, failed_since: datetime | None) -> Iterator[str]:
    yield f"{words.text[result.badge.value]}  {result.name}"
    yield sentence(result, words)
    diagnosis = result.diagnosis
    if diagnosis is None or result.expected:
        if result.expected and (result.status is not Status.WARNING or failed_since is not None):
            yield words.notice["expected"]  # warnings are news also of what was well before
        if result.status in FLOWING and failed_since is not None:
            yield outage_that_ended(failed_since, result.evidence.started_at, words)
        return
    if told := clock(result, words):
        yield told
    likely = [one for one in diagnosis.causes if one.verdict in WORTH_READING]
    for cause in likely[:1]:
        yield fill(words.notice["cause"], {"verdict": words.text[cause.verdict.value], "cause": cause.text})
    for remedy in diagnosis.remedies[:1]:
        yield fill(words.notice["remedy"], {"remedy": remedy.text})
        yield from (f"  {command}" for command in remedy.commands)
