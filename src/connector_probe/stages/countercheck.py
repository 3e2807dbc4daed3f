"""After a failure: what this machine's own nameservers say to other questions, so that none of theirs is ours to tell.

One question a name, in one round, side by side, and each once a run: the resolver remembers.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from connector_probe.model.evidence import Lookup
from connector_probe.model.names import MAX_NAME, parse_smart_host
from connector_probe.stages.resolve import Resolver

MAX_HOSTS = 4
_RANDOM = 8  # octets of a made-up label: nobody has it


async def ask_for_controls(hosts: Sequence[str], resolver: Resolver) -> tuple[Lookup, ...]:
    """What the nameservers say of control hosts that are names. Never raises."""
    parsed = [parse_smart_host(host) for host in hosts]
    names = dict.fromkeys(one.host for one in parsed if not one.is_address)
    return tuple(await asyncio.gather(*(resolver.look_up(name, "A", brief=True) for name in list(names)[:MAX_HOSTS])))


async def ask_for_sibling(name: str, resolver: Resolver) -> Lookup | None:
    """What the nameservers say of a made-up name beside ``name``; None where there is no place for one."""
    label, _, parent = name.partition(".")
    made_up = f"probe-{secrets.token_hex(_RANDOM)}.{parent}"
    if not label or not parent or len(made_up) > MAX_NAME:
        return None
    return await resolver.look_up(made_up, "A", brief=True)
