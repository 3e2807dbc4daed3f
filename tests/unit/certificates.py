"""Makes certificate chains for tests: good ones, and ones that no CA would issue.

Everything counts from ``NOW``, so that no test grows old. Keys are made once per run; only RSA keys are slow to make.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from connector_probe.protocol.certificate import TrustRoots

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
HOST = "mail.contoso.com"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
Extension = tuple[x509.ExtensionType, bool]


@cache
def rsa_key(purpose: str = "", bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(purpose: str = "") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Issued:
    """A certificate (DER) with its key and subject: what signs another one."""

    der: bytes
    key: Key
    subject: x509.Name
    key_id: bytes | None = None


def name(common_name: str, organization: str | None = "Contoso") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    if organization is not None:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def usage(*bits: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in bits for bit in every})


def issue(
    subject: x509.Name,
    key: Key,
    issuer: Issued | None,
    extensions: Sequence[Extension] = (),
    *,
    days: tuple[float, float] = (-30, 300),
    key_ids: bool = True,
    serial: int | None = None,
) -> Issued:
    """Any certificate; self-signed without ``issuer``. ``key_ids`` False leaves SKI and AKI out."""
    signing = issuer.key if issuer is not None else key
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest if key_ids else None
    authority_id = issuer.key_id if issuer is not None else key_id
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
    )
    given = {extension.oid for extension, _ in extensions}
    if key_id is not None and x509.SubjectKeyIdentifier.oid not in given:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(key_id), critical=False)
    if key_ids and authority_id is not None:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(authority_id, None, None), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    digest = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = builder.sign(signing, digest)
    return Issued(made.public_bytes(serialization.Encoding.DER), key, subject, key_id)


def authority(
    common_name: str,
    issuer: Issued | None = None,
    *,
    key: Key | None = None,
    organization: str | None = "Contoso",
    ca: bool | None = True,
    critical: bool = True,
    path_length: int | None = None,
    key_usage: x509.KeyUsage | None = None,
    more: Sequence[Extension] = (),
    days: tuple[float, float] = (-300, 3000),
    key_ids: bool = True,
) -> Issued:
    """A CA certificate; ``ca`` None leaves basicConstraints out."""
    extensions: list[Extension] = []
    if ca is not None:
        extensions.append((x509.BasicConstraints(ca, path_length), critical))
    if key_usage is not None:
        extensions.append((key_usage, True))
    return issue(
        name(common_name, organization),
        key or ec_key(common_name),
        issuer,
        [*extensions, *more],
        days=days,
        key_ids=key_ids,
    )


def server(
    issuer: Issued | None,
    names: Sequence[str] = (HOST,),
    *,
    key: Key | None = None,
    common_name: str = HOST,
    purposes: Sequence[ObjectIdentifier] | None = (ExtendedKeyUsageOID.SERVER_AUTH,),
    key_usage: x509.KeyUsage | None = None,
    aia: str | None = None,
    more: Sequence[Extension] = (),
    days: tuple[float, float] = (-30, 300),
    key_ids: bool = True,
) -> Issued:
    """A server's certificate."""
    extensions: list[Extension] = []
    if names:
        extensions.append((x509.SubjectAlternativeName([_general(one) for one in names]), False))
    if purposes is not None:
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    if key_usage is not None:
        extensions.append((key_usage, True))
    if aia is not None:
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(aia))
        extensions.append((x509.AuthorityInformationAccess([access]), False))
    subject = name(common_name, None)
    return issue(subject, key or ec_key("server"), issuer, [*extensions, *more], days=days, key_ids=key_ids)


def _general(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def raw(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    """An extension with any content, of a known identifier too."""
    return x509.UnrecognizedExtension(ObjectIdentifier(oid), value)


def roots(*trusted: Issued, label: str = "test") -> TrustRoots:
    return TrustRoots([one.der for one in trusted], label)


# --- what cryptography does not make ---------------------------------------------------------------------------

_RSA_OID = bytes.fromhex("06092a864886f70d0101")  # pkcs-1, one octet short; RFC 8017 appendix C
# Last octet of the signature algorithm -> hash, DigestInfo prefix (RFC 8017 9.2 note 1).
_OLD = {
    "md2": (2, "md5", "3020300c06082a864886f70d020205000410"),  # MD2 itself is gone: 16 octets are 16 octets
    "md5": (4, "md5", "3020300c06082a864886f70d020505000410"),
    "sha1": (5, "sha1", "3021300906052b0e03021a05000414"),
}


def signed_with(digest: str, certificate: Issued, issuer: Issued) -> Issued:
    """The certificate with an old signature of its issuer's RSA key instead of the SHA-256 one."""
    last, algorithm, prefix = _OLD[digest]
    key = issuer.key
    assert isinstance(key, rsa.RSAPrivateKey)
    parsed = x509.load_der_x509_certificate(certificate.der)
    old, new = _RSA_OID + b"\x0b", _RSA_OID + bytes([last])
    body = parsed.tbs_certificate_bytes.replace(old, new)
    info = bytes.fromhex(prefix) + hashlib.new(algorithm, body).digest()
    size = key.key_size // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
    numbers = key.private_numbers()
    signature = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)
    rest = certificate.der.replace(old, new)[: -len(signature)]
    return Issued(rest + signature, certificate.key, certificate.subject, certificate.key_id)


def forged(certificate: Issued) -> Issued:
    """The certificate with the last bit of its signature turned."""
    data = certificate.der[:-1] + bytes([certificate.der[-1] ^ 1])
    return Issued(data, certificate.key, certificate.subject, certificate.key_id)


def patched(certificate: Issued, old: bytes, new: bytes) -> Issued:
    """The certificate with some octets exchanged (once, same length) and signed by nobody."""
    assert len(old) == len(new)
    assert certificate.der.count(old) >= 1
    return Issued(certificate.der.replace(old, new), certificate.key, certificate.subject, certificate.key_id)


def resigned(certificate: Issued, issuer: Issued, old: bytes, new: bytes) -> Issued:
    """The certificate with octets of its body exchanged (same length), signed again by the issuer's EC key."""
    changed = patched(certificate, old, new)
    parsed = x509.load_der_x509_certificate(certificate.der)
    key = issuer.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    body = parsed.tbs_certificate_bytes.replace(old, new)
    signature = b"\x03" + _length(1 + len(made := key.sign(body, ec.ECDSA(hashes.SHA256())))) + b"\0" + made
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    whole = body + algorithm + signature
    data = b"\x30" + _length(len(whole)) + whole
    return Issued(data, changed.key, changed.subject, changed.key_id)


def _length(number: int) -> bytes:
    if number < 0x80:
        return bytes([number])
    octets = number.to_bytes((number.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets
