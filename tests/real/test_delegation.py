"""Why a name does not resolve, in a small internet of our own: roots, a registry, two hosting servers, a resolver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_probe.formats import text
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import diagnose_again, read_report
from tests.real.authority import HOST
from tests.real.crowd import Crowd
from tests.real.internet import FIRST, NEW, NOBODY, OLD, RESOLVER, SECOND, Internet
from tests.real.verdicts import Ended, command_line, first_said

HOSTING, EXPIRED, STALE = "dns-hosting-trouble", "domain-expired", "stale-dns-cache"
NAME, RECORD = "name-does-not-exist", "record-missing"
_PARKED = "The domain is parked: its registration has probably ended, or is suspended"
_AT_ODDS = "The name's authoritative servers disagree"
_SPLIT = "The nameserver has a zone of its own that says otherwise (split DNS)"
CONNECTORS = {
    # name: what its connector holds
    "nobody": "smart_hosts: [nobody.contoso.test]",
    "text": "smart_hosts: [text.contoso.test]",
    "gone": "smart_hosts: [mail.gone.test]",
    "gone-mx": "use_mx: gone.test",
    "null-mx": "use_mx: null.test",
    "no-top-level": "smart_hosts: [mail.contoso.nosuch]",
    "lame": "smart_hosts: [mail.lame.test]",
    "dead": "smart_hosts: [mail.dead.test]",
    "alias-to-dead": "smart_hosts: [away.contoso.test]",
    "half": "smart_hosts: [mail.half.test]",
    "inward": "smart_hosts: [mail.inward.test]",
    "parked": "smart_hosts: [mail.parked.test]",
    "parked-page": "smart_hosts: [page.parked.test]",
    "odds": "smart_hosts: [mail.odds.test]",
    "alias-mx": "use_mx: contoso.test",
    "expired-signature": "smart_hosts: [mail.bogus.test]",
    "wrong-ds": "smart_hosts: [mail.wrong-ds.test]",
    "split": "smart_hosts: [mail.split.test]",
    "inside": "smart_hosts: [inside.split.test]",
    "differ": f"smart_hosts: [mail.differ.test]\n    nameserver: ['{SECOND}']",
    "glued": f"smart_hosts: [mail.glued.test]\n    nameserver: ['{RESOLVER}']",
    "dangling": "smart_hosts: [dangling.contoso.test]",
    "short": "smart_hosts: [mail]",
    "nulled": "smart_hosts: [mail.nulled.test]",
    "blocked": "smart_hosts: [mail.blocked.test]",
    "old": "smart_hosts: [mail.old.test]",
    "old-mx": "use_mx: old.test",
    "moved": "smart_hosts: [moved.old.test]",
    "new": "smart_hosts: [new.old.test]",
    "later": "smart_hosts: [later.old.test]",
}
CHANGED = ("old", "old-mx", "moved", "new", "later")


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    made = Internet(tmp_path_factory.mktemp("internet"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def reports(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What is found before and after old.test changes, of which the resolver keeps the answers of before."""
    folder = tmp_path_factory.mktemp("config")
    before = run(internet, folder, tuple(CONNECTORS))
    internet.change()
    return before, run(internet, folder, CHANGED)


def run(internet: Internet, folder: Path, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    file = folder / "probes.yaml"
    lines = [f"  - name: {name}\n    control: []\n    {CONNECTORS[name]}\n" for name in names]
    file.write_text("version: 1\nconnectors:\n" + "".join(lines), encoding="ascii")
    ended = command_line("run", str(file), inside=internet.inside)
    assert ended.document is not None, ended.said
    return ended.document


@pytest.fixture(scope="module")
def before(reports: tuple[Any, Any]) -> dict[str, Any]:
    return {result["name"]: result for result in reports[0]["results"]}


@pytest.fixture(scope="module")
def after(reports: tuple[Any, Any]) -> dict[str, Any]:
    return {result["name"]: result for result in reports[1]["results"]}


def causes(result: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {cause["id"]: cause["verdict"] for cause in result["diagnosis"]["causes"]}


def evidence(result: Any, identifier: str) -> str:  # noqa: ANN401 - JSON
    return " ".join(next(one["evidence"] for one in result["diagnosis"]["causes"] if one["id"] == identifier))


def walks(result: Any) -> Any:  # noqa: ANN401 - JSON
    return result["evidence"]["attempts"][0]["resolution"]["inquiry"]["walks"]


@pytest.mark.parametrize(
    ("name", "class_", "verdicts"),
    [
        ("nobody", "dns-nxdomain", {NAME: "confirmed", HOSTING: "ruled-out", EXPIRED: "ruled-out", STALE: "ruled-out"}),
        ("text", "dns-no-address", {RECORD: "confirmed", HOSTING: "ruled-out", STALE: "ruled-out"}),
        ("gone", "dns-nxdomain", {EXPIRED: "supported", NAME: "possible", HOSTING: "ruled-out", STALE: "ruled-out"}),
        ("gone-mx", "dns-nxdomain", {EXPIRED: "supported", NAME: "possible", HOSTING: "ruled-out"}),
        ("no-top-level", "dns-nxdomain", {NAME: "confirmed", EXPIRED: "ruled-out", HOSTING: "ruled-out"}),
        ("null-mx", "dns-null-mx", {"domain-refuses-mail": "confirmed", STALE: "ruled-out", HOSTING: "ruled-out"}),
        ("lame", "dns-servfail", {HOSTING: "confirmed", EXPIRED: "possible"}),
        ("dead", "dns-servfail", {HOSTING: "confirmed", EXPIRED: "possible"}),
        ("alias-to-dead", "dns-servfail", {HOSTING: "confirmed", EXPIRED: "possible"}),
        ("odds", "tcp-refused", {HOSTING: "confirmed"}),
        ("parked-page", "tcp-refused", {EXPIRED: "supported"}),
        ("half", "dns-nxdomain", {NAME: "confirmed", HOSTING: "possible", EXPIRED: "ruled-out"}),
        ("inward", "dns-servfail", {HOSTING: "supported"}),
        ("parked", "dns-nxdomain", {EXPIRED: "supported", NAME: "possible"}),
        ("expired-signature", "dns-servfail", {HOSTING: "confirmed", EXPIRED: "ruled-out", STALE: "ruled-out"}),
        ("wrong-ds", "dns-servfail", {HOSTING: "confirmed", EXPIRED: "ruled-out"}),
        ("differ", "dns-nxdomain", {HOSTING: "confirmed", NAME: "possible", EXPIRED: "ruled-out"}),
        ("old", "tcp-refused", {STALE: "ruled-out"}),
        ("old-mx", "tcp-refused", {STALE: "ruled-out"}),
        ("moved", "tcp-refused", {STALE: "ruled-out"}),
        ("new", "dns-nxdomain", {NAME: "confirmed", STALE: "ruled-out"}),
    ],
)
def test_the_cause(before: dict[str, Any], name: str, class_: str, verdicts: dict[str, str]) -> None:
    result = before[name]
    assert result["diagnosis"]["class"] == class_
    found = causes(result)
    assert {identifier: found.get(identifier) for identifier in verdicts} == verdicts


@pytest.mark.parametrize("name", ["split", "inside"])
def test_what_only_this_network_is_told_is_no_fault_of_the_server(before: dict[str, Any], name: str) -> None:
    result = before[name]
    assert (result["status"], result["diagnosis"]["class"]) == ("unknown", "local-nameserver-untrue")
    assert (causes(result), result["outage"]) == ({"local-nameserver-errs": "confirmed"}, None)


def test_what_the_public_gets_is_probed(internet: Internet, before: dict[str, Any]) -> None:
    """Our nameserver has another address in a zone of its own. What fails may only not lead back in from here."""
    failed = before["inside"]["evidence"]["attempts"][0]
    assert (failed["address"], failed["resolution"]["own_zone"]) == (NEW, [OLD])
    assert f"[{NEW}]:25 was tried from here and could not be connected to" in before["inside"]["diagnosis"]["detail"]
    crowd = Crowd(f"{NEW}:25=healthy", inside=internet.inside)
    try:
        options = ("--no-control", "--ca-file", crowd.ca_file, "--tls-domain", HOST)
        ended = command_line("inside.split.test", *options, inside=internet.inside)
    finally:
        crowd.stop()
    assert (ended.exit_code, ended.document["results"][0]["status"]) == (0, "healthy")
    assert any(f"(A {OLD}" in note or f"({OLD}, split DNS)" in note for note in ended.document["vantage"]["notes"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nulled", f"answers mail.nulled.test with ::, as a filter does; ns1.hosting.test [{FIRST}] says: "),
        ("blocked", "denies mail.blocked.test by a rule of its own (AAAA: NXDOMAIN, as an authority"),
    ],
)
def test_a_nameserver_that_filters_is_ours_to_mend(before: dict[str, Any], name: str, told: str) -> None:
    """Exchange Online asks others: no code, nothing held against the domain."""
    result = before[name]
    assert (result["status"], result["diagnosis"]["class"]) == ("unknown", "local-nameserver-untrue")
    assert (result["diagnosis"]["code"], causes(result)) == (None, {"local-nameserver-errs": "confirmed"})
    assert f"{RESOLVER}#53 {told}" in result["diagnosis"]["detail"]


@pytest.mark.parametrize(
    ("name", "class_", "verdicts"),
    [
        ("old", "tcp-refused", {STALE: "supported"}),
        ("old-mx", "tcp-refused", {STALE: "supported"}),
        ("moved", "tcp-refused", {STALE: "supported"}),
        ("new", "dns-nxdomain", {STALE: "confirmed", NAME: "ruled-out", HOSTING: "ruled-out", EXPIRED: "ruled-out"}),
        ("later", "dns-no-address", {STALE: "confirmed", RECORD: "ruled-out", HOSTING: "ruled-out"}),
    ],
)
def test_the_cache_is_old(after: dict[str, Any], name: str, class_: str, verdicts: dict[str, str]) -> None:
    result = after[name]
    assert result["diagnosis"]["class"] == class_
    found = causes(result)
    assert {identifier: found.get(identifier) for identifier in verdicts} == verdicts
    old = class_.startswith("dns-")  # else each asker might be given an address of his own
    heading = (
        "The nameserver holds an old answer"
        if old
        else "The nameserver and the authoritative servers say different things"
    )
    assert first_said(result["diagnosis"]) == ("dns", STALE, heading, "wait-for-cache")
    assert "say otherwise" in result["diagnosis"]["detail"]


def test_the_old_and_the_new_answer_are_told_with_the_time_left(after: dict[str, Any]) -> None:
    told = evidence(after["old"], STALE)
    assert OLD in told
    assert NEW in told
    (lookup,) = (
        one for one in after["old"]["evidence"]["attempts"][0]["resolution"]["lookups"] if one["rdtype"] == "A"
    )
    assert 0 < lookup["ttl"] <= 300
    assert f"{lookup['ttl']} s" in told


@pytest.mark.parametrize(
    ("name", "culprit", "cause", "heading", "remedy", "told"),
    [
        ("expired-signature", "dns", HOSTING, "DNSSEC of the name's zone is broken", "repair-dnssec", "switched off"),
        ("wrong-ds", "dns", HOSTING, "DNSSEC of the name's zone is broken", "repair-dnssec", "switched off"),
        (
            "gone",
            "dns",
            EXPIRED,
            "The domain is not delegated: expired, or never registered",
            "renew-domain",
            "gone.test",
        ),
        ("parked", "dns", EXPIRED, _PARKED, "renew-domain", "NXDOMAIN"),
        ("parked-page", "dns", EXPIRED, _PARKED, "renew-domain", "refused the connection"),
        ("lame", "dns", HOSTING, "The name's authoritative servers do not answer as they should", "fix-dns", "None of"),
        ("differ", "dns", HOSTING, _AT_ODDS, "fix-dns", "disagree"),
        ("odds", "dns", HOSTING, _AT_ODDS, "fix-dns", "refused the connection"),
        ("split", "this-machine", "local-nameserver-errs", _SPLIT, "configure-nameserver", f"A {NEW}"),
        ("inside", "this-machine", "local-nameserver-errs", _SPLIT, "configure-nameserver", f"A {NEW}"),
        ("glued", "connector", NAME, "The name does not exist", "correct-smart-host", "mail.glued.test"),
        (
            "dangling",
            "dns",
            NAME,
            "The name does not exist",
            "fix-alias",
            "dangling.contoso.test is an alias (CNAME) for it.",
        ),
    ],
)
def test_what_is_said_first(
    before: dict[str, Any], name: str, culprit: str, cause: str, heading: str, remedy: str, told: str
) -> None:
    diagnosis = before[name]["diagnosis"]
    assert first_said(diagnosis) == (culprit, cause, heading, remedy)
    assert told in diagnosis["detail"]


def test_an_mx_host_that_is_an_alias_is_told(before: dict[str, Any]) -> None:
    """RFC 2181 10.3. What fails there is another thing, and the warning stands beside it."""
    (warning,) = before["alias-mx"]["warnings"]
    assert (warning["id"], warning["remedies"][0]["id"]) == ("mx-is-alias", "repair-mx")
    assert "alias.contoso.test is an alias (CNAME) for mail.contoso.test" in warning["text"]


def test_names_that_are_not_what_was_asked_for(before: dict[str, Any]) -> None:
    """An alias that leads to nothing is told as one; a short name is not completed."""
    for name in ("dangling", "short"):
        assert before[name]["diagnosis"]["class"] == "dns-nxdomain"
    assert before["dangling"]["diagnosis"]["causes"][0]["text"].startswith("The name is an alias (CNAME)")
    assert "It has no dot" in before["short"]["diagnosis"]["detail"]


def test_the_way_down_and_both_transports(before: dict[str, Any]) -> None:
    (walk,) = walks(before["nobody"])
    assert (walk["started_from"], walk["zones"]) == ("roots", [".", "test", "contoso.test"])
    last = [one for one in walk["replies"] if one["zone"] == "contoso.test"]
    assert {(one["address"], one["transport"]) for one in last} == {
        (address, transport) for address in (FIRST, SECOND) for transport in ("udp", "tcp")
    }


def test_nothing_inside_is_asked_for_a_public_zone(before: dict[str, Any]) -> None:
    (walk,) = walks(before["inward"])
    inside = [one for one in walk["replies"] if one["address"] == "127.0.0.1"]
    assert {(one["status"], one["note"]) for one in inside} == {("not-asked", "inside")}


def test_with_a_nameserver_given_the_roots_are_left_alone(before: dict[str, Any]) -> None:
    (walk,) = walks(before["differ"])
    assert walk["started_from"] == "nameserver"
    assert walk["zones"] == ["differ.test"]


def test_the_addresses_that_the_parent_tells_along_are_gone_by(before: dict[str, Any]) -> None:
    """The zone's name server has a name within the zone, whose own records give it no address."""
    (walk,) = walks(before["glued"])
    assert walk["zones"] == ["test", "glued.test"]
    asked = {(one["server"], one["address"], one["status"]) for one in walk["replies"] if one["zone"] == "glued.test"}
    assert asked == {("ns.glued.test", FIRST, "nxdomain")}
    assert causes(before["glued"])[NAME] == "confirmed"


def test_dnssec_is_told_by_what_the_resolver_says_without_checking(before: dict[str, Any]) -> None:
    recheck = before["expired-signature"]["evidence"]["attempts"][0]["resolution"]["inquiry"]["rechecks"]
    assert {(one["rdtype"], one["unchecked"], one["again"]) for one in recheck} == {
        ("AAAA", "nodata", "servfail"),
        ("A", "answer", "servfail"),
    }
    assert {one["nameserver"] for one in recheck} == {f"{RESOLVER}#53"}


def test_all_of_it_is_in_the_report(reports: tuple[Any, Any]) -> None:
    """Diagnosed again from the file, without a network."""
    for report in reports:
        again = json.loads(render(diagnose_again(read_report(json.dumps(report))), RenderOptions()))
        for one, other in zip(again["results"], report["results"], strict=True):
            assert one["diagnosis"] == other["diagnosis"]


def test_verbose_text_shows_who_answered_what(reports: tuple[Any, Any]) -> None:
    shown = text.render(diagnose_again(read_report(json.dumps(reports[0]))), RenderOptions(verbosity=1))
    assert f"ns1.hosting.test [{FIRST}]" in shown
    assert "from the root servers: . > test > half.test" in shown


def asked_while_blocked(internet: Internet, name: str, *rules: str) -> Ended:
    """``probe name`` from inside, while ``rules`` of nftables keep DNS from passing."""
    internet.block_dns(*rules)
    try:
        return command_line(name, "--no-control", "--timeout", "3s", inside=internet.inside)
    finally:
        internet.open_dns()


def test_silence_of_all_says_nothing(internet: Internet) -> None:
    """Port 53 is open for the resolver alone: nobody is convicted for not answering us."""
    elsewhere = f"ip saddr != {RESOLVER} ip daddr != {RESOLVER}"
    rules = f"meta l4proto {{ tcp, udp }} {elsewhere}", "meta l4proto { tcp, udp } meta nfproto ipv6"
    ended = asked_while_blocked(internet, "mail.lame.test", *rules)
    (result,) = ended.document["results"]
    assert causes(result) == {HOSTING: "supported", EXPIRED: "possible", STALE: "ruled-out"}
    assert "outgoing port 53" in evidence(result, HOSTING)


def test_the_way_over_tcp_is_shut_at_every_authority(internet: Internet) -> None:
    """Over UDP the answer does not fit; nothing comes over TCP."""
    ended = asked_while_blocked(internet, "big.contoso.test", f"ip daddr {{ {FIRST}, {SECOND} }} meta l4proto tcp")
    (result,) = ended.document["results"]
    heading = "The answer needs TCP port 53, and nothing comes over it"
    assert first_said(result["diagnosis"]) == ("dns", HOSTING, heading, "open-dns-tcp")
    assert result["diagnosis"]["code"] == "4.4.312"  # where we still wait when Unbound gives up, it says SERVFAIL


def test_the_way_over_tcp_is_shut_at_our_own_nameserver(internet: Internet) -> None:
    """Another name: of the one that it failed to find Unbound says SERVFAIL for some seconds."""
    ended = asked_while_blocked(internet, "large.contoso.test", f"ip daddr {RESOLVER} meta l4proto tcp")
    (result,) = ended.document["results"]
    heading = "The answer needs TCP port 53, and nothing comes over it"
    assert first_said(result["diagnosis"]) == ("this-machine", "local-nameserver-errs", heading, "open-dns-tcp")
    assert (ended.exit_code, result["diagnosis"]["code"]) == (3, None)


def test_a_nameserver_that_makes_up_addresses(internet: Internet) -> None:
    """Not an old answer, although the authoritative servers deny the name: it gives any name that address."""
    internet.hijack()
    beside = {
        "nobody.contoso.test": ("contoso.test", ("connector", NAME, "The name does not exist", "correct-smart-host")),
        "mail.gone.test": (
            "test",
            ("dns", EXPIRED, "The domain is not delegated: expired, or never registered", "renew-domain"),
        ),  # gone.test is not delegated any more
    }
    ended = command_line(*beside, "--no-control", inside=internet.inside)
    assert ended.exit_code == 1
    for result in ended.document["results"]:
        diagnosis = result["diagnosis"]
        assert (result["status"], diagnosis["class"], diagnosis["code"]) == ("failing", "dns-nxdomain", "4.4.312")
        assert first_said(diagnosis) == beside[result["name"]][1]
        assert [warning["id"] for warning in result["warnings"]] == ["nameserver-untrue"]
        assert f"gives it an address (A {NOBODY})" in diagnosis["detail"]
        (made_up,) = (one["resolution"]["countercheck"]["sibling"]["name"] for one in result["evidence"]["attempts"])
        assert made_up.partition(".")[2] == beside[result["name"]][0]
