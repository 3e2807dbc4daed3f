"""The stage table of one attempt: what ran, how long it took, and a few facts each."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.model.evidence import AttemptEvidence, Exchange, Stage
from connector_probe.model.verdict import FailureClass, StageReport

_Row = tuple[Stage, float, float, dict[str, str]]
MAX_FACT = 200
_ANYWHERE = frozenset({FailureClass.LOCAL_RESOURCES, FailureClass.LOCAL_DEADLINE})
_NOT_OFFERED = frozenset(
    {FailureClass.STARTTLS_NOT_OFFERED, FailureClass.DANE_STARTTLS_NOT_SUPPORTED, FailureClass.MTA_STS_TLS_REQUIRED}
)


def stage_reports(evidence: AttemptEvidence, failure: FailureClass | None) -> tuple[StageReport, ...]:
    """One row for each stage, in order: "ok", "failed" (where ``failure`` stands) or "skipped"."""
    ran = {stage: (start, duration, detail) for stage, start, duration, detail in _rows(evidence)}
    looked_up = ran[Stage.DNS][1] if Stage.DNS in ran else 0.0  # the attempt began after that
    unseen = evidence.stopped and evidence.connection is None  # what was interrupted failed nowhere
    failed = stage_of(failure, evidence) if failure is not None and not unseen else None
    rows = []
    for stage in Stage:
        if stage not in ran:
            # A stage that never ran can still be the one that fails: no STARTTLS on offer.
            missing = {"fault": "not offered"} if failure in _NOT_OFFERED and stage is failed else {}
            rows.append(StageReport(stage, "failed" if stage is failed else "skipped", None, None, missing))
            continue
        start, duration, detail = ran[stage]
        start = 0.0 if stage is Stage.DNS else looked_up + start
        # A fault is one whatever the reason is: DNS may have led to a wrong address, or a policy forbidden it.
        status = "failed" if stage is failed or "fault" in detail else "ok"
        rows.append(StageReport(stage, status, round(start, 4), round(duration, 4), detail))
    return tuple(rows)


def stage_of(failure: FailureClass, evidence: AttemptEvidence) -> Stage:
    """Where the attempt came to its end: of what may end it anywhere, the stage that broke off."""
    usual = PROFILES[failure].stage
    if failure not in _ANYWHERE:
        return usual
    return next((stage for stage, _, _, detail in _rows(evidence) if "fault" in detail), usual)


def _rows(evidence: AttemptEvidence) -> Iterator[_Row]:
    resolution = evidence.resolution
    if (resolution.lookups or not resolution.addresses) and not evidence.stopped:
        found = {"addresses": ", ".join(resolution.addresses)} if resolution.addresses else {}
        for lookup in resolution.lookups:
            found[lookup.rdtype.lower()] = ", ".join(lookup.records) if lookup.records else str(lookup.status)
        yield Stage.DNS, resolution.start, resolution.seconds, found
    connection = evidence.connection
    if connection is not None:
        detail = {"source": connection.source or ""}
        if connection.fault is not None:
            detail = {"fault": str(connection.fault.kind), "errno": connection.fault.errno}
        yield Stage.CONNECT, connection.start, connection.seconds, detail
    for stage, exchange in (
        (Stage.BANNER, evidence.banner),
        (Stage.EHLO, evidence.ehlo),
        (Stage.STARTTLS, evidence.starttls),
    ):
        if exchange is not None:
            yield _exchange(stage, exchange)
    yield from _tls_rows(evidence)
    last = evidence.recipient or evidence.mail
    if last is not None and evidence.mail is not None:
        row = _exchange(Stage.RECIPIENT, last)
        yield row[0], evidence.mail.start, last.start + last.seconds - evidence.mail.start, row[3]


def _tls_rows(evidence: AttemptEvidence) -> Iterator[_Row]:
    handshake = evidence.handshake
    if handshake is None:
        return
    detail: dict[str, str] = {}
    if handshake.session is not None:
        detail = {"version": handshake.session.version, "cipher": handshake.session.cipher}
    elif handshake.fault is not None:
        detail = {
            "fault": str(handshake.fault.kind),
            "text": handshake.fault.text,
            "alert": handshake.fault.alert or "",
        }
    yield Stage.TLS, handshake.start, handshake.seconds, {key: value for key, value in detail.items() if value}
    certificate = evidence.certificate
    if certificate is not None:
        facts = {"problems": ", ".join(dict.fromkeys(str(problem.kind) for problem in certificate.problems))}
        if certificate.chain:
            facts["subject"] = certificate.chain[0].subject
        facts = {key: value for key, value in facts.items() if value}
        yield Stage.CERTIFICATE, handshake.start + handshake.seconds, 0.0, facts


def _exchange(stage: Stage, exchange: Exchange) -> _Row:
    if exchange.reply is not None:
        detail = {"reply": exchange.reply.wire[:MAX_FACT]}
    elif exchange.fault is not None:
        detail = {"fault": str(exchange.fault.kind), "sample": exchange.sample[:MAX_FACT]}
    else:
        detail = {"garble": str(exchange.garble), "sample": exchange.sample[:MAX_FACT]}
    return stage, exchange.start, exchange.seconds, {key: value for key, value in detail.items() if value}
