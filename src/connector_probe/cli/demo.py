"""``probe demo``: what an administrator sees and does, shown on the laboratory; needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connector_probe.api import probe_all
from connector_probe.cli.loop import run_async
from connector_probe.cli.output import say, text_options, write_document
from connector_probe.cli.progress import progress
from connector_probe.formats import RenderOptions, text
from connector_probe.formats.layout import pad, wrap
from connector_probe.formats.options import totals
from connector_probe.lab import SCENARIOS, WALK_JOBS, Lab, Scenario, obstacle
from connector_probe.model.notation import span
from connector_probe.model.verdict import Report, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import fill

STORIES = ("healthy", "certificate-expired", "refused")


def run_demo(words: Catalogue, *, every: bool) -> int:
    """Probe the stories' scenarios, or all, with the real prober; 0 when each diagnosis is the expected one."""
    chosen = [one for one in SCENARIOS if obstacle(one) is None]
    if not every:
        chosen = sorted((one for one in chosen if one.name in STORIES), key=lambda one: STORIES.index(one.name))
    return run_async(_demo(chosen, words, every=every))


async def _demo(scenarios: Sequence[Scenario], words: Catalogue, *, every: bool) -> int:
    async with (
        Lab.start([one.name for one in scenarios]) as lab,
        progress(f"{len(scenarios)} smart hosts", wanted=True),
    ):
        connectors = [lab.connector(one.name) for one in scenarios]
        report = await probe_all(connectors, words=words, jobs=WALK_JOBS)
    options = text_options(words)
    wrong = [
        scenario.name
        for scenario, result in zip(scenarios, report.results, strict=True)
        if (result.status, result.code) != (scenario.expect_status, scenario.expect_code)
    ]
    lines = _every_one(scenarios, report, options) if every else _stories(scenarios, report, options)
    write_document("\n".join(lines) + "\n")
    if wrong:
        say(f"probe: not as the lab expects on this machine: {', '.join(wrong)}")
        return 1
    return 0


def _stories(scenarios: Sequence[Scenario], report: Report, options: RenderOptions) -> Iterator[str]:
    """Of each what is seen first, the likeliest cause, and what to do."""
    words, width = options.words, options.width
    indented = replace(options, width=width - 3)
    yield from wrap(words.text["demo"], width)
    for number, (scenario, result) in enumerate(zip(scenarios, report.results, strict=True), 1):
        yield ""
        yield from wrap(words.text[f"demo-{scenario.name}"], width, f"{number}. ", "   ")
        yield f"   $ probe {scenario.host}"
        yield from (f"   {line}" for line in text.in_short(result, report, indented))
    yield ""
    yield from wrap(words.text["demo-now"], width)
    yield from ("  probe YOUR-HOST", '  probe explain "450 4.4.317 ..."', "  probe lab")


def _every_one(scenarios: Sequence[Scenario], report: Report, options: RenderOptions) -> Iterator[str]:
    words, width = options.words, options.width
    counts = {"number": str(len(scenarios)), "seconds": span(report.duration)}
    yield from wrap(fill(words.text["demo-all"], counts), width)
    yield ""
    for scenario, result in zip(scenarios, report.results, strict=True):
        verdict = f"{pad(words.text[result.status.value], 8)} {result.code or '':<8} "
        told = f"{scenario.name}: {scenario.summary}" if words.language == "en" else scenario.name
        yield from wrap(told, width, verdict, " " * 18)
        for line in _reasons(result):
            yield from wrap(line, width, " " * 18, " " * 18)
    yield ""
    yield totals(report, words)


def _reasons(result: Result) -> tuple[str, ...]:
    if result.diagnosis is not None:
        return (result.diagnosis.detail,)
    return tuple(warning.text for warning in result.warnings)
