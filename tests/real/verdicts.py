"""Asking for a verdict, by the library or by the command line, and what is compared of it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector_probe import Attempt, Connector, Result, TlsSettings, probe
from connector_probe.cli.app import run

_LIMIT = 60.0


@dataclass(frozen=True)
class Verdict:
    """Values as in the JSON report; without code, class and stage where mail flows."""

    status: str
    code: str | None = None
    class_: str | None = None
    stage: str | None = None


HEALTHY = Verdict("healthy")
WARNING = Verdict("warning")
ALL_FLOW: dict[str, str | None] = dict.fromkeys(map(str, TlsSettings))


@dataclass(frozen=True)
class Ended:
    """One run of the command."""

    exit_code: int
    document: Any
    said: str

    def verdicts(self) -> list[Verdict]:
        return [verdict_in(result) for result in self.document["results"]]


async def result_of(connector: Connector) -> Result:
    (result,) = (await probe(connector)).results
    return result


def verdict_of(result: Result) -> Verdict:
    diagnosis = result.diagnosis
    if diagnosis is None:
        return Verdict(str(result.status))
    return Verdict(str(result.status), diagnosis.code, str(diagnosis.class_), str(diagnosis.stage))


def verdict_in(result: Any) -> Verdict:  # noqa: ANN401 - JSON
    diagnosis = result["diagnosis"]
    if diagnosis is None:
        return Verdict(result["status"])
    return Verdict(result["status"], diagnosis["code"], diagnosis["class"], diagnosis["stage"])


def problems_of(attempt: Attempt) -> list[str]:
    return [str(kind) for kind in attempt.certificate_problems]


def modes_of(result: Result) -> dict[str, str | None]:
    return {str(mode): code for mode, code in result.by_tls_mode.items()}


def modes(
    opportunistic: str | None, encryption: str | None, chain: str | None, name: str | None
) -> dict[str, str | None]:
    """A by_tls_mode, from the laxest mode to the strictest."""
    return dict(zip(map(str, TlsSettings), (opportunistic, encryption, chain, name), strict=True))


def command_line(*arguments: str, inside: Sequence[str] = ()) -> Ended:
    """Run the command with --json: in this process, or in one of its own behind what ``inside`` names."""
    if inside:
        command = [*inside, sys.executable, "-m", "connector_probe", *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)
        return Ended(done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*arguments, "--json"])
    return Ended(code, json.loads(out.getvalue()) if out.getvalue() else None, err.getvalue())
