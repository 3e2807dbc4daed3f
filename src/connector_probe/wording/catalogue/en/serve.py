"""The words of ``probe serve``'s pages."""

from __future__ import annotations

SERVE: dict[str, str] = {
    "fails-from-places": "Mail does not flow from {places}, while it does elsewhere: the fault is on that place's own way, not at the server.",
}
