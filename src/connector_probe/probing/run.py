"""What all attempts of one run share, whatever connectors they are made for.

And what probing asks of those who conclude from evidence; it concludes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable

from connector_probe.model.connector import Connector
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, Resolution
from connector_probe.model.verdict import FailureClass
from connector_probe.network import Network
from connector_probe.probing.attempt import Attempt
from connector_probe.probing.certificates import CertificateCache
from connector_probe.probing.resolvers import Resolvers
from connector_probe.probing.tls_loading import TlsLoading
from connector_probe.probing.work_slots import WorkSlots
from connector_probe.stages.certificate_urls import Web
from connector_probe.stages.local_clock import HeardDates


@dataclass(frozen=True, slots=True)
class Judge:
    """Pure functions of an attempt's evidence under its connector; of module level, so that they can be pickled.

    ``failure_of``: the failure class, None where mail would flow: it decides about retries and second looks.
    ``unsettled_domain``: the registered domain of which DNS leaves open whether it has expired.
    ``denied_name``: the name that our nameserver resolves although its zone's own servers deny it.
    ``public_addresses``: those that the public gets where our nameserver has a zone of its own that says otherwise.
    ``load``: loads what the others need, in a thread or before a fork.
    """

    failure_of: Callable[[AttemptEvidence, Connector], FailureClass | None]
    unsettled_domain: Callable[[AttemptEvidence], str | None]
    denied_name: Callable[[AttemptEvidence, Connector], str | None]
    public_addresses: Callable[[Resolution], tuple[str, ...]]
    load: Callable[[], None]


class Run:
    """``dates``: what web servers told of the time in passing. ``web``: fetches, each URL once."""

    def __init__(self, network: Network, slots: WorkSlots, judge: Judge) -> None:
        self.network = network
        self.slots = slots
        self.judge = judge
        self.resolvers = Resolvers(network)
        self.dates = HeardDates()
        self.web = Web(network, self.dates)
        self.certificates = CertificateCache()
        self.tls_loading = TlsLoading(judge.load)

    def close(self) -> None:
        """Cancel what is still under way."""
        self.web.close()
        self.resolvers.close()


class FollowUp:
    """One look behind a conversation, over one run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def look(self, attempt: Attempt) -> Attempt:
        """``attempt`` with what there is more to see. Never raises for what a network or a server does."""
        raise NotImplementedError

    def close(self) -> None:
        """Cancel what is still under way, where a look leaves anything."""
