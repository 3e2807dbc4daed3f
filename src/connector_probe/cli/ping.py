"""The dead-man URL: asked for after each run, so that somebody notices when no run comes any more.

As healthchecks.io has it: the URL itself after a run in which all was as expected, with /fail behind it after another.
The URL is a secret, and of it only the host is ever shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from connector_probe._version import __version__
from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError, web_url
from connector_probe.config.environment import ReferenceProblemError, expand
from connector_probe.model.names import show

TIMEOUT = 10.0  # seconds for each step of the request
LIMIT = 15.0  # seconds for all of it
_ENOUGH = 1024  # bytes of an answer that nobody reads


def given(option: str | None, environ: dict[str, str]) -> str | None:
    """The URL of --ping, in which ${NAME} is the environment's. Raises UsageProblemError."""
    if option is None:
        return None
    try:
        return checked(expand(option, environ), "--ping")
    except ReferenceProblemError as problem:
        raise UsageProblemError(f"--ping: {problem}", problem.hint) from None


def checked(url: str, where: str) -> str:
    """Raises UsageProblemError, which does not show the URL."""
    if web_url(url) is None:
        raise UsageProblemError(f"{where} holds no URL", "as in: https://hc-ping.com/UUID")
    return url.strip()


def ping(url: str, *, failed: bool) -> None:
    """Ask for it; that it fails is said, and changes nothing."""
    problem = problem_within(LIMIT, lambda: _ask(_failing(url) if failed else url))
    if problem:
        say(f"probe: the dead-man URL at {show(urlsplit(url).hostname or '')} could not be told: {problem}")


def problem_within(limit: float, ask: Callable[[], str]) -> str:
    """What ``ask`` says went wrong, "" for nothing; asked in a thread, since looking up a name knows no limit."""
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(ask()), daemon=True)
    thread.start()
    thread.join(limit)
    return said[0] if said else f"no answer within {limit:.0f} s"


def _failing(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))


def _ask(url: str) -> str:
    """What went wrong; empty if nothing did."""
    import urllib.error  # late: slow to import, and needed by few
    import urllib.request

    request = urllib.request.Request(url, headers={"User-Agent": f"connector-probe/{__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            answer.read(_ENOUGH)
    except urllib.error.HTTPError as error:
        error.close()
        return f"HTTP {error.code}"
    except TimeoutError:
        return f"no answer within {TIMEOUT:.0f} s"
    except urllib.error.URLError as error:
        return show(str(error.reason))
    except Exception as error:  # http.client, ssl and socket raise many kinds; some have the URL in their text
        return type(error).__name__
    return ""
