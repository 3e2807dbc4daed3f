"""The command line: argv -> settings -> run -> print -> exit code. The only place that prints."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main() -> None:
    """The ``probe`` command."""
    try:
        from connector_probe.cli.app import run
    except KeyboardInterrupt:  # loading takes a while on a busy machine, and no traceback is anybody's answer
        os.write(2, b"probe: interrupted\n")
        sys.exit(130)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # A scheduler or a CI service that has waited long enough: as by Ctrl-C, what is known is printed.
        signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us, as in: probe ... 2>&-
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
