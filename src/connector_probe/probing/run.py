"""What all attempts of one run share, whatever connectors they are made for."""

from __future__ import annotations

from collections.abc import Callable

from connector_probe.network import Network
from connector_probe.probing.certificates import CertificateCache
from connector_probe.probing.resolvers import Resolvers
from connector_probe.probing.tls_loading import TlsLoading
from connector_probe.probing.work_slots import WorkSlots
from connector_probe.stages.certificate_urls import Web
from connector_probe.stages.local_clock import HeardDates


class Run:
    """``dates``: what web servers told of the time in passing. ``web``: fetches, each URL once.

    ``load`` is called in a thread, once servers are waited for.
    """

    def __init__(self, network: Network, slots: WorkSlots, load: Callable[[], None]) -> None:
        self.network = network
        self.slots = slots
        self.resolvers = Resolvers(network)
        self.dates = HeardDates()
        self.web = Web(network, self.dates)
        self.certificates = CertificateCache()
        self.tls_loading = TlsLoading(load)

    def close(self) -> None:
        """Cancel what is still under way."""
        self.web.close()
        self.resolvers.close()
