"""What PowerShell makes of a connector's values in JSON, CliXml or CSV -> plain values.

The same property comes as text, as a number, in a list or as an object, by the version of PowerShell, of the module,
and by -Depth. Whatever cannot be read is handed back as lost; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from connector_probe.config.decoding import UndecodableError, decode
from connector_probe.model.dataclass import dataclass
from connector_probe.model.names import show
from connector_probe.protocol import powershell

MAX_BYTES = 16 << 20  # some 10,000 connectors
MAX_NESTING = 8  # a smart host's address is an object in an object in a list
COMMAND = "Get-OutboundConnector | ConvertTo-Json -Depth 5 > connectors.json"
_RUN = f"run: {COMMAND}"
# What is pasted instead of an export. The first match wins.
_NOT_JSON = (
    (re.compile(r"\s*(#TYPE|\"?\w+\"?([,;\t]\"?\w+\"?)+\s*$)", re.MULTILINE), "this is CSV, and not of connectors"),
    (re.compile(r"(\s*#.*\n)*\s*version\s*:"), "this is a probes.yaml already, and no export"),
    (re.compile(r"\s*<"), "this is XML, not JSON"),
    (re.compile(r"\s*\w+\s+:(\s|$)"), "this is Format-List's output, not JSON"),
    (re.compile(r"\s*\w+( +\w+)+ *\r?\n-+ "), "this is Format-Table's output, not JSON"),
)
_BEGINS = re.compile(r"^[ \t]*(?P<json>[\[{])[ \t]*(\r?$|[{\"])", re.MULTILINE)  # JSON, after lines of a console
_FORMATTED = "ClassId2e4f51ef21dd47e99d3c952918aff9cd"  # a property of each object that Format-List makes
_BRACES = re.compile(r"\{(?P<list>[^{}@]*?)(?P<cut>\.\.\.|\u2026)?\}")  # how a console shows a list
# Where an object keeps its text; "Address" of a .NET IPAddress is a number, and no text.
_TEXT_KEYS = ("value", "ipaddresstostring", "address", "domain", "domainname", "smarthost", "name", "tostring")
_COLUMNS = frozenset({"smarthosts", "usemxrecord", "recipientdomains"})  # of a CSV file of connectors: one at least
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


@dataclass(frozen=True, slots=True)
class Export:
    """The objects of a file; a record is empty where something else stands among them.

    ``more``: the service has more connectors than these, and the file says so.
    """

    records: tuple[Record, ...]
    more: bool = False


def read_export(data: bytes) -> Export:
    """What stands in ``data``. Raises ExchangeImportError."""
    if len(data) > MAX_BYTES:
        raise ExchangeImportError(f"the file has {len(data):,} bytes, more than any list of connectors")
    try:
        text = decode(data)
    except UndecodableError as problem:
        raise ExchangeImportError(str(problem), f"save the file as UTF-8, or {_RUN}") from None
    found, more = _exported(text), False
    if isinstance(found, str) and found.lstrip()[:1] in ("[", "{"):  # ConvertTo-Json | ConvertTo-Json
        found = _parsed(found)
    if isinstance(found, dict):
        wrapper = Record.of(found)
        inner = wrapper.get("value")
        if isinstance(inner, list | dict) and "SmartHosts" not in wrapper:  # as the service itself wraps them
            more = any(name.endswith("nextlink") for name in wrapper.values)
            found = inner
    found = found if isinstance(found, list) else [found]
    if len(found) == 1 and isinstance(found[0], list):  # ,$connectors | ConvertTo-Json
        found = found[0]
    if not found:
        raise ExchangeImportError("the list is empty: there is no connector in it")
    if not any(isinstance(item, dict) for item in found):
        raise ExchangeImportError("the file holds a single value, and no connector")
    if any(isinstance(item, dict) and any(key.startswith(_FORMATTED) for key in item) for item in found):
        raise ExchangeImportError(
            "this is what Format-List or Format-Table hands on, and no connector: the columns of a screen",
            f"leave that cmdlet out; {_RUN}",
        )
    return Export(tuple(Record.of(item if isinstance(item, dict) else {}) for item in found), more)


def _exported(text: str) -> object:
    """The objects in ``text``: Export-Clixml, Export-Csv or ConvertTo-Json made it."""
    try:
        if powershell.is_clixml(text):
            return powershell.from_clixml(text)
        if _COLUMNS & {column.casefold() for column in powershell.csv_columns(text)}:
            return list(powershell.from_csv(text))
    except powershell.PowerShellError as problem:
        raise ExchangeImportError(str(problem)) from None
    return _parsed(text)


def _parsed(text: str) -> object:
    if not text.strip("\0 \t\r\n"):
        raise ExchangeImportError("the file is empty", f"without an outbound connector there is nothing; else {_RUN}")
    try:
        return json.loads(text, object_pairs_hook=powershell.properties)
    except json.JSONDecodeError as problem:
        raise ExchangeImportError(_why_not_json(text, problem)) from None
    except powershell.PowerShellError as problem:
        raise ExchangeImportError(str(problem)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        raise ExchangeImportError("this is JSON that no connector's is like") from None


def _why_not_json(text: str, problem: json.JSONDecodeError) -> str:
    for pattern, message in _NOT_JSON:
        if pattern.match(text):
            return message
    if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string"):
        return "the JSON ends in the middle"
    where = f"line {problem.lineno}, column {problem.colno}"
    begins = _BEGINS.search(text) if not text[: problem.pos].strip() else None
    if begins is not None:
        first = show(text.lstrip().splitlines()[0], 60)
        line = text.count("\n", 0, begins.start("json")) + 1
        return f"something else stands in front of the JSON, which begins in line {line}: {first}"
    if problem.msg == "Extra data":
        return f"more follows after the JSON's end, in {where}"
    if problem.msg.startswith("Invalid control character"):
        return f"a text is broken in two in {where}, as a console does with long lines"
    return f"this is not JSON: {problem.msg} in {where}"


def truth(raw: object) -> bool | None:
    """True or false as PowerShell writes them; None for anything else."""
    return _TRUTH.get(str(unwrapped(raw)).strip().casefold())


def word(raw: object) -> str | int | None:
    """An enum's member: its name, or its number where the name is lost; "" for null."""
    value = unwrapped(raw)
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else None


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
        shown = _BRACES.fullmatch(raw.strip())
        if _TYPE_NAME.fullmatch(raw.strip()):
            lost.append(raw.strip())
        elif shown is not None:
            _gather(shown["list"], separators + ",", found, lost, depth + 1)
            lost += ["what follows the three dots"] if shown["cut"] else []
        else:
            found += [part for part in re.split(f"[{separators}]+", raw) if part]
    elif isinstance(raw, Sequence):
        for item in raw:
            _gather(item, separators, found, lost, depth + 1)
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
            found += [f"*.{text}" for text in inner] if subdomains else inner
            return
    lost.append(json.dumps(record.values)[:200])


def unwrapped(raw: object) -> object:
    """The value out of ``{"Value": ...}``, the member's name before its number."""
    if not isinstance(raw, dict):
        return raw
    inner = [value for key, value in raw.items() if key.casefold() in ("value", "name")]
    return next((value for value in inner if isinstance(value, str)), inner[0] if inner else raw)
