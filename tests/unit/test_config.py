"""probes.yaml: one bad file for each mistake, with its exact messages; and the good ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector_probe.config import ConfigError, SelectionError, load, parse, select, shard
from connector_probe.config.exchange import convert
from connector_probe.config.exchange_values import ExchangeImportError
from connector_probe.config.fields import FIELDS
from connector_probe.config.problems import MAX_PROBLEMS
from connector_probe.model.connector import Connector

DATA = Path(__file__).parents[1] / "data" / "config"
BAD = sorted((DATA / "bad").glob("*.yaml"))
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the files under data/config take from the environment."""
    monkeypatch.setenv("PROBE_SECRET", "hunter 2")
    monkeypatch.setenv("PROBE_EMPTY", "")
    monkeypatch.setenv("PROBE_HOST", "mail.contoso.com")
    monkeypatch.setenv("PROBE_DOMAIN", "contoso.com")


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_mistake_is_told_with_its_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(ConfigError) as caught:
        load(Path(file.name))
    assert "\n".join(map(str, caught.value.problems)) == file.with_suffix(".txt").read_text(encoding="utf-8").strip()


def test_every_bad_file_has_its_message() -> None:
    assert len(BAD) >= 40
    assert all(file.with_suffix(".txt").is_file() for file in BAD)


@pytest.mark.parametrize("file", sorted((DATA / "good").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_good_file_is_read(file: Path) -> None:
    assert load(file).entries


def test_the_shipped_example_is_good() -> None:
    assert len(load(ROOT / "probes.yaml").entries) >= 2


def test_a_run_is_narrowed_by_name_or_tag_and_split_by_shards() -> None:
    text = "version: 1\nconnectors:\n" + "".join(
        f"  - {{name: C{number}, smart_hosts: [c{number}.contoso.com], tags: [{'odd' if number % 2 else 'even'}]}}\n"
        for number in range(10)
    )
    entries = parse(text, "probes.yaml").entries
    assert [one.name for one in select(entries, ["C3", "even"])] == ["C0", "C2", "C3", "C4", "C6", "C8"]
    shares = [shard(entries, f"{number}/3") for number in (1, 2, 3)]
    assert sorted(one.name for share in shares for one in share) == sorted(one.name for one in entries)
    with pytest.raises(SelectionError, match="C33"):
        select(entries, ["C33"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400))
def test_any_text_is_a_configuration_or_told_why_not(text: str) -> None:
    told: tuple[object, ...] = ()
    try:
        parse(text, "probes.yaml")
    except ConfigError as error:
        told = error.problems
    assert all(str(problem).isprintable() for problem in told)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_are_an_export_or_told_why_not(data: bytes) -> None:
    told = ""
    try:
        parse(convert(data).yaml, "probes.yaml")
    except ExchangeImportError as error:
        told = str(error)
    assert told.isprintable()


def test_an_export_becomes_a_file_that_validates() -> None:
    export = b"""\xef\xbb\xbf[{"Name": "Hybrid 'a'\\n", "SmartHosts": ["mail.contoso.com", "[192.0.2.7]"],
      "TlsSettings": {"Value": "DomainValidation"}, "TlsDomain": "smtp:*.contoso.com;1", "UseMXRecord": false,
      "ConnectorType": "OnPremises", "Enabled": true},
     {"Name": "Partner", "UseMXRecord": true, "RecipientDomains": ["smtp:fabrikam.com;1"], "TlsSettings": null,
      "ConnectorType": "Partner", "Enabled": false}]"""
    for data in (export, export.decode("utf-8-sig").encode("utf-16")):
        entries = parse(convert(data).yaml, "probes.yaml").entries
        assert [tuple(one.connector.smart_hosts) for one in entries] == [("mail.contoso.com", "192.0.2.7"), ()]
        assert [one.connector.use_mx for one in entries] == [None, "fabrikam.com"]
        assert [one.enabled for one in entries] == [True, False]
        assert entries[0].connector.tls_domain == "*.contoso.com"
        assert [str(one.connector.tls_settings) for one in entries] == ["domain-validation", "opportunistic"]


def test_an_address_without_tls_domain_cannot_be_validated_by_name() -> None:
    export = b"""{"Name": "A", "SmartHosts": ["192.0.2.7"], "UseMXRecord": false, "TlsSettings": "DomainValidation",
      "TlsDomain": null, "ConnectorType": "Partner"}"""
    result = convert(export)
    assert not parse(result.yaml).entries[0].enabled
    assert "an address has no name" in result.notes[0]


def test_every_setting_of_a_connector_has_its_key() -> None:
    """interface.md: keys are the options of a probe, with underscores."""
    keys = {field.attribute for field in FIELDS}
    assert {field.name for field in dataclasses.fields(Connector)} <= keys


def test_a_misspelled_key_is_told_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("version: 1\nconnectors:\n  - {name: A, SmartHosts: [mail.contoso.com]}\n", "probes.yaml")
    assert [problem.message for problem in caught.value.problems] == ["unknown key 'SmartHosts'"]


@pytest.mark.parametrize(
    "connectors", ["- {x%d: 1}\n", "- {use_mx: a.b} # %d\n", "- {use_mx: a%d.b, tags: [1]}\n", "- &a%d x\n"]
)
def test_reading_ends_with_the_first_hundred_mistakes(connectors: str) -> None:
    """What stands behind them is not looked at: to guess what 60,000 keys may have meant took half a minute."""
    text = "version: 1\nconnectors:\n" + "".join(connectors % number for number in range(5000))
    with pytest.raises(ConfigError) as caught:
        parse(text)
    *told, last = caught.value.problems
    assert len(told) == MAX_PROBLEMS
    assert last.message == "there are more problems"
    assert int(last.hint.rpartition(" ")[2]) - max(one.line for one in told) in (0, 1)


def test_of_a_long_list_of_mistakes_the_first_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("version: 1\nconnectors:\n- smart_hosts: [a.b]\n  tags: [" + "1, " * 5000 + "]\n")
    assert len(caught.value.problems) == MAX_PROBLEMS + 1


def test_the_environment_is_read_where_the_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_TEST_HOST", "mail.contoso.com")
    text = 'version: 1\nconnectors:\n  - {name: A, smart_hosts: ["${PROBE_TEST_HOST}"]}\n'
    assert parse(text, "probes.yaml").entries[0].connector.smart_hosts == ("mail.contoso.com",)
