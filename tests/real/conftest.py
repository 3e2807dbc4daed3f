"""The parts that the tests share, each started once a session, and only when a test asks for it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.authority import Authority
from tests.real.nameservers import Knot, Unbound
from tests.real.parts import free_ports
from tests.real.postfix import Postfix, services
from tests.real.zones import LOOPBACK_ZONES


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def ca_file(authority: Authority) -> str:
    return str(authority.root_file)


@pytest.fixture(scope="session")
def postfix(authority: Authority, open_folder: Path) -> Iterator[dict[str, str]]:
    """HOST:PORT of every way in which this Postfix is set up (see ``services``)."""
    settings = services(authority)
    endpoints = [f"127.0.0.1:{port}" for port in free_ports(len(settings))]
    part = Postfix(open_folder / "shared", dict(zip(endpoints, settings.values(), strict=True)))
    yield dict(zip(settings, endpoints, strict=True))
    part.stop()


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """For programs that give up root and need their way in all the same: pytest's own folders are closed to them."""
    with tempfile.TemporaryDirectory(prefix="probe-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def silent_port() -> Iterator[int]:
    """A UDP port on loopback that takes every question and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture(scope="session")
def knot_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_ports(1)[0]
    part = Knot(tmp_path_factory.mktemp("knot"), LOOPBACK_ZONES, port)
    yield port
    part.stop()


@pytest.fixture(scope="session")
def knot(knot_port: int) -> str:
    """The authoritative nameserver, as --nameserver takes it."""
    return f"127.0.0.1#{knot_port}"


@pytest.fixture(scope="session")
def unbound(tmp_path_factory: pytest.TempPathFactory, knot_port: int, silent_port: int) -> Iterator[str]:
    """The resolver in front of it; of silent.test it hears nothing, and elsewhere.test it refuses."""
    port = free_ports(1)[0]
    stubs = {**dict.fromkeys(LOOPBACK_ZONES, knot_port), "silent.test": silent_port}
    part = Unbound(tmp_path_factory.mktemp("unbound"), port, stubs, refused=["elsewhere.test"])
    yield f"127.0.0.1#{port}"
    part.stop()
