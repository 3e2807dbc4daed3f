"""A certificate as a CA hands it over, in a file: PEM, DER, PKCS #7 or PKCS #12, with or without its private key."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs7, pkcs12
from cryptography.x509 import Certificate, InvalidVersion

from connector_probe.model.printable import printable
from connector_probe.protocol import der, pem
from connector_probe.protocol.der import DerError
from connector_probe.protocol.openssl import load
from connector_probe.protocol.x509_facts import ParsedCertificate, parse_certificate
from connector_probe.trust import EXPORT_AGAIN, TrustError, damaged, no_certificate, read_pem

_PFX_VERSION: Final = 3  # RFC 7292 4
MAX_FILE: Final = 1024 * 1024  # octets; a chain of ten certificates with its key has some thirty thousand
MAX_ITERATIONS: Final = 3_000_000  # seconds of work; OpenSSL and Windows write some 2,000, the careful a million
_OCTET_STRING: Final = re.compile(rb"\x04(?=([\x01-\x7f]))")  # with its length
_INTEGER: Final = re.compile(rb"\x02([\x01-\x08])")
_HOLDING: Final = "the certificate"

_BROKEN: Final = (ValueError, UnsupportedAlgorithm, InvalidVersion)  # what cryptography raises for a damaged file

# Asked for a password when the file turns out to need one; None: there is none to be had.
AskPassword = Callable[[], bytes | None]


class KeyState(StrEnum):
    """The private key beside the certificate."""

    FITS = "fits"
    OTHER_CERTIFICATE = "other-certificate"  # it belongs to another one
    ABSENT = "absent"
    LOCKED = "locked"  # encrypted, and no password was given
    UNREADABLE = "unreadable"

    @property
    def fits(self) -> bool | None:
        """None where that is not known."""
        return {KeyState.FITS: True, KeyState.OTHER_CERTIFICATE: False}.get(self)


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """``chain``: DER, the server's certificate first, the others in the file's order.

    ``leaf_first``: whether it was first in the file, as servers that send a PEM file as it is want it.
    """

    chain: tuple[bytes, ...]
    key: KeyState
    pkcs12: bool = False
    leaf_first: bool = True


def parse_certificate_file(data: bytes, name: str, password: AskPassword) -> CertificateFile:
    """``name``: what the file is called in messages. Raises TrustError."""
    if len(data) > MAX_FILE:
        raise TrustError(f"{name} is larger than {MAX_FILE >> 20} MiB", f"give a file that holds {_HOLDING} only")
    if not data.strip():
        raise TrustError(f"{name} is empty", f"give a file that holds {_HOLDING}")
    with warnings.catch_warnings():  # cryptography deprecates what old files contain
        warnings.simplefilter("ignore")
        return _of_der(data, name, password) if data[:1] == b"\x30" else _of_pem(data, name, password)


# --- DER -------------------------------------------------------------------------------------------------------


def _of_der(data: bytes, name: str, password: AskPassword) -> CertificateFile:
    if load(data) is not None:
        return CertificateFile((data,), KeyState.ABSENT)
    parts = _parts(data)  # none: cut off, or BER with indefinite lengths, as some write PKCS #12
    if parts and parts[0].tag == der.OID:
        return replace(_arranged(_of_pkcs7(data, name), None, name), leaf_first=True)  # its order says nothing
    if not parts or (parts[0].tag == der.INTEGER and parts[0].value == bytes([_PFX_VERSION])):
        return _of_pkcs12(data, name, password)
    if parts[0].tag == der.INTEGER:
        raise no_certificate(name, "PRIVATE KEY")
    nested = _parts(parts[0].raw)
    if nested and nested[0].tag == der.OID:
        raise no_certificate(name, "ENCRYPTED PRIVATE KEY")
    if nested and nested[0].tag == der.INTEGER and len(nested) == 4:  # version, subject, key, attributes (RFC 2986)
        raise no_certificate(name, "CERTIFICATE REQUEST")
    raise TrustError(f"{name} holds no certificate that can be read", EXPORT_AGAIN)


def _parts(data: bytes) -> list[der.Element]:
    """What the SEQUENCE that ``data`` begins with holds; empty where it is none."""
    try:
        return der.first(data).children()
    except DerError:
        return []


def _of_pkcs7(data: bytes, name: str) -> list[bytes]:
    try:
        found = pkcs7.load_der_pkcs7_certificates(data)
    except _BROKEN:
        raise TrustError(f"{name} is PKCS #7 that cannot be read", EXPORT_AGAIN) from None
    if not found:
        raise TrustError(f"{name} is PKCS #7 without a certificate", f"give a file that holds {_HOLDING}")
    return [one.public_bytes(Encoding.DER) for one in found]


def _of_pkcs12(data: bytes, name: str, password: AskPassword) -> CertificateFile:
    _refuse_hard_work(data, name)
    for none in (None, b""):  # both are "no password", and files differ in which of them opens
        with contextlib.suppress(*_BROKEN):
            opened = pkcs12.load_key_and_certificates(data, none)
            break
    else:
        opened = _unlocked(data, name, password)
    return _of_bag(*opened, name)


def _unlocked(
    data: bytes, name: str, password: AskPassword
) -> tuple[PrivateKeyTypes | None, Certificate | None, list[Certificate]]:
    if _is_no_pkcs12(data):
        raise TrustError(f"{name} is neither PEM nor whole DER", EXPORT_AGAIN)
    given = password()
    if given is None:
        raise TrustError(
            f"{name} is PKCS #12 and wants a password",
            "run it at a terminal, or put the password into a variable: --password-env NAME",
        )
    try:
        return pkcs12.load_key_and_certificates(data, given)
    except UnsupportedAlgorithm as problem:
        raise TrustError(
            f"{name} is encrypted in a way that is not known here: {printable(str(problem), 100)}",
            "export it again with AES256-SHA256",
        ) from None
    except _BROKEN:
        raise TrustError(
            f"{name}: the password is wrong, or the file is damaged", "check the password, or export it again"
        ) from None


def _refuse_hard_work(data: bytes, name: str) -> None:
    """Raises TrustError where deriving a key from the password takes more rounds than are waited for.

    In the parameters of PBES1, PBES2 (RFC 8018 A) and PBMAC1 the count follows the salt in a SEQUENCE; so does scrypt's
    cost. In MacData (RFC 7292 4), the last of a PKCS #12, it follows the salt at the end. Octets are looked for and no
    elements, since PKCS #12 may be BER.
    """
    for salt in _OCTET_STRING.finditer(data):
        count = _INTEGER.match(data, salt.end() + 1 + salt[1][0])
        if count is None:
            continue
        end = count.end() + count[1][0]
        rounds = int.from_bytes(data[count.end() : end])
        in_sequence = data[salt.start() - 2 : salt.start() - 1] == b"\x30"
        if rounds > MAX_ITERATIONS and (in_sequence or not data[end:].strip(b"\0\r\n")):
            raise TrustError(
                f"{name} asks for {rounds:,} rounds of key derivation, and {MAX_ITERATIONS:,} are made at most",
                "export it again with fewer (openssl: -iter 2048 -maciter 2048)",
            )


def _is_no_pkcs12(data: bytes) -> bool:
    """Whether the octets are cut off. PKCS #12 may be BER, whose indefinite length begins with 0x80."""
    try:
        der.single(data.rstrip(b"\r\n"))
    except DerError:
        return data[1:2] != b"\x80"
    return False


def _of_bag(
    key: PrivateKeyTypes | None, leaf: Certificate | None, others: Sequence[Certificate], name: str
) -> CertificateFile:
    found = [one.public_bytes(Encoding.DER) for one in (leaf, *others) if one is not None]
    if not found:
        raise TrustError(f"{name} is PKCS #12 without a certificate", "export it with its certificate")
    return replace(_arranged(found, key, name), pkcs12=True, leaf_first=True)


# --- PEM -------------------------------------------------------------------------------------------------------


def _of_pem(data: bytes, name: str, password: AskPassword) -> CertificateFile:
    held = read_pem(data, name)
    found = [one for one in held.certificates if one is not None]
    for number, one in enumerate(found, start=1):
        if load(one) is None:
            raise damaged(number, name)
    in_order = bool(found)
    for block in held.blocks:
        if block.label in ("PKCS7", "CMS"):
            found += _of_pkcs7(_octets(block, name), name)
    if not found:
        raise no_certificate(name, *(one.label for one in held.blocks))
    private = next((one for one in held.blocks if one.label.endswith("PRIVATE KEY")), None)
    key = _key(private, name, password) if private is not None else None
    made = _arranged(found, key, name)
    return made if in_order else replace(made, leaf_first=True)


def _octets(block: pem.Block, name: str) -> bytes:
    decoded = pem.decoded(block.content)
    if decoded is None:
        raise TrustError(f"{name}: its {block.label} cannot be read", EXPORT_AGAIN)
    return decoded


def _key(block: pem.Block, name: str, password: AskPassword) -> PrivateKeyTypes | KeyState:
    """The private key, or why there is none."""
    _refuse_hard_work(pem.decoded(block.content) or b"", name)
    whole = block.whole.encode("ascii", "replace")
    try:
        return load_pem_private_key(whole, None)
    except TypeError:  # it is encrypted
        given = password()
    except (ValueError, UnsupportedAlgorithm):
        return KeyState.UNREADABLE
    if given is None:
        return KeyState.LOCKED
    try:
        return load_pem_private_key(whole, given)
    except (ValueError, TypeError):
        raise TrustError(
            f"{name}: the password does not open the private key", "check the password, or give the certificate alone"
        ) from None
    except UnsupportedAlgorithm:
        return KeyState.UNREADABLE


# --- which of them is the server's -----------------------------------------------------------------------------


def _arranged(found: Iterable[bytes], key: PrivateKeyTypes | KeyState | None, name: str) -> CertificateFile:
    """The server's certificate in front. Raises TrustError where several may be meant."""
    distinct = list(dict.fromkeys(found))
    facts = [parse_certificate(data) for data in distinct]
    own = None if key is None or isinstance(key, KeyState) else _public(key)
    leaf = _leaf(facts, own, name)
    chain = (leaf.data, *(data for data in distinct if data != leaf.data))
    if own is not None:
        state = KeyState.FITS if own == leaf.certificate.spki_sha256 else KeyState.OTHER_CERTIFICATE
    else:
        state = key if isinstance(key, KeyState) else KeyState.ABSENT
    return CertificateFile(chain, state, leaf_first=leaf.data == distinct[0])


def _leaf(facts: Sequence[ParsedCertificate], own: str | None, name: str) -> ParsedCertificate:
    """By the private key, else the only one that issued none of the others and is no CA, else is one."""
    of_key = [one for one in facts if own is not None and one.certificate.spki_sha256 == own]
    issuers = {one.issuer_key for one in facts if not one.self_issued}
    ends = [one for one in facts if one.subject_key not in issuers]
    servers = [one for one in ends if not one.is_authority]
    for candidates in (of_key, servers, ends):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            break
    else:
        return facts[0]
    told = "; ".join(f"{one.label} (SHA-1 {one.certificate.sha1})" for one in candidates[:2])
    raise TrustError(
        f"{name} holds {len(candidates)} certificates that may be the server's: {printable(told, 500)}",
        "put each into a file of its own, with its chain",
    )


def _public(key: PrivateKeyTypes) -> str:
    """The SHA-256 of its SubjectPublicKeyInfo, as in ``Certificate.spki_sha256``."""
    return sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest().upper()
