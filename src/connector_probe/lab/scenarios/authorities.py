"""Behind the nameserver: what the authoritative servers say, and what the nameserver makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from connector_probe.lab import answers as dns
from connector_probe.lab.answers import Answerer
from connector_probe.lab.scenario import FOURTH, HERE, SECOND, THIRD, Listens, Scenario, failing, unknown, warning
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

GONE, REGISTRY = "mail.contoso.invalid.", "invalid."  # RFC 6761 6.4: no registry will ever have it
LOOP = "contoso-com.mail.protection.outlook.com."
_CONFIRMED, _SUPPORTED, _OUT = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED, CauseVerdict.RULED_OUT


def delegation(otherwise: Answerer, servers: Sequence[str] = (SECOND, THIRD)) -> dict[str, Answerer]:
    """What the nameserver says of the scenario's zone: its name servers, and ``otherwise`` of everything else."""
    names = [f"ns{number}" for number in range(1, len(servers) + 1)]
    told: dict[str, Answerer] = {"@": dns.by_type({"NS": dns.cached(dns.name_servers(*names))}, otherwise)}
    told.update((server, dns.cached(dns.addresses(address))) for server, address in zip(names, servers, strict=True))
    return told


def both(answer: Answerer) -> dict[str, dict[str, Answerer]]:
    """What the zone's two name servers say of the host."""
    return {server: {"@": answer} for server in (SECOND, THIRD)}


AUTHORITIES: tuple[Scenario, ...] = (
    failing(
        "dns-dnssec-broken",
        "SERVFAIL, and an answer when validation is off",
        F.DNS_SERVFAIL,
        answers={"@": dns.bogus(HERE)},
        expect_causes={"dns-hosting-trouble": _CONFIRMED},
    ),
    failing(
        "dns-authorities-lame",
        "the authoritative servers refuse, as if the zone were not theirs",
        F.DNS_SERVFAIL,
        answers=delegation(dns.servfail),
        authorities=both(dns.refused),
        expect_causes={"dns-hosting-trouble": _SUPPORTED},
    ),
    failing(
        "dns-authorities-disagree",
        "one authoritative server has the name, the other one does not",
        F.DNS_NXDOMAIN,
        answers=delegation(dns.cached(dns.nxdomain)),
        authorities={SECOND: {"@": HERE}, THIRD: {"@": dns.nxdomain}},
        expect_causes={"dns-hosting-trouble": _CONFIRMED, "domain-expired": _OUT},
    ),
    failing(
        "dns-no-record-anywhere",
        "the authoritative servers have no address either",
        F.DNS_NO_ADDRESS,
        answers=delegation(dns.cached(dns.nodata), [SECOND]),
        authorities={SECOND: {"@": dns.nodata}},
        expect_causes={"record-missing": _CONFIRMED, "dns-hosting-trouble": _OUT, "stale-dns-cache": _OUT},
    ),
    failing(
        "dns-cache-stale",
        "the nameserver keeps that there is no such name; by now there is",
        F.DNS_NXDOMAIN,
        answers=delegation(dns.cached(dns.nxdomain)),
        authorities=both(HERE),
        expect_causes={"stale-dns-cache": _CONFIRMED}
        | dict.fromkeys(("name-does-not-exist", "dns-hosting-trouble", "domain-expired"), _OUT),
    ),
    unknown(
        "dns-split-horizon",
        "the nameserver has a zone of its own, without the name; the public one has it",
        F.LOCAL_NAMESERVER_UNTRUE,
        answers=delegation(dns.nxdomain),
        authorities=both(HERE),
    ),
    failing(
        "dns-not-delegated",
        "an alias into a domain that the registry delegates no more",
        F.DNS_NXDOMAIN,
        answers={
            "@": dns.cached(dns.alias(GONE)),
            GONE: dns.cached(dns.nxdomain_in(REGISTRY)),
            REGISTRY: dns.by_type({"NS": dns.cached(dns.name_servers(f"ns.{REGISTRY}"))}),
            f"ns.{REGISTRY}": dns.cached(dns.addresses(SECOND)),
        },
        authorities={SECOND: {GONE: dns.nxdomain_in(REGISTRY)}},
        expect_causes={"domain-expired": _SUPPORTED, "dns-hosting-trouble": _OUT},
    ),
    warning(
        "dns-leads-to-exchange-online",
        "an alias back to Exchange Online: mail would go round in a circle",
        answers={"@": dns.alias(LOOP), LOOP: HERE},
    ),
    failing(
        "connect-old-address",
        "the nameserver keeps an old address, where nothing listens any more",
        F.TCP_REFUSED,
        address=FOURTH,
        listens=Listens.REFUSES,
        answers=delegation(dns.cached(dns.addresses(FOURTH))),
        authorities=both(HERE),
        expect_causes={"stale-dns-cache": _SUPPORTED},
    ),
)
