"""YAML text -> a tree that knows where each value stands, and how it was written.

Only what a list of connectors needs: mappings, lists and single values. Anchors, tags and several documents are
refused: they have no use here, make line numbers lie, and let a small file grow beyond all bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector_probe.config.problems import ConfigError, Place, Problems
from connector_probe.config.syntax import explain
from connector_probe.model.dataclass import dataclass
from connector_probe.model.names import show

if TYPE_CHECKING:
    import yaml

MAX_CHARACTERS = 1 << 20  # some 5,000 connectors
MAX_DEPTH = 12  # probes.yaml needs four
# YAML 1.2.2, 5.1: c-printable. The parser's own message would not say where.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; ``plain`` without quotes, so that YAML may read more into it than text."""

    place: Place
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Items:
    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    place: Place
    pairs: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A value of which a problem was told already."""

    place: Place


Node = Scalar | Items | Mapping | Broken


# What word processors and web pages make of plain characters.
_TYPOGRAPHIC = (("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", '"'), ("\u2018\u2019\u201a\u201b\uff07", "'"))
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"


def retyped(node: Node) -> str:
    """What to do about a value that is wrong, if it holds a character that only looks like the plain one; else ""."""
    for character in node.text if isinstance(node, Scalar) else "":
        plain = next((plain for few, plain in _TYPOGRAPHIC if character in few), "-" if character in _DASHES else "")
        if plain:
            return f"it was pasted with {character} in it: type a plain {plain} in its place"
    return ""


class _StopReadingError(Exception):
    """Nothing after this can be made sense of; its problem was added."""


def read_nodes(text: str, problems: Problems) -> Node | None:
    """The document in ``text``; None where there is none, or no sense can be made of it (then a problem was added)."""
    if len(text) > MAX_CHARACTERS:
        problems.add(Place(0, 0), "", f"the file has {len(text):,} characters", f"{MAX_CHARACTERS:,} at most: split it")
        return None
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        before = text[: unprintable.start()]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problems.add(
            place, "", f"the character {show(unprintable[0])} may not stand in YAML", "write it as an escape in quotes"
        )
        return None
    import yaml

    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # 13 times faster; both are tested
    return compose(text, problems, loader)


def compose(text: str, problems: Problems, loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader]) -> Node | None:
    """The document in ``text``, read by ``loader``."""
    import yaml

    try:
        return _document(yaml.parse(text, Loader=loader), problems)
    except _StopReadingError:
        return None
    except ConfigError:  # there are too many problems
        raise
    except yaml.MarkedYAMLError as error:
        place, key, message, hint = explain(error, text)
        problems.add(place, key, f"{key}: {message}" if key else message, hint)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: numbers in an escape or a directive
        problems.add(Place(0, 0), "", f"this is not YAML: {show(str(error))}")
    return None


def _document(events: Iterator[yaml.Event], problems: Problems) -> Node | None:
    import yaml

    found: Node | None = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.add(
                    _place(event), "", "a second document begins here", "one file, one document: take out the ---"
                )
                raise _StopReadingError
        elif isinstance(event, yaml.NodeEvent):
            found = _node(event, events, problems, 0)
    return None if isinstance(found, Scalar) and found.plain and not found.text else found


def _node(event: yaml.Event, events: Iterator[yaml.Event], problems: Problems, depth: int) -> Node:
    import yaml

    place = _place(event)
    if depth > MAX_DEPTH:
        problems.add(place, "", f"this is nested more than {MAX_DEPTH} deep", "probes.yaml needs four levels")
        raise _StopReadingError
    refused = _refused(event)
    if refused is not None:
        problems.add(place, "", *refused)
    if isinstance(event, yaml.SequenceStartEvent):
        return Items(place, tuple(_children(events, problems, depth, yaml.SequenceEndEvent)))
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(place, _children(events, problems, depth, yaml.MappingEndEvent), problems)
    if isinstance(event, yaml.ScalarEvent) and refused is None:
        return Scalar(place, event.value, plain=event.implicit[0])
    return Broken(place)


def _children(events: Iterator[yaml.Event], problems: Problems, depth: int, end: type[yaml.Event]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, end):
            return
        yield _node(event, events, problems, depth + 1)


def _mapping(place: Place, children: Iterator[Node], problems: Problems) -> Mapping | Broken:
    found: dict[str, tuple[Scalar, Node]] = {}
    sound = True
    for key in children:
        value = next(children)
        if not isinstance(key, Scalar):
            sound = False
            if not isinstance(key, Broken):
                hint = 'text that begins with a bracket needs quotes: "[2001:db8::1]:25"'
                problems.add(key.place, "", "a list or a mapping stands in place of a key", hint)
        elif key.text in found:
            first = found[key.text][0].place.line
            problems.add(
                key.place, key.text, f"{show(key.text)} is given twice", f"the first is in line {first}: keep one"
            )
        else:
            found[key.text] = (key, value)
    return Mapping(place, tuple(found.values())) if sound else Broken(place)


def _refused(event: yaml.Event) -> tuple[str, str] | None:
    """Message and hint for what is not used here."""
    import yaml

    if isinstance(event, yaml.AliasEvent):
        return f"*{show(event.anchor or '')} is an alias", 'text that begins with a star needs quotes: "*.contoso.com"'
    if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
        return None
    if event.anchor is not None:
        return f"&{show(event.anchor)} is an anchor", "what connectors have in common stands under defaults"
    if event.tag is not None:
        return f"{show(event.tag)} is a tag", "leave it out; text that begins with ! needs quotes"
    return None


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(0, 0) if mark is None else Place(mark.line + 1, mark.column + 1)
