"""The registry: every scenario of the lab, in the order of the wire."""

from __future__ import annotations

from connector_probe.lab.scenario import Scenario
from connector_probe.lab.scenarios.authorities import AUTHORITIES
from connector_probe.lab.scenarios.certified import CERTIFICATES
from connector_probe.lab.scenarios.encrypted import HANDSHAKE, SESSION, STARTTLS
from connector_probe.lab.scenarios.healthy import HEALTHY, WARNING
from connector_probe.lab.scenarios.mta_sts import MTA_STS
from connector_probe.lab.scenarios.named import EXCHANGES, NAMES
from connector_probe.lab.scenarios.plain import BANNER, CONNECT, EHLO, RECIPIENT
from connector_probe.lab.scenarios.published import PUBLISHED
from connector_probe.lab.scenarios.revocation import REVOCATION
from connector_probe.lab.scenarios.smart_hosts import SMART_HOSTS

SCENARIOS: tuple[Scenario, ...] = (
    *HEALTHY,
    *WARNING,
    *NAMES,
    *AUTHORITIES,
    *EXCHANGES,
    *SMART_HOSTS,
    *PUBLISHED,
    *MTA_STS,
    *CONNECT,
    *BANNER,
    *EHLO,
    *STARTTLS,
    *HANDSHAKE,
    *CERTIFICATES,
    *REVOCATION,
    *SESSION,
    *RECIPIENT,
)
