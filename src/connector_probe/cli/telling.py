"""Telling a URL of a run: the dead-man URL that is asked for after each, and ``--push`` to a ``probe serve``.

The dead-man URL is as healthchecks.io has it: itself after a run in which all was as expected, with /fail behind it
after another, so that somebody notices when no run comes any more. It is a secret: of it only the host is ever shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from connector_probe._version import __version__
from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError, web_url
from connector_probe.config.environment import ReferenceProblemError, expand
from connector_probe.model.names import show
from connector_probe.model.printable import printable

if TYPE_CHECKING:
    import urllib.error
    import urllib.request

    from connector_probe.model.verdict import Report

TOKEN = "PROBE_TOKEN"  # of the environment
PATH = "/api/v1/results"
AGENT = f"connector-probe/{__version__}"
_ENOUGH = 64 * 1024  # octets of an answer
_TOLD = 5  # rejected results that are named


def _outcome(
    request: urllib.request.Request,
    each: float,
    whole: float,
    *,
    read: Callable[[bytes], str] = lambda answer: "",
    refused: Callable[[urllib.error.HTTPError], str] = lambda error: f"HTTP {error.code}",
) -> str:
    """What went wrong with ``request``; empty if nothing did. No text of ours shows its URL.

    ``each``: seconds for a step of it; ``whole``: for all of it, in a thread, since looking up a name knows no limit.
    ``read``: what is wrong with an answer. No redirect is followed where there is something to lose: a body, a token.
    """
    import urllib.error  # late: slow to import, and needed by few
    import urllib.request

    class Straight(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object) -> None:
            return None

    def ask() -> str:
        try:
            opener = urllib.request.build_opener(*([Straight] if request.data is not None else []))
            try:
                with opener.open(request, timeout=each) as answer:
                    return read(answer.read(_ENOUGH))
            except urllib.error.HTTPError as error:
                with error:
                    return refused(error)  # whose text may be cut off, too
        except TimeoutError:
            return f"no answer within {each:.0f} s"
        except urllib.error.URLError as error:
            return show(str(error.reason))
        except Exception as error:  # http.client, ssl and socket raise many kinds; some have the URL in their text
            return type(error).__name__

    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(ask()), daemon=True)
    thread.start()
    thread.join(whole)
    return said[0] if said else f"no answer within {whole:.0f} s"


# --- the dead-man URL --------------------------------------------------------------------------------------------


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


def ask_for(url: str, *, failed: bool) -> None:
    """That it fails is said, and changes nothing."""
    import urllib.request

    parts = urlsplit(url)
    asked = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail")) if failed else url
    if problem := _outcome(urllib.request.Request(asked, headers={"User-Agent": AGENT}), 10.0, 15.0):
        say(f"probe: the dead-man URL at {show(parts.hostname or '')} could not be told: {problem}")


# --- probe serve -------------------------------------------------------------------------------------------------


class Push:
    """Where to, as what place, with which token; checked before anything is probed."""

    def __init__(self, url: str, place: str | None, token_file: str | None) -> None:
        """Raises UsageProblemError, which shows no token."""
        parts = _checked(url)
        path = parts.path.rstrip("/")
        query = urlencode({"place": place.strip()}) if place and place.strip() else ""
        full = path if path.endswith(PATH) else f"{path}{PATH}"
        self._url = urlunsplit(parts._replace(path=full, query=query))
        self._host = parts.hostname or ""
        self._token = _token(token_file)

    def send(self, report: Report) -> None:
        """That it fails is said, and changes nothing: the server marks a place that falls silent."""
        import urllib.request

        from connector_probe.formats import RENDERERS, Format, RenderOptions

        body = RENDERERS[Format.JSON](report, RenderOptions()).encode()
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        headers |= {"User-Agent": AGENT, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url, body, headers, method="POST")
        if problem := _outcome(request, 20.0, 60.0, read=_rejected, refused=_refused):
            say(f"probe: push: {show(self._host)} did not take the results: {problem}")


def _refused(error: urllib.error.HTTPError) -> str:
    told = printable(error.read(_ENOUGH).decode("utf-8", "replace"), 200)
    hint = f" (is the token in {TOKEN} or --token-file right?)" if error.code in (401, 403) else ""
    return f"HTTP {error.code}{hint}: {told}"


def _rejected(answer: bytes) -> str:
    import json

    try:
        rejected = json.loads(answer)["rejected"]
        told = [f"{show(one['name'])}: {show(one['reason'], 200)}" for one in rejected]
    except (ValueError, TypeError, KeyError, AttributeError):
        return "it answers otherwise than probe serve"
    return "; ".join(told[:_TOLD]) + (f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else "")


def _checked(url: str) -> SplitResult:
    parts = web_url(url)
    if parts is None:
        raise UsageProblemError(
            f"--push {show(url)!r} is no URL", "that of a probe serve: https://probe.contoso.com:9425"
        )
    if parts.username is not None:
        raise UsageProblemError("--push holds a password", f"a token goes into {TOKEN}, or into --token-file FILE")
    return parts


def tokens_in(file: str | None) -> str:
    """What the file of --token-file holds, else the variable of the environment. Raises UsageProblemError."""
    if file is None:
        return os.environ.get(TOKEN, "")
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text"
        hint = "check name and permissions"
        raise UsageProblemError(f"--token-file {show(file)} cannot be read: {told}", hint) from None


def _token(file: str | None) -> str:
    text = tokens_in(file).strip()
    if file is None:
        if not text.isascii() or len(text.split()) > 1:
            raise UsageProblemError(f"{TOKEN} holds no token", "one word of ASCII, the one that the server knows")
        return text
    lines = map(str.strip, text.splitlines())
    tokens = [line for line in lines if line and not line.startswith("#") and line.isascii() and " " not in line]
    if not tokens:
        raise UsageProblemError(f"--token-file {show(file)} holds no token", "the one that the server knows")
    return tokens[0]
