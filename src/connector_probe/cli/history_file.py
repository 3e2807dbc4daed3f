"""Where runs are remembered."""

from __future__ import annotations

import os
from pathlib import Path

from connector_probe.cli.values import UsageProblemError
from connector_probe.model.names import show

FILE_NAME = "history.sqlite3"


def default_file() -> Path:
    from platformdirs import user_state_dir

    return Path(user_state_dir("connector-probe", appauthor=False)) / FILE_NAME


def history_of(file: str | None, *, none: bool = False) -> Path | None:
    """Where a run remembers itself. Raises HintedError where something else is there already."""
    if none:
        if file is not None:
            raise UsageProblemError("--history and --no-history exclude each other", "give one of them")
        return None
    path = Path(file) if file is not None else default_file()
    if os.path.isdir(path):  # noqa: PTH112 - in a folder that may not be read this is False, which the run tells
        raise UsageProblemError(f"--history {show(str(path))} is a directory", "name a file in it")
    from connector_probe.history import refuse_foreign  # late: no run without a history needs a database

    refuse_foreign(path)
    return path
