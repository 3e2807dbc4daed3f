"""What OpenSSL says of certificates: whether it can read one, who signed it, and what it has against a path. Pure."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID
from OpenSSL import crypto

from connector_probe.model.dataclass import dataclass

_REMEMBERED: Final = 256  # certificates kept loaded, signatures and paths kept checked

_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h; pyOpenSSL has no name for it
# Dates and critical extensions are looked at in certificate.py, each by itself; here they would hide the rest.
_FLAGS: Final = crypto.X509StoreFlags.PARTIAL_CHAIN | crypto.X509StoreFlags.IGNORE_CRITICAL | _NO_CHECK_TIME

# X509_V_ERR_* of OpenSSL's x509_vfy.h, as far as they are needed by number here.
_UNABLE_TO_DECRYPT_SIGNATURE: Final = 4
_SIGNATURE_FAILURE: Final = 7


@dataclass(frozen=True, slots=True)
class PathError:
    """What OpenSSL has against a path: its number (X509_V_ERR_*), the depth, and its own words."""

    code: int
    depth: int
    words: str


@lru_cache(maxsize=_REMEMBERED)
def load(data: bytes) -> crypto.X509 | None:
    """The certificate as OpenSSL has it, None where OpenSSL cannot read it."""
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, data)
    except (crypto.Error, ValueError):
        return None


@lru_cache(maxsize=_REMEMBERED)
def objection(path: tuple[bytes, ...]) -> PathError | None:
    """What is wrong with this very path if its last certificate is trusted and dates do not count; None: nothing."""
    certificate = load(path[0])
    if certificate is None:
        return PathError(0, 0, "the certificate cannot be read")
    store = crypto.X509Store()
    store.set_flags(_FLAGS)
    for anchor in _loaded(path[-1:]):
        store.add_cert(anchor)
    try:
        crypto.X509StoreContext(store, certificate, list(_loaded(path[1:-1]))).verify_certificate()
    except crypto.X509StoreContextError as error:
        code, depth, words = error.errors
        _forget_errors()
        return PathError(code, depth, words)
    except crypto.Error as error:
        _forget_errors()
        return PathError(0, 0, str(error))
    return None


def _loaded(certificates: Iterable[bytes]) -> Iterable[crypto.X509]:
    return (loaded for certificate in certificates if (loaded := load(certificate)) is not None)


def _forget_errors() -> None:
    """Empty OpenSSL's error queue, where a failed verification leaves things behind.

    SSL_get_error looks into that queue: what stays there would break the thread's next TLS connection. pyOpenSSL
    empties it whenever it raises crypto.Error, and this is its cheapest way to do so.
    """
    try:
        crypto.load_certificate(crypto.FILETYPE_ASN1, b"")
    except crypto.Error:
        return


@lru_cache(maxsize=_REMEMBERED)
def signed_by(certificate: bytes, issuer: bytes) -> bool:
    """Whether the issuer's key made the signature. True as well where that cannot be told (an unknown algorithm)."""
    try:
        with warnings.catch_warnings():  # cryptography deprecates what old certificates contain
            warnings.simplefilter("ignore")
            child, parent = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
            child.verify_directly_issued_by(parent)
    except InvalidSignature:
        return False
    except Exception:
        # It is strict and knows no SHA-1 any more (and raises whatever its parser raises); OpenSSL is asked instead.
        found = objection((certificate, issuer))
        return found is None or found.code not in (_UNABLE_TO_DECRYPT_SIGNATURE, _SIGNATURE_FAILURE)
    return True


def key_signed(key: object, certificate: x509.Certificate) -> bool:
    """Whether the public ``key`` made the certificate's signature. Raises what its parser raises."""
    digest = certificate.signature_hash_algorithm
    signed = certificate.signature, certificate.tbs_certificate_bytes
    return verifies(key, *signed, digest, certificate.signature_algorithm_oid)


def verifies(
    key: object, signature: bytes, signed: bytes, digest: hashes.HashAlgorithm | None, algorithm: x509.ObjectIdentifier
) -> bool:
    """Whether the public ``key`` made the signature; False also for what cannot be computed."""
    try:
        if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
            pss = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
            is_pss = algorithm == SignatureAlgorithmOID.RSASSA_PSS
            key.verify(signature, signed, pss if is_pss else padding.PKCS1v15(), digest)
        else:
            return False
    except Exception:  # a wrong signature, or an algorithm that this OpenSSL does not offer
        return False
    return True
