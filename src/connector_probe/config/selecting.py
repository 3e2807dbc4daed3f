"""Which file, and which of its connectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from connector_probe.config.problems import SelectionError
from connector_probe.config.reading import Entry
from connector_probe.model.names import show
from connector_probe.model.spelling import did_you_mean

FILE_NAME = "probes.yaml"
MAX_SHARDS = 1000  # no fleet is split further, and a slip of the keyboard is told
_SHARE = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


def find_file(here: Path | None = None, user: Path | None = None) -> Path:
    """probes.yaml in the folder ``here``, else in the user's config folder. Raises SelectionError."""
    if user is None:
        from platformdirs import user_config_dir

        user = Path(user_config_dir("connector-probe", appauthor=False))
    for path in ((here or Path()) / FILE_NAME, user / FILE_NAME):
        if path.is_file():
            return path
    raise SelectionError(
        f"there is no {FILE_NAME} here, and none in {show(str(user), 300)}",
        "name a file, as in: probe run FILE; probe import makes one of your connectors",
    )


def select(entries: Sequence[Entry], only: Sequence[str]) -> tuple[Entry, ...]:
    """The entries that have one of ``only`` as name or tag, in their order; all if it is empty.

    Raises SelectionError for a word that no entry has.
    """
    if not only:
        return tuple(entries)
    known = {word for entry in entries for word in (entry.name, *entry.tags)}
    for word in only:
        if word not in known:
            hint = did_you_mean(word, sorted(known), "names and tags are written as in the file")
            raise SelectionError(f"no connector has the name or tag {show(word)!r}", hint)
    wanted = set(only)
    return tuple(entry for entry in entries if wanted & {entry.name, *entry.tags})


def shard(entries: Sequence[Entry], share: str) -> tuple[Entry, ...]:
    """The share "I/N" of ``entries``, I from 1 to N: each entry is in one share, whatever the others are.

    Raises SelectionError.
    """
    match = _SHARE.fullmatch(share.strip())
    number, count = (int(match[1]), int(match[2])) if match is not None else (0, 0)
    if not 1 <= number <= count <= MAX_SHARDS:
        raise SelectionError(
            f"{show(share)!r} is not a share", f"I/N with I from 1 to N, and N at most {MAX_SHARDS}, as in: 1/3"
        )
    return tuple(entry for entry in entries if _bucket(entry.name, count) == number - 1)


def _bucket(name: str, count: int) -> int:
    """Always the same for a name, on each machine and in each version; Python's own hash is not."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count
