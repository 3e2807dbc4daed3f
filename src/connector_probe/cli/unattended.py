"""What ``probe run`` does around the probe itself: history, only changes, deadlines, notifications, push, ping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from connector_probe.cli import ping as dead_man
from connector_probe.cli.output import fail, say, words_for
from connector_probe.cli.push import Push
from connector_probe.cli.unattended_options import UnattendedOptions
from connector_probe.formats.notice import outage_that_ended
from connector_probe.history.run_history import RunHistory
from connector_probe.model.connector import Connector
from connector_probe.model.documents import Format
from connector_probe.model.maintenance import Window
from connector_probe.model.names import show
from connector_probe.model.verdict import FLOWING, FailureClass, Report, Result
from connector_probe.notifications import tell
from connector_probe.wording.catalogue import Catalogue


class Unattended:
    """One run, and what is done around it."""

    def __init__(
        self,
        unattended_options: UnattendedOptions,
        windows: Mapping[str, Sequence[Window]],
        *,
        words: Catalogue,
        lang: str | None = None,
        quiet: bool = False,
        push: Push | None = None,
    ) -> None:
        """``windows``: the maintenance windows of each connector, by its name. ``words``: those of the results."""
        self._push = push
        self._options = unattended_options
        self._quiet = quiet
        self._words = words
        self._lang = lang
        self._now = datetime.now(UTC)  # one moment for all that is news: what is printed is what is remembered
        self._history = RunHistory(windows, unattended_options.history, words, say=_say, fail=fail)
        self.deadline = unattended_options.deadline
        self.recovering: Callable[[Sequence[Connector]], frozenset[str]] = self._history.recovering
        self.amend: Callable[[Result], Result] = self._history.amend

    def heard(self, results: Sequence[Result]) -> frozenset[str] | None:
        """The connectors that standard output has; None for all, and none at all for nothing, not even a summary."""
        if self._options.only_changes:
            return frozenset(one.name for one in self._news(results))
        if self._quiet:
            return frozenset(one.name for one in results if not one.expected)
        return None

    def finish(
        self,
        report: Report,
        *,
        interrupted: bool,
        delivered: bool,
        failed: bool,
    ) -> None:
        """After the documents: remember, notify, and tell the dead-man URL. Nothing here raises.

        ``delivered``: they could be written. ``failed``: the run does not exit with 0.
        """
        cut = [
            one for one in report.results if one.diagnosis and one.diagnosis.class_ is FailureClass.LOCAL_INTERRUPTED
        ]
        if cut and not interrupted:
            say(f"probe: the run's deadline has passed: {len(cut)} of {len(report.results)} were not probed to the end")
        heard = self._news(report.results) if self._options.only_changes else []
        self._history.record(report.results, interrupted=interrupted)
        if interrupted:
            return
        if delivered:
            self._history.told(heard, self._options.channel, self._now)
        self._tell_outages_that_ended(heard)
        if self._push is not None:
            self._push.send(report)
        if self._options.sinks:
            words = words_for(self._lang, Format.TEXT)
            said = report
            if words is not self._words:
                from connector_probe.wording.render import in_words

                said = in_words(report, words)
            tell(self._options.sinks, said, self._history, words, self._options.remind, self._now, _say)
        if self._options.ping is not None:
            dead_man.ping(self._options.ping, failed=failed)

    def _news(self, results: Sequence[Result]) -> list[Result]:
        return self._history.news(results, self._options.channel, self._options.remind, self._now)

    def _tell_outages_that_ended(self, heard: Sequence[Result]) -> None:
        """Beside the news that mail flows again: how long it did not."""
        since = self._history.failed_since(heard)
        words = words_for(self._lang, Format.TEXT)
        for one in heard:
            if one.status in FLOWING and one.name in since:
                say(f"probe: {show(one.name)}: {outage_that_ended(since[one.name], one.evidence.started_at, words)}")


def _say(text: str) -> None:
    say(f"probe: {text}")
