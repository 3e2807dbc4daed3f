"""What a sentence is made of before it has words: ids of templates, and the facts that fill them.

A verdict holds these; ``wording.render`` makes text of them in one of the languages. Plain text among the facts is
what reads the same in every language: names, addresses, codes, times in UTC, a server's own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from connector_probe.model.dataclass import dataclass

if TYPE_CHECKING:
    from connector_probe.model.evidence import Lookup, NetworkFault

    Value: TypeAlias = "str | Phrase | Word | Listed | Joined | Short | NetworkFault | Lookup"
else:
    Value = object  # a name in quotes would be compiled anew for each of the slots below


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence, by its id in ``Catalogue.facts``; filled from ``facts``, and from those around it."""

    id: str
    facts: Facts = field(default_factory=lambda: Facts())


@dataclass(frozen=True, slots=True)
class Word:
    """The word for ``value``, a member of an enumeration of ``model.evidence``; ``kind`` names the enumeration."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Several, each once, with ``separator`` (an id in ``Catalogue.facts``) between them."""

    items: tuple[Value, ...]
    separator: str = "between-items"


@dataclass(frozen=True, slots=True)
class Joined:
    """One part right behind the other."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Short:
    """At most as much of it as a sentence takes of somebody else's words."""

    value: Value


def listed(items: Iterable[Value], separator: str = "between-items") -> Listed:
    return Listed(tuple(items), separator)


def joined(*parts: Value) -> Joined:
    return Joined(parts)


def next_sentence(part: Phrase) -> Joined:
    """``part`` as a sentence of its own behind another one."""
    return Joined((Phrase("between-sentences"), part))


def some(items: Iterable[Value], most: int, separator: str = "between-items") -> Value:
    """The first few, and how many more there are: "a, b and 3 more"."""
    whole = tuple(items)
    first = Listed(whole[:most], separator)
    return Phrase("more-names", {"names": first, "number": str(len(whole) - most)}) if len(whole) > most else first


# --- the slots -------------------------------------------------------------------------------------------------


# The facts that sentences may use, by the name of their slot in a template. mypy refuses a slot that is not listed here
# where it is filled, and a test does where it stands in a template.
# fmt: off
Facts = TypedDict("Facts", {  # noqa: UP013 - as a class it takes six times the lines, all alike
    "address": Value, "address_or_server": Value, "alert": Value, "alert_hint": Value, "aliased": Value,
    "aliases": Value, "anchor_problems": Value, "appliance": Value, "appliance_hint": Value, "as_of": Value,
    "authorities": Value, "authority_label": Value, "authority_said": Value, "bad": Value, "behind": Value,
    "chain_hint": Value, "chain_order": Value, "chain_subjects": Value, "cipher": Value, "classes": Value,
    "clock_by": Value, "clock_hint": Value, "clock_time": Value, "code": Value, "command": Value,
    "connect_seconds": Value, "control": Value, "control_address": Value, "control_banner": Value,
    "again_fault": Value, "again_host": Value, "offline": Value, "source_unusable": Value,
    "control_fault": Value, "control_host": Value, "control_keywords": Value, "control_nameserver": Value,
    "counter_host": Value, "counter_lookup": Value, "counter_records": Value, "counts": Value, "dane_absence": Value,
    "dane_failure": Value, "dane_question": Value, "delegated_to": Value, "detail": Value, "dial": Value,
    "disagreement": Value, "dns_hint": Value, "dnssec_reason": Value, "dnssec_zone": Value, "domain": Value,
    "earlier": Value, "edition": Value, "ehlo_hint": Value, "ehlo_reply": Value, "elsewhere": Value, "endpoint": Value,
    "excluded": Value, "expected": Value, "expiring_issuer": Value, "failed_list": Value, "fault": Value, "file": Value,
    "flaws": Value, "greeting_name": Value, "greetings": Value, "group": Value, "helo_name": Value, "host": Value,
    "icmp": Value, "icmp_from": Value, "identity": Value, "in_time": Value, "injected": Value, "install_hint": Value,
    "intercepted": Value, "ipv6_hint": Value, "issuer_error": Value, "issuer_hint": Value, "issuer_not_after": Value,
    "issuer_top": Value, "issuer_url": Value, "issuers": Value, "judged_at": Value, "keywords": Value,
    "leaf_issuer": Value, "leaf_key": Value, "leaf_subject": Value, "left_out": Value, "list_date": Value,
    "look_alert": Value, "look_problems": Value, "look_sha1": Value, "look_subject": Value, "look_verdict": Value,
    "lookup": Value, "loop_name": Value, "mail_server": Value, "masked": Value, "mode": Value, "more_problems": Value,
    "mx_domain": Value, "mx_hint": Value, "mx_loop": Value, "mx_name_hint": Value, "mx_nameserver": Value,
    "mx_records": Value, "name": Value, "name_hint": Value, "names": Value, "nameserver": Value,
    "nameserver_alive": Value, "nameserver_or_system": Value, "near": Value, "near_domain": Value, "no_starttls": Value,
    "not_after": Value, "not_before": Value, "note": Value, "null_mx": Value, "number": Value, "odd": Value,
    "other_sample": Value, "outcome": Value, "overwritten": Value, "overwritten_hint": Value, "own_banner": Value,
    "parent": Value, "parked": Value, "percent": Value, "port": Value, "private_keywords": Value, "probed": Value,
    "problem_list": Value, "problem_note": Value, "problem_subject": Value, "problems": Value, "profile_fault": Value,
    "protocol": Value, "protocol_hint": Value, "proxied_reply": Value, "queried": Value, "rcode": Value,
    "rdap_domain": Value, "rdap_expires": Value, "rdap_fault": Value, "rdap_registrar": Value, "rdap_statuses": Value,
    "rdtype": Value, "reason": Value, "recheck_asked": Value, "recheck_error": Value, "recheck_nameserver": Value,
    "recheck_reason": Value, "recheck_zone": Value, "refusal_words": Value, "refused_by": Value,
    "refused_command": Value, "refused_verb": Value, "registered_domain": Value, "registry_zone": Value,
    "released": Value, "reply": Value, "revocation_sources": Value, "revoked_issuer": Value, "revoked_on": Value,
    "revoked_reason": Value, "revoked_source": Value, "revoked_what": Value, "root": Value, "said": Value,
    "same_label": Value, "same_said": Value, "sample": Value, "sample_note": Value, "server": Value, "sha1": Value,
    "since": Value, "slow_command": Value, "slow_hint": Value, "slow_number": Value, "slowest": Value,
    "smart_host": Value, "source": Value, "source_hint": Value, "stale_authority": Value, "stale_nameserver": Value,
    "stale_ours": Value, "stale_theirs": Value, "staple_fault": Value, "starttls_answer": Value, "starttls_hint": Value,
    "stranded": Value, "sts_domain": Value, "sts_from_here": Value, "sts_mode": Value, "sts_mx_hint": Value,
    "sts_pattern": Value, "sts_patterns": Value, "sts_problem": Value, "sts_problems": Value, "sts_url": Value,
    "subject": Value, "time_left": Value, "times": Value, "title": Value, "tls_sample": Value,
    "tls_version_seen": Value, "tlsa_fits_as": Value, "tlsa_matched": Value, "tlsa_misnumbered": Value,
    "tlsa_name": Value, "tlsa_records": Value, "tlsa_unusable": Value, "top_issuer": Value, "total": Value,
    "tries": Value, "trouble": Value, "trust": Value, "ttl_left": Value, "ttl_zone": Value, "unsure_sources": Value,
    "unsure_subject": Value, "until": Value, "untrue": Value, "url": Value, "version": Value, "versions": Value,
    "waited": Value, "zone": Value, "zone_serial": Value,
}, total=False)
# fmt: on
