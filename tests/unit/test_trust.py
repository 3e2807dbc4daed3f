"""Where roots come from, and what is said of a file that has none."""

from __future__ import annotations

import base64
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector_probe import trust
from connector_probe.model.connector import RootList
from connector_probe.protocol import der
from connector_probe.protocol.certificate import judge
from connector_probe.trust import MAX_FILE, Trust, TrustError, load_anchors, load_roots, read_certificates
from tests.unit.certificates import NOW, Issued, authority, ec_key, server

ROOT, OTHER = authority("Root"), authority("Other")


def pem(*certificates: Issued, label: str = "CERTIFICATE") -> str:
    return "".join(_block(one.der, label) for one in certificates)


def _block(data: bytes, label: str) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n"


PRIVATE_KEY = ec_key("any").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def trusts(path: Path, root: Issued, only: bool = True) -> bool:
    return not judge([server(root).der], load_roots(RootList.SYSTEM, str(path), only), NOW).problems


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No SSL_CERT_FILE of the machine's, and nothing remembered from another test."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    _forget()
    yield
    _forget()


def _forget() -> None:
    trust._system_certificates.cache_clear()
    trust._loaded.cache_clear()


# --- a file ----------------------------------------------------------------------------------------------------

READABLE: dict[str, bytes] = {
    "PEM": pem(ROOT).encode(),
    "several": pem(OTHER, ROOT).encode(),
    "DER": ROOT.der,
    "words around it": f"Subject: Root\n{pem(ROOT)}\nthe end\n".encode(),
    "CR LF": pem(ROOT).replace("\n", "\r\n").encode(),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + pem(ROOT).encode(),
    "UTF-16 of PowerShell": pem(ROOT).encode("utf-16"),
    "a private key beside it": (PRIVATE_KEY + pem(ROOT)).encode(),
    "X509 CERTIFICATE": pem(ROOT, label="X509 CERTIFICATE").encode(),
    "OpenSSL's trust settings behind it": _block(ROOT.der + b"\x30\x02\x0c\x00", "TRUSTED CERTIFICATE").encode(),
}


@pytest.mark.parametrize("case", READABLE)
def test_a_file_that_can_be_read(case: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(READABLE[case])
    assert trusts(path, ROOT)
    assert load_roots(ca_file=str(path), only_ca_file=True).label == f"{path} only"


UNREADABLE: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "is empty", "PEM file"),
    "blank": (b" \n\n", "is empty", "PEM file"),
    "text": (b"hello\n", "holds no certificate", "BEGIN CERTIFICATE"),
    "key": (PRIVATE_KEY.encode(), "holds a private key, no certificate", "was issued for it"),
    "request": (
        _block(b"0", "CERTIFICATE REQUEST").encode(),
        "holds a certificate request, no certificate",
        "the CA issued",
    ),
    "PKCS7": (_block(b"0", "PKCS7").encode(), "holds PKCS #7", "openssl pkcs7 -print_certs"),
    "revocation list": (_block(b"0", "X509 CRL").encode(), "holds a revocation list", "give the certificate"),
    "not Base64": (
        (pem(OTHER) + "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n").encode(),
        "certificate 2 cannot",
        "damaged",
    ),
    "not a certificate": (_block(b"\x30\x03abc", "CERTIFICATE").encode(), "certificate 1 cannot", "damaged"),
    "cut off": (pem(ROOT)[:-40].encode(), "no matching END line", "cut off"),
    "the second cut off": ((pem(OTHER) + pem(ROOT)[:-40]).encode(), "no matching END line", "cut off"),
    "DER of something else": (b"\x30\x03\x02\x01\x05", "neither PEM nor one DER certificate", "PKCS #12"),
    "DER cut off": (ROOT.der[:-9], "neither PEM nor one DER certificate", "PKCS #12"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_of_no_use(case: str, tmp_path: Path) -> None:
    content, message, hint = UNREADABLE[case]
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(TrustError) as caught:
        Trust(ca_file=str(path), only_ca_file=True)
    _tells(caught.value, str(path), message, hint)


def test_what_openssl_alone_turns_down_is_told_before_anything_is_probed(tmp_path: Path) -> None:
    signature = len(ROOT.der) - len(der.single(ROOT.der).children()[2].raw)
    path = tmp_path / "ca.pem"
    path.write_text(_block(ROOT.der[:signature] + b"\x04" + ROOT.der[signature + 1 :], "CERTIFICATE"))
    with pytest.raises(TrustError, match="certificate 1 cannot be parsed"):
        Trust(ca_file=str(path), only_ca_file=True)


@pytest.mark.skipif(sys.platform == "win32", reason="os.mkfifo")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    threading.Thread(target=path.write_text, args=[_block(ROOT.der, "CERTIFICATE")]).start()
    assert len(Trust(ca_file=str(path), only_ca_file=True).roots) == 1


def _tells(error: TrustError, path: str, message: str, hint: str) -> None:
    """In one line each: the file, what is wrong with it, what to do."""
    assert path in str(error)
    assert message in str(error)
    assert hint in error.hint
    assert "\n" not in str(error) + error.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        load_roots(RootList.SYSTEM, str(tmp_path / "none.pem"))
    _tells(caught.value, "none.pem", "cannot be read: No such file or directory", "check path and permissions")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        load_roots(RootList.SYSTEM, str(tmp_path))
    _tells(caught.value, str(tmp_path), "is a directory", "name the file in it that holds the CA's certificate")
    with pytest.raises(TrustError) as caught:
        load_anchors(str(tmp_path))
    _tells(caught.value, str(tmp_path), "is a directory", "name the file in it that holds the trust anchors")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permission")
def test_a_file_that_may_not_be_read(tmp_path: Path, no_privileges: Callable[[], AbstractContextManager[None]]) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(pem(ROOT))
    path.chmod(0)
    with no_privileges(), pytest.raises(TrustError, match="Permission denied"):
        load_roots(ca_file=str(path), only_ca_file=True)


def test_a_refusal_of_the_system_is_an_error_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(pem(ROOT))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(TrustError) as caught:
        load_roots(ca_file=str(path), only_ca_file=True)
    _tells(caught.value, str(path), "Permission denied", "check path and permissions")


def test_a_path_with_a_nul() -> None:
    with pytest.raises(TrustError):
        load_roots(ca_file="a\0b", only_ca_file=True)


def test_a_file_without_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.pem"
    with path.open("wb") as file:
        file.truncate(MAX_FILE + 1)
    with pytest.raises(TrustError, match="larger than 16 MiB"):
        load_roots(ca_file=str(path), only_ca_file=True)


def test_a_hostile_file_name_is_shown_harmless(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        load_roots(ca_file=str(tmp_path / "a\x1b[2Jb"), only_ca_file=True)
    assert "\x1b" not in str(caught.value)


def test_the_file_alone_needs_a_file() -> None:
    with pytest.raises(TrustError, match="no CA file was given"):
        load_roots(only_ca_file=True)


def test_certificates_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(pem(OTHER, ROOT))
    assert read_certificates(str(path)) == (OTHER.der, ROOT.der)


# --- the system ------------------------------------------------------------------------------------------------


def test_the_system_has_roots_and_is_read_once() -> None:
    first = load_roots(RootList.SYSTEM)
    assert first.label in ("system", "certifi")
    assert len(first) > 50
    assert load_roots(RootList.SYSTEM) is first


def test_the_file_adds_to_the_system(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(pem(ROOT))
    both, system = load_roots(RootList.SYSTEM, str(path)), load_roots(RootList.SYSTEM)
    assert both.label == f"{system.label} + {path}"
    assert len(both) == len(system) + 1
    assert trusts(path, ROOT, only=False)
    assert len(load_roots(ca_file=str(path), only_ca_file=True)) == 1


def test_ssl_cert_file_stands_in_for_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bundle.pem"
    path.write_text(pem(ROOT, OTHER))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    roots = load_roots(RootList.SYSTEM)
    assert (roots.label, len(roots)) == ("system", 2)


def test_a_wrong_ssl_cert_file_is_told_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "none.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(TrustError) as caught:
        load_roots(RootList.SYSTEM)
    _tells(caught.value, str(path), "SSL_CERT_FILE", "unset SSL_CERT_FILE")


def _no_default(monkeypatch: pytest.MonkeyPatch, *bundles: Path) -> None:
    paths = ssl.DefaultVerifyPaths(None, None, "", "", "", "")  # type: ignore[arg-type]
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(trust, "_BUNDLES", tuple(map(str, bundles)))


def test_the_usual_places_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "damaged.pem").write_text(pem(OTHER)[:-40])
    (tmp_path / "good.pem").write_text(pem(ROOT))
    _no_default(monkeypatch, tmp_path / "none.pem", tmp_path / "damaged.pem", tmp_path / "good.pem")
    roots = load_roots(RootList.SYSTEM)
    assert (roots.label, len(roots)) == ("system", 1)


def test_one_broken_certificate_does_not_spoil_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.pem").write_text(_block(b"junk", "CERTIFICATE") + pem(ROOT))
    _no_default(monkeypatch, tmp_path / "bundle.pem")
    assert len(load_roots(RootList.SYSTEM)) == 1


def test_certifi_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    _no_default(monkeypatch)
    roots = load_roots(RootList.SYSTEM)
    assert roots.label == "certifi"
    assert len(roots) > 50


def test_windows_has_a_store_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    store = [
        (ROOT.der, "x509_asn", True),
        (OTHER.der, "x509_asn", frozenset({"1.3.6.1.5.5.7.3.4"})),  # for mail only
        (b"junk", "pkcs_7_asn", True),
    ]
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ssl, "enum_certificates", lambda _: store, raising=False)
    roots = load_roots(RootList.SYSTEM)
    assert (roots.label, len(roots)) == ("system", 1)


def test_a_file_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    """By a server that goes on and on."""
    file = tmp_path / "ca.pem"
    file.write_text(pem(authority("First")))
    before = load_roots(ca_file=str(file), only_ca_file=True)
    assert load_roots(ca_file=str(file), only_ca_file=True) is before
    file.write_text(pem(authority("First"), authority("Second")))
    assert len(load_roots(ca_file=str(file), only_ca_file=True)) == 2
