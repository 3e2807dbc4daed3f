"""Mail servers on loopback that can change their mind, and one authority for all of them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from connector_probe.lab.authority import Authority
from tests.cli.servers import Heard, HttpServer, SmtpServer, running, tls_context


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    with Authority() as one:
        yield one


@pytest.fixture(scope="session")
def tls(authority: Authority) -> ssl.SSLContext:
    return tls_context(authority)


@pytest.fixture
def smtp(tls: ssl.SSLContext) -> Iterator[SmtpServer]:
    server = SmtpServer(tls)
    with running(server):
        yield server


@pytest.fixture
def web() -> Iterator[Heard]:
    server = HttpServer()
    with running(server):
        yield server.heard
