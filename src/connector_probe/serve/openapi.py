"""The OpenAPI document (3.1), made of the table of operations and of the types that they answer with."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from starlette.requests import Request
from starlette.responses import Response

from connector_probe._version import __version__
from connector_probe.formats.schema import adapter_of, with_json_keys

JSON, EVENTS, TEXT = "application/json", "text/event-stream", "text/plain"
_PLACEHOLDER = re.compile(r"{(\w+):\w+}")


def parameter(name: str, description: str, schema: Mapping[str, Any], place: str = "query") -> Mapping[str, Any]:
    """``schema`` is a JSON Schema; ``place`` is "path" or "query"."""
    needed = place == "path"
    return {"name": name, "in": place, "required": needed, "description": description, "schema": schema}


@dataclass(frozen=True, slots=True)
class Answer:
    """``type`` is what the body holds; None for a body without a type of ours."""

    description: str
    type: Any = None
    media_type: str = JSON
    headers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """``path`` as Starlette writes it; ``body``: media types of the request, each with its JSON Schema."""

    handler: Callable[[Request], Awaitable[Response]]
    path: str
    summary: str
    answers: Mapping[int, Answer]
    parameters: Sequence[Mapping[str, Any]] = ()
    method: str = "GET"
    body: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        words = [word for word in re.split(r"\W+", _PLACEHOLDER.sub(r"\1", self.path)) if word not in ("", "api", "v1")]
        return "-".join([self.method.lower(), *words])


def document(operations: Sequence[Operation], *, secured: bool) -> dict[str, Any]:
    """The whole document; ``secured``: a token or a password is asked for."""
    types = list(dict.fromkeys(answer.type for one in operations for answer in one.answers.values() if answer.type))
    mode: JsonSchemaMode = "serialization"
    schemas, shared = TypeAdapter.json_schemas(
        [(type_, mode, adapter_of(type_)) for type_ in types], ref_template="#/components/schemas/{model}"
    )
    by_type = {type_: schema for (type_, _), schema in schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(_PLACEHOLDER.sub(r"{\1}", one.path), {})[one.method.lower()] = _operation(one, by_type)
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "connector-probe",
            "version": __version__,
            "description": "What probe serve knows of mail connectors. Unknown keys may be added within a version.",
        },
        "paths": paths,
        "components": {"schemas": {name: with_json_keys(part) for name, part in shared.get("$defs", {}).items()}},
    }
    if secured:
        schemes = {"token": {"type": "http", "scheme": "bearer"}, "password": {"type": "http", "scheme": "basic"}}
        found["components"]["securitySchemes"] = schemes
        found["security"] = [{"token": []}, {"password": []}]
    return found


def _operation(one: Operation, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": one.id, "summary": one.summary}
    if one.parameters:
        told["parameters"] = list(one.parameters)
    if one.body:
        content = {media_type: {"schema": dict(schema)} for media_type, schema in one.body.items()}
        told["requestBody"] = {"required": True, "content": content}
    told["responses"] = {str(status): _answer(answer, by_type) for status, answer in one.answers.items()}
    return told


def _answer(answer: Answer, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    schema = by_type[answer.type] if answer.type else {"type": "string" if answer.media_type == EVENTS else "object"}
    told: dict[str, Any] = {"description": answer.description, "content": {answer.media_type: {"schema": schema}}}
    if answer.headers:
        told["headers"] = {name: {"schema": {"type": "integer"}} for name in answer.headers}
    return told
