"""Loading OpenSSL and the roots in a thread, once a run, while the servers are waited for."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable

from connector_probe.network import EXCHANGE_OFFER
from connector_probe.trust import Trust, TrustError


class TlsLoading:
    """What a handshake and its judgement need takes a tenth of a second to load: it hides behind what is waited for."""

    def __init__(self, then: Callable[[], None]) -> None:
        """``then`` loads what is needed later still."""
        self._then = then
        self._loading: asyncio.Future[None] | None = None

    def start(self, trust: Trust) -> None:
        """From the moment that a name has an address, or TCP is up somewhere."""
        if self._loading is None and "connector_probe.stages.revocation" not in sys.modules:  # a server's first probe
            with contextlib.suppress(RuntimeError):  # no thread to be had: then each is loaded when it is needed
                self._loading = asyncio.get_running_loop().run_in_executor(None, load, trust)
                self._loading.add_done_callback(self._go_on)

    def _go_on(self, loaded: asyncio.Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # as above; or the run is over
            loaded.get_loop().run_in_executor(None, self._then)

    async def finished(self) -> None:
        if self._loading is not None:
            await asyncio.shield(self._loading)


def load(trust: Trust) -> None:
    """All that it takes to shake hands, and to judge by ``trust``."""
    import connector_probe.protocol.certificate
    import connector_probe.stages.revocation  # noqa: F401 - loaded for those who need them later
    from connector_probe.network.tls import context_for

    context_for(EXCHANGE_OFFER)  # which is kept
    with contextlib.suppress(TrustError):  # it is raised again where the roots are needed
        _ = trust.roots, trust.other_roots
