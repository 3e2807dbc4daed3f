"""The process: sockets, TLS, signals, the file that is read anew, and an end within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from connector_probe.config import ConfigError, Configuration, Entry, load
from connector_probe.model.errors import HintedError
from connector_probe.model.names import host_port, show
from connector_probe.model.verdict import Result
from connector_probe.notifications import NotificationError, Sink, sinks_of
from connector_probe.serve import api, exporter, pages
from connector_probe.serve.context import Context, Settings
from connector_probe.serve.guard import Guard
from connector_probe.serve.metrics import Metrics
from connector_probe.serve.notifier import Notifier
from connector_probe.serve.recorder import Recorder
from connector_probe.serve.requests import refusal
from connector_probe.serve.service import Service
from connector_probe.serve.snapshots import HERE, Snapshot
from connector_probe.serve.supervisor import Supervisor
from connector_probe.serve.telemetry import telemetry_of

GRACE = 3  # seconds for answers that are on their way when the end comes; all of it takes five at most
LAST_WORD = 4.5  # seconds after the signal, when it ends whatever still goes on
KEEP_ALIVE = 75  # seconds: longer than Prometheus' usual minute, so that it scrapes over one connection
BACKLOG = 512
MAX_CONNECTIONS = 1000  # beyond which uvicorn answers 503

log = logging.getLogger(__name__)


class ListenError(HintedError):
    """The address cannot be listened on, or the TLS files cannot be used. ``hint`` says what to do."""


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises ListenError and NotificationError before anything is probed."""
    server = Server(settings)
    with contextlib.closing(listen(settings.address, settings.port)) as sock:
        loop = asyncio.get_running_loop()
        with _signals(loop, lambda: _end(loop, server), server.reload_soon):
            await server.run(sock)


def listen(address: str, port: int) -> socket.socket:
    """Raises ListenError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()  # "::" is all addresses
    try:
        return socket.create_server((address, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # without what create_server puts behind it
        raise ListenError(
            f"cannot listen on {host_port(address, port)}: {reason}", "name another with --listen"
        ) from None


class Server:
    """Everything that ``probe serve`` is made of, put together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._supervisor = Supervisor()
        self._stop = asyncio.Event()
        self.started = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._telemetry = telemetry_of(os.environ, settings.place)
        self.service = Service(
            settings.configuration,
            recorder=Recorder(settings.history, self._written, self._metrics.unwritten.inc),
            place=settings.place,
            scheduled=settings.scheduled,
            observe=self._metrics.probed,
            seen=self._telemetry.add if self._telemetry is not None else lambda snapshot: None,
        )
        self._notifier = Notifier(
            self._standing, lambda: self.service.recorder.known(HERE), settings.words, settings.remind
        )
        self._notifier.sinks = self._sinks(settings.configuration)
        self._context = Context(self.service, self._metrics, self.reload, settings)
        guarded = Guard(
            _app(self._context, secured=settings.credentials is not None),
            credentials=settings.credentials,
            hosts=settings.hosts,
            metrics=self._metrics,
            guesses=settings.limits.guesses,
        )
        self._web = _Uvicorn(
            uvicorn.Config(
                guarded,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=True,
                lifespan="off",
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=KEEP_ALIVE,
                limit_concurrency=MAX_CONNECTIONS,
                h11_max_incomplete_event_size=32 * 1024,
                ws="none",
                loop="asyncio",
                http="h11",
            )
        )
        if settings.tls is not None:
            self._web.config.load()
            self._web.config.ssl = _tls_context(*settings.tls)

    async def run(self, sock: socket.socket) -> None:
        """Until ``stop`` is called; the socket listens already."""
        self._metrics.reload_success.set(1)
        self._metrics.reload_at.set(datetime.now(UTC).timestamp())
        web = asyncio.create_task(self._web.serve([sock]))
        stopped = asyncio.create_task(self._stop.wait())
        scheme = "https" if self._settings.tls is not None else "http"
        starting = asyncio.create_task(self._start(f"{scheme}://{host_port(*sock.getsockname()[:2])}/"))
        beside = {starting, *map(asyncio.create_task, (self._notifier.run(), self._supervisor.keep_alive()))}
        try:
            await asyncio.wait({web, stopped, starting}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await asyncio.wait({web, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._supervisor.stopping()
            log.info("ending")
            for task in {stopped, *beside, *self._tasks}:
                task.cancel()
            self._web.should_exit = True
            self.service.hub.close()
            await asyncio.wait({web}, timeout=GRACE + 0.5)
            await self.service.stop()
            self._notifier.close()
            if self._telemetry is not None:
                await asyncio.to_thread(self._telemetry.close)

    def stop(self) -> None:
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    async def _start(self, url: str) -> None:
        await self.service.start()
        self.started.set()
        log.info("%s: %s of %s", url, self._size, show(str(self._path), 300))
        self._supervisor.ready(self._size)

    @property
    def _size(self) -> str:
        number = len(self.service.names)
        return f"{number} connector{'s' * (number != 1)}"

    @property
    def _path(self) -> Path:
        return self._settings.configuration.path

    # --- the file ---

    def reload_soon(self) -> None:
        """As SIGHUP asks for."""
        task = asyncio.get_running_loop().create_task(self.reload())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self) -> str:
        """Read probes.yaml and the TLS files anew; what is wrong, or empty. A bad file changes nothing."""
        async with self._reloading:
            self._supervisor.reloading()
            try:
                problem = await self._reload()
            finally:
                self._supervisor.ready(self._size)
            self._metrics.reload_success.set(0.0 if problem else 1.0)
            self.service.problem = problem
            if problem:
                log.error("the file was read anew, and the one before stays in use: %s", problem)
            else:
                self._metrics.reload_at.set(datetime.now(UTC).timestamp())
                log.info("the file was read anew: %s", self._size)
            return problem

    async def _reload(self) -> str:
        try:
            configuration = await asyncio.to_thread(load, self._path)
            sinks = self._sinks(configuration)
            if self._settings.tls is not None:
                _load_chain(self._web.config.ssl, *self._settings.tls)
        except ConfigError as error:
            return "; ".join(str(one) for one in error.problems[:5]) + ("; ..." if len(error.problems) > 5 else "")
        except (NotificationError, ListenError) as error:
            return f"{error}; {error.hint}"
        self._notifier.sinks = sinks
        self.service.apply(configuration)
        return ""

    def _sinks(self, configuration: Configuration) -> Sequence[Sink]:
        entries = [entry for entry in configuration.entries if entry.enabled]
        return sinks_of(entries, self._settings.notify, os.environ)

    # --- history ---

    def _written(self, batch: Sequence[Snapshot]) -> None:
        self._notifier.add({one.result.name for one in batch})

    def _standing(self, name: str) -> tuple[Entry, Result] | None:
        if name not in self.service.names:
            return None
        judged = self.service.judged(name, words=self._settings.words)
        return (self.service.tracked(name).entry, judged.result) if judged is not None else None


def _app(context: Context, *, secured: bool) -> ASGIApp:
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


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handlers: the service ends with it, and before it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _end(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    """On SIGTERM or SIGINT: soon; whatever hangs is ended; asked twice, at once."""
    if server.is_stopping:
        os._exit(1)
    server.stop()
    loop.call_later(LAST_WORD, os._exit, 0)


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    handled = [(signal.SIGTERM, stop), (signal.SIGINT, stop)]
    if sys.platform != "win32":
        handled.append((signal.SIGHUP, reload))
    for number, handler in handled:
        try:
            loop.add_signal_handler(number, handler)
        except NotImplementedError:  # Windows: there a handler of Python's has to do
            signal.signal(number, partial(_soon, loop, handler))
    try:
        yield
    finally:
        for number, _ in handled:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def _soon(loop: asyncio.AbstractEventLoop, handler: Callable[[], None], number: int, frame: object) -> None:
    loop.call_soon_threadsafe(handler)


def _tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_chain(context, certificate, key)
    return context


def _load_chain(context: ssl.SSLContext | None, certificate: Path, key: Path) -> None:
    """Connections from now on show this chain. Raises ListenError."""
    if context is None:
        return
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        told = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        raise ListenError(
            f"--tls-cert {show(str(certificate))} with --tls-key {show(str(key))} cannot be used: {told}",
            "PEM files: the server's certificate first, then its issuers; the key without a password",
        ) from None
