"""``--format``, ``--json`` and ``-o``: which documents a run gives, and where each goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from connector_probe.cli.values import UsageProblemError, parse_choice
from connector_probe.model.dataclass import dataclass
from connector_probe.model.documents import Format
from connector_probe.model.names import show

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """One document. ``path`` None is standard output; ``option`` is what asked for it, for messages."""

    format: Format
    path: Path | None
    option: str

    @property
    def is_plugin(self) -> bool:
        """Whether this makes the run a plugin of Nagios, whose exit codes are others: --format nagios without FILE."""
        return self.format is Format.NAGIOS and "=" not in self.option


def choose_outputs(formats: Sequence[str], *, json: bool, output: str | None) -> tuple[OutputTarget, ...]:
    """The documents in the order asked for. Raises UsageProblemError, before anything is probed, where one could not

    be written or two would get in each other's way.
    """
    asked = [_split(text) for text in formats]
    plain = [format_ for format_, path in asked if path is None]
    if json and plain and plain != [Format.JSON]:
        raise UsageProblemError(f"--json and --format {plain[0]} exclude each other", "give one of them")
    if json and not plain:
        plain, asked = [Format.JSON], [(Format.JSON, None), *asked]
    if len(plain) > 1:
        raise UsageProblemError(
            f"--format {plain[0]} and --format {plain[1]} would both go to {'-o' if output else 'standard output'}",
            f"give one of them a file: --format {plain[1]}=FILE",
        )
    if not asked:
        plain, asked = [Format.TEXT], [(Format.TEXT, None)]
    if output is not None and not plain:
        raise UsageProblemError("-o names a file, and so does each --format", "leave -o out")
    targets = []
    for format_, path in asked:
        if path is not None:
            targets.append(
                OutputTarget(format_, None if str(path) == STANDARD_OUTPUT else path, f"--format {format_}=")
            )
        elif output is None or output == STANDARD_OUTPUT:
            targets.append(OutputTarget(format_, None, f"--format {format_}"))
        else:
            targets.append(OutputTarget(format_, Path(output), "-o "))
    _refuse_shared(targets)
    for target in targets:
        if target.path is not None:
            check_target(target.path, target.option)
    return tuple(targets)


def is_open_file(path: Path) -> bool:
    """Whether ``path`` is one like /dev/stdout or a pipe, that a new file cannot take the place of."""
    if path.absolute().is_relative_to("/dev") or path.absolute().is_relative_to("/proc"):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def check_target(path: Path, option: str = "-o ") -> None:
    """Raises UsageProblemError, before anything is probed, where ``path`` could not be written."""
    told = f"{option}{show(str(path))}"
    if path.is_dir():
        raise UsageProblemError(f"{told} is a directory", "name a file in it")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise UsageProblemError(f"{told}: there is no such directory", "make it first")
    writable = path.exists() and os.access(path, os.W_OK)
    if is_open_file(path):
        if not writable:
            raise UsageProblemError(f"{told} cannot be written", "check the permissions")
    elif not os.access(folder, os.W_OK) or (path.exists() and not writable):
        raise UsageProblemError(f"{told} cannot be written", "check the permissions of the file and its directory")


def _refuse_shared(targets: Sequence[OutputTarget]) -> None:
    seen: dict[str, OutputTarget] = {}
    for target in targets:
        where = STANDARD_OUTPUT if target.path is None else os.path.realpath(target.path)
        if where in seen and where != os.devnull:
            place = "standard output" if target.path is None else show(str(target.path))
            raise UsageProblemError(
                f"{seen[where].format} and {target.format} would both go to {place}", "give each its own file"
            )
        seen[where] = target


def _split(text: str) -> tuple[Format, Path | None]:
    """FORMAT or FORMAT=FILE."""
    name, equals, path = text.partition("=")
    format_ = parse_choice("--format", name, Format)
    if equals and not path:
        raise UsageProblemError(f"--format {show(text)} names no file", f"as in: --format {format_}=FILE")
    return format_, Path(path) if equals else None
