"""What a command reads: a file, or standard input where "-" stands in its place."""

from __future__ import annotations

import sys
from pathlib import Path

from connector_probe.cli.values import UsageProblemError
from connector_probe.model.names import show

STANDARD_INPUT = "-"


def name_of(file: str) -> str:
    """What ``file`` is called in messages."""
    return "standard input" if file == STANDARD_INPUT else show(file, 300) or repr(file)


def read_input(file: str, limit: int, hint: str) -> bytes:
    """``limit`` octets at most, and one more where there are more. Raises UsageProblemError, with ``hint``."""
    name = name_of(file)
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read(limit + 1) if sys.stdin is not None else b""
        if Path(file).is_dir():  # asked first: Windows calls opening one a lack of permission
            raise UsageProblemError(f"{name} is a directory", "name a file in it")
        with Path(file).open("rb") as stream:
            return stream.read(limit + 1)
    except FileNotFoundError:
        raise UsageProblemError(f"there is no file {name}", hint) from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise UsageProblemError(f"{name} cannot be read: {show(reason)}", hint) from None
