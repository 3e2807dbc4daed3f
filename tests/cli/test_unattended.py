"""probe run where nobody looks on: silence, history, maintenance, locks, deadlines, notifications, the dead-man URL."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.formats.json import jsonable
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.lab.authority import Authority
from tests.cli import servers
from tests.cli.servers import GENEROUS, Heard, SmtpServer, ended, write_file
from tests.history.rows import rows_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT and a pseudo-terminal")


@pytest.fixture(autouse=True)
def _trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of these tests trusts the test's own root."""
    monkeypatch.setattr(servers, "CA_FILE", authority.ca_file)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def probe(*argv: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of ``probe run``."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["run", *map(str, argv)])
    return code, out.getvalue(), err.getvalue()


def rewind(path: Path, **ago: float) -> None:
    """Let everything in the history have happened earlier: tests do not wait for hours."""
    earlier = timedelta(**ago) // timedelta(milliseconds=1)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE observation SET at = at - ?", (earlier,))
        connection.execute("UPDATE announcement SET at = at - ?", (earlier,))
        connection.commit()


# --- silence ---------------------------------------------------------------------------------------------------


def test_quiet_says_nothing_while_all_is_as_expected(tmp_path: Path, smtp: SmtpServer) -> None:
    file = write_file(tmp_path, smtp.port, smtp.port)
    assert probe(file, "--quiet") == (0, "", "")
    assert probe(file, "--quiet", "--json") == (0, "", "")
    code, out, _ = probe(file, "--quiet", "--format", "nagios")
    assert (code, "OK" in out) == (0, True), "a plugin always answers"
    smtp.sound = False
    code, out, err = probe(file, "--quiet")
    assert (code, err) == (1, "")
    assert "FAILING  C0" in out


def test_only_changes_speaks_once_and_again_after_remind(tmp_path: Path, smtp: SmtpServer) -> None:
    file, history = write_file(tmp_path, smtp.port, 1), tmp_path / "h.sqlite3"
    options = (file, "--history", history, "--only-changes", "--remind", "6h")
    code, out, err = probe(*options)
    assert (code, err) == (1, "")
    assert "FAILING  C1: 450 4.4.316" in out
    assert "C0" not in out
    assert probe(*options) == (1, "", "")
    rewind(history, hours=5)
    assert probe(*options) == (1, "", "")
    rewind(history, hours=1)
    _, out, _ = probe(*options)
    assert "FAILING  C1" in out
    assert "C0" not in out
    smtp.sound = False
    _, out, _ = probe(*options)
    assert "FAILING  C0" in out
    assert "C1:" not in out
    smtp.sound = True
    _, out, err = probe(*options)
    assert "C0" in out
    assert "C1:" not in out
    assert "probe: C0: It failed from " in err
    assert probe(*options) == (1, "", "")


def test_a_run_without_only_changes_does_not_use_the_news_up(tmp_path: Path) -> None:
    """An administrator who looks by hand takes nothing away from the cron line."""
    file, history = write_file(tmp_path, 1), tmp_path / "h.sqlite3"
    probe(file, "--history", history)
    assert "FAILING  C0" in probe(file, "--history", history, "--only-changes")[1]


def test_runs_of_other_connectors_take_no_news_away(tmp_path: Path) -> None:
    """Two cron lines: one for all, one with --only that mails somebody else."""
    file, history = write_file(tmp_path, 1, 2), tmp_path / "h.sqlite3"
    everything, one = (file, "--history", history, "--only-changes"), ("--only", "C0")
    assert "FAILING  C0" in probe(*everything)[1]
    assert "FAILING  C0" in probe(*everything, *one)[1]
    assert probe(*everything)[1] == probe(*everything, *one)[1] == ""


def test_only_changes_streams_only_what_changed(tmp_path: Path, smtp: SmtpServer) -> None:
    file = write_file(tmp_path, smtp.port, 1)
    _, out, _ = probe(file, "--only-changes", "--format", "jsonl", "--format", f"json={tmp_path / 'all.json'}")
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["C1"]
    assert len(json.loads((tmp_path / "all.json").read_text("utf-8"))["results"]) == 2, "a file has all"
    assert probe(file, "--only-changes", "--format", "jsonl")[1] == ""


# --- the bounce clock ------------------------------------------------------------------------------------------


def test_the_bounce_clock_runs_from_the_first_failure(tmp_path: Path, smtp: SmtpServer) -> None:
    file, history = write_file(tmp_path, smtp.port, more="queue_lifetime: 10h"), tmp_path / "h.sqlite3"
    probe(file, "--history", history)
    smtp.sound = False
    probe(file, "--history", history)
    rewind(history, hours=3)
    _, out, _ = probe(file, "--history", history, "--json")
    outage = json.loads(out)["results"][0]["outage"]
    since, bounces = (datetime.fromisoformat(outage[key]) for key in ("since", "bounces_at"))
    assert outage["known_from"] == "history"
    assert timedelta(hours=2, minutes=50) < datetime.now(UTC) - since < timedelta(hours=3, minutes=10)
    assert bounces - since == timedelta(hours=10)
    assert "starts to bounce in 6 h 5" in probe(file, "--history", history)[1]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        assert run(["history", "--history", str(history)]) == 0
    assert "queued mail starts to bounce in 6 h 5" in shown.getvalue()


def test_without_history_nothing_is_kept(tmp_path: Path) -> None:
    file = write_file(tmp_path, 1)
    _, out, _ = probe(file, "--no-history", "--json")
    assert json.loads(out)["results"][0]["outage"]["known_from"] == "this-run"
    assert not list((tmp_path / "state").rglob("*.sqlite3"))


def test_a_recovery_counts_only_when_it_repeats(tmp_path: Path, smtp: SmtpServer) -> None:
    file, history = write_file(tmp_path, smtp.port), tmp_path / "h.sqlite3"
    options = (file, "--history", history, "--retries", "2", "--only-changes")
    smtp.sound = False
    assert probe(*options)[0] == 1
    smtp.plan = [True, True, False, False, False]  # sound, sound again, and then it fails with both its retries
    assert probe(*options) == (1, "", ""), "it flaps: nothing has changed yet"
    assert smtp.plan == []
    smtp.sound, smtp.met = True, 0
    code, out, _ = probe(*options)
    assert (code, smtp.met) == (0, 3)
    assert "C0" in out
    smtp.met = 0
    assert probe(*options)[0] == 0
    assert smtp.met == 1, "it has recovered: once is enough"


# --- maintenance -----------------------------------------------------------------------------------------------


def test_a_failure_in_a_maintenance_window_is_reported_and_not_alerted(
    tmp_path: Path, web: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINK", f"json://127.0.0.1:{web.port}/sink")
    window = (
        f"maintenance: [{{from: 2026-01-01T00:00Z, until: {datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%MZ}}}]"
    )
    more = f"{window}, notify: SINK" + ", connect_timeout: 2s"
    history = tmp_path / "h.sqlite3"
    file = write_file(tmp_path, 1, more=more)
    code, out, _ = probe(file, "--history", history)
    assert code == 0
    assert "FAILING  C0" in out
    assert "Inside a maintenance window until" in out
    assert probe(file, "--history", history, "--quiet") == (0, "", "")
    assert probe(file, "--history", history, "--only-changes") == (0, "", "")
    assert web.requests == []
    document = probe(file, "--history", history, "--json")[1]
    (result,) = json.loads(document)["results"]
    again = jsonable(diagnose_again(read_report(document)).results[0])
    for key in ("status", "expected", "maintenance", "outage", "warnings", "diagnosis"):
        assert again[key] == result[key]
    assert result["expected"] is True
    assert result["maintenance"] is not None
    assert result["outage"] is not None, "mail queues all the same"
    assert {(row.maintenance, row.expected) for row in rows_of(history, "C0")} == {(True, False)}
    file = write_file(tmp_path, 1, more="notify: SINK")  # the window is over, and it still fails
    code, out, _ = probe(file, "--history", history, "--only-changes")
    assert (code, len(web.requests)) == (1, 1)
    assert "FAILING  C0" in out


# --- a history that cannot be used -----------------------------------------------------------------------------


def test_a_damaged_history_does_not_keep_the_result_back(tmp_path: Path) -> None:
    file, history = write_file(tmp_path, 1), tmp_path / "h.sqlite3"
    history.write_bytes(bytes(5000))
    code, out, err = probe(file, "--history", history)
    assert code == 1
    assert "FAILING  C0" in out
    assert "is damaged" in err
    (aside,) = tmp_path.glob("h.sqlite3.damaged-*")
    assert aside.read_bytes() == bytes(5000)
    assert probe(file, "--history", history)[2] == ""
    assert len(rows_of(history, "C0")) == 2


def test_a_history_of_a_later_version_does_not_keep_the_result_back(tmp_path: Path) -> None:
    file, history = write_file(tmp_path, 1), tmp_path / "h.sqlite3"
    probe(file, "--history", history)
    with contextlib.closing(sqlite3.connect(history)) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = history.read_bytes()
    code, out, err = probe(file, "--history", history)
    assert (code, out[:11]) == (1, "FAILING  C0")
    assert "was written by a later version of probe" in err
    assert "update probe" in err
    assert history.read_bytes() == content


@pytest.mark.parametrize("what", ["a text file", "another program's database"])
@pytest.mark.parametrize("command", ["run", "host", "nagios"])
def test_a_file_that_never_was_a_history_is_refused_before_anything_is_probed(
    what: str, command: str, tmp_path: Path, smtp: SmtpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    named = tmp_path / "notes"
    if what == "a text file":
        named.write_text("version: 1\nconnectors: []\n", encoding="ascii")
    else:
        with contextlib.closing(sqlite3.connect(named)) as connection:
            connection.execute("CREATE TABLE moz_places (url TEXT)")
    content, files = named.read_bytes(), {one.name for one in tmp_path.iterdir()}
    if command == "host":
        code = run([f"127.0.0.1:{smtp.port}", "--no-control", "--history", str(named)])
        captured = capsys.readouterr()
        out, err = captured.out, captured.err
    else:
        more = ("--format", "nagios") if command == "nagios" else ()
        code, out, err = probe(write_file(tmp_path, smtp.port), "--history", named, *more)
        files.add("probes.yaml")
    said = out if command == "nagios" else err
    assert (code, smtp.met) == (3 if command == "nagios" else 2, 0)
    assert f"notes is {what}" in said
    assert "give the history a file of its own" in said
    assert named.read_bytes() == content
    assert {one.name for one in tmp_path.iterdir()} == files


def test_a_history_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    file = write_file(tmp_path, 1)
    code, out, err = probe(file, "--history", file / "h.sqlite3")
    assert (code, out[:11]) == (1, "FAILING  C0")
    assert err.count("probe: error: history") == 1
    assert "Traceback" not in err


def test_the_command_line_leaves_an_unreadable_history_to_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was made by sudo, say: the result still comes out. Root may read everything, so this asks by hand."""
    file, history, may = write_file(tmp_path, 1), tmp_path / "h.sqlite3", os.access
    history.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(history) and may(path, mode))
    code, out, err = probe(file, "--history", history)
    assert (code, out[:11]) == (1, "FAILING  C0"), err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--history", "FILE"], "--history names the file of connectors"),
        (["--history", "h.sqlite3", "--no-history"], "exclude each other"),
        (["--only-changes", "--no-history"], "--only-changes needs the history"),
        (["--remind", "6h"], "--remind without --only-changes"),
        (["--remind", "6", "--only-changes"], "--remind of 6 s"),
        (["--remind", "soon", "--only-changes"], "'soon' is not a duration"),
        (["--splay", "2d"], "--splay of 172800 s"),
        (["--run-deadline", "0"], "--run-deadline of 0 s"),
        (["--run-deadline", ""], "--run-deadline '' is not a duration"),
        (["--history", "/"], "--history / is a directory"),
        (["--check", "--format", "yunit"], "--format yunit is not known"),
        (["--retries", "-1"], "retries of -1"),
        (["--ping", "hc-ping.com/hunter2"], "--ping holds no URL"),
        (["--ping", "${PROBE_NOT_SET}"], "PROBE_NOT_SET is not set"),
        (["--notify", "json://hunter2@localhost"], "--notify does not name a variable"),
        (["--notify", "PROBE_NOT_SET"], "PROBE_NOT_SET is not set"),
        (["--notify", "BAD_SINK"], "BAD_SINK holds no URL that Apprise knows"),
    ],
)
def test_bad_input_is_explained(
    argv: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAD_SINK", "nonsense://hunter2")
    file = write_file(tmp_path, smtp.port)
    code, out, err = probe(file, *(str(file) if word == "FILE" else word for word in argv))
    assert (code, out, smtp.met) == (2, "", 0)
    assert message in err
    assert "hunter2" not in err
    assert len(err.splitlines()) == 2, err


# --- one at a time, a little late, not for ever ----------------------------------------------------------------


def test_where_nothing_can_be_written_a_run_goes_on_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    file, home = write_file(tmp_path, smtp.port), tmp_path / "home"
    home.write_text("no folder", encoding="ascii")
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    code, _, err = probe(file, "--no-history")
    assert (code, err) == (0, "probe: no lock could be taken, so another run of this file would not be noticed\n")


def test_a_second_run_of_the_same_file_goes_away(tmp_path: Path, smtp: SmtpServer) -> None:
    file = write_file(tmp_path, smtp.port)
    smtp.silent = True
    argv = [sys.executable, "-m", "connector_probe", "run", str(file)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first, ended(first):
        assert smtp.met_silent.wait(GENEROUS)
        code, out, err = probe(file)
        assert (code, out) == (3, "")
        assert f"is under way (process {first.pid}, since " in err
        assert probe(file, "--quiet") == (3, "", ""), "cron's owner gets no mail for it"
        assert probe(file, "--only", "C0", "--check")[0] == 0
        first.kill()
    smtp.silent = False
    assert probe(file, "--quiet") == (0, "", ""), "the lock went with the process"


def test_splay_can_be_interrupted(tmp_path: Path) -> None:
    file = write_file(tmp_path, 1)
    terminal, its_end = os.openpty()
    argv = [sys.executable, "-m", "connector_probe", "run", str(file), "--splay", "20h"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=its_end) as process, ended(process):
        os.close(its_end)
        assert b"starting in " in os.read(terminal, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(GENEROUS) == 130
    os.close(terminal)


def test_what_is_not_known_at_the_deadline_is_unknown(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.silent = True
    file = write_file(tmp_path, smtp.port, 1)
    code, out, err = probe(file, "--run-deadline", "300ms", "--json")
    assert code == 1
    assert "the run's deadline has passed: 1 of 2" in err
    found = [(one["status"], one["diagnosis"]["class"]) for one in json.loads(out)["results"]]
    assert found == [("unknown", "local-interrupted"), ("failing", "tcp-refused")]
    assert probe(file, "--run-deadline", "300ms", "--only", "C0")[0] == 3


def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    """Whatever keeps it from ending: here a thread that does not listen."""
    code = (
        "import time; from connector_probe.cli import cron; cron.GRACE = 0.05\nwith cron.ended_by(0.05): time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=GENEROUS, check=False)
    assert done.returncode == 3
    assert "and was ended" in done.stderr


# --- somebody is told ------------------------------------------------------------------------------------------


def test_sinks_are_told_of_changes_and_only_of_those(
    tmp_path: Path, smtp: SmtpServer, web: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINKS", f"json://127.0.0.1:{web.port}/good json://user:hunter2@127.0.0.1:{web.port}/broken")
    file, history = write_file(tmp_path, smtp.port, more="notify: SINKS"), tmp_path / "h.sqlite3"
    assert probe(file, "--history", history, "--quiet") == (0, "", "")
    assert web.requests == []
    smtp.sound = False
    code, _, err = probe(file, "--history", history, "--quiet")
    assert code == 1
    assert "SINKS (URL 2) could not be told" in err
    assert "hunter2" not in err
    assert sorted(path for path, _ in web.requests) == ["POST /broken", "POST /good"]
    message = json.loads(next(body for path, body in web.requests if "good" in path))
    assert message["title"] == "FAILING: C0: 450 4.4.317 Cannot connect to remote server"
    assert message["type"] == "failure"
    for told in ("5.3.2 no service here", "starts to bounce in 24 h", "Cause (confirmed): ", "What to do: "):
        assert told in message["message"]
    web.requests.clear()
    probe(file, "--history", history, "--quiet")
    assert [path for path, _ in web.requests] == ["POST /broken"], "it was not told yet, and is told again"
    web.requests.clear()
    smtp.sound = True
    probe(file, "--history", history, "--quiet")
    ((path, body),) = web.requests
    assert path == "POST /good"
    assert "As expected again.\nIt failed from " in json.loads(body)["message"]
    assert json.loads(body)["type"] == "success"
    assert "hunter2" not in history.read_bytes().decode("latin-1")


def test_a_first_warning_is_not_called_a_recovery(
    tmp_path: Path, web: Heard, monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer
) -> None:
    monkeypatch.setenv("SINK", f"json://127.0.0.1:{web.port}/sink")
    file = write_file(tmp_path, smtp.port, more="warn_days: 3000")
    probe(file, "--history", tmp_path / "h.sqlite3", "--notify", "SINK")
    ((_, body),) = web.requests
    assert json.loads(body)["title"].startswith("WARNING: C0")
    assert "again" not in json.loads(body)["message"]


def test_notify_for_all_connectors_and_reminders(tmp_path: Path, web: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINK", f"json://127.0.0.1:{web.port}/sink")
    file, history = write_file(tmp_path, 1, 2), tmp_path / "h.sqlite3"
    options = (file, "--history", history, "--notify", "SINK", "--remind", "6h", "-q")
    probe(*options)
    assert [json.loads(body)["title"] for _, body in web.requests] == ["connector-probe: 2 failing"]
    probe(*options)
    assert len(web.requests) == 1
    rewind(history, hours=6)
    probe(*options)
    assert len(web.requests) == 2


def test_a_missing_extra_is_told_before_anything_is_probed(
    tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINK", "json://127.0.0.1:1/sink")
    monkeypatch.setitem(sys.modules, "apprise", None)
    code, out, err = probe(write_file(tmp_path, smtp.port, more="notify: SINK"))
    assert (code, out, smtp.met) == (2, "", 0)
    assert f"hint: {sys.executable} -m pip install apprise\n" in err


def test_the_dead_man_url_is_asked_for(
    tmp_path: Path, smtp: SmtpServer, web: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PING", f"http://127.0.0.1:{web.port}/hunter2?create=1")
    file = write_file(tmp_path, smtp.port, top="ping: ${PING}")
    assert probe(file, "-q") == (0, "", "")
    smtp.sound = False
    assert probe(file, "-q")[0] == 1
    code, _, err = probe(file, "-q", "--ping", f"http://127.0.0.1:{web.port}/broken/hunter2")
    assert (code, err) == (1, "probe: the dead-man URL at 127.0.0.1 could not be told: HTTP 500\n")
    code, _, err = probe(file, "-q", "--ping", "http://127.0.0.1:1/hunter2")
    assert code == 1
    assert "Connection refused" in err
    assert "hunter2" not in err
    assert [path for path, _ in web.requests] == [
        "GET /hunter2?create=1",
        "GET /hunter2/fail?create=1",
        "GET /broken/hunter2/fail",
    ]


def test_a_host_by_hand_is_remembered_only_where_that_is_asked_for(tmp_path: Path) -> None:
    shown, history = io.StringIO(), tmp_path / "h.sqlite3"
    argv = ["127.0.0.1:1", "--tls", "opportunistic", "--no-control"]
    with contextlib.redirect_stdout(shown):
        assert run(argv) == 1
        assert run([*argv, "--history", str(history)]) == 1
    assert "Mail queued from now on" in shown.getvalue()
    assert not list((tmp_path / "state").rglob("*.sqlite3"))
    rewind(history, hours=2)
    with contextlib.redirect_stdout(shown):
        assert run([*argv, "--history", str(history)]) == 1
    told = " ".join(shown.getvalue().split())
    assert "Seen failing since" in told
    assert "starts to bounce in 21 h 59" in told
