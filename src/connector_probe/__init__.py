"""Probes mail connectors as Exchange Online would, and says which error code, cause and remedy to expect.

from connector_probe import Connector, probe

report = await probe(Connector(smart_hosts=["mail.contoso.com"]))
"""

from connector_probe._version import __version__
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
