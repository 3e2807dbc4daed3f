"""The facts of a sentence that names our own nameserver as the one at fault."""

from __future__ import annotations

from collections.abc import Mapping

from connector_probe.diagnosis.dns.nameserver_trust import telling_control, untruth_of
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Lookup, LookupStatus
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import Facts, fill

MAX_SHOWN = 3  # addresses in a sentence


def trust_facts(view: View, facts: Mapping[str, str], words: Catalogue) -> dict[str, str]:
    """``facts`` are those of the name that failed. Empty where no other name was asked for."""
    control, untruth = telling_control(view), untruth_of(view)
    found: dict[str, str] = {}
    if control is not None:
        found |= {
            "counter_host": control.name,
            "counter_records": words.listed(control.records[:MAX_SHOWN]),
            "counter_lookup": _ended(control, words),
        }
    if view.evidence.address is not None and untruth is not None:  # not what decided that there is an address
        asked = next((one for one in view.evidence.resolution.lookups if view.evidence.address in one.records), None)
        if asked is not None:
            found["nameserver"] = asked.nameserver or ""
            found["queried"] = asked.last_name
    if untruth is not None:
        found["untrue"] = fill(words.facts[f"untrue-{untruth}"], Facts(facts, **found))
    return found


def _ended(lookup: Lookup, words: Catalogue) -> str:
    ended = lookup.rcode if lookup.status is LookupStatus.OTHER_RCODE else words.facts[f"lookup-{lookup.status}"]
    return f"{lookup.rdtype}: {ended}"
