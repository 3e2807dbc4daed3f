"""What the authoritative servers' answers say of the documented causes of a failed lookup. Pure.

Nothing is concluded from silence unless another direct question, to a like address, was answered: a network that
lets no DNS out looks the same. Where only our own nameserver's view was to be had, a server that answers without
authority supports trouble and confirms none: something on the way may have answered in its place.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import (
    BROKEN,
    LAME,
    MAX_TOLD,
    SILENT,
    SPOKE_WITH_AUTHORITY,
    AuthorityReply,
    Recheck,
    Registration,
    ServerSays,
    StartedFrom,
    Walk,
)
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.policy import DnssecStatus
from connector_probe.model.reach import is_inside, is_translated

if TYPE_CHECKING:
    from connector_probe.model.evidence import Lookup, Resolution

ADDRESSES = ("A", "AAAA")
# What servers for domains that have ended, are suspended or for sale are called; seen at registrars, parking services.
_ENDED = ("expired", "pendingrenewal", "renewyourname", "renewal-", "pendingdelete")
_PARKED = (*_ENDED, "suspended-domain", "verification-hold", "parking", "bodis.com")
SETTLED = {
    LookupStatus.ANSWER: ServerSays.ANSWER,
    LookupStatus.NODATA: ServerSays.NODATA,
    LookupStatus.NXDOMAIN: ServerSays.NXDOMAIN,
}
_NAMELESS = ("no-address", "inside")  # a NOT_ASKED reply's note


class Authorities(StrEnum):
    """What the authoritative servers of one name say, taken together."""

    RECORD = "record"
    NO_RECORD = "no-record"
    NO_NAME = "no-name"
    DISAGREE = "disagree"
    NOTHING = "nothing"  # none of them gave an answer with authority


_STATES = {
    ServerSays.ANSWER: Authorities.RECORD,
    ServerSays.ALIAS: Authorities.RECORD,
    ServerSays.NODATA: Authorities.NO_RECORD,
    ServerSays.NXDOMAIN: Authorities.NO_NAME,
}


@dataclass(frozen=True)
class WalkView:
    """One walk, understood. ``heard_from`` are addresses that answered anything at all."""

    walk: Walk
    heard_from: tuple[str, ...]

    @cached_property
    def last_zone(self) -> tuple[AuthorityReply, ...]:
        """The replies of the servers of the zone that the name belongs to."""
        if not self.walk.zones:
            return ()
        last = self.walk.zones[-1]
        return tuple(reply for reply in self.walk.replies if reply.zone == last or is_below(reply.zone, last))

    @cached_property
    def spoke(self) -> tuple[AuthorityReply, ...]:
        """Those that answered with authority."""
        return tuple(reply for reply in self.last_zone if reply.status in SPOKE_WITH_AUTHORITY)

    @cached_property
    def failed(self) -> tuple[AuthorityReply, ...]:
        """Those that answered no question with authority, one reply each. Silence only where it says something."""
        good = {reply.address for reply in self.spoke}
        found: dict[str, AuthorityReply] = {}
        for one in self.last_zone:
            if one.address is None or one.address in good or one.transport != "udp":
                continue
            silent = one.status in SILENT
            if one.status in LAME | BROKEN or (silent and _kind(one.address) in map(_kind, self.heard_from)):
                found.setdefault(one.address, one)
        return tuple(found.values())

    @cached_property
    def unserved(self) -> bool:
        """Whether every server that was asked answers, and none serves the zone."""
        asked = {reply.address for reply in self.last_zone if reply.status is not ServerSays.NOT_ASKED}
        told = {reply.address for reply in self.failed if reply.status in LAME | BROKEN}
        return bool(told) and told == asked

    @cached_property
    def without_tcp(self) -> bool:
        """Whether an answer needs TCP, and none of the zone's servers says anything over that."""
        by_tcp = any(reply.transport == "tcp" and reply.status not in SILENT for reply in self.last_zone)
        return not by_tcp and any(reply.status is ServerSays.TRUNCATED for reply in self.last_zone)

    @cached_property
    def nameless(self) -> tuple[AuthorityReply, ...]:
        """Name servers that nobody can ask: without an address, or with one that no public zone may lead to."""
        found = [reply for reply in self.last_zone if reply.status is ServerSays.NOT_ASKED and reply.note in _NAMELESS]
        return tuple({(one.server, one.address): one for one in found}.values())

    @property
    def leads_to_nobody(self) -> bool:
        """Whether the zone is delegated to name servers alone that nobody can ask."""
        return bool(self.nameless) and not any(reply.address for reply in self.last_zone)

    @cached_property
    def authorities(self) -> Authorities:
        kinds = {self._state(address) for address in {reply.address for reply in self.spoke}} - {None}
        if not kinds:
            return Authorities.NOTHING
        return next(iter(kinds)) or Authorities.NOTHING if len(kinds) == 1 else Authorities.DISAGREE

    def _state(self, address: str | None) -> Authorities | None:
        """What one server says: any record counts; that there is none, only when it was asked for every type."""
        replies = [reply for reply in self.spoke if reply.address == address]
        found = {_STATES[one.status] for one in replies}
        if Authorities.RECORD in found:
            return Authorities.RECORD
        if Authorities.NO_NAME in found:  # it holds for every type: one that fails gives it the lie
            return None if self._fails_about_a_type(address) else Authorities.NO_NAME
        return Authorities.NO_RECORD if {one.rdtype for one in replies}.issuperset(self.walk.rdtypes) else None

    def _fails_about_a_type(self, address: str | None) -> bool:
        return any(
            reply.address == address and reply.transport == "udp" and reply.status in SILENT | BROKEN
            for reply in self.last_zone
        )

    def saying(self, state: Authorities) -> AuthorityReply | None:
        """A reply of a server that says ``state``, taking all types together."""
        return next(
            (one for one in self.spoke if _STATES[one.status] is state and self._state(one.address) is state), None
        )

    @cached_property
    def out_of_step(self) -> tuple[AuthorityReply, ...]:
        """Replies of servers that hold different versions of the zone, and tell different records by them.

        Different records alone prove nothing: some servers tell each asker another address, as do those here where
        one version tells different ones.
        """
        serials = {reply.address: reply.serial for reply in self.spoke if reply.serial is not None}
        by_version: dict[int, AuthorityReply] = {}
        for one in self.spoke:
            version = serials.get(one.address)
            if version is not None and one.status is ServerSays.ANSWER and one.transport == "udp":
                first = by_version.setdefault(version, one)
                if first.rdtype == one.rdtype and set(first.records) != set(one.records):
                    return ()
        told = tuple(by_version[version] for version in sorted(by_version, reverse=True))
        differ = {(one.rdtype, frozenset(one.records)) for one in told}
        return told if len({one.rdtype for one in told}) == 1 and len(differ) == len(told) > 1 else ()

    @cached_property
    def undelegated(self) -> bool:
        """Whether the registry's own servers say that the registered domain does not exist."""
        domain = self.walk.domain
        if domain is None or self.authorities is not Authorities.NO_NAME or self.no_such_top_level:
            return False
        return all(is_below(domain, reply.zone) for reply in self.spoke)

    @cached_property
    def delegated_to(self) -> tuple[str, ...]:
        """The name servers to which the domain is delegated; empty where that was not seen."""
        domain = self.walk.domain
        if domain is None or self.undelegated:
            return ()
        within = [reply for reply in self.walk.replies if reply.zone == domain or is_below(reply.zone, domain)]
        return tuple(sorted({one.server for one in within if one.server}))

    @cached_property
    def parked(self) -> str | None:
        """A name server whose name says that the domain has expired."""
        own = self.walk.domain or ""
        others = (name for name in self.delegated_to if not is_below(name, own))
        return next((name for name in others if any(mark in name for mark in _PARKED)), None)

    @cached_property
    def no_such_top_level(self) -> bool:
        return self.authorities is Authorities.NO_NAME and all(reply.zone == "." for reply in self.spoke)

    @cached_property
    def redirected(self) -> bool:
        """Whether something else answered in the root servers' place: then it does so in every server's."""
        roots = [reply for reply in self.walk.replies if reply.zone == "."]
        answered = [one for one in roots if one.status in LAME | BROKEN]
        return bool(answered) and not any(
            one.status is ServerSays.REFERRAL or one.status in SPOKE_WITH_AUTHORITY for one in roots
        )

    @cached_property
    def from_the_roots(self) -> bool:
        return self.walk.started_from is StartedFrom.ROOTS


@dataclass(frozen=True)
class AnswerMismatch:
    """Our nameserver says one thing, the authoritative servers another. ``ours`` is a Lookup with its TTL left."""

    ours: Lookup
    theirs: AuthorityReply
    own_zone: bool  # our nameserver answers with authority itself: it holds its own version of the zone
    varying: bool = False  # the authoritative servers tell each asker something else, so that we may have got another

    @property
    def fresh(self) -> bool:
        """Whether ours was told just now, so that each asker is told something else (GeoDNS, round robin)."""
        told = self.ours.status is LookupStatus.ANSWER and self.ours.ttl is not None
        return told and self.ours.ttl == self.theirs.ttl

    @property
    def certain(self) -> bool:
        """Whether only an old answer explains it, and not that each asker gets addresses of his own.

        An answer "there is none" counts when the zone's own SOA stands in it; a filter's answer has none.
        """
        here, there = self.ours.status, self.theirs.status
        if here in (LookupStatus.NXDOMAIN, LookupStatus.NODATA):
            return self.ours.ttl is not None
        return there in (ServerSays.NXDOMAIN, ServerSays.NODATA)


@dataclass(frozen=True)
class DnsView:
    """The inquiry of one resolution, understood; ``queried`` is the name whose lookup decides.

    ``address`` is the one that could not be connected to, None where none was found.
    """

    resolution: Resolution
    queried: str
    address: str | None = None

    @cached_property
    def walk_views(self) -> tuple[WalkView, ...]:
        inquiry = self.resolution.inquiry
        if inquiry is None:
            return ()
        heard = [
            reply.address
            for walk in inquiry.walks
            for reply in walk.replies
            if reply.address is not None and reply.status not in SILENT and reply.status is not ServerSays.NOT_ASKED
        ]
        # On loopback there is nothing on the way that could keep questions back.
        heard += [
            address
            for lookup in self.resolution.lookups
            if lookup.nameserver is not None and lookup.status in SETTLED
            for address in (lookup.nameserver.partition("#")[0],)
            if _kind(address)[1] == "loopback"
        ]
        return tuple(WalkView(walk, tuple(dict.fromkeys(heard))) for walk in inquiry.walks)

    @cached_property
    def walk_view(self) -> WalkView | None:
        """That of the queried name, or of where it leads as an alias, which our nameserver did not tell."""
        by_name = {one.walk.name: one for one in self.walk_views}
        found = by_name.get(self.queried)
        told = found.saying(Authorities.RECORD) if found is not None else None
        alias = told.records[0] if told is not None and told.status is ServerSays.ALIAS else ""
        return by_name.get(alias, found)

    @cached_property
    def unreached(self) -> bool:
        """Whether servers were asked directly and not one of them answered anything, or something in their place."""
        if any(walk_view.redirected for walk_view in self.walk_views):
            return True
        replies = [reply for walk_view in self.walk_views for reply in walk_view.walk.replies]
        tried = [one for one in replies if one.status is not ServerSays.NOT_ASKED or one.note == "no-way-out"]
        return bool(tried) and all(one.status in SILENT or one.status is ServerSays.NOT_ASKED for one in tried)

    @cached_property
    def bogus(self) -> Recheck | None:
        """A SERVFAIL that lasts, and that goes away when validation is switched off; not where that is so of all.

        Nor where our own validation finds every signature good. Of several the one in which it finds the fault.
        """
        found = [one for one in self._unvalidated if one.name != "."]
        if not found or self.validates_nothing or self.validates_wrongly:
            return None
        return max(found, key=lambda one: one.fault is not None)

    @property
    def validates_wrongly(self) -> bool:
        """Whether our nameserver fails to validate what our own validation finds signed as it should be."""
        found = [one.validated for one in self._unvalidated if one.name != "."]
        return bool(found) and all(one is not None and one.status is DnssecStatus.SECURE for one in found)

    @property
    def validates_nothing(self) -> bool:
        """Whether our nameserver fails to validate the root itself: its clock or its trust anchor is wrong.

        Only where it knows the root's name servers otherwise; a denial of those is nonsense, and tells nothing.
        """
        return any(one.name == "." and one.unchecked == LookupStatus.ANSWER for one in self._unvalidated)

    @property
    def _unvalidated(self) -> tuple[Recheck, ...]:
        inquiry = self.resolution.inquiry
        rechecks = inquiry.rechecks if inquiry is not None else ()
        return tuple(recheck for recheck in rechecks if recheck.fails_when_checked)

    @property
    def registration(self) -> Registration | None:
        """What the registry said, where it was asked."""
        return self.resolution.inquiry.registration if self.resolution.inquiry is not None else None

    @cached_property
    def mismatch(self) -> AnswerMismatch | None:
        """Where our nameserver and the authoritative servers say different things of a name or its alias.

        Of several that which tells most: a record before none.
        """
        found = [
            AnswerMismatch(lookup, theirs, lookup.authoritative, _varying(walk_view, theirs))
            for lookup in self._relevant
            for walk_view in self.walk_views
            if (theirs := _differs(lookup, walk_view)) is not None
        ]
        return max(found, key=lambda one: bool(one.theirs.records), default=None)

    @cached_property
    def out_of_step(self) -> tuple[AuthorityReply, ...]:
        """Different versions of the records that led to our address, the newest first."""
        names = {name for one in self._relevant for name in _names(one)}
        return next((one.out_of_step for one in self.walk_views if one.out_of_step and one.walk.name in names), ())

    @cached_property
    def _relevant(self) -> tuple[Lookup, ...]:
        """With an address, what led to it: the other family's records may be as they like."""
        return tuple(
            lookup
            for lookup in self.resolution.lookups
            if self.address is None
            or lookup.rdtype not in ADDRESSES
            or (self.address in lookup.records and not is_translated(self.address))
        )

    @cached_property
    def same(self) -> AuthorityReply | None:
        """An authoritative reply that says what our nameserver says, where none says otherwise."""
        if self.mismatch is not None:
            return None
        for walk_view in self.walk_views:
            if walk_view.authorities in (Authorities.DISAGREE, Authorities.NOTHING):
                continue
            for lookup in self._relevant:
                if lookup.status not in SETTLED or walk_view.walk.name not in _names(lookup):
                    continue
                like = [one for one in walk_view.spoke if one.rdtype == lookup.rdtype and one.records == lookup.records]
                return like[0] if like else walk_view.spoke[0]
        return None


def is_below(name: str, zone: str) -> bool:
    """Whether ``name`` lies strictly below ``zone`` ("." for the root)."""
    return name != "." if zone == "." else name.endswith(f".{zone}")


def _names(lookup: Lookup) -> tuple[str, ...]:
    return (lookup.name, *lookup.aliases[-1:])


def _differs(lookup: Lookup, walk_view: WalkView) -> AuthorityReply | None:
    """A reply that contradicts ``lookup``, where all authoritative servers agree."""
    name = walk_view.walk.name
    if lookup.status not in SETTLED or name not in _names(lookup):
        return None
    if walk_view.authorities in (Authorities.DISAGREE, Authorities.NOTHING):
        return None
    told = [one for one in walk_view.spoke if one.rdtype == lookup.rdtype or one.status is not ServerSays.ANSWER]
    if lookup.aliases and name == lookup.name:  # what is compared is where the alias leads
        alias = lookup.aliases[0]
        return next((one for one in told if one.status is not ServerSays.ALIAS or one.records != (alias,)), None)
    aliased = next((one for one in told if one.status is ServerSays.ALIAS), None)
    if aliased is not None:
        return aliased
    return _contradicts(
        lookup, [one for one in told if one.rdtype == lookup.rdtype or one.status is ServerSays.NXDOMAIN]
    )


def _varying(walk_view: WalkView, reply: AuthorityReply) -> bool:
    """Whether servers answered that question with different records, or with more than were kept."""
    told = [one for one in walk_view.spoke if one.rdtype == reply.rdtype and one.status is reply.status]
    return len({frozenset(one.records) for one in told}) > 1 or any(len(one.records) >= MAX_TOLD for one in told)


def _contradicts(lookup: Lookup, replies: Sequence[AuthorityReply]) -> AuthorityReply | None:
    """Servers may each tell a part of a large set, so ours is only compared with all that they told."""
    if not replies:
        return None
    theirs = {record for reply in replies for record in reply.records}
    holding = next((one for one in replies if one.records), None)
    if lookup.status is LookupStatus.ANSWER:
        return None if theirs.issuperset(lookup.records) else holding or replies[0]
    if holding is not None:
        return holding
    returned = next((one for one in replies if one.status is ServerSays.NODATA), None)
    return returned if lookup.status is LookupStatus.NXDOMAIN else None


def _kind(address: str) -> tuple[int, str]:
    """What is alike between the ways to two addresses."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    place = "loopback" if parsed.is_loopback else "inside" if is_inside(address) else "outside"
    return parsed.version, place
