"""What several judges of causes ask of one attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.causes.row import Judged
from connector_probe.diagnosis.signs import other_protocol, speaks_implicit_tls, waits_for_proxy_header
from connector_probe.model.ids import EvidenceId
from connector_probe.model.reach import is_nowhere
from connector_probe.model.verdict import CauseVerdict
from connector_probe.protocol.refusals import is_of_postscreen

if TYPE_CHECKING:
    from connector_probe.diagnosis.causes.row import Case


def explained(case: Case) -> Judged | None:
    """What is ruled out once the port is known to wait for something else than a client of SMTP."""
    if speaks_implicit_tls(case.evidence):
        return Judged(CauseVerdict.RULED_OUT, (EvidenceId.IMPLICIT_TLS_SEEN,))
    if waits_for_proxy_header(case.evidence):
        return Judged(CauseVerdict.RULED_OUT, (EvidenceId.PROXY_GREETED,))
    if other_protocol(case.evidence)[0]:
        return Judged(CauseVerdict.RULED_OUT, (EvidenceId.OTHER_PROTOCOL_SEEN,))
    return None


def is_postscreen(case: Case) -> bool:
    return case.view.refusal is not None and is_of_postscreen(case.view.refusal)


def icmp_of(case: Case) -> str:
    """The ICMP error that ended the connect, "" where none did."""
    fault = case.evidence.connect_fault
    return fault.icmp if fault is not None else ""


def is_nowhere_at_all(case: Case) -> bool:
    """Whether the address is none that a host can have."""
    return case.evidence.address is not None and is_nowhere(case.evidence.address)
