"""Which failure class it is that a name has no address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.model.delegation import BROKEN, SILENT, SPOKE_WITH_AUTHORITY, ServerSays
from connector_probe.model.evidence import FaultKind, LookupStatus
from connector_probe.model.verdict import FailureClass

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence, Lookup

# With several questions for one server, the one that went worst, the first in here, explains why there is no address.
_BY_LOOKUP = {
    LookupStatus.CNAME_LOOP: FailureClass.DNS_CNAME_LOOP,
    LookupStatus.CNAME_TOO_LONG: FailureClass.DNS_CNAME_LOOP,
    LookupStatus.NXDOMAIN: FailureClass.DNS_NXDOMAIN,
    LookupStatus.SERVFAIL: FailureClass.DNS_SERVFAIL,
    LookupStatus.REFUSED: FailureClass.DNS_REFUSED,
    LookupStatus.OTHER_RCODE: FailureClass.DNS_SERVFAIL,
    LookupStatus.MALFORMED: FailureClass.DNS_MALFORMED,
    LookupStatus.WRONG_ID: FailureClass.DNS_MALFORMED,
    LookupStatus.WRONG_QUESTION: FailureClass.DNS_MALFORMED,
    LookupStatus.TRUNCATED: FailureClass.DNS_TIMEOUT,
    LookupStatus.TIMED_OUT: FailureClass.DNS_TIMEOUT,
    LookupStatus.UNREACHABLE: FailureClass.DNS_TIMEOUT,
    LookupStatus.NODATA: FailureClass.DNS_NO_ADDRESS,
    LookupStatus.ANSWER: FailureClass.DNS_NO_ADDRESS,
}
_FROM_WORST = tuple(_BY_LOOKUP)
_SAYS_NOTHING = frozenset(
    {LookupStatus.TIMED_OUT, LookupStatus.UNREACHABLE, LookupStatus.MALFORMED}
    | {LookupStatus.WRONG_ID, LookupStatus.WRONG_QUESTION}
)
ANSWERED = frozenset({LookupStatus.ANSWER, LookupStatus.NODATA, LookupStatus.NXDOMAIN})


def deciding_lookup(evidence: AttemptEvidence) -> Lookup | None:
    """The question that explains why the server has no address."""
    asked = evidence.resolution.lookups
    if evidence.resolution.mx:  # the MX set was found; what failed is one of its hosts, if it has any
        found = next((at for at, one in enumerate(asked) if one.rdtype == "MX"), -1)
        asked = asked[found + 1 :] or asked[found:]
    asked = tuple(one for one in asked if one.rdtype != "MX") or asked
    asked = tuple(one for one in asked if _fails_at_its_source(one, evidence)) or asked
    return min(asked, key=lambda one: _FROM_WORST.index(one.status)) if asked else None


def _fails_at_its_source(lookup: Lookup, evidence: AttemptEvidence) -> bool:
    """Whether the name's own servers fail about this type, although they deny the name when asked for another.

    Balancers that know no AAAA do so (RFC 4074 4.2). NXDOMAIN would hold for every type, so it is none then.
    """
    inquiry = evidence.resolution.inquiry
    if lookup.status in ANSWERED or inquiry is None:
        return False
    name = lookup.last_name
    replies = [
        reply for walk in inquiry.walks if walk.name == name for reply in walk.replies if reply.zone in walk.zones[-1:]
    ]
    told = {one.status for one in replies if one.rdtype == lookup.rdtype}
    denied = any(one.status is ServerSays.NXDOMAIN for one in replies)
    return denied and bool(told & (BROKEN | SILENT)) and not told & SPOKE_WITH_AUTHORITY


def why_this_machine_has_no_address(evidence: AttemptEvidence) -> FailureClass | None:
    resolution = evidence.resolution
    if resolution.addresses:
        return None
    if resolution.no_nameservers:
        return FailureClass.LOCAL_NO_NAMESERVER
    if any(one.fault is not None and one.fault.kind is FaultKind.NO_RESOURCES for one in resolution.lookups):
        return FailureClass.LOCAL_RESOURCES
    if resolution.excluded:
        return FailureClass.LOCAL_FAMILY_EXCLUDED
    lookup, control = deciding_lookup(evidence), resolution.control
    if lookup is None or control is None or lookup.status in ANSWERED:
        return None
    # A nameserver that the user chose only has to be alive and speak DNS, as an authority does that resolves nothing
    # (but what it refuses as well as everything says nothing); the machine's own must resolve something at all.
    dumb = control.status in _SAYS_NOTHING and lookup.status in _SAYS_NOTHING
    refuses = lookup.status is control.status is LookupStatus.REFUSED
    useless = control.status not in ANSWERED and (refuses or not resolution.nameservers_given)
    return FailureClass.LOCAL_NAMESERVER_SILENT if dumb or useless else None


def why_there_is_no_address(evidence: AttemptEvidence) -> FailureClass | None:
    resolution = evidence.resolution
    if resolution.addresses:
        return None
    if resolution.mx and not any(record.exchange for record in resolution.mx):
        return FailureClass.DNS_NULL_MX
    lookup = deciding_lookup(evidence)
    if lookup is not None and lookup.status is LookupStatus.SERVFAIL and alias_circle(evidence):
        return FailureClass.DNS_CNAME_LOOP  # which some resolvers follow to its end, and then tell nothing of it
    return _BY_LOOKUP[lookup.status] if lookup is not None else FailureClass.DNS_NO_ADDRESS


def alias_circle(evidence: AttemptEvidence) -> tuple[str, ...]:
    """The names that lead in a circle by the zones' own servers, the last of them met before; else nothing."""
    lookup, inquiry = deciding_lookup(evidence), evidence.resolution.inquiry
    if lookup is None or inquiry is None:
        return ()
    aliases = {
        walk.name: reply.records[0]
        for walk in inquiry.walks
        for reply in walk.replies
        if reply.status is ServerSays.ALIAS and reply.records
    }
    found = [lookup.name]
    while found[-1] in aliases and found.count(found[-1]) == 1:
        found.append(aliases[found[-1]])
    return tuple(found) if found.count(found[-1]) > 1 else ()
