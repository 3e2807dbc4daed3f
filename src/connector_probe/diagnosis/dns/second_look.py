"""What the second look at DNS came to for one attempt: the findings that causes, facts and rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.delegation import ADDRESSES, Authorities, DnsView, WalkView
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.model.delegation import LAME, Registration, ServerSays
from connector_probe.model.ids import EvidenceId
from connector_probe.model.reach import meant
from connector_probe.model.verdict import CauseVerdict, FailureClass

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence, Resolution

Weighed = tuple[CauseVerdict | None, tuple[EvidenceId, ...]]
_NOTHING: Weighed = (None, ())
# Where our nameserver got no usable answer itself.
TROUBLED = frozenset(
    {FailureClass.DNS_SERVFAIL, FailureClass.DNS_REFUSED, FailureClass.DNS_TIMEOUT, FailureClass.DNS_MALFORMED}
)
# RFC 8056: after the end of a registration; and what a registrar or registry does to one that is not paid for, after
# which a registry may show a new date all the same (auto renew).
_ENDED = frozenset({"redemption period", "pending delete", "pending restore"})
_HELD = frozenset({"auto renew period", "client hold", "server hold"})


def dns_view_of(evidence: AttemptEvidence) -> DnsView | None:
    """None where no second look was taken."""
    resolution, lookup = evidence.resolution, deciding_lookup(evidence)
    if resolution.inquiry is None or lookup is None:
        return None
    return DnsView(resolution, lookup.last_name, evidence.address if resolution.own_zone is None else None)


def public_addresses(resolution: Resolution) -> tuple[str, ...]:
    """What the public's name servers say, where our nameserver says otherwise by a zone of its own; else nothing."""
    dns_view = DnsView(resolution, resolution.server)
    mismatch = dns_view.mismatch if not dns_view.unreached else None
    if mismatch is None or not mismatch.own_zone or mismatch.varying or not mismatch.ours.records:
        return ()
    if any(meant(one).is_unspecified for one in mismatch.ours.records):  # a filter's
        return ()
    spoke = [reply for walk_view in dns_view.walk_views for reply in walk_view.spoke]
    told = [one for one in spoke if one.status is ServerSays.ANSWER and one.rdtype in ADDRESSES]
    return tuple(dict.fromkeys(record for one in told for record in one.records))


def unsettled_domain(evidence: AttemptEvidence) -> str | None:
    """The registered domain of which the delegation leaves open whether it has expired; None where it does not."""
    dns_view = dns_view_of(evidence)
    walk_view = dns_view.walk_view if dns_view is not None else None
    if walk_view is None or evidence.address is not None or walk_view.no_such_top_level:
        return None
    open_ = walk_view.undelegated or walk_view.parked is not None or walk_view.authorities is Authorities.NOTHING
    return walk_view.walk.domain if open_ else None


def all_failed(failure: FailureClass, walk_view: WalkView) -> Weighed:
    """What it says of the hosting that no authoritative server answered with authority."""
    bad = walk_view.failed
    if not bad and not walk_view.nameless:
        return _NOTHING
    if failure not in TROUBLED and walk_view.unserved:  # none of them says what our nameserver was told
        return CauseVerdict.SUPPORTED, (EvidenceId.AUTHORITIES_FAIL,)
    asked = {reply.address for reply in walk_view.last_zone if reply.status is not ServerSays.NOT_ASKED}
    if failure not in TROUBLED or len(bad) < len(asked):  # some were silent, and that says nothing here
        return None, (EvidenceId.SOME_AUTHORITIES_FAIL,)
    sure = walk_view.from_the_roots or all(one.status not in LAME for one in bad)
    return (CauseVerdict.CONFIRMED if sure and bad else CauseVerdict.SUPPORTED), (EvidenceId.AUTHORITIES_FAIL,)


def hosting_is_convicted(dns_view: DnsView) -> bool:
    """Whether the name's authoritative servers themselves have shown to fail."""
    walk_view = dns_view.walk_view
    return walk_view is not None and all_failed(FailureClass.DNS_SERVFAIL, walk_view)[0] is CauseVerdict.CONFIRMED


def by_registry(registration: Registration | None) -> Weighed:
    """What the registry says of the registration's end."""
    if registration is None:
        return _NOTHING
    if registration.found is None:
        return None, (EvidenceId.RDAP_UNREACHABLE,)
    if not registration.found:
        return None, (EvidenceId.RDAP_UNKNOWN,)
    expires, asked_at = registration.expires, registration.asked_at
    over = expires is not None and asked_at is not None and expires < asked_at
    if over or _ENDED & set(registration.statuses):
        return CauseVerdict.CONFIRMED, (EvidenceId.RDAP_REGISTERED,)
    return (CauseVerdict.SUPPORTED if _HELD & set(registration.statuses) else CauseVerdict.RULED_OUT), (
        EvidenceId.RDAP_REGISTERED,
    )
