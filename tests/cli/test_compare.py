"""``probe compare``: what is given, what is refused, where the document goes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.formats import jsonl
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from tests.unit import evidence as made


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Refused from one machine, healthy from another."""
    found = tmp_path / "outside.json", tmp_path / "inside.json"
    for path, attempt in zip(found, (made.unconnected(made.REFUSED), made.session()), strict=True):
        path.write_text(render(made.report(attempt, host=path.stem), RenderOptions()), encoding="utf-8")
    return found


def test_two_places(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", *map(str, files)]) == 1
    out, err = capsys.readouterr()
    assert "the firewall or NAT in front of 203.0.113.7" in " ".join(out.split())
    assert err == ""


def test_into_a_file(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", *map(str, files), "--json", "-o", str(tmp_path / "out.json")]) == 1
    assert capsys.readouterr() == ("", "")
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "connector-probe/comparison/1"


def test_standard_input(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(files[0].read_bytes())))
    assert run(["compare", "-", str(files[1])]) == 1
    assert "outside" in capsys.readouterr().out


def test_lines_of_jsonl(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", *map(str, files)]) == 1
    expected = capsys.readouterr().out
    report = made.report(made.unconnected(made.REFUSED), host="outside")
    files[0].write_text(2 * jsonl.render(report, RenderOptions()), encoding="utf-8")
    assert run(["compare", *map(str, files)]) == 1
    out, err = capsys.readouterr()
    assert out == expected
    assert err.startswith(f"probe: note: {files[0]}: 1 earlier result was passed over")


def test_powershell_s_redirection_is_read(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    files[0].write_bytes(files[0].read_text(encoding="utf-8").encode("utf-16"))
    assert run(["compare", *map(str, files)]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "is empty"),
        (b"hello", "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "schema is None, not connector-probe/report/1"),
        (b'{"schema": "connector-probe/explanation/1", "matches": []}', "not connector-probe/report/1"),
        (b'{"schema": "connector-probe/comparison/1"}', "not connector-probe/report/1"),
        (b'{"schema": "connector-probe/report/1"}', "no results"),
        (b'{"schema": "connector-probe/report/1", "results": [{}]}', "started_at"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 5000, "not valid JSON"),
    ],
)
@pytest.mark.parametrize("at", [0, 1])
def test_what_is_no_report_is_named(
    content: bytes, error: str, at: int, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    files[at].write_bytes(content)
    assert run(["compare", *map(str, files)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{files[at].name}" in err
    assert error in err
    assert "probe: hint: " in err


def test_a_report_that_was_cut_off(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    whole = files[1].read_bytes().rstrip()  # without the line's end it is whole
    for size in range(1, len(whole), len(whole) // 40):
        files[1].write_bytes(whole[:size])
        assert run(["compare", *map(str, files)]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["outside.json"], "1 given to compare"),
        (["outside.json", "nowhere.json"], "there is no file"),
        (["outside.json", "."], "is a directory"),
        (["outside.json", "inside.json", "--places", "--times"], "exclude each other"),
        (["-", "-"], "only one of them"),
        (["outside.json", "inside.json", "--lang", "de"], "--lang"),
        (["outside.json", "inside.json", "-o", "no/where"], "no such directory"),
    ],
)
def test_a_wrong_command_line(
    arguments: list[str],
    error: str,
    files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(files[0].parent)
    assert run(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert error in err


def test_other_connectors(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    files[1].write_text(render(made.report(made.session(), smart_host="other.test"), RenderOptions()))
    assert run(["compare", *map(str, files)]) == 2
    assert "no connector in common" in capsys.readouterr().err


def test_hostile_texts_are_shown_escaped(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(files[0].read_text())
    document["vantage"]["hostname"] = "\x1b[31mevil\u202e"
    files[0].write_text(json.dumps(document))
    assert run(["compare", *map(str, files)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out


# --- Exchange Online's own words -----------------------------------------------------------------------------------

NDR = (
    "450 4.4.316 Connection refused [Message=Socket error code 10061] "
    "[LastAttemptedServerName=mail.contoso.com] [LastAttemptedIP=203.0.113.7:25]"
)
ENDPOINTS = [{"id": 10, "serviceArea": "Exchange", "ips": ["40.92.0.0/15"], "tcpPorts": "25"}]


@pytest.mark.parametrize("as_file", [False, True])
def test_what_exchange_online_wrote_is_a_place(
    as_file: bool, files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, endpoints = tmp_path / "ndr.txt", tmp_path / "endpoints.json"
    words.write_text(NDR, encoding="utf-8")
    endpoints.write_text(json.dumps(ENDPOINTS), encoding="utf-8")
    given = str(words) if as_file else NDR
    assert run(["compare", given, str(files[1]), "--endpoints", str(endpoints), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["reason"], found["first"]["label"], found["third"]) == ("sender", "Exchange Online", None)
    (one,) = found["connectors"]
    assert [each["id"] for each in one["differences"]] == ["sender-shut-out"]
    assert "40.92.0.0/15" in one["differences"][0]["text"]
    assert run(["compare", *map(str, files), given]) == 1
    assert capsys.readouterr().out.startswith("Three places: outside")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([NDR, NDR], "are no reports"),
        ([NDR, "outside.json", "inside.json", "inside.json"], "4 given to compare"),
        (["outside.json", "inside.json", "inside.json"], "three reports"),
        (["outside.json", "inside.json", "--endpoints", "endpoints.json"], "--endpoints without"),
        ([NDR, "outside.json", "--endpoints", "outside.json"], "is no list of endpoint sets"),
        (
            [NDR, "outside.json", "--endpoints", "nowhere.json"],
            "hint: save the answer of https://endpoints.office.com/",
        ),
        ([NDR, "outside.json", "--times"], "--times with what Exchange Online wrote"),
        ([NDR.replace("contoso", "fabrikam").replace("203.0.113.7", "198.51.100.1"), "outside.json"], "in common"),
        ([NDR.replace("mail.contoso.com", "c.mail.protection.outlook.com"), "outside.json"], "server of Microsoft's"),
        (["hello, world", "outside.json"], "there is no file"),
    ],
)
def test_words_that_cannot_be_compared(
    arguments: list[str],
    error: str,
    files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(files[0].parent)
    Path("endpoints.json").write_text(json.dumps(ENDPOINTS), encoding="utf-8")
    assert run(["compare", *arguments]) == 2
    assert error in capsys.readouterr().err
