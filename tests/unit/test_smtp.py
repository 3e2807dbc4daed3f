"""protocol/smtp.py: replies out of any bytes in any pieces, capabilities, commands, other protocols."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.model.evidence import Garble, Reply, ReplyFlaw
from connector_probe.model.printable import printable
from connector_probe.protocol import smtp
from connector_probe.protocol.smtp import GarbledReply, ReplyReader

# --- replies ---------------------------------------------------------------------------------------------------

# What a server sends, and the replies in it.
REPLIES: dict[str, tuple[bytes, list[Reply]]] = {
    "banner": (b"220 mx.example ESMTP\r\n", [Reply(220, ("mx.example ESMTP",))]),
    "code alone": (b"220\r\n", [Reply(220, ("",))]),
    "code and space": (b"220 \r\n", [Reply(220, ("",))]),
    "code and tab": (b"220\tmx\r\n", [Reply(220, ("\\x09mx",), (ReplyFlaw.NO_SEPARATOR,), ("220\\x09mx",))]),
    "multiline": (b"250-mx\r\n250-SIZE 10\r\n250 STARTTLS\r\n", [Reply(250, ("mx", "SIZE 10", "STARTTLS"))]),
    "multiline, empty lines": (b"250-\r\n250-\r\n250\r\n", [Reply(250, ("", "", ""))]),
    "two replies": (b"220 a\r\n421 b\r\n", [Reply(220, ("a",)), Reply(421, ("b",))]),
    "first digits": (
        b"200 a\r\n354 b\r\n450 c\r\n591 d\r\n",
        [Reply(200, ("a",)), Reply(354, ("b",)), Reply(450, ("c",)), Reply(591, ("d",))],
    ),
    "bare LF": (b"220-a\n220 b\r\n", [Reply(220, ("a", "b"), (ReplyFlaw.BARE_LF,))]),
    "bare LF after the code": (b"220\n", [Reply(220, ("",), (ReplyFlaw.BARE_LF,))]),
    "tab in the text": (b"250 STARTTLS\t\r\n", [Reply(250, ("STARTTLS ",))]),
    "lone CR in the text": (b"220 a\rb\r\n", [Reply(220, ("a\\x0db",), (ReplyFlaw.BARE_CR,))]),
    "lone CR after the code": (
        b"220\rb\r\n",
        [Reply(220, ("\\x0db",), (ReplyFlaw.NO_SEPARATOR, ReplyFlaw.BARE_CR), ("220\\x0db",))],
    ),
    "two CRs": (b"220 a\r\r\n", [Reply(220, ("a",), (ReplyFlaw.BARE_CR,))]),
    "no separator": (
        b"220mx.example\r\n",
        [Reply(220, ("mx.example",), (ReplyFlaw.NO_SEPARATOR,), ("220mx.example",))],
    ),
    "no separator ends": (
        b"250-a\r\n250b\r\n250 c\r\n",
        [Reply(250, ("a", "b"), (ReplyFlaw.NO_SEPARATOR,), ("250-a", "250b")), Reply(250, ("c",))],
    ),
    "mixed codes": (b"250-a\r\n220 b\r\n", [Reply(220, ("a", "b"), (ReplyFlaw.MIXED_CODES,), ("250-a", "220 b"))]),
    "mixed in the middle": (
        b"550-a\r\n250-b\r\n550 c\r\n",
        [Reply(550, ("a", "b", "c"), (ReplyFlaw.MIXED_CODES,), ("550-a", "250-b", "550 c"))],
    ),
    "flaws are one reply's": (
        b"250-a\r\n220 b\n250 c\r\n",
        [
            Reply(220, ("a", "b"), (ReplyFlaw.BARE_LF, ReplyFlaw.MIXED_CODES), ("250-a", "220 b")),
            Reply(250, ("c",)),
        ],
    ),
    "UTF-8": ("220 grüezi\r\n".encode(), [Reply(220, ("grüezi",), (ReplyFlaw.NOT_ASCII,))]),
    "Latin-1": (b"220 gr\xfcezi\r\n", [Reply(220, ("gr\\xfcezi",), (ReplyFlaw.NOT_ASCII,))]),
    "escape sequence": (b"220 \x1b[2J\x00\r\n", [Reply(220, ("\\x1b[2J\\x00",))]),
    "bidi override": ("220 \u202etxt\r\n".encode(), [Reply(220, ("\\u202etxt",), (ReplyFlaw.NOT_ASCII,))]),
    "longest line allowed": (b"220 " + b"x" * 506 + b"\r\n", [Reply(220, ("x" * 506,))]),
    "long line": (b"220 " + b"x" * 507 + b"\r\n", [Reply(220, ("x" * 507,), (ReplyFlaw.LONG_LINE,))]),
    "longest line read": (
        b"220 " + b"x" * (smtp.MAX_LINE - 6) + b"\r\n",
        [Reply(220, ("x" * (smtp.MAX_LINE - 6),), (ReplyFlaw.LONG_LINE,))],
    ),
    "most lines": (b"250-a\r\n" * (smtp.MAX_LINES - 1) + b"250 a\r\n", [Reply(250, ("a",) * smtp.MAX_LINES)]),
    "nothing": (b"", []),
    "half a code": (b"22", []),
    "half a line": (b"220 mx", []),
    "half a line end": (b"220 mx\r", []),
    "half a reply": (b"250-mx\r\n", []),
}

# What is no SMTP, why, and how many octets (at most) it takes to know.
GARBLED: dict[str, tuple[bytes, Garble, int]] = {
    "empty line": (b"\r\n", Garble.NOT_SMTP, 1),
    "http": (b"HTTP/1.1 400 Bad Request\r\n", Garble.NOT_SMTP, 1),
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", Garble.NOT_SMTP, 1),
    "imap": (b"* OK IMAP4rev1 ready\r\n", Garble.NOT_SMTP, 1),
    "pop3": (b"+OK POP3 ready\r\n", Garble.NOT_SMTP, 1),
    "tls alert": (b"\x15\x03\x01\x00\x02\x02\x32", Garble.NOT_SMTP, 1),
    "NUL": (b"\x00220 mx\r\n", Garble.NOT_SMTP, 1),
    "space": (b" 220 mx\r\n", Garble.NOT_SMTP, 1),
    "1yz": (b"120 wait\r\n", Garble.NOT_SMTP, 1),
    "6yz": (b"650 mx\r\n", Garble.NOT_SMTP, 1),
    "one digit": (b"2\r\n", Garble.NOT_SMTP, 2),
    "two digits": (b"22\r\n", Garble.NOT_SMTP, 3),
    "two digits and text": (b"22 mx\r\n", Garble.NOT_SMTP, 3),
    "four digits": (b"2200 mx\r\n", Garble.NOT_SMTP, 4),
    "later line": (b"250-mx\r\nSTARTTLS\r\n", Garble.NOT_SMTP, 9),
    "later empty line": (b"250-mx\r\n\r\n250 a\r\n", Garble.NOT_SMTP, 9),
    "line": (b"220 " + b"x" * smtp.MAX_LINE, Garble.LINE_TOO_LONG, smtp.MAX_LINE + 1),
    "line with an end": (b"220 " + b"x" * (smtp.MAX_LINE - 5) + b"\r\n", Garble.LINE_TOO_LONG, smtp.MAX_LINE + 1),
    "lines": (b"250-a\r\n" * (smtp.MAX_LINES + 9), Garble.TOO_MANY_LINES, 7 * smtp.MAX_LINES),
    "octets": ((b"250-" + b"x" * 4090 + b"\r\n") * 40, Garble.TOO_MANY_LINES, smtp.MAX_BUFFERED + 1),
}


def play(pieces: Iterable[bytes]) -> tuple[list[Reply], Garble | None, str]:
    """The replies in ``pieces``, how it ended, and the sample at the end."""
    reader = ReplyReader()
    replies: list[Reply] = []
    garble: Garble | None = None
    for piece in pieces:
        reader.feed(piece)
        assert reader.buffered <= smtp.MAX_BUFFERED
        while (reply := reader.next_reply()) is not None:
            if isinstance(reply, GarbledReply):
                garble = reply.garble
                break
            assert garble is None
            replies.append(reply)
    return replies, garble, reader.sample()


def octets(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("cut", [lambda data: [data], octets], ids=["whole", "octets"])
def test_replies(name: str, cut: Callable[[bytes], list[bytes]]) -> None:
    data, expected = REPLIES[name]
    replies, garble, _ = play(cut(data))
    assert (replies, garble) == (expected, None)


@pytest.mark.parametrize("name", GARBLED)
@pytest.mark.parametrize("cut", [lambda data: [data], octets], ids=["whole", "octets"])
def test_no_reply(name: str, cut: Callable[[bytes], list[bytes]]) -> None:
    data, expected, _ = GARBLED[name]
    replies, garble, sample = play(cut(data))
    assert (replies, garble) == ([], expected)
    assert sample == printable(data, smtp.MAX_SAMPLE)


@pytest.mark.parametrize("name", GARBLED)
def test_it_is_garbled_as_soon_as_that_is_certain(name: str) -> None:
    data, expected, size = GARBLED[name]
    assert play([data[: size - 1]])[1] is None
    assert play([data[:size]])[1] is expected


@pytest.mark.parametrize(
    ("data", "whole", "left"),
    [
        (b"250 mx\r\n250-SIZE\r\n250 STARTTLS\r\n", ("mx", "SIZE", "STARTTLS"), 0),
        (b"250 mx\r\n250 SIZE\r\n250 STARTTLS\r\n", ("mx", "SIZE", "STARTTLS"), 0),
        (b"250-mx\r\n250 SIZE\r\n", ("mx", "SIZE"), 0),
        (b"250 mx\r\n421 bye\r\n", ("mx",), 9),
        (b"250 mx\r\n250-SI", ("mx",), 6),
        (b"250 mx\r\nHTTP/1.1\r\n", ("mx",), 10),
    ],
)
def test_lines_behind_one_that_seemed_the_last(data: bytes, whole: tuple[str, ...], left: int) -> None:
    reader = ReplyReader()
    reader.feed(data)
    first = reader.next_reply()
    assert isinstance(first, Reply)
    reply = reader.with_the_rest(first)
    early = data.count(b"250 ") > 1 or b"250 mx\r\n250-SIZE" in data
    assert (reply.code, reply.lines, ReplyFlaw.ENDS_EARLY in reply.flaws) == (250, whole, early)
    assert reader.buffered == left
    assert not early or reply.as_sent == tuple(data.decode().split("\r\n")[:-1])


def test_lines_behind_the_last_are_bounded() -> None:
    reader = ReplyReader()
    reader.feed(b"250 a\r\n" * 10_000)
    first = reader.next_reply()
    assert isinstance(first, Reply)
    assert len(reader.with_the_rest(first).lines) <= smtp.MAX_LINES


def test_replies_before_the_garble_are_given_out() -> None:
    assert play([b"220 mx\r\n250-a\r\nHTTP/1.1"]) == ([Reply(220, ("mx",))], Garble.NOT_SMTP, "250-a\\x0d\\x0aHTTP/1.1")


def test_garbled_stays_garbled() -> None:
    reader = ReplyReader()
    reader.feed(b"S")
    assert reader.next_reply() == GarbledReply(Garble.NOT_SMTP, "S")
    reader.feed(b"SH-2.0-x\r\n")
    assert reader.next_reply() == GarbledReply(Garble.NOT_SMTP, "SSH-2.0-x\\x0d\\x0a")
    assert reader.discard() == b"SSH-2.0-x\r\n"
    reader.feed(b"220 mx\r\n")
    assert reader.next_reply() == GarbledReply(Garble.NOT_SMTP, "220 mx\\x0d\\x0a")


def test_plaintext_behind_the_reply_is_dropped_and_returned() -> None:
    reader = ReplyReader()
    reader.feed(b"220 go ahead\r\n250-injected\r\n250 AUT")
    assert reader.next_reply() == Reply(220, ("go ahead",))
    assert reader.next_reply() is None  # a reply begun is dropped with the rest
    assert reader.buffered == len(b"250-injected\r\n250 AUT")
    assert reader.discard() == b"250-injected\r\n250 AUT"
    assert (reader.buffered, reader.discard(), reader.next_reply()) == (0, b"", None)
    reader.feed(b"221 bye\r\n")
    assert reader.next_reply() == Reply(221, ("bye",))


def test_the_sample_is_cut() -> None:
    reader = ReplyReader()
    reader.feed(b"220-a\r\n220 \x1b" + b"x" * 500)
    assert reader.next_reply() is None
    assert reader.sample(20) == "220-a\\x0d\\x0a220 ..."
    assert reader.sample(24) == "220-a\\x0d\\x0a220 \\x1bxx..."[:21] + "..."
    assert len(reader.sample()) == smtp.MAX_SAMPLE


def test_many_replies_that_nobody_asked_for() -> None:
    reply = b"250 ok\r\n"
    fitting, rest = divmod(smtp.MAX_BUFFERED, len(reply))
    replies, garble, _ = play([reply * (fitting + 10)])
    assert rest == 0
    assert (len(replies), garble) == (fitting, Garble.TOO_MANY_LINES)
    replies, garble, _ = play([reply] * (fitting + 10))
    assert (len(replies), garble) == (fitting + 10, None)


@pytest.mark.parametrize("beginning", [b"", b"S", b"220 ", b"250-a\r\n"], ids=repr)
def test_a_flood_is_not_kept(beginning: bytes) -> None:
    reader = ReplyReader()
    reader.feed(beginning)
    for _ in range(50):
        reader.feed(b"x" * 100_000)
        reader.next_reply()
    assert isinstance(reader.next_reply(), GarbledReply)
    assert reader.buffered <= smtp.MAX_BUFFERED


def test_single_octets_take_linear_time() -> None:
    """Four times the octets take some four times as long; sixteen times, were all before looked at again."""

    def seconds(size: int) -> float:
        best = float("inf")
        for _ in range(3):
            pieces = octets((b"250-" + b"x" * 506 + b"\r\n") * (size // smtp.RFC_LINE))
            start = time.process_time()
            play(pieces)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(64 * smtp.RFC_LINE) < 9 * seconds(16 * smtp.RFC_LINE)


LINE_PIECES = st.sampled_from(
    [
        *b"2|5|0|220|250-|250 |354|-| |\r|\n|\r\n|STARTTLS|\x00|\x1b[2J|\xff|\xe2\x80\xae|HTTP/1.1 400".split(b"|"),
        *(b"x" * 600, b"x" * smtp.MAX_LINE, b"250-a\r\n" * 200),
    ]
)
ANY_BYTES = st.binary(max_size=200) | st.lists(LINE_PIECES, max_size=30).map(b"".join)
DIALOGUES = st.lists(st.sampled_from([data for data, _ in REPLIES.values()]), max_size=6).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)  # the longest dialogues in the smallest pieces take their time on a slow machine
@given(data=ANY_BYTES | DIALOGUES, places=st.lists(st.integers(0, 100_000), max_size=40))
def test_any_split_gives_the_same(data: bytes, places: list[int]) -> None:
    assert play(cut(data, places)) == play([data])


@settings(deadline=None)
@given(data=ANY_BYTES)
def test_any_bytes_end_in_replies_a_garble_or_a_request_for_more(data: bytes) -> None:
    replies, garble, sample = play([data])
    for reply in replies:
        assert 200 <= reply.code <= 599
        assert 1 <= len(reply.lines) <= smtp.MAX_LINES
        assert all(line.isprintable() for line in reply.lines)
        assert list(reply.flaws) == [flaw for flaw in ReplyFlaw if flaw in reply.flaws]
    assert sample.isprintable()
    assert garble is None or isinstance(garble, Garble)


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=100)


@settings(deadline=None)
@given(code=st.from_regex(r"[2-5][0-9][0-9]", fullmatch=True), lines=st.lists(TEXT, min_size=1, max_size=20))
def test_a_reply_written_by_the_book_is_read_as_written(code: str, lines: list[str]) -> None:
    wire = "".join(f"{code}-{line}\r\n" for line in lines[:-1]) + f"{code} {lines[-1]}\r\n"
    assert play([wire.encode()]) == ([Reply(int(code), tuple(lines))], None, "")


# --- what replies say ------------------------------------------------------------------------------------------

CAPABILITIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "greeting only": (("mx.example",), ()),
    "keyword in the greeting is none": (("STARTTLS",), ()),
    "keyword in the last line": (("mx", "PIPELINING", "STARTTLS"), ("PIPELINING", "STARTTLS")),
    "lower case": (("mx", "starttls", "Auth login"), ("STARTTLS", "AUTH")),
    "parameters": (("mx", "SIZE 1000", "AUTH  NTLM LOGIN "), ("SIZE", "AUTH")),
    "both AUTHs": (("mx", "AUTH LOGIN", "SIZE", "AUTH=LOGIN PLAIN"), ("AUTH", "SIZE")),
    "duplicates": (("mx", "SIZE 1", "size 2"), ("SIZE",)),
    "blank lines": (("mx", "", "  ", " STARTTLS", "="), ("STARTTLS",)),
    "beyond the grammar": (("mx", "X_FOO bar", "****"), ("X_FOO", "****")),
    "part of a word": (("mx", "X-STARTTLS", "STARTTLSX"), ("X-STARTTLS", "STARTTLSX")),
}


@pytest.mark.parametrize("name", CAPABILITIES)
def test_capabilities(name: str) -> None:
    lines, expected = CAPABILITIES[name]
    assert smtp.capabilities(Reply(250, lines)).keywords == expected


def test_offers() -> None:
    found = smtp.capabilities(Reply(250, ("mx", "AUTH LOGIN", "X-ANONYMOUSTLS")))
    assert found.offers("auth")
    assert found.offers("X-AnonymousTLS")
    assert not found.offers("STARTTLS")


@pytest.mark.parametrize("code", [354, 421, 502, 550])
def test_a_refusal_offers_nothing(code: int) -> None:
    assert not smtp.capabilities(Reply(code, ("mx", "STARTTLS"))).keywords


@pytest.mark.parametrize(
    ("keyword", "masked"),
    [
        ("XXXA", True),
        ("XXXXXXXA", True),
        ("XXXXXXXX", True),
        ("XXX", True),
        ("XXA", False),
        ("XX", False),
        ("XXXB", False),
        ("AXXX", False),
        ("XXXAA", False),
        ("X-EXPS", False),
    ],
)
def test_masked_keywords(keyword: str, masked: bool) -> None:
    found = smtp.capabilities(Reply(250, ("mx", "SIZE 1", f"{keyword} 1")))
    assert found.masked_keywords == ((keyword,) if masked else ())


@pytest.mark.parametrize(
    ("lines", "masked"),
    [
        (("*" * 60,), True),
        (("**************2********0**0**",), True),
        (("***** *** *********",), True),
        (("*****", "*****"), True),
        (("********ab",), True),
        (("*******abc",), False),
        (("mx.example ESMTP",), False),
        (("*** welcome to mx ***",), False),
        (("****",), False),
        (("",), False),
    ],
)
def test_masked_banner(lines: tuple[str, ...], masked: bool) -> None:
    assert smtp.masked_banner(Reply(220, lines)) is masked


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.7.1 denied", "5.7.1"),
        ("4.3.2", "4.3.2"),
        ("2.0.0 ok", "2.0.0"),
        ("5.7.510: denied", "5.7.510"),
        ("5.7.1.", "5.7.1"),
        ("5.1.2.3 is listed", None),
        ("5.7.1x", None),
        ("5.7.1234 denied", None),
        ("3.0.0 no class", None),
        ("1.2.3", None),
        ("15.7.1", None),
        ("denied 5.7.1", None),
        ("", None),
    ],
)
def test_enhanced_status(text: str, status: str | None) -> None:
    assert smtp.enhanced_status(text) == status


# --- commands --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "wire"),
    [
        (smtp.ehlo("mail.contoso.com"), b"EHLO mail.contoso.com\r\n"),
        (smtp.ehlo("[IPv6:2001:db8::1]"), b"EHLO [IPv6:2001:db8::1]\r\n"),
        (smtp.helo("mail.contoso.com"), b"HELO mail.contoso.com\r\n"),
        (smtp.STARTTLS, b"STARTTLS\r\n"),
        (smtp.MAIL_FROM_NULL, b"MAIL FROM:<>\r\n"),
        (smtp.rcpt_to("postmaster@contoso.com"), b"RCPT TO:<postmaster@contoso.com>\r\n"),
        (smtp.rcpt_to('"a b"@contoso.com'), b'RCPT TO:<"a b"@contoso.com>\r\n'),
        (smtp.RSET, b"RSET\r\n"),
        (smtp.QUIT, b"QUIT\r\n"),
    ],
)
def test_commands(command: bytes, wire: bytes) -> None:
    assert command == wire


BUILDERS = [smtp.ehlo, smtp.helo, smtp.rcpt_to]


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    "argument",
    ["", "a\r\nDATA", "a\nb", "a\rb", "a\n", "a\0", "a\tb", "a\x7f", "b\u00fccher.example", "a\u2028b", "\ud800"],
)
def test_nothing_is_injected(builder: Callable[[str], bytes], argument: str) -> None:
    with pytest.raises(ValueError, match=r"^not to be sent in an SMTP command: '") as caught:
        builder(argument)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("builder", "argument"),
    [(smtp.ehlo, "a b"), (smtp.helo, "a b"), (smtp.rcpt_to, "a@b> NOTIFY=NEVER"), (smtp.rcpt_to, "<a@b")],
)
def test_no_parameter_is_injected(builder: Callable[[str], bytes], argument: str) -> None:
    with pytest.raises(ValueError, match=r"^not to be sent"):
        builder(argument)


def test_a_command_has_512_octets_at_most() -> None:
    assert len(smtp.ehlo("x" * 505)) == smtp.RFC_LINE
    with pytest.raises(ValueError, match=r"^an SMTP command of 513 octets; 512 are allowed$"):
        smtp.ehlo("x" * 506)


@given(builder=st.sampled_from(BUILDERS), argument=st.text(max_size=600))
def test_a_command_is_one_line_or_none(builder: Callable[[str], bytes], argument: str) -> None:
    try:
        command = builder(argument)
    except ValueError:
        return
    assert command.endswith(b"\r\n")
    assert len(command) <= smtp.RFC_LINE
    assert command[:-2].decode("ascii").isprintable()


# --- other protocols -------------------------------------------------------------------------------------------

PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
MYSQL_REFUSAL = b"E\x00\x00\x00\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MySQL server"
PROTOCOLS: list[tuple[bytes, str | None]] = [
    (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n", "http"),
    (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "ssh"),
    (b"SSH-1.99-Cisco-1.25\n", "ssh"),
    (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "imap"),
    (b"* BYE too many connections\r\n", "imap"),
    (b"* OKAY\r\n", None),
    (b"+OK POP3 ready <1@mx>\r\n", "pop3"),
    (b"+OK\r\n", "pop3"),
    (b"-ERR unknown command 'EHLO'\r\n", None),  # POP3 or Redis
    (b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n', "managesieve"),
    (b"\x15\x03\x01\x00\x02\x02\x32", "tls"),
    (b"\x15\x03\x03\x00\x02\x02\x46", "tls"),
    (b"\x16\x03\x03\x00\x7a\x02", "tls"),
    (b"\x16\x02\x03", None),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n", "proxy-protocol"),
    (b"PROXY UNKNOWN\r\n", "proxy-protocol"),
    (PROXY_V2, "proxy-protocol"),
    (b"J\x00\x00\x00\x0a5.7.33\x00\x01\x00", "mysql"),
    (b"\x5b\x00\x00\x00\x0a8.0.36\x00", "mysql"),
    (b"\x9b\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00", "mysql"),
    (MYSQL_REFUSAL, "mysql"),
    (b"RFB 003.008\n", "vnc"),
    (b"\xff\xfd\x18\xff\xfd\x20", "telnet"),
    (b"\r\n", None),
    (b"", None),
    (b"120 wait\r\n", None),
    (b"hello HTTP/1.1\r\n", None),
]


@pytest.mark.parametrize(("data", "protocol"), PROTOCOLS)
def test_looks_like(data: bytes, protocol: str | None) -> None:
    assert smtp.looks_like(printable(data)) == protocol
    assert smtp.looks_like(play([data])[2]) == protocol


def test_every_protocol_has_an_example() -> None:
    assert {name for name, _ in smtp._PROTOCOLS} == {protocol for _, protocol in PROTOCOLS if protocol}


@given(data=DIALOGUES)
def test_smtp_looks_like_nothing_else(data: bytes) -> None:
    assert smtp.looks_like(printable(data)) is None
