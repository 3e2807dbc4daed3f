"""Judging certificate chains, each once a run. OpenSSL is loaded with the first chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connector_probe.model.evidence import CertificateEvidence

if TYPE_CHECKING:
    from connector_probe.protocol.certificate import TrustRoots
    from connector_probe.protocol.path import Path

Chain = tuple[bytes, ...]  # DER, the server's own certificate first


class CertificateCache:
    """Verdicts and paths by chain, roots and moment. ``now`` is that of the whole run."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self._known: dict[Chain, Chain] = {}
        self._verdicts: dict[tuple[Chain, int, datetime | None], CertificateEvidence] = {}
        self._paths: dict[tuple[Chain, int, datetime], Path] = {}

    def shared(self, chain: Chain) -> Chain:
        """An equal chain that is kept anyway, so that each is in memory once however many servers show it."""
        return self._known.setdefault(chain, chain)

    def judge(self, chain: Chain, roots: TrustRoots, as_of: datetime | None) -> CertificateEvidence:
        """What is wrong with ``chain`` on the day that was asked for, or (None) now."""
        from connector_probe.protocol.certificate import judge

        key = (chain, id(roots), as_of)
        if key not in self._verdicts:
            self._verdicts[key] = replace(judge(chain, roots, as_of or self.now), as_of_given=as_of is not None)
        return self._verdicts[key]

    def path(self, chain: Chain, roots: TrustRoots, at: datetime) -> Path:
        """The path from the server's certificate to a root, as far as one can be built."""
        from connector_probe.protocol.certificate import path_of

        key = (chain, id(roots), at)
        if key not in self._paths:
            self._paths[key] = path_of(chain, roots, at)
        return self._paths[key]

    def stapled_at(self, chain: Chain, staple: bytes, roots: TrustRoots) -> datetime | None:
        """When the issuer signed the stapled OCSP response (producedAt); None without one that can be trusted now."""
        if not staple:
            return None
        from connector_probe.protocol.revocation import ocsp_made_at

        path = self.path(chain, roots, self.now)
        if not path.trusted or len(path.certificates) < 2:
            return None
        return ocsp_made_at(staple, path.certificates[0].data, path.certificates[1].data)
