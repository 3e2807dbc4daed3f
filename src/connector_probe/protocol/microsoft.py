"""Which host names are Microsoft's, in the world-wide and national clouds."""

from __future__ import annotations

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
