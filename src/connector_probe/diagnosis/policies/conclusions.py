"""What follows from DANE and MTA-STS: pages, warnings where mail flows, one line for each address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector_probe.diagnosis.policies.judgement import DaneState, DaneVerdict, StsState, sts_lists, sts_state
from connector_probe.diagnosis.verdict import Said
from connector_probe.diagnosis.view import DANE_DECIDES, View
from connector_probe.model.connector import Connector, SmtpDaneMode
from connector_probe.model.ids import WarningId
from connector_probe.model.policy import DANE_EE, DnssecStatus
from connector_probe.model.verdict import Confidence, FailureClass

if TYPE_CHECKING:
    from connector_probe.model.sentence import Facts

DANE_PAGE = "https://learn.microsoft.com/purview/how-smtp-dane-works"
STS_PAGE = "https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts"
MODES_PAGE = "https://learn.microsoft.com/powershell/module/exchange/set-outboundconnector"

# --- the diagnosis ---------------------------------------------------------------------------------------------


def reference_of(failure: FailureClass) -> str | None:
    """The page on a policy's class; None for all others."""
    if failure is FailureClass.DANE_REQUIRED:
        return MODES_PAGE
    by_start = {"dane-": DANE_PAGE, "mta-sts-": STS_PAGE, "local-dnssec": DANE_PAGE}
    return next((page for start, page in by_start.items() if failure.value.startswith(start)), None)


def confidence_of(failure: FailureClass, view: View) -> Confidence | None:
    """Where it is less than the class has: RFC 7671 5.1 lets usage 3 ignore dates, and no trace tells."""
    matched = view.dane_verdict[1] if view.dane_verdict is not None else None
    early = view.dane_verdict is not None and view.dane_verdict[0] is DaneVerdict.NOT_YET_VALID
    by_date = failure is FailureClass.DANE_CERTIFICATE_EXPIRED or early
    return Confidence.INFERRED if by_date and matched is not None and matched.usage == DANE_EE else None


# --- warnings --------------------------------------------------------------------------------------------------


def policy_warnings(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    """What is amiss with the policies although mail flows."""
    if connector.use_mx is None:
        if connector.smtp_dane_mode is SmtpDaneMode.MANDATORY:
            yield WarningId.DANE_NOT_JUDGED, {}
        return
    dane = view.dane
    if dane is not None and view.dane_state is DaneState.UNDETERMINED and dane.mx.status is DnssecStatus.SECURE:
        yield WarningId.DANE_UNDETERMINED, {}
    if view.dane_state is DaneState.TLS_ONLY:
        yield WarningId.DANE_UNUSABLE, {}
    if dane_passed(view) and view.judged_problems:
        yield WarningId.DANE_IN_PLACE, {}
    yield from _sts_warnings(view)


def _sts_warnings(view: View) -> Iterator[tuple[str, Facts]]:
    state = sts_state(view.mta_sts)
    if state is StsState.UNUSABLE:
        yield WarningId.MTA_STS_UNUSABLE, {}
    if state is not StsState.TESTING or view.dane_state in DANE_DECIDES:
        return
    if not sts_lists(view.mta_sts, view.evidence.server):
        yield WarningId.MTA_STS_TESTING_HOST, {}
    if view.mta_sts_problems:
        yield WarningId.MTA_STS_TESTING_CERTIFICATE, {}


def dane_passed(view: View) -> bool:
    """Whether the certificate is good by DANE, whatever else may be said of it."""
    return view.dane_verdict is not None and view.dane_verdict[0] is DaneVerdict.PASSED


# --- one line each ---------------------------------------------------------------------------------------------


def policy_remarks(view: View) -> tuple[Said, ...]:
    """What DANE and MTA-STS came to for this address; empty without --mx."""
    if view.evidence.policy is None:
        return ()
    keys = [key for key in (_dane_line(view), _sts_line(view)) if key is not None]
    return tuple(Said(key, {}, view.evidence.address, sentence=f"policy-{key}") for key in keys)


def _dane_line(view: View) -> str | None:
    state = view.dane_state
    if state is DaneState.OFF:
        return None
    if state is not DaneState.APPLIES:
        return f"dane-{state}"
    if view.dane_verdict is None:
        return "dane-applies"
    return "dane-passed" if dane_passed(view) else "dane-failed"


def _sts_line(view: View) -> str | None:
    state = sts_state(view.mta_sts)
    if state is StsState.OFF:
        return None
    superseded = state in (StsState.ENFORCE, StsState.TESTING) and view.dane_state in DANE_DECIDES
    return "mta-sts-superseded" if superseded else f"mta-sts-{state}"
