"""What a cold start imports: nothing slow that the command does not need."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import certifi
import pytest

import connector_probe
from connector_probe.model import evidence

ROOT = Path(__file__).parents[2]

SLOW = (
    *("OpenSSL", "cryptography", "dns.message", "yaml", "rich", "sqlite3", "prometheus_client", "apprise", "typer"),
    *("pydantic", "asyncio", "wcwidth", "starlette", "uvicorn", "jinja2", "connector_probe.serve"),
    # Ours: a dataclass costs most of a millisecond to make, and these rooms have dozens.
    *("connector_probe.model.evidence.attempt", "connector_probe.model.policy"),
    *("connector_probe.diagnosis.conclude", "connector_probe.model.history"),
)
PROBING = {
    *("typer", "asyncio", "connector_probe.diagnosis.conclude"),
    *("connector_probe.model.evidence.attempt", "connector_probe.model.policy"),
}
# Commands, and which of the slow modules each may load. One process each: what one has loaded, the next would have.
COMMANDS: dict[str, tuple[list[str], set[str]]] = {
    "version": (["--version"], set()),
    "help": (["--help"], {"typer"}),
    "help of a command": (["run", "--help"], {"typer"}),
    "example": (["example", "crontab"], {"typer"}),
    "schema": (["schema"], {"typer"}),
    "help of serve": (["serve", "--help"], {"typer"}),
    "completion": (["completion", "bash"], {"typer"}),
    "codes": (["codes"], {"typer", "connector_probe.model.policy"}),
    "explain": (["explain", "450 4.4.316 Connection refused"], {"typer", "connector_probe.model.policy"}),
    "check": (["run", str(ROOT / "probes.yaml"), "--check", "--no-history"], {"typer", "yaml"}),
    "closed port": (
        ["127.0.0.1:1", "--no-control", "--tls", "opportunistic", "--port", "1"],
        PROBING,
    ),
    "file of roots": (["127.0.0.1:1", "--no-control", "--ca-file", certifi.where(), "--only-ca-file"], PROBING),
}
SCRIPT = """
import contextlib, io, json, sys
import connector_probe
loaded = [one for one in json.loads(sys.argv[1]) if one in sys.modules]
assert not loaded, loaded
from connector_probe.cli.app import run
with contextlib.redirect_stdout(io.StringIO()):
    run(json.loads(sys.argv[2]))
print(json.dumps([one for one in json.loads(sys.argv[1]) if one in sys.modules]))
"""


def loaded_by(argv: list[str]) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, json.dumps(SLOW), json.dumps(argv)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_slow_is_imported_without_need(name: str) -> None:
    argv, allowed = COMMANDS[name]
    assert loaded_by(argv) - allowed == set()


def test_what_tls_needs_is_loaded_from_the_moment_that_tcp_is_up() -> None:
    """Beside the wait for the greeting, so that it adds nothing to the handshake. This server turns all away."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as beside:
        beside.submit(lambda: server.accept()[0].sendall(b"554 nobody is welcome\r\n"))
        loaded = loaded_by([f"127.0.0.1:{server.getsockname()[1]}", "--no-control"])
    assert {"OpenSSL", "cryptography"} <= loaded


@pytest.mark.parametrize(
    ("door", "names"),
    [(connector_probe, connector_probe.__all__), (evidence, ("FaultKind", "Lookup", "Reply", "StageEnded"))],
    ids=["package", "evidence"],
)
def test_the_doors_that_open_late_open_on_everything(door: ModuleType, names: Sequence[str]) -> None:
    for name in names:
        assert getattr(door, name) is not None
    assert not hasattr(door, "made_up")
