"""bounces/: what only looks like one of Exchange's errors is not claimed, and what is one is."""

from __future__ import annotations

import pytest

from connector_probe.bounces.explanation import explain
from connector_probe.bounces.known_codes import Topic
from connector_probe.model.verdict import FailureClass
from tests.unit.bounces import read_bounces

REPORT = """Reporting-MTA: dns; mx1.example.org

Final-Recipient: rfc822; user@contoso.com
Action: failed
Status: {status}
Remote-MTA: dns; mail.contoso.com
Diagnostic-Code: {diagnostic}
"""


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        ("4.7.5", "X-Postfix; Server certificate not trusted"),
        ("5.4.6", "X-Postfix; mail for contoso.com loops back to myself"),
        ("4.4.1", "X-Postfix; connect to mail.contoso.com[192.0.2.5]:25: Connection refused"),
        ("5.4.1", "smtp; 550 5.7.1 Relaying denied"),
        ("5.6.7", "smtp; 550 5.6.7 SMTPUTF8 is required, but was not offered"),
    ],
)
def test_a_report_of_another_mail_system_is_not_exchanges(status: str, diagnostic: str) -> None:
    assert read_bounces(REPORT.format(status=status, diagnostic=diagnostic)) == ()


@pytest.mark.parametrize(
    "diagnostic",
    [
        "smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS>",
        "SMTP; 421 4.3.0 try later",
        "X-Postfix; delivery temporarily suspended",
    ],
)
def test_another_mail_system_s_time_limit_is_not_exchange_online_s(diagnostic: str) -> None:
    (found,) = read_bounces(REPORT.format(status="4.4.7", diagnostic=diagnostic))
    assert (found.code, found.topic) == ("4.4.7", Topic.EXPIRED_ELSEWHERE)
    assert "24 hours" not in explain(found).meaning


@pytest.mark.parametrize(
    "line",
    [
        "relay=mail.contoso.com[192.0.2.5]:25, delay=1, dsn=4.7.5, status=deferred (Server certificate not verified)",
        "to=<user@contoso.com>, relay=none, dsn=5.4.6, status=bounced (mail for contoso.com loops back to myself)",
        "450 4.3.2 Service currently unavailable",
        "421 4.3.2 All server ports are busy",
        "451 4.4.0 reply: read error from mail.contoso.com.",
        "554 5.4.6 Too many hops 26 (25 max)",
        "541 5.4.1 Mail rejected by destination domain",
        "556 5.1.10 Recipient address has null MX",
    ],
)
def test_a_shared_code_with_the_words_of_another_mail_system_is_not_exchanges(line: str) -> None:
    assert read_bounces(line) == ()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("454 4.7.5 Certificate validation failure, Reason:UntrustedRoot", "4.7.5"),
        ("554 5.4.6 Hop count exceeded - possible mail loop", "5.4.6"),
        ("550 4.4.7 QUEUE.Expired; message expired", "4.4.7"),
        ("421 4.3.2 Service not available", "4.3.2"),
        ("550 5.4.1 All recipient addresses rejected : Access denied", "5.4.1"),
        (REPORT.format(status="4.4.7", diagnostic="smtp;400 4.4.7 Message delayed"), "4.4.7"),
        (REPORT.format(status="5.4.6", diagnostic="smtp;554 5.4.6 Hop count exceeded - possible mail loop"), "5.4.6"),
        (
            REPORT.format(
                status="5.4.1",
                diagnostic="smtp; 550 5.4.1 Recipient address rejected: Access denied. (in reply to RCPT TO command)",
            ),
            "5.4.1",
        ),
        # Postfix passes on what the next server said, and that is Exchange Online's.
        (
            "dsn=5.1.10, status=bounced (host x[192.0.2.5] said: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found)",
            "5.1.10",
        ),
    ],
)
def test_a_shared_code_in_exchanges_own_words_is_known(line: str, code: str) -> None:
    (found,) = read_bounces(line)
    assert found.code == code


@pytest.mark.parametrize(
    "text",
    [
        "Version 4.4.312 of the product",
        "v4.4.316",
        "kernel 4.4.317 reached its end",
        "linux-image-4.4.317-generic",
        "built 4.4.317-rc1 and 4.4.318+deb9",
        "see https://example.com/en/4.4.316/x and https://example.com/error-4.4.316.html",
        "バージョン 4.4.317",
        "pip install thing==4.4.317 other@4.4.318",
        "thing 4.4.317-SNAPSHOT and error-4.4.316.html",
        "450 4.4.31 and 450 4.4.3170 and 450 14.4.316",
        "in May we met; 5.4.1 was installed",
    ],
)
def test_a_version_number_is_no_code(text: str) -> None:
    assert read_bounces(text) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4.4.316/4.4.317", ["4.4.316", "4.4.317"]),
        ("error-4.4.316 again", ["4.4.316"]),
        ("Driver: 450 4.4.316-Connection refused", ["4.4.316"]),
        ("Error code 4.4.316-Connection refused", ["4.4.316"]),
        ("4.4.316-Connection refused", ["4.4.316"]),
        ("450/4.4.316", ["4.4.316"]),
        ("We get 4.4.316.Can you help?", ["4.4.316"]),
        ("error 4.4.316: see the log", ["4.4.316"]),
        ("错误代码450 4.4.316连接被拒绝", ["4.4.316"]),
    ],
)
def test_a_code_is_one_whatever_it_hangs_together_with(text: str, codes: list[str]) -> None:
    assert [one.code for one in read_bounces(text)] == codes


def test_the_mail_that_a_report_returns_speaks_for_nobody() -> None:
    mail = (
        "From: postmaster@example.org\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;x\n\n"
        "Final-Recipient: rfc822;user@contoso.com\nAction: failed\nStatus: 5.7.999\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nI saw 450 4.4.312 DNS query failed.\n--b--\n"
    )
    assert read_bounces(mail) == ()
    (found,) = read_bounces(mail.replace("Status: 5.7.999\n", ""))
    assert found.code == "4.4.312"


@pytest.mark.parametrize(
    "line",
    [
        "2026/11/24 3:42:10 - 位于 mail.contoso.com（192.0.2.5）的服务器返回“450 4.4.316 Connection refused”",
        "2026/11/24 3:42:10 - 位于mail.contoso.com (192.0.2.5)的服务器返回“450 4.4.316 Connection refused”",
        "Server at mail.contoso.com (192.0.2.5) returned &#39;450 4.4.316 Connection refused&#39;",
    ],
)
def test_the_server_is_found_in_any_typography(line: str) -> None:
    (found,) = read_bounces(line)
    assert (found.server, found.address) == ("mail.contoso.com", "192.0.2.5")


@pytest.mark.parametrize("boundary", ["", '; boundary="another"'])
def test_a_mail_without_its_boundary_is_read_as_text(boundary: str) -> None:
    (found,) = read_bounces(
        f"From: postmaster@x.test\nMIME-Version: 1.0\nContent-Type: multipart/report{boundary}\n\n"
        "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;user@contoso.com\nStatus: 5.4.316\n"
        "Diagnostic-Code: smtp;550 5.4.316 Message expired, connection refused(Socket error code 10061)\n--b--\n"
    )
    assert (found.code, found.recipient) == ("4.4.316", "user@contoso.com")


def test_an_empty_subject_is_none() -> None:
    (found,) = read_bounces(
        "450 4.4.317 x [Message=SubjectMismatch Expected Subject: a.test. Presented Subject: . Thumbprint: x]"
    )
    assert (found.expected_subject, found.presented_subject) == ("a.test", None)


def test_a_reference_of_a_million_digits_is_left_alone() -> None:
    (found,) = read_bounces(f"returned &#39;450 4.4.316 Connection refused&#39; &#{'9' * 6_000};")
    assert found.code == "4.4.316"


def test_an_error_that_the_console_wrapped_is_read_to_its_brace() -> None:
    (found,) = read_bounces(
        "LastError : [{LED=451 4.4.397 Error communicating with target host. -> 421 4.2.1 Unable to\n"
        "            connect -> SocketConnectionRefused: Socket error code 10061};{MSG=};\n"
        "            {FQDN=mail.contoso.com};{IP=192.0.2.5};{LRT=11/24/2026 3:42:10 AM}]\n"
    )
    assert found.failure_class is FailureClass.TCP_REFUSED
    assert found.message == "421 4.2.1 Unable to connect -> SocketConnectionRefused: Socket error code 10061"


def test_the_last_endpoint_that_was_attempted_is_the_server() -> None:
    (found,) = read_bounces(
        'LastError : 451 4.4.0 Primary target IP address responded with: "421 4.2.1 Unable to connect." Attempted '
        "failover to alternate host, but that did not succeed. The last endpoint attempted was 192.0.2.5:25"
    )
    assert (found.address, found.port) == ("192.0.2.5", 25)


def test_a_year_of_another_calendar_is_no_time() -> None:
    (found,) = read_bounces("24/11/2569 03:42:10 - mail.contoso.com (192.0.2.5) '450 4.4.316 Connection refused'")
    assert (found.server, found.occurred_at) == ("mail.contoso.com", None)


@pytest.mark.parametrize("half", ["a. m.", "p. m.", "a.m.", "p.m."])
def test_a_spanish_half_of_the_day_does_not_put_the_month_first(half: str) -> None:
    (found,) = read_bounces(f"03/04/2026 03:42:10 {half} - Server at x.test returned '450 4.4.316 Connection refused'")
    assert found.occurred_at is None
