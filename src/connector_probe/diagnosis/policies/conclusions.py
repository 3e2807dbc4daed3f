"""What follows from DANE and MTA-STS: causes sharpened, warnings where mail flows, one line for each address."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connector_probe.diagnosis.dns.mx_origin import outdated, redirected, stale
from connector_probe.diagnosis.policies.facts import CHAIN_REASONS, RECORD_REASONS, TIME_REASONS
from connector_probe.diagnosis.policies.judgement import (
    DaneState,
    DaneVerdict,
    StsState,
    deciding_lookup_of,
    sts_lists,
    sts_state,
)
from connector_probe.diagnosis.verdict import Said
from connector_probe.diagnosis.view import DANE_DECIDES, View
from connector_probe.model.connector import Connector, SmtpDaneMode
from connector_probe.model.evidence import CertificateProblem
from connector_probe.model.policy import DANE_EE, DnssecReason, DnssecStatus, TlsaRecord
from connector_probe.model.sentence import Facts
from connector_probe.model.verdict import CauseVerdict, Confidence, FailureClass

DANE_PAGE = "https://learn.microsoft.com/purview/how-smtp-dane-works"
STS_PAGE = "https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts"
MODES_PAGE = "https://learn.microsoft.com/powershell/module/exchange/set-outboundconnector"

_V = CauseVerdict
Sharpening = tuple[CauseVerdict | None, tuple[str, ...]]


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


def blamed_problems(failure: FailureClass, view: View) -> tuple[CertificateProblem, ...]:
    """The certificate's problems whose remedies help against ``failure``."""
    if failure.value.startswith("dane-"):
        return ()
    found = view.mta_sts_problems if failure is FailureClass.MTA_STS_CERTIFICATE else view.judged_problems
    return tuple(one for one in found if one not in view.clock_signs)


def _reason(view: View) -> DnssecReason | None:
    return deciding_lookup_of(view.dane).reason if view.dane is not None else None


def _chain(failure: FailureClass, view: View) -> Sharpening:
    if _reason(view) in CHAIN_REASONS:
        return _V.CONFIRMED, ("dnssec-found",)
    return (_V.RULED_OUT, ("dnssec-found",)) if _reason(view) in TIME_REASONS | RECORD_REASONS else (None, ())


def _untimely(failure: FailureClass, view: View) -> Sharpening:
    if _reason(view) in TIME_REASONS:
        return _V.CONFIRMED, ("dnssec-found",)
    return (_V.RULED_OUT, ()) if _reason(view) in CHAIN_REASONS | RECORD_REASONS else (None, ())


def _tampered(failure: FailureClass, view: View) -> Sharpening:
    if _reason(view) in RECORD_REASONS:
        return _V.SUPPORTED, ("dnssec-found",)
    return (_V.RULED_OUT, ()) if _reason(view) in TIME_REASONS else (None, ())  # the zone made such a signature itself


def _verdict_is(*confirming: DaneVerdict, verdict: CauseVerdict, evidence: str) -> Callable[..., Sharpening]:
    def sharpen(failure: FailureClass, view: View) -> Sharpening:
        found = view.dane_verdict
        return (verdict, (evidence,)) if found is not None and found[0] in confirming else (_V.RULED_OUT, ())

    return sharpen


def _misnumbered(view: View) -> tuple[TlsaRecord, ...]:
    """The records whose data is of what the server sends, so that only their usage or selector is another's."""
    mismatch = view.dane_verdict is not None and view.dane_verdict[0] is DaneVerdict.MISMATCH
    records = view.dane.records if view.dane is not None and mismatch else ()
    return tuple(one for one in records if one.fits_as)


def _outdated(failure: FailureClass, view: View) -> Sharpening:
    """Not so where every record is of this very chain, and only misnumbered."""
    usable = [one for one in view.dane.records if one.usable] if view.dane is not None else []
    misnumbered = _misnumbered(view)
    if misnumbered and all(one in misnumbered for one in usable):
        return _V.RULED_OUT, ("tlsa-of-this-chain",)
    return _verdict_is(DaneVerdict.MISMATCH, verdict=_V.SUPPORTED, evidence="tlsa-compared")(failure, view)


def _malformed(failure: FailureClass, view: View) -> Sharpening:
    if _misnumbered(view):
        return _V.CONFIRMED, ("tlsa-fits-as",)
    unusable = view.dane is not None and any(not one.usable for one in view.dane.records)
    return (_V.SUPPORTED, ("tlsa-unusable",)) if unusable else (_V.RULED_OUT, ())


def _other_server(failure: FailureClass, view: View) -> Sharpening:
    """Behind one address, another server's certificate fits."""
    found = _verdict_is(DaneVerdict.MISMATCH, verdict=_V.POSSIBLE, evidence="compare-issuer")(failure, view)
    return (_V.SUPPORTED, ("another-served",)) if found[0] is _V.POSSIBLE and view.beside.served else found


def _name_missing(failure: FailureClass, view: View) -> Sharpening:
    """The name is looked at before the path is."""
    if failure is FailureClass.DANE_HOST_MISMATCH:
        return None, ("mx-name-differs",)
    found = view.dane_verdict
    return (_V.RULED_OUT, ()) if found is not None and found[0] is DaneVerdict.PATH_INVALID else (None, ())


def _sts_certificate(failure: FailureClass, view: View) -> Sharpening:
    if failure is FailureClass.MTA_STS_CERTIFICATE or view.mta_sts_problems:
        return _V.CONFIRMED, ("sts-problems",)
    return (_V.RULED_OUT, ()) if view.evidence.certificate is not None else (None, ())


def _without_starttls(failure: FailureClass, view: View) -> Sharpening:
    return (None, ("starttls-missing",)) if failure is FailureClass.MTA_STS_TLS_REQUIRED else (None, ())


def _published(failure: FailureClass, view: View) -> Sharpening:
    """What the domain asks for; said with the failure, not where the cause is ruled out."""
    told = (FailureClass.DANE_STARTTLS_NOT_SUPPORTED, FailureClass.DANE_TLS_FAILED)
    return (None, ("tlsa-published",)) if failure in told else (None, ())


def _absent(failure: FailureClass, view: View) -> Sharpening:
    return (None, ("dane-absence",)) if failure is FailureClass.DANE_REQUIRED else (None, ())


POLICY_SHARPENERS: dict[str, Callable[[FailureClass, View], Sharpening]] = {
    "dnssec-chain-broken": _chain,
    "dnssec-signature-untimely": _untimely,
    "dnssec-tampered": _tampered,
    "dane-not-offered": _absent,
    "dane-without-starttls": _published,
    "dane-without-tls": _published,
    "tlsa-outdated": _outdated,
    "tlsa-malformed": _malformed,
    "certificate-not-yet-valid": _verdict_is(DaneVerdict.NOT_YET_VALID, verdict=_V.CONFIRMED, evidence="not-yet"),
    "dane-path-invalid": _verdict_is(DaneVerdict.PATH_INVALID, verdict=_V.CONFIRMED, evidence="anchor-problems"),
    "dane-other-server": _other_server,
    "dane-name-missing": _name_missing,
    "sts-policy-outdated": outdated,
    "sts-mx-redirected": redirected,
    "stale-dns-cache": stale,
    "sts-without-starttls": _without_starttls,
    "sts-certificate-invalid": _sts_certificate,
}


# --- warnings --------------------------------------------------------------------------------------------------


def policy_warnings(view: View, connector: Connector) -> Iterator[tuple[str, Facts]]:
    """What is amiss with the policies although mail flows."""
    if connector.use_mx is None:
        if connector.smtp_dane_mode is SmtpDaneMode.MANDATORY:
            yield "dane-not-judged", {}
        return
    dane = view.dane
    if dane is not None and view.dane_state is DaneState.UNDETERMINED and dane.mx.status is DnssecStatus.SECURE:
        yield "dane-undetermined", {}
    if view.dane_state is DaneState.TLS_ONLY:
        yield "dane-unusable", {}
    if dane_passed(view) and view.judged_problems:
        yield "dane-in-place", {}
    yield from _sts_warnings(view)


def _sts_warnings(view: View) -> Iterator[tuple[str, Facts]]:
    state = sts_state(view.mta_sts)
    if state is StsState.UNUSABLE:
        yield "mta-sts-unusable", {}
    if state is not StsState.TESTING or view.dane_state in DANE_DECIDES:
        return
    if not sts_lists(view.mta_sts, view.evidence.server):
        yield "mta-sts-testing-host", {}
    if view.mta_sts_problems:
        yield "mta-sts-testing-certificate", {}


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
