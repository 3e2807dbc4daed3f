"""Text for a person in a hurry: the verdict and the code first, then why, then what to do, then the stages."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.diagnosis.dns_table import tables_of
from connector_probe.diagnosis.facts import day, fill, span
from connector_probe.diagnosis.outage import clock
from connector_probe.diagnosis.policy_conclusions import UNREMARKABLE
from connector_probe.formats.layout import columns, cut, pad, wrap
from connector_probe.formats.options import (
    RenderOptions,
    cause_text,
    colon,
    confidence,
    full_stop,
    shown,
    stage_fact,
    stage_name,
)
from connector_probe.model.names import is_address
from connector_probe.model.verdict import (
    Attempt,
    Cause,
    CauseVerdict,
    CertificateReport,
    Diagnosis,
    Report,
    Result,
    StageReport,
    Status,
)

_COLOURS = {
    Status.HEALTHY: "32;1",
    Status.WARNING: "33;1",
    Status.FAILING: "31;1",
    Status.UNKNOWN: "35;1",
}
_HEADING, _DIM = "1", "2"
_SHOWN_NAMES = 8
_MINOR_REMARKS = frozenset({"chain-root", "revocation-asked"})  # told with -v alone


def render(report: Report, options: RenderOptions) -> str:
    """The whole report. With verbosity -1, connectors that are as expected are left out."""
    results = shown(report, options)
    blocks = ["\n".join(_Page(options, report).result(result)) for result in results]
    if len(report.results) > 1 and results:
        counts = {status.value: str(getattr(report.summary, status.value)) for status in Status}
        counts["total"] = str(len(report.results))
        blocks.append(fill(options.words.text["summary"], counts))
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Page:
    """Lines of text within a width, in colour or not."""

    def __init__(self, options: RenderOptions, report: Report) -> None:
        self._options = options
        self._report = report
        self._say = options.words.text

    def result(self, result: Result) -> Iterator[str]:
        verbose = self._options.verbosity > 0
        yield from self._verdict(result)
        diagnosis = result.diagnosis
        if diagnosis is not None:
            yield from self._diagnosis(diagnosis, verbose)
        if result.warnings:
            yield ""
            yield self._heading("warnings")
            for warning in result.warnings:
                yield from self._wrap(warning.text, "  - ", "    ")
        if self._options.modes:
            yield from self._modes(result)
        yield ""
        yield self._heading("addresses")
        for attempt in result.attempts:
            yield from self._attempt(attempt)
        if verbose:
            yield from self._name_servers(result)
        yield from self._certificates(result.attempts, verbose)
        if self._options.transcript:
            for attempt in result.attempts:
                yield from self._transcript(attempt)
        notes = self._report.vantage.notes
        shown = notes if verbose or result.status is not Status.HEALTHY else notes[:1]  # the vantage itself
        if shown:
            yield ""
            yield self._heading("notes")
            for note in shown:
                yield from self._wrap(note, "  ", "  ", _DIM)

    def _verdict(self, result: Result) -> Iterator[str]:
        say, diagnosis = self._say, result.diagnosis
        word = self._paint(say[result.status.value], _COLOURS[result.status])
        if diagnosis is None:
            partly = any(warning.id == "unequal-verdicts" for warning in result.warnings)
            line = say["partly-line" if partly else f"{result.status.value}-line"]
            yield f"{word}  {result.name}: {line}"
        else:
            if diagnosis.code is not None:
                headline = f"450 {diagnosis.code} {diagnosis.title}"
            else:
                headline = say["not-server" if result.status is Status.UNKNOWN else "no-code"]
            if columns(f"{say[result.status.value]}  {result.name}: {headline}") <= self._options.width:
                yield f"{word}  {result.name}: {self._paint(headline, _HEADING)}"
            else:
                yield f"{word}  {result.name}:"
                yield f"  {self._paint(headline, _HEADING)}"
            title = diagnosis.heading
            if title != diagnosis.title or diagnosis.code is None:
                yield from self._wrap(full_stop(title, self._options.words), "  ", "  ", _HEADING)
            yield from self._wrap(diagnosis.detail, "  ", "  ")
        ticking = clock(result, self._options.words)
        if ticking:
            yield from self._wrap(ticking, "  ", "  ", _HEADING)
        if result.expect != "healthy":
            found = diagnosis.code or diagnosis.class_.value if diagnosis is not None else result.status.value
            told = say["expected-met" if result.expected else "expected-other"]
            yield from self._wrap(fill(told, {"expected": result.expect, "found": found}), "  ", "  ", _HEADING)

    def _diagnosis(self, diagnosis: Diagnosis, verbose: bool) -> Iterator[str]:
        say = self._say
        causes = [one for one in diagnosis.causes if verbose or one.verdict is not CauseVerdict.RULED_OUT]
        ruled_out = [one for one in diagnosis.causes if one not in causes]
        if diagnosis.causes:
            yield ""
            yield self._heading("why")
            for cause in causes:
                yield from self._cause(cause)
            for cause in ruled_out:
                yield from self._cause(cause, _DIM)
        if diagnosis.remedies:
            yield ""
            yield self._heading("do")
            for number, remedy in enumerate(diagnosis.remedies, 1):
                yield from self._wrap(remedy.text, f"  {number}. ", "     ")
                for command in remedy.commands:
                    yield f"       {command}"
        if diagnosis.reply is not None:
            yield ""
            yield self._heading("reply")
            yield from self._wrap(diagnosis.reply, "  ", "    ")
            for other in diagnosis.also_seen_as:
                yield from self._wrap(
                    colon(fill(say["also"], {"note": other.note}), self._options.words), "  ", "  ", _DIM
                )
                yield from self._wrap(other.reply, "  ", "    ")
            yield from self._wrap(confidence(diagnosis.confidence, self._options.words), "  ", "  ", _DIM)
            yield self._paint(f"  {say['reference']} {diagnosis.reference}", _DIM)

    def _cause(self, cause: Cause, colour: str = "") -> Iterator[str]:
        label = f"  {pad(self._say[cause.verdict.value], 10)} "
        yield from self._wrap(cause_text(cause, self._options.words), label, " " * columns(label), colour)

    def _modes(self, result: Result) -> Iterator[str]:
        yield ""
        if len(set(result.by_tls_mode.values())) == 1:
            yield self._say["same-modes"]
            return
        words = []
        for mode, code in result.by_tls_mode.items():
            if mode is not result.connector.tls:
                words.append(f"{mode} {self._say['flows'] if code is None else self._say.get(code, code)}")
        yield from self._wrap(fill(self._say["other-modes"], {"modes": self._options.words.listed(words)}), "", "  ")

    def _attempt(self, attempt: Attempt) -> Iterator[str]:
        status = self._paint(self._say[attempt.status.value], _COLOURS[attempt.status])
        code = attempt.code or (attempt.class_.value if attempt.class_ is not None else "")
        yield f"  {_endpoint(attempt, self._say['no-address'])}  {status} {code}".rstrip()
        for stage in attempt.stages:
            if stage.status == "skipped" and self._options.verbosity <= 0:
                continue
            yield from self._stage(stage, attempt)
        for finding in attempt.policies:
            if self._options.verbosity > 0 or finding.id not in UNREMARKABLE:
                yield from self._wrap(finding.text, "    ", "      ")

    def _stage(self, stage: StageReport, attempt: Attempt) -> Iterator[str]:
        took = span(stage.duration) if stage.duration else ""
        status = pad(self._say[stage.status], 6)
        painted = self._paint(status, _COLOURS[Status.FAILING]) if stage.status == "failed" else status
        name = pad(stage_name(stage.stage, self._options.words), 11)
        fact = stage_fact(stage, attempt, self._options.words)
        room = self._options.width - columns(f"    {name} {status} {took:>7}  ")
        yield f"    {name} {painted} {took:>7}  {cut(fact, room) if self._options.verbosity <= 0 else fact}".rstrip()

    def _name_servers(self, result: Result) -> Iterator[str]:
        """Which name server answered what, where DNS was looked into after a failure."""
        for table in tables_of(result.evidence.attempts, self._options.words):
            yield ""
            heading = fill(
                self._say["walk" if table.from_roots else "walk-nameserver"], {"name": table.name, "path": table.path}
            )
            yield from self._wrap(heading, "", "  ", _HEADING)
            servers = max((columns(row.server) for row in table.rows), default=0)
            for row in table.rows:
                start = f"  {pad(row.server, servers)}  {row.what:<8} {span(row.seconds):>7}  "
                yield from self._wrap(row.answer, start, " " * columns(start))
            if not table.complete:
                yield f"  {self._say['walk-incomplete']}"

    def _certificates(self, attempts: tuple[Attempt, ...], verbose: bool) -> Iterator[str]:
        """Each distinct chain once."""
        seen: set[tuple[str, ...]] = set()
        for attempt in attempts:
            prints = tuple(one.sha256 for one in attempt.certificates)
            if not prints or prints in seen:
                continue
            seen.add(prints)
            yield ""
            yield self._heading("certificate")
            for depth, certificate in enumerate(attempt.certificates if verbose else attempt.certificates[:1]):
                yield from self._certificate(certificate, depth)
            if not verbose and len(attempt.certificates) > 1:
                rest = " <- ".join(one.subject for one in attempt.certificates[1:])
                yield from self._wrap(f"{pad(self._say['chain'], 8)} {rest}", "  ", " " * 11)
            for remark in attempt.remarks:
                if verbose or remark.id not in _MINOR_REMARKS:
                    yield from self._wrap(remark.text, " " * 11, " " * 11, _DIM)

    def _certificate(self, certificate: CertificateReport, depth: int) -> Iterator[str]:
        say = self._say
        names = ", ".join(certificate.names[:_SHOWN_NAMES])
        if len(certificate.names) > _SHOWN_NAMES:
            names += f" (+{len(certificate.names) - _SHOWN_NAMES})"
        validity = {"not_before": day(certificate.not_before), "not_after": day(certificate.not_after)}
        rows = [
            (say["subject"], certificate.subject),
            (say["names"], names),
            (say["issuer"], certificate.issuer),
            ("", fill(say["valid"], validity)),
            (say["key"], f"{certificate.key}, {certificate.signature}"),
            (say["serial"], certificate.serial),
            ("SHA-1", certificate.sha1),
            ("SHA-256", certificate.sha256),
        ]
        if depth:
            yield f"  [{depth}]"
        for label, value in rows:
            if value:
                yield from self._wrap(value, f"  {pad(label, 8)} ", " " * 11)

    def _transcript(self, attempt: Attempt) -> Iterator[str]:
        if not attempt.transcript:
            return
        yield ""
        endpoint = _endpoint(attempt, self._say["no-address"])
        yield self._paint(fill(self._say["transcript"], {"endpoint": endpoint}), _HEADING)
        marks = {"client": ">", "server": "<", "note": "*"}
        for line in attempt.transcript:
            yield f"  {line.at:8.3f} {marks.get(line.from_, '?')} {line.text}"

    def _heading(self, key: str) -> str:
        return self._paint(self._say[key], _HEADING)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._options.colour and text else text

    def _wrap(self, text: str, first: str, then: str, colour: str = "") -> Iterator[str]:
        for line in wrap(text, self._options.width, first, then):
            yield self._paint(line, colour) if colour else line


def _endpoint(attempt: Attempt, none: str) -> str:
    if attempt.address is None:
        return f"{attempt.server} ({none})"
    if is_address(attempt.server):
        return f"[{attempt.address}]:{attempt.port}"
    return f"{attempt.server} [{attempt.address}]:{attempt.port}"
