"""Which hosts: from the command line, from a file, from standard input; one a line, or CSV with a header."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connector_probe.cli.inputs import STANDARD_INPUT, name_of, read_input
from connector_probe.cli.output import say
from connector_probe.cli.values import UsageProblemError, parse_choice, parse_whole
from connector_probe.model.connector import ConnectorType, TlsSettings
from connector_probe.model.dataclass import dataclass
from connector_probe.model.names import show

if TYPE_CHECKING:
    from connector_probe.cli.options import HostOptions

MAX_LIST = 16 * 1024 * 1024  # octets; some 500,000 hosts
# What a column may be called, without case, spaces, hyphens and underscores.
_COLUMNS = {
    "host": ("host", "hosts", "smarthost", "smarthosts", "hostname", "server", "fqdn", "address", "ipaddress", "ip"),
    "name": ("name", "connector", "connectorname", "identity"),
    "port": ("port",),
    "tls": ("tls", "tlssettings"),
    "tls_domain": ("tlsdomain",),
    "type": ("type", "connectortype"),
    "expect": ("expect",),
}
_MEANT = {spelling: column for column, spellings in _COLUMNS.items() for spelling in spellings}


@dataclass(frozen=True, slots=True)
class Listed:
    """One host. ``where``: file and line, for messages. ``others``: fields of Connector that stand beside it."""

    host: str
    where: str = ""
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def hosts_given(given: HostOptions, *, port: str, mx: bool) -> list[Listed]:
    """The hosts of the command line and of a file, in this order. Raises UsageProblemError."""
    words = given.hosts or ()
    if not given.as_written:  # then no word is taken for a slip
        from connector_probe.cli.slips import refuse_slips

        refuse_slips([word for word in words if word != STANDARD_INPUT], port=port, mx=mx)
    found: list[Listed] = []
    for word in words:
        found += _of_file(word) if word == STANDARD_INPUT and not given.as_written else [Listed(word)]
    if given.hosts_file is not None:
        found += _of_file(given.hosts_file)
    if not found:
        raise UsageProblemError("no host to probe", "give one, as in: probe mail.contoso.com   (or: probe --help)")
    return found


def parse_tls(option: str, text: str) -> TlsSettings:
    """As Exchange writes it, too, where opportunistic is $null. Raises UsageProblemError."""
    if text.strip().casefold() in ("$null", "null"):
        return TlsSettings.OPPORTUNISTIC
    return parse_choice(option, text, TlsSettings)


def _of_file(file: str) -> list[Listed]:
    try:
        return _listed(file)
    except UsageProblemError:
        if file != STANDARD_INPUT:
            from connector_probe.cli.slips import refuse_no_list

            refuse_no_list(file)  # where it is plainly something else, that is what to say of it
        raise


def _listed(file: str) -> list[Listed]:
    name = name_of(file)
    lines = _text(file, name).splitlines()
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.split("#", 1)[0].strip()]
    if not rows:
        raise UsageProblemError(f"{name} names no host", "one a line, or CSV with a header")
    first = rows[0][1]
    delimiter = next((one for one in ",;\t" if one in first), None)
    if delimiter is not None or _fold(first) in _MEANT:
        return list(_of_table(rows, delimiter or ",", name))
    found = [Listed(line.split("#", 1)[0].strip(), f"{name}:{number}") for number, line in rows]
    for one in found:
        if len(one.host.split()) > 1:
            raise UsageProblemError(f"{one.where}: {show(one.host)} is more than one host", "one a line")
    return found


def _of_table(rows: Sequence[tuple[int, str]], delimiter: str, name: str) -> Iterator[Listed]:
    import csv  # late: a host on the command line needs none of it

    csv.field_size_limit(MAX_LIST)
    (_, header), *others = rows
    titles = [title.strip() for title in next(csv.reader([header], delimiter=delimiter))]
    columns = [_MEANT.get(_fold(title)) for title in titles]
    if "host" not in columns:
        known = ", ".join(_COLUMNS["host"][:5])
        raise UsageProblemError(
            f"{name}:{rows[0][0]}: no column of hosts, only: {show(', '.join(titles))}", f"call it one of: {known}"
        )
    if same := [title for title, column in zip(titles, columns, strict=True) if column and columns.count(column) > 1]:
        raise UsageProblemError(f"{name}:{rows[0][0]}: {show(', '.join(same))} say the same", "leave one of them out")
    unused = [title for title, column in zip(titles, columns, strict=True) if column is None and title]
    if unused:
        say(f"probe: note: {name}: not looked at: {show(', '.join(unused))}")
    for number, line in others:
        where = f"{name}:{number}"
        values = next(csv.reader([line], delimiter=delimiter))
        cells = dict(zip(columns, map(str.strip, values), strict=False))
        host = cells.get("host") or ""
        if not host:
            raise UsageProblemError(
                f"{where}: there is no host in this line", f"it stands in the column {titles[columns.index('host')]}"
            )
        yield Listed(host, where, _others(cells, where))


def _others(cells: Mapping[str | None, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {column: cells[column] for column in ("name", "tls_domain", "expect") if cells.get(column)}
    if cells.get("port"):
        found["port"] = parse_whole(f"{where}: port", cells["port"])
    if cells.get("tls"):
        found["tls"] = parse_tls(f"{where}: tls", cells["tls"])
    if cells.get("type"):
        found["type"] = parse_choice(f"{where}: type", cells["type"], ConnectorType)
    return found


def _text(file: str, name: str) -> str:
    from connector_probe.config.decoding import UndecodableError, decode

    if file == STANDARD_INPUT and sys.stdin is not None and sys.stdin.isatty():
        say("probe: hosts, one a line; Ctrl-D ends the list")
    data = read_input(file, MAX_LIST, "name a file of hosts, one a line")
    if len(data) > MAX_LIST:
        raise UsageProblemError(f"{name} is larger than {MAX_LIST >> 20} MiB", "split it")
    try:
        return decode(data)
    except UndecodableError as problem:
        raise UsageProblemError(f"{name}: {problem}", "save it as UTF-8") from None


def _fold(title: str) -> str:
    return "".join(character for character in title.casefold() if character.isalnum())
