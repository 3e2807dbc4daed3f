"""Stage dns: how a smart host, or a domain's MX hosts, become addresses.

Both families of a host are asked for side by side, and several hosts, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from connector_probe.model.connector import AddressFamily, Connector
from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import Lookup, LookupStatus, MxRecord, Resolution
from connector_probe.single_flight import side_by_side
from connector_probe.stages.resolve import LOOPBACK, WORTH_ANOTHER_TRY, Resolver, mx_records

NAMES_AT_ONCE = 8  # hosts that are looked up side by side, by two questions each
# Of one set of MX records: as many as a connector has attempts, and a bound on what a hostile zone can make us look up.
MAX_MX_HOSTS = 64
Found = TypeVar("Found")


async def resolve(connector: Connector, resolver: Resolver, start: float) -> tuple[tuple[Resolution, ...], ...]:
    """For each smart host, or for the one domain, the servers that Exchange Online would go to, in its order.

    ``start``: when the probe began.
    """
    if connector.use_mx is not None:
        return (await _resolve_mx(connector, connector.use_mx, resolver, start),)
    return await _side_by_side(
        _given_address(host.host, to_microseconds(resolver.now() - start))
        if host.is_address
        else _resolve_smart_host(host.host, connector, resolver, start)
        for host in connector.hosts
    )


async def _side_by_side(lookups: Iterable[Awaitable[Found]]) -> tuple[Found, ...]:
    """In their order. A host whose lookup hangs keeps no other waiting."""
    places = asyncio.Semaphore(NAMES_AT_ONCE)

    async def one(lookup: Awaitable[Found]) -> Found:
        async with places:
            return await lookup

    return await side_by_side(map(one, lookups))


async def _given_address(address: str, start: float) -> tuple[Resolution, ...]:
    return (Resolution(address, (address,), start=start),)


async def _resolve_smart_host(
    name: str, connector: Connector, resolver: Resolver, start: float
) -> tuple[Resolution, ...]:
    """Its addresses; where it surely has none, those of the hosts that its MX records name.

    Microsoft documents that a smart host is a server, an MX name or an A name (Set-OutboundConnector, SmartHosts).
    """
    began = resolver.now()
    found = await _resolve_name(name, connector, resolver, start)
    if not found.lookups or any(lookup.status is not LookupStatus.NODATA for lookup in found.lookups):
        return (found,)
    lookup = await resolver.look_up(name, "MX")
    found = replace(found, lookups=(*found.lookups, lookup), seconds=to_microseconds(resolver.now() - began))
    if lookup.status is not LookupStatus.ANSWER:
        return (found,)
    return await _resolve_mx_hosts(replace(found, mx_domain=name, smart_host=name), connector, resolver, start)


async def _resolve_mx(connector: Connector, domain: str, resolver: Resolver, start: float) -> tuple[Resolution, ...]:
    began = resolver.now()
    lookup = await resolver.look_up(domain, "MX") if resolver.has_nameservers else None
    base = Resolution(
        domain,
        mx_domain=domain,
        nameservers_given=resolver.given,
        no_nameservers=not resolver.has_nameservers,
        start=to_microseconds(began - start),
    )
    if lookup is None:
        return (base,)
    base = replace(base, lookups=(lookup,), seconds=to_microseconds(resolver.now() - began))
    if lookup.status is LookupStatus.NODATA:  # RFC 5321 5.1: the domain itself is its implicit MX
        implicit = await _resolve_name(domain, connector, resolver, start)
        return (replace(implicit, lookups=(lookup, *implicit.lookups), mx_domain=domain, mx=()),)
    if lookup.status is not LookupStatus.ANSWER:
        return (replace(base, control=await _control(resolver, (lookup,))),)
    return await _resolve_mx_hosts(base, connector, resolver, start)


async def _resolve_mx_hosts(
    domain: Resolution, connector: Connector, resolver: Resolver, start: float
) -> tuple[Resolution, ...]:
    """The hosts of the MX records that the last lookup of ``domain`` found; ``domain`` itself for a null MX."""
    records = mx_records(domain.lookups[-1])
    usable = _usable(records)[:MAX_MX_HOSTS]
    if not usable:
        return (replace(domain, mx=records),)
    found = await _side_by_side(_resolve_name(record.exchange, connector, resolver, start) for record in usable)
    return tuple(
        replace(
            one,
            lookups=(*domain.lookups, *one.lookups),
            mx_domain=domain.mx_domain,
            smart_host=domain.smart_host,
            mx=records,
            preference=record.preference,
        )
        for one, record in zip(found, usable, strict=True)
    )


async def _resolve_name(name: str, connector: Connector, resolver: Resolver, start: float) -> Resolution:
    began = resolver.now()
    base = Resolution(name, nameservers_given=resolver.given, start=to_microseconds(began - start))
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 6.3: never asked for
        return with_addresses(base, LOOPBACK, connector.family)
    if not resolver.has_nameservers:
        return replace(base, no_nameservers=True)
    lookups = await side_by_side(resolver.look_up(name, rdtype) for rdtype in ("AAAA", "A"))
    every = tuple(dict.fromkeys(record for lookup in lookups for record in lookup.records))
    control = None if every else await _control(resolver, lookups)
    found = replace(base, lookups=lookups, control=control, seconds=to_microseconds(resolver.now() - began))
    return with_addresses(found, every, connector.family)


async def _control(resolver: Resolver, lookups: Sequence[Lookup]) -> Lookup | None:
    """Where a verdict would rest on the nameserver's silence or refusal, it is first asked something harmless."""
    if any(lookup.status in WORTH_ANOTHER_TRY for lookup in lookups):
        return await resolver.control()
    return None


def with_addresses(resolution: Resolution, addresses: Sequence[str], family: AddressFamily) -> Resolution:
    """IPv6 before IPv4, as Exchange Online has it (Exchange Team blog, October 2024); what -4 or -6 left out apart."""
    six = tuple(address for address in addresses if ":" in address)
    four = tuple(address for address in addresses if ":" not in address)
    wanted = {AddressFamily.BOTH: six + four, AddressFamily.IPV6: six, AddressFamily.IPV4: four}[family]
    return replace(resolution, addresses=wanted, excluded=tuple(one for one in addresses if one not in wanted))


def hosts_left_out(resolutions: Sequence[Resolution]) -> int:
    """How many hosts were not looked up of the MX records that ``resolutions`` come from."""
    return max(len(_usable(resolutions[0].mx or ())) - len(resolutions), 0)


def _usable(records: Sequence[MxRecord]) -> tuple[MxRecord, ...]:
    return tuple(dict.fromkeys(record for record in records if record.exchange))
