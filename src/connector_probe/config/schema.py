"""The JSON Schema of probes.yaml, for editors, made from the same table as the reader.

The result is shipped as ``probes.schema.json``; a test holds the two together. To write it anew:
``python -m connector_probe.config.schema > src/connector_probe/config/probes.schema.json``
"""

from __future__ import annotations

import json
import sys
from typing import Any

from connector_probe.config.fields import FIELDS, TOP_FIELDS, VERSION, Field


def config_schema() -> dict[str, Any]:
    """JSON Schema of probes.yaml; draft 7, which the editors' YAML plug-ins know best."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "connector-probe probes.yaml",
        "description": "The mail connectors that `probe run` probes.",
        "type": "object",
        "properties": {
            "version": {"description": "The version of this file's format.", "const": VERSION},
            **{field.key: {"description": field.help, **field.kind.schema()} for field in TOP_FIELDS},
            "defaults": {
                "description": "What holds for each connector that does not say otherwise.",
                **_mapping([field for field in FIELDS if field.shared]),
            },
            "connectors": {
                "description": "The connectors, each by smart_hosts or by use_mx.",
                "type": "array",
                "minItems": 1,
                "items": {**_mapping(FIELDS), "oneOf": [{"required": ["smart_hosts"]}, {"required": ["use_mx"]}]},
            },
        },
        "required": ["version", "connectors"],
        "additionalProperties": False,
        "definitions": {field.key: {"description": field.help, **field.kind.schema()} for field in FIELDS},
    }


def _mapping(fields: tuple[Field, ...] | list[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.key: {"$ref": f"#/definitions/{field.key}"} for field in fields},
        "additionalProperties": False,
    }


def document() -> str:
    """The shipped file's content."""
    return json.dumps(config_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
