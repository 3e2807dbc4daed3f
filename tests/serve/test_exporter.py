"""The exporter: blackbox_exporter's names, manners and status codes, over real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector_probe.lab import Lab
from connector_probe.lab.authority import Authority
from connector_probe.serve.snapshots import HERE
from tests.cli.servers import SmtpServer
from tests.serve.harness import lab_row, row, running, series, write


async def test_a_scrape_of_a_server_that_is_well(tmp_path: Path, smtp: SmtpServer, authority: Authority) -> None:
    file = write(tmp_path, [row("A", smtp.port, ca_file=authority.ca_file)])
    async with running(file) as one:
        answer = await one.get("/probe?target=A&module=smtp_starttls")
        seen = series(answer.text)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert seen["probe_success"] == {"": 1}
    assert seen["probe_connector_expected"] == {"": 1}
    assert seen["probe_connector_state"] == {
        "state=healthy": 1,
        "state=warning": 0,
        "state=failing": 0,
        "state=unknown": 0,
    }
    assert seen["probe_ip_protocol"] == {"": 4}
    assert seen["probe_failed_due_to_regex"] == {"": 0}
    assert seen["probe_tls_version_info"] == {"version=TLS 1.3": 1}
    assert 0 < seen["probe_duration_seconds"][""] < 60
    assert {"phase=connect", "phase=banner", "phase=starttls", "phase=tls"} <= seen[
        "probe_smtp_duration_seconds"
    ].keys()
    assert not {"probe_failure_info", "probe_bounce_timestamp_seconds"} & seen.keys()


async def test_a_bad_certificate_is_told_all_the_same(tmp_path: Path) -> None:
    async with Lab.start(["certificate-expired"]) as lab:
        file = write(tmp_path, [lab_row(lab.connector("certificate-expired"))])
        async with running(file) as one:
            seen = await one.scrape("certificate-expired")
    assert seen["probe_success"] == {"": 0}
    assert seen["probe_ssl_latest_cert_not_before"][""] <= seen["probe_ssl_earliest_cert_expiry"][""]
    assert any("subject=CN=certificate-expired.lab.test" in labels for labels in seen["probe_ssl_last_chain_info"])
    assert "probe_ssl_last_chain_expiry_timestamp_seconds" not in seen, "there is no valid chain, so it has no end"
    (failure,) = seen["probe_failure_info"]
    assert failure.startswith("stage=certificate,class=certificate-expired,code=4.7.320,culprit=server")
    assert seen["probe_bounce_timestamp_seconds"][""] > 1_790_000_000


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "Target parameter is missing"),
        ("?target=", 400, "Target parameter is missing"),
        ("?target=127.0.0.1:1", 400, "Unknown target"),
    ],
)
async def test_a_target_that_is_none(query: str, status: int, said: str, tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", 1)])) as one:
        answer = await one.get(f"/probe{query}")
    assert (answer.status_code, said in answer.text) == (status, True)


async def test_any_target_where_that_is_allowed(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", 1)]), any_target=True) as one:
        seen = await one.scrape(f"127.0.0.1:{smtp.port}")
        wrong = await one.get("/probe?target=http://x/")
    assert seen["probe_success"] == {"": 0}, "its root is not known to anybody"
    assert wrong.status_code == 400


async def test_scrapes_that_overlap_share_one_probe(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        await asyncio.gather(*(one.scrape("A") for _ in range(20)))
        await one.scrape("A")
    assert smtp.met == 1, "nor does one that comes right behind them make another"


async def test_prometheus_own_timeout_is_kept(tmp_path: Path, smtp: SmtpServer) -> None:
    """The probe goes on meanwhile, and what it came to is what a later scrape gets that is in a hurry, too."""
    smtp.silent = True
    hurry = {"X-Prometheus-Scrape-Timeout-Seconds": "0.7"}
    async with running(write(tmp_path, [row("A", smtp.port, timeout=1.2, deadline=10)])) as one:
        tracked = one.server.service.tracked("A")
        seen = await one.scrape("A", **hurry)
        assert seen["probe_success"] == {"": 0}
        assert seen["probe_connector_state"]["state=unknown"] == 1
        assert "probe_failure_info" not in seen
        whole = await one.scrape("A")
        a_minute_ago = datetime.now(UTC) - timedelta(minutes=1)
        tracked.snapshots[HERE] = replace(tracked.snapshots[HERE], received_at=a_minute_ago)
        again = await one.scrape("A", **hurry)
        assert again["probe_failure_info"] == whole["probe_failure_info"]
        assert again["probe_result_age_seconds"][""] > 59
        wrong = await one.get("/probe?target=A", X_Prometheus_Scrape_Timeout_Seconds="soon")
    assert wrong.status_code == 500
    assert "Failed to parse timeout from Prometheus header" in wrong.text


async def test_a_debug_scrape_is_a_bug_report(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.sound = False
    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        text = (await one.get("/probe?target=A&debug=true")).text
    at = [
        text.index(part) for part in ("Logs for the probe:", "Metrics that would have been returned:", "Module config")
    ]
    assert at == sorted(at)
    assert "554 5.3.2 no service here" in text[: at[1]]
    assert "probe_success 0" in text[at[1] : at[2]]
    assert f"127.0.0.1:{smtp.port}" in text[at[2] :]


async def test_discovery_and_its_shards(tmp_path: Path) -> None:
    rows = [row(f"C{number}, head office", number + 1, tags=["production", "a-b"]) for number in range(20)]
    async with running(write(tmp_path, [*rows, row("off", 1, enabled=False)])) as one:
        whole = await one.json("/sd")
        parts = [await one.json(f"/sd?shard={number}/3") for number in (1, 2, 3)]
        wrong = await one.get("/sd?shard=4/3")
    assert [group["targets"] for group in whole] == [[f"C{number}, head office"] for number in range(20)]
    assert whole[0]["labels"] == {"connector": "C0, head office", "tag_production": "true", "tag_a_b": "true"}
    assert sorted(map(str, whole)) == sorted(str(group) for part in parts for group in part)
    assert all(parts)
    assert wrong.status_code == 400


async def test_a_bad_file_keeps_the_old_one(tmp_path: Path, smtp: SmtpServer) -> None:
    file = write(tmp_path, [row("A", smtp.port)])
    async with running(file) as one:
        await one.scrape("A")
        file.write_text("version: 1\nconnectors: [{smart_host: [x]}]\n", "utf-8")
        refused = await one.client.post("/-/reload")
        assert (refused.status_code, "smart_hosts" in refused.text) == (500, True)
        metrics = series((await one.get("/metrics")).text)
        assert metrics["connector_probe_config_last_reload_successful"] == {"": 0}
        document = await one.json("/api/v1/connectors")
        assert "smart_hosts" in document["problem"]
        assert [each["name"] for each in document["connectors"]] == ["A"]
        write(tmp_path, [row("A", smtp.port, interval=30), row("B", smtp.port)])
        assert (await one.client.post("/-/reload")).status_code == 200
        document = await one.json("/api/v1/connectors")
        assert document["problem"] is None
        assert {each["name"]: each["status"] for each in document["connectors"]} == {"A": "warning", "B": None}
        assert (await one.get("/-/reload")).status_code == 405


async def test_health_and_own_metrics(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        assert (await one.get("/-/healthy")).status_code == 200
        await one.scrape("A")
        seen = series((await one.get("/metrics")).text)
    assert seen["connector_probe_probes_total"] == {"status=warning,trigger=scrape": 1}
    assert seen["connector_probe_connectors"]["status=warning"] == 1
    assert seen["connector_probe_http_requests_total"]["code=200,handler=/probe"] == 1
    assert seen["process_open_fds"][""] > 0
    assert 0 < seen["connector_probe_asyncio_tasks"][""] < 20
