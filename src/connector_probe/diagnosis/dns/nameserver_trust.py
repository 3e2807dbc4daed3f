"""Is it our own nameserver? What its answers to other questions, and its own words, say of the one that failed.

Exchange Online asks other nameservers than this machine does. One that is cut off from the internet, invents
addresses or filters names shows nothing of the domain or the server, so nothing is held against them for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.delegation import Authorities
from connector_probe.diagnosis.dns.mx_origin import mx_origin
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.dns.second_look import hosting_is_convicted, picture_of
from connector_probe.diagnosis.policies.judgement import sts_lists
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.reach import is_inside, meant
from connector_probe.model.verdict import FailureClass

if TYPE_CHECKING:
    from connector_probe.diagnosis.dns.delegation import Picture
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup

# Extended DNS errors of a resolver's own policy (RFC 8914 4.5, 4.16 to 4.18), as ``protocol.dns`` words them.
_POLICIES = ("Forged Answer", "Blocked", "Censored", "Filtered")
_EXISTS = frozenset({LookupStatus.ANSWER, LookupStatus.NODATA})
LEAST_CONTROLS = 2  # hosts of different operators, of which a public server cannot have all addresses


class Untruth(StrEnum):
    """How a nameserver's answer is known not to be what is in DNS."""

    INVENTED = "invented"
    PORTAL = "portal"
    BLOCKED = "blocked"
    UNVALIDATED = "unvalidated"
    OVERRIDDEN = "overridden"
    NULLED = "nulled"
    SPLIT = "split"


def why_the_nameserver_is_not_believed(view: View) -> FailureClass | None:
    """A class of this machine's where its nameserver is at fault; asked only of what has failed."""
    if untruth_of(view) is not None:
        return FailureClass.LOCAL_NAMESERVER_UNTRUE
    return FailureClass.LOCAL_NAMESERVER_CUT_OFF if _is_cut_off(view) else None


def untruth_of(view: View) -> Untruth | None:
    """None where the nameserver's answer may well be true."""
    if not has_failed(view):
        return Untruth.SPLIT if is_split_mx(view) else None
    address, picture = view.evidence.address, picture_of(view)
    if address is None:
        if _is_blocked(view, picture):
            return Untruth.BLOCKED
        if picture is not None and picture.validates_nothing:
            return Untruth.UNVALIDATED
        if picture is not None and _is_overridden(picture):
            return Untruth.OVERRIDDEN
        return Untruth.SPLIT if picture is not None and _is_split(picture) else None
    if denied_by_the_public(view):  # which is what Exchange Online gets, whatever is made up here
        return None
    control = view.evidence.control
    if control is not None and control.address == address:
        return Untruth.PORTAL
    check = view.evidence.resolution.countercheck
    if check is not None:
        if check.sibling is not None and check.sibling.status is LookupStatus.ANSWER:
            return Untruth.INVENTED
        same = [one for one in check.controls if address in one.records]
        if same and len(same) == len(check.controls) and (is_inside(address) or len(same) >= LEAST_CONTROLS):
            return Untruth.PORTAL
    if picture is None or picture.difference is None:
        return None
    if meant(address).is_unspecified:
        return Untruth.NULLED
    return Untruth.SPLIT if _is_split(picture) else None


def _is_split(picture: Picture) -> bool:
    """Whether our nameserver has a zone of its own that leads elsewhere than what the public gets."""
    difference = picture.difference
    return difference is not None and difference.own_zone and bool(difference.theirs.records)


def is_split_mx(view: View) -> bool:
    """Whether our nameserver has MX records of its own for the domain, which an MTA-STS policy does not list."""
    origin = mx_origin(view) if view.mta_sts_binds and not sts_lists(view.mta_sts, view.evidence.server) else None
    return origin is not None and origin.difference is not None and origin.difference.own_zone


def denied_by_the_public(view: View) -> bool:
    """Whether only our nameserver has an address for the name: all of the zone's own servers say that there is none."""
    picture = picture_of(view)
    difference = picture.difference if picture is not None else None
    if picture is None or difference is None or view.evidence.address is None or not difference.ours.records:
        return False
    standing = next((one for one in picture.standings if difference.theirs in one.spoke), None)
    check = view.evidence.resolution.countercheck
    invented = check is not None and check.sibling is not None and check.sibling.status is LookupStatus.ANSWER
    denied = standing is not None and standing.authorities is Authorities.NO_NAME
    return denied and (difference.own_zone or invented)


def name_to_invent_beside(view: View) -> str | None:
    """The name that our nameserver gives an address, and all of its zone's servers deny; None without such a one.

    Of a domain that is not delegated any more it is the domain: below it, its old servers may still answer anything.
    """
    picture = picture_of(view)
    difference = picture.difference if picture is not None else None
    if picture is None or difference is None or view.evidence.address is None or difference.own_zone:
        return None
    standing = next((one for one in picture.standings if difference.theirs in one.spoke), None)
    if standing is None or standing.authorities is not Authorities.NO_NAME or not difference.ours.records:
        return None
    return standing.walk.domain if standing.undelegated else standing.walk.name


def has_failed(view: View) -> bool:
    """Whether there is no address, or none that can be connected to."""
    connection = view.evidence.connection
    return view.evidence.address is None or (connection is not None and connection.fault is not None)


def _is_blocked(view: View, picture: Picture | None) -> bool:
    lookup = deciding_lookup(view.evidence)
    if lookup is None or not lookup.note.startswith(_POLICIES):
        return False
    standing = picture.standing if picture is not None else None
    return standing is None or standing.authorities in (Authorities.NOTHING, Authorities.RECORD)


def _is_overridden(picture: Picture) -> bool:
    """Whether our own nameserver denies with authority what is there, without the SOA that a zone has (RFC 2308 3)."""
    difference = picture.difference
    if difference is None or not difference.own_zone or picture.resolution.nameservers_given:
        return False
    return difference.ours.status in (LookupStatus.NXDOMAIN, LookupStatus.NODATA) and difference.ours.ttl is None


def _is_cut_off(view: View) -> bool:
    """Whether nothing else resolves either, and no authoritative server has said what the matter is."""
    check, picture, lookup = view.evidence.resolution.countercheck, picture_of(view), deciding_lookup(view.evidence)
    if view.evidence.address is not None or check is None or not check.controls:
        return False
    if lookup is not None and lookup.status is LookupStatus.ANSWER:  # a null MX, which is the fault
        return False
    if any(one.status in _EXISTS for one in check.controls):
        return False
    if picture is None or picture.unreached:
        return True
    if picture.bogus is not None or hosting_is_convicted(picture):
        return False
    return picture.standing is None or picture.standing.authorities in (Authorities.NOTHING, Authorities.RECORD)


def telling_control(view: View) -> Lookup | None:
    """The answer about another name that convicts our nameserver."""
    check, address = view.evidence.resolution.countercheck, view.evidence.address
    if check is None:
        return None
    if check.sibling is not None and check.sibling.status is LookupStatus.ANSWER:
        return check.sibling
    return next((one for one in check.controls if address is None or address in one.records), None)
