"""Every condition of a zone, asked of Knot itself and of Unbound in front of it: the same verdict from both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from connector_probe import Connector, Result
from connector_probe.stages.addresses import MAX_MX_HOSTS
from tests.real.authority import HOST, Authority
from tests.real.mailbox import mailbox, tls_context
from tests.real.parts import free_ports, require_ipv6
from tests.real.verdicts import HEALTHY, WARNING, Verdict, command_line, modes, modes_of, result_of, verdict_of
from tests.real.zones import MANY_ADDRESSES, MANY_HOSTS

REFUSED = Verdict("failing", "4.4.316", "tcp-refused", "connect")
SILENT = Verdict("unknown", None, "local-nameserver-silent", "dns")
SHORT = 0.2  # seconds to wait for one answer


def no_answer(class_: str) -> Verdict:
    return Verdict("failing", "4.4.312", class_, "dns")


NXDOMAIN, NO_ADDRESS = no_answer("dns-nxdomain"), no_answer("dns-no-address")


@pytest.fixture(params=["knot", "unbound"])
def nameserver(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
async def port(authority: Authority) -> AsyncIterator[int]:
    """Where mail.contoso.test takes mail, at 127.0.0.1."""
    async with mailbox(tls_context(authority.good())) as port:
        yield port


@pytest.fixture
async def port_of_both_families(authority: Authority) -> AsyncIterator[int]:
    require_ipv6()
    addresses = ("127.0.0.1", "::1")
    async with mailbox(tls_context(authority.good()), addresses=addresses, port=free_ports(1)[0]) as port:
        yield port


async def ask(name: str, nameservers: list[str], port: int, ca_file: str, *, timeout: float = 60.0) -> Result:  # noqa: ASYNC109
    return await result_of(
        Connector(
            smart_hosts=[name], port=port, nameservers=nameservers, tls_domain=HOST, ca_file=ca_file, timeout=timeout
        )
    )


async def ask_mx(domain: str, nameserver: str, port: int, ca_file: str) -> Result:
    return await result_of(
        Connector(use_mx=domain, port=port, nameservers=[nameserver], tls_domain=HOST, ca_file=ca_file)
    )


NAMES = {
    "mail.contoso.test": HEALTHY,
    "MAIL.Contoso.Test.": HEALTHY,
    "half-dead.contoso.test": WARNING,
    "dead.contoso.test": REFUSED,
    "text.contoso.test": NO_ADDRESS,
    "empty.contoso.test": NO_ADDRESS,
    "nobody.contoso.test": NXDOMAIN,
    "below.nobody.contoso.test": NXDOMAIN,
    "alias.contoso.test": HEALTHY,
    "alias-away.contoso.test": HEALTHY,
    "alias-gone.contoso.test": NXDOMAIN,
    "alias-text.contoso.test": NO_ADDRESS,
    "mail.broken.test": no_answer("dns-servfail"),
}


async def test_names(nameserver: str, port: int, ca_file: str) -> None:
    results = await asyncio.gather(*(ask(name, [nameserver], port, ca_file) for name in NAMES))
    assert dict(zip(NAMES, map(verdict_of, results), strict=True)) == NAMES
    for result, expected in zip(results, NAMES.values(), strict=True):
        assert modes_of(result) == modes(*[expected.code] * 4), result.name


async def test_a_refusal_counts_where_others_get_an_answer(unbound: str, knot: str, port: int, ca_file: str) -> None:
    """A nameserver that refuses the root as well, or refers to others in place of asking them, says nothing."""
    refused = await ask("mail.elsewhere.test", [unbound], port, ca_file)
    assert verdict_of(refused) == no_answer("dns-refused")
    assert verdict_of(await ask_mx("elsewhere.test", unbound, port, ca_file)) == no_answer("dns-refused")
    for name in ("mail.elsewhere.test", "mail.child.contoso.test"):
        assert verdict_of(await ask(name, [knot], port, ca_file)) == SILENT


DOMAINS = {
    "by-mx.contoso.test": WARNING,
    "mx-to-alias.contoso.test": WARNING,
    "alias-mx.contoso.test": WARNING,
    "implicit-mx.contoso.test": HEALTHY,
    "null-mx.contoso.test": no_answer("dns-null-mx"),
    "null-and-a.contoso.test": no_answer("dns-null-mx"),
    "dead-first.contoso.test": WARNING,
    "gone-first.contoso.test": WARNING,
    "all-dead.contoso.test": REFUSED,
    "all-gone.contoso.test": NXDOMAIN,
    "text.contoso.test": NO_ADDRESS,
    "nobody.contoso.test": NXDOMAIN,
    "broken.test": no_answer("dns-servfail"),
}


async def test_mx(nameserver: str, port: int, ca_file: str) -> None:
    results = await asyncio.gather(*(ask_mx(domain, nameserver, port, ca_file) for domain in DOMAINS))
    assert dict(zip(DOMAINS, map(verdict_of, results), strict=True)) == DOMAINS


SMART_HOSTS: dict[str, tuple[Verdict, set[str]]] = {
    "mx-to-alias.contoso.test": (WARNING, {"smart-host-by-mx", "mx-is-alias"}),
    "alias-mx.contoso.test": (WARNING, {"smart-host-by-mx", "mx-is-alias", "address-failing"}),
    "gone-first.contoso.test": (WARNING, {"smart-host-by-mx", "address-failing"}),
    "all-dead.contoso.test": (REFUSED, {"smart-host-by-mx", "address-failing"}),
    "all-gone.contoso.test": (NXDOMAIN, {"smart-host-by-mx", "address-failing"}),
    "null-mx.contoso.test": (no_answer("dns-null-mx"), set()),
    "mx-away.contoso.test": (WARNING, {"smart-host-mx-elsewhere"}),
    "mx-here.contoso.test": (HEALTHY, set()),
    "mx-gone.contoso.test": (HEALTHY, set()),
    "null-and-a.contoso.test": (HEALTHY, set()),
    "implicit-mx.contoso.test": (HEALTHY, set()),
}


async def test_smart_hosts_with_mx_records(nameserver: str, port: int, ca_file: str) -> None:
    results = await asyncio.gather(*(ask(name, [nameserver], port, ca_file) for name in SMART_HOSTS))
    seen = [(verdict_of(result), {str(warning.id) for warning in result.warnings}) for result in results]
    assert dict(zip(SMART_HOSTS, seen, strict=True)) == SMART_HOSTS


async def test_a_smart_host_is_reached_by_mx_in_the_order_of_preference(
    nameserver: str, port: int, ca_file: str
) -> None:
    result = await ask("dead-first.contoso.test", [nameserver], port, ca_file)
    assert [(one.server, one.status) for one in result.attempts] == [
        ("dead.contoso.test", "failing"),
        ("dead.contoso.test", "failing"),
        ("mail.contoso.test", "healthy"),
    ]
    last = result.evidence.attempts[-1]
    assert last.policy is None  # DANE and MTA-STS are of domains
    assert (last.resolution.smart_host, last.resolution.preference) == ("dead-first.contoso.test", 20)
    asked = [(one.name.partition(".")[0], one.rdtype) for one in last.resolution.lookups]
    assert asked == [("dead-first", "AAAA"), ("dead-first", "A"), ("dead-first", "MX"), ("mail", "AAAA"), ("mail", "A")]


async def test_a_zone_with_too_many_mx_records(knot: str, port: int, ca_file: str) -> None:
    result = await ask("many-mx.contoso.test", [knot], port, ca_file)
    assert verdict_of(result) == REFUSED
    assert [one.server for one in result.attempts] == [f"mx{at}.contoso.test" for at in range(1, MAX_MX_HOSTS + 1)]
    assert result.evidence.left_out == MANY_HOSTS - MAX_MX_HOSTS
    assert "addresses-left-out" in {warning.id for warning in result.warnings}


async def test_aliases_are_followed_and_shown(nameserver: str, port: int, ca_file: str) -> None:
    (attempt,) = (await ask("alias.contoso.test", [nameserver], port, ca_file)).evidence.attempts
    assert attempt.address == "127.0.0.1"
    for lookup in attempt.resolution.lookups:
        assert lookup.aliases == ("hop.contoso.test", "last.contoso.test", "mail.contoso.test")


async def test_preference_decides_the_order(nameserver: str, port: int, ca_file: str) -> None:
    result = await ask_mx("dead-first.contoso.test", nameserver, port, ca_file)
    assert [(one.server, one.status, one.code) for one in result.attempts] == [
        ("dead.contoso.test", "failing", "4.4.316"),
        ("dead.contoso.test", "failing", "4.4.316"),
        ("mail.contoso.test", "healthy", None),
    ]
    assert [warning.id for warning in result.warnings] == ["address-failing", "address-failing"]


async def test_both_families_six_first(nameserver: str, port_of_both_families: int, ca_file: str) -> None:
    result = await ask("both.contoso.test", [nameserver], port_of_both_families, ca_file)
    assert verdict_of(result) == HEALTHY
    assert [attempt.address for attempt in result.attempts] == ["::1", "127.0.0.1"]
    alone = await ask("six.contoso.test", [nameserver], port_of_both_families, ca_file)
    assert verdict_of(alone) == HEALTHY


async def test_answer_too_large_for_udp(nameserver: str, port: int, ca_file: str) -> None:
    """All addresses are dead, so the verdict proves that they were read."""
    result = await ask("many.contoso.test", [nameserver], port, ca_file)
    assert verdict_of(result) == REFUSED
    resolution = result.evidence.attempts[0].resolution
    assert len(resolution.addresses) == MANY_ADDRESSES
    assert [lookup.transport for lookup in resolution.lookups] == ["udp", "tcp"]
    assert result.evidence.left_out == MANY_ADDRESSES - len(result.attempts) > 0


async def test_circle_of_aliases(knot: str, unbound: str, port: int, ca_file: str) -> None:
    """Only the authoritative nameserver shows the circle; a resolver gives up on it."""
    seen = await ask("loop.contoso.test", [knot], port, ca_file)
    assert verdict_of(seen) == no_answer("dns-cname-loop")
    behind = await ask("loop.contoso.test", [unbound], port, ca_file)
    assert verdict_of(behind) == no_answer("dns-servfail")


async def test_resolver_whose_upstream_is_silent(unbound: str, port: int, ca_file: str) -> None:
    result = await ask("mail.silent.test", [unbound], port, ca_file)
    assert verdict_of(result) == no_answer("dns-servfail")


async def test_nameserver_that_is_silent(silent_port: int, port: int, ca_file: str) -> None:
    result = await ask("mail.contoso.test", [f"127.0.0.1#{silent_port}"], port, ca_file, timeout=SHORT)
    assert verdict_of(result) == SILENT
    assert set(modes_of(result).values()) == {"unknown"}


async def test_nameserver_that_does_not_run(port: int, ca_file: str) -> None:
    result = await ask("mail.contoso.test", [f"127.0.0.1#{free_ports(1)[0]}"], port, ca_file, timeout=SHORT)
    assert verdict_of(result) == SILENT


async def test_second_nameserver_helps_out(silent_port: int, knot: str, port: int, ca_file: str) -> None:
    nameservers = [f"127.0.0.1#{silent_port}", knot]
    result = await ask("mail.contoso.test", nameservers, port, ca_file, timeout=SHORT)
    assert verdict_of(result) == HEALTHY


@pytest.mark.parametrize(
    ("arguments", "exit_code", "expected"),
    [
        (["nobody.contoso.test"], 1, NXDOMAIN),
        (["nobody.contoso.test", "--expect", "4.4.312"], 0, NXDOMAIN),
        (["--mx", "null-mx.contoso.test"], 1, no_answer("dns-null-mx")),
    ],
)
def test_command_line(nameserver: str, arguments: list[str], exit_code: int, expected: Verdict) -> None:
    ended = command_line(*arguments, "--nameserver", nameserver)
    assert (ended.exit_code, ended.verdicts()) == (exit_code, [expected]), ended.said
    assert ended.document["vantage"]["nameservers"] == [nameserver]
