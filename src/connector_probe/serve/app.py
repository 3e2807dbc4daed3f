"""All routes, behind the guard."""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector_probe.serve import api, exporter, pages
from connector_probe.serve.context import Context
from connector_probe.serve.requests import refusal

log = logging.getLogger(__name__)


def make_app(context: Context, *, secured: bool) -> ASGIApp:
    """``secured``: a token or a password is asked for."""
    app = Starlette(
        routes=[*exporter.routes(context), *api.routes(context, secured=secured), *pages.routes(context)],
        exception_handlers={HTTPException: _said, Exception: _confessed},
    )
    app.router.redirect_slashes = False
    return _Counted(app, context)


class _Counted:
    """Counts answers by route and status: never by path, of which a client can make up any number."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._requests = context.metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = scope.get("route")
                path = getattr(route, "path", "") or "none"
                self._requests.labels(path, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counted)


async def _said(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return refusal(request.url.path, problem.status_code, problem.detail, problem.headers)


async def _confessed(request: Request, problem: Exception) -> Response:
    log.error("a fault of this program at %s", request.url.path, exc_info=problem)
    return refusal(request.url.path, 500, "a fault of this program; its log has more")
