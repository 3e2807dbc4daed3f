"""``probe run --push URL``: what this place saw, sent to a ``probe serve`` that has several of them."""

from __future__ import annotations

import os
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlunsplit

from connector_probe._version import __version__
from connector_probe.cli.output import say
from connector_probe.cli.ping import problem_within
from connector_probe.cli.values import UsageProblemError, web_url
from connector_probe.model.names import show
from connector_probe.model.printable import printable

if TYPE_CHECKING:
    from connector_probe.model.verdict import Report

TOKEN = "PROBE_TOKEN"  # of the environment
PATH = "/api/v1/results"
TIMEOUT = 20.0  # seconds for each step of the request
LIMIT = 60.0  # seconds for all of it
_ENOUGH = 64 * 1024  # octets of the answer
_TOLD = 5  # rejected results that are named


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
        from connector_probe.formats import RENDERERS, Format, RenderOptions

        body = RENDERERS[Format.JSON](report, RenderOptions()).encode()
        if problem := problem_within(LIMIT, lambda: self._post(body)):
            say(f"probe: push: {show(self._host)} did not take the results: {problem}")

    def _post(self, body: bytes) -> str:
        """What went wrong; empty if nothing did."""
        import urllib.error  # late: slow to import, and needed by few
        import urllib.request

        headers = {"User-Agent": f"connector-probe/{__version__}", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self._url, body, headers, method="POST")

        class Straight(urllib.request.HTTPRedirectHandler):
            """A redirect would carry the token to somebody else, and lose the body on the way."""

            def redirect_request(self, *args: object) -> None:
                return None

        try:
            with urllib.request.build_opener(Straight).open(request, timeout=TIMEOUT) as answer:
                return _rejected(answer.read(_ENOUGH))
        except urllib.error.HTTPError as error:
            told = printable(error.read(_ENOUGH).decode("utf-8", "replace"), 200)
            error.close()
            hint = f" (is the token in {TOKEN} or --token-file right?)" if error.code in (401, 403) else ""
            return f"HTTP {error.code}{hint}: {told}"
        except urllib.error.URLError as error:
            return show(str(error.reason))
        except (OSError, HTTPException, ValueError) as error:
            return f"{type(error).__name__}: {show(str(error))}"


def _rejected(answer: bytes) -> str:
    import json

    try:
        rejected = json.loads(answer)["rejected"]
        told = [f"{show(one['name'])}: {show(one['reason'], 200)}" for one in rejected]
    except (ValueError, TypeError, KeyError):
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


def _token(file: str | None) -> str:
    if file is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        lines = [line.strip() for line in Path(file).read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text"
        raise UsageProblemError(f"--token-file {show(file)} cannot be read: {told}", "check the name") from None
    tokens = [line for line in lines if line and not line.startswith("#") and line.isascii() and " " not in line]
    if not tokens:
        raise UsageProblemError(f"--token-file {show(file)} holds no token", "the one that the server knows")
    return tokens[0]
