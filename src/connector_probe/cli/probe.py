"""The main job: probe, print, and tell by the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connector_probe.cli import EXIT_UNKNOWN
from connector_probe.cli.delivery import Delivery
from connector_probe.cli.loop import run_async
from connector_probe.cli.running import run_probe
from connector_probe.cli.settings import OutputSettings, exit_code
from connector_probe.model.connector import Connector
from connector_probe.probing.fleet import DEFAULT_JOBS

if TYPE_CHECKING:
    from connector_probe.cli.unattended import Unattended


def probe_and_print(
    connectors: Sequence[Connector],
    settings: OutputSettings,
    *,
    strict: bool | Sequence[bool],
    jobs: int = DEFAULT_JOBS,
    unattended: Unattended | None = None,
) -> int:
    """Probe, write the documents, give the exit code. Raises TrustError.

    ``unattended``: what is done around a run of probes.yaml.
    """
    delivery = Delivery(settings, connectors, heard=unattended.heard if unattended is not None else None)
    quiet = settings.verbosity < 0 or delivery.streams
    probing = run_probe(
        connectors,
        strict=strict,
        jobs=jobs,
        quiet=quiet,
        words=settings.words,
        arrived=delivery.arrived,
        deadline=unattended.deadline if unattended is not None else None,
        recovering=unattended.recovering(connectors) if unattended is not None else (),
        amend=unattended.amend if unattended is not None else None,
    )
    run = run_async(probing)
    delivery.finish(run.report)
    if unattended is not None:
        unattended.finish(
            run.report,
            interrupted=run.interrupted,
            delivered=not delivery.lost,
            failed=delivery.lost or exit_code(run.report) != 0,
        )
    return settings.exit_code(run.report, interrupted=run.interrupted) or (EXIT_UNKNOWN if delivery.lost else 0)
