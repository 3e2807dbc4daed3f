"""Loading OpenSSL and the roots in a thread, once a run, while the servers are waited for."""

from __future__ import annotations

import asyncio
import contextlib

from connector_probe.trust import Trust, TrustError

WORTH_LOADING = 0.02  # seconds that nobody answers: then there is time to load in; a refusal is here before that


class TlsLoading:
    """What a handshake and its judgement need takes a tenth of a second to load: it hides behind what is waited for."""

    def __init__(self) -> None:
        self._loading: asyncio.Future[None] | None = None
        self._soon: asyncio.TimerHandle | None = None

    def start_soon(self, trust: Trust) -> None:
        """Behind the first packets: once a nameserver, or the far end of TCP, has been waited for a little."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(WORTH_LOADING, self.start, trust)

    def start(self, trust: Trust) -> None:
        """Now, since TCP is up somewhere."""
        if self._loading is None:
            with contextlib.suppress(RuntimeError):  # no thread to be had: then each is loaded when it is needed
                self._loading = asyncio.get_running_loop().run_in_executor(None, _load, trust)

    def close(self) -> None:
        """Load nothing any more that has not been begun."""
        if self._soon is not None:
            self._soon.cancel()

    async def finished(self) -> None:
        if self._loading is not None:
            await asyncio.shield(self._loading)


def _load(trust: Trust) -> None:
    import connector_probe.network.tls
    import connector_probe.protocol.certificate
    import connector_probe.stages.revocation  # noqa: F401 - loaded for those who need them later

    with contextlib.suppress(TrustError):  # it is raised again where the roots are needed
        _ = trust.roots, trust.other_roots
