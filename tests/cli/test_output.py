"""Which documents a run gives and where they go: --format, -o, exit codes, files in one step, lines as they come."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector_probe.cli.app import run
from connector_probe.cli.cron import alone
from connector_probe.cli.delivery import without_commands
from connector_probe.cli.output import terminal_width, write_file
from connector_probe.formats import RENDERERS, Format, RenderOptions, nagios
from connector_probe.history import History
from tests.formats.sample import only

Captured = pytest.CaptureFixture[str]


def refusing() -> tuple[socket.socket, str]:
    """A port of loopback that refuses connections as long as the socket lives."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture(scope="module")
def refused() -> Iterator[str]:
    held, name = refusing()
    with held:
        yield name


def probe(*arguments: str) -> int:
    return run(["--no-control", "--tls", "opportunistic", *arguments])


WRONG = [
    (["--format", "hmtl"], "--format hmtl is not known", "did you mean html?"),
    (["--format", "pdf"], "--format pdf is not known", "one of: text, json, jsonl"),
    (["--format", ""], "--format '' is not known", "one of"),
    (["--format", "json="], "--format json= names no file", "as in: --format json=FILE"),
    (["--format", "json=/dev/null/a.json"], "--format json=/dev/null/a.json: there is no such directory", "make"),
    (["--format", "json=/"], "--format json=/ is a directory", "name a file in it"),
    (["--format", "text", "--format", "json"], "--format text and --format json would both go to standard output", "="),
    (["--format", "json", "--format", "json"], "would both go to standard output", "--format json=FILE"),
    (["--format", "text", "--format", "json=-"], "text and json would both go to standard output", "its own file"),
    (["--format", "html=a", "--format", "json=./a"], "html and json would both go to a", "its own file"),
    (["--format", "html=a", "-o", "b"], "-o names a file, and so does each --format", "leave -o out"),
    (["--format", "text", "-o", "b", "--format", "html=b"], "text and html would both go to b", "its own file"),
    (["--format", "text", "--json"], "--json and --format text exclude each other", "one of them"),
    (["-o", "/dev/null/a"], "-o /dev/null/a: there is no such directory", "make it first"),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), WRONG)
def test_what_cannot_be_is_told_before_anything_is_probed(
    arguments: list[str], message: str, hint: str, capsys: Captured
) -> None:
    assert run([*arguments, "127.0.0.1:1"]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert hint in told.err.splitlines()[1]
    assert told.out == ""


@pytest.mark.skipif(sys.platform != "linux", reason="root's powers are dropped by Linux' setpriv")
def test_an_unwritable_target_is_told_before_anything_is_probed(tmp_path: Path) -> None:
    target = tmp_path / "a.xml"
    command = [sys.executable, "-m", "connector_probe", "--format", f"junit={target}", "127.0.0.1:1"]
    if os.getuid() == 0:  # whom no permission stops
        command = ["setpriv", "--bounding-set=-dac_override", *command]
    tmp_path.chmod(0o555)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert f"--format junit={target} cannot be written" in done.stderr


def test_several_documents_from_one_run(refused: str, tmp_path: Path, capsys: Captured) -> None:
    files = {one: tmp_path / f"report.{one}" for one in Format if one is not Format.TEXT}
    asked = [part for one, path in files.items() for part in ("--format", f"{one}={path}")]
    assert probe(*asked, "--format", "text", refused) == 1
    assert capsys.readouterr().out.startswith("FAILING")
    for path in files.values():
        assert "4.4.316" in path.read_text(encoding="utf-8"), path
    assert sorted(tmp_path.iterdir()) == sorted(files.values())  # nothing temporary stays behind


def test_each_document_is_in_its_own_language(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """What a person reads follows the locale, what a program reads does not, whichever was named first."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    report = tmp_path / "report.json"
    assert probe("--format", "text", "--format", f"json={report}", refused) == 1
    text, document = capsys.readouterr().out, json.loads(report.read_text())
    assert document["results"][0]["diagnosis"]["detail"].isascii()
    assert document["vantage"]["notes"][0].isascii()
    assert not text.isascii()
    assert probe("--format", "jsonl", "--format", f"text={report}", refused) == 1
    assert json.loads(capsys.readouterr().out)["diagnosis"]["detail"].isascii()
    assert report.read_text(encoding="utf-8").splitlines()[0] == text.splitlines()[0]


def test_documents_in_files_leave_standard_output_empty(refused: str, tmp_path: Path, capsys: Captured) -> None:
    assert probe("--format", f"junit={tmp_path / 'a.xml'}", refused) == 1
    assert probe("--json", "-o", str(tmp_path / "a.json"), refused) == 1
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "a.json").read_text())["summary"]["failing"] == 1


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """Whoever opened the old file reads it to its end; a link stays a link, the mode stays as it was."""
    target, link = tmp_path / "a.prom", tmp_path / "link.prom"
    target.write_text("old\n")
    target.chmod(0o640)
    link.symlink_to(target)
    with target.open() as reader:
        write_file(link, "new\n")
        assert reader.read() == "old\n"
    assert target.read_text() == "new\n"
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.prom"
    target.write_text("old\n")
    with pytest.raises(UnicodeEncodeError):
        write_file(target, "half a document, then \ud800")
    assert target.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
def test_a_full_disk_is_told_and_all_else_is_written(refused: str, tmp_path: Path, capsys: Captured) -> None:
    assert probe("--format", "text", "--format", "json=/dev/full", refused) == 1
    told = capsys.readouterr()
    assert "/dev/full cannot be written: No space left on device" in told.err
    assert told.out.startswith("FAILING")
    assert probe("--json", "-o", "/dev/full", "--expect", "4.4.316", refused) == 3
    assert json.loads(capsys.readouterr().out)["summary"]["failing"] == 1
    text = "450 4.4.316 Connection refused [Message=Socket error code 10061]"
    assert run(["explain", text, "--json", "-o", "/dev/full"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["matches"]
    assert told.err.startswith("probe: error: /dev/full cannot be written: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["PROBE", "--history", "h.sqlite3"], 1),
        (["PROBE", "--format", "jsonl"], 1),
        (["PROBE", "--format", "nagios"], 2),
        (["PROBE", "--expect", "4.4.316"], 3),
        (["PROBE", "--expect", "4.4.316", "--format", "text", "--format", "json=report.json"], 3),
        (["codes"], 2),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else str(given),
)
def test_a_full_standard_output_is_said(refused: str, tmp_path: Path, argv: list[str], code: int) -> None:
    words = ["--no-control", refused] if argv[0] == "PROBE" else argv[:1]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "connector_probe", *words, *argv[1:]],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
    assert done.returncode == code
    assert done.stderr == "probe: error: standard output cannot be written: No space left on device\n"
    if "json=report.json" in argv:  # nothing else suffers
        assert json.loads((tmp_path / "report.json").read_text())["results"][0]["expected"]
    if "--history" in argv:
        assert len(History(tmp_path / "h.sqlite3").names()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors of Unix")
def test_closed_standard_streams_are_no_fault(refused: str) -> None:
    shell = f'"{sys.executable}" -m connector_probe --no-control {refused} <&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", shell], timeout=60, check=False).returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors of Unix")
def test_a_closed_standard_output_loses_the_document_and_says_so(refused: str) -> None:
    shell = f'"{sys.executable}" -m connector_probe --no-control --expect 4.4.316 {refused} >&-'
    done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        3,
        "probe: error: standard output cannot be written: it is closed\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Unix")
@pytest.mark.parametrize(("format_", "code"), [("text", 0), ("json", 3), ("jsonl", 3)])
def test_a_reader_who_leaves_has_seen_enough_of_a_text_and_not_of_a_report(
    refused: str, format_: str, code: int
) -> None:
    """As in ``probe ... | head -1``, and in ``probe --json ... | somebody > on-a-full-disk``."""
    reading, writing = os.pipe()
    os.close(reading)
    command = ["--no-control", "--expect", "4.4.316", "--format", format_, refused]
    done = subprocess.run(
        [sys.executable, "-m", "connector_probe", *command],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    said = "probe: error: standard output cannot be written: Broken pipe\n" if code else ""
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="/dev/stdout is of Unix")
def test_open_files_are_written_to_and_not_replaced(refused: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("w") as stream:
        stream.write("before\n")
        stream.flush()
        command = [sys.executable, "-m", "connector_probe", "--no-control", "-q", "-o", "/dev/stdout", refused]
        subprocess.run(command, stdout=stream, check=False, timeout=60)
    assert out.read_text().startswith("before\nFAILING")
    assert Path("/dev/stdout").is_symlink()


# --- lines as they come ----------------------------------------------------------------------------------------


async def test_lines_come_as_results_arrive(refused: str) -> None:
    """The first line is there while the second server still keeps us waiting for its greeting."""
    hold = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    silent = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    command = ["-m", "connector_probe", "--no-control", "--format", "jsonl", silent, refused]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, limit=2**20
    )
    assert process.stdout is not None
    first = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    assert first["name"] == refused
    assert not hold.is_set()
    hold.set()
    rest, _ = await asyncio.wait_for(process.communicate(), 60)
    server.close()
    second = json.loads(rest)
    assert second["name"] == silent
    for line in (first, second):
        assert line["schema"] == "connector-probe/result/1"
        assert line["version"]
        assert line["started_at"].endswith("Z")
        assert line["vantage"]["hostname"]
    assert process.returncode == 1


def test_lines_in_a_file_are_in_the_order_asked_for(refused: str, tmp_path: Path) -> None:
    held, other = refusing()
    with held:
        probe("--format", f"jsonl={tmp_path / 'a'}", refused, other)
    lines = (tmp_path / "a").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == [refused, other]


# --- a plugin of Nagios ----------------------------------------------------------------------------------------


def test_the_plugin_s_exit_codes(refused: str, capsys: Captured) -> None:
    assert probe("--format", "nagios", refused) == nagios.CRITICAL
    assert capsys.readouterr().out.startswith("PROBE CRITICAL - ")
    assert probe("--format", "nagios", "--expect", "4.4.316", refused) == nagios.OK
    assert capsys.readouterr().out.startswith("PROBE OK - ")


def test_a_file_for_nagios_changes_no_exit_code(refused: str, tmp_path: Path) -> None:
    assert probe("--format", "text", "--format", f"nagios={tmp_path / 'a'}", refused) == 1
    assert (tmp_path / "a").read_text().startswith("PROBE CRITICAL - ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "nagios"],
        ["--format=nagios", "--port", "x", "127.0.0.1:1"],
        ["--format", "Nagios", "--port", "x", "127.0.0.1:1"],
        ["--format", "nagios", "--no-such-option", "127.0.0.1:1"],
        ["--format", "nagios", "--format", "json", "127.0.0.1:1"],
        ["run", "--format", "nagios", "/nonexistent/probes.yaml"],
        ["--format", "nagios", "a|b\nc"],
    ],
)
def test_a_wrong_command_line_is_unknown_to_the_plugin(arguments: list[str], capsys: Captured) -> None:
    assert run(arguments) == nagios.UNKNOWN
    line = capsys.readouterr().out
    assert line.startswith("PROBE UNKNOWN - ")
    assert line.count("\n") == 1
    assert "|" not in line


def test_a_plugin_that_meets_another_run_says_so(refused: str, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(f"version: 1\nconnectors:\n  - smart_hosts: ['{refused}']\n")
    with alone(file, (), None, quiet=False):
        assert run(["run", "--format", "nagios", "--no-history", str(file)]) == nagios.UNKNOWN
    line = capsys.readouterr().out
    assert line.startswith("PROBE UNKNOWN - another run of ")
    assert line.count("\n") == 1


# --- GitHub ----------------------------------------------------------------------------------------------------


def test_annotations_point_into_probes_yaml_and_the_summary_is_added_to(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    file, summary = tmp_path / "mail" / "probes.yaml", tmp_path / "summary.md"
    file.parent.mkdir()
    file.write_text(
        f"version: 1\nconnectors:\n  - name: Hybrid\n    smart_hosts: ['{refused}']\n    control: []\n"
        f"    tls: opportunistic\n"
    )
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.chdir(file.parent)
    assert run(["run", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=mail/probes.yaml,line=3,title=Hybrid")
    assert summary.read_text().startswith("before\n### connector-probe\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    assert run(["run", "--format", "github"]) == 1
    assert "the step's summary" in capsys.readouterr().err


@pytest.mark.parametrize("format_", [one for one in Format if one is not Format.GITHUB])
def test_no_document_in_a_log_of_github_holds_a_command(format_: Format) -> None:
    """However the words of a hostile server come to stand: the runner reads every line that a step prints."""
    poison = "x " * 20 + "::set-output name=a::b ##[set-output name=a]b"
    report = only("Branch office")
    assert report.results[0].diagnosis is not None
    hostile = replace(report.results[0].diagnosis, detail=poison, title=poison)
    report = replace(report, results=(replace(report.results[0], name="::error::x", diagnosis=hostile),))
    for width in range(60, 80):
        document = RENDERERS[format_](report, RenderOptions(width=width))
        safe = without_commands(document, format_)
        assert not re.search(r"(?m)^\s*::|##\[", safe)
        if format_ in (Format.JSON, Format.JSONL):
            assert json.loads(safe) == json.loads(document)


def test_a_step_of_github_gets_documents_without_commands(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    probe("--format", "github", refused)
    assert capsys.readouterr().out.startswith("::error ")
    file = tmp_path / "probes.yaml"
    file.write_text(
        "version: 1\nconnectors:\n  - name: 'x ##[set-output name=a]b'\n    control: []\n"
        f"    smart_hosts: ['{refused}']\n    tls: opportunistic\n"
    )
    assert run(["run", "--no-history", str(file)]) == 1
    told = capsys.readouterr().out
    assert r"##\[set-output" in told
    assert "##[" not in told


@pytest.mark.parametrize(
    ("encoding", "word"), [("utf-8", "\u6545\u969c"), ("gb18030", "\u6545\u969c"), ("cp1252", "FAILING")]
)
def test_words_that_standard_output_cannot_show_are_english(encoding: str, word: str, refused: str) -> None:
    command = [sys.executable, "-m", "connector_probe", "--no-control", "--tls", "opportunistic", refused]
    environ = {**os.environ, "LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": encoding}
    ran = subprocess.run(command, capture_output=True, env=environ, timeout=60, check=False)
    assert ran.stdout.decode(encoding).startswith(word)


def test_a_narrow_terminal_gets_narrow_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of 60 columns that a terminal of 40 breaks once more are read by nobody."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    for columns, width in (("40", 40), ("72", 72), ("10", 40), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert terminal_width(terminal) == width
