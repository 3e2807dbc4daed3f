"""Is it us? Where something on our side would explain the fault as well, hosts that answer everybody are tried."""

from __future__ import annotations

from dataclasses import replace

from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import Run
from connector_probe.stages.control import Controls, Egress, blames_the_way, shows_a_strange_certificate


class TryControlHosts:
    """Each set of control hosts is tried once a run for each way out."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._controls = Controls(run.network)

    async def look(self, attempt: Attempt) -> Attempt:
        if not (blames_the_way(attempt.evidence) or shows_a_strange_certificate(attempt.evidence)):
            return attempt
        settings = attempt.settings
        egress = Egress(
            ":" in (attempt.target.address or ""), settings.source_address, settings.helo, settings.connect_timeout
        )
        control = await self._controls.try_out(settings.control, self._run.resolvers.beside(settings), egress)
        return replace(attempt, evidence=replace(attempt.evidence, control=control))

    def close(self) -> None:
        self._controls.close()
