"""What Get-OutboundConnector gives, as JSON, CliXml or CSV -> probes.yaml. Pure: bytes in, text out.

Whatever changes the probe and could not be carried over stands as a comment beside its connector; a connector that
cannot be probed as it is written is there with ``enabled: false``. The numbers behind PowerShell's enums are nowhere
documented, so a number is never read as a setting.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from connector_probe.config.environment import escape
from connector_probe.config.exchange_values import (
    COMMAND,
    ExchangeImportError,
    Record,
    read_export,
    texts,
    truth,
    unwrapped,
    word,
)
from connector_probe.config.nodes import MAX_CHARACTERS
from connector_probe.model.connector import ConnectorType, MtaStsMode, SmtpDaneMode, TlsSettings
from connector_probe.model.names import InvalidNameError, is_address, parse_name, parse_smart_host, parse_tls_domain
from connector_probe.model.printable import printable

MOST_ADDRESSES = 8  # a range of more is left to the person who knows which of them are servers
NO_HOST = "replace-me.invalid"  # RFC 2606 2: leads nowhere, whoever enables the entry without reading
MAX_NAME = 200
_MAX_COMMENT = 400
_AS_TEXT = (
    "Get-OutboundConnector | Format-List Name,TlsSettings shows its name, and PowerShell 7 exports it with"
    " ConvertTo-Json -Depth 5 -EnumsAsStrings"
)
_TLS = {
    "": TlsSettings.OPPORTUNISTIC,
    "encryptiononly": TlsSettings.ENCRYPTION_ONLY,
    "certificatevalidation": TlsSettings.CERTIFICATE_VALIDATION,
    "domainvalidation": TlsSettings.DOMAIN_VALIDATION,
}
_TYPES = {"onpremises": ConnectorType.ON_PREMISES, "partner": ConnectorType.PARTNER}
# Each of Exchange's modes: the key of probes.yaml, and its values; "opportunistic" is the default of both.
_MODES: dict[str, tuple[str, type[SmtpDaneMode] | type[MtaStsMode]]] = {
    "SmtpDaneMode": ("dane", SmtpDaneMode),
    "MtaStsMode": ("mta_sts", MtaStsMode),
}
_HEADER = """\
# Outbound connectors of Exchange Online, out of Get-OutboundConnector by `probe import`.
# Comments tell what could not be carried over. To check this file: probe run FILE --check
version: 1
defaults:
  retries: 1 # a failure counts only when it repeats
connectors:
"""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """``yaml`` is the content of a probes.yaml; ``notes`` say what a person should look at."""

    yaml: str
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """An entry in the making. ``keys`` hold YAML as it will be written."""

    name: str
    keys: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    enabled: bool = True

    def tell(self, text: str, *, disable: bool = False) -> None:
        """A comment that is also a note: it changes the probe."""
        line = printable(text, _MAX_COMMENT)
        self.comments.append(f"{line} (not probed until this is settled)" if disable else line)
        self.notes.append(line)
        self.enabled = self.enabled and not disable

    def lines(self, name: str) -> Iterator[str]:
        yield f"  - name: {quoted(name)}"
        yield from (f"    # {comment}" for comment in self.comments)
        yield from (f"    {key}: {value}" for key, value in self.keys.items())
        if not self.enabled:
            yield "    enabled: false"


def convert(data: bytes) -> ImportResult:
    """probes.yaml for the connectors in ``data``. Raises ExchangeImportError."""
    drafts: list[_Draft] = []
    whole: list[str] = []  # what is said of the file
    export = read_export(data)
    for number, record in enumerate(export.records, 1):
        refusal = next((why for applies, why in _REFUSED if applies(record)), None)
        if refusal is None:
            drafts += _drafts(record, number)
        else:
            whole.append(f"left out: {_name(record, number)!r} is {refusal}")
    if not drafts:
        raise ExchangeImportError(whole[0].removeprefix("left out: ") if whole else "there is no connector in it")
    if export.more:
        whole.append("these are not all connectors: the export ends with a link to the next page (nextLink)")
    names = _own_names(drafts)
    for draft, name in zip(drafts, names, strict=True):
        if draft.name != name:
            draft.tell(f"another connector is called {draft.name}, too, so this one is {name} here")
    body = [line for draft, name in zip(drafts, names, strict=True) for line in draft.lines(name)]
    yaml = _HEADER + "".join(f"{line}\n" for line in (*(f"  # {told}" for told in whole), *body))
    if len(yaml) > MAX_CHARACTERS:
        fit = len(drafts) * MAX_CHARACTERS // len(yaml)
        raise ExchangeImportError(
            f"{len(drafts)} connectors are too many for one file",
            f"make several of them: some {fit // 100 * 100 or fit} go into one",
        )
    notes = [f"{name}: {note}" for draft, name in zip(drafts, names, strict=True) for note in draft.notes]
    return ImportResult(yaml, (*whole, *notes))


_REFUSED: tuple[tuple[Callable[[Record], bool], str], ...] = (
    (
        lambda record: "SmartHosts" not in record and ("SenderDomains" in record or "SenderIPAddresses" in record),
        "an inbound connector, which leads to Exchange Online and not from it",
    ),
    (
        lambda record: not any(name in record for name in ("SmartHosts", "UseMXRecord", "RecipientDomains")),
        "no outbound connector: it has neither SmartHosts nor UseMXRecord",
    ),
    (
        lambda record: "AddressSpaces" in record and "TlsSettings" not in record,
        "a Send connector of Exchange Server (Get-SendConnector), not an outbound connector of Exchange Online",
    ),
)


def _drafts(record: Record, number: int) -> Iterator[_Draft]:
    """One entry; several for a connector that goes by the MX records of several domains."""
    name = _name(record, number)
    use_mx = truth(record.get("UseMXRecord"))
    hosts, lost = texts(record.get("SmartHosts"), r"\s,;")
    if use_mx is None:
        use_mx = not hosts and not lost and any(texts(record.get("RecipientDomains"), r"\s,"))
    if not use_mx:
        draft = _Draft(name)
        _add_smart_hosts(draft, hosts, lost)
        _add_settings(draft, record)
        yield draft
        return
    domains, comments = _domains(record)
    if hosts:
        comments.append(f"SmartHosts {', '.join(hosts)} are not used, since UseMXRecord is true")
    for domain, own in (domains or {NO_HOST: []}).items():
        draft = _Draft(f"{name} ({domain})" if len(domains) > 1 else name)
        draft.keys["use_mx"] = quoted(domain)
        for comment in (*comments, *own):
            draft.tell(comment, disable=not domains)
        _add_settings(draft, record)
        yield draft
        comments = []  # what is not of one domain is told beside the first


def _add_smart_hosts(draft: _Draft, given: Iterable[str], lost: Iterable[str]) -> None:
    found: list[str] = []
    for text in lost:
        draft.tell(f"SmartHosts: {text} could not be read; {COMMAND} keeps it whole", disable=True)
    for text in given:
        if "/" in text:
            found += _addresses(draft, text)
            continue
        try:
            found.append(str(parse_smart_host(text)))
        except InvalidNameError as problem:
            draft.tell(f"smart host left out: {problem}", disable=True)
    if not found:
        found = [NO_HOST]
        draft.tell("no smart host is left: put one in place of this", disable=True)
    draft.keys["smart_hosts"] = "[" + ", ".join(map(quoted, dict.fromkeys(found))) + "]"


def _addresses(draft: _Draft, text: str) -> list[str]:
    """The addresses of a small range; which of a range's addresses Exchange Online uses is not documented."""
    try:
        network = ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        draft.tell(f"smart host left out: {text} is neither a host nor a range", disable=True)
        return []
    if network.num_addresses > MOST_ADDRESSES:
        draft.tell(
            f"smart hosts {text} are {network.num_addresses} addresses: name those that are servers", disable=True
        )
        return []
    if network.num_addresses > 1:
        draft.tell(
            f"smart hosts {text} are these {network.num_addresses} addresses: take out those that are no servers"
        )
    return [str(network.network_address + offset) for offset in range(network.num_addresses)]


def _domains(record: Record) -> tuple[dict[str, list[str]], list[str]]:
    """The domains whose MX records are used, each with its comments; and comments on the whole."""
    found: dict[str, list[str]] = {}
    given, lost = texts(record.get("RecipientDomains"), r"\s,")
    comments = [f"RecipientDomains: {text} could not be read; {COMMAND} keeps it whole" for text in lost]
    for text in given:
        domain = _bare(text)
        if domain == "*":
            comments.append("RecipientDomains holds *, every domain: name the domains to be probed")
            continue
        try:
            name = parse_name(domain.removeprefix("*."))
        except InvalidNameError as problem:
            comments.append(f"recipient domain left out: {problem}")
            continue
        own = found.setdefault(name, [])
        if domain.startswith("*."):
            own.append(f"{domain} stands for {name} and all below it: only {name} is looked up")
    if truth(record.get("AllAcceptedDomains")):
        comments.append("AllAcceptedDomains is true: the accepted domains are not in the export")
    if not found and truth(record.get("IsTransportRuleScoped")):
        comments.append("transport rules choose this connector's mail: the domains are not in the export")
    if not found:
        comments.append("UseMXRecord is true and no domain is known: put one in place of this")
    return found, comments


def _bare(domain: str) -> str:
    """``domain`` without what an address space has around it, as in: smtp:*.contoso.com;1."""
    return re.sub(r"^[A-Za-z]+:|;[0-9]*$", "", domain)


def _add_settings(draft: _Draft, record: Record) -> None:
    _add_tls(draft, record)
    given = word(record.get("ConnectorType"))
    type_ = _TYPES.get(given.casefold()) if isinstance(given, str) else None
    if type_ is not None:
        draft.keys["type"] = type_.value
    elif given != "":
        draft.tell(f"ConnectorType {_shown(record.get('ConnectorType'))} is not known, so type is left to its default")
    if truth(record.get("Enabled")) is False:
        draft.comments.append("Enabled is false in Exchange Online")
        draft.enabled = False
    if truth(record.get("TestMode")):
        draft.comments.append("TestMode is true in Exchange Online")
        draft.enabled = False
    for name in ("Enabled", "TestMode", "UseMXRecord"):
        if record.get(name) is not None and truth(record.get(name)) is None:
            draft.tell(f"{name} is neither true nor false", disable=True)
    _add_modes(draft, record)


def _add_modes(draft: _Draft, record: Record) -> None:
    """SmtpDaneMode and MtaStsMode; a missing one is Opportunistic."""
    for name, (key, kind) in _MODES.items():
        given = word(record.get(name))
        if given == "":
            continue
        known = {mode.value: mode.value for mode in kind}.get(given.casefold()) if isinstance(given, str) else None
        if known is None:
            draft.tell(f"{name} {_shown(record.get(name))} is not known, so {key} is left to its default")
        elif known != "opportunistic":
            draft.keys[key] = known
            if "use_mx" not in draft.keys:
                draft.tell(f"{name} {_shown(given)} is not probed with smart hosts: only a domain has policies")


def _add_tls(draft: _Draft, record: Record) -> None:
    given = word(record.get("TlsSettings"))
    tls = _TLS.get(given.casefold()) if isinstance(given, str) and "TlsSettings" in record else None
    if tls is not None:
        draft.keys["tls"] = tls.value
    elif "TlsSettings" not in record:
        draft.tell("TlsSettings is not in the export, so tls has to be set", disable=True)
    elif isinstance(given, int):
        draft.tell(f"TlsSettings is the number {given}, which is documented nowhere; {_AS_TEXT}", disable=True)
    else:
        draft.tell(f"TlsSettings {_shown(record.get('TlsSettings'))} is not known, so tls has to be set", disable=True)
    names, lost = texts(record.get("TlsDomain"), r"\s,")
    validates_name = tls is None or tls.validates_name
    try:
        if names:
            draft.keys["tls_domain"] = quoted(parse_tls_domain(_bare(names[0])))
    except InvalidNameError as problem:
        draft.tell(f"TlsDomain left out: {problem}", disable=validates_name)
    for name in (*names[1:], *lost):
        draft.tell(f"TlsDomain: {name} left out", disable=validates_name)
    if tls is TlsSettings.DOMAIN_VALIDATION and not names and not lost:
        nameless = all(is_address(host) for host in texts(record.get("SmartHosts"), r"\s,;")[0] if "/" not in host)
        named = truth(record.get("UseMXRecord")) or not nameless
        draft.tell(
            "TlsDomain is not set: the certificate is held against the smart host's own name"
            if named
            else "TlsDomain is not set, and an address has no name to hold the certificate against: set tls_domain",
            disable=not named,
        )


def _name(record: Record, number: int) -> str:
    for key in ("Name", "Identity", "Guid"):
        value = unwrapped(record.get(key))  # no word(): "2024" is a name, and no number
        if isinstance(value, str) and value.strip():
            return printable(value.strip(), MAX_NAME)
    return f"Connector {number}"


def _own_names(drafts: Iterable[_Draft]) -> list[str]:
    """Each draft's name, with a number where another has it already."""
    taken: dict[str, int] = {}  # each name, and the number that was last put behind it
    for draft in drafts:
        name = draft.name
        while name in taken:
            taken[draft.name] += 1
            name = f"{draft.name} ({taken[draft.name]})"
        taken[name] = 1
    return list(taken)


def _shown(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value), 60)


def quoted(text: str) -> str:
    """``text`` as a YAML scalar in double quotes; JSON's escapes are among YAML's (YAML 1.2.2, 1.2)."""
    return json.dumps(escape(printable(text)), ensure_ascii=False)
