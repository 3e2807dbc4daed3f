"""``probe lab``: the loopback laboratory, to try the tool out, and to test an alert chain, without any network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from enum import StrEnum

from connector_probe.cli.loop import run_async
from connector_probe.cli.output import say, write_document
from connector_probe.cli.values import UsageProblemError
from connector_probe.formats.layout import wrap
from connector_probe.lab import SCENARIOS, Lab, Scenario, obstacle
from connector_probe.model.connector import Connector
from connector_probe.model.names import show


def list_scenarios(width: int | None = None) -> str:
    """Of each scenario its name, what a probe finds, and what it is: one line, or as many as ``width`` columns take."""
    widest = max(len(scenario.name) for scenario in SCENARIOS)
    lines: list[str] = []
    for one in SCENARIOS:
        begins = f"{one.name:<{widest}}  {one.expect_code or one.expect_status.value:<9}  "
        lines += wrap(one.summary, width, begins, " " * len(begins)) if width else [begins + one.summary]
    return "\n".join(lines) + "\n"


def run_lab(names: Sequence[str], *, port: int | None, config: bool) -> None:
    """Start the scenarios (all without names), say how to reach them, and stay until interrupted."""
    chosen = [nearest_scenario(name) for name in names] or [one for one in SCENARIOS if obstacle(one) is None]
    for one in chosen:
        if obstacle(one) is not None:
            raise UsageProblemError(
                f"the scenario {one.name} does not run on this machine", "probe lab --list tells all"
            )
    run_async(_stay([one.name for one in chosen], port, config=config))


async def _stay(names: Sequence[str], port: int | None, *, config: bool) -> None:
    async with Lab.start(names, port) as lab:
        if config:
            write_document(config_of(lab))
            say("probe: the lab runs until Ctrl-C; in another terminal: probe run FILE")
        else:
            lines = [
                f"Smart hosts on loopback: {len(lab.running)}. Try one in another terminal:",
                "",
                *(f"  {command_of(one.scenario.name, lab)}" for one in lab.running),
                "",
                "Ctrl-C ends the lab.",
            ]
            write_document("\n".join(lines) + "\n")
        await asyncio.Event().wait()


def config_of(lab: Lab) -> str:
    """A probes.yaml of what runs in ``lab``; each connector expects what its scenario is about."""
    import yaml

    from connector_probe.config.fields import FIELDS, VERSION

    connectors = [_asked(replace(lab.connector(running.scenario.name), port=running.port)) for running in lab.running]
    shared = {one.key for one in FIELDS if one.shared}
    defaults = {
        key: value
        for key, value in connectors[0].items()
        if key in shared and all(one.get(key) == value for one in connectors)
    }
    own = [{key: value for key, value in one.items() if key not in defaults} for one in connectors]
    document = {"version": VERSION, "defaults": defaults, "connectors": own}
    head = "# What runs in: probe lab. It names files that are gone when the lab ends.\n"
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _asked(connector: Connector) -> dict[str, object]:
    """Where it is other than by default, as in probes.yaml."""
    from connector_probe.config.fields import FIELDS

    usual = {one.name: one.default for one in fields(Connector)}
    given = {one.key: (getattr(connector, one.attribute), usual[one.attribute]) for one in FIELDS if one.attribute}
    return {key: _in_yaml(value) for key, (value, default) in given.items() if value != default}


def _in_yaml(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return f"{value:g}s"
    return list(value) if isinstance(value, tuple) else value


# What the lab says of every connector, and what a command line needs not say to find the same.
_NEEDLESS = frozenset({"name", "smart_hosts", "port", "helo", "control", "deadline"})


def command_of(name: str, lab: Lab) -> str:
    """The command line that probes the running scenario called ``name`` as the demo does."""
    one, connector = lab[name], lab.connector(name)
    needless = set(_NEEDLESS)
    if not one.scenario.waits:  # else one would wait for it as long as for a server on the internet
        needless |= {"connect_timeout", "timeout"}
    if not connector.retries:
        needless.add("retry_delay")
    words = ["probe", f"{one.host}:{one.port}"]
    for key, value in _asked(connector).items():
        if key not in needless:
            words += _option(key, value)
    return " ".join(map(_quoted, words))


def _option(key: str, value: object) -> list[str]:
    """A key of probes.yaml as an option of the command line."""
    if key == "family":
        return [f"-{str(value)[-1]}"]
    if key == "use_mx":
        return ["--mx"]
    option = f"--{key.replace('_', '-')}"
    return [option] if value is True else [option, *value] if isinstance(value, list) else [option, str(value)]


def _quoted(word: str) -> str:
    """For any shell, of Windows too: in double quotes where there is a blank, or what a shell would replace."""
    return f'"{word}"' if set(word) & set(" *?") else word


def nearest_scenario(name: str) -> Scenario:
    """The scenario of that name, else the first that has it as a part. Raises UsageProblemError."""
    names = {one.name: one for one in SCENARIOS}
    if name in names:
        return names[name]
    parts = name.casefold().split("-")
    like = sorted(  # what says the least beside it comes first
        (one for one in names if all(part in one.split("-") for part in parts)), key=lambda one: one.count("-")
    )
    like = like or [one for one in names if name.casefold() in one] or get_close_matches(name, names, 3)
    if not like or not name:
        raise UsageProblemError(f"there is no scenario {show(name)}", "probe lab --list tells all")
    others = f"; also: {', '.join(like[1:6])}" if len(like) > 1 else ""
    say(f"probe: note: {show(name)}: {like[0]}{others}")
    return names[like[0]]
