"""The history file: two runs at once, kill -9, a full disk, a clock set back, damaged and foreign files."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector_probe.history import (
    DamagedError,
    History,
    HistoryError,
    NotAHistoryError,
    reading,
    servers_of,
    tables,
)
from connector_probe.history.migrations import MIGRATIONS, VERSION
from connector_probe.history.run_history import RunHistory
from connector_probe.history.summary import sum_up
from connector_probe.model.connector import Connector
from connector_probe.model.history import Announcement, Before, Document, DocumentKind
from connector_probe.model.verdict import Status
from connector_probe.wording.catalogue.en import ENGLISH
from tests.history.killing import recorded
from tests.history.rows import DAY, NOW, STEP, rows_of, sightings
from tests.real.parts import missing, require, require_root

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite3"


def letters(path: Path, name: str = "A") -> str:
    """The statuses of a connector's rows, by their first letters."""
    History(path).names()  # which brings it to this version
    return "".join(row.status.value[0] for row in rows_of(path, name))


def test_what_is_recorded_is_read_back(path: Path) -> None:
    history = History(path)
    history.record([*sightings("hhft"), *sightings("w", "B")])
    past, other = history.pasts(NOW, DAY, whole=True)
    rows = rows_of(path)
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert [row.code for row in rows] == [None, None, "4.4.316", "4.4.315"]
    assert rows[-1].at == NOW
    assert [(one.first.seq, one.rows) for one in past.stretches] == [(1, 0), (3, 1), (4, 1)]
    assert [(one.certificate.sha256, one.first_seq, one.last_seq) for one in past.certificates] == [("AA", 1, 2)]
    assert (other.name, other.stretches[0].first.status) == ("B", Status.WARNING)
    assert history.names() == ["A", "B"]


def test_a_history_that_is_not_there_yet_knows_nothing(path: Path) -> None:
    assert History(path).pasts(NOW, DAY) == []
    assert History(path).before(["A"]) == {}
    assert not path.exists(), "reading makes no file"


def test_before_a_run(path: Path) -> None:
    history = History(path)
    history.record(list(sightings("hhfut")))
    history.announce("stdout", [("A", "", "failing")], NOW)
    known = history.before(["A", "B"])
    assert known["A", ""].last is not None
    assert known["A", ""].last.code == "4.4.315"
    assert known["A", ""].flowed_at == NOW - 3 * STEP
    assert known["A", ""].failed == (NOW - 2 * STEP, NOW)
    assert known["A", ""].announced == {"stdout": Announcement("failing", NOW)}
    assert ("B", "") not in known


def test_each_place_has_a_past_of_its_own(path: Path) -> None:
    here, branch = History(path), History(path, place="branch")
    here.record(list(sightings("hh")))
    branch.record(list(sightings("hf")))
    branch.announce("stdout", [("A", "", "failing")], NOW)
    assert (len(here.before(["A"])["A", ""].failed), len(branch.before(["A"])["A", ""].failed)) == (0, 1)
    assert here.before(["A"])["A", ""].announced == {}
    assert [(past.name, past.place, len(past.stretches)) for past in here.pasts(NOW, DAY)] == [
        ("A", "", 1),
        ("A", "branch", 2),
    ]
    assert here.names() == ["A"]


def test_the_newest_document_of_each_kind_is_kept(path: Path) -> None:
    history = History(path)
    for at, text in enumerate(("one", "two")):
        documents = [Document("A", DocumentKind.FAILED, NOW + at * STEP, text)]
        history.record(list(sightings("f", end=NOW + at * STEP)), documents)
    History(path, place="branch").record(list(sightings("h")), [Document("A", DocumentKind.LAST, NOW, "three")])
    assert history.documents(DocumentKind.FAILED) == [Document("A", DocumentKind.FAILED, NOW + STEP, "two")]
    assert history.documents(DocumentKind.LAST) == [Document("A", DocumentKind.LAST, NOW, "three", "branch")]
    assert history.documents(DocumentKind.LAST, "B") == []


def test_a_clock_that_is_set_back_does_not_break_the_order(path: Path) -> None:
    history = History(path)
    history.record(list(sightings("hf")))
    history.record(list(sightings("u", end=NOW - timedelta(days=400))))
    history.record(list(sightings("h", end=NOW - timedelta(days=399))))
    assert letters(path) == "hfuh"
    known = history.before(["A"])["A", ""]
    assert (known.last is not None and known.last.status, known.failed) == (Status.HEALTHY, ())


def test_old_successes_are_thinned_once_a_day(path: Path) -> None:
    history = History(path)
    history.record(list(sightings("h" * 600 + "f" + "h" * 600)))
    history.thin(NOW)
    kept = letters(path)
    assert "hfh" in kept
    assert 288 < len(kept) < 400
    history.record(list(sightings("h" * 600)))
    history.thin(NOW + timedelta(hours=1))
    assert len(letters(path)) == len(kept) + 600, "not twice a day"
    history.thin(NOW - timedelta(days=3))
    assert len(letters(path)) == len(kept) + 600, "of the future, by a clock that was set back"


def test_thinning_stops_when_its_time_is_over_and_goes_on_with_the_next_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector_probe.history.storage.THIN_FOR", 0.0)
    history = History(path)
    history.record([*sightings("h" * 600, "A"), *sightings("h" * 600, "B")])
    history.thin(NOW)
    assert (len(letters(path, "A")) < 400, len(letters(path, "B"))) == (True, 600)
    history.thin(NOW)
    assert len(letters(path, "B")) < 400


# --- migrations ------------------------------------------------------------------------------------------------


def at_version(path: Path, version: int) -> None:
    """A file as an earlier version of this program left it."""
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.executemany(
            "INSERT INTO connector (id, name, queue_lifetime) VALUES (?, ?, 86400.0)", [(1, "A"), (2, "B")]
        )
        connection.executemany(
            "INSERT INTO observation (seq, connector, at, status, expected, maintenance) VALUES (?, ?, ?, ?, 1, 0)",
            [(1, 1, AT, "healthy"), (2, 2, AT, "failing"), (3, 1, AT, "healthy"), (4, 1, AT, "failing")],
        )
        if version > 1:
            connection.execute("INSERT INTO certificate VALUES (1, 's', 25, 'AA', '', '', 1, 2, 1, 1, 1, 1)")


AT = int((NOW - DAY).timestamp()) * 1000


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_file_of_each_earlier_version_is_brought_up(version: int, path: Path) -> None:
    at_version(path, version)
    assert letters(path) == "hhf"
    History(path).record(list(sightings("f")))
    assert (letters(path), letters(path, "B")) == ("hhff", "f")
    known, other = History(path).pasts(NOW, DAY, whole=True)
    assert [(one.first.status.value, one.rows) for one in known.stretches] == [
        ("healthy", 0),
        ("failing", 1),
        ("failing", 1),  # with a code
    ]
    assert [(one.first.status.value, one.rows) for one in other.stretches] == [("failing", 1)]
    assert len(known.certificates) == (version > 1)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


# --- whose past it is ------------------------------------------------------------------------------------------


def test_a_connector_is_known_by_its_name_and_its_servers(path: Path) -> None:
    """A file that was tried in the lab has the names of the real one."""
    history = History(path)
    lab, real = "127.0.0.1:2525", "mail.contoso.com:25"
    history.record([replace(one, servers=lab) for one in sightings("fff")])
    history.record([replace(one, servers=real) for one in sightings("h")])
    history.announce("stdout", [("A", lab, "failing"), ("A", "elsewhere:25", "failing")], NOW)
    before = history.before(["A"])
    assert (len(before["A", lab].failed), before["A", real].failed) == (3, ())
    assert before["A", real].announced == {}
    assert [(one.name, one.servers) for one in history.pasts(NOW, DAY)] == [("A", lab), ("A", real)]
    assert history.names() == ["A"]


def test_what_was_recorded_without_servers_is_of_who_has_the_name(path: Path) -> None:
    at_version(path, VERSION - 1)
    real, lab = Connector(name="A", smart_hosts=["mail.contoso.com"]), Connector(name="A", smart_hosts=["127.0.0.1:25"])
    known = RunHistory({"A": ()}, path, ENGLISH, say=print, fail=print)
    assert known.recovering([real]) == {"A"}
    assert len(known.before("A", real).failed) == 1
    History(path).record([replace(one, servers=servers_of(real)) for one in sightings("f")])
    known = RunHistory({"A": ()}, path, ENGLISH, say=print, fail=print)
    assert len(known.before("A", real).failed) == 2
    assert known.before("A", lab) == Before()


def test_servers_are_the_same_in_any_order() -> None:
    one = Connector(smart_hosts=["mail.contoso.com", "203.0.113.7:2525", "2001:db8::1"])
    other = Connector(name="B", smart_hosts=["[2001:db8::1]:25", "203.0.113.7:2525", "mail.contoso.com"])
    assert servers_of(one) == servers_of(other) == "203.0.113.7:2525, [2001:db8::1]:25, mail.contoso.com:25"
    assert servers_of(Connector(use_mx="contoso.com", port=2525)) == "MX contoso.com:2525"


# --- however old it is -----------------------------------------------------------------------------------------


def steps(path: Path, ask: Callable[[sqlite3.Connection], object]) -> int:
    """How many hundreds of steps SQLite's machine takes to answer."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.set_progress_handler(count, 100)
        ask(connection)
    return taken


ASKED: dict[str, Callable[[sqlite3.Connection], object]] = {
    "before": lambda one: reading.before_each(one, "", ["A", "B"]),
    "a past": lambda one: list(reading.pasts(one, ["A"], NOW, DAY, whole=False)),
    "a whole past": lambda one: list(reading.pasts(one, ["A"], NOW, DAY, whole=True)),
    "thin": lambda one: tables.superfluous_rows(one, NOW + 2 * DAY, 3600.0),
}


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The histories of some weeks and of a year."""
    folder = tmp_path_factory.mktemp("aged")
    young, old = folder / "young.sqlite3", folder / "old.sqlite3"
    of_age(young, 0.1)
    of_age(old, 1)
    return young, old


def of_age(path: Path, years: float) -> None:
    """Probed every hour, with an outage some days ago; and B has failed all the time, in two ways."""
    hours = int(years * 365 * 24)
    rows = [*sightings("h" * hours + "f" * 9 + "h" * 90, step=timedelta(hours=1))]
    rows += sightings("ft" * ((hours + 99) // 2), "B", step=timedelta(hours=1))
    History(path).record(sorted(rows, key=lambda one: one.at))
    with contextlib.closing(sqlite3.connect(path)) as connection:  # as if it had been thinned all the time
        for job in ("thin 1", "thin 2"):
            tables.done(connection, job, NOW)
        connection.commit()


@pytest.mark.parametrize("asked", ASKED)
def test_the_age_of_a_history_costs_nothing(asked: str, aged: tuple[Path, Path]) -> None:
    young, old = (steps(path, ASKED[asked]) for path in aged)
    assert old <= 1.5 * young + 5


@pytest.mark.parametrize("asked", ASKED)
def test_every_question_has_an_index(asked: str, aged: tuple[Path, Path]) -> None:
    said: list[str] = []
    with contextlib.closing(sqlite3.connect(aged[0], isolation_level=None)) as connection:
        connection.set_trace_callback(said.append)
        ASKED[asked](connection)
        connection.set_trace_callback(None)
        selects = [one for one in dict.fromkeys(said) if one.startswith(("SELECT", "WITH"))]
        plans = [row[3] for one in selects for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert any("USING" in plan and "INDEX" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN") and ("observation" in plan or plan.endswith(" o"))] == []


def test_a_file_of_a_later_version_is_refused_and_not_touched(path: Path) -> None:
    History(path).record(list(sightings("h")))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    content = path.read_bytes()
    for work in both(History(path)):
        with pytest.raises(HistoryError, match="later version of probe") as caught:
            work()
        assert "update probe" in caught.value.hint
    assert path.read_bytes() == content


def with_tables(path: Path) -> None:
    run_sql(path, "CREATE TABLE moz_places (url TEXT)")


def with_an_id(path: Path) -> None:
    run_sql(path, "PRAGMA application_id = 252006673", "VACUUM")


def with_tables_not_in_the_file_yet(path: Path) -> None:
    """What its writer left behind it when it was killed is its own to clear up: it stands in the -wal file."""
    run_sql(path, "PRAGMA journal_mode = WAL", "CREATE TABLE moz_places (url TEXT)")
    kept = path.with_name("kept")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO moz_places VALUES ('x')")
        shutil.copytree(path.parent, kept)
    for one in kept.iterdir():
        shutil.copy(one, path.parent)
    shutil.rmtree(kept)


def run_sql(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


TEXTS = {
    "yaml": b"version: 1\nconnectors: []\n",
    "utf-8": "Verbindungen nach au\u00dfen \u8fde\u63a5\u5668".encode() * 5000,
    "utf-16": "Name,SmartHosts\r\n\u8fde\u63a5\u5668,mail.contoso.com\r\n".encode("utf-16"),
    "latin-1": "Gr\u00fc\u00dfe aus M\u00fcnchen\r\n".encode("latin-1") * 10,
    "gbk": "\u8fde\u63a5\u5668\u7684\u5386\u53f2\u8bb0\u5f55".encode("gbk") * 10,
    "dump": b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
}


@pytest.mark.parametrize(
    "make", [with_tables, with_an_id, with_tables_not_in_the_file_yet], ids=lambda one: one.__name__
)
def test_another_program_s_database_is_refused_and_not_touched(make: Callable[[Path], None], path: Path) -> None:
    path.parent.mkdir()
    make(path)
    before = contents(path.parent)
    for work in both(History(path)):
        with pytest.raises(NotAHistoryError, match="another program's database") as caught:
            work()
        assert "a file of its own" in caught.value.hint
    assert contents(path.parent) == before


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_refused_and_not_touched(text: bytes, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(text)
    for work in both(History(path)):
        with pytest.raises(NotAHistoryError, match="is a text file") as caught:
            work()
        assert "a file of its own" in caught.value.hint
    assert path.read_bytes() == text


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, which lies beside the history and is ours."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.suffix != ".lock"}


def both(history: History) -> Iterator[Callable[[], object]]:
    yield lambda: history.pasts(NOW, DAY)
    yield lambda: history.before(["A"])
    yield lambda: history.record(list(sightings("f")))


# --- damage ----------------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def scribble(path: Path) -> None:
    """Octets of chance, as of a disk that lost its mind; SQLite's mark is gone with the rest."""
    path.write_bytes(random.Random(7).randbytes(path.stat().st_size))


def scribble_behind_the_mark(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:16] + random.Random(7).randbytes(len(content) - 16))


def cut_within_the_mark(path: Path) -> None:
    os.truncate(path, 9)


def lose_the_application_id(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:68] + b"\0\0\0\1" + content[72:])


def zero_the_last_page(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-4096] + bytes(4096))


def scribble_on_an_old_page(path: Path) -> None:
    """Where the rows of long ago are, which no run reads."""
    content, page = path.read_bytes(), 4096 * (path.stat().st_size // 4096 // 2)
    path.write_bytes(content[:page] + random.Random(7).randbytes(4096) + content[page + 4096 :])


DAMAGES = (
    *(cut, cut_within_the_mark, zero, scribble, scribble_behind_the_mark),
    *(lose_the_application_id, zero_the_last_page, scribble_on_an_old_page),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("first", ["before", "record"])
def test_a_damaged_file_is_kept_aside_and_the_run_is_recorded(
    damage: Callable[[Path], None], first: str, path: Path
) -> None:
    History(path).record(list(sightings("h" * 500)))
    damage(path)
    damaged = path.read_bytes()
    said: list[str] = []
    history = History(path, say=said.append)
    if first == "before":
        history.before(["A"])
    history.record(list(sightings("f", end=NOW + STEP)))
    assert letters(path).endswith("f")
    (aside,) = path.parent.glob("history.sqlite3.damaged-20*Z")
    assert aside.read_bytes() == damaged
    assert "is damaged" in said[0]
    assert aside.name in said[1]
    History(path).record(list(sightings("h", end=NOW + 2 * STEP)))
    assert len(list(path.parent.glob("*damaged*"))) == 1


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_what_an_earlier_version_wrote_is_carried_over_too(version: int, path: Path) -> None:
    at_version(path, version)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE observation SET status = 'never written'")
        connection.execute(
            "INSERT INTO observation (connector, at, status, expected, maintenance) VALUES (1, 9, 'failing', 0, 0)"
        )
        connection.commit()
    History(path)._set_aside(DamagedError("is damaged"))
    assert letters(path) == "f"
    assert [one.first.status for one in History(path).pasts(NOW, DAY)[0].stretches] == [Status.FAILING]


def test_what_can_still_be_read_is_carried_over(path: Path) -> None:
    history = History(path)
    history.record(list(sightings("h" * 2000 + "f" * 10)))
    size = path.stat().st_size
    with path.open("r+b") as file:  # bad blocks in the middle
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096 * 8)
    said: list[str] = []
    History(path, say=said.append)._set_aside(DamagedError("is damaged"))
    kept = letters(path)
    assert 1000 < len(kept) < 2010
    assert kept.endswith("f" * 10), "the failure's beginning outlasts the damage"
    assert history.before(["A"])["A", ""].failed[0] == NOW - 9 * STEP


def test_no_damage_does_more_than_to_be_told(path: Path) -> None:
    """Bytes anywhere, in headers above all: a run is recorded or told why not, and what is read can be summed up."""
    history, luck = History(path), random.Random(5)
    history.record([*sightings("h" * 300 + "f" * 20), *sightings("hw" * 50, "B")])
    sound, recorded_anyway = path.read_bytes(), 0
    for _ in range(20):
        for one in path.parent.iterdir():
            one.unlink()
        content = bytearray(sound)
        for _ in range(luck.choice([1, 3, 10, 100])):
            page = luck.randrange(len(content) // 4096) * 4096
            content[luck.choice([luck.randrange(len(content)), luck.randrange(100), page + luck.randrange(40)])] = (
                luck.randrange(256)
            )
        path.write_bytes(content)
        with contextlib.suppress(HistoryError):
            history.before(["A", "B"])
        with contextlib.suppress(HistoryError):
            history.record(list(sightings("f", end=NOW + STEP)))
            recorded_anyway += 1
            for past in history.pasts(NOW, DAY, whole=True):
                sum_up(past, NOW, DAY)
    assert recorded_anyway > 15


def test_a_large_file_is_looked_at_now_and_then(path: Path) -> None:
    """A minute for each MiB: to look at 70 MiB takes a quarter of a second."""
    history = History(path, say=lambda text: None)
    history.record([*sightings("h" * 14_000)])
    assert path.stat().st_size > 1 << 20
    scribble_on_an_old_page(path)
    history.record(list(sightings("f", end=NOW + STEP)))
    assert not list(path.parent.glob("*damaged*"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables.done(connection, tables.CHECK, datetime.now(UTC) - timedelta(minutes=5))
        connection.commit()
    history.record(list(sightings("f", end=NOW + 2 * STEP)))
    assert len(list(path.parent.glob("*damaged*"))) == 1


def test_a_sound_file_is_never_set_aside(path: Path) -> None:
    """Another run may have replaced the damaged one meanwhile."""
    history = History(path)
    history.record(list(sightings("h")))
    history._set_aside(DamagedError("is damaged"))
    assert letters(path) == "h"
    assert not list(path.parent.glob("*damaged*"))


def test_an_empty_file_is_a_new_history(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    History(path).record(list(sightings("h")))
    assert letters(path) == "h"


def test_a_file_that_is_locked_is_said_to_be(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_probe.history.storage.PATIENCE", 0.05)
    History(path).record(list(sightings("h")))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for work in both(History(path)):
            with pytest.raises(HistoryError, match="locked"):
                work()
    assert letters(path) == "h"


def test_a_folder_that_is_a_file_and_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for bad in (tmp_path / "file" / "history.sqlite3", tmp_path):
        with pytest.raises(HistoryError, match="history ") as caught:
            History(bad).record(list(sightings("h")))
        assert caught.value.hint


# --- more than one process -------------------------------------------------------------------------------------


def program(*arguments: str) -> str:
    """What a program that may import the tests and the package printed."""
    done = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


RECORD_SIDE_BY_SIDE = """
import os, sys
from pathlib import Path
from connector_probe.history import History
from tests.history.killing import run_of
writers = []
for begin in map(int, sys.argv[2:]):
    writers.append(os.fork())
    if writers[-1] == 0:
        for number in range(begin, begin + 25):
            History(Path(sys.argv[1])).record(run_of(number))
        os._exit(0)
sys.exit(any(os.waitpid(writer, 0)[1] for writer in writers))
"""


def test_runs_that_overlap_lose_nothing(path: Path) -> None:
    begins = (0, 1000, 2000)
    program(sys.executable, "-c", RECORD_SIDE_BY_SIDE, str(path), *map(str, begins))
    found = recorded(path)
    assert sorted(found) == [begin + number for begin in begins for number in range(25)]
    assert set(found.values()) == {3}


def test_kill_9_in_the_middle_of_writing(tmp_path: Path) -> None:
    """In memory: no kill can tell it from a disk."""
    folder = MEMORY / f"probe-history-{os.getpid()}" if MEMORY.is_dir() else tmp_path
    folder.mkdir(exist_ok=True)
    try:
        program(sys.executable, "-m", "tests.history.killing", str(folder), "200")
    finally:
        if folder != tmp_path:
            shutil.rmtree(folder)


FULL = """
set -e
mount -t tmpfs -o size=256k none "$1"
exec "$2" - "$1" <<'PYTHON'
import sys
from pathlib import Path
from connector_probe.history import History, HistoryError
from tests.history.killing import recorded, run_of
path = Path(sys.argv[1]) / "history.sqlite3"
number, told = 0, None
while number < 1000 and told is None:
    try:
        History(path).record(run_of(number))
        number += 1
    except HistoryError as error:
        told = error
found = recorded(path)
assert told is not None and number > 0, number
assert sorted(found) == list(range(number)) and set(found.values()) == {3}, (number, found)
assert History(path).before(["A"])["A", ""].last is not None
print(told, "/", told.hint)
PYTHON
"""


def own_mounts() -> str:
    """The path of unshare, where this user may mount."""
    require_root("A file system of our own")
    unshare = require("unshare", "util-linux")
    allowed = subprocess.run([unshare, "-m", "true"], capture_output=True, text=True, check=False)
    if allowed.returncode != 0:
        missing(f"no mount namespaces here: {allowed.stderr.strip()}")
    return unshare


def test_a_full_disk(tmp_path: Path) -> None:
    unshare = own_mounts()
    out = program(unshare, "-m", "sh", "-c", FULL, "sh", str(tmp_path), sys.executable)
    assert "the disk is full" in out


READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
exec "$2" - "$1" <<'PYTHON'
import sys
from pathlib import Path
from connector_probe.history import History, HistoryError
from tests.history.rows import sightings
folder = Path(sys.argv[1])
history = History(folder / "history.sqlite3")
assert history.before(["A"])["A", ""].last is not None, "it can still be read"
for one in (history, History(folder / "new.sqlite3"), History(folder / "deeper" / "new.sqlite3")):
    try:
        one.record(list(sightings("h")))
    except HistoryError as error:
        print(error, "/", error.hint)
    else:
        raise AssertionError(one.path)
PYTHON
"""


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    unshare = own_mounts()
    History(tmp_path / "history.sqlite3").record(list(sightings("h")))
    out = program(unshare, "-m", "sh", "-c", READ_ONLY, "sh", str(tmp_path), sys.executable)
    assert len(out.splitlines()) == 3, out
