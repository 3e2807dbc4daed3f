"""A report in Chinese: at a terminal, as Markdown and as HTML, against golden files.

``pytest tests/formats --update-golden`` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector_probe.api import assemble
from connector_probe.diagnosis.catalogue.zh import CHINESE
from connector_probe.diagnosis.conclude import conclude
from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.layout import columns
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.model.connector import Connector
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
    Lookup,
    LookupStatus,
    NetworkFault,
    Reply,
    Resolution,
    TlsSession,
)
from connector_probe.model.verdict import Report
from tests.formats.comparing import compare

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAME, ADDRESSES = "mail.contoso.com", ("203.0.113.7", "203.0.113.8")
COMMAND = re.compile(r"^ {7}\S")  # what is pasted into PowerShell is never wrapped


def report() -> Report:
    """A certificate that has expired and is for another name; a second address that refuses; a silent nameserver."""
    lookups = (
        Lookup(NAME, "AAAA", LookupStatus.TIMED_OUT, nameserver="198.51.100.53"),
        Lookup(NAME, "A", LookupStatus.ANSWER, ADDRESSES, nameserver="198.51.100.53"),
    )
    resolution = Resolution(NAME, ADDRESSES, lookups, seconds=0.012)
    ehlo = Reply(250, ("mail.contoso.com", "SIZE 37748736", "STARTTLS"))
    leaf = Certificate(
        "CN=mail.fabrikam.com",
        "CN=Fabrikam Issuing CA",
        ("mail.fabrikam.com",),
        datetime(2025, 10, 1, tzinfo=UTC),
        datetime(2026, 10, 1, tzinfo=UTC),
        "0A",
        "AB" * 20,
        "CD" * 32,
        "RSA 2048",
        "sha256WithRSAEncryption",
        "mail.fabrikam.com",
    )
    problem = CertificateProblem(CertificateProblemKind.EXPIRED, 0, leaf.subject, "2026-10-01T00:00:00Z")
    attempts = (
        AttemptEvidence(
            NAME,
            ADDRESSES[0],
            25,
            resolution,
            Connection(0.012, 0.030, "10.0.0.5"),
            banner=Exchange("", 0.042, 0.020, Reply(220, ("mail.contoso.com Microsoft ESMTP MAIL Service ready",))),
            ehlo=Exchange("EHLO probe.example.net", 0.062, 0.020, ehlo),
            starttls=Exchange("STARTTLS", 0.082, 0.020, Reply(220, ("2.0.0 SMTP server ready",))),
            handshake=Handshake(0.102, 0.060, TlsSession("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")),
            certificate=CertificateEvidence((leaf,), (problem,), (leaf.subject,), NOW, "system"),
        ),
        AttemptEvidence(
            NAME,
            ADDRESSES[1],
            25,
            resolution,
            Connection(0.012, 0.031, fault=NetworkFault(FaultKind.REFUSED, "ECONNREFUSED", "Connection refused")),
        ),
    )
    connector = Connector(smart_hosts=[NAME])
    evidence = ConnectorEvidence(attempts, ((), ()), NOW, 0.3)
    made = assemble([connector], [conclude(connector, evidence, CHINESE)], NOW, 0.3, CHINESE)
    return replace(made, version="1.0", vantage=replace(made.vantage, hostname="probe"))


@pytest.mark.parametrize("format_", [Format.TEXT, Format.MARKDOWN])
def test_the_report_is_the_golden_one(format_: Format, request: pytest.FixtureRequest) -> None:
    options = RenderOptions(words=CHINESE, colour=format_ is Format.TEXT, modes=True)
    compare(f"chinese.{format_}", RENDERERS[format_](report(), options), request)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = RENDERERS[Format.TEXT](report(), RenderOptions(words=CHINESE, width=width, modes=True)).splitlines()
    wide = [line for line in lines if columns(line) > width and not COMMAND.match(line) and " " in line.strip()]
    assert not [line for line in wide if "https://" not in line and "SHA-256" not in line]


def test_the_page_says_that_it_is_chinese() -> None:
    page = RENDERERS[Format.HTML](report(), RenderOptions(words=CHINESE))
    assert '<html lang="zh">' in page
    assert "证书" in page


def test_machines_read_the_same_but_for_the_words() -> None:
    """Codes, classes, ids and labels are the same; every character that a Chinese sentence brings survives."""
    for format_ in Format:
        document = RENDERERS[format_](report(), RenderOptions(words=CHINESE))
        assert document
        document.encode("utf-8")
    assert "probe_failure_info" in RENDERERS[Format.PROMETHEUS](report(), RenderOptions(words=CHINESE))


def test_a_saved_report_is_told_again_in_the_language_of_its_reader() -> None:
    """Also its notes, although the file holds them in the language of whoever saved it."""
    first = report()
    saved = read_report(RENDERERS[Format.JSON](first, RenderOptions()))
    assert diagnose_again(saved, CHINESE).vantage.notes == first.vantage.notes
    assert diagnose_again(saved, CHINESE).results == first.results
    english = diagnose_again(saved)
    assert english.vantage.notes[0].startswith("Probed from this machine")
    assert [one.text for one in english.results[0].warnings] != [one.text for one in first.results[0].warnings]
