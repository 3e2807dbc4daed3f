"""Names: what DNS can do to a smart host, and to a domain that is followed by MX."""

from __future__ import annotations

from connector_probe.lab import answers as dns
from connector_probe.lab.scenario import (
    HERE,
    LOOPBACK,
    SECOND,
    Listens,
    Nameservers,
    Scenario,
    Server,
    failing,
    healthy,
    unknown,
    warning,
)
from connector_probe.model.verdict import FailureClass as F

NOWHERE = f"nowhere.{dns.ORIGIN}."
# As DNS writes bytes that no host name has (RFC 1035 5.1): an escape sequence, a bell, a NUL, a bidi mark in UTF-8.
HOSTILE = rf"\027[2J\007\000<b>\226\128\174.{dns.ORIGIN}."
LONG_CHAIN = 40  # aliases; resolvers follow some ten to twenty


def _fails(name: str, summary: str, failure: F, answer: dns.Answerer, *, use_mx: bool = False) -> Scenario:
    return failing(name, summary, failure, answers={"@": answer}, use_mx=use_mx)


def _links(count: int) -> list[str]:
    return ["@", *(f"link{number}" for number in range(1, count + 1))]


NAMES: tuple[Scenario, ...] = (
    _fails("dns-nxdomain", "the name does not exist", F.DNS_NXDOMAIN, dns.nxdomain),
    _fails("dns-no-address", "the name has no address", F.DNS_NO_ADDRESS, dns.nodata),
    _fails("dns-servfail", "SERVFAIL", F.DNS_SERVFAIL, dns.servfail),
    _fails("dns-refused", "REFUSED", F.DNS_REFUSED, dns.refused),
    _fails("dns-silent", "no answer for this one name", F.DNS_TIMEOUT, dns.silence),
    _fails("dns-malformed", "an answer that cannot be parsed", F.DNS_MALFORMED, dns.malformed),
    failing("dns-wrong-id", "an answer with another id", F.DNS_MALFORMED, answers={"@": dns.wrong_id}, waits=True),
    failing(
        "dns-wrong-question",
        "an answer to another question",
        F.DNS_MALFORMED,
        answers={"@": dns.wrong_question},
        waits=True,
    ),
    failing(
        "dns-truncated",
        "truncated over UDP, nothing over TCP",
        F.DNS_TIMEOUT,
        answers={"@": dns.truncated_then(dns.silence)},
        waits=False,
    ),
    failing(
        "dns-cname-loop",
        "two aliases in a circle",
        F.DNS_CNAME_LOOP,
        answers=dns.chain(["@", "back"], end=dns.alias("@")),
    ),
    failing(
        "dns-cname-long",
        "forty aliases one after another",
        F.DNS_CNAME_LOOP,
        answers=dns.chain(_links(LONG_CHAIN), end=HERE),
    ),
    _fails("dns-cname-dangling", "an alias to a name that does not exist", F.DNS_NXDOMAIN, dns.alias(NOWHERE)),
    healthy("dns-cname", "three aliases, then the address", answers=dns.chain(_links(3), end=HERE)),
    healthy(
        "dns-cname-hostile", "an alias full of control bytes", answers={"@": dns.alias(HOSTILE), HOSTILE.lower(): HERE}
    ),
    healthy("dns-truncated-tcp", "truncated over UDP, whole over TCP", answers={"@": dns.truncated_then(HERE)}),
    healthy("dns-no-edns", "FORMERR for EDNS, fine without", answers={"@": dns.knows_no_edns(HERE)}),
    healthy("dns-short-ttl", "a TTL of nothing", answers={"@": dns.addresses(LOOPBACK, ttl=0)}),
    warning(
        "dns-aaaa-servfail", "SERVFAIL for AAAA, a good A record", answers={"@": dns.by_type({"A": HERE}, dns.servfail)}
    ),
    unknown(
        "nameserver-silent",
        "the nameserver answers nothing at all",
        F.LOCAL_NAMESERVER_SILENT,
        nameservers=Nameservers.SILENT,
        waits=True,
    ),
    unknown(
        "nameserver-closed", "no nameserver on the port", F.LOCAL_NAMESERVER_SILENT, nameservers=Nameservers.CLOSED
    ),
)

EXCHANGES: tuple[Scenario, ...] = (
    healthy(
        "mx", "a domain with one MX", use_mx=True, host="mail", answers={"@": dns.exchanges((10, "mail")), "mail": HERE}
    ),
    healthy("mx-implicit", "a domain without MX, but with an address", use_mx=True),
    _fails("mx-null", "a null MX: the domain takes no mail", F.DNS_NULL_MX, dns.exchanges((0, ".")), use_mx=True),
    warning(
        "mx-null-beside",
        "a null MX beside a host that takes mail",
        use_mx=True,
        host="mail",
        answers={"@": dns.exchanges((0, "."), (10, "mail")), "mail": HERE},
    ),
    _fails("mx-nxdomain", "the domain does not exist", F.DNS_NXDOMAIN, dns.nxdomain, use_mx=True),
    _fails(
        "mx-host-nxdomain",
        "the MX names a host that does not exist",
        F.DNS_NXDOMAIN,
        dns.exchanges((10, NOWHERE)),
        use_mx=True,
    ),
    _fails(
        "mx-address",
        "the MX holds an address, where a host's name has to stand",
        F.DNS_NXDOMAIN,
        dns.exchanges((10, f"{LOOPBACK}.")),
        use_mx=True,
    ),
    _fails("mx-servfail", "SERVFAIL for the MX", F.DNS_SERVFAIL, dns.servfail, use_mx=True),
    warning(
        "mx-first-dead",
        "the first preference refuses, the second takes mail",
        use_mx=True,
        tls_domain=f"*.mx-first-dead.{dns.ORIGIN}",
        servers=(Server(host="mx1", listens=Listens.REFUSES), Server(host="mx2", address=SECOND)),
        answers={"@": dns.exchanges((10, "mx1"), (20, "mx2")), "mx1": HERE, "mx2": dns.addresses(SECOND)},
    ),
)
