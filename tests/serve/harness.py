"""A whole server in the test's own loop, on a real port; and a client that speaks to it as Prometheus or a browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from connector_probe.config import load
from connector_probe.model.connector import Connector
from connector_probe.serve.context import Settings
from connector_probe.serve.server import Server, listen
from connector_probe.wording.catalogue.en import ENGLISH

GENEROUS = 60.0  # seconds that no test takes
_SERIES = re.compile(r"(?P<name>[a-z_0-9]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass
class Running:
    server: Server
    client: httpx.AsyncClient
    url: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    async def json(self, path: str) -> Any:  # noqa: ANN401 - any document
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def scrape(self, target: str, **headers: str) -> dict[str, dict[str, float]]:
        answer = await self.client.get("/probe", params={"target": target}, headers=headers)
        assert answer.status_code == 200, answer.text
        return series(answer.text)


def series(text: str) -> dict[str, dict[str, float]]:
    """Each metric's values, by its labels as text."""
    found: dict[str, dict[str, float]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = _SERIES.fullmatch(line)
            assert match is not None, line
            labels = ",".join(f"{key}={value}" for key, value in _LABEL.findall(match["labels"] or ""))
            found.setdefault(match["name"], {})[labels] = float(match["value"])
    return found


def row(name: str, port: int, **more: object) -> dict[str, object]:
    """A connector of probes.yaml at a port of this machine."""
    common: dict[str, object] = {"control": [], "tls": "opportunistic", "retry_delay": 0}
    return {"name": name, "smart_hosts": [f"127.0.0.1:{port}"], **common, **more}


def lab_row(connector: Connector, **more: object) -> dict[str, object]:
    """A running scenario of the lab, as probes.yaml has it."""
    assert connector.use_mx is None
    given: dict[str, object] = {
        "name": connector.name,
        "smart_hosts": list(connector.smart_hosts),
        "port": connector.port,
        "nameserver": list(connector.nameservers),
        "ca_file": connector.ca_file,
        "only_ca_file": True,
        "helo": connector.helo,
        "control": [],
        "connect_timeout": connector.connect_timeout,
        "timeout": connector.timeout,
        "deadline": connector.deadline,
    }
    if connector.tls is not None:
        given["tls"] = connector.tls.value
    return given | more


def write(folder: Path, rows: Sequence[Mapping[str, object]], **top: object) -> Path:
    """JSON is YAML."""
    file = folder / "probes.yaml"
    file.write_text(json.dumps({"version": 1, **top, "connectors": list(rows)}), "utf-8")
    return file


@contextlib.asynccontextmanager
async def running(file: Path, **settings: Any) -> AsyncIterator[Running]:  # noqa: ANN401 - fields of Settings
    """A server of ``file``. Without ``scheduled`` it probes only when it is asked to."""
    given: dict[str, Any] = {"words": ENGLISH, "place": "here", "scheduled": False} | settings
    server = Server(Settings(configuration=load(file), address="127.0.0.1", port=0, **given))
    with contextlib.closing(listen("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        task = asyncio.create_task(server.run(sock))
        scheme = "https" if given.get("tls") else "http"
        try:
            async with httpx.AsyncClient(
                base_url=f"{scheme}://127.0.0.1:{port}", timeout=GENEROUS, verify=False, trust_env=False
            ) as client:
                await server.started.wait()
                yield Running(server, client, str(client.base_url))
        finally:
            server.stop()
            await task
