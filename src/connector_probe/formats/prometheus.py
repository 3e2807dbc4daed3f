"""Prometheus' text format, for the textfile collector of node_exporter (write it with ``-o FILE.prom``).

Names and labels are blackbox_exporter's where they mean the same, so that its dashboards and alert rules fit. One
series stands for one address of one connector; nothing here is a time series' own timestamp, which the collector
refuses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector_probe.formats.options import RenderOptions
from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.evidence import AttemptEvidence, Stage
from connector_probe.model.names import is_address
from connector_probe.model.verdict import FLOWING, Attempt, CertificateReport, KnownFrom, Report, Result, Status

Labels = Mapping[str, str]
Samples = Iterator[tuple[Labels, float]]
_TLS_VERSIONS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
_VALUE_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class _Metric:
    """``worse`` chooses between two values for the same labels (a connector or an address that is listed twice)."""

    name: str
    help: str
    samples: Callable[[Report], Samples]
    worse: Callable[[float, float], float] = max


def render(report: Report, options: RenderOptions) -> str:
    """All metrics that have a sample, in the table's order, samples in the report's."""
    return "".join(
        line for one in _METRICS for line in family(one.name, one.help, one.samples(report), worse=one.worse)
    )


def family(
    name: str, help_: str, samples: Iterable[tuple[Labels, float]], *, worse: Callable[[float, float], float] = min
) -> Iterator[str]:
    """The lines of one gauge; nothing without samples. ``worse`` chooses between two values for the same labels."""
    values: dict[str, float] = {}
    for labels, value in samples:
        series = ",".join(f'{key}="{text.translate(_VALUE_ESCAPES)}"' for key, text in labels.items())
        values[series] = worse(values[series], value) if series in values else value
    if values:
        yield f"# HELP {name} {help_}\n# TYPE {name} gauge\n"
    for series, value in values.items():
        yield f"{name}{{{series}}} {_number(value)}\n" if series else f"{name} {_number(value)}\n"


def _number(value: float) -> str:
    """Go's float syntax; six decimals are more than any clock here resolves."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


# --- labels ----------------------------------------------------------------------------------------------------


def _addresses(report: Report) -> Iterator[tuple[dict[str, str], Attempt, AttemptEvidence]]:
    for result in report.results:
        for attempt, evidence in zip(result.attempts, result.evidence.attempts, strict=True):
            labels = {"connector": result.name, "server": _server(attempt), "address": attempt.address or ""}
            yield labels, attempt, evidence


def _server(attempt: Attempt) -> str:
    """As the connector has it: with its port where that is not 25."""
    if attempt.port == SMTP_PORT:
        return attempt.server
    return f"[{attempt.server}]:{attempt.port}" if ":" in attempt.server else f"{attempt.server}:{attempt.port}"


# --- samples ---------------------------------------------------------------------------------------------------


def _success(report: Report) -> Samples:
    return ((labels, float(attempt.status in FLOWING)) for labels, attempt, _ in _addresses(report))


def _duration(report: Report) -> Samples:
    return ((labels, evidence.seconds) for labels, _, evidence in _addresses(report))


def _lookup_time(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        for stage in attempt.stages:
            if stage.stage is Stage.DNS and stage.duration is not None:
                yield labels, stage.duration


def _phases(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        for stage in attempt.stages:
            if stage.duration is not None and stage.stage is not Stage.CERTIFICATE:  # which takes no time of its own
                yield labels | {"phase": stage.stage.value}, stage.duration


def _protocol(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        if attempt.address is not None and is_address(attempt.address):
            yield labels, float(ipaddress.ip_address(attempt.address).version)


def _expiry(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        ends = [one.not_after.timestamp() for one in attempt.certificates if one.not_after is not None]
        if ends:
            yield labels, min(ends)


def _leaf(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        for leaf in attempt.certificates[:1]:
            yield labels | leaf_labels(leaf), 1.0


def leaf_labels(leaf: CertificateReport) -> dict[str, str]:
    """A server's own certificate, as blackbox_exporter labels it."""
    return {
        "fingerprint_sha256": leaf.sha256.lower(),
        "subject": leaf.subject,
        "issuer": leaf.issuer,
        "subjectalternative": ",".join(leaf.names),
        "serialnumber": leaf.serial.lower(),
    }


def _version(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        if attempt.tls is not None:
            yield labels | {"version": tls_version(attempt.tls.version)}, 1.0


def tls_version(version: str) -> str:
    """ "TLSv1.3" as Go writes it: "TLS 1.3"."""
    return _TLS_VERSIONS.get(version, version)


def _failure(report: Report) -> Samples:
    for labels, attempt, _ in _addresses(report):
        found = attempt.diagnosis
        if found is not None:
            told = {"stage": found.stage.value, "class": found.class_.value, "code": found.code or ""}
            yield labels | told, 1.0


def _status(report: Report) -> Samples:
    """One series for each status, so that a change of status is no new series."""
    for result in report.results:
        for status in Status:
            yield {"connector": result.name, "status": status.value}, float(result.status is status)


def _bounces(report: Report) -> Samples:
    return (
        ({"connector": one.name}, one.outage.bounces_at.timestamp()) for one in report.results if one.outage is not None
    )


def _since(report: Report) -> Samples:
    """Only from history: without it, the time of this run would look like the beginning of the failure."""
    for one in report.results:
        if one.outage is not None and one.outage.known_from is KnownFrom.HISTORY:
            yield {"connector": one.name}, one.outage.since.timestamp()


def _of_connector(value: Callable[[Result], float]) -> Callable[[Report], Samples]:
    return lambda report: (({"connector": result.name}, value(result)) for result in report.results)


_METRICS = (
    _Metric("probe_success", "Whether mail would flow by this address.", _success, min),
    _Metric("probe_duration_seconds", "How long the probe of this address took.", _duration),
    _Metric("probe_dns_lookup_time_seconds", "How long the DNS lookups for this server took.", _lookup_time),
    _Metric("probe_smtp_duration_seconds", "How long each phase of the SMTP session took.", _phases),
    _Metric("probe_ip_protocol", "Whether the address is IPv4 or IPv6 (4 or 6).", _protocol),
    _Metric("probe_ssl_earliest_cert_expiry", "When the first certificate sent expires, in Unix time.", _expiry, min),
    _Metric("probe_ssl_last_chain_info", "The server's certificate.", _leaf),
    _Metric("probe_tls_version_info", "The TLS version agreed on.", _version),
    _Metric("probe_failure_info", "What failed: stage, failure class, and code (empty without one).", _failure),
    _Metric("probe_connector_status", "1 for the status of the connector, 0 for the others.", _status),
    _Metric(
        "probe_connector_expected",
        "Whether the connector is as expected.",
        _of_connector(lambda result: float(result.expected)),
        min,
    ),
    _Metric(
        "probe_connector_warnings",
        "How many warnings the connector has.",
        _of_connector(lambda result: float(len(result.warnings))),
    ),
    _Metric("probe_bounce_timestamp_seconds", "When mail that queues starts to bounce, in Unix time.", _bounces, min),
    _Metric(
        "probe_failing_since_timestamp_seconds",
        "When the connector began to fail, as far as history knows, in Unix time.",
        _since,
        min,
    ),
    _Metric(
        "probe_run_started_timestamp_seconds",
        "When this run began, in Unix time.",
        lambda report: iter([({}, report.started_at.timestamp())]),
    ),
    _Metric("probe_build_info", "The prober's version.", lambda report: iter([({"version": report.version}, 1.0)])),
)
