"""SMTP TLS reports (RFC 8460): what the senders of mail met at a domain's servers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from connector_probe.bounces import surroundings
from connector_probe.bounces.known_codes import Topic, known
from connector_probe.bounces.parser import BounceSource, DocumentErrors, ErrorFound
from connector_probe.bounces.phrases import HANDSHAKES, UNTRUSTED, Meaning
from connector_probe.model.verdict import Confidence, FailureClass

_F, _D = FailureClass, Confidence.DOCUMENTED
_Results = dict[str, tuple[str | None, tuple[FailureClass, ...]]]
# Policy type and result type (RFC 8460 4.3): the code that Exchange Online has for it, and what failed.
_TLSA: _Results = {
    "starttls-not-supported": ("4.7.321", (_F.DANE_STARTTLS_NOT_SUPPORTED,)),
    "certificate-expired": ("4.7.322", (_F.DANE_CERTIFICATE_EXPIRED,)),
    "tlsa-invalid": ("4.7.323", (_F.DANE_TLSA_INVALID,)),
    "dnssec-invalid": ("4.7.324", (_F.DANE_DNSSEC_INVALID,)),
    "certificate-host-mismatch": ("4.7.325", (_F.DANE_HOST_MISMATCH,)),
    "certificate-not-trusted": ("4.7.323", (_F.DANE_TLSA_INVALID,)),
    "dane-required": (None, (_F.DANE_REQUIRED,)),
}
_STS: _Results = {
    "starttls-not-supported": (None, (_F.MTA_STS_TLS_REQUIRED,)),
    "certificate-expired": ("4.7.5", (_F.CERTIFICATE_EXPIRED,)),
    "certificate-host-mismatch": ("4.7.5", (_F.CERTIFICATE_NAME_MISMATCH,)),
    "certificate-not-trusted": ("4.7.5", UNTRUSTED),
}
_PLAIN: _Results = {
    "starttls-not-supported": (None, (_F.STARTTLS_NOT_OFFERED,)),
    "certificate-expired": (None, (_F.CERTIFICATE_EXPIRED,)),
    "certificate-host-mismatch": (None, (_F.CERTIFICATE_NAME_MISMATCH,)),
    "certificate-not-trusted": (None, UNTRUSTED),
}
_BY_POLICY: dict[str, _Results] = {"tlsa": _TLSA, "sts": _STS}
_MAX_DETAILS = 500


def is_tls_report(value: object) -> bool:
    """Whether parsed JSON is such a report, or several."""
    reports = value if isinstance(value, list) else [value]
    return bool(reports) and all(
        isinstance(report, Mapping) and isinstance(report.get("policies"), list) for report in reports
    )


def found_in_report(value: object) -> DocumentErrors:
    """The failures of a report, those of one server and kind once."""
    reports = value if isinstance(value, list) else [value]
    errors = [error for report in reports if isinstance(report, Mapping) for error in _failures(report)]
    note = "" if errors else "tls-report-without-failures"
    return DocumentErrors(tuple(errors[:_MAX_DETAILS]), note, len(errors) <= _MAX_DETAILS)


def _failures(report: Mapping[str, object]) -> Iterator[ErrorFound]:
    reporter = _text(report.get("organization-name")) or _text(report.get("contact-info"))
    dates = report.get("date-range")
    until = _text(dates.get("end-datetime")) if isinstance(dates, Mapping) else ""
    policies = report.get("policies")
    for policy in policies if isinstance(policies, list) else []:
        if not isinstance(policy, Mapping):
            continue
        described = policy.get("policy")
        kind = _text(described.get("policy-type")) if isinstance(described, Mapping) else ""
        domain = _text(described.get("policy-domain")) if isinstance(described, Mapping) else ""
        details = policy.get("failure-details")
        for detail in details if isinstance(details, list) else []:
            if isinstance(detail, Mapping):
                yield _failure(detail, kind, domain, reporter, surroundings.last_time(until))
        if not details and (failed := _failed(policy.get("summary"))):
            yield _failure({"failed-session-count": failed}, kind, domain, reporter, surroundings.last_time(until))


def _failed(summary: object) -> int:
    count = summary.get("total-failure-session-count") if isinstance(summary, dict) else None
    return count if isinstance(count, int) else 0


def _failure(
    detail: Mapping[str, object], policy: str, domain: str, reporter: str, until: datetime | None
) -> ErrorFound:
    result = _text(detail.get("result-type")).lower()
    code, classes = _BY_POLICY.get(policy, _PLAIN).get(result, (None, ()))
    undecided = not classes
    if "microsoft" not in reporter.lower():
        code = None  # another sender's words for it are not Exchange Online's
    if result == "validation-failure":  # Microsoft files plain TLS errors under it, too
        classes = (*HANDSHAKES, _F.TLS_CLOSED)
    count = detail.get("failed-session-count")
    reasons = (_text(detail.get(key)) for key in ("failure-reason-code", "additional-information"))
    reason = next((told for told in reasons if told and told.lower() != result), "")
    server = _text(detail.get("receiving-mx-hostname")) or _text(detail.get("receiving-mx-helo"))
    return ErrorFound(
        code=known(code) if code is not None else None,
        written=code,
        final=False,
        source=BounceSource.TLS_REPORT,
        meaning=Meaning(classes, _D, Topic.TLS_REPORT if code is None else None, undecided=undecided),
        message=": ".join(filter(None, (f"{result} ({policy})" if policy else result, reason))) or None,
        server=surroundings.host_name(server) or surroundings.host_name(domain),
        address=surroundings.bare_address(_text(detail.get("receiving-ip"))),
        occurred_at=until,
        sessions=count if isinstance(count, int) and count > 0 else None,
        reported_by=reporter or None,
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
