"""The commands, and the way from argv to an exit code."""

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from connector_probe._version import __version__
from connector_probe.cli import COMPLETE, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE, asks_for_a_plugin
from connector_probe.cli.commands import HOST, SUMMARIES, command
from connector_probe.cli.output import fail, say, write_document
from connector_probe.cli.values import NothingProbedError, UsageProblemError
from connector_probe.model.errors import HintedError
from connector_probe.model.names import show

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)  # of what the help is written to
_VERSION = ("version", "--version", "-V")
HELP, ALL = "--help", "--help-all"
# In what the loader, OpenSSL and Python's threads say where they get no memory.
_LACK = ("cannot allocate memory", "failed to map segment", "can't start new thread", "malloc failure", "out of memory")
_LEAST = 32 << 20  # octets that are still to be had wherever a probe may be made
_ROOM = "raise what limits it (ulimit -v, the container's): 128 MiB do for a few hosts"


def run(argv: list[str]) -> int:
    """Run ``probe`` with ``argv``; gives the exit code. Nothing that a user can do ends in a traceback."""
    plugin = asks_for_a_plugin(argv)
    try:
        return _dispatch(argv)
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
    if isinstance(problem, HintedError):
        return _Told(EXIT_USAGE, str(problem), problem.hint)
    if hasattr(problem, "format_message"):  # Typer's, of whichever version
        asked = getattr(getattr(problem, "ctx", None), "command_path", "probe")
        message = " ".join(problem.format_message().replace("Value error, ", "").split())  # pydantic's words
        hint = _option_of(problem) or f"{asked} --help-all tells all options"
        return _Told(EXIT_USAGE, message, hint)
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


def _option_of(problem: Any) -> str:  # noqa: ANN401 - Typer's, of whichever version
    """Where an option that the command does not have would stand: of which commands it is one."""
    option, context = getattr(problem, "option_name", None), getattr(problem, "ctx", None)
    if not option or context is None:  # one that it has lacks its value
        return ""
    from connector_probe.cli.commands import all_commands

    long = [name for one in context.command.params for name in one.opts if name.startswith(f"-{option}")]
    if len(option) == 2 and long:
        return f"did you mean {long[0]}?"
    have = [name for name, one in all_commands().items() for parameter in one.params if option in parameter.opts]
    others = [f"probe {name}" for name in have if name != HOST] or ["probe HOST"]
    return f"{show(option)} is an option of: {', '.join(others)}" if have else ""


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
    """Run the command that ``argv`` is for."""
    if COMPLETE in os.environ:
        from connector_probe.cli.completion import answer_the_shell

        return answer_the_shell()
    if len(argv) == 1 and argv[0] in _VERSION:
        write_document(f"probe {__version__}\n")
        return EXIT_OK
    name, arguments = route(argv)
    asked = command(name)
    asked.whole = ALL in arguments
    called = "probe" if name == HOST else f"probe {name}"
    arguments = [HELP if word == ALL else word for word in arguments]
    code = asked.main(arguments, prog_name=called, standalone_mode=False)
    if callable(code):  # what is to be done when all options are read
        code = code()
    if code == EXIT_INTERRUPTED:
        say("probe: interrupted")
    return code if isinstance(code, int) else EXIT_OK


# --- which one a command line is for ------------------------------------------------------------------------------

_AS_WRITTEN = "--as-written"
_TAKES_HOSTS = (HOST, "wait")


def route(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The command's name, and its own arguments. Raises UsageProblemError where the first word is a slip."""
    if not argv:
        raise UsageProblemError("no host to probe", "give one, as in: probe mail.contoso.com   (or: probe --help)")
    at = _place_of_command(argv)
    name, arguments = (argv[at], [*argv[:at], *argv[at + 1 :]]) if at is not None else (HOST, list(argv))
    if name == HOST and not argv[0].startswith("-"):
        from connector_probe.cli.slips import refuse_command

        refuse_command(argv[0], argv[1:])
    if name in _TAKES_HOSTS and "--" in arguments:  # of which nothing is left when the command is called
        arguments.insert(arguments.index("--"), _AS_WRITTEN)
    return name, arguments


def _place_of_command(argv: Sequence[str]) -> int | None:
    """Where the word stands that is a command: first, or behind options and their values."""
    if argv[0] in SUMMARIES:
        return 0
    if not argv[0].startswith("-") or argv[0] == "--":
        return None
    for at, word in enumerate(argv):
        if word == "--":
            break
        if word in SUMMARIES and _are_options(argv[:at], word):
            return at
    return None


def _are_options(words: Sequence[str], name: str) -> bool:
    """Whether ``words`` are options, each with its value, of a probe or of the command called ``name``."""
    takes_value = dict(_options(HOST)) | dict(_options(name))
    expected = False
    for word in words:
        if expected:
            expected = False
        elif not word.startswith("-"):
            return False
        else:
            expected = "=" not in word and takes_value.get(word, False)
    return not expected


def _options(name: str) -> Iterator[tuple[str, bool]]:
    """Each spelling of an option, and whether a value follows."""
    for parameter in command(name).params:
        for spelling in parameter.opts:
            yield spelling, parameter.param_type_name == "option" and not getattr(parameter, "is_flag", False)
