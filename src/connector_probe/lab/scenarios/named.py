"""Names: what DNS can do to a smart host, and to a domain that is followed by MX."""

from __future__ import annotations

from connector_probe.lab.answers import (
    ORIGIN,
    Answerer,
    addresses,
    alias,
    by_type,
    chain,
    exchanges,
    knows_no_edns,
    malformed,
    nodata,
    nxdomain,
    refused,
    servfail,
    silence,
    truncated_then,
    wrong_id,
    wrong_question,
)
from connector_probe.lab.scenario import (
    LOOPBACK,
    Listens,
    Nameservers,
    Options,
    Scenario,
    Server,
    failing,
    healthy,
    host_of,
    unknown,
    warning,
)
from connector_probe.lab.sockets import Need
from connector_probe.model.verdict import FailureClass as F

SECOND = "127.0.0.2"
HERE = addresses(LOOPBACK)
MX = Options(use_mx=True)
# As DNS writes bytes that no host name has (RFC 1035 5.1): an escape sequence, a bell, a NUL, a bidi mark in UTF-8.
HOSTILE = rf"\027[2J\007\000<b>\226\128\174.{ORIGIN}."
LONG_CHAIN = 40  # aliases; resolvers follow some ten to twenty


def _names(name: str, answer: Answerer) -> dict[str, Answerer]:
    return {host_of(name): answer}


def _fails(name: str, summary: str, failure: F, answer: Answerer, *, waits: bool = False) -> Scenario:
    return failing(name, summary, failure, answers=_names(name, answer), waits=waits)


def _links(name: str, count: int) -> list[str]:
    return [host_of(name), *(f"link{number}.{host_of(name)}" for number in range(1, count + 1))]


def _loop(name: str) -> dict[str, Answerer]:
    return {host_of(name): alias(f"back.{host_of(name)}."), f"back.{host_of(name)}": alias(f"{host_of(name)}.")}


def _mx(name: str, label: str) -> str:
    return f"{label}.{host_of(name)}"


NAMES: tuple[Scenario, ...] = (
    _fails("dns-nxdomain", "the name does not exist", F.DNS_NXDOMAIN, nxdomain),
    _fails("dns-no-address", "the name has no address", F.DNS_NO_ADDRESS, nodata),
    _fails("dns-servfail", "SERVFAIL", F.DNS_SERVFAIL, servfail),
    _fails("dns-refused", "REFUSED", F.DNS_REFUSED, refused),
    _fails("dns-silent", "no answer for this one name", F.DNS_TIMEOUT, silence, waits=True),
    _fails("dns-malformed", "an answer that cannot be parsed", F.DNS_MALFORMED, malformed),
    _fails("dns-wrong-id", "an answer with another id", F.DNS_MALFORMED, wrong_id, waits=True),
    _fails("dns-wrong-question", "an answer to another question", F.DNS_MALFORMED, wrong_question, waits=True),
    _fails("dns-truncated", "truncated over UDP, nothing over TCP", F.DNS_TIMEOUT, truncated_then(silence)),
    failing("dns-cname-loop", "two aliases in a circle", F.DNS_CNAME_LOOP, answers=_loop("dns-cname-loop")),
    failing(
        "dns-cname-long",
        "forty aliases one after another",
        F.DNS_CNAME_LOOP,
        answers=chain(_links("dns-cname-long", LONG_CHAIN), end=HERE),
    ),
    _fails("dns-cname-dangling", "an alias to a name that does not exist", F.DNS_NXDOMAIN, alias(f"nowhere.{ORIGIN}.")),
    healthy("dns-cname", "three aliases, then the address", answers=chain(_links("dns-cname", 3), end=HERE)),
    healthy(
        "dns-cname-hostile",
        "an alias full of control bytes",
        answers={host_of("dns-cname-hostile"): alias(HOSTILE), HOSTILE.rstrip(".").lower(): HERE},
    ),
    healthy(
        "dns-truncated-tcp",
        "truncated over UDP, whole over TCP",
        answers=_names("dns-truncated-tcp", truncated_then(HERE)),
    ),
    healthy("dns-no-edns", "FORMERR for EDNS, fine without", answers=_names("dns-no-edns", knows_no_edns(HERE))),
    healthy("dns-short-ttl", "a TTL of nothing", answers=_names("dns-short-ttl", addresses(LOOPBACK, ttl=0))),
    warning(
        "dns-aaaa-servfail",
        "SERVFAIL for AAAA, a good A record",
        answers=_names("dns-aaaa-servfail", by_type({"A": HERE}, servfail)),
    ),
    unknown(
        "nameserver-silent",
        "the nameserver answers nothing at all",
        F.LOCAL_NAMESERVER_SILENT,
        options=Options(nameservers=Nameservers.SILENT),
        waits=True,
    ),
    unknown(
        "nameserver-closed",
        "no nameserver on the port",
        F.LOCAL_NAMESERVER_SILENT,
        options=Options(nameservers=Nameservers.CLOSED),
    ),
)

EXCHANGES: tuple[Scenario, ...] = (
    healthy(
        "mx",
        "a domain with one MX",
        options=MX,
        servers=(Server(name=_mx("mx", "mail")),),
        answers={host_of("mx"): exchanges((10, f"{_mx('mx', 'mail')}.")), _mx("mx", "mail"): HERE},
    ),
    healthy("mx-implicit", "a domain without MX, but with an address", options=MX),
    failing(
        "mx-null",
        "a null MX: the domain takes no mail",
        F.DNS_NULL_MX,
        options=MX,
        answers=_names("mx-null", exchanges((0, "."))),
    ),
    warning(
        "mx-null-beside",
        "a null MX beside a host that takes mail",
        options=MX,
        servers=(Server(name=_mx("mx-null-beside", "mail")),),
        answers={
            host_of("mx-null-beside"): exchanges((0, "."), (10, f"{_mx('mx-null-beside', 'mail')}.")),
            _mx("mx-null-beside", "mail"): HERE,
        },
    ),
    failing(
        "mx-nxdomain", "the domain does not exist", F.DNS_NXDOMAIN, options=MX, answers=_names("mx-nxdomain", nxdomain)
    ),
    failing(
        "mx-host-nxdomain",
        "the MX names a host that does not exist",
        F.DNS_NXDOMAIN,
        options=MX,
        answers=_names("mx-host-nxdomain", exchanges((10, f"nowhere.{ORIGIN}."))),
    ),
    failing(
        "mx-address",
        "the MX holds an address, where a host's name has to stand",
        F.DNS_NXDOMAIN,
        options=MX,
        answers=_names("mx-address", exchanges((10, f"{LOOPBACK}."))),
    ),
    failing("mx-servfail", "SERVFAIL for the MX", F.DNS_SERVFAIL, options=MX, answers=_names("mx-servfail", servfail)),
    warning(
        "mx-first-dead",
        "the first preference refuses, the second takes mail",
        options=Options(use_mx=True, tls_domain=f"*.{host_of('mx-first-dead')}"),
        needs=(Need.LOOPBACK_NET,),
        servers=(
            Server(name=_mx("mx-first-dead", "mx1"), listens=Listens.REFUSES),
            Server(name=_mx("mx-first-dead", "mx2"), address=SECOND),
        ),
        answers={
            host_of("mx-first-dead"): exchanges(
                (10, f"{_mx('mx-first-dead', 'mx1')}."), (20, f"{_mx('mx-first-dead', 'mx2')}.")
            ),
            _mx("mx-first-dead", "mx1"): HERE,
            _mx("mx-first-dead", "mx2"): addresses(SECOND),
        },
    ),
)
