"""The dashboard: pages made here, whole without a script; what happens meanwhile is filled in by ``static/live.js``."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from connector_probe._version import __version__
from connector_probe.bounces.bounce import InputTooLargeError, read
from connector_probe.bounces.explanation import ExplanationDocument
from connector_probe.bounces.explanation import document as explanation
from connector_probe.comparing.compare import compare
from connector_probe.comparing.comparison import Relation
from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.history import outage
from connector_probe.formats.options import (
    cause_text,
    certificate_rows,
    endpoint,
    expectation,
    other_modes,
    stage_fact,
    stage_name,
    subtitle,
)
from connector_probe.history import HistoryError
from connector_probe.history.summary import sum_up
from connector_probe.model.evidence import Stage
from connector_probe.model.history import Episode
from connector_probe.model.names import show
from connector_probe.model.notation import day, span
from connector_probe.model.verdict import FLOWING, Culprit, Status
from connector_probe.serve import views
from connector_probe.serve.context import Context
from connector_probe.serve.documents import all_connectors, connector_document
from connector_probe.serve.requests import CONNECTOR, body_of, media_type, quoted
from connector_probe.serve.service import ProbeFailedError
from connector_probe.serve.snapshots import HERE, Trigger
from connector_probe.wording.outage import clock, lasting
from connector_probe.wording.sentences import fill

MAX_PASTED = 1024 * 1024  # octets of a form
WINDOWS = {"day": timedelta(days=1), "week": timedelta(days=7), "quarter": timedelta(days=90)}
MOST_OUTAGES = 10  # that a page lists
MOST_APART = 5  # places that are compared with one where mail flows
FORM = "application/x-www-form-urlencoded"
# What templates call, without the words.
_WORDED: tuple[Callable[..., object], ...] = (
    *(cause_text, certificate_rows, clock, endpoint, expectation, other_modes, stage_fact, stage_name, subtitle),
)
# A report is one file with its own styles, made to be sent to somebody.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routes(context: Context) -> list[BaseRoute]:
    pages = _Pages(context)
    mimetypes.add_type("text/javascript", ".js")  # whatever Windows' registry says: it is not run as anything else
    one = f"/connectors/{CONNECTOR}"
    return [
        Route("/", pages.overview),
        Route(one, pages.connector),
        Route(f"{one}/probe", pages.probe, methods=["POST"]),
        Route("/calendar", pages.calendar),
        Route("/explain", pages.explain, methods=["GET", "POST"]),
        Route(f"/report/{CONNECTOR}.html", pages.report),
        Mount("/static", StaticFiles(packages=[("connector_probe.serve", "static")])),
    ]


class _Pages:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._service = context.service
        self._words = words = context.settings.words
        self._templates = Environment(
            loader=PackageLoader("connector_probe.serve"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "say": words.serve,
            "text": words.text,
            "explain_words": words.explain,
            "history_words": words.history,
            "t": lambda key, **facts: fill(words.serve[key], {name: str(value) for name, value in facts.items()}),
            "language": words.language,
            "version": __version__,
            "service": context.service,
            "stages": [one for one in Stage if one is not Stage.CERTIFICATE],
            "culprit": lambda one: "" if one in (None, Culprit.UNKNOWN) else words.explain[f"culprit-{one}"],
            "views": views,
            "with_query": with_query,
        } | {one.__name__: self._worded(one) for one in _WORDED}
        self._templates.filters |= {
            "begun": lambda said: said[:1].upper() + said[1:],
            "day": day,
            "span": span,
            "quoted": quoted,
            "lasting": self._lasting,
        }

    # --- pages ---

    async def overview(self, request: Request) -> Response:
        wanted = views.Filter.of(request.query_params)
        document = all_connectors(self._service, self._words)
        shown = [one for one in document.connectors if wanted.takes(one)]
        tags = sorted({tag for one in document.connectors for tag in one.tags}, key=str.casefold)
        soonest = next((one for one in document.connectors if one.bounces_at is not None), None)
        return self._page(
            "overview.html",
            document=document,
            shown=shown,
            filter=wanted,
            counts=views.counted(document.connectors),
            tags=tags,
            soonest=soonest,
            query=dict(request.query_params),
        )

    async def connector(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._service.names:
            return self._missing(name)
        return await self._connector(name)

    async def probe(self, request: Request) -> Response:
        """The button without a script: begin, and show the page on which it goes on."""
        name = request.path_params["name"]
        if name not in self._service.names:
            return self._missing(name)
        if self._service.tracked(name).running is None:
            try:
                self._context.settings.limits.requests.take()
            except HTTPException as many:
                return await self._connector(name, self._said(many), many.status_code, many.headers)
        probing = self._service.begin(name, Trigger.REQUEST)
        await asyncio.wait({probing}, timeout=2.0)  # most have ended by then, and the page shows what came of it
        if probing.done() and not probing.cancelled() and isinstance(probing.exception(), ProbeFailedError):
            return await self._connector(name, str(probing.exception()), 503)
        return RedirectResponse(f"/connectors/{quoted(name)}", 303)

    async def calendar(self, request: Request) -> Response:
        now = datetime.now(UTC)
        seen = [(name, snapshot.result) for name in self._service.names for snapshot in self._service.snapshots(name)]
        return self._page("calendar.html", endings=views.endings(seen, now))

    async def explain(self, request: Request) -> Response:
        pasted, problem, status, headers = "", "", 200, None
        found: ExplanationDocument | None = None
        if request.method == "POST":
            try:
                self._context.settings.limits.explanations.take()
                pasted = _form(request, await body_of(request, 3 * MAX_PASTED))
                found = await asyncio.to_thread(lambda: explanation(read(pasted), self._words))
            except HTTPException as wrong:
                problem, status, headers = self._said(wrong), wrong.status_code, wrong.headers
            except InputTooLargeError as large:
                problem, status = str(large), 413
        return self._page("explain.html", status, headers, pasted=pasted, found=found, problem=problem)

    async def report(self, request: Request) -> Response:
        """What ``--format html`` writes; with ``?failed=true`` of the last probe in which mail did not flow."""
        name = request.path_params["name"]
        if name not in self._service.names:
            return self._missing(name)
        if request.query_params.get("failed") == "true":
            last = await self._service.last_failed(name, self._words)
            found = last[2] if last is not None else None
        else:
            found = self._service.newest(name, self._words)
        if found is None:
            return self._refusal(fill(self._words.serve["no-report"], {"name": show(name, 300)}), 404)
        options = RenderOptions(words=self._words, verbosity=1, transcript=True, modes=True)
        html = await asyncio.to_thread(RENDERERS[Format.HTML], found, options)
        return Response(html, headers={"content-security-policy": REPORT_POLICY}, media_type="text/html")

    # --- how ---

    async def _connector(
        self, name: str, problem: str = "", status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        now, one = datetime.now(UTC), self._service.tracked(name)
        judged = self._service.judged(name, now, self._words)
        report = self._service.newest(name, self._words)
        result = judged.result if judged is not None else None
        seen = report.results[0] if report is not None else None
        past, unread = await self._past(name, now)
        last = await self._service.last_failed(name, self._words)
        return self._page(
            "connector.html",
            status,
            headers,
            one=connector_document(self._service, name, self._words, now),
            entry=one.entry,
            result=result,
            diagnosis=result.diagnosis if result is not None else None,
            seen=seen,
            report=report,
            live=views.live_addresses(one.stages) if one.running is not None else [],
            chains=views.chains(seen.attempts, now) if seen is not None else [],
            apart=self._apart(name, judged.silent if judged is not None else ()),
            past=past,
            unread=unread,
            last=last
            if last is not None and (seen is None or last[2].results[0].evidence is not seen.evidence)
            else None,
            problem=problem,
        )

    def _apart(self, name: str, silent: Sequence[str]) -> list[str]:
        """What follows from what places see differently: each where mail fails beside one where it flows."""
        heard = [one for one in self._service.snapshots(name, self._words) if one.place not in silent]
        flowing = next((one for one in heard if one.result.status in FLOWING), None)
        if flowing is None:
            return []
        told: dict[str, None] = {}
        for one in [one for one in heard if one.result.status is Status.FAILING][:MOST_APART]:
            places = (flowing.place or self._service.place, one.place or self._service.place)
            first, second = (
                replace(each.report, vantage=replace(each.report.vantage, hostname=place))
                for each, place in zip((flowing, one), places, strict=True)
            )
            found = compare(first, second, self._words, files=places, relation=Relation.PLACES)
            told |= dict.fromkeys(difference.text for difference in found.connectors[0].differences)
        return list(told)

    async def _past(self, name: str, now: datetime) -> tuple[dict[str, Any] | None, str]:
        """Plots and outages of this place, else of the one that has reported; and why there are none."""
        plots: list[views.Plot] = []
        episodes: tuple[Episode, ...] = ()
        try:
            for key, window in WINDOWS.items():
                pasts = await self._service.recorder.pasts([name], now, window, views.PARTS)
                known = [one for one in pasts if one.before.last is not None]
                if not known:
                    return None, ""
                newest = max(known, key=lambda one: (one.place == HERE, one.before.last.at if one.before.last else now))
                plots.append(views.plot(key, newest.timeline))
                episodes = sum_up(newest, now, window).episodes
        except HistoryError as error:
            return None, str(error)
        newest_first = reversed(episodes[-MOST_OUTAGES:])
        told = [outage(one, self._lasting(one.lasted(now)), self._words) for one in newest_first]
        return {"plots": plots, "outages": told, "more": max(len(episodes) - MOST_OUTAGES, 0)}, ""

    def _worded(self, say: Callable[..., object]) -> Callable[..., object]:
        return lambda *facts: say(*facts, self._words)

    def _lasting(self, duration: timedelta) -> str:
        """Seconds where there are no minutes: what is probed each minute changes within them."""
        seconds = int(duration.total_seconds())
        if seconds < 60:
            return fill(self._words.serve["seconds"], {"seconds": str(max(seconds, 0))})
        return lasting(duration, self._words)

    def _said(self, wrong: HTTPException) -> str:
        """In the words of the pages, where it is no mistake of a program."""
        wait = (wrong.headers or {}).get("retry-after")
        return fill(self._words.serve["too-many"], {"wait": wait}) if wait is not None else wrong.detail

    def _missing(self, name: str) -> Response:
        return self._refusal(fill(self._words.serve["unknown-name"], {"name": show(name, 300)}), 404)

    def _refusal(self, told: str, status: int) -> Response:
        return self._page("refusal.html", status, told=told)

    def _page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **facts: object
    ) -> Response:
        html = self._templates.get_template(template).render(facts | {"now": datetime.now(UTC), "page": template})
        return Response(html, status, headers, "text/html")


def with_query(query: dict[str, str], **changes: str) -> str:
    """The link to this page with other parameters; empty ones are left out."""
    wanted = {key: value for key, value in (query | changes).items() if value}
    return f"?{urlencode(wanted)}" if wanted else "?"


def _form(request: Request, body: bytes) -> str:
    """The text that was pasted. Raises HTTPException."""
    if media_type(request) != FORM:
        raise HTTPException(415, f"send {FORM}")
    try:
        given = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=5, errors="replace")
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None
    return given.get("text", [""])[0]
