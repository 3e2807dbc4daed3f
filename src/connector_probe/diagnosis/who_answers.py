"""Which host answers at an address, by everything that names it: greeting, EHLO, certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.model.names import is_address
from connector_probe.protocol.identity import match

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import Exchange


def another_host(view: View) -> str | None:
    """The name that greeting and EHLO give and the certificate carries, where it is another host than was expected."""
    leaf, name = view.evidence.leaf, _named(view.evidence.banner)
    if leaf is None or not name or name != _named(view.evidence.ehlo):
        return None
    expected = view.expected.lower().removeprefix("*.")
    if name in (expected, view.evidence.server.lower()) or is_address(expected):
        return None
    matched = match(leaf, name).matched
    return None if matched is None or matched.startswith("*.") else name  # a wildcard names no host


def are_of_one_owner(name: str, other: str) -> bool:
    """Whether two hosts share what stands below their own label: as near as a certificate comes to an owner."""
    return name.partition(".")[2] == other.lower().removeprefix("*.").partition(".")[2]


def _named(exchange: Exchange | None) -> str:
    """The host's name in a greeting or an answer to EHLO (RFC 5321 4.2, 4.1.1.1); "" where there is none."""
    if exchange is None or exchange.reply is None or exchange.reply.severity != 2 or not exchange.reply.lines:
        return ""
    name = exchange.reply.lines[0].split(" ", 1)[0].lower().rstrip(".")
    return name if name.count(".") >= 2 else ""
