"""After a failure: what this machine's own nameservers say to other questions, so that none of theirs is ours to tell.

One question a name, side by side, and each once a run: the resolver remembers. What our own limit cuts
off is no silence of a nameserver's, and is left out.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from connector_probe.model.evidence import Lookup
from connector_probe.model.names import MAX_NAME, parse_smart_host
from connector_probe.network.clock import time_limit
from connector_probe.stages.resolve import Resolver

MAX_HOSTS = 4
LIMIT = 12.0  # seconds; several nameservers that are silent add up, and the inquiry beside it has no more
_RANDOM = 8  # octets of a made-up label: nobody has it


async def ask_for_controls(hosts: Sequence[str], resolver: Resolver, limit: float = LIMIT) -> tuple[Lookup, ...]:
    """What the nameservers say within ``limit`` seconds of control hosts that are names. Never raises."""
    parsed = [parse_smart_host(host) for host in hosts]
    names = dict.fromkeys(one.host for one in parsed if not one.is_address)
    found = await asyncio.gather(*(_look_up(name, resolver, limit) for name in list(names)[:MAX_HOSTS]))
    return tuple(one for one in found if one is not None)


async def ask_for_sibling(name: str, resolver: Resolver, limit: float = LIMIT) -> Lookup | None:
    """What the nameservers say of a made-up name beside ``name``; None where there is no place or no time for one."""
    label, _, parent = name.partition(".")
    made_up = f"probe-{os.urandom(_RANDOM).hex()}.{parent}"
    if not label or not parent or len(made_up) > MAX_NAME:
        return None
    return await _look_up(made_up, resolver, limit)


async def _look_up(name: str, resolver: Resolver, limit: float) -> Lookup | None:
    try:
        async with time_limit(resolver.now, limit):
            return await resolver.look_up(name, "A")
    except TimeoutError:
        return None
