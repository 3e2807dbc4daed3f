"""Waiting: round after round of probes, until all is as expected for long enough, or the time is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from connector_probe.api import probe_all
from connector_probe.cli import EXIT_UNKNOWN
from connector_probe.cli.delivery import Delivery
from connector_probe.cli.hosts import Asked
from connector_probe.cli.loop import run_async
from connector_probe.cli.output import say
from connector_probe.cli.progress import beside, draw_line
from connector_probe.cli.running import run_until, somebody_looks_on
from connector_probe.model.verdict import Report, Result

GROWTH, LONGEST = 1.5, 6.0  # each pause is longer than the last, up to so many times the first
MOST_TOLD = 3  # connectors named in one line


@dataclass(frozen=True, slots=True)
class Goal:
    """``limit`` and ``pause`` in seconds; ``until``: what is waited for, in words."""

    limit: float
    times: int
    pause: float
    until: str


@dataclass(slots=True)
class Wait:
    """How it stands: ``report`` is the last one, None before there was any; ``streak`` counts the good rounds."""

    report: Report | None = field(default=None, repr=False)
    rounds: int = 0
    streak: int = 0
    reached: bool = False
    interrupted: bool = False
    next_at: float | None = None


async def wait_for(asked: Asked, goal: Goal, wait: Wait, on_round: Callable[[Wait], None]) -> None:
    """Keep ``wait`` up to date until it is reached, the time is over, or this task is cancelled (Ctrl-C)."""
    end, pause = monotonic() + goal.limit, goal.pause
    try:
        while True:
            stop = asyncio.Event()
            probing = probe_all(asked.connectors, strict=asked.strict, words=asked.settings.words, stop=stop)
            run = await run_until(probing, stop, max(end - monotonic(), 0.0))
            report, wait.interrupted = run.report, run.interrupted
            whole = not any(attempt.stopped for one in report.results for attempt in one.evidence.attempts)
            if not whole and wait.report is not None:
                return  # what the last round saw tells more
            pause = _next_pause(wait.report, report, goal, pause)
            wait.report = report
            if wait.interrupted:
                return
            wait.rounds += 1
            wait.streak = wait.streak + 1 if all(one.expected for one in report.results) else 0
            wait.reached = wait.streak >= goal.times
            left = end - monotonic()
            wait.next_at = None if wait.reached or left <= 0 else monotonic() + min(pause, left)
            on_round(wait)
            if wait.next_at is None:
                return
            await asyncio.sleep(min(pause, left))
            wait.next_at = None
    except asyncio.CancelledError:
        wait.interrupted = True


def _next_pause(before: Report | None, now: Report, goal: Goal, pause: float) -> float:
    """The first pause again where something changed, or all is well and is only to be confirmed; else a longer one."""
    if before is None or all(one.expected for one in now.results) or _states(before) != _states(now):
        return goal.pause
    return min(pause * GROWTH, goal.pause * LONGEST)


def _states(report: Report) -> list[str]:
    return [state_of(result) for result in report.results]


def state_of(result: Result) -> str:
    """What a person wants to know of it in a few words: "4.4.316 Connection refused"."""
    diagnosis = result.diagnosis
    if diagnosis is None:
        return "mail still flows" if result.code_expected else result.status.value
    return f"{diagnosis.code or result.status.value} {diagnosis.heading}"


def wait_and_print(asked: Asked, goal: Goal) -> int:
    """Wait, write the last report, and give the exit code: 0 reached, 1 not in time, 3 not known, 130 interrupted.

    Raises TrustError.
    """
    wait = Wait()
    run_async(_shown(asked, goal, wait))
    delivery = Delivery(asked.settings, asked.connectors)
    assert wait.report is not None, "a round ends with a report, even by Ctrl-C"
    delivery.finish(wait.report)
    if wait.interrupted:
        return asked.settings.exit_code(wait.report, interrupted=True)
    if wait.reached:
        return EXIT_UNKNOWN if delivery.lost else 0
    say(f"probe: not {goal.until} within {told(goal.limit)}" + (" for long enough" if wait.streak else ""))
    return asked.settings.exit_code(wait.report) or 1


# --- what a person sees meanwhile ------------------------------------------------------------------------------


async def _shown(asked: Asked, goal: Goal, wait: Wait) -> None:
    """As the main task of asyncio.run: the wait, with its live line at a terminal, and lines of a log elsewhere."""
    quiet, end = asked.settings.verbosity < 0, monotonic() + goal.limit
    live = somebody_looks_on() and not quiet

    def on_round(wait: Wait) -> None:
        if not quiet and not live:
            now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            say(f"{now} probe {wait.rounds}: {_summary(wait, goal)}")

    def line() -> str:
        now = monotonic()
        what = "probing" if wait.next_at is None else f"next probe in {told(wait.next_at - now)}"
        return f"{_summary(wait, goal)}; {what}, {told(end - now)} left"

    async with beside(draw_line(line)) if live else contextlib.nullcontext():
        await wait_for(asked, goal, wait, on_round)


def _summary(wait: Wait, goal: Goal) -> str:
    if wait.report is None:
        return f"waiting until {goal.until}"
    wrong = [one for one in wait.report.results if not one.expected]
    if not wrong:
        steady = f" ({wait.streak} of {goal.times} times in a row)" if goal.times > 1 else ""
        return f"{goal.until}{steady}"
    named = "; ".join(f"{one.name}: {state_of(one)}" for one in wrong[:MOST_TOLD])
    return named + (f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else "")


def told(seconds: float) -> str:
    """ "8 s", "2 m 10 s", "1 h 5 m"."""
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} m {rest} s" if rest else f"{minutes} m"
    return f"{whole} s" if seconds >= 1 or not seconds else f"{seconds:.1g} s"
