"""Bounds on what one client, or all of them, may ask of the server."""

from __future__ import annotations

import math
import time


class RateLimit:
    """A token bucket: ``rate`` requests a second on average, ``burst`` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._left = float(burst)
        self._at = time.monotonic()

    def take(self) -> int:
        """0 where the request may go on, else the whole seconds after which it may (for Retry-After)."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(math.ceil((1 - self._left) / self._rate), 1)
