"""What rows amount to, and which of them are let go."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.formats import RenderOptions
from connector_probe.formats.history import to_text
from connector_probe.history import History
from connector_probe.history.summary import failing_since, sum_up
from connector_probe.history.tables import DAILY_AFTER, superfluous
from connector_probe.model.history import (
    Before,
    ConnectorHistory,
    HistoryDocument,
    KnownCertificate,
    Past,
    Renewal,
    Timeline,
)
from connector_probe.model.verdict import Badge, Status
from connector_probe.wording.catalogue.en import ENGLISH
from tests.history.rows import DAY, NOW, STEP, certificate, observations, sightings, summed


def found_in(letters: str) -> ConnectorHistory:
    return summed(sightings(letters))


@pytest.mark.parametrize(
    ("letters", "runs_ago"),
    [
        ("hhf", 0),
        ("hhfff", 2),
        ("hffuff", 4),  # what could not be told does not end a failure
        ("hffuu", 3),
        ("hfhf", 0),  # a recovery does
        ("hfwft", 1),
        ("fff", 2),
        ("hfmmf", 3),  # nor does a maintenance window
    ],
)
def test_the_bounce_clock_starts_with_the_first_failure(letters: str, runs_ago: int) -> None:
    found = found_in(letters)
    assert found.failing_since == NOW - STEP * runs_ago
    assert found.bounces_at == NOW - STEP * runs_ago + timedelta(hours=24)


@pytest.mark.parametrize("letters", ["h", "fh", "u", "huu", "fw"])
def test_no_clock_while_mail_flows_or_nothing_is_known(letters: str) -> None:
    found = found_in(letters)
    assert (found.failing_since, found.bounces_at) == (None, None)


def test_an_expected_failure_has_no_clock() -> None:
    assert found_in("hxx").bounces_at is None


def test_moments_that_cannot_be_are_passed_over() -> None:
    wrong, flowed = NOW - timedelta(days=20_000), NOW - 3 * STEP
    assert failing_since(Before(flowed_at=flowed, failed=(wrong, NOW - STEP)), NOW) == NOW - STEP
    assert failing_since(Before(flowed_at=flowed, failed=(NOW + DAY,)), NOW) is None
    assert failing_since(Before(flowed_at=NOW + DAY, failed=(NOW - STEP,)), NOW) == NOW - STEP
    assert failing_since(Before(), NOW) is None
    assert failing_since(Before(failed=(wrong, NOW - STEP)), NOW) == NOW - STEP, "a clock that was not set yet"
    assert failing_since(Before(failed=(wrong,)), wrong + DAY) == wrong, "which still is not"


@pytest.mark.parametrize("wrong", [NOW - timedelta(days=20_000), NOW - timedelta(days=400), NOW + DAY])
def test_a_run_and_its_history_tell_the_same_beginning(wrong: datetime, tmp_path: Path) -> None:
    rows = list(sightings("hfff"))
    odd = [rows[0], replace(rows[1], at=wrong), *rows[2:]]
    found = summed(odd)
    assert found.failing_since == NOW - STEP
    history = History(tmp_path / "h.sqlite3")
    history.record(odd)
    assert found.failing_since == failing_since(history.before(["A"])["A", ""], NOW)
    assert found.bounces_at == NOW - STEP + DAY
    assert found.since == NOW - STEP, "the state, too, is not older than what came before it"
    assert [one.since for one in found.episodes] == [NOW - STEP]


@pytest.mark.parametrize(
    ("letters", "wrong", "days", "since"),
    [
        ("hhhh", 0, -400, 2),  # no run was before this program
        ("hhff", 2, -400, 0),
        ("ffhh", 2, -400, 0),
        ("hfhh", 1, -400, 1),
        ("hhff", 2, 400, 0),
        ("hhff", 1, 400, 1),
    ],
)
def test_a_clock_that_was_wrong_in_one_run_is_seen_through_by_the_next(
    letters: str, wrong: int, days: int, since: int
) -> None:
    rows = list(sightings(letters))
    rows[wrong] = replace(rows[wrong], at=rows[wrong].at + timedelta(days=days))
    for whole in (False, True):
        found = summed(rows, whole=whole)
        assert found.since == NOW - since * STEP
        assert found.first_seen == (rows[1] if wrong == 0 else rows[0]).at
        moments = [one.at for one in found.changes]
        assert moments == sorted(moments)
        assert all(NOW - DAY < one <= NOW for one in moments)


def test_since_when_and_what_changed() -> None:
    found = found_in("hhfftth")
    assert (found.status, found.since, found.first_seen) == (Status.HEALTHY, NOW, NOW - 6 * STEP)
    assert [(one.before, one.after, one.code) for one in found.changes] == [
        (None, Status.HEALTHY, None),
        (Status.HEALTHY, Status.FAILING, "4.4.316"),
        (Status.FAILING, Status.FAILING, "4.4.315"),
        (Status.FAILING, Status.HEALTHY, None),
    ]
    (outage,) = found.episodes
    assert (outage.since, outage.until, outage.codes, outage.runs) == (
        NOW - 4 * STEP,
        NOW,
        ("4.4.316", "4.4.315"),
        4,
    )


@pytest.mark.parametrize(
    ("letters", "badge", "colours", "outages"),
    [
        ("hf", Badge.FAILING, ["32;1", "31;1"], 1),
        ("hx", Badge.AS_EXPECTED, ["31;1", "32;1"], 0),
        ("xo", Badge.NOT_AS_EXPECTED, ["32;1", "31;1"], 0),
    ],
)
def test_what_is_told_follows_the_expectation(letters: str, badge: Badge, colours: list[str], outages: int) -> None:
    """An expected failure is green, and no outage; mail that still flows then is red."""
    history = summed(sightings(letters, step=timedelta(hours=2)))
    document = HistoryDocument("", NOW, DAY.total_seconds(), (history,))
    told = to_text(document, RenderOptions(colour=True), detailed=False)
    (line,) = [one for one in told.splitlines() if "last 24 h" in one]
    assert history.badge is badge
    assert ENGLISH.text[badge] in told
    assert re.findall(r"\x1b\[([0-9;]+)m[▁█]", line) == colours
    assert history.outages == outages


def test_flapping_is_four_changes_a_day() -> None:
    assert found_in("hfhfh").flapping
    assert not found_in("hfhf").flapping
    assert not found_in("hfhfh" + "h" * 300).flapping, "long ago"
    assert not found_in("huhuhu").flapping, "it is this machine that flaps"


def test_the_time_line_shows_the_worst_of_each_part() -> None:
    line = found_in("h" * 287 + "f").timeline
    assert line.part_seconds == 3600
    assert line.statuses == (*[Status.HEALTHY] * 23, Status.FAILING)
    assert found_in("h").timeline.statuses.count(None) == 23


@given(st.text("hwfut", min_size=1, max_size=60), st.sampled_from([1, 7, 59, 300]), st.integers(60, 200_000))
@settings(deadline=None, max_examples=50)
def test_the_time_line_is_that_of_all_rows(letters: str, minutes: int, seconds: int) -> None:
    window, rows = timedelta(seconds=seconds), list(sightings(letters, step=timedelta(minutes=minutes)))
    line = summed(rows, window=window).timeline
    part = timedelta(milliseconds=1000 * seconds // 24)
    worst = [Status.UNKNOWN, Status.HEALTHY, Status.WARNING, Status.FAILING]
    seen: dict[int, set[Status]] = {}
    for row in rows:
        if NOW - window < row.at <= NOW:
            seen.setdefault(min((row.at - (NOW - window)) // part, 23), set()).add(row.status)
    assert line.statuses == tuple(max(seen[at], key=worst.index) if at in seen else None for at in range(24))


@given(st.text("hwfut", min_size=1, max_size=80), st.sampled_from([5, 60, 300]), st.sampled_from([1, 30, 200]))
@settings(deadline=None, max_examples=50)
def test_in_short_it_is_the_same_as_in_full(letters: str, minutes: int, hours: int) -> None:
    """Though only the newest rows are read for it."""
    rows = list(sightings(letters, step=timedelta(minutes=minutes)))
    short, full = (summed(rows, window=timedelta(hours=hours), whole=whole) for whole in (False, True))
    both: dict[str, Any] = {"changes": (), "episodes": (), "renewals": (), "certificates": ()}
    assert replace(short, **both) == replace(full, **both)
    known = full.changes[-len(short.changes) :]
    assert [(one.at, one.after) for one in short.changes] == [(one.at, one.after) for one in known]


def known(sha256: str, first: int, last: int, server: str = "mail.contoso.com") -> KnownCertificate:
    return KnownCertificate(certificate(sha256, server), first, NOW + STEP * first, last, NOW + STEP * last)


def renewals(*certificates: KnownCertificate) -> tuple[Renewal, ...]:
    past = Past("A", 86_400.0, Before(), None, (), certificates, Timeline(NOW - DAY, 3600.0, ()))
    return sum_up(past, NOW, DAY).renewals


def test_a_renewal_replaces_and_taking_turns_does_not() -> None:
    renewed = renewals(known("AA", 1, 5), known("BB", 6, 9))
    assert [(one.sha256_before, one.sha256, one.at) for one in renewed] == [("AA", "BB", NOW + 6 * STEP)]
    assert not renewals(known("AA", 1, 9), known("BB", 2, 8))
    assert not renewals(known("AA", 1, 5), known("BB", 6, 9, "b"))


@given(st.text("hwfux", min_size=1, max_size=300), st.sampled_from([5, 60, 300, 1440]))
@settings(deadline=None, max_examples=50)
def test_thinning_keeps_what_matters(letters: str, minutes: int) -> None:
    rows = observations(letters, step=timedelta(minutes=minutes))
    gone = set(superfluous(rows, NOW))
    kept = tuple(row for row in rows if row.seq not in gone)
    assert all(row in kept for row in rows if not row.expected)
    assert rows[-1] in kept
    seen, numbers = list(sightings(letters, step=timedelta(minutes=minutes))), {row.seq for row in kept}
    before, after = summed(seen), summed(one for at, one in enumerate(seen, 1) if at in numbers)
    assert after.changes == before.changes
    assert after.since == before.since
    assert after.episodes == before.episodes
    assert set(superfluous(kept, NOW)) == set(), "once is enough"


def test_thinning_leaves_one_an_hour_and_one_a_day() -> None:
    rows = observations("h" * (288 * 60))
    gone = set(superfluous(rows, NOW))
    kept = [row for row in rows if row.seq not in gone]
    old = [row.at.date() for row in kept if NOW - row.at > DAILY_AFTER]
    assert len(old) == len(set(old)) == 30 + 1
    hours = [row.at.strftime("%d%H") for row in kept if DAY < NOW - row.at <= DAILY_AFTER]
    assert len(hours) - len(set(hours)) <= 1
    assert sum(NOW - row.at <= DAY for row in kept) == 289
