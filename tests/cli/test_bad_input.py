"""Bad input: one line that says what is wrong, one that says what to do, exit 2, nothing probed, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from connector_probe.cli import app
from connector_probe.cli.app import run

LONG_LABEL = "a" * 64 + ".contoso.com"
LONG_NAME = ".".join(["a" * 60] * 5)

BAD: list[tuple[list[str], str]] = [
    ([], "no host to probe"),
    ([""], "the host is empty"),
    (["  "], "the host is empty"),
    (["http://mail.contoso.com/owa"], "http://mail.contoso.com/owa is a URL, not a host"),
    (["admin@contoso.com"], "admin@contoso.com is a mail address, not a host"),
    ([LONG_LABEL], "a label of"),
    ([LONG_NAME], "the name has 304 characters"),
    (["mail..contoso.com"], "has an empty label"),
    ([".contoso.com"], "has an empty label"),
    (["-mail.contoso.com", "x"], "No such option"),
    (["mail_-.contoso.com"], "is not a host name"),
    (["mail contoso.com"], "is not a host name"),
    (["256.1.1.1"], "is neither an IP address nor a name"),
    (["10.0.0.0/24"], "is an address range"),
    (["mail.contoso.com:0"], "0 is not a port"),
    (["mail.contoso.com:70000"], "70000 is not a port"),
    (["mail.contoso.com:smtp"], "smtp is not a port"),
    (["2001:db8::1:2:3:4:5:6:7:25"], "is neither a name nor an IPv6 address"),
    (["[2001:db8::1"], "is not an address in brackets"),
    (["mail\x1b[31m.contoso.com"], r"mail\x1b[31m.contoso.com"),
    (["--port", "0", "mail.contoso.com"], "0 is not a port"),
    (["--port", "70000", "mail.contoso.com"], "70000 is not a port"),
    (["--port", "smtp", "mail.contoso.com"], "--port smtp is not a number"),
    (["--tls", "strict", "mail.contoso.com"], "--tls strict is not known"),
    (["--tls-domain", "mail.*.com", "mail.contoso.com"], "a wildcard stands only in front"),
    (["--tls-domain", "192.0.2.1", "mail.contoso.com"], "is an address"),
    (["--mx", "192.0.2.1"], "is an address and has no MX records"),
    (["--type", "friend", "mail.contoso.com"], "--type friend is not known"),
    (["--only-ca-file", "mail.contoso.com"], "--only-ca-file without --ca-file"),
    (["--ca-file", "/nonexistent/roots.pem", "127.0.0.1"], "/nonexistent/roots.pem"),
    (["--nameserver", "dns.contoso.com", "mail.contoso.com"], "nameserver dns.contoso.com is not an IP address"),
    (["--nameserver", "127.0.0.1#x", "mail.contoso.com"], "x is not a port"),
    (["--nameserver", "127.0.0.1#70000", "mail.contoso.com"], "70000 is not a port"),
    (["--source-address", "here", "mail.contoso.com"], "source address here is not an IP address"),
    (["--source-address", "::1", "127.0.0.1"], "from ::1 no connection leads to 127.0.0.1"),
    (["-4", "-6", "mail.contoso.com"], "-4 and -6 exclude each other"),
    (["-6", "127.0.0.1"], "only IPv6 was asked for"),
    (["--helo", "not a name", "mail.contoso.com"], "is not a host name"),
    (["--connect-timeout", "soon", "mail.contoso.com"], "--connect-timeout 'soon' is not a duration"),
    (["--timeout", "-1", "mail.contoso.com"], "--timeout '-1' is not a duration"),
    (["--deadline", "0", "mail.contoso.com"], "deadline of 0 s"),
    (["--deadline", "99999999999999999999", "mail.contoso.com"], "is not a duration"),
    (["--retries", "-1", "mail.contoso.com"], "retries of -1"),
    (["--rcpt", "nobody", "mail.contoso.com"], "recipient nobody is not a mail address"),
    (["--rcpt", "a\r\nDATA@b.com", "mail.contoso.com"], "is not a mail address"),
    (["--warn-days", "-1", "mail.contoso.com"], "warn_days of -1"),
    (["--as-of", "tomorrow", "mail.contoso.com"], "--as-of 'tomorrow' is not a date"),
    (["--as-of", "9999-12-31T23:59:59-14:00", "mail.contoso.com"], "is not a date"),
    (["--expect", "4.4.999", "mail.contoso.com"], "expect 4.4.999 is not known"),
    (["--format", "pdf", "mail.contoso.com"], "--format pdf is not known"),
    (["--json", "--format", "text", "mail.contoso.com"], "exclude each other"),
    (["-q", "-v", "mail.contoso.com"], "-q and -v exclude each other"),
    (["--brief", "-v", "mail.contoso.com"], "--brief excludes -v"),
    (["--brief", "--json", "mail.contoso.com"], "--brief goes with --format text"),
    (["-o", "/dev/null/report.txt", "mail.contoso.com"], "there is no such directory"),
    (["--control", "none", "127.0.0.1:1"], "--control none would be a host of that name"),
    (["-o", "/", "mail.contoso.com"], "is a directory"),
    (["--expect", "", "mail.contoso.com"], "expect '' is not known"),
    (["--dane", "mandatory", "mail.contoso.com"], "--dane without --mx"),
    (["--mta-sts", "none", "mail.contoso.com"], "--mta-sts without --mx"),
    (["--mta-sts-port", "8443", "mail.contoso.com"], "--mta-sts-port without --mx"),
    (["--mx", "--mta-sts-port", "0", "contoso.com"], "mta_sts_port of 0 is not a port"),
    (["--trust-ad", "mail.contoso.com"], "--trust-ad without --mx"),
    (["--no-such-option", "mail.contoso.com"], "No such option"),
    (["--port", "25"], "no host to probe"),
    (["--port"], "requires an argument"),
    (["--connections", "many", "mail.contoso.com"], "--connections many is not a number"),
    (["run", "--jobs", "0"], "--jobs of 0"),
    (["wait", "--times", "0", "mail.contoso.com"], "--times of 0"),
    (["codes", "--lang", "xx"], "--lang xx is not known"),
]


@pytest.mark.parametrize(("argv", "message"), BAD, ids=[repr(" ".join(argv))[:60] for argv, _ in BAD])
def test_bad_input_is_explained(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 2, err
    assert lines[0].startswith("probe: error: ")
    assert message in lines[0]
    assert lines[1].startswith("probe: hint: ")
    assert err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"hello\n", "no certificate"), (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "certificate")],
    ids=["empty", "text", "broken"],
)
def test_an_unusable_ca_file_is_explained(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(content)
    assert run(["--ca-file", str(file), "127.0.0.1:1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "roots.pem" in err
    assert message in err.lower()
    assert len(err.splitlines()) == 2


def test_a_name_in_unicode_becomes_a_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--nameserver", "127.0.0.1#1", "m\u00fcller.example"]) == 3
    assert "xn--mller-kva.example" in capsys.readouterr().out


def test_a_host_spelled_like_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--nameserver", "127.0.0.1#1", "--", "demo"]) == 3
    assert run(["--", "demo", "--nameserver"]) == 2  # behind "--" everything is a host
    assert run(["demo.", "--nameserver", "127.0.0.1#1"]) == 3
    assert "demo" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["run"], ["explain"], ["import"]], ids=" ".join)
def test_a_folder_that_may_not_be_entered_ends_in_a_sentence(
    argv: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    no_privileges: Callable[[], AbstractContextManager[None]],
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    with no_privileges():
        assert run([*argv, str(folder / "file.json")]) == 2
    assert "file.json" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["run"], ["run", "--check"], ["wait", "--config"], ["import"]], ids=" ".join)
@pytest.mark.parametrize("content", [None, "connectors: 7\n"], ids=["missing", "wrong"])
def test_a_file_name_is_no_command_of_the_terminal(
    argv: list[str], content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "\x1b[31mred\u202e.yaml"
    if content is not None:
        file.write_text(content)
    assert run([*argv, str(file)]) == 2
    err = capsys.readouterr().err
    assert r"\x1b[31mred\u202e.yaml" in err
    assert err.replace("\n", "").isprintable()


@pytest.mark.skipif(sys.platform == "win32", reason="no such folder can be left there")
def test_a_current_directory_that_was_deleted_is_no_fault_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(["127.0.0.1:1", "--no-control", "-o", "report.txt"]) == 2
    assert capsys.readouterr().err.startswith("probe: error: the current directory is there no more\n")


def test_a_fault_of_our_own_blames_no_server(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: object) -> int:
        raise ZeroDivisionError("\x1b[31m")

    monkeypatch.setattr(app, "_dispatch", break_down)
    assert run(["mail.contoso.com"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("probe: error: a fault of this program: ZeroDivisionError: \\x1b[31m")
    monkeypatch.setenv("PROBE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run(["mail.contoso.com"])


def test_a_wrong_word_is_told_in_our_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--tls", "foo", "127.0.0.1"]) == 2
    assert "Value error" not in capsys.readouterr().err
