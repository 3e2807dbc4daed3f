"""What history keeps of a result, and whether that is news. Pure; the time is passed in."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector_probe.model.connector import Connector
from connector_probe.model.history import Announcement, SeenCertificate, Sighting
from connector_probe.model.names import host_port, parse_smart_host
from connector_probe.model.printable import printable
from connector_probe.model.verdict import ConnectorReport, Result, Status

MAX_CERTIFICATES = 100  # of one connector in one run: each address has one, and addresses are bounded too
MAX_NAME = 300  # characters of a subject or an issuer
AS_EXPECTED = "as-expected"  # and the state of a connector that nobody was told anything of
WARNING = "warning"
_JITTER = timedelta(minutes=1)  # runs of one cron line are not a whole number of hours apart to the second


def servers_of(connector: Connector | ConnectorReport) -> str:
    """Where it leads, in any order of its smart hosts: "203.0.113.7:25, mail.contoso.com:25"."""
    if connector.use_mx is not None:
        return f"MX {connector.use_mx}:{connector.port}"
    hosts = map(parse_smart_host, connector.smart_hosts)
    return ", ".join(sorted({host_port(one.host, one.port or connector.port) for one in hosts}))


def sighting_of(result: Result, queue_lifetime: float, *, maintenance: bool = False) -> Sighting:
    """``result`` as it is recorded; ``queue_lifetime`` in seconds."""
    return Sighting(
        name=result.name,
        at=result.evidence.started_at,
        status=result.status,
        expected=result.expected,
        code=result.code,
        class_=result.class_,
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


# --- news --------------------------------------------------------------------------------------------------------

# A state is what somebody was told of a connector. Only a change of it is news, and, after ``remind`` seconds, a state
# that is still not as expected. In a maintenance window nothing is: what stands when it ends is compared with what was
# told before it began.


def state_of(result: Result) -> str:
    """In one short text: as expected, with warnings, or what it fails with."""
    if result.expected:
        return WARNING if result.status is Status.WARNING else AS_EXPECTED
    return " ".join(filter(None, (result.status, result.code, result.class_)))


def is_news(result: Result, told: Announcement | None, now: datetime, remind: float | None) -> bool:
    """``told``: what was said of the connector last, None if nothing; ``remind`` in seconds, None for never again."""
    if result.maintenance is not None:
        return False
    if state_of(result) != (told.state if told is not None else AS_EXPECTED):
        return True
    if result.expected or told is None or remind is None:
        return False
    waited = now - told.at  # negative where the clock was set back: then it is said once more, and the time anew
    slack = min(_JITTER, timedelta(seconds=remind / 10))
    return waited < timedelta(0) or waited >= timedelta(seconds=remind) - slack
