"""From the evidence of a connector to its result: every attempt by itself, then the roll-up.

Pure and repeatable: the same evidence, read back from a saved report, gives the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connector_probe.diagnosis.chain_remarks import chain_remarks
from connector_probe.diagnosis.dns.mx_warnings import null_mx_beside_others, smart_hosts_with_mx
from connector_probe.diagnosis.outage import outage_of
from connector_probe.diagnosis.policies.conclusions import confidence_of, policy_remarks, reference_of
from connector_probe.diagnosis.profiles import PROFILES, REFERENCE
from connector_probe.diagnosis.replies import also_seen_as, expected_reply
from connector_probe.diagnosis.rules import classify
from connector_probe.diagnosis.run_context import NOTHING_KNOWN, AttemptContext, RunContext, family_of
from connector_probe.diagnosis.stages import stage_of, stage_reports
from connector_probe.diagnosis.unequal_servers import unequal_servers
from connector_probe.diagnosis.verdict import (
    AttemptVerdict,
    ConnectorVerdict,
    FailureVerdict,
    Said,
    detail_phrase,
    heading_phrase,
)
from connector_probe.diagnosis.view import View
from connector_probe.diagnosis.warnings import warnings_beside, warnings_of
from connector_probe.model.connector import Connector, ConnectorType, TlsSettings
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, Stage
from connector_probe.model.ids import RemedyId, WarningId
from connector_probe.model.sentence import Facts, Phrase
from connector_probe.model.verdict import FLOWING, UNTELLABLE, FailureClass, MailFlowCode, Result, Status

CONTACT_PARTNER = "contact-partner"
if TYPE_CHECKING:
    from connector_probe.diagnosis.causes.row import WeighedCause

_STAGES = tuple(Stage)
OTHER, UNKNOWN = "other", "unknown"


def view_of(
    evidence: AttemptEvidence, connector: Connector, mode: TlsSettings | None = None, run: RunContext = NOTHING_KNOWN
) -> View:
    """``evidence`` under the connector's TlsSettings, or under ``mode``."""
    context = AttemptContext(
        partner=connector.type is ConnectorType.PARTNER,
        refusal_wanted=connector.expect == MailFlowCode.CONNECTION_REFUSED,
        run=run,
    )
    by_mx = evidence.resolution.smart_host
    view = View(
        evidence,
        mode or connector.tls_settings,
        connector.tls_domain or by_mx or evidence.server,
        context,
        connector.smtp_dane_mode,
        connector.mta_sts_mode,
    )
    if connector.tls_domain is None and by_mx is not None and view.name_problem is not None:
        # The smart host's name is only what we take for TlsDomain: a server reached by MX may carry its own, and
        # one that carries neither does not fail for a name that nobody gave.
        own = replace(view, expected=evidence.server)
        return own if own.name_problem is None else replace(view, name_given=False)
    return view


def _in_context(views: Sequence[View], failures: Sequence[FailureClass | None]) -> list[View]:
    """Each attempt, with what the others to the same address have shown; its failure class stays what it is."""
    if not any(failures):
        return list(views)
    serves = [view.evidence.connected and failure is None for view, failure in zip(views, failures, strict=True)]
    accepted = Counter(_place(view) for view in views if view.evidence.connected)
    serving = [view for view, one in zip(views, serves, strict=True) if one]
    served = Counter(map(_place, serving))
    families = {(view.evidence.server, family_of(view.evidence)) for view in serving}
    return [
        view.among_others(
            accepted=accepted[_place(view)] > int(view.evidence.connected),
            served=served[_place(view)] > int(one),
            other_family_served=(view.evidence.server, 10 - family_of(view.evidence)) in families,
        )
        for view, one in zip(views, serves, strict=True)
    ]


def _place(view: View) -> tuple[str | None, int]:
    return view.evidence.address, view.evidence.port


def status_of(failure: FailureClass | None) -> Status:
    """HEALTHY, FAILING or UNKNOWN; warnings are not looked at."""
    if failure is None:
        return Status.HEALTHY
    return Status.UNKNOWN if failure in UNTELLABLE else Status.FAILING


def conclude(connector: Connector, evidence: ConnectorEvidence, run: RunContext | None = None) -> ConnectorVerdict:
    """The verdict on one connector. ``run``: what the whole run proves; by default what this connector's part does."""
    own = RunContext.of([evidence])
    proven = own if run is None else run.around(own, evidence.started_at)
    alone = [view_of(one, connector, run=proven) for one in evidence.attempts]
    failures = [classify(view) for view in alone]
    views = _in_context(alone, failures)
    attempts = tuple(judge_attempt(view, failure, connector) for view, failure in zip(views, failures, strict=True))
    status = _roll_up([attempt.status for attempt in attempts])
    deciding = _furthest(attempts, status) if status in (Status.FAILING, Status.UNKNOWN) else None
    warnings = [
        *unequal_servers(views, failures),
        *_other_addresses(attempts, deciding),
        *smart_hosts_with_mx(connector, views),
        *null_mx_beside_others(evidence.attempts),
    ]
    if evidence.left_out:
        warnings.append(
            Said(WarningId.ADDRESSES_LEFT_OUT, Facts(probed=str(len(attempts)), left_out=str(evidence.left_out)))
        )
    if status is Status.HEALTHY and (warnings or any(one.warnings for one in attempts)):
        status = Status.WARNING
    failure = deciding.failure if deciding is not None else None
    code = _code(failure.failure) if failure is not None else None
    expected = as_expected(connector.expect, status, code)
    return ConnectorVerdict(
        connector=connector,
        evidence=evidence,
        run=run,
        tls_domain=_tls_domain(connector, evidence),
        status=status,
        expected=expected,
        deciding=deciding,
        by_tls_mode=_codes(views, failures),
        attempts=attempts,
        warnings=tuple(warnings),
        outage=None
        if expected or failure is None
        else outage_of(connector, status, failure.failure, evidence.started_at),
    )


def as_expected(expect: str, status: Status, code: str | None) -> bool:
    """Whether the result is what was asked for; with "healthy", warnings are allowed here."""
    if expect == "healthy":
        return status in FLOWING
    return status is Status.FAILING and code == expect


def _code(failure: FailureClass) -> str | None:
    code = PROFILES[failure].code
    return code.value if code is not None else None


def diagnose(failure: FailureClass, view: View, connector: Connector) -> FailureVerdict:
    """What ``failure`` means for this attempt."""
    from connector_probe.diagnosis.weigh import culprit_of, heading_of, weigh  # late: what is healthy has no causes

    profile = PROFILES[failure]
    causes = weigh(failure, view)
    return FailureVerdict(
        failure=failure,
        heading=heading_of(failure, view, causes),
        reply=expected_reply(failure, view),
        also_seen_as=also_seen_as(failure, view),
        confidence=confidence_of(failure, view) or profile.confidence,
        causes=causes,
        remedies=tuple(_remedies(failure, view, connector, causes)),
        reference=reference_of(failure) or REFERENCE,
        culprit=culprit_of(causes),
    )


def _remedies(
    failure: FailureClass, view: View, connector: Connector, causes: Sequence[WeighedCause]
) -> Iterator[RemedyId]:
    from connector_probe.diagnosis.weigh import OWN_SERVER_ONLY, remedies_of  # late, as above

    partner = connector.type is ConnectorType.PARTNER
    if partner and failure not in UNTELLABLE:
        yield RemedyId.CONTACT_PARTNER
    for identifier in remedies_of(failure, view, causes):
        if not (partner and identifier in OWN_SERVER_ONLY):
            yield identifier


def judge_attempt(view: View, failure: FailureClass | None, connector: Connector) -> AttemptVerdict:
    """What one attempt comes to that failed with ``failure``, or with nothing."""
    evidence = view.evidence
    status = status_of(failure)
    if failure is None:
        warnings = warnings_of(view, connector)
        status = Status.WARNING if warnings else Status.HEALTHY
    else:
        warnings = warnings_beside(view, connector)
    nameless = connector.tls_domain is None and evidence.server == evidence.address
    kinds = [
        problem.kind
        for problem in view.problems
        if not (nameless and problem is view.name_problem and not view.mode.validates_name)
    ]
    return AttemptVerdict(
        view=view,
        connector=connector,
        status=status,
        failure=diagnose(failure, view, connector) if failure is not None else None,
        stages=stage_reports(evidence, failure),
        certificate_problems=tuple(dict.fromkeys(kinds)),
        warnings=warnings,
        remarks=chain_remarks(view),
        policies=policy_remarks(view),
    )


def _roll_up(statuses: Sequence[Status]) -> Status:
    """Mail flows while one address takes it; failing is surer than unknown."""
    flowing = [status for status in statuses if status in FLOWING]
    if flowing:
        return Status.HEALTHY if all(status is Status.HEALTHY for status in statuses) else Status.WARNING
    return Status.FAILING if Status.FAILING in statuses else Status.UNKNOWN


def _furthest(attempts: Sequence[AttemptVerdict], status: Status) -> AttemptVerdict | None:
    """The attempt that got furthest among those that decide the status; the first of equals."""

    def rank(one: AttemptVerdict, failure: FailureClass) -> tuple[int, bool, bool]:
        # What stops IPv4 as well is more than a fault of IPv6: of two that got as far, it says what there is to mend.
        ipv6 = failure is FailureClass.LOCAL_IPV6
        return _STAGES.index(stage_of(failure, one.view.evidence)), not ipv6, one.view.evidence.control is not None

    deciding = [(attempt, attempt.failure) for attempt in attempts if attempt.status is status]
    ranked = [(rank(one, failure.failure), one) for one, failure in deciding if failure is not None]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _other_addresses(attempts: Sequence[AttemptVerdict], chosen: AttemptVerdict | None) -> list[Said]:
    """A warning for each address that fails, or could not be tested, while another one decides."""
    found: dict[tuple[str, str | None, int], Said] = {}
    flowing = {_where(one) for one in attempts if one.failure is None}
    told = {_where(chosen)} if chosen is not None else set()
    for attempt in attempts:
        here = _where(attempt)
        if attempt.failure is None or here in told or here in flowing or here in found:
            continue
        server, address, port = here
        identifier = WarningId.ADDRESS_NOT_TESTED if attempt.status is Status.UNKNOWN else WarningId.ADDRESS_FAILING
        name = server if address in (None, server) else f"{server} [{address}]"
        facts = Facts(
            endpoint=name if address is None else f"{name}:{port}",
            title=heading_phrase(attempt),
            code=_code(attempt.failure.failure) or Phrase("no-code"),
            detail=detail_phrase(attempt),
        )
        found[here] = Said(identifier, facts, address, remedies=attempt.failure.remedies[:1])
    return list(found.values())


def _where(attempt: AttemptVerdict) -> tuple[str, str | None, int]:
    evidence = attempt.view.evidence
    return evidence.server, evidence.address, evidence.port


def _codes(views: Sequence[View], failures: Sequence[FailureClass | None]) -> dict[TlsSettings, str | None]:
    """The code under each TlsSettings; ``failures`` is what the attempts failed with under their own."""
    if not any(failures) and all(view.suits_every_mode for view in views):
        return dict.fromkeys(TlsSettings)
    pairs = list(zip(views, failures, strict=True))
    return {
        mode: _code_of(
            [
                failure if view.mode is mode or view.suits_every_mode else classify(replace(view, mode=mode))
                for view, failure in pairs
            ]
        )
        for mode in TlsSettings
    }


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
    if any(attempt.resolution.smart_host is not None for attempt in evidence.attempts):
        return None
    names = [host.host for host in connector.hosts if not host.is_address]
    return names[0] if len(names) == 1 and len(connector.hosts) == 1 else None


def with_expectation(result: Result, *, strict: bool) -> Result:
    """``result`` with --strict applied: a warning is then not as expected."""
    return replace(result, expected=False) if strict and result.status is Status.WARNING else result
