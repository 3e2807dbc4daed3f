"""What is wrong with a file, and where: every problem is collected, so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector_probe.model.errors import HintedError
from connector_probe.model.printable import printable

MAX_PROBLEMS = 100  # told of one file; a file with more is another kind of file


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands; both count from 1, in characters. Line 0: the file as a whole."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong. ``key`` is empty where no key can be named."""

    path: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        path = printable(self.path)
        where = f"{path}:{self.line}:{self.column}" if self.line else path
        return f"{where}: {self.message}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(ValueError):
    """A file that cannot be worked with. ``str()`` has one line for each of ``problems``."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SelectionError(HintedError, ValueError):
    """A name, a share or a file that was asked for and cannot be had. ``hint`` says what to do."""


class Problems:
    """Collects what is wrong with one file, up to MAX_PROBLEMS: then it raises, and the rest is not looked at."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._found: dict[ConfigProblem, None] = {}  # a fault in the defaults shows in each connector: told once

    def add(self, place: Place, key: str, message: str, hint: str = "") -> None:
        """Raises ConfigError for one problem too many."""
        problem = ConfigProblem(self.path, place.line, place.column, key, message, hint)
        if problem not in self._found and len(self._found) == MAX_PROBLEMS:
            raise ConfigError([*self._sorted(), self._more(place)])
        self._found[problem] = None

    @property
    def found(self) -> bool:
        return bool(self._found)

    def raise_any(self) -> None:
        """Raises ConfigError if anything was added."""
        if self._found:
            raise ConfigError(self._sorted())

    def _sorted(self) -> list[ConfigProblem]:
        return sorted(self._found, key=lambda problem: (problem.line, problem.column))

    def _more(self, place: Place) -> ConfigProblem:
        hint = f"these are the first {MAX_PROBLEMS}: reading ended in line {place.line}"
        return ConfigProblem(self.path, 0, 0, "", "there are more problems", hint)
