"""Beyond the first conversation with an address: revocation, missing issuers, and other handshakes.

None of it can change what the conversation itself showed; it is asked for where it changes what is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateEvidence,
    CertificateProblemKind,
    Handshake,
    SecondLook,
)
from connector_probe.network import EXCHANGE_RSA_OFFER, WIDE_TLS12_OFFER, Network, TlsOffer
from connector_probe.probing.target import Target, reach
from connector_probe.protocol.certificate import TrustRoots, judge, path_of
from connector_probe.protocol.path import Path
from connector_probe.protocol.revocation import ocsp_made_at
from connector_probe.stages.certificate_urls import Visitor, Web
from connector_probe.stages.conversation import Clock, Conversation, Transcript, own_name, positive
from connector_probe.stages.greet import banner, introduce
from connector_probe.stages.local_clock import HeardDates, clock_evidence, hangs_on_the_clock
from connector_probe.stages.resolve import Resolver
from connector_probe.stages.revocation import Revocations, missing_issuers
from connector_probe.stages.secure import Shown, secure, sni_of

_OPEN_ENDS = frozenset({CertificateProblemKind.MISSING_INTERMEDIATE, CertificateProblemKind.UNTRUSTED_ROOT})
SECOND_LOOK_WAIT = 3.0  # seconds for one more connection, which may change no verdict


class TlsFollowUp:
    """Looks closer, over one run: each chain is judged, and asked about, once."""

    def __init__(self, network: Network, heard: HeardDates) -> None:
        """``heard``: the dates that web servers tell in this run."""
        self._network = network
        self._heard = heard
        self._web = Web(network, heard)
        self._revocations = Revocations(self._web)
        self._judged: dict[tuple[tuple[bytes, ...], int, datetime | None], CertificateEvidence] = {}
        self._paths: dict[tuple[tuple[bytes, ...], int, datetime], Path] = {}
        self._now = datetime.now(UTC)

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._revocations.close()
        self._web.close()

    def judge(self, chain: tuple[bytes, ...], roots: TrustRoots, as_of: datetime | None) -> CertificateEvidence:
        """The chain as of now, or as of the day that was asked for; each chain once."""
        key = (chain, id(roots), as_of)
        if key not in self._judged:
            found = judge(chain, roots, as_of or self._now)
            self._judged[key] = replace(found, as_of_given=as_of is not None)
        return self._judged[key]

    def look_at_the_clock(
        self, evidence: AttemptEvidence, shown: Shown, connector: Connector, roots: TrustRoots
    ) -> AttemptEvidence:
        """What tells the time, where something is out of it by our clock. Asks nobody."""
        if connector.as_of is not None or not hangs_on_the_clock(evidence):
            return evidence
        path, made_at = self._path(shown.chain, roots, self._now), None
        if shown.staple and path.trusted and len(path.certificates) > 1:
            made_at = ocsp_made_at(shown.staple, path.certificates[0].data, path.certificates[1].data)
        return replace(evidence, clock=clock_evidence(roots, self._now, self._heard, made_at))

    def _path(self, chain: tuple[bytes, ...], roots: TrustRoots, at: datetime) -> Path:
        key = (chain, id(roots), at)
        if key not in self._paths:
            self._paths[key] = path_of(chain, roots, at)
        return self._paths[key]

    async def handshake_again(
        self, target: Target, connector: Connector, offer: TlsOffer, server_name: str | None, clock: Clock
    ) -> tuple[Handshake | None, Shown]:
        """Another connection, up to a handshake with ``offer``; None where it did not get that far."""
        _, stream = await reach(self._network, target, connector, clock)
        if stream is None:
            return None, Shown()
        conversation = Conversation(stream, clock, Transcript(clock), connector.timeout)
        try:
            if not positive(await banner(conversation)):
                return None, Shown()
            ehlo, _ = await introduce(conversation, connector.helo or own_name(stream.source), plain=True)
            if not positive(ehlo):
                return None, Shown()
            _, handshake, shown = await secure(conversation, server_name, offer)
            return handshake, shown
        finally:
            await conversation.quit()

    async def ask_around(
        self,
        evidence: AttemptEvidence,
        shown: Shown,
        connector: Connector,
        roots: TrustRoots,
        clock: Clock,
        resolver: Callable[[], Resolver],
    ) -> AttemptEvidence:
        """Revocation, and the issuers that the server did not send. ``resolver`` is called late."""
        address = evidence.address
        assert address is not None
        at = connector.as_of or self._now
        limit = clock.allow(connector.timeout)

        def visit() -> Visitor:
            return Visitor(address, resolver(), connector.source_address)

        path = self._path(shown.chain, roots, at)
        revocation = await self._revocations.check(path, shown.staple, visit, self._now, limit)
        missing = None
        if evidence.certificate is not None and _is_incomplete(evidence.certificate):
            missing = await missing_issuers(self._web, shown.chain, roots, visit, at, limit)
        return replace(evidence, revocation=revocation, missing_issuers=missing)

    async def look_again(
        self,
        evidence: AttemptEvidence,
        target: Target,
        connector: Connector,
        roots: TrustRoots,
        clock: Clock,
        *,
        thorough: bool,
    ) -> tuple[SecondLook, ...]:
        """The address once more: where its certificate is not RSA, is there one that is? Without SNI and with TLS 1.2

        at most (``thorough``); and where that differs, with SNI alone too.
        """
        name, first = sni_of(target.server), evidence.certificate
        session = evidence.handshake.session if evidence.handshake is not None else None
        newer = session is not None and session.version == "TLSv1.3"

        async def look(server_name: str | None, offer: TlsOffer) -> SecondLook:
            grace = Clock(self._network, clock.allow(SECOND_LOOK_WAIT))
            handshake, shown = await self.handshake_again(target, connector, offer, server_name, grace)
            seen = self.judge(shown.chain, roots, connector.as_of) if shown.chain else None
            return SecondLook(server_name is not None, offer is EXCHANGE_RSA_OFFER, handshake, seen)

        looks: list[SecondLook] = []
        if _is_not_rsa(first) and positive(evidence.ehlo_again):
            looks.append(await look(name, EXCHANGE_RSA_OFFER))
        if thorough and (newer or name is not None):
            looks.append(await look(None, WIDE_TLS12_OFFER))
            other = looks[-1].certificate
            same = other is not None and first is not None and other.chain[:1] == first.chain[:1]
            if newer and name is not None and not same and looks[-1].handshake is not None:
                looks.append(await look(name, WIDE_TLS12_OFFER))
        return tuple(looks)


def _is_incomplete(certificate: CertificateEvidence) -> bool:
    """Whether an issuer that was not sent may lead on: to a root that is trusted, as far as nobody has looked."""
    return any(one.kind in _OPEN_ENDS for one in certificate.problems)


def _is_not_rsa(certificate: CertificateEvidence | None) -> bool:
    """Whether a sound certificate has a key of a kind for which Microsoft lists no cipher suite."""
    if certificate is None or certificate.problems or not certificate.chain:
        return False
    return bool(certificate.chain[0].key) and not certificate.chain[0].key.startswith("RSA")
