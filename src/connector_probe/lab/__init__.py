"""Smart hosts on loopback, one small misbehaviour each, with their own nameserver and certificate authority.

    async with Lab.start(["healthy", "refused"]) as lab:
        report = await probe(lab.connector("refused"))

For trying out the tool, for testing an alert chain, and for the test-suite. Nothing but loopback is ever dialled.
"""

from connector_probe.lab.lab import WALK_JOBS, Lab, LabError, obstacle
from connector_probe.lab.scenario import Scenario
from connector_probe.lab.scenarios import SCENARIOS

__all__ = ["SCENARIOS", "WALK_JOBS", "Lab", "LabError", "Scenario", "obstacle"]
