"""``probe compare`` on reports that the real prober made of the lab."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from connector_probe.api import probe_all
from connector_probe.cli.app import run
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.lab import Lab
from connector_probe.model.verdict import Report

CASES = {
    "refused": ("differs", "refused-at-one"),
    "banner-421": ("differs", "turned-away-at-one"),
    "accept-closed": ("differs", "cut-at-one"),
    "no-starttls": ("differs", "starttls-at-one"),
    "masked-by-firewall": ("differs", "starttls-masked"),
    "tls-reset": ("differs", "tls-at-one"),
    "certificate-self-signed": ("differs", "other-certificate"),
    "dns-nxdomain": ("differs", "name-at-one"),
    "dns-servfail": ("differs", "nameserver-at-one"),
    "client-certificate-tls12": ("unknown", "one-unknown"),
}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    async def probe_them() -> Report:
        names = ["healthy", *CASES]
        async with Lab.start(names) as lab:
            return await probe_all([lab.connector(name) for name in names])

    whole = asyncio.run(probe_them())
    return {
        name: replace(whole, results=(result,)) for name, result in zip(["healthy", *CASES], whole.results, strict=True)
    }


def saved(report: Report, path: Path, host: str) -> str:
    """``report`` as a file, as if the lab's host were the same smart host each time, seen from ``host``."""
    result = report.results[0]
    port = result.connector.port
    text = render(report, RenderOptions()).replace(result.connector.smart_hosts[0], "mail.contoso.com")
    text = text.replace(f'"port": {port}', '"port": 25').replace(f'"name": "{result.name}"', '"name": "Office"')
    document = json.loads(text)
    document["vantage"] |= {"hostname": host, "source_addresses": ["127.0.0.1"]}
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", CASES)
def test_bad_outside_and_healthy_inside(
    name: str, reports: dict[str, Report], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome, conclusion = CASES[name]
    files = [
        saved(reports[name], tmp_path / "outside.json", "outside"),
        saved(reports["healthy"], tmp_path / "inside.json", "inside"),
    ]
    assert run(["compare", *files, "--json"]) == (1 if outcome == "differs" else 3)
    document = json.loads(capsys.readouterr().out)
    assert document["relation"] == "places"
    (one,) = document["connectors"]
    assert one["outcome"] == outcome
    assert conclusion in [each["id"] for each in one["differences"]]
    # Before and after, with nothing but the option: the same two files.
    code = run(["compare", *reversed(files), "--times", "--json"])
    (one,) = json.loads(capsys.readouterr().out)["connectors"]
    assert (code, one["outcome"]) == ((1, "new") if outcome == "differs" else (3, "unknown"))
    assert run(["compare", *files, "--lang", "zh"]) == (1 if outcome == "differs" else 3)
    assert "两个地点" in capsys.readouterr().out


def test_a_report_is_like_itself(
    reports: dict[str, Report], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in reports:
        file = saved(reports[name], tmp_path / f"{name}.json", "here")
        code = run(["compare", file, file])
        assert code == (3 if CASES.get(name, ("",))[0] == "unknown" else 0), name
        assert run(["compare", file, file, "-q"]) == code
    capsys.readouterr()
