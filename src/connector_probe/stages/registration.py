"""Whether a domain is still registered: asked of its registry by RDAP, only when the user wants that.

HTTPS to a server from IANA's list, or to the one that was named; its certificate is judged as any other. What cannot
be asked is a fact too, and changes no verdict.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from connector_probe.model.delegation import Registration
from connector_probe.network import WIDE_OFFER, HttpError, HttpRequest, HttpResponse, HttpUrl, Network
from connector_probe.network.clock import time_limit
from connector_probe.network.faults import NetworkFaultError
from connector_probe.network.http import MAX_REDIRECTS, REDIRECTS, exchange, fetch, source_for
from connector_probe.protocol.certificate import TrustRoots, judge
from connector_probe.protocol.identity import match
from connector_probe.protocol.rdap import MAX_ANSWER, MAX_BOOTSTRAP, RdapError, read_domain, server_for, url_for
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.resolve import LOOPBACK, Resolver, http_addresses

LIMIT: Final = 12.0  # seconds for IANA's list and the registry's answer together
MAX_TRIED: Final = 2  # addresses of one host
IANA: Final = "iana"
BOOTSTRAP_URL: Final = "https://data.iana.org/rdap/dns.json"  # RFC 9224 3


class _Way(NamedTuple):
    """By what the registry is reached."""

    resolver: Resolver
    roots: TrustRoots
    source: str | None


class Registrations(SingleFlight[tuple[str, str, _Way], Registration]):
    """Asks registries, about each domain once a run by the same way."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self._bootstrap: dict[_Way, bytes] = {}

    async def ask(
        self, domain: str, server: str, resolver: Resolver, roots: TrustRoots, source: str | None
    ) -> Registration:
        """``server``: "iana", or the base URL of an RDAP server. Never raises."""
        key = (domain, server, _Way(resolver, roots, source))
        return await self.get(key, lambda: self._ask(*key))

    async def _ask(self, domain: str, server: str, way: _Way) -> Registration:
        base = Registration(domain)
        try:
            async with time_limit(self._network.now, LIMIT):
                if server == IANA:
                    listed = server_for(await self._servers(way), domain)
                    if listed is None:
                        return replace(base, fault=f"no RDAP server is known for {domain}")
                    server = listed
                response = await self._get(url_for(server, domain), way, MAX_ANSWER)
                asked_at = datetime.now(UTC)
                if response.status == 404:  # RFC 7480 5.3
                    return replace(base, found=False, asked_at=asked_at)
                if response.status != 200:
                    return replace(base, fault=f"HTTP status {response.status}")
                return read_domain(response.body, domain, asked_at)
        except (HttpError, RdapError) as problem:
            return replace(base, fault=str(problem))
        except TimeoutError:
            return replace(base, fault=f"nothing came within {LIMIT:.3g} s")

    async def _servers(self, way: _Way) -> bytes:
        if way not in self._bootstrap:
            response = await self._get(BOOTSTRAP_URL, way, MAX_BOOTSTRAP)
            if response.status != 200:
                raise HttpError(f"IANA's list of RDAP servers: HTTP status {response.status}")
            self._bootstrap[way] = response.body
        return self._bootstrap[way]

    async def _get(self, url: str, way: _Way, max_body: int) -> HttpResponse:
        """Redirects followed, but never from HTTPS to HTTP. Raises HttpError."""
        at = HttpUrl.parse(url)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._one(HttpRequest(at, max_body, accept="application/rdap+json, application/json"), way)
            if response.status not in REDIRECTS:
                return response
            target = response.redirect(at)
            if at.scheme == "https" and target.scheme != "https":
                raise HttpError(f"redirects from HTTPS to {target}, which is not followed")
            at = target
        raise HttpError(f"more than {MAX_REDIRECTS} redirects")

    async def _one(self, request: HttpRequest, way: _Way) -> HttpResponse:
        """The response from the first address that gives one; else what went wrong with the first."""
        here = request.url.host == "localhost"
        found = [*reversed(LOOPBACK)] if here else await http_addresses(request.url, way.resolver)
        addresses = found[:MAX_TRIED]
        first: HttpError | None = None
        for address in addresses:
            limit = LIMIT / 2 / len(addresses)
            try:
                if request.url.scheme == "http":
                    return await fetch(self._network, address, request, source=way.source, limit=limit)
                return await self._one_by_tls(address, request, way, limit)
            except HttpError as problem:
                first = first or problem
        raise first or HttpError("no address")

    async def _one_by_tls(self, address: str, request: HttpRequest, way: _Way, limit: float) -> HttpResponse:
        host = request.url.host
        try:
            stream = await self._network.connect(address, request.url.port, source_for(address, way.source), limit)
        except NetworkFaultError as error:
            raise HttpError(f"{host}: {error.fault.kind}", error.fault) from None
        try:
            outcome = await stream.start_tls(None if request.url.is_address else host, WIDE_OFFER, limit)
            if outcome.fault is not None:
                raise HttpError(f"TLS with {host}: {outcome.fault.text or outcome.fault.kind}", outcome.fault)
            evidence = judge(outcome.chain, way.roots, datetime.now(UTC))
            if evidence.problems:
                raise HttpError(f"the certificate of {host}: {evidence.problems[0].kind}")
            if not match(evidence.chain[0], host).matches:
                raise HttpError(f"the certificate of {host} is for another name")
            return await exchange(self._network, stream, request, limit=limit)
        finally:
            await stream.close()
