"""The plugin API of Nagios, Icinga, Naemon and the like: a state, one line, performance data, more lines, a code.

The line is ``PROBE STATE - text | 'label'=value[unit];warn;crit;min;max``. A threshold stands where one number decides:
days of the certificate, addresses that take mail. The times have none: too slow is what the timeouts say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from connector_probe.diagnosis.outage import time_left
from connector_probe.diagnosis.warnings import warn_days
from connector_probe.formats.options import (
    RenderOptions,
    as_long_as,
    code_or_class,
    endpoint,
    expectation,
    headline,
    labelled,
    maintained,
    sentence,
    totals,
)
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import FLOWING, WORTH_READING, Report, Result, Status
from connector_probe.wording.outage import clock

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_NAMES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_FROM_BEST_TO_WORST = (OK, WARNING, UNKNOWN, CRITICAL)  # as with the other exit codes, a sure failure wins
MAX_OUTPUT = 8_000  # octets; Nagios reads 8 KiB, and drops what is longer
MAX_FIGURES = 4_000  # octets of performance data within it
MAX_LINE = 400  # characters of text in the first line, which goes into pagers and tables
# "|" ends the text; "<" would let a server write markup into web interfaces that do not escape.
_HARMLESS = str.maketrans({"|": r"\x7c", "<": r"\x3c", "\n": " ", "\r": " "})
_HARMLESS_LABEL = str.maketrans(dict.fromkeys("='|<>\n\r", "_"))  # what the label of a figure may not hold
# Reading the certificate takes no time of its own.
_TIMED_STAGES = tuple(stage for stage in Stage if stage is not Stage.CERTIFICATE)


def render(report: Report, options: RenderOptions) -> str:
    """The whole output of the plugin."""
    if len(report.results) == 1:
        first, more = _verdict(report.results[0], options), _details(report.results[0], options, "")
    else:
        first, more = _several(report, options)
    figures = as_long_as(MAX_FIGURES, " ", _unique(_all_figures(report)), "")
    whole = _harmless(first)
    text = _cut(whole)
    lines = [f"PROBE {_NAMES[exit_code(report)]} - {text}{f' | {figures}' if figures else ''}"]
    if text != whole and len(report.results) == 1:  # of several, each has its own lines below
        lines.append(whole)
    return as_long_as(MAX_OUTPUT, "\n", [*lines, *map(_harmless, more)], "...") + "\n"


def exit_code(report: Report) -> int:
    """0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; a check that checked nothing knows nothing."""
    return max(map(_state, report.results), key=_FROM_BEST_TO_WORST.index, default=UNKNOWN)


def problem(message: str) -> str:
    """The output where nothing was probed because of ``message``."""
    return f"PROBE UNKNOWN - {_cut(_harmless(message))}\n"


def _state(result: Result) -> int:
    if not result.expected:
        return UNKNOWN if result.status is Status.UNKNOWN else CRITICAL
    return WARNING if not result.code_expected and result.status is Status.WARNING else OK


def _verdict(result: Result, options: RenderOptions) -> str:
    """The name and all that belongs into the first line, which is what an alert shows."""
    words = options.words
    told = (labelled(sentence(result, words), result, words), clock(result, words), expectation(result, words))
    return " ".join(filter(None, (f"{result.name}:", maintained(result, words), *told)))


def _several(report: Report, options: RenderOptions) -> tuple[str, Iterator[str]]:
    wanting = [one for one in _worst_first(report.results) if _state(one) != OK]
    named = "; ".join(f"{one.name}: {labelled(headline(one, options.words), one, options.words)}" for one in wanting)
    first = totals(report, options.words)
    return f"{first} - {named}" if named else first, _each(report.results, options)


def _each(results: Sequence[Result], options: RenderOptions) -> Iterator[str]:
    for result in _worst_first(results):
        state = _state(result)
        yield f"[{_NAMES[state]}] {_verdict(result, options)}"
        if state != OK or options.verbosity > 0:
            yield from _details(result, options, "  ")


def _worst_first(results: Sequence[Result]) -> list[Result]:
    """The end may be cut off, so that it had better be what matters least."""
    return sorted(results, key=lambda one: -_FROM_BEST_TO_WORST.index(_state(one)))


def _details(result: Result, options: RenderOptions, indent: str) -> Iterator[str]:
    say, diagnosis = options.words.text, result.diagnosis
    if diagnosis is not None:
        for cause in diagnosis.causes:
            if cause.verdict in WORTH_READING or options.verbosity > 0:
                yield f"{indent}{say['why']} ({say[cause.verdict.value]}): {cause.text}"
        for number, remedy in enumerate(result.remedies, 1):
            yield f"{indent}{say['do']} {number}: {remedy.text}"
        if diagnosis.reply is not None:
            yield f"{indent}{say['reply']}: {diagnosis.reply}"
        for text in result.warning_texts:  # without a diagnosis they are what the sentence says
            yield f"{indent}{say['warnings']}: {text}"
    for attempt in result.attempts:
        state = f"{say[result.badge_at(attempt).value]} {code_or_class(attempt)}"
        yield f"{indent}{endpoint(attempt, options.words)}: {state}".rstrip()


# --- performance data ------------------------------------------------------------------------------------------


def _all_figures(report: Report) -> Iterator[tuple[str, str]]:
    """Of several connectors the counts first, and the worst next: what is too long is cut off at the end."""
    total = len(report.results)
    if total > 1:
        yield from ((status.value, f"{getattr(report.summary, status.value)};;;0;{total}") for status in Status)
    for result in _worst_first(report.results):
        yield from _figures(result, report)


def _figures(result: Result, report: Report) -> Iterator[tuple[str, str]]:
    """Label and value. The labels stay the same from one check to the next, however many addresses there are."""
    prefix = f"{result.name} " if len(report.results) > 1 else ""
    yield f"{prefix}time", _seconds(result.evidence.seconds)
    if not prefix:  # monitors cut long lines off, so that several connectors get only what matters most
        for stage in _TIMED_STAGES:
            took = [
                row.duration
                for attempt in result.attempts
                for row in attempt.stages
                if row.stage is stage and row.duration is not None
            ]
            if took:
                yield stage.value, _seconds(max(took))  # the slowest address
    ends = _first_end(result)
    if ends is not None:
        days, warn = ends  # days are no unit of the API: a plain number
        yield f"{prefix}certificate_days", f"{days};{warn}:;0:"
    reachable, total = sum(one.status in FLOWING for one in result.attempts), len(result.attempts)
    yield f"{prefix}addresses_ok", f"{reachable};{total}:;1:;0;{total}"
    if result.outage is not None:
        left = time_left(result.outage, result.evidence.started_at)
        yield f"{prefix}bounces_in", f"{left // timedelta(seconds=1)}s"  # negative: since then


def _first_end(result: Result) -> tuple[int, int] | None:
    """Whole days until the first of the servers' own certificates ends, negative after it, and how many days before

    its end it is worth a warning; None without a certificate.
    """
    found = [
        ((seen.chain[0].not_after - seen.judged_at) // timedelta(days=1), seen.chain[0])
        for attempt in result.evidence.attempts
        if (seen := attempt.certificate) is not None and seen.chain and seen.chain[0].not_after is not None
    ]
    if not found:
        return None
    days, certificate = min(found, key=lambda one: one[0])
    return days, int(warn_days(certificate, result.connector.warn_days))


def _seconds(value: float) -> str:
    """Never in scientific notation, which not all readers know."""
    return f"{value:.4f}".rstrip("0").rstrip(".") + "s;;;0"


def _unique(figures: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Label and value joined; labels that occur again, as two connectors of one name make them, get a number."""
    seen: dict[str, int] = {}
    for label, value in figures:
        clean = label.translate(_HARMLESS_LABEL)
        seen[clean] = seen.get(clean, 0) + 1
        yield f"'{clean}'={value}" if seen[clean] == 1 else f"'{clean} {seen[clean]}'={value}"


def _harmless(text: str) -> str:
    return text.translate(_HARMLESS)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 3] + "..."
