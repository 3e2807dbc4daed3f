"""A renewal rehearsed: the types of ``probe certificate``, whose fields are the keys of its JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from connector_probe.model.connector import TlsSettings
from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import CertificateReport, Diagnosis, Finding, Status

if TYPE_CHECKING:
    from connector_probe.model.evidence import CertificateProblemKind

REHEARSAL_SCHEMA = "connector-probe/certificate/1"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One thing that is asked of the certificate. ``result``: "passed", "failed" or "unknown"."""

    id: str
    result: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnReport:
    """From ``at`` on the verdict is ``code``, None where mail flows; ``problems``: those that TlsSettings looks at."""

    at: datetime
    code: str | None
    problems: tuple[CertificateProblemKind, ...]
    text: str


@dataclass(frozen=True, slots=True)
class RenewalReport:
    """Renewed ``on`` that day, the certificate that follows may live ``days`` at most, until ``until``."""

    on: datetime
    days: int
    until: datetime


@dataclass(frozen=True, slots=True)
class TlsaReport:
    """The record for this certificate's key, and with --against those of what the server shows now.

    ``owner`` is the name to publish them at, None where the MX host is not known.
    """

    owner: str | None
    new: str
    old: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeReport:
    """What Exchange Server takes: the value of TlsCertificateName, and the commands that assign the certificate."""

    tls_certificate_name: str | None
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgainstReport:
    """What the server shows now. ``status`` is that of its probe; ``same``: it shows this very certificate.

    ``certificates``: the server's own, each once; none where it was not seen, and ``changes`` says why.
    """

    host: str
    status: Status
    same: bool
    certificates: tuple[CertificateReport, ...]
    changes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """``status`` and ``diagnosis`` are those of a probe that meets this certificate at ``judged_at``; it is failing

    without a diagnosis where the private key in the file belongs to another certificate. ``by_tls_mode``: for each
    TlsSettings a code, None where mail flows, "unknown" where it is not known which name is expected. ``outlook``:
    each moment at which the verdict changes, ``judged_at`` first. ``in_microsoft_program``: None where that list could
    not be read. ``renewals``: the next one, and the first under each lifetime limit to come; empty for a private CA.
    """

    schema: str
    version: str
    file: str
    judged_at: datetime
    tls: TlsSettings
    tls_domain: str | None
    trust: str
    status: Status
    expected: bool
    diagnosis: Diagnosis | None
    by_tls_mode: dict[TlsSettings, str | None]
    checks: tuple[CheckReport, ...]
    in_microsoft_program: bool | None
    outlook: tuple[TurnReport, ...]
    warnings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    certificates: tuple[CertificateReport, ...]
    certificate_problems: tuple[CertificateProblemKind, ...]
    lifetime_days: float | None
    renew_by: datetime | None
    renewals: tuple[RenewalReport, ...]
    tlsa: TlsaReport | None
    exchange: ExchangeReport
    against: AgainstReport | None
