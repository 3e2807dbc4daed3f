"""Looking names up with the nameservers of this machine or of the user. Answers are kept for the run.

Every kind of failure stays what it was: high-level resolvers call most of them time-outs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import FaultKind, Lookup, LookupStatus, MxRecord, NetworkFault
from connector_probe.network import HttpError, HttpUrl, Network, NetworkFaultError
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.nameservers import UDP_WAITS, Nameserver, UdpQuestion, ask_in_turn, ask_over_tcp

if TYPE_CHECKING:
    from connector_probe.protocol.dns import Answer, Question

TCP_WAIT = 4.0
WORTH_ANOTHER_TRY = frozenset(
    {
        LookupStatus.TIMED_OUT,
        LookupStatus.UNREACHABLE,
        LookupStatus.SERVFAIL,
        LookupStatus.REFUSED,
        LookupStatus.MALFORMED,
        LookupStatus.WRONG_ID,
        LookupStatus.WRONG_QUESTION,
        LookupStatus.TRUNCATED,
        LookupStatus.OTHER_RCODE,
    }
)
LOOPBACK = ("::1", "127.0.0.1")
_FOREIGN = frozenset({LookupStatus.WRONG_ID, LookupStatus.WRONG_QUESTION})
_Found = tuple[Lookup, "Answer | None"]


class Resolver(SingleFlight[tuple[str, str], Lookup]):
    """Asks nameservers, and remembers the answers as long as it lives (one run)."""

    def __init__(self, network: Network, nameservers: Sequence[str], *, given: bool, patience: float) -> None:
        """``patience``: the longest wait for one reply, in seconds. ``given``: the user named the nameservers."""
        super().__init__()
        self._network = network
        self.nameservers = tuple(Nameserver.parse(text) for text in nameservers)
        self._patience = patience
        self.given = given

    @property
    def has_nameservers(self) -> bool:
        return bool(self.nameservers)

    def now(self) -> float:
        return self._network.now()

    async def look_up(self, name: str, rdtype: str) -> Lookup:
        """The records of ``name``, CNAMEs followed. Never raises."""
        return await self.get((name, rdtype), lambda: self._look_up(name, rdtype))

    def forget_all(self, lookups: Iterable[Lookup]) -> None:
        """Ask for them again when they are wanted next, and whether the nameservers answer at all."""
        for name, rdtype in (*((one.name, one.rdtype) for one in lookups), (".", "NS")):
            self.forget((name, rdtype))

    async def ask_again(
        self,
        name: str,
        rdtype: str,
        waits: Sequence[float] = UDP_WAITS,
        *,
        nameserver: Nameserver | None = None,
        checking: bool = True,
    ) -> Lookup:
        """What one nameserver (the first by default) says now; not kept, and no CNAME followed. Never raises.

        ``checking`` False asks for an answer that was not validated (CD).
        """
        asked = [nameserver or self.nameservers[0]]
        return (await self._ask(asked, name, rdtype, waits, checking=checking))[0]

    async def control(self) -> Lookup:
        """What the nameservers say to a question that every resolver can answer."""
        return await self.look_up(".", "NS")

    async def _look_up(self, name: str, rdtype: str) -> Lookup:
        from connector_probe.protocol.dns import MAX_ALIASES

        began = self._network.now()
        at, aliases, ttl = name, (), None  # type: tuple[str, tuple[str, ...], int | None]
        while True:
            lookup, answer = await self._ask(self.nameservers, at, rdtype, UDP_WAITS)
            aliases += lookup.aliases
            ttl = min((one for one in (ttl, lookup.ttl) if one is not None), default=None)
            if answer is None or answer.status is not None:
                status = lookup.status
                break
            at = answer.name
            if at == name or at in aliases[:-1]:
                status = LookupStatus.CNAME_LOOP
                break
            if len(aliases) > MAX_ALIASES:
                status = LookupStatus.CNAME_TOO_LONG
                break
        seconds = to_microseconds(self._network.now() - began)
        return replace(lookup, name=name, status=status, aliases=aliases, ttl=ttl, seconds=seconds)

    async def _ask(
        self,
        nameservers: Sequence[Nameserver],
        name: str,
        rdtype: str,
        waits: Sequence[float],
        *,
        checking: bool = True,
    ) -> _Found:
        """Every nameserver, once for each of ``waits``, until one gives an answer that settles the question."""
        from connector_probe.protocol.dns import question

        base = Lookup(name, rdtype, LookupStatus.TIMED_OUT)
        try:
            asked = question(name, rdtype, checking=checking)
        except ValueError as error:
            return replace(base, status=LookupStatus.MALFORMED, note=str(error)), None
        best: _Found | None = None
        replies = ask_in_turn(self._network, nameservers, lambda one: self._question(one, asked), waits, self._patience)
        async with aclosing(replies):
            async for nameserver, heard in replies:
                found = await self._read(replace(base, nameserver=str(nameserver)), nameserver, heard, asked)
                if found[0].status not in WORTH_ANOTHER_TRY:
                    return found
                if best is None or _tells_more(found[0], best[0]):
                    best = found
        return best or (replace(base, note="no nameserver"), None)

    def _question(self, nameserver: Nameserver, asked: Question) -> UdpQuestion[Answer]:
        """What a device on the way may drop for its EDNS is asked for without, the second time; stubs always do so."""
        from connector_probe.protocol.dns import read, without_edns

        return UdpQuestion(
            self._network,
            nameserver,
            asked.wire,
            partial(read, asked=asked),
            lambda one: one.status in _FOREIGN,
            again=lambda: without_edns(asked).wire,
        )

    async def _read(
        self, base: Lookup, nameserver: Nameserver, heard: Answer | NetworkFault | None, asked: Question
    ) -> _Found:
        """What ``heard`` comes to, asked again where it says how: without EDNS, over TCP."""
        from connector_probe.protocol.dns import read, without_edns

        transport, authoritative = "udp", False
        try:
            if isinstance(heard, NetworkFault):
                raise NetworkFaultError(heard)
            if heard is not None and heard.edns_refused:
                asked = without_edns(asked)
                again = self._question(nameserver, asked)
                try:
                    heard = await again.ask(min(UDP_WAITS[0], self._patience))
                finally:
                    again.close()
            if heard is not None and heard.truncated:
                transport, authoritative = "tcp", heard.authoritative
                wait = min(TCP_WAIT, self._patience)
                # A device that drops what has EDNS drops it over TCP, too: what was answered is asked again.
                asked = asked if heard.edns else without_edns(asked)
                heard = await ask_over_tcp(self._network, nameserver, asked.wire, wait, partial(read, asked=asked))
        except NetworkFaultError as error:
            timed_out = error.fault.kind is FaultKind.TIMED_OUT
            status = LookupStatus.TIMED_OUT if timed_out else LookupStatus.UNREACHABLE
            if transport == "tcp":  # it does answer, over UDP, and says that the answer needs TCP
                status = LookupStatus.TRUNCATED
                base = replace(base, authoritative=authoritative)
            return replace(base, status=status, transport=transport, fault=error.fault), None
        if heard is None:
            return base, None
        if heard.referral:  # no resolver, or not ours: it says nothing of the name
            heard = replace(heard, status=LookupStatus.REFUSED, note="it refers to other servers, and asks none itself")
        found = replace(
            base,
            status=heard.status or LookupStatus.NODATA,
            records=heard.records,
            aliases=heard.aliases,
            ttl=heard.ttl,
            rcode=heard.rcode,
            transport=transport,
            authoritative=heard.authoritative,
            authenticated=heard.authenticated,
            note=heard.note,
        )
        return found, heard


async def http_addresses(url: HttpUrl, resolver: Resolver) -> list[str]:
    """IPv4 first: authorities' and registries' servers all have it. Raises HttpError."""
    if url.is_address:
        return [url.host]
    if not resolver.has_nameservers:
        raise HttpError(f"{url.host} cannot be looked up: no nameserver")
    name = url.host.removesuffix(".")
    looked_up = await asyncio.gather(*(resolver.look_up(name, rdtype) for rdtype in ("A", "AAAA")))
    found = [record for lookup in looked_up for record in lookup.records]
    if not found:
        told = ", ".join(f"{lookup.rdtype}: {lookup.status}" for lookup in looked_up)
        raise HttpError(f"{url.host} cannot be looked up ({told})")
    return found


def mx_records(lookup: Lookup) -> tuple[MxRecord, ...]:
    """In the order of their preference, the lowest first (RFC 5321 5.1)."""
    return tuple(sorted(map(_mx_record, lookup.records), key=lambda record: record.preference))


def _mx_record(text: str) -> MxRecord:
    preference, _, exchange = text.partition(" ")
    return MxRecord(int(preference), exchange.rstrip("."))


def _tells_more(lookup: Lookup, than: Lookup) -> bool:
    """Any answer tells more than an ICMP error, and that more than silence."""
    rank = {LookupStatus.TIMED_OUT: 0, LookupStatus.UNREACHABLE: 1}
    return rank.get(lookup.status, 2) > rank.get(than.status, 2)
