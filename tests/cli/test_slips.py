"""Slips are slips, not verdicts: exit code 2, what was meant, and nothing is asked of DNS."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_probe.cli.app import run

Captured = pytest.CaptureFixture[str]
FILES = {
    "probes.yaml": "version: 1\nconnectors:\n  - smart_hosts: [mail.contoso.com]\n",
    "hybrid.cfg": "version: 1\nconnectors:\n  - smart_hosts: [mail.contoso.com]\n",
    "connectors.json": json.dumps([{"Name": "x", "SmartHosts": ["mail.contoso.com"], "TlsSettings": None}]),
    "report.json": '{"schema": "connector-probe/report/1"}',
    "ndr.eml": "Subject: x\n\n450 4.4.316 Connection refused\n",
    "pasted.txt": "Reason: [{LED=450 4.4.317 Cannot connect}]",
    "hosts.csv": "host\nmail.contoso.com\n",
    "my probes.yaml": "version: 1\nconnectors: []\n",
}
# The words behind "probe", and what the hint must say.
SLIPS: list[tuple[list[str], str]] = [
    # no command
    (["doctor"], "probe --help lists them all. A host: probe -- doctor"),
    (["status"], "did you mean history?"),
    (["rn"], "did you mean run?"),
    (["rn", "--only", "production"], "did you mean run?"),
    (["runn", "probes.yaml"], "did you mean run?"),
    (["exmaple"], "did you mean example?"),
    (["hisotry"], "did you mean history?"),
    (["histroy", "x"], "did you mean history?"),
    (["wiat", "mail.contoso.com"], "did you mean wait?"),
    (["expalin", "4.4.316"], "did you mean explain?"),
    (["errors"], "did you mean codes?"),
    (["ndr"], "did you mean explain?"),
    (["diff", "a.json", "b.json"], "did you mean compare?"),
    (["watch", "mail.contoso.com"], "did you mean wait?"),
    (["init"], "did you mean import?"),
    (["manual"], "did you mean help?"),
    (["dashboard"], "did you mean serve?"),
    (["relay"], "A host: probe -- relay"),
    (["mailhost", "--port", "0"], "A host: probe -- mailhost"),
    (["test", "mail.contoso.com"], "did you mean: probe mail.contoso.com"),
    (["check", "mail.contoso.com", "--mx"], "did you mean: probe mail.contoso.com"),
    (["probe", "mail.contoso.com"], "did you mean: probe mail.contoso.com"),
    (["check", "probes.yaml"], "did you mean: probe run probes.yaml --check"),
    (["validate", "hybrid.cfg"], "did you mean: probe run hybrid.cfg --check"),
    (["mail.contoso.com", "help"], "it comes first: probe help"),
    (["mail.contoso.com", "codes"], "it comes first: probe codes"),
    (["mail.contoso.com", "doctor"], "A host: probe -- doctor"),
    (["/?"], "probe --help"),
    # files
    (["probes.yaml"], "did you mean: probe run probes.yaml"),
    (["./probes.yaml"], "did you mean: probe run ./probes.yaml"),
    (["hybrid.cfg"], "did you mean: probe run hybrid.cfg"),
    (["my probes.yaml"], 'did you mean: probe run "my probes.yaml"'),
    (["connectors.json"], "did you mean: probe import connectors.json > probes.yaml"),
    (["report.json"], "did you mean: probe explain report.json"),
    (["ndr.eml"], "did you mean: probe explain ndr.eml"),
    (["pasted.txt"], "did you mean: probe explain pasted.txt"),
    (["hosts.csv"], "did you mean: probe -f hosts.csv"),
    (["missing.yaml"], "as in: probe run FILE"),
    (["missing.json"], "as in: probe explain FILE, or: probe import FILE > probes.yaml"),
    (["missing.eml"], "as in: probe explain FILE"),
    ([r"C:\Mail\probes.yaml"], "as in: probe run FILE"),
    ([r".\ndr.eml"], "as in: probe explain FILE"),
    (["~/mail/probes.yaml"], "as in: probe run FILE"),
    (["run", "mail.contoso.com"], "a host needs no command: probe mail.contoso.com"),
    (["run", "connectors.json"], "did you mean: probe import connectors.json > probes.yaml"),
    (["run", "ndr.eml"], "did you mean: probe explain ndr.eml"),
    (["explain", "mail.contoso.com"], "to probe it: probe mail.contoso.com"),
    (["explain", "probes.yaml"], "it is a probes.yaml: probe run FILE"),
    (["explain", "connectors.json"], "it is an export: probe import FILE > probes.yaml"),
    (["-f", "missing.txt"], "name a file of hosts, one a line"),
    (["-f", "probes.yaml"], "did you mean: probe run probes.yaml"),
    # codes and pasted errors
    (["4.4.316"], "what it means: probe codes 4.4.316"),
    (["5.4.316"], "what it means: probe codes 5.4.316"),
    (["450 4.4.316"], "what it means: probe codes 4.4.316"),
    (["450 4.4.316 Connection refused"], 'probe explain "450 4.4.316'),
    (["450", "4.4.316", "Connection", "refused"], 'probe explain "450 4.4.316'),
    (["{LED=450 4.4.317 Cannot connect}; {MSG=}"], "probe explain"),
    (["Reason:", "[{LED=450", "4.4.315}]"], "probe explain"),
    # punctuation
    (["mail.contoso.com", "25"], "with a colon: probe mail.contoso.com:25"),
    (["mail.contoso.com 25"], "a port stands behind a colon: probe mail.contoso.com:25"),
    (["a.contoso.com,b.contoso.com"], "with blanks between them: probe a.contoso.com b.contoso.com"),
    (["a.contoso.com; b.contoso.com"], "with blanks between them: probe a.contoso.com b.contoso.com"),
    (["mail.contoso.com,"], "did you mean: probe mail.contoso.com"),
    (["<mail.contoso.com>"], "did you mean: probe mail.contoso.com"),
    (["\u201cmail.contoso.com\u201d"], "did you mean: probe mail.contoso.com"),
    (["*.contoso.com"], "probe --tls-domain '*.contoso.com' HOST"),
    (["smtp:*.contoso.com;1"], "by its MX records: probe --mx contoso.com"),
    (["25"], "as in: probe mail.contoso.com"),
    (["http://mail.contoso.com/owa"], "leave the scheme out: mail.contoso.com"),
    (["smtp://mail.contoso.com"], "leave the scheme out: mail.contoso.com"),
    (["admin@contoso.com"], "probe --mx contoso.com"),
    # ports that no connector goes to
    (["mail.contoso.com:587"], "If 587 is meant: probe -- mail.contoso.com:587"),
    (["192.0.2.1:465"], "If 465 is meant: probe -- 192.0.2.1:465"),
    (["--port", "587", "mail.contoso.com"], "If 587 is meant: probe --port 587 -- mail.contoso.com"),
    # options and their values
    (["--check", "mail.contoso.com"], "--check is an option of: probe run"),
    (["wait", "--expect", "healthy", "mail.contoso.com"], "--expect is an option of: probe HOST"),
    (["--only", "x", "mail.contoso.com"], "--only is an option of: probe run, probe wait"),
    (["-p", "25", "mail.contoso.com"], "did you mean --port?"),
    (["history", "-v"], "-v is an option of: probe run, probe wait, "),
    (["run", "--format"], "probe --help-all tells all options"),
    (["--tls", "strict", "mail.contoso.com"], "one of: opportunistic, encryption-only"),
    (["--tls", "DomainValidaton", "mail.contoso.com"], "did you mean domain-validation?"),
    (["--type", "OnPremise", "mail.contoso.com"], "did you mean on-premises?"),
    (["--lang", "de", "codes"], "one of: en, zh"),
    (["help", "exit-code"], "did you mean exit-codes?"),
    (["help", "wiat"], "did you mean wait?"),
    (["example", "cron"], "did you mean crontab?"),
    (["schema", "confg"], "did you mean config?"),
    (["completion", "powershel"], "did you mean powershell?"),
    (["lab", "nosuchthing"], "probe lab --list tells all"),
]
OTHER_COMMANDS = {"run", "explain", "help", "example", "schema", "completion", "lab", "--lang"}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def nameserver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


@pytest.mark.parametrize(("words", "hint"), SLIPS, ids=[" ".join(words) for words, _ in SLIPS])
@pytest.mark.usefixtures("files")
def test_a_slip_is_told_and_asks_nobody(
    words: list[str], hint: str, nameserver: socket.socket, capsys: Captured
) -> None:
    argv = words if words[0] in OTHER_COMMANDS else [*words, "--nameserver", f"127.0.0.1#{nameserver.getsockname()[1]}"]
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    error, told = err.splitlines()
    assert error.startswith("probe: error: ")
    assert told.startswith("probe: hint: ")
    assert hint in told
    with pytest.raises(BlockingIOError):
        nameserver.recv(512)


@pytest.mark.parametrize(
    "words",
    [
        ["--", "doctor"],
        ["doctor."],
        ["--", "mail.contoso.com:587"],
        ["--port", "587", "--", "mail.contoso.com"],
        ["--", "probes.yaml"],
        ["mail.contoso.com"],
        ["contoso.zip"],  # a file's ending that is a top-level domain
        ["--mx", "contoso.com."],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("files")
def test_what_is_meant_is_asked_for(words: list[str], nameserver: socket.socket, capsys: Captured) -> None:
    argv = ["--connect-timeout", "1s", "--deadline", "1s", "--nameserver", f"127.0.0.1#{nameserver.getsockname()[1]}"]
    assert run([*argv, *words]) == 3  # of a nameserver that does not answer
    assert nameserver.recv(512)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("word", ["localhost", "127.0.0.1", "[::1]", "::1", "mailhost:2525", "localhost:2525"])
def test_a_host_without_a_dot_that_nobody_mistakes(word: str, capsys: Captured) -> None:
    """Those get as far as to the next mistake."""
    assert run([word, "--warn-days", "-1"]) == 2
    assert "warn_days of -1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "first"),
    [
        (["help"], "The manual; "),
        (["-h"], "Usage: probe [OPTIONS] [HOST...]"),
        (["--help-all"], "Usage: probe [OPTIONS] [HOST...]"),
        (["help", "run"], "Usage: probe run [OPTIONS] [FILE]"),
        (["help", "exit-codes"], "# Exit codes"),
        (["version"], "probe "),
        (["--version"], "probe "),
        (["-V"], "probe "),
        (["--lang", "zh", "codes"], "4.4.312  5.4.312  DNS 查询失败"),
        (["--json", "codes", "4.4.316"], "{"),
        (["--lang=en", "codes", "4.4.316"], "4.4.316 (5.4.316)"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_people_try_works(argv: list[str], first: str, capsys: Captured) -> None:
    assert run(argv) == 0
    assert capsys.readouterr().out.startswith(first)


def test_a_value_that_is_spelled_like_a_command_is_a_value(capsys: Captured) -> None:
    assert run(["--helo", "run", "--warn-days", "-1", "127.0.0.1"]) == 2
    assert "warn_days of -1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--tls", one) for one in ("DomainValidation", "domainvalidation", "domain_validation", "$null", "Null")),
        *(("--tls", one) for one in ("EncryptionOnly", "CertificateValidation", "Opportunistic")),
        *(("--type", one) for one in ("OnPremises", "Partner", "onpremises")),
    ],
)
def test_exchange_s_own_spellings_are_taken(option: str, value: str, capsys: Captured) -> None:
    assert run([option, value, "--warn-days", "-1", "127.0.0.1"]) == 2
    assert "warn_days of -1" in capsys.readouterr().err


def test_policies_in_exchange_s_spelling(capsys: Captured) -> None:
    assert run(["--mx", "--dane", "Mandatory", "--mta-sts", "None", "--warn-days", "-1", "contoso.com"]) == 2
    assert "warn_days of -1" in capsys.readouterr().err


# --- hosts from where they are ---------------------------------------------------------------------------------


def probed(capsys: Captured, *argv: str) -> list[dict[str, object]]:
    assert run([*argv, "--json", "--no-control"]) == 1
    results: list[dict[str, object]] = json.loads(capsys.readouterr().out)["results"]
    return results


def test_a_list_of_hosts(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "hosts.txt"
    file.write_text("\ufeff# ours\n127.0.0.1:1\n\n  [::1]:1   # the other one\r\n")
    assert [one["name"] for one in probed(capsys, "-f", str(file))] == ["127.0.0.1:1", "[::1]:1"]
    assert [one["name"] for one in probed(capsys, "127.0.0.2:1", "--file", str(file))] == [
        *("127.0.0.2:1", "127.0.0.1:1", "[::1]:1"),
    ]


def test_a_list_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"127.0.0.1:1\n")))
    assert [one["name"] for one in probed(capsys, "-")] == ["127.0.0.1:1"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"127.0.0.1:1\n")))
    assert [one["name"] for one in probed(capsys, "-f", "-")] == ["127.0.0.1:1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table(delimiter: str, encoding: str, tmp_path: Path, capsys: Captured) -> None:
    rows = [
        ["Name", "Smart Host", "TlsSettings", "Port", "TLS domain", "ConnectorType", "Owner"],
        ["Head office, Zürich #1", "127.0.0.1", "EncryptionOnly", "1", "", "Partner", "me"],
        ["", "127.0.0.1:1", "", "", "*.contoso.com", "", ""],
    ]
    quoted = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    file = tmp_path / "hosts.csv"
    file.write_text("\n".join(quoted), encoding=encoding)
    assert run(["-f", str(file), "--json", "--no-control", "--tls", "opportunistic"]) == 1
    out, err = capsys.readouterr()
    first, second = json.loads(out)["results"]
    assert first["name"] == "Head office, Zürich #1"
    assert (first["connector"]["tls"], first["connector"]["port"]) == ("encryption-only", 1)
    assert first["connector"]["type"] == "partner"
    assert (second["name"], second["connector"]["tls_domain"]) == ("127.0.0.1:1", "*.contoso.com")
    assert second["connector"]["tls"] == "opportunistic"
    assert err == f"probe: note: {file}: not looked at: Owner\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing\n\n", "names no host"),
        ("mail.contoso.com\nmail .contoso.com\n", ":2: mail .contoso.com is more than one host"),
        ("127.0.0.1\n\n256.1.1.1\n", ":3: 256.1.1.1 is neither an IP address nor a name"),
        ("mail.contoso.com, Head office\n", ":1: no column of hosts, only: mail.contoso.com, Head office"),
        ("Server,Address,Port\na.test,192.0.2.1,25\n", ":1: Server, Address say the same"),
        pytest.param(f"host,name\n{'a' * 140_000},x\n", ":2: the name has 140000 characters", id="large-cell"),
        ("host,port\nmail.contoso.com,smtp\n", ":2: port smtp is not a number"),
        ("host,tls\nmail.contoso.com,strict\n", ":2: tls strict is not known"),
        ("name,host\nx,\n", ":2: there is no host in this line"),
        ("host,expect\nmail.contoso.com,9.9.9\n", ":2: expect 9.9.9 is not known"),
    ],
)
def test_a_mistake_in_a_list_is_told_with_its_line(
    content: str, message: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "hosts.csv"
    file.write_text(content)
    assert run(["-f", str(file)]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert message in error
    assert hint.startswith("probe: hint: ")


def test_waiting_takes_lists_too(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "hosts.txt"
    file.write_text("127.0.0.1:1\n")
    assert run(["wait", "-f", str(file), "--until", "4.4.316", "--no-control", "--json", "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["name"] == "127.0.0.1:1"
    assert run(["wait", "doctor", "--for", "1s"]) == 2
    assert "probe -- doctor" in capsys.readouterr().err
    assert run(["wait", "--for", "1s", "--nameserver", "127.0.0.1#1", "-q", "--", "doctor"]) == 3
