"""``probe history`` as text, the present state first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from connector_probe.diagnosis.outage import began_within
from connector_probe.formats.layout import pad, wrap
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.sheet import BOLD, COLOURS, DIM, Sheet
from connector_probe.model.history import Change, ConnectorHistory, Episode, HistoryDocument
from connector_probe.model.names import host_port, show
from connector_probe.model.notation import day
from connector_probe.model.verdict import Badge, FailureClass, MailFlowCode, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.outage import lasting
from connector_probe.wording.sentences import fill, headline_of

MAX_ROWS = 20  # of outages and of changes, the newest; the JSON has all
_BLOCKS = {Status.HEALTHY: "▁", Status.WARNING: "▄", Status.FAILING: "█", Status.UNKNOWN: "?", None: "·"}
_ASCII = {Status.HEALTHY: "_", Status.WARNING: "-", Status.FAILING: "#", Status.UNKNOWN: "?", None: "."}
_INDENT = " " * 9
WORST_FIRST = (Status.FAILING, Status.UNKNOWN, Status.WARNING, Status.HEALTHY, None)


def to_text(document: HistoryDocument, options: RenderOptions, *, detailed: bool, ascii_only: bool = False) -> str:
    """The worst first; with ``detailed``, as asked for, and also outages, changes and certificates.

    ``ascii_only``: for a terminal without block characters.
    """
    page = _Page(document, options, _ASCII if ascii_only else _BLOCKS)
    shown = document.connectors if detailed else sorted(document.connectors, key=_urgency)
    blocks = ["\n".join(page.connector(one, detailed=detailed)) for one in shown]
    return "\n\n".join([*blocks, page.legend()]) + "\n" if blocks else ""


def _urgency(one: ConnectorHistory) -> tuple[bool, int]:
    """What is not as expected comes before what is; the lower, the sooner a person has to look."""
    return one.expected or one.status is None, WORST_FIRST.index(one.status)


def outage(one: Episode, lasting: str, words: Catalogue) -> str:
    """One outage, and how long it lasted."""
    key = ("outage" if one.until is not None else "outage-open") + ("-once" if one.runs == 1 else "")
    facts = {"since": day(one.since), "lasting": lasting, "codes": words.listed(one.codes), "runs": str(one.runs)}
    return fill(words.history[key], facts)


class _Page(Sheet):
    def __init__(self, document: HistoryDocument, options: RenderOptions, marks: dict[Status | None, str]) -> None:
        super().__init__(options)
        self._now = document.generated_at
        self._window = timedelta(seconds=document.window)
        self._say = options.words.history
        self._marks = marks
        self._names = Counter((one.name, one.place) for one in document.connectors)

    def connector(self, one: ConnectorHistory, *, detailed: bool) -> Iterator[str]:
        if one.status is None or one.since is None or one.last_seen is None:
            yield self._fill("nothing-of", name=self._name(one))
            return
        badge = one.badge or Badge.UNKNOWN
        word = self._words.text[badge.value]
        yield f"{self._paint(pad(word, 7), COLOURS[badge])}  {self._paint(self._name(one), BOLD)}"
        if one.status in (Status.FAILING, Status.UNKNOWN):
            told = self._failure(one.code, one.class_)
            yield from self._lines([told])
        elif badge is Badge.NOT_AS_EXPECTED:
            yield from self._lines([self._words.text["still-flows"]])
        yield from self._lines([*self._begun(one), self._fill("last-seen", ago=self._lasting(one.last_seen))])
        if one.status is Status.UNKNOWN and one.failing_since is not None:
            yield from self._lines([self._fill("still-failing", since=day(one.failing_since))])
        if one.bounces_at is not None:
            left = one.bounces_at - self._now
            key = "bounces" if left > timedelta(0) else "bouncing"
            if one.failing_since is not None and not began_within(one.failing_since, one.flowed_at):
                key += "-by"
            told = self._fill(key, left=lasting(left, self._words), bounces_at=day(one.bounces_at))
            yield from (self._paint(line, COLOURS[Badge.FAILING]) for line in self._lines([told]))
        if one.flapping:
            told = self._fill("flapping", flaps=str(one.flaps))
            yield from (self._paint(line, COLOURS[Badge.WARNING]) for line in self._lines([told]))
        marks = "".join(self._mark(status, badge) for status in one.timeline.statuses)
        window = self._fill("timeline", window=self._long(self._window))
        yield f"{_INDENT}{marks}  {self._fill('outages-column', window=window, outages=str(one.outages))}"
        if detailed:
            yield from self._details(one)

    def _mark(self, status: Status | None, badge: Badge) -> str:
        """In the colour of what it means: where a failure is expected, mail that flowed is what was wrong."""
        if badge in (Badge.AS_EXPECTED, Badge.NOT_AS_EXPECTED) and status is not None:
            badge = Badge.of(status, code_expected=True, met=status is Status.FAILING)
        elif status is not None:
            badge = Badge(status.value)
        return self._paint(self._marks[status], DIM if status is None else COLOURS[badge])

    def _name(self, one: ConnectorHistory) -> str:
        """With its servers, where another connector has the same name."""
        several = one.servers and self._names[one.name, one.place] > 1
        name = show(f"{one.name} ({one.servers})" if several else one.name, 300)
        return self._fill("seen-from", name=name, place=show(one.place)) if one.place else name

    def legend(self) -> str:
        marks = {status.value: self._marks[status] for status in Status}
        return self._fill("legend", none=self._marks[None], **marks)

    def _details(self, one: ConnectorHistory) -> Iterator[str]:
        rows = [outage(each, lasting(each.lasted(self._now), self._words), self._words) for each in one.episodes]
        yield from self._section("outages", rows or [self._say["no-outages"]])
        yield from self._section("changes", [self._change(each) for each in one.changes])
        if not one.certificates:
            return
        rows = [
            self._fill(
                "renewed",
                at=day(each.at),
                server=host_port(each.server, each.port),
                not_after=day(each.not_after),
                before=day(each.not_after_before),
            )
            for each in one.renewals
        ]
        for known in one.certificates:
            met = known.certificate
            row = self._fill(
                "certificate",
                server=host_port(met.server, met.port),
                subject=met.subject,
                not_after=day(met.not_after),
                first=day(known.first_at),
                last=day(known.last_at),
                issuer=met.issuer,
            )
            rows.append(row)
        yield from self._section("certificates", rows)

    def _section(self, heading: str, rows: list[str]) -> Iterator[str]:
        yield ""
        yield self._heading(heading)
        if len(rows) > MAX_ROWS:
            yield "  " + self._fill("earlier", count=str(len(rows) - MAX_ROWS))
        for row in rows[-MAX_ROWS:]:
            yield from wrap(show(row, 1000), self._options.width, "  ", "    ")

    def _change(self, one: Change) -> str:
        after = self._words.text[one.after.value]
        if one.code is not None or one.class_ is not None:
            after += f" {one.code or ''} {one.class_ or ''}".replace("  ", " ").rstrip()
        if one.maintenance:
            after = self._fill("maintenance", after=after)
        if one.before is None:
            return self._fill("change-first", at=day(one.at), after=after)
        return self._fill("change", at=day(one.at), before=self._words.text[one.before.value], after=after)

    def _failure(self, code: str | None, class_: str | None) -> str:
        """ "450 4.4.316 Connection refused", or our own words; a class of a later version stands as it is."""
        if code in set(MailFlowCode):
            return f"450 {code} {headline_of(MailFlowCode(code), self._words)}"
        if class_ in set(FailureClass):
            return self._words.titles[FailureClass(class_)]
        return show(code or class_ or "?")

    def _begun(self, one: ConnectorHistory) -> list[str]:
        """Since when it is as it is; a failure that became another one is as old as its first row."""
        since = one.since or self._now
        begun = one.failing_since or since if one.status is Status.FAILING else since
        told = [self._fill("since", since=day(begun), lasting=self._lasting(begun))]
        return told if begun == since else [*told, self._fill("like-this-since", since=day(since))]

    def _long(self, window: timedelta) -> str:
        days, rest = divmod(window, timedelta(days=1))
        return self._fill("days", days=str(days)) if days > 1 and not rest else lasting(window, self._words)

    def _lasting(self, since: datetime) -> str:
        return lasting(max(self._now - since, timedelta(0)), self._words)

    def _fill(self, key: str, **facts: str) -> str:
        return fill(self._say[key], facts)

    def _lines(self, items: list[str]) -> list[str]:
        return list(wrap(self._say["between"].join(items), self._options.width, _INDENT, _INDENT))
