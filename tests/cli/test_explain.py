"""``probe explain``: what is given, what is printed, and the exit code."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from threading import Thread

import pytest

from connector_probe.cli.app import run
from connector_probe.formats import jsonl
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from tests.unit import evidence as made

BOUNCES = Path(__file__).parent.parent / "data" / "bounces"
REFUSED = "450 4.4.316 Connection refused [Message=Socket error code 10061] [LastAttemptedServerName=mail.contoso.com]"
LIVE = ["--no-control", "--connect-timeout", "5s", "--timeout", "5s"]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Standard input as a pipe: fill it before the run."""
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
    return pipe


def matches(text: str) -> list[dict[str, object]]:
    document = json.loads(text)
    assert document["schema"] == "connector-probe/explanation/1"
    found = document["matches"]
    assert isinstance(found, list)
    return found


# --- what is given ---------------------------------------------------------------------------------------------


def test_words_without_quotes_are_one_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", *REFUSED.split()]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("4.4.316 Connection refused\n")
    assert "mail.contoso.com" in out
    assert "Socket error code 10061" in out
    assert out.endswith("\n\n4.4.316 Connection refused\n"), "the verdict stays on the screen"
    assert err == ""


def test_a_file_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json", str(BOUNCES / "mail-report.eml")]) == 0
    (found,) = matches(capsys.readouterr().out)
    assert (found["code"], found["class"], found["server"]) == ("4.4.317", "certificate-expired", "mail.contoso.com")
    assert found["occurred_at"] == "2023-05-02T06:07:08Z"
    assert found["final"] is True


def test_several_files_are_read_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(BOUNCES / name) for name in ("bare-318-new-words.txt", "bare-code.txt")]
    assert run(["explain", "--json", *files]) == 0
    assert [one["code"] for one in matches(capsys.readouterr().out)] == ["4.4.318", "4.4.316"]


@pytest.mark.parametrize("argv", [["explain", "--json", "-"], ["explain", "--json"]])
def test_a_pipe_is_read(argv: list[str], stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]) -> None:
    stdin.write(REFUSED.encode("utf-16"))  # as PowerShell 5 redirects
    stdin.seek(0)
    assert run(argv) == 0
    assert matches(capsys.readouterr().out)[0]["code"] == "4.4.316"


def test_a_text_that_looks_like_a_file_is_a_text_when_it_has_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "#550/5.4.316/x.txt", "4.4.316"]) == 0
    assert capsys.readouterr().out.startswith("4.4.316")


def test_the_document_goes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.json"
    assert run(["explain", "--json", "-o", str(target), REFUSED]) == 0
    assert capsys.readouterr().out == ""
    assert matches(target.read_text())[0]["code"] == "4.4.316"


# --- records of Exchange's -------------------------------------------------------------------------------------

DELIVERED = """{"value": [{"messageId": "<1@contoso.example>", "recipientAddress": "jo@contoso.example",
 "receivedDateTime": "2026-06-13T10:30:00Z", "status": "delivered"}]}"""
PENDING = DELIVERED.replace("delivered", "pending")
ALL_WELL = """{"organization-name": "Example", "policies": [{"policy": {"policy-type": "sts"},
 "summary": {"total-successful-session-count": 7, "total-failure-session-count": 0}}]}"""
SESSION = """#Log-type: SMTP Send Protocol Log
2026-11-24T03:46:10.001Z,Internet,08DD0C1A2B3C4D05,0,192.0.2.10:50003,198.51.100.29:25,+,,
2026-11-24T03:46:10.101Z,Internet,08DD0C1A2B3C4D05,1,192.0.2.10:50003,198.51.100.29:25,<,220 mx.fabrikam.example,
2026-11-24T03:46:10.102Z,Internet,08DD0C1A2B3C4D05,2,192.0.2.10:50003,198.51.100.29:25,>,QUIT,
"""
TASKS = "TaskName         : Connect\nIsTaskSuccessful : True\n"


@pytest.mark.parametrize("text", [DELIVERED, ALL_WELL, SESSION, TASKS], ids=["trace", "tls-report", "log", "tasks"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_record_in_which_nothing_failed(text: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--lang", lang, text]) == 0
    out, err = capsys.readouterr()
    assert out.strip()
    assert err == ""
    assert run(["explain", "--json", text]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["matches"] == []
    assert len(document["notes"]) == 1


def test_a_trace_that_does_not_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", PENDING]) == 1
    out, err = capsys.readouterr()
    assert "Get-MessageTraceDetailV2" in out
    assert "no known error code" in err


@pytest.mark.parametrize("text", ["{}", "[]", '{"policies": []}', '{"value": 1}', "a,b\nc,d", "<Objs>", "[[[[", '"x"'])
def test_what_only_looks_like_a_record(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", text]) in (0, 1)
    assert "Traceback" not in capsys.readouterr().err


# --- what is not there -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["hello", "550 5.1.1 User unknown", "", "Linux 5.4.1"])
def test_no_known_code(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", text]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("probe: error: no known error code")
    assert ("5.1.1" in first) == ("5.1.1" in text)
    assert second.startswith("probe: hint: looked for 4.4.312")


def test_no_known_code_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json", "hello"]) == 1
    assert matches(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["no-such-file.eml"], "there is no file no-such-file.eml"),
        (["no/such\x1b[31m/file"], r"no/such\x1b[31m/file"),
        ([str(BOUNCES)], "is a directory"),
        (["--port", "25", "4.4.316"], "--port without --probe"),
        (["--nameserver", "192.0.2.53", "4.4.316"], "--nameserver without --probe"),
        (["--probe", "4.4.316"], "the text names no server to probe"),
        (["--probe", "--port", "70000", REFUSED], "70000 is not a port"),
        (["--probe", "--tls-domain", "a b", REFUSED], "a b"),
        (["--probe", "--timeout", "soon", REFUSED], "--timeout 'soon' is not a duration"),
        (["-o", "/dev/null/x", "4.4.316"], "there is no such directory"),
        (["nosuch.jsonl"], "there is no file nosuch.jsonl"),
        (["--no-such-option", "4.4.316"], "No such option"),
        (["--probe", "--ca-file", "/nonexistent.pem", REFUSED], "/nonexistent.pem"),
    ],
)
def test_bad_input_is_explained(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", *argv]) == 2
    err = capsys.readouterr().err
    first, second = err.splitlines()
    assert first.startswith("probe: error: ")
    assert message in first
    assert second.startswith("probe: hint: ")
    assert err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Outlook item"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MiB"),
        (b'{"schema": "connector-probe/report/1"', "not valid JSON"),
        (b'{"schema": "connector-probe/report/1"}', "the report has no results"),
        (b'{"schema": "connector-probe/explanation/1", "matches": []}', "schema is connector-probe/explanation/1"),
        (b'{"schema": "connector-probe/report/1", "results": [7]}', "started_at is missing"),
    ],
    ids=["outlook", "large", "cut-off", "empty", "explanation", "no-time"],
)
def test_an_unusable_file_is_explained(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given"
    file.write_bytes(content)
    assert run(["explain", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, _ = err.splitlines()
    assert message in first
    assert str(file) in first or b"report/1" not in content, "which file it is"


def test_a_file_without_permission_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_privileges: Callable[[], AbstractContextManager[None]]
) -> None:
    file = tmp_path / "secret.eml"
    file.touch(mode=0o000)
    with no_privileges():
        assert run(["explain", str(file)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_nothing_given(stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 2
    assert "nothing to explain" in capsys.readouterr().err


def test_nothing_given_at_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert run(["explain"]) == 2
    assert "nothing to explain" in capsys.readouterr().err


def test_an_empty_pipe_has_no_code(stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "-"]) == 1
    assert "no known error code" in capsys.readouterr().err


# --- and now? --------------------------------------------------------------------------------------------------


@contextmanager
def smtp_server(banner: bytes) -> Iterator[int]:
    """A server on loopback that greets with ``banner`` and answers 250 to everything."""
    with socket() as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    stream, _ = listener.accept()
                except OSError:
                    return
                with stream:
                    stream.sendall(banner)
                    while stream.recv(1000):
                        stream.sendall(b"250 fine\r\n")

        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(2)


def closed_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        assert isinstance(port, int)
        return port


def bounce(words: str, port: int) -> str:
    return f"450 {words} [LastAttemptedServerName=127.0.0.1] [LastAttemptedIP=127.0.0.1:{port}]"


def test_a_fault_that_still_stands(capsys: pytest.CaptureFixture[str]) -> None:
    text = bounce("4.4.316 Connection refused [Message=Socket error code 10061]", closed_port())
    assert run(["explain", "--probe", *LIVE, text]) == 1
    out = capsys.readouterr().out
    assert out.startswith("4.4.316 Connection refused\n")
    assert "The fault still stands: 4.4.316 Connection refused." in out
    assert "FAILING  127.0.0.1" in out


def test_a_fault_that_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    with smtp_server(b"220 ready\r\n") as port:
        text = bounce("4.4.316 Connection refused [Message=Socket error code 10061]", port)
        assert run(["explain", "--probe", "--json", "--tls", "opportunistic", *LIVE, text]) == 0
    out = capsys.readouterr().out
    (found,) = matches(out)
    assert isinstance(found["live"], dict)
    assert (found["live"]["verdict"], found["live"]["code"]) == ("gone", None)
    report = json.loads(out)["report"]
    assert report["schema"] == "connector-probe/report/1"
    assert report["results"][0]["name"] == found["live"]["connector"]


def test_a_fault_that_gave_way_to_another(capsys: pytest.CaptureFixture[str]) -> None:
    with smtp_server(b"421 go away\r\n") as port:
        text = bounce("4.4.316 Connection refused [Message=Socket error code 10061]", 25)
        assert run(["explain", "--probe", "--port", str(port), *LIVE, text]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "now there is another: 4.4.317 The server turns the connection away." in told


def test_the_expected_subject_is_what_the_probe_expects(capsys: pytest.CaptureFixture[str]) -> None:
    message = "SubjectMismatch Expected Subject: *.contoso.com. Presented Subject: CN=x. Thumbprint: " + "0" * 40
    text = bounce(f"4.4.317 Cannot connect to remote server [Message={message}.]", closed_port())
    assert run(["explain", "--probe", "--json", *LIVE, text]) == 1
    report = json.loads(capsys.readouterr().out)["report"]
    assert report["results"][0]["connector"]["tls_domain"] == "*.contoso.com"


def test_one_server_is_probed_once(capsys: pytest.CaptureFixture[str]) -> None:
    port = closed_port()
    text = "\n".join(bounce(words, port) for words in ("4.4.316 x", "4.4.318 y")) + "\n450 4.4.312 z"
    assert run(["explain", "--probe", "--json", *LIVE, text]) == 1
    out = capsys.readouterr().out
    lives = [one["live"] for one in matches(out)]
    assert [isinstance(one, dict) and one["verdict"] for one in lives] == ["stands", "changed", False]
    assert len(json.loads(out)["report"]["results"]) == 1


def test_a_server_that_cannot_be_looked_up_from_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--probe", "--nameserver", "127.0.0.1#1", *LIVE, REFUSED]) == 3
    assert "cannot be told from here" in " ".join(capsys.readouterr().out.split())


def test_a_domain_that_did_not_exist_is_probed_by_its_mx(capsys: pytest.CaptureFixture[str]) -> None:
    text = "550 5.4.310 DNS domain x.example does not exist [LastAttemptedServerName=x.example]"
    assert run(["explain", "--probe", "--json", "--nameserver", "127.0.0.1#1", *LIVE, text]) == 3
    asked = json.loads(capsys.readouterr().out)["report"]["results"][0]["connector"]
    assert (asked["use_mx"], asked["smart_hosts"]) == ("x.example", [])


# --- saved reports ---------------------------------------------------------------------------------------------


def test_a_saved_report_is_printed_as_the_probe_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, argv = tmp_path / "report.json", ["--no-control", f"127.0.0.1:{closed_port()}"]
    assert run([*argv, "--json", "-o", str(target)]) == 1
    assert run(["explain", "--json", str(target)]) == 1
    assert capsys.readouterr().out == target.read_text()
    assert run(["explain", str(target)]) == 1
    short = capsys.readouterr().out
    assert short.startswith("FAILING  127.0.0.1:")
    assert run(["explain", "-v", str(target)]) == 1
    assert "Exchange Online would write" in capsys.readouterr().out.removeprefix(short[:100])
    assert "Exchange Online would write" not in short
    assert run([*argv, "--expect", "4.4.316", "--json", "-o", str(target)]) == 0
    assert run(["explain", str(target)]) == 0


def test_a_saved_report_may_come_by_a_pipe_and_in_utf16(
    tmp_path: Path, stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    run(["--no-control", f"127.0.0.1:{closed_port()}", "--json", "-o", str(target)])
    stdin.write(target.read_text().encode("utf-16"))
    stdin.seek(0)
    assert run(["explain"]) == 1
    assert "4.4.316" in capsys.readouterr().out


def test_lines_that_run_after_run_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, argv = tmp_path / "log.jsonl", ["--no-control", f"127.0.0.1:{closed_port()}"]
    assert run([*argv, "--format", f"json={tmp_path / 'report.json'}", "--format", f"jsonl={target}"]) == 1
    one = target.read_text()
    assert run(["explain", str(tmp_path / "report.json")]) == 1
    expected = capsys.readouterr()
    assert run(["explain", str(target)]) == 1
    assert capsys.readouterr() == expected
    target.write_text(one * 3)
    assert run(["explain", str(target)]) == 1
    out, err = capsys.readouterr()
    assert out == expected.out
    passed_over = "2 earlier results were passed over: the last one of each connector counts"
    assert err == f"probe: note: {target}: {passed_over}\n"


def test_a_saved_report_is_not_probed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.json"
    run(["--no-control", f"127.0.0.1:{closed_port()}", "--json", "-o", str(target)])
    assert run(["explain", "--probe", str(target)]) == 2
    assert "--probe goes with a bounce" in capsys.readouterr().err


def test_a_large_report_is_read_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fleet's report is larger than any bounce may be."""
    whole = json.loads(render(made.report(made.unconnected(made.REFUSED)), RenderOptions()))
    whole["a key of a later version"] = "x" * 11 * 1024 * 1024
    (tmp_path / "report.json").write_text(json.dumps(whole))
    assert run(["explain", str(tmp_path / "report.json")]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "450 4.4.316" in out


@pytest.mark.parametrize("command", [["explain"], ["compare", "-"]])
def test_lines_of_years_are_too_many(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are not said to be cut off."""
    for module in (
        "connector_probe.model.documents",
        "connector_probe.cli.inputs",
        "connector_probe.cli.compare",
        "connector_probe.cli.explain",
    ):
        monkeypatch.setattr(f"{module}.MAX_REPORT", 11 * 1024 * 1024)
    line = jsonl.render(made.report(made.unconnected(made.REFUSED)), RenderOptions())
    (tmp_path / "log.jsonl").write_text(line * (12 * 1024 * 1024 // len(line)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert run([*command, str(tmp_path / "log.jsonl")]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error.endswith("is larger than 11 MiB")
    assert "of a file of jsonl give the last lines" in hint


def test_a_comparison_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text('{"schema": "connector-probe/comparison/1"}')
    assert run(["explain", str(tmp_path / "x.json")]) == 2
    assert "connector-probe/comparison/1, not connector-probe/report/1" in capsys.readouterr().err


def test_a_bounce_is_explained_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    told, name = {}, "trace-2023-expired.txt"
    for lang in ("en", "zh"):
        assert run(["explain", "--json", "--lang", lang, str(BOUNCES / name)]) == 0
        told[lang] = matches(capsys.readouterr().out)
        assert run(["explain", "--lang", lang, str(BOUNCES / name)]) == 0
        assert ("处理方法" in capsys.readouterr().out) is (lang == "zh")
    for one, other in zip(told["en"], told["zh"], strict=True):
        assert one["title"] != other["title"]
        for key in ("code", "class", "server", "address", "occurred_at", "message", "reference", "confidence"):
            assert one[key] == other[key], key
        assert [cause["id"] for cause in causes(one)] == [cause["id"] for cause in causes(other)]


def causes(found: dict[str, object]) -> list[dict[str, object]]:
    value = found["causes"]
    assert isinstance(value, list)
    return value


def test_the_keys_of_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that scripts are written against, in this order and in front of all others."""
    assert run(["explain", "--json", REFUSED]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["schema", "matches", "notes"]
    promised = "code class title message server address occurred_at causes remedies reference confidence"
    assert list(document["matches"][0])[:11] == promised.split()
    assert list(document["matches"][0]["causes"][0]) == ["id", "verdict", "text", "evidence"]
    assert list(document["matches"][0]["remedies"][0]) == ["id", "text", "commands"]


def test_without_a_known_code_it_says_what_it_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json", "250 2.1.5 Recipient OK"]) == 1
    out, err = capsys.readouterr()
    assert matches(out) == []
    for code in ("4.4.312", "4.7.320", "5.4.312"):
        assert code in err
