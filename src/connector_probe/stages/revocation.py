"""What is said of the revocation of a server's certificate and its intermediates, as Exchange Online would ask.

For each certificate one source after another until one decides, in Windows' order: the stapled response, OCSP, CRL;
the certificates of a path side by side. Issuers that the server did not send are fetched to name them, never to trust.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from connector_probe.model.printable import printable
from connector_probe.model.revocation import (
    CertificateRevocation,
    FetchedIssuer,
    MissingIssuers,
    RevocationCheck,
    RevocationEvidence,
    RevocationSource,
    RevocationStatus,
)
from connector_probe.protocol.certificate import TrustRoots, path_of
from connector_probe.protocol.openssl import signed_by
from connector_probe.protocol.path import Path, is_early, is_late, is_self_signed
from connector_probe.protocol.revocation import (
    Pointers,
    UnreadableError,
    ocsp_request,
    pointers,
    read_crl,
    read_issuers,
    read_ocsp,
)
from connector_probe.protocol.x509_facts import ParsedCertificate, parse_certificate
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.certificate_urls import Use, Visitor, Web

REVOCATION_WAIT: Final = 10.0  # seconds for everything that one chain points to
DATE_WAIT: Final = 6.0  # seconds for anybody who tells the time
MAX_MISSING: Final = 3  # issuers fetched one above the other


class Revocations(SingleFlight[tuple[tuple[bytes, ...], bytes, Visitor, float], RevocationEvidence]):
    """Asks about certificates, each chain once a run for all who have as much time for it."""

    def __init__(self, web: Web) -> None:
        super().__init__()
        self._web = web

    async def check(
        self, path: Path, staple: bytes, visit: Callable[[], Visitor], at: datetime, limit: float
    ) -> RevocationEvidence | None:
        """None where the answer could change nothing: the path is not trusted, or its certificate out of its time.

        ``visit`` is called once somebody is to be asked. ``at`` is now, whatever day the certificate is
        judged for: nobody knows what will be revoked.
        """
        leaf = path.certificates[0] if path.certificates else None
        if leaf is None or not path.trusted or is_late(leaf, at) or is_early(leaf, at):
            return None
        places = [pointers(one.data) for one in path.certificates[:-1]]
        if not staple and not any(places):
            return RevocationEvidence(must_staple=bool(places) and places[0].must_staple)
        visitor, limit = visit(), min(limit, REVOCATION_WAIT)
        key = (tuple(one.data for one in path.certificates), staple, visitor, limit)
        return await self.get(key, lambda: self._check(path, places, staple, visitor, at, limit))

    async def _check(
        self, path: Path, places: Sequence[Pointers], staple: bytes, visitor: Visitor, at: datetime, limit: float
    ) -> RevocationEvidence:
        end = self._web.now() + limit

        async def of(depth: int, certificate: ParsedCertificate, issuer: ParsedCertificate) -> CertificateRevocation:
            checks, own_staple = list[RevocationCheck](), staple if depth == 0 else b""
            sources = self._sources(certificate.data, issuer.data, places[depth], own_staple, visitor, at, end)
            async for check in sources:
                checks.append(check)
                if check.decides:
                    break
            else:
                checks += places[depth].others
            return CertificateRevocation(depth, certificate.label, issuer.label, tuple(checks))

        pairs = enumerate(pairwise(path.certificates))
        asked = [of(depth, *pair) for depth, pair in pairs if places[depth] or (staple and depth == 0)]
        return RevocationEvidence(
            certificates=tuple(await asyncio.gather(*asked)),
            must_staple=bool(places) and places[0].must_staple,
            stapled=bool(staple),
        )

    async def _sources(
        self,
        certificate: bytes,
        issuer: bytes,
        place: Pointers,
        staple: bytes,
        visitor: Visitor,
        at: datetime,
        end: float,
    ) -> AsyncIterator[RevocationCheck]:
        async def told(
            source: RevocationSource, use: Use, url: str, read: Callable[..., RevocationCheck], body: bytes = b""
        ) -> RevocationCheck:
            found = await self._web.fetch(url, visitor, use, limit=end - self._web.now(), body=body)
            if found.body is None:
                return RevocationCheck(source, url, RevocationStatus.UNREACHABLE, found.error)
            # In a thread: a list of some MiB is not hashed in no time.
            return await asyncio.to_thread(read, found.body, certificate, issuer, at, url)

        if staple:
            yield await asyncio.to_thread(read_ocsp, staple, certificate, issuer, at, stapled=True)
        for url in place.ocsp:
            try:
                request = ocsp_request(certificate, issuer)
            except UnreadableError:  # a certificate that cryptography cannot put into a request
                break
            yield await told(RevocationSource.OCSP, Use.OCSP, url, read_ocsp, request)
        for url in place.crls:
            yield await told(RevocationSource.CRL, Use.CRL, url, read_crl)


async def hear_the_time(web: Web, path: Path, visitor: Visitor, limit: float) -> None:
    """Ask the servers that a path's certificates point to, one after another, until one has told the date.

    ``web.heard`` has it then. What they answer is of no use: it is about certificates that are out of their time.
    """
    end = web.now() + min(limit, DATE_WAIT)
    for one in path.certificates:
        place = pointers(one.data)
        for url in (*place.ocsp, *one.extensions.issuer_urls, *place.crls):
            if web.heard.all or web.now() >= end:
                return
            if url.lower().startswith("http://"):
                await web.fetch(url, visitor, Use.DATE, limit=end - web.now())


async def missing_issuers(
    web: Web, chain: tuple[bytes, ...], roots: TrustRoots, visit: Callable[[], Visitor], at: datetime, limit: float
) -> MissingIssuers | None:
    """Who issued the last certificate that leads upwards, and where that issuer can be had; None where nobody says."""
    end = web.now() + min(limit, REVOCATION_WAIT)
    path = path_of(chain, roots, at)
    found: list[FetchedIssuer] = []
    while len(found) < MAX_MISSING and not path.trusted and path.certificates:
        top = path.certificates[-1]
        url = next((one for one in top.extensions.issuer_urls if one.lower().startswith("http://")), None)
        if is_self_signed(top) or url is None:
            break
        fetched = await web.fetch(url, visit(), Use.ISSUER, limit=end - web.now())
        issuer, error = _issuer_of(top, fetched.body) if fetched.body is not None else (None, fetched.error)
        if issuer is None:
            found.append(FetchedIssuer(top.label, url, error))
            break
        facts = issuer.certificate
        found.append(FetchedIssuer(top.label, url, "", issuer.label, facts.issuer, facts.sha1, facts.not_after))
        before, chain = path, (*chain, issuer.data)
        path = path_of(chain, roots, at)
        if path.certificates == before.certificates:
            break
    if not found:
        return None
    top = path.certificates[-1]
    return MissingIssuers(
        tuple(found), path.trusted and not path.forged, top.label if path.trusted else top.certificate.issuer
    )


def _issuer_of(certificate: ParsedCertificate, data: bytes) -> tuple[ParsedCertificate | None, str]:
    """The certificate in ``data`` that issued ``certificate``, or why there is none."""
    try:
        offered = [parse_certificate(one) for one in read_issuers(data)]
    except UnreadableError as problem:
        return None, printable(str(problem), 200)
    named = (one for one in offered if one.subject_key == certificate.issuer_key)
    fitting = [one for one in named if signed_by(certificate.data, one.data)]
    return (fitting[0], "") if fitting else (None, "another certificate than the issuer's is there")
