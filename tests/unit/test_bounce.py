"""bounces/: every shape in which an error is pasted, read for what it says and for no more."""

from __future__ import annotations

import gc
import json
import time
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector_probe.bounces import parser
from connector_probe.bounces.bounce import (
    MAX_BOUNCES,
    Bounce,
    BounceSource,
    InputTooLargeError,
    codes_seen,
    read,
)
from connector_probe.bounces.decoding import MAX_INPUT
from connector_probe.bounces.surroundings import address_and_port, last_time
from connector_probe.diagnosis.profiles import HEADLINES, PROFILES, SESSION_HEADLINE, WINSOCK_995
from connector_probe.model.verdict import FailureClass, MailFlowCode
from tests.unit.bounces import read_bounces

TEXTS = Path(__file__).parent.parent / "data" / "bounces"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((TEXTS / "expected.json").read_text(encoding="utf-8"))
EVERY_CHARACTER = st.characters(codec=None, exclude_categories=())  # lone surrogates too


def told(bounce: Bounce, field: str) -> object:
    """A field as the table of expectations writes it."""
    value = bounce.alternatives if field == "also" else getattr(bounce, field)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value.value if isinstance(value, StrEnum) else value


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bounce_is_read_for_what_it_says(name: str) -> None:
    data, wanted = (TEXTS / name).read_bytes(), EXPECTED[name]
    found = read_bounces(data)
    assert [{field: told(one, field) for field in want} for one, want in zip(found, wanted, strict=False)] == wanted
    assert len(found) == len(wanted), found
    if not name.startswith(("mail-", "bare-utf16")) and not name.endswith(".gz"):
        assert read_bounces(data.decode()) == found


def test_every_text_has_its_expectation_and_every_shape_its_texts() -> None:
    assert {path.name for path in TEXTS.iterdir()} == set(EXPECTED) | {"expected.json"}
    assert len(EXPECTED) >= 45
    shapes = [told(one, "source") for name in EXPECTED for one in read_bounces((TEXTS / name).read_bytes())]
    for shape in BounceSource:
        assert shapes.count(shape.value) >= 5, shape


# --- codes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", MailFlowCode)
def test_both_forms_of_a_code_are_one(code: MailFlowCode) -> None:
    (transient,), (final,) = read_bounces(f"450 {code}"), read_bounces(f"550 5{code[1:]}")
    assert (transient.code, transient.final, transient.written_code) == (code, False, code)
    assert (final.code, final.final, final.written_code) == (code, True, f"5{code[1:]}")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("400 4.4.7 Message delayed", "4.4.7"),
        ("550 4.4.7 QUEUE.Expired; message expired", "4.4.7"),
        ("550 5.4.300 Message expired", "5.4.300"),
        ("550 5.6.7 DNS domain ''x.example'' does not exist", "5.6.7"),
        ("450 4.7.321 starttls-not-supported", "4.7.321"),
        ("550 5.7.325 certificate-host-mismatch", "4.7.325"),
        ("450 4.4.8 MX hosts", "4.4.8"),
        ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", "5.4.14"),
        ("550 5.7.64 TenantAttribution; Relay Access Denied", "5.7.64"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10"),
        ("421 4.3.2 Service not available", "4.3.2"),
        ("451 4.4.4 Temporary server error. Please try again later ATTR3", "4.4.4"),
        ("451 4.7.650 The mail server has been temporarily rate limited", "4.7.650"),
        ("Status: 4.4.7", "4.4.7"),
        ("error code 5.4.1", "5.4.1"),
        ("5.4.1", "5.4.1"),
    ],
)
def test_a_neighbouring_code_is_known(text: str, code: str) -> None:
    (found,) = read_bounces(text)
    assert found.code == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "connection refused",
        "450 Connection refused",
        "450 4.4.3161 x",
        "x4.4.316",
        "4.4.316.2",
        "250 2.1.5 ok",
    ],
)
def test_what_is_no_known_code_is_nothing(text: str) -> None:
    assert read_bounces(text) == ()


def test_codes_that_are_not_known_can_be_named() -> None:
    assert codes_seen("550 5.1.1 a 550 5.1.1 b 452 4.2.2 c, version 5.4.1") == ("5.1.1", "4.2.2")


# --- classes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [one for one, profile in PROFILES.items() if profile.code and profile.message])
def test_what_we_say_exchange_online_would_write_is_read_back(failure: FailureClass) -> None:
    profile = PROFILES[failure]
    assert profile.code is not None
    for code, headline in ((profile.code, HEADLINES[profile.code]), (MailFlowCode.CANNOT_CONNECT, SESSION_HEADLINE)):
        (found,) = read_bounces(f"450 {code} {headline} [Message={profile.message}] [LastAttemptedServerName=a.b]")
        assert found.failure_class is not None
        assert failure in (found.failure_class, *found.alternatives)


def test_winsock_995_is_a_connection_that_timed_out() -> None:
    (found,) = read_bounces(f"450 4.4.317 {SESSION_HEADLINE} [Message={WINSOCK_995}]")
    assert found.failure_class is FailureClass.TCP_TIMEOUT


@pytest.mark.parametrize(
    "message",
    [
        "550 Connection refused",
        "550-5.7.0 Connection refused - AB12",
        "554 5.7.1 Socket error code 10061",
        "421 SubjectMismatch",
        "550 STARTTLS is required to send mail",
    ],
)
def test_the_words_of_a_server_never_decide_the_layer(message: str) -> None:
    (found,) = read_bounces(f"450 4.4.317 Cannot connect to remote server [Message={message}]")
    assert found.failure_class is FailureClass.BANNER_REJECTED


@pytest.mark.parametrize("code", ["4.4.312", "4.4.315", "4.4.316", "4.4.318"])
def test_a_reply_under_a_code_that_it_contradicts_proves_nothing(code: str) -> None:
    (found,) = read_bounces(f"450 {code} x [Message=550 5.7.1 go away]")
    assert found.failure_class is None


@pytest.mark.parametrize(
    "message",
    [
        "SomethingNew",
        "451 4.4.0 TLS negotiation failed with error NoCredentials",
        "Socket error code 10054",
    ],
)
def test_nothing_is_guessed(message: str) -> None:
    (found,) = read_bounces(f"450 4.4.317 Cannot connect to remote server [Message={message}]")
    assert (found.failure_class, found.alternatives, found.message) == (None, (), message)


def test_what_may_be_several_failures_is_none_of_them() -> None:
    (found,) = read_bounces("450 4.4.317 Cannot connect to remote server [Message=421 4.2.1 Unable to connect]")
    assert found.failure_class is None
    assert set(found.alternatives) == {FailureClass.TCP_TIMEOUT, FailureClass.TCP_REFUSED, FailureClass.TCP_UNREACHABLE}


# --- one error, many sightings ---------------------------------------------------------------------------------


def test_two_servers_are_two_errors_in_their_order() -> None:
    line = "450 4.4.316 Connection refused [Message=Socket error code 10061] [LastAttemptedServerName={}]"
    found = read_bounces("\n".join(line.format(name) for name in ("b.example", "a.example", "B.example")))
    assert [one.server for one in found] == ["b.example", "a.example"]


def test_two_addresses_are_two_errors() -> None:
    line = "450 4.4.316 Connection refused [LastAttemptedServerName=a.example] [LastAttemptedIP={}:25]"
    found = read_bounces("\n".join(line.format(address) for address in ("192.0.2.1", "2001:db8::1", "192.0.2.1")))
    assert [one.address for one in found] == ["192.0.2.1", "2001:db8::1"]


def test_two_messages_are_two_errors() -> None:
    found = read_bounces("450 4.4.317 x [Message=CertificateExpired]\n450 4.4.317 x [Message=SubjectMismatch]")
    assert [one.failure_class for one in found] == [
        FailureClass.CERTIFICATE_EXPIRED,
        FailureClass.CERTIFICATE_NAME_MISMATCH,
    ]


def test_the_last_attempt_is_the_time_of_an_error() -> None:
    line = "Server at a.example (192.0.2.1) returned '450 4.4.316 Connection refused'"
    (found,) = read_bounces(f"1/2/2026 3:00:00 AM - {line}\n1/2/2026 4:00:00 AM - {line}")
    assert found.occurred_at == datetime(2026, 1, 2, 4, tzinfo=UTC)


def test_no_more_than_a_bounded_number_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"450 4.4.316 x [LastAttemptedServerName=s{number}.example]" for number in range(MAX_BOUNCES + 5))
    found = read(text)
    assert (len(found.bounces), found.note) == (MAX_BOUNCES, "more-errors")
    assert read(text.rpartition(f"\n450 4.4.316 x [LastAttemptedServerName=s{MAX_BOUNCES}")[0]).note == ""
    monkeypatch.setattr(parser, "_MAX_ERRORS", 2)
    assert [read("450 4.4.316 x\n\n" * number).note for number in (2, 3)] == ["", "more-errors"]


# --- addresses and times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.5:25", ("192.0.2.5", 25)),
        ("192.0.2.5", ("192.0.2.5", None)),
        ("[2001:db8::5]:2525", ("2001:db8::5", 2525)),
        ("[2001:db8::5]", ("2001:db8::5", None)),
        ("2001:db8::5:25", ("2001:db8::5", 25)),
        ("192.0.2.5:70000", (None, None)),
        ("192.0.2.5:٢٥", (None, None)),
        ("0.0.0.0", (None, None)),
        ("::", (None, None)),
        ("fe80::1%eth0", (None, None)),
        ("mail.contoso.com", (None, None)),
        ("", (None, None)),
        ("[", (None, None)),
    ],
)
def test_an_address_is_read_or_is_none(text: str, read: tuple[str | None, int | None]) -> None:
    assert address_and_port(text) == read


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("11/24/2026 3:42:51 AM", "2026-11-24T03:42:51Z"),
        ("11/24/2026 12:42:51 AM", "2026-11-24T00:42:51Z"),
        ("11/24/2026 12:42:51 PM", "2026-11-24T12:42:51Z"),
        ("1/2/2026 3:42 pm", "2026-01-02T15:42:00Z"),
        ("24/11/2026 03:42:51", "2026-11-24T03:42:51Z"),
        ("24.11.2026, 03:42:51", "2026-11-24T03:42:51Z"),
        ("2026/11/24 下午 03:42:51", "2026-11-24T15:42:51Z"),
        ("2026-11-24T03:42:51.123+01:00", "2026-11-24T02:42:51Z"),
        ("2026-11-24 03:42:51Z, 11/24/2026 5:00:00 AM", "2026-11-24T05:00:00Z"),
        ("1/2/2026 03:42:51", None),  # January or February?
        ("15-01-21 23:50:05", None),
        ("13/13/2026 3:00:00 AM", None),
        ("11/24/2026 13:00:00 PM", None),
        ("2026-02-30T00:00:00Z", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("tomorrow", None),
    ],
)
def test_a_time_is_read_where_it_is_beyond_doubt(text: str, moment: str | None) -> None:
    found = last_time(text)
    assert (found.isoformat().replace("+00:00", "Z") if found is not None else None) == moment


# --- anything at all -------------------------------------------------------------------------------------------


def assert_sound(found: tuple[Bounce, ...]) -> None:
    for bounce in found:
        for value in bounce:
            if isinstance(value, str):
                assert not any(unicodedata.category(one).startswith(("C", "Zl", "Zp")) for one in value), value
                assert len(value) <= 1_000
            if isinstance(value, datetime):
                assert value.utcoffset() is not None
        assert bounce.port is None or 0 < bounce.port < 65536


PIECES = st.sampled_from(
    [
        *("450 4.4.316 ", "550 5.4.317 ", "450-4.4.317 ", "4.4.7", "550 5.4.300 Message expired -> ", "454 4.7.5 "),
        *("{LED=", "};{MSG=", "};{FQDN=", "};{IP=", "};{LRT=", "}]", "[Message=", "] ", "(", ")", "'", "\n", "\n\n"),
        *("[LastAttemptedServerName=", "[LastAttemptedIP=", "192.0.2.5:25", "Server at ", " returned '", " -> "),
        *("1/2/2026 3:04:05 AM", "99/99/9999 99:99:99 PM", "Status: ", "Diagnostic-Code: smtp;", "Remote-MTA: dns;"),
        *("Last-Attempt-Date: ", "Final-Recipient: rfc822;", "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n"),
        *("Content-Type: message/delivery-status\n\n", "Content-Transfer-Encoding: base64\n", "MIME-Version: 1.0\n"),
        *("Content-Type: text/html; charset=idna\n\n", "<br>", "&#99999999;", "<script>", "\x1b[31m", "\u202e", "=3D"),
        *("From a Tue 2026\n", "Expected Subject: a.b. ", "Thumbprint: ", "0" * 40, "> ", "-0000", "\ufeff", "\0"),
    ]
)


@given(st.text(EVERY_CHARACTER, max_size=300))
@settings(max_examples=50)
def test_any_text_is_survived(text: str) -> None:
    assert_sound(read_bounces(text))


@given(st.lists(PIECES | st.text(EVERY_CHARACTER, max_size=5), max_size=25).map("".join))
@example("x" * 40 + "Diagnostic-Code: smtp;450 4.4.316 ")
@example("450 4.4.316 x [Message=\x1b[2J\u202e] [LastAttemptedServerName=\x07a\ud800]")
@settings(max_examples=60)
def test_any_text_made_of_the_grammar_is_survived(text: str) -> None:
    assert_sound(read_bounces(text))
    assert_sound(read_bounces(text.encode("utf-8", "surrogatepass")))


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert_sound(read_bounces(data))


@given(st.sampled_from([name for name in EXPECTED if EXPECTED[name]]), st.integers(0, 3_000))
def test_a_text_may_be_cut_off_anywhere(name: str, end: int) -> None:
    assert_sound(read_bounces((TEXTS / name).read_bytes()[:end]))


def test_more_text_than_any_bounce_has_is_refused() -> None:
    with pytest.raises(InputTooLargeError, match="10 MiB"):
        read_bounces("x" * (MAX_INPUT + 1))


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "[",
            "(",
            "'",
            "{LED=",
            "450 4.4.317 x [Message=[[",
            "450-4.4.317 [Message=550-5.7.0 a\n",
            "Status: 5.4.316\n",
        ),
        *("\n ", "<b", "<br>&a", "4.4.316 ", "550 5.4.300 Message expired -> ", "1/2/2026 3:04:05 AM ", "Server at "),
        "Content-Type: text/plain\n;a=b",
        "MIME-Version: 1.0\nContent-Type: message/delivery-status\n\na: b\n\n",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """Eight times the text, eight times the work: what grows with the square takes sixty-four times."""
    short, long = (piece * (length // len(piece)) for length in (2_500, 20_000))
    assert cost(long) < 3 * 8 * max(cost(short), 0.005)


def cost(text: str) -> float:
    """Seconds of this thread's own work on reading ``text``, however busy the machine is."""
    gc.disable()
    try:
        began = time.thread_time()
        found = read_bounces(text)
        ended = time.thread_time()
    finally:
        gc.enable()
    assert_sound(found)
    return ended - began


def test_parameters_without_end_cost_nothing() -> None:
    mail = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain{}\n\n{}\n"
    short, long = (mail.format(";a=b" * number, "450 4.4.316 x") for number in (10_000, 80_000))
    assert [found.code for found in read_bounces(long)] == ["4.4.316"]
    assert cost(long) < 3 * 8 * max(cost(short), 0.005)


@pytest.mark.parametrize("charset", ["unicode_escape", "idna", "punycode", "rot13", "x" * 100, "a\0b"])
def test_what_is_no_charset_decodes_nothing(charset: str) -> None:
    assert read_bounces(f"Content-Type: text/plain; charset={charset}\n\n450 4\\x2e4.316 x".encode()) == ()
    assert len(read_bounces(f"Content-Type: text/plain; charset={charset}\n\n450 4.4.316 x".encode())) == 1


def test_a_number_without_end_is_no_character() -> None:
    assert read_bounces("<br>450 4.4.316 x &#" + "9" * 10_000 + ";")[0].code == "4.4.316"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4.4.8 MX hosts of contoso.com failed MTA-STS validation", ["4.4.8"]),
        ("5.7.5 Remote certificate failed MTA-STS validation. Reason: CertExpired", ["4.7.5"]),
        ("Exchange 4.7.5 was installed today", []),
        ("release 4.4.8\nMTA-STS support", []),
    ],
)
def test_codes_of_mta_sts_need_its_name_where_nothing_stands_in_front(text: str, codes: list[str]) -> None:
    assert [one.code for one in read_bounces(text)] == codes


def test_a_flood_of_fields_and_of_errors_is_read_in_part() -> None:
    """A file of 10 MiB of nothing but "Status:" is told of in seconds."""
    flood = "Status: 4.4.316\n" * 5_000
    (first,) = read_bounces(
        f"{flood}Remote-MTA: dns;mail.contoso.com\nDiagnostic-Code: smtp;450 4.4.312 DNS query failed\n"
    )
    assert (first.code, first.server) == ("4.4.316", None)
