"""What domains publish about TLS for their mail, looked for beside the SMTP attempts of one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import AttemptEvidence
from connector_probe.probing.run import Run
from connector_probe.stages.resolve import Resolver
from connector_probe.trust import Trust

if TYPE_CHECKING:
    from connector_probe.stages.policy import PolicySeeker


class DomainPolicies:
    """Makes a seeker for each connector that goes by MX."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seekers: list[PolicySeeker] = []

    def seek(self, connector: Connector, trust: Trust, resolver: Resolver) -> PolicySeeker | None:
        """What looks for the policies of the connector's domain, already at it; None where it has no domain."""
        if connector.use_mx is None or not resolver.has_nameservers:
            return None
        from connector_probe.stages.policy import PolicySeeker  # late: a smart host has no use for it

        seeker = PolicySeeker(
            connector,
            connector.use_mx,
            network=self._run.network,
            validator=self._run.resolvers.validator(connector),
            resolver=resolver,
            roots=trust.roots,
            at=connector.as_of or self._run.certificates.now,
            heard=self._run.dates,
        )
        self._seekers.append(seeker)
        return seeker

    def close(self) -> None:
        """Cancel what is still under way."""
        for seeker in self._seekers:
            seeker.close()

    async def add(
        self, evidence: AttemptEvidence, chain: tuple[bytes, ...], connector: Connector, seeker: PolicySeeker | None
    ) -> AttemptEvidence:
        """``evidence`` with what was found for its host; ``chain`` is what the server sent, in DER."""
        if seeker is None:
            return evidence
        from connector_probe.stages.policy import with_chain

        policy = await seeker.of_host(evidence.server, evidence.port)
        return replace(evidence, policy=with_chain(policy, chain, connector.as_of or self._run.certificates.now))
