"""Runs every command of an installed `probe` that needs no network but loopback, and fails where one does.

For the lowest versions that pyproject.toml allows: thousands of unit tests can pass over a command line that is dead,
so the commands themselves are run. Call it with the Python of that environment: `python .ci/smoke.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROBE = Path(sys.executable).with_name("probe")
BOUNCE = "450 4.4.316 Connection refused [Message=Socket error code 10061] [LastAttemptedServerName=mail.contoso.com]"
CONFIG = "version: 1\nconnectors:\n  - name: Office\n    smart_hosts: [mail.contoso.com]\n"


def run(arguments: Sequence[str], expected: int = 0, says: str = "") -> str:
    """Runs `probe` with the arguments; returns standard output. Ends the program where exit code or text is another."""
    done = subprocess.run([PROBE, *arguments], capture_output=True, text=True, timeout=120)
    if done.returncode != expected or says not in done.stdout + done.stderr or "Traceback" in done.stderr:
        sys.exit(
            f"probe {' '.join(arguments)}: exit code {done.returncode}, not {expected}\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


def main() -> None:
    """Runs the commands one by one, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_STATE_HOME"] = folder
        Path("probes.yaml").write_text(CONFIG)
        run(["version"])
        run(["--help"], says="Usage")
        run(["codes", "4.4.316"], says="4.4.316")
        run(["lab", "--list"], says="expired")
        run(["schema", "config"], says="$schema")
        run(["example", "crontab"])
        run(["explain", BOUNCE], says="mail.contoso.com")
        run(["run", "--check"], says="1 connector")  # a flag that is ignored would probe
        run(["rn"], expected=2)
        run(["demo"], says="4.4.316")
        refused = run(["127.0.0.1:1", "--nameserver", "127.0.0.1#1", "--no-control", "--json"], expected=1)
        if json.loads(refused)["results"][0]["diagnosis"]["code"] != "4.4.316":
            sys.exit(f"a closed port is not told as refused\n{refused}")
        Path("report.json").write_text(refused)
        run(["compare", "report.json", "report.json"], says="UNCHANGED")
        run(["history"])
        run(["serve", "missing.yaml"], expected=2)
    print("every command runs")


if __name__ == "__main__":
    main()
