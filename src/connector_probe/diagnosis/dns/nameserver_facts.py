"""The facts of a sentence that names our own nameserver as the one at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.facts import label
from connector_probe.diagnosis.dns.nameserver_trust import (
    DistrustReason,
    denied_by_the_public,
    distrust_reason,
    is_split_mx,
    telling_control,
)
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.sentence import Phrase, Word, joined, listed

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup
    from connector_probe.model.sentence import Facts, Value

MAX_SHOWN = 3  # addresses in a sentence


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
