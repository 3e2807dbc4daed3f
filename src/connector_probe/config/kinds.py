"""The kinds of value that a key may hold: how each is read, what a wrong one is told, how JSON Schema says it.

YAML reads more into a value than most people know (``no`` is false to one reader and text to another, ``010`` is 8 or
10), so nothing is guessed: a value is of its kind, or the message says what YAML makes of it and how to write it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from connector_probe.config.environment import ReferenceProblemError, expand
from connector_probe.config.nodes import Items, Node, Scalar
from connector_probe.config.problems import MAX_PROBLEMS
from connector_probe.model.dataclass import dataclass
from connector_probe.model.durations import DURATION, moment, seconds
from connector_probe.model.names import show
from connector_probe.model.printable import printable
from connector_probe.model.spelling import did_you_mean

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)  # 010 is 8 to one reader and 10 to another
# What YAML 1.1 and 1.2 readers make of a value without quotes. The first match wins; anything else is text.
_READINGS = (
    ("nothing", re.compile(r"~|null|Null|NULL|")),
    ("true", re.compile(r"true|True|TRUE")),
    ("false", re.compile(r"false|False|FALSE")),
    ("true or text", re.compile(r"[Yy]|yes|Yes|YES|on|On|ON")),
    ("false or text", re.compile(r"[Nn]|no|No|NO|off|Off|OFF")),
    ("number", re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9A-Fa-f_]+")),
    ("number", re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")),
)
_OR_TEXT = " or text"
_NONE = frozenset({"none", "no", "off"})  # would be the names of hosts
_NOUNS = {"true": "the truth value", "false": "the truth value", "number": "the number"}
_REFERENCE_SCHEMA = {"type": "string", "pattern": r"\$\{"}
_Part = TypeVar("_Part")
_Value = TypeVar("_Value")


class WrongValueError(Exception):
    """A value that does not fit its key. ``node`` is the value, or the part of it, that is wrong.

    ``others``: what is wrong with further parts of the same value.
    """

    def __init__(self, node: Node, message: str, hint: str, others: tuple[WrongValueError, ...] = ()) -> None:
        super().__init__(message)
        self.node = node
        self.hint = hint
        self.others = others


def read_each(parts: Iterable[_Part], read: Callable[[_Part], _Value]) -> tuple[_Value, ...]:
    """What ``read`` makes of each part of a value. Raises one WrongValueError that holds all that will be told."""
    found: list[_Value] = []
    wrong: list[WrongValueError] = []
    for part in parts:
        try:
            found.append(read(part))
        except WrongValueError as error:
            wrong += [error, *error.others]
            if len(wrong) > MAX_PROBLEMS:
                break
    if wrong:
        raise WrongValueError(wrong[0].node, str(wrong[0]), wrong[0].hint, tuple(wrong[1:]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a value is read with: its key, an example for hints, the environment, the file's folder.

    ``part`` says which part of the key's value this is, as in "an item of ".
    """

    key: str
    example: str
    environ: Mapping[str, str]
    folder: Path
    part: str = ""

    @property
    def what(self) -> str:
        return self.part + self.key

    def wrong(self, node: Node, noun: str, hint: str = "") -> WrongValueError:
        if reading_of(node) == "nothing":
            return WrongValueError(node, f"{self.what} has no value", self.as_in + ", or leave the key out")
        return WrongValueError(node, f"{self.what} is {_described(node)}, not {noun}", hint or self.as_in)

    @property
    def as_in(self) -> str:
        return f"as in: {self.key}: {self.example}"


class Kind(Protocol):
    """A kind of value. ``read`` raises WrongValueError."""

    def read(self, node: Node, ctx: ReadContext) -> object: ...

    def schema(self) -> dict[str, Any]: ...


def reading_of(node: Node) -> str:
    """What YAML makes of a single value: "text", "number", "true", "false or text", ... ; "" for a list or mapping."""
    if not isinstance(node, Scalar):
        return ""
    if not node.plain:
        return "text"
    return next((name for name, pattern in _READINGS if pattern.fullmatch(node.text)), "text")


def _described(node: Node) -> str:
    if not isinstance(node, Scalar):
        return "a list" if isinstance(node, Items) else "a mapping"
    shown, reading = show(node.text), reading_of(node)
    if reading.endswith(_OR_TEXT):
        return f"{shown} ({reading.removesuffix(_OR_TEXT)} to some YAML readers)"
    return f"the text {shown!r}" if reading == "text" else f"{_NOUNS.get(reading, reading)} {shown}"


@dataclass(frozen=True, slots=True)
class Text:
    """Text; a number or a truth value must be quoted to be one."""

    def read(self, node: Node, ctx: ReadContext) -> str:
        return _text(node, ctx)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class File:
    """A file that is there; a relative path begins at the folder of the configuration file."""

    def read(self, node: Node, ctx: ReadContext) -> str:
        path = ctx.folder / _text(node, ctx)
        if not os.path.isfile(path):  # noqa: PTH113 - pathlib's raises for a name that is too long for a file
            told = "that is a directory" if os.path.isdir(path) else "there is no such file"  # noqa: PTH112
            hint = "a relative path begins at this file's folder"
            raise WrongValueError(node, f"{ctx.key} {show(getattr(node, 'text', ''))}: {told}", hint)
        return str(path)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words. ``null`` is the one that stands for null elsewhere, which is none of them here."""

    words: tuple[str, ...]
    null: str | None = None

    def read(self, node: Node, ctx: ReadContext) -> str:
        if self.null is not None and reading_of(node) == "nothing":
            raise WrongValueError(node, f"{ctx.key} has no value", f"null is written as: {ctx.key}: {self.null}")
        if not isinstance(node, Scalar) or reading_of(node) == "nothing":
            raise ctx.wrong(node, f"one of: {', '.join(self.words)}")
        word = _expanded(node, ctx)
        if word not in self.words:
            hint = did_you_mean(node.text, self.words, f"one of: {', '.join(self.words)}")
            raise WrongValueError(node, f"{ctx.key} {show(node.text)!r} is not known", hint)
        return word

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(self.words)}, _REFERENCE_SCHEMA]}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, in plain digits."""

    def read(self, node: Node, ctx: ReadContext) -> int:
        digits = node.text.strip() if isinstance(node, Scalar) else ""
        if not _WHOLE.fullmatch(digits):
            raise ctx.wrong(node, "a whole number in plain digits")
        if reading_of(node) != "number":
            raise ctx.wrong(node, "a number", f"without quotes: {ctx.key}: {digits}")
        return int(digits)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false, and none of YAML 1.1's other words for them."""

    def read(self, node: Node, ctx: ReadContext) -> bool:
        reading = reading_of(node)
        if reading in ("true", "false"):
            return reading == "true"
        if reading == "text" and isinstance(node, Scalar) and node.text.strip().casefold() in ("true", "false"):
            raise ctx.wrong(node, "true or false", f"without quotes: {ctx.key}: {node.text.strip().casefold()}")
        meant = reading.removesuffix(_OR_TEXT)
        raise ctx.wrong(node, "true or false", f"write {ctx.key}: {meant}" if meant in ("true", "false") else "")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Duration:
    """500ms, 10s, 5m, 2h, 1d, or a number of seconds. ``least`` and ``most``: what makes sense, in seconds."""

    most: float | None = None
    least: float = 0.0

    def read(self, node: Node, ctx: ReadContext) -> float:
        reading = reading_of(node)
        found = None
        if isinstance(node, Scalar) and reading in ("text", "number"):
            found = seconds(_expanded(node, ctx))
        if found is None:
            raise ctx.wrong(node, "a duration", "as in: 500ms, 10s, 5m, 2h, or seconds")
        if self.most is not None and not (found > 0 and self.least <= found <= self.most):
            from_ = f"{self.least:g} s or more" if self.least else "more than nothing"
            raise ctx.wrong(node, f"a duration of {from_} and at most {self.most / 86_400:g} days")
        return found

    def schema(self) -> dict[str, Any]:
        text = {"type": "string", "pattern": rf"^\s*{DURATION}\s*$|\$\{{"}
        return {"anyOf": [{"type": "number", "minimum": 0}, text]}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and a time."""

    def read(self, node: Node, ctx: ReadContext) -> object:
        found = moment(_text(node, ctx)) if reading_of(node) == "text" else None
        if found is None:
            raise ctx.wrong(node, "a date", "as in: 2026-12-24 or 2026-12-24T20:00:00+01:00")
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\s*[0-9]{4}-?[0-9]{2}|\$\{"}


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts. ``single``: one text may stand for a list of one. ``none``: the list may be empty."""

    single: bool = False
    none: bool = False

    def read(self, node: Node, ctx: ReadContext) -> tuple[str, ...]:
        if self.none and isinstance(node, Scalar) and node.text.casefold() in _NONE:
            raise WrongValueError(node, f"{ctx.key} is {show(node.text)}", f"none at all is written as: {ctx.key}: []")
        if self.single and isinstance(node, Scalar):
            if reading_of(node) in ("true", "false"):
                raise ctx.wrong(node, "text or a list")
            return (_text(node, ctx),)
        if not isinstance(node, Items):
            word = node.text if isinstance(node, Scalar) and reading_of(node) == "text" else ""
            listed = re.fullmatch(r"[\w.:/ -]+", word) is not None  # needs no quotes inside the brackets
            raise ctx.wrong(node, "a list", f"in brackets: {ctx.key}: [{word}]" if listed else "")
        if not node.items and not self.none:
            raise WrongValueError(node, f"{ctx.key} is an empty list", ctx.as_in + ", or leave the key out")
        item = replace(ctx, part="an item of ")
        return read_each(node.items, lambda text: _text(text, item))

    def schema(self) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1}
        several: dict[str, Any] = {"type": "array", "items": text} | ({} if self.none else {"minItems": 1})
        return {"anyOf": [text, several]} if self.single else several


def _text(node: Node, ctx: ReadContext) -> str:
    if not isinstance(node, Scalar):
        raise ctx.wrong(node, "text")
    if reading_of(node) != "text":
        raise ctx.wrong(node, "text", f'in quotes: "{show(node.text)}"')
    if not node.text.strip():
        raise WrongValueError(node, f"{ctx.what} is empty", ctx.as_in + ", or leave the key out")
    return _expanded(node, ctx)


def _expanded(node: Scalar, ctx: ReadContext) -> str:
    try:
        return expand(node.text, ctx.environ)
    except ReferenceProblemError as problem:
        raise WrongValueError(node, f"{ctx.key}: {problem}", problem.hint) from None


def tidy(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text once, on one line and safe to show."""
    return tuple(dict.fromkeys(printable(text.strip()) for text in texts))
