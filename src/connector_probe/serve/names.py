"""Connectors' names as parts of paths: any text at all, a slash in it included."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

CONNECTOR = "{name:connector}"  # in a route


class NameConvertor(Convertor[str]):
    """``{name:connector}`` in a route. The guard leaves "%" and "/" in a segment written as %25 and %2F."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)

    def to_string(self, value: str) -> str:
        return quoted(value)


def quoted(name: str) -> str:
    """``name`` as one segment of a path."""
    return quote(name, safe="")


register_url_convertor("connector", NameConvertor())
