"""Which remedies are said, and which first: those of the class, by what the causes turned out to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector_probe.diagnosis.dns.causes import remedies_of
from connector_probe.diagnosis.dns.mx_origin import unsaid_remedies
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.policies.conclusions import blamed_problems
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.remedy_conditions import (
    BY_CAUSE,
    EXPLAINING,
    ONCE_EXPLAINED,
    ONLY_FOR_CAUSE,
    ONLY_WHEN_PASSING,
)
from connector_probe.diagnosis.replies import may_pass
from connector_probe.diagnosis.verdict import WeighedCause
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import FaultKind, Stage
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, FailureClass

_FOR_MX = {"correct-smart-host": "repair-mx"}
_FOR_A_DOMAIN_WITHOUT_MX = {"correct-smart-host": "correct-domain", "add-address-record": "publish-mx"}
_FOR_A_SMART_HOST = ("correct-smart-host", "add-address-record")  # which need not be reached by MX records
_NO_HOST_BY_MX = frozenset({FailureClass.DNS_NULL_MX, FailureClass.DNS_NXDOMAIN, FailureClass.DNS_NO_ADDRESS})
_NO_WAY_OUT = frozenset({FaultKind.NO_ROUTE, FaultKind.GATEWAY_SILENT})
_LIKELY = frozenset({CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED})


def remedy_ids(failure: FailureClass, view: View, causes: Sequence[WeighedCause]) -> tuple[str, ...]:
    """In the order in which to try them.

    With a bad certificate those of all its problems are among them, so that one new certificate mends all.
    """
    failures = [failure]
    if PROFILES[failure].stage is Stage.CERTIFICATE and failure not in UNTELLABLE:
        failures += [FailureClass.of_certificate(problem.kind) for problem in blamed_problems(failure, view)]
    if failure is FailureClass.MTA_STS_CERTIFICATE:  # a valid certificate first; then how to do without
        failures = [*failures[1:], failure]
    usual = [one for each in failures for one in PROFILES[each].remedies]
    verdicts = {cause.id: cause.verdict for cause in causes}
    unsaid, first = _unsaid(failure, view, verdicts), set(_first(verdicts))
    said = [one for one in dict.fromkeys(remedies_of(failure, view, usual)) if one not in unsaid]
    resolution = view.evidence.resolution
    if resolution.mx_domain is not None:  # what is to be corrected is not the server's name in the connector
        instead = _FOR_MX if resolution.mx else _FOR_A_DOMAIN_WITHOUT_MX
        said = [instead.get(one, one) for one in said]
    if resolution.smart_host is not None and failure in _NO_HOST_BY_MX:
        said = [*dict.fromkeys((*_FOR_A_SMART_HOST, *said))]
    return tuple(sorted(said, key=lambda one: one not in first))


def _unsaid(failure: FailureClass, view: View, verdicts: dict[str, CauseVerdict]) -> set[str]:
    unsaid = {
        remedy
        for remedy, causes in ONLY_FOR_CAUSE.items()
        if not any(verdicts.get(cause) in _LIKELY for cause in causes)
    }
    unsaid |= {remedy for remedy, mended in BY_CAUSE.items() if _all_ruled_out(mended, verdicts)}
    if any(verdicts.get(cause) is CauseVerdict.CONFIRMED for cause in EXPLAINING):
        unsaid |= ONCE_EXPLAINED
    if failure is FailureClass.LOCAL_NAMESERVER_SILENT and not _no_way_to_nameserver(view):
        unsaid.add("check-local-route")
    if failure is FailureClass.MTA_STS_MX_NOT_LISTED:
        unsaid |= unsaid_remedies(view)
    if view.evidence.earlier_failures or not may_pass(failure, view):
        unsaid.add(ONLY_WHEN_PASSING)
    return unsaid


def _no_way_to_nameserver(view: View) -> bool:
    """Whether no question even left this machine: then its network comes before its DNS settings."""
    lookup = deciding_lookup(view.evidence)
    return lookup is not None and lookup.fault is not None and lookup.fault.kind in _NO_WAY_OUT


def _first(verdicts: dict[str, CauseVerdict]) -> Iterable[str]:
    return (remedy for remedy, mended in BY_CAUSE.items() if any(verdicts.get(one) in _LIKELY for one in mended))


def _all_ruled_out(causes: Iterable[str], verdicts: dict[str, CauseVerdict]) -> bool:
    weighed = [verdicts[one] for one in causes if one in verdicts]
    return bool(weighed) and all(one is CauseVerdict.RULED_OUT for one in weighed)
