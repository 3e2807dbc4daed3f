"""``probe lab`` and ``probe demo``: the loopback laboratory, to try the tool out without any network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from difflib import get_close_matches

from connector_probe.api import probe_all
from connector_probe.cli.loop import run_async
from connector_probe.cli.output import say, terminal_width, wants_colour, write_document
from connector_probe.cli.progress import progress
from connector_probe.cli.values import UsageProblemError
from connector_probe.formats import RenderOptions, text
from connector_probe.formats.layout import pad, wrap
from connector_probe.formats.options import totals
from connector_probe.lab import SCENARIOS, WALK_JOBS, Lab, Scenario, obstacle
from connector_probe.model.connector import AddressFamily, Connector
from connector_probe.model.names import show
from connector_probe.model.notation import span
from connector_probe.model.verdict import Report, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import fill

SHOWN_IN_FULL = ("healthy", "certificate-expired")


def list_scenarios() -> str:
    """One line for each scenario: its name, what a probe finds, and what it is."""
    widest = max(len(scenario.name) for scenario in SCENARIOS)
    return "".join(f"{one.name:<{widest}}  {_expectation(one):<9}  {one.summary}\n" for one in SCENARIOS)


def run_lab(names: Sequence[str]) -> None:
    """Start the scenarios (all without names), say how to reach them, and stay until interrupted."""
    chosen = [_scenario(name) for name in names] or [one for one in SCENARIOS if obstacle(one) is None]
    for one in chosen:
        if obstacle(one) is not None:
            raise UsageProblemError(
                f"the scenario {one.name} does not run on this machine", "probe lab --list tells all"
            )
    run_async(_stay([one.name for one in chosen]))


async def _stay(names: Sequence[str]) -> None:
    async with Lab.start(names) as lab:
        lines = [
            f"{len(lab.running)} smart hosts on loopback. Try one in another terminal:",
            "",
            *(f"  {command_of(one.scenario.name, lab)}" for one in lab.running),
            "",
            "Ctrl-C ends the lab.",
        ]
        write_document("\n".join(lines) + "\n")
        await asyncio.Event().wait()


def command_of(name: str, lab: Lab) -> str:
    """The command line that probes the running scenario called ``name`` as the demo does."""
    one, connector = lab[name], lab.connector(name)
    words = [*_options(connector), f"{one.host}:{one.port}"]
    if one.scenario.waits:  # else one would wait for it as long as for a server on the internet
        words += ["--connect-timeout", f"{connector.connect_timeout:g}s", "--timeout", f"{connector.timeout:g}s"]
    words += ["--nameserver", *connector.nameservers, "--ca-file", lab.ca_file, "--only-ca-file"]
    if connector.trust_anchor is not None:
        words += ["--trust-anchor", connector.trust_anchor]
    return " ".join(("probe", *map(_quoted, words)))


def _quoted(word: str) -> str:
    """For any shell, of Windows too: in double quotes where there is a blank, or what a shell would replace."""
    return f'"{word}"' if set(word) & set(" *?") else word


_FAMILIES = {AddressFamily.IPV4: ("-4",), AddressFamily.IPV6: ("-6",), AddressFamily.BOTH: ()}
# Those options of a probe that a scenario may set: the connector's field, and how it is written.
_SETTINGS = (
    ("smtp_dane_mode", "--dane"),
    ("mta_sts_port", "--mta-sts-port"),
    ("tls", "--tls"),
    ("tls_domain", "--tls-domain"),
    ("source_address", "--source-address"),
    ("rcpt", "--rcpt"),
    ("connections", "--connections"),
    ("retries", "--retries"),
    ("expect", "--expect"),
)


def _options(connector: Connector) -> Iterator[str]:
    """Where the connector is other than by default."""
    usual = {one.name: one.default for one in fields(Connector)}
    if connector.use_mx is not None:
        yield "--mx"
    for name, option in _SETTINGS:
        value = getattr(connector, name)
        if value != usual[name]:
            yield from (option, str(value))
    if connector.retries:
        yield from ("--retry-delay", f"{connector.retry_delay:g}s")
    if connector.thorough:
        yield "--thorough"
    yield from _FAMILIES[connector.family]


def run_demo(words: Catalogue) -> int:
    """Probe every scenario of the lab with the real prober; 0 when each diagnosis is the expected one."""
    return run_async(_demo(words))


async def _demo(words: Catalogue) -> int:
    scenarios = [one for one in SCENARIOS if obstacle(one) is None]
    async with (
        Lab.start([one.name for one in scenarios]) as lab,
        progress(f"{len(scenarios)} smart hosts", wanted=True),
    ):
        connectors = [lab.connector(one.name) for one in scenarios]
        report = await probe_all(connectors, words=words, jobs=WALK_JOBS)
    options = RenderOptions(words=words, width=terminal_width(sys.stdout), colour=wants_colour(sys.stdout))
    wrong = [
        scenario.name
        for scenario, result in zip(scenarios, report.results, strict=True)
        if _found(result) != (scenario.expect_status, scenario.expect_code)
    ]
    write_document("\n".join(_demo_lines(scenarios, report, options)) + "\n")
    if wrong:
        say(f"probe: not as the lab expects on this machine: {', '.join(wrong)}")
        return 1
    return 0


def _demo_lines(scenarios: Sequence[Scenario], report: Report, options: RenderOptions) -> Iterator[str]:
    words, width = options.words, options.width
    counts = {"number": str(len(scenarios)), "seconds": span(report.duration)}
    yield from wrap(fill(words.text["demo"], counts), width)
    for scenario, result in zip(scenarios, report.results, strict=True):
        if scenario.name in SHOWN_IN_FULL:
            yield ""
            yield f"$ probe {scenario.host}"
            yield text.render(_alone(report, result), options).rstrip()
    yield ""
    for scenario, result in zip(scenarios, report.results, strict=True):
        code = result.diagnosis.code if result.diagnosis is not None else None
        verdict = f"{pad(words.text[result.status.value], 8)} {code or '':<8} "
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


def _alone(report: Report, result: Result) -> Report:
    from dataclasses import replace

    return replace(report, results=(result,))


def _found(result: Result) -> tuple[object, str | None]:
    return result.status, result.diagnosis.code if result.diagnosis is not None else None


def _scenario(name: str) -> Scenario:
    found = next((one for one in SCENARIOS if one.name == name), None)
    if found is not None:
        return found
    near = get_close_matches(name, [one.name for one in SCENARIOS], 1)
    hint = f"did you mean {near[0]}?" if near else "probe lab --list tells all"
    raise UsageProblemError(f"there is no scenario {show(name)}", hint)


def _expectation(scenario: Scenario) -> str:
    return scenario.expect_code or scenario.expect_status.value
