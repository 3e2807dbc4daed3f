"""A domain that the registry no longer delegates: what its RDAP server says of it, on loopback."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connector_probe import Connector, Result
from tests.real.authority import HOST, Authority
from tests.real.nameservers import Knot
from tests.real.parts import free_ports
from tests.real.verdicts import command_line, first_said, result_of
from tests.real.zones import zone

EXPIRED, NAME = "domain-expired", "name-does-not-exist"
PAST, FUTURE = "2020-01-02T03:04:05Z", "2090-01-02T03:04:05Z"


def domain(name: str, expires: str | None, *statuses: str) -> dict[str, Any]:
    events = [{"eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z"}]
    if expires is not None:
        events.append({"eventAction": "expiration", "eventDate": expires})
    card = ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Wide World Registrar \x1b[2J"]]]
    return {
        "objectClassName": "domain",
        "ldhName": name.upper(),
        "status": list(statuses),
        "events": events,
        "entities": [{"objectClassName": "entity", "roles": ["registrar"], "vcardArray": card}],
    }


ANSWERS = {
    "lapsed.test": domain("lapsed.test", PAST, "active"),
    "redeemable.test": domain("redeemable.test", FUTURE, "redemption period"),
    "held.test": domain("held.test", FUTURE, "client hold"),
    "alive.test": domain("alive.test", FUTURE, "active"),
    "other.test": domain("alive.test", PAST),
    "undated.test": domain("undated.test", None),
    "nonsense.test": "[" * 100_000,
    "flood.test": "x" * 300_000,
}


@dataclass
class Responder:
    """``asked``: the paths that were asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    responder: Responder

    def do_GET(self) -> None:
        self.responder.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if name == "moved.test":
            self.send_response(302)
            self.send_header("Location", "/elsewhere/domain/lapsed.test")
            self.end_headers()
            return
        answer = ANSWERS.get(name)
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/rdap+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(host: str, context: ssl.SSLContext | None = None) -> Iterator[Responder]:
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    responder = Responder(f"{scheme}://{host}:{server.server_address[1]}/rdap/")
    setattr(handler, "responder", responder)  # noqa: B010 - declared on the base class
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield responder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The nameserver of the registry of .test, which delegates nothing, and an address for the HTTPS responder."""
    port = free_ports(1)[0]
    zones = {
        "test": zone("ns A 127.0.0.1\n"),
        "contoso.test": zone("ns A 127.0.0.1\nmail A 127.0.0.1\n"),
    }
    part = Knot(tmp_path_factory.mktemp("registry"), zones, port)
    yield f"127.0.0.1#{port}"
    part.stop()


@pytest.fixture(scope="module")
def rdap() -> Iterator[Responder]:
    yield from serve("127.0.0.1")


@pytest.fixture(scope="module")
def rdaps(authority: Authority) -> Iterator[Responder]:
    """Over HTTPS, with a certificate for HOST."""
    files = authority.good()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    yield from serve(HOST, context)


async def ask(name: str, registry: str, rdap: str | None, ca_file: str | None = None) -> Result:
    return await result_of(
        Connector(smart_hosts=[f"mail.{name}"], nameservers=[registry], rdap=rdap, ca_file=ca_file, control=())
    )


def verdicts(result: Result) -> dict[str, str]:
    assert result.diagnosis is not None
    return {cause.id: str(cause.verdict) for cause in result.diagnosis.causes}


def told(result: Result) -> str:
    assert result.diagnosis is not None
    return " ".join(next(cause.evidence for cause in result.diagnosis.causes if cause.id == EXPIRED))


@pytest.mark.parametrize(
    ("name", "expired", "misspelt", "sentence"),
    [
        ("lapsed.test", "confirmed", "ruled-out", "registered until 2020-01-02"),
        ("redeemable.test", "confirmed", "ruled-out", "redemption period"),
        ("held.test", "supported", "possible", "client hold"),
        ("alive.test", "ruled-out", "possible", "registered until 2090-01-02"),
        ("undated.test", "ruled-out", "possible", "registered until ?"),
        ("never.test", "supported", "supported", "knows no never.test"),
        ("other.test", "supported", "possible", "describes another domain (ALIVE.TEST)"),
        ("nonsense.test", "supported", "possible", "no JSON"),
        ("flood.test", "supported", "possible", "longer than"),
        ("moved.test", "supported", "possible", "describes another domain"),
    ],
)
async def test_what_the_registry_says(
    registry: str, rdap: Responder, name: str, expired: str, misspelt: str, sentence: str
) -> None:
    result = await ask(name, registry, rdap.url)
    found = verdicts(result)
    assert (found[EXPIRED], found[NAME]) == (expired, misspelt)
    assert sentence in told(result)
    assert (first_said(result.diagnosis)[3] == "lift-hold") is (name == "held.test")
    assert f"/rdap/domain/{name}" in rdap.asked


async def test_what_it_sent_is_safe_to_show(registry: str, rdap: Responder) -> None:
    assert r"Wide World Registrar \x1b[2J" in told(await ask("lapsed.test", registry, rdap.url))


async def test_a_registry_that_cannot_be_asked_changes_nothing(registry: str) -> None:
    result = await ask("lapsed.test", registry, f"http://127.0.0.1:{free_ports(1)[0]}/")
    assert verdicts(result)[EXPIRED] == "supported"
    assert "could not be asked: connection refused" in told(result)


async def test_nobody_is_asked_unless_the_user_wants_it(registry: str) -> None:
    result = await ask("lapsed.test", registry, None)
    inquiry = result.evidence.attempts[0].resolution.inquiry
    assert inquiry is not None
    assert inquiry.registration is None
    assert verdicts(result)[EXPIRED] == "supported"


async def test_a_domain_that_answers_is_not_asked_for(registry: str, rdap: Responder) -> None:
    result = await ask("contoso.test", registry, rdap.url)
    assert result.diagnosis is not None
    assert not [path for path in rdap.asked if path.endswith("contoso.test")]


async def test_https_with_a_certificate_that_is_judged(registry: str, rdaps: Responder, ca_file: str) -> None:
    assert verdicts(await ask("lapsed.test", registry, rdaps.url, ca_file))[EXPIRED] == "confirmed"
    distrusted = await ask("lapsed.test", registry, rdaps.url)
    assert verdicts(distrusted)[EXPIRED] == "supported"
    assert "the certificate of mail.contoso.test" in told(distrusted)
    elsewhere = rdaps.url.replace(HOST, "localhost")
    misnamed = await ask("lapsed.test", registry, elsewhere, ca_file)
    assert "is for another name" in told(misnamed)


def test_the_option(registry: str, rdap: Responder) -> None:
    ended = command_line("mail.lapsed.test", "--nameserver", registry, "--rdap", rdap.url, "--no-control")
    (result,) = ended.document["results"]
    assert "has ended" in result["diagnosis"]["detail"]
    wrong = command_line("mail.lapsed.test", "--nameserver", registry, "--rdap", "ftp://127.0.0.1/")
    assert wrong.exit_code == 2
    assert "is no URL" in wrong.said
