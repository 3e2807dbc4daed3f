"""Commands that take the options of a probe: declared once, taken by several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import TypeVar, get_type_hints

_Command = TypeVar("_Command", bound=Callable[..., None])


def taking(options_of: Callable[..., object], *, without: Collection[str] = ()) -> Callable[[_Command], _Command]:
    """Give a command, which takes them as ``**options``, the parameters of ``options_of`` behind its own.

    Those that it has itself, and those ``without``, are left out.
    """

    def give(command: _Command) -> _Command:
        own = inspect.signature(command)
        parameters = {
            name: one for name, one in own.parameters.items() if one.kind is not inspect.Parameter.VAR_KEYWORD
        }
        for name, parameter in inspect.signature(options_of).parameters.items():
            if name not in without:
                parameters.setdefault(name, parameter)
        hints = {**get_type_hints(options_of, include_extras=True), **get_type_hints(command, include_extras=True)}
        typed = [one.replace(annotation=hints[name]) for name, one in parameters.items()]
        setattr(command, "__signature__", own.replace(parameters=typed))  # noqa: B010 - no attribute that mypy knows
        command.__annotations__ = {name: hints[name] for name in parameters} | {"return": None}
        return command

    return give
