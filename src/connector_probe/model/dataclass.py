"""Frozen dataclasses that are cheap to define: nothing is compiled for the types of which a run makes few.

A run defines some 150 types and meets a third of them, most of which a lone probe makes once or twice. ``dataclasses``
compiles six functions for each of them at once, which was a third of the CPU time of one cold probe. Here equality,
hash, text and frozenness are one function each for all types, and so is ``__init__``, until a type has shown that it is
made often. For everybody else (``replace``, ``fields``, pickle, mypy) it is the dataclass of the standard library.
Modules that define several import no ``annotations`` from ``__future__``: an annotation that is text has to be parsed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import cache, partial
from operator import attrgetter
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass"]

_Kind = TypeVar("_Kind", bound=type)
_FEW = 12  # instances that are set field by field: making them that way takes as long as compiling ``__init__``


def _late(*, frozen: bool, slots: bool = False, kw_only: bool = False) -> Any:  # noqa: ANN401 - stands for dataclass
    """The decorator, as ``dataclasses.dataclass`` with these parameters."""
    assert frozen, "a dataclass that changes is one of the standard library's"

    def define(kind: _Kind) -> _Kind:
        text, kind.__doc__ = kind.__doc__, "-"  # else the standard library writes a signature where there is none
        own = set(vars(kind))
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(kind)
        made.__doc__ = text
        few = iter(range(_FEW))

        def first(self: object, *values: object, **named: object) -> None:
            if next(few, None) is None or not _could_be_set(made, self, values, named):
                made.__init__ = _init_of(made)
                made.__init__(self, *values, **named)

        made.__reduce__ = _reduce_by_name if kw_only else _reduce
        for name, function in (_SHARED | {"__init__": first}).items():
            if name not in own:
                setattr(made, name, function)
        return made  # type: ignore[no-any-return]

    return define


def _could_be_set(kind: type, self: Any, values: tuple[object, ...], named: dict[str, object]) -> bool:  # noqa: ANN401
    """Do as ``__init__`` would; False where it would raise TypeError."""
    taken = [one for one in fields(kind) if one.init]
    given = dict(zip([one.name for one in taken if not one.kw_only], values, strict=False)) | named
    sound = len(given) == len(values) + len(named)
    for one in taken:
        value = given.pop(one.name, one.default)
        if value is MISSING and one.default_factory is not MISSING:
            value = one.default_factory()
        sound = sound and value is not MISSING
        object.__setattr__(self, one.name, value)
    if sound and not given and hasattr(kind, "__post_init__"):
        self.__post_init__()
    return sound and not given


def _init_of(kind: type) -> Any:  # noqa: ANN401 - a function of the fields
    """``__init__``, which writes past ``__setattr__``: slots by their descriptors, other fields into the dictionary."""
    known: dict[str, object] = {"missing": MISSING}
    taken: list[str] = []
    named: list[str] = []
    steps: list[str] = []
    for number, field in enumerate(one for one in fields(kind) if one.init):
        name = field.name
        head = value = name
        slot = getattr(kind, name, None)
        if field.default is not MISSING:
            known[f"default_{number}"], head = field.default, f"{name}=default_{number}"
        elif field.default_factory is not MISSING:
            known[f"make_{number}"], head = field.default_factory, f"{name}=missing"
            value = f"make_{number}() if {name} is missing else {name}"
        if isinstance(slot, MemberDescriptorType):
            known[f"set_{number}"] = slot.__set__
            steps.append(f"set_{number}(self, {value})")
        else:
            steps.append(f"self.__dict__[{name!r}] = {value}")
        (named if field.kw_only else taken).append(head)
    if hasattr(kind, "__post_init__"):
        steps.append("self.__post_init__()")
    parameters = ", ".join(["self", *taken, *(["*", *named] if named else [])])
    exec("\n ".join([f"def __init__({parameters}):", *(steps or ["pass"])]), known)
    return known["__init__"]


@cache
def _getter(kind: type, compared: bool) -> Any:  # noqa: ANN401 - a function of an instance
    """What gets the values of all fields, or of those that count for equality, as a tuple."""
    names = [one.name for one in fields(kind) if one.compare or not compared]
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple([getattr(self, name) for name in names])


def _equals(self: Any, other: Any) -> Any:  # noqa: ANN401 - a bool, or NotImplemented
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _getter(self.__class__, True)
    return values(self) == values(other)


def _hash(self: Any) -> int:  # noqa: ANN401 - any of these dataclasses
    return hash(_getter(self.__class__, True)(self))


def _text(self: Any) -> str:  # noqa: ANN401 - any of these dataclasses
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[Any, tuple[object, ...]]:  # noqa: ANN401 - any of these dataclasses
    """What pickle makes an equal one of: as small and quick as can be, since workers send thousands."""
    return self.__class__, _getter(self.__class__, False)(self)


def _reduce_by_name(self: Any) -> tuple[Any, tuple[object, ...]]:  # noqa: ANN401 - any of these dataclasses
    """The same of what is made by keywords alone."""
    return partial(self.__class__, **{one.name: getattr(self, one.name) for one in fields(self)}), ()


_SHARED: dict[str, Any] = {
    "__eq__": _equals,
    "__hash__": _hash,
    "__repr__": _text,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}

if TYPE_CHECKING:  # to mypy it is the standard library's, which it is in every respect that mypy checks
    from dataclasses import dataclass
else:
    dataclass = _late
