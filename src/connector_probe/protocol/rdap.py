"""RDAP: which registry's server knows a domain (RFC 9224), and what its answer says (RFC 9083). Pure.

Every registry sends its own mixture; only what tells whether a domain lives is read, and nothing else has to be there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from connector_probe.model.delegation import Registration
from connector_probe.model.printable import printable

MAX_ANSWER: Final = 256 * 1024  # octets; registries send some ten thousand
MAX_BOOTSTRAP: Final = 1024 * 1024  # octets; the list of 2026 has some eighty thousand
MAX_STATUSES: Final = 12  # RFC 8056 knows two dozen, and a domain has a handful
_MAX_ITEMS: Final = 100  # of any list in an answer


class RdapError(ValueError):
    """No usable answer; ``str()`` says why, printable."""


def server_for(bootstrap: bytes, domain: str) -> str | None:
    """The base URL of the server for ``domain`` by IANA's list; None where the registry has none.

    The longest suffix that is listed decides, and HTTPS is preferred (RFC 9224 3, 4). Raises RdapError.
    """
    services = _object(bootstrap).get("services")
    if not isinstance(services, list):
        raise RdapError("the list of RDAP servers has no services")
    best, found = -1, None
    for service in services:
        if not (isinstance(service, list) and len(service) == 2 and all(isinstance(part, list) for part in service)):
            continue
        urls = [url for url in service[1] if isinstance(url, str)]
        for entry in service[0]:
            suffix = entry.lower().strip(".") if isinstance(entry, str) else None
            if suffix is None or not urls or not (domain == suffix or domain.endswith(f".{suffix}")):
                continue
            if suffix.count(".") > best:
                best, found = suffix.count("."), next((url for url in urls if url.startswith("https:")), urls[0])
    return found


def url_for(base: str, domain: str) -> str:
    """RFC 9082 3.1.3."""
    return f"{base.rstrip('/')}/domain/{domain}"


def read_domain(body: bytes, domain: str, asked_at: datetime) -> Registration:
    """What a registry's answer says of ``domain``. Raises RdapError."""
    answer = _object(body)
    name = answer.get("ldhName")
    if answer.get("objectClassName") != "domain" or not isinstance(name, str):
        raise RdapError("the answer describes no domain")
    if name.lower().rstrip(".") != domain:
        raise RdapError(f"the answer describes another domain ({printable(name, 100)})")
    statuses = [printable(item.lower(), 60) for item in _items(answer, "status") if isinstance(item, str)]
    return Registration(
        domain,
        found=True,
        expires=_expiration(answer),
        statuses=tuple(statuses[:MAX_STATUSES]),
        registrar=_registrar(answer),
        asked_at=asked_at,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RdapError("the answer is no JSON") from None
    if not isinstance(value, dict):
        raise RdapError("the answer is no JSON object")
    return value


def _items(source: dict[str, Any], key: str) -> list[Any]:
    value = source.get(key)
    return value[:_MAX_ITEMS] if isinstance(value, list) else []


def _expiration(answer: dict[str, Any]) -> datetime | None:
    """RFC 9083 4.5: the registry's own "expiration"; the registrar's, where there is no other."""
    dates: dict[str, datetime] = {}
    for event in _items(answer, "events"):
        if isinstance(event, dict) and isinstance(event.get("eventDate"), str):
            moment = _moment(event["eventDate"])
            if moment is not None:
                dates.setdefault(str(event.get("eventAction")).lower(), moment)
    return dates.get("expiration") or dates.get("registrar expiration")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text[:40].strip().upper())
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _registrar(answer: dict[str, Any]) -> str:
    """The formatted name (jCard "fn", RFC 7095) of the entity that is the registrar."""
    for entity in _items(answer, "entities"):
        if isinstance(entity, dict) and "registrar" in _items(entity, "roles"):
            card = _items(entity, "vcardArray")
            for each in card[1][:_MAX_ITEMS] if len(card) > 1 and isinstance(card[1], list) else ():
                if isinstance(each, list) and len(each) == 4 and each[0] == "fn" and isinstance(each[3], str):
                    return printable(each[3], 100)
    return ""
