"""What the tests of bounces begin with."""

from __future__ import annotations

from connector_probe.bounces.bounce import Bounce, read


def read_bounces(text: str | bytes) -> tuple[Bounce, ...]:
    return read(text).bounces
