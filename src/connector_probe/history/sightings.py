"""A result -> what history keeps of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from connector_probe.model.connector import Connector
from connector_probe.model.history import SeenCertificate, Sighting
from connector_probe.model.names import parse_smart_host
from connector_probe.model.printable import printable
from connector_probe.model.verdict import ConnectorReport, Result

MAX_CERTIFICATES = 100  # of one connector in one run: each address has one, and addresses are bounded too
MAX_NAME = 300  # characters of a subject or an issuer


def servers_of(connector: Connector | ConnectorReport) -> str:
    """Where it leads, in any order of its smart hosts: "203.0.113.7:25, mail.contoso.com:25"."""
    if connector.use_mx is not None:
        return f"MX {connector.use_mx}:{connector.port}"
    hosts = {replace(host, port=host.port or connector.port) for host in map(parse_smart_host, connector.smart_hosts)}
    return ", ".join(sorted(map(str, hosts)))


def sighting_of(result: Result, queue_lifetime: float, *, maintenance: bool = False) -> Sighting:
    """``result`` as it is recorded; ``queue_lifetime`` in seconds."""
    diagnosis = result.diagnosis
    return Sighting(
        name=result.name,
        at=result.evidence.started_at,
        status=result.status,
        expected=result.expected,
        code=diagnosis.code if diagnosis is not None else None,
        class_=diagnosis.class_.value if diagnosis is not None else None,
        maintenance=maintenance,
        queue_lifetime=queue_lifetime,
        certificates=_certificates(result),
        seconds=round(result.evidence.seconds, 4),
        servers=servers_of(result.connector),
    )


def _certificates(result: Result) -> tuple[SeenCertificate, ...]:
    """The servers' own certificates, each once: what the chain holds above them changes without anybody's doing."""
    found = {
        SeenCertificate(
            server=attempt.server,
            port=attempt.port,
            sha256=leaf.sha256,
            subject=printable(leaf.subject, MAX_NAME),
            issuer=printable(leaf.issuer, MAX_NAME),
            not_before=leaf.not_before,
            not_after=leaf.not_after,
        ): None
        for attempt in result.attempts
        for leaf in attempt.certificates[:1]
    }
    return tuple(found)[:MAX_CERTIFICATES]
