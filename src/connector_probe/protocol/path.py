"""Every way from a server's certificate up to a trusted root, with nothing but what the server sent and the roots.

Exchange Online downloads no missing intermediate, so neither does this. Like Windows it tries every path, whatever the
order in which the certificates were sent; which of them is the best is for those to say who judge them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.protocol.openssl import PathError, objection, signed_by
from connector_probe.protocol.roots import TrustRoots
from connector_probe.protocol.x509_facts import ParsedCertificate

MAX_PATH: Final = 16  # certificates of one path: ten sent, and a few trusted cross-certificates above them
MAX_PATHS: Final = 64  # ends reached in one search; a bridge between ten authorities (RFC 4158 2.4) has a dozen
_MAX_STEPS: Final = 500  # places visited in one search; ten certificates in a circle have millions of paths


@dataclass(frozen=True, slots=True)
class Path:
    """Certificates from the server's own upwards.

    ``trusted``: the last one is among the roots. ``forged`` holds the depths whose signature does not verify with
    the next certificate's key; ``error`` what OpenSSL has against the path apart from dates and trust.
    """

    certificates: tuple[ParsedCertificate, ...]
    trusted: bool
    forged: frozenset[int] = frozenset()
    error: PathError | None = None


class Search:
    """Walks up from a certificate along every issuer, those first that lead to a good path.

    ``cut_off``: a bound of this module was met, so that there may be more paths than were found.
    """

    def __init__(self, others: Sequence[ParsedCertificate], roots: TrustRoots, at: datetime) -> None:
        self.others, self.roots, self.at = others, roots, at
        self.cut_off = False
        self._steps = self._ends = 0

    def paths(self, leaf: ParsedCertificate) -> Iterator[Path]:
        """Each path that leads as far as it can, verified."""
        for path in self._walk((leaf,)):
            yield _verified(path, path[-1] in self.roots)

    def _walk(self, path: tuple[ParsedCertificate, ...]) -> Iterator[tuple[ParsedCertificate, ...]]:
        if self._steps >= _MAX_STEPS or self._ends >= MAX_PATHS:
            self.cut_off = True
            return
        self._steps += 1
        issuers = [] if path[-1] in self.roots else self._issuers(path)
        if issuers and len(path) == MAX_PATH:
            self.cut_off, issuers = True, []
        if not issuers:
            self._ends += 1
            yield path
        for issuer in issuers:
            yield from self._walk((*path, issuer))

    def _issuers(self, path: tuple[ParsedCertificate, ...]) -> list[ParsedCertificate]:
        """Who may have issued the last certificate, the best ones first. None above a self-signed one."""
        top = path[-1]
        if top.issuer_key is None or is_self_signed(top):
            return []
        sent = (other for other in self.others if other.subject_key == top.issuer_key)
        distinct = {certificate.data: certificate for certificate in (*self.roots.issuers_of(top), *sent)}
        found = [issuer for issuer in distinct.values() if not any(_is_same_entity(issuer, other) for other in path)]
        # OpenSSL checks the signatures of a whole path; they are looked at here where there is a choice.
        if len(found) > 1 or any(_another_key(top, issuer) for issuer in found):
            fitting = [issuer for issuer in found if signed_by(top.data, issuer.data)]
            # Where no key fits, the signature is bad, unless the key identifiers say that it is another CA's.
            found = fitting or [issuer for issuer in found if not _another_key(top, issuer)]
        return sorted(found, key=lambda issuer: (not self._is_usable(issuer), issuer not in self.roots))

    def _is_usable(self, issuer: ParsedCertificate) -> bool:
        timely = not (is_early(issuer, self.at) or is_late(issuer, self.at))
        return issuer.is_authority and timely and issuer.extensions.allows_servers


def _verified(path: tuple[ParsedCertificate, ...], trusted: bool) -> Path:
    error = objection(tuple(certificate.data for certificate in path))
    if error is None:
        return Path(path, trusted)
    pairs = enumerate(pairwise(path))
    forged = frozenset(depth for depth, (below, issuer) in pairs if not signed_by(below.data, issuer.data))
    return Path(path, trusted, forged, error)


def _is_same_entity(one: ParsedCertificate, other: ParsedCertificate) -> bool:
    """Whether both certificates are of one authority and key: a path that comes by it twice is a detour."""
    if one.data == other.data:
        return True
    key = one.extensions.subject_key
    return key is not None and key == other.extensions.subject_key and one.subject_key == other.subject_key


def is_early(certificate: ParsedCertificate, at: datetime) -> bool:
    """Whether ``at`` lies before the certificate's time (RFC 5280 4.1.2.5: both ends belong to it)."""
    start = certificate.certificate.not_before
    return start is not None and at < start


def is_late(certificate: ParsedCertificate, at: datetime) -> bool:
    """Whether ``at`` lies after the certificate's time."""
    end = certificate.certificate.not_after
    return end is not None and at > end


def is_self_signed(certificate: ParsedCertificate) -> bool:
    """Whether the certificate names itself as issuer and no key identifier says otherwise.

    The signature does not decide: a self-signed certificate with a broken signature is still no other CA's.
    """
    return certificate.self_issued and not _another_key(certificate, certificate)


def _another_key(certificate: ParsedCertificate, issuer: ParsedCertificate) -> bool:
    """Whether the key identifiers rule the issuer out (RFC 5280 4.2.1.1, 4.2.1.2)."""
    wanted, given = certificate.extensions.authority_key, issuer.extensions.subject_key
    return wanted is not None and given is not None and wanted != given
