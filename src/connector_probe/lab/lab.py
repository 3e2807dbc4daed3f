"""The lab itself: starts servers, nameserver and authority, and says how to probe them."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import cycle, repeat
from typing import TYPE_CHECKING, Any

from connector_probe.lab import website
from connector_probe.lab.answers import Answerer, addresses
from connector_probe.lab.authority import Authority
from connector_probe.lab.dns import DeadPort, LabNameserver
from connector_probe.lab.scenario import Listens, Nameservers, Scenario, Server
from connector_probe.lab.scenarios import SCENARIOS
from connector_probe.lab.signing import PORT, anchors_of
from connector_probe.lab.smtp import Listener
from connector_probe.lab.sockets import LOOPBACK, available, bind_together, fill_backlog
from connector_probe.model.connector import HTTPS_PORT, Connector
from connector_probe.model.errors import HintedError

if TYPE_CHECKING:
    from OpenSSL import SSL

MAX_PORT = 65535
PAUSE = 5.0  # seconds without a listener, for the next connection of a probe to fall into, however busy the machine is
HELO = "probe.lab.test"
# Nothing on loopback takes that long; it only bounds a probe that hangs by mistake.
PATIENT = {"connect_timeout": 5.0, "timeout": 10.0, "deadline": 30.0}
# For what ends by a timeout: long enough for a busy machine, short enough to wait for.
IMPATIENT = {"connect_timeout": 2.0, "timeout": 2.0, "deadline": 12.0}
# Probed side by side: smart hosts and prober share a processor here, and more at once only uses the short times up.
WALK_JOBS = 8


class LabError(HintedError):
    """The lab cannot do what was asked. ``hint`` says what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """One scenario that runs. ``host`` is its DNS name, or an address for a smart host without a name.

    ``received`` holds the commands that arrived, by the address of the server that got them. ``policy_port`` is that
    of the MTA-STS policy's host.
    """

    scenario: Scenario
    host: str
    port: int
    policy_port: int
    received: Mapping[str, deque[bytes]] = field(compare=False)


_OF_THE_LAB = frozenset({"use_mx", "by_address", "nameservers"})  # Options that are no fields of Connector
_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def obstacle(scenario: Scenario) -> str | None:
    """Why ``scenario`` cannot run on this machine; None where it can."""
    missing = [need for need in scenario.needs if not available(need)]
    return f"this machine lacks: {', '.join(missing)}" if missing else None


class Lab:
    """Smart hosts on loopback, one for each scenario, with their own DNS and certificates.

    ``async with Lab.start() as lab``. ``nameserver`` is ADDR#PORT, ``ca_file`` the root as PEM, both as a probe's
    options take them; ``skipped`` names the scenarios that this machine cannot run, each with the reason.
    """

    def __init__(
        self,
        authority: Authority,
        nameservers: dict[Nameservers, str],
        running: tuple[Running, ...],
        skipped: Mapping[str, str],
    ) -> None:
        self._nameservers = nameservers
        self._by_name = {each.scenario.name: each for each in running}
        self.nameserver = nameservers[Nameservers.LAB]
        self.ca_file = authority.ca_file
        self.trust_anchor = authority.anchor_file
        self.running = running
        self.skipped = skipped

    @classmethod
    @asynccontextmanager
    async def start(cls, names: Sequence[str] | None = None, port: int | None = None) -> AsyncIterator[Lab]:
        """Start the scenarios called ``names``, in that order; by default all that this machine can run.

        ``port``: the nameserver's, and those after it are the servers', in their order; by default what is free.
        Raises LabError for a name that is not known or cannot run here, a port that is taken, and without loopback.
        """
        _try_loopback()
        chosen, skipped = _choose(names)
        ports: Iterator[int | None] = repeat(None) if port is None else iter(range(port, MAX_PORT + 1))
        nameserver_port = next(ports)
        async with AsyncExitStack() as stack:
            authority = stack.enter_context(Authority())
            authority.website.start()
            stack.push_async_callback(authority.website.stop)
            running = tuple([await _run(scenario, authority, stack, ports) for scenario in chosen])
            zones: dict[str, dict[str, Answerer]] = {LOOPBACK: {website.HOST: addresses(LOOPBACK)}}
            for each in running:
                for address, zone in each.scenario.zones.items():
                    said = {name.replace(PORT, str(each.port)): answer for name, answer in zone.items()}
                    zones.setdefault(address, {}).update(said)
            authority.write_anchors(anchors_of((each.scenario.host, each.scenario.answers) for each in running))
            with _port_taken(nameserver_port):
                nameserver = await LabNameserver.start(zones, nameserver_port)
            stack.push_async_callback(nameserver.stop)
            nameservers = {Nameservers.LAB: f"{LOOPBACK}#{nameserver.port}"}
            for kind in {scenario.options.nameservers for scenario in chosen} - {Nameservers.LAB}:
                dead = DeadPort(silent=kind is Nameservers.SILENT)
                stack.callback(dead.close)
                nameservers[kind] = f"{LOOPBACK}#{dead.port}"
            yield cls(authority, nameservers, running, skipped)

    def __getitem__(self, name: str) -> Running:
        """The running scenario called ``name``. Raises LabError."""
        try:
            return self._by_name[name]
        except KeyError:
            raise LabError(f"scenario {name!r} does not run", "start the lab with it") from None

    def connector(self, name: str, /, **overrides: Any) -> Connector:  # noqa: ANN401  (any field of Connector)
        """How to probe the scenario called ``name``; ``overrides`` are fields of Connector. Raises LabError."""
        running = self[name]
        options = running.scenario.options
        settings: dict[str, Any] = {
            "name": name,
            "port": running.port,
            "nameservers": (self._nameservers[options.nameservers],),
            "ca_file": self.ca_file,
            "only_ca_file": True,
            "helo": HELO,
            "control": (),  # nothing but loopback is dialled, so there is nobody to try port 25 with
            "retry_delay": 0.0,
            "mta_sts_port": running.policy_port,
            **{one.name: getattr(options, one.name) for one in fields(options) if one.name not in _OF_THE_LAB},
            **(IMPATIENT if running.scenario.waits else PATIENT),
        }
        if options.use_mx:
            settings["use_mx"] = running.host
            settings["trust_anchor"] = self.trust_anchor
        else:
            settings["smart_hosts"] = (running.host,)
        return Connector(**(settings | overrides))


def _try_loopback() -> None:
    """Where the interface is down, addresses can be bound and not reached: in a new network namespace, say."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((LOOPBACK, HTTPS_PORT))  # nothing is sent
        except OSError as error:
            raise LabError(
                f"{LOOPBACK} cannot be reached: {error.strerror}", "bring loopback up: ip link set lo up"
            ) from None


def _choose(names: Sequence[str] | None) -> tuple[list[Scenario], dict[str, str]]:
    if names is None:
        reasons = {each.name: why for each in SCENARIOS if (why := obstacle(each)) is not None}
        return [each for each in SCENARIOS if each.name not in reasons], reasons
    chosen = []
    for name in dict.fromkeys(names):
        if name not in _BY_NAME:
            raise LabError(f"there is no scenario {name!r}", "probe lab --list names them all")
        why = obstacle(_BY_NAME[name])
        if why is not None:
            raise LabError(f"scenario {name!r} cannot run here: {why}", "leave it out")
        chosen.append(_BY_NAME[name])
    return chosen, {}


@contextmanager
def _port_taken(port: int | None) -> Iterator[None]:
    """Says it where ``port`` was asked for, and somebody else has it."""
    try:
        yield
    except OSError as error:
        if port is None:
            raise
        raise LabError(f"port {port} cannot be had: {error.strerror}", "begin at another one: --port N") from None


def _bind(addresses: Sequence[str], ports: Iterator[int | None]) -> tuple[int, list[socket.socket]]:
    """Sockets at ``addresses``, on the next port."""
    try:
        port = next(ports)
    except StopIteration:
        raise LabError(f"there are not so many ports up to {MAX_PORT}", "begin at a lower one: --port N") from None
    with _port_taken(port):
        return bind_together([(address, socket.SOCK_STREAM) for address in addresses], port)


async def _run(scenario: Scenario, authority: Authority, stack: AsyncExitStack, ports: Iterator[int | None]) -> Running:
    port, sockets = _bind([server.address for server in scenario.servers], ports)
    received: dict[str, deque[bytes]] = {}
    for server, sock in zip(scenario.servers, sockets, strict=True):
        listener = await _start(scenario, server, sock, authority, stack)
        if listener is not None:
            received[server.address] = listener.received
    policy_port = HTTPS_PORT
    if scenario.policy is not None:
        policy_port, (sock,) = _bind([scenario.policy.address], ports)
        await _start(scenario, scenario.policy, sock, authority, stack)
    host = scenario.servers[0].address if scenario.options.by_address else scenario.host
    return Running(scenario, host, port, policy_port, received)


async def _start(
    scenario: Scenario, server: Server, sock: socket.socket, authority: Authority, stack: AsyncExitStack
) -> Listener | None:
    """Let ``sock`` take connections as ``server`` does; None where nobody answers them."""
    stack.callback(sock.close)
    if server.listens is Listens.IGNORES:
        for filler in await fill_backlog(sock):
            stack.callback(filler.close)
    if server.listens in (Listens.REFUSES, Listens.IGNORES):
        return None
    sock.listen()
    listener = _listen(scenario, server, sock, authority)
    stack.push_async_callback(listener.stop)
    return listener


def _listen(scenario: Scenario, server: Server, sock: socket.socket, authority: Authority) -> Listener:
    name = scenario.absolute(server.host)
    shown = cycle((server.certificate, server.second or server.certificate))

    async def make_context() -> SSL.Context:
        # In a thread: the first one makes RSA keys, and nobody else shall wait for that.
        return await asyncio.to_thread(partial(authority.context, next(shown), name, server.tls_shape))

    pause = PAUSE if server.listens is Listens.AT_TIMES else None
    return Listener(sock, server.behaviour, name, make_context, pause=pause)
