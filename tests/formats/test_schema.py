"""The published JSON Schema is what the types say."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from connector_probe.formats import schema
from connector_probe.formats.schema import document


def test_the_shipped_schema_is_made_from_the_types() -> None:
    from importlib.resources import files

    shipped = files("connector_probe.formats").joinpath("report.schema.json").read_text(encoding="utf-8")
    assert shipped == document(), f"run: python -m {schema.__name__} > src/connector_probe/formats/report.schema.json"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(document()))
