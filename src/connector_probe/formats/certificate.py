"""A rehearsed renewal as text, verdict first."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.formats import document as tree
from connector_probe.formats.layout import columns, pad, wrap
from connector_probe.formats.options import RenderOptions, certificate_rows, full_stop
from connector_probe.formats.sheet import BOLD, COLOURS, DIM, Sheet
from connector_probe.model.notation import day
from connector_probe.model.rehearsal import RehearsalReport, TlsaReport
from connector_probe.model.verdict import Badge, Status
from connector_probe.wording.sentences import fill

_RESULTS = {"passed": "ok", "failed": "failed", "unknown": "skipped"}  # as the stages of a probe


def to_text(report: RehearsalReport, options: RenderOptions) -> str:
    """With verbosity -1, nothing where all is as expected; with 1, every certificate of the file.

    How to install it is told of one that passes at some time.
    """
    if options.verbosity < 0 and report.expected:
        return ""
    page = _Page(report, options)
    installed = (
        (page.renewal(), page.exchange(), page.tlsa()) if any(one.code is None for one in report.outlook) else ()
    )
    blocks = (
        page.verdict(),
        page.checks(),
        page.outlook(),
        page.warnings(),
        page.remedies(),
        page.against(),
        *installed,
        page.certificates(),
        page.notes(),
    )
    return "\n\n".join(filter(None, ("\n".join(one) for one in blocks))) + "\n"


class _Page(Sheet):
    """A rehearsed renewal."""

    def __init__(self, report: RehearsalReport, options: RenderOptions) -> None:
        super().__init__(options)
        self._report = report
        self._say = options.words.phrases

    def verdict(self) -> Iterator[str]:
        report, say = self._report, self._say
        diagnosis = report.diagnosis
        if diagnosis is not None:
            code = f"450 {diagnosis.code} {diagnosis.title}" if diagnosis.code is not None else say["not-server"]
        elif report.status is Status.FAILING:
            code = say["key-of-another"]
        else:
            code = say[f"{report.status}-line"]
        yield from self._headline(say[report.status], COLOURS[Badge(report.status)], report.file, code, BOLD)
        if diagnosis is not None and diagnosis.heading != diagnosis.title:
            yield from self._wrap(full_stop(diagnosis.heading, self._options.words), "  ", "  ", BOLD)
        facts = {"mode": report.tls, "expected": report.tls_domain or "", "judged_at": day(report.judged_at)}
        judged = "judged-for-name" if report.tls_domain is not None else "judged-without-name"
        yield from self._wrap(fill(say[judged], facts), "  ", "  ")

    def checks(self) -> Iterator[str]:
        yield self._heading("checks")
        labels = {one.id: self._say[f"check-label-{one.id}"] for one in self._report.checks}
        width = max(map(columns, labels.values()))
        for one in self._report.checks:
            result = pad(self._say[_RESULTS[one.result]], 6)
            start = f"  {result} {pad(labels[one.id], width)} "
            first, *more = list(wrap(one.text, self._options.width, start, " " * columns(start)))
            painted = self._paint(result, COLOURS[Badge.FAILING]) if one.result == "failed" else result
            yield f"  {painted}{first[2 + len(result) :]}"
            yield from more

    def outlook(self) -> Iterator[str]:
        yield self._heading("outlook")
        for one in self._report.outlook:
            yield from self._dated(day(one.at), one.text)

    def warnings(self) -> Iterator[str]:
        if self._report.warnings:
            yield self._heading("warnings")
            yield from self._block(tree.Bullets([one.text for one in self._report.warnings]))

    def remedies(self) -> Iterator[str]:
        diagnosis = self._report.diagnosis
        if diagnosis is None or not diagnosis.remedies:
            return
        yield self._heading("do")
        yield from self._block(tree.Steps(diagnosis.remedies))

    def against(self) -> Iterator[str]:
        against = self._report.against
        if against is None:
            return
        yield self._paint(fill(self._say["against"], {"host": against.host}), BOLD)
        for one in against.changes:
            yield from self._wrap(one.text, "  ", "    ")

    def renewal(self) -> Iterator[str]:
        report, say = self._report, self._say
        if report.renew_by is None:
            return
        yield self._heading("renewal")
        if not report.renewals:
            yield from self._dated(_date(day(report.renew_by)), say["renew-now"])
            limits = "renewal-unknown" if report.in_microsoft_program is None else "renewal-private"
            yield from self._wrap(say[limits], "  ", "  ", DIM)
        for number, one in enumerate(report.renewals):
            facts = {"number": str(one.days), "until": _date(day(one.until))}
            told = fill(say["renew-later" if number else "renew-next"], facts)
            yield from self._dated(_date(day(one.on)), told)

    def exchange(self) -> Iterator[str]:
        if self._report.against is not None and self._report.against.same:
            return
        yield self._heading("exchange-server")
        name = self._report.exchange.tls_certificate_name
        if name is not None:
            yield f"  {self._say['tls-certificate-name']}"
            yield f"    {name}"  # to be pasted, as the record below: a terminal wraps it better than we do
        yield from (f"  {command}" for command in self._report.exchange.commands)

    def tlsa(self) -> Iterator[str]:
        found = self._report.tlsa
        if found is None:
            return
        yield self._heading("tlsa")
        same = found.new in found.old
        yield from self._record(found, found.new, "tlsa-same" if same else "tlsa-new")
        for one in found.old:
            if one != found.new:
                yield from self._record(found, one, "tlsa-old")
        hint = "tlsa-rollover" if found.old and not same else "tlsa-hint"
        yield from self._wrap(self._say[hint], "  ", "  ", DIM)

    def _record(self, found: TlsaReport, record: str, what: str) -> Iterator[str]:
        owner = found.owner or "_25._tcp.<MX>."
        yield f"  {owner} IN TLSA {record}"
        yield from self._wrap(f"; {self._say[what]}", "    ", "    ", DIM)

    def certificates(self) -> Iterator[str]:
        yield self._heading("certificate")
        most = None if self._options.verbosity > 0 else 1
        rows = [list(certificate_rows(one, self._options.words)) for one in self._report.certificates[:most]]
        if most is not None and self._report.certificates[1:]:
            rows[-1].append((self._say["chain"], " <- ".join(one.subject for one in self._report.certificates[1:])))
        yield from self._block(tree.Certificates(rows, ()))

    def notes(self) -> Iterator[str]:
        yield self._heading("notes")
        for one in self._report.remarks:
            yield from self._wrap(one.text, "  ", "  ", DIM)

    def _dated(self, when: str, text: str) -> Iterator[str]:
        start = f"  {when}  "
        yield from self._wrap(text, start, " " * len(start))


def _date(moment: str) -> str:
    """Without the time of the day."""
    return moment.split()[0]
