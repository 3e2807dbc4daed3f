"""Knot, authoritative, and Unbound in front of it. Whatever they are asked, no question leaves the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.parts import Part, require

_KNOT = """
server:
    listen: [{listen}]
    rundir: {folder}
    pidfile: {folder}/pid
database:
    storage: {folder}/database
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: {folder}
    journal-content: none
    semantic-checks: off
zone:
"""
_KNOT_ZONE = """
  - domain: {zone}
    file: {zone}.zone
"""
_UNBOUND = """
server:
    interface: 127.0.0.1@{port}
    outgoing-interface: 127.0.0.1
    do-ip6: no
    do-not-query-localhost: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    module-config: iterator
    unknown-server-time-limit: 200
    outbound-msg-retry: 1
    qname-minimisation: no
    local-zone: "." static
    local-data: ". 3600 IN NS ns.contoso.test."
remote-control:
    control-enable: no
"""
_UNBOUND_STUB = """
server:
    local-zone: "{zone}" transparent
stub-zone:
    name: {zone}
    stub-addr: 127.0.0.1@{port}
"""
_UNBOUND_REFUSED = """
server:
    local-zone: "{zone}" refuse
"""


class Knot(Part):
    """knotd with ``zones``, refusing all others."""

    def __init__(
        self,
        folder: Path,
        zones: Mapping[str, str | None],
        port: int,
        address: str | Sequence[str] = "127.0.0.1",
        inside: Sequence[str] = (),
    ) -> None:
        knotd = require("knotd", "knot")
        addresses = [address] if isinstance(address, str) else address
        listen = ", ".join(f"{one}@{port}" for one in addresses)
        settings = _KNOT.format(folder=folder, listen=listen)
        for name, text in zones.items():
            settings += _KNOT_ZONE.format(zone=name)
            if text is not None:
                (folder / f"{name}.zone").write_text(text, encoding="ascii")
        (folder / "knot.conf").write_text(settings, encoding="ascii")
        super().__init__([knotd, "-c", str(folder / "knot.conf")], folder / "log", inside)
        self.wait_until_listening(port)


class Unbound(Part):
    """unbound, with the port to ask for each zone of ``stubs``; it refuses those of ``refused``, and knows no other."""

    def __init__(self, folder: Path, port: int, stubs: Mapping[str, int], refused: Sequence[str]) -> None:
        unbound = require("unbound", "unbound")
        settings = [_UNBOUND.format(folder=folder, port=port)]
        settings += [_UNBOUND_STUB.format(zone=name, port=upstream) for name, upstream in stubs.items()]
        settings += [_UNBOUND_REFUSED.format(zone=name) for name in refused]
        (folder / "unbound.conf").write_text("".join(settings), encoding="ascii")
        super().__init__([unbound, "-d", "-p", "-c", str(folder / "unbound.conf")], folder / "log")
        self.wait_until_listening(port)
