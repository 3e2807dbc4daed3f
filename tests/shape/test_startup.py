"""What a cold start imports: nothing slow that the command does not need."""

from __future__ import annotations

import json
import subprocess
import sys

import connector_probe

SLOW = ("OpenSSL", "cryptography", "dns.message", "yaml", "rich", "sqlite3", "prometheus_client", "apprise")
SCRIPT = """
import contextlib, io, json, sys
told = {}
import connector_probe
told["library"] = sorted(sys.modules)
from connector_probe.cli.app import run
with contextlib.redirect_stdout(io.StringIO()):
    run(["--help"])
    told["help"] = sorted(sys.modules)
    run(["127.0.0.1:1", "--no-control"])
    told["probe"] = sorted(sys.modules)
print(json.dumps(told))
"""


def test_nothing_is_imported_before_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    told = {name: {slow for slow in SLOW if slow in loaded} for name, loaded in json.loads(done.stdout).items()}
    assert told == {"library": set(), "help": set(), "probe": {"OpenSSL", "cryptography"}}


def test_the_library_s_door_opens_on_everything() -> None:
    for name in connector_probe.__all__:
        assert getattr(connector_probe, name) is not None
    assert not hasattr(connector_probe, "made_up")
