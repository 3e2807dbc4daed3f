"""After a failure: the way down the delegation to the authoritative servers, each of them asked directly.

Without --nameserver the way begins at the root servers. With it the roots are left alone, and the way begins at what
that nameserver says of the name servers of the zones above the name, as where the roots cannot be reached. Name
servers inside this network are asked only where the user sent us there (``may_be_asked``), so that no public zone
can direct questions at the inside. One small question a server and type, a bounded number of them, within one limit,
each asked once a run. The roots are told no more than the top-level domain (RFC 9156).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import (
    MAX_TOLD,
    SILENT,
    SPOKE_WITH_AUTHORITY,
    AuthorityReply,
    DnsInquiry,
    Recheck,
    ServerSays,
    StartedFrom,
    Walk,
)
from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import Lookup, LookupStatus, Resolution
from connector_probe.model.names import is_address
from connector_probe.model.reach import is_loopback
from connector_probe.network import Network
from connector_probe.network.clock import time_limit
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.authoritative import AuthoritativeServers, DirectQuestion
from connector_probe.stages.nameservers import Nameserver
from connector_probe.stages.resolve import Resolver

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from connector_probe.protocol.delegation import NameServer, Said

AT_ONCE = 64  # inquiries in one run, so that a fleet of failing connectors does not use up the sockets
LIMIT = 12.0  # seconds for the whole inquiry: some dozen round trips, and dead servers found out side by side
WAITS = (1.0, 1.5, 2.5)  # behind each datagram to one server; some need seconds for an answer
ROOT_WAITS = (1.5,)
TCP_WAIT = 2.5
DNS_PORT = 53
MAX_WALKS = 3  # a domain, one of its MX hosts, and where that is an alias to
MAX_ZONES = 8  # from the root down; real names have three to five
MAX_DEPTH = 8  # labels whose name servers our nameserver is asked for
MAX_ADDRESSES = 8  # asked of one zone; most have two to four
SCOUTS = 3  # of the servers of a zone that is only passed through
MAX_GLUELESS = 4  # name servers of one zone whose addresses are looked up; bounds what a referral can make us ask
MAX_RECHECKS = 2
# IANA, www.iana.org/domains/root/servers: some of the thirteen, of different operators, both families.
ROOT_SERVERS = (
    ("a.root-servers.net", "198.41.0.4"),
    ("k.root-servers.net", "193.0.14.129"),
    ("l.root-servers.net", "2001:500:9f::42"),
    ("f.root-servers.net", "192.5.5.241"),
)
_NO_WORD = SILENT | {ServerSays.NOT_ASKED}
# Why a server was not asked; the words for it are the catalogue's.
_HAS_NONE = frozenset({LookupStatus.NODATA, LookupStatus.NXDOMAIN})
NO_ADDRESS, INSIDE = "no-address", "inside"
Asked = tuple[str, tuple[str, ...]]


class Inquiries(SingleFlight[tuple[Resolver, tuple[Asked, ...], float], DnsInquiry | None]):
    """Makes inquiries over one network, each question of one run only once."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self._authorities = AuthoritativeServers(network)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def inquire(self, resolution: Resolution, resolver: Resolver, limit: float) -> DnsInquiry | None:
        """What can be found out about ``resolution``; None when there was nothing to ask. Never raises."""
        asked = tuple(_questions(resolution))[:MAX_WALKS]
        if not asked or not resolver.has_nameservers:
            return None
        key = (resolver, asked, min(limit, LIMIT))
        return await self.get(key, lambda: self._inquire(resolution, *key))

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        super().close()
        self._authorities.close()

    async def _inquire(
        self, resolution: Resolution, resolver: Resolver, asked: Sequence[Asked], limit: float
    ) -> DnsInquiry | None:
        async with self._places:  # waiting for one is not on the limit: it would be our own doing
            began = self._network.now()
            walkers = [_Walker(self._network, resolver, self._authorities, name, rdtypes) for name, rdtypes in asked]
            rechecks: list[Recheck] = []
            done = False
            with contextlib.suppress(TimeoutError):
                async with time_limit(self._network.now, limit):
                    ways = (walker.walk() for walker in walkers)
                    await asyncio.gather(*ways, _recheck(resolution, resolver, rechecks))
                    if (target := _alias_beyond(walkers, resolution)) is not None and len(walkers) < MAX_WALKS:
                        walkers.append(_Walker(self._network, resolver, self._authorities, *target))
                        await walkers[-1].walk()
                    done = True
            # Behind the limit: reading the public suffixes is our own work.
            walks = tuple([await walker.result(done) for walker in walkers if walker.replies])
            if not walks and not rechecks:
                return None
            return DnsInquiry(walks, tuple(rechecks), seconds=to_microseconds(self._network.now() - began))


def _questions(resolution: Resolution) -> Iterator[Asked]:
    """Which names to follow up, and for which types: as looked up, and where an alias led to."""
    types: dict[str, dict[str, None]] = {}
    for lookup in resolution.lookups:
        if lookup.rdtype == "MX" and resolution.mx_domain is None:
            continue  # a smart host without any address: it led nowhere
        for name in (lookup.name, *lookup.aliases[-1:]):
            types.setdefault(name, {})[lookup.rdtype] = None
    # What failed first: with more names than can be followed, the last ones looked up are the ones that matter.
    for name in reversed(types):
        if name and name != "." and not is_address(name):
            yield name, tuple(types[name])


def _alias_beyond(walkers: Sequence[_Walker], resolution: Resolution) -> Asked | None:
    """Where an alias leads that only the authoritative servers told of, since our nameserver failed behind it."""
    known = {alias for lookup in resolution.lookups for alias in lookup.aliases}
    for walker in walkers:
        for reply in walker.replies:
            if reply.status is ServerSays.ALIAS and reply.records[0] not in known:
                return reply.records[0], walker.rdtypes
    return None


async def _recheck(resolution: Resolution, resolver: Resolver, found: list[Recheck]) -> None:
    """SERVFAIL: is it the validation (RFC 4035 3.2.2), and does it last? Is it so for the root, too?"""
    failed = [one for one in resolution.lookups if one.status is LookupStatus.SERVFAIL][:MAX_RECHECKS]
    if failed and resolution.control is not None and resolution.control.status is LookupStatus.SERVFAIL:
        failed.append(resolution.control)
    by_name = {str(one): one for one in resolver.nameservers}

    async def once(lookup: Lookup) -> None:
        nameserver = by_name.get(lookup.nameserver or "")
        name = lookup.last_name
        ask = partial(resolver.ask_again, name, lookup.rdtype, nameserver=nameserver)
        unchecked, again = await asyncio.gather(ask(checking=False), ask())
        error = again.note or lookup.note
        found.append(
            Recheck(lookup.nameserver or "", name, lookup.rdtype, str(unchecked.status), str(again.status), error)
        )

    await asyncio.gather(*map(once, failed))


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    address: str


class _Walker:
    """One way down. What was heard stays in ``replies`` when the time for it ends."""

    def __init__(
        self,
        network: Network,
        resolver: Resolver,
        authorities: AuthoritativeServers,
        name: str,
        rdtypes: tuple[str, ...],
    ) -> None:
        self._network = network
        self._resolver = resolver
        self._authorities = authorities
        self.name = name
        self.rdtypes = rdtypes
        self._started_from = StartedFrom.NAMESERVER if resolver.given else StartedFrom.ROOTS
        self._zones: list[str] = []
        self.replies: list[AuthorityReply] = []
        self._above: Said | None = None  # the zone above the first one, where nobody has been asked there yet

    async def result(self, complete: bool) -> Walk:
        return Walk(
            self.name,
            self.rdtypes,
            self._started_from,
            await asyncio.to_thread(registrable, self.name),
            tuple(self._zones),
            tuple(sorted(self.replies, key=self._place)),
            complete,
        )

    def _place(self, reply: AuthorityReply) -> tuple[int, str, str, bool, int]:
        """Zone by zone, server by server, UDP first: not in the order in which answers happened to come."""
        zone = self._zones.index(reply.zone) if reply.zone in self._zones else len(self._zones)
        asked = self.rdtypes.index(reply.rdtype) if reply.rdtype in self.rdtypes else 0
        return zone, reply.server, reply.address or "", reply.transport == "tcp", asked

    async def walk(self) -> None:
        """Never raises but CancelledError."""
        if self._started_from is StartedFrom.ROOTS:
            roots = [_Server(name, address) for name, address in ROOT_SERVERS]
            self._zones.append(".")
            referral = _deepest(await self._ask_each(".", roots, "NS", ROOT_WAITS))
            if referral is not None:
                await self._descend(referral)
                return
            if any(reply.status in SPOKE_WITH_AUTHORITY for reply in self.replies):
                return
            self._started_from = StartedFrom.NAMESERVER
            # What answers in a root server's place without knowing the root would answer in everybody's.
            if not all(reply.status in _NO_WORD for reply in self.replies):
                return
        await self._from_nameserver()

    async def _from_nameserver(self) -> None:
        """From the deepest zone whose name servers our nameserver knows; when they are silent, one further up too."""
        from connector_probe.protocol.delegation import MAX_NAME_SERVERS, NameServer, Said, enclosing

        above = list(enclosing(self.name))[-MAX_DEPTH:]
        lookups = await asyncio.gather(*(self._resolver.ask_again(zone, "NS") for zone in above))
        known = [one for one in lookups if one.status is LookupStatus.ANSWER and not one.aliases]
        starts = [
            Said(
                ServerSays.REFERRAL,
                zone=lookup.name,
                servers=tuple(NameServer(name.rstrip(".").lower()) for name in lookup.records[:MAX_NAME_SERVERS]),
            )
            for lookup in known[:2]
        ]
        if not starts:
            return
        self._above = starts[1] if len(starts) > 1 else None
        await self._descend(starts[0])
        if all(reply.status in _NO_WORD for reply in self.replies):
            # Is it them, or does nothing that we ask directly come through? The zone above tells.
            await self._ask_above(WAITS[:1])

    async def _ask_above(self, waits: Sequence[float]) -> Said | None:
        """The referral of the zone above the first one, asked once."""
        above, self._above = self._above, None
        if above is None:
            return None
        self._zones.insert(0, above.zone)
        return await self._pass_through(above.zone, await self._with_addresses(above.zone, above.servers), waits)

    async def _descend(self, referral: Said) -> None:
        """Follow referrals, and ask every server of the last zone every question."""
        from connector_probe.protocol.delegation import MAX_NAME_SERVERS

        while len(self._zones) < MAX_ZONES:
            zone = referral.zone
            self._zones.append(zone)
            servers = await self._with_addresses(zone, referral.servers[:MAX_NAME_SERVERS])
            if "." not in zone:
                further = await self._pass_through(zone, servers, WAITS)
                if further is None:
                    if any(reply.zone == zone and reply.status is not ServerSays.NXDOMAIN for reply in self.replies):
                        await self._complete(zone, servers[:SCOUTS])
                    return
            else:
                said = await self._ask_each(zone, servers[:MAX_ADDRESSES], self.rdtypes[0], WAITS)
                further = _deepest(said)
                if further is None:
                    await self._complete(zone, servers[:MAX_ADDRESSES])
                    return
            referral = further

    async def _pass_through(self, zone: str, servers: Sequence[_Server], waits: Sequence[float]) -> Said | None:
        """The way on, from a few servers of ``zone``, or a few others where those are silent."""
        for at in range(0, min(len(servers), 2 * SCOUTS), SCOUTS):
            said = await self._ask_each(zone, servers[at : at + SCOUTS], self.rdtypes[0], waits)
            if any(one.status not in _NO_WORD for one in said):
                return _deepest(said)
        return None

    async def _complete(self, zone: str, servers: Sequence[_Server]) -> None:
        """The other types over UDP, and one question over TCP, each to every server."""
        here = [one for one in self.replies if one.zone == zone]
        beyond = {one.address for one in here if one.status is ServerSays.NOT_ASKED}
        silent = {one.address for one in here if one.status in SILENT}
        servers = [server for server in servers if server.address not in beyond]
        spoke = [server for server in servers if server.address not in silent]
        await asyncio.gather(
            *(self._ask_each(zone, spoke, rdtype, WAITS) for rdtype in self.rdtypes[1:]),
            self._ask_each(zone, servers, self.rdtypes[0], (TCP_WAIT,), tcp=True),
        )

    async def _with_addresses(self, zone: str, servers: Sequence[NameServer]) -> list[_Server]:
        """Each server's addresses, those told along first; IPv4 first, as it is the family that all have."""
        unknown = [server.name for server in servers if not server.addresses][:MAX_GLUELESS]
        looked_up = await asyncio.gather(
            *(self._resolver.ask_again(name, rdtype) for name in unknown if name for rdtype in ("A", "AAAA"))
        )
        found = {server.name: list(server.addresses) for server in servers}
        for lookup in looked_up:
            if lookup.status is LookupStatus.ANSWER:
                found[lookup.name] += lookup.records
        if any(not found[name] and f".{name}".endswith(f".{zone}") for name in unknown):
            # Within the zone itself the zone above has to tell the address along (glue, RFC 1034 4.2.1).
            referral = await self._ask_above(WAITS)
            if referral is not None and referral.zone == zone:
                for server in referral.servers:
                    if not found.get(server.name, True):
                        found[server.name] += server.addresses
        for name in unknown:
            if not found[name]:
                has_none = all(one.status in _HAS_NONE for one in looked_up if one.name == name)
                note = NO_ADDRESS if has_none else ""
                self.replies.append(AuthorityReply(zone, name, None, self.rdtypes[0], ServerSays.NOT_ASKED, note=note))
        pairs = dict.fromkeys(_Server(name, address) for name, addresses in found.items() for address in addresses[:4])
        return sorted(pairs, key=lambda server: ":" in server.address)

    async def _ask_each(
        self, zone: str, servers: Sequence[_Server], rdtype: str, waits: Sequence[float], *, tcp: bool = False
    ) -> list[Said]:
        """Side by side; what was said is kept in ``replies`` too."""
        return list(await asyncio.gather(*(self._ask(zone, server, rdtype, waits, tcp=tcp) for server in servers)))

    async def _ask(self, zone: str, server: _Server, rdtype: str, waits: Sequence[float], *, tcp: bool) -> Said:
        from connector_probe.protocol.delegation import Said, may_be_asked

        began, by_tcp = self._network.now(), tcp
        ours = [one.address for one in self._resolver.nameservers] if self._resolver.given else []
        nameserver = self._nameserver_at(server.address)
        question = DirectQuestion(nameserver, self.name.rpartition(".")[2] if zone == "." else self.name, rdtype, zone)
        try:
            if not may_be_asked(server.address, ours):
                said = Said(ServerSays.NOT_ASKED, note=INSIDE)
            else:
                said = await self._authorities.ask(question, tuple(waits), tcp=tcp)
                if said.status is ServerSays.TRUNCATED and not tcp:
                    whole = await self._authorities.ask(question, (TCP_WAIT,), tcp=True)
                    said, by_tcp = (said, False) if whole.status in SILENT else (whole, True)
        except ValueError:  # a name that DNS cannot carry, or an address that is none
            said = Said(ServerSays.NOT_ASKED)
        if nameserver in self._resolver.nameservers and said.status not in SPOKE_WITH_AUTHORITY:
            return said  # it is our own nameserver: that it is no authority is no news
        self.replies.append(
            AuthorityReply(
                zone=said.zone if said.zone and said.status is not ServerSays.REFERRAL else zone,
                server=server.name,
                address=server.address,
                rdtype=rdtype,
                status=said.status,
                transport="tcp" if by_tcp else "udp",
                records=said.records[:MAX_TOLD],
                ttl=said.ttl,
                rcode=said.rcode,
                serial=said.serial,
                note=said.note,
                seconds=to_microseconds(self._network.now() - began),
            )
        )
        return said

    def _nameserver_at(self, address: str) -> Nameserver:
        """Port 53. Only a nameserver given on loopback with another port is a laboratory, and so are its neighbours."""
        for one in self._resolver.nameservers:
            if self._resolver.given and is_loopback(one.address) and is_loopback(address):
                return Nameserver(address, one.port)
        return Nameserver(address, DNS_PORT)


def _deepest(said: Sequence[Said]) -> Said | None:
    referrals = [one for one in said if one.status is ServerSays.REFERRAL]
    return max(referrals, key=lambda one: one.zone.count("."), default=None)


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # late: few runs need its tables

    return PublicSuffixList(only_icann=True)


def registrable(name: str) -> str | None:
    """The registered domain that ``name`` belongs to: one label below a registry's suffix (publicsuffix.org)."""
    return _suffixes().privatesuffix(name)
