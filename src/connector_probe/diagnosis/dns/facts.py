"""The facts of the sentences about the second look at DNS, and which of them is said first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.delegation import SETTLED, AnswerMismatch, Authorities, DnsView, WalkView
from connector_probe.diagnosis.dns.nameserver_trust import (
    DistrustReason,
    denied_by_the_public,
    distrust_reason,
    is_split_mx,
    telling_control,
)
from connector_probe.diagnosis.dns.second_look import all_failed, by_registry
from connector_probe.diagnosis.policies.facts import dnssec_reason
from connector_probe.model.delegation import SILENT, AuthorityReply, Recheck, Registration, ServerSays
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.ids import HeadingId
from connector_probe.model.sentence import Facts, Phrase, Value, Word, joined, listed, next_sentence, some
from connector_probe.model.verdict import CauseVerdict, FailureClass

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup

MAX_LISTED = 4
MAX_SHOWN = 3  # addresses in a sentence


def dns_facts(view: View) -> Facts:
    """What the sentences about the second look are filled with, and the hint for the detail."""
    dns_view = view.dns_view
    if dns_view is None:
        return {}
    found = _of_difference(dns_view.mismatch) | _of_recheck(dns_view.bogus)
    if dns_view.same is not None:
        found |= {"same_label": label(dns_view.same), "same_said": said(dns_view.same)}
    if dns_view.walk_view is not None:
        found |= _of_walk(dns_view.walk_view)
    found["versions"] = listed(_version(reply, dns_view) for reply in dns_view.out_of_step[:MAX_LISTED])
    if dns_view.registration is not None:
        found |= _of_registration(dns_view.registration)
    hint = _hint(dns_view)
    if hint is not None and not denied_by_the_public(view):
        found["dns_hint"] = next_sentence(Phrase(hint))
    return found


def _version(reply: AuthorityReply, dns_view: DnsView) -> Value:
    """ "ns1.contoso.com [192.0.2.53] (serial 2026112402): A 203.0.113.7"."""
    spoke = [one for walk_view in dns_view.walk_views for one in walk_view.spoke if one.address == reply.address]
    serial = next((one.serial for one in spoke if one.serial is not None), 0)
    told = Phrase("zone-version", {"server": label(reply), "zone_serial": str(serial)})
    return joined(told, ": ", said(reply))


def dns_heading(view: View) -> HeadingId | None:
    """Where the authoritative servers answer us, and no cause is likely: it is our nameserver that fails."""
    dns_view = view.dns_view
    fails = dns_view is not None and not denied_by_the_public(view) and _hint(dns_view) == "hint-answer"
    return HeadingId.NAMESERVER_FAILS if fails else None


def _hint(dns_view: DnsView) -> str | None:
    """The one thing to say next to what was seen."""
    walk_view = dns_view.walk_view
    if dns_view.unreached:
        return None
    if dns_view.bogus is not None:
        return "hint-bogus" if dns_view.bogus.fault is None else "hint-bogus-why"
    if dns_view.mismatch is not None:
        if dns_view.mismatch.own_zone:
            return "hint-split"
        return "hint-vary" if dns_view.mismatch.fresh else "hint-stale"
    if dns_view.out_of_step:
        return "hint-disagree"
    if walk_view is None or dns_view.address is not None:
        return None
    verdict, _ = by_registry(dns_view.registration)
    if verdict is CauseVerdict.CONFIRMED:
        return "hint-expired"
    if walk_view.undelegated:
        return "hint-undelegated" if verdict is None else "hint-registered"
    if walk_view.authorities is Authorities.DISAGREE:
        return "hint-disagree"
    if walk_view.authorities is Authorities.NOTHING:
        return "hint-fail" if all_failed(FailureClass.DNS_SERVFAIL, walk_view)[0] is not None else None
    knew_it = any(lookup.status in SETTLED for lookup in dns_view.resolution.lookups)
    return None if knew_it else "hint-answer"


def _of_difference(mismatch: AnswerMismatch | None) -> Facts:
    if mismatch is None:
        return {}
    ttl = mismatch.ours.ttl
    return {
        "stale_theirs": said(mismatch.theirs),
        "stale_authority": label(mismatch.theirs),
        "stale_nameserver": mismatch.ours.nameserver or "",
        "stale_ours": _ours(mismatch.ours),
        "ttl_left": "" if ttl is None else str(ttl),
        "ttl_zone": "" if mismatch.theirs.ttl is None else str(mismatch.theirs.ttl),
    }


def _of_recheck(recheck: Recheck | None) -> Facts:
    if recheck is None:
        return {}
    found = Facts(
        recheck_nameserver=recheck.nameserver,
        recheck_asked=f"{recheck.name} {recheck.rdtype}",
        recheck_error=f" ({recheck.error})" if recheck.error else "",
    )
    if recheck.fault is not None:
        found |= {"recheck_zone": recheck.fault.zone or recheck.name, "recheck_reason": dnssec_reason(recheck.fault)}
    return found


def _of_walk(walk_view: WalkView) -> Facts:
    found = Facts(
        zone=walk_view.walk.zones[-1] if walk_view.walk.zones else "",
        failed_list=_told((*walk_view.failed, *walk_view.nameless)),
        registered_domain=walk_view.walk.domain or "",
        delegated_to=some(walk_view.delegated_to, MAX_LISTED),
        parked=walk_view.parked or "",
    )
    states = [reply for state in _BY_WEIGHT if (reply := walk_view.saying(state)) is not None]
    if states:
        first = states[0]
        found |= {
            "disagreement": _told(states),
            "authority_label": label(first),
            "authority_said": listed(said(one) for one in _of_server(walk_view, first)),
            "registry_zone": "." if first.zone == "." else f".{first.zone}",
        }
    return found


def _of_registration(registration: Registration) -> Facts:
    expires = registration.expires
    return {
        "rdap_domain": registration.domain,
        "rdap_expires": "?" if expires is None else f"{expires:%Y-%m-%d}",
        "rdap_statuses": some(registration.statuses, MAX_LISTED) if registration.statuses else "-",
        "rdap_registrar": registration.registrar or "?",
        "rdap_fault": registration.fault,
    }


_BY_WEIGHT = (Authorities.RECORD, Authorities.NO_RECORD, Authorities.NO_NAME)


def _of_server(walk_view: WalkView, first: AuthorityReply) -> list[AuthorityReply]:
    """What the server of ``first`` says by the same transport: one reply a type, or the one that stands for all."""
    replies = [one for one in walk_view.spoke if one.address == first.address and one.transport == first.transport]
    if first.status is ServerSays.ANSWER:
        return [reply for reply in replies if reply.status is ServerSays.ANSWER]
    return replies if first.status is ServerSays.NODATA else [first]


def label(reply: AuthorityReply) -> str:
    """ "ns1.contoso.com [192.0.2.53]"."""
    if reply.address is None:
        return reply.server
    return f"{reply.server} [{reply.address}]" if reply.server else f"[{reply.address}]"


def said(reply: AuthorityReply) -> Value:
    """ "A 203.0.113.7", "NXDOMAIN", "AAAA: nodata", "timed-out"."""
    if reply.status in _RECORDS:
        return joined(f"{_RECORDS[reply.status] or reply.rdtype} ", some(reply.records, MAX_LISTED))
    if reply.status is ServerSays.NODATA:
        return joined(f"{reply.rdtype}: ", Word("lookup", "nodata"))
    if reply.status is ServerSays.NOT_ASKED:
        return Phrase(f"not-asked-{reply.note}") if reply.note in _NOT_ASKED else Phrase("lookup-not-asked")
    if reply.rcode not in (None, "NOERROR"):
        return str(reply.rcode)
    word = Word("lookup", reply.status)
    return joined(word, f" ({reply.note})") if reply.note and reply.status in SILENT else word


_NOT_ASKED = ("no-address", "inside", "no-way-out")
_RECORDS = {ServerSays.ANSWER: "", ServerSays.ALIAS: "CNAME", ServerSays.REFERRAL: "NS"}


def _ours(lookup: Lookup) -> Value:
    if lookup.aliases:
        return f"CNAME {lookup.aliases[0]}"
    if lookup.records:
        return joined(f"{lookup.rdtype} ", some(lookup.records, MAX_LISTED))
    if lookup.status is LookupStatus.NXDOMAIN:
        return "NXDOMAIN"
    return joined(f"{lookup.rdtype}: ", Word("lookup", lookup.status))


def _told(replies: Iterable[AuthorityReply]) -> Value:
    """ "ns1.contoso.com [192.0.2.53]: NXDOMAIN" for each."""
    return some((joined(f"{label(reply)}: ", said(reply)) for reply in replies), MAX_LISTED)


# --- our own nameserver, where it is the one at fault ----------------------------------------------------------


def trust_facts(view: View) -> Facts:
    """Empty where no other name was asked for."""
    control, reason, dns_view = telling_control(view), distrust_reason(view), view.dns_view
    found: Facts = {}
    if control is not None:
        found |= {
            "counter_host": control.name,
            "counter_records": listed(control.records[:MAX_SHOWN]),
            "counter_lookup": _ended(control),
        }
    elif reason is DistrustReason.PORTAL and view.evidence.control is not None:
        found["counter_host"] = view.evidence.control.host
    mismatch = dns_view.mismatch if dns_view is not None else None
    if mismatch is not None and denied_by_the_public(view):
        asked = mismatch.ours.last_name
        found |= {"nameserver": label(mismatch.theirs), "queried": asked, "mx_hint": Phrase("only-here-hint")}
    elif view.evidence.address is not None and reason is not None:  # not what decided that there is an address
        asked_for = view.evidence.resolution.lookups
        found_by = (one for one in asked_for if view.evidence.address in one.records)
        lookup = view.evidence.resolution.mx_lookup if is_split_mx(view) else next(found_by, None)
        if lookup is not None:
            found |= {"nameserver": lookup.nameserver or "", "queried": lookup.last_name}
    if reason is not None:
        tried = view.evidence.resolution.own_zone is not None and view.evidence.address is not None
        found["untrue"] = Phrase("untrue-split-tried" if tried else f"untrue-{reason}")
    return found


def _ended(lookup: Lookup) -> Value:
    if lookup.status is LookupStatus.OTHER_RCODE:
        return f"{lookup.rdtype}: {lookup.rcode}"
    return joined(f"{lookup.rdtype}: ", Word("lookup", lookup.status))
