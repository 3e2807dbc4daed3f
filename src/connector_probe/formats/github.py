"""GitHub Actions: annotations by workflow commands, and the summary of the step.

Every line that is printed is one whole command. The runner looks for the command at the start of a line and takes
what stands behind the second ``::`` as it is, so that nothing a server sent can be a command of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector_probe.formats.options import (
    RenderOptions,
    as_long_as,
    code_or_class,
    expectation,
    headline,
    labelled,
    maintained,
    markdown_text,
    sentence,
    totals,
)
from connector_probe.model.verdict import Report, Result, Status
from connector_probe.wording.outage import clock
from connector_probe.wording.sentences import fill

# docs.github.com, "Workflow commands": values of properties need ":" and "," escaped too.
_DATA_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
MAX_ANNOTATIONS = 10  # of each kind that GitHub shows for one step; it drops the rest without a word
MAX_SUMMARY = 1_000_000  # octets; GitHub drops the whole summary of a step above 1 MiB
_TITLE = "connector-probe"


def render(report: Report, options: RenderOptions) -> str:
    """An error for each connector that is not as expected, a warning or a notice for what else is worth one."""
    if options.verbosity < 0 and all(one.expected for one in report.results):
        return ""
    kinds = {"error": MAX_ANNOTATIONS, "warning": MAX_ANNOTATIONS, "notice": MAX_ANNOTATIONS - 1}  # one is the last
    told = [line for kind, most in kinds.items() for line in _annotations(kind, most, report, options)]
    return "".join([*told, _command("notice", {"title": _TITLE}, totals(report, options.words))])


def summary(report: Report, options: RenderOptions) -> str:
    """Markdown for $GITHUB_STEP_SUMMARY: a table of all connectors, then what to do about those that are wrong."""
    heading = f"### {_TITLE}\n\n{markdown_text(totals(report, options.words))}\n\n"
    rows = ["| | | |\n|---|---|---|\n", *(_row(result, options) for result in report.results)]
    sections = (_section(result, options) for result in report.results if not result.expected)
    return as_long_as(MAX_SUMMARY, "", [heading, *rows, "\n", *sections], "\n...\n") if report.results else heading


def _annotations(kind: str, most: int, report: Report, options: RenderOptions) -> Iterator[str]:
    """Those of one kind; where GitHub would drop some, the last one names them all."""
    results = [one for one in report.results if _kind(one) == kind]
    kept = results if len(results) <= most else results[: most - 1]
    yield from (_annotation(kind, one, options) for one in kept)
    rest = results[len(kept) :]
    if rest:
        named = [f"{one.name}: {labelled(headline(one, options.words), one, options.words)}" for one in rest]
        yield _command(kind, {"title": f"{_TITLE}: + {len(rest)}"}, "\n".join(named))


def _annotation(kind: str, result: Result, options: RenderOptions) -> str:
    properties: dict[str, str] = {}
    if result.name in options.locations:
        file, line = options.locations[result.name]
        properties = {"file": file, "line": str(line)}
    properties["title"] = f"{result.name}: {labelled(headline(result, options.words), result, options.words)}"
    return _command(kind, properties, "\n".join(_message(result, options)))


def _kind(result: Result) -> str | None:
    """None where there is nothing to say; GitHub shows ten annotations of each kind, so none are wasted."""
    if not result.expected:
        return "error"
    if result.code_expected or result.maintenance is not None:
        return "notice"
    return "warning" if result.status is Status.WARNING else None


def _message(result: Result, options: RenderOptions) -> Iterator[str]:
    say, diagnosis = options.words.text, result.diagnosis
    yield " ".join(filter(None, (maintained(result, options.words), sentence(result, options.words))))
    yield from filter(None, (clock(result, options.words), expectation(result, options.words)))
    if diagnosis is None or result.expected:
        return
    if diagnosis.remedies:
        yield f"{say['do']}:"
    for number, remedy in enumerate(diagnosis.remedies, 1):
        yield f"{number}. {remedy.text}"
    if diagnosis.reply is not None:
        yield f"{say['reply']}: {diagnosis.reply}"
        yield from (f"{fill(say['also'], {'note': one.note})}: {one.reply}" for one in diagnosis.also_seen_as)


def _command(kind: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={value.translate(_PROPERTY_ESCAPES)}" for name, value in properties.items())
    return f"::{kind} {told}::{message.translate(_DATA_ESCAPES)}\n"


# --- the summary -----------------------------------------------------------------------------------------------


def _row(result: Result, options: RenderOptions) -> str:
    status = options.words.text[result.badge.value]
    seen = sentence(result, options.words) if result.diagnosis is not None or result.warnings else ""
    told = expectation(result, options.words)
    cells = (f"**{status}**", markdown_text(result.name), markdown_text(" ".join(filter(None, (seen, told)))))
    return f"| {' | '.join(cells)} |\n"


def _section(result: Result, options: RenderOptions) -> str:
    say, diagnosis = options.words.text, result.diagnosis
    lines = [f"#### {markdown_text(result.name)}\n"]
    codes = dict.fromkeys(filter(None, map(code_or_class, result.attempts)))
    lines.append(f"**{markdown_text(headline(result, options.words))}** ({markdown_text(', '.join(codes) or '-')})\n")
    ticking = clock(result, options.words)
    if ticking:
        lines.append(f"**{markdown_text(ticking)}**\n")
    if diagnosis is not None:
        lines += [f"{number}. {markdown_text(remedy.text)}" for number, remedy in enumerate(diagnosis.remedies, 1)]
        lines.append(f"\n{say['reference']} {markdown_text(diagnosis.reference)}\n")
    return "\n".join(lines) + "\n"
