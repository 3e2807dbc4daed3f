"""What a domain publishes about how its mail must be secured, and what became of it: DNSSEC, DANE, MTA-STS.

Facts only, like the rest of the evidence. All text that came from a zone, a certificate or a web server is printable.
"""

from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence.tls import CertificateProblem


class DnssecStatus(StrEnum):
    """How far DNS data can be trusted (RFC 4033 5)."""

    SECURE = "secure"
    INSECURE = "insecure"  # the zone is not signed, or nothing above it vouches for it
    BOGUS = "bogus"  # a validated chain leads to it, and there it breaks
    INDETERMINATE = "indeterminate"  # what it takes to tell could not be had


class DnssecReason(StrEnum):
    """Why records are not SECURE."""

    NO_ANSWER = "no-answer"
    TOO_SLOW = "too-slow"
    RCODE = "rcode"
    UNNAMEABLE = "unnameable"
    TOO_MANY_ALIASES = "too-many-aliases"
    ZONE_UNKNOWN = "zone-unknown"  # not signed, and nobody says what zone it is
    NO_DS = "no-ds"
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    NO_ANCHOR = "no-anchor"
    ANCHOR_MISFIT = "anchor-misfit"  # the anchor, our clock, or a nameserver with a root of its own
    ROOT_UNTIMELY = "root-untimely"  # the root's own signatures are good, and out of their time by our clock
    DS_UNAVAILABLE = "ds-unavailable"
    DS_UNSIGNED = "ds-unsigned"
    KEYS_UNAVAILABLE = "keys-unavailable"
    KEYS_MISSING = "keys-missing"
    KEYS_MISFIT = "keys-misfit"  # the DS record names a key that the zone has not
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_EXPIRED = "signature-expired"
    SIGNATURE_EARLY = "signature-early"
    SIGNATURE_INVALID = "signature-invalid"
    SIGNED_BY_STRANGER = "signed-by-stranger"
    UNPROVEN = "unproven"  # that there are no records
    NOT_AUTHENTICATED = "not-authenticated"  # --trust-ad: the nameserver did not set AD
    FAILS_WHEN_CHECKED = "fails-when-checked"  # --trust-ad: SERVFAIL, and an answer with checking disabled


CHAIN_REASONS = frozenset({DnssecReason.KEYS_MISFIT, DnssecReason.KEYS_MISSING, DnssecReason.SIGNED_BY_STRANGER})
RECORD_REASONS = frozenset({DnssecReason.SIGNATURE_INVALID, DnssecReason.SIGNATURE_MISSING})
TIME_REASONS = frozenset({DnssecReason.SIGNATURE_EXPIRED, DnssecReason.SIGNATURE_EARLY})


@dataclass(frozen=True, slots=True)
class SecureLookup:
    """One question with its DNSSEC status. ``records`` in presentation form, empty where there are none.

    ``aliases`` are the CNAME targets in order; ``zone`` is where the chain ends or breaks; ``reason`` is None when
    SECURE, and ``note`` its detail (a date, a key, an rcode).
    """

    name: str
    rdtype: str
    status: DnssecStatus
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    zone: str = ""
    reason: DnssecReason | None = None
    note: str = ""


# Usages of a TLSA record (RFC 7218 2.1): the key of an issuer that the server sends along, or the server's own.
DANE_TA = 2
DANE_EE = 3


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """One TLSA record (RFC 6698 2.1); ``data`` is hex, cut to a bound.

    ``usable`` for SMTP (RFC 7672 3.1): usage 2 or 3, a known selector and matching type, data of the right length.
    ``matched`` are the depths of the chain as sent that it matches; empty where there was no chain. ``fits_as`` are the
    forms ("3 1 1") in which the same data would match, where it does not in its own.
    """

    usage: int
    selector: int
    matching_type: int
    data: str
    usable: bool
    matched: tuple[int, ...] = ()
    fits_as: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = self.data if len(self.data) <= 16 else f"{self.data[:16]}..."
        return f"{self.usage} {self.selector} {self.matching_type} {shown}"


@dataclass(frozen=True, slots=True)
class DaneEvidence:
    """One MX host. ``mx`` is the domain's; the next ones are asked only when what they rest on is secure.

    ``base`` is the name that the TLSA records belong to; ``anchor_problems`` are those of the chain with the
    certificates that usage 2 matches as its only trust anchors, None where none matches.
    """

    mx: SecureLookup
    addresses: tuple[SecureLookup, ...] = ()
    base: str = ""
    tlsa: SecureLookup | None = None
    records: tuple[TlsaRecord, ...] = ()
    anchor_problems: tuple[CertificateProblem, ...] | None = None

    @property
    def lookups(self) -> tuple[SecureLookup, ...]:
        return (self.mx, *self.addresses, *((self.tlsa,) if self.tlsa is not None else ()))


class StsProblem(StrEnum):
    """Why there is no usable MTA-STS policy although the domain announces one, or seems to."""

    RECORD_INVALID = "record-invalid"  # the TXT record breaks RFC 8461 3.1
    RECORDS_SEVERAL = "records-several"
    HOST_UNRESOLVED = "host-unresolved"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls-failed"
    CERTIFICATE_INVALID = "certificate-invalid"
    HTTP_FAILED = "http-failed"
    REDIRECTED = "redirected"
    HTTP_STATUS = "http-status"
    MEDIA_TYPE = "media-type"
    POLICY_INVALID = "policy-invalid"


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """RFC 8461 3.2. ``mode`` is "enforce", "testing" or "none"; ``max_age`` in seconds; ``mx`` the patterns."""

    mode: str
    max_age: int
    mx: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MtaStsEvidence:
    """``id`` is the TXT record's, "" without one. At most one of ``policy`` and ``problem`` is set; neither: no record.

    ``asked`` False: the TXT record could not be asked for, ``note`` says why; otherwise ``note`` explains ``problem``.
    """

    domain: str
    asked: bool = True
    id: str = ""
    url: str = ""
    policy: StsPolicy | None = None
    problem: StsProblem | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TransportPolicy:
    """What a domain publishes for one of its MX hosts; None where the connector's mode says not to look."""

    dane: DaneEvidence | None = None
    mta_sts: MtaStsEvidence | None = None
