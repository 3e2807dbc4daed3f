"""Judging certificate chains, each once a run. OpenSSL is loaded with the first chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connector_probe.model.evidence import CertificateEvidence, OtherRoots
from connector_probe.trust import Trust

if TYPE_CHECKING:
    from connector_probe.protocol.certificate import TrustRoots
    from connector_probe.protocol.path import Path

LIST_AGE = timedelta(days=365)  # Microsoft changes its list about monthly; it is the user's package that grows old
DerChain = tuple[bytes, ...]  # DER, the server's own certificate first


class CertificateCache:
    """Verdicts and paths by chain, roots and moment. ``now`` is that of the whole run."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self._known: dict[DerChain, DerChain] = {}
        self._verdicts: dict[tuple[DerChain, int, datetime | None], CertificateEvidence] = {}
        self._paths: dict[tuple[DerChain, int, datetime], Path] = {}

    def shared(self, chain: DerChain) -> DerChain:
        """An equal chain that is kept anyway, so that each is in memory once however many servers show it."""
        return self._known.setdefault(chain, chain)

    def judge(self, chain: DerChain, trust: Trust, as_of: datetime | None) -> CertificateEvidence:
        """What is wrong with ``chain`` on the day that was asked for, or (None) now. Raises TrustError."""
        key = (chain, id(trust), as_of)
        if key not in self._verdicts:
            self._verdicts[key], path = judge_by(trust, chain, as_of, self.now)
            self._paths[chain, id(trust.roots), as_of or self.now] = path
        return self._verdicts[key]

    def path(self, chain: DerChain, roots: TrustRoots, at: datetime) -> Path:
        """The path from the server's certificate to a root, as far as one can be built."""
        from connector_probe.protocol.certificate import path_of

        key = (chain, id(roots), at)
        if key not in self._paths:
            self._paths[key] = path_of(chain, roots, at)
        return self._paths[key]

    def stapled_at(self, chain: DerChain, staple: bytes, roots: TrustRoots) -> datetime | None:
        """When the issuer signed the stapled OCSP response (producedAt); None without one that can be trusted now."""
        if not staple:
            return None
        from connector_probe.protocol.revocation import ocsp_made_at

        path = self.path(chain, roots, self.now)
        if not path.trusted or len(path.certificates) < 2:
            return None
        return ocsp_made_at(staple, path.certificates[0].data, path.certificates[1].data)


def judge_by(trust: Trust, chain: DerChain, as_of: datetime | None, now: datetime) -> tuple[CertificateEvidence, Path]:
    """The verdict on ``chain``, in it what other roots than those of ``trust`` say, and its path. Raises TrustError."""
    from connector_probe.protocol.certificate import judge, judged

    at, others, released = as_of or now, trust.other_roots, trust.released
    found, path = judged(chain, trust.roots, at)
    other = judge(chain, others, at) if others is not None else None
    evidence = replace(
        found,
        as_of_given=as_of is not None,
        outdated_list=released if released is not None and now - released > LIST_AGE else None,
        other_roots=OtherRoots(other.trust, other.is_trusted, other.path[-1] if other.path else "") if other else None,
    )
    return evidence, path
