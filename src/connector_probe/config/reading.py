"""probes.yaml -> Configuration. Strict: everything that is wrong is told at once, and then nothing is probed."""

import os
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any

from connector_probe.config.decoding import UndecodableError, decode
from connector_probe.config.environment import refers
from connector_probe.config.fields import ALIASES, BY_KEY, FIELDS, TOP_FIELDS, VERSION, Field
from connector_probe.config.kinds import Integer, ReadContext, WrongValueError, tidy
from connector_probe.config.nodes import MAX_CHARACTERS, Broken, Items, Mapping, Node, Scalar, read_nodes, retyped
from connector_probe.config.problems import ConfigError, ConfigProblem, Place, Problems
from connector_probe.config.secrets import Secret
from connector_probe.model.connector import Connector, ConnectorError
from connector_probe.model.dataclass import dataclass
from connector_probe.model.maintenance import Window
from connector_probe.model.names import show
from connector_probe.model.spelling import nearest

TOP_KEYS = ("version", *(field.key for field in TOP_FIELDS), "defaults", "connectors")
INTERVAL = 300.0  # seconds between two probes of probe serve
_BEGINNING = Place(1, 1)
_MAX_BYTES = 4 * MAX_CHARACTERS  # in UTF-8 and in UTF-16 a character takes four at most
_COMMAND = re.compile(r"(?<=: )probe (?=\S)")
_FAMILY = re.compile(r"(?<!\S)-([46])\b")
_OPTION = re.compile(r"(?P<example>(?<=: ))?(?<!\S)--(?P<name>[a-z]+(?:-[a-z]+)*)(?P<value> (?=\S))?")
_OPTIONS = {"mx": "use_mx"}
_ANY_HOST = "host.invalid"  # RFC 2606 2; stands in while one value is tried by itself


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One connector of the file. ``line`` and ``column`` count from 1; ``interval`` is in seconds."""

    connector: Connector
    name: str
    tags: tuple[str, ...] = ()
    enabled: bool = True
    interval: float = INTERVAL
    strict: bool = False
    maintenance: tuple[Window, ...] = ()
    notify: tuple[Secret, ...] = ()
    line: int
    column: int


@dataclass(frozen=True)
class Configuration:
    """What one file holds; ``entries`` in its order. ``ping``: the dead-man URL."""

    path: Path
    entries: tuple[Entry, ...]
    ping: Secret | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """One key as it stands in the file, and what was read from it."""

    field: Field
    node: Node
    value: Any


def load(path: Path) -> Configuration:
    """The configuration in the file ``path``. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        text = decode(data)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise ConfigError([ConfigProblem(str(path), 0, 0, "", message, "check name and permissions")]) from None
    except UndecodableError as error:
        problem = ConfigProblem(str(path), error.line, error.column, "", str(error), "save the file as UTF-8")
        raise ConfigError([problem]) from None
    return parse(text, str(path))


def parse(text: str, filename: str = "probes.yaml", environ: AnyMapping[str, str] | None = None) -> Configuration:
    """The configuration in ``text``. Paths in it begin at the folder of ``filename``. Raises ConfigError."""
    problems = Problems(filename)
    root = read_nodes(text.removeprefix("\ufeff"), problems)
    reader = _Reader(problems, os.environ if environ is None else environ, Path(filename).parent)
    entries = reader.entries(root)
    problems.raise_any()
    return Configuration(Path(filename), tuple(entries), **reader.top)


class _Reader:
    """Reads one file's nodes; what is wrong goes into ``problems``."""

    def __init__(self, problems: Problems, environ: AnyMapping[str, str], folder: Path) -> None:
        self._problems = problems
        self._environ = environ
        self._folder = folder
        self.top: dict[str, Any] = {}  # what TOP_FIELDS gave

    def entries(self, root: Node | None) -> list[Entry]:
        if not isinstance(root, Mapping):
            if root is not None:
                self._problems.add(root.place, "", "the file is not a mapping", "it begins with: version: 1")
            elif not self._problems.found:
                self._problems.add(Place(0, 0), "", "the file is empty", "it begins with: version: 1")
            return []
        top = dict(self._known(root, TOP_KEYS, "at the top"))
        meant = {nearest(key.text, TOP_KEYS) for key, _ in root.pairs if key.text not in TOP_KEYS}  # told already
        if "version" not in meant:
            self._version(top.get("version"), root)
        for field in TOP_FIELDS:
            node = top.get(field.key)
            if node is not None and not isinstance(node, Broken):
                value = self._value(node, field)
                self.top[field.key] = value[0] if isinstance(value, tuple) else value
        defaults = self._defaults(top.get("defaults"))
        if "connectors" not in top:
            if "connectors" not in meant:
                self._problems.add(_BEGINNING, "connectors", "connectors is missing", "a list, each with smart_hosts")
            return []
        return list(self._refuse_same_names(self._connectors(top["connectors"], defaults)))

    def _version(self, node: Node | None, root: Mapping) -> None:
        if node is None:
            self._problems.add(root.place, "version", "version is missing", f"write on top: version: {VERSION}")
        elif not isinstance(node, Broken):
            version = self._value(node, Field("version", Integer(), str(VERSION), "", None))
            if version not in (None, VERSION):
                self._problems.add(
                    node.place, "version", f"version {version} is not known", f"this program reads version {VERSION}"
                )

    def _defaults(self, node: Node | None) -> dict[str, _Given]:
        if node is None or isinstance(node, Broken):
            return {}
        if not isinstance(node, Mapping):
            self._problems.add(node.place, "defaults", "defaults is not a mapping", "as in: defaults: {timeout: 60s}")
            return {}
        found = self._values(node, "in defaults", [field.key for field in FIELDS if field.shared])
        return {given.field.key: given for given in found if self._fits_alone(given)}

    def _connectors(self, node: Node, defaults: dict[str, _Given]) -> Iterator[tuple[_Given | None, Entry | None]]:
        """Each connector's name as given, and what became of it; None for either that cannot be had."""
        if isinstance(node, Broken):
            return
        if not isinstance(node, Items) or not node.items:
            message = "connectors is an empty list" if isinstance(node, Items) else "connectors is not a list"
            self._problems.add(node.place, "connectors", message, "each begins with a dash, as in: - name: Hybrid")
            return
        for item in node.items:
            if isinstance(item, Mapping):
                yield self._connector(item, defaults)
            elif not isinstance(item, Broken):
                self._problems.add(item.place, "connectors", "a connector is not a mapping", "as in: - name: Hybrid")

    def _connector(self, node: Mapping, defaults: dict[str, _Given]) -> tuple[_Given | None, Entry | None]:
        own = {given.field.key: given for given in self._values(node, "in a connector", BY_KEY)}
        hosts = {key.text for key, _ in node.pairs} & {"smart_hosts", "use_mx"}
        meant = {_meant(key.text, tuple(BY_KEY)) for key, _ in node.pairs if key.text not in BY_KEY}  # told already
        if not hosts and not meant & {"smart_hosts", "use_mx"}:
            self._problems.add(
                node.place,
                "smart_hosts",
                "this connector has neither smart_hosts nor use_mx",
                "as in: smart_hosts: [mail.contoso.com]",
            )
        name, together = own.get("name"), {**defaults, **own}
        complete = bool(hosts) and len(own) == len(node.pairs)
        try:
            connector = _build(together.values())
        except ConnectorError as error:  # only then is each looked at by itself: most files are right
            sound = [self._fits_alone(given) for given in own.values()]  # each, so that all are told
            if all(sound) and complete:
                self._tell_culprit(node, together, error)
            return name, None
        return name, _entry(node, together, connector) if complete else None

    def _tell_culprit(self, node: Mapping, given: dict[str, _Given], error: ConnectorError) -> None:
        """Each value fits by itself; together they do not."""
        culprit = _culprit(given)
        if culprit is None:
            self._problems.add(node.place, "", _in_yaml(str(error)), _in_yaml(error.hint))
        else:
            key = culprit.field.key
            self._problems.add(culprit.node.place, key, _about(key, str(error)), _in_yaml(error.hint))

    def _refuse_same_names(self, entries: Iterable[tuple[_Given | None, Entry | None]]) -> Iterator[Entry]:
        """The sound ones. History, --only and --shard know a connector by its name."""
        first: dict[str, int] = {}
        for given, entry in entries:
            if entry is not None:
                name, place = entry.name, Place(entry.line, entry.column)
            elif given is not None:
                name, place = tidy([given.value])[0], given.node.place
            else:
                continue
            if name in first:
                self._problems.add(
                    given.node.place if given is not None else place,
                    "name",
                    f"name {show(name)!r} is taken by the connector in line {first[name]}",
                    "give each its own",
                )
            first.setdefault(name, place.line)
            if entry is not None:
                yield entry

    def _values(self, node: Mapping, where: str, keys: Iterable[str]) -> Iterator[_Given]:
        for key, value in self._known(node, tuple(keys), where):
            if isinstance(value, Broken):
                continue
            found = self._value(value, BY_KEY[key])
            if found is not None:
                yield _Given(BY_KEY[key], value, found)

    def _value(self, node: Node, field: Field) -> object | None:
        try:
            return field.kind.read(node, ReadContext(field.key, field.example, self._environ, self._folder))
        except WrongValueError as wrong:
            for other in (wrong, *wrong.others):
                if not isinstance(other.node, Broken):
                    self._problems.add(other.node.place, field.key, str(other), retyped(other.node) or other.hint)
            return None

    def _known(self, node: Mapping, keys: tuple[str, ...], where: str) -> Iterator[tuple[str, Node]]:
        for key, value in node.pairs:
            if key.text in keys:
                yield key.text, value
            else:
                self._problems.add(key.place, key.text, *_unknown(key.text, keys, where))

    def _fits_alone(self, given: _Given) -> bool:
        """Whether Connector takes this value by itself, so that each wrong value is told, not only the first."""
        attribute = given.field.attribute
        if attribute is None or isinstance(given.value, bool):
            return True
        host: dict[str, Any] = {} if attribute in ("smart_hosts", "use_mx") else {"smart_hosts": (_ANY_HOST,)}
        sound = True
        for node, value in _parts(given):
            try:
                Connector(**{**host, attribute: value})
            except ConnectorError as error:
                sound = False
                secret = node.text if isinstance(node, Scalar) and refers(node.text) else None  # is never shown
                message = str(error) if secret is None else f"{show(secret)} from the environment does not fit"
                hint = (retyped(node) or error.hint) if secret is None else given.field.help
                self._problems.add(node.place, given.field.key, _about(given.field.key, message), _in_yaml(hint))
        return sound


def _in_yaml(text: str) -> str:
    """``text`` with the options of the command line, which Connector speaks of, turned into keys."""
    return _OPTION.sub(_as_key, _FAMILY.sub(r"family: ipv\1", _COMMAND.sub("", text)))


def _as_key(match: re.Match[str]) -> str:
    name = match["name"].replace("-", "_")
    key = _OPTIONS.get(name, name)
    if key not in BY_KEY:
        return match[0]  # something that the file says, not an option
    return key + (": " if match["example"] is not None and match["value"] else match["value"] or "")


def _about(key: str, message: str) -> str:
    """``message`` in the words of the file, with the key in front."""
    told = _in_yaml(message)
    return told if re.match(rf"{key}\b", told) else f"{key}: {told}"


def _parts(given: _Given) -> Iterator[tuple[Node, object]]:
    """The value, or each item of a list by itself."""
    if isinstance(given.value, tuple):
        nodes = given.node.items if isinstance(given.node, Items) else (given.node,)
        yield from ((node, (value,)) for node, value in zip(nodes, given.value, strict=True))
    else:
        yield given.node, given.value


def _build(given: Iterable[_Given]) -> Connector:
    return Connector(**{each.field.attribute: each.value for each in given if each.field.attribute is not None})


def _entry(node: Mapping, given: dict[str, _Given], connector: Connector) -> Entry:
    of_entry = {each.field.key: each.value for each in given.values() if each.field.attribute is None}
    tags = tidy(of_entry.pop("tags", ()))
    line, column = node.place.line, node.place.column
    return Entry(connector=connector, name=connector.name, tags=tags, line=line, column=column, **of_entry)


def _culprit(given: dict[str, _Given]) -> _Given | None:
    """The last key without which the connector would be sound."""
    for left_out in sorted(given.values(), key=lambda each: each.node.place, reverse=True):
        try:
            _build(each for each in given.values() if each is not left_out)
        except ConnectorError:
            continue
        return left_out
    return None


def _meant(key: str, keys: tuple[str, ...]) -> str | None:
    """The one of ``keys`` that a wrong ``key`` was probably meant to be."""
    return nearest(key, keys, {word: name for word, name in ALIASES.items() if name in keys})


def _unknown(key: str, keys: tuple[str, ...], where: str) -> tuple[str, str]:
    """Message and hint for a key that cannot stand there."""
    message = f"unknown key {show(key)!r}"
    if key == "<<":
        return "<< merges mappings, which is not read here", "what connectors have in common stands under defaults"
    if key in BY_KEY:
        return f"{show(key)} cannot stand {where}", f"it stands in {'defaults, or ' * BY_KEY[key].shared}a connector"
    if key in TOP_KEYS:
        return f"{key} cannot stand {where}", "it stands at the top, at the beginning of a line"
    if (meant := _meant(key, keys)) is not None:
        return message, f"did you mean {meant}?"
    return message, "one of: " + ", ".join(keys) if len(keys) < 5 else "probe schema config tells all keys"
