"""The command line: argv -> settings -> run -> print -> exit code. The only place that prints."""

from __future__ import annotations

import sys


def main() -> None:
    """The ``probe`` command."""
    from connector_probe.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
