"""One report in blackbox_exporter's names, for ``/probe``. A series that is not known is absent, never zero."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from connector_probe.formats.prometheus import family, leaf_labels, tls_version
from connector_probe.model.evidence import AttemptEvidence, Stage
from connector_probe.model.names import is_address
from connector_probe.model.verdict import FLOWING, Attempt, FailureClass, KnownFrom, Result, Status

Samples = Sequence[tuple[Mapping[str, str], float]]
Family = tuple[str, str, Samples]

# What a server answered, and not what an SMTP client expects: blackbox_exporter's query_response fails there.
_UNEXPECTED_REPLY = frozenset(
    {
        FailureClass.BANNER_REJECTED,
        FailureClass.BANNER_NOT_SMTP,
        FailureClass.EHLO_REJECTED,
        FailureClass.EHLO_MALFORMED,
        FailureClass.STARTTLS_NOT_OFFERED,
        FailureClass.STARTTLS_REJECTED,
        FailureClass.STARTTLS_MALFORMED,
    }
)


def exposition(result: Result, seconds: float, age: float) -> str:
    """All that is known. ``seconds``: how long the scrape waited; ``age``: seconds since the probe ended."""
    return "".join(text for one in _families(result, seconds, age) for text in family(*one))


def unanswered(seconds: float) -> str:
    """Of a probe that could not be made, or that did not end before the scrape had to."""
    unknown: Samples = [({}, 0.0)]
    families: list[Family] = [
        ("probe_success", _SUCCESS, unknown),
        ("probe_duration_seconds", _DURATION, [({}, seconds)]),
        *_states(Status.UNKNOWN),
    ]
    return "".join(text for one in families for text in family(*one))


_SUCCESS = "Displays whether or not the probe was a success"
_DURATION = "Returns how long the probe took to complete in seconds"


def _families(result: Result, seconds: float, age: float) -> Iterator[Family]:
    attempt, evidence = _deciding(result)
    yield "probe_success", _SUCCESS, [({}, float(result.status in FLOWING))]
    yield "probe_duration_seconds", _DURATION, [({}, result.evidence.seconds)]
    yield from _blackbox(result, attempt, evidence)
    yield "probe_smtp_duration_seconds", "Duration of SMTP session by phase", _phases(attempt)
    yield "probe_address_success", "Whether mail would flow by this address", _addresses(result)
    found = result.diagnosis
    if found is not None:
        told = {"stage": found.stage.value, "class": found.class_.value, "code": found.code or ""}
        yield "probe_failure_info", "What failed", [(told, 1.0)]
    yield from _states(result.status)
    yield "probe_connector_expected", "Whether the connector is as expected", [({}, float(result.expected))]
    yield "probe_connector_warnings", "How many warnings the connector has", [({}, float(len(result.warnings)))]
    if result.outage is not None:
        bounces = _each([result.outage.bounces_at.timestamp()])
        yield "probe_bounce_timestamp_seconds", "When mail that queues starts to bounce, in Unix time", bounces
        if result.outage.known_from is KnownFrom.HISTORY:
            since = _each([result.outage.since.timestamp()])
            yield "probe_failing_since_timestamp_seconds", "When it began to fail, in Unix time", since
    started = _each([result.evidence.started_at.timestamp()])
    yield "probe_run_started_timestamp_seconds", "When this probe began, in Unix time", started
    yield "probe_result_age_seconds", "How long ago this probe ended; scrapes close together share one", [({}, age)]
    yield "probe_scrape_duration_seconds", "How long this scrape waited for it", [({}, seconds)]


def _states(status: Status) -> Iterator[Family]:
    """By both names: the second is that of the textfile, which alert rules may use already."""
    for name, label in (("probe_connector_state", "state"), ("probe_connector_status", "status")):
        samples = [({label: one.value}, float(one is status)) for one in Status]
        yield name, f"1 for the {label} of the connector, 0 for the others", samples


def _deciding(result: Result) -> tuple[Attempt, AttemptEvidence]:
    """The attempt that decides for the connector: the failed one that the diagnosis is of, else one that flows."""
    pairs = list(zip(result.attempts, result.evidence.attempts, strict=True))
    class_ = result.diagnosis.class_ if result.diagnosis is not None else None
    return next((pair for pair in pairs if pair[0].class_ is class_), pairs[0])


def _blackbox(result: Result, attempt: Attempt, evidence: AttemptEvidence) -> Iterator[Family]:
    lookup = [one.duration for one in attempt.stages if one.stage is Stage.DNS and one.duration is not None]
    yield "probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", _each(lookup[:1])
    if attempt.address is not None and is_address(attempt.address):
        address = ipaddress.ip_address(attempt.address)
        protocol = "Specifies whether probe ip protocol is IP4 or IP6"
        yield "probe_ip_protocol", protocol, [({}, float(address.version))]
        hash_ = "Specifies the hash of IP address. It's useful to detect if the IP address changes."
        yield "probe_ip_addr_hash", hash_, [({}, float(_fnv1a(address.packed)))]
    if evidence.connection is not None and evidence.connection.fault is None:
        regex = float(attempt.class_ in _UNEXPECTED_REPLY)
        yield "probe_failed_due_to_regex", "Indicates if probe failed due to regex", [({}, regex)]
    yield from _certificates(result)
    if attempt.tls is not None:
        version = {"version": tls_version(attempt.tls.version)}
        yield "probe_tls_version_info", "Returns the TLS version used, or NaN when unknown", [(version, 1.0)]
        cipher = {"cipher": attempt.tls.cipher}
        yield "probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", [(cipher, 1.0)]


def _certificates(result: Result) -> Iterator[Family]:
    """Of every address, and of a bad certificate above all."""
    shown = [attempt for attempt in result.attempts if attempt.certificates]
    ends = [one.not_after.timestamp() for attempt in shown for one in attempt.certificates if one.not_after is not None]
    begins = [
        one.not_before.timestamp() for attempt in shown for one in attempt.certificates if one.not_before is not None
    ]
    yield "probe_ssl_earliest_cert_expiry", "Returns earliest SSL cert expiry date", _each([min(ends)] if ends else [])
    latest = [max(begins)] if begins else []
    yield "probe_ssl_latest_cert_not_before", "Returns when the last certificate sent begins", _each(latest)
    sound = [
        min(one.not_after.timestamp() for one in attempt.certificates if one.not_after is not None)
        for attempt in shown
        if not attempt.certificate_problems and all(one.not_after is not None for one in attempt.certificates)
    ]
    last = "Returns last SSL chain expiry in timestamp seconds"
    yield "probe_ssl_last_chain_expiry_timestamp_seconds", last, _each([max(sound)] if sound else [])
    leaves = [(leaf_labels(attempt.certificates[0]), 1.0) for attempt in shown]
    yield "probe_ssl_last_chain_info", "Contains SSL leaf certificate information", leaves


def _phases(attempt: Attempt) -> Samples:
    """The certificate takes no time of its own."""
    timed = [one for one in attempt.stages if one.duration is not None and one.stage is not Stage.CERTIFICATE]
    return [({"phase": one.stage.value}, one.duration or 0.0) for one in timed]


def _addresses(result: Result) -> Samples:
    return [
        ({"server": one.server, "address": one.address or ""}, float(one.status in FLOWING)) for one in result.attempts
    ]


def _each(values: Sequence[float]) -> Samples:
    return [({}, value) for value in values]


def _fnv1a(octets: bytes) -> int:
    """FNV-1a with 32 bits, as blackbox_exporter has it."""
    value = 0x811C9DC5
    for octet in octets:
        value = (value ^ octet) * 0x01000193 & 0xFFFFFFFF
    return value
