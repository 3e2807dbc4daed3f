"""probe history: what a person reads, what a program reads, and bad input."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.history import History
from connector_probe.model.history import HISTORY_SCHEMA, Sighting
from tests.history.rows import STEP, certificate, sightings


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three connectors, the last run just now."""
    path, now = tmp_path / "h.sqlite3", datetime.now(UTC)
    rows = [
        *sightings("h" * 200 + "f" * 7 + "h" * 60 + "t" * 12 + "f" * 30, "Hybrid, head office", end=now),
        *sightings("h" * 5 + "x", "Old server", end=now),
        *_renewed(sightings("hhw", "Partner\x1b[31m", end=now)),
        *sightings("hfhfhu", "Branch", end=now),
    ]
    History(path).record(rows)
    return path


def _renewed(rows: Iterator[Sighting]) -> Iterator[Sighting]:
    *before, last = rows
    yield from before
    yield replace(last, certificates=(certificate("BB"),))


def show(*argv: str | Path) -> tuple[int, str, str]:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["history", *map(str, argv)])
    out.seek(0)
    return code, out.read(), err.getvalue()


def test_every_connector_in_short(history: Path) -> None:
    code, out, err = show("--history", history)
    assert (code, err) == (0, "")
    first, branch, old, partner, legend = out.split("\n\n")  # the worst first
    assert first.splitlines()[:2] == ["FAILING  Hybrid, head office", "         450 4.4.316 Connection refused"]
    assert "(3 h 25 m), like this since" in " ".join(first.split())
    assert "queued mail starts to bounce in 20 h 3" in first
    assert first.splitlines()[-1].endswith("███  last 24 h, outages: 2")
    assert old.startswith("AS EXPECTED  Old server\n")
    assert "outages: 0" in old
    assert "bounce" not in old
    assert r"Partner\x1b[31m" in partner
    assert "This machine has no route there" in branch
    assert "FLAPPING: 4 changes between failing and flowing in a day" in branch
    assert legend.startswith("▁ healthy")
    assert all(len(line) <= 80 for line in out.splitlines())


def test_one_connector_with_everything(history: Path) -> None:
    code, out, _ = show("--history", history, "Hybrid, head office")
    assert code == 0
    assert ", for 35 m: 4.4.316; seen 7 times\n" in out
    assert "so far: 4.4.315, 4.4.316; seen 42 times\n" in out
    assert "HEALTHY -> FAILING 4.4.315 tcp-timeout\n" in out
    assert "FAILING -> FAILING 4.4.316 tcp-refused\n" in out
    assert "mail.contoso.com:25: CN=mail.contoso.com" in out
    _, out, _ = show("--history", history, "Partner\x1b[31m")
    assert "mail.contoso.com:25: new certificate, until " in out
    assert "\x1b" not in out


def test_connectors_of_one_name_are_told_apart_by_their_servers(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite3"
    for letters, servers in (("f", "127.0.0.1:2525"), ("h", "mail.contoso.com:25")):
        rows = sightings(letters, "Hybrid", end=datetime.now(UTC))
        History(path).record([replace(one, servers=servers) for one in rows])
    _, out, _ = show("--history", path)
    assert [line for line in out.splitlines() if "Hybrid" in line] == [
        "FAILING  Hybrid (127.0.0.1:2525)",
        "HEALTHY  Hybrid (mail.contoso.com:25)",
    ]
    document = json.loads(show("--history", path, "--json")[1])
    assert [one["servers"] for one in document["connectors"]] == ["127.0.0.1:2525", "mail.contoso.com:25"]


def test_a_program_reads_the_same(history: Path) -> None:
    code, out, _ = show("--history", history, "--json", "--window", "7d")
    document = json.loads(out)
    assert (code, document["schema"], document["window"]) == (0, HISTORY_SCHEMA, 7 * 86_400)
    hybrid = document["connectors"][0]
    assert (hybrid["status"], hybrid["code"], hybrid["class"]) == ("failing", "4.4.316", "tcp-refused")
    since, bounces = (datetime.fromisoformat(hybrid[key]) for key in ("failing_since", "bounces_at"))
    assert bounces - since == timedelta(hours=24)
    assert datetime.fromisoformat(hybrid["last_seen"]) - since == 41 * STEP
    assert len(hybrid["timeline"]["statuses"]) == 24
    assert hybrid["timeline"]["statuses"][-1] == "failing"
    assert out.isascii()


def test_other_words_and_other_terminals(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, out, _ = show("--history", history, "--lang", "zh")
    assert "排队的邮件将在 20 小时" in out
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    assert run(["history", "--history", str(history), "--lang", "en"]) == 0
    terminal.seek(0)
    assert "###  last 24 h, outages: 2" in terminal.read()


def test_nothing_is_recorded_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    code, out, err = show("--lang", "en")
    assert (code, err) == (0, "")
    assert out.startswith("Nothing is recorded yet in ")
    assert out.endswith("history.sqlite3: probe run writes it.\n")
    assert json.loads(show("--json")[1])["connectors"] == []


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (
            ["Hybrid, head ofice"],
            "nothing is recorded of a connector 'Hybrid, head of",
            "did you mean Hybrid, head",
        ),
        (["hybrid"], "nothing is recorded of a connector 'hybrid'", "did you mean Hybrid, head office?"),
        (["xyz"], "nothing is recorded of a connector 'xyz'", "probe history lists"),
        (["--history", "nowhere.sqlite3"], "there is no such file", "probe run writes it"),
        (["--history", "zeros.sqlite3"], "is damaged", "the next probe run keeps it"),
        (["--history", "."], "is a directory", "name a file in it"),
        (["--history", "text.sqlite3"], "is a text file, no history", "a file of its own"),
        (["--window", "1s"], "--window 1s", "from a minute"),
        (["--window", "soon"], "'soon' is not a duration", "as in: "),
        (["-o", "/nowhere/at/all"], "there is no such directory", "make it first"),
    ],
)
def test_bad_input_is_explained(
    argv: list[str], message: str, hint: str, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.parent)
    Path("text.sqlite3").write_text("this is no database", encoding="ascii")
    Path("zeros.sqlite3").write_bytes(bytes(5000))
    code, out, err = show(*(argv if "--history" in argv else ["--history", str(history), *argv]))
    assert (code, out) == (2, "")
    error, advice = err.splitlines()
    assert message in error
    assert hint in advice
