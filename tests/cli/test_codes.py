"""``probe codes``: the whole catalogue, and one code in whichever form."""

from __future__ import annotations

import json

import pytest

from connector_probe.bounces.known_codes import KNOWN_CODES
from connector_probe.cli.app import run
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.weigh import ONLY_IF_LIKELY, by_class_alone, usual_remedies
from connector_probe.model.verdict import INTELLIGENCE_CODES, FailureClass, MailFlowCode

# Where Microsoft has no page of its own for a code, its team's blog or the RFC is the source.
PAGES = (
    "https://learn.microsoft.com/",
    "https://techcommunity.microsoft.com/",
    "https://www.rfc-editor.org/",
)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, object]]:
    assert run(["codes", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "connector-probe/codes/1"
    return {one["code"]: one for one in document["codes"]}


def ids(entry: dict[str, object], key: str) -> set[str]:
    value = entry[key]
    assert isinstance(value, list)
    return {one["id"] for one in value}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_has_its_meaning_what_to_do_and_a_source(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    codes = told(capsys, "--lang", lang)
    assert list(codes) == [one.code for one in KNOWN_CODES]
    for code, entry in codes.items():
        assert entry["title"], code
        assert entry["meaning"], code
        assert entry["remedies"], code
        assert str(entry["reference"]).startswith(PAGES)
        assert entry["culprit"] in ("unknown", "sender", "server", "connector")
        assert "{" not in json.dumps(entry["remedies"]).replace('{"id"', ""), "a fact is missing"
    for mail_flow in MailFlowCode:
        assert codes[mail_flow]["causes"], mail_flow


def test_nothing_of_a_code_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    codes = told(capsys)
    for failure in FailureClass:
        profile = PROFILES[failure]
        if profile.code is not None:
            entry = codes[profile.code]
            assert failure.value in ids(entry, "classes")
            assert set(by_class_alone(failure)) <= ids(entry, "causes")
            assert set(usual_remedies([failure])) <= ids(entry, "remedies")


def test_what_is_usual_is_said_first_and_the_partner_is_not_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    """Microsoft's page ends every one of the six with the partner."""
    codes = told(capsys)
    for mail_flow in MailFlowCode:
        remedies = codes[mail_flow]["remedies"]
        assert isinstance(remedies, list)
        if mail_flow in INTELLIGENCE_CODES:
            assert remedies[-1]["id"] == "contact-partner"
        sure = [one["id"] not in ONLY_IF_LIKELY for one in remedies if one["id"] != "contact-partner"]
        assert sure == sorted(sure, reverse=True)


@pytest.mark.parametrize("asked", ["4.4.316", "5.4.316", "450 4.4.316", "550 5.4.316 Message expired", " 4.4.316 "])
def test_one_code_in_whichever_form(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(told(capsys, asked)) == ["4.4.316"]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (["refused"], ["4.4.316"]),
        (["timed", "out"], ["4.4.315"]),
        (["refusd"], ["4.4.316"]),
        (["tcp-timeout"], ["4.4.315"]),
        (["Certificate validation"], ["4.7.320"]),
        (["DANE"], ["4.7.321", "4.7.322", "4.7.323", "4.7.324", "4.7.325"]),
    ],
)
def test_a_word_finds_the_nearest(asked: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert list(told(capsys, *asked)) == codes


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["codes"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("4.4.312  5.4.312  DNS query failed\n")
    assert len(out.splitlines()) == len(KNOWN_CODES)
    assert run(["codes", "4.4.316"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("4.4.316 (5.4.316) Connection refused\n")
    assert "The firewall blocks connections" in out
    assert "Set-OutboundConnector -Identity '<connector>' -Enabled $false" in out
    assert run(["codes", "4.4.316", "--lang", "zh"]) == 0
    assert "连接被拒绝" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "direction", "culprit"),
    [
        ("4.4.316", "from-exchange-online", "unknown"),
        ("4.7.230", "to-exchange-online", "sender"),
        ("5.7.705", "from-exchange-online", "sender"),
        ("5.7.64", "to-exchange-online", "connector"),
        ("4.4.397", "from-exchange-server", "unknown"),
    ],
)
def test_a_code_says_which_way_the_mail_went_and_whose_it_is(
    code: str, direction: str, culprit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = told(capsys, code)[code]
    assert (entry["direction"], entry["culprit"]) == (direction, culprit)
    assert run(["codes", code]) == 0
    assert ("to mend by: " in capsys.readouterr().out) is (culprit != "unknown")


@pytest.mark.parametrize("asked", ["9.9.9", "4.4", "xyzzy", "", " ", "4.4.399", "\x1b[31m"])
def test_an_unknown_code(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["codes", asked]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is not one of the codes known here" in err
    assert "\x1b" not in err
