"""What a command reads: a file, or standard input where "-" stands in its place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from connector_probe.cli.values import UsageProblemError
from connector_probe.model.names import show

STANDARD_INPUT = "-"


def name_of(file: str) -> str:
    """What ``file`` is called in messages."""
    return "standard input" if file == STANDARD_INPUT else show(file, 300) or repr(file)


def read_input(file: str, limit: int, hint: str, *, larger: tuple[int, Callable[[bytes], bool]] | None = None) -> bytes:
    """``limit`` octets at most, and one more where there are more. Raises UsageProblemError, with ``hint``.

    ``larger``: another limit, of what can be told by its first octets.
    """

    def taken(stream: BinaryIO) -> bytes:
        data = stream.read(limit + 1)
        if larger is not None and len(data) > limit and larger[1](data):
            data += stream.read(larger[0] + 1 - len(data))
        return data

    name = name_of(file)
    try:
        if file == STANDARD_INPUT:
            return taken(sys.stdin.buffer) if sys.stdin is not None else b""
        if Path(file).is_dir():  # asked first: Windows calls opening one a lack of permission
            raise UsageProblemError(f"{name} is a directory", "name a file in it")
        with Path(file).open("rb") as stream:
            return taken(stream)
    except FileNotFoundError:
        raise UsageProblemError(f"there is no file {name}", hint) from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise UsageProblemError(f"{name} cannot be read: {show(reason)}", hint) from None
