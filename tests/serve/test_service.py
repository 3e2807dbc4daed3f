"""What is probed when, what is remembered over a restart, what several places say together, who is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector_probe.lab import Lab
from connector_probe.model.verdict import Status
from connector_probe.serve.events import Event, EventKind
from connector_probe.serve.scheduling import SOONER, SPREAD, pause, turn
from connector_probe.serve.snapshots import Snapshot, Trigger
from connector_probe.wording.catalogue.zh import CHINESE
from tests.cli.servers import Heard, SmtpServer
from tests.serve.harness import GENEROUS, Running, lab_row, row, running, write

CLOSED = 1  # a port that nobody listens on


# --- when ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failures", "expected"), [(0, 300), (1, 60), (2, 120), (3, 240), (4, 300), (5000, 300)])
def test_what_fails_is_probed_sooner_and_then_less_and_less(failures: int, expected: float) -> None:
    seen = [pause(300, failures) for _ in range(200)]
    assert 0.9 * expected <= min(seen) < 0.95 * expected
    assert 1.05 * expected < max(seen) <= 1.1 * expected
    assert 9 <= pause(10, failures) <= 11, "and never less often than its interval"


def test_what_is_overdue_begins_one_by_one() -> None:
    few, many = [turn(at, 10) for at in range(10)], [turn(at, 10_000) for at in range(10_000)]
    assert few == sorted(set(few))
    assert few[-1] < SOONER
    assert many[-1] < SPREAD


@contextlib.asynccontextmanager
async def heard(one: Running, number: int) -> AsyncIterator[list[Event]]:
    """The next ``number`` results, once the body has ended."""
    seen: list[Event] = []
    with one.server.service.hub._listening() as queue:
        yield seen
        async with asyncio.timeout(GENEROUS):
            while len(seen) < number:
                event = await queue.get()
                if event is not None and event.kind is EventKind.RESULT:
                    seen.append(event)


async def test_the_schedule_probes_by_itself_and_never_twice_at_once(tmp_path: Path, smtp: SmtpServer) -> None:
    file = write(tmp_path, [row(f"C{number}", smtp.port) for number in range(5)])
    async with running(file, scheduled=True) as one:
        async with heard(one, 5) as seen:
            pass
        assert {event.connector for event in seen} == {f"C{number}" for number in range(5)}
        document = await one.json("/api/v1/connectors")
        for each in document["connectors"]:
            left = datetime.fromisoformat(each["next_at"]) - datetime.now(UTC)
            assert timedelta(seconds=200) < left < timedelta(seconds=331)
        met = smtp.met
        service = one.server.service
        snapshots = await asyncio.gather(*(service.probe("C0", Trigger.REQUEST) for _ in range(5)))
        assert smtp.met == met + 1
        assert len(set(map(id, snapshots))) == 1


async def test_a_fault_that_nobody_waits_for_is_in_the_log(
    tmp_path: Path, smtp: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(snapshot: Snapshot) -> None:
        raise ValueError("stumbled")

    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        service = one.server.service
        service._seen = stumble
        probing = service.begin("A", Trigger.SCHEDULE)
        await asyncio.wait({probing})
        assert "stumbled" in caplog.text
        assert service.tracked("A").running is None


async def test_a_connector_that_is_new_in_the_file_is_probed_soon(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", smtp.port)]), scheduled=True) as one:
        async with heard(one, 1):
            pass
        write(tmp_path, [row("B", smtp.port)])
        async with heard(one, 1) as seen:
            await one.client.post("/-/reload")
        assert seen[0].connector == "B"
        assert (await one.get("/api/v1/connectors/A")).status_code == 404


# --- over a restart --------------------------------------------------------------------------------------------


async def test_a_restart_loses_nothing_and_does_not_burst(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.sound = False
    file, history = write(tmp_path, [row("A", smtp.port), row("B", smtp.port)]), tmp_path / "h.sqlite3"
    async with running(file, history=history) as one:
        await one.client.post("/api/v1/connectors/A/probe?wait=true")
        before = await one.json("/api/v1/connectors/A")
    with contextlib.closing(sqlite3.connect(history)) as connection:
        connection.execute("UPDATE observation SET at = at - 3600000")
        connection.commit()
    met = smtp.met
    async with running(file, history=history, scheduled=True) as one:
        after = await one.json("/api/v1/connectors/A")
        assert after["report"]["results"][0]["diagnosis"] == before["report"]["results"][0]["diagnosis"]
        since = datetime.fromisoformat(after["connector"]["since"])
        due = await one.server.service.probe("B", Trigger.SCRAPE, 60)  # it is under way, or has ended already
        assert (due.trigger, smtp.met) == (Trigger.SCHEDULE, met + 1), "A keeps its time"
        await one.client.post("/api/v1/connectors/A/probe?wait=true")
        clock = (await one.json("/api/v1/connectors/A"))["report"]["results"][0]["outage"]
    assert since <= datetime.now(UTC)
    assert datetime.now(UTC) - datetime.fromisoformat(clock["since"]) > timedelta(minutes=59)


async def test_scrapes_leave_one_row_an_interval_and_every_change(tmp_path: Path, smtp: SmtpServer) -> None:
    file, history = write(tmp_path, [row("A", smtp.port, interval=10)]), tmp_path / "h.sqlite3"
    async with running(file, history=history) as one:
        service = one.server.service
        for sound in (True, True, False, False, True):
            smtp.sound = sound
            await service.probe("A", Trigger.SCRAPE)
    with contextlib.closing(sqlite3.connect(history)) as connection:
        rows = [status for (status,) in connection.execute("SELECT status FROM observation ORDER BY seq")]
    assert rows == ["warning", "failing", "warning"]


async def test_the_last_failed_evidence_is_kept_however_old(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.sound = False
    file, history = write(tmp_path, [row("A", smtp.port)]), tmp_path / "h.sqlite3"
    async with running(file, history=history) as one:
        await one.client.post("/api/v1/connectors/A/probe?wait=true")
        smtp.sound = True
        await one.client.post("/api/v1/connectors/A/probe?wait=true")
    async with running(file, history=history) as one:
        failed = await one.server.service.last_failed("A")
        assert (await one.json("/api/v1/connectors/A"))["connector"]["status"] == "warning"
    assert failed is not None
    assert failed[2].results[0].status is Status.FAILING


async def test_a_history_that_cannot_be_written_is_told_and_nothing_else_suffers(
    tmp_path: Path, smtp: SmtpServer
) -> None:
    history = tmp_path / "folder" / "h.sqlite3"
    (tmp_path / "folder").write_text("in the way", "utf-8")
    async with running(write(tmp_path, [row("A", smtp.port)]), history=history) as one:
        seen = await one.scrape("A")
        assert not await one.server.service.recorder._flush()
        (tmp_path / "folder").unlink()
        await one.server.service.recorder._flush()
    assert seen["probe_success"] == {"": 1}
    with contextlib.closing(sqlite3.connect(history)) as connection:
        assert connection.execute("SELECT count(*) FROM observation").fetchone() == (1,), "nothing is lost"


# --- several places --------------------------------------------------------------------------------------------


async def pushed(one: Running, place: str, source: Running, name: str = "A") -> None:
    """What another server of ours sees, as probe run --push would send it."""
    report = (await source.client.post(f"/api/v1/connectors/{name}/probe?wait=true")).json()["report"]
    answer = await one.client.post(f"/api/v1/results?place={place}", json=report)
    assert answer.json() == {"taken": [name], "rejected": []}, answer.text


async def test_places_judge_by_quorum(tmp_path: Path, smtp: SmtpServer) -> None:
    """From a branch alone it fails: a warning, and whose line it is. From most places: it fails."""
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    here, there = (write(tmp_path / folder, [row("A", smtp.port)]) for folder in ("here", "there"))
    async with running(here, history=tmp_path / "h.sqlite3") as one, running(there) as branch:
        await one.client.post("/api/v1/connectors/A/probe?wait=true")
        smtp.sound = False
        await pushed(one, "branch", branch)
        seen = (await one.json("/api/v1/connectors/A"))["connector"]
        assert (seen["status"], seen["expected"], seen["bounces_at"]) == ("warning", True, None)
        assert "Mail does not flow from branch" in seen["sentence"]
        assert [(each["place"], each["here"], each["status"]) for each in seen["places"]] == [
            ("here", True, "warning"),
            ("branch", False, "failing"),
        ]
        page = (await one.get("/connectors/A")).text
        assert "Turned away from branch, warning from here: the server goes by the source address" in page
        await pushed(one, "plant", branch)
        seen = (await one.json("/api/v1/connectors/A"))["connector"]
        assert (seen["status"], seen["code"]) == ("failing", "4.4.317")
        assert seen["bounces_at"] is not None
        known = await one.json("/api/v1/connectors/A/history")
        assert [each["place"] for each in known["connectors"]] == ["", "branch", "plant"]
        snapshots = one.server.service.tracked("A").snapshots
        for place in ("branch", "plant"):  # an hour in which neither has been heard of
            since = snapshots[place].received_at - timedelta(hours=1)
            snapshots[place] = replace(snapshots[place], received_at=since)
        seen = (await one.json("/api/v1/connectors/A"))["connector"]
        assert (seen["status"], seen["bounces_at"]) == ("warning", None), "who is silent has no voice"
        assert [each["silent"] for each in seen["places"]] == [False, True, True]
        assert (await one.get("/connectors/A")).text.count("has fallen silent") == 2
    async with running(here, history=tmp_path / "h.sqlite3") as one:
        seen = (await one.json("/api/v1/connectors/A"))["connector"]
        assert seen["status"] == "failing", "a restart forgets no place"


async def test_what_is_pushed_and_cannot_be_read_is_rejected_by_itself(tmp_path: Path, smtp: SmtpServer) -> None:
    async with running(write(tmp_path, [row("A", smtp.port), row("B", smtp.port)])) as one:
        answer = await one.client.post("/api/v1/connectors/A/probe?wait=true")
        report = answer.json()["report"]
        good = report["results"][0]
        report["results"] = [good | {"name": "stranger"}, good | {"evidence": {}}, good | {"name": "B"}]
        answer = await one.client.post("/api/v1/results?place=x", json=report)
        assert answer.status_code == 200
        document = answer.json()
        assert document["taken"] == ["B"]
        assert [each["name"] for each in document["rejected"]] == ["A", "stranger"]
        for body in ("{", "[]", '{"schema": "other/1", "results": []}', '{"schema": "connector-probe/report/1"}'):
            answer = await one.client.post(
                "/api/v1/results", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code == 400, body


# --- who is told -----------------------------------------------------------------------------------------------


async def test_sinks_are_told_once_of_a_change(
    tmp_path: Path, smtp: SmtpServer, web: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_NOTIFY", f"json://127.0.0.1:{web.port}/told")
    monkeypatch.setattr("connector_probe.serve.notifier.GATHER", 0.0)
    file = write(tmp_path, [row("A", smtp.port, notify="${PROBE_NOTIFY}")])
    async with running(file, history=tmp_path / "h.sqlite3") as one:
        for sound, told in ((True, 1), (False, 2), (False, 2), (True, 3)):
            smtp.sound = sound
            await one.client.post("/api/v1/connectors/A/probe?wait=true")
            await asyncio.to_thread(web.wait_for, told)
    titles = [json.loads(body)["title"] for _, body in web.requests]
    assert len(titles) == 3, titles
    assert "WARNING" in titles[0]
    assert "FAILING" in titles[1]
    assert "WARNING" in titles[2]


# --- what other connectors show of this machine -------------------------------------------------------------------


async def test_what_one_connector_proves_about_this_machine_holds_for_the_others(tmp_path: Path) -> None:
    """Two servers that tell the same other time acquit a third one's certificate: our clock may be wrong."""
    async with Lab.start(["certificate-expired", "clock-doubtful"]) as lab:
        doubtful = lab.connector("clock-doubtful")
        again = lab_row(doubtful, name="again", smart_hosts=["127.0.0.2"])
        rows = [lab_row(lab.connector("certificate-expired")), lab_row(doubtful), again]
        async with running(write(tmp_path, rows)) as one:
            seen = one.server.service
            alone = await seen.probe("certificate-expired", Trigger.REQUEST)
            for name in ("clock-doubtful", "again"):
                await seen.probe(name, Trigger.REQUEST)
            beside = await seen.probe("certificate-expired", Trigger.REQUEST)
            judged = seen.judged("certificate-expired", words=CHINESE)
    assert (alone.result.status, beside.result.status) == (Status.FAILING, Status.UNKNOWN)
    assert judged is not None
    assert judged.result.status is Status.UNKNOWN, "in other words it is the same verdict"
