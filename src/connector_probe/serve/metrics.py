"""The server's own metrics, for ``/metrics``: what it does, not what it probes."""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest

from connector_probe._version import __version__
from connector_probe.model.verdict import Status
from connector_probe.serve.snapshots import Trigger

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120)


class Metrics:
    """One registry, made with the server; names begin as those of an exporter called connector_probe."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._gauge("build_info", "Version of the prober and of Python.", "version", "python").labels(
            __version__, platform.python_version()
        ).set(1)
        probes = "Probes made here, by what asked for them and what was seen; error: none could be made."
        self._probes = self._counter("probes", probes, "trigger", "status")
        self._seconds = Histogram(
            "connector_probe_probe_duration_seconds", "How long probes took.", buckets=BUCKETS, registry=self.registry
        )
        self.requests = self._counter("http_requests", "Requests answered.", "handler", "code")
        self.refused = self._counter("http_refused", "Requests turned away before they were looked at.", "reason")
        good, at = "config_last_reload_successful", "config_last_reload_success_timestamp_seconds"
        self.reload_success = self._gauge(good, "Whether probes.yaml was good when it was read last.")
        self.reload_at = self._gauge(at, "When probes.yaml was last read and good.")
        self.connectors = self._gauge("connectors", "Connectors by what was seen last.", "status")
        self.running = self._gauge("running_probes", "Probes under way.")
        self.tasks = self._gauge("asyncio_tasks", "Tasks of the event loop.")
        self.listeners = self._gauge("event_listeners", "Who listens to /api/v1/events.")
        self.late = self._gauge("schedule_lag_seconds", "How far the most overdue probe is behind.")
        self.unwritten = self._counter("history_write_failures", "Times that the history could not be written.")
        last = "place_last_report_timestamp_seconds"
        self.places = self._gauge(last, "When each other place reported last.", "place")

    def probed(self, trigger: Trigger, status: Status | None, seconds: float) -> None:
        self._probes.labels(trigger.value, status.value if status is not None else "error").inc()
        self._seconds.observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"connector_probe_{name}", told, labels, registry=self.registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"connector_probe_{name}", told, labels, registry=self.registry)
