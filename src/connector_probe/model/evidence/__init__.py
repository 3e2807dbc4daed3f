"""What was seen: facts of one probe, stage by stage, without any conclusion.

Every text in here that came from a server or a zone has passed through ``printable``. A ``NetworkFault`` stands
where a stage broke. Everything can be written as JSON and read back, and is enough to diagnose again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector_probe.model.evidence.attempt import (
        AttemptEvidence,
        Connection,
        ConnectorEvidence,
        Control,
        ProxiedGreeting,
        StageEnded,
        TranscriptLine,
        Vantage,
    )
    from connector_probe.model.evidence.clock import ClockEvidence, RootDates, ServerDate
    from connector_probe.model.evidence.dns import Countercheck, Lookup, LookupStatus, MxBeside, MxRecord, Resolution
    from connector_probe.model.evidence.faults import LOCAL_FAULTS, FaultKind, NetworkFault, Stage
    from connector_probe.model.evidence.smtp import Exchange, Garble, Reply, ReplyFlaw
    from connector_probe.model.evidence.tls import (
        Certificate,
        CertificateEvidence,
        CertificateProblem,
        CertificateProblemKind,
        Handshake,
        OtherRoots,
        RootBar,
        RootBarKind,
        SecondLook,
        TlsSession,
    )

__all__ = [
    "LOCAL_FAULTS",
    "AttemptEvidence",
    "Certificate",
    "CertificateEvidence",
    "CertificateProblem",
    "CertificateProblemKind",
    "ClockEvidence",
    "Connection",
    "ConnectorEvidence",
    "Control",
    "Countercheck",
    "Exchange",
    "FaultKind",
    "Garble",
    "Handshake",
    "Lookup",
    "LookupStatus",
    "MxBeside",
    "MxRecord",
    "NetworkFault",
    "OtherRoots",
    "ProxiedGreeting",
    "Reply",
    "ReplyFlaw",
    "Resolution",
    "RootBar",
    "RootBarKind",
    "RootDates",
    "SecondLook",
    "ServerDate",
    "Stage",
    "StageEnded",
    "TlsSession",
    "TranscriptLine",
    "Vantage",
]


def __getattr__(name: str) -> object:
    """The names above, from their homes when first asked for (PEP 562): what explains a bounce needs two of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (import_module(f"{__name__}.{home}") for home in ("faults", "tls", "dns", "smtp", "clock", "attempt"))
    value: object = next(getattr(home, name) for home in homes if hasattr(home, name))
    globals()[name] = value
    return value
