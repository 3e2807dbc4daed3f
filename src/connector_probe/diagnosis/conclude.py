"""From the evidence of a connector to its result: every attempt by itself, then the roll-up.

Pure and repeatable: the same evidence, read back from a saved report, gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from connector_probe.diagnosis.causes import causes_of
from connector_probe.diagnosis.chain_remarks import chain_remarks
from connector_probe.diagnosis.dns.null_mx import null_mx_beside_others
from connector_probe.diagnosis.dns.smart_host_mx import smart_hosts_with_mx
from connector_probe.diagnosis.facts import facts_of
from connector_probe.diagnosis.headings import heading
from connector_probe.diagnosis.headlines import REFERENCE, headline_of
from connector_probe.diagnosis.inequality import inequalities
from connector_probe.diagnosis.outage import outage_of
from connector_probe.diagnosis.policies.conclusions import confidence_of, policy_findings, reference_of
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.remedies import remedy_ids
from connector_probe.diagnosis.remedy_conditions import OWN_SERVER_ONLY
from connector_probe.diagnosis.replies import also_seen_as, expected_reply
from connector_probe.diagnosis.rules import classify
from connector_probe.diagnosis.stages import stage_reports
from connector_probe.diagnosis.view import Beside, View
from connector_probe.diagnosis.warnings import warnings_beside, warnings_of
from connector_probe.model.connector import Connector, ConnectorType, TlsSettings
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, Stage, TranscriptLine
from connector_probe.model.verdict import (
    UNTELLABLE,
    Attempt,
    Cause,
    CertificateReport,
    ConnectorReport,
    Diagnosis,
    FailureClass,
    Finding,
    MailFlowCode,
    Remedy,
    Result,
    Status,
    TlsReport,
    TranscriptReport,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import Facts, fill

_STAGES = tuple(Stage)
OTHER, UNKNOWN = "other", "unknown"


def view_of(evidence: AttemptEvidence, connector: Connector, mode: TlsSettings | None = None) -> View:
    """``evidence`` under the connector's TlsSettings, or under ``mode``."""
    beside = Beside(
        partner=connector.type is ConnectorType.PARTNER,
        refusal_wanted=connector.expect == MailFlowCode.CONNECTION_REFUSED,
    )
    by_mx = evidence.resolution.smart_host
    view = View(
        evidence,
        mode or connector.tls_settings,
        connector.tls_domain or by_mx or evidence.server,
        beside,
        connector.smtp_dane_mode,
        connector.mta_sts_mode,
    )
    if connector.tls_domain is None and by_mx is not None and view.name_problem is not None:
        # The smart host's name is only what we take for TlsDomain: a server reached by MX may carry its own.
        own = replace(view, expected=evidence.server)
        return own if own.name_problem is None else view
    return view


def _beside_each_other(views: Sequence[View], failures: Sequence[FailureClass | None]) -> list[View]:
    """Each attempt, with what the others to the same address have shown; its failure class stays what it is."""
    serves = [_connected(view) and failure is None for view, failure in zip(views, failures, strict=True)]
    accepted = Counter(_place(view) for view in views if _connected(view))
    served = Counter(_place(view) for view, one in zip(views, serves, strict=True) if one)
    return [
        replace(
            view,
            beside=replace(
                view.beside,
                accepted=accepted[_place(view)] > int(_connected(view)),
                served=served[_place(view)] > int(one),
            ),
        )
        for view, one in zip(views, serves, strict=True)
    ]


def _place(view: View) -> tuple[str | None, int]:
    return view.evidence.address, view.evidence.port


def _connected(view: View) -> bool:
    return view.evidence.connection is not None and view.evidence.connection.fault is None


def status_of(failure: FailureClass | None) -> Status:
    """HEALTHY, FAILING or UNKNOWN; warnings are not looked at."""
    if failure is None:
        return Status.HEALTHY
    return Status.UNKNOWN if failure in UNTELLABLE else Status.FAILING


def conclude(connector: Connector, evidence: ConnectorEvidence, words: Catalogue = ENGLISH) -> Result:
    """The result of one connector, in the words of one language."""
    alone = [view_of(one, connector) for one in evidence.attempts]
    failures = [classify(view) for view in alone]
    views = _beside_each_other(alone, failures)
    concluded = [
        _attempt(view, failure, connector, transcript, words)
        for view, failure, transcript in zip(views, failures, evidence.transcripts, strict=True)
    ]
    attempts = tuple(attempt for attempt, _ in concluded)
    warnings = [warning for _, found in concluded for warning in found]
    status = _roll_up([attempt.status for attempt in attempts])
    diagnosis = None
    if status in (Status.FAILING, Status.UNKNOWN):
        diagnosis = _furthest(attempts, status)
    warnings += inequalities(views, [attempt.status for attempt in attempts], words)
    warnings += _other_addresses(attempts, diagnosis, words)
    warnings += smart_hosts_with_mx(connector, views, words)
    warnings += null_mx_beside_others(evidence.attempts, words)
    if evidence.left_out:
        facts = Facts(probed=str(len(attempts)), left_out=str(evidence.left_out))
        warnings.append(Finding("addresses-left-out", fill(words.warnings["addresses-left-out"], facts)))
    if status is Status.HEALTHY and warnings:
        status = Status.WARNING
    expected = as_expected(connector.expect, status, diagnosis)
    return Result(
        name=connector.name,
        connector=ConnectorReport(
            tuple(connector.smart_hosts),
            connector.use_mx,
            connector.port,
            connector.type,
            connector.tls_settings,
            _tls_domain(connector, evidence),
            connector.source_address,
            connector.rcpt,
            connector.warn_days,
            connector.as_of,
            connector.queue_lifetime,
            connector.smtp_dane_mode,
            connector.mta_sts_mode,
        ),
        status=status,
        expect=connector.expect,
        expected=expected,
        diagnosis=diagnosis,
        by_tls_mode={
            mode: _code_of(failures if mode is connector.tls_settings else _failures_under(mode, connector, evidence))
            for mode in TlsSettings
        },
        warnings=tuple(dict.fromkeys(warnings)),
        attempts=attempts,
        evidence=evidence,
        outage=None if expected else outage_of(connector, status, diagnosis, evidence.started_at),
    )


def as_expected(expect: str, status: Status, diagnosis: Diagnosis | None) -> bool:
    """Whether the result is what was asked for; with "healthy", warnings are allowed here."""
    if expect == "healthy":
        return status in (Status.HEALTHY, Status.WARNING)
    return status is Status.FAILING and diagnosis is not None and diagnosis.code == expect


def diagnose(failure: FailureClass, view: View, connector: Connector, words: Catalogue = ENGLISH) -> Diagnosis:
    """What ``failure`` means for this attempt."""
    profile = PROFILES[failure]
    facts = facts_of(view, connector, words)
    causes = causes_of(failure, view, facts, words)
    tried = words.facts["tries"] if view.evidence.earlier_failures else ""
    title = headline_of(profile.code, words) if profile.code is not None else words.classes[failure].title
    return Diagnosis(
        code=profile.code.value if profile.code is not None else None,
        class_=failure,
        title=title,
        heading=heading(failure, profile.stage, view, facts, words),
        reply=expected_reply(failure, view),
        also_seen_as=also_seen_as(failure, view, words.also_seen),
        stage=profile.stage,
        detail=fill(words.classes[failure].detail + tried, facts),
        confidence=confidence_of(failure, view) or profile.confidence,
        causes=causes,
        remedies=_remedies(failure, view, connector, facts, words, causes),
        reference=reference_of(failure) or REFERENCE,
    )


def _remedies(
    failure: FailureClass,
    view: View,
    connector: Connector,
    facts: Facts,
    words: Catalogue,
    causes: Sequence[Cause],
) -> tuple[Remedy, ...]:
    found, partner = [], connector.type is ConnectorType.PARTNER
    for identifier in remedy_ids(failure, view, causes):
        if partner and identifier in OWN_SERVER_ONLY:
            continue
        if identifier == "install-intermediate" and _in_vain(view.evidence):
            continue
        remedy = words.remedies[identifier]
        commands = tuple(fill(command, facts) for command in remedy.commands)
        found.append(Remedy(identifier, fill(remedy.text, facts), commands))
    if partner and failure not in UNTELLABLE:
        found.insert(0, Remedy("contact-partner", words.partner_remedy.text))
    return tuple(found)


def _in_vain(evidence: AttemptEvidence) -> bool:
    """Whether the missing issuers are known, and lead to no trusted root."""
    missing = evidence.missing_issuers
    return missing is not None and not missing.completes and not any(one.error for one in missing.found)


def _attempt(
    view: View,
    failure: FailureClass | None,
    connector: Connector,
    transcript: Sequence[TranscriptLine],
    words: Catalogue,
) -> tuple[Attempt, tuple[Finding, ...]]:
    evidence = view.evidence
    status = status_of(failure)
    warnings: tuple[Finding, ...] = ()
    if failure is None:
        warnings = warnings_of(view, connector, words)
        status = Status.WARNING if warnings else Status.HEALTHY
    else:
        warnings = warnings_beside(view, connector, words)
    diagnosis = diagnose(failure, view, connector, words) if failure is not None else None
    session = evidence.handshake.session if evidence.handshake is not None else None
    nameless = connector.tls_domain is None and evidence.server == evidence.address
    kinds = [
        one.kind
        for one in view.problems
        if not (nameless and one is view.name_problem and not view.mode.validates_name)
    ]
    attempt = Attempt(
        server=evidence.server,
        address=evidence.address,
        port=evidence.port,
        status=status,
        code=diagnosis.code if diagnosis is not None else None,
        class_=failure,
        stages=stage_reports(evidence, failure),
        tls=TlsReport(session.version, session.cipher) if session is not None else None,
        certificates=_certificates(evidence),
        certificate_problems=tuple(dict.fromkeys(kinds)),
        transcript=tuple(TranscriptReport(line.at, line.source, line.text) for line in transcript),
        diagnosis=diagnosis,
        remarks=chain_remarks(view, words),
        policies=policy_findings(view, connector, words),
    )
    return attempt, warnings


def _certificates(evidence: AttemptEvidence) -> tuple[CertificateReport, ...]:
    if evidence.certificate is None:
        return ()
    return tuple(
        CertificateReport(
            one.subject,
            one.issuer,
            one.names,
            one.not_before,
            one.not_after,
            one.serial,
            one.sha1,
            one.sha256,
            one.key,
            one.signature,
        )
        for one in evidence.certificate.chain
    )


def _roll_up(statuses: Sequence[Status]) -> Status:
    """Mail flows while one address takes it; failing is surer than unknown."""
    flowing = [status for status in statuses if status in (Status.HEALTHY, Status.WARNING)]
    if flowing:
        return Status.HEALTHY if all(status is Status.HEALTHY for status in statuses) else Status.WARNING
    return Status.FAILING if Status.FAILING in statuses else Status.UNKNOWN


def _furthest(attempts: Sequence[Attempt], status: Status) -> Diagnosis | None:
    """The diagnosis of the attempt that got furthest among those that decide the status; the first of equals."""
    deciding = [one.diagnosis for one in attempts if one.status is status and one.diagnosis is not None]
    # What stops IPv4 as well is more than a fault of IPv6: of two that got as far, it says what there is to mend.
    return max(
        deciding, key=lambda one: (_STAGES.index(one.stage), one.class_ is not FailureClass.LOCAL_IPV6), default=None
    )


def _other_addresses(attempts: Sequence[Attempt], chosen: Diagnosis | None, words: Catalogue) -> list[Finding]:
    """A warning for each address that fails, or could not be tested, while another one decides."""
    found: dict[tuple[str, str | None, int], Finding] = {}
    flowing = {(one.server, one.address, one.port) for one in attempts if one.diagnosis is None}
    told = {
        (one.server, one.address, one.port) for one in attempts if one.diagnosis is not None and one.diagnosis is chosen
    }
    for attempt in attempts:
        here = (attempt.server, attempt.address, attempt.port)
        if attempt.diagnosis is None or here in told or here in flowing or here in found:
            continue
        identifier = "address-not-tested" if attempt.status is Status.UNKNOWN else "address-failing"
        where = attempt.server if attempt.address in (None, attempt.server) else f"{attempt.server} [{attempt.address}]"
        facts = Facts(
            endpoint=where if attempt.address is None else f"{where}:{attempt.port}",
            title=attempt.diagnosis.heading,
            code=attempt.code or words.text["no-code"],
            detail=attempt.diagnosis.detail,
        )
        found[here] = Finding(identifier, fill(words.warnings[identifier], facts), attempt.address)
    return list(found.values())


def _failures_under(
    mode: TlsSettings, connector: Connector, evidence: ConnectorEvidence
) -> Sequence[FailureClass | None]:
    """What each attempt would have failed with under another TlsSettings."""
    return [classify(view_of(one, connector, mode)) for one in evidence.attempts]


def _code_of(failures: Sequence[FailureClass | None]) -> str | None:
    """The code of attempts that failed so; None where mail flows."""
    status = _roll_up([status_of(failure) for failure in failures])
    if status is Status.UNKNOWN:
        return UNKNOWN
    if status is not Status.FAILING:
        return None
    deciding = [PROFILES[one] for one in failures if one is not None and one not in UNTELLABLE]
    profile = max(deciding, key=lambda one: _STAGES.index(one.stage))
    return profile.code.value if profile.code is not None else OTHER


def _tls_domain(connector: Connector, evidence: ConnectorEvidence) -> str | None:
    """TlsDomain as the connector would hold it: the smart host's name where none was given and there is one.

    Not for a smart host that has only MX records, which leaves two names (``view_of``).
    """
    if connector.tls_domain is not None or not connector.tls_settings.validates_name:
        return connector.tls_domain
    if any(one.resolution.smart_host is not None for one in evidence.attempts):
        return None
    names = [host.host for host in connector.hosts if not host.is_address]
    return names[0] if len(names) == 1 and len(connector.hosts) == 1 else None


def with_expectation(result: Result, *, strict: bool) -> Result:
    """``result`` with --strict applied: a warning is then not as expected."""
    return replace(result, expected=False) if strict and result.status is Status.WARNING else result
