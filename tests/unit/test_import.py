"""Exports as people have them: what is read of each, and what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector_probe.config import parse
from connector_probe.config.exchange import convert
from connector_probe.config.exchange_values import ExchangeImportError
from connector_probe.config.reading import Entry
from connector_probe.model.connector import TlsSettings

OBJECTS = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
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
        ('"Name";"Enabled"\r\n"Hybrid";"True"\r\n', "CSV, and not of connectors"),
        ('<?xml version="1.0"?><Objs Version="1.1.0.1"><Obj>', "XML cannot be read"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><Objs/>', "is XML, not JSON"),
        ('<Objs><!DOCTYPE x [<!ENTITY a "b">]></Objs>', "declares entities"),
        (
            '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S>x</S></Objs>',
            "single value",
        ),
        ("# Outbound connectors\nversion: 1\nconnectors: []\n", "probes.yaml already"),
        ("WARNING: a console says something\r\n[\r\n  {\r\n  }\r\n]", "begins in line 2: WARNING"),
        ([{"ClassId2e4f51ef21dd47e99d3c952918aff9cd": "033ecb2bc07a4d43b5ef94ed5a35d280"}], "Format-List"),
        (
            '[{"Name": "A", "SmartHosts": ["a.contoso.com"], "smartHosts": ["b.contoso.com"]}]',
            "SmartHosts stands twice",
        ),
        ({"Name": "To Online", "SmartHosts": ["a.contoso.com"], "AddressSpaces": ["smtp:*;1"]}, "Get-SendConnector"),
    ],
    ids=[
        "csv-of-others",
        "cut-off-xml",
        "document-type",
        "entities",
        "single-value",
        "probes.yaml",
        "a-console's-lines",
        "formatted",
        "a-name-twice",
        "send-connector",
    ],
)
def test_what_is_no_export_is_named(export: object, told: str) -> None:
    with pytest.raises(ExchangeImportError, match=told):
        imported(export)


def test_too_many_connectors_are_told_how_many_fit() -> None:
    hosts = [f"{letter}{'.'.join(['x' * 57] * 4)}" for letter in "abcdefghij"]
    many = [connector(Name=f"Connector {number}", SmartHosts=hosts) for number in range(600)]
    with pytest.raises(ExchangeImportError) as caught:
        imported(many)
    fit = int(caught.value.hint.split("some ")[1].split()[0])
    assert len(imported(many[:fit])[0]) == fit


# --- Export-Clixml, Export-Csv -----------------------------------------------------------------------------------

CLIXML = f"""{OBJECTS}
  <Obj RefId="0">
    <TN RefId="0"><T>Deserialized.Microsoft.Exchange.Data.Directory.OutboundConnector</T><T>System.Object</T></TN>
    <ToString>Hybrid, head office</ToString>
    <Props>
      <B N="Enabled">true</B>
      <B N="UseMXRecord">false</B>
      <S N="Name">Hybrid, head office_x0021_</S>
      <Obj N="ConnectorType" RefId="1"><TN RefId="1"><T>X</T></TN><ToString>OnPremises</ToString><I32>2</I32></Obj>
      <Obj N="SmartHosts" RefId="2"><TN RefId="2"><T>Y</T></TN><LST>
        <Obj RefId="3"><TN RefId="3"><T>Z</T></TN><ToString>mail.contoso.com</ToString><Props>
          <B N="IsIPAddress">false</B><S N="Domain">mail.contoso.com</S></Props></Obj>
        <S>203.0.113.7</S>
      </LST></Obj>
      <Obj N="TlsSettings" RefId="4"><TN RefId="4"><T>X</T></TN><ToString>DomainValidation</ToString><I32>3</I32></Obj>
      <Obj N="TlsDomain" RefId="5"><TN RefId="5"><T>D</T></TN><ToString>*.contoso.com</ToString></Obj>
      <Nil N="Comment" />
    </Props>
  </Obj>
</Objs>"""
CSV = """#TYPE Deserialized.Microsoft.Exchange.Data.Directory.OutboundConnector
"Enabled","UseMXRecord","ConnectorType","SmartHosts","TlsSettings","TlsDomain","Name"
"True","False","OnPremises","mail.contoso.com, 203.0.113.7","DomainValidation","*.contoso.com","Hybrid"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize(
    "export", [CLIXML, '<?xml version="1.0" encoding="utf-16"?>\n' + CLIXML, CSV, CSV.replace(",", ";")]
)
def test_clixml_and_csv_are_read_too(export: str, encoding: str) -> None:
    result = convert(export.encode(encoding))
    assert not result.notes
    [entry] = parse(result.yaml).entries
    assert entry.connector.smart_hosts == ("mail.contoso.com", "203.0.113.7")
    assert (entry.connector.tls, entry.connector.tls_domain) == (TlsSettings.DOMAIN_VALIDATION, "*.contoso.com")
    assert entry.enabled


@pytest.mark.parametrize(
    "export", [CSV.replace('"Name"', '"smarthosts"'), CLIXML.replace('N="Comment" />', 'N="SMARTHOSTS" />')]
)
def test_which_of_two_values_counts_is_not_guessed(export: str) -> None:
    with pytest.raises(ExchangeImportError, match=r"(?i)smarthosts stands twice"):
        imported(export)


def test_what_csv_has_lost_is_told() -> None:
    lost = CSV.replace("mail.contoso.com, 203.0.113.7", "System.Collections.Generic.List`1[System.String]")
    [entry], notes = imported(lost)
    assert "SmartHosts: System.Collections.Generic.List`1[System.String] could not be read" in notes
    assert not entry.enabled


def test_an_object_may_be_named_again() -> None:
    """A second connector of the same type points back to what the first one has."""
    twice = CLIXML.replace(
        "</Objs>",
        '<Obj RefId="9"><Props><S N="Name">Other</S><Ref N="SmartHosts" RefId="2" /><Nil N="TlsSettings" />'
        "</Props></Obj></Objs>",
    )
    entries, _ = imported(twice)
    assert [one.connector.smart_hosts for one in entries] == 2 * [("mail.contoso.com", "203.0.113.7")]
