"""What all attempts of a run, those of its other connectors too, prove about the machine that made them.

A server that takes a connection to port 25 shows that the port is open, and a greeting that tells our time bears our
clock out, whoever's it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from connector_probe.diagnosis.local_clock import Statement, statements
from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, Control
from connector_probe.model.names import is_address
from connector_probe.model.reach import is_outside


@dataclass(frozen=True, slots=True)
class RunContext:
    """``opened``: IP versions over which somebody outside took a connection to port 25 from here, and until when.

    ``unreached``: a control host that was not reached over any family, None where one was or none was tried. ``told``:
    what servers said that the time is.
    """

    opened: Mapping[int, datetime] = field(default_factory=dict)
    unreached: Control | None = None
    told: tuple[Statement, ...] = ()

    @classmethod
    def of(cls, runs: Iterable[ConnectorEvidence]) -> RunContext:
        attempts = [(attempt, run) for run in runs for attempt in run.attempts]
        opened: dict[int, datetime] = {}
        for one, run in attempts:
            if leaves_by_port_25(one) and one.connected:
                until = run.started_at + timedelta(seconds=run.seconds)
                opened[family_of(one)] = max(until, opened.get(family_of(one), until))
        told = tuple(dict.fromkeys(told for one, run in attempts for told in statements(one, _our_time(one, run))))
        controls = [one.control for one, _ in attempts if one.control is not None and one.control.address]
        cut_off = all(control.fault is not None for control in controls)
        return cls(opened, controls[0] if controls and cut_off and not opened else None, told)

    def around(self, own: RunContext, since: datetime) -> RunContext:
        """This, the whole run's, for the connector whose attempts prove ``own`` and began at ``since``.

        What others had done by then shows nothing: the way out may have fallen away in the middle of the run.
        A stranger's clock may be wrong itself, so that one alone acquits nobody: of other connectors' servers two that
        agree are believed, or one that bears our clock out.
        """
        believed = (one for one in self.told if one.bears_out or any(one.agrees_with(other) for other in self.told))
        opened = {family: until for family, until in self.opened.items() if until >= since}
        return replace(self, opened=opened, told=tuple(dict.fromkeys((*own.told, *believed))))


NOTHING_KNOWN = RunContext()


@dataclass(frozen=True, slots=True)
class AttemptContext:
    """What is known around one attempt.

    ``accepted``: another connection of the run to this address was accepted; ``served``: one would take mail;
    ``other_family_served``: one to the same name over the other IP version would. ``partner``: the server is another
    organization's. ``refusal_wanted``: just this refusal was expected (--expect).
    """

    accepted: bool = False
    served: bool = False
    other_family_served: bool = False
    partner: bool = False
    refusal_wanted: bool = False
    run: RunContext = field(default=NOTHING_KNOWN)


def _our_time(attempt: AttemptEvidence, run: ConnectorEvidence) -> datetime:
    """What our clock showed during the attempt."""
    certificate = attempt.certificate
    return run.started_at if certificate is None or certificate.as_of_given else certificate.judged_at


def family_of(attempt: AttemptEvidence) -> int:
    """4 or 6."""
    return 6 if ":" in (attempt.address or "") else 4


def leaves_by_port_25(attempt: AttemptEvidence) -> bool:
    """Whether the attempt goes the way that networks block: outside, to port 25."""
    address = attempt.address or ""
    return attempt.port == SMTP_PORT and is_address(address) and is_outside(address)
