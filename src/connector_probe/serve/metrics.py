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
        info = Gauge(
            "connector_probe_build_info",
            "Version of the prober and of Python.",
            ["version", "python"],
            registry=self.registry,
        )
        info.labels(__version__, platform.python_version()).set(1)
        self._probes = Counter(
            "connector_probe_probes",
            "Probes made here, by what asked for them and what was seen; error: none could be made.",
            ["trigger", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "connector_probe_probe_duration_seconds",
            "How long probes took.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.requests = Counter(
            "connector_probe_http_requests", "Requests answered.", ["handler", "code"], registry=self.registry
        )
        self.refused = Counter(
            "connector_probe_http_refused",
            "Requests turned away before they were looked at.",
            ["reason"],
            registry=self.registry,
        )
        self.reload_success = Gauge(
            "connector_probe_config_last_reload_successful",
            "Whether probes.yaml was good when it was read last.",
            registry=self.registry,
        )
        self.reload_at = Gauge(
            "connector_probe_config_last_reload_success_timestamp_seconds",
            "When probes.yaml was last read and good.",
            registry=self.registry,
        )
        self.connectors = Gauge(
            "connector_probe_connectors", "Connectors by what was seen last.", ["status"], registry=self.registry
        )
        self.running = Gauge("connector_probe_running_probes", "Probes under way.", registry=self.registry)
        self.listeners = Gauge(
            "connector_probe_event_listeners", "Who listens to /api/v1/events.", registry=self.registry
        )
        self.late = Gauge(
            "connector_probe_schedule_lag_seconds", "How far the most overdue probe is behind.", registry=self.registry
        )
        self.unwritten = Counter(
            "connector_probe_history_write_failures",
            "Times that the history could not be written.",
            registry=self.registry,
        )
        self.places = Gauge(
            "connector_probe_place_last_report_timestamp_seconds",
            "When each other place reported last.",
            ["place"],
            registry=self.registry,
        )

    def probed(self, trigger: Trigger, status: Status | None, seconds: float) -> None:
        self._probes.labels(trigger.value, status.value if status is not None else "error").inc()
        self._seconds.observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
