"""What kind of key a certificate has and what it is signed with, in OpenSSL's words, and what of it is weak. Pure."""

from __future__ import annotations

from typing import Final

from connector_probe.protocol import der
from connector_probe.protocol.der import Element

# OpenSSL's long names, the spelling that administrators meet elsewhere.
_PSS: Final = "1.2.840.113549.1.1.10"
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.3": "md4WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.3.14.3.2.3": "md5WithRSA",
    "1.3.14.3.2.29": "sha1WithRSA",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    _PSS: "rsassaPss",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.10040.4.3": "dsaWithSHA1",
    "1.3.14.3.2.27": "dsaWithSHA1-old",
    "2.16.840.1.101.3.4.3.1": "dsa_with_SHA224",
    "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256",
    "1.3.101.112": "ED25519",
    "1.3.101.113": "ED448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
_SHA1: Final = "1.3.14.3.2.26"
_WEAK_DIGESTS: Final = {_SHA1: "SHA-1", "1.2.840.113549.2.5": "MD5", "1.2.840.113549.2.2": "MD2"}
_WEAK_SIGNATURES: Final = frozenset(
    name for name in _SIGNATURES.values() if any(digest in name.lower() for digest in ("md2", "md4", "md5", "sha1"))
)

_CURVES: Final = {  # RFC 5480 2.1.1.1 and RFC 5639: object identifier -> name, bits
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
_PLAIN_KEYS: Final = {  # keys whose algorithm says it all
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
_MINIMUM_RSA: Final = 2048  # CA/Browser Forum baseline requirements 6.1.5, and Microsoft's root program
_MINIMUM_EC: Final = 256  # the same


def public_key(info: Element) -> tuple[str, str]:
    """SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING } -> the key, and what is weak about it."""
    algorithm, key = info.parts(2)[:2]
    oid = der.identifier(algorithm.parts(1)[0])
    octets = der.bits(key)
    read = _KEY_READERS.get(oid)
    return (_PLAIN_KEYS.get(oid, oid), "") if read is None else read(algorithm, octets)


def _rsa_key(_: Element, key: bytes) -> tuple[str, str]:
    size = der.integer(der.single(key).parts(1)[0]).bit_length()
    shown = f"RSA {size}"
    return shown, shown if size < _MINIMUM_RSA else ""


def _ec_key(algorithm: Element, _: bytes) -> tuple[str, str]:
    parameters = algorithm.parts(2)[1]
    if parameters.tag != der.OID:
        return "ECDSA with explicit parameters", ""
    oid = der.identifier(parameters)
    curve, size = _CURVES.get(oid, (oid, _MINIMUM_EC))
    shown = f"ECDSA {curve}"
    return shown, shown if size < _MINIMUM_EC else ""


def _dsa_key(algorithm: Element, _: bytes) -> tuple[str, str]:
    # Inherited parameters (RFC 3279 2.3.2) leave the size open; DSA is turned down at any size.
    parameters = algorithm.children()[1:]
    numbers = parameters[0].children() if parameters and parameters[0].tag == der.SEQUENCE else ()
    shown = f"DSA {der.integer(numbers[0]).bit_length()}" if numbers else "DSA"
    return shown, shown


_KEY_READERS: Final = {
    "1.2.840.113549.1.1.1": _rsa_key,
    _PSS: _rsa_key,
    "1.2.840.10045.2.1": _ec_key,
    "1.2.840.10040.4.1": _dsa_key,
}


def signature_of(algorithm: Element) -> tuple[str, str]:
    """AlgorithmIdentifier -> the signature algorithm, and what is weak about it."""
    oid, *parameters = algorithm.parts(1)
    name = _SIGNATURES.get(der.identifier(oid), der.identifier(oid))
    if name == _SIGNATURES[_PSS]:
        digest = _WEAK_DIGESTS.get(_pss_digest(parameters))
        return name, f"{name} with {digest}" if digest else ""
    return name, name if name in _WEAK_SIGNATURES else ""


def _pss_digest(parameters: list[Element]) -> str:
    """RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, ... } (RFC 8017 A.2.3)."""
    given = [field for field in parameters[0].children() if field.tag == 0xA0] if parameters else []
    return der.identifier(der.single(given[0].value).parts(1)[0]) if given else _SHA1
