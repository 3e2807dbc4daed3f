"""Names of certificates as Windows writes them, and with them the value of TlsCertificateName. Pure.

.NET's X509Certificate2.Subject is CertNameToStr of wincrypt.h with CERT_X500_NAME_STR and CERT_NAME_STR_REVERSE_FLAG:
the last RDN first, ", " between them, " + " between the values of one, in quotes what holds a special character.
"""

from __future__ import annotations

from typing import Final

from connector_probe.model.printable import printable
from connector_probe.protocol import der
from connector_probe.protocol.der import DerError, Element
from connector_probe.protocol.x509_facts import tbs_fields

# The keys of CertNameToStr by attribute type; every other one is written as "OID." and dotted numbers.
_KEYS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "S",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.13": "Description",
    "2.5.4.17": "PostalCode",
    "2.5.4.18": "POBox",
    "2.5.4.20": "Phone",
    "2.5.4.42": "G",
    "2.5.4.43": "I",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "E",
}
_SPECIAL: Final = frozenset(',+="\n<>#;')


def tls_certificate_name(certificate: bytes) -> str | None:
    """ "<I>" and issuer, "<S>" and subject, as Set-ReceiveConnector -TlsCertificateName takes them.

    None where the certificate (DER) cannot be read.
    """
    try:
        fields = tbs_fields(certificate)
        return f"<I>{_name(fields[2])}<S>{_name(fields[4])}"
    except (DerError, IndexError):
        return None


def _name(name: Element) -> str:
    """Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }. Raises DerError."""
    written = (" + ".join(map(_attribute, rdn.children(der.SET))) for rdn in reversed(name.children()))
    return printable(", ".join(written))


def _attribute(pair: Element) -> str:
    oid, value = pair.parts(2)[:2]
    identifier, text = der.identifier(oid), der.string(value)
    if _SPECIAL & set(text) or text != text.strip():
        text = '"' + text.replace('"', '""') + '"'
    return f"{_KEYS.get(identifier, f'OID.{identifier}')}={text}"
