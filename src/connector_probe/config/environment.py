"""${NAME} in a text becomes the environment's value, so that no secret needs to stand in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector_probe.model.errors import HintedError
from connector_probe.model.names import show

_REFERENCE = re.compile(r"(?P<escaped>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<open>\$\{[^}\s]{0,60}\}?)")


class ReferenceProblemError(HintedError, ValueError):
    """A ${NAME} that leads nowhere. ``hint`` says what to do."""


def expand(text: str, environ: Mapping[str, str]) -> str:
    """``text`` with each ${NAME} replaced, once; $${ stands for ${ itself. Raises ReferenceProblemError."""

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if match["escaped"]:
            return "${"
        if not name:
            raise ReferenceProblemError(
                f"{show(match['open'])} names no variable of the environment",
                "letters, digits and underscores, as in: ${NAME}; for the two characters themselves: $${",
            )
        return value_of(name, environ)

    return _REFERENCE.sub(value, text)


def value_of(name: str, environ: Mapping[str, str]) -> str:
    """Raises ReferenceProblemError where it is not set, or empty, as a secret is that a CI service does not hold."""
    if not environ.get(name, "").strip():
        what = "is empty" if name in environ else "is not set"
        raise ReferenceProblemError(f"{name} {what} in the environment", f"set it, as in: export {name}=...")
    return environ[name]


def escape(text: str) -> str:
    """``text`` such that ``expand`` gives it back."""
    return text.replace("${", "$${")


def refers(text: str) -> bool:
    """Whether a part of ``text`` comes from the environment, and so may be a secret."""
    return any(match["name"] for match in _REFERENCE.finditer(text))
