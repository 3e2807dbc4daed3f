"""Judges a server's certificate chain: every problem at once, each by itself, whatever the name expected.

Whether the name fits is ``identity.match``. Pure: the moment and the trusted roots are handed in, and nothing that a
server sends makes it raise or work long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import CertificateEvidence, CertificateProblem, CertificateProblemKind, RootBar
from connector_probe.model.printable import printable
from connector_probe.protocol.openssl import load
from connector_probe.protocol.path import Path, Search, is_early, is_late, is_self_signed
from connector_probe.protocol.roots import TrustRoots
from connector_probe.protocol.x509_extensions import PURPOSES
from connector_probe.protocol.x509_facts import MAX_CERTIFICATE, ParsedCertificate, parse_certificate

__all__ = ["MAX_CERTIFICATE", "MAX_CHAIN", "TrustRoots", "judge", "judged", "path_of"]

MAX_CHAIN: Final = 100  # certificates looked at, as OpenSSL's own default has it; real servers send two to five

_Kind = CertificateProblemKind
_ORDER: Final = {kind: number for number, kind in enumerate(_Kind)}


def judge(chain: Sequence[bytes], roots: TrustRoots, at: datetime) -> CertificateEvidence:
    """Everything wrong with a chain at one moment, by the best path that it allows.

    ``chain`` is DER as the server sent it, its own certificate first, the others in any order, with duplicates and
    strangers among them; ``at`` is taken as UTC when it has no zone. NAME_MISMATCH, COMMON_NAME_ONLY and REVOKED are
    never among the problems. Problems are ordered by depth, then as in the enum. Never raises.
    """
    return judged(chain, roots, at)[0]


def judged(chain: Sequence[bytes], roots: TrustRoots, at: datetime) -> tuple[CertificateEvidence, Path]:
    """As ``judge``, and the path that it goes by."""
    sent = [parse_certificate(data) for data in chain[:MAX_CHAIN]]
    path, found, complete = _best(sent, roots, moment := _utc(at))
    if sent and _is_usable(sent[0]) and not path.trusted:
        _find_distrust(path, sent, roots, found)
    evidence = CertificateEvidence(
        chain=tuple(facts.certificate for facts in sent),
        problems=found.in_order(),
        path=tuple(facts.label for facts in path.certificates),
        judged_at=at,
        trust=roots.label,
        left_out=len(chain) - len(sent),
        all_paths=complete,
        root_bar=_root_bar(path, roots, moment),
    )
    return evidence, path


def path_of(chain: Sequence[bytes], roots: TrustRoots, at: datetime) -> Path:
    """The path that ``judge`` goes by. Never raises."""
    return _best([parse_certificate(data) for data in chain[:MAX_CHAIN]], roots, _utc(at))[0]


def _utc(at: datetime) -> datetime:
    """Certificates count in whole seconds of UTC (RFC 5280 4.1.2.5)."""
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return aware.replace(microsecond=0)


def _best(sent: Sequence[ParsedCertificate], roots: TrustRoots, at: datetime) -> tuple[Path, _Found, bool]:
    """The path with the least against it, what that is, and whether every path was looked at."""
    alone = Path(tuple(sent[:1]), trusted=False)
    least = _faults(alone, sent, roots, at)
    if not sent or not _is_usable(sent[0]):
        return alone, least, True
    distinct = {facts.data: facts for facts in sent[1:] if _is_usable(facts) and facts.data != sent[0].data}
    search = Search(tuple(distinct.values()), roots, at)
    best: tuple[Path, _Found] | None = None
    for path in search.paths(sent[0]):
        one = path, _faults(path, sent, roots, at)
        if best is None or _rank(*one) > _rank(*best):
            best = one
        if path.trusted and len(one[1]) <= len(least):  # nothing but what the server's own certificate has on any path
            return *one, True
    assert best is not None
    return *best, not search.cut_off


def _faults(path: Path, sent: Sequence[ParsedCertificate], roots: TrustRoots, at: datetime) -> _Found:
    """What is wrong with a path, beside its end."""
    found = _Found()
    if not sent:
        found.add(_Kind.UNPARSEABLE_CERTIFICATE, 0, "", "no certificate was sent")
    _find_unparseable(sent, found)
    for depth in range(len(path.certificates)):
        _find_faults(_Place(path, depth, at), found)
    _find_path_fault(path, found)
    bar = _root_bar(path, roots, at)
    if bar is not None:
        label = path.certificates[-1].label
        found.add(_Kind.UNTRUSTED_ROOT, len(path.certificates) - 1, label, f"{label}: {bar.kind}")
    return found


def _root_bar(path: Path, roots: TrustRoots, at: datetime) -> RootBar | None:
    """Why the trusted root at the end of the path does not count."""
    if not path.trusted:
        return None
    return roots.bar(path.certificates[-1], path.certificates[0].certificate.not_before, at)


def _rank(path: Path, found: _Found) -> tuple[int, bool, int, bool, int]:
    # The shortest way to a root; without a root, the one that explains most of what was sent.
    length = -len(path.certificates) if path.trusted else len(path.certificates)
    return -len(path.forged), path.trusted, -len(found), is_self_signed(path.certificates[-1]), length


def _is_usable(facts: ParsedCertificate) -> bool:
    """Whether a path can be built with it at all."""
    return facts.issuer_key is not None and facts.subject_key is not None and load(facts.data) is not None


class _Found:
    """Problems, one of a kind for each depth; the first keeps its place."""

    def __init__(self) -> None:
        self._problems: dict[tuple[int, _Kind], CertificateProblem] = {}

    def add(self, kind: _Kind, depth: int, subject: str, note: str = "") -> None:
        self._problems.setdefault((depth, kind), CertificateProblem(kind, depth, subject, note))

    def __len__(self) -> int:
        return len(self._problems)

    def depths(self, *kinds: _Kind) -> set[int]:
        """Where there is a problem of one of these kinds."""
        return {depth for depth, kind in self._problems if kind in kinds}

    def in_order(self) -> tuple[CertificateProblem, ...]:
        return tuple(sorted(self._problems.values(), key=lambda problem: (problem.depth, _ORDER[problem.kind])))


# --- one certificate -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """A certificate at its depth of the path, at the moment judged for."""

    path: Path
    depth: int
    at: datetime

    @property
    def facts(self) -> ParsedCertificate:
        return self.path.certificates[self.depth]

    @property
    def is_anchor(self) -> bool:
        """Whether it ends the path by being what it is, so that its own signature and purpose do not count.

        That is a trusted root, and also the self-signed root of a private authority that is not trusted (yet).
        """
        is_top = self.depth == len(self.path.certificates) - 1
        return is_top and (self.path.trusted or (self.depth > 0 and is_self_signed(self.facts)))


def _find_unparseable(sent: Sequence[ParsedCertificate], found: _Found) -> None:
    """Whatever was sent and cannot be read, in the path or not: most TLS clients break off at it."""
    for index, facts in enumerate(sent):
        if load(facts.data) is None or facts.subject_key is None:
            found.add(_Kind.UNPARSEABLE_CERTIFICATE, index, facts.label, ", ".join(facts.broken) or "DER")


def _find_faults(place: _Place, found: _Found) -> None:
    checks = [*_ANYWHERE, *(_AT_AN_ISSUER if place.depth else _AT_THE_LEAF)]
    if not place.is_anchor:
        checks += [*_WHERE_SIGNED, *(_AT_AN_INTERMEDIATE if place.depth else ())]
    for kind, check in checks:
        note = check(place)
        if note is not None:
            found.add(kind, place.depth, place.facts.label, note)


def _late(place: _Place) -> str | None:
    return _timestamp(place.facts.certificate.not_after) if is_late(place.facts, place.at) else None


def _early(place: _Place) -> str | None:
    return _timestamp(place.facts.certificate.not_before) if is_early(place.facts, place.at) else None


def _timestamp(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _forged(place: _Place) -> str | None:
    if place.depth not in place.path.forged or _is_uncheckable(place.facts):
        return None
    return f"not signed by the key of {place.path.certificates[place.depth + 1].label}"


def _uncheckable(place: _Place) -> str | None:
    """A signature algorithm that nobody here knows is no bad signature, and no good one."""
    signature = place.facts.certificate.signature
    return f"unknown signature algorithm {signature}" if signature[:1].isdecimal() else None


def _is_uncheckable(facts: ParsedCertificate) -> bool:
    """Whether OpenSSL cannot compute the signature: the algorithm is unknown to it, or so old that it is gone."""
    return facts.certificate.signature[:1].isdecimal() or facts.certificate.signature.startswith(("md2", "md4"))


def _no_authority(place: _Place) -> str | None:
    facts = place.facts
    if facts.is_authority or facts.extensions.unreadable:
        return None
    usage = facts.extensions.usage
    return "keyUsage without keyCertSign" if usage is not None and "keyCertSign" not in usage else "not a CA"


def _too_long(place: _Place) -> str | None:
    """RFC 5280 4.2.1.9: how many intermediates that are not self-issued may stand below."""
    allowed = place.facts.extensions.path_length
    below = sum(not certificate.self_issued for certificate in place.path.certificates[1 : place.depth])
    return None if allowed is None or below <= allowed else f"allows {allowed} below, there are {below}"


def _wrong_leaf_purpose(place: _Place) -> str | None:
    """RFC 5280 4.2.1.12, and the key usages that TLS has a use for (RFC 5246 7.4.2, RFC 8446 4.4.2.2)."""
    usage = place.facts.extensions.usage
    reasons = [] if (purposes := _wrong_purpose(place)) is None else [purposes]
    if usage is not None and not usage & {"digitalSignature", "keyEncipherment", "keyAgreement"}:
        reasons.append(f"keyUsage {', '.join(sorted(usage)) or 'without any bit'}")
    return "; ".join(reasons) or None


def _wrong_purpose(place: _Place) -> str | None:
    if place.facts.extensions.allows_servers:
        return None
    shown = ", ".join(PURPOSES.get(purpose, purpose) for purpose in place.facts.extensions.purposes or ())
    return printable(f"extendedKeyUsage {shown or 'without any purpose'}", _MAX_NOTE)


def _unless_empty(read: Callable[[ParsedCertificate], str | Sequence[str]]) -> Callable[[_Place], str | None]:
    """A check whose fact already is the problem: text, or a list of what is wrong."""

    def check(place: _Place) -> str | None:
        fact = read(place.facts)
        return printable(fact if isinstance(fact, str) else ", ".join(fact), _MAX_NOTE) if fact else None

    return check


_MAX_NOTE: Final = 300  # characters; a certificate can list thousands of purposes
_Check = Callable[[_Place], str | None]

# What is looked for -> how: None when all is well, else the note.
_ANYWHERE: Final[tuple[tuple[_Kind, _Check], ...]] = (
    (_Kind.BAD_SIGNATURE, _forged),
    (_Kind.WEAK_KEY, _unless_empty(lambda facts: facts.weak_key)),
    (_Kind.UNPARSEABLE_EXTENSION, _unless_empty(lambda facts: facts.extensions.unreadable)),
    (_Kind.UNKNOWN_CRITICAL_EXTENSION, _unless_empty(lambda facts: facts.extensions.unknown_critical)),
    (_Kind.UNPARSEABLE_CERTIFICATE, _unless_empty(lambda facts: facts.broken)),
)
_AT_THE_LEAF: Final = (
    (_Kind.EXPIRED, _late),
    (_Kind.NOT_YET_VALID, _early),
    (_Kind.WRONG_PURPOSE, _wrong_leaf_purpose),
)
_AT_AN_ISSUER: Final = (
    (_Kind.ISSUER_EXPIRED, _late),
    (_Kind.ISSUER_NOT_YET_VALID, _early),
    (_Kind.INVALID_CA, _no_authority),
    (_Kind.PATH_TOO_LONG, _too_long),
)
_AT_AN_INTERMEDIATE: Final = ((_Kind.WRONG_PURPOSE, _wrong_purpose),)
_WHERE_SIGNED: Final = (
    (_Kind.WEAK_SIGNATURE, _unless_empty(lambda facts: facts.weak_signature)),
    (_Kind.INVALID_PATH, _uncheckable),
)

# --- the path --------------------------------------------------------------------------------------------------

# X509_V_ERR_* of OpenSSL's x509_vfy.h; everything else is INVALID_PATH.
_OPENSSL: Final[dict[int, _Kind]] = {
    4: _Kind.BAD_SIGNATURE,  # UNABLE_TO_DECRYPT_CERT_SIGNATURE
    7: _Kind.BAD_SIGNATURE,  # CERT_SIGNATURE_FAILURE
    22: _Kind.PATH_TOO_LONG,  # CERT_CHAIN_TOO_LONG
    24: _Kind.INVALID_CA,  # INVALID_CA, "invalid CA certificate" up to OpenSSL 1.1
    25: _Kind.PATH_TOO_LONG,  # PATH_LENGTH_EXCEEDED
    26: _Kind.WRONG_PURPOSE,  # INVALID_PURPOSE
    32: _Kind.INVALID_CA,  # KEYUSAGE_NO_CERTSIGN
    41: _Kind.UNPARSEABLE_EXTENSION,  # INVALID_EXTENSION
    47: _Kind.NAME_CONSTRAINT,  # PERMITTED_VIOLATION
    48: _Kind.NAME_CONSTRAINT,  # EXCLUDED_VIOLATION
    49: _Kind.NAME_CONSTRAINT,  # SUBTREE_MINMAX
    51: _Kind.NAME_CONSTRAINT,  # UNSUPPORTED_CONSTRAINT_TYPE
    52: _Kind.NAME_CONSTRAINT,  # UNSUPPORTED_CONSTRAINT_SYNTAX
    53: _Kind.NAME_CONSTRAINT,  # UNSUPPORTED_NAME_SYNTAX
    79: _Kind.INVALID_CA,  # INVALID_CA since OpenSSL 3.0
}
# No issuer, or a self-signed end: of a path that is not trusted, that is said in words of our own.
_DISTRUST: Final = frozenset({2, 18, 19, 20, 21})


def _find_path_fault(path: Path, found: _Found) -> None:
    error = path.error
    if error is None:
        return
    kind = _OPENSSL.get(error.code, _Kind.INVALID_PATH)
    depth = min(max(error.depth, 0), len(path.certificates) - 1)
    facts = path.certificates[depth]
    if (path.trusted or error.code not in _DISTRUST) and not _is_explained(kind, depth, facts, found):
        found.add(kind, depth, facts.label, printable(error.words, _MAX_NOTE))


def _is_explained(kind: _Kind, depth: int, facts: ParsedCertificate, found: _Found) -> bool:
    """Whether OpenSSL's complaint only follows from what is already known."""
    unreadable = found.depths(_Kind.UNPARSEABLE_EXTENSION, _Kind.UNPARSEABLE_CERTIFICATE)
    # Of an issuer that it cannot read, OpenSSL says at the certificate below that it has no issuer.
    followed = depth in unreadable or (kind is _Kind.INVALID_PATH and bool(unreadable))
    return followed or (kind is _Kind.BAD_SIGNATURE and _is_uncheckable(facts))


def _find_distrust(path: Path, sent: Sequence[ParsedCertificate], roots: TrustRoots, found: _Found) -> None:
    """Why the path ends at no trusted root."""
    top, depth = path.certificates[-1], len(path.certificates) - 1
    issuer = top.certificate.issuer
    if is_self_signed(top):
        found.add(_Kind.UNTRUSTED_ROOT if depth else _Kind.SELF_SIGNED, depth, top.label, issuer if depth else "")
        return
    unused = any(certificate.is_authority and certificate not in path.certificates for certificate in sent[1:])
    if depth and not unused:
        found.add(_Kind.UNTRUSTED_ROOT, depth, top.label, issuer)
        return
    # Nothing sent leads on from here. Who else tells whether a public intermediate or a private authority is missing?
    url = next(iter(top.extensions.issuer_urls), "")
    found.add(_Kind.MISSING_INTERMEDIATE, depth, top.label, f"{issuer} ({url})" if url else issuer)
    if not url and not roots.knows_organization(top.issuer_organization):
        found.add(_Kind.UNTRUSTED_ROOT, depth, top.label, issuer)
