"""Causes of a connection that does not come about."""

from __future__ import annotations

from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.signs import PROHIBITED, is_own_by_dns
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.reach import is_nowhere, is_private
from connector_probe.model.verdict import Culprit, FailureClass

ROWS = Rows()
_F = FailureClass
_SILENCE = (_F.TCP_TIMEOUT, _F.TCP_UNREACHABLE)
_LATER_SILENCE = (_F.BANNER_TIMEOUT, _F.EHLO_TIMEOUT, _F.STARTTLS_TIMEOUT, _F.TLS_TIMEOUT)


@ROWS.cause(
    CauseId.ONE_FAMILY_DEAD,
    Culprit.NETWORK,
    {},
    shown_for=(_F.TCP_REFUSED, *_SILENCE, *_LATER_SILENCE),
    remedies=(RemedyId.MEND_FAMILY,),
)
def _one_family_dead(case: Case) -> Judged | None:
    """The same name takes mail over the other IP version; once TCP is up, the server itself may hang over this one.

    An address that nobody outside can reach is wrong by itself.
    """
    if is_private(case.evidence.address or "::") or is_nowhere_at_all(case):
        return None
    verdict = POSSIBLE if case.failure in _LATER_SILENCE else LIKELY
    return Judged(verdict, (EvidenceId.OTHER_FAMILY_SERVED,)) if case.view.context.other_family_served else None


@ROWS.cause(
    CauseId.SERVER_DOWN,
    Culprit.SERVER,
    alone(POSSIBLE, *_SILENCE),
    remedies=(RemedyId.CHECK_SERVER_UP, RemedyId.CHECK_NETWORK_CHANGE),
)
def _server_down(case: Case) -> Judged | None:
    """The last router before the host, or our own system on its link, reports that the host answers no ARP."""
    if case.view.context.accepted:
        return Judged(OUT, (EvidenceId.ANOTHER_CONNECTED,))
    if is_nowhere_at_all(case):
        return Judged(OUT, (EvidenceId.NO_HOSTS_ADDRESS,))
    fault = case.evidence.connect_fault
    if fault is not None and fault.icmp and fault.icmp_from == case.evidence.address:
        # A firewall that holds the address, and hands the port on (NAT), says it of the server behind; else the host.
        behind = fault.icmp == "host-unreachable"
        if not behind:
            return Judged(OUT, (EvidenceId.ICMP_SAID,))
        mended = (RemedyId.CHECK_NAT, RemedyId.CHECK_SERVER_UP)
        return Judged(LIKELY, (EvidenceId.ICMP_FROM_NAT,), mended, heading=HeadingId.NAT_TO_A_DEAD_HOST)
    return Judged(LIKELY, (EvidenceId.ICMP_SAID,)) if icmp_of(case) == "host-unreachable" else None


@ROWS.cause(
    CauseId.WRONG_SMART_HOST,
    Culprit.CONNECTOR,
    alone(POSSIBLE, *_SILENCE),
    shown_for=(_F.TCP_REFUSED,),
    remedies=(RemedyId.CORRECT_SMART_HOST,),
)
def _wrong_smart_host(case: Case) -> Judged | None:
    address = case.evidence.address
    if case.view.context.accepted:
        return Judged(OUT, (EvidenceId.ANOTHER_CONNECTED,))
    if address is None:
        return None
    if is_nowhere_at_all(case):
        verdict, seen = SURE, EvidenceId.NO_HOSTS_ADDRESS
    elif is_own_by_dns(case.evidence):
        verdict, seen = LIKELY, EvidenceId.OWN_ADDRESS
    elif is_private(address):
        verdict, seen = LIKELY, EvidenceId.PRIVATE_ADDRESS
    else:
        return None
    if address == case.evidence.server:
        return Judged(verdict, (seen,), heading=HeadingId.ADDRESS_OF_NOBODY_OUTSIDE)
    public = () if case.evidence.server == "localhost" else (RemedyId.PUBLISH_PUBLIC_ADDRESS,)  # RFC 6761 6.3
    mended = (*public, RemedyId.CORRECT_SMART_HOST)
    return Judged(verdict, (seen,), mended, Culprit.DNS, heading=HeadingId.ADDRESS_OF_NOBODY_OUTSIDE)


@ROWS.cause(CauseId.FIREWALL_DROPS, Culprit.NETWORK, alone(POSSIBLE, *_SILENCE), remedies=(RemedyId.OPEN_PORT_25,))
def _firewall_drops(case: Case) -> Judged | None:
    """A host that is up and listens answers a SYN, unless something drops it."""
    if case.failure is _F.TCP_TIMEOUT and case.view.context.accepted:
        return Judged(LIKELY, (EvidenceId.ANOTHER_CONNECTED,))
    if is_nowhere_at_all(case):
        return Judged(OUT, (EvidenceId.NO_HOSTS_ADDRESS,))
    return Judged(OUT, (EvidenceId.ICMP_SAID,)) if icmp_of(case) else None


@ROWS.cause(
    CauseId.FIREWALL_BLOCKS,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.TCP_REFUSED, _F.TCP_UNREACHABLE),
    remedies=(RemedyId.OPEN_PORT_25,),
)
def _firewall_blocks(case: Case) -> Judged | None:
    """A TCP without a listener resets; only a filter answers a SYN with ICMP "port unreachable" or "prohibited"."""
    if case.view.context.accepted:
        return Judged(OUT, (EvidenceId.ANOTHER_CONNECTED,))
    if is_nowhere_at_all(case):
        return Judged(OUT, (EvidenceId.NO_HOSTS_ADDRESS,))
    if not icmp_of(case):
        return None
    if icmp_of(case) not in PROHIBITED:
        return Judged(OUT, (EvidenceId.ICMP_SAID,))
    return Judged(LIKELY, (EvidenceId.ICMP_SAID,), heading=HeadingId.FIREWALL_REJECTS)


@ROWS.cause(
    CauseId.SERVICE_STOPPED, Culprit.SERVER, alone(POSSIBLE, _F.TCP_REFUSED), remedies=(RemedyId.START_SMTP_SERVICE,)
)
def _service_stopped(case: Case) -> Judged | None:
    """Behind one address some servers listen and this one does not; or a filter answered, and no server did."""
    if icmp_of(case) in PROHIBITED:
        return Judged(OUT, (EvidenceId.ICMP_SAID,))
    return Judged(LIKELY, (EvidenceId.ANOTHER_CONNECTED,)) if case.view.context.accepted else None


@ROWS.cause(
    CauseId.MIGRATED,
    Culprit.CONNECTOR,
    alone(POSSIBLE, _F.TCP_REFUSED),
    remedies=(RemedyId.DISABLE_CONNECTOR, RemedyId.SET_AUTHORITATIVE),
)
def _migrated(case: Case) -> Judged | None:
    if case.view.context.partner:
        return Judged(OUT, (EvidenceId.IS_A_PARTNER,))
    if case.view.context.accepted:
        return Judged(OUT, (EvidenceId.ANOTHER_CONNECTED,))
    return Judged(LIKELY, (EvidenceId.REFUSAL_WANTED,)) if case.view.context.refusal_wanted else None


def icmp_of(case: Case) -> str:
    """The ICMP error that ended the connect, "" where none did."""
    fault = case.evidence.connect_fault
    return fault.icmp if fault is not None else ""


def is_nowhere_at_all(case: Case) -> bool:
    """Whether the address is none that a host can have."""
    return case.evidence.address is not None and is_nowhere(case.evidence.address)
