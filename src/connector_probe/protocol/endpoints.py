"""The networks that Exchange Online's mail comes from, as Microsoft's endpoints web service lists them."""

from __future__ import annotations

import ipaddress
import json


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
