"""Which command a command line is for: its first word, however it is spelled, or none at all: ``probe HOST``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.cli.commands import HOST, SUMMARIES, command
from connector_probe.cli.values import UsageProblemError

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
