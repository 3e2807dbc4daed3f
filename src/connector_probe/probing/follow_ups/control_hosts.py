"""Is it us? Where something on our side would explain the fault as well, hosts that answer everybody are tried.

Their greetings tell the time, too, where a certificate is out of its time and no web server has told it.
"""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.connector import SMTP_PORT
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.run import FollowUp, Run
from connector_probe.stages.control import (
    Controls,
    Egress,
    blames_the_way,
    goes_out,
    shows_a_strange_certificate,
    stalls_in_tls,
)
from connector_probe.stages.local_clock import needs_the_time


class TryControlHosts(FollowUp):
    """Those who fail at about the same time share what the control hosts showed."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._controls = Controls(run.network)
        self._reached: dict[bool, str] = {}  # who took the last connection, by whether that was IPv6

    async def look(self, attempt: Attempt) -> Attempt:
        evidence, here = attempt.evidence, attempt.target.address or ""
        if evidence.connected and goes_out(evidence):
            self._reached[":" in here] = here
        if not (
            blames_the_way(evidence)
            or shows_a_strange_certificate(evidence)
            or (needs_the_time(evidence, self._run.dates) and goes_out(evidence))
        ):
            return attempt
        settings = attempt.settings
        egress = Egress(
            ":" in here, settings.source_address, settings.helo, settings.connect_timeout, tls=stalls_in_tls(evidence)
        )
        waited, resolver = attempt.transcript.clock.elapsed(), self._run.resolvers.beside(settings)
        control = await self._controls.try_out(settings.control, resolver, egress, waited)
        known = self._reached.get(egress.six)
        again = here if evidence.silence is not None else known if known != here else None
        if control is not None and control.unreached and again is not None:
            fault = await self._controls.fault_again(again, SMTP_PORT, egress, waited)
            control = replace(control, again=fault, again_host=again)
        return replace(attempt, evidence=replace(evidence, control=control))

    def close(self) -> None:
        self._controls.close()
