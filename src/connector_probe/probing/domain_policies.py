"""What domains publish about TLS for their mail, looked for beside the SMTP attempts of one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import AttemptEvidence
from connector_probe.probing.resolvers import reply_timeout
from connector_probe.probing.run import Run
from connector_probe.stages.resolve import Resolver
from connector_probe.trust import Trust, load_anchors

if TYPE_CHECKING:
    from connector_probe.stages.dnssec import Validator
    from connector_probe.stages.policy import PolicySeeker


class DomainPolicies:
    """Makes a seeker for each connector that goes by MX; validated keys and answers are shared by all."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._validators: dict[tuple[Resolver, str | None, bool], Validator] = {}
        self._seekers: list[PolicySeeker] = []

    def seek(self, connector: Connector, trust: Trust, resolver: Resolver) -> PolicySeeker | None:
        """What looks for the policies of the connector's domain, already at it; None where it has no domain."""
        if connector.use_mx is None or not resolver.has_nameservers:
            return None
        from connector_probe.stages.dnssec import Validator  # late: a smart host has no use for it
        from connector_probe.stages.policy import PolicySeeker

        key = (resolver, connector.trust_anchor, connector.trust_ad)
        if key not in self._validators:
            self._validators[key] = Validator(
                self._run.network,
                resolver.nameservers,
                anchors=load_anchors(connector.trust_anchor),
                trust_ad=connector.trust_ad,
                patience=reply_timeout(connector),
                root_of_all=connector.trust_anchor is None,
            )
        seeker = PolicySeeker(
            connector,
            connector.use_mx,
            network=self._run.network,
            validator=self._validators[key],
            resolver=resolver,
            roots=trust.roots,
            at=connector.as_of or self._run.certificates.now,
            heard=self._run.dates,
        )
        self._seekers.append(seeker)
        seeker.begin()
        return seeker

    def close(self) -> None:
        """Cancel what is still under way."""
        for seeker in self._seekers:
            seeker.close()
        for validator in self._validators.values():
            validator.close()

    async def add(
        self, evidence: AttemptEvidence, chain: tuple[bytes, ...], connector: Connector, seeker: PolicySeeker | None
    ) -> AttemptEvidence:
        """``evidence`` with what was found for its host; ``chain`` is what the server sent, in DER."""
        if seeker is None:
            return evidence
        from connector_probe.stages.policy import with_chain

        policy = await seeker.of_host(evidence.server, evidence.port)
        return replace(evidence, policy=with_chain(policy, chain, connector.as_of or self._run.certificates.now))
