"""A null MX beside other MX records, which RFC 7505 3 forbids: one says that the domain takes no mail, others where.

A null MX alone is a failure class of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connector_probe.diagnosis.verdict import Said
from connector_probe.model.ids import WarningId
from connector_probe.model.notation import MAX_NAMES, quote
from connector_probe.model.sentence import Facts

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence


def null_mx_beside_others(attempts: Sequence[AttemptEvidence]) -> Iterator[Said]:
    """One warning for each domain."""
    told = set()
    for one in attempts:
        domain, records = one.resolution.mx_domain, one.resolution.mx or ()
        others = [f"{record.preference} {record.exchange}" for record in records if record.exchange]
        if domain is None or domain in told or not others or len(others) == len(records):
            continue
        told.add(domain)
        facts = Facts(domain=domain, mx_records=quote(", ".join(others[:MAX_NAMES])))
        yield Said(WarningId.MX_NULL_BESIDE, facts)
