"""Dataclasses that are compiled late are those of the standard library in all that anybody uses."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from connector_probe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Late:
    """Slots, a default, a factory, a field that does not count, one that is not shown."""

    name: str
    number: int = 1
    parts: tuple[str, ...] = field(default_factory=lambda: ("a",))
    note: str = field(default="", compare=False, repr=False)

    def doubled(self) -> int:
        return 2 * self.number


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    name: str
    number: int = 1
    parts: tuple[str, ...] = field(default_factory=lambda: ("a",))
    note: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Named:
    text: str
    seen: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())


@dataclass(frozen=True, slots=True)
class Heir(Late):
    more: str = "more"


def test_it_is_what_the_standard_library_makes() -> None:
    made, twin = Late("x", number=2), Twin("x", number=2)
    assert repr(made) == repr(twin).replace("Twin", "Late")
    assert dataclasses.asdict(made) == dataclasses.asdict(twin)
    assert [one.name for one in fields(made)] == [one.name for one in fields(twin)]
    assert made == Late("x", 2, note="another") != Late("x", 3)
    assert made != twin  # type: ignore[comparison-overlap]
    assert len({made, Late("x", 2), replace(made, name="y")}) == 2
    assert replace(made, name="y").doubled() == 4
    assert not hasattr(made, "__dict__")


def test_nobody_changes_it() -> None:
    made = Late("x")
    with pytest.raises(FrozenInstanceError):
        made.name = "y"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.name
    with pytest.raises(TypeError):
        Late()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Named("by place")  # type: ignore[call-arg]


@pytest.mark.parametrize("often", [False, True])
def test_it_takes_what_the_standard_library_takes(often: bool) -> None:
    @dataclass(frozen=True, slots=True)
    class Taking(Late):
        last: str = field(default="", kw_only=True)

    @dataclasses.dataclass(frozen=True, slots=True)
    class Measure(Twin):
        last: str = field(default="", kw_only=True)

    for _ in range(20 if often else 0):
        Taking("x")
    assert Taking.__init__.__code__.co_varnames[-1] == ("last" if often else "named")
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = [
        (("x",), {}),
        (("x", 2), {"note": "n", "last": "l"}),
        ((), {"parts": (), "name": "x"}),
        ((), {}),
        (("x", 1, (), "n", "l"), {}),
        (("x",), {"name": "y"}),
        (("x",), {"other": 1}),
    ]
    for values, named in calls:
        told = []
        for kind in (Taking, Measure):
            try:
                told.append(dataclasses.astuple(kind(*values, **named)))  # type: ignore[arg-type]
            except TypeError as problem:
                told.append((str(problem).partition("__init__")[2],))
        assert told[0] == told[1]


@pytest.mark.parametrize("made", [Late("x", 3, ("b",), "note"), Named(text=" y ", seen=2), Heir("z", more="most")])
def test_it_is_pickled_and_copied(made: Late | Named) -> None:
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert again == made
        assert all(getattr(again, one.name) == getattr(made, one.name) for one in fields(made))


def test_heirs_and_what_comes_behind_the_fields() -> None:
    assert Heir("z", 5) == Heir("z", 5, ("a",), more="more")
    assert Heir("z") != Late("z")
    assert Named(text=" y ").text == "y"
