"""Everything that a request passes before any page or handler sees it, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Collection
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector_probe.model.names import show
from connector_probe.serve.context import RateLimit
from connector_probe.serve.credentials import Credentials
from connector_probe.serve.metrics import Metrics
from connector_probe.serve.requests import refusal

OPEN_PATHS = frozenset({"/-/healthy", "/-/ready"})  # a load balancer's probes carry no token, and they tell nothing
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_HOST = "*"
# Nothing from elsewhere, nothing inline, in nobody's frame (CSP Level 3).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}
_KEPT = {b"cache-control": b"no-cache"}  # what has an etag may be kept, and is asked about each time
CHALLENGE = {"www-authenticate": 'Basic realm="connector-probe", charset="UTF-8"'}

log = logging.getLogger(__name__)


class Guard:
    """``hosts``: names that the Host header may have beside addresses and this machine's own. ``credentials`` None:

    everybody may.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        credentials: Credentials | None,
        hosts: Collection[str],
        metrics: Metrics,
        guesses: RateLimit,
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._hosts = frozenset(one.lower() for one in hosts) | {"localhost", socket.gethostname().lower().rstrip(".")}
        self._metrics = metrics
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _path(scope)
        headers = Headers(scope=scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                ours = HEADERS | _KEPT if b"etag" in given else HEADERS
                message["headers"] = [*message["headers"], *(one for one in ours.items() if one[0] not in given)]
                # By route, never by path, of which a client can make up any number.
                path = getattr(scope.get("route"), "path", "") or "none"
                self._metrics.requests.labels(path, str(message["status"])).inc()
            await send(message)

        refusal = await self._refusal(scope, headers)
        if refusal is not None:
            reason, response = refusal
            self._metrics.refused.labels(reason).inc()
            client = (scope.get("client") or ("",))[0]
            log.info("refused a request: %s (client %s, %s)", reason, client, show(scope["path"], 100))
            await response(scope, receive, answer)
            return
        await self._app(scope, receive, answer)

    async def _refusal(self, scope: Scope, headers: Headers) -> tuple[str, Response] | None:
        """Why it is turned away, and the answer; None where it may go on."""
        path = scope["path"]
        if not self._is_ours(headers.get("host", "")):
            told = "the Host header names another server; names beside addresses: probe serve --allow-host NAME"
            return "host", refusal(path, 400, told)
        if scope["method"] not in SAFE_METHODS and _is_foreign(headers):
            return "cross-site", refusal(path, 403, "a request from another site is not taken")
        if self._credentials is None or path in OPEN_PATHS:
            return None
        given = headers.get("authorization")
        if given is None:
            return "no-credentials", refusal(path, 401, "a token or a password is needed", CHALLENGE)
        accepts = self._credentials.accepts
        is_token = given.lower().startswith("bearer ")  # a scrape's; only a password is hashed, which takes its time
        if accepts(given) if is_token else await asyncio.to_thread(accepts, given):
            return None
        try:
            self._guesses.take()
        except HTTPException as many:
            return "guessing", refusal(path, many.status_code, many.detail, many.headers)
        return "credentials", refusal(path, 401, "that token or password is not known", CHALLENGE)

    def _is_ours(self, host: str) -> bool:
        """An address is nobody's name, so that no foreign page can have the browser use it (DNS rebinding)."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._hosts or ANY_HOST in self._hosts
        return True


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser sends it on behalf of another site; programs send neither header."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True


def _path(scope: Scope) -> str:
    """The path with each segment decoded by itself, so that a slash in a connector's name parts nothing.

    In a segment "%" and "/" stay written as %25 and %2F; ``requests.NameConvertor`` undoes that.
    """
    raw = scope.get("raw_path") or scope["path"].encode()
    segments = raw.decode("latin-1").split("/")
    return "/".join(unquote(one).replace("%", "%25").replace("/", "%2F") for one in segments)
