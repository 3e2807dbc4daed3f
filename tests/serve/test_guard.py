"""Who is let in: Host header, cross-site requests, tokens and passwords, bounds; and what every answer carries."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import gzip
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector_probe.lab.authority import Authority
from connector_probe.lab.certificates import good
from connector_probe.serve.context import Limits, RateLimit
from connector_probe.serve.credentials import Credentials, CredentialsError, hashed
from tests.serve.harness import row, running, write

TOKEN = "0123456789abcdef-token"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9425", 200),
        ("[::1]:9425", 200),
        ("10.1.2.3", 200),
        ("localhost:1", 200),
        ("probe.contoso.com:9425", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost@evil.example", 400),
        ("", 400),
        ("[", 400),
    ],
)
async def test_the_host_header(host: str, status: int, tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", 1)]), hosts=("probe.contoso.com",)) as one:
        assert (await one.get("/sd", Host=host)).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_a_request_from_another_site(headers: dict[str, str], status: int, tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", 1)])) as one:
        assert (await one.client.post("/-/reload", headers=headers)).status_code == status
        assert (await one.client.post("/-/reload", headers={"Origin": one.url})).status_code == 200
        assert (await one.client.get("/sd", headers=headers)).status_code == 200


async def test_a_token_or_a_password_is_asked_for(tmp_path: Path) -> None:
    known = Credentials(f"# Prometheus\n{TOKEN}\n\n{hashed('ann', 'correct horse')}\n", "here")
    tried = {
        None: 401,
        f"Bearer {TOKEN}": 200,
        f"bearer  {TOKEN}": 200,
        basic("anybody", TOKEN): 200,
        basic("ann", "correct horse"): 200,
        f"Bearer {TOKEN}x": 401,
        "Bearer": 401,
        basic("ann", "wrong"): 401,
        basic("bob", "correct horse"): 401,
        "Basic !!!": 401,
        "Digest x": 401,
        "Bearer " + "x" * 5000: 401,
    }
    async with running(write(tmp_path, [row("A", 1)]), credentials=known) as one:
        for given, status in tried.items():
            answer = await one.client.get("/sd", headers={} if given is None else {"Authorization": given})
            assert answer.status_code == status, given
            assert ("www-authenticate" in answer.headers) is (status == 401)
        assert (await one.get("/-/healthy")).status_code == (await one.get("/-/ready")).status_code == 200
        assert (await one.get("/metrics")).status_code == 401
        refused = await one.get("/api/v1/connectors")
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await one.get("/sd", Authorization=f"Bearer {TOKEN}")).status_code == 200


async def test_nobody_tries_out_a_dictionary(tmp_path: Path) -> None:
    few, known = Limits(guesses=RateLimit(0.001, 2)), Credentials(TOKEN, "here")
    async with running(write(tmp_path, [row("A", 1)]), credentials=known, limits=few) as one:
        seen = [(await one.get("/sd", Authorization="Bearer wrong")).status_code for _ in range(3)]
        assert seen == [401, 401, 429]
        assert (await one.get("/sd", Authorization=f"Bearer {TOKEN}")).status_code == 200


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "short", "user:scrypt$x", "user:scrypt$14$8$1$AAAA$AAAA", "ü" * 20]
)
def test_credentials_that_are_none(text: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        Credentials(text, "here")
    assert not text or text not in str(caught.value) + caught.value.hint


async def test_every_answer_carries_the_policy(tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", 1)])) as one:
        for path in ("/sd", "/nowhere", "/probe", "/api/v1/connectors"):
            headers = (await one.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert "server" not in headers


async def test_bodies_and_rates_are_bounded(tmp_path: Path) -> None:
    few = Limits(**{field.name: RateLimit(0.001, 2) for field in dataclasses.fields(Limits)})
    text = {"content-type": "text/plain"}
    async with running(write(tmp_path, [row("A", 1)]), any_target=True, limits=few) as one:
        large = await one.client.post("/api/v1/explain", content=b"x" * (1024 * 1024 + 1), headers=text)
        assert large.status_code == 413
        packed = gzip.compress(b"x" * (10 * 1024 * 1024 + 1))
        seen = [await one.client.post("/api/v1/explain", content=packed, headers=text) for _ in range(3)]
        assert [answer.status_code for answer in seen] == [413, 429, 429]
        assert int(seen[1].headers["retry-after"]) > 100
        others = [await one.get(f"/probe?target=127.0.0.1:{port}") for port in (2, 3, 4)]
        assert [answer.status_code for answer in others] == [200, 200, 429]
        probes = [await one.client.post("/api/v1/connectors/A/probe?wait=true") for _ in range(3)]
        assert [answer.status_code for answer in probes] == [200, 200, 429]
        assert (await one.get("/probe?target=A")).status_code == 200, "what is scheduled anyway has its own bound"


async def test_tls_by_files_and_a_renewal_without_a_restart(tmp_path: Path, authority: Authority) -> None:
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"

    def renew() -> bytes:
        chain = good(authority, "localhost")
        key.write_bytes(chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain.certificates)))
        return chain.certificates[0]

    def shown(url: str) -> bytes:
        port = int(url.rpartition(":")[2])
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))

    first = renew()
    async with running(write(tmp_path, [row("A", 1)]), tls=(certificate, key)) as one:
        assert (await one.get("/sd")).status_code == 200
        assert await asyncio.to_thread(shown, one.url) == first
        second = renew()
        await one.client.post("/-/reload")
        assert await asyncio.to_thread(shown, one.url) == second != first
        key.write_text("no key")
        assert "--tls-key" in (await one.client.post("/-/reload")).text
        assert await asyncio.to_thread(shown, one.url) == second
