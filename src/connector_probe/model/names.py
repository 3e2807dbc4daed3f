"""Host names and addresses as a connector may hold them.

A smart host is a fully qualified domain name or an IP address (Exchange's ``SmartHosts``). Everything that is
written here in Unicode becomes A-labels (IDNA 2008 with UTS #46 mapping) before anything is sent or compared.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from connector_probe.model.dataclass import dataclass
from connector_probe.model.errors import HintedError
from connector_probe.model.printable import printable

MAX_NAME = 253  # RFC 1035 2.3.4: 255 octets on the wire, 253 characters as text
MAX_LABEL = 63  # RFC 1035 2.3.4
# RFC 5321 2.3.5 and RFC 1123 2.1; the underscore is no host name, but it is resolvable and people have it.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\Z")  # no top-level domain is a number (RFC 3696 2)
_PORT = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
# RFC 6874 2: ZoneID = 1*( unreserved / pct-encoded ). The ipaddress module lets any text pass, escapes included.
_ZONE = re.compile(r"[A-Za-z0-9._~-]{1,64}\Z")
_MAX_GIVEN = 4 * MAX_NAME  # what UTS #46 mapping can still make a name of; its work grows faster than the text


class InvalidNameError(HintedError, ValueError):
    """A host, address or port that cannot be used. ``str()`` says why; ``hint`` says what to do."""


@dataclass(frozen=True, slots=True)
class SmartHost:
    """One smart host: ``host`` is a lower-case A-label name without a final dot, or a canonical IP address.

    ``port`` is None unless it was written as HOST:PORT.
    """

    host: str
    port: int | None = None

    @property
    def is_address(self) -> bool:
        return is_address(self.host)

    def __str__(self) -> str:
        return self.host if self.port is None else host_port(self.host, self.port)


def host_port(host: str, port: int) -> str:
    """Both as commands take them, an IPv6 address in brackets (RFC 3986 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@lru_cache(maxsize=4096)  # asked again and again of the same few
def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address (without brackets; a zone index is allowed)."""
    if text.count(":") == 1 or not (":" in text or text[-1:].isdecimal()):  # spares HOST:PORT and names the attempt
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    _, percent, zone = text.partition("%")
    return not percent or _ZONE.match(zone) is not None


@lru_cache(maxsize=4096)  # as above; a name that is none is not kept
def parse_smart_host(text: str) -> SmartHost:
    """Read HOST, HOST:PORT, an address, or [address]:PORT.

    Raises InvalidNameError with a hint for everything else: a URL, a mail address, a range, an over-long label.
    """
    given = text.strip()
    if not given:
        raise InvalidNameError("the host is empty", "give a name or an address, as in: probe mail.contoso.com")
    if "://" in given:
        rest = given.split("://", 1)[1].split("/", 1)[0]
        raise InvalidNameError(
            f"{show(given)} is a URL, not a host", f"leave the scheme out: {_usable(rest) or 'mail.contoso.com'}"
        )
    if "@" in given:
        domain = given.rsplit("@", 1)[1]
        raise InvalidNameError(
            f"{show(given)} is a mail address, not a host",
            f"to go by the domain's MX records: probe --mx {_usable(domain, address=False) or 'contoso.com'}",
        )
    if "/" in given:
        head = given.split("/", 1)[0]
        if is_address(head):
            raise InvalidNameError(
                f"{show(given)} is an address range", "give the single addresses that servers listen on"
            )
        raise InvalidNameError(
            f"{show(given)} is not a host",
            f"leave out the slash and what follows: {_usable(head) or 'mail.contoso.com'}",
        )
    host, port = _split_port(given)
    if is_address(host):
        return SmartHost(str(ipaddress.ip_address(host)), port)
    return SmartHost(parse_name(host), port)


def _usable(text: str, *, address: bool = True) -> str:
    """``text`` if a hint may suggest it as a host, else ""."""
    try:
        host = parse_smart_host(text)
    except InvalidNameError:
        return ""
    return show(text.strip()) if address or not host.is_address else ""


def _split_port(given: str) -> tuple[str, int | None]:
    if given.startswith("["):
        inside, bracket, after = given[1:].partition("]")
        if not bracket or not is_address(inside):
            raise InvalidNameError(
                f"{show(given)} is not an address in brackets", "as in: [2001:db8::25] or [2001:db8::25]:25"
            )
        if not after:
            return inside, None
        if not after.startswith(":"):
            raise InvalidNameError(
                f"{show(given)}: {show(after)} after the bracket is not a port", "as in: [2001:db8::25]:25"
            )
        return inside, parse_port(after[1:])
    if is_address(given):
        return given, None
    host, colon, port = given.rpartition(":")
    if not colon:
        return given, None
    if ":" in host:
        raise InvalidNameError(
            f"{show(given)} is neither a name nor an IPv6 address",
            "an IPv6 address with a port needs brackets: [2001:db8::25]:25",
        )
    if not host:
        raise InvalidNameError(f"{show(given)} has no host before the port", "as in: mail.contoso.com:25")
    return host, parse_port(port)


def parse_port(text: str) -> int:
    """A TCP port, 1 to 65535. Raises InvalidNameError."""
    if not _PORT.match(text) or not 1 <= int(text) <= 65535:
        raise InvalidNameError(
            f"{show(text) or 'nothing'} is not a port",
            "a port is a number from 1 to 65535; Exchange Online always uses 25",
        )
    return int(text)


def _a_labels(name: str) -> str:
    """``name`` in ASCII (RFC 5890). Raises UnicodeError."""
    import idna  # late: its tables are large, and few names need them

    return idna.encode(name, uts46=True).decode("ascii").lower()


@lru_cache(maxsize=4096)  # as above
def parse_name(text: str) -> str:
    """A domain name as lower-case A-labels without the final dot. Raises InvalidNameError."""
    name = text.strip()
    if name.endswith((".", "\u3002")):
        name = name[:-1]
    if not name:
        raise InvalidNameError(f"{show(text.strip()) or 'the name'} is empty", "give a name as in: mail.contoso.com")
    if is_address(name):
        raise InvalidNameError(f"{show(name)} is an address, not a name", "give a name as in: mail.contoso.com")
    if len(name) > _MAX_GIVEN:
        raise InvalidNameError(f"the name has {len(name)} characters", "a domain name has 253 at most (RFC 1035)")
    try:
        ascii_name = name.lower() if name.isascii() else _a_labels(name)
    except UnicodeError as problem:  # an IDNAError, or a lone surrogate
        raise InvalidNameError(
            f"{show(name)} is not a valid name: {show(str(problem))}", "check the spelling of its non-ASCII labels"
        ) from None
    labels = ascii_name.split(".")
    for label in labels:
        if not label:
            raise InvalidNameError(
                f"{show(name)} has an empty label", "two dots stand together, or one stands in front"
            )
        if len(label) > MAX_LABEL:
            raise InvalidNameError(
                f"a label of {show(name)} has {len(label)} characters", "a label has 63 at most (RFC 1035)"
            )
        if not _LABEL.match(label):
            raise InvalidNameError(
                f"{show(name)} is not a host name: label {show(label)}",
                "letters, digits and hyphens only, none at a label's ends",
            )
    if len(ascii_name) > MAX_NAME:
        raise InvalidNameError(f"the name has {len(ascii_name)} characters", "a domain name has 253 at most (RFC 1035)")
    if _NUMERIC_END.search(ascii_name):
        raise InvalidNameError(
            f"{show(name)} is neither an IP address nor a name", "an IPv4 address has four numbers from 0 to 255"
        )
    return ascii_name


def parse_tls_domain(text: str) -> str:
    """TlsDomain: a name, or ``*.name`` (a leading wildcard only), as lower-case A-labels. Raises InvalidNameError."""
    given = text.strip()
    if given.startswith("*."):
        return "*." + parse_name(given[2:])
    if "*" in given:
        raise InvalidNameError(f"TlsDomain {show(given)}: a wildcard stands only in front", "as in: *.contoso.com")
    if is_address(given):
        raise InvalidNameError(
            f"TlsDomain {show(given)} is an address",
            "TlsDomain is a name that the certificate carries, as in: mail.contoso.com",
        )
    return parse_name(given)


def show(text: str, limit: int = 100) -> str:
    """``text`` safe to print: control and bidi characters as escapes, cut at ``limit``."""
    return printable(text, limit)
