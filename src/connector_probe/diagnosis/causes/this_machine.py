"""Causes that lie in the machine that probes, or in its network: nothing is known of the server then."""

from __future__ import annotations

from connector_probe.diagnosis.causes.row import LIKELY, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.dns.nameserver_trust import DistrustReason, distrust_reason
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.model.evidence import FaultKind
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.verdict import Culprit, FailureClass

ROWS = Rows()
_F, _R = FailureClass, RemedyId
_HERE = Culprit.THIS_MACHINE
_NO_WAY_OUT = frozenset({FaultKind.NO_ROUTE, FaultKind.GATEWAY_SILENT})


def _by_class(case: Case) -> None:
    """The class says it all."""


def _lack(case: Case) -> Judged | None:
    """The system ends processes where memory runs out; a person may have done so as well."""
    fault = case.evidence.connect_fault
    return Judged(LIKELY) if fault is not None and fault.kind is FaultKind.PROCESS_ENDED else None


@ROWS.cause(
    CauseId.LOCAL_NAMESERVER,
    _HERE,
    alone(SURE, _F.LOCAL_NO_NAMESERVER, _F.LOCAL_NAMESERVER_SILENT, _F.LOCAL_NAMESERVER_CUT_OFF),
    remedies=(_R.CONFIGURE_NAMESERVER, _R.CHECK_LOCAL_ROUTE, _R.PROBE_FROM_ELSEWHERE),
    remedies_for={_F.LOCAL_NO_NAMESERVER: (_R.CONFIGURE_NAMESERVER, _R.PROBE_FROM_ELSEWHERE)},
)
def _local_nameserver(case: Case) -> Judged | None:
    """Where no question even left this machine, its network comes before its DNS settings.

    Where one was answered, with an error, say, the network is not in question.
    """
    lookup = deciding_lookup(case.evidence) if case.failure is _F.LOCAL_NAMESERVER_SILENT else None
    if lookup is None or (lookup.fault is None and lookup.rcode is None):
        return None
    mended = (_R.CONFIGURE_NAMESERVER, _R.PROBE_FROM_ELSEWHERE)
    if lookup.fault is None or lookup.fault.kind not in _NO_WAY_OUT:
        return Judged(None, remedies=mended)
    return Judged(None, remedies=(_R.CHECK_LOCAL_ROUTE, *mended), heading=HeadingId.NO_WAY_OUT)


@ROWS.cause(
    CauseId.LOCAL_NAMESERVER_ERRS,
    _HERE,
    alone(SURE, _F.LOCAL_NAMESERVER_UNTRUE),
    remedies=(_R.CONFIGURE_NAMESERVER, _R.CHECK_SPLIT_DNS, _R.PROBE_FROM_ELSEWHERE),
)
def _local_nameserver_errs(case: Case) -> Judged | None:
    reason = distrust_reason(case.view)
    if reason is not DistrustReason.TRUNCATED:
        return Judged(None, heading=HeadingId.OWN_ZONE if reason is DistrustReason.SPLIT else None)
    mended = (_R.OPEN_DNS_TCP, _R.CONFIGURE_NAMESERVER, _R.PROBE_FROM_ELSEWHERE)
    return Judged(None, remedies=mended, heading=HeadingId.DNS_WITHOUT_TCP)


ROWS.cause(
    CauseId.LOCAL_NETWORK,
    _HERE,
    alone(SURE, _F.LOCAL_NO_ROUTE, _F.LOCAL_GATEWAY, _F.LOCAL_FIRST_HOP)
    | alone(LIKELY, _F.LOCAL_OFFLINE, _F.LOCAL_IPV6, _F.LOCAL_TLS_STALLED),
    remedies=(_R.CHECK_LOCAL_ROUTE, _R.PROBE_FROM_ELSEWHERE),
    remedies_for={
        _F.LOCAL_FIRST_HOP: (_R.CHECK_OUTGOING_PORT, _R.CHECK_LOCAL_ROUTE, _R.PROBE_FROM_ELSEWHERE),
        _F.LOCAL_IPV6: (_R.CHECK_LOCAL_ROUTE, _R.CHECK_OUTGOING_PORT, _R.PROBE_FROM_ELSEWHERE),
        _F.LOCAL_TLS_STALLED: (_R.CHECK_PATH_MTU, _R.PROBE_FROM_ELSEWHERE),
        _F.LOCAL_OFFLINE: (_R.CHECK_LOCAL_ROUTE, _R.CONFIGURE_NAMESERVER, _R.PROBE_FROM_ELSEWHERE),
    },
)(_by_class)
for _cause, _explains, _remedy, _judge in (
    (CauseId.LOCAL_PORT_BLOCKED, alone(LIKELY, _F.LOCAL_PORT_BLOCKED), _R.CHECK_OUTGOING_PORT, _by_class),
    (
        CauseId.LOCAL_INTERCEPTION,
        alone(SURE, _F.LOCAL_INTERCEPTED, _F.LOCAL_STARTTLS_STRIPPED),
        _R.EXEMPT_PORT_25,
        _by_class,
    ),
    (CauseId.LOCAL_POLICY, alone(SURE, _F.LOCAL_NOT_PERMITTED), _R.CHECK_LOCAL_FIREWALL, _by_class),
    (CauseId.LOCAL_CLOCK, alone(LIKELY, _F.LOCAL_CLOCK), _R.SET_CLOCK, _by_class),
    (CauseId.LOCAL_VALIDATION, alone(SURE, _F.LOCAL_DNSSEC), _R.CONFIGURE_DNSSEC, _by_class),
    (CauseId.LOCAL_RESOURCES, alone(SURE, _F.LOCAL_RESOURCES), _R.FREE_RESOURCES, _lack),
):
    ROWS.cause(_cause, _HERE, _explains, remedies=(_remedy, _R.PROBE_FROM_ELSEWHERE))(_judge)
ROWS.cause(
    CauseId.LOCAL_OPTIONS,
    _HERE,
    alone(SURE, _F.LOCAL_FAMILY_EXCLUDED, _F.LOCAL_SOURCE_ADDRESS, _F.LOCAL_DEADLINE, _F.LOCAL_INTERRUPTED),
    remedies_for={
        _F.LOCAL_FAMILY_EXCLUDED: (_R.ALLOW_BOTH_FAMILIES, _R.PROBE_FROM_ELSEWHERE),
        _F.LOCAL_SOURCE_ADDRESS: (_R.CORRECT_SOURCE_ADDRESS, _R.PROBE_FROM_ELSEWHERE),
        _F.LOCAL_DEADLINE: (_R.RAISE_DEADLINE,),
        _F.LOCAL_INTERRUPTED: (_R.RUN_TO_THE_END,),
    },
)(_by_class)
ROWS.cause(
    CauseId.CLIENT_CERTIFICATE_DEMANDED,
    Culprit.UNKNOWN,
    alone(SURE, _F.TLS_CLIENT_CERTIFICATE),
    shown_for=(_F.RECIPIENT_REJECTED,),
    remedies=(_R.TRUST_EXCHANGE_CERTIFICATE, _R.VALIDATE_CONNECTOR),
)(lambda case: Judged(POSSIBLE, (EvidenceId.CERTIFICATE_ASKED_FOR,)) if case.view.may_miss_our_certificate else None)
