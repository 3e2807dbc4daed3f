"""The options of ``probe run`` around the probe itself, checked before anything is probed. Light to import."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from connector_probe.cli import ping as dead_man
from connector_probe.cli.history_file import checked_file, default_file
from connector_probe.cli.options import RunOptions
from connector_probe.cli.values import UsageProblemError, parse_duration
from connector_probe.config import Configuration, Entry
from connector_probe.model.dataclass import dataclass
from connector_probe.notifications import Sink, sinks_of

STANDARD_OUTPUT = "stdout"  # whom --only-changes speaks to, in the history
SHORTEST_REMINDER = 60.0
LONGEST = 86_400.0  # seconds of splay, and of a run


@dataclass(frozen=True, slots=True)
class UnattendedOptions:
    """The options of an unattended run, checked. Durations are seconds; None is off."""

    history: Path | None
    only_changes: bool = False
    remind: float | None = None
    splay: float = 0.0
    deadline: float | None = None
    ping: str | None = None
    sinks: tuple[Sink, ...] = ()
    channel: str = STANDARD_OUTPUT

    @classmethod
    def choose(
        cls, options: RunOptions, configuration: Configuration, entries: Sequence[Entry], only: Sequence[str]
    ) -> UnattendedOptions:
        """Raises UsageProblemError and NotificationError, before anything is probed.

        ``only``: runs that pick other connectors may tell somebody else, so that none takes away another's news.
        """
        history = Path(options.history) if options.history is not None else None
        if history is not None and options.no_history:
            raise UsageProblemError("--history and --no-history exclude each other", "give one of them")
        if options.no_history and options.only_changes:
            raise UsageProblemError("--only-changes needs the history", "leave --no-history out")
        if history is not None and _is_same(history, configuration.path):
            raise UsageProblemError("--history names the file of connectors", "give the history a file of its own")
        url = dead_man.given(options.ping, dict(os.environ))
        if url is None and configuration.ping is not None:
            url = dead_man.checked(configuration.ping.value, f"ping: {configuration.ping.name}")
        sinks = tuple(sinks_of(entries, options.notify or (), os.environ))
        seconds = parse_duration("--splay", options.splay)
        if seconds > LONGEST:
            raise UsageProblemError(f"--splay of {seconds:g} s", "at most a day, as in: 5m")
        ends = parse_duration("--run-deadline", options.run_deadline) if options.run_deadline is not None else None
        if ends is not None and not 0 < ends <= LONGEST:
            raise UsageProblemError(f"--run-deadline of {ends:g} s", "more than nothing and at most a day, as in: 4m")
        again = parse_duration("--remind", options.remind) if options.remind is not None else None
        if again is not None and not (options.only_changes or sinks):
            raise UsageProblemError(
                "--remind without --only-changes or --notify", "it says when they tell again what still stands"
            )
        if again is not None and again < SHORTEST_REMINDER:
            raise UsageProblemError(f"--remind of {again:g} s", "a minute or more, as in: 6h")
        return cls(
            history=None if options.no_history else checked_file(history or default_file()),
            only_changes=options.only_changes,
            remind=again,
            splay=seconds,
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
