"""Rows for the tests of history: a connector's life, one letter a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connector_probe.model.history import Observation, SeenCertificate, Sighting
from connector_probe.model.verdict import Status

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STEP = timedelta(minutes=5)
# h healthy, w warning, f refused, t timed out, u unknown, x failing as expected, m failing in a maintenance window
_LETTERS: dict[str, tuple[Status, str | None, str | None, bool]] = {
    "h": (Status.HEALTHY, None, None, True),
    "w": (Status.WARNING, None, None, True),
    "f": (Status.FAILING, "4.4.316", "tcp-refused", False),
    "t": (Status.FAILING, "4.4.315", "tcp-timeout", False),
    "u": (Status.UNKNOWN, None, "local-no-route", False),
    "x": (Status.FAILING, "4.4.316", "tcp-refused", True),
    "m": (Status.FAILING, "4.4.316", "tcp-refused", False),
}


def observations(
    letters: str, end: datetime = NOW, step: timedelta = STEP, first_seq: int = 1
) -> tuple[Observation, ...]:
    """One row for each letter, ``step`` apart, the last one at ``end``."""
    return tuple(
        Observation(first_seq + at, one.at, one.status, one.expected, one.code, one.class_, one.maintenance)
        for at, one in enumerate(sightings(letters, end=end, step=step))
    )


def sightings(letters: str, name: str = "A", end: datetime = NOW, step: timedelta = STEP) -> Iterator[Sighting]:
    for at, letter in enumerate(letters):
        status, code, class_, expected = _LETTERS[letter]
        yield Sighting(
            name=name,
            at=end - step * (len(letters) - 1 - at),
            status=status,
            expected=expected,
            code=code,
            class_=class_,
            maintenance=letter == "m",
            certificates=(certificate("AA"),) if letter in "hw" else (),
        )


def certificate(sha256: str, server: str = "mail.contoso.com", ends: datetime | None = None) -> SeenCertificate:
    return SeenCertificate(
        server, 25, sha256, f"CN={server}", "CN=Test CA", NOW - timedelta(days=60), ends or NOW + timedelta(days=30)
    )
