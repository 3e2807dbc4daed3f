"""The commands, and the way from argv to an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Any, cast

import typer
import typer.core
import typer.main

from connector_probe._version import __version__
from connector_probe.cli import options as opt
from connector_probe.cli.codes import codes
from connector_probe.cli.compare import compare
from connector_probe.cli.completion import Shell, script
from connector_probe.cli.example import example
from connector_probe.cli.explain import explain
from connector_probe.cli.fleet import run_file
from connector_probe.cli.help import HelpfulCommand
from connector_probe.cli.history import checked_file, history
from connector_probe.cli.hosts import read_hosts
from connector_probe.cli.importing import import_file
from connector_probe.cli.output import fail, say, write_document
from connector_probe.cli.signatures import taking
from connector_probe.cli.targets import asks_for_a_plugin
from connector_probe.cli.values import NothingProbedError, UsageProblemError
from connector_probe.cli.wait import wait
from connector_probe.model.connector import ConnectorError
from connector_probe.model.names import show

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps it
_WRONG = (UsageProblemError, ConnectorError, _USAGE_ERROR)  # the command, a file or a name; exit code 2
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # of what the help is written to
_HOST_COMMAND = "host"
SHORTEST_SLIP = 4  # letters; a shorter word is near too many
_VERSION = "--version"
EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNKNOWN, EXIT_INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="probe",
    help=(
        "Probe mail connectors as Exchange Online would, and name the error code, its cause and the remedy before "
        "mail queues."
    ),
    no_args_is_help=False,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


_command = partial(app.command, cls=HelpfulCommand)


@_command(_HOST_COMMAND, hidden=True)
@taking(read_hosts)
def probe_hosts(**options: Any) -> None:  # noqa: ANN401 - those of read_hosts
    """Probe mail connectors as Exchange Online would: which error code, why, and what to do, before mail queues.

    \b
      probe mail.contoso.com               a smart host
      probe --mx fabrikam.com              a domain, by its MX records
      probe --tls opportunistic 203.0.113.7
      probe COMMAND --help                 one of the commands below
    """
    from connector_probe.cli.probe import probe_and_print

    asked = read_hosts(**options)
    unattended = None
    if asked.history is not None:
        from connector_probe.cli.unattended import Manners, Unattended

        names = {connector.name: () for connector in asked.connectors}
        unattended = Unattended(Manners(checked_file(asked.history)), names, words=asked.settings.words)
    raise typer.Exit(probe_and_print(asked.connectors, asked.settings, strict=asked.strict, unattended=unattended))


class Schema(StrEnum):
    REPORT = "report"
    CONFIG = "config"


_SCHEMAS = {
    Schema.REPORT: ("connector_probe.formats", "report.schema.json"),
    Schema.CONFIG: ("connector_probe.config", "probes.schema.json"),
}

_command("run")(run_file)
_command(short_help="Probe until a server is healthy, or gives a code; for a cutover.")(wait)
_command(short_help="What earlier runs saw: since when it fails, when mail bounces.")(history)
_command("import")(import_file)
_command(short_help="Print a ready-to-use file: cron, systemd, CI, Kubernetes.")(example)


@_command(short_help="Print the completion script of your shell.")
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the script that completes commands and options in your shell.

    \b
      eval "$(probe completion bash)"                  in ~/.bashrc
      eval "$(probe completion zsh)"                   in ~/.zshrc, after compinit
      probe completion fish > ~/.config/fish/completions/probe.fish
      probe completion powershell >> $PROFILE
    """
    write_document(script(shell, app))


_command(short_help="Say what an NDR, a trace line or a queue error means.")(explain)
_command(short_help="Compare two saved reports: what differs, and what follows.")(compare)
_command(short_help="List the error codes: meaning, causes, remedies, sources.")(codes)


@_command(short_help="Print the JSON Schema of the report, or of probes.yaml.")
def schema(
    of: Annotated[Schema, typer.Argument(metavar="[report|config]", help="Of the report, or of probes.yaml.")] = (
        Schema.REPORT
    ),
) -> None:
    """Print the JSON Schema of the report, or of probes.yaml for editors.

    \b
      probe schema > report.schema.json
      probe schema config > probes.schema.json

    An editor goes by it where probes.yaml begins with: # yaml-language-server: $schema=probes.schema.json
    """
    from importlib.resources import files

    package, name = _SCHEMAS[of]
    write_document(files(package).joinpath(name).read_text(encoding="utf-8"))


@_command(short_help="Probe the lab, and print what a user sees; needs no network.")
def demo(lang: opt.Lang = None) -> None:
    """Start the lab, probe it, and print what a user sees; needs no network."""
    from connector_probe.cli.lab import run_demo
    from connector_probe.cli.language import words_for
    from connector_probe.formats import Format

    raise typer.Exit(run_demo(words_for(lang, Format.TEXT)))


@_command(short_help="Start smart hosts on loopback, each with one failure.")
def lab(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO...]", help="Which ones; all by default.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the scenarios, and start none.")] = False,
) -> None:
    """Start smart hosts on loopback, each with one failure, to try things out."""
    from connector_probe.cli.lab import list_scenarios, run_lab

    if list_:
        write_document(list_scenarios())
    else:
        run_lab(names or ())


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
    except _WRONG as problem:
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
    except _WRONG as problem:
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
    if isinstance(problem, (UsageProblemError, ConnectorError)):
        return str(problem), problem.hint
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
    commands = _commands()
    if argv[0] in commands and argv[0] != _HOST_COMMAND:
        name, command, arguments = f"probe {argv[0]}", commands[argv[0]], argv[1:]
    else:
        _refuse_slip(argv[0], [each for each, one in commands.items() if not one.hidden])
        name, command, arguments = "probe", commands[_HOST_COMMAND], argv
        listed = [(each, one.get_short_help_str(SHORT)) for each, one in commands.items() if not one.hidden]
        command.epilog = _list_of(listed)
    command.context_settings["help_option_names"] = ["-h", "--help"]
    code = command.main(list(arguments), prog_name=name, standalone_mode=False)
    if code == EXIT_INTERRUPTED:
        say("probe: interrupted")
    return code if isinstance(code, int) else EXIT_OK


def _refuse_slip(word: str, commands: Sequence[str]) -> None:
    """Raises UsageProblemError for a word that is nearly a command: it is no host that somebody wants dialled."""
    if not word.isalpha() or len(word) < SHORTEST_SLIP:
        return
    from difflib import get_close_matches  # late: a host with dots needs none of it

    near = get_close_matches(word, [one for one in commands if len(one) >= SHORTEST_SLIP], 1, 0.75)
    if near:
        raise UsageProblemError(f"there is no command {word}", f"did you mean {near[0]}? A host: probe -- {word}")


@cache
def _commands() -> dict[str, typer.core.TyperCommand]:
    """Each command by its name. Typer reads every signature for it, which takes longer than most commands do."""
    return cast(Any, typer.main.get_command(app)).commands  # type: ignore[no-any-return]


SHORT = 64  # characters of a command's one line, so that it keeps within 80 columns


def _list_of(rows: Sequence[tuple[str, str]]) -> str:
    """What ``probe --help`` ends with: every command and its one line."""
    width = max(len(name) for name, _ in rows)
    lines = ["Commands:", *(f"  {name:<{width}}  {text}" for name, text in rows)]
    return "\b\n" + "\n".join([*lines, "", "A HOST that is spelled like a command: probe -- HOST"])
