"""What a domain publishes about TLS for its mail: TLSA records by DNSSEC, and the MTA-STS policy over HTTPS.

Gathered beside the SMTP attempts and within limits of its own; nothing that fails here breaks a probe.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import KeysView
from dataclasses import replace
from datetime import datetime
from typing import Final

from connector_probe.model.connector import Connector, MtaStsMode, SmtpDaneMode
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.names import is_address
from connector_probe.model.policy import (
    DaneEvidence,
    DnssecReason,
    DnssecStatus,
    MtaStsEvidence,
    SecureLookup,
    StsPolicy,
    StsProblem,
    TransportPolicy,
)
from connector_probe.model.printable import printable
from connector_probe.network import WIDE_OFFER, HttpError, HttpRequest, HttpUrl, Network, NetworkFaultError
from connector_probe.network.clock import time_limit
from connector_probe.network.http import exchange, source_for
from connector_probe.protocol.certificate import TrustRoots, judge
from connector_probe.protocol.dane import MAX_TLSA, judge_anchored, match_tlsa, read_tlsa
from connector_probe.protocol.identity import match
from connector_probe.protocol.mta_sts import MAX_POLICY, StsError, read_policy, read_record, sts_records
from connector_probe.stages.dnssec import Validator
from connector_probe.stages.local_clock import HeardDates
from connector_probe.stages.resolve import Resolver, http_addresses

DANE_LIMIT: Final = 12.0  # seconds for all look-ups of one host; a chain of four zones takes a tenth of one
STS_LIMIT: Final = 12.0  # for the record and the policy; RFC 8461 3.3 would allow a minute
TIME_WAIT: Final = 2.0  # for an answer of which only the date counts
_SECURE: Final = DnssecStatus.SECURE


class PolicySeeker:
    """Finds the policies of one connector's domain; each is asked for once."""

    def __init__(
        self,
        connector: Connector,
        domain: str,
        *,
        network: Network,
        validator: Validator,
        resolver: Resolver,
        roots: TrustRoots,
        at: datetime,
        heard: HeardDates,
    ) -> None:
        """Begins to ask for what belongs to the domain, before its MX hosts are known.

        ``at``: the moment for which the certificate of the policy's host is judged. ``heard``: keeps its date.
        """
        self._connector = connector
        self._domain = domain
        self._network = network
        self._validator = validator
        self._resolver = resolver
        self._roots = roots
        self._at = at
        self._heard = heard
        self._hosts: dict[str, asyncio.Task[DaneEvidence]] = {}
        self._mx: asyncio.Task[SecureLookup] | None = None
        self._sts: asyncio.Task[MtaStsEvidence] | None = None
        if connector.smtp_dane_mode is not SmtpDaneMode.NONE:
            self._mx = asyncio.ensure_future(self._bounded_mx())
        if connector.mta_sts_mode is not MtaStsMode.NONE:
            self._sts = asyncio.ensure_future(self._bounded_sts())

    def begin_host(self, server: str, port: int) -> None:
        """Ask for what belongs to one MX host, while mail's own way there is tried."""
        if self._mx is not None and server not in self._hosts:
            self._hosts[server] = asyncio.ensure_future(self._bounded_host(server, port))

    async def of_host(self, server: str, port: int) -> TransportPolicy:
        """The policies for one MX host. Never raises."""
        self.begin_host(server, port)
        dane = await asyncio.shield(self._hosts[server]) if server in self._hosts else None
        return TransportPolicy(dane, await asyncio.shield(self._sts) if self._sts is not None else None)

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        for task in filter(None, (self._mx, self._sts, *self._hosts.values())):
            task.cancel()

    # --- DANE --------------------------------------------------------------------------------------------------

    async def _bounded_mx(self) -> SecureLookup:
        try:
            async with time_limit(self._network.now, DANE_LIMIT):
                return await self._validator.look_up(self._domain, "MX")
        except TimeoutError:
            return SecureLookup(self._domain, "MX", DnssecStatus.INDETERMINATE, reason=DnssecReason.TOO_SLOW)

    async def _bounded_host(self, server: str, port: int) -> DaneEvidence:
        assert self._mx is not None
        mx = await asyncio.shield(self._mx)
        found = DaneEvidence(mx)
        if mx.status is not _SECURE or is_address(server):
            return found
        try:
            async with time_limit(self._network.now, DANE_LIMIT):
                return await self._host(found, server, port)
        except TimeoutError:
            late = SecureLookup(server, "TLSA", DnssecStatus.INDETERMINATE, reason=DnssecReason.TOO_SLOW)
            return replace(found, base=server, tlsa=late)

    async def _host(self, found: DaneEvidence, server: str, port: int) -> DaneEvidence:
        """RFC 7672 2.2: TLSA records count only where the addresses are secure; of an alias, its end comes first."""
        addresses = await asyncio.gather(*(self._validator.look_up(server, kind) for kind in ("AAAA", "A")))
        found = replace(found, addresses=tuple(addresses), base=server)
        telling = [one for one in addresses if one.records or one.status is DnssecStatus.BOGUS]
        if not telling or any(one.status is not _SECURE for one in telling):
            return found
        ends = next((one.aliases[-1:] for one in addresses if one.records and one.aliases), ())
        for base in dict.fromkeys((*ends, server)):
            tlsa = await self._validator.look_up(f"_{port}._tcp.{base}", "TLSA")
            found = replace(found, base=base, tlsa=tlsa)
            if tlsa.records or tlsa.status is not _SECURE:
                break
        texts = found.tlsa.records[:MAX_TLSA] if found.tlsa is not None and found.tlsa.status is _SECURE else ()
        records = (read_tlsa(text) for text in texts)
        return replace(found, records=tuple(one for one in records if one is not None))

    # --- MTA-STS -----------------------------------------------------------------------------------------------

    async def _bounded_sts(self) -> MtaStsEvidence:
        try:
            async with time_limit(self._network.now, STS_LIMIT):
                return await self._mta_sts()
        except TimeoutError:
            note = f"nothing came within {STS_LIMIT:.3g} s"
            return MtaStsEvidence(self._domain, problem=StsProblem.UNREACHABLE, note=note)

    async def _mta_sts(self) -> MtaStsEvidence:
        found = MtaStsEvidence(self._domain)
        texts = await self._validator.texts(f"_mta-sts.{self._domain}")
        if texts is None:
            return replace(found, asked=False, note="the TXT record could not be had")
        records = sts_records(texts)
        if not records:
            return found
        if len(records) > 1:
            return replace(found, problem=StsProblem.RECORDS_SEVERAL, note=f"{len(records)} records begin with v=STSv1")
        try:
            found = replace(found, id=read_record(records[0]))
        except StsError as problem:
            return replace(found, problem=StsProblem.RECORD_INVALID, note=str(problem))
        port = self._connector.mta_sts_port
        where = f"mta-sts.{self._domain}" + ("" if port == 443 else f":{port}")
        found = replace(found, url=f"https://{where}/.well-known/mta-sts.txt")
        try:
            return replace(found, policy=await self._fetch(HttpUrl.parse(found.url)))
        except _NoPolicyError as problem:
            return replace(found, problem=problem.kind, note=printable(str(problem), 300))

    async def _fetch(self, url: HttpUrl) -> StsPolicy:
        """The policy at ``url``. Raises _NoPolicyError."""
        try:
            addresses = await http_addresses(url, self._resolver)
        except HttpError as problem:
            raise _NoPolicyError(StsProblem.HOST_UNRESOLVED, str(problem)) from None
        four = [one for one in addresses if ":" not in one][:1]
        six = [one for one in addresses if ":" in one][:1]
        last: _NoPolicyError | None = None
        for address in (*four, *six):
            try:
                return await self._fetch_from(address, url)
            except _NoPolicyError as problem:
                last = problem
                if problem.kind is not StsProblem.UNREACHABLE:
                    break
        assert last is not None
        raise last

    async def _fetch_from(self, address: str, url: HttpUrl) -> StsPolicy:
        limit = STS_LIMIT / 2
        source = source_for(address, self._connector.source_address)
        try:
            stream = await self._network.connect(address, url.port, source, limit)
        except NetworkFaultError as error:
            told = error.fault.text or str(error.fault.kind)
            raise _NoPolicyError(StsProblem.UNREACHABLE, f"[{address}]:{url.port}: {told}") from None
        try:
            outcome = await stream.start_tls(url.host, WIDE_OFFER, limit)
            if outcome.fault is not None:
                said = outcome.fault.alert or outcome.fault.text or str(outcome.fault.kind)
                raise _NoPolicyError(StsProblem.TLS_FAILED, said)
            request, kinds = HttpRequest(url, MAX_POLICY, accept="text/plain"), self._problems_of(outcome.chain, url)
            # By our clock: the time is taken from there, the policy is not.
            if kinds and all(kind.is_about_dates for kind in kinds):
                with contextlib.suppress(HttpError):
                    late = await exchange(self._network, stream, request, limit=TIME_WAIT)
                    self._heard.hear(url.host, address, late)
            if kinds:
                raise _NoPolicyError(StsProblem.CERTIFICATE_INVALID, ", ".join(kinds))
            response = await exchange(self._network, stream, request, limit=limit)
            self._heard.hear(url.host, address, response)
        except HttpError as error:
            raise _NoPolicyError(StsProblem.HTTP_FAILED, str(error)) from None
        finally:
            await stream.close()
        if 300 <= response.status < 400:  # RFC 8461 3.3: redirects are not followed
            raise _NoPolicyError(StsProblem.REDIRECTED, f"HTTP {response.status} to {response.header('location')}")
        if response.status != 200:
            raise _NoPolicyError(StsProblem.HTTP_STATUS, f"HTTP {response.status}")
        media = response.header("content-type")
        if media.partition(";")[0].strip().lower() != "text/plain":
            raise _NoPolicyError(StsProblem.MEDIA_TYPE, f"Content-Type is {media or 'missing'}, not text/plain")
        try:
            return read_policy(response.body)
        except StsError as problem:
            raise _NoPolicyError(StsProblem.POLICY_INVALID, str(problem)) from None

    def _problems_of(self, chain: tuple[bytes, ...], url: HttpUrl) -> KeysView[CertificateProblemKind]:
        """What keeps a certificate from being valid by the roots, and for the policy's host (RFC 8461 3.3)."""
        judged = judge(chain, self._roots, self._at)
        kinds = dict.fromkeys(one.kind for one in judged.problems)
        if judged.chain and not match(judged.chain[0], url.host).matches:
            kinds[CertificateProblemKind.NAME_MISMATCH] = None
        return kinds.keys()


class _NoPolicyError(Exception):
    def __init__(self, kind: StsProblem, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def with_chain(policy: TransportPolicy, chain: tuple[bytes, ...], at: datetime) -> TransportPolicy:
    """``policy`` with what its TLSA records match of ``chain`` (DER as sent)."""
    dane = policy.dane
    if dane is None or not dane.records or not chain:
        return policy
    records = match_tlsa(dane.records, chain)
    return replace(policy, dane=replace(dane, records=records, anchor_problems=judge_anchored(records, chain, at)))
