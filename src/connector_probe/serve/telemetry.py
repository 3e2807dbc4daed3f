"""What probes see, sent to an OpenTelemetry collector by OTLP/HTTP: metrics, and a span for each stage.

The standard's own variables say where to (OTEL_EXPORTER_OTLP_ENDPOINT and its like); the extra ``otel`` brings the SDK.
Names are those of the collector's tcpcheck and tlscheck receivers where they mean the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from connector_probe._version import __version__
from connector_probe.extras import how_to_add
from connector_probe.model.evidence import Stage
from connector_probe.model.names import host_port, show
from connector_probe.model.verdict import Attempt, FailureClass
from connector_probe.serve.snapshots import Snapshot
from connector_probe.serve.views import common_name

SWITCHES = tuple(f"OTEL_EXPORTER_OTLP{kind}_ENDPOINT" for kind in ("", "_TRACES", "_METRICS"))
LAST = 1000  # milliseconds for what is left at the end
_PACKAGE = "opentelemetry-exporter-otlp-proto-http"
_ERRORS: Mapping[FailureClass | None, str] = {  # error.code of the tcpcheck receiver
    FailureClass.TCP_REFUSED: "connection_refused",
    FailureClass.TCP_TIMEOUT: "connection_timeout",
    FailureClass.TCP_UNREACHABLE: "network_unreachable",
}

log = logging.getLogger(__name__)


def telemetry_of(environ: Mapping[str, str], place: str) -> Telemetry | None:
    """None where nobody wants it; where the SDK is missing or set up wrong that is logged. ``place``: the server's."""
    if not any(environ.get(one) for one in SWITCHES) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        return Telemetry(place)
    except ImportError:
        log.error("no OpenTelemetry: %s is not installed; %s", _PACKAGE, how_to_add(_PACKAGE))
    except ValueError as problem:  # a number in OTEL_... that the SDK does not take
        log.error("no OpenTelemetry: %s", show(str(problem), 300))
    return None


class Telemetry:
    """Exports in threads of the SDK's own, which keeps what a collector that is away does not take, within bounds."""

    def __init__(self, place: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._place = place
        resource = Resource.create({"service.name": "connector-probe", "service.version": __version__})
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        self._metrics = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._spans = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._spans.get_tracer("connector_probe", __version__)
        meter = self._metrics.get_meter("connector_probe", __version__)
        self._expected = meter.create_gauge("connector_probe.expected", "1", "Whether the connector is as expected.")
        self._status = meter.create_gauge("tcpcheck.status", "1", "Whether the TCP connection was made.")
        self._duration = meter.create_gauge("tcpcheck.duration", "ms", "How long the TCP connection took.")
        self._errors = meter.create_counter("tcpcheck.error", "{error}", "TCP connections that could not be made.")
        self._left = meter.create_gauge("tlscheck.time_left", "s", "Seconds until a certificate ends.")

    def add(self, snapshot: Snapshot) -> None:
        """Of each report, from here and from elsewhere."""
        result = snapshot.result
        of = {"connector": result.name, "place": snapshot.place or self._place}
        self._expected.set(int(result.expected), of)
        for attempt in result.attempts:
            self._measure(attempt, of)
            self._trace(attempt, of, result.evidence.started_at)

    def close(self) -> None:
        """Sends what is left, as far as somebody takes it."""
        with suppress(Exception):  # whatever the SDK says of a collector that is away
            self._spans.force_flush(LAST)
            self._metrics.shutdown(LAST)

    def _measure(self, attempt: Attempt, of: Mapping[str, str]) -> None:
        endpoint = host_port(attempt.address or attempt.server, attempt.port)
        told = {**of, "tcpcheck.endpoint": endpoint}
        for one in attempt.stages:
            if one.stage is Stage.CONNECT and one.status != "skipped":
                self._status.set(int(one.status == "ok"), told)
                self._duration.set(round(1000 * (one.duration or 0.0)), told)
                if one.status != "ok":
                    code = _ERRORS.get(attempt.class_, "unknown_error")
                    self._errors.add(1, {**told, "error.code": code})
        for certificate in attempt.certificates:
            if certificate.not_after is not None:
                shown: dict[str, str | Sequence[str]] = {**of, "tlscheck.target": endpoint}
                shown["tlscheck.x509.cn"] = common_name(certificate.subject)
                shown |= {"tlscheck.x509.issuer": certificate.issuer, "tlscheck.x509.san": certificate.names}
                self._left.set(int((certificate.not_after - datetime.now(UTC)).total_seconds()), shown)

    def _trace(self, attempt: Attempt, of: Mapping[str, str], began: datetime) -> None:
        """One span for the attempt, and in it one for each stage; its times are those of the attempt alone."""
        from opentelemetry.trace import StatusCode, set_span_in_context

        stages = [one for one in attempt.stages if one.start is not None and one.status != "skipped"]
        ends = [(one.start or 0.0) + (one.duration or 0.0) for one in stages]
        told: dict[str, str | int] = {**of, "server.address": attempt.address or attempt.server}
        told["server.port"] = attempt.port
        whole = self._tracer.start_span("probe", start_time=_nanoseconds(began, 0.0), attributes=told)
        inside = set_span_in_context(whole)
        for one, end in zip(stages, ends, strict=True):
            span = self._tracer.start_span(
                one.stage.value, inside, attributes=told, start_time=_nanoseconds(began, one.start or 0.0)
            )
            if one.status == "failed":
                span.set_status(StatusCode.ERROR, attempt.diagnosis.detail if attempt.diagnosis is not None else None)
            span.end(_nanoseconds(began, end))
        if attempt.code is not None:
            whole.set_attribute("error.type", attempt.code)
        if attempt.diagnosis is not None:
            whole.set_status(StatusCode.ERROR, attempt.diagnosis.detail)
        whole.end(_nanoseconds(began, max(ends, default=0.0)))


def _nanoseconds(began: datetime, after: float) -> int:
    return int((began + timedelta(seconds=after)).timestamp() * 1_000_000) * 1000
