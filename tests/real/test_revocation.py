"""Revocation by OpenSSL's own authority: its list over HTTP, and its OCSP responder with a delegated signer."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connector_probe import Connector, TlsSettings
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.revocation import RevocationCheck, RevocationStatus
from connector_probe.model.verdict import CauseVerdict, Result
from connector_probe.protocol.revocation import read_crl
from tests.real.authority import HOST
from tests.real.mailbox import mailbox, tls_context
from tests.real.parts import free_ports
from tests.real.pki import Database
from tests.real.verdicts import HEALTHY, WARNING, Verdict, modes, modes_of, result_of, verdict_of

REVOKED = Verdict("failing", "4.7.320", "certificate-revoked", "certificate")


@pytest.fixture(scope="module")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database.make(tmp_path_factory.mktemp("pki"), *free_ports(2))


@pytest.fixture
def database(unserved: Database) -> Iterator[Database]:
    """With its website and its responder."""
    responder = unserved.responder()
    try:
        with unserved.website():
            yield unserved
    finally:
        responder.stop()


async def probed(database: Database, name: str, *, tls: TlsSettings | None = None, revocation: bool = True) -> Result:
    async with mailbox(tls_context(database.files(name))) as port:
        return await result_of(
            Connector(
                smart_hosts=[f"127.0.0.1:{port}"],
                tls_domain=HOST,
                ca_file=database.ca_file,
                only_ca_file=True,
                tls=tls,
                revocation=revocation,
            )
        )


def check_of(result: Result) -> RevocationCheck:
    revocation = result.evidence.attempts[0].revocation
    assert revocation is not None
    ((check,),) = [one.checks for one in revocation.certificates]
    return check


@pytest.mark.parametrize("source", ["crl", "ocsp"])
async def test_good(database: Database, source: str) -> None:
    result = await probed(database, f"{source}-good")
    assert verdict_of(result) == HEALTHY
    assert (check_of(result).source, check_of(result).status) == (source, RevocationStatus.GOOD)


@pytest.mark.parametrize("source", ["crl", "ocsp"])
async def test_revoked(database: Database, source: str) -> None:
    result = await probed(database, f"{source}-revoked")
    assert verdict_of(result) == REVOKED
    assert modes_of(result) == modes(None, None, "4.7.320", "4.7.320")
    check = check_of(result)
    assert (check.source, check.reason) == (source, "keyCompromise")
    assert check.revoked_at is not None
    assert result.attempts[0].certificate_problems == (CertificateProblemKind.REVOKED,)
    assert result.diagnosis is not None
    assert f"{check.revoked_at:%Y-%m-%d}" in result.diagnosis.detail
    assert check.url in result.diagnosis.detail
    verdicts = {cause.id: cause.verdict for cause in result.diagnosis.causes}
    assert verdicts == {
        "certificate-no-longer-valid": CauseVerdict.CONFIRMED,
        "certificate-expired": CauseVerdict.RULED_OUT,
        "certificate-subject-mismatch": CauseVerdict.RULED_OUT,
    }


async def test_a_mode_that_does_not_look_only_warns(database: Database) -> None:
    result = await probed(database, "crl-revoked", tls=TlsSettings.ENCRYPTION_ONLY)
    assert verdict_of(result) == WARNING
    assert [one.id for one in result.warnings] == ["certificate-revoked"]


async def test_nobody_is_asked_where_that_is_off(database: Database) -> None:
    result = await probed(database, "crl-revoked", revocation=False)
    assert verdict_of(result) == HEALTHY
    assert result.evidence.attempts[0].revocation is None


async def test_a_source_that_cannot_be_had_is_a_warning(unserved: Database) -> None:
    for name, port in (("crl-revoked", unserved.web), ("ocsp-revoked", unserved.ocsp)):
        result = await probed(unserved, name)
        assert verdict_of(result) == WARNING
        (warning,) = result.warnings
        assert warning.id == "revocation-unknown"
        assert f"127.0.0.1:{port}" in warning.text
        assert "refused" in warning.text


@pytest.mark.parametrize(
    ("digest", "status"),
    [
        ("sha1", RevocationStatus.REVOKED),  # as older authorities sign their lists
        ("sha512", RevocationStatus.REVOKED),
        ("md5", RevocationStatus.NOT_TRUSTED),
    ],
)
def test_lists_signed_by_older_methods(unserved: Database, digest: str, status: RevocationStatus) -> None:
    certificate, issuer = (ssl.PEM_cert_to_DER_cert(text) for text in unserved.certificates("crl-revoked", "ca"))
    found = read_crl(unserved.list_signed_with(digest), certificate, issuer, datetime.now(UTC), "http://a.test/")
    assert found.status is status
