"""Signed zones: signed here, so that they can be signed badly, or by Knot itself; and a resolver that validates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.zone
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns.dnssectypes import Algorithm

from tests.real.parts import Part, require

_KNOT = """
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
    pidfile: {folder}/pid
database:
    storage: {folder}/database
log:
  - target: stderr
    any: info
policy:
  - id: automatic
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: on
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    semantic-checks: off
zone:
"""
_UNBOUND = """
server:
    interface: 127.0.0.1@{port}
    outgoing-interface: 127.0.0.1
    do-ip6: no
    do-not-query-localhost: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    module-config: "validator iterator"
    trust-anchor-file: "{anchors}"
    local-zone: "test." nodefault
remote-control:
    control-enable: no
"""
_UNBOUND_STUB = """
stub-zone:
    name: "{zone}"
    stub-addr: 127.0.0.1@{upstream}
"""


@dataclass(frozen=True)
class ZoneKey:
    """One key that signs a zone."""

    private: EllipticCurvePrivateKey
    public: dns.rdtypes.ANY.DNSKEY.DNSKEY

    @classmethod
    def make(cls) -> ZoneKey:
        private = generate_private_key(SECP256R1())
        public = dns.dnssec.make_dnskey(private.public_key(), Algorithm.ECDSAP256SHA256, flags=257)
        assert isinstance(public, dns.rdtypes.ANY.DNSKEY.DNSKEY)
        return cls(private, public)

    def ds(self, zone: str) -> str:
        return dns.dnssec.make_ds(dns.name.from_text(zone), self.public, "SHA256").to_text()


def signed(origin: str, text: str, key: ZoneKey, *, days: float = 30, from_day: float = -2) -> str:
    """The zone with its keys, signatures and NSEC records; valid from and to so many days from now."""
    now = datetime.now(UTC)
    zone = dns.zone.from_text(text, origin, relativize=False)
    dns.dnssec.sign_zone(
        zone,
        keys=[(key.private, key.public)],
        inception=now + timedelta(days=from_day),
        expiration=now + timedelta(days=days),
        dnskey_ttl=300,
    )
    return zone.to_text(relativize=False)


def with_changed(text: str, old: str, new: str) -> str:
    """A signed zone with one record changed and its signature left."""
    assert old in text
    return text.replace(old, new)


def public_key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def tlsa(usage: int, selector: int, kind: int, certificate: x509.Certificate) -> str:
    """The TLSA record for ``certificate``, in presentation form."""
    data = public_key(certificate) if selector == 1 else certificate.public_bytes(Encoding.DER)
    digest = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}[kind]
    return f"TLSA {usage} {selector} {kind} {digest.hex()}"


def certificates(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


class SignedKnot(Part):
    """knotd with ``zones`` as they are, and ``automatic`` ones that it signs itself."""

    def __init__(self, folder: Path, port: int, zones: Mapping[str, str], automatic: Mapping[str, str]) -> None:
        knotd = require("knotd", "knot")
        settings = _KNOT.format(folder=folder, port=port)
        for name, text in {**zones, **automatic}.items():
            file = folder / f"{name.strip('.') or 'root'}.zone"
            file.write_text(text, encoding="ascii")
            settings += f"  - domain: {name}\n    file: {file.name}\n"
            if name in automatic:
                settings += "    dnssec-signing: on\n    dnssec-policy: automatic\n"
            else:
                settings += "    journal-content: none\n"
        (folder / "database").mkdir()
        (folder / "knot.conf").write_text(settings, encoding="ascii")
        super().__init__([knotd, "-c", str(folder / "knot.conf")], folder / "log")
        self.wait_until_listening(port)


class ValidatingUnbound(Part):
    """unbound that validates from ``anchors``, with one nameserver for ``zones``."""

    def __init__(self, folder: Path, port: int, upstream: int, zones: Iterable[str], anchors: Path) -> None:
        unbound = require("unbound", "unbound")
        settings = _UNBOUND.format(folder=folder, port=port, anchors=anchors)
        settings += "".join(_UNBOUND_STUB.format(zone=zone, upstream=upstream) for zone in zones)
        (folder / "unbound.conf").write_text(settings, encoding="ascii")
        super().__init__([unbound, "-d", "-p", "-c", str(folder / "unbound.conf")], folder / "log")
        self.wait_until_listening(port)


def keys_of(zone: str, port: int) -> list[str]:
    """The DNSKEY records that the nameserver on ``port`` has for ``zone``, in presentation form."""
    answer = dns.query.udp(dns.message.make_query(zone, "DNSKEY"), "127.0.0.1", port=port, timeout=5)
    return [record.to_text() for rrset in answer.answer if rrset.rdtype == dns.rdatatype.DNSKEY for record in rrset]
