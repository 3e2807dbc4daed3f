"""Certificates that firewalls, balancers and mail gateways bring along: whose they are, by their own words.

What is looked for are makers' names and the defaults that makers ship, in subject and issuer. A match is a sign, not a
proof: the words themselves are shown as evidence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from connector_probe.model.evidence import Certificate

_APPLIANCES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("FortiGate or FortiMail (Fortinet)", r"\bforti(?:net|gate|mail|web|adc|os)\b"),
        ("Sophos", r"\bsophos\b|\bcyberoam\b|\bastaro\b"),
        ("SonicWall", r"\bsonicwall\b"),
        ("Barracuda", r"\bbarracuda\b"),
        ("WatchGuard", r"\bwatch ?guard|\bfireware\b"),
        ("Cisco", r"\bironport\b|\bcisco appliance\b|\bcisco systems\b|\basa temporary self signed\b"),
        ("Check Point", r"\bcheck ?point\b"),
        ("Palo Alto Networks", r"\bpalo ?alto networks\b|\bpan-?os\b"),
        ("Juniper", r"\bjuniper networks\b"),
        ("F5 BIG-IP", r"\bbig-?ip\b|\bf5 networks\b"),
        ("Citrix NetScaler", r"\bcitrix\b|\bnetscaler\b|\bns internal\b"),
        ("Kemp LoadMaster", r"\bkemp technologies\b|\bloadmaster\b"),
        ("A10 Networks", r"\ba10 networks\b"),
        ("Zyxel", r"\bzyxel\b|\bzywall\b"),
        ("DrayTek", r"\bdraytek\b"),
        ("MikroTik", r"\bmikrotik\b|\brouteros\b"),
        ("pfSense", r"\bpfsense\b"),
        ("OPNsense", r"\bopnsense\b"),
        ("Hillstone", r"\bhillstone\b"),
        ("Sangfor", r"\bsangfor\b"),
        ("Huawei", r"\bhuawei\b"),
        ("Trend Micro", r"\btrend ?micro\b"),
        ("Symantec Messaging Gateway", r"\bbrightmail\b|\bmessaging gateway\b"),
        ("Proofpoint", r"\bproofpoint\b"),
        ("Traefik", r"\btraefik default cert\b"),
        ("Kubernetes ingress", r"\bingress controller fake certificate\b"),
        ("Synology", r"\bsynology\b"),
        ("Plesk", r"\bplesk\b|\bparallels panel\b"),
    )
)


# What people call the CA that their proxy signs with, whoever made it.
_INSPECTING: Final = re.compile(
    r"(?:web|ssl|tls|security|mail) ?(?:gateway|proxy|filter|inspection|interception|decrypt\w*)|\bfirewall\b"
    r"|\bproxy (?:ca|root)\b|\bmitm\b|\bman[- ]in[- ]the[- ]middle\b|\bdeep inspection\b",
    re.IGNORECASE,
)


def names_an_inspection(certificate: Certificate) -> bool:
    """Whether the issuer is called after what signs in others' place: a gateway, proxy or firewall."""
    return _INSPECTING.search(certificate.issuer) is not None


def appliance(certificate: Certificate) -> str | None:
    """The device or product that the certificate's subject or issuer names, in its maker's words; None without one."""
    words = f"{certificate.subject} {certificate.issuer}"
    return next((name for name, pattern in _APPLIANCES if pattern.search(words)), None)
