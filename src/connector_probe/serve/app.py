"""All routes, behind the guard."""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

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
    return app


async def _said(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return refusal(request.url.path, problem.status_code, problem.detail, problem.headers)


async def _confessed(request: Request, problem: Exception) -> Response:
    log.error("a fault of this program at %s", request.url.path, exc_info=problem)
    return refusal(request.url.path, 500, "a fault of this program; its log has more")
