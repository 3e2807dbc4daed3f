"""After a failure that DNS can explain: a second look at it, at its nameservers and at the registry.

It says why, and whose fault it is. The class is another then only where our own nameserver is at fault, or where the
name's own servers show that an NXDOMAIN was none.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.model.delegation import Recheck
from connector_probe.model.evidence import AttemptEvidence, Countercheck, Resolution
from connector_probe.model.names import is_address
from connector_probe.model.verdict import FailureClass
from connector_probe.network.clock import time_limit
from connector_probe.probing.resolvers import reply_timeout
from connector_probe.probing.run import Run
from connector_probe.stages.addresses import with_addresses
from connector_probe.stages.countercheck import ask_for_controls, ask_for_sibling
from connector_probe.trust import Trust

if TYPE_CHECKING:
    from connector_probe.stages.delegation import Inquiries
    from connector_probe.stages.registration import Registrations

# Seconds for asking whether an old answer led us to an address that nobody answers at, or to a host that the domain's
# policy does not list.
BRIEF_INQUIRY = 6.0
OWN_ZONE_INQUIRY = 3.0  # seconds for finding out what the public gets, before anything is connected to
# Where a second look at DNS can change what is said: not after a circle of aliases, which stands in the records.
WORTH_A_WALK = frozenset(
    {
        FailureClass.DNS_NXDOMAIN,
        FailureClass.DNS_NO_ADDRESS,
        FailureClass.DNS_SERVFAIL,
        FailureClass.DNS_REFUSED,
        FailureClass.DNS_TIMEOUT,
        FailureClass.DNS_MALFORMED,
        FailureClass.DNS_NULL_MX,
    }
)
BRIEFLY_WORTH_A_WALK = frozenset(
    {
        FailureClass.TCP_REFUSED,
        FailureClass.TCP_TIMEOUT,
        FailureClass.TCP_UNREACHABLE,
        FailureClass.CERTIFICATE_NAME_MISMATCH,
        FailureClass.MTA_STS_MX_NOT_LISTED,
    }
)


class AskDnsAgain:
    """Behind the last try of a connector's attempt; over one run each question is asked once."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def close(self) -> None:
        """Cancel what is still under way."""
        for used in vars(self).keys() & {"_inquiries", "_registrations"}:
            getattr(self, used).close()

    @cached_property
    def _inquiries(self) -> Inquiries:
        from connector_probe.stages.delegation import Inquiries  # late: few failures are DNS's to explain

        return Inquiries(self._run.network)

    @cached_property
    def _registrations(self) -> Registrations:
        from connector_probe.stages.registration import Registrations  # late: few want it

        return Registrations(self._run.network)

    async def as_the_public(self, resolution: Resolution, connector: Connector) -> Resolution:
        """``resolution`` with the addresses that Exchange Online gets, where our nameserver has others of its own.

        What answers with authority is no cache: it has the zone itself, as the public has it or otherwise (split DNS).
        """
        asked = [one for one in resolution.lookups if one.rdtype in ("A", "AAAA")]
        if resolution.nameservers_given or not any(one.authoritative for one in asked):
            return resolution
        inquiry = await self._inquiries.inquire(resolution, self._run.resolvers.of(connector), OWN_ZONE_INQUIRY)
        found = replace(resolution, inquiry=inquiry)
        public = self._run.judge.public_addresses(found)
        if not public:
            return resolution
        return replace(with_addresses(found, public, connector.family), own_zone=resolution.addresses)

    async def look(self, evidence: AttemptEvidence, connector: Connector, trust: Trust) -> AttemptEvidence:
        """``evidence`` with a second look at DNS, where the failure is one that DNS can explain. Never raises."""
        if evidence.connected and evidence.policy is None and not evidence.chain:  # then DNS has led to where it should
            return evidence
        failure = self._run.judge.failure_of(evidence, connector)
        resolution = asked = evidence.resolution
        limit = reply_timeout(connector)
        if failure in BRIEFLY_WORTH_A_WALK:
            if failure is FailureClass.MTA_STS_MX_NOT_LISTED:  # how the host came into question, and nothing of its own
                asked = replace(asked, lookups=tuple(one for one in asked.lookups if one.rdtype == "MX"))
            elif is_address(resolution.server):
                return evidence
            if _from_the_source(asked):
                return evidence
            limit = min(limit, BRIEF_INQUIRY)
        elif failure not in WORTH_A_WALK:
            return evidence
        resolver = self._run.resolvers.of(connector)
        inquiry, check = await asyncio.gather(
            self._inquiries.inquire(asked, resolver, limit), self._countercheck(resolution, connector)
        )
        if inquiry is not None and any(one.fails_when_checked for one in inquiry.rechecks):
            inquiry = replace(inquiry, rechecks=await self._validated(inquiry.rechecks, connector, limit))
        evidence = replace(evidence, resolution=replace(resolution, inquiry=inquiry, countercheck=check))
        if check is not None and (denied := self._run.judge.denied_name(evidence, connector)) is not None:
            check = replace(check, sibling=await ask_for_sibling(denied, resolver))
            evidence = replace(evidence, resolution=replace(evidence.resolution, countercheck=check))
        domain = self._run.judge.unsettled_domain(evidence) if connector.rdap is not None else None
        if inquiry is None or domain is None or connector.rdap is None:
            return evidence
        roots, source = trust.roots, connector.source_address
        registration = await self._registrations.ask(domain, connector.rdap, resolver, roots, source)
        inquiry = replace(inquiry, registration=registration)
        return replace(evidence, resolution=replace(evidence.resolution, inquiry=inquiry))

    async def _validated(
        self, rechecks: tuple[Recheck, ...], connector: Connector, limit: float
    ) -> tuple[Recheck, ...]:
        """Where the nameserver fails only as long as it validates: is it the signatures, or is it the nameserver?"""
        validator = self._run.resolvers.validator(connector)

        async def validated(one: Recheck) -> Recheck:
            if one.name == "." or not one.fails_when_checked:
                return one
            return replace(one, validated=await validator.look_up(one.name, one.rdtype))

        try:
            async with time_limit(self._run.network.now, limit):
                return tuple(await asyncio.gather(*map(validated, rechecks)))
        except TimeoutError:
            return rechecks

    async def _countercheck(self, resolution: Resolution, connector: Connector) -> Countercheck | None:
        """What this machine's own nameservers say of the control hosts; None where the user chose the nameservers."""
        resolver = self._run.resolvers.of(connector)
        if resolution.nameservers_given or not resolver.has_nameservers or not resolution.lookups:
            return None
        return Countercheck(await ask_for_controls(tuple(connector.control), resolver))


def _from_the_source(resolution: Resolution) -> bool:
    """Whether the authoritative server that the user named told the addresses, so that they cannot be old.

    Authority of this machine's own nameserver is another thing: a zone of its own, which the public may see otherwise.
    """
    told = [lookup for lookup in resolution.lookups if lookup.records]
    return resolution.nameservers_given and bool(told) and all(lookup.authoritative for lookup in told)
