"""Handshakes and certificates."""

from datetime import datetime
from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence.faults import FaultKind, NetworkFault


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What was agreed. ``version`` as in "TLSv1.2"; ``cipher`` in OpenSSL's spelling; ``group`` may be empty."""

    version: str
    cipher: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """One TLS handshake. Exactly one of ``session`` and ``fault`` is set; a chain may stand beside a fault.

    ``injected`` shows plaintext that stood behind the 220 to STARTTLS and was dropped (CVE-2011-0411).
    ``client_certificate_requested``: the server asked for one (Exchange Online has one, a prober has none).
    ``client_authorities``: of whom it takes one, as RFC 4514 strings; none means of anybody.
    ``early_ticket``: a TLS 1.3 session ticket had come behind the server's Finished before ours was sent.
    ``own_groups``: Exchange Online's key-exchange groups were not reproduced, OpenSSL's own were offered.
    """

    start: float
    seconds: float
    session: TlsSession | None = None
    fault: NetworkFault | None = None
    injected: str = ""
    client_certificate_requested: bool = False
    own_groups: bool = False
    early_ticket: bool = False
    client_authorities: tuple[str, ...] = ()

    @property
    def stalled(self) -> bool:
        """Whether it was left unanswered: packets of its size may get lost on the way."""
        return self.fault is not None and self.fault.kind is FaultKind.TIMED_OUT


class CertificateProblemKind(StrEnum):
    """Everything that can be wrong with a certificate or its path; each is found by itself."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NAME_MISMATCH = "name-mismatch"
    COMMON_NAME_ONLY = "common-name-only"
    SELF_SIGNED = "self-signed"
    UNTRUSTED_ROOT = "untrusted-root"
    MISSING_INTERMEDIATE = "missing-intermediate"
    ISSUER_EXPIRED = "issuer-expired"
    ISSUER_NOT_YET_VALID = "issuer-not-yet-valid"
    BAD_SIGNATURE = "bad-signature"
    INVALID_CA = "invalid-ca"
    PATH_TOO_LONG = "path-too-long"
    NAME_CONSTRAINT = "name-constraint"
    WRONG_PURPOSE = "wrong-purpose"
    WEAK_KEY = "weak-key"
    WEAK_SIGNATURE = "weak-signature"
    UNPARSEABLE_EXTENSION = "unparseable-extension"
    UNKNOWN_CRITICAL_EXTENSION = "unknown-critical-extension"
    UNPARSEABLE_CERTIFICATE = "unparseable-certificate"
    REVOKED = "revoked"
    INVALID_PATH = "invalid-path"  # OpenSSL turned the path down for a reason not listed above; ``note`` has it

    @property
    def is_about_dates(self) -> bool:
        """Whether a clock was needed to find it."""
        return self in _ABOUT_DATES


_ABOUT_DATES = frozenset(
    {
        CertificateProblemKind.EXPIRED,
        CertificateProblemKind.NOT_YET_VALID,
        CertificateProblemKind.ISSUER_EXPIRED,
        CertificateProblemKind.ISSUER_NOT_YET_VALID,
    }
)


_DISTRUST = frozenset(
    {
        CertificateProblemKind.SELF_SIGNED,
        CertificateProblemKind.UNTRUSTED_ROOT,
        CertificateProblemKind.MISSING_INTERMEDIATE,
    }
)


@dataclass(frozen=True, slots=True)
class CertificateProblem:
    """``depth`` counts from the server's certificate (0) upwards; ``subject`` names the certificate meant;

    ``note`` is the fact in short ("2026-01-01T00:00:00Z", "RSA 1024", "sha1WithRSAEncryption").
    """

    kind: CertificateProblemKind
    depth: int = 0
    subject: str = ""
    note: str = ""


class RootBarKind(StrEnum):
    """Why a root that is in Microsoft's list ends no path for a TLS server's certificate."""

    NOT_FOR_SERVERS = "not-for-servers"
    DISALLOWED = "disallowed"  # from that day on
    ISSUED_TOO_LATE = "issued-too-late"  # for what was issued from that day on


@dataclass(frozen=True, slots=True)
class RootBar:
    kind: RootBarKind
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OtherRoots:
    """What other roots than those that were gone by say of the same chain. ``root``: where it ends by them."""

    trust: str
    trusted: bool
    root: str


@dataclass(frozen=True, slots=True)
class CertificateReport:
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    serial: str
    sha1: str
    sha256: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Certificate(CertificateReport):
    """One certificate as sent. Names are RFC 4514 strings; ``names`` are the SAN's dNSNames and iPAddresses; a dNSName

    that holds an address is written as OpenSSL does ("DNS:192.0.2.25"). ``serial``, ``sha1`` and ``sha256`` are
    upper-case hex without separators, as is ``spki_sha256``, the hash of the SubjectPublicKeyInfo (what a TLSA record
    3 1 1 holds). What cannot be parsed is empty, the fingerprints never are.
    """

    common_name: str = ""
    spki_sha256: str = ""


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """The chain as sent (the server's own certificate first) and what is wrong with it, whatever the name expected.

    ``path`` lists the subjects from the server's certificate up to the trust anchor, as far as it could be built.
    ``judged_at`` is the moment the dates were judged for, ``as_of_given`` says that it is the user's and not the
    clock's; ``trust`` says which roots were used ("system", ...). ``left_out`` certificates were sent beyond those that
    are looked at; ``all_paths`` is False where there may be more paths than were tried. ``root_bar``: why the root at
    the end of the path does not count although it is in the list, with UNTRUSTED_ROOT. ``other_roots`` is None where
    there are no others, or where they were not looked at; ``outdated_list``: the date of a list that is too old.
    """

    chain: tuple[Certificate, ...]
    problems: tuple[CertificateProblem, ...]
    path: tuple[str, ...]
    judged_at: datetime
    trust: str
    as_of_given: bool = False
    left_out: int = 0
    all_paths: bool = True
    root_bar: RootBar | None = None
    other_roots: OtherRoots | None = None
    outdated_list: datetime | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether the path ends at a trusted root, whatever else is wrong with it."""
        return not any(problem.kind in _DISTRUST for problem in self.problems)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Another handshake with the same address, TLS 1.2 at most.

    ``server_name``: whether SNI was sent. Both others are None where the connection did not get that far, which is
    never held against the server.
    """

    server_name: bool
    handshake: Handshake | None = None
    certificate: CertificateEvidence | None = None
