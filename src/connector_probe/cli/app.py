"""The commands, and the way from argv to an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence

from connector_probe._version import __version__
from connector_probe.cli.commands import HOST, SUMMARIES, command
from connector_probe.cli.output import fail, say, write_document
from connector_probe.cli.targets import asks_for_a_plugin
from connector_probe.cli.values import NothingProbedError, UsageProblemError
from connector_probe.model.names import show

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # of what the help is written to
SHORTEST_SLIP = 4  # letters; a shorter word is near too many
_VERSION = "--version"
EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNKNOWN, EXIT_INTERRUPTED = 0, 1, 2, 3, 130


def run(argv: Sequence[str]) -> int:
    """Run ``probe`` with ``argv``; gives the exit code. Nothing that a user can do ends in a traceback."""
    if asks_for_a_plugin(argv):
        return _run_as_plugin(argv)
    try:
        return _dispatch(argv)
    except KeyboardInterrupt:
        say("probe: interrupted")
        return EXIT_INTERRUPTED
    except NothingProbedError as reason:
        if not reason.quiet:
            say(f"probe: {reason}")
        return EXIT_UNKNOWN
    except _wrong() as problem:
        fail(*_told(problem))
    except OSError as problem:
        if problem.errno in _NO_ROOM:
            fail(f"standard output cannot be written: {problem.strerror}", "is the disk full?")
            return EXIT_USAGE
        if not _has_folder():
            fail("the current directory is there no more", "change to another one")
            return EXIT_USAGE
        if problem.filename is None:
            return _confess(problem)
        fail(f"{show(str(problem.filename), 300)}: {problem.strerror}", "check name and permissions")
    except Exception as problem:
        return _confess(problem)
    return EXIT_USAGE


def _wrong() -> tuple[type[Exception], ...]:
    """What says that the command, a file or a name was wrong: exit code 2."""
    import typer  # late: only an error asks for it

    from connector_probe.model.connector import ConnectorError

    usage: type[Exception] = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps it
    return UsageProblemError, ConnectorError, usage


def _has_folder() -> bool:
    """Whether the folder that this process was started in is still there."""
    try:
        return bool(os.getcwd())  # noqa: PTH109 - nothing else here needs pathlib
    except OSError:
        return False


def _confess(problem: Exception) -> int:
    """A fault of this program: said in two lines instead of a traceback, and nothing is held against a server."""
    if os.environ.get("PROBE_TRACEBACK"):
        raise problem
    fail(
        f"a fault of this program: {type(problem).__name__}: {show(str(problem), 300)}",
        "please report it, with the traceback that PROBE_TRACEBACK=1 shows",
    )
    return EXIT_UNKNOWN


def _run_as_plugin(argv: Sequence[str]) -> int:
    """As the plugin API wants it: whatever went wrong is one line on standard output and UNKNOWN, which is 3."""
    from connector_probe.formats import nagios

    try:
        code = _dispatch(argv)
        return code if code != EXIT_INTERRUPTED else nagios.UNKNOWN
    except KeyboardInterrupt:
        message = "interrupted"
    except _wrong() as problem:
        message = "; ".join(filter(None, _told(problem)))
    except NothingProbedError as reason:
        message = str(reason)
    except Exception as problem:  # else Python's exit code would be that of a warning
        message = f"a fault of this program: {type(problem).__name__}: {problem}"
    with contextlib.suppress(UsageProblemError):  # nobody can be told then
        write_document(nagios.problem(message))
    return nagios.UNKNOWN


def _told(problem: Exception) -> tuple[str, str]:
    """The error in one line, and a hint."""
    hint = getattr(problem, "hint", None)
    if hint is not None:
        return str(problem), hint
    message = getattr(problem, "format_message", problem.__str__)().replace("Value error, ", "")  # pydantic's words
    asked = getattr(getattr(problem, "ctx", None), "command_path", "probe")
    return " ".join(message.split()), f"{asked} --help tells all options"


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
