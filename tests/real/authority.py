"""A throwaway certificate authority: a root, an intermediate, and what real servers get wrong about their leaf."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

HOST = "mail.contoso.test"
_PEM = serialization.Encoding.PEM
_NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Files:
    """What a server is configured with: its chain, its own certificate first, and the key of that."""

    chain: Path
    key: Path


class Authority:
    """Everything is written to ``folder``; ``root_file`` is what a prober is told to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root_key, self._intermediate_key, self._leaf_key = (_rsa() for _ in range(3))
        root, intermediate = _name("Contoso Test Root"), _name("Contoso Test Intermediate")
        self._root = _issuer(root, self._root_key, root, self._root_key)
        self._intermediate = _issuer(intermediate, self._intermediate_key, root, self._root_key)
        self.root_file = folder / "root.pem"
        self.root_file.write_bytes(self._root.public_bytes(_PEM))
        self._key_file = folder / "leaf.key"
        private = self._leaf_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._key_file.write_bytes(private)

    def good(self) -> Files:
        return self._files("good", self._leaf(HOST), self._intermediate)

    def for_host(self, host: str) -> Files:
        """As good, for another host."""
        return self._files(f"for-{host}", self._leaf(host), self._intermediate)

    def leaf_only(self) -> Files:
        """The intermediate is not sent; the leaf says where it is to be had, as a public authority's does."""
        return self._files("leaf-only", self._leaf(HOST, published=True))

    def private_leaf_only(self) -> Files:
        """The intermediate is not sent, and nothing tells it from an authority that nobody trusts."""
        return self._files("private-leaf-only", self._leaf(HOST))

    def expired(self) -> Files:
        return self._files("expired", self._leaf(HOST, from_day=-100, to_day=-10), self._intermediate)

    def expired_for_another_name(self) -> Files:
        leaf = self._leaf("mail.fabrikam.test", from_day=-100, to_day=-10)
        return self._files("expired-elsewhere", leaf, self._intermediate)

    def ends_soon(self) -> Files:
        return self._files("ends-soon", self._leaf(HOST, from_day=-80, to_day=10), self._intermediate)

    def for_another_name(self) -> Files:
        return self._files("elsewhere", self._leaf("mail.fabrikam.test"), self._intermediate)

    def self_signed(self) -> Files:
        name = _name(HOST)
        builder = _builder(name, self._leaf_key, name, -10, 355)
        return self._files("self-signed", _for_server(builder, HOST).sign(self._leaf_key, hashes.SHA256()))

    def _leaf(self, host: str, *, from_day: int = -10, to_day: int = 355, published: bool = False) -> x509.Certificate:
        builder = _builder(_name(host), self._leaf_key, self._intermediate.subject, from_day, to_day)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._intermediate_key.public_key())
        signed = _for_server(builder, host).add_extension(identifier, critical=False)
        if published:
            # Nobody is there, and no nameserver has to be asked for it.
            where = x509.UniformResourceIdentifier("http://127.0.0.1:9/intermediate.cer")
            access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
            signed = signed.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return signed.sign(self._intermediate_key, hashes.SHA256())

    def _files(self, name: str, *chain: x509.Certificate) -> Files:
        path = self._folder / f"{name}.pem"
        path.write_bytes(b"".join(one.public_bytes(_PEM) for one in chain))
        return Files(path, self._key_file)


def _rsa() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, key: RSAPrivateKey, issuer: x509.Name, from_day: int, to_day: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW + timedelta(days=from_day))
        .not_valid_after(_NOW + timedelta(days=to_day))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _issuer(subject: x509.Name, key: RSAPrivateKey, issuer: x509.Name, issuer_key: RSAPrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        _builder(subject, key, issuer, -400, 3000)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _for_server(builder: x509.CertificateBuilder, host: str) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
