"""What the delegation and the authoritative servers say of the causes of a failed lookup."""

from __future__ import annotations

from connector_probe.model.ids import EvidenceId

DELEGATION: dict[EvidenceId, str] = {
    EvidenceId.WALK_UNANSWERED: "No root or authoritative server answered a direct question from here (is outgoing port 53 blocked or redirected?), so nothing more can be said of the domain.",
    EvidenceId.DNSSEC_BOGUS: "{recheck_nameserver} answers {recheck_asked} with validation switched off (CD), and SERVFAIL with it: DNSSEC is broken{recheck_error}.",
    EvidenceId.DNSSEC_WHY: "Validated from here: in {recheck_zone}, {recheck_reason}.",
    EvidenceId.AUTHORITIES_DISAGREE: "The authoritative servers disagree: {disagreement}.",
    EvidenceId.AUTHORITIES_OUT_OF_STEP: "Its authoritative servers hold different versions of the zone: {versions}. Which of them a sender meets is chance.",
    EvidenceId.AUTHORITIES_FAIL: "No server of {zone} answers with authority: {failed_list}.",
    EvidenceId.SOME_AUTHORITIES_FAIL: "Servers of {zone} that give no authoritative answer: {failed_list}.",
    EvidenceId.AUTHORITIES_ANSWER: "Asked directly, {authority_label} says: {authority_said}.",
    EvidenceId.AUTHORITIES_ANSWER_US: "Asked directly from here, {authority_label} says: {authority_said}. The trouble lies between {nameserver} and it.",
    EvidenceId.AUTHORITY_SAYS: "Asked directly, {authority_label} says: {authority_said}.",
    EvidenceId.AUTHORITY_SAME: "{same_label} says the same: {same_said}.",
    EvidenceId.NOT_DELEGATED: "{authority_label} says NXDOMAIN: the registry of {registry_zone} does not delegate {registered_domain}. Expired, or never registered.",
    EvidenceId.NO_SUCH_TOP_LEVEL: "{authority_label} says: there is no such top-level domain.",
    EvidenceId.DELEGATED_TO: "{registered_domain} is delegated to {delegated_to}.",
    EvidenceId.RDAP_REGISTERED: "The registry (RDAP) says of {rdap_domain}: registered until {rdap_expires}, status {rdap_statuses}, registrar {rdap_registrar}.",
    EvidenceId.RDAP_UNKNOWN: "The registry (RDAP) knows no {rdap_domain}: it was never registered, or its registration has ended long ago.",
    EvidenceId.RDAP_UNREACHABLE: "The registry (RDAP) could not be asked: {rdap_fault}.",
    EvidenceId.PARKED_AT: "{registered_domain} is delegated to {parked}, which by its name serves expired domains.",
    EvidenceId.STALE_DIFFERS: "{stale_authority} says: {stale_theirs}. {stale_nameserver} still says: {stale_ours}.",
    EvidenceId.TTL_LEFT: "That may stay in its cache for another {ttl_left} s.",
    EvidenceId.NO_SOA: "No SOA record stands in its answer; a filter answers so too.",
    EvidenceId.OWN_ZONE: "{stale_nameserver} answers from a zone of its own, not from a cache.",
}

# What a server says; the rest is codes and records.
SERVERS: dict[str, str] = {
    "hint-bogus": "Its DNSSEC is broken: with validation switched off, the answer comes.",
    "hint-bogus-why": "Its DNSSEC is broken: in {recheck_zone}, {recheck_reason}.",
    "hint-stale": "The authoritative servers say otherwise: {stale_theirs}.",
    "hint-split": "The authoritative servers that the delegation leads to say otherwise.",
    "hint-undelegated": "The registry does not delegate {registered_domain}: it has expired, or was never registered.",
    "hint-expired": "The registration of {rdap_domain} has ended.",
    "hint-registered": "The registry does not delegate {registered_domain}, although it is registered.",
    "hint-disagree": "Its authoritative servers disagree.",
    "hint-fail": "None of its authoritative servers answers as it should.",
    "hint-answer": "Its authoritative servers do answer when asked directly.",
    "server-nodata": "no such record",
    "server-nxdomain": "NXDOMAIN",
    "server-not-authoritative": "not authoritative",
    "server-refused": "REFUSED",
    "server-servfail": "SERVFAIL",
    "server-other-rcode": "other-rcode",
    "server-malformed": "malformed",
    "server-truncated": "truncated",
    "server-timed-out": "timed out",
    "server-unreachable": "unreachable",
    "server-not-asked": "not asked",
    "not-asked-no-address": "its name has no address",
    "not-asked-inside": "not asked, because the address is a private one",
    "not-asked-no-way-out": "not asked, because nothing leaves for there from here",
}

WALKS: dict[str, str] = {
    "walk": "Asked directly about {name}, from the root servers: {path}",
    "walk-nameserver": "Asked directly about {name}, by what the nameserver says: {path}",
    "walk-incomplete": "The time for it ended first.",
}
