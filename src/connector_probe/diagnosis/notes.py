"""What has to be known about the place that a report was made from."""

from __future__ import annotations

from collections.abc import Sequence

from connector_probe.diagnosis.local_clock import clock_is_behind
from connector_probe.diagnosis.phrases import clock_hint
from connector_probe.diagnosis.signs import is_own_by_dns
from connector_probe.diagnosis.verdict import Said
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import ConnectorEvidence, Resolution
from connector_probe.model.notation import day
from connector_probe.model.reach import is_private
from connector_probe.model.sentence import Facts, Phrase, joined

MAX_PRIVATE = 10  # notes about single addresses; whoever probes hundreds of private ones knows by then


def vantage_notes(connectors: Sequence[Connector], evidence: Sequence[ConnectorEvidence]) -> tuple[Said, ...]:
    """Notes that hold for the whole report: the vantage, the roots, the day that certificates were judged for."""
    notes = [Said("vantage")]
    trust = dict.fromkeys(
        one.certificate.trust for each in evidence for one in each.attempts if one.certificate is not None
    )
    notes += [_roots(label) for label in trust]
    met = dict.fromkeys(
        attempt.address for each in evidence for attempt in each.attempts if attempt.address is not None
    )
    notes += [Said("private-address", {"address": one}) for one in met if is_private(one)][:MAX_PRIVATE]
    resolutions = (one.resolution for each in evidence for one in each.attempts)
    notes += [_split(one) for one in dict.fromkeys(one for one in resolutions if one.own_zone is not None)][
        :MAX_PRIVATE
    ]
    own = dict.fromkeys(one.address for each in evidence for one in each.attempts if is_own_by_dns(one))
    notes += [Said("own-address", {"address": one or ""}) for one in own][:MAX_PRIVATE]
    behind = next((one for each in evidence for one in each.attempts if clock_is_behind(one)), None)
    if behind is not None and behind.certificate is not None:
        judged_at, hint = day(behind.certificate.judged_at), clock_hint(clock_is_behind(behind))
        notes.append(Said("clock-behind", {"judged_at": judged_at, "clock_hint": hint}))
    shaken = (one.handshake for each in evidence for one in each.attempts if one.handshake is not None)
    if any(one.own_groups for one in shaken):
        notes.append(Said("own-groups"))
    dates = dict.fromkeys(one.as_of for one in connectors if one.as_of is not None)
    notes += [Said("as-of", {"as_of": day(moment)}) for moment in dates]
    return tuple(notes)


def _roots(label: str) -> Said:
    """A label of trust.py ("microsoft EDITION", "system", either with " + FILE", "FILE only") as a note."""
    first, plus, file = label.partition(" + ")
    if first.startswith("microsoft "):
        return Said("roots-microsoft", {"edition": first.removeprefix("microsoft ") + plus + file})
    if label.endswith(" only"):
        return Said("roots", {"trust": Phrase("roots-only", {"file": label.removesuffix(" only")})})
    name = Phrase(f"roots-{first}") if first in ("system", "certifi") else first
    return Said("roots", {"trust": joined(name, plus + file)})


def _split(resolution: Resolution) -> Said:
    """Our nameserver leads elsewhere than the public's do."""
    own = ", ".join(resolution.own_zone or ()) or Phrase("no-address")
    facts = Facts(server=resolution.server, elsewhere=own, address=", ".join(resolution.addresses))
    return Said("split-dns", facts)
