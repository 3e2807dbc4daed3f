"""Is it me? Faults of the machine that probes, and of the network it stands in, made in namespaces of our own.

The prober stands in ``here``; its gateway ``there`` has every address of the rest of the world: a smart host, the
control hosts, a nameserver. No packet leaves the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_probe import Attempt, Connector, Result
from connector_probe.model.connector import CONTROL_HOSTS
from connector_probe.model.verdict import CauseVerdict, Status
from tests.real.authority import HOST
from tests.real.crowd import Crowd
from tests.real.nameservers import Knot
from tests.real.namespaces import Namespace
from tests.real.verdicts import Ended, command_line, first_said, shows

SERVER, SERVER6 = "203.0.113.7", "2a01:db8:7::25"
SILENT, MASKED, CLOSED, REFUSING = "203.0.113.8", "203.0.113.9", "203.0.113.10", "203.0.113.11"
UNREACHABLE, PROHIBITED, PROHIBITED6, REJECTING = "203.0.113.20", "203.0.113.21", "2a01:db8:7::21", "203.0.113.22"
PRIVATE, NOWHERE, PORTAL = "10.9.8.7", "203.0.114.1", "203.0.113.30"
DEAD_NEIGHBOUR = "198.51.100.77"
CONTROL, CONTROL6, NAMESERVER, NOBODY = "142.250.9.27", "2a01:db8:9::27", "9.9.9.53", "9.9.9.54"
US, GATEWAY, US6, GATEWAY6 = "198.51.100.2", "198.51.100.1", "2a01:db8:1::2", "2a01:db8:1::1"
BY_NAME = "mail.contoso.test"

# The control hosts' real names, so that no test can take one that nobody is asked for in earnest.
ZONES = {
    "contoso.test": f"""
@    IN SOA ns hostmaster 1 1h 1h 1h 60
@    IN NS ns
ns   IN A {NAMESERVER}
mail IN A {SERVER}
mail IN AAAA {SERVER6}
dead IN A {CLOSED}
dead IN AAAA {SERVER6}
strange IN A {SERVER}
inner IN A {PRIVATE}
""",
    "google.com": f"""
@                    IN SOA ns hostmaster 1 1h 1h 1h 60
@                    IN NS ns
ns                   IN A {NAMESERVER}
gmail-smtp-in.l      IN A {CONTROL}
gmail-smtp-in.l      IN AAAA {CONTROL6}
four                 IN A {CONTROL}
""",
}
HELD_BACK = 0.5  # seconds to connect, where nothing will ever answer
_RULES = """
table inet t {{
    chain c {{
        type filter hook {hook} priority 0
        {rule}
    }}
}}
"""
_REDIRECT = """
table inet t {{
    chain c {{
        type nat hook prerouting priority -100
        meta nfproto ipv4 {what} tcp dport 25 dnat ip to {address}:25
    }}
}}
"""


@pytest.fixture(scope="module")
def there() -> Iterator[Namespace]:
    namespace = Namespace()
    yield namespace
    namespace.remove()


@pytest.fixture(scope="module")
def cabled(there: Namespace) -> Iterator[Namespace]:
    """Where the prober stands; everything works."""
    namespace = Namespace()
    namespace.connect(there)
    namespace.add_addresses("wire", f"{US}/24", f"{US6}/64")
    there.add_addresses("wire", f"{GATEWAY}/24", f"{GATEWAY6}/64")
    four = (SERVER, SILENT, MASKED, CLOSED, REFUSING, REJECTING, PRIVATE, CONTROL, NAMESERVER, NOBODY)
    there.add_addresses("lo", *(f"{one}/32" for one in four), f"{SERVER6}/128", f"{CONTROL6}/128")
    there.set("net.ipv4.ip_forward", "1")
    there.set("net.ipv6.conf.all.forwarding", "1")
    for end in (there, namespace):  # else the second ICMP error within a second stays unsent
        end.set("net.ipv4.icmp_ratelimit", "0")
        end.set("net.ipv6.icmp.ratelimit", "0")
    there.ip("route", "add", "unreachable", UNREACHABLE)
    there.ip("route", "add", "prohibit", PROHIBITED)
    there.ip("-6", "route", "add", "prohibit", PROHIBITED6, "dev", "lo")
    for family in ("ipv4", "ipv6"):  # a silent neighbour is given up on at once
        namespace.set(f"net.{family}.neigh.wire.retrans_time_ms", "20")
        namespace.set(f"net.{family}.neigh.wire.mcast_solicit", "1")
    yield namespace
    namespace.remove()


@pytest.fixture(scope="module")
def crowd(there: Namespace, cabled: Namespace) -> Iterator[Crowd]:
    healthy = (SERVER, f"[{SERVER6}]", CONTROL, f"[{CONTROL6}]", PRIVATE, REJECTING)
    servers = [f"{address}:25=healthy" for address in healthy]
    servers += [f"{SERVER}:2525=healthy", f"{SILENT}:25=banner-silent", f"{MASKED}:25=masked-by-firewall"]
    servers += [f"{REFUSING}:25=banner-554"]
    part = Crowd(*servers, inside=there.inside)
    yield part
    part.stop()


@pytest.fixture(scope="module")
def knot(there: Namespace, cabled: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    part = Knot(tmp_path_factory.mktemp("knot"), ZONES, 53, address=NAMESERVER, inside=there.inside)
    yield NAMESERVER
    part.stop()


@pytest.fixture
def here(there: Namespace, cabled: Namespace, crowd: Crowd, knot: str) -> Iterator[Namespace]:
    """As ``cabled``, with routes and without filters at the beginning of each test."""
    cabled.resolv_conf(f"nameserver {NAMESERVER}\n")
    for family, gateway in (("-4", GATEWAY), ("-6", GATEWAY6)):
        cabled.ip(family, "route", "flush", "default")
        cabled.ip(family, "route", "replace", "default", "via", gateway)
    yield cabled
    cabled.no_filter()
    there.no_filter()


def asked(crowd: Crowd, *hosts: str, **options: object) -> Connector:
    settings: dict[str, object] = {
        "smart_hosts": hosts,
        "tls_domain": HOST,
        "ca_file": crowd.ca_file,
        "nameservers": [NAMESERVER],
        "connect_timeout": HELD_BACK,
        "timeout": 20.0,
        "helo": "probe.contoso.test",
    }
    return Connector(**(settings | options))  # type: ignore[arg-type]


def found(result: Result) -> tuple[str, str | None]:
    return str(result.status), str(result.diagnosis.class_) if result.diagnosis is not None else None


def attempt_at(result: Result, address: str) -> Attempt:
    return next(one for one in result.attempts if one.address == address)


def verdict_on(cause: str, attempt: Attempt) -> CauseVerdict | None:
    assert attempt.diagnosis is not None
    return next((one.verdict for one in attempt.diagnosis.causes if one.id == cause), None)


def told(ended: Ended) -> tuple[int, str, str]:
    (result,) = ended.document["results"]
    return ended.exit_code, result["diagnosis"]["class"], result["diagnosis"]["detail"]


def run(crowd: Crowd, here: Namespace, *arguments: str, timeout: str = "20s") -> Ended:
    options = ("--ca-file", crowd.ca_file, "--timeout", timeout, "--helo", "probe.test")
    return command_line(*arguments, *options, inside=here.inside)


def local(verdict: Result, class_: str) -> None:
    """Whoever is at fault here, it is not the server: no code, and a way to learn more."""
    assert found(verdict) == ("unknown", class_)
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.code is None
    assert "probe-from-elsewhere" in [one.id for one in verdict.diagnosis.remedies]


# --- all is well -----------------------------------------------------------------------------------------------


def test_all_is_well(here: Namespace, crowd: Crowd) -> None:
    ended = run(crowd, here, BY_NAME)
    assert ended.exit_code == 0, ended.document
    assert [one["status"] for one in ended.document["results"][0]["attempts"]] == ["healthy", "healthy"]
    assert "client certificate" in ended.document["vantage"]["notes"][0]


# --- resolvers -------------------------------------------------------------------------------------------------


def test_no_nameserver(here: Namespace, crowd: Crowd) -> None:
    here.resolv_conf("# nothing\n")
    exit_code, class_, detail = told(run(crowd, here, BY_NAME))
    assert (exit_code, class_) == (3, "local-no-nameserver")
    assert "No nameserver is configured here" in detail


def test_lines_of_resolv_conf_that_are_no_address(here: Namespace, crowd: Crowd) -> None:
    here.resolv_conf("nameserver not-an-address\nfoo\nnameserver\n")
    assert told(run(crowd, here, BY_NAME))[:2] == (3, "local-no-nameserver")
    here.resolv_conf(f"nameserver not-an-address\noptions\nnameserver {NAMESERVER}\n")
    assert run(crowd, here, BY_NAME).exit_code == 0


def test_nameserver_whose_port_is_closed(here: Namespace, crowd: Crowd) -> None:
    here.resolv_conf(f"nameserver {NOBODY}\n")
    exit_code, class_, detail = told(run(crowd, here, BY_NAME))
    assert (exit_code, class_) == (3, "local-nameserver-silent")
    assert f"{NOBODY}#53 resolves nothing at all" in detail


def test_no_way_to_the_nameserver(here: Namespace, crowd: Crowd) -> None:
    """Then this machine's network is looked at first, and its DNS settings where the nameserver was asked in vain."""
    here.ip("-4", "route", "flush", "default")
    (result,) = here.probe(asked(crowd, BY_NAME))
    local(result, "local-nameserver-silent")
    assert result.diagnosis is not None
    assert [one.id for one in result.diagnosis.remedies][:2] == ["check-local-route", "configure-nameserver"]
    assert result.diagnosis.heading.startswith("Nothing leaves this machine")
    here.ip("-4", "route", "replace", "default", "via", GATEWAY)
    (silent,) = here.probe(asked(crowd, BY_NAME, nameservers=[NOBODY]))
    assert silent.diagnosis is not None
    assert silent.diagnosis.remedies[0].id == "configure-nameserver"


@pytest.mark.parametrize("end", ["here", "there"])
def test_nameserver_that_is_cut_off(here: Namespace, there: Namespace, crowd: Crowd, end: str) -> None:
    """By this machine's own filter, which makes every send fail; or by one on the way, which makes silence."""
    if end == "here":
        here.filter(_RULES.format(hook="output", rule="udp dport 53 drop"))
    else:
        there.filter(_RULES.format(hook="input", rule="udp dport 53 drop"))
    exit_code, class_, detail = told(run(crowd, here, BY_NAME, timeout="300ms"))
    assert (exit_code, class_) == (3, "local-nameserver-silent"), detail


@pytest.mark.parametrize(
    ("records", "class_", "detail"),
    [
        # A closed network with a root of its own; one that wants a log-in first.
        ("", "local-nameserver-cut-off", f"none about {CONTROL_HOSTS[0]} either (A: NXDOMAIN)"),
        ("* A {PRIVATE}\n", "local-nameserver-untrue", f"answers {CONTROL_HOSTS[0]} with {PRIVATE}, as it does"),
    ],
)
def test_nameserver_that_knows_nothing_of_the_internet(
    here: Namespace, there: Namespace, crowd: Crowd, tmp_path: Path, records: str, class_: str, detail: str
) -> None:
    zone = f"@ SOA ns hostmaster 1 1h 1h 1h 60\n@ NS ns\nns A {NOBODY}\n" + records.format(PRIVATE=PRIVATE)
    there.filter(_RULES.format(hook="input", rule=f"ip daddr {PRIVATE} tcp dport 25 reject with tcp reset"))
    knot = Knot(tmp_path, {".": zone}, 53, address=NOBODY, inside=there.inside)
    try:
        here.resolv_conf(f"nameserver {NOBODY}\n")
        exit_code, found_class, told_detail = told(run(crowd, here, BY_NAME))
    finally:
        knot.stop()
    assert (exit_code, found_class) == (3, class_)
    assert detail in told_detail


# --- routes ----------------------------------------------------------------------------------------------------


def test_a_cable_that_is_pulled(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """Nothing comes back at all: an address is no more to blame for that than the nameserver is."""
    there.filter(_RULES.format(hook="input", rule="drop"))
    (result,) = here.probe(asked(crowd, SERVER, timeout=0.5))
    local(result, "local-offline")
    there.no_filter()
    there.filter(_RULES.format(hook="input", rule=f"udp dport 53 drop; ip daddr {SERVER} tcp dport 25 reject"))
    (refused,) = here.probe(asked(crowd, SERVER, timeout=0.5))
    assert found(refused) == ("failing", "tcp-refused")  # something came back


@pytest.mark.parametrize("lost", ["everything", "the-control-hosts-alone"])
def test_a_way_out_that_falls_away_in_mid_conversation(
    here: Namespace, there: Namespace, crowd: Crowd, lost: str
) -> None:
    """A server that hangs looks the same, but takes another connection; port 25 may be closed to all but it."""
    only = f"ip daddr {CONTROL} " if lost == "the-control-hosts-alone" else ""
    limited = "tcp flags & (syn | ack) == syn limit rate over 1/hour burst 1 packets drop"
    there.filter(_RULES.format(hook="input", rule=f"{only}tcp dport 25 {limited if not only else 'drop'}"))
    (result,) = here.probe(asked(crowd, SILENT, timeout=0.5))
    if only:
        assert found(result) == ("failing", "banner-timeout")
        return
    local(result, "local-offline")
    assert result.diagnosis is not None
    assert f"[{SILENT}]:25 gave no answer, but after that no connection came about" in result.diagnosis.detail


def test_connections_that_our_side_has_no_more_of(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """A full table of a NAT: what others of the run had got before shows nothing, where they cannot get it again."""
    limited = "tcp flags & (syn | ack) == syn limit rate over 1/hour burst 1 packets drop"
    there.filter(_RULES.format(hook="input", rule=f"tcp dport 25 {limited}"))
    results = here.probe(asked(crowd, SERVER), asked(crowd, REJECTING))
    assert sorted(map(found, results), key=str) == [("healthy", None), ("unknown", "local-offline")]


def test_a_command_that_is_swallowed_on_the_way_is_no_server_that_hangs(
    here: Namespace, there: Namespace, crowd: Crowd
) -> None:
    """Whose program hangs acknowledges all the same."""
    there.filter(_RULES.format(hook="input", rule="tcp dport 25 @th,256,32 0x45484c4f drop"))  # EHLO
    (result,) = here.probe(asked(crowd, SERVER, timeout=0.5))
    assert found(result) == ("failing", "ehlo-timeout")
    assert first_said(result.diagnosis)[:2] == ("network", "network-trouble")
    there.no_filter()
    (hung,) = here.probe(asked(crowd, SILENT, timeout=0.5))
    assert verdict_on("network-trouble", hung.attempts[0]) is CauseVerdict.POSSIBLE


@shows("local-network")
def test_no_route(here: Namespace, crowd: Crowd) -> None:
    here.ip("-4", "route", "flush", "default")
    (result,) = here.probe(asked(crowd, SERVER))
    local(result, "local-no-route")
    assert result.attempts[0].diagnosis is not None
    assert f"This machine has no route to [{SERVER}]:25" in result.attempts[0].diagnosis.detail


@pytest.mark.parametrize(
    ("kind", "class_"),
    [("unreachable", "local-no-route"), ("blackhole", "local-no-route"), ("prohibit", "local-not-permitted")],
)
def test_a_route_of_this_machine_that_turns_it_down(here: Namespace, crowd: Crowd, kind: str, class_: str) -> None:
    here.ip("route", "add", kind, SERVER)
    try:
        (result,) = here.probe(asked(crowd, SERVER))
    finally:
        here.ip("route", "delete", kind, SERVER)
    local(result, class_)


@pytest.mark.parametrize(
    ("family", "gateway", "server"), [("-4", "198.51.100.99", SERVER), ("-6", "2a01:db8:1::99", SERVER6)]
)
def test_a_gateway_that_is_dead(here: Namespace, crowd: Crowd, family: str, gateway: str, server: str) -> None:
    here.ip(family, "route", "replace", "default", "via", gateway)
    (result,) = here.probe(asked(crowd, server, control=(), connect_timeout=5.0))
    local(result, "local-gateway")
    assert result.diagnosis is not None
    assert gateway in result.diagnosis.detail


def test_a_neighbour_that_is_dead_is_no_fault_of_ours(here: Namespace, crowd: Crowd) -> None:
    """On our own link there is no gateway to blame: nobody has the address."""
    (result,) = here.probe(asked(crowd, DEAD_NEIGHBOUR, connect_timeout=5.0))
    assert found(result) == ("failing", "tcp-unreachable")
    assert verdict_on("server-down", result.attempts[0]) is CauseVerdict.SUPPORTED


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("198.51.100.3", "Cannot assign"),
        ("127.0.0.1", "Invalid argument"),
        (US6, "it is of the other IP version"),
        ("10.66.0.1", "nothing comes back to 10.66.0.1"),
    ],
)
def test_a_source_address_that_is_of_no_use(here: Namespace, crowd: Crowd, source: str, detail: str) -> None:
    """Not ours; for this machine alone; of the other family; or one that nobody outside has a way back to."""
    here.ip("address", "replace", "10.66.0.1/32", "dev", "lo")
    (result,) = here.probe(asked(crowd, "strange.contoso.test", source_address=source))
    local(result, "local-source-address")
    assert result.diagnosis is not None
    assert detail in result.diagnosis.detail


def test_a_route_into_a_link_where_nobody_is(here: Namespace, crowd: Crowd) -> None:
    """As of a VPN that takes too much: no address of ours belongs to that network, so that it is no neighbour."""
    here.ip("route", "add", UNREACHABLE, "dev", "wire")
    try:
        (result,) = here.probe(asked(crowd, UNREACHABLE, connect_timeout=5.0))
    finally:
        here.ip("route", "delete", UNREACHABLE)
    local(result, "local-no-route")
    heading = "This machine has no route there"
    assert first_said(result.diagnosis) == ("this-machine", "local-network", heading, "check-local-route")


# --- IPv6 ------------------------------------------------------------------------------------------------------


def ipv6_was_not_tested(result: Result, class_: str) -> None:
    """The AAAA is not called dead, and IPv4 decides."""
    assert found(result) == ("warning", None)
    assert attempt_at(result, SERVER6).class_ == class_
    assert attempt_at(result, SERVER6).status is Status.UNKNOWN
    assert attempt_at(result, SERVER).status is Status.HEALTHY
    assert [one.id for one in result.warnings] == ["address-not-tested"]


def test_no_route_for_ipv6(here: Namespace, crowd: Crowd) -> None:
    here.ip("-6", "route", "flush", "default")
    both, dead, alone = here.probe(
        asked(crowd, BY_NAME), asked(crowd, "dead.contoso.test"), asked(crowd, BY_NAME, family="ipv4")
    )
    ipv6_was_not_tested(both, "local-no-route")
    assert found(dead) == ("failing", "tcp-refused")
    assert found(alone) == ("healthy", None)


def test_a_dead_gateway_for_ipv6(here: Namespace, crowd: Crowd) -> None:
    here.ip("-6", "route", "replace", "default", "via", "2a01:db8:1::98")
    (result,) = here.probe(asked(crowd, BY_NAME, connect_timeout=5.0))
    ipv6_was_not_tested(result, "local-gateway")


@shows("one-family-dead")
def test_ipv6_that_leads_nowhere(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """Packets leave, and nothing ever comes back: told apart from a dead server by the control host's AAAA alone."""
    there.filter(_RULES.format(hook="input", rule="meta nfproto ipv6 tcp dport 25 drop"))
    known, unknown = here.probe(asked(crowd, BY_NAME), asked(crowd, BY_NAME, control=()))
    ipv6_was_not_tested(known, "local-ipv6")
    assert attempt_at(unknown, SERVER6).class_ == "tcp-timeout"
    (warning,) = unknown.warnings
    assert (warning.id, [one.id for one in warning.remedies]) == ("address-failing", ["mend-family"])


# --- port 25 ---------------------------------------------------------------------------------------------------


@shows("wrong-smart-host", "local-port-blocked")
@pytest.mark.parametrize("end", ["here", "there"])
def test_port_25_is_dropped(here: Namespace, there: Namespace, crowd: Crowd, end: str) -> None:
    namespace, hook = (here, "output") if end == "here" else (there, "input")
    namespace.filter(_RULES.format(hook=hook, rule="tcp dport 25 drop"))
    blocked, unchecked, elsewhere, private, in_dns = here.probe(
        asked(crowd, SERVER),
        asked(crowd, SERVER, control=()),
        asked(crowd, f"{SERVER}:2525"),
        asked(crowd, PRIVATE),
        asked(crowd, "inner.contoso.test"),
    )
    local(blocked, "local-port-blocked")
    assert blocked.diagnosis is not None
    assert CONTROL_HOSTS[0] in blocked.diagnosis.detail
    local(unchecked, "local-port-blocked")  # no control host of its own, but the run knows of another's
    assert found(elsewhere) == ("healthy", None)
    # The way to a private address is another one than the way out: nothing can be concluded of it.
    assert found(private) == ("failing", "tcp-timeout")
    assert private.evidence.attempts[0].control is None
    heading = f"No way leads from the internet to {PRIVATE}"
    assert first_said(private.diagnosis) == ("connector", "wrong-smart-host", heading, "correct-smart-host")
    assert first_said(in_dns.diagnosis) == ("dns", "wrong-smart-host", heading, "publish-public-address")


def test_port_25_is_dropped_for_both_families(here: Namespace, crowd: Crowd) -> None:
    """The first address is of IPv6: no reason to call it a fault of IPv6, nor the server's where no control host has

    an address of IPv6.
    """
    here.filter(_RULES.format(hook="output", rule="tcp dport 25 drop"))
    for result in here.probe(asked(crowd, BY_NAME), asked(crowd, BY_NAME, control=("four.google.com",))):
        local(result, "local-port-blocked")
        heading = "Port 25 is blocked here"
        assert first_said(result.diagnosis) == ("this-machine", "local-port-blocked", heading, "check-outgoing-port")
        assert result.diagnosis is not None
        assert f"[{SERVER}]:25" in result.diagnosis.detail


def test_a_portal_that_wants_a_log_in(here: Namespace, there: Namespace, crowd: Crowd, tmp_path: Path) -> None:
    """Its nameserver gives every name one public address: that is about DNS, not about port 25."""
    zone = f"@ IN SOA ns hostmaster 1 1h 1h 1h 60\n@ IN NS ns\nns IN A {NOBODY}\n* IN A {PORTAL}\n"
    part = Knot(tmp_path, {".": zone}, 53, address=NOBODY, inside=there.inside)
    here.resolv_conf(f"nameserver {NOBODY}\n")
    there.ip("route", "add", "blackhole", PORTAL)
    try:
        ended = run(crowd, here, BY_NAME, "--connect-timeout", "500ms")
    finally:
        there.ip("route", "delete", "blackhole", PORTAL)
        part.stop()
    exit_code, class_, detail = told(ended)
    assert (exit_code, class_) == (3, "local-nameserver-untrue")
    heading = "The nameserver does not say what is in DNS"
    said = first_said(ended.document["results"][0]["diagnosis"])
    assert said == ("this-machine", "local-nameserver-errs", heading, "configure-nameserver")
    assert "as a network does that wants a log-in first" in detail


def test_one_server_drops_and_port_25_is_open(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    there.filter(_RULES.format(hook="input", rule=f"ip daddr {SERVER} tcp dport 25 drop"))
    (result,) = here.probe(asked(crowd, SERVER))
    assert found(result) == ("failing", "tcp-timeout")
    control = result.evidence.attempts[0].control
    assert control is not None
    assert (control.host, control.fault) == (CONTROL_HOSTS[0], None)


@shows("firewall-drops")
def test_a_firewall_that_drops_now_and_then(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """A server that answers one connection is up, and something drops the other's SYN, however often it is sent."""
    syn = f"ip daddr {SERVER} tcp dport 25 tcp flags & (syn | ack) == syn"
    there.filter(_RULES.format(hook="input", rule=f"{syn} numgen inc mod 1000 != 0 drop"))
    (result,) = here.probe(asked(crowd, SERVER, connections=2, control=()))
    first, second = result.attempts
    assert (str(result.status), str(second.class_)) == ("warning", "tcp-timeout")
    assert first.diagnosis is None
    assert verdict_on("firewall-drops", second) is CauseVerdict.SUPPORTED
    assert verdict_on("server-down", second) is CauseVerdict.RULED_OUT


@shows("large-packets-lost")
def test_large_packets_that_get_lost(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """A path MTU black hole: what the server says at first passes, and so does the end of its certificates."""
    here.ip("-4", "route", "replace", "default", "via", GATEWAY, "advmss", "400")  # several segments; a few are lost
    there.ip("link", "set", "wire", "gso_max_segs", "1")  # each a packet of its own, as on a real wire
    here.filter(_RULES.format(hook="input", rule="tcp sport 25 meta length 440 drop"))
    hung = here.probe(asked(crowd, SERVER, control=(), timeout=1.0))[0]
    there.ip("link", "set", "wire", "gso_max_segs", "65535")
    assert found(hung) == ("failing", "tls-timeout")
    assert verdict_on("large-packets-lost", hung.attempts[0]) is CauseVerdict.SUPPORTED
    assert verdict_on("tls-not-supported", hung.attempts[0]) is CauseVerdict.RULED_OUT
    heading = "Large packets from the server get lost on the way"
    assert first_said(hung.diagnosis) == ("network", "large-packets-lost", heading, "check-path-mtu")


def test_a_reset_is_no_silence(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """What lets port 25 out to some hosts only drops the rest: somebody answered for this one."""
    there.filter(_RULES.format(hook="input", rule=f"ip daddr {CONTROL} tcp dport 25 drop"))
    (refused,) = here.probe(asked(crowd, CLOSED))
    assert found(refused) == ("failing", "tcp-refused")
    control = refused.evidence.attempts[0].control
    assert control is not None
    assert control.fault is not None


@shows("local-policy")
@pytest.mark.parametrize("how", ["reject", "reject with icmpx admin-prohibited"])
def test_this_machine_rejects_port_25(here: Namespace, crowd: Crowd, how: str) -> None:
    """To connect() it looks as if the server had refused."""
    here.filter(_RULES.format(hook="output", rule=f"tcp dport 25 {how}"))
    for result in here.probe(asked(crowd, SERVER), asked(crowd, SERVER6)):
        local(result, "local-not-permitted")
        assert result.diagnosis is not None
        assert "Connect call" not in result.diagnosis.detail


def test_this_machine_resets_port_25(here: Namespace, crowd: Crowd) -> None:
    here.filter(_RULES.format(hook="output", rule="tcp dport 25 reject with tcp reset"))
    four, six = here.probe(asked(crowd, SERVER), asked(crowd, SERVER6))
    local(four, "local-port-blocked")
    local(six, "local-ipv6")


# --- what routers and firewalls on the way say ------------------------------------------------------------------


@shows("server-down")
def test_a_router_says_unreachable(here: Namespace, crowd: Crowd) -> None:
    (result,) = here.probe(asked(crowd, UNREACHABLE))
    assert found(result) == ("failing", "tcp-unreachable")
    assert verdict_on("server-down", result.attempts[0]) is CauseVerdict.SUPPORTED
    assert verdict_on("firewall-drops", result.attempts[0]) is CauseVerdict.RULED_OUT
    assert result.diagnosis is not None
    assert f"ICMP host-unreachable, {GATEWAY}" in result.diagnosis.detail


@shows("network-trouble")
def test_a_router_knows_no_way(here: Namespace, crowd: Crowd) -> None:
    (result,) = here.probe(asked(crowd, NOWHERE))
    assert found(result) == ("failing", "tcp-unreachable")
    assert verdict_on("network-trouble", result.attempts[0]) is CauseVerdict.SUPPORTED
    assert verdict_on("firewall-blocks", result.attempts[0]) is CauseVerdict.RULED_OUT
    assert verdict_on("server-down", result.attempts[0]) is CauseVerdict.POSSIBLE


@pytest.mark.parametrize("address", [PROHIBITED, PROHIBITED6])
def test_this_machine_s_own_gateway_prohibits(here: Namespace, crowd: Crowd, address: str) -> None:
    """Linux calls it EACCES over IPv6, as if this machine forbade it. What the gateway forbids us says nothing."""
    (result,) = here.probe(asked(crowd, address))
    local(result, "local-first-hop")
    assert result.diagnosis is not None
    assert "this machine's own gateway that says so" in result.diagnosis.detail
    heading = "This machine's own gateway turns it down"
    assert first_said(result.diagnosis) == ("this-machine", "local-network", heading, "check-outgoing-port")


def test_this_machine_s_own_gateway_knows_no_way_out(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """The server is as far off as all others. Where one of those is reached, the gateway may be the last router."""
    there.ip("route", "add", "unreachable", CONTROL)
    there.ip("address", "delete", f"{CONTROL}/32", "dev", "lo")
    try:
        unreachable, beyond = here.probe(asked(crowd, UNREACHABLE), asked(crowd, f"{NOWHERE}:2525"))
    finally:
        there.ip("route", "delete", "unreachable", CONTROL)
        there.add_addresses("lo", f"{CONTROL}/32")
    local(unreachable, "local-first-hop")
    local(beyond, "local-first-hop")


@shows("firewall-blocks")
def test_the_server_s_own_firewall_rejects(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    there.filter(_RULES.format(hook="input", rule=f"ip daddr {REJECTING} tcp dport 25 reject"))
    rejected, closed = here.probe(asked(crowd, REJECTING), asked(crowd, CLOSED))
    there.no_filter()
    rule = f"ip daddr {REJECTING} tcp dport 25 reject with icmp type admin-prohibited"
    there.filter(_RULES.format(hook="input", rule=rule))
    (prohibited,) = here.probe(asked(crowd, REJECTING))
    assert found(prohibited) == ("failing", "tcp-unreachable")
    assert verdict_on("server-down", prohibited.attempts[0]) is CauseVerdict.RULED_OUT
    heading = "A firewall rejects the connection"
    assert first_said(prohibited.diagnosis) == ("network", "firewall-blocks", heading, "open-port-25")
    assert found(rejected) == found(closed) == ("failing", "tcp-refused")
    assert verdict_on("firewall-blocks", rejected.attempts[0]) is CauseVerdict.SUPPORTED
    assert verdict_on("firewall-blocks", closed.attempts[0]) is CauseVerdict.POSSIBLE


# --- what stands in the way of port 25 --------------------------------------------------------------------------


def test_a_silent_server_is_held_against_the_server(here: Namespace, crowd: Crowd) -> None:
    (result,) = here.probe(asked(crowd, SILENT, timeout=0.5))
    assert found(result) == ("failing", "banner-timeout")
    assert result.evidence.attempts[0].control is not None


def test_a_masked_server_is_held_against_the_server(here: Namespace, crowd: Crowd) -> None:
    (result,) = here.probe(asked(crowd, MASKED))
    assert found(result) == ("failing", "starttls-not-offered")
    assert verdict_on("packet-inspection", result.attempts[0]) is CauseVerdict.SUPPORTED
    assert result.diagnosis is not None
    (inspection,) = (one for one in result.diagnosis.causes if one.id == "packet-inspection")
    assert "nothing on this side" in inspection.evidence[-1]


@shows("local-interception")
def test_this_network_takes_port_25_for_itself(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    there.filter(_REDIRECT.format(what="", address=SILENT))
    (result,) = here.probe(asked(crowd, SERVER, timeout=0.5))
    local(result, "local-intercepted")


def test_this_network_turns_every_session_away(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    there.filter(_REDIRECT.format(what="", address=REFUSING))
    blocked, unchecked = here.probe(asked(crowd, SERVER), asked(crowd, SERVER, control=()))
    local(blocked, "local-intercepted")
    assert blocked.diagnosis is not None
    assert 'greets "554 5.7.1 ' in blocked.diagnosis.detail
    assert f"and so does {CONTROL_HOSTS[0]} [{CONTROL}]:25" in blocked.diagnosis.detail
    assert found(unchecked) == ("failing", "banner-rejected")


def test_this_network_decrypts_tls(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """A proxy with one certificate for all: it greets in the control host's place, too."""
    there.filter(_REDIRECT.format(what="", address=PRIVATE))
    blocked, unchecked = here.probe(
        asked(crowd, "strange.contoso.test", tls_domain="strange.contoso.test"),
        asked(crowd, "strange.contoso.test", tls_domain="strange.contoso.test", control=()),
    )
    local(blocked, "local-intercepted")
    assert found(unchecked) == ("failing", "certificate-name-mismatch")


def test_this_network_takes_starttls_away(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    there.filter(_REDIRECT.format(what="", address=MASKED))
    (result,) = here.probe(asked(crowd, SERVER))
    local(result, "local-starttls-stripped")
    assert result.by_tls_mode[result.connector.tls] == "unknown"
    bare, kept = here.probe(asked(crowd, SERVER, control=()), asked(crowd, SERVER, tls="opportunistic"))
    assert found(bare) == ("failing", "starttls-not-offered")
    assert kept.status is Status.WARNING


def test_this_network_loses_what_is_large(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """A tunnel whose narrow end nobody tells of: TCP's own messages pass, and no certificate does."""
    there.filter(_RULES.format(hook="output", rule="tcp sport 25 meta length > 600 drop"))
    near, unchecked = here.probe(asked(crowd, SERVER, timeout=0.5), asked(crowd, SERVER, timeout=0.5, control=()))
    local(near, "local-tls-stalled")
    assert near.diagnosis is not None
    assert near.diagnosis.remedies[0].id == "check-path-mtu"
    assert found(unchecked) == ("failing", "tls-timeout")


def test_a_report_of_a_local_fault_is_diagnosed_again(here: Namespace, crowd: Crowd, tmp_path: Path) -> None:
    here.filter(_RULES.format(hook="output", rule="tcp dport 25 reject"))
    report = tmp_path / "report.json"
    run(crowd, here, SERVER, "-o", str(report))
    again = command_line("explain", str(report))
    assert told(again)[:2] == (3, "local-not-permitted")


def test_nat_to_a_dead_host(here: Namespace, there: Namespace, crowd: Crowd) -> None:
    """The address itself says "host unreachable": it is the firewall that has it, of the server behind."""
    there.filter(_REDIRECT.format(what=f"ip daddr {CLOSED}", address=DEAD_NEIGHBOUR))
    for key, value in (("retrans_time_ms", "20"), ("mcast_solicit", "1")):
        there.set(f"net.ipv4.neigh.wire.{key}", value)
    (result,) = here.probe(asked(crowd, CLOSED, connect_timeout=5.0))
    heading = "The firewall at the address gets no answer from the server behind it (NAT)"
    assert first_said(result.diagnosis) == ("server", "server-down", heading, "check-nat")
