"""Prometheus' text format, for the textfile collector of node_exporter (write it with ``-o FILE.prom``).

The tables say once what there is to tell of an address and of a connector; ``serve`` tells the same of one connector
at ``/probe``. Names and labels are blackbox_exporter's where they mean the same, so that its dashboards and alert
rules fit. Nothing here is a time series' own timestamp, which the collector refuses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, ParamSpec

from connector_probe.formats.options import RenderOptions
from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, Stage
from connector_probe.model.names import host_port, is_address
from connector_probe.model.verdict import FLOWING, Attempt, FailureClass, KnownFrom, Report, Result, Status

Samples = Iterable[tuple[Mapping[str, str], float]]
_P = ParamSpec("_P")
_TLS_VERSIONS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}  # as Go has them
_VALUE_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
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


@dataclass(frozen=True)
class Metric(Generic[_P]):
    """A gauge. ``worse`` chooses between two values for the same labels.

    ``every``: at ``/probe``, which has no label for an address, it stands for all; else for the one that decides.
    """

    name: str
    help: str
    samples: Callable[_P, Samples]
    worse: Callable[[float, float], float] = max
    every: bool = False


def render(report: Report, options: RenderOptions) -> str:
    """All metrics that have a sample, in the tables' order, samples in the report's."""
    addresses = list(_addresses(report))
    families: list[str] = []
    for one in (SUCCESS, DURATION, *OF_ADDRESSES):
        samples = (
            (labels | dict(more), value)
            for labels, attempt, evidence in addresses
            for more, value in one.samples(attempt, evidence)
        )
        families.append(family(one.name, one.help, samples, one.worse))
    for each in OF_CONNECTORS:
        found = (
            ({"connector": result.name, **more}, value)
            for result in report.results
            for more, value in each.samples(result)
        )
        families.append(family(each.name, each.help, found, each.worse))
    families.append(family(*STARTED, [({}, report.started_at.timestamp())]))
    families.append(family("probe_build_info", "The prober's version.", [({"version": report.version}, 1.0)]))
    return "".join(families)


def family(name: str, help_: str, samples: Samples, worse: Callable[[float, float], float] = max) -> str:
    """The lines of one gauge; empty without samples."""
    values: dict[str, float] = {}
    for labels, value in samples:
        series = name
        if labels:
            told = [f'{key}="{text.translate(_VALUE_ESCAPES)}"' for key, text in labels.items()]
            series = f"{name}{{{','.join(told)}}}"
        values[series] = worse(values[series], value) if series in values else value
    if not values:
        return ""
    lines = [f"{series} {_number(value)}\n" for series, value in values.items()]
    return f"# HELP {name} {help_}\n# TYPE {name} gauge\n{''.join(lines)}"


def _number(value: float) -> str:
    """Go's float syntax; six decimals are more than any clock here resolves."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _addresses(report: Report) -> Iterator[tuple[dict[str, str], Attempt, AttemptEvidence]]:
    for result in report.results:
        for attempt, evidence in zip(result.attempts, result.evidence.attempts, strict=True):
            # As the connector has it: with its port where that is not 25.
            server = attempt.server if attempt.port == SMTP_PORT else host_port(attempt.server, attempt.port)
            labels = {"connector": result.name, "server": server, "address": attempt.address or ""}
            yield labels, attempt, evidence


# --- of an address -----------------------------------------------------------------------------------------------


def _lookup_time(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    return (({}, one.duration) for one in attempt.stages if one.stage is Stage.DNS and one.duration is not None)


def _phases(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    """The certificate takes no time of its own."""
    timed = (one for one in attempt.stages if one.stage is not Stage.CERTIFICATE)
    return (({"phase": one.stage.value}, one.duration) for one in timed if one.duration is not None)


def _protocol(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    if attempt.address is not None and is_address(attempt.address):
        yield {}, float(ipaddress.ip_address(attempt.address).version)


def _hash(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    """FNV-1a with 32 bits, as blackbox_exporter has it."""
    if attempt.address is not None and is_address(attempt.address):
        value = 0x811C9DC5
        for octet in ipaddress.ip_address(attempt.address).packed:
            value = (value ^ octet) * 0x01000193 & 0xFFFFFFFF
        yield {}, float(value)


def _regex(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    if evidence.connected:
        yield {}, float(attempt.class_ in _UNEXPECTED_REPLY)


def _ends(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    return (({}, one.not_after.timestamp()) for one in attempt.certificates if one.not_after is not None)


def _begins(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    return (({}, one.not_before.timestamp()) for one in attempt.certificates if one.not_before is not None)


def _chain_ends(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    """Only of a chain that holds."""
    ends = [value for _, value in _ends(attempt, evidence)]
    if ends and len(ends) == len(attempt.certificates) and not attempt.certificate_problems:
        yield {}, min(ends)


def _leaf(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    for leaf in attempt.certificates[:1]:
        yield (
            {
                "fingerprint_sha256": leaf.sha256.lower(),
                "subject": leaf.subject,
                "issuer": leaf.issuer,
                "subjectalternative": ",".join(leaf.names),
                "serialnumber": leaf.serial.lower(),
            },
            1.0,
        )


def _version(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    if attempt.tls is not None:
        yield {"version": _TLS_VERSIONS.get(attempt.tls.version, attempt.tls.version)}, 1.0


def _cipher(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    if attempt.tls is not None:
        yield {"cipher": attempt.tls.cipher}, 1.0


def _failure(attempt: Attempt, evidence: AttemptEvidence) -> Samples:
    found = attempt.diagnosis
    if found is not None:
        told = {"stage": found.stage, "class": found.class_, "code": found.code or "", "culprit": found.culprit}
        yield told, 1.0


SUCCESS = Metric[Attempt, AttemptEvidence](
    "probe_success",
    "Displays whether or not the probe was a success",
    lambda attempt, _: [({}, float(attempt.status in FLOWING))],
    min,
)
DURATION = Metric[Attempt, AttemptEvidence](
    "probe_duration_seconds",
    "Returns how long the probe took to complete in seconds",
    lambda _, evidence: [({}, evidence.seconds)],
)
OF_ADDRESSES = (
    Metric("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", _lookup_time),
    Metric("probe_smtp_duration_seconds", "Duration of SMTP session by phase", _phases),
    Metric("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", _protocol),
    Metric(
        "probe_ip_addr_hash",
        "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
        _hash,
    ),
    Metric("probe_failed_due_to_regex", "Indicates if probe failed due to regex", _regex),
    Metric("probe_ssl_earliest_cert_expiry", "Returns earliest SSL cert expiry date", _ends, min, every=True),
    Metric("probe_ssl_latest_cert_not_before", "Returns when the last certificate sent begins", _begins, every=True),
    Metric(
        "probe_ssl_last_chain_expiry_timestamp_seconds",
        "Returns last SSL chain expiry in timestamp seconds",
        _chain_ends,
        every=True,
    ),
    Metric("probe_ssl_last_chain_info", "Contains SSL leaf certificate information", _leaf, every=True),
    Metric("probe_tls_version_info", "Returns the TLS version used, or NaN when unknown", _version),
    Metric("probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", _cipher),
    Metric("probe_failure_info", "What failed: stage, class, code (empty without one), whose it is to mend", _failure),
)

# --- of a connector ----------------------------------------------------------------------------------------------


def states(label: str) -> Metric[Result]:
    """One series for each status, so that a change of status is no new series."""
    return Metric(
        f"probe_connector_{label}",
        f"1 for the {label} of the connector, 0 for the others",
        lambda result: states_of(label, result.status),
    )


def states_of(label: str, status: Status) -> Samples:
    return [({label: one.value}, float(one is status)) for one in Status]


def _bounces(result: Result) -> Samples:
    if result.outage is not None:
        yield {}, result.outage.bounces_at.timestamp()


def _since(result: Result) -> Samples:
    """Only from history: without it, the time of this run would look like the beginning of the failure."""
    if result.outage is not None and result.outage.known_from is KnownFrom.HISTORY:
        yield {}, result.outage.since.timestamp()


STARTED = ("probe_run_started_timestamp_seconds", "When this run began, in Unix time")
OF_CONNECTORS = (
    states("status"),
    Metric[Result](
        "probe_connector_expected",
        "Whether the connector is as expected",
        lambda result: [({}, float(result.expected))],
        min,
    ),
    Metric[Result](
        "probe_connector_warnings",
        "How many warnings the connector has",
        lambda result: [({}, float(len(result.warnings)))],
    ),
    Metric("probe_bounce_timestamp_seconds", "When mail that queues starts to bounce, in Unix time", _bounces, min),
    Metric(
        "probe_failing_since_timestamp_seconds",
        "When the connector began to fail, as far as history knows, in Unix time",
        _since,
        min,
    ),
)
