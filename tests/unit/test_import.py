"""Exports as people have them: what is read of each, and what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector_probe.config import parse
from connector_probe.config.exchange import convert
from connector_probe.config.exchange_values import ExchangeImportError
from connector_probe.config.reading import Entry

SOUND = {"Name": "Hybrid", "SmartHosts": ["mail.contoso.com"], "UseMXRecord": False, "TlsSettings": None}


def connector(**changes: object) -> dict[str, Any]:
    return {**SOUND, **changes}


def imported(export: object) -> tuple[list[Entry], str]:
    """The connectors of ``export``, and the notes about them."""
    text = export if isinstance(export, str) else json.dumps(export)
    result = convert(text.encode())
    notes = "\n".join(result.notes)
    assert all(note.split(": ", 1)[-1].removeprefix("left out: ") in result.yaml for note in result.notes)
    return list(parse(result.yaml).entries), notes


@pytest.mark.parametrize(
    "export",
    [
        {"value": SOUND},
        [[SOUND]],
        json.dumps(json.dumps([SOUND])),
        connector(Name={"Value": "Hybrid"}),
        {**connector(Identity={"Name": "Hybrid", "ObjectGuid": "2f1d"}), "Name": None},
        connector(SmartHosts="{mail.contoso.com}"),
    ],
    ids=["service", "list-in-a-list", "text-of-json", "name-object", "identity-object", "braces"],
)
def test_wrappings_of_a_connector(export: object) -> None:
    [entry], notes = imported(export)
    assert (entry.name, entry.connector.smart_hosts, entry.enabled) == ("Hybrid", ("mail.contoso.com",), True)
    assert not notes


@pytest.mark.parametrize("name", ["2024", "00123", {"Value": "7"}])
def test_a_name_of_digits_is_a_name(name: object) -> None:
    [entry], _ = imported(connector(Name=name, Guid="2f1d"))
    assert entry.name == (name if isinstance(name, str) else "7")


def test_a_page_of_a_longer_list_is_told() -> None:
    entries, notes = imported({"@odata.nextLink": "https://outlook.office365.com/?$skip=1", "value": [SOUND]})
    assert len(entries) == 1
    assert "not all connectors" in notes


@pytest.mark.parametrize("second", ["Name", "name"])
def test_a_name_that_stands_twice_is_told(second: str) -> None:
    [entry], notes = imported(json.dumps(connector()).replace("}", f', "{second}": "Other"}}'))
    assert "Name stands twice" in notes
    assert not entry.enabled
    assert imported(json.dumps(connector()).replace("}", ', "Name": "Hybrid"}'))[1] == ""


def test_a_connector_that_gets_another_name_is_told() -> None:
    entries, notes = imported([SOUND, SOUND])
    assert [one.name for one in entries] == ["Hybrid", "Hybrid (2)"]
    assert "another connector is called Hybrid" in notes


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"SmartHosts": "{a.contoso.com, b.contoso.com...}"}, "three dots"),
        ({"SmartHosts": ["192.0.2.1-192.0.2.5"]}, "neither an IP address nor a name"),
        ({"UseMXRecord": True, "RecipientDomains": "System.Object[]"}, "-Depth 5"),
        ({"SmartHosts": None, "UseMXRecord": None}, "no smart host is left"),
        ({"TlsSettings": int("9" * 400)}, "is not known"),
    ],
)
def test_what_is_lost_keeps_a_connector_from_being_probed(changes: dict[str, object], told: str) -> None:
    [entry], notes = imported(connector(**changes))
    assert told in notes
    assert "UseMXRecord is true" not in notes or changes["UseMXRecord"]
    assert not entry.enabled


@pytest.mark.parametrize(
    ("export", "told"),
    [
        ('"Name";"SmartHosts"\r\n"Hybrid";"mail.contoso.com"\r\n', "CSV"),
        ("# Outbound connectors\nversion: 1\nconnectors: []\n", "probes.yaml already"),
        ("WARNING: a console says something\r\n[\r\n  {\r\n  }\r\n]", "begins in line 2: WARNING"),
        ([{"ClassId2e4f51ef21dd47e99d3c952918aff9cd": "033ecb2bc07a4d43b5ef94ed5a35d280"}], "Format-List"),
        ({"Name": "To Online", "SmartHosts": ["a.contoso.com"], "AddressSpaces": ["smtp:*;1"]}, "Get-SendConnector"),
    ],
    ids=["csv-of-another-culture", "probes.yaml", "a-console's-lines", "formatted", "send-connector"],
)
def test_what_is_no_export_is_named(export: object, told: str) -> None:
    with pytest.raises(ExchangeImportError, match=told):
        imported(export)


def test_too_many_connectors_are_told_how_many_fit() -> None:
    many = [connector(Name=f"Connector {number}") for number in range(12_000)]
    with pytest.raises(ExchangeImportError) as caught:
        imported(many)
    fit = int(caught.value.hint.split("some ")[1].split()[0])
    assert len(imported(many[:fit])[0]) == fit
