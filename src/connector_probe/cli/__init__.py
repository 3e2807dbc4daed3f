"""The command line: argv -> settings -> run -> print -> exit code. The only place that prints.

This file loads nothing of ours before signals are seen to, and catches what comes before anything else could.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from itertools import pairwise

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNKNOWN, EXIT_INTERRUPTED = 0, 1, 2, 3, 130
COMPLETE = "_PROBE_COMPLETE"  # set by a shell's completion script
# Objects made between two collections. What is loaded stays, and evidence has no circles: with Python's 700, an eighth
# of a start and a twentieth of a run went into looking at them.
UNCOLLECTED = 50_000
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))  # Windows has one


def main() -> None:
    """The ``probe`` command."""
    gc.set_threshold(UNCOLLECTED)
    for number in (signal.SIGINT, *ENDING):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup, and in the background of a script
            signal.signal(number, end_at_once)
    try:
        _open_what_is_closed()
        from connector_probe.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        end_at_once()
    except (MemoryError, ImportError) as problem:  # not even enough for the words of app.py
        os.write(2, f"probe: error: it could not be started: {type(problem).__name__}: {problem}\n".encode()[:500])
        code = EXIT_UNKNOWN
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # which was told when it was written to
            stream.flush()
    os._exit(code)  # nothing is left to do, and Python would take its time, and wait for look-ups that nobody needs


def end_at_once(number: int = 0, frame: object = None) -> None:
    """As a handler of signals while there is nothing to lose: one line instead of Python's traceback."""
    plugin = asks_for_a_plugin(sys.argv)
    try:
        os.write(*((1, b"PROBE UNKNOWN - interrupted\n") if plugin else (2, b"probe: interrupted\n")))
    finally:
        os._exit(EXIT_UNKNOWN if plugin else EXIT_INTERRUPTED)


def asks_for_a_plugin(argv: list[str]) -> bool:
    """Whether this command line, be it wrong, was meant to be that of a Nagios plugin: ``--format nagios``."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    told = [then for word, then in pairwise(words) if word == "--format"]
    told += [word.removeprefix("--format=") for word in words if word.startswith("--format=")]
    return "nagios" in [word.strip().lower() for word in told]


def _open_what_is_closed() -> None:
    """Standard streams that whoever started us has closed, as in ``probe ... 2>&-``: else a socket takes their place.

    What is written to standard output is an error as before; standard error is nobody's.
    """
    for descriptor, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)  # the lowest number that is free, which is this one
            setattr(sys, name, os.fdopen(opened, "r" if descriptor == 0 else "w", encoding="utf-8"))


if __name__ == "__main__":
    main()
