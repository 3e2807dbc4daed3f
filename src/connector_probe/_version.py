"""The version and its date, alone in a file so that the build can read it without importing anything of ours."""

from datetime import UTC, datetime

__version__ = "0.1.0"
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right shows an earlier time to this program
