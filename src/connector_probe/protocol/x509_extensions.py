"""What the extensions of one certificate say (RFC 5280 4.2), each read by itself.

A server whose alternative names cannot be read is not a server without alternative names, so what is unreadable is
kept as a fact. Pure, and never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.names import is_address
from connector_probe.model.printable import printable
from connector_probe.protocol import der
from connector_probe.protocol.der import DerError, Element

MAX_NAME: Final = 300  # characters of one name or address; a host name has 253 at most (RFC 1035 2.3.4)
_MAX_PATH_LENGTH: Final = 2**31 - 1  # no path is ever that long; a number beyond it is broken

SUBJECT_KEY_ID: Final = "subjectKeyIdentifier"
KEY_USAGE: Final = "keyUsage"
ALTERNATIVE_NAME: Final = "subjectAltName"
BASIC_CONSTRAINTS: Final = "basicConstraints"
AUTHORITY_KEY_ID: Final = "authorityKeyIdentifier"
EXTENDED_KEY_USAGE: Final = "extendedKeyUsage"
AUTHORITY_INFORMATION: Final = "authorityInfoAccess"
APPLICATION_POLICIES: Final = "applicationPolicies"
# The extensions that path validation understands (RFC 5280 4.2); a critical one beyond them ends it.
# Those of 4.2 that must not be critical end it too where they are, as OpenSSL has it.
KNOWN_EXTENSIONS: Final = {
    "2.5.29.14": SUBJECT_KEY_ID,
    "2.5.29.15": KEY_USAGE,
    "2.5.29.17": ALTERNATIVE_NAME,
    "2.5.29.18": "issuerAltName",
    "2.5.29.19": BASIC_CONSTRAINTS,
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.33": "policyMappings",
    "2.5.29.35": AUTHORITY_KEY_ID,
    "2.5.29.36": "policyConstraints",
    "2.5.29.37": EXTENDED_KEY_USAGE,
    "2.5.29.54": "inhibitAnyPolicy",
    "1.3.6.1.5.5.7.1.1": AUTHORITY_INFORMATION,
    "1.3.6.1.5.5.7.1.7": "sbgp-ipAddrBlock",
    "1.3.6.1.5.5.7.1.8": "sbgp-autonomousSysNum",
    "1.3.6.1.5.5.7.1.14": "proxyCertInfo",
    "2.16.840.1.113730.1.1": "nsCertType",
    "1.3.6.1.4.1.311.21.10": APPLICATION_POLICIES,  # Microsoft's, which its enterprise CAs write beside the purposes
}
_NEVER_CRITICAL: Final = frozenset({SUBJECT_KEY_ID, AUTHORITY_KEY_ID, AUTHORITY_INFORMATION})
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
ANY_PURPOSE: Final = "2.5.29.37.0"
_ANY_PURPOSE: Final = frozenset({ANY_PURPOSE, "1.3.6.1.4.1.311.10.12.1", "2.5.29.32.0"})  # in Microsoft's policies too
PURPOSES: Final = {
    SERVER_AUTH: "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    ANY_PURPOSE: "anyExtendedKeyUsage",
}
USAGES: Final = (  # RFC 5280 4.2.1.3, bit 0 first
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_CA_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions say. None: not there, or not readable; ``unreadable`` tells which.

    ``usage`` holds names of ``USAGES``, ``purposes`` dotted numbers, those of the application policies where nothing
    else names any; ``path_length`` counts intermediates;
    ``issuer_urls`` the http and https addresses of caIssuers; ``unknown_critical`` dotted numbers.
    """

    names: tuple[str, ...] = ()
    is_authority: bool | None = None
    path_length: int | None = None
    usage: frozenset[str] | None = None
    purposes: tuple[str, ...] | None = None
    subject_key: bytes | None = None
    authority_key: bytes | None = None
    issuer_urls: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unknown_critical: tuple[str, ...] = ()

    @property
    def allows_servers(self) -> bool:
        """Whether a TLS server is among the purposes; all are where none is named (RFC 5280 4.2.1.12)."""
        return self.purposes is None or SERVER_AUTH in self.purposes or not _ANY_PURPOSE.isdisjoint(self.purposes)


def read_extensions(data: bytes) -> Extensions:
    """The content of TBSCertificate's [3]. Never raises.

    Extensions ::= SEQUENCE OF SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
    """
    try:
        given = tuple(map(_extension, der.single(data).children()))
    except DerError:
        return Extensions(unreadable=("the list of extensions",))
    found: dict[str, object] = {}
    unreadable: list[str] = []
    unknown: list[str] = []
    seen: set[str] = set()
    for oid, critical, value in given:
        name = KNOWN_EXTENSIONS.get(oid, oid)
        if oid in seen:  # RFC 5280 4.2: not more than one instance of an extension
            unreadable.append(f"{name} twice")
            continue
        seen.add(oid)
        if critical and (oid not in KNOWN_EXTENSIONS or name in _NEVER_CRITICAL):
            unknown.append(oid)
        if oid not in KNOWN_EXTENSIONS:
            continue
        try:
            element, reader = der.single(value), _EXTENSION_READERS.get(name)
            read = reader(element) if reader is not None else {}
            found = found | read if name != APPLICATION_POLICIES else read | found
        except DerError:
            unreadable.append(name)
    return Extensions(unreadable=tuple(unreadable), unknown_critical=tuple(unknown), **found)  # type: ignore[arg-type]


def _extension(extension: Element) -> tuple[str, bool, bytes]:
    oid, *rest = extension.parts(2)
    critical = len(rest) > 1 and der.boolean(rest[0])
    return der.identifier(oid), critical, rest[-1].expect(der.OCTET_STRING)


def _alternative_names(value: Element) -> dict[str, object]:
    """GeneralNames: [2] dNSName and [7] iPAddress are what server names are matched with (RFC 9525 6.1)."""
    names = []
    for name in value.children():
        if not name.tag & 0x80:
            raise DerError(f"tag {name.tag:#04x} where a general name was expected")
        if name.tag == 0x82:
            text = printable(name.value, MAX_NAME)
            names.append(f"DNS:{text}" if is_address(text) else text)  # a name that looks like one is no address
        elif name.tag == 0x87:
            names.append(der.address(name.value))
    return {"names": tuple(names)}


def _basic_constraints(value: Element) -> dict[str, object]:
    """SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }."""
    fields = value.children()
    is_authority = der.boolean(fields.pop(0)) if fields and fields[0].tag == der.BOOLEAN else False
    length = der.integer(fields[0]) if fields else None
    if length is not None and not 0 <= length <= _MAX_PATH_LENGTH:
        raise DerError("a path length that is none")
    return {"is_authority": is_authority, "path_length": length}


def _key_usage(value: Element) -> dict[str, object]:
    octets = der.bits(value)
    number = int.from_bytes(octets[:2].ljust(2, b"\0"))
    return {"usage": frozenset(name for bit, name in enumerate(USAGES) if number >> (15 - bit) & 1)}


def _authority_information(value: Element) -> dict[str, object]:
    """SEQUENCE OF SEQUENCE { accessMethod, accessLocation GeneralName }; [6] is a URI."""
    urls = []
    for description in value.children():
        method, location = description.parts(2)[:2]
        if der.identifier(method) == _CA_ISSUERS and location.tag == 0x86:
            urls.append(printable(location.value, MAX_NAME))
    return {"issuer_urls": tuple(url for url in urls if url.lower().startswith(("http://", "https://")))}


_EXTENSION_READERS: Final[dict[str, Callable[[Element], dict[str, object]]]] = {
    ALTERNATIVE_NAME: _alternative_names,
    BASIC_CONSTRAINTS: _basic_constraints,
    KEY_USAGE: _key_usage,
    EXTENDED_KEY_USAGE: lambda value: {"purposes": tuple(map(der.identifier, value.children()))},
    SUBJECT_KEY_ID: lambda value: {"subject_key": value.expect(der.OCTET_STRING)},
    # SEQUENCE { [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber }
    AUTHORITY_KEY_ID: lambda value: {
        "authority_key": next((field.value for field in value.children() if field.tag == 0x80), None)
    },
    AUTHORITY_INFORMATION: _authority_information,
    # CertificatePolicies (RFC 5280 4.2.1.4), the identifiers of which are purposes.
    APPLICATION_POLICIES: lambda value: {
        "purposes": tuple(der.identifier(policy.parts(1)[0]) for policy in value.children())
    },
}
