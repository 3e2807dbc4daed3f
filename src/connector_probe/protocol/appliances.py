"""Certificates that firewalls, balancers and mail gateways bring along: whose they are, by their own words.

What is looked for are makers' names and the defaults that makers ship, in subject and issuer. A match is a sign, not a
proof: the words themselves are shown as evidence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from connector_probe.model.evidence import Certificate

# Known by their makers' own name, and those known by other words, too: all in lower case, as whole words.
_BY_NAME: Final = (
    "SonicWall Barracuda DrayTek pfSense OPNsense Hillstone Sangfor Huawei Proofpoint Synology Zscaler Netskope "
    "Untangle Securepoint Stormshield ESET Kaspersky Bitdefender"
)
_APPLIANCES: Final = {
    "FortiGate or FortiMail (Fortinet)": ("fortinet", "fortigate", "fortimail", "fortiweb", "fortiadc", "fortios"),
    "Sophos": ("sophos", "cyberoam", "astaro"),
    "WatchGuard": ("watchguard", "watch guard", "watchguard_technologies", "fireware"),
    "Cisco": ("ironport", "cisco appliance", "cisco systems", "cisco umbrella", "asa temporary self signed"),
    "Check Point": ("checkpoint", "check point"),
    "Palo Alto Networks": ("palo alto networks", "paloalto networks", "pan-os", "panos"),
    "Juniper": ("juniper networks",),
    "F5 BIG-IP": ("big-ip", "bigip", "f5 networks", "ou=it,o=mycompany,l=seattle"),
    "Citrix NetScaler": ("citrix", "netscaler", "ns internal"),
    "Kemp LoadMaster": ("kemp technologies", "loadmaster"),
    "A10 Networks": ("a10 networks",),
    "Zyxel": ("zyxel", "zywall"),
    "MikroTik": ("mikrotik", "routeros"),
    "Trend Micro": ("trendmicro", "trend micro"),
    "Symantec (Blue Coat)": ("brightmail", "messaging gateway", "blue coat", "bluecoat"),
    "Forcepoint": ("forcepoint", "websense"),
    "Avast or AVG": ("avast", "avg technologies"),
    "Traefik": ("traefik default cert",),
    "Kubernetes ingress": ("ingress controller fake certificate",),
    "Plesk": ("plesk", "parallels panel"),
} | {name: (name.lower(),) for name in _BY_NAME.split()}

# What people call the CA that their proxy signs with, whoever made it.
_INSPECTING: Final = (
    r"(?i)(?:web|ssl|tls|security|mail) ?(?:gateway|proxy|filter|inspection|interception|decrypt\w*)|\bfirewall\b"
    r"|\bproxy (?:ca|root)\b|\bmitm\b|\bman[- ]in[- ]the[- ]middle\b|\bdeep inspection\b"
)


def names_an_inspection(certificate: Certificate) -> bool:
    """Whether the issuer is called after what signs in others' place: a gateway, proxy or firewall."""
    return re.search(_INSPECTING, certificate.issuer) is not None


def appliance(certificate: Certificate) -> str | None:
    """The device or product that the certificate's subject or issuer names, in its maker's words; None without one."""
    text = f"{certificate.subject} {certificate.issuer}".lower()
    for name, words in _APPLIANCES.items():
        if any(one in text and re.search(rf"\b{re.escape(one)}\b", text) for one in words):
            return name
    return None
