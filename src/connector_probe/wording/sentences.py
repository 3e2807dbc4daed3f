"""How sentences are filled with facts, and how a fact is written: times, look-ups, faults, a server's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector_probe.model.evidence import FaultKind
from connector_probe.model.notation import MAX_NAMES, quote
from connector_probe.model.verdict import MailFlowCode
from connector_probe.wording.catalogue import Catalogue

if TYPE_CHECKING:
    from connector_probe.model.evidence import Lookup, NetworkFault

_SYSTEM_LANGUAGE = "en"  # of the texts that come from below: strerror, OpenSSL, our own network room


class LenientFacts(dict[str, str]):
    """Missing facts read as empty, so that a sentence never breaks the report."""

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, facts: Mapping[str, str]) -> str:
    return template.format_map(facts)


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
    return words.phrases.get(f"{kind}-{value.replace(' ', '-')}", value)


_EXPLAINED = {MailFlowCode.MTA_STS_HOSTS: "mta-sts-hosts", MailFlowCode.MTA_STS_CERTIFICATE: "certificate-policy"}


def headline_of(code: MailFlowCode, words: Catalogue) -> str:
    """What Microsoft's page calls ``code``, in one language; Exchange Online itself writes English."""
    if f"title-{code}" in words.text:
        return words.text[f"title-{code}"]
    return words.explain[f"title-{_EXPLAINED.get(code, code)}"]
