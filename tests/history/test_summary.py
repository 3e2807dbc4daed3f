"""What rows amount to, and which of them are let go: pure, so from rows written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.history.summary import failing_since, sum_up
from connector_probe.history.thinning import DAILY_AFTER, superfluous
from connector_probe.model.history import Before, KnownCertificate, Past
from connector_probe.model.verdict import Status
from tests.history.rows import NOW, STEP, certificate, observations

DAY = timedelta(days=1)


def past(letters: str, step: timedelta = STEP, certificates: tuple[KnownCertificate, ...] = ()) -> Past:
    return Past("A", 86_400.0, observations(letters, step=step), certificates)


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
    found = sum_up(past(letters), NOW, DAY)
    assert found.failing_since == NOW - STEP * runs_ago
    assert found.bounces_at == NOW - STEP * runs_ago + timedelta(hours=24)


@pytest.mark.parametrize("letters", ["", "h", "fh", "u", "huu", "fw"])
def test_no_clock_while_mail_flows_or_nothing_is_known(letters: str) -> None:
    found = sum_up(past(letters), NOW, DAY)
    assert (found.failing_since, found.bounces_at) == (None, None)


def test_an_expected_failure_has_no_clock() -> None:
    assert sum_up(past("hxx"), NOW, DAY).bounces_at is None


def test_moments_that_cannot_be_are_passed_over() -> None:
    wrong, flowed = NOW - timedelta(days=20_000), NOW - 3 * STEP
    assert failing_since(Before(flowed_at=flowed, failed=(wrong, NOW - STEP)), NOW) == NOW - STEP
    assert failing_since(Before(flowed_at=flowed, failed=(NOW + DAY,)), NOW) is None
    assert failing_since(Before(flowed_at=NOW + DAY, failed=(NOW - STEP,)), NOW) == NOW - STEP
    assert failing_since(Before(), NOW) is None
    assert failing_since(Before(failed=(wrong, NOW - STEP)), NOW) == NOW - STEP, "a clock that was not set yet"
    assert failing_since(Before(failed=(wrong,)), wrong + DAY) == wrong, "which still is not"


def test_a_run_and_its_history_tell_the_same_beginning() -> None:
    rows = observations("hfff")
    for wrong in (NOW - timedelta(days=20_000), NOW + DAY):
        odd = (rows[0], replace(rows[1], at=wrong), *rows[2:])
        found = sum_up(Past("A", 86_400.0, odd, ()), NOW, DAY)
        assert found.failing_since == NOW - STEP
        assert found.failing_since == failing_since(
            Before(flowed_at=rows[0].at, failed=tuple(row.at for row in odd[1:])), NOW
        )
        assert found.bounces_at == NOW - STEP + DAY


def test_since_when_and_what_changed() -> None:
    found = sum_up(past("hhfftth"), NOW, DAY)
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


def test_flapping_is_four_changes_a_day() -> None:
    assert sum_up(past("hfhfh"), NOW, DAY).flapping
    assert not sum_up(past("hfhf"), NOW, DAY).flapping
    assert not sum_up(past("hfhfh" + "h" * 300), NOW, DAY).flapping, "long ago"
    assert not sum_up(past("huhuhu"), NOW, DAY).flapping, "it is this machine that flaps"


def test_the_time_line_shows_the_worst_of_each_part() -> None:
    line = sum_up(past("h" * 287 + "f"), NOW, DAY).timeline
    assert line.part_seconds == 3600
    assert line.statuses == (*[Status.HEALTHY] * 23, Status.FAILING)
    assert sum_up(past("h"), NOW, DAY).timeline.statuses.count(None) == 23


def known(sha256: str, first: int, last: int, server: str = "mail.contoso.com") -> KnownCertificate:
    return KnownCertificate(certificate(sha256, server), first, NOW + STEP * first, last, NOW + STEP * last)


def test_a_renewal_replaces_and_taking_turns_does_not() -> None:
    renewed = sum_up(past("h", certificates=(known("AA", 1, 5), known("BB", 6, 9))), NOW, DAY).renewals
    assert [(one.sha256_before, one.sha256, one.at) for one in renewed] == [("AA", "BB", NOW + 6 * STEP)]
    assert not sum_up(past("h", certificates=(known("AA", 1, 9), known("BB", 2, 8))), NOW, DAY).renewals
    assert not sum_up(past("h", certificates=(known("AA", 1, 5), known("BB", 6, 9, "b"))), NOW, DAY).renewals


@given(st.text("hwfux", min_size=1, max_size=300), st.sampled_from([5, 60, 300, 1440]))
def test_thinning_keeps_what_matters(letters: str, minutes: int) -> None:
    rows = observations(letters, step=timedelta(minutes=minutes))
    gone = set(superfluous(rows, NOW))
    kept = tuple(row for row in rows if row.seq not in gone)
    assert all(row in kept for row in rows if not row.expected)
    assert rows[-1] in kept
    before, after = (sum_up(Past("A", 86_400.0, some, ()), NOW, DAY) for some in (rows, kept))
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
