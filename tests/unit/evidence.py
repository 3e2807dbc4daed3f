"""Evidence as a probe of one address gathers it, made by hand: a healthy session, with what a test wants otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector_probe.api import assemble
from connector_probe.diagnosis.conclude import conclude, judge_attempt
from connector_probe.diagnosis.view import View
from connector_probe.model.connector import Connector, ConnectorType, TlsSettings
from connector_probe.model.evidence import (
    AttemptEvidence,
    Certificate,
    CertificateEvidence,
    CertificateProblem,
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
from connector_probe.model.verdict import Diagnosis, FailureClass, Report, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.render import diagnosis_in_words, worded

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAME, ADDRESS = "mail.contoso.com", "203.0.113.7"
KEYWORDS = ("SIZE 37748736", "PIPELINING", "STARTTLS", "8BITMIME")
REFUSED = NetworkFault(FaultKind.REFUSED, "ECONNREFUSED", "Connection refused")
TIMED_OUT = NetworkFault(FaultKind.TIMED_OUT, text="no answer within 21 s")
CLOSED = NetworkFault(FaultKind.CLOSED)
RESET = NetworkFault(FaultKind.RESET, "ECONNRESET", "Connection reset by peer")


def reply(code: int, *lines: str) -> Reply:
    return Reply(code, lines)


def answered(command: str, code: int, *lines: str) -> Exchange:
    return Exchange(command, 0.1, 0.02, reply(code, *lines))


def broken(command: str, fault: NetworkFault) -> Exchange:
    return Exchange(command, 0.1, 0.02, fault=fault)


def leaf(name: str = NAME, print_: str = "A1", until: datetime = NOW + timedelta(days=200)) -> Certificate:
    """A server's certificate; ``print_`` makes its fingerprints."""
    return Certificate(
        subject=f"CN={name}",
        issuer="CN=Example Issuing CA",
        names=(name,),
        not_before=until - timedelta(days=365),
        not_after=until,
        serial=print_,
        sha1=print_ * 20,
        sha256=print_ * 32,
        key="RSA 2048",
        signature="sha256WithRSAEncryption",
        common_name=name,
    )


def shown(
    certificate: Certificate, *problems: CertificateProblem, trust: str = "system", at: datetime = NOW
) -> CertificateEvidence:
    return CertificateEvidence((certificate,), problems, (certificate.subject,), at, trust)


def resolved(*addresses: str, server: str = NAME) -> Resolution:
    lookups = (
        Lookup(server, "AAAA", LookupStatus.NODATA, nameserver="198.51.100.53"),
        Lookup(server, "A", LookupStatus.ANSWER, addresses, nameserver="198.51.100.53", ttl=300),
    )
    return Resolution(server, addresses, lookups, seconds=0.012)


def unresolved(status: LookupStatus, *, server: str = NAME, rcode: str | None = None) -> AttemptEvidence:
    """A name that led nowhere."""
    asked = tuple(Lookup(server, rdtype, status, rcode=rcode, nameserver="198.51.100.53") for rdtype in ("AAAA", "A"))
    return AttemptEvidence(server, None, 25, Resolution(server, (), asked, seconds=0.012))


def unconnected(fault: NetworkFault, address: str = ADDRESS, *, beside: Sequence[str] = ()) -> AttemptEvidence:
    """TCP gave ``fault``. ``beside``: the name's other addresses."""
    found = resolved(address, *beside)
    return AttemptEvidence(NAME, address, 25, found, Connection(0.012, 0.03, fault=fault))


def session(address: str = ADDRESS, *, beside: Sequence[str] = (), source: str = "192.0.2.10") -> AttemptEvidence:
    """All is well up to EHLO inside TLS; a test replaces what it wants."""
    return AttemptEvidence(
        NAME,
        address,
        25,
        resolved(address, *beside),
        Connection(0.012, 0.03, source),
        banner=answered("", 220, f"{NAME} Microsoft ESMTP MAIL Service ready"),
        ehlo=answered("EHLO probe.example.net", 250, f"{NAME} Hello", *KEYWORDS),
        starttls=answered("STARTTLS", 220, "2.0.0 SMTP server ready"),
        handshake=Handshake(0.1, 0.06, TlsSession("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")),
        certificate=shown(leaf()),
        ehlo_again=answered("EHLO probe.example.net", 250, f"{NAME} Hello", *KEYWORDS),
    )


def until_banner(address: str = ADDRESS, *, banner: Exchange) -> AttemptEvidence:
    return replace(
        session(address),
        banner=banner,
        ehlo=None,
        starttls=None,
        handshake=None,
        certificate=None,
        ehlo_again=None,
    )


def until_ehlo(address: str = ADDRESS, *, ehlo: Exchange) -> AttemptEvidence:
    return replace(session(address), ehlo=ehlo, starttls=None, handshake=None, certificate=None, ehlo_again=None)


def without_starttls(address: str = ADDRESS, *keywords: str) -> AttemptEvidence:
    kept = keywords or tuple(one for one in KEYWORDS if one != "STARTTLS")
    return until_ehlo(address, ehlo=answered("EHLO probe.example.net", 250, f"{NAME} Hello", *kept))


def until_tls(address: str = ADDRESS, *, fault: NetworkFault) -> AttemptEvidence:
    return replace(session(address), handshake=Handshake(0.1, 0.06, fault=fault), certificate=None, ehlo_again=None)


def report(
    *attempts: AttemptEvidence,
    host: str = "probe",
    at: datetime = NOW,
    sources: tuple[str, ...] = ("192.0.2.10",),
    name: str = "",
    tls: TlsSettings | None = None,
    smart_host: str = NAME,
    type_: ConnectorType = ConnectorType.ON_PREMISES,
    words: Catalogue = ENGLISH,
    connector: Connector | None = None,
) -> Report:
    """A report of one connector, as made on ``host``."""
    connector = connector or Connector(smart_hosts=[smart_host], name=name, tls=tls, type=type_)
    evidence = ConnectorEvidence(tuple(attempts), tuple(() for _ in attempts), at, 0.3)
    made = assemble([connector], [concluded(connector, evidence, words)], at, 0.3, words)
    return replace(made, vantage=replace(made.vantage, hostname=host, source_addresses=sources))


def merged(*reports: Report) -> Report:
    """One report with the connectors of several."""
    return replace(reports[0], results=tuple(result for each in reports for result in each.results))


def concluded(connector: Connector, evidence: ConnectorEvidence, words: Catalogue = ENGLISH) -> Result:
    """The verdict on ``evidence``, in words."""
    return worded(conclude(connector, evidence), words)


def diagnosed(failure: FailureClass, view: View, connector: Connector) -> Diagnosis:
    """What ``failure`` means for the attempt, in words."""
    diagnosis = diagnosis_in_words(judge_attempt(view, failure, connector))
    assert diagnosis is not None
    return diagnosis
