"""Probing as a function call: connectors in, a Report out. No printing, no global state, no signal handlers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connector_probe._version import __version__
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, Resolution, StageEnded
from connector_probe.model.printable import printable
from connector_probe.model.verdict import (
    FLOWING,
    REPORT_SCHEMA,
    FailureClass,
    Report,
    Result,
    Status,
    Summary,
    VantageReport,
)
from connector_probe.network import Network, SystemNetwork
from connector_probe.probing.fleet import DEFAULT_JOBS, gather_all
from connector_probe.probing.run import Judge
from connector_probe.trust import Trust, load_anchors
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH

if TYPE_CHECKING:
    from connector_probe.diagnosis.run_context import RunContext

# What concludes and words is loaded while servers are waited for (``_load``): it is a tenth of a cold probe.


def _load() -> None:
    import connector_probe.diagnosis.conclude
    import connector_probe.diagnosis.notes
    import connector_probe.wording.render  # noqa: F401 - loaded for those below


def _failure_of(evidence: AttemptEvidence, connector: Connector) -> FailureClass | None:
    from connector_probe.diagnosis.conclude import view_of
    from connector_probe.diagnosis.rules import classify

    return classify(view_of(evidence, connector))


def _unsettled_domain(evidence: AttemptEvidence) -> str | None:
    from connector_probe.diagnosis.dns.second_look import unsettled_domain

    return unsettled_domain(evidence)


def _denied_name(evidence: AttemptEvidence, connector: Connector) -> str | None:
    from connector_probe.diagnosis.conclude import view_of
    from connector_probe.diagnosis.dns.nameserver_trust import name_to_invent_beside

    return name_to_invent_beside(view_of(evidence, connector))


def _public_addresses(resolution: Resolution) -> tuple[str, ...]:
    from connector_probe.diagnosis.dns.second_look import public_addresses

    return public_addresses(resolution)


JUDGE = Judge(_failure_of, _unsettled_domain, _denied_name, _public_addresses, _load)


async def probe(connector: Connector) -> Report:
    """Probe one connector. Raises TrustError when its ``ca_file`` cannot be used; a failing server raises nothing."""
    return await probe_all([connector])


async def probe_all(
    connectors: Sequence[Connector],
    *,
    strict: bool | Sequence[bool] = False,
    words: Catalogue = ENGLISH,
    jobs: int = DEFAULT_JOBS,
    on_result: Callable[[Result], None] | None = None,
    network: Network | None = None,
    stop: asyncio.Event | None = None,
    recovering: Collection[str] = (),
    amend: Callable[[Result], Result] | None = None,
    on_stage: Callable[[StageEnded], None] | None = None,
    beside: Callable[[], Iterable[ConnectorEvidence]] = lambda: (),
    processes: int = 1,
) -> Report:
    """Probe connectors side by side, at most ``jobs`` at once; results come in the order of ``connectors``.

    ``strict``: a warning is not as expected; one for all, or one for each. ``on_result`` is called as each one is
    done. Once ``stop`` is set the run ends, and what was not finished is unknown (LOCAL_INTERRUPTED).
    ``recovering``: names of connectors that failed before; as a failure counts only when it repeats (``retries``), so
    does their recovery. ``amend`` adds to a result what is known from elsewhere. ``on_stage`` is called as each stage
    of each attempt ends. ``beside``: what this machine saw of other connectors at the same time, outside this run; it
    is asked for once the run has ended, where something is not as it should be. ``processes``: over how many the
    work is split, by fork(2), before which there should be no thread; then nothing is told to ``on_stage``. Raises
    TrustError.
    """
    door = network or SystemNetwork()
    started_at, began = datetime.now(UTC), door.now()
    trust = {key: Trust(*key) for key in {one.trusts for one in connectors}}
    for path in {one.trust_anchor for one in connectors if one.trust_anchor is not None}:
        load_anchors(path)  # what is wrong with the file is told before anything is probed
    strictness = [strict] * len(connectors) if isinstance(strict, bool) else strict
    found: dict[int, Result] = {}

    def said(number: int, evidence: ConnectorEvidence, run: RunContext | None = None) -> Result:
        from connector_probe.diagnosis.conclude import conclude, with_expectation
        from connector_probe.wording.render import worded

        result = worded(conclude(connectors[number], evidence, run), words)
        result = with_expectation(result, strict=strictness[number])
        return amend(result) if amend is not None else result

    def judge(number: int, evidence: ConnectorEvidence) -> None:
        found[number] = said(number, evidence)
        if on_result is not None:
            on_result(found[number])

    def recovers(number: int, evidence: ConnectorEvidence) -> bool:
        from connector_probe.diagnosis.conclude import conclude

        connector = connectors[number]
        return connector.name in recovering and conclude(connector, evidence).status in FLOWING

    again = recovers if recovering else None

    split = False
    if processes > 1 and network is None:
        from connector_probe.probing.workers import gather_split  # late: for large runs only

        split = await gather_split(
            connectors, trust, JUDGE, processes=processes, jobs=jobs, stop=stop, on_evidence=judge, must_repeat=again
        )
    if not split:
        await gather_all(
            connectors, trust, door, JUDGE, jobs=jobs, stop=stop, on_evidence=judge, must_repeat=again, watch=on_stage
        )
    doubtful = [number for number, one in found.items() if one.status is not Status.HEALTHY]
    seen = [*beside(), *(one.evidence for one in found.values())] if doubtful else []
    if len(seen) > 1:  # what the others showed may acquit, or explain it
        from connector_probe.diagnosis.run_context import RunContext

        run = RunContext.of(seen)
        for number in doubtful:
            found[number] = said(number, found[number].evidence, run)
            await asyncio.sleep(0)
    results = [found[number] for number in range(len(connectors))]
    return assemble(connectors, results, started_at, door.now() - began, words)


def assemble(
    connectors: Sequence[Connector],
    results: Sequence[Result],
    started_at: datetime,
    duration: float,
    words: Catalogue = ENGLISH,
) -> Report:
    """The report around ``results``."""
    return Report(
        schema=REPORT_SCHEMA,
        started_at=started_at,
        duration=round(duration, 4),
        version=__version__,
        vantage=_vantage(connectors, [result.evidence for result in results], words),
        summary=Summary(**{status.value: sum(one.status is status for one in results) for status in Status}),
        results=tuple(results),
    )


def _vantage(connectors: Sequence[Connector], evidence: Sequence[ConnectorEvidence], words: Catalogue) -> VantageReport:
    from connector_probe.diagnosis.notes import vantage_notes
    from connector_probe.wording.render import notes_in_words

    attempts = [attempt for one in evidence for attempt in one.attempts]
    sources = {one.connection.source: None for one in attempts if one.connection is not None and one.connection.source}
    asked = {lookup.nameserver: None for one in attempts for lookup in one.resolution.lookups if lookup.nameserver}
    given = {text: None for connector in connectors for text in connector.nameservers}
    return VantageReport(
        hostname=printable(socket.gethostname(), 253),
        nameservers=tuple(given or asked),
        source_addresses=tuple(sources),
        notes=notes_in_words(vantage_notes(connectors, evidence), words),
    )
