"""What is Microsoft's: host names, in the world-wide and national clouds, and the ranges that its mail comes from."""

from __future__ import annotations

import ipaddress
import json

# A tenant's entrances: what its MX records name, and the routing domains whose MX records lead there. World-wide
# (mx.microsoft: new accepted domains since July 2026), 21Vianet's in China, and the US government's (GCC High, DoD).
_ROUTING_SUFFIXES = (".onmicrosoft.com", ".partner.onmschina.cn", ".onmicrosoft.us")
_TENANT_SUFFIXES = (
    ".mail.protection.outlook.com",
    ".mx.microsoft",
    ".mail.protection.partner.outlook.cn",
    ".mail.protection.office365.us",
    *_ROUTING_SUFFIXES,
)
# The consumers' mailboxes (outlook.com, hotmail.com): Microsoft's, and no tenant's.
_CONSUMER_SUFFIXES = (".olc.protection.outlook.com",)


def is_exchange_online(host: str) -> bool:
    """Whether ``host`` is a tenant's entrance to Exchange Online: mail that goes there stays in the cloud."""
    return _dotted(host).endswith(_TENANT_SUFFIXES)


def is_routing_domain(host: str) -> bool:
    """Whether ``host`` is a tenant's own domain, which has MX records and is no server."""
    return _dotted(host).endswith(_ROUTING_SUFFIXES)


def is_microsofts(host: str) -> bool:
    """Whether the server ``host`` is run by Microsoft, so that only the sender's side can be mended."""
    return _dotted(host).endswith(_TENANT_SUFFIXES + _CONSUMER_SUFFIXES)


def _dotted(host: str) -> str:
    return f".{host.strip().rstrip('.').lower()}"


class EndpointsError(ValueError):
    """A text that is no list of endpoints. ``str()`` says what is wrong with it."""


def mail_ranges(endpoints: str) -> tuple[str, ...]:
    """The networks that Exchange Online connects to port 25 from, in a saved answer of the endpoints web service.

    That is a JSON list of objects; those with the serviceArea Exchange and 25 among their tcpPorts ("25", "25,587")
    have the networks as ``ips``. Raises EndpointsError.
    """
    try:
        document = json.loads(endpoints)
    except (ValueError, RecursionError):
        raise EndpointsError("is not JSON") from None
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise EndpointsError("is no list of endpoint sets")
    found: dict[str, None] = {}
    for one in document:
        area, ports, networks = one.get("serviceArea"), one.get("tcpPorts"), one.get("ips")
        numbers = {port.strip() for port in ports.split(",")} if isinstance(ports, str) else set()
        if isinstance(area, str) and area.casefold() == "exchange" and "25" in numbers and isinstance(networks, list):
            found |= {_network(text): None for text in networks}
    if not found:
        raise EndpointsError("has no networks of Exchange for TCP port 25")
    return tuple(found)


def _network(text: object) -> str:
    try:
        return str(ipaddress.ip_network(str(text), strict=False))
    except ValueError:
        raise EndpointsError("has a network that is none") from None
