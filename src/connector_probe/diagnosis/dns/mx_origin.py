"""An MX host that the MTA-STS policy does not list: do the domain's own name servers name it?

The nameserver's answer is held against what the authoritative servers say. Where they name other hosts, and the policy
lists those, the policy is up to date and the answer is not the domain's: forged, or an old one from a cache, which
looks the same. Where they say the same, that speaks against a forgery on the way here; whether the record is right,
nothing tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import AuthorityReply, ServerSays
from connector_probe.model.ids import HeadingId
from connector_probe.model.policy import DnssecStatus
from connector_probe.protocol.mta_sts import lists

if TYPE_CHECKING:
    from connector_probe.diagnosis.dns.delegation import AnswerMismatch, DnsView
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup


@dataclass(frozen=True, slots=True)
class MxOrigin:
    """``mismatch`` or ``same`` is set where the authoritative servers were heard, never both.

    ``named``: the MX hosts by the authoritative servers. ``listed``: those of them that the policy lists. ``secure``:
    DNSSEC vouches for the nameserver's own answer. ``from_source``: that answer came from an authoritative server
    which the user had named.
    """

    mismatch: AnswerMismatch | None
    same: AuthorityReply | None
    named: frozenset[str]
    listed: frozenset[str]
    secure: bool
    from_source: bool

    @property
    def names_others(self) -> bool:
        """Whether the authoritative servers, all of one mind, name hosts that the policy lists instead of ours."""
        told = self.mismatch
        return told is not None and not told.own_zone and not told.varying and bool(self.listed)


def mx_origin(view: View) -> MxOrigin | None:
    """None where nothing is known beyond the nameserver's own answer."""
    lookup = view.evidence.resolution.mx_lookup
    policy = view.mta_sts.policy if view.mta_sts is not None else None
    if lookup is None or policy is None:
        return None
    dns_view = view.dns_view
    heard = dns_view is not None and not dns_view.unreached
    mismatch = dns_view.mismatch if dns_view is not None and heard else None
    named = _named(dns_view, lookup) if dns_view is not None and heard else frozenset()
    return MxOrigin(
        mismatch=None if view.evidence.server in named else mismatch,
        same=_same(dns_view, mismatch, view.evidence.server, lookup) if dns_view is not None and heard else None,
        named=named,
        listed=frozenset(host for host in named if lists(policy, host)),
        secure=_is_secure(view, lookup),
        from_source=view.evidence.resolution.nameservers_given and lookup.authoritative,
    )


def _named(dns_view: DnsView, lookup: Lookup) -> frozenset[str]:
    replies = _answers(dns_view, lookup)
    return frozenset(_host(record) for reply in replies for record in reply.records)


def _answers(dns_view: DnsView, lookup: Lookup) -> list[AuthorityReply]:
    names = (lookup.name, *lookup.aliases[-1:])
    walk_views = [one for one in dns_view.walk_views if one.walk.name in names]
    replies = [reply for walk_view in walk_views for reply in walk_view.spoke]
    return [one for one in replies if one.rdtype == "MX" and one.status is ServerSays.ANSWER]


def _same(dns_view: DnsView, mismatch: AnswerMismatch | None, server: str, lookup: Lookup) -> AuthorityReply | None:
    """A reply that says the same, of this host at least."""
    if mismatch is None:
        return dns_view.same
    return next(
        (one for one in _answers(dns_view, lookup) if server in {_host(record) for record in one.records}), None
    )


def _host(record: str) -> str:
    return record.rpartition(" ")[2].rstrip(".").lower()


def _is_secure(view: View, lookup: Lookup) -> bool:
    """Whether the look-up with DNSSEC was validated, and gave the same hosts."""
    if view.dane is None or view.dane.mx.status is not DnssecStatus.SECURE:
        return False
    return {_host(record) for record in view.dane.mx.records} == {_host(one) for one in lookup.records}


# --- the words -------------------------------------------------------------------------------------------------


def mx_heading(view: View) -> HeadingId | None:
    """The key of the sentence that names what is broken, where more is known than that the host is not listed."""
    origin = mx_origin(view)
    if origin is None or origin.mismatch is None:
        return None
    if origin.mismatch.own_zone:
        return HeadingId.OWN_ZONE
    return HeadingId.MX_OTHERS_LISTED if origin.names_others else None


def mx_hint(view: View) -> str | None:
    """The key of what is said beside the class's own sentence."""
    origin = mx_origin(view)
    if origin is None or origin.mismatch is None:
        return None
    return "mx-hint-listed" if origin.names_others else "mx-hint-differs"
