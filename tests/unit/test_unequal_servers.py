"""Unequal servers: the arithmetic and the words, from evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector_probe import Connector, Result, Status, TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    Certificate,
    CertificateEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Connection,
    ConnectorEvidence,
    Exchange,
    FaultKind,
    Handshake,
    NetworkFault,
    Reply,
    Resolution,
    TlsSession,
)
from tests.unit.evidence import concluded as judged

HOST, ONE, TWO, SIX = "mail.contoso.test", "203.0.113.1", "203.0.113.2", "2a01:db8::1"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
GOOD, BAD, OTHER = "A" * 40, "B" * 40, "C" * 40


def met(address: str = ONE, sha1: str = GOOD, banner: str = HOST, *, starttls: bool = True) -> AttemptEvidence:
    """A connection that went well, to a server with this certificate and greeting."""
    keywords = ("SIZE", "STARTTLS") if starttls else ("SIZE",)
    leaf = Certificate(
        f"CN={HOST}",
        "CN=CA",
        (HOST,),
        datetime(2026, 6, 1, tzinfo=UTC),
        datetime(2027, 6, 1, tzinfo=UTC),
        "1",
        sha1,
        "D" * 64,
        "RSA 2048",
        "sha256WithRSAEncryption",
        HOST,
    )
    expired = (CertificateProblem(CertificateProblemKind.EXPIRED, 0, leaf.subject),) if sha1 == BAD else ()
    evidence = AttemptEvidence(
        HOST,
        address,
        25,
        Resolution(HOST, (address,)),
        Connection(0.0, 0.01, "198.51.100.2"),
        banner=Exchange("", 0.0, 0.01, Reply(220, (f"{banner} ESMTP",))),
        ehlo=Exchange("EHLO x", 0.0, 0.01, Reply(250, (banner, *keywords))),
    )
    if not starttls:
        return evidence
    return replace(
        evidence,
        starttls=Exchange("STARTTLS", 0.0, 0.01, Reply(220, ("go",))),
        handshake=Handshake(0.0, 0.01, TlsSession("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")),
        certificate=CertificateEvidence((leaf,), expired, (leaf.subject,), NOW, "system", as_of_given=True),
        ehlo_again=Exchange("EHLO x", 0.0, 0.01, Reply(250, (banner, "SIZE"))),
    )


def busy(address: str = ONE) -> AttemptEvidence:
    turned_away = Exchange("", 0.0, 0.01, Reply(421, ("4.3.2 Service not available",)))
    return replace(met(address), banner=turned_away, ehlo=None, starttls=None, handshake=None, certificate=None)


def unreached(kind: FaultKind, address: str = ONE) -> AttemptEvidence:
    bare = replace(busy(address), banner=None)
    return replace(bare, connection=Connection(0.0, 1.0, fault=NetworkFault(kind)))


def concluded(*attempts: AttemptEvidence, tls: TlsSettings = TlsSettings.DOMAIN_VALIDATION) -> Result:
    evidence = ConnectorEvidence(attempts, ((),) * len(attempts), NOW, 1.0)
    return judged(Connector(smart_hosts=[HOST], tls=tls), evidence)


def warnings(result: Result) -> dict[str, str]:
    return {one.id: one.text for one in result.warnings if one.id.startswith("unequal-")}


@pytest.mark.parametrize(
    ("bad", "total", "percent"),
    [(1, 2, 50), (2, 5, 40), (1, 3, 33), (2, 3, 67), (1, 8, 12), (7, 8, 88), (1, 100, 1), (99, 100, 99), (1, 7, 14)],
)
def test_the_share_of_mail_that_would_queue(bad: int, total: int, percent: int) -> None:
    result = concluded(*[met(sha1=BAD)] * bad, *[met()] * (total - bad))
    told = warnings(result)
    assert result.status is Status.WARNING
    assert list(told) == ["unequal-verdicts", "unequal-certificates"]
    assert told["unequal-verdicts"] == (
        f"{bad} of {total} connections to {HOST} [{ONE}]:25 met a server that fails, the others did not: "
        f"The certificate has expired ({bad}). Unequal servers behind one address: "
        f"about {percent} % of mail would queue."
    )


def test_the_odd_certificate_is_described() -> None:
    told = warnings(concluded(met(), met(sha1=BAD), met(), met(sha1=BAD), met()))
    assert told["unequal-certificates"] == (
        f"2 of 5 connections to {HOST} met another certificate than the rest: 3 with SHA-1 {GOOD} ({HOST}, until "
        f"2027-06-01 00:00 UTC), 2 with SHA-1 {BAD} ({HOST}, until 2027-06-01 00:00 UTC). "
        "Unequal servers behind one name."
    )


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([met()] * 5, []),
        ([busy()] * 5, []),
        ([met(), met(sha1=OTHER)], ["unequal-certificates"]),
        ([met(), met(banner="other.contoso.test")], ["unequal-banners"]),
        ([met(), met(starttls=False)], ["unequal-verdicts", "unequal-starttls"]),
        ([met(), busy(), met()], ["unequal-verdicts"]),
        ([busy(), met(sha1=BAD)], ["unequal-failures"]),
        # Each address once: they may have certificates and names of their own, as long as both are good.
        ([met(ONE), met(TWO, sha1=OTHER, banner="other.contoso.test")], []),
        ([met(ONE), met(TWO, sha1=BAD)], ["unequal-certificates"]),
        ([met(ONE), met(TWO, starttls=False)], ["unequal-starttls"]),
        ([met(ONE), busy(TWO)], []),
        # What this machine could not test says nothing about equality.
        ([met(ONE), unreached(FaultKind.NO_ROUTE, SIX)], []),
        ([met(), unreached(FaultKind.NO_RESOURCES)], []),
        (
            [met(), met(), unreached(FaultKind.NO_RESOURCES), met(sha1=BAD)],
            ["unequal-verdicts", "unequal-certificates"],
        ),
    ],
)
def test_what_is_unequal(attempts: Sequence[AttemptEvidence], expected: list[str]) -> None:
    assert list(warnings(concluded(*attempts))) == expected


def test_what_could_not_be_tested_is_left_out_of_the_share() -> None:
    told = warnings(concluded(met(), unreached(FaultKind.NO_RESOURCES), unreached(FaultKind.NO_RESOURCES), busy()))
    assert told["unequal-verdicts"].startswith("1 of 2 connections")
    assert "about 50 %" in told["unequal-verdicts"]


def test_a_mode_that_ignores_the_certificate_meets_equal_servers() -> None:
    result = concluded(met(), met(sha1=BAD), tls=TlsSettings.ENCRYPTION_ONLY)
    assert list(warnings(result)) == ["unequal-certificates"]


def test_two_ports_of_one_name_are_two_places() -> None:
    """A name may be given with two ports; what fails on one of them is no half of the other's mail."""
    other = replace(busy(), port=2525)
    evidence = ConnectorEvidence((met(), other), ((), ()), NOW, 1.0)
    result = judged(Connector(smart_hosts=[HOST, f"{HOST}:2525"]), evidence)
    assert warnings(result) == {}
    assert [one.id for one in result.warnings] == ["address-failing"]
