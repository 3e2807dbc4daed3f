"""What ``probe run`` does around the probe itself: history, only changes, deadlines, notifications, push, ping."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connector_probe.cli.history_file import history_of
from connector_probe.cli.options import RunOptions
from connector_probe.cli.output import fail, say, words_for
from connector_probe.cli.telling import Push, ask_for, checked, given
from connector_probe.cli.values import UsageProblemError, parse_duration
from connector_probe.config import Configuration, Entry
from connector_probe.model.documents import Format
from connector_probe.model.maintenance import Window
from connector_probe.model.names import show
from connector_probe.model.verdict import FLOWING, Report, Result
from connector_probe.notifications import Sink, sinks_of, tell
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.history.run_history import RunHistory

STANDARD_OUTPUT = "stdout"  # whom --only-changes speaks to, in the history
SHORTEST_REMINDER = 60.0
LONGEST = 86_400.0  # seconds of splay, and of a run


@dataclass(kw_only=True)
class Unattended:
    """One run, and what is done around it. Durations are seconds; None is off.

    ``windows``: the maintenance windows of each connector, by its name. ``words``: those of the results. ``channel``:
    whom ``only_changes`` speaks to.
    """

    history: Path | None
    windows: Mapping[str, Sequence[Window]]
    words: Catalogue
    lang: str | None = None
    quiet: bool = False
    only_changes: bool = False
    remind: float | None = None
    splay: float = 0.0
    deadline: float | None = None
    ping: str | None = None
    push: Push | None = None
    sinks: Sequence[Sink] = ()
    channel: str = STANDARD_OUTPUT
    interrupted: bool = field(default=False, init=False)
    past: RunHistory = field(init=False)
    _now: datetime = field(init=False)

    @classmethod
    def choose(
        cls,
        options: RunOptions,
        configuration: Configuration,
        entries: Sequence[Entry],
        only: Sequence[str],
        *,
        words: Catalogue,
        lang: str | None,
        quiet: bool,
    ) -> Unattended:
        """Raises UsageProblemError and NotificationError, before anything is probed.

        ``only``: runs that pick other connectors may tell somebody else, so that none takes away another's news.
        """
        if options.no_history and options.only_changes:
            raise UsageProblemError("--only-changes needs the history", "leave --no-history out")
        if options.history is not None and _is_same(Path(options.history), configuration.path):
            raise UsageProblemError("--history names the file of connectors", "give the history a file of its own")
        if options.push is None and (options.place is not None or options.token_file is not None):
            raise UsageProblemError("--place and --token-file go with --push", "name the probe serve with --push URL")
        url = given(options.ping, dict(os.environ))
        if url is None and configuration.ping is not None:
            url = checked(configuration.ping.value, f"ping: {configuration.ping.name}")
        sinks = sinks_of(entries, options.notify or (), os.environ)
        splay = parse_duration("--splay", options.splay)
        if splay > LONGEST:
            raise UsageProblemError(f"--splay of {splay:g} s", "at most a day, as in: 5m")
        ends = parse_duration("--run-deadline", options.run_deadline) if options.run_deadline is not None else None
        if ends is not None and not 0 < ends <= LONGEST:
            raise UsageProblemError(f"--run-deadline of {ends:g} s", "more than nothing and at most a day, as in: 4m")
        remind = parse_reminder(options.remind)
        if remind is not None and not (options.only_changes or sinks):
            raise UsageProblemError(
                "--remind without --only-changes or --notify", "it says when they tell again what still stands"
            )
        return cls(
            history=history_of(options.history, none=options.no_history),
            windows={entry.name: entry.maintenance for entry in entries},
            words=words,
            lang=lang,
            quiet=quiet,
            only_changes=options.only_changes,
            remind=remind,
            splay=splay,
            deadline=ends,
            ping=url,
            push=Push(options.push, options.place, options.token_file) if options.push is not None else None,
            sinks=sinks,
            channel=_channel(only),
        )

    def begin(self) -> None:
        """Read what earlier runs saw. One moment for all that is news: what is printed is what is remembered."""
        from connector_probe.history.run_history import RunHistory  # late: --check needs no database

        self._now = datetime.now(UTC)
        self.past = RunHistory(self.windows, self.history, self.words, say=_say, fail=fail)

    def heard(self, results: Sequence[Result]) -> frozenset[str] | None:
        """The connectors that standard output has; None for all, and none at all for nothing, not even a summary."""
        if self.only_changes:
            return frozenset(one.name for one in self._news(results))
        if self.quiet:
            return frozenset(one.name for one in results if not one.expected)
        return None

    def finish(self, report: Report, *, delivered: bool, failed: bool) -> None:
        """After the documents: remember, notify, and tell the dead-man URL. Nothing here raises.

        ``delivered``: they could be written. ``failed``: the run does not exit with 0.
        """
        cut = sum(one.is_cut_short for one in report.results)
        if cut and not self.interrupted:
            say(f"probe: the run's deadline has passed: {cut} of {len(report.results)} were not probed to the end")
        heard = self._news(report.results) if self.only_changes else []
        self.past.record(report.results, interrupted=self.interrupted)
        if self.interrupted:
            return
        if delivered:
            self.past.told(heard, self.channel, self._now)
        self._tell_outages_that_ended(heard)
        if self.push is not None:
            self.push.send(report)
        if self.sinks:
            words = words_for(self.lang, Format.TEXT)
            said = report
            if words is not self.words:
                from connector_probe.wording.render import in_words

                said = in_words(report, words)
            tell(self.sinks, said, self.past, words, self.remind, self._now, _say)
        if self.ping is not None:
            ask_for(self.ping, failed=failed)

    def _news(self, results: Sequence[Result]) -> list[Result]:
        """What was cut short by an interruption is none: it says nothing of the server."""
        seen = [one for one in results if not (self.interrupted and one.is_cut_short)]
        return self.past.news(seen, self.channel, self.remind, self._now)

    def _tell_outages_that_ended(self, heard: Sequence[Result]) -> None:
        """Beside the news that mail flows again: how long it did not."""
        from connector_probe.formats.notice import outage_that_ended  # late: --check tells of none

        since = self.past.failed_since(heard)
        words = words_for(self.lang, Format.TEXT)
        for one in heard:
            if one.status in FLOWING and one.name in since:
                say(f"probe: {show(one.name)}: {outage_that_ended(since[one.name], one.evidence.started_at, words)}")


def _say(text: str) -> None:
    say(f"probe: {text}")


def parse_reminder(text: str | None) -> float | None:
    """Seconds of --remind. Raises UsageProblemError."""
    seconds = parse_duration("--remind", text) if text is not None else None
    if seconds is not None and seconds < SHORTEST_REMINDER:
        raise UsageProblemError(f"--remind of {seconds:g} s", "a minute or more, as in: 6h")
    return seconds


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # there is none, or it may not be looked at
        return False


def _channel(only: Sequence[str]) -> str:
    if not only:
        return STANDARD_OUTPUT
    key = "\n".join(sorted(set(only)))
    return f"{STANDARD_OUTPUT}:{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
