"""When a remedy of a class is said, and when it is not."""

from __future__ import annotations

# What only the server's owner can do, or makes sense only for one's own organization: not said of a partner's server.
OWN_SERVER_ONLY = frozenset({"start-smtp-service", "disable-connector", "set-authoritative", "check-service-state"})
# Said only where the evidence speaks for the cause that it mends: remedy -> cause.
ONLY_FOR_CAUSE = {
    "use-plain-smtp-port": frozenset({"implicit-tls"}),
    "send-proxy-header": frozenset({"proxy-protocol"}),
    "point-to-smtp": frozenset({"not-a-mail-server"}),
    "repair-exchange-certificate": frozenset({"exchange-certificate-broken"}),
    "check-appliance": frozenset({"appliance-certificate"}),
    "give-another-name": frozenset({"helo-name"}),
    "relieve-server": frozenset({"back-pressure"}),
    "stop-proxy-header": frozenset({"proxy-header-sent"}),
    "repair-starttls": frozenset({"tls-not-supported"}),
    "relax-tls": frozenset({"tls-not-supported", "packet-inspection", "exchange-certificate-broken"}),
}
# What goes without saying once it is known that the port waits for something else than a client of SMTP.
EXPLAINING = frozenset({"implicit-tls", "proxy-protocol", "not-a-mail-server"})
ONCE_EXPLAINED = frozenset(
    {
        "check-server-health",
        "check-firewall-inspection",
        "check-network-path",
        "check-service-state",
        "allow-exchange-online",
        "read-the-reply",
        "probe-again",
    }
)
# Said first where one of these causes is likely, and not at all where all of them are ruled out: remedy -> causes.
BY_CAUSE = {
    "check-firewall-inspection": frozenset({"packet-inspection", "tls-broken-on-the-way"}),
    "allow-exchange-online": frozenset({"source-blocked", "rate-limited"}),
    "wait-for-cache": frozenset({"stale-dns-cache"}),
    "check-split-dns": frozenset({"split-horizon"}),
    "check-network-path": frozenset({"network-trouble"}),
    "check-path-mtu": frozenset({"large-packets-lost"}),
    "check-server-up": frozenset({"server-down"}),
    "open-port-25": frozenset({"firewall-blocks", "firewall-drops"}),
    "start-smtp-service": frozenset({"service-stopped"}),
    "disable-connector": frozenset({"migrated"}),
    "set-authoritative": frozenset({"migrated"}),
}
ONLY_WHEN_PASSING = "probe-again"  # said of what may pass, and was tried only once
