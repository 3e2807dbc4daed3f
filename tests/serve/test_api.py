"""The API: what it answers is what its OpenAPI document says, and what it is sent does it no harm."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest

from connector_probe.cli.app import run
from connector_probe.formats.schema import schema_of
from connector_probe.serve.context import Limits, RateLimit
from tests.cli.servers import GENEROUS, Heard, SmtpServer
from tests.serve.harness import row, running, write

NO_LIMITS = Limits(**{field.name: RateLimit(1e9, 1_000_000) for field in fields(Limits)})
AWKWARD = "A/B %2F ?#\u00fc\u4e2d <script>"


async def test_schemathesis_finds_nothing(tmp_path: Path, smtp: SmtpServer) -> None:
    """Every operation, by the document alone: each status, media type, header and body must be one it names.

    At the bounds of each schema, on both sides; examples by chance found nothing beyond that, at twice the time.
    """
    file = write(tmp_path, [row("A", smtp.port), row(AWKWARD, smtp.port)])
    async with running(file, history=tmp_path / "h.sqlite3", limits=NO_LIMITS) as one:
        document = await one.json("/api/openapi.json")
        openapi_spec_validator.validate(document)
        (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
        tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
        assert tool is not None
        process = await asyncio.create_subprocess_exec(
            *(tool, "run", str(tmp_path / "openapi.json"), "--url", one.url, "--exclude-path", "/api/v1/events"),
            *("--seed", "1", "--phases", "coverage", "--no-color"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            told, _ = await asyncio.wait_for(process.communicate(), 3 * GENEROUS)
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, told.decode()[-5000:]


async def test_reports_are_in_the_report_s_own_schema(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        empty = await one.json("/api/v1/connectors/A")
        begun = await one.client.post("/api/v1/connectors/A/probe")
        ended = await one.client.post("/api/v1/connectors/A/probe?wait=true")
    assert (empty["report"], empty["connector"]["status"]) == (None, None)
    assert (begun.status_code, begun.json()["probing"]) == (202, True)
    assert ended.status_code == 200
    jsonschema.validate(ended.json()["report"], schema_of("report"))


async def test_a_name_may_be_any_text(tmp_path: Path, smtp: SmtpServer) -> None:
    from connector_probe.serve.requests import quoted

    rows = [row(AWKWARD, smtp.port), row("history", smtp.port), row("A/history", smtp.port)]
    async with running(write(tmp_path, rows), history=tmp_path / "h.sqlite3") as one:
        for name in (AWKWARD, "history", "A/history"):
            document = await one.json(f"/api/v1/connectors/{quoted(name)}")
            assert document["connector"]["name"] == name
            assert (await one.json(f"/api/v1/connectors/{quoted(name)}/history"))["connectors"] == []
        assert (await one.get("/api/v1/connectors/A")).status_code == 404


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/plain", b"450 4.4.316 Connection refused"),
        ("text/plain; charset=utf-8", "450 4.4.316 Connection refused \u00fc".encode()),
        ("application/json", b'{"text": "450 4.4.316 Connection refused"}'),
        ("message/rfc822", b"Subject: x\r\nContent-Type: text/plain\r\n\r\n450 4.4.316 Connection refused\r\n"),
    ],
)
async def test_a_bounce_is_explained(media_type: str, body: bytes, tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", 1)])) as one:
        answer = await one.client.post("/api/v1/explain", content=body, headers={"content-type": media_type})
    assert [match["code"] for match in answer.json()["matches"]] == ["4.4.316"]


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("/api/v1/events", ["started", "result"]),
        ("/api/v1/events?connector=A", ["started", *["stage"] * 6, "result"]),
    ],
)
async def test_events_arrive_as_they_happen(path: str, kinds: list[str], tmp_path: Path, smtp: SmtpServer) -> None:
    """To who looks at one connector the stages too, and nothing of others."""
    file = write(tmp_path, [row("A", smtp.port), row("B", 1)])
    async with running(file) as one, one.client.stream("GET", path) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        if "connector" in path:
            await one.client.post("/api/v1/connectors/B/probe?wait=true")
        probing = asyncio.create_task(one.client.post("/api/v1/connectors/A/probe?wait=true"))
        seen = list[dict[str, Any]]()
        async with asyncio.timeout(GENEROUS):
            while not seen or seen[-1]["kind"] != "result":
                line = await anext(lines)
                if line.startswith("data: "):
                    seen.append(json.loads(line.removeprefix("data: ")))
        await probing
    assert [each["kind"] for each in seen] == kinds
    assert {each["connector"] for each in seen} == {"A"}
    stages = [each["stage"] for each in seen if each["kind"] == "stage"]
    assert [(each["stage"], each["ok"]) for each in stages] == [
        (name, True) for name in ("dns", "connect", "banner", "ehlo", "starttls", "tls")[: len(stages)]
    ]
    assert {(each["address"], each["port"]) for each in stages} <= {("127.0.0.1", smtp.port)}


async def test_probe_run_pushes(
    tmp_path: Path,
    smtp: SmtpServer,
    web: Heard,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same command as ever, by cron or a timer; what goes wrong is said, and changes no exit code."""
    from connector_probe.serve.credentials import Credentials

    monkeypatch.setenv("PROBE_TOKEN", "0123456789abcdef")
    file = write(tmp_path, [row("A", smtp.port), row("stranger", smtp.port)])
    (tmp_path / "server").mkdir()
    mine = write(tmp_path / "server", [row("A", smtp.port)])
    smtp.sound = False
    command = ["run", str(file), "--no-history", "--quiet", "--place", "branch office", "--push"]
    async with running(mine, credentials=Credentials("0123456789abcdef", "here")) as one:
        one.client.headers["authorization"] = "Bearer 0123456789abcdef"
        assert await asyncio.to_thread(run, [*command, one.url]) == 1
        seen = (await one.json("/api/v1/connectors/A"))["connector"]
        assert [(each["place"], each["here"], each["code"]) for each in seen["places"]] == [
            ("branch office", False, "4.4.317")
        ]
        assert "stranger: no connector here has that name" in capsys.readouterr().err
        monkeypatch.setenv("PROBE_TOKEN", "another-token-0123")
        assert await asyncio.to_thread(run, [*command, one.url]) == 1
        told = capsys.readouterr().err
        assert "HTTP 401 (is the token in PROBE_TOKEN or --token-file right?)" in told
        assert "another-token" not in told
    assert await asyncio.to_thread(run, [*command, f"http://127.0.0.1:{web.port}/"]) == 1
    assert "answers otherwise than probe serve" in capsys.readouterr().err
    for wrong in ("mail.contoso.com", "ftp://x", "https://user:secret@host/"):
        assert run([*command, wrong]) == 2
        assert "secret" not in capsys.readouterr().err
