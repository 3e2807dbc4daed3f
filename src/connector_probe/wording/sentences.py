"""How sentences are filled with facts, and how a fact is written: times, look-ups, faults, a server's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from connector_probe.model.evidence import FaultKind
from connector_probe.model.names import is_address
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence, CertificateProblemKind, Lookup, NetworkFault

MAX_QUOTED = 300  # characters of a server's words in a sentence; the whole is in the transcript
MAX_NAMES = 6
_SYSTEM_LANGUAGE = "en"  # of the texts that come from below: strerror, OpenSSL, our own network room
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:%-]*")


class Facts(dict[str, str]):
    """Missing facts read as empty, so that a sentence never breaks the report."""

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, facts: Mapping[str, str]) -> str:
    return template.format_map(facts)


def endpoint(evidence: AttemptEvidence) -> str:
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


def describe_lookup(lookup: Lookup, words: Catalogue) -> str:
    """How a lookup ended: "A: NXDOMAIN", "MX: timed-out (no answer)"."""
    note = lookup.note or (describe_fault(lookup.fault, words) if lookup.fault else "")
    if lookup.records:
        return f"{lookup.rdtype}: {quote(', '.join(lookup.records[:MAX_NAMES]))}"
    ended = lookup.rcode if lookup.status == "other-rcode" else word("lookup", lookup.status, words)
    return f"{lookup.rdtype}: {ended}" + (f" ({quote(note)})" if note else "")


def describe_fault(fault: NetworkFault, words: Catalogue) -> str:
    """What the system said, where it is in the reader's language; else our word for it, and its name or text."""
    kind = word("fault", fault.kind, words)
    if words.language == _SYSTEM_LANGUAGE:
        said, told = fault.text or kind, fault.errno
    else:
        said, told = kind, fault.errno or ("" if fault.kind is FaultKind.TIMED_OUT else fault.text)
    icmp = f"ICMP {fault.icmp}, {fault.icmp_from}" if fault.icmp else ""
    told = "; ".join(filter(None, (told, icmp)))
    return f"{said} ({told})" if told else said


def word(kind: str, value: str, words: Catalogue) -> str:
    """The word for a member of one of the enumerations of ``model.evidence``, or of what stands in their place."""
    return words.facts.get(f"{kind}-{value.replace(' ', '-')}", value)


def quote(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 3] + "..."


def problem_list(kinds: Iterable[CertificateProblemKind], words: Catalogue) -> str:
    """Each kind once."""
    return words.listed(dict.fromkeys(word("problem", kind, words) for kind in kinds))


def pasteable(name: str) -> str:
    """``name`` for a command line: a zone can hold any bytes as a name, a shell must not see them."""
    return name if _PLAIN_NAME.fullmatch(name) else "<host>"
