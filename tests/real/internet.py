"""A small internet in a network namespace: root servers, a registry's, two hosting services', and a resolver.

The root servers have the real ones' addresses; the rest is of the ranges for documentation (RFC 5737). Each zone
below ``test`` is one condition, called after it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.dnssec
import dns.dnssectypes
import dns.name
import dns.zone
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from connector_probe.stages.delegation import ROOT_SERVERS
from tests.real.nameservers import Knot
from tests.real.namespaces import Namespace
from tests.real.parts import Part, require

REGISTRY, FIRST, SECOND, RESOLVER, OWN = "192.0.2.1", "192.0.2.11", "192.0.2.12", "192.0.2.53", "192.0.2.54"
NOBODY = "192.0.2.99"  # there, and nothing listens on it
OLD, NEW = "192.0.2.201", "192.0.2.202"  # where a server was, and where it is now
DNS = 53
_HEAD = """$TTL 300
@ SOA ns1.hosting.test. hostmaster.hosting.test. {serial} 3600 600 86400 60
@ NS ns1.hosting.test.
@ NS ns2.hosting.test.
"""
_ROOT = """$TTL 300
. SOA a.root-servers.net. hostmaster.root-servers.net. 1 3600 600 86400 60
. NS a.root-servers.net.
a.root-servers.net. A 198.41.0.4
test. NS a.nic.test.
a.nic.test. A {registry}
"""
_REGISTRY = """$TTL 300
@ SOA a.nic.test. hostmaster.nic.test. 1 3600 600 86400 60
@ NS a.nic.test.
a.nic A {registry}
hosting NS ns1.hosting
hosting NS ns2.hosting
ns1.hosting A {first}
ns2.hosting A {second}
dead NS ns.dead
ns.dead A {nobody}
half NS ns1.hosting
half NS ns.half
ns.half A {nobody}
inward NS ns.inward
ns.inward A 127.0.0.1
parked NS ns1.expired-domains
glued NS ns.glued
ns.glued A {first}
ns1.expired-domains A {first}
"""
_HOSTED = ("contoso", "lame", "differ", "odds", "old", "bogus", "wrong-ds", "split", "null", "nulled", "blocked")
_RESOLVER = """
server:
    interface: {address}@53
    outgoing-interface: {address}
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    module-config: "respip validator iterator"
    root-hints: "{folder}/hints"
    trust-anchor-file: "{folder}/anchors"
    unknown-server-time-limit: 200
    outbound-msg-retry: 1
    infra-cache-max-rtt: 1000
    qname-minimisation: no
    ede: yes
    local-zone: "test." nodefault
    local-zone: "split.test." static
    local-data: "inside.split.test. A {old}"
    local-data: "split.test. SOA ns.split.test. hostmaster.split.test. 7 3600 600 86400 60"
    local-zone: "nulled.test." always_null
rpz:
    name: filter
    zonefile: "{folder}/filter"
remote-control:
    control-enable: no
"""

_FILTER = """$ORIGIN filter.
$TTL 300
@ SOA ns.filter. hostmaster.filter. 1 3600 600 86400 60
@ NS ns.filter.
mail.blocked.test CNAME .
"""


def _signed(name: str, text: str, *, days: float) -> tuple[str, str]:
    """The zone signed until ``days`` from now, and the DS record that leads to it."""
    origin = dns.name.from_text(name)
    zone = dns.zone.from_text(text, origin, relativize=False)
    key = generate_private_key(SECP256R1())
    dnskey = dns.dnssec.make_dnskey(key.public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags=257)
    now = datetime.now(UTC)
    dns.dnssec.sign_zone(
        zone, keys=[(key, dnskey)], inception=now - timedelta(days=60), expiration=now + timedelta(days=days)
    )
    ds = dns.dnssec.make_ds(origin, dnskey, "SHA256")
    return zone.to_text(relativize=False), f"{origin} IN DS {ds.to_text()}\n"


def _hosted(serial: int) -> tuple[dict[str, str], str]:
    """The zones as both hosting servers have them, and the trust anchors of the signed ones."""
    head = _HEAD.format(serial=serial)
    mail = head + f"mail A {NEW}\n"
    expired, expired_anchor = _signed("bogus.test", mail, days=-10)  # Unbound forgives up to a day (val-sig-skew-max)
    good, good_anchor = _signed("wrong-ds.test", mail, days=30)
    digest = good_anchor.split()[-1]
    zones = {
        "hosting.test": head + f"ns1 A {FIRST}\nns2 A {SECOND}\n",
        "contoso.test": head + f'mail A {NEW}\ntext TXT "no address"\nalias CNAME mail\ndangling CNAME nobody\n'
        "away CNAME mail.dead.test.\n@ MX 10 alias\n"
        + "".join(f"{name} A 203.0.114.{number}\n" for name in ("big", "large") for number in range(90)),
        "half.test": head + "text TXT there\n",
        "parked.test": head + f"text TXT there\npage A {NEW}\n",
        "split.test": mail + f"inside A {NEW}\n",
        "null.test": head + "@ MX 0 .\n",
        "nulled.test": mail,
        "blocked.test": mail,
        "bogus.test": expired,
        "wrong-ds.test": good,
    }
    return zones, expired_anchor + good_anchor.replace(digest, digest[::-1])


def _odds(serial: int, address: str) -> dict[str, str]:
    """One version of a zone that no transfer brings from one server to the other."""
    return {"odds.test": _HEAD.format(serial=serial) + f"mail A {address}\n"}


_OLD = {
    1: f'mail A {OLD}\nlater TXT "no address yet"\n@ MX 10 mail\nmoved CNAME mail\n',
    2: f"mail A {NEW}\nlater A {NEW}\nnew A {NEW}\n@ MX 10 new\nmoved CNAME new\n",
}


class Internet:
    """``inside`` stands before a command that is to run in it. ``stop`` when done."""

    def __init__(self, folder: Path) -> None:
        self.namespace = Namespace()
        self._folder = folder
        self._parts: dict[str, Part] = {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def inside(self) -> tuple[str, ...]:
        return self.namespace.inside

    def _start(self) -> None:
        roots = [address for _, address in ROOT_SERVERS]
        here = (REGISTRY, FIRST, SECOND, RESOLVER, OWN, NOBODY, OLD, NEW)
        lengths = {address: 128 if ":" in address else 32 for address in (*roots, *here)}
        self.namespace.set("net.ipv6.conf.lo.disable_ipv6", "0")
        self.namespace.add_addresses("lo", *(f"{address}/{length}" for address, length in lengths.items()))
        self.namespace.resolv_conf(f"nameserver {RESOLVER}\n")
        names = {"registry": REGISTRY, "first": FIRST, "second": SECOND, "nobody": NOBODY}
        self._knot("roots", {".": _ROOT.format(**names)}, *roots)
        delegations = "".join(f"{zone} NS ns{number}.hosting\n" for zone in _HOSTED for number in (1, 2))
        self._knot("registry", {"test": _REGISTRY.format(**names) + delegations}, REGISTRY)
        anchors = self._host(1)
        self._resolver(anchors)

    def _host(self, version: int) -> str:
        zones, anchors = _hosted(version)
        zones["old.test"] = _HEAD.format(serial=version) + _OLD[version]
        head = _HEAD.format(serial=version)
        glued = head.replace("@ NS ns1.hosting.test.\n@ NS ns2.hosting.test.", "@ NS ns")  # and no address of its own
        self._knot(
            "first", {**zones, "differ.test": head + f"mail A {NEW}\n", "glued.test": glued, **_odds(1, OLD)}, FIRST
        )
        self._knot("second", {**zones, "differ.test": head, **_odds(2, NEW)}, SECOND)
        return anchors

    def change(self) -> None:
        """The zone old.test changes at its servers; what the resolver keeps is old from now on."""
        for name in ("first", "second"):
            self._parts.pop(name).stop()
        self._host(2)

    def own_zone(self, name: str, records: str) -> None:
        """A nameserver at OWN that has ``name`` by itself, whatever the delegation says."""
        self._knot("own", {name: _HEAD.format(serial=1) + records}, OWN)

    def hijack(self) -> None:
        """From now on the system's nameserver is one that turns NXDOMAIN into an address, as some providers' do."""
        command = [sys.executable, "-m", "tests.real.hijacker", OWN, RESOLVER, NOBODY]
        part = Part(command, self._folder / "hijacker.log", self.inside)
        part.wait_until_listening(DNS)
        self._parts["hijacker"] = part
        self.namespace.resolv_conf(f"nameserver {OWN}\n")

    def _knot(self, name: str, zones: Mapping[str, str], *addresses: str) -> None:
        folder = self._folder / f"{name}-{time.monotonic_ns()}"
        folder.mkdir()
        self._parts[name] = Knot(folder, zones, DNS, addresses, self.inside)

    def _resolver(self, anchors: str) -> None:
        folder = self._folder / "resolver"
        folder.mkdir()
        (folder / "anchors").write_text(anchors, encoding="ascii")
        (folder / "hints").write_text(". NS a.root-servers.net.\na.root-servers.net. A 198.41.0.4\n", encoding="ascii")
        (folder / "filter").write_text(_FILTER, encoding="ascii")
        settings = _RESOLVER.format(address=RESOLVER, folder=folder, old=OLD)
        (folder / "unbound.conf").write_text(settings, encoding="ascii")
        command = [require("unbound", "unbound"), "-d", "-p", "-c", str(folder / "unbound.conf")]
        part = Part(command, folder / "log", self.inside)
        part.wait_until_listening(DNS)
        self._parts["resolver"] = part

    def block_dns(self, *rules: str) -> None:
        """From now on nothing of DNS passes that fits one of ``rules`` of nftables."""
        dropped = "".join(f"{rule} th dport 53 drop\n" for rule in rules)
        self.namespace.filter(f"table inet wall {{\nchain out {{\ntype filter hook input priority 0\n{dropped}}}\n}}\n")

    def open_dns(self) -> None:
        self.namespace.filter("delete table inet wall")

    def stop(self) -> None:
        for part in self._parts.values():
            part.stop()
        self.namespace.remove()
