"""What Prometheus asks for: ``/probe`` as blackbox_exporter has it, ``/metrics``, ``/sd``, and ``/-/``."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import defaultdict
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from connector_probe.config import Entry, SelectionError, shard
from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.json import jsonable
from connector_probe.model.connector import Connector, ConnectorError
from connector_probe.model.names import show
from connector_probe.model.verdict import Report, Status
from connector_probe.serve.context import Context
from connector_probe.serve.exposition import exposition, of_scrape, unanswered
from connector_probe.serve.service import ProbeFailedError
from connector_probe.serve.snapshots import HERE, Trigger

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
OFFSET = 0.5  # seconds of Prometheus' own timeout that are left for the way back, as blackbox_exporter has it
LONGEST = 120.0  # seconds, for a scrape that says nothing of its timeout
FRESH = 10.0  # seconds for which a result answers further scrapes: two Prometheis are one probe to the mail server
_NOT_IN_A_LABEL = re.compile(r"[^a-zA-Z0-9_]")


def routes(context: Context) -> list[Route]:
    one = _Exporter(context)
    return [
        Route("/probe", one.probe),
        Route("/metrics", one.metrics),
        Route("/sd", one.discovery),
        Route("/-/healthy", one.healthy),
        Route("/-/ready", one.is_ready),
        Route("/-/reload", one.reload, methods=["POST"]),
    ]


class _Exporter:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._service = context.service
        self._texts: dict[str, tuple[Report, str]] = {}

    async def probe(self, request: Request) -> Response:
        target = request.query_params.get("target", "")
        if not target:
            return PlainTextResponse("Target parameter is missing\n", 400)
        try:
            limit = _limit(request.headers.get("x-prometheus-scrape-timeout-seconds", ""))
        except ValueError as error:
            return PlainTextResponse(f"Failed to parse timeout from Prometheus header: {error}\n", 500)
        began, connector = time.monotonic(), None
        if target not in self._service.names:
            if not self._context.settings.any_target:
                told = f"Unknown target {show(target, 300)!r}: it is not in probes.yaml (see --allow-any-target)\n"
                return PlainTextResponse(told, 400)
            self._context.settings.limits.scrapes.take()
            try:
                connector = Connector(smart_hosts=(target,))
            except ConnectorError as error:
                return PlainTextResponse(f"{error}; {error.hint}\n", 400)
        report, age, problem = None, 0.0, ""
        try:
            async with asyncio.timeout(limit):
                if connector is not None:
                    report = await self._service.probe_other(connector)
                else:
                    snapshot = await self._service.probe(target, Trigger.SCRAPE, FRESH)
                    report, age = snapshot.report, snapshot.age(datetime.now(UTC))
        except TimeoutError:
            problem = f"the probe did not end within {limit:g} s"
            report, age = self._latest(target)
        except ProbeFailedError as error:
            problem = str(error)
        waited = time.monotonic() - began
        text = self._told(report, waited, age) if report is not None else unanswered(waited)
        if request.query_params.get("debug") == "true":
            return PlainTextResponse(self._debug(target, report, problem, text))
        return Response(text, media_type=TEXT_FORMAT)

    def _told(self, report: Report, waited: float, age: float) -> str:
        """Put together once for each report: several scrapes may share it."""
        result = report.results[0]
        of, text = self._texts.get(result.name, (None, ""))
        if of is not report:
            text = exposition(result)
            if result.name in self._service.names:
                self._texts[result.name] = (report, text)
        return text + of_scrape(waited, age)

    def _latest(self, target: str) -> tuple[Report | None, float]:
        """The newest report of a server that takes longer than a scrape may, as long as the next is not due."""
        one = self._service.tracked(target) if target in self._service.names else None
        if one is None or one.here is None or (age := one.here.age(datetime.now(UTC))) > one.entry.interval:
            return None, 0.0
        return one.here.report, age

    def _debug(self, target: str, report: Report | None, problem: str, text: str) -> str:
        """A bug report in one paste, in blackbox_exporter's order."""
        logs = [f"Logs for the probe:\ntarget {show(target, 300)}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"]
        if problem:
            logs.append(f"{show(problem, 300)}\n")
        if report is not None:
            logs.append(RENDERERS[Format.TEXT](report, RenderOptions(verbosity=1, transcript=True, modes=True)))
        asked = self._connector(target, report)
        return "".join(
            [
                *logs,
                f"\n\n\nMetrics that would have been returned:\n{text}",
                "\n\n\nModule configuration:\n",
                *(f"{key}: {value}\n" for key, value in asked.items()),
            ]
        )

    def _connector(self, target: str, report: Report | None) -> dict[str, object]:
        if target in self._service.names:
            entry = self._service.tracked(target).entry
            return dict(jsonable(entry.connector)) | {"interval": entry.interval}
        return dict(jsonable(report.results[0].connector)) if report is not None else {}

    async def metrics(self, request: Request) -> Response:
        measured, service = self._context.metrics, self._service
        counts: defaultdict[str, int] = defaultdict(int)
        places: dict[str, float] = {}
        lag = 0.0
        for name in service.names:
            one = service.tracked(name)
            judged = service.judged(name)
            counts[judged.result.status.value if judged is not None else "none"] += 1
            lag = max(lag, time.monotonic() - one.due) if service.scheduled and one.running is None else lag
            for place, snapshot in one.snapshots.items():
                if place != HERE:
                    places[place] = max(places.get(place, 0.0), snapshot.received_at.timestamp())
        for status in (*(one.value for one in Status), "none"):
            measured.connectors.labels(status).set(counts[status])
        for place, at in places.items():
            measured.places.labels(place).set(at)
        measured.late.set(lag)
        measured.running.set(sum(service.tracked(name).running is not None for name in service.names))
        measured.tasks.set(len(asyncio.all_tasks()))
        measured.listeners.set(service.hub.listeners)
        return Response(measured.exposition(), media_type=TEXT_FORMAT)

    async def discovery(self, request: Request) -> Response:
        """http_sd: a target for each connector, its name and tags as labels."""
        entries: tuple[Entry, ...] = tuple(self._service.tracked(name).entry for name in self._service.names)
        share = request.query_params.get("shard")
        if share is not None:
            try:
                entries = shard(entries, share)
            except SelectionError as problem:
                return PlainTextResponse(f"{problem}; {problem.hint}\n", 400)
        return JSONResponse([{"targets": [entry.name], "labels": _labels(entry)} for entry in entries])

    async def healthy(self, request: Request) -> Response:
        return PlainTextResponse("Healthy\n")

    async def is_ready(self, request: Request) -> Response:
        if self._service.ready:
            return PlainTextResponse("Ready\n")
        return PlainTextResponse("Not ready: reading the history\n", 503)

    async def reload(self, request: Request) -> Response:
        problem = await self._context.reload()
        if problem:
            return PlainTextResponse(f"failed to reload config: {problem}\n", 500)
        return PlainTextResponse("")


def _limit(header: str) -> float:
    """Seconds that a scrape may take. Raises ValueError."""
    given = float(header) if header else 0.0
    if not math.isfinite(given):
        raise ValueError(f"{show(header)} is no number of seconds")
    wanted = given - OFFSET
    return min(wanted, LONGEST) if wanted > 0 else LONGEST


def _labels(entry: Entry) -> dict[str, str]:
    tags = {f"tag_{_NOT_IN_A_LABEL.sub('_', tag)}": "true" for tag in entry.tags}
    return {"connector": entry.name, **tags}
