"""``probe certificate``: files of every kind, the verdict now and later, and what is said of what cannot be judged."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from jsonschema import Draft202012Validator

from connector_probe.cli.app import run
from connector_probe.formats.schema import schema_of
from connector_probe.lab import Lab
from tests.unit import certificates as made
from tests.unit.certificates import HOST, Issued

ROOT = made.authority("Root", organization="Example, Inc.")
ISSUER = made.authority("Issuing CA", ROOT)
KEY, OTHER_KEY = made.rsa_key("server"), made.ec_key("another")
LEAF = made.server(ISSUER, (HOST, "autodiscover.contoso.com"), key=KEY, aia="http://ca.example/issuer.cer")
OTHER = made.server(ISSUER, ("old.contoso.com",), key=OTHER_KEY)
DURING = made.NOW.strftime("%Y-%m-%d")  # when all of them are good
SECRET = b"correct horse"


def pem(*issued: Issued) -> bytes:
    return b"".join(loaded(one).public_bytes(Encoding.PEM) for one in issued)


def loaded(issued: Issued) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.der)


def key(of: made.Key = KEY, lock: KeySerializationEncryption | None = None, form: Encoding = Encoding.PEM) -> bytes:
    return of.private_bytes(form, PrivateFormat.PKCS8, lock or NoEncryption())


def bag(encryption: KeySerializationEncryption) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"mail", KEY, loaded(LEAF), [loaded(ISSUER)], encryption)


def laborious(data: bytes, count: int) -> bytes:
    """``data`` with 8,388,607 rounds in place of ``count``: one that has to be refused before anything is derived."""
    asked = b"\x02\x03" + count.to_bytes(3)
    assert asked in data
    return data.replace(asked, b"\x02\x03\x7f\xff\xff")


SLOW = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(70_000).build(SECRET)
LOCKED = BestAvailableEncryption(SECRET)
REQUEST = x509.CertificateSigningRequestBuilder().subject_name(LEAF.subject).sign(KEY, hashes.SHA256())

Rehearse = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def rehearse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Rehearse:
    """Exit code and JSON for a file of this content, which has to fit the published schema."""
    (tmp_path / "root.pem").write_bytes(pem(ROOT))

    def rehearsed(content: bytes, *options: str, as_of: str = DURING, name: str = HOST) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "new.pem"
        file.write_bytes(content)
        trust = ["--only-ca-file", "--ca-file", str(tmp_path / "root.pem"), "--as-of", as_of]
        code = run(["certificate", str(file), "--tls-domain", name, *trust, "--json", *options])
        out, err = capsys.readouterr()
        assert err == ""
        found = json.loads(out)
        Draft202012Validator(schema_of("certificate")).validate(found)
        return code, found

    return rehearsed


def checks(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["result"] for one in found["checks"]}


WHOLE: dict[str, tuple[bytes, str]] = {
    "PEM": (pem(LEAF, ISSUER), "unknown"),
    "PEM with its key in front": (key() + pem(LEAF, ISSUER), "passed"),
    "PEM in UTF-16": (pem(LEAF, ISSUER).decode().encode("utf-16"), "unknown"),
    "PEM with a key that is locked": (pem(LEAF, ISSUER) + key(lock=LOCKED), "unknown"),
    "PEM, the root first": (pem(ROOT, ISSUER, LEAF), "unknown"),
    "two servers' certificates, and the key of one": (pem(OTHER, LEAF, ISSUER) + key(), "passed"),
    "PKCS #7": (pkcs7.serialize_certificates([loaded(ISSUER), loaded(LEAF)], Encoding.PEM), "unknown"),
    "PKCS #7 in DER": (pkcs7.serialize_certificates([loaded(LEAF), loaded(ISSUER)], Encoding.DER), "unknown"),
    "PKCS #12 without a password": (bag(NoEncryption()), "passed"),
}


NOT_FIRST = ("PEM, the root first", "two servers' certificates, and the key of one")


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_with_its_chain(kind: str, rehearse: Rehearse) -> None:
    content, private_key = WHOLE[kind]
    code, found = rehearse(content)
    assert (code, found["status"], found["diagnosis"]) == (0, "healthy", None)
    assert found["certificates"][0]["names"] == [HOST, "autodiscover.contoso.com"]
    assert checks(found) == dict.fromkeys(("chain", "root", "name", "purpose", "key", "validity"), "passed") | {
        "private-key": private_key
    }
    assert found["in_microsoft_program"] is False
    remarks = {one["id"] for one in found["remarks"]}
    assert ("leaf-not-first" in remarks) is (kind in NOT_FIRST)


@pytest.mark.parametrize("content", [pem(LEAF), LEAF.der], ids=["PEM", "DER"])
def test_without_its_chain_nothing_is_fetched(content: bytes, rehearse: Rehearse) -> None:
    code, found = rehearse(content)
    assert (code, found["diagnosis"]["class"]) == (1, "certificate-missing-intermediate")
    assert checks(found)["chain"] == "failed"
    assert checks(found)["root"] == "unknown"
    assert found["in_microsoft_program"] is None
    assert "http://ca.example/issuer.cer" in found["diagnosis"]["detail"]
    assert found["by_tls_mode"] == {
        "opportunistic": None,
        "encryption-only": None,
        "certificate-validation": "4.7.320",
        "domain-validation": "4.7.320",
    }


def test_every_fault_is_told_at_once(rehearse: Rehearse) -> None:
    purposes, url = (ExtendedKeyUsageOID.CLIENT_AUTH,), "http://ca.example/"
    bad = made.server(ISSUER, ("mail.fabrikam.com",), key=KEY, purposes=purposes, aia=url, days=(-9, -2))
    code, found = rehearse(pem(bad))
    assert code == 1
    failed = {name for name, result in checks(found).items() if result == "failed"}
    assert failed == {"chain", "name", "purpose", "validity"}
    assert found["outlook"] == found["outlook"][:1], "nothing about it gets better"


def test_each_day_on_which_the_verdict_changes(rehearse: Rehearse) -> None:
    """Not valid yet, good, then the issuer ends, then the certificate itself."""
    issuer = made.authority("Short CA", ROOT, days=(-10, 100))
    leaf = made.server(issuer, key=KEY, days=(5, 205))
    code, found = rehearse(pem(leaf, issuer))
    assert code == 1
    told = [(one["at"][:10], one["code"], one["problems"]) for one in found["outlook"]]
    on = [(made.NOW + timedelta(days=days)).strftime("%Y-%m-%d") for days in (0, 5, 100, 205)]
    assert told == [
        (on[0], "4.7.320", ["not-yet-valid"]),
        (on[1], None, []),
        (on[2], "4.7.320", ["issuer-expired"]),
        (on[3], "4.7.320", ["expired", "issuer-expired"]),
    ]
    code, found = rehearse(pem(leaf, issuer), as_of=on[1] + "T23:00:00Z")
    assert (code, found["status"]) == (0, "warning")
    assert "fails-before-its-end" in {one["id"] for one in found["warnings"]}
    assert rehearse(pem(leaf, issuer), "--strict", as_of=on[1] + "T23:00:00Z")[0] == 1


def test_the_key_of_another_certificate(rehearse: Rehearse) -> None:
    code, found = rehearse(pem(LEAF, ISSUER) + key(OTHER_KEY))
    assert (code, found["status"], found["diagnosis"]) == (1, "failing", None)
    assert checks(found)["private-key"] == "failed"


def test_a_mode_that_looks_at_nothing_lets_it_pass(rehearse: Rehearse) -> None:
    code, found = rehearse(pem(LEAF), "--tls", "opportunistic")
    assert (code, found["status"]) == (0, "warning")
    assert [one["id"] for one in found["warnings"]] == ["certificate-would-fail"]


def test_one_certificate_is_counted_as_one(rehearse: Rehearse, tmp_path: Path) -> None:
    itself = made.server(None, key=KEY)
    _, found = rehearse(pem(itself), "--ca-file", str(tmp_path / "new.pem"))
    (chain,) = (one["text"] for one in found["checks"] if one["id"] == "chain")
    assert "(certificates: 1)" in chain


def test_no_name_is_made_up(rehearse: Rehearse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, trusted = tmp_path / "wild.pem", tmp_path / "root.pem"
    file.write_bytes(pem(made.server(ISSUER, ("*.contoso.com",), key=KEY), ISSUER))
    asked = ["certificate", str(file), "--ca-file", str(trusted), "--only-ca-file", "--as-of", DURING, "--json"]
    assert run(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["tls"], found["tls_domain"], checks(found)["name"]) == ("certificate-validation", None, "unknown")
    assert found["by_tls_mode"]["domain-validation"] == "unknown"
    assert found["tlsa"]["owner"] is None


def test_what_is_published_and_set_for_it(rehearse: Rehearse) -> None:
    _, found = rehearse(pem(LEAF, ISSUER))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert found["tlsa"] == {"owner": f"_25._tcp.{HOST}.", "new": f"3 1 1 {digest.finalize().hex()}", "old": []}
    assert found["exchange"]["tls_certificate_name"] == f"<I>CN=Issuing CA, O=Contoso<S>CN={HOST}"
    assert f"$c = Get-ExchangeCertificate {found['certificates'][0]['sha1']}" in found["exchange"]["commands"]
    assert (found["lifetime_days"], found["renewals"]) == (330.0, [])
    assert found["renew_by"] == (made.NOW + timedelta(days=270)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_comes_from_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector_probe", "certificate", "-", "--as-of", DURING, "--tls-domain", HOST]
    done = subprocess.run(command, cwd=tmp_path, input=pem(LEAF, ISSUER), capture_output=True, check=False)
    assert (done.returncode, done.stdout.partition(b":")[0]) == (1, b"FAILING  standard input"), done.stderr


# --- passwords ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [bag(LOCKED), pem(LEAF, ISSUER) + key(lock=LOCKED)], ids=["PKCS #12", "PEM"])
def test_the_password_of_a_variable(content: bytes, rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_PASSWORD", SECRET.decode())
    code, found = rehearse(content, "--password-env", "NEW_PASSWORD")
    assert (code, checks(found)["private-key"]) == (0, "passed")


def test_the_password_is_asked_for_at_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "new.pfx").write_bytes(bag(LOCKED))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "connector_probe", "certificate", "new.pfx", "--as-of", DURING]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=tmp_path, start_new_session=True, stdin=theirs, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stderr is not None
        prompt = b"Password of new.pfx: "
        assert process.stderr.read(len(prompt)) == prompt
        os.write(ours, SECRET + b"\n")
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"in the file, and fits" in out


# --- what cannot be judged -----------------------------------------------------------------------------------------

BAD: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "is empty", "holds the certificate"),
    "a text": (b"hello\n", "holds no certificate", "give PEM"),
    "a key alone": (key(), "holds a private key, no certificate", "was issued for it"),
    "a key alone, in DER": (key(form=Encoding.DER), "holds a private key, no certificate", "was issued for it"),
    "a key alone, locked": (key(lock=LOCKED), "holds a private key, no certificate", "was issued for it"),
    "a key alone, locked, in DER": (key(KEY, LOCKED, Encoding.DER), "holds a private key", "was issued for it"),
    "a request": (REQUEST.public_bytes(Encoding.PEM), "a certificate request", "the CA issued"),
    "a request in DER": (REQUEST.public_bytes(Encoding.DER), "a certificate request", "the CA issued"),
    "PEM cut off": (pem(LEAF, ISSUER)[:-60], "no matching END line", "cut off"),
    "PEM of nothing but beginnings": (b"-----BEGIN CERTIFICATE-----\n" * 30_000, "no matching END line", "cut off"),
    "PEM damaged": (pem(LEAF).replace(b"\nMII", b"\n!!!"), "certificate 1 cannot be parsed", "damaged"),
    "DER cut off": (LEAF.der[:-9], "neither PEM nor whole DER", "cut off"),
    "PKCS #12 cut off": (bag(LOCKED)[:-9], "neither PEM nor whole DER", "cut off"),
    "PKCS #12 without its password": (bag(LOCKED), "wants a password", "--password-env NAME"),
    "PKCS #12 with more rounds than are waited for": (laborious(bag(SLOW), 70_000), "8,388,607 rounds", "with fewer"),
    "PKCS #12 in BER, likewise": (b"\x30\x80" + laborious(bag(SLOW), 70_000)[4:] + b"\0\0", "rounds", "with fewer"),
    "PKCS #12 with a key alone": (
        pkcs12.serialize_key_and_certificates(b"mail", KEY, None, None, NoEncryption()),
        "PKCS #12 without a certificate",
        "with its certificate",
    ),
    "PKCS #7 cut off": (
        pkcs7.serialize_certificates([loaded(LEAF)], Encoding.PEM).replace(b"\nMI", b"\nMA"),
        "PKCS",
        "export",
    ),
    "DER that is broken inside": (b"\x30\x04\x30\x02\x30\x7f", "no certificate that can be read", "damaged"),
    "two servers' certificates": (pem(LEAF, OTHER, ISSUER), "2 certificates that may be the server's", "its own"),
    "too large": (b"x" * (1024 * 1024 + 1), "larger than 1 MiB", "holds the certificate only"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_judged(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, message, hint = BAD[kind]
    file = tmp_path / "new.pem"
    file.write_bytes(content)
    assert run(["certificate", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    error, hinted = err.splitlines()
    assert error.startswith(f"probe: error: {file}")
    assert message in error
    assert hinted.startswith("probe: hint: ")
    assert hint in hinted or hint == "its own"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["."], "is a directory"),
        (["nowhere.pem"], "there is no file nowhere.pem"),
        (["new.pfx", "--password-env", "NEW_PASSWORD"], "the password is wrong"),
        (["new.pfx", "--password-env", "NO_SUCH"], "there is no such variable"),
        (["locked.pem", "--password-env", "NEW_PASSWORD"], "does not open the private key"),
        (["new.pfx", "--tls", "domain-validation"], "without a name"),
        (["new.pfx", "--tls-domain", "192.0.2.1"], "is an address"),
        (["new.pfx", "--as-of", "soon"], "is not a date"),
        (["new.pfx", "--ca-file", "nowhere.pem"], "nowhere.pem"),
        (["new.pfx", "-q", "-v"], "exclude each other"),
    ],
)
def test_a_wrong_command_line(
    arguments: list[str],
    error: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEW_PASSWORD", "guessed")
    Path("new.pfx").write_bytes(bag(NoEncryption() if "--ca-file" in arguments else LOCKED))
    Path("locked.pem").write_bytes(pem(LEAF) + key(lock=LOCKED))
    assert run(["certificate", *arguments]) == 2
    assert error in capsys.readouterr().err


# --- the server as it is ---------------------------------------------------------------------------------------------


async def test_against_what_the_server_shows(tmp_path: Path) -> None:
    """The lab's certificate has one name and one key; the new one has another of each."""
    (tmp_path / "new.pem").write_bytes(pem(LEAF, ISSUER))
    (tmp_path / "root.pem").write_bytes(pem(ROOT))
    judged = ("--tls-domain", HOST, "--ca-file", "root.pem", "--as-of", DURING, "--no-control", "--json")
    found = []
    async with Lab.start(["healthy", "refused"]) as lab:
        for name in ("healthy", "refused"):
            asked = lab.connector(name)
            server = ("--against", f"{asked.smart_hosts[0]}:{asked.port}", "--nameserver", asked.nameservers[0])
            command = (sys.executable, "-m", "connector_probe", "certificate", "new.pem", *judged, *server)
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=tmp_path)
            out, _ = await process.communicate()
            found.append((process.returncode, json.loads(out)))
    (code, shown), (other_code, refused) = found
    assert code == 0
    assert not shown["against"]["same"]
    assert [one["id"] for one in shown["against"]["changes"]] == [
        "against-old",
        "change-key-new",
        "change-names-lost",
        "change-names-gained",
        "change-issuer",
        "change-tls-name-new",
        "change-ends-earlier",
    ]
    assert len(shown["tlsa"]["old"]) == 1
    assert shown["tlsa"]["old"] != [shown["tlsa"]["new"]]
    assert (other_code, refused["status"], refused["against"]["certificates"]) == (3, "healthy", [])
    assert [one["id"] for one in refused["against"]["changes"]] == ["against-nothing"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_text_fits_80_columns_but_for_what_is_to_be_copied(
    lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from connector_probe.formats.layout import columns

    file, trusted = tmp_path / "new.pem", tmp_path / "root.pem"
    file.write_bytes(pem(LEAF, ISSUER))
    trusted.write_bytes(pem(ROOT))
    asked = ["certificate", "new.pem", "--tls-domain", HOST, "--ca-file", "root.pem", "--as-of", DURING, "--lang", lang]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert run(asked) == 0
        out = capsys.readouterr().out
        assert run([*asked, "-q"]) == 0
        assert capsys.readouterr().out == ""
    [record] = [line for line in out.splitlines() if columns(line) > 80]
    assert f"_25._tcp.{HOST}. IN TLSA 3 1 1 " in record
    assert f"<I>CN=Issuing CA, O=Contoso<S>CN={HOST}" in out
    assert ("续订" in out) is (lang == "zh")
