"""Probes mail connectors as Exchange Online would, and says which error code, cause and remedy to expect.

from connector_probe import Connector, probe

report = await probe(Connector(smart_hosts=["mail.contoso.com"]))
"""

from importlib import import_module
from typing import TYPE_CHECKING

from connector_probe._version import __version__

if TYPE_CHECKING:
    from connector_probe.api import probe, probe_all
    from connector_probe.model.connector import Connector, ConnectorError, ConnectorType, TlsSettings
    from connector_probe.model.verdict import (
        Attempt,
        Cause,
        Confidence,
        Diagnosis,
        FailureClass,
        Finding,
        MailFlowCode,
        Remedy,
        Report,
        Result,
        Status,
    )
    from connector_probe.trust import TrustError

__all__ = [
    "Attempt",
    "Cause",
    "Confidence",
    "Connector",
    "ConnectorError",
    "ConnectorType",
    "Diagnosis",
    "FailureClass",
    "Finding",
    "MailFlowCode",
    "Remedy",
    "Report",
    "Result",
    "Status",
    "TlsSettings",
    "TrustError",
    "__version__",
    "probe",
    "probe_all",
]

_HOMES = {
    "api": ("probe", "probe_all"),
    "model.connector": ("Connector", "ConnectorError", "ConnectorType", "TlsSettings"),
    "trust": ("TrustError",),
}


def __getattr__(name: str) -> object:
    """The names above, from their homes when first asked for (PEP 562): most commands probe nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "model.verdict")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
