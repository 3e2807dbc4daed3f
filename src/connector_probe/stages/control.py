"""Is it me? Whether connections to port 25 leave this machine at all.

Many networks and clouds block outgoing port 25. Before a failed connect is held against the server, hosts that
answer everybody are tried over the same family and port.
"""

from __future__ import annotations

import asyncio
import ipaddress

from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.evidence import Control
from connector_probe.model.names import parse_smart_host
from connector_probe.network import Network, NetworkFaultError
from connector_probe.stages.resolve import Resolver

CONTROL_WAIT = 10.0  # seconds; the hosts tried answer within one
# Private ranges (RFC 1918, RFC 4193, RFC 6598): the way there says nothing about the way out.
_INSIDE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)


def is_outside(address: str) -> bool:
    """Whether ``address`` lies beyond this network: not loopback, link-local, unspecified or private."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast:
        return False
    return not any(parsed.version == network.version and parsed in network for network in _INSIDE)


def says_something(address: str, port: int) -> bool:
    """Whether a control's path is like the path to this target: outside, and to port 25."""
    return port == SMTP_PORT and is_outside(address)


class Controls:
    """Tries control hosts once a run for each set of hosts, family and source address."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._tried: dict[tuple[tuple[str, ...], bool, str | None], asyncio.Task[Control | None]] = {}

    async def try_out(
        self, hosts: tuple[str, ...], resolver: Resolver, six: bool, source: str | None, limit: float
    ) -> Control | None:
        """None when no control host could be resolved: then nothing is known, and nothing is concluded."""
        key = (hosts, six, source)
        if key not in self._tried:
            self._tried[key] = asyncio.ensure_future(self._try(hosts, resolver, six, source, min(limit, CONTROL_WAIT)))
        return await asyncio.shield(self._tried[key])

    async def _try(
        self, hosts: tuple[str, ...], resolver: Resolver, six: bool, source: str | None, limit: float
    ) -> Control | None:
        last: Control | None = None
        for text in hosts:
            host = parse_smart_host(text)
            for address in await self._addresses(host.host, host.is_address, resolver, six):
                try:
                    stream = await self._network.connect(address, host.port or SMTP_PORT, source, limit)
                except NetworkFaultError as error:
                    last = Control(host.host, address, error.fault)
                    continue
                await stream.close()
                return Control(host.host, address)
        return last

    async def _addresses(self, host: str, literal: bool, resolver: Resolver, six: bool) -> tuple[str, ...]:
        if literal:
            return (host,) if (":" in host) == six else ()
        if not resolver.has_nameservers:
            return ()
        return (await resolver.look_up(host, "AAAA" if six else "A")).records[:1]
