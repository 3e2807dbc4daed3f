"""What PowerShell makes of a connector's values in JSON -> plain values.

The same property comes as text, as a number, in a list or as an object, by the version of PowerShell, of the module,
and by -Depth. Whatever cannot be read is handed back as lost; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector_probe.config.decoding import UndecodableError, decode

MAX_BYTES = 16 << 20  # some 10,000 connectors
MAX_NESTING = 8  # a smart host's address is an object in an object in a list
COMMAND = "Get-OutboundConnector | ConvertTo-Json -Depth 5 > connectors.json"
_RUN = f"run: {COMMAND}"
# What is pasted instead of JSON. The first match wins.
_NOT_JSON = (
    (re.compile(r"\s*(#TYPE|\"?\w+\"?(,\"?\w+\"?)+\s*$)", re.MULTILINE), "this is CSV, not JSON"),
    (re.compile(r"\s*<"), "this is XML, not JSON"),
    (re.compile(r"\s*\w+\s+:(\s|$)"), "this is Format-List's output, not JSON"),
    (re.compile(r"\s*\w+( +\w+)+ *\r?\n-+ "), "this is Format-Table's output, not JSON"),
)
_SPACE = re.compile(r"[ \t\r\n]*")
# Where an object keeps its text; "Address" of a .NET IPAddress is a number, and no text.
_TEXT_KEYS = ("value", "ipaddresstostring", "address", "domain", "domainname", "smarthost", "name")
_TYPE_NAME = re.compile(r"(System|Microsoft)\.[\w.`]+(\[.*\])?|@\{.*\}?")  # what -Depth leaves of a deeper object
_TRUTH = {"true": True, "$true": True, "1": True, "false": False, "$false": False, "0": False}


class ExchangeImportError(ValueError):
    """A file that holds no connectors. ``hint`` says how to get one that does."""

    def __init__(self, message: str, hint: str = _RUN) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Record:
    """One connector's properties; names are compared without regard to case."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, raw: Mapping[str, object]) -> Record:
        return cls({key.casefold(): value for key, value in raw.items()})

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self.values

    def get(self, name: str) -> object:
        return self.values.get(name.casefold())


def records(data: bytes) -> list[Record]:
    """The objects in ``data``; empty where something else stands among them. Raises ExchangeImportError."""
    if len(data) > MAX_BYTES:
        raise ExchangeImportError(f"the file has {len(data):,} bytes, more than any list of connectors")
    try:
        text = decode(data)
    except UndecodableError as problem:
        raise ExchangeImportError(str(problem), f"save the file as UTF-8, or {_RUN}") from None
    found = _parsed(text)
    if isinstance(found, dict):
        inner = Record.of(found).get("value")
        found = inner if isinstance(inner, list) and "SmartHosts" not in Record.of(found) else [found]
    if not isinstance(found, list):
        raise ExchangeImportError("the file holds a single value, and no connector")
    if not found:
        raise ExchangeImportError("the list is empty: there is no connector in it")
    return [Record.of(one if isinstance(one, dict) else {}) for one in found]


def _parsed(text: str) -> object:
    if not text.strip("\0 \t\r\n"):
        raise ExchangeImportError("the file is empty", f"without an outbound connector there is nothing; else {_RUN}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        one_by_one = _one_by_one(text) if problem.msg == "Extra data" else None
        if one_by_one is not None:
            return one_by_one
        raise ExchangeImportError(_why_not_json(text, problem)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        raise ExchangeImportError("this is JSON that no connector's is like") from None


def _one_by_one(text: str) -> list[object] | None:
    """Objects that stand one after another, as: Get-OutboundConnector | % { ConvertTo-Json $_ }. None for others."""
    decoder, found, at = json.JSONDecoder(), list[object](), 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        found.append(value)
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    return found


def _why_not_json(text: str, problem: json.JSONDecodeError) -> str:
    for pattern, message in _NOT_JSON:
        if pattern.match(text):
            return message
    if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string"):
        return "the JSON ends in the middle"
    where = f"line {problem.lineno}, column {problem.colno}"
    if problem.msg == "Extra data":
        return f"more follows after the JSON's end, in {where}"
    if problem.msg.startswith("Invalid control character"):
        return f"a text is broken in two in {where}, as a console does with long lines"
    return f"this is not JSON: {problem.msg} in {where}"


def truth(raw: object) -> bool | None:
    """True or false as PowerShell writes them; None for anything else."""
    return _TRUTH.get(str(_unwrapped(raw)).strip().casefold())


def word(raw: object) -> str | int | None:
    """An enum's member: its name, or its number where the name is lost; "" for null."""
    value = _unwrapped(raw)
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def texts(raw: object, separators: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts in ``raw`` (text, list, object), and what could not be read, as JSON.

    ``separators``: the characters, as in a regex's [], that stand between the texts of a joined list.
    """
    found: list[str] = []
    lost: list[str] = []
    _gather(raw, separators, found, lost, 0)
    return tuple(dict.fromkeys(found)), tuple(lost)


def _gather(raw: object, separators: str, found: list[str], lost: list[str], depth: int) -> None:
    if depth > MAX_NESTING:
        lost.append("an object nested too deep")
    elif isinstance(raw, str):
        if _TYPE_NAME.fullmatch(raw.strip()):
            lost.append(raw.strip())
        else:
            found += [one for one in re.split(f"[{separators}]+", raw) if one]
    elif isinstance(raw, Sequence):
        for one in raw:
            _gather(one, separators, found, lost, depth + 1)
    elif isinstance(raw, dict):
        _gather_object(Record.of(raw), separators, found, lost, depth)
    elif raw is not None:
        lost.append(json.dumps(raw))


def _gather_object(record: Record, separators: str, found: list[str], lost: list[str], depth: int) -> None:
    for key in _TEXT_KEYS:
        inner: list[str] = []
        value = record.get(key)
        if isinstance(value, str | dict | list):
            _gather(value, separators, inner, [], depth + 1)
        if inner:
            subdomains = truth(record.get("IncludeSubDomains")) is True and not inner[0].startswith("*")
            found += [f"*.{one}" for one in inner] if subdomains else inner
            return
    lost.append(json.dumps(record.values)[:200])


def _unwrapped(raw: object) -> object:
    """The value out of ``{"Value": ...}``, the member's name before its number."""
    if not isinstance(raw, dict):
        return raw
    inner = [value for key, value in raw.items() if key.casefold() in ("value", "name")]
    return next((value for value in inner if isinstance(value, str)), inner[0] if inner else raw)
