"""Documents against golden files, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
_UPDATE = "pytest tests/formats --update-golden"


def compare(name: str, document: str, request: pytest.FixtureRequest) -> None:
    """``document`` is what the golden file holds, or becomes it with --update-golden."""
    file = GOLDEN / name
    if request.config.getoption("--update-golden"):
        file.write_bytes(document.encode())
    assert file.is_file(), f"there is no {name}: {_UPDATE}"
    assert document == file.read_bytes().decode(), f"if this is meant: {_UPDATE}"
