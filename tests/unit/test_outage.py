"""The bounce clock: set only where mail queues now, and told for what is known of the time before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector_probe.api import assemble
from connector_probe.diagnosis.outage import with_history
from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.saved import SavedReportError, diagnose_again, read_report
from connector_probe.model.connector import Connector, ConnectorError
from connector_probe.model.evidence import (
    AttemptEvidence,
    Connection,
    ConnectorEvidence,
    Exchange,
    FaultKind,
    NetworkFault,
    Reply,
    Resolution,
)
from connector_probe.model.verdict import FailureClass, KnownFrom, Report, Result, Status
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import clock, lasting
from tests.unit.evidence import concluded

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOST = "192.0.2.5"


def evidence_of(attempt: AttemptEvidence) -> ConnectorEvidence:
    return ConnectorEvidence((attempt,), ((),), NOW, 1.0)


def refused() -> ConnectorEvidence:
    fault = NetworkFault(FaultKind.REFUSED, "ECONNREFUSED")
    return evidence_of(AttemptEvidence(HOST, HOST, 25, Resolution(HOST, (HOST,)), Connection(0.0, 0.1, fault=fault)))


def no_route() -> ConnectorEvidence:
    fault = NetworkFault(FaultKind.NO_ROUTE, "ENETUNREACH")
    return evidence_of(AttemptEvidence(HOST, HOST, 25, Resolution(HOST, (HOST,)), Connection(0.0, 0.1, fault=fault)))


def turned_down(code: int) -> ConnectorEvidence:
    """The recipient is refused in a session without TLS."""

    def said(command: str, code: int) -> Exchange:
        return Exchange(command, 0.0, 0.1, Reply(code, ("2.0.0 so",)))

    attempt = AttemptEvidence(HOST, HOST, 25, Resolution(HOST, (HOST,)), Connection(0.0, 0.1, "192.0.2.9"))
    return evidence_of(
        replace(
            attempt,
            banner=said("", 220),
            ehlo=said("EHLO a", 250),
            mail=said("MAIL FROM:<>", 250),
            recipient=said("RCPT TO:<a@contoso.com>", code),
        )
    )


def result_of(evidence: ConnectorEvidence, **options: object) -> Result:
    return concluded(Connector(smart_hosts=[HOST], **options), evidence)  # type: ignore[arg-type]


def report_of(result: Result) -> Report:
    return assemble([], [result], NOW, 1.0)


def test_a_failure_without_history_counts_from_this_run() -> None:
    result = result_of(refused())
    assert result.outage is not None
    assert result.outage.since == NOW
    assert result.outage.bounces_at == NOW + timedelta(hours=24)
    assert result.outage.known_from is KnownFrom.THIS_RUN
    assert clock(result, ENGLISH) == "Mail queued from now on starts to bounce in 24 h (2026-11-25 12:00 UTC)."


def test_the_lifetime_is_the_connector_s() -> None:
    result = result_of(refused(), queue_lifetime=2 * 3600.0)
    assert result.outage is not None
    assert result.outage.bounces_at == NOW + timedelta(hours=2)
    with pytest.raises(ConnectorError, match="queue_lifetime"):
        result_of(refused(), queue_lifetime=31 * 86_400.0)


def test_history_moves_the_clock() -> None:
    fresh = result_of(refused())
    begun = NOW - timedelta(hours=20, minutes=47, seconds=30)
    early = with_history(fresh, begun, begun - timedelta(minutes=15))
    assert early.outage is not None
    assert early.outage.known_from is KnownFrom.HISTORY
    assert clock(early, ENGLISH) == (
        "Failing since 2026-11-23 15:12 UTC: queued mail starts to bounce in 3 h 12 m (2026-11-24 15:12 UTC)."
    )
    late = with_history(fresh, NOW - timedelta(days=3), NOW - timedelta(days=3, hours=1))
    assert clock(late, ENGLISH) == (
        "Failing since 2026-11-21 12:00 UTC: queued mail has been bouncing since 2026-11-22 12:00 UTC."
    )


@pytest.mark.parametrize(
    ("since", "flowed", "told"),
    [
        (2, 26, "in 22 h at the latest (2026-11-25 10:00 UTC), and may bounce already."),
        (
            2,
            10,
            "at the latest (mail flowed on 2026-11-24 02:00 UTC): queued mail starts to bounce in 22 h at the latest",
        ),
        (0, 24, "in 24 h at the latest (2026-11-25 12:00 UTC), and may bounce already."),
        (0, 23, "in 24 h at the latest (2026-11-25 12:00 UTC)."),
        (2, None, "mail queued since then starts to bounce in 22 h (2026-11-25 10:00 UTC), older mail sooner."),
        (30, 40, "at the latest: queued mail has been bouncing since 2026-11-24 06:00 UTC at the latest."),
        (30, None, "at the latest: queued mail has been bouncing since 2026-11-24 06:00 UTC at the latest."),
        (2, -5, "mail queued since then starts to bounce in 22 h"),  # a clock was set back
    ],
)
def test_a_beginning_that_nobody_saw_is_no_beginning(since: int, flowed: int | None, told: str) -> None:
    """Between two probes of a daily job a server may have failed for a day: hours ago."""
    flowed_at = None if flowed is None else NOW - timedelta(hours=flowed)
    assert told in clock(with_history(result_of(refused()), NOW - timedelta(hours=since), flowed_at), ENGLISH)


def test_history_cannot_know_later_than_this_run() -> None:
    fresh = result_of(refused())
    assert with_history(fresh, NOW + timedelta(hours=1)) is fresh


@pytest.mark.parametrize(
    ("evidence", "options", "status"),
    [
        (no_route(), {}, Status.UNKNOWN),
        (refused(), {"expect": "4.4.316"}, Status.FAILING),
        (turned_down(250), {"tls": "opportunistic", "rcpt": "a@contoso.com"}, Status.WARNING),
        (turned_down(550), {"tls": "opportunistic", "rcpt": "a@contoso.com"}, Status.FAILING),  # bounces at once
    ],
)
def test_no_clock_where_no_mail_queues(evidence: ConnectorEvidence, options: dict[str, object], status: Status) -> None:
    result = result_of(evidence, **options)
    assert result.status is status
    assert result.outage is None
    assert clock(result, ENGLISH) == ""
    assert with_history(result, NOW - timedelta(days=2)) is result


def test_another_failure_than_the_expected_one_queues_mail() -> None:
    assert result_of(refused(), expect="4.4.318").outage is not None
    assert result_of(turned_down(450), tls="opportunistic", rcpt="a@contoso.com").outage is not None


def test_a_saved_clock_is_read_back() -> None:
    result = with_history(
        result_of(refused(), queue_lifetime=7200.0), NOW - timedelta(hours=1), NOW - timedelta(hours=3)
    )
    document = RENDERERS[Format.JSON](report_of(result), RenderOptions())
    assert json.loads(document)["results"][0]["outage"] == {
        "since": "2026-11-24T11:00:00Z",
        "bounces_at": "2026-11-24T13:00:00Z",
        "queue_lifetime": 7200.0,
        "known_from": "history",
        "flowed_at": "2026-11-24T09:00:00Z",
    }
    assert diagnose_again(read_report(document)).results[0].outage == result.outage


def test_a_report_from_before_the_clock_is_read() -> None:
    document = json.loads(RENDERERS[Format.JSON](report_of(result_of(refused())), RenderOptions()))
    del document["results"][0]["outage"], document["results"][0]["connector"]["queue_lifetime"]
    (again,) = diagnose_again(read_report(json.dumps(document))).results
    assert again.diagnosis is not None
    assert again.diagnosis.class_ is FailureClass.TCP_REFUSED
    assert again.outage == result_of(refused()).outage


def test_a_damaged_clock_is_told() -> None:
    document = json.loads(RENDERERS[Format.JSON](report_of(result_of(refused())), RenderOptions()))
    document["results"][0]["outage"]["since"] = "2026-11-24T11:00:00"
    with pytest.raises(SavedReportError, match="outage"):
        read_report(json.dumps(document))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 m"),
        (3599, "59 m"),
        (3600, "1 h"),
        (11_559, "3 h 12 m"),
        (86_400, "24 h"),
        (71 * 3600 + 60, "71 h 1 m"),
        (72 * 3600, "3 d 0 h"),
        (30 * 86_400, "30 d 0 h"),
    ],
)
def test_durations_for_people(seconds: int, told: str) -> None:
    assert lasting(timedelta(seconds=seconds), ENGLISH) == told
