"""What the YAML parser stumbles over -> what the person who wrote the file should look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from connector_probe.config.problems import Place
from connector_probe.model.names import show

if TYPE_CHECKING:
    from yaml import Mark, MarkedYAMLError

_TAB = re.compile(r" *\t")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # YAML 1.1 line breaks, as the parser counts them
_KEY = re.compile(r"[ -]*(?P<key>[A-Za-z_]{1,60}) *:")


def _at(mark: Mark | None) -> Place:
    return Place(0, 0) if mark is None else Place(mark.line + 1, mark.column + 1)


def _at_problem(error: MarkedYAMLError) -> Place:
    return _at(error.problem_mark or error.context_mark)


def _at_context(error: MarkedYAMLError) -> Place:
    return _at(error.context_mark or error.problem_mark)


_Where = Callable[["MarkedYAMLError"], Place]
# (context, problem) as the two parsers word them, where to look, what to say. The first match wins.
_RULES: tuple[tuple[str, str, _Where, str, str], ...] = (
    (r"alias", r"", _at_context, "a value begins with a star", 'a star in front needs quotes: "*.contoso.com"'),
    (r"anchor", r"", _at_context, "a value begins with &", "in front of text it needs quotes"),
    (
        r"quoted scalar",
        r"end of stream|document (separator|indicator)",
        _at_context,
        "this quote is never closed",
        "close it in the same line",
    ),
    (
        r"quoted scalar",
        r"escape|hexdecimal|hexadecimal",
        _at_context,
        "a backslash in double quotes begins an escape that YAML does not know",
        "use single quotes, or write it twice",
    ),
    (
        r"flow (sequence|mapping|node)|block node",
        r"'[,\]}]'|node content",
        _at_context,
        "this list or value is not well formed",
        'close each bracket (# begins a comment), and put an address in brackets in quotes: "[2001:db8::1]:25"',
    ),
    (
        r"",
        r"mapping values are not allowed",
        _at_problem,
        "a colon stands where YAML expects none",
        "check the indentation; a value with ': ' in it needs quotes",
    ),
    (r"", r"cannot start any token", _at_problem, "no value may begin with this character", "put the value in quotes"),
    (
        r"",
        r"sequence entries are not allowed",
        _at_problem,
        "a list begins in the line of its key",
        "each '- item' stands in a line of its own, or: [a, b]",
    ),
    (r"simple key", r"", _at_context, "this line has no colon", "as in: port: 25"),
    (
        r"block (mapping|collection|sequence)",
        r"",
        _at_problem,
        "this does not fit in with the lines above",
        "check the indentation: keys and dashes of one level stand in one column",
    ),
)


def explain(error: MarkedYAMLError, text: str) -> tuple[Place, str, str, str]:
    """Where to look, in the value of which key ("" if none), what is wrong, and what to do."""
    place = _at_problem(error)
    lines = _BREAK.split(text)
    tab = _TAB.match(_line(lines, place))
    if tab is not None:
        return Place(place.line, tab.end()), "", "a tab stands in the indentation", "YAML wants spaces"
    if "cannot start any token" in (error.problem or "") and _line(lines, place)[place.column - 1 :][:1] == "\t":
        return place, "", "a tab stands where YAML wants a space", "put a space in its place"
    for context, problem, where, message, hint in _RULES:
        if re.search(context, error.context or "") and re.search(problem, error.problem or ""):
            return where(error), _key(lines, where(error)), message, hint
    return place, _key(lines, place), f"this is not YAML: {show(error.problem or 'no reason given')}", ""


def _line(lines: list[str], place: Place) -> str:
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def _key(lines: list[str], place: Place) -> str:
    """The key whose value ``place`` is in."""
    found = _KEY.match(_line(lines, place))
    return found["key"] if found is not None and found.end() < place.column else ""
