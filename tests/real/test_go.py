"""Go's crypto/tls, which sends its session ticket before the client has finished.

Only where Go is: CI does not install it (a compiler of some 400 MB for one server), and the laboratory imitates it.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

from connector_probe import Connector
from tests.real.authority import HOST, Authority
from tests.real.verdicts import result_of

GO = shutil.which("go")

if GO is not None:

    def test_its_ticket_is_seen_unless_it_is_turned_off(authority: Authority, ca_file: str, tmp_path: Path) -> None:
        program = tmp_path / "smtp"
        subprocess.run([str(GO), "build", "-o", program, Path(__file__).with_name("smtp.go")], check=True)
        files = authority.good()
        with subprocess.Popen([program, files.chain, files.key], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            connector = Connector(smart_hosts=[f"127.0.0.1:{port}"], tls_domain=HOST, ca_file=ca_file)
            by_default, turned_off = asyncio.run(result_of(connector)), asyncio.run(result_of(connector))
            server.kill()
        assert [warning.id for warning in by_default.warnings] == ["early-session-ticket"]
        assert turned_off.warnings == ()
