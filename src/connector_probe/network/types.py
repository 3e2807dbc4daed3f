"""The interface that the stages see. Tests and later work can put another network behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from connector_probe.network.handshakes import TlsOffer, TlsOutcome


class Stream(Protocol):
    """One TCP connection. Every wait has a limit in seconds; every failure is a NetworkFaultError."""

    @property
    def source(self) -> str:
        """This machine's address on the connection."""
        ...

    async def send(self, data: bytes, limit: float) -> None:
        """Send all of ``data`` (in one write where the system takes it)."""
        ...

    async def receive(self, limit: float) -> bytes:
        """At least one byte; NetworkFaultError with CLOSED at the end."""
        ...

    def when_readable(self, callback: Callable[[], None]) -> None:
        """Call back once there is something to receive, be it the end; nobody need wait for it."""
        ...

    async def start_tls(self, server_name: str | None, offer: TlsOffer, limit: float, early: bytes = b"") -> TlsOutcome:
        """Handshake as a client, without verifying; ``early`` is what of it has been received already.

        Never raises: the outcome holds the fault, and what was sent.
        """
        ...

    async def close(self) -> None: ...


class Datagrams(Protocol):
    """A UDP socket connected to one nameserver, so that ICMP errors and no strangers' packets arrive."""

    async def send(self, data: bytes, limit: float) -> None: ...

    async def receive(self, limit: float) -> bytes: ...

    def close(self) -> None: ...


class Network(Protocol):
    """Where connections come from."""

    def now(self) -> float:
        """A monotonic clock in seconds. It may stand still while our own loop does: what counts is others' time."""
        ...

    async def connect(self, address: str, port: int, source: str | None, limit: float) -> Stream: ...

    async def datagrams(self, address: str, port: int) -> Datagrams: ...
