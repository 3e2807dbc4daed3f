"""What an OpenTelemetry collector is sent, read by the protocol's own classes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connector_probe.serve.snapshots import Trigger
from connector_probe.serve.telemetry import telemetry_of
from tests.cli.servers import GENEROUS, Heard, SmtpServer
from tests.serve.harness import row, running, write

METRICS, TRACES = "POST /v1/metrics", "POST /v1/traces"


def attributes(one: Any) -> dict[str, Any]:  # noqa: ANN401 - of many kinds of message
    return {each.key: each.value.string_value or each.value.int_value for each in one.attributes}


class Collector:
    """What arrived so far: spans and data points, by connector and name."""

    def __init__(self, web: Heard) -> None:
        self._web = web
        self._metrics = pytest.importorskip("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
        self._traces = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        self._read = 0
        self.spans, self.points = dict[tuple[str, str], Any](), dict[tuple[str, str], Any]()

    async def more(self) -> None:
        await asyncio.to_thread(self._web.wait_for, self._read + 1)
        asked, body = self._web.requests[self._read]
        self._read += 1
        kind = self._metrics.ExportMetricsServiceRequest if asked == METRICS else self._traces.ExportTraceServiceRequest
        message = kind()
        message.ParseFromString(body.encode(errors="surrogateescape"))
        for resource in message.resource_metrics if asked == METRICS else message.resource_spans:
            assert attributes(resource.resource)["service.name"] == "connector-probe"
            for scope in resource.scope_metrics if asked == METRICS else resource.scope_spans:
                for span in scope.spans if asked == TRACES else ():
                    self.spans[attributes(span)["connector"], span.name] = span
                for metric in scope.metrics if asked == METRICS else ():
                    for point in (metric.sum if metric.HasField("sum") else metric.gauge).data_points:
                        self.points[attributes(point)["connector"], metric.name] = point


async def test_a_collector_is_sent_metrics_and_a_span_for_each_stage(
    tmp_path: Path, smtp: SmtpServer, web: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{web.port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    collector = Collector(web)
    spans, points = collector.spans, collector.points
    async with running(write(tmp_path, [row("well", smtp.port), row("closed", 1)])) as one:
        for name in ("well", "closed"):
            await one.server.service.probe(name, Trigger.REQUEST)
        async with asyncio.timeout(GENEROUS):
            while ("closed", "probe") not in spans or ("closed", "tcpcheck.error") not in points:
                await collector.more()
    of_well = [name for connector, name in spans if connector == "well"]
    assert set(of_well) == {"probe", "connect", "banner", "ehlo", "starttls", "tls", "certificate"}
    whole, inner = spans["well", "probe"], spans["well", "tls"]
    assert inner.parent_span_id == whole.span_id
    assert whole.start_time_unix_nano <= inner.start_time_unix_nano < inner.end_time_unix_nano
    assert inner.end_time_unix_nano <= whole.end_time_unix_nano
    failed = spans["closed", "connect"]
    assert failed.status.code == failed.status.STATUS_CODE_ERROR
    assert attributes(spans["closed", "probe"])["error.type"] == "4.4.316"
    assert (points["well", "tcpcheck.status"].as_int, points["closed", "tcpcheck.status"].as_int) == (1, 0)
    assert attributes(points["closed", "tcpcheck.error"])["error.code"] == "connection_refused"
    assert attributes(points["well", "tlscheck.time_left"])["tlscheck.x509.cn"]
    assert points["well", "tlscheck.time_left"].as_int > 0
    assert points["closed", "connector_probe.expected"].as_int == 0


def test_a_number_that_the_sdk_does_not_take_is_told_and_stops_no_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "0")
    assert telemetry_of({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "here") is None
    assert "no OpenTelemetry: interval value 0.0 is invalid" in caplog.text
