"""Imports point down only, and what concludes from evidence does no I/O."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import connector_probe

ROOT = Path(connector_probe.__file__).parent
# From the bottom up; a room may import itself (except the siblings below) and everything beneath it.
LAYERS = (
    ("model",),
    ("protocol", "network", "single_flight"),
    ("trust", "stages"),
    ("certificate_file", "diagnosis", "probing"),
    ("wording",),
    ("bounces",),
    ("comparing",),
    ("api", "config", "extras", "formats", "history", "lab"),
    ("notifications",),
    ("serve",),
    ("cli",),
)
DOORS = {"__init__", "__main__", "_version"}
SIBLINGS = ("stages", "formats")
# What siblings may share among them.
SHARED = {
    "conversation",
    "dnssec",
    "resolve",
    "nameservers",
    "authoritative",
    "certificate_urls",
    "local_clock",
    "options",
    "json",
    "layout",
    "document",
    "sheet",
    "saved",
}
PURE = ("model", "protocol", "diagnosis", "wording", "bounces", "comparing", "formats")
IMPURE_MODULES = {"asyncio", "socket", "ssl", "select", "time", "sqlite3", "subprocess", "urllib", "threading"}
MODEL_MAY_IMPORT = {"idna"}


def _files() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def _room(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@cache
def _read(path: Path) -> tuple[tuple[str, ...], bool]:
    """What the file imports, and whether it prints."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    return tuple(_imported(path, nodes)), any(isinstance(called, ast.Name) and called.id == "print" for called in calls)


def _imports(path: Path) -> tuple[str, ...]:
    return _read(path)[0]


def _imported(path: Path, nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _height(room: str) -> int:
    return next(height for height, rooms in enumerate(LAYERS) if room in rooms)


def test_imports_point_down() -> None:
    for path in _files():
        if _room(path) not in DOORS:
            _point_down(path)


def _point_down(path: Path) -> None:
    room = _room(path)
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] != "connector_probe" or len(parts) == 1 or parts[1] in DOORS:
            continue
        other = parts[1]
        if other not in {one for rooms in LAYERS for one in rooms}:
            continue  # a name out of the package's own __init__
        assert other == room or _height(other) < _height(room), f"{path.name} imports {name}"
        if other == room and room in SIBLINGS and len(parts) > 2 and path.stem != "__init__":
            assert parts[2] in SHARED, f"{path.name} imports its sibling {name}"


def test_pure_rooms_do_no_io() -> None:
    for path in _files():
        if _room(path) in PURE:
            for name in _imports(path):
                assert name.split(".")[0] not in IMPURE_MODULES, f"{path.name} imports {name}"


def test_the_model_stands_on_the_standard_library_alone() -> None:
    import sys

    for path in _files():
        if _room(path) == "model":
            for name in _imports(path):
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names | MODEL_MAY_IMPORT | {"connector_probe"}, f"{path.name}: {name}"


def test_only_the_command_line_prints() -> None:
    for path in _files():
        assert not _read(path)[1] or _room(path) == "cli" or path.stem == "schema", path


def test_no_two_files_import_each_other() -> None:
    """Late imports, and those for types alone, count too. A file's own packages do not: theirs is only a door."""
    files = {_module(path): path for path in _files()}
    graph = {
        name: {one for one in _imports(path) if one in files and not f"{name}.".startswith(f"{one}.")}
        for name, path in files.items()
    }
    for name in files:
        ahead, seen = set(graph[name]), set[str]()
        while ahead:
            one = ahead.pop()
            seen.add(one)
            ahead |= graph[one] - seen
        assert name not in seen, f"{name} imports what imports it"


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
