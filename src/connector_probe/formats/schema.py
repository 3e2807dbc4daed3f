"""The JSON Schemas of the report and of a rehearsed renewal, made from the types.

They are shipped as ``report.schema.json`` and ``certificate.schema.json``; a test holds them together. To write one
anew: ``python -m connector_probe.formats.schema report > src/connector_probe/formats/report.schema.json``
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from connector_probe.formats.json import key
from connector_probe.model.rehearsal import RehearsalReport
from connector_probe.model.verdict import Report

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def adapter_of(type_: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type that a report is in
    """What pydantic knows of a type that holds reports."""
    from pydantic import TypeAdapter

    # pydantic looks for the names that model.verdict and model.rehearsal do not import in here.
    from connector_probe.model.evidence import CertificateProblemKind, ConnectorEvidence, Stage  # noqa: F401
    from connector_probe.model.evidence.attempt import Speaker  # noqa: F401

    return TypeAdapter(type_)


SHIPPED = {"report": Report, "certificate": RehearsalReport}


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of one of SHIPPED. Unknown keys are allowed: they may be added within a version."""
    schema = adapter_of(SHIPPED[name]).json_schema(mode="serialization")
    definitions = {name: with_json_keys(part) for name, part in schema.pop("$defs", {}).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"connector-probe {name}",
        **with_json_keys(schema),
        "$defs": definitions,
    }


def with_json_keys(part: dict[str, Any]) -> dict[str, Any]:
    """``part`` with the fields' JSON keys, and without the titles that pydantic makes of Python names."""
    found = {name: value for name, value in part.items() if name != "title"}
    if "description" in found:
        found["description"] = " ".join(str(found["description"]).split())
    if "properties" in found:
        found["properties"] = {
            key(name): {one: value for one, value in field.items() if one != "title"}
            for name, field in found["properties"].items()
        }
    if "required" in found:
        found["required"] = [key(name) for name in found["required"]]
    return found


def document(name: str = "report") -> str:
    """The shipped file's content."""
    return json.dumps(schema_of(name), indent=2, sort_keys=False) + "\n"


if __name__ == "__main__":
    print(document(*sys.argv[1:2]), end="")
