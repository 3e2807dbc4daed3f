"""An attempt at one address: where it goes to, what of a connector shapes it, and what has come of it so far."""

from __future__ import annotations

from datetime import datetime

from connector_probe.model.connector import Connector
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, Resolution
from connector_probe.stages.conversation import Transcript
from connector_probe.stages.secure import PresentedChain
from connector_probe.trust import Trust


@dataclass(frozen=True, slots=True)
class Target:
    """One server at one address; ``address`` is None where the server has none."""

    server: str
    address: str | None
    port: int
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """All that an attempt may know of its connector: connectors that agree in it share one attempt at an address.

    What only chooses addresses, judges evidence or repeats attempts is not here. Times are in seconds.
    ``trust``: the roots that certificates are judged by. ``thorough``: make the extra handshakes of --thorough.
    """

    trust: Trust
    helo: str | None
    source_address: str | None
    nameservers: tuple[str, ...]
    control: tuple[str, ...]
    connect_timeout: float
    timeout: float
    deadline: float
    rcpt: str | None
    as_of: datetime | None
    revocation: bool
    thorough: bool

    @classmethod
    def of(cls, connector: Connector, trust: Trust, *, last: bool) -> SessionSettings:
        """``last``: the last of the connections that the connector makes to an address, which takes the extra looks."""
        return cls(
            trust,
            connector.helo,
            connector.source_address,
            tuple(connector.nameservers),
            tuple(connector.control),
            connector.connect_timeout,
            connector.timeout,
            connector.deadline,
            connector.rcpt,
            connector.as_of,
            connector.revocation,
            connector.thorough and last,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """``evidence`` so far, and what the looks need beside it.

    ``shown``: chain and OCSP response of the handshake, in DER. ``transcript`` is that of the conversation, and goes on
    where a look is one; its clock runs since the attempt began.
    """

    target: Target
    settings: SessionSettings
    transcript: Transcript
    evidence: AttemptEvidence
    shown: PresentedChain
