"""Is it our own nameserver? What its answers to other questions, and its own words, say of the one that failed.

Exchange Online asks other nameservers than this machine does. One that is cut off from the internet, invents
addresses or filters names shows nothing of the domain or the server, so nothing is held against them for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.delegation import Authorities, DnsView
from connector_probe.diagnosis.dns.mx_origin import mx_origin
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.dns.second_look import hosting_is_convicted
from connector_probe.diagnosis.policies.judgement import sts_lists
from connector_probe.diagnosis.signs import another_host
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.reach import is_inside, meant
from connector_probe.model.verdict import FailureClass

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup

# Extended DNS errors of a resolver's own policy (RFC 8914 4.5, 4.16 to 4.18), as ``protocol.dns`` words them.
_POLICIES = ("Forged Answer", "Blocked", "Censored", "Filtered")
_EXISTS = frozenset({LookupStatus.ANSWER, LookupStatus.NODATA})
LEAST_CONTROLS = 2  # hosts of different operators, of which a public server cannot have all addresses


class DistrustReason(StrEnum):
    """How a nameserver's answer is known not to be what is in DNS."""

    INVENTED = "invented"
    PORTAL = "portal"
    BLOCKED = "blocked"
    UNVALIDATED = "unvalidated"
    MISVALIDATED = "misvalidated"
    OVERRIDDEN = "overridden"
    NULLED = "nulled"
    SPLIT = "split"
    TRUNCATED = "truncated"


def why_the_nameserver_is_not_believed(view: View) -> FailureClass | None:
    """A class of this machine's where its nameserver is at fault; asked only of what has failed."""
    if distrust_reason(view) is not None:
        return FailureClass.LOCAL_NAMESERVER_UNTRUE
    return FailureClass.LOCAL_NAMESERVER_CUT_OFF if _is_cut_off(view) else None


def distrust_reason(view: View) -> DistrustReason | None:
    """None where the nameserver's answer may well be true."""
    if not has_failed(view):
        return DistrustReason.SPLIT if is_split_mx(view) else None
    if view.evidence.resolution.own_zone is not None and not view.evidence.connected:
        # The public's address was tried, which may not lead back in.
        return DistrustReason.SPLIT
    address, dns_view = view.evidence.address, view.dns_view
    if address is None:
        lookup = deciding_lookup(view.evidence)
        # It has the whole answer, and the way to it is ours; but a name server of the zone itself may have been given.
        given = view.evidence.resolution.nameservers_given and lookup is not None and lookup.authoritative
        if lookup is not None and lookup.status is LookupStatus.TRUNCATED and not given:
            return DistrustReason.TRUNCATED
        if _is_blocked(view, dns_view):
            return DistrustReason.BLOCKED
        if dns_view is not None and dns_view.validates_nothing:
            return DistrustReason.UNVALIDATED
        if dns_view is not None and dns_view.validates_wrongly:
            return DistrustReason.MISVALIDATED
        if dns_view is not None and _is_overridden(dns_view):
            return DistrustReason.OVERRIDDEN
        return DistrustReason.SPLIT if dns_view is not None and _is_split(dns_view) else None
    if denied_by_the_public(view):  # which is what Exchange Online gets, whatever is made up here
        return None
    control = view.evidence.control
    if control is not None and control.address == address:
        return DistrustReason.PORTAL
    check = view.evidence.resolution.countercheck
    if check is not None:
        if check.sibling is not None and check.sibling.status is LookupStatus.ANSWER:
            return DistrustReason.INVENTED
        same = [one for one in check.controls if address in one.records]
        if same and len(same) == len(check.controls) and (is_inside(address) or len(same) >= LEAST_CONTROLS):
            return DistrustReason.PORTAL
    if dns_view is None or dns_view.mismatch is None:
        return None
    if meant(address).is_unspecified:
        return DistrustReason.NULLED
    return DistrustReason.SPLIT if _is_split(dns_view) else None


def _is_split(dns_view: DnsView) -> bool:
    """Whether our nameserver has a zone of its own that leads elsewhere than what the public gets."""
    mismatch = dns_view.mismatch
    return mismatch is not None and mismatch.own_zone and bool(mismatch.theirs.records)


def is_split_mx(view: View) -> bool:
    """Whether our nameserver has MX records of its own for the domain, which an MTA-STS policy does not list."""
    origin = mx_origin(view) if view.mta_sts_binds and not sts_lists(view.mta_sts, view.evidence.server) else None
    return origin is not None and origin.mismatch is not None and origin.mismatch.own_zone


def denied_by_the_public(view: View) -> bool:
    """Whether only our nameserver has an address for the name: all of the zone's own servers say that there is none."""
    dns_view = view.dns_view
    mismatch = dns_view.mismatch if dns_view is not None else None
    if dns_view is None or mismatch is None or view.evidence.address is None or not mismatch.ours.records:
        return False
    walk_view = next((one for one in dns_view.walk_views if mismatch.theirs in one.spoke), None)
    check = view.evidence.resolution.countercheck
    invented = check is not None and check.sibling is not None and check.sibling.status is LookupStatus.ANSWER
    denied = walk_view is not None and walk_view.authorities is Authorities.NO_NAME
    return denied and (mismatch.own_zone or invented)


def name_to_invent_beside(view: View) -> str | None:
    """The name that our nameserver gives an address, and all of its zone's servers deny; None without such a one.

    Of a domain that is not delegated any more it is the domain: below it, its old servers may still answer anything.
    """
    dns_view = view.dns_view
    mismatch = dns_view.mismatch if dns_view is not None else None
    if dns_view is None or mismatch is None or view.evidence.address is None or mismatch.own_zone:
        return None
    walk_view = next((one for one in dns_view.walk_views if mismatch.theirs in one.spoke), None)
    if walk_view is None or walk_view.authorities is not Authorities.NO_NAME or not mismatch.ours.records:
        return None
    return walk_view.walk.domain if walk_view.undelegated else walk_view.walk.name


def has_failed(view: View) -> bool:
    """Whether there is no address, or none that leads to the server: nobody can be connected to, or another host."""
    evidence = view.evidence
    lost = evidence.connect_fault is not None or another_host(evidence, view.expected) is not None
    return evidence.address is None or lost


def _is_blocked(view: View, dns_view: DnsView | None) -> bool:
    lookup = deciding_lookup(view.evidence)
    if lookup is None or not lookup.note.startswith(_POLICIES):
        return False
    walk_view = dns_view.walk_view if dns_view is not None else None
    return walk_view is None or walk_view.authorities in (Authorities.NOTHING, Authorities.RECORD)


def _is_overridden(dns_view: DnsView) -> bool:
    """Whether our own nameserver denies with authority what is there, without the SOA that a zone has (RFC 2308 3)."""
    mismatch = dns_view.mismatch
    if mismatch is None or not mismatch.own_zone or dns_view.resolution.nameservers_given:
        return False
    return mismatch.ours.status in (LookupStatus.NXDOMAIN, LookupStatus.NODATA) and mismatch.ours.ttl is None


def _is_cut_off(view: View) -> bool:
    """Whether nothing else resolves either, and no authoritative server has said what the matter is."""
    check, dns_view, lookup = (view.evidence.resolution.countercheck, view.dns_view, deciding_lookup(view.evidence))
    if view.evidence.address is not None or check is None or not check.controls:
        return False
    if lookup is not None and lookup.status is LookupStatus.ANSWER:  # a null MX, which is the fault
        return False
    if any(control.status in _EXISTS for control in check.controls):
        return False
    if dns_view is None or dns_view.unreached:
        return True
    if dns_view.bogus is not None or hosting_is_convicted(dns_view):
        return False
    walk_view = dns_view.walk_view
    if walk_view is None or walk_view.authorities in (Authorities.NOTHING, Authorities.RECORD):
        return True
    return walk_view.no_such_top_level  # what denies the control hosts may well speak in the roots' place


def telling_control(view: View) -> Lookup | None:
    """The answer about another name that convicts our nameserver."""
    check, address = view.evidence.resolution.countercheck, view.evidence.address
    if check is None:
        return None
    if check.sibling is not None and check.sibling.status is LookupStatus.ANSWER:
        return check.sibling
    return next((control for control in check.controls if address is None or address in control.records), None)
