"""Reading the values of options. Every error is one line, which names the option, and a hint."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from connector_probe.model import durations
from connector_probe.model.errors import HintedError
from connector_probe.model.names import show
from connector_probe.model.spelling import fold, nearest

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)


class UsageProblemError(HintedError):
    """Something on the command line, or in a file, that cannot be worked with: exit code 2."""


class NothingProbedError(Exception):
    """Nothing is wrong, and nothing was probed: exit code 3. ``quiet``: a person need not be told."""

    def __init__(self, message: str, *, quiet: bool = False) -> None:
        super().__init__(message)
        self.quiet = quiet


_Member = TypeVar("_Member", bound=StrEnum)


def parse_choice(option: str, text: str, kind: type[_Member]) -> _Member:
    """A member of ``kind`` in our spelling, or in Exchange's: DomainValidation. Raises UsageProblemError."""
    found = {fold(member): member for member in kind}.get(fold(text))
    if found is not None:
        return found
    near = nearest(text, kind)
    hint = f"did you mean {near}? One of: {', '.join(kind)}" if near else f"one of: {', '.join(kind)}"
    raise UsageProblemError(f"{option} {show(text) or repr('')} is not known", hint)


def parse_whole(option: str, text: str) -> int:
    """A whole number; whether it is in bounds is for the connector to say. Raises UsageProblemError."""
    if _WHOLE.fullmatch(text.strip()) is None:
        raise UsageProblemError(f"{option} {show(text) or repr('')} is not a number", f"as in: {option} 25")
    return int(text)


def parse_duration(option: str, text: str) -> float:
    """Seconds from "500ms", "10s", "5m", "2h" or plain seconds. Raises UsageProblemError."""
    found = durations.seconds(text)
    if found is None:
        raise UsageProblemError(f"{option} {show(text)!r} is not a duration", "as in: 500ms, 10s, 5m, 2h, or seconds")
    return found


def web_url(text: str) -> SplitResult | None:
    """The parts of an http or https URL; None where it is none, or holds what no request can carry."""
    from urllib.parse import urlsplit

    url = text.strip()
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if sound else None


def parse_moment(option: str, text: str) -> datetime:
    """A moment in UTC from "2026-12-24" or RFC 3339; a date alone is its noon. Raises UsageProblemError."""
    found = durations.moment(text)
    if found is None:
        hint = "as in: 2026-12-24 or 2026-12-24T20:00:00+01:00"
        raise UsageProblemError(f"{option} {show(text)!r} is not a date", hint)
    return found
