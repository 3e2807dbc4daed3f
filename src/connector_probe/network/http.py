"""HTTP/1.1 over a stream of ours: one small request, one bounded response, and the connection is done.

h11 speaks the protocol; the timeouts, the source address and the faults stay those of ``Network``. Whoever wants
HTTPS connects, calls ``Stream.start_tls``, judges the certificate, and then calls ``exchange``. Which host may be
asked at all, names, redirects and caching are the caller's.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.model.names import is_address
from connector_probe.model.printable import printable
from connector_probe.network.faults import NetworkFaultError, timed_out
from connector_probe.network.types import Network, Stream

if TYPE_CHECKING:
    import h11

MAX_HEAD: Final = 16 * 1024  # octets of a status line and its headers; servers' own limits are 8 to 16 KiB
MAX_INTERIM: Final = 16  # responses before the response (RFC 9110 15.2); real servers send one
MAX_PIECES: Final = 20_000  # of a body, each a chunk or what came at once: 8 MiB in chunks of half a KiB
MAX_URL: Final = 2000  # characters; certificates and policies hold far shorter ones
USER_AGENT: Final = "connector-probe"
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS: Final = 2
_PORTS: Final = {"http": 80, "https": 443}
# RFC 3986 2: what a URL consists of, so that nothing of it can end a line of the request.
_URL = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+"
_HOST = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?"


class HttpError(Exception):
    """No usable response. ``str()`` says why, printable; ``fault`` is set where the network broke."""

    def __init__(self, text: str, fault: NetworkFault | None = None) -> None:
        super().__init__(printable(text, 200))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """``host`` is a name in lower case or an address without brackets; ``target`` the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> HttpUrl:
        """From an absolute http or https URL. Raises HttpError: another scheme, credentials, or no URL at all."""
        if len(text) > MAX_URL or not re.fullmatch(_URL, text):
            raise HttpError("this is no URL")
        try:
            parts = urlsplit(text)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise HttpError("this is no URL") from None
        if parts.scheme not in _PORTS:
            raise HttpError(f"{parts.scheme or 'no scheme'}: only HTTP is spoken here")
        if "@" in parts.netloc or port == 0 or not (_is_address(host) or re.fullmatch(_HOST, host)):
            raise HttpError("this is no URL of a host")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], target)

    @property
    def is_address(self) -> bool:
        return _is_address(self.host)

    @property
    def authority(self) -> str:
        """As the Host header has it (RFC 9110 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """GET, or POST where there is a ``body`` of ``content_type``. ``max_body``: octets of the response's body."""

    url: HttpUrl
    max_body: int
    body: bytes = b""
    content_type: str = ""
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """``headers`` are names in lower case with their values, printable."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, "" without one."""
        return next((value for key, value in self.headers if key == name), "")

    def redirect(self, url: HttpUrl) -> HttpUrl:
        """Where it leads from ``url``. Raises HttpError."""
        location = self.header("location")
        if location.startswith("/") and not location.startswith("//"):
            location = f"{url.scheme}://{url.authority}{location}"
        return HttpUrl.parse(location)


async def fetch(
    network: Network, address: str, request: HttpRequest, *, source: str | None, limit: float
) -> HttpResponse:
    """Plain HTTP with the server at ``address``, all within ``limit`` seconds. Raises HttpError.

    ``source``: our own address, where it is of the same family.
    """
    if request.url.scheme != "http":
        raise HttpError("HTTPS needs a certificate to be judged; only HTTP is spoken here")
    began = network.now()
    try:
        stream = await network.connect(address, request.url.port, source_for(address, source), limit)
    except NetworkFaultError as error:
        raise HttpError(_words(error.fault), error.fault) from None
    try:
        return await exchange(network, stream, request, limit=limit - (network.now() - began))
    finally:
        await stream.close()


def source_for(address: str, source: str | None) -> str | None:
    """``source`` where one can get from it to ``address``, which is of the same family then."""
    return source if source is not None and (":" in source) == (":" in address) else None


async def exchange(network: Network, stream: Stream, request: HttpRequest, *, limit: float) -> HttpResponse:
    """One request and its response on a connected stream, with or without TLS. Raises HttpError.

    The stream is not closed and not fit for another request. Bodies are asked for uncompressed.
    """
    import h11  # late: only a certificate or policy that points somewhere needs it

    end = network.now() + limit
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    try:
        sent = connection.send(_head(request)) or b""
        if request.body:
            sent += connection.send(h11.Data(request.body)) or b""
        sent += connection.send(h11.EndOfMessage()) or b""
        await stream.send(sent, _left(network, end))
        return await _response(network, stream, connection, request.max_body, end)
    except NetworkFaultError as error:
        raise HttpError(_words(error.fault), error.fault) from None
    except h11.ProtocolError as error:
        raise HttpError(f"no HTTP response ({error})") from None


def _head(request: HttpRequest) -> h11.Request:
    import h11

    headers = [
        ("Host", request.url.authority),
        ("User-Agent", USER_AGENT),
        ("Accept", request.accept),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if request.body:
        headers += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
    return h11.Request(method="POST" if request.body else "GET", target=request.url.target, headers=headers)


async def _response(
    network: Network, stream: Stream, connection: h11.Connection, max_body: int, end: float
) -> HttpResponse:
    import h11

    status, body, pieces, interim = 0, bytearray(), 0, 0
    headers: tuple[tuple[str, str], ...] = ()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await _receive(network, stream, end)
            if not data and not status:
                said = bool(connection.trailing_data[0])
                raise HttpError("no HTTP response" if said else "the server closed the connection without a response")
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = tuple((printable(name, 100).lower(), printable(value, MAX_URL)) for name, value in event.headers)
        elif isinstance(event, h11.Data):
            body += event.data
            pieces += 1
            if len(body) > max_body:
                raise HttpError(f"the response is longer than {max_body} octets")
            if pieces > MAX_PIECES:
                raise HttpError(f"the response comes in more than {MAX_PIECES} pieces")
        elif isinstance(event, h11.EndOfMessage):
            return HttpResponse(status, headers, bytes(body))
        elif isinstance(event, h11.InformationalResponse):
            interim += 1
            if interim > MAX_INTERIM:
                raise HttpError(f"no response behind {MAX_INTERIM} interim ones")
        else:
            raise HttpError("no HTTP response")
        if network.now() > end:  # data may come faster than it is waited for
            raise NetworkFaultError(timed_out("the response is not complete"))
        await asyncio.sleep(0)  # many small pieces can stand in what came at once


async def _receive(network: Network, stream: Stream, end: float) -> bytes:
    """What comes next; nothing at the end, which can be the end of the body (RFC 9112 6.3)."""
    try:
        return await stream.receive(_left(network, end))
    except NetworkFaultError as error:
        if error.fault.kind is FaultKind.CLOSED:
            return b""
        raise


def _left(network: Network, end: float) -> float:
    return max(end - network.now(), 0.0)


def _words(fault: NetworkFault) -> str:
    """The fault in words; a system's own words already are some."""
    said = {
        FaultKind.REFUSED: "connection refused",
        FaultKind.RESET: "connection reset",
        FaultKind.CLOSED: "the server closed the connection",
        FaultKind.TIMED_OUT: "timed out",
    }
    text = said.get(fault.kind, str(fault.kind))
    return f"{text} ({fault.text})" if fault.kind is FaultKind.TIMED_OUT and fault.text else text


def _is_address(host: str) -> bool:
    """Without a zone index, which means nothing to another machine."""
    return "%" not in host and is_address(host)
