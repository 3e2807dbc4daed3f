"""How a fact is written, the same in every language: times, durations, endpoints, a server's words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from connector_probe.model.names import is_address

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence
    from connector_probe.model.verdict import Attempt

MAX_QUOTED = 300  # characters of a server's words in a sentence; the whole is in the transcript
MAX_NAMES = 6
_PLAIN_NAME = r"[A-Za-z0-9_][A-Za-z0-9._:%-]*"


def endpoint(evidence: AttemptEvidence | Attempt) -> str:
    """ "mail.contoso.com [192.0.2.5]:25"."""
    if evidence.address is None:
        return evidence.server
    if is_address(evidence.server):
        return f"[{evidence.address}]:{evidence.port}"
    return f"{evidence.server} [{evidence.address}]:{evidence.port}"


def day(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def span(seconds: float) -> str:
    """A duration for people: "32 ms", "4.2 s"."""
    if seconds < 1:
        return f"{max(round(seconds * 1000), 1)} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def quote(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 3] + "..."


def pasteable(name: str) -> str:
    """``name`` for a command line: a zone can hold any bytes as a name, a shell must not see them."""
    return name if re.fullmatch(_PLAIN_NAME, name) else "<host>"
