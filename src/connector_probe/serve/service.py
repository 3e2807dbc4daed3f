"""The heart of ``probe serve``: what is probed, what is known of it, and one probe at a time for each connector.

No HTTP in here, and no HTML. Everything runs in one event loop; the history is written in a thread beside it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector_probe.api import probe_all
from connector_probe.config import Configuration, Entry
from connector_probe.formats.saved import SavedReportError, diagnose_again, read_report
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import ConnectorEvidence, StageEnded
from connector_probe.model.history import DocumentKind
from connector_probe.model.verdict import ConnectorReport, Report, Status
from connector_probe.serve.events import Event, EventKind, Hub
from connector_probe.serve.recorder import Recorder
from connector_probe.serve.scheduling import pause, turn
from connector_probe.serve.snapshots import HERE, Judged, Snapshot, Trigger, judge
from connector_probe.single_flight import SingleFlight
from connector_probe.trust import TrustError
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.render import in_words

AT_ONCE = 100  # probes side by side
MAX_PLACES = 50  # that may report of one connector
# Seconds for which what one probe proves about this machine holds for the others: a network that cuts us off is
# noticed by the next probes, and what came before must not speak for it.
CONTEXT = 60.0
MAX_STAGES = 1000  # of one probe that are told to who comes in the middle of it

log = logging.getLogger(__name__)


class ProbeFailedError(Exception):
    """The probe itself could not be made: nothing is known of the server. ``str()`` says why, in one line."""


@dataclass(slots=True)
class Tracked:
    """One connector and what is known of it. ``problem``: why it could not be probed when that was last tried.

    ``stages``: those of the probe that is under way, as far as they have ended.

    ``due``: when it is probed next, in seconds of ``time.monotonic``; ``timer`` sees to it. ``failures``: results in a
    row that were not as expected. ``recorded``: the newest snapshot of here that history has, or is about to.
    """

    entry: Entry
    due: float
    timer: asyncio.TimerHandle | None = None
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    running: asyncio.Task[Snapshot] | None = None
    stages: list[StageEnded] = field(default_factory=list)
    failures: int = 0
    problem: str = ""
    recorded: Snapshot | None = None
    translated: dict[tuple[str, str], tuple[Snapshot, Snapshot]] = field(default_factory=dict)

    @property
    def here(self) -> Snapshot | None:
        return self.snapshots.get(HERE)


class Service:
    """``place``: what this server's own place is called. ``observe`` is told of each probe that was made here,

    ``seen`` of each report, those of other places included.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        recorder: Recorder,
        place: str,
        scheduled: bool,
        observe: Callable[[Trigger, Status | None, float], None],
        seen: Callable[[Snapshot], None],
    ) -> None:
        self.problem = ""  # of the file, since it was read last
        self.place = place
        self.scheduled = scheduled
        self.hub = Hub()
        self.ready = False
        self._observe = observe
        self._seen = seen
        self.recorder = recorder
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tracked: dict[str, Tracked] = {}
        self._track(configuration)
        self._others = SingleFlight[str, Report]()
        self._recording: asyncio.Task[None] | None = None

    # --- life ---

    async def start(self) -> None:
        """Know what was known before the restart, then begin to probe."""
        await self.recorder.open()
        self._recording = asyncio.create_task(self.recorder.run())
        await self._remember()
        self._spread(self._tracked.values())
        self.ready = True
        for one in self._tracked.values():
            self._arm(one)

    async def stop(self) -> None:
        """End every probe, write what is left to write."""
        self.ready = False
        self.hub.close()
        for one in self._tracked.values():
            self._arm(one)
        self._others.close()
        ended = [task for task in (*(one.running for one in self._tracked.values()), self._recording) if task]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        await self.recorder.close()

    def apply(self, configuration: Configuration) -> None:
        """From now on this is what is probed; what is known of connectors that stay is kept."""
        self.problem, before = "", self._tracked
        self._track(configuration)
        for one in (*before.values(), *self._tracked.values()):
            self._arm(one)
        self.hub.publish(Event(EventKind.RELOADED, datetime.now(UTC)))

    # --- what is known ---

    @property
    def names(self) -> list[str]:
        """In the order of the file."""
        return list(self._tracked)

    def tracked(self, name: str) -> Tracked:
        """Raises KeyError."""
        return self._tracked[name]

    def snapshots(self, name: str, words: Catalogue = ENGLISH) -> list[Snapshot]:
        """The newest of each place, in other words where those are asked for. Raises KeyError."""
        one = self._tracked[name]
        if words is ENGLISH:  # in which all of them are kept
            return list(one.snapshots.values())
        return [_translated(one, snapshot, words) for snapshot in one.snapshots.values()]

    def judged(self, name: str, now: datetime | None = None, words: Catalogue = ENGLISH) -> Judged | None:
        """What all places together say of ``name``; None where nobody has said anything. Raises KeyError."""
        interval = self._tracked[name].entry.interval
        return judge(self.snapshots(name, words), now or datetime.now(UTC), interval, words, self.place)

    def newest(self, name: str, words: Catalogue = ENGLISH) -> Report | None:
        """The report of here, else of the place that speaks for all; None before there is any. Raises KeyError."""
        found = next((one for one in self.snapshots(name, words) if one.place == HERE), None)
        if found is None and (judged := self.judged(name, words=words)) is not None:
            found = judged.of
        return found.report if found is not None else None

    def next_at(self, name: str) -> datetime | None:
        """When it is probed next; None where nobody schedules it. Raises KeyError."""
        if not self.scheduled:
            return None
        left = max(self._tracked[name].due - time.monotonic(), 0.0)
        return datetime.now(UTC) + timedelta(seconds=left)

    async def last_failed(self, name: str, words: Catalogue = ENGLISH) -> tuple[datetime, str, Report] | None:
        """When, from which place, and the report of the newest probe in which mail did not flow, however old."""
        now_failing = [one for one in self.snapshots(name, words) if one.result.status is Status.FAILING]
        kept = await self.recorder.documents(DocumentKind.FAILED, name)
        found = [(one.at, one.place, one.text) for one in kept]
        newest = max(now_failing, key=lambda one: one.received_at, default=None)
        stored = max(found, default=None)
        if newest is not None and (stored is None or newest.received_at >= stored[0]):
            return newest.received_at, newest.place, newest.report
        if stored is None:
            return None
        report = await asyncio.to_thread(_report_of, stored[2], words)
        return (stored[0], stored[1], report) if report is not None else None

    # --- probing ---

    async def probe(self, name: str, trigger: Trigger, max_age: float = 0.0) -> Snapshot:
        """A report of ``name`` from here: that of the probe that is under way, else of a new one.

        One that is at most ``max_age`` seconds old does, too. Whoever gives up waiting ends it for nobody. Raises
        KeyError and ProbeFailedError.
        """
        here = self._tracked[name].here
        if max_age and here is not None and here.age(datetime.now(UTC)) <= max_age:
            return here
        return await asyncio.shield(self.begin(name, trigger))

    def begin(self, name: str, trigger: Trigger) -> asyncio.Task[Snapshot]:
        """The probe that is under way, else a new one; nobody has to wait for it. Raises KeyError."""
        one = self._tracked[name]
        if one.running is None:
            one.running = asyncio.create_task(self._probe(one, trigger))
            one.running.add_done_callback(_heard)
        return one.running

    async def probe_other(self, connector: Connector) -> Report:
        """A report of what the file does not have, shared by all who ask for it meanwhile. Raises ProbeFailedError."""
        probing = self._others.start(connector.name, lambda: self._report(connector, strict=False))
        probing.add_done_callback(lambda _: self._others.forget(connector.name))
        probing.add_done_callback(_heard)
        return await asyncio.shield(probing)

    async def receive(self, place: str, report: Report) -> tuple[list[str], list[str]]:
        """What ``place`` saw: the names that were taken, and those that are not known here."""
        history = await self.recorder.open(place)
        taken, unknown = list[str](), list[str]()
        for result in report.results:
            one = self._tracked.get(result.name)
            if one is None or (place not in one.snapshots and len(one.snapshots) >= MAX_PLACES):
                unknown.append(result.name)
                continue
            taken.append(result.name)
            alone = replace(report, results=(history.amend(result),))
            now = datetime.now(UTC)
            before = one.snapshots.get(place)
            usual = (now - before.received_at).total_seconds() if before is not None else None
            snapshot = Snapshot(alone, place, now, Trigger.PUSH, usual)
            one.snapshots[place] = snapshot
            self.recorder.add(snapshot)
            self._tell(one, snapshot)
        return taken, unknown

    def _arm(self, one: Tracked) -> None:
        """Probe it when it is due, and at no other time; what is no longer tracked never."""
        if one.timer is not None:
            one.timer.cancel()
        name = one.entry.name
        if self.scheduled and self.ready and self._tracked.get(name) is one:
            left = max(one.due - time.monotonic(), 0.0)
            one.timer = asyncio.get_running_loop().call_later(left, self.begin, name, Trigger.SCHEDULE)

    async def _probe(self, one: Tracked, trigger: Trigger) -> Snapshot:
        entry, began, status = one.entry, time.monotonic(), None
        one.stages.clear()

        def ended(stage: StageEnded) -> None:
            one.stages.append(stage)
            del one.stages[:-MAX_STAGES]
            self.hub.publish(Event(EventKind.STAGE, datetime.now(UTC), entry.name, stage=stage))

        self.hub.publish(Event(EventKind.STARTED, datetime.now(UTC), entry.name))
        try:
            report = await self._report(entry.connector, strict=entry.strict, on_stage=ended)
            snapshot = Snapshot(report, HERE, datetime.now(UTC), trigger)
            status, one.problem = snapshot.result.status, ""
            one.failures = 0 if snapshot.result.expected else one.failures + 1
            if self._tracked.get(entry.name) is one and one.entry.connector == entry.connector:
                self._keep(one, snapshot)
            return snapshot
        except ProbeFailedError as problem:
            one.problem, one.failures = str(problem), one.failures + 1
            raise
        finally:
            one.running = None
            one.due = time.monotonic() + pause(one.entry.interval, one.failures)
            self._arm(one)
            self._observe(trigger, status, time.monotonic() - began)

    def _beside_of(self, name: str) -> Iterator[ConnectorEvidence]:
        """What the newest probes of other connectors from here have seen, as far as it still holds."""
        now = datetime.now(UTC)
        for other, one in self._tracked.items():
            here = one.here
            if other != name and here is not None and here.trigger is not Trigger.RESTART and here.age(now) <= CONTEXT:
                yield here.result.evidence

    async def _report(
        self, connector: Connector, *, strict: bool, on_stage: Callable[[StageEnded], None] = lambda ended: None
    ) -> Report:
        history = await self.recorder.open()
        try:
            async with self._slots:
                return await probe_all(
                    [connector],
                    strict=strict,
                    recovering=history.recovering([connector]),
                    amend=history.amend,
                    on_stage=on_stage,
                    beside=lambda: self._beside_of(connector.name),
                )
        except TrustError as problem:
            log.error("%s: cannot be probed: %s", connector.name, problem)
            raise ProbeFailedError(str(problem)) from None
        except Exception as problem:
            log.exception("%s: a fault of this program", connector.name)
            raise ProbeFailedError(f"a fault of this program: {type(problem).__name__}: {problem}") from problem

    def _keep(self, one: Tracked, snapshot: Snapshot) -> None:
        one.snapshots[HERE] = snapshot
        if _is_worth_recording(one.recorded, snapshot, one.entry.interval):
            one.recorded = snapshot
            self.recorder.add(snapshot)
        self._tell(one, snapshot)

    def _tell(self, one: Tracked, snapshot: Snapshot) -> None:
        self._seen(snapshot)
        result = snapshot.result
        self.hub.publish(
            Event(EventKind.RESULT, snapshot.received_at, one.entry.name, snapshot.place, result.status, result.code)
        )

    # --- what is probed ---

    def _track(self, configuration: Configuration) -> None:
        before, now = self._tracked, time.monotonic()
        self._tracked, fresh = {}, list[Tracked]()
        for entry in configuration.entries:
            if not entry.enabled:
                continue
            one = before.get(entry.name)
            if one is None or one.entry.connector != entry.connector or one.entry.strict != entry.strict:
                one = Tracked(entry, now)
                fresh.append(one)
            elif one.entry.interval != entry.interval:
                one.due = min(one.due, now + pause(entry.interval, one.failures))
            one.entry = entry
            self._tracked[entry.name] = one
        self._spread(fresh)
        self.recorder.windows.clear()  # which histories hold
        self.recorder.windows.update({name: one.entry.maintenance for name, one in self._tracked.items()})

    async def _remember(self) -> None:
        """Take up what was known before the restart; what is asked of a connector now must be what was asked then."""
        for document in await self.recorder.documents(DocumentKind.LAST):
            one = self._tracked.get(document.name)
            if one is None:
                continue
            report = await asyncio.to_thread(_report_of, document.text)
            if report is None or not _is_same(report.results[0].connector, one.entry.connector):
                continue
            snapshot = Snapshot(report, document.place, document.at, Trigger.RESTART)
            if one.snapshots.setdefault(document.place, snapshot) is snapshot and document.place == HERE:
                one.recorded = snapshot
                one.failures = 0 if snapshot.result.expected else 1

    def _spread(self, those: Iterable[Tracked]) -> None:
        """Those whose time has come while the server was down begin one by one; the others keep their time."""
        now, clock = datetime.now(UTC), time.monotonic()
        late = list[Tracked]()
        for one in those:
            left = 0.0
            if one.here is not None:
                left = pause(one.entry.interval, one.failures) - one.here.age(now)
            if left > 0:
                one.due = clock + left
            else:
                late.append(one)
        for position, one in enumerate(late):
            one.due = clock + turn(position, len(late))


def _is_worth_recording(recorded: Snapshot | None, snapshot: Snapshot, interval: float) -> bool:
    """Scrapes may come every few seconds: of those history keeps what changed, and one an interval."""
    if recorded is None or snapshot.trigger is not Trigger.SCRAPE:
        return True
    before, now = recorded.result, snapshot.result
    changed = (before.status, before.expected, before.class_) != (now.status, now.expected, now.class_)
    return changed or (snapshot.received_at - recorded.received_at).total_seconds() >= interval


def _translated(one: Tracked, snapshot: Snapshot, words: Catalogue) -> Snapshot:
    """``snapshot`` in other words; each is said once."""
    key = (snapshot.place, words.language)
    before, said = one.translated.get(key, (None, snapshot))
    if before is not snapshot:
        said = replace(snapshot, report=in_words(snapshot.report, words))
        one.translated[key] = (snapshot, said)
    return said


def _report_of(text: str, words: Catalogue = ENGLISH) -> Report | None:
    """A report that was kept, judged by today's rules; None where that cannot be done any more."""
    try:
        return diagnose_again(read_report(text), words)
    except SavedReportError as problem:
        log.warning("a report in the history cannot be read: %s", problem)
        return None


def _is_same(then: ConnectorReport, now: Connector) -> bool:
    asked = (now.smart_hosts, now.use_mx, now.port, now.tls_settings)
    return (then.smart_hosts, then.use_mx, then.port, then.tls) == asked


def _heard(task: asyncio.Future[Any]) -> None:
    """Where nobody waits for it any more, a fault would be told by nobody; ProbeFailedError is in the log already."""
    problem = task.exception() if not task.cancelled() else None
    if problem is not None and not isinstance(problem, ProbeFailedError):
        log.error("a fault of this program behind a probe", exc_info=problem)
