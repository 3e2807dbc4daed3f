"""formats/saved.py: a report read back is what it was, and a damaged one ends in a sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.api import assemble
from connector_probe.diagnosis.conclude import with_expectation
from connector_probe.formats import jsonl
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import SavedReportError, diagnose_again, read_report
from connector_probe.model.connector import Connector, ConnectorType, TlsSettings
from connector_probe.model.documents import is_report
from connector_probe.model.evidence import (
    AttemptEvidence,
    Certificate,
    CertificateEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Connection,
    ConnectorEvidence,
    Exchange,
    FaultKind,
    Garble,
    Handshake,
    Lookup,
    LookupStatus,
    NetworkFault,
    Reply,
    ReplyFlaw,
    Resolution,
    TlsSession,
    TranscriptLine,
)
from connector_probe.model.verdict import FailureClass, Report, Status
from tests.unit.evidence import concluded

AT = datetime(2026, 11, 24, 3, 42, 51, 123456, tzinfo=UTC)
SERVER, ADDRESS = "mail.contoso.com", "192.0.2.5"
RESOLVED = Resolution(
    SERVER,
    (ADDRESS,),
    (Lookup(SERVER, "A", LookupStatus.ANSWER, (ADDRESS,), ttl=300, nameserver="192.0.2.53", seconds=0.012),),
    seconds=0.012,
)
UNRESOLVED = Resolution(SERVER, (), (Lookup(SERVER, "A", LookupStatus.NXDOMAIN, rcode="NXDOMAIN", nameserver="::1"),))
OPEN = Connection(0.01, 0.02, "198.51.100.7")
REFUSED = Connection(0.01, 0.02, fault=NetworkFault(FaultKind.REFUSED, "ECONNREFUSED", "Connection refused"))
BANNER = Exchange("", 0.03, 0.004, Reply(220, ("mail ready",), (ReplyFlaw.BARE_LF,)))
EHLO = Exchange("EHLO probe.example", 0.04, 0.005, Reply(250, ("mail", "SIZE 1000", "STARTTLS")))
STARTTLS = Exchange("STARTTLS", 0.05, 0.006, Reply(220, ("go ahead",)))
LEAF = Certificate(
    *("CN=other.contoso.com", "CN=Lab CA", ("other.contoso.com",)),
    *(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
    *("0A", "11" * 20, "22" * 32, "RSA 2048", "sha256WithRSAEncryption", "other.contoso.com"),
)
CHAIN = CertificateEvidence(
    (LEAF,), (CertificateProblem(CertificateProblemKind.EXPIRED, 0, LEAF.subject),), (LEAF.subject,), AT, "system"
)
CONNECTOR = Connector(smart_hosts=[SERVER])
EXPIRED = AttemptEvidence(
    *(SERVER, ADDRESS, 25, RESOLVED, OPEN),
    banner=BANNER,
    ehlo=EHLO,
    starttls=STARTTLS,
    handshake=Handshake(0.06, 0.1, TlsSession("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
    certificate=CHAIN,
    ehlo_again=EHLO,
    seconds=0.4,
)


def evidence(*attempts: AttemptEvidence) -> ConnectorEvidence:
    lines = (TranscriptLine(0.03, "server", "220 mail ready"), TranscriptLine(0.04, "client", "EHLO probe.example"))
    return ConnectorEvidence(attempts, tuple(lines for _ in attempts), AT, 0.5)


CASES: dict[str, tuple[Connector, ConnectorEvidence, FailureClass | None]] = {
    "nxdomain": (CONNECTOR, evidence(AttemptEvidence(SERVER, None, 25, UNRESOLVED)), FailureClass.DNS_NXDOMAIN),
    "refused": (
        Connector(
            smart_hosts=[f"{SERVER}:2525"],
            name="Head office",
            type=ConnectorType.PARTNER,
            source_address="198.51.100.7",
            expect="4.4.316",
            warn_days=7,
            as_of=AT,
        ),
        evidence(AttemptEvidence(SERVER, ADDRESS, 2525, RESOLVED, REFUSED)),
        FailureClass.TCP_REFUSED,
    ),
    "garbled": (
        CONNECTOR,
        evidence(
            AttemptEvidence(
                *(SERVER, ADDRESS, 25, RESOLVED, OPEN),
                banner=Exchange("", 0.03, 0.1, garble=Garble.NOT_SMTP, sample="SSH-2.0-OpenSSH"),
            )
        ),
        FailureClass.BANNER_NOT_SMTP,
    ),
    "no-starttls": (
        Connector(smart_hosts=[SERVER], tls=TlsSettings.ENCRYPTION_ONLY),
        evidence(
            AttemptEvidence(
                *(SERVER, ADDRESS, 25, RESOLVED, OPEN), banner=BANNER, ehlo=replace(EHLO, reply=Reply(250, ("mail",)))
            )
        ),
        FailureClass.STARTTLS_NOT_OFFERED,
    ),
    "expired": (CONNECTOR, evidence(EXPIRED), FailureClass.CERTIFICATE_EXPIRED),
    "expired-by-another-name": (
        Connector(use_mx="contoso.com", tls_domain="*.fabrikam.com"),
        evidence(EXPIRED),
        FailureClass.CERTIFICATE_EXPIRED,
    ),
    "encryption-only": (Connector(smart_hosts=[SERVER], tls=TlsSettings.ENCRYPTION_ONLY), evidence(EXPIRED), None),
    "address-with-recipient": (
        Connector(smart_hosts=[ADDRESS], rcpt="a@contoso.com"),
        evidence(
            replace(
                EXPIRED,
                server=ADDRESS,
                resolution=Resolution(ADDRESS, (ADDRESS,)),
                certificate=replace(CHAIN, problems=()),
                mail=Exchange("MAIL FROM:<>", 0.2, 0.01, Reply(250, ("ok",))),
                recipient=Exchange("RCPT TO:<a@contoso.com>", 0.2, 0.01, Reply(550, ("no", "really not"))),
            )
        ),
        FailureClass.RECIPIENT_REJECTED,
    ),
    "one-of-two": (
        CONNECTOR,
        evidence(AttemptEvidence(SERVER, "2001:db8::5", 25, RESOLVED, REFUSED), replace(EXPIRED, seconds=0.3)),
        FailureClass.CERTIFICATE_EXPIRED,
    ),
}


def report_of(*names: str, strict: bool = False) -> Report:
    connectors = [CASES[name][0] for name in names]
    results = [with_expectation(concluded(*CASES[name][:2]), strict=strict) for name in names]
    return assemble(connectors, results, AT, 1.25)


def saved(*names: str) -> str:
    return render(report_of(*names), RenderOptions())


@pytest.mark.parametrize("name", CASES)
def test_what_was_seen_is_read_back_whole(name: str) -> None:
    (read,) = read_report(saved(name)).results
    connector, seen = read.connector, read.evidence
    asked, expected, failure = CASES[name]
    assert seen == expected
    assert (connector.name, connector.port, connector.expect) == (asked.name, asked.port, asked.expect)
    result = concluded(connector, seen)
    assert result == concluded(asked, expected)
    assert (result.diagnosis.class_ if result.diagnosis is not None else None) == failure


def test_a_report_diagnosed_again_is_the_same_report() -> None:
    text = saved(*CASES)
    assert diagnose_again(read_report(text)) == report_of(*CASES)
    assert render(diagnose_again(read_report(text)), RenderOptions()) == text


def test_a_warning_that_strict_did_not_expect_stays_so() -> None:
    report = report_of("encryption-only", strict=True)
    assert (report.results[0].status, report.results[0].expected) == (Status.WARNING, False)
    assert diagnose_again(read_report(render(report, RenderOptions()))) == report


def test_only_the_evidence_counts() -> None:
    """What an older version concluded, or somebody wrote into the file, is not believed."""
    document = json.loads(saved("refused"))
    document["results"][0] |= {"diagnosis": None, "by_tls_mode": {}, "attempts": [], "warnings": [], "from_2031": [1]}
    document["results"][0]["evidence"]["from_2031"] = {"x": 1}
    assert diagnose_again(read_report(json.dumps(document))) == report_of("refused")


def test_a_report_from_before_the_newer_keys_is_read() -> None:
    document = json.loads(saved("nxdomain"))
    for key in ("source_address", "rcpt", "warn_days", "as_of"):
        del document["results"][0]["connector"][key]
    assert diagnose_again(read_report(json.dumps(document))) == report_of("nxdomain")


# --- lines of jsonl --------------------------------------------------------------------------------------------


def lines_of(*names: str) -> str:
    return jsonl.render(report_of(*names), RenderOptions())


@pytest.mark.parametrize("names", [("nxdomain",), ("refused", "nxdomain", "expired-by-another-name")])
def test_lines_give_what_the_report_gives(names: tuple[str, ...]) -> None:
    """But for the whole run's length, which no line tells: it is taken from the first begin to the last end."""
    text = lines_of(*names)
    assert is_report(text)
    assert diagnose_again(read_report(text)) == replace(report_of(*names), duration=0.5)
    spread = "\r\n".join(json.dumps(json.loads(line), indent=1) for line in text.splitlines())
    assert read_report(f"\ufeff{spread}") == read_report(text)


def test_the_last_line_of_each_connector_counts() -> None:
    """As of a file that each run adds to."""
    earlier, later = lines_of("refused", "nxdomain", "expired-by-another-name"), lines_of("expired")
    assert json.loads(later)["name"] == SERVER  # the connector of "nxdomain", and another state of it
    read = read_report(earlier + "\n" + later)
    assert read.superseded == 1
    assert [one.connector.name for one in read.results] == ["Head office", "contoso.com", SERVER]
    assert diagnose_again(read).results == report_of("refused", "expired-by-another-name", "expired").results


def test_lines_of_two_machines_have_the_addresses_of_both() -> None:
    first, second = (json.loads(line) for line in lines_of("refused", "nxdomain").splitlines())
    first["vantage"] |= {"hostname": "a", "source_addresses": ["192.0.2.10"]}
    second["vantage"] |= {"hostname": "b", "source_addresses": ["192.0.2.20", "192.0.2.10"]}
    vantage = read_report(json.dumps(first) + json.dumps(second)).vantage
    assert (vantage.hostname, vantage.source_addresses) == ("b", ("192.0.2.10", "192.0.2.20"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines_of("refused", "nxdomain") + saved("nxdomain"), "results[2] is a whole report among single results"),
        (saved("nxdomain") + lines_of("refused"), "there is more than one report in it"),
        (saved("nxdomain") + saved("refused"), "there is more than one report in it"),
        (lines_of("refused") + lines_of("nxdomain")[:-20], "not valid JSON (line 2)"),
        (lines_of("refused") + "[]", "not a JSON object"),
        (lines_of("refused") + '{"schema": "connector-probe/result/2"}', "schema is connector-probe/result/2"),
        (lines_of("refused") + '{"schema": "connector-probe/result/1"}', "results[1].connector is missing"),
        (lines_of("refused").replace('"seconds":0.5', '"seconds":1e30'), "longer than there is time"),
        (lines_of("refused").replace('"version":', '"of":'), "results[0].version is missing"),
        (lines_of("refused").replace('"vantage":', '"of":'), "results[0].vantage is missing"),
    ],
)
def test_damaged_lines_are_named(text: str, message: str) -> None:
    with pytest.raises(SavedReportError) as caught:
        read_report(text)
    assert message in str(caught.value)
    assert caught.value.hint


def test_nothing_raw_comes_out_of_a_file() -> None:
    document = json.loads(saved("garbled"))
    document["results"][0]["evidence"]["attempts"][0]["banner"]["sample"] = "\x1b[2J\u202e\x00"
    document["results"][0]["name"] = "\x1b]0;x\x07"
    document["vantage"]["notes"] = ["\x1b[31m"]
    shown = diagnose_again(read_report(json.dumps(document)))
    assert json.dumps(json.loads(render(shown, RenderOptions())), ensure_ascii=False).isprintable()


# --- damaged files ---------------------------------------------------------------------------------------------


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


RESULT = ("results", 0)
ATTEMPT = (*RESULT, "evidence", "attempts", 0)
DAMAGE: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (_set("schema", to="connector-probe/report/2"), "schema is connector-probe/report/2"),
    (_set("schema", to=None), "schema is None"),
    (_set("results", to={}), "the report has no results"),
    (_set("results", to=[]), "the report has no results"),
    (_set("results", to=[7]), r"results[0] is not an object"),
    (_set("started_at", to="yesterday"), "started_at: "),
    (_set("started_at", to="2026-01-01T00:00:00"), "started_at: the time has no zone"),
    (_set("duration", to="long"), "duration: "),
    (_set("vantage", to=None), "vantage: "),
    (lambda document: document["results"][0].pop("evidence"), "results[0].evidence is missing"),
    (_set(*RESULT, "evidence", to=None), "results[0].evidence: "),
    (_set(*RESULT, "connector", "tls", to="strict"), "results[0].connector.tls: "),
    (_set(*RESULT, "connector", "smart_hosts", to=["a b"]), "results[0].connector: a b is not"),
    (_set(*RESULT, "connector", "smart_hosts", to=[]), "results[0].connector: no host"),
    (_set(*RESULT, "connector", "as_of", to="2026-01-01T00:00:00"), "connector.as_of: the time has no zone"),
    (_set(*RESULT, "expect", to="4.4.999"), "expect 4.4.999 is not known"),
    (_set(*RESULT, "name", to=["x"]), "results[0].name: "),
    (_set(*RESULT, "status", to="fine"), "results[0].status: "),
    (_set(*RESULT, "evidence", "transcripts", to=[]), "attempts: 1, transcripts: 0"),
    (lambda document: document["results"][0]["evidence"].update(attempts=[], transcripts=[]), "attempts: 0"),
    (_set(*RESULT, "evidence", "transcripts", 0, 0, "source", to="robot"), "transcripts[0][0].source: Input should be"),
    (_set(*RESULT, "evidence", "seconds", to="1"), "results[0].evidence.seconds: "),
    (_set(*ATTEMPT, "port", to="25"), "attempts[0].port: "),
    (_set(*ATTEMPT, "banner", "reply", to=None), "attempts[0].banner: exactly one of reply, fault and garble"),
    (_set(*ATTEMPT, "banner", "garble", to="not-smtp"), "attempts[0].banner: exactly one of"),
    (_set(*ATTEMPT, "resolution", "smart_host", to=""), "attempts[0].resolution.smart_host: the text is empty"),
    (_set(*ATTEMPT, "server", to=""), "results[0].evidence contradicts itself (nothing tells the server)"),
    (_set(*ATTEMPT, "handshake", "session", to=None), "attempts[0].handshake: exactly one of session and fault"),
    (_set(*ATTEMPT, "certificate", "judged_at", to="2026-01-01T00:00:00"), "judged_at: the time has no zone"),
    (_set(*ATTEMPT, "connection", "seconds", to=float("inf")), "not valid JSON"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=[message for _, message in DAMAGE])
def test_damage_is_named(damage: Callable[[dict[str, Any]], None], message: str) -> None:
    document = json.loads(saved("expired"))
    damage(document)
    with pytest.raises(SavedReportError) as caught:
        diagnose_again(read_report(json.dumps(document)))
    assert message in str(caught.value)
    assert caught.value.hint
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON (line 1)"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not valid JSON"),
        ('{"schema": "connector-probe/report/1", "started_at": ' + "9" * 5_000 + "}", "not valid JSON"),
        ('{"schema": "connector-probe/report/1", "a": ' + "[" * 50 + "]" * 50 + "}", "nested too deeply"),
        ('{"schema": "connector-probe/report/1", "duration": 1e999, "results": [7]}', "started_at is missing"),
    ],
)
def test_no_report_at_all(text: str, message: str) -> None:
    with pytest.raises(SavedReportError) as caught:
        read_report(text)
    assert message in str(caught.value)


def test_a_number_beyond_all_floats_is_refused() -> None:
    text = saved("expired").replace('"duration": 1.25', '"duration": 1e999', 1)
    with pytest.raises(SavedReportError, match=r"duration"):
        read_report(text)


def test_our_documents_are_known_by_their_schema() -> None:
    assert is_report(saved("refused"))
    assert is_report('\ufeff {"schema": "connector-probe/explanation/1"}')
    assert not is_report("450 4.4.316 Connection refused")
    assert not is_report('{"Detail": "Reason: [{LED=450 4.4.316 Connection refused}]"}')


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    found = [path] if path else []
    for step, item in steps:
        found += _leaves(item, (*path, step))
    return found


WHOLE = json.loads(saved(*CASES))
PLACES = [path for path in _leaves(WHOLE) if path[0] == "results" and path[2:3] in (("evidence",), ("connector",))]
ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["refused", "closed", "healthy", "2026-01-01T00:00:00Z", "250", "A", "MX", "expired"])
    | st.lists(st.integers() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
@settings(max_examples=80, deadline=None)
def test_any_change_ends_in_a_report_or_in_a_sentence(changes: list[tuple[tuple[str | int, ...], object]]) -> None:
    rows = sorted({path[1] for path, _ in changes})
    document = WHOLE | {"results": [copy.deepcopy(WHOLE["results"][row]) for row in rows]}
    for (_, row, *path), value in changes:
        try:
            _set("results", rows.index(row), *path, to=value)(document)
        except (LookupError, TypeError):  # an earlier change took the place away
            continue
    try:
        report = diagnose_again(read_report(json.dumps(document)))
    except SavedReportError as problem:
        said = str(problem)
    else:
        said = json.dumps(json.loads(render(report, RenderOptions())), ensure_ascii=False)
    assert said.isprintable()
