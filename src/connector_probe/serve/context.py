"""What the handlers share: the service, its measurements, its settings, and how the file is read anew."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.exceptions import HTTPException

from connector_probe.config import Configuration
from connector_probe.serve.credentials import Credentials
from connector_probe.serve.metrics import Metrics
from connector_probe.serve.service import Service
from connector_probe.wording.catalogue import Catalogue


class RateLimit:
    """A token bucket: ``rate`` requests a second on average, ``burst`` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = self._left = float(burst)
        self._at = time.monotonic()

    def take(self) -> None:
        """Raises HTTPException where that is one too many; it says in how many whole seconds the next may come."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            wait = str(max(math.ceil((1 - self._left) / self._rate), 1))
            raise HTTPException(429, f"too many requests; the next in {wait} s", {"retry-after": wait})
        self._left -= 1


@dataclass(frozen=True, slots=True)
class Limits:
    """For all clients together: what each costs somebody else a connection, or us a parser."""

    scrapes: RateLimit = field(default_factory=lambda: RateLimit(5.0, 50))  # of targets that are not in the file
    requests: RateLimit = field(default_factory=lambda: RateLimit(1.0, 20))  # "probe now"
    explanations: RateLimit = field(default_factory=lambda: RateLimit(5.0, 20))
    reports: RateLimit = field(default_factory=lambda: RateLimit(10.0, 100))
    guesses: RateLimit = field(default_factory=lambda: RateLimit(1.0, 20))  # wrong passwords: what a person mistypes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How ``probe serve`` was started. ``tls``: certificate chain and key, PEM. ``notify``: variables with URLs."""

    configuration: Configuration
    address: str
    port: int
    words: Catalogue
    place: str
    credentials: Credentials | None = None
    hosts: Sequence[str] = ()
    tls: tuple[Path, Path] | None = None
    history: Path | None = None
    scheduled: bool = True
    any_target: bool = False
    notify: Sequence[str] = ()
    remind: float | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Context:
    """``reload`` gives what is wrong with the file, empty if nothing is."""

    service: Service
    metrics: Metrics
    reload: Callable[[], Awaitable[str]]
    settings: Settings
