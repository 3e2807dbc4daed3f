"""network/http.py and stages/certificate_urls.py: against real sockets, every way in which a response can be none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from connector_probe.model.evidence import FaultKind
from connector_probe.model.reach import reach_of
from connector_probe.network import HttpError, HttpRequest, HttpUrl, SystemNetwork
from connector_probe.network.http import fetch
from connector_probe.stages.certificate_urls import Use, Visitor, Web, may_fetch
from connector_probe.stages.resolve import Resolver

OK = b"HTTP/1.1 200 OK\r\n"
MAX = 1000


@dataclass
class Site:
    """A server that says the same bytes to everybody."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def site(*answers: bytes, close: bool = True) -> AsyncIterator[Site]:
    """Answers connection after connection, the last one again and again; PORT in an answer is its own."""
    found, stop = Site(0), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found.asked.append(head)
        answer = answers[min(len(found.asked), len(answers)) - 1]
        writer.write(answer.replace(b"PORT", str(found.port).encode()))
        if not close:
            await stop.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found
        stop.set()


async def get(there: Site, limit: float = 5.0) -> bytes:
    request = HttpRequest(HttpUrl.parse(there.url("/ca.crl?a=b")), MAX)
    return (await fetch(SystemNetwork(), "127.0.0.1", request, source=None, limit=limit)).body


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 5\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        OK + b"\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello and more",
    ],
)
async def test_a_body_however_it_ends(answer: bytes) -> None:
    async with site(answer) as there:
        assert await get(there) == b"hello"
        assert there.asked[0].startswith(b"GET /ca.crl?a=b HTTP/1.1\r\n")
        assert f"Host: 127.0.0.1:{there.port}\r\n".encode() in there.asked[0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "closed"),
        (b"220 mail.contoso.com ESMTP\r\n", "no HTTP response"),
        (OK + b"Content-Length: 50\r\n\r\nhello", "HTTP"),
        (OK + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000, "longer than 1000"),
        (OK + b"\r\n" + b"x" * 100_000, "longer than 1000"),
        (OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n", "no HTTP response"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "no HTTP response"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "HTTP"),
    ],
)
async def test_what_is_no_response(answer: bytes, why: str) -> None:
    async with site(answer) as there:
        with pytest.raises(HttpError, match=why) as caught:
            await get(there)
        assert str(caught.value).isprintable()


async def test_a_server_that_hangs_is_left() -> None:
    async with site(OK + b"Content-Length: 50\r\n\r\nhello", close=False) as there:
        with pytest.raises(HttpError, match="timed out") as caught:
            await get(there, limit=0.1)
        assert caught.value.fault is not None
        assert caught.value.fault.kind is FaultKind.TIMED_OUT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ldap:///CN=CA?certificateRevocationList",
        "http:///x",
        "http://user:secret@contoso.com/",
        "http://contoso.com:99999/",
        "http://contoso.com/\r\nX: y",
        "http://contoso.com/a b",
        "http://[::1%25eth0]/",
        "http://münchen.test/",
        "file:///etc/passwd",
        "//contoso.com/",
        "http://contoso.com/" + "x" * 2000,
    ],
)
def test_what_is_no_url_of_ours(text: str) -> None:
    with pytest.raises(HttpError):
        HttpUrl.parse(text)


def test_a_url_is_read() -> None:
    url = HttpUrl.parse("HTTP://CRL.Contoso.com?x=1")
    assert (url.scheme, url.host, url.port, url.target) == ("http", "crl.contoso.com", 80, "/?x=1")
    assert str(HttpUrl.parse("http://[::1]:8080/a")) == "http://[::1]:8080/a"


# --- stages/certificate_urls.py ------------------------------------------------------------------------------


def visitor(server: str = "127.0.0.1") -> Visitor:
    return Visitor(server, Resolver(SystemNetwork(), (), given=True, patience=1.0))


async def test_redirects_are_followed_twice_and_no_further() -> None:
    elsewhere = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:PORT/again\r\nContent-Length: 0\r\n\r\n"
    relative = b"HTTP/1.1 301 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    web = Web(SystemNetwork())
    async with site(elsewhere, relative, OK + b"Content-Length: 2\r\n\r\nok") as there:
        found = await web.fetch(there.url(), visitor(), Use.ISSUER, limit=5.0)
        assert found.body == b"ok"
    async with site(elsewhere) as there:
        found = await web.fetch(there.url(), visitor(), Use.ISSUER, limit=5.0)
        assert (found.body, found.error) == (None, "more than 2 redirects")
        assert len(there.asked) == 3


@pytest.mark.parametrize(
    ("location", "why"),
    [
        (b"https://127.0.0.1/", "HTTPS"),
        (b"http://169.254.169.254/latest/meta-data/", "not asked"),
        (b"gopher://127.0.0.1/", "gopher"),
        (b"", "no URL"),
    ],
)
async def test_redirects_lead_nowhere_else(location: bytes, why: str) -> None:
    async with site(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n") as there:
        found = await Web(SystemNetwork()).fetch(there.url(), visitor(), Use.ISSUER, limit=5.0)
        assert why in found.error


async def test_a_url_is_fetched_once_a_run_and_not_on_behalf_of_a_stranger() -> None:
    web, own = Web(SystemNetwork()), visitor()
    async with site(OK + b"Content-Length: 2\r\n\r\nok") as there:
        both = await asyncio.gather(*(web.fetch(there.url(), own, Use.ISSUER, limit=5.0) for _ in range(2)))
        assert [one.body for one in both] == [b"ok", b"ok"]
        assert len(there.asked) == 1
        refused = await web.fetch(there.url(), visitor("203.0.113.7"), Use.ISSUER, limit=5.0)
        assert "not asked" in refused.error
        assert len(there.asked) == 1


async def test_what_is_too_long_for_one_use_is_not_for_another() -> None:
    """A stranger's certificate may name an honest list of revoked certificates as its issuer's."""
    size = Use.ISSUER.max_body + 1
    web, own = Web(SystemNetwork()), visitor()
    async with site(OK + b"Content-Length: %d\r\n\r\n" % size + bytes(size)) as there:
        stranger = await web.fetch(there.url(), own, Use.ISSUER, limit=5.0)
        assert "longer than" in stranger.error
        honest = await web.fetch(there.url(), own, Use.CRL, limit=5.0)
        assert honest.body == bytes(size)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_what_is_posted_to_one_server_is_posted_to_no_other(status: int) -> None:
    async with site(OK + b"Content-Length: 0\r\n\r\n") as elsewhere:
        there = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url()}\r\nContent-Length: 0\r\n\r\n"
        async with site(there.encode()) as responder:
            found = await Web(SystemNetwork()).fetch(responder.url(), visitor(), Use.OCSP, limit=5.0, body=b"request")
        assert str(status) in found.error
        assert elsewhere.asked == []


async def test_a_responder_that_lets_us_wait_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_probe.stages.certificate_urls.FETCH_WAIT", 0.1)
    web, own = Web(SystemNetwork()), visitor()
    async with site(b"", close=False) as there:
        for certificate in (b"one", b"another"):
            found = await web.fetch(there.url("/ocsp"), own, Use.OCSP, limit=5.0, body=certificate)
            assert "timed out" in found.error
        assert len(there.asked) == 1


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_probe.stages.certificate_urls.MAX_KEPT", 5)
    web, own = Web(SystemNetwork()), visitor()
    async with site(OK + b"Content-Length: 2\r\n\r\nok") as there:
        for path in ("/a", "/b", "/c", "/c", "/a"):
            await web.fetch(there.url(path), own, Use.ISSUER, limit=5.0)
        assert [one.split()[1] for one in there.asked] == [b"/a", b"/b", b"/c", b"/a"]


async def test_a_refusal_and_an_error_status_are_told() -> None:
    async with site(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as there:
        found = await Web(SystemNetwork()).fetch(there.url(), visitor(), Use.ISSUER, limit=5.0)
        assert found.error == "HTTP status 404"
    found = await Web(SystemNetwork()).fetch(there.url(), visitor(), Use.ISSUER, limit=5.0)
    assert found.error == "connection refused"


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("8.8.8.8", "public"),
        ("2001:4860:4860::8888", "public"),
        ("64:ff9b::8.8.8.8", "public"),
        ("127.0.0.53", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "private"),
        ("192.168.1.1", "private"),
        ("fd00::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("192.0.2.1", "private"),
        ("198.18.0.1", "private"),
        ("2001:db8::1", "private"),
        ("64:ff9b::10.0.0.1", "private"),
        ("2001:0:0:0:0:0:f5ff:fffe", "private"),  # Teredo of 10.0.0.1
        ("169.254.169.254", "off-limits"),
        ("fe80::1%eth0", "off-limits"),
        ("0.0.0.0", "off-limits"),
        ("::", "off-limits"),
        ("224.0.0.1", "off-limits"),
        ("255.255.255.255", "off-limits"),
        ("168.63.129.16", "off-limits"),
        ("::ffff:168.63.129.16", "off-limits"),
        ("64:ff9b::168.63.129.16", "off-limits"),
        ("64:ff9b:1::168.63.129.16", "off-limits"),
        ("::168.63.129.16", "off-limits"),
        ("192.0.0.192", "off-limits"),
        ("192.0.0.9", "off-limits"),
        ("192.88.99.1", "off-limits"),
        ("100.100.100.200", "off-limits"),
        ("fd00:ec2::254", "off-limits"),
        ("fd20:ce::254", "off-limits"),
        ("4000::1", "off-limits"),
    ],
)
def test_which_part_of_the_world_an_address_is_in(address: str, reach: str) -> None:
    assert reach_of(address) == reach


def test_a_certificate_from_outside_leads_to_nothing_inside() -> None:
    outside, inside, here = visitor("8.8.4.4"), visitor("10.0.0.5"), visitor("127.0.0.1")
    web, other = HttpUrl.parse("http://crl.test/"), HttpUrl.parse("http://crl.test:25/")
    assert may_fetch("8.8.8.8", web, outside)
    assert may_fetch("8.8.8.8", web, inside)
    assert may_fetch("10.0.0.9", web, inside)
    assert may_fetch("127.0.0.1", other, here)
    assert not may_fetch("8.8.8.8", other, outside)
    assert not may_fetch("10.0.0.9", other, inside)
    for address in ("127.0.0.1", "10.0.0.9", "169.254.169.254", "::ffff:10.0.0.9", "0.0.0.0"):
        assert not may_fetch(address, web, outside)
    assert not may_fetch("127.0.0.1", web, inside)
    for anywhere in ("10.0.0.5", "100.64.0.5", "fd00::5", "169.254.1.5", "fe80::5"):
        for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "192.0.0.192", "fe80::a9fe:a9fe"):
            assert not may_fetch(address, web, visitor(anywhere))
