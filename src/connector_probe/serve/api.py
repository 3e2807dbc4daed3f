"""``/api/v1``: what the pages show, as JSON; what other places push; what happens, as it happens."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connector_probe.bounces.bounce import InputTooLargeError, read
from connector_probe.bounces.explanation import ExplanationDocument
from connector_probe.bounces.explanation import document as explanation
from connector_probe.formats.json import dumps
from connector_probe.formats.saved import SavedReportError, diagnose_again, read_report
from connector_probe.history import HistoryError
from connector_probe.history.summary import sum_up
from connector_probe.model.durations import seconds
from connector_probe.model.history import HISTORY_SCHEMA, HistoryDocument
from connector_probe.model.names import show
from connector_probe.model.printable import printable
from connector_probe.model.verdict import REPORT_SCHEMA, Report
from connector_probe.serve.context import Context
from connector_probe.serve.documents import (
    ConnectorDetail,
    ConnectorDocument,
    ConnectorsDocument,
    Problem,
    Received,
    Rejected,
    all_connectors,
    connector_document,
)
from connector_probe.serve.openapi import EVENTS, JSON, TEXT, Answer, Operation, document, parameter
from connector_probe.serve.requests import CONNECTOR, PROBLEM, body_of, media_type
from connector_probe.serve.service import ProbeFailedError
from connector_probe.serve.snapshots import Trigger
from connector_probe.wording.catalogue.en import ENGLISH

MAX_BOUNCE = 1024 * 1024  # octets
MAX_PUSHED = 64 * 1024 * 1024  # octets; a thousand connectors have some thirty MiB
MAX_PLACE = 100  # characters of a place's name
WINDOW = "24h"
_WINDOW = r"^[1-9][0-9]{0,3}[mhd]$"
MAIL = "message/rfc822"

_NAME = parameter("name", "The connector's name.", {"type": "string", "minLength": 1}, "path")
_WAIT = parameter("wait", "Whether to answer when the probe has ended.", {"type": "boolean", "default": False})
_SPAN = parameter("window", "What the time line covers, as in 24h or 30d.", {"type": "string", "pattern": _WINDOW})
_FROM = parameter("place", "Where it was probed; else the report's host.", {"type": "string", "maxLength": MAX_PLACE})
_OF = parameter("connector", "Only what concerns this one.", {"type": "string"})
_PUSHED = {
    "type": "object",
    "description": "A report, as probe run --push sends it. Each result is taken or rejected by itself.",
    "properties": {"schema": {"const": REPORT_SCHEMA}, "results": {"type": "array", "items": {"type": "object"}}},
    "required": ["schema", "results"],
}
_PASTED: dict[str, dict[str, Any]] = {
    TEXT: {"type": "string"},
    JSON: {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    MAIL: {"type": "string"},
}
_PROBLEMS = {
    400: Answer("A parameter or the body is not as it should be.", Problem, PROBLEM),
    404: Answer("No connector has that name.", Problem, PROBLEM),
    413: Answer("The body is too large.", Problem, PROBLEM),
    415: Answer("A body of that media type is not read.", Problem, PROBLEM),
    429: Answer("Too many requests.", Problem, PROBLEM, ("Retry-After",)),
    503: Answer("Not just now: it cannot be probed, or the history cannot be read.", Problem, PROBLEM),
}

CONNECTORS = "/api/v1/connectors"
ONE = f"{CONNECTORS}/{CONNECTOR}"


def routes(context: Context, *, secured: bool) -> list[Route]:
    api = _Api(context)
    one = Answer("The connector.", ConnectorDetail)
    table = [
        Operation(
            api.connectors, CONNECTORS, "All connectors as they stand.", {200: Answer("All.", ConnectorsDocument)}
        ),
        Operation(api.connector, ONE, "One connector, and its report.", {200: one} | _or(404), [_NAME]),
        Operation(
            api.history,
            f"{ONE}/history",
            "What was seen of it, from every place.",
            {200: Answer("The history.", HistoryDocument)} | _or(400, 404, 503),
            [_NAME, _SPAN],
        ),
        Operation(
            api.probe,
            f"{ONE}/probe",
            "Probe it now; a probe that is under way will do.",
            {200: one, 202: Answer("It is under way.", ConnectorDocument)} | _or(400, 404, 429, 503),
            [_NAME, _WAIT],
            "POST",
        ),
        Operation(
            api.explain,
            "/api/v1/explain",
            "Say what a bounce, a trace line or a queue error means.",
            {200: Answer("What was found, if anything.", ExplanationDocument)} | _or(400, 413, 415, 429),
            method="POST",
            body=_PASTED,
        ),
        Operation(
            api.results,
            "/api/v1/results",
            "Take what another place saw.",
            {200: Answer("What was taken.", Received)} | _or(400, 413, 415, 429),
            [_FROM],
            "POST",
            {JSON: _PUSHED},
        ),
        Operation(
            api.events,
            "/api/v1/events",
            "What happens, as it happens; of one connector, each stage of its probes too.",
            {200: Answer("Events.", media_type=EVENTS)},
            [_OF],
        ),
    ]

    @cache
    def described() -> str:  # late: a third of a second
        return json.dumps(document(table, secured=secured), ensure_ascii=True)

    async def describe(request: Request) -> Response:
        return Response(described(), media_type=JSON)

    return [
        *(Route(each.path, each.handler, methods=[each.method]) for each in table),
        Route("/api/openapi.json", describe),
    ]


def _or(*statuses: int) -> dict[int, Answer]:
    """The ways in which it may go wrong."""
    return {status: _PROBLEMS[status] for status in statuses}


class _Api:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._service = context.service

    async def connectors(self, request: Request) -> Response:
        return _json(all_connectors(self._service))

    async def connector(self, request: Request) -> Response:
        return _json(self._detail(self._name(request)))

    async def history(self, request: Request) -> Response:
        name, window, now = self._name(request), _window(request), datetime.now(UTC)
        try:
            pasts = await self._service.recorder.pasts([name], now, window)
        except HistoryError as error:
            raise HTTPException(503, str(error)) from None
        summed = tuple(sum_up(past, now, window) for past in pasts)
        return _json(HistoryDocument(HISTORY_SCHEMA, now, window.total_seconds(), summed))

    async def probe(self, request: Request) -> Response:
        name, wait = self._name(request), _truth(request, "wait")
        if self._service.tracked(name).running is None:
            self._context.settings.limits.requests.take()
        probing = self._service.begin(name, Trigger.REQUEST)
        if not wait:
            return _json(connector_document(self._service, name), 202)
        try:
            await asyncio.shield(probing)
        except ProbeFailedError as error:
            raise HTTPException(503, str(error)) from None
        return _json(self._detail(name))

    async def explain(self, request: Request) -> Response:
        self._context.settings.limits.explanations.take()
        kind = media_type(request)
        if kind not in _PASTED:
            raise HTTPException(415, f"{show(kind) or 'no media type'}: send {', '.join(_PASTED)}")
        data: str | bytes = await body_of(request, MAX_BOUNCE)
        if kind == JSON:
            given = _object(data)
            text = given.get("text")
            if not isinstance(text, str):
                raise HTTPException(400, 'the object has no text, as in: {"text": "450 4.4.316 ..."}')
            data = text
        try:
            return _json(await asyncio.to_thread(lambda: explanation(read(data), ENGLISH)))  # as all JSON
        except InputTooLargeError as large:  # when it is unpacked
            raise HTTPException(413, str(large)) from None

    async def results(self, request: Request) -> Response:
        self._context.settings.limits.reports.take()
        place = request.query_params.get("place")
        if place is not None and len(place) > MAX_PLACE:
            raise HTTPException(400, f"place is longer than {MAX_PLACE} characters")
        if media_type(request) != JSON:
            raise HTTPException(415, f"send {JSON}: a report, as probe run --json writes it")
        body = await body_of(request, MAX_PUSHED)
        reports, rejected = await asyncio.to_thread(_reports, body)
        taken = list[str]()
        for report in reports:
            where = printable((place or report.vantage.hostname).strip(), MAX_PLACE) or "elsewhere"
            names, unknown = await self._service.receive(where, report)
            taken += names
            rejected += [Rejected(name, "no connector here has that name") for name in unknown]
        return _json(Received(tuple(taken), tuple(rejected)))

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._service.hub.stream(request.query_params.get("connector")), media_type=EVENTS)

    def _name(self, request: Request) -> str:
        """Raises HTTPException for one that is not known."""
        name: str = request.path_params["name"]
        if name not in self._service.names:
            raise HTTPException(404, f"no connector has the name {show(name, 300)!r}")
        return name

    def _detail(self, name: str) -> ConnectorDetail:
        return ConnectorDetail(connector_document(self._service, name), self._service.newest(name))


def _reports(body: bytes) -> tuple[list[Report], list[Rejected]]:
    """A report for each result that can be read, judged by today's rules. Raises HTTPException."""
    given = _object(body)
    if given.get("schema") != REPORT_SCHEMA:
        raise HTTPException(400, f"the schema is not {REPORT_SCHEMA}")
    results = given.get("results")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise HTTPException(400, "results is no list of objects")
    reports, rejected = list[Report](), list[Rejected]()
    for one in results:
        try:
            alone = json.dumps(given | {"results": [one]}, ensure_ascii=True, allow_nan=False)
            reports.append(diagnose_again(read_report(alone), ENGLISH))
        except (SavedReportError, ValueError, RecursionError) as error:
            rejected.append(Rejected(printable(str(one.get("name", "")), 300), str(error) or "not readable"))
    return reports, rejected


def _object(body: bytes | str) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not valid JSON") from None
    if not isinstance(given, dict):
        raise HTTPException(400, "the body is no JSON object")
    return given


def _window(request: Request) -> timedelta:
    given = request.query_params.get("window", WINDOW)
    found = seconds(given) if re.fullmatch(_WINDOW, given) else None
    if found is None:
        raise HTTPException(400, f"window {show(given)!r} is no duration, as in: 24h, 30d")
    return timedelta(seconds=found)


def _truth(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false")
    if given not in ("true", "false"):
        raise HTTPException(400, f"{name} is true or false")
    return given == "true"


def _json(value: object, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type=JSON)
