"""Which addresses lie where, for what may be concluded about the way to them."""

from __future__ import annotations

from connector_probe.model.reach import BROADCAST, PRIVATE, lies_in, meant


def is_private(address: str) -> bool:
    """Whether ``address`` is private or link-local: reachable from its own network alone. Loopback is not meant."""
    parsed = meant(address)
    return parsed.is_link_local or lies_in(parsed, PRIVATE)


def is_outside(address: str) -> bool:
    """Whether ``address`` lies beyond this network: not loopback, link-local, unspecified or private."""
    parsed = meant(address)
    return not (parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast or is_private(address))


def is_loopback(address: str) -> bool:
    """Whether ``address`` is this very machine's."""
    return meant(address).is_loopback


def is_nowhere(address: str) -> bool:
    """Whether no host can have ``address``, so that nothing was sent: 0.0.0.0, ::, multicast, broadcast."""
    parsed = meant(address)
    return parsed.is_unspecified or parsed.is_multicast or parsed == BROADCAST
