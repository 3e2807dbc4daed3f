"""Notifications by Apprise, which is an extra. URLs are secrets: of one only its variable's name is ever shown."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connector_probe.config.environment import ReferenceProblemError
from connector_probe.config.secrets import Secret, secret
from connector_probe.model.errors import HintedError
from connector_probe.model.names import show

if TYPE_CHECKING:
    from connector_probe.config import Entry
    from connector_probe.history.run_history import RunHistory
    from connector_probe.model.verdict import Report, Result
    from connector_probe.wording.catalogue import Catalogue

LIMIT = 30.0  # seconds for all sinks together, which are told side by side


class NotificationError(HintedError, ValueError):
    """A notification that could never be sent as it is asked for. ``hint`` says what to do; neither shows a URL."""


@dataclass(frozen=True, slots=True)
class Sink:
    """One URL. ``name`` is for messages; ``channel`` for the history, out of which no URL can be read."""

    name: str
    url: str = field(repr=False)
    connectors: frozenset[str]

    @property
    def channel(self) -> str:
        return "notify:" + hashlib.sha256(self.url.encode()).hexdigest()[:24]


def sinks_of(entries: Sequence[Entry], options: Sequence[str], environ: Mapping[str, str]) -> list[Sink]:
    """Each URL once, with the connectors that it is told of: those that name it, or all with --notify.

    Raises NotificationError, before anything is probed, where Apprise is missing or does not know a URL.
    """
    everybody = [_of_option(name, environ) for name in options]
    named: dict[str, tuple[str, set[str]]] = {}
    for entry in entries:
        for one in (*entry.notify, *everybody):
            urls = one.value.split()
            for number, url in enumerate(urls, 1):
                name = one.name if len(urls) == 1 else f"{one.name} (URL {number})"
                named.setdefault(url, (name, set()))[1].add(entry.name)
    sinks = [Sink(name, url, frozenset(connectors)) for url, (name, connectors) in named.items()]
    if sinks:
        apprise = _apprise()
        for sink in sinks:
            if apprise.Apprise.instantiate(sink.url, suppress_exceptions=True) is None:
                raise NotificationError(
                    f"{sink.name} holds no URL that Apprise knows", "its URLs: https://github.com/caronc/apprise/wiki"
                )
    return sinks


def tell(
    sinks: Sequence[Sink],
    report: Report,
    history: RunHistory,
    words: Catalogue,
    remind: float | None,
    now: datetime,
    say: Callable[[str], None],
) -> None:
    """Tell each sink what is news to it. One that fails is said, and told again by the next run."""
    from connector_probe.formats.notice import notice  # late: most runs have nobody to tell

    outcomes: dict[Sink, str] = {}
    told: dict[Sink, list[Result]] = {}
    threads = []
    for sink in sinks:
        about = [one for one in report.results if one.name in sink.connectors]
        news = history.news(about, sink.channel, remind, now)
        if news:
            told[sink] = news
            threads.append(
                _started(sink, notice(news, report, words, history.failed_since(news)), _kind(news), outcomes)
            )
    for at, thread in enumerate(threads):
        thread.join(LIMIT if at == 0 else LIMIT / len(threads))
    for sink, news in told.items():
        problem = outcomes.get(sink, f"no answer within {LIMIT:.0f} s")
        if problem:
            say(f"notify: {sink.name} could not be told ({len(news)} changed): {problem}")
        else:
            history.told(news, sink.channel, now)


def _started(sink: Sink, message: tuple[str, str], kind: str, outcomes: dict[Sink, str]) -> threading.Thread:
    def send() -> None:
        outcomes[sink] = _send(sink, message, kind)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def _send(sink: Sink, message: tuple[str, str], kind: str) -> str:
    """What went wrong; empty if nothing did."""
    apprise = _apprise()
    title, body = message
    try:
        service = apprise.Apprise()
        service.add(apprise.Apprise.instantiate(sink.url))
        sent = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT, notify_type=kind)
    except Exception as error:  # of some hundred services, each with its own library; its text may hold the URL
        return type(error).__name__
    return "" if sent else "the service did not take it"


def _kind(news: Sequence[Result]) -> str:
    """Apprise's words for the colour of a message."""
    from connector_probe.model.verdict import Status

    unexpected = [one for one in news if not one.expected]
    if any(one.status is not Status.UNKNOWN for one in unexpected):
        return "failure"
    if unexpected or any(one.status is Status.WARNING for one in news):
        return "warning"
    return "success"


def _apprise() -> Any:  # noqa: ANN401 - an optional module
    try:
        import apprise
    except ImportError:
        from connector_probe.extras import how_to_add

        raise NotificationError(
            "notifications need Apprise, which is not installed here", how_to_add("apprise")
        ) from None
    log = logging.getLogger("apprise")  # what it logs holds URLs
    log.handlers, log.propagate = [logging.NullHandler()], False
    return apprise


def _of_option(name: str, environ: Mapping[str, str]) -> Secret:
    bare = name.removeprefix("$").removeprefix("{").removesuffix("}")
    if not bare.isidentifier() or not bare.isascii():
        raise NotificationError(
            "--notify does not name a variable of the environment",
            "its value is a secret: put it into a variable, and name that, as in: --notify PROBE_NOTIFY",
        )
    try:
        return secret(bare, environ)
    except ReferenceProblemError as problem:
        raise NotificationError(f"--notify {show(bare)}: {problem}", problem.hint) from None
