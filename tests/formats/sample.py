"""One report for all formats, made of evidence and always the same: every status, several addresses, a bounce clock

with and without history, a met and a missed expectation, and what hostile servers say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector_probe.api import assemble
from connector_probe.diagnosis.outage import with_history
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
    TranscriptLine,
)
from connector_probe.model.printable import printable
from connector_probe.model.verdict import Report, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from tests.unit.evidence import concluded

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
# Each would break out of some document, or act as something there: a command, markup, a figure, a metric, a colour.
HOSTILE = (
    "]]></failure><script>alert(1)</script> | 'x'=1;;; ::error::owned %0A##[add-mask]a \"}\\n# TYPE x y\n"
    "`~~~` [a](javascript:b) <!-- & &amp; \x1b[31m \u202e \ufffe \x00 \ud800 =cmd()"
)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def certificate(name: str, days: int, *others: str, subject: str = "") -> Certificate:
    """The server's own; it ends ``days`` after the probe."""
    return Certificate(
        subject=subject or f"CN={name}",
        issuer="CN=Contoso Issuing CA,O=Contoso",
        names=(name, *others),
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 11, 24, tzinfo=UTC) + timedelta(days=days),
        serial=f"0{days % 10}AB",
        sha1=f"{days % 10}" * 40,
        sha256=f"{days % 10}" * 64,
        key="RSA 2048",
        signature="sha256WithRSAEncryption",
        common_name=name,
    )


ISSUER = Certificate(
    subject="CN=Contoso Issuing CA,O=Contoso",
    issuer="CN=Contoso Root,O=Contoso",
    names=(),
    not_before=datetime(2024, 1, 1, tzinfo=UTC),
    not_after=datetime(2034, 1, 1, tzinfo=UTC),
    serial="01",
    sha1="A" * 40,
    sha256="A" * 64,
    key="RSA 4096",
    signature="sha256WithRSAEncryption",
)


def resolution(server: str, *addresses: str) -> Resolution:
    if not addresses:
        return Resolution(server, (server,))
    lookups = (
        Lookup(server, "A", LookupStatus.ANSWER, addresses, ttl=300, rcode="NOERROR", nameserver="192.0.2.53#53"),
        Lookup(server, "AAAA", LookupStatus.NODATA, ttl=300, rcode="NOERROR", nameserver="192.0.2.53#53"),
    )
    return Resolution(server, addresses, lookups, seconds=0.0125)


def said(command: str, start: float, code: int, *lines: str) -> Exchange:
    return Exchange(command, start, 0.02, Reply(code, tuple(map(printable, lines))))


def silent(resolved: Resolution, address: str, kind: FaultKind, errno: str, seconds: float) -> AttemptEvidence:
    """No TCP connection comes about."""
    fault = NetworkFault(kind, errno)
    connection = Connection(0.0, seconds, fault=fault)
    return AttemptEvidence(resolved.server, address, 25, resolved, connection, seconds=seconds)


def plain(resolved: Resolution, address: str, banner: str = "ESMTP") -> AttemptEvidence:
    """A session without STARTTLS."""
    return AttemptEvidence(
        server=resolved.server,
        address=address,
        port=25,
        resolution=resolved,
        connection=Connection(0.0, 0.03, "198.51.100.9"),
        banner=said("", 0.03, 220, f"{resolved.server} {banner}"),
        ehlo=said("EHLO probe.contoso.com", 0.05, 250, resolved.server, "PIPELINING", "SIZE 36700160"),
        seconds=0.07,
    )


def secure(
    resolved: Resolution, address: str, leaf: Certificate, problems: Sequence[CertificateProblemKind] = ()
) -> AttemptEvidence:
    """A session in TLS, with the chain of ``leaf``."""
    evidence = plain(resolved, address)
    assert evidence.ehlo is not None
    assert evidence.ehlo.reply is not None
    offered = Reply(250, (*evidence.ehlo.reply.lines, "STARTTLS"))
    return replace(
        evidence,
        ehlo=replace(evidence.ehlo, reply=offered),
        starttls=said("STARTTLS", 0.07, 220, "2.0.0 SMTP server ready"),
        handshake=Handshake(0.09, 0.045, TlsSession("TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519")),
        certificate=CertificateEvidence(
            chain=(leaf, ISSUER),
            problems=tuple(CertificateProblem(kind, 0, leaf.subject, "2026-11-22T00:00:00Z") for kind in problems),
            path=(leaf.subject, ISSUER.subject, "CN=Contoso Root,O=Contoso"),
            judged_at=NOW,
            trust="system",
        ),
        ehlo_again=said("EHLO probe.contoso.com", 0.14, 250, resolved.server, "PIPELINING"),
        seconds=0.17,
    )


def evidence(*attempts: AttemptEvidence) -> ConnectorEvidence:
    transcripts = tuple(
        (
            TranscriptLine(0.05, "server", one.banner.reply.wire),
            TranscriptLine(0.051, "client", "EHLO probe.contoso.com"),
            TranscriptLine(0.07, "note", "the rest is left out"),
        )
        if one.banner is not None and one.banner.reply is not None
        else ()
        for one in attempts
    )
    return ConnectorEvidence(attempts, transcripts, NOW, max(one.seconds for one in attempts))


def probed() -> list[tuple[Connector, ConnectorEvidence, timedelta | None]]:
    """Each connector with what was seen of it, and for how long it has been failing where history knows."""
    good, old, two = resolution("mail.contoso.com", "192.0.2.1"), resolution("old.contoso.com", "192.0.2.2"), "mx"
    both = resolution(f"{two}.fabrikam.com", "192.0.2.3", "192.0.2.4")
    bad = resolution("edge.contoso.com", "192.0.2.5", "192.0.2.6")
    evil = resolution("evil.example", "192.0.2.7")
    gone = Resolution(
        "gone.contoso.com",
        lookups=tuple(
            Lookup("gone.contoso.com", kind, LookupStatus.NXDOMAIN, rcode="NXDOMAIN", nameserver="192.0.2.53#53")
            for kind in ("A", "AAAA")
        ),
        seconds=0.2,
    )
    day = timedelta(days=1)
    return [
        (
            Connector(smart_hosts=["mail.contoso.com"], name="Hybrid, head office"),
            evidence(secure(good, "192.0.2.1", certificate("mail.contoso.com", 200))),
            None,
        ),
        (
            Connector(smart_hosts=["mx.fabrikam.com"], name="Partner Fabrikam"),
            evidence(
                secure(both, "192.0.2.3", certificate("mx.fabrikam.com", 12, "smtp.fabrikam.com")),
                silent(both, "192.0.2.4", FaultKind.TIMED_OUT, "", 21.0),
            ),
            None,
        ),
        (
            Connector(smart_hosts=["edge.contoso.com"], name="Edge: expired"),
            evidence(
                secure(bad, "192.0.2.5", certificate("edge.contoso.com", -2), [CertificateProblemKind.EXPIRED]),
                silent(bad, "192.0.2.6", FaultKind.REFUSED, "ECONNREFUSED", 0.0304),
            ),
            timedelta(hours=20, minutes=47, seconds=30),
        ),
        (
            Connector(smart_hosts=["192.0.2.9"], name="Branch office"),
            evidence(silent(resolution("192.0.2.9"), "192.0.2.9", FaultKind.REFUSED, "ECONNREFUSED", 0.0021)),
            3 * day,
        ),
        (
            Connector(smart_hosts=["evil.example"], name=HOSTILE),
            evidence(plain(evil, "192.0.2.7", HOSTILE)),
            None,
        ),
        (
            Connector(smart_hosts=["gone.contoso.com"], name="Gone", expect="4.4.316"),
            evidence(AttemptEvidence("gone.contoso.com", None, 25, gone, seconds=0.2)),
            None,
        ),
        (
            Connector(smart_hosts=["old.contoso.com"], name="Old server", expect="4.4.316"),
            evidence(silent(old, "192.0.2.2", FaultKind.REFUSED, "ECONNREFUSED", 0.0021)),
            None,
        ),
        (
            Connector(smart_hosts=["2001:db8::1"], name="IPv6 only"),
            evidence(silent(resolution("2001:db8::1"), "2001:db8::1", FaultKind.NO_ROUTE, "ENETUNREACH", 0.0002)),
            None,
        ),
    ]


def sample(words: Catalogue = ENGLISH) -> Report:
    """The report of the connectors above."""
    if words.language not in _made:
        _made[words.language] = _make(words)
    return _made[words.language]


_made: dict[str, Report] = {}


def _make(words: Catalogue) -> Report:
    rows = probed()
    results = [_result(connector, seen, since, words) for connector, seen, since in rows]
    report = assemble([connector for connector, _, _ in rows], results, NOW, 21.0, words)
    vantage = replace(report.vantage, hostname="probe.contoso.com")
    return replace(report, version="0.0.0", vantage=vantage)


def only(name: str, words: Catalogue = ENGLISH) -> Report:
    """The report of one of them."""
    report = sample(words)
    (result,) = (one for one in report.results if one.name == name)
    counts = {status: int(status == result.status) for status in ("healthy", "warning", "failing", "unknown")}
    return replace(report, results=(result,), summary=replace(report.summary, **counts))


def _result(connector: Connector, seen: ConnectorEvidence, since: timedelta | None, words: Catalogue) -> Result:
    result = concluded(connector, seen, words)
    return result if since is None else with_history(result, NOW - since, NOW - since - timedelta(minutes=5))
