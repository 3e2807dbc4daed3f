"""One connector for ``/probe``, in blackbox_exporter's names. A series that is not known is absent, never zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector_probe.formats.prometheus import (
    DURATION,
    OF_ADDRESSES,
    OF_CONNECTORS,
    STARTED,
    SUCCESS,
    Samples,
    family,
    states,
    states_of,
)
from connector_probe.model.evidence import AttemptEvidence
from connector_probe.model.verdict import FLOWING, Attempt, Result, Status

STATE = states("state")  # beside the textfile's "status", which alert rules may use already


def exposition(result: Result) -> str:
    """All that is known, and stays the same for every scrape that it answers."""
    return "".join(_families(result))


def of_scrape(seconds: float, age: float) -> str:
    """What each scrape adds. ``seconds``: how long it waited; ``age``: seconds since the probe ended."""
    told = "How long ago this probe ended; scrapes close together share one"
    waited = "How long this scrape waited for the probe"
    of_age = family("probe_result_age_seconds", told, [({}, age)])
    return of_age + family("probe_scrape_duration_seconds", waited, [({}, seconds)])


def unanswered(seconds: float) -> str:
    """Of a probe that could not be made, or that did not end before the scrape had to."""
    return "".join(_first(Status.UNKNOWN, seconds))


def _first(status: Status, seconds: float) -> Iterator[str]:
    yield family(SUCCESS.name, SUCCESS.help, [({}, float(status in FLOWING))])
    yield family(DURATION.name, DURATION.help, [({}, seconds)])
    yield family(STATE.name, STATE.help, states_of("state", status))


def _families(result: Result) -> Iterator[str]:
    yield from _first(result.status, result.evidence.seconds)
    pairs = list(zip(result.attempts, result.evidence.attempts, strict=True))
    deciding = [_deciding(result, pairs)]
    for one in OF_ADDRESSES:
        samples = (sample for pair in (pairs if one.every else deciding) for sample in one.samples(*pair))
        yield family(one.name, one.help, samples, one.worse)
    yield family("probe_address_success", "Whether mail would flow by this address", _addresses(result), min)
    for each in OF_CONNECTORS:
        yield family(each.name, each.help, each.samples(result), each.worse)
    yield family(*STARTED, [({}, result.evidence.started_at.timestamp())])


def _deciding(result: Result, pairs: list[tuple[Attempt, AttemptEvidence]]) -> tuple[Attempt, AttemptEvidence]:
    """The failed attempt that the diagnosis is of, else one that flows."""
    attempt, evidence = next((pair for pair in pairs if pair[0].class_ is result.class_), pairs[0])
    return replace(attempt, diagnosis=result.diagnosis), evidence


def _addresses(result: Result) -> Samples:
    return [
        ({"server": one.server, "address": one.address or ""}, float(one.status in FLOWING)) for one in result.attempts
    ]
