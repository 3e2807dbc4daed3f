"""The facts of a sentence that names our own nameserver as the one at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.dns.nameserver_trust import telling_control, untruth_of
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.sentence import Phrase, Word, joined, listed

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Lookup
    from connector_probe.model.sentence import Facts, Value

MAX_SHOWN = 3  # addresses in a sentence


def trust_facts(view: View) -> Facts:
    """Empty where no other name was asked for."""
    control, untruth = telling_control(view), untruth_of(view)
    found: Facts = {}
    if control is not None:
        found |= {
            "counter_host": control.name,
            "counter_records": listed(control.records[:MAX_SHOWN]),
            "counter_lookup": _ended(control),
        }
    if view.evidence.address is not None and untruth is not None:  # not what decided that there is an address
        asked = next((one for one in view.evidence.resolution.lookups if view.evidence.address in one.records), None)
        if asked is not None:
            found |= {"nameserver": asked.nameserver or "", "queried": asked.last_name}
    if untruth is not None:
        found["untrue"] = Phrase(f"untrue-{untruth}")
    return found


def _ended(lookup: Lookup) -> Value:
    if lookup.status is LookupStatus.OTHER_RCODE:
        return f"{lookup.rdtype}: {lookup.rcode}"
    return joined(f"{lookup.rdtype}: ", Word("lookup", lookup.status))
