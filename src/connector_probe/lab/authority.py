"""A throwaway certificate authority: made at start, never trusted by anything but the lab, gone at the end.

Keys are made once a process and shared by all certificates, because making RSA keys is the only slow part. Every
private key stays in memory but for the moment in which OpenSSL reads it from a file of the lab's own directory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connector_probe.lab.website import Website

if TYPE_CHECKING:
    from OpenSSL import SSL

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_DAY = timedelta(days=1)
_making_keys = RLock()  # certificates are made in threads: without it two of them would make the same key


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate with the key that belongs to it: what signs another one."""

    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True, slots=True)
class ServedChain:
    """What a server sends: DER certificates, its own first, and its own key. DER, because some cannot be parsed.

    ``staple`` is an OCSP response to send along; ``second`` a chain with another kind of key, for clients that want
    that; ``without_sni`` what those get who do not ask by name.
    """

    certificates: tuple[bytes, ...]
    key: Key
    staple: bytes = b""
    second: ServedChain | None = None
    without_sni: ServedChain | None = None


CertificateMaker = Callable[["Authority", str], ServedChain]
"""Makes the chain of one host; the functions of ``certificates`` have this shape."""


@dataclass(frozen=True, slots=True)
class TlsShape:
    """What a server is willing to speak. Versions are OpenSSL's numbers (0x0303 is TLS 1.2)."""

    minimum: int = 0x0301
    maximum: int = 0x0304
    ciphers: str = "ALL"
    groups: str = ""  # for the key exchange; by default OpenSSL's
    client_certificate: bool | None = None  # True: required, False: asked for, None: not asked for
    client_authorities: tuple[str, ...] = ()  # whose client certificates it takes, by CN
    early_ticket: bool = False  # TLS 1.3 as Go's crypto/tls has it: a session ticket before the client's Finished


@cache
def _rsa_key(bits: int, purpose: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def _ec_key(purpose: str, curve: type[ec.EllipticCurve]) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def rsa_key(purpose: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """This process's RSA key for ``purpose``."""
    with _making_keys:
        return _rsa_key(bits, purpose)


def ec_key(purpose: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """This process's key of ``curve`` for ``purpose``."""
    with _making_keys:
        return _ec_key(purpose, curve)


def name(common_name: str) -> x509.Name:
    """A distinguished name as the lab's own certificates have it."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "connector-probe lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


class Authority:
    """The lab's root, its intermediate, and the means to issue anything below them.

    A context manager: its directory, with the root for ``--ca-file``, goes when it ends. Safe to use from threads.
    """

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._lock = RLock()
        self._contexts: dict[tuple[CertificateMaker, str, TlsShape], SSL.Context] = {}
        self._intermediate: Issuer | None = None
        self.website = Website()
        self._directory = tempfile.TemporaryDirectory(prefix="probe-lab-")
        self.root = self.authority("Lab Root", issuer=None)
        self.ca_file = str(Path(self._directory.name, "root.pem"))
        Path(self.ca_file).write_bytes(self.root.certificate.public_bytes(serialization.Encoding.PEM))
        self.anchor_file: str | None = None

    def __enter__(self) -> Authority:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    def write_anchors(self, text: str) -> None:
        """DNSSEC's trust anchors, for ``--trust-anchor``; none where there is no text."""
        if text:
            self.anchor_file = str(Path(self._directory.name, "anchors"))
            Path(self.anchor_file).write_text(text, encoding="ascii")

    @property
    def intermediate(self) -> Issuer:
        """The usual issuer of server certificates. RSA, so that a signature of its can be SHA-1 too."""
        with self._lock:
            if self._intermediate is None:
                key = rsa_key("intermediate")
                self._intermediate = self.authority("Lab Intermediate", issuer=self.root, key=key)
            return self._intermediate

    def authority(
        self,
        common_name: str,
        *,
        issuer: Issuer | None,
        key: Key | None = None,
        ca: bool = True,
        path_length: int | None = None,
        days: tuple[float, float] = (-30, 1825),
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> Issuer:
        """A certificate that signs others; self-signed without ``issuer``. ``ca`` False makes it unfit to sign."""
        key = ec_key(common_name) if key is None else key
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=ca,
            crl_sign=ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        basic = x509.BasicConstraints(ca=ca, path_length=path_length if ca else None)
        certificate = self._sign(name(common_name), key, issuer, days, [(basic, True), (usage, True), *extensions])
        return Issuer(certificate, key)

    def server(
        self,
        common_name: str | x509.Name,
        names: Sequence[str],
        *,
        issuer: Issuer | None,
        key: Key | None = None,
        days: tuple[float, float] = (-1, 365),
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.Certificate:
        """A server's certificate for ``names``, valid from and to so many ``days`` from now."""
        subject = name(common_name) if isinstance(common_name, str) else common_name
        wanted: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([purpose]), False),
        ]
        if names:
            wanted.append((x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False))
        return self._sign(subject, rsa_key("server") if key is None else key, issuer, days, [*wanted, *extensions])

    def _sign(
        self,
        subject: x509.Name,
        key: Key,
        issuer: Issuer | None,
        days: tuple[float, float],
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        signing_key = key if issuer is None else issuer.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + days[0] * _DAY)
            .not_valid_after(self.now + days[1] * _DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signing_key, hashes.SHA256())

    def context(self, make: CertificateMaker, host: str, shape: TlsShape) -> SSL.Context:
        """A server's TLS context; made when first asked for, then kept. Slow the first time: call it in a thread."""
        with self._lock:
            wanted = (make, host, shape)
            if wanted not in self._contexts:
                self._contexts[wanted] = self._load(make(self, host), shape)
            return self._contexts[wanted]

    def _use(self, context: SSL.Context, chain: ServedChain) -> None:
        """Add a chain and its key to ``context``."""
        with tempfile.TemporaryDirectory(dir=self._directory.name) as directory:
            chain_file, key_file = Path(directory, "chain.pem"), Path(directory, "key.pem")
            chain_file.write_text("".join(map(_pem, chain.certificates)), encoding="ascii")
            key_file.write_bytes(
                chain.key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            # From files, not objects: pyOpenSSL would send them through a parser that refuses some of ours.
            context.use_certificate_chain_file(str(chain_file))
            context.use_privatekey_file(str(key_file))

    def _load(self, chain: ServedChain, shape: TlsShape) -> SSL.Context:
        from OpenSSL import SSL

        from connector_probe.network.tls import choose_groups  # late, as it loads OpenSSL

        context = SSL.Context(SSL.TLS_METHOD)
        # Level 0, before anything is loaded: OpenSSL would turn down weak keys and signatures, and the lab wants them.
        context.set_cipher_list(f"{shape.ciphers}:@SECLEVEL=0".encode())
        context.set_min_proto_version(shape.minimum)
        context.set_max_proto_version(shape.maximum)
        if shape.groups and not choose_groups(context, shape.groups):
            raise RuntimeError(f"this OpenSSL for Python cannot be told to accept {shape.groups} alone")
        self._use(context, chain)
        if chain.second is not None:
            self._use(context, chain.second)
        if chain.staple:
            context.set_ocsp_server_callback(lambda *_: chain.staple)
        if chain.without_sni is not None:
            default = self._load(chain.without_sni, shape)
            default.set_tlsext_servername_callback(partial(_by_name, context))
            return default
        if shape.client_certificate is not None:
            mode = SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if shape.client_certificate else 0)
            context.set_verify(mode, lambda *_: True)
            if shape.client_authorities:
                issuers = (self.authority(one, issuer=None).certificate for one in shape.client_authorities)
                file = Path(self._directory.name, f"{shape.client_authorities[0]}.pem")
                file.write_text("".join(_pem(der(one)) for one in issuers), encoding="ascii")
                context.load_client_ca(str(file).encode())
        if shape.early_ticket:
            context.set_keylog_callback(lambda connection, line: connection.get_app_data().append(line))
        return context


def _by_name(context: SSL.Context, connection: SSL.Connection) -> None:
    """Who asks by name gets ``context``."""
    if connection.get_servername():
        connection.set_context(context)


def _pem(certificate: bytes) -> str:
    import ssl

    return ssl.DER_cert_to_PEM_cert(certificate)
