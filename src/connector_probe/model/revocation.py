"""What was seen of a certificate's revocation, and of issuers that a server did not send.

Revocation: RFC 5280 5 (CRL), RFC 6960 (OCSP), RFC 6066 8 (stapled OCSP). Exchange Online checks it under
CertificateValidation and DomainValidation; what it does when nobody answers is not documented.
"""

from datetime import datetime
from enum import StrEnum

from connector_probe.model.dataclass import dataclass


class RevocationSource(StrEnum):
    """Who was asked."""

    STAPLE = "staple"  # an OCSP response that the server sent along in the handshake
    OCSP = "ocsp"
    CRL = "crl"


class RevocationStatus(StrEnum):
    """What one source said, or why it said nothing. GOOD and REVOKED alone decide."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # the responder does not know the certificate
    REFUSED = "refused"  # the responder answered with an error such as tryLater
    UNREACHABLE = "unreachable"
    STALE = "stale"  # outside thisUpdate and nextUpdate; ``early`` where thisUpdate lies ahead
    NOT_TRUSTED = "not-trusted"  # not signed by the issuer, nor by whom it authorized
    MALFORMED = "malformed"
    NOT_SUPPORTED = "not-supported"  # by this program: indirect and delta CRLs, and other transports than HTTP


@dataclass(frozen=True, slots=True)
class RevocationCheck:
    """One source for one certificate. ``url`` is "" for a staple; ``note`` says more ("connection refused").

    ``revoked_at`` and ``reason`` (RFC 5280 5.3.1, "" when none was given) are set where the source lists the
    certificate as revoked, also where the source cannot be relied on (STALE).
    """

    source: RevocationSource
    url: str
    status: RevocationStatus
    note: str = ""
    revoked_at: datetime | None = None
    reason: str = ""
    this_update: datetime | None = None
    next_update: datetime | None = None
    early: bool = False

    @property
    def decides(self) -> bool:
        return self.status in (RevocationStatus.GOOD, RevocationStatus.REVOKED)


@dataclass(frozen=True, slots=True)
class CertificateRevocation:
    """One certificate of the path, ``depth`` counted from the server's own, and its sources in the order asked."""

    depth: int
    subject: str
    issuer: str
    checks: tuple[RevocationCheck, ...]

    @property
    def revoked(self) -> RevocationCheck | None:
        """The check that found it revoked."""
        return next((check for check in self.checks if check.status is RevocationStatus.REVOKED), None)

    @property
    def decided(self) -> bool:
        return any(check.decides for check in self.checks)


@dataclass(frozen=True, slots=True)
class RevocationEvidence:
    """The certificates that name a source; none where the whole path names none.

    ``must_staple``: the server's certificate demands a stapled response (RFC 7633); ``stapled``: there was one.
    """

    certificates: tuple[CertificateRevocation, ...] = ()
    must_staple: bool = False
    stapled: bool = False


@dataclass(frozen=True, slots=True)
class FetchedIssuer:
    """What caIssuers (RFC 5280 4.2.2.1) of ``below`` led to.

    ``error`` is "" where a certificate came that issued ``below``; the other fields describe that certificate.
    """

    below: str
    url: str
    error: str = ""
    subject: str = ""
    issuer: str = ""
    sha1: str = ""
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissingIssuers:
    """The issuers above the chain that was sent, from the bottom up, never used to judge it.

    ``completes``: with them the chain ends at a trusted root. ``top``: that root, or the issuer named last.
    """

    found: tuple[FetchedIssuer, ...]
    completes: bool = False
    top: str = ""
