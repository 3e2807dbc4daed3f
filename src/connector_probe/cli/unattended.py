"""What ``probe run`` does around the probe itself: history, changes only, locks, deadlines, notifications, ping."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector_probe.cli import cron, notify
from connector_probe.cli import ping as dead_man
from connector_probe.cli.history import checked_file, default_file
from connector_probe.cli.language import words_for
from connector_probe.cli.memory import Memory
from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError, parse_duration
from connector_probe.config import Configuration, Entry
from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.diagnosis.catalogue.languages import Language
from connector_probe.formats import Format
from connector_probe.formats.notice import outage_that_ended
from connector_probe.model.connector import Connector
from connector_probe.model.history import FLOWING
from connector_probe.model.maintenance import Window
from connector_probe.model.names import show
from connector_probe.model.verdict import FailureClass, Report, Result

STANDARD_OUTPUT = "stdout"  # whom --only-changes speaks to, in the history
SHORTEST_REMINDER = 60.0


@dataclass(frozen=True, slots=True)
class Manners:
    """The options of an unattended run, checked. Durations are seconds; None is off."""

    history: Path | None
    only_changes: bool = False
    remind: float | None = None
    splay: float = 0.0
    deadline: float | None = None
    ping: str | None = None
    sinks: tuple[notify.Sink, ...] = ()
    channel: str = STANDARD_OUTPUT

    @classmethod
    def choose(
        cls,
        configuration: Configuration,
        entries: Sequence[Entry],
        *,
        history: Path | None,
        no_history: bool,
        only_changes: bool,
        remind: str | None,
        splay: str,
        deadline: str | None,
        ping: str | None,
        notify_by: Sequence[str],
        only: Sequence[str] = (),
    ) -> Manners:
        """Raises UsageProblemError, before anything is probed.

        ``only``: runs that pick other connectors may tell somebody else, so that none takes away another's news.
        """
        if history is not None and no_history:
            raise UsageProblemError("--history and --no-history exclude each other", "give one of them")
        if no_history and only_changes:
            raise UsageProblemError("--only-changes needs the history", "leave --no-history out")
        if history is not None and _is_same(history, configuration.path):
            raise UsageProblemError("--history names the file of connectors", "give the history a file of its own")
        url = dead_man.given(ping, dict(os.environ))
        if url is None and configuration.ping is not None:
            url = dead_man.checked(configuration.ping.value, f"ping: {configuration.ping.name}")
        sinks = tuple(notify.sinks_of(entries, notify_by, os.environ))
        again = parse_duration("--remind", remind) if remind is not None else None
        ends = cron.checked_deadline(parse_duration("--run-deadline", deadline)) if deadline is not None else None
        if again is not None and not (only_changes or sinks):
            raise UsageProblemError("--remind without --only-changes", "it says when a change is told again")
        if again is not None and again < SHORTEST_REMINDER:
            raise UsageProblemError(f"--remind of {again:g} s", "a minute or more, as in: 6h")
        return cls(
            history=None if no_history else checked_file(history or default_file()),
            only_changes=only_changes,
            remind=again,
            splay=cron.checked_splay(parse_duration("--splay", splay)),
            deadline=ends,
            ping=url,
            sinks=sinks,
            channel=_channel(only),
        )


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


class Unattended:
    """One run, and what is done around it."""

    def __init__(
        self,
        manners: Manners,
        windows: Mapping[str, Sequence[Window]],
        *,
        words: Catalogue,
        lang: Language | None = None,
        quiet: bool = False,
    ) -> None:
        """``windows``: the maintenance windows of each connector, by its name. ``words``: those of the results."""
        self._manners = manners
        self._quiet = quiet
        self._words = words
        self._lang = lang
        self._memory = Memory(windows, manners.history, words)
        self.deadline = manners.deadline
        self.recovering = self._memory.recovering
        self.amend: Callable[[Result], Result] = self._memory.amend

    def heard(self, results: Sequence[Result]) -> frozenset[str] | None:
        """The connectors that standard output has; None for all, and none at all for nothing, not even a summary."""
        if self._manners.only_changes:
            return frozenset(one.name for one in self._news(results))
        if self._quiet:
            return frozenset(one.name for one in results if not one.expected)
        return None

    def finish(self, report: Report, connectors: Sequence[Connector], *, interrupted: bool, code: int) -> None:
        """After the documents are written: remember, notify, and tell the dead-man URL. Nothing here raises."""
        cut = [
            one for one in report.results if one.diagnosis and one.diagnosis.class_ is FailureClass.LOCAL_INTERRUPTED
        ]
        if cut and not interrupted:
            say(f"probe: the run's deadline has passed: {len(cut)} of {len(report.results)} were not probed to the end")
        heard = self._news(report.results) if self._manners.only_changes else []
        self._memory.record(report, interrupted=interrupted)
        if interrupted:
            return
        self._memory.told(heard, self._manners.channel)
        self._tell_outages_that_ended(heard)
        if self._manners.sinks:
            words = words_for(self._lang, Format.TEXT)
            said = report
            if words is not self._words:
                from connector_probe.api import in_words

                said = in_words(report, connectors, words)
            notify.tell(self._manners.sinks, said, self._memory, words, self._manners.remind)
        if self._manners.ping is not None:
            dead_man.ping(self._manners.ping, failed=code != 0)

    def _news(self, results: Sequence[Result]) -> list[Result]:
        return self._memory.news(results, self._manners.channel, self._manners.remind)

    def _tell_outages_that_ended(self, heard: Sequence[Result]) -> None:
        """Beside the news that mail flows again: how long it did not."""
        since = self._memory.failed_since
        words = words_for(self._lang, Format.TEXT)
        for one in heard:
            if one.status in FLOWING and one.name in since:
                say(f"probe: {show(one.name)}: {outage_that_ended(since[one.name], one.evidence.started_at, words)}")
