"""Behind the nameserver: what the authoritative servers say, and what the nameserver makes of it."""

from __future__ import annotations

from connector_probe.lab.answers import (
    Answerer,
    addresses,
    alias,
    bogus,
    by_type,
    cached,
    name_servers,
    nodata,
    nxdomain,
    nxdomain_in,
    refused,
    servfail,
)
from connector_probe.lab.scenario import LOOPBACK, Listens, Scenario, Server, failing, host_of, unknown, warning
from connector_probe.lab.sockets import Need
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

FIRST, SECOND, OLD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
HERE = addresses(LOOPBACK)
GONE, REGISTRY = "mail.contoso.invalid", "invalid"  # RFC 6761 6.4: no registry will ever have it
LOOP = "contoso-com.mail.protection.outlook.com"
_NET = (Need.LOOPBACK_NET,)
_CONFIRMED, _SUPPORTED, _OUT = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED, CauseVerdict.RULED_OUT


def delegation(name: str, otherwise: Answerer, *servers: str) -> dict[str, Answerer]:
    """What the nameserver says of the scenario's zone: its name servers, and ``otherwise`` of everything else."""
    zone = host_of(name)
    names = [f"ns{number}.{zone}" for number in range(1, len(servers) + 1)]
    told: dict[str, Answerer] = {zone: by_type({"NS": cached(name_servers(*names))}, otherwise)}
    told.update((server, cached(addresses(address))) for server, address in zip(names, servers, strict=True))
    return told


AUTHORITIES: tuple[Scenario, ...] = (
    failing(
        "dns-dnssec-broken",
        "SERVFAIL, and an answer when validation is off",
        F.DNS_SERVFAIL,
        answers={host_of("dns-dnssec-broken"): bogus(HERE)},
        expect_causes={"dns-hosting-trouble": _CONFIRMED},
    ),
    failing(
        "dns-authorities-lame",
        "the authoritative servers refuse, as if the zone were not theirs",
        F.DNS_SERVFAIL,
        needs=_NET,
        answers=delegation("dns-authorities-lame", servfail, FIRST, SECOND),
        authorities={address: {host_of("dns-authorities-lame"): refused} for address in (FIRST, SECOND)},
        expect_causes={"dns-hosting-trouble": _SUPPORTED},
    ),
    failing(
        "dns-authorities-disagree",
        "one authoritative server has the name, the other one does not",
        F.DNS_NXDOMAIN,
        needs=_NET,
        answers=delegation("dns-authorities-disagree", cached(nxdomain), FIRST, SECOND),
        authorities={
            FIRST: {host_of("dns-authorities-disagree"): HERE},
            SECOND: {host_of("dns-authorities-disagree"): nxdomain},
        },
        expect_causes={"dns-hosting-trouble": _CONFIRMED, "domain-expired": _OUT},
    ),
    failing(
        "dns-no-record-anywhere",
        "the authoritative servers have no address either",
        F.DNS_NO_ADDRESS,
        needs=_NET,
        answers=delegation("dns-no-record-anywhere", cached(nodata), FIRST),
        authorities={FIRST: {host_of("dns-no-record-anywhere"): nodata}},
        expect_causes={"record-missing": _CONFIRMED, "dns-hosting-trouble": _OUT, "stale-dns-cache": _OUT},
    ),
    failing(
        "dns-cache-stale",
        "the nameserver keeps that there is no such name; by now there is",
        F.DNS_NXDOMAIN,
        needs=_NET,
        answers=delegation("dns-cache-stale", cached(nxdomain), FIRST, SECOND),
        authorities={address: {host_of("dns-cache-stale"): HERE} for address in (FIRST, SECOND)},
        expect_causes={
            "stale-dns-cache": _CONFIRMED,
            "name-does-not-exist": _OUT,
            "dns-hosting-trouble": _OUT,
            "domain-expired": _OUT,
        },
    ),
    unknown(
        "dns-split-horizon",
        "the nameserver has a zone of its own, without the name; the public one has it",
        F.LOCAL_NAMESERVER_UNTRUE,
        needs=_NET,
        answers=delegation("dns-split-horizon", nxdomain, FIRST, SECOND),
        authorities={address: {host_of("dns-split-horizon"): HERE} for address in (FIRST, SECOND)},
    ),
    failing(
        "dns-not-delegated",
        "an alias into a domain that the registry delegates no more",
        F.DNS_NXDOMAIN,
        needs=_NET,
        answers={
            host_of("dns-not-delegated"): cached(alias(f"{GONE}.")),
            GONE: cached(nxdomain_in(REGISTRY)),
            REGISTRY: by_type({"NS": cached(name_servers(f"ns.{REGISTRY}"))}),
            f"ns.{REGISTRY}": cached(addresses(FIRST)),
        },
        authorities={FIRST: {GONE: nxdomain_in(REGISTRY)}},
        expect_causes={"domain-expired": _SUPPORTED, "dns-hosting-trouble": _OUT},
    ),
    warning(
        "dns-leads-to-exchange-online",
        "an alias back to Exchange Online: mail would go round in a circle",
        answers={host_of("dns-leads-to-exchange-online"): alias(f"{LOOP}."), LOOP: HERE},
    ),
    failing(
        "connect-old-address",
        "the nameserver keeps an old address, where nothing listens any more",
        F.TCP_REFUSED,
        needs=_NET,
        servers=(Server(address=OLD, listens=Listens.REFUSES),),
        answers=delegation("connect-old-address", cached(addresses(OLD)), FIRST, SECOND),
        authorities={address: {host_of("connect-old-address"): HERE} for address in (FIRST, SECOND)},
        expect_causes={"stale-dns-cache": _SUPPORTED},
    ),
)
