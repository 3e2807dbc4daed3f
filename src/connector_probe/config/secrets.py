"""The kind of value that is a secret: the file only names the variable of the environment that holds it.

A notification's URL carries passwords, a dead-man URL lets anybody silence an alarm; neither belongs in a file that is
committed, nor in a message about a mistake in it.
"""

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import field
from typing import Any

from connector_probe.config.environment import ReferenceProblemError, value_of
from connector_probe.config.kinds import ReadContext, WrongValueError, read_each
from connector_probe.config.nodes import Items, Node, Scalar
from connector_probe.model.dataclass import dataclass

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$\{{(?P<braced>{_NAME})\}}|\$?(?P<plain>{_NAME})", re.ASCII)
_VARIABLE = re.compile(r"[A-Z0-9_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Secret:
    """What the variable ``name`` of the environment holds; only the name is ever shown."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Variables of the environment: ${NAME} or NAME, one, or with ``several`` a list."""

    several: bool = True

    def read(self, node: Node, ctx: ReadContext) -> tuple[Secret, ...]:
        items = node.items if self.several and isinstance(node, Items) else (node,)
        if not items:
            raise WrongValueError(node, f"{ctx.key} is an empty list", ctx.as_in + ", or leave the key out")
        return tuple(dict.fromkeys(read_each(items, lambda item: self._one(item, ctx))))

    def _one(self, node: Node, ctx: ReadContext) -> Secret:
        if not isinstance(node, Scalar):
            raise ctx.wrong(node, "the name of a variable")
        match = _REFERENCE.fullmatch(node.text.strip())
        if match is None or (match["plain"] is not None and not _VARIABLE.fullmatch(match["plain"])):
            raise WrongValueError(
                node,
                f"{ctx.key} does not name a variable of the environment",
                f"its value is a secret: keep it out of this file, {ctx.as_in}",
            )
        try:
            return secret(match["braced"] or match["plain"], ctx.environ)
        except ReferenceProblemError as problem:
            raise WrongValueError(node, f"{ctx.key}: {problem}", problem.hint) from None

    def schema(self) -> dict[str, Any]:
        name = {"type": "string", "pattern": rf"^\s*(\$\{{{_NAME}\}}|\$?[A-Z_][A-Z0-9_]*)\s*$"}
        return {"anyOf": [name, {"type": "array", "items": name, "minItems": 1}]} if self.several else name


def secret(name: str, environ: AnyMapping[str, str]) -> Secret:
    """Raises ReferenceProblemError where ``name`` is not set, or is empty."""
    return Secret(name, value_of(name, environ).strip())
