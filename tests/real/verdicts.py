"""Asking for a verdict, by the library or by the command line, and what is compared of it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from connector_probe import Attempt, Connector, Result, TlsSettings, probe
from connector_probe.cli.app import run
from connector_probe.formats.json import jsonable
from connector_probe.model.verdict import CauseVerdict

_LIMIT = 60.0
PROBED: list[Attempt] = []  # what the running test has probed in a namespace


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


_Test = TypeVar("_Test", bound=Callable[..., None])


def shows(*causes: str) -> Callable[[_Test], _Test]:
    """For a test: in what it probes by ``Namespace.probe`` each of these causes must be confirmed or supported.

    tests/lab/test_coverage.py asks for such a test of what loopback cannot show.
    """

    def mark(test: _Test) -> _Test:
        @wraps(test)
        def run_and_look(*arguments: object, **fixtures: object) -> None:
            PROBED.clear()
            test(*arguments, **fixtures)
            told = {
                str(cause.id)
                for attempt in PROBED
                if attempt.diagnosis is not None
                for cause in attempt.diagnosis.causes
                if cause.verdict in (CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED)
            }
            assert told.issuperset(causes), told

        run_and_look.causes_shown = causes  # type: ignore[attr-defined]
        return cast(_Test, run_and_look)

    return mark


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


def first_said(diagnosis: object) -> tuple[str, str, str, str]:
    """Whose it is, the leading cause, the first sentence, the first remedy: of a Diagnosis, or of a JSON report's."""
    told = jsonable(diagnosis)
    return told["culprit"], told["causes"][0]["id"], told["heading"], told["remedies"][0]["id"]


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
