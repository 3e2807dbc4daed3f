"""The commands, and the way from argv to an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from typing import NamedTuple

from connector_probe._version import __version__
from connector_probe.cli import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE
from connector_probe.cli.commands import HOST, SUMMARIES, command
from connector_probe.cli.output import fail, say, write_document
from connector_probe.cli.targets import asks_for_a_plugin
from connector_probe.cli.values import NothingProbedError, UsageProblemError
from connector_probe.model.names import show

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # of what the help is written to
SHORTEST_SLIP = 4  # letters; a shorter word is near too many
_VERSION = "--version"
# In what the loader, OpenSSL and Python's threads say where they get no memory.
_LACK = ("cannot allocate memory", "failed to map segment", "can't start new thread", "malloc failure", "out of memory")
_LEAST = 32 << 20  # octets that are still to be had wherever a probe may be made
_ROOM = "raise what limits it (ulimit -v, the container's): 128 MiB do for a few hosts"


def run(argv: Sequence[str]) -> int:
    """Run ``probe`` with ``argv``; gives the exit code. Nothing that a user can do ends in a traceback."""
    plugin = asks_for_a_plugin(argv)
    try:
        code = _dispatch(argv)
        return EXIT_UNKNOWN if plugin and code == EXIT_INTERRUPTED else code
    except KeyboardInterrupt:
        told = _Told(EXIT_INTERRUPTED, "interrupted")
    except NothingProbedError as reason:
        told = _Told(EXIT_UNKNOWN, str(reason), quiet=reason.quiet)
    except Exception as problem:
        if os.environ.get("PROBE_TRACEBACK"):
            raise
        told = _told(problem)
    if plugin:  # whose every answer is one line on standard output; any other exit code would be that of a state
        from connector_probe.formats import nagios

        with contextlib.suppress(UsageProblemError):  # nobody can be told then
            write_document(nagios.problem("; ".join(filter(None, (told.message, told.hint)))))
        return nagios.UNKNOWN
    if told.code == EXIT_USAGE or told.hint:
        fail(told.message, told.hint)
    elif not told.quiet:
        say(f"probe: {told.message}")
    return told.code


class _Told(NamedTuple):
    """How a run ended that came to no report."""

    code: int
    message: str
    hint: str = ""
    quiet: bool = False


def _told(problem: Exception) -> _Told:
    """What is said of it, instead of a traceback: what the user did wrong, what the machine lacks, or our own fault."""
    from connector_probe.model.connector import ConnectorError

    if isinstance(problem, UsageProblemError | ConnectorError):
        return _Told(EXIT_USAGE, str(problem), problem.hint)
    if hasattr(problem, "format_message"):  # Typer's, of whichever version
        asked = getattr(getattr(problem, "ctx", None), "command_path", "probe")
        message = " ".join(problem.format_message().replace("Value error, ", "").split())  # pydantic's words
        return _Told(EXIT_USAGE, message, f"{asked} --help tells all options")
    if _is_lack(problem):
        return _Told(EXIT_UNKNOWN, f"there is too little memory here: {_reason(problem)}", _ROOM)
    if isinstance(problem, OSError):
        if problem.errno in _NO_ROOM:
            return _Told(EXIT_USAGE, f"standard output cannot be written: {problem.strerror}")
        if not _has_folder():
            return _Told(EXIT_USAGE, "the current directory is there no more", "change to another one")
        if problem.filename is not None:
            name = show(str(problem.filename), 300)
            return _Told(EXIT_USAGE, f"{name}: {problem.strerror}", "check name and permissions")
    hint = "please report it, with the traceback that PROBE_TRACEBACK=1 shows"
    return _Told(EXIT_UNKNOWN, f"a fault of this program: {_reason(problem)}", hint)


def _reason(problem: BaseException) -> str:
    return ": ".join(filter(None, (type(problem).__name__, show(str(problem), 300))))


def _is_lack(problem: BaseException) -> bool:
    """Whether this, or what led to it, is that the machine gave us no memory, or no thread (which takes some).

    Where none is left, whatever was under way may fail in whichever way: Python's compiler misses a field.
    """
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, MemoryError) or (isinstance(seen, OSError) and seen.errno == errno.ENOMEM):
            return True
        if isinstance(seen, ImportError | RuntimeError) and any(one in str(seen).lower() for one in _LACK):
            return True
        seen = seen.__cause__ or seen.__context__
    try:
        return not bytearray(_LEAST)
    except MemoryError:
        return True


def _has_folder() -> bool:
    """Whether the folder that this process was started in is still there."""
    try:
        return bool(os.getcwd())  # noqa: PTH109 - nothing else here needs pathlib
    except OSError:
        return False


def _dispatch(argv: Sequence[str]) -> int:
    """Run the command that ``argv`` begins with, or probe: ``probe HOST`` needs no command."""
    if not argv:
        raise UsageProblemError("no host to probe", "give one, as in: probe mail.contoso.com   (or: probe --help)")
    if argv[0] == _VERSION:
        write_document(f"probe {__version__}\n")
        return EXIT_OK
    if argv[0] in SUMMARIES:
        name, asked, arguments = f"probe {argv[0]}", command(argv[0]), argv[1:]
    else:
        _refuse_slip(argv[0], list(SUMMARIES))
        name, asked, arguments = "probe", command(HOST), argv
        asked.epilog = _list_of(list(SUMMARIES.items()))
    code = asked.main(list(arguments), prog_name=name, standalone_mode=False)
    if code == EXIT_INTERRUPTED:
        say("probe: interrupted")
    return code if isinstance(code, int) else EXIT_OK


def _refuse_slip(word: str, commands: Sequence[str]) -> None:
    """Raises UsageProblemError for a word that is nearly a command: it is no host that somebody wants dialled."""
    if not word.isalpha() or len(word) < SHORTEST_SLIP:
        return
    from difflib import get_close_matches  # late: a host with dots needs none of it

    near = get_close_matches(word, commands, 1, 0.75)
    if near:
        raise UsageProblemError(f"there is no command {word}", f"did you mean {near[0]}? A host: probe -- {word}")


def _list_of(rows: Sequence[tuple[str, str]]) -> str:
    """What ``probe --help`` ends with: every command and its one line."""
    width = max(len(name) for name, _ in rows)
    lines = ["Commands:", *(f"  {name:<{width}}  {text}" for name, text in rows)]
    return "\b\n" + "\n".join([*lines, "", "A HOST that is spelled like a command: probe -- HOST"])
