"""From a server's certificate up to a trusted root, with nothing but what the server sent and the roots.

Exchange Online downloads no missing intermediate, so neither does this. OpenSSL has the last word on whether a path
holds; the search of our own is for what OpenSSL does not tell: the best path where none is good.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from OpenSSL import crypto

from connector_probe.protocol.x509_facts import Facts, NameKey, fold, read_facts, read_subject

MAX_PATH: Final = 16  # certificates of one path: ten sent, and a few trusted cross-certificates above them
_MAX_STEPS: Final = 200  # places visited in one search; ten certificates in a circle have millions of paths
_REMEMBERED: Final = 256  # certificates kept loaded, and signatures kept checked

_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h; pyOpenSSL has no name for it
_PARTIAL_CHAIN: Final = crypto.X509StoreFlags.PARTIAL_CHAIN
_IGNORE_CRITICAL: Final = crypto.X509StoreFlags.IGNORE_CRITICAL

# X509_V_ERR_* of OpenSSL's x509_vfy.h, as far as they are needed by number here.
_UNABLE_TO_DECRYPT_SIGNATURE: Final = 4
_SIGNATURE_FAILURE: Final = 7
_UNHANDLED_CRITICAL: Final = 34


@dataclass(frozen=True, slots=True)
class PathError:
    """What OpenSSL has against a path: its number (X509_V_ERR_*), the depth, and its own words."""

    code: int
    depth: int
    words: str


@dataclass(frozen=True, slots=True)
class Path:
    """Certificates from the server's own upwards.

    ``trusted``: the last one is among the roots. ``forged`` holds the depths whose signature does not verify with
    the next certificate's key; ``errors`` what OpenSSL has against the path apart from dates and trust.
    """

    certificates: tuple[Facts, ...]
    trusted: bool
    forged: frozenset[int] = frozenset()
    errors: tuple[PathError, ...] = ()


# --- OpenSSL ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=_REMEMBERED)
def load(data: bytes) -> crypto.X509 | None:
    """The certificate as OpenSSL has it, None where OpenSSL cannot read it."""
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, data)
    except (crypto.Error, ValueError):
        return None


def _store(roots: Iterable[bytes], flags: int) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(flags)
    for root in roots:
        certificate = load(root)
        if certificate is not None:
            store.add_cert(certificate)
    return store


def _verify(store: crypto.X509Store, leaf: Facts, others: Sequence[Facts]) -> Path | PathError:
    """OpenSSL's path with this store, or its first error."""
    certificate = load(leaf.data)
    if certificate is None:
        return PathError(0, 0, "the certificate cannot be read")
    helpers = [loaded for other in others if (loaded := load(other.data)) is not None]
    try:
        chain = crypto.X509StoreContext(store, certificate, helpers).get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, depth, words = error.errors
        _forget_errors()
        return PathError(code, depth, words)
    except crypto.Error as error:
        _forget_errors()
        return PathError(0, 0, str(error))
    # What comes back are copies; the first is always the server's own.
    issuers = (read_facts(crypto.dump_certificate(crypto.FILETYPE_ASN1, one)) for one in chain[1:])
    return Path((leaf, *issuers), trusted=True)


def _forget_errors() -> None:
    """Empty OpenSSL's error queue, where a failed verification leaves things behind.

    SSL_get_error looks into that queue: what stays there would break the thread's next TLS connection. pyOpenSSL
    empties it whenever it raises crypto.Error, and this is its cheapest way to do so.
    """
    try:
        crypto.load_certificate(crypto.FILETYPE_ASN1, b"")
    except crypto.Error:
        return


# --- roots -----------------------------------------------------------------------------------------------------


class TrustRoots:
    """The certificates that end a path. Made once, used for any number of judgements, from any thread.

    ``label`` says where they are from, as in "system" or "system + FILE"; reports repeat it.
    """

    def __init__(self, certificates: Sequence[bytes], label: str) -> None:
        self.label = label
        self._members = frozenset(certificates)
        by_subject: dict[NameKey, list[bytes]] = {}
        organizations = set()
        for data in certificates:
            subject, organization = read_subject(data)
            organizations.add(fold(organization))
            if subject is not None:
                by_subject.setdefault(subject, []).append(data)
        self._organizations = frozenset(organizations)
        self._by_subject = {subject: tuple(found) for subject, found in by_subject.items()}
        self._validities: tuple[tuple[datetime, datetime], ...] | None = None
        # Without dates: the moment is a property of a store, and one that changes cannot serve several threads.
        self._store = _store(certificates, _PARTIAL_CHAIN | _NO_CHECK_TIME)

    @classmethod
    def from_der(cls, certificates: Iterable[bytes], label: str) -> TrustRoots:
        """Roots from DER. What cannot be parsed is left out, what is there twice counts once. Never raises."""
        return cls([one for one in dict.fromkeys(certificates) if load(one) is not None], label)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, certificate: Facts) -> bool:
        return certificate.data in self._members

    @property
    def validities(self) -> tuple[tuple[datetime, datetime], ...]:
        """From when until when each root is valid, in UTC; one whose dates cannot be read is left out."""
        if self._validities is None:
            self._validities = tuple(_validities(self._members))
        return self._validities

    def named(self, subject: NameKey | None) -> tuple[Facts, ...]:
        """The roots of that subject."""
        return tuple(map(read_facts, self._by_subject.get(subject, ()))) if subject is not None else ()

    def knows_organization(self, name: str) -> bool:
        """Whether a root is of this organisation (its subject's O)."""
        return bool(name) and fold(name) in self._organizations

    def verify(self, leaf: Facts, others: Sequence[Facts]) -> Path | PathError:
        """OpenSSL's path whatever the dates, or its first error."""
        return _verify(self._store, leaf, others)


def _validities(roots: Iterable[bytes]) -> Iterator[tuple[datetime, datetime]]:
    for data in roots:
        root = load(data)
        since, until = (root.get_notBefore(), root.get_notAfter()) if root is not None else (None, None)
        if since is not None and until is not None:
            with contextlib.suppress(ValueError):  # of ASN.1's forms, the one that RFC 5280 4.1.2.5 allows
                yield _moment(since), _moment(until)


def _moment(text: bytes) -> datetime:
    return datetime.strptime(text.decode("ascii", "replace"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


# --- the search ------------------------------------------------------------------------------------------------


def find_path(leaf: Facts, others: Sequence[Facts], roots: TrustRoots, at: datetime) -> Path:
    """The path that OpenSSL accepts, or else the best there is and everything against it except dates and trust.

    Where the accepted path has an issuer out of its time and another path has not, it is the other one.
    """
    accepted = roots.verify(leaf, others)
    if isinstance(accepted, Path) and _is_timely(accepted, at):
        return accepted
    path = _Search(others, roots, at).best(leaf)
    path = replace(path, errors=_errors(path.certificates))
    if isinstance(accepted, PathError):
        return path
    return path if path.trusted and not path.forged and not path.errors and _is_timely(path, at) else accepted


def _is_timely(path: Path, at: datetime) -> bool:
    return not any(is_early(issuer, at) or is_late(issuer, at) for issuer in path.certificates[1:])


def _errors(path: tuple[Facts, ...]) -> tuple[PathError, ...]:
    """What OpenSSL says of this very path when its last certificate is taken as trusted and dates do not count."""
    found = []
    for flags in (_PARTIAL_CHAIN | _NO_CHECK_TIME, _PARTIAL_CHAIN | _NO_CHECK_TIME | _IGNORE_CRITICAL):
        verdict = _verify(_store([path[-1].data], flags), path[0], path[1:-1])
        if isinstance(verdict, Path):
            break
        found.append(verdict)
        if verdict.code != _UNHANDLED_CRITICAL:
            break
    return tuple(found)


@dataclass(slots=True)
class _Search:
    """Walks up from the server's certificate along every issuer, trusted ones first, and ranks where it ends."""

    others: Sequence[Facts]
    roots: TrustRoots
    at: datetime
    _steps: int = field(default=0, init=False)

    def best(self, leaf: Facts) -> Path:
        return max(self._paths((leaf,), frozenset()), key=self._rank)

    def _paths(self, path: tuple[Facts, ...], forged: frozenset[int]) -> Iterator[Path]:
        self._steps += 1
        top = path[-1]
        trusted = top in self.roots
        issuers = [] if trusted or self._steps > _MAX_STEPS or len(path) == MAX_PATH else self._issuers(path)
        if not issuers:
            yield Path(path, trusted, forged)
        for issuer, signed in issuers:
            yield from self._paths((*path, issuer), forged if signed else forged | {len(path) - 1})

    def _issuers(self, path: tuple[Facts, ...]) -> list[tuple[Facts, bool]]:
        """Who may have issued the last certificate, each with whether its key fits. None above a self-signed one."""
        top = path[-1]
        if top.issuer_key is None or is_self_signed(top):
            return []
        sent = (one for one in self.others if one.subject_key == top.issuer_key)
        distinct = {one.data: one for one in (*self.roots.named(top.issuer_key), *sent)}
        judged = [(one, signed_by(top, one)) for one in distinct.values() if one not in path]
        # Where no key fits, the signature is bad, unless the key identifiers say that it is another CA's.
        anyone = not any(signed for _, signed in judged)
        return [(one, signed) for one, signed in judged if signed or (anyone and not _another_key(top, one))]

    def _rank(self, path: Path) -> tuple[int, bool, int, bool, int]:
        faults = sum(not self._is_usable(one) for one in path.certificates[1:])
        # The shortest way to a root; without a root, the one that explains most of what was sent.
        length = -len(path.certificates) if path.trusted else len(path.certificates)
        return -len(path.forged), path.trusted, -faults, is_self_signed(path.certificates[-1]), length

    def _is_usable(self, issuer: Facts) -> bool:
        return issuer.is_authority and not (is_early(issuer, self.at) or is_late(issuer, self.at))


def is_early(certificate: Facts, at: datetime) -> bool:
    """Whether ``at`` lies before the certificate's time (RFC 5280 4.1.2.5: both ends belong to it)."""
    start = certificate.certificate.not_before
    return start is not None and at < start


def is_late(certificate: Facts, at: datetime) -> bool:
    """Whether ``at`` lies after the certificate's time."""
    end = certificate.certificate.not_after
    return end is not None and at > end


def is_self_signed(certificate: Facts) -> bool:
    """Whether the certificate names itself as issuer and no key identifier says otherwise.

    The signature does not decide: a self-signed certificate with a broken signature is still no other CA's.
    """
    return certificate.self_issued and not _another_key(certificate, certificate)


def _another_key(certificate: Facts, issuer: Facts) -> bool:
    """Whether the key identifiers rule the issuer out (RFC 5280 4.2.1.1, 4.2.1.2)."""
    wanted, given = certificate.extensions.authority_key, issuer.extensions.subject_key
    return wanted is not None and given is not None and wanted != given


# --- signatures ------------------------------------------------------------------------------------------------


def signed_by(certificate: Facts, issuer: Facts) -> bool:
    """Whether the issuer's key made the signature. True as well where that cannot be told (an unknown algorithm)."""
    return _signed_by(certificate.data, issuer.data)


@lru_cache(maxsize=_REMEMBERED)
def _signed_by(certificate: bytes, issuer: bytes) -> bool:
    try:
        with warnings.catch_warnings():  # cryptography deprecates what old certificates contain
            warnings.simplefilter("ignore")
            child, parent = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
            child.verify_directly_issued_by(parent)
    except InvalidSignature:
        return False
    except Exception:
        # It is strict and knows no SHA-1 any more (and raises whatever its parser raises); OpenSSL is asked instead.
        store = _store([issuer], _PARTIAL_CHAIN | _NO_CHECK_TIME | _IGNORE_CRITICAL)
        verdict = _verify(store, read_facts(certificate), ())
        return isinstance(verdict, Path) or verdict.code not in (_UNABLE_TO_DECRYPT_SIGNATURE, _SIGNATURE_FAILURE)
    return True
