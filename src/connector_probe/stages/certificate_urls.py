"""Fetching over plain HTTP what a certificate points to: lists of revoked certificates, OCSP, issuers.

The address to fetch from is chosen by whoever made the certificate, so it is bounded: size, time, redirects, and
where it may lead. What was fetched is kept for the run.
"""

import asyncio
from dataclasses import replace
from enum import Enum
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import FaultKind
from connector_probe.model.reach import Reach, reach_of
from connector_probe.network import HttpError, HttpRequest, HttpResponse, HttpUrl, Network
from connector_probe.network.clock import time_limit
from connector_probe.network.http import MAX_REDIRECTS, REDIRECTS, fetch
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.local_clock import HeardDates
from connector_probe.stages.resolve import Resolver, http_addresses

FETCH_WAIT: Final = 3.0  # seconds for one URL with its redirects, names apart; a CA's servers need a tenth
MAX_TRIED: Final = 2  # addresses of one host
AT_ONE_HOST: Final = 4  # fetches at the same time; an authority's server has others to answer too
MAX_KEPT: Final = 32 * 1024 * 1024  # octets of bodies kept for the run; the newest are the likeliest to come again
_WEB_PORTS: Final = frozenset({80, 8080})  # other ports are other services


class Use(Enum):
    """What something is fetched for: octets of a body at most, and the type of what is sent, if anything."""

    OCSP = 64 * 1024, "application/ocsp-request"  # RFC 6960 A.1; a response with its signer's certificate has 2 KiB
    CRL = 8 * 1024 * 1024, ""  # the largest lists of public authorities have a few MiB
    ISSUER = 64 * 1024, ""
    DATE = 64 * 1024, ""  # of the answer, whatever it is, only the header counts

    def __init__(self, max_body: int, content_type: str) -> None:
        self.max_body = max_body
        self.content_type = content_type


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL gave. Exactly one of ``body`` and ``error`` is set; ``error`` is printable."""

    body: bytes | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """On whose behalf something is fetched: the server whose certificate points there, our source, our resolver."""

    server: str  # the address of the smart host
    resolver: Resolver
    source: str | None = None


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is fetched, for what, and from where in the world: nothing that another errand brings back stands for it."""

    url: str
    use: Use
    reach: Reach
    source: str | None
    resolver: Resolver


class Web(SingleFlight[tuple[_Errand, bytes], Fetched]):
    """Fetches, each URL once a run for the same use and those who may."""

    def __init__(self, network: Network, heard: HeardDates | None = None) -> None:
        """``heard``: where the dates that the servers tell are kept."""
        super().__init__()
        self._network = network
        self.heard = heard or HeardDates()
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._silent: dict[_Errand, str] = {}  # what let us wait, and its error

    async def fetch(self, url: str, visitor: Visitor, use: Use, *, limit: float, body: bytes = b"") -> Fetched:
        """GET ``url``, or POST ``body`` to it, in at most ``limit`` seconds. Never raises."""
        errand = _Errand(url, use, reach_of(visitor.server), visitor.source, visitor.resolver)
        try:
            async with time_limit(self.now, limit):
                return await self.get((errand, body), lambda: self._bounded(errand, visitor, body))
        except TimeoutError:
            return Fetched(error=f"no answer within {limit:.1f} s" if limit > 0 else "no time was left for it")

    def now(self) -> float:
        return self._network.now()

    async def _bounded(self, errand: _Errand, visitor: Visitor, body: bytes) -> Fetched:
        try:
            request = HttpRequest(HttpUrl.parse(errand.url), errand.use.max_body, body, errand.use.content_type)
            found = Fetched((await self._politely(errand, request, visitor)).body)
        except HttpError as error:
            found = Fetched(error=str(error))
        self._make_room(len(found.body or b""))
        return found

    async def _politely(self, errand: _Errand, request: HttpRequest, visitor: Visitor) -> HttpResponse:
        """Not too many at one host, and none where one has let us wait in vain, whichever certificate it is about."""
        async with self._turns.setdefault(request.url.authority, asyncio.Semaphore(AT_ONE_HOST)):
            if errand in self._silent:
                raise HttpError(self._silent[errand])
            try:
                return await self._follow(request, visitor)
            except HttpError as error:
                if error.fault is not None and error.fault.kind is FaultKind.TIMED_OUT:
                    self._silent[errand] = str(error)
                raise

    def _make_room(self, size: int) -> None:
        """Forget what was fetched first, so that the bodies stay within bounds."""
        kept = self.results()
        total = size + sum(len(found.body or b"") for found in kept.values())
        for key, found in kept.items():
            if total <= MAX_KEPT:
                break
            total -= len(found.body or b"")
            self.forget(key)

    async def _follow(self, request: HttpRequest, visitor: Visitor) -> HttpResponse:
        left = FETCH_WAIT
        for _ in range(MAX_REDIRECTS + 1):
            found = await http_addresses(request.url, visitor.resolver)
            addresses = [one for one in found if ":" not in one] or found  # IPv6 may lead nowhere from here
            began = self.now()
            response = await self._one(request, addresses, visitor, left)
            left = max(left - (self.now() - began), 0.0)
            if response.status not in REDIRECTS:
                if response.status != 200:
                    raise HttpError(f"HTTP status {response.status}")
                return response
            if request.body:  # what we say to one server is not said to another whom nobody named
                raise HttpError(f"redirects a request (HTTP status {response.status}), which is not followed")
            target = response.redirect(request.url)
            if target.scheme != "http":
                raise HttpError(f"redirects to HTTPS ({target}), which is not followed")
            request = replace(request, url=target)
        raise HttpError(f"more than {MAX_REDIRECTS} redirects")

    async def _one(self, request: HttpRequest, addresses: list[str], visitor: Visitor, limit: float) -> HttpResponse:
        """The response from the first address that gives one."""
        allowed = [one for one in addresses if may_fetch(one, request.url, visitor)][:MAX_TRIED]
        if not allowed:
            raise HttpError("leads to an address or port that is not asked on a certificate's behalf")
        error = HttpError("no address")
        for address in allowed:
            try:
                share = limit / len(allowed)
                response = await fetch(self._network, address, request, source=visitor.source, limit=share)
                self.heard.hear(request.url.host, address, response)
                return response
            except HttpError as problem:
                error = problem
        raise error


def may_fetch(address: str, url: HttpUrl, visitor: Visitor) -> bool:
    """Whether a certificate may send us there.

    Into the internet; into our own network only where the server that showed the certificate is in the same part of
    it, else a certificate from outside could make us ask services inside. To web ports alone, but on this machine.
    """
    reach = reach_of(address)
    alike = reach is reach_of(visitor.server)
    if reach is Reach.LOOPBACK:
        return alike
    return url.port in _WEB_PORTS and (reach is Reach.PUBLIC or (reach is Reach.PRIVATE and alike))
