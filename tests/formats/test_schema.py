"""The published JSON Schema is what the types say."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from connector_probe.formats import schema
from connector_probe.formats.schema import SHIPPED, document


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_schema_is_made_from_the_types(name: str) -> None:
    from importlib.resources import files

    shipped = files("connector_probe.formats").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    written = f"python -m {schema.__name__} {name} > src/connector_probe/formats/{name}.schema.json"
    assert shipped == document(name), f"run: {written}"
    Draft202012Validator.check_schema(json.loads(shipped))
