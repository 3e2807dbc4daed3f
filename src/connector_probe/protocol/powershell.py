"""What PowerShell writes objects as: Export-Clixml, Export-Csv and Format-List -> their properties. Pure."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence

from connector_probe.model.names import show

MAX_DEPTH = 16  # of nested objects; a connector's have three
_MAX_FIELD = 10 * 1024 * 1024  # characters in one cell; the csv module's own limit is 128 Ki


class PowerShellError(ValueError):
    """Text that only begins like one of PowerShell's formats. The message says what is wrong with it."""


def properties(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Whose names differ, in whichever case, as PowerShell's do: which of two values counts is not guessed.

    Raises PowerShellError.
    """
    names = Counter(name.casefold() for name, _ in pairs)
    for name, _ in pairs:
        if names[name.casefold()] > 1:
            raise PowerShellError(f"{show(name)} stands twice in one object")
    return dict(pairs)


# --- Export-Clixml -----------------------------------------------------------------------------------------------

_NAMESPACE = "{http://schemas.microsoft.com/powershell/2004/04}"
_TRUTH = {"true": True, "false": False}
_NUMBERS = frozenset({"I16", "I32", "I64", "U16", "U32", "U64", "By", "SB"})


def is_clixml(text: str) -> bool:
    return re.match(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<Objs\b", text) is not None


def from_clixml(text: str) -> list[object]:
    """The objects of a CliXml document ([MS-PSRP] 2.2.5): properties by name, lists, texts. Raises PowerShellError."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise PowerShellError("this XML declares entities of its own, as no export does")
    text = re.sub(r"\A\s*<\?xml[^>]{0,200}\?>", "", text)  # its encoding was that of the file
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError) as problem:
        raise PowerShellError(f"the XML cannot be read: {problem}") from None
    seen: dict[str, object] = {}
    return [_value(child, seen, 0) for child in root]


def _value(element: ET.Element, seen: dict[str, object], depth: int) -> object:
    """One value; ``seen``: the objects so far by their RefId, to which <Ref> points back."""
    kind = element.tag.removeprefix(_NAMESPACE)
    if depth > MAX_DEPTH or kind == "Nil":
        return None
    if kind == "Ref":
        return seen.get(element.get("RefId", ""))
    if kind != "Obj":
        text = element.text or ""
        if kind == "B":
            return _TRUTH.get(text.strip().lower())
        if kind in _NUMBERS:
            return int(text) if text.strip().lstrip("-").isdigit() and len(text) < 20 else None
        return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)
    found = _object(element, seen, depth)
    if (identifier := element.get("RefId")) is not None:
        seen[identifier] = found
    return found


def _object(element: ET.Element, seen: dict[str, object], depth: int) -> object:
    pairs: list[tuple[str, object]] = []
    shown, items = None, None
    for child in element:
        kind = child.tag.removeprefix(_NAMESPACE)
        if kind in ("MS", "Props"):
            pairs += [(part.get("N", ""), _value(part, seen, depth + 1)) for part in child]
        elif kind in ("LST", "IE", "STK", "QUE"):
            items = [_value(part, seen, depth + 1) for part in child]
        elif kind == "ToString":
            shown = child.text or ""
        elif kind not in ("TN", "TNRef", "DCT"):  # an enum: its number, beside its name in ToString
            return shown if shown is not None else _value(child, seen, depth + 1)
    if items is not None:
        return items
    found = properties(pairs)
    return {"ToString": shown} | found if found and shown else found or shown


# --- Export-Csv --------------------------------------------------------------------------------------------------

_COLUMN = re.compile(r"[A-Za-z][\w @#()./-]{0,60}")


def csv_columns(text: str) -> tuple[str, ...]:
    """The names in the header of a CSV file; empty where ``text`` is none."""
    header = _without_type(text).split("\n", 1)[0]
    separator = _separator(header)
    names = tuple(column.strip().strip('"') for column in header.split(separator)) if separator else ()
    return names if len(names) > 1 and all(map(_COLUMN.fullmatch, names)) else ()


def from_csv(text: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, by column. Raises PowerShellError."""
    body = _without_type(text)
    csv.field_size_limit(_MAX_FIELD)
    rows = csv.reader(body.splitlines(keepends=True), delimiter=_separator(body.split("\n", 1)[0]) or ",")
    try:
        names = [*properties([(column.strip(), "") for column in next(rows)])]
        for row in rows:
            if any(row):
                yield dict(zip(names, row, strict=False))
    except csv.Error as problem:
        raise PowerShellError(f"the CSV cannot be read: {problem}, in line {rows.line_num}") from None
    except StopIteration:
        return


def _without_type(text: str) -> str:
    body = text.replace("\r\n", "\n").lstrip("\ufeff \n")
    return body.split("\n", 1)[-1] if body.startswith("#TYPE") else body


def _separator(header: str) -> str:
    """What stands between the columns: a comma, and a semicolon or tab where Excel or the language sets it so."""
    found = max(",;\t", key=header.count)
    return found if found in header else ""


# --- Format-List, Format-Table -----------------------------------------------------------------------------------

_PROPERTY = re.compile(r"(?P<name>[A-Za-z]\w{0,60}) *: ?(?P<value>.*)")


def from_format_list(text: str) -> Iterator[dict[str, str]]:
    """The objects that Format-List shows; a value goes on in the lines that are indented behind it."""
    found: dict[str, str] = {}
    name = ""
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        match = _PROPERTY.match(line)
        if match is not None:
            if match["name"] in found:  # the blank line between two objects was lost
                yield found
                found = {}
            name = match["name"]
            found[name] = match["value"].strip()
        elif line.strip() and name:
            found[name] += " " + line.strip()
        elif found:
            yield found
            found, name = {}, ""
