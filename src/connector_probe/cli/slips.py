"""What was probably meant by a word that is no host: said before anything is asked of DNS.

A name that nobody has would else be a verdict (4.4.312), with causes and remedies for a domain that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from connector_probe.cli.commands import SUMMARIES
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import SAMPLE, is_report
from connector_probe.model.names import is_address, show
from connector_probe.model.spelling import nearest

_VERBS = frozenset({"probe", "test", "check", "scan", "verify", "validate", "diagnose", "ping", "host", "smtp", "try"})
_SYNONYMS = {
    **dict.fromkeys(("status", "state", "log", "logs", "past"), "history"),
    **dict.fromkeys(("ndr", "bounce", "trace", "decode"), "explain"),
    **dict.fromkeys(("error", "errors", "list"), "codes"),
    **dict.fromkeys(("init", "convert", "export", "new"), "import"),
    **dict.fromkeys(("watch", "until", "poll"), "wait"),
    **dict.fromkeys(("diff", "cmp"), "compare"),
    **dict.fromkeys(("monitor", "dashboard", "server", "daemon", "exporter", "web"), "serve"),
    **dict.fromkeys(("cert", "renewal", "pem"), "certificate"),
    **dict.fromkeys(("man", "manual", "docs", "usage", "topics"), "help"),
    **dict.fromkeys(("start", "all", "fleet", "config"), "run"),
    **dict.fromkeys(("cron", "systemd", "template", "templates"), "example"),
}
# Compiled when one is needed: a host that looks like one needs the first alone.
_PLAIN = r"(?!\d+\.\d+\.\d+\Z)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.?(?::\d+)?"
_CODE = r"(?:[245]\d\d[ -])?[245]\.\d{1,3}\.\d{1,3}"
_PASTED = r"\b[245]\.\d{1,3}\.\d{1,3}\b|\bLED=|\[Message=|\bReason:|returned '|\b[45]\d\d [A-Z]"
_LABEL = r"[A-Za-z0-9_-]+"
_PATH = r"(?:[A-Za-z]:)?[\\/]|\.{1,2}[\\/]|~[\\/]|[^:]*\\"
_COMMAND_OF = {
    **dict.fromkeys((".yaml", ".yml"), "run"),
    **dict.fromkeys((".eml", ".msg", ".mbox", ".txt", ".log", ".html", ".htm", ".json", ".jsonl"), "explain"),
    **dict.fromkeys((".csv", ".lst", ".list"), "-f"),
    **dict.fromkeys((".pem", ".crt", ".cer", ".der", ".pfx", ".p12"), "certificate"),
}
_SERVES = {
    "587": "587 takes mail from mail programs that log in (submission)",
    "465": "465 takes mail from mail programs that log in, in TLS from the first octet (submissions)",
}
_Slip = UsageProblemError  # what was meant is its hint


def refuse_slips(words: Sequence[str], *, port: str = "25", mx: bool = False) -> None:
    """Raises UsageProblemError for the first of ``words``, given as hosts, that is none."""
    found = None
    if port.strip() in _SERVES and words:
        found = _wrong_port(words[0], port.strip(), f"probe --port {port.strip()} -- {show(words[0])}")
    for at, word in enumerate(words):
        found = found or _slip(word.strip(), words[:at], words[at + 1 :], mx=mx)
    if found is not None:
        raise found


def refuse_command(word: str, others: Sequence[str]) -> None:
    """As the first word of a command line, before its options are read. Raises UsageProblemError."""
    if _is_label(word) and not word.isdigit():
        raise _no_command(word, others)


def refuse_no_configuration(file: str) -> None:
    """Raises UsageProblemError where ``file``, which is no sound probes.yaml, is plainly something else."""
    kind, shown = kind_of(Path(file)), show(file, 300)
    if kind not in (None, "run"):
        raise UsageProblemError(f"{shown} is no probes.yaml", f"did you mean: {_with_file(str(kind), shown)}")
    if not Path(file).exists() and re.fullmatch(_PLAIN, file) and Path(file).suffix.lower() not in _COMMAND_OF:
        raise UsageProblemError(f"there is no file {shown}", f"a host needs no command: probe {shown}")


def refuse_no_list(file: str) -> None:
    """Raises UsageProblemError where ``file``, given as a list of hosts, is plainly something else."""
    kind, shown = kind_of(Path(file)), show(file, 300)
    if kind is not None:
        raise UsageProblemError(f"{shown} is no list of hosts", f"did you mean: {_with_file(kind, shown)}")


def refuse_no_error(given: str | bytes) -> None:
    """Raises UsageProblemError where what ``probe explain`` was given, in which no code is known, is for a command."""
    if isinstance(given, str) and re.fullmatch(_PLAIN, given.strip()):
        raise UsageProblemError(
            f"{show(given.strip())} is a host, not an error", f"to probe it: probe {show(given.strip())}"
        )
    kind = _kind(given if isinstance(given, str) else _sample(given))
    if kind in ("run", "import"):
        does = "a probes.yaml: probe run FILE" if kind == "run" else "an export: probe import FILE > probes.yaml"
        raise UsageProblemError("there is no error in it", f"it is {does}")


def kind_of(path: Path) -> str | None:
    """The command that reads what is in ``path``; None where nothing tells, or where there is no such file."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return _kind(_sample(file.read(SAMPLE)))
    except (OSError, ValueError):  # a name with a NUL is none
        return None


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # no file has such a name: too long, or with a NUL
        return False


def _sample(data: bytes) -> str:
    return data[:SAMPLE].replace(b"\0", b"").decode("utf-8", "replace")  # of UTF-16 the half that tells


def _kind(text: str) -> str | None:
    if is_report(text):
        return "explain"
    if text.lstrip("\ufeff\ufffd \r\n\t").startswith(("[", "{")) and re.search(r'"(SmartHosts|UseMXRecord)"', text):
        return "import"
    if re.search(r"(?m)^(connectors|version|defaults)\s*:", text):
        return "run"
    if "-----BEGIN CERTIFICATE" in text:
        return "certificate"
    return "explain" if re.search(_PASTED, text) else None


def _slip(word: str, before: Sequence[str], after: Sequence[str], *, mx: bool) -> _Slip | None:
    if not word or is_address(word.strip("[]")):
        return None
    if re.fullmatch(_PLAIN, word) and Path(word).suffix.lower() not in _COMMAND_OF and not _is_file(word):
        return _port(word, before)
    if word in ("/?", "?", "-?", "/h", "/help"):
        return _Slip(f"{word} is no host", "probe --help")
    if re.fullmatch(_CODE, word):
        return _Slip(f"{word} is a code, not a host", f"what it means: probe codes {word.split()[-1]}")
    if (after or " " in word) and re.search(_PASTED, " ".join((word, *after))):
        return _Slip(
            "this is the text of an error, not a host", 'in quotes: probe explain "450 4.4.316 Connection ..."'
        )
    return (
        _file(word)
        or _punctuation(word, before, after, mx=mx)
        or _port(word, before)
        or (_no_command(word, after) if _is_label(word) else None)
    )


def _file(word: str) -> _Slip | None:
    """The name of a file, be it there or not; a host may have a file of its name beside it, in which nothing tells."""
    path, suffix = Path(word), PureWindowsPath(word).suffix.lower()
    kind = kind_of(path) or (_COMMAND_OF.get(suffix) if _is_file(word) else None)
    shown = show(word, 300)
    if kind is not None:
        return _Slip(f"{shown} is a file, not a host", f"did you mean: {_with_file(kind, shown)}")
    if re.match(_PATH, word) or suffix in _COMMAND_OF:
        there = "there is no such file"
        return _Slip(
            f"{shown} looks like a file, not a host, and {there}",
            f"as in: {_with_file(_COMMAND_OF.get(suffix, 'run'), 'FILE')}"
            + (", or: probe import FILE > probes.yaml" if suffix == ".json" else ""),
        )
    return None


def _with_file(kind: str, shown: str) -> str:
    if kind not in SUMMARIES:
        kind = "-f" if kind == "-f" else "explain"
    return f"probe {kind} {_quoted(shown)}" + (" > probes.yaml" if kind == "import" else "")


def _quoted(shown: str) -> str:
    return f'"{shown}"' if " " in shown else shown


def _punctuation(word: str, before: Sequence[str], after: Sequence[str], *, mx: bool) -> _Slip | None:
    parts = [part for part in re.split(r"[,;\s]+", word) if part]
    if len(parts) > 1 and all(_may_be_host(part) and ("." in part or part.isdigit()) for part in parts):
        if len(parts) == 2 and parts[1].isdigit():
            return _Slip(f"{show(word)} is not a host", f"a port stands behind a colon: probe {parts[0]}:{parts[1]}")
        return _Slip(
            f"{show(word)} is more than one host", f"with blanks between them: probe {show(' '.join(parts), 300)}"
        )
    bare = word.strip(" ,;<>\"'\u201c\u201d\u2018\u2019`()")
    if bare != word and _may_be_host(bare):
        return _Slip(f"{show(word)} is not a host", f"did you mean: probe {show(bare)}")
    if word.startswith("*."):
        return _Slip(
            f"{show(word)} is a name in a certificate (TlsDomain), not a host",
            f"as in: probe --tls-domain '{show(word)}' HOST",
        )
    if word.casefold().startswith("smtp:") and "://" not in word:
        domain = word[5:].split(";")[0].removeprefix("*.")
        return _Slip(f"{show(word)} is an address space, not a host", f"by its MX records: probe --mx {show(domain)}")
    return None


def _port(word: str, before: Sequence[str]) -> _Slip | None:
    host, colon, port = word.rpartition(":")
    if colon and port in _SERVES:
        return _wrong_port(host, port, f"probe -- {show(word)}")
    if word.isascii() and word.isdigit():
        if before and len(word) < 6:
            return _Slip(f"{word} is a port, not a host", f"with a colon: probe {show(before[-1])}:{word}")
        return _Slip(
            f"{show(word)} is a number, not a host", "as in: probe mail.contoso.com, or: probe mail.contoso.com:25"
        )
    return None


def _wrong_port(host: str, port: str, meant: str) -> _Slip:
    return _Slip(
        f"a connector always goes to port 25; {_SERVES[port]}", f"probe {show(host)}   If {port} is meant: {meant}"
    )


def _is_label(word: str) -> bool:
    """A single label: no name that Exchange Online could resolve, and more often a slip."""
    return re.fullmatch(_LABEL, word) is not None and word.casefold() != "localhost" and not word.startswith("-")


def _may_be_host(text: str) -> bool:
    return is_address(text) or re.fullmatch(r"[\w.-]+(:\d+)?", text) is not None


def _no_command(word: str, others: Sequence[str]) -> _Slip:
    shown, meant = show(word), f"A host: probe -- {show(word)}"
    if word in SUMMARIES:
        return _Slip(f"{shown} is a command, not a host", f"it comes first: probe {shown}. {meant}")
    if word.casefold() in _VERBS and others and not others[0].startswith("-"):
        other = show(others[0], 300)
        kind = kind_of(Path(others[0])) or _COMMAND_OF.get(PureWindowsPath(others[0]).suffix.lower())
        does = (
            f"probe run {_quoted(other)} --check"
            if kind == "run"
            else _with_file(kind, other)
            if kind
            else f"probe {other}"
        )
        return _Slip(f"there is no command {shown}", f"did you mean: {does}")
    synonym = _SYNONYMS.get(word.casefold())
    near = synonym or nearest(word, SUMMARIES)
    if near:
        return _Slip(f"there is no command {shown}", f"did you mean {near}? {meant}")
    return _Slip(f"there is no command {shown}", f"probe --help lists them all. {meant}")
