"""A failure inside a maintenance window: told as it is, and no reason to wake anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector_probe.model.verdict import Finding, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import day, fill

IN_MAINTENANCE = "in-maintenance"


def with_maintenance(result: Result, until: datetime | None, words: Catalogue) -> Result:
    """``result``, which is not as expected, inside a window that ends at ``until``; unchanged with None.

    It counts as expected from here on, so that each format and the exit code treat it so, and a warning says why.
    """
    if until is None:
        return result
    told = Finding(IN_MAINTENANCE, fill(words.warnings[IN_MAINTENANCE], {"until": day(until)}))
    return replace(result, expected=True, maintenance=until, warnings=(*result.warnings, told))
