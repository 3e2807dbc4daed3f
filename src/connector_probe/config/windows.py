"""The kind of value that says when a failure is no news: maintenance windows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from connector_probe.config.kinds import ReadContext, WrongValueError, read_each, reading_of
from connector_probe.config.nodes import Broken, Items, Mapping, Node, Scalar
from connector_probe.model.dataclass import dataclass
from connector_probe.model.maintenance import Once, Weekly, Window
from connector_probe.model.names import show
from connector_probe.model.spelling import did_you_mean, nearest

_ENDS = ("from", "until")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = "daily"
MAX_WINDOWS = 100
_WEEKLY = re.compile(
    r"(?P<days>\S+)\s+(?P<begins>[0-9]{1,2}:[0-9]{2})\s*-\s*(?P<ends>[0-9]{1,2}:[0-9]{2})(?:\s+(?P<zone>\S+))?"
)
_AS_IN = 'as in: "Sun 02:00-04:00 Europe/Berlin", or {from: 2026-12-24T20:00+01:00, until: 2026-12-25T06:00+01:00}'


@dataclass(frozen=True, slots=True)
class Windows:
    """A list of windows, each a text ("Sun 02:00-04:00 Europe/Berlin") or a mapping of from and until; or one."""

    def read(self, node: Node, ctx: ReadContext) -> tuple[Window, ...]:
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            raise WrongValueError(node, f"{ctx.key} is an empty list", f"{_AS_IN}, or leave the key out")
        if len(items) > MAX_WINDOWS:
            raise WrongValueError(node, f"{ctx.key} has {len(items)} windows", f"at most {MAX_WINDOWS}")
        return read_each(items, lambda item: _window(item, ctx))

    def schema(self) -> dict[str, Any]:
        text = {"type": "string", "pattern": r"^\s*\S+\s+[0-9]{1,2}:[0-9]{2}\s*-\s*[0-9]{1,2}:[0-9]{2}(\s+\S+)?\s*$"}
        moment = {"type": "string", "pattern": r"^\s*[0-9]{4}-?[0-9]{2}.*[0-9]{2}"}
        once = {
            "type": "object",
            "properties": {"from": moment, "until": moment},
            "required": ["from", "until"],
            "additionalProperties": False,
        }
        window = {"anyOf": [text, once]}
        return {"anyOf": [text, once, {"type": "array", "items": window, "minItems": 1, "maxItems": MAX_WINDOWS}]}


def _window(node: Node, ctx: ReadContext) -> Window:
    if isinstance(node, Mapping):
        return _once(node, ctx)
    if not isinstance(node, Scalar) or reading_of(node) != "text":
        raise ctx.wrong(node, "a window", _AS_IN)
    match = _WEEKLY.fullmatch(node.text.strip())
    if match is None:
        raise WrongValueError(node, f"{ctx.key}: {show(node.text)!r} is not a window", _AS_IN)
    begins, ends = _time(match["begins"], node, ctx), _time(match["ends"], node, ctx)
    if begins is None:
        raise WrongValueError(node, f"{ctx.key}: a window cannot begin at 24:00", "write 00:00 of the next day")
    if begins == ends:
        raise WrongValueError(
            node, f"{ctx.key}: the window ends when it begins", "a whole day is written as: Sun 00:00-24:00"
        )
    return Weekly(_days(match["days"], node, ctx), begins, ends, _zone(match["zone"] or "UTC", node, ctx))


def _time(text: str, node: Node, ctx: ReadContext) -> time | None:
    """None is 24:00."""
    hours, minutes = map(int, text.split(":"))
    if (hours, minutes) == (24, 0):
        return None
    if hours > 23 or minutes > 59:
        raise WrongValueError(node, f"{ctx.key}: {text} is not a time of day", "from 00:00 to 24:00")
    return time(hours, minutes)


def _days(text: str, node: Node, ctx: ReadContext) -> frozenset[int]:
    """ "Sun", "Mon-Fri", "Sat,Sun", "daily"."""
    if text.casefold() == EVERY_DAY:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        ends = [_day(word, node, ctx) for word in part.split("-", 1)]
        first, last = ends[0], ends[-1]
        found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return frozenset(found)


def _day(word: str, node: Node, ctx: ReadContext) -> int:
    days = [day.casefold() for day in DAYS]
    folded = word.casefold()
    if folded in days:
        return days.index(folded)
    meant = next((day for day in DAYS if len(folded) > 1 and folded.startswith(day.casefold()[:2])), None)
    hint = f"did you mean {meant}?" if meant is not None else f"one of: {', '.join(DAYS)}, {EVERY_DAY}"
    raise WrongValueError(node, f"{ctx.key}: {show(word)!r} is not a day", hint)


def _zone(name: str, node: Node, ctx: ReadContext) -> str:
    if name in ("UTC", "Z"):
        return "UTC"
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        cities = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
        meant = nearest(name, cities.values()) or cities.get(nearest(name, cities) or "")
        hint = f"did you mean {meant}?" if meant is not None else "an IANA name, as in: Europe/Berlin; without one: UTC"
        raise WrongValueError(node, f"{ctx.key}: {show(name)!r} is not a time zone", hint) from None
    return name


def _once(node: Mapping, ctx: ReadContext) -> Once:
    found = dict(read_each(node.pairs, lambda pair: _end(*pair, ctx)))
    for end in _ENDS:
        if end not in found:
            raise WrongValueError(node, f"{ctx.key}: this window has no {end}", _AS_IN)
    if found["from"] >= found["until"]:
        raise WrongValueError(node, f"{ctx.key}: this window ends before it begins", "from comes before until")
    return Once(found["from"], found["until"])


def _end(key: Scalar, value: Node, ctx: ReadContext) -> tuple[str, datetime]:
    if key.text not in _ENDS:
        hint = did_you_mean(key.text, _ENDS, f"a window has: {', '.join(_ENDS)}")
        raise WrongValueError(key, f"{ctx.key}: unknown key {show(key.text)!r}", hint)
    if isinstance(value, Broken):  # which was told already
        raise WrongValueError(value, "", "")
    return key.text, _moment(value, key.text, ctx)


def _moment(node: Node, key: str, ctx: ReadContext) -> datetime:
    """A date with a time; without a zone it is UTC, as everywhere in this file."""
    if isinstance(node, Scalar) and reading_of(node) == "text":
        try:
            found = datetime.fromisoformat(node.text.strip())
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        else:
            if len(node.text.strip()) > len("2026-12-24"):
                return found
            raise WrongValueError(node, f"{ctx.key}: {key} is a date without a time", f"as in: {key}: {_EXAMPLE}")
    described = show(getattr(node, "text", "")) or "no text"
    raise WrongValueError(node, f"{ctx.key}: {key} is {described!r}, not a date and time", f"as in: {key}: {_EXAMPLE}")


_EXAMPLE = "2026-12-24T20:00+01:00"
