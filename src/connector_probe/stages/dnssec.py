"""Look-ups with DNSSEC: from the trust anchor down the chain of DS and DNSKEY records, through the run's nameservers.

BOGUS is said only where a validated chain leads to the break. Whatever could not be had (a nameserver that is silent,
strips signatures, or does not know DNSSEC) is INDETERMINATE; a zone that nothing vouches for is INSECURE. That a
signed zone holds no DS for a child is taken from its answer without proof: who could forge it is not who is probed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from connector_probe.model.policy import TIME_REASONS, DnssecReason, DnssecStatus, SecureLookup
from connector_probe.network import Network, NetworkFaultError
from connector_probe.protocol.dns import name_text, records_of
from connector_probe.protocol.dnssec import (
    Anchor,
    Anchors,
    ZoneKeys,
    answers,
    chase,
    denials,
    denies,
    ds_records,
    entry_keys,
    fault_of_signatures,
    hold_in_their_time,
    is_supported,
    read_answer,
    secure_question,
    signatures_of,
    text_of,
    zone_of,
    zone_text,
)
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.nameservers import Nameserver, UdpQuestion, ask_in_turn, ask_over_tcp

# Seconds behind each sending of a question; silence is believed as late as stub resolvers do.
WAITS = (1.0, 1.5, 2.5)
TCP_WAIT = 4.0
MAX_HOPS = 16  # CNAMEs; the bound that common resolvers keep
MAX_RECORDS = 64  # kept of one answer
_Status = DnssecStatus
_Reason = DnssecReason


@dataclass(frozen=True, slots=True)
class _Trust:
    """How far a zone is to be trusted; ``keys`` with SECURE only, ``zone`` and ``reason`` with everything else."""

    status: DnssecStatus
    zone: str = ""
    reason: DnssecReason | None = None
    note: str = ""
    keys: ZoneKeys | None = None


class Validator:
    """Validates, and remembers answers and keys as long as it lives (one run)."""

    def __init__(
        self,
        network: Network,
        nameservers: Sequence[Nameserver],
        *,
        anchors: Anchors,
        trust_ad: bool = False,
        patience: float = WAITS[-1],
        clock: Callable[[], float] = time.time,
        root_of_all: bool = True,
    ) -> None:
        """``patience``: the longest wait for one reply, in seconds. ``clock``: Unix time for the signatures.

        ``root_of_all``: the anchors are those of the internet's root, which is signed anew every day.
        """
        self._network = network
        self._nameservers = tuple(nameservers)
        self._anchors = anchors
        self._trust_ad = trust_ad
        self._patience = patience
        self._clock = clock
        self._root_of_all = root_of_all
        self._messages: SingleFlight[tuple[str, str, bool], dns.message.Message | None] = SingleFlight()
        self._zones: SingleFlight[dns.name.Name, _Trust] = SingleFlight()

    async def look_up(self, name: str, rdtype: str) -> SecureLookup:
        """The records of ``name`` and how far they can be trusted; CNAMEs are followed. Never raises."""
        try:
            at = dns.name.from_text(name)
        except dns.exception.DNSException:
            return SecureLookup(name, rdtype, _Status.INDETERMINATE, reason=_Reason.UNNAMEABLE)
        if self._trust_ad:
            return await self._look_up_trusting(name, at, rdtype)
        return await self._look_up(name, at, rdtype)

    async def texts(self, name: str) -> tuple[str, ...] | None:
        """The TXT records of ``name``, whether they are signed or not; None where no answer could be had."""
        try:
            at = dns.name.from_text(name)
        except dns.exception.DNSException:
            return None
        for _ in range(MAX_HOPS):
            message = await self._fetch(at, "TXT")
            if message is None or not answers(message):
                return None
            steps, end = chase(message, at, dns.rdatatype.TXT)
            if steps and steps[-1].rdtype == dns.rdatatype.TXT:
                kept = list(steps[-1])[:MAX_RECORDS]
                return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in kept)
            if end == at or _has_soa(message):
                return ()
            at = end
        return None

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._messages.close()
        self._zones.close()

    # --- one name ----------------------------------------------------------------------------------------------

    async def _look_up(self, name: str, at: dns.name.Name, rdtype: str) -> SecureLookup:
        kind = dns.rdatatype.from_text(rdtype)
        found = SecureLookup(name, rdtype, _Status.SECURE)
        for _ in range(MAX_HOPS):
            message = await self._fetch(at, rdtype)
            if message is None:
                return replace(found, status=_Status.INDETERMINATE, reason=_Reason.NO_ANSWER)
            if not answers(message):
                return replace(found, status=_Status.INDETERMINATE, reason=_Reason.RCODE, note=_rcode(message))
            steps, end = chase(message, at, kind)
            for rrset in steps:
                trust = await self._trust_of(message.answer, rrset)
                found = _weaker(found, trust)
                if rrset.rdtype == kind:
                    return replace(found, records=_texts(rrset))
                found = replace(found, aliases=(*found.aliases, name_text(rrset[0].target)))
            if end == at or message.rcode() == dns.rcode.NXDOMAIN or _has_soa(message):
                return _weaker(found, await self._denied(message, end, kind))
            at = end
        return replace(found, status=_Status.INDETERMINATE, reason=_Reason.TOO_MANY_ALIASES)

    async def _look_up_trusting(self, name: str, at: dns.name.Name, rdtype: str) -> SecureLookup:
        """As a validating resolver says: AD is secure, no AD is insecure, SERVFAIL only while it validates is bogus."""
        base = SecureLookup(name, rdtype, _Status.INDETERMINATE)
        message = await self._fetch(at, rdtype, checking_disabled=False)
        if message is None:
            return replace(base, reason=_Reason.NO_ANSWER)
        if message.rcode() == dns.rcode.SERVFAIL:
            unchecked = await self._fetch(at, rdtype)
            if unchecked is not None and answers(unchecked):
                return replace(base, status=_Status.BOGUS, reason=_Reason.FAILS_WHEN_CHECKED)
        if not answers(message):
            return replace(base, reason=_Reason.RCODE, note=_rcode(message))
        steps, _ = chase(message, at, dns.rdatatype.from_text(rdtype))
        secure = bool(message.flags & dns.flags.AD)
        aliases = tuple(name_text(one[0].target) for one in steps if one.rdtype == dns.rdatatype.CNAME)
        return replace(
            base,
            status=_Status.SECURE if secure else _Status.INSECURE,
            records=_texts(steps[-1]) if steps and steps[-1].rdtype != dns.rdatatype.CNAME else (),
            aliases=aliases,
            reason=None if secure else _Reason.NOT_AUTHENTICATED,
        )

    # --- one set of records ------------------------------------------------------------------------------------

    async def _trust_of(self, section: list[dns.rrset.RRset], rrset: dns.rrset.RRset) -> _Trust:
        """How far ``rrset`` is to be trusted by the signatures beside it."""
        signatures = signatures_of(section, rrset.name, rrset.rdtype)
        if not signatures:
            return await self._unsigned(rrset.name)
        zone = await self._keys(signatures[0].signer)
        if zone.keys is None:
            return zone
        fault = fault_of_signatures(rrset, signatures, zone.keys, self._clock())
        return zone if fault is None else _Trust(_Status.BOGUS, zone_text(zone.keys.zone), *fault)

    async def _unsigned(self, name: dns.name.Name) -> _Trust:
        """Records without a signature: is their zone one that has to be signed?"""
        message = await self._fetch(name, "SOA")
        if message is not None and name != dns.name.root and records_of(message.answer, name, dns.rdatatype.CNAME):
            # The SOA is that of where the alias leads. Nothing but a zone's top is in another zone than its parent,
            # which has the DS records; no zone should have an alias there (RFC 1034 3.6.2), and some do.
            above = await self._fetch(name, "DS")
            if above is None or not answers(above) or records_of(above.answer, name, dns.rdatatype.CNAME):
                return await self._unsigned(name.parent())
            zone: dns.name.Name | None = name
        else:
            zone = zone_of(message, name) if message is not None and answers(message) else None
        if message is None or zone is None:
            return _Trust(_Status.INDETERMINATE, reason=_Reason.ZONE_UNKNOWN)
        trust = await self._keys(zone)
        if trust.keys is None:
            return trust
        # The DS records, the keys and their signatures came through; so would the signature that is missing.
        return _Trust(_Status.BOGUS, zone_text(zone), _Reason.SIGNATURE_MISSING)

    async def _denied(self, message: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> _Trust:
        """How far it is to be trusted that there is nothing."""
        proven = False
        zone: _Trust | None = None
        for denial in denials(message):
            signatures = signatures_of(message.authority, denial.name, denial.rdtype)
            if not signatures:
                continue
            zone = await self._keys(signatures[0].signer)
            if zone.keys is None:
                return zone
            fault = fault_of_signatures(denial, signatures, zone.keys, self._clock())
            if fault is not None:
                return _Trust(_Status.BOGUS, zone_text(zone.keys.zone), *fault)
            proven = proven or denies(denial, zone.keys.zone, name, kind)
        if proven and zone is not None:
            return zone
        if zone is None:
            trust = await self._unsigned(name)
            if trust.status is not _Status.BOGUS:
                return trust
        return _Trust(_Status.INDETERMINATE, reason=_Reason.UNPROVEN)

    # --- zones -------------------------------------------------------------------------------------------------

    async def _keys(self, zone: dns.name.Name) -> _Trust:
        return await self._zones.get(zone, lambda: self._find_keys(zone))

    async def _find_keys(self, zone: dns.name.Name) -> _Trust:
        text = zone_text(zone)
        if zone in self._anchors:
            trust = await self._enter(zone, self._anchors[zone])
            if trust.status is not _Status.BOGUS:
                return trust
            # Here it may as well be our anchor, our clock, or a nameserver with a root of its own.
            return _Trust(_Status.INDETERMINATE, text, _Reason.ANCHOR_MISFIT)
        if zone == dns.name.root:
            return _Trust(_Status.INDETERMINATE, text, _Reason.NO_ANCHOR)
        delegation = await self._delegation(zone)
        if isinstance(delegation, _Trust):
            return delegation
        anchors = ds_records(delegation)
        if not is_supported(anchors):
            return _Trust(_Status.INSECURE, text, _Reason.UNKNOWN_ALGORITHM)
        return await self._enter(zone, anchors)

    async def _delegation(self, zone: dns.name.Name) -> dns.rrset.RRset | _Trust:
        """The validated DS records of ``zone``; or why there are none."""
        text = zone_text(zone)
        message = await self._fetch(zone, "DS")
        if message is None or not answers(message):
            return _Trust(_Status.INDETERMINATE, text, _Reason.DS_UNAVAILABLE)
        found = records_of(message.answer, zone, dns.rdatatype.DS)
        if found is None:
            return _Trust(_Status.INSECURE, text, _Reason.NO_DS)
        signatures = [one for one in signatures_of(message.answer, zone, dns.rdatatype.DS) if one.signer != zone]
        if not signatures:
            return _Trust(_Status.INDETERMINATE, text, _Reason.DS_UNSIGNED)
        parent = await self._keys(signatures[0].signer)
        if parent.keys is None:
            return parent
        fault = fault_of_signatures(found, tuple(signatures), parent.keys, self._clock())
        return found if fault is None else _Trust(_Status.BOGUS, zone_text(parent.keys.zone), *fault)

    async def _enter(self, zone: dns.name.Name, anchors: tuple[Anchor, ...]) -> _Trust:
        """The zone's keys, once ``anchors`` vouch for one that signed them."""
        text = zone_text(zone)
        message = await self._fetch(zone, "DNSKEY")
        if message is None or not answers(message):
            return _Trust(_Status.INDETERMINATE, text, _Reason.KEYS_UNAVAILABLE)
        found = records_of(message.answer, zone, dns.rdatatype.DNSKEY)
        if found is None:
            return _Trust(_Status.BOGUS, text, _Reason.KEYS_MISSING)
        keys, vouched = entry_keys(zone, found, anchors)
        if vouched is None:
            return _Trust(_Status.BOGUS, text, _Reason.KEYS_MISFIT)
        signatures = signatures_of(message.answer, zone, dns.rdatatype.DNSKEY)
        fault = fault_of_signatures(found, signatures, vouched, self._clock())
        if fault is None:
            return _Trust(_Status.SECURE, text, keys=keys)
        is_root = zone == dns.name.root and self._root_of_all
        if is_root and fault[0] in TIME_REASONS and hold_in_their_time(found, signatures, vouched):
            return _Trust(_Status.INDETERMINATE, text, _Reason.ROOT_UNTIMELY, fault[1])
        return _Trust(_Status.BOGUS, text, *fault)

    # --- messages ----------------------------------------------------------------------------------------------

    async def _fetch(
        self, name: dns.name.Name, rdtype: str, *, checking_disabled: bool = True
    ) -> dns.message.Message | None:
        key = (name.to_text().lower(), rdtype, checking_disabled)
        return await self._messages.get(key, lambda: self._ask_in_turn(name, rdtype, checking_disabled))

    async def _ask_in_turn(
        self, name: dns.name.Name, rdtype: str, checking_disabled: bool
    ) -> dns.message.Message | None:
        """The first message that answers; else the last refusal; None for silence."""
        asked = secure_question(name, rdtype, checking_disabled=checking_disabled)
        wire, read = asked.to_wire(), partial(read_answer, asked=asked)

        def over_udp(nameserver: Nameserver) -> UdpQuestion[dns.message.Message | None]:
            return UdpQuestion(self._network, nameserver, wire, read, lambda one: one is None)

        heard, refusal = set[Nameserver](), None
        replies = ask_in_turn(self._network, self._nameservers, over_udp, WAITS, self._patience)
        async with aclosing(replies):
            async for nameserver, message in replies:
                if isinstance(message, dns.message.Message) and message.flags & dns.flags.TC:
                    try:
                        message = await ask_over_tcp(self._network, nameserver, wire, TCP_WAIT, read)
                    except NetworkFaultError:
                        message = None
                heard.add(nameserver)
                if isinstance(message, dns.message.Message):
                    if answers(message):
                        return message
                    refusal = message
                if refusal is not None and len(heard) == len(self._nameservers):
                    break
        return refusal


_STRENGTH = (_Status.BOGUS, _Status.INDETERMINATE, _Status.INSECURE, _Status.SECURE)


def _weaker(found: SecureLookup, trust: _Trust) -> SecureLookup:
    """``found``, trusted no further than ``trust``."""
    if _STRENGTH.index(trust.status) >= _STRENGTH.index(found.status):
        return found
    return replace(found, status=trust.status, zone=trust.zone, reason=trust.reason, note=trust.note)


def _rcode(message: dns.message.Message) -> str:
    return dns.rcode.to_text(message.rcode())


def _has_soa(message: dns.message.Message) -> bool:
    return any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority)


def _texts(rrset: dns.rrset.RRset) -> tuple[str, ...]:
    return tuple(text_of(record) for record in list(rrset)[:MAX_RECORDS])
