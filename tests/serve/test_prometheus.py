"""Real programs around the exporter: Prometheus and Alertmanager as the examples set them up, and blackbox_exporter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml

from connector_probe.cli.example import text_of
from connector_probe.config import shard
from connector_probe.lab.authority import Authority
from connector_probe.serve.credentials import Credentials
from connector_probe.serve.snapshots import Trigger
from tests.cli.servers import GENEROUS, Heard, SmtpServer
from tests.real.parts import Part, free_ports, require
from tests.serve.harness import Running, row, running, series, write

TOKEN = "0123456789abcdef0123456789abcdef"
NAMES = ("A", "B", "C", "D")
RECEIVER = """
route: {{receiver: hook, group_by: [alertname, connector], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{port}/alerts", send_resolved: true}}]}}]
"""


@contextlib.contextmanager
def program(folder: Path, port: int, binary: str, package: str, *options: str) -> Iterator[None]:
    part = Part([require(binary, package), *options], folder / f"{binary}.log")
    part.wait_until_listening(port)
    try:
        yield
    finally:
        part.stop()


async def alert(web: Heard, status: str, connector: str) -> dict[str, Any]:
    """The first message of that kind that the receiver is sent."""
    for number in range(1, 100):
        await asyncio.to_thread(web.wait_for, number)
        for one in json.loads(web.requests[number - 1][1])["alerts"]:
            labels = one["labels"]
            if (one["status"], labels["alertname"], labels.get("connector")) == (
                status,
                "ConnectorNotAsExpected",
                connector,
            ):
                return dict(one)
    raise AssertionError(f"{connector} is not {status}")


async def test_an_alert_fires_and_is_resolved(
    tmp_path: Path, smtp: SmtpServer, web: Heard, authority: Authority
) -> None:
    """Two replicas, each with its shard, found and scraped by the files of ``probe example``; waits are shortened."""
    rows = [row(name, smtp.port, ca_file=authority.ca_file) for name in NAMES]
    file, (port, listening) = write(tmp_path, rows), free_ports(2)
    (tmp_path / "token").write_text(TOKEN)
    rules = re.sub(r"for: \w+", "for: 0s", text_of("prometheus-alerts"))
    (tmp_path / "connector-probe.rules.yml").write_text(rules)
    (tmp_path / "alertmanager.yml").write_text(RECEIVER.format(port=web.port))
    credentials = Credentials(TOKEN, "the test")
    async with running(file, credentials=credentials) as one, running(file, credentials=credentials) as other:
        config = text_of("prometheus-serve").replace("/etc/prometheus/connector-probe.token", str(tmp_path / "token"))
        for name, replica in (("probe-1.contoso.com:9425", one), ("probe-2.contoso.com:9425", other)):
            config = config.replace(name, replica.url.removeprefix("http://"))
        config = config.replace("127.0.0.1:9093", f"127.0.0.1:{listening}")
        config = config.replace("interval: 1m", "interval: 1s\n  evaluation_interval: 1s").replace("55s", "1s")
        (tmp_path / "prometheus.yml").write_text(config)
        with (
            program(
                *(tmp_path, listening, "prometheus-alertmanager", "prometheus-alertmanager"),
                f"--config.file={tmp_path / 'alertmanager.yml'}",
                f"--storage.path={tmp_path / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{listening}",
                "--cluster.listen-address=",
            ),
            program(
                *(tmp_path, port, "prometheus", "prometheus"),
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ),
        ):
            replicas = [one, other]
            service = one.server.service
            entries = [service.tracked(name).entry for name in service.names]
            by_shard = [{entry.name for entry in shard(entries, f"{number}/2")} for number in (1, 2)]
            assert all(by_shard)
            sick = min(by_shard[1])
            await scraped(port, NAMES)
            smtp.sound = False
            await seen_by(replicas, sick)
            fired = await alert(web, "firing", sick)
            assert "banner-rejected 4.4.317" in fired["annotations"]["description"]
            assert fired["labels"]["instance"] == sick
            smtp.sound = True
            await seen_by(replicas, sick)
            await alert(web, "resolved", sick)
            found = await query(port, "probe_success")
    by_replica: dict[str, set[str]] = {}
    for labels in found:
        by_replica.setdefault(labels["job"], set()).add(labels["connector"])
    assert by_replica == {"connectors-1": by_shard[0], "connectors-2": by_shard[1]}, "each is scraped once"


async def seen_by(replicas: Sequence[Running], name: str) -> None:
    """What the servers are like now is known at once, not at the next scrape that does not share a probe."""
    for one in replicas:
        await one.server.service.probe(name, Trigger.REQUEST)


async def scraped(port: int, names: Sequence[str]) -> None:
    """Prometheus tells nobody that it has scraped: it is asked until it has."""
    async with asyncio.timeout(GENEROUS):
        while {labels["connector"] for labels in await query(port, "probe_success")} != set(names):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def query(port: int, expression: str) -> list[dict[str, str]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": expression})
    return [dict(one["metric"]) for one in answer.json()["data"]["result"]]


DIALOGUE = [
    {"expect": "^220 "},
    {"send": "EHLO prober\r"},
    {"expect": "^250[ -]STARTTLS"},
    {"send": "STARTTLS\r"},
    {"expect": "^220"},
    {"starttls": True},
    {"send": "EHLO prober\r"},
    {"expect": "^250[ -]"},
    {"send": "QUIT\r"},
]


async def test_every_name_of_blackbox_exporter_is_there_with_its_labels(
    tmp_path: Path, smtp: SmtpServer, authority: Authority
) -> None:
    """The same scrape of the same server: its names, labels and values, but for durations."""
    (port,) = free_ports(1)
    tls = {"ca_file": authority.ca_file, "server_name": "mail.test"}
    module = {"prober": "tcp", "tcp": {"query_response": DIALOGUE, "tls_config": tls}}
    (tmp_path / "blackbox.yml").write_text(yaml.safe_dump({"modules": {"smtp_starttls": module}}))
    file = write(tmp_path, [row("A", smtp.port, ca_file=authority.ca_file)])
    with program(
        *(tmp_path, port, "prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
        f"--config.file={tmp_path / 'blackbox.yml'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ):
        async with running(file) as one, httpx.AsyncClient(trust_env=False) as client:
            asked = {"target": f"127.0.0.1:{smtp.port}", "module": "smtp_starttls"}
            theirs = series((await client.get(f"http://127.0.0.1:{port}/probe", params=asked)).text)
            ours = await one.scrape("A")
    assert theirs.pop("probe_success") == ours["probe_success"] == {"": 1}
    del theirs["probe_dns_lookup_time_seconds"]  # of an address; where there was no lookup, we tell of none
    for name, values in theirs.items():
        found = {frozenset(labels.split(",")): value for labels, value in ours[name].items()}
        for labels, value in values.items():
            ((of, same),) = found.items()
            assert set(labels.split(",")) <= of, name  # ours has the serial number as later versions have it
            assert value == same or name == "probe_duration_seconds"
