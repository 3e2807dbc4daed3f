"""The values of a command line, in the types of the command's parameters.

Typer converts by pydantic, also what needs no conversion, and the import of pydantic is a fifth of a cold start. So
what is plainly right is converted here; all else goes to Typer, which says what is wrong with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

_BY_TYPER = object()


class Conversion:
    """Of the parameters of one command."""

    def __init__(self, callback: Callable[..., Any] | None) -> None:
        self._callback = callback

    def take_over(self, parameters: Sequence[Any]) -> None:
        """Be the first whom ``parameters`` (Typer's) ask, through click's ``Parameter.process_value``."""
        for parameter in parameters:
            if "process_value" in vars(parameter):  # taken over already
                continue
            parameter.process_value = partial(self._value, parameter, parameter.process_value)

    def _value(self, parameter: Any, by_typer: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:  # noqa: ANN401
        hint = self._hints.get(parameter.name)
        several = parameter.multiple if parameter.param_type_name == "option" else parameter.nargs == -1
        if value is None or (several and not value):
            converted: Any = _BY_TYPER if parameter.required else () if several else None
        elif several:
            (kind,) = get_args(_plain(hint)) or (None,)
            each = [_convert(one, kind, hint) for one in value]
            converted = _BY_TYPER if _BY_TYPER in each else tuple(each)
        else:
            converted = _convert(value, _plain(hint), hint)
        return by_typer(context, value) if converted is _BY_TYPER else converted

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        return get_type_hints(self._callback, include_extras=True)


def _plain(hint: Any) -> Any:  # noqa: ANN401 - any type is one
    """What ``hint`` is without Annotated, and without None."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        hint = next(one for one in get_args(hint) if one is not NoneType)
    return hint


def _convert(value: Any, kind: Any, hint: Any) -> Any:  # noqa: ANN401
    """``value`` as a ``kind``; _BY_TYPER where it is not plainly one, or has bounds to keep."""
    if not isinstance(kind, type):
        return _BY_TYPER
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        return _BY_TYPER
    if issubclass(kind, Enum):
        return next((member for member in kind if member.value == value), _BY_TYPER)
    if kind is int and value.isascii() and value.isdigit() and len(value) < 10 and not _is_bounded(hint):
        return int(value)
    if kind is Path and (os.access(value, os.R_OK) or not os.path.exists(value)):  # noqa: PTH110 - no OSError
        return Path(value)
    return _BY_TYPER


def _is_bounded(hint: Any) -> bool:  # noqa: ANN401
    return any(getattr(one, bound, None) is not None for one in get_args(hint)[1:] for bound in ("min", "max"))
