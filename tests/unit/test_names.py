"""model/names.py: what may be written as a host, and what a bad one is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.model.names import (
    InvalidNameError,
    SmartHost,
    is_address,
    parse_name,
    parse_port,
    parse_smart_host,
    parse_tls_domain,
)

LONGEST_LABEL = "x" * 63
LONGEST_NAME = ".".join([LONGEST_LABEL] * 3 + ["x" * 61])

GOOD_HOSTS: list[tuple[str, SmartHost]] = [
    ("mail.contoso.com", SmartHost("mail.contoso.com")),
    ("  mail.contoso.com\n", SmartHost("mail.contoso.com")),
    ("MAIL.Contoso.COM.", SmartHost("mail.contoso.com")),
    ("mail.contoso.com:2525", SmartHost("mail.contoso.com", 2525)),
    ("mail.contoso.com.:25", SmartHost("mail.contoso.com", 25)),
    ("mail", SmartHost("mail")),
    ("a_b.contoso.com", SmartHost("a_b.contoso.com")),
    ("1and1.com", SmartHost("1and1.com")),
    ("bücher.example", SmartHost("xn--bcher-kva.example")),
    ("BÜCHER.example", SmartHost("xn--bcher-kva.example")),
    ("faß.example", SmartHost("xn--fa-hia.example")),  # IDNA 2008: not "fass"
    ("bücher。example。", SmartHost("xn--bcher-kva.example")),  # ideographic full stops
    ("ｍａｉｌ.example", SmartHost("mail.example")),
    ("xn--bcher-kva.example", SmartHost("xn--bcher-kva.example")),
    ("192.0.2.1", SmartHost("192.0.2.1")),
    ("192.0.2.1:25", SmartHost("192.0.2.1", 25)),
    ("[192.0.2.1]", SmartHost("192.0.2.1")),
    ("[192.0.2.1]:25", SmartHost("192.0.2.1", 25)),
    ("2001:DB8:0::1", SmartHost("2001:db8::1")),
    ("[2001:db8::1]", SmartHost("2001:db8::1")),
    ("[2001:db8::1]:65535", SmartHost("2001:db8::1", 65535)),
    ("fe80::1%eth0", SmartHost("fe80::1%eth0")),
    ("[fe80::1%br-0.100]:1", SmartHost("fe80::1%br-0.100", 1)),
    (LONGEST_NAME, SmartHost(LONGEST_NAME)),
]

PORT_HINT = "a port is a number from 1 to 65535; Exchange Online always uses 25"
LABEL_HINT = "letters, digits and hyphens only, none at a label's ends"
DOTS_HINT = "two dots stand together, or one stands in front"
NUMBERS_HINT = "an IPv4 address has four numbers from 0 to 255"
NAME_HINT = "give a name as in: mail.contoso.com"
BRACKETS_HINT = "as in: [2001:db8::25] or [2001:db8::25]:25"
COLONS_HINT = "an IPv6 address with a port needs brackets: [2001:db8::25]:25"
SPELLING_HINT = "check the spelling of its non-ASCII labels"
LENGTH_HINT = "a domain name has 253 at most (RFC 1035)"

BAD_HOSTS: list[tuple[str, str, str]] = [
    ("", "the host is empty", "give a name or an address, as in: probe mail.contoso.com"),
    (" \t\n", "the host is empty", "give a name or an address, as in: probe mail.contoso.com"),
    (".", ". is empty", NAME_HINT),
    (" . ", ". is empty", NAME_HINT),
    (
        "https://mail.contoso.com:443/owa",
        "https://mail.contoso.com:443/owa is a URL, not a host",
        "leave the scheme out: mail.contoso.com:443",
    ),
    ("smtp://", "smtp:// is a URL, not a host", "leave the scheme out: mail.contoso.com"),
    (
        "bob@contoso.com",
        "bob@contoso.com is a mail address, not a host",
        "to go by the domain's MX records: probe --mx contoso.com",
    ),
    ("@", "@ is a mail address, not a host", "to go by the domain's MX records: probe --mx contoso.com"),
    (
        "bob@192.0.2.1",
        "bob@192.0.2.1 is a mail address, not a host",
        "to go by the domain's MX records: probe --mx contoso.com",
    ),
    (
        "https://bob@contoso.com/",
        "https://bob@contoso.com/ is a URL, not a host",
        "leave the scheme out: mail.contoso.com",
    ),
    ("192.0.2.0/24", "192.0.2.0/24 is an address range", "give the single addresses that servers listen on"),
    ("2001:db8::/64", "2001:db8::/64 is an address range", "give the single addresses that servers listen on"),
    ("contoso.com/owa", "contoso.com/owa is not a host", "leave out the slash and what follows: contoso.com"),
    ("/", "/ is not a host", "leave out the slash and what follows: mail.contoso.com"),
    ("[2001:db8::25", "[2001:db8::25 is not an address in brackets", BRACKETS_HINT),
    ("[mail.contoso.com]", "[mail.contoso.com] is not an address in brackets", BRACKETS_HINT),
    ("[2001:db8::25]25", "[2001:db8::25]25: 25 after the bracket is not a port", "as in: [2001:db8::25]:25"),
    ("[2001:db8::25]:", "nothing is not a port", PORT_HINT),
    ("contoso.com:25:25", "contoso.com:25:25 is neither a name nor an IPv6 address", COLONS_HINT),
    ("2001:db8::g", "2001:db8::g is neither a name nor an IPv6 address", COLONS_HINT),
    ("fe80::1%\x1b[31m", "fe80::1%\\x1b[31m is neither a name nor an IPv6 address", COLONS_HINT),
    (":25", ":25 has no host before the port", "as in: mail.contoso.com:25"),
    ("contoso.com:", "nothing is not a port", PORT_HINT),
    ("contoso.com:smtp", "smtp is not a port", PORT_HINT),
    ("contoso.com:0", "0 is not a port", PORT_HINT),
    ("contoso.com:65536", "65536 is not a port", PORT_HINT),
    ("contoso.com:-1", "-1 is not a port", PORT_HINT),
    ("contoso.com:٢٥", "٢٥ is not a port", PORT_HINT),
    ("contoso.com:" + "1" * 5000, "1" * 97 + "... is not a port", PORT_HINT),
    ("-mail.contoso.com", "-mail.contoso.com is not a host name: label -mail", LABEL_HINT),
    ("mail-.contoso.com", "mail-.contoso.com is not a host name: label mail-", LABEL_HINT),
    ("mail contoso.com", "mail contoso.com is not a host name: label mail contoso", LABEL_HINT),
    ("*.contoso.com", "*.contoso.com is not a host name: label *", LABEL_HINT),
    ("a\x1b[2J.com", "a\\x1b[2J.com is not a host name: label a\\x1b[2j", LABEL_HINT),
    ("a\x00", "a\\x00 is not a host name: label a\\x00", LABEL_HINT),
    ("mail..contoso.com", "mail..contoso.com has an empty label", DOTS_HINT),
    (".contoso.com", ".contoso.com has an empty label", DOTS_HINT),
    ("contoso.com..", "contoso.com. has an empty label", DOTS_HINT),
    (
        LONGEST_LABEL + "x.com",
        f"a label of {LONGEST_LABEL}x.com has 64 characters",
        "a label has 63 at most (RFC 1035)",
    ),
    (LONGEST_NAME + "x", "the name has 254 characters", LENGTH_HINT),
    ("ü" * 2000, "the name has 2000 characters", LENGTH_HINT),
    ("300.1.1.1", "300.1.1.1 is neither an IP address nor a name", NUMBERS_HINT),
    ("192.0.2", "192.0.2 is neither an IP address nor a name", NUMBERS_HINT),
    ("192.0.2.01", "192.0.2.01 is neither an IP address nor a name", NUMBERS_HINT),
    ("0x7f000001", "0x7f000001 is neither an IP address nor a name", NUMBERS_HINT),
]

# What the idna package says about these may change with its version; our half of the message does not.
BAD_IDNA: list[tuple[str, str]] = [
    ("\u202econtoso.com", "\\u202econtoso.com is not a valid name: "),
    ("\u05d0a.com", "\u05d0a.com is not a valid name: "),  # right-to-left with left-to-right
    ("☃.com", "☃.com is not a valid name: "),
    ("\ud800.com", "\\ud800.com is not a valid name: "),
    ("ü" * 64 + ".com", "ü" * 64 + ".com is not a valid name: "),
    ("bü_cher.com", "bü_cher.com is not a valid name: "),
]


def failure(parse: Callable[[str], object], text: str) -> InvalidNameError:
    with pytest.raises(InvalidNameError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(("text", "host"), GOOD_HOSTS)
def test_good_hosts(text: str, host: SmartHost) -> None:
    assert parse_smart_host(text) == host
    assert parse_smart_host(str(host)) == host


@pytest.mark.parametrize(("text", "message", "hint"), BAD_HOSTS)
def test_bad_hosts(text: str, message: str, hint: str) -> None:
    problem = failure(parse_smart_host, text)
    assert (str(problem), problem.hint) == (message, hint)


@pytest.mark.parametrize(("text", "beginning"), BAD_IDNA)
def test_bad_idna(text: str, beginning: str) -> None:
    problem = failure(parse_smart_host, text)
    assert str(problem).startswith(beginning)
    assert len(str(problem)) > len(beginning)
    assert problem.hint == SPELLING_HINT


@pytest.mark.parametrize(
    ("host", "written"),
    [
        (SmartHost("mail.contoso.com"), "mail.contoso.com"),
        (SmartHost("mail.contoso.com", 25), "mail.contoso.com:25"),
        (SmartHost("192.0.2.1", 25), "192.0.2.1:25"),
        (SmartHost("2001:db8::1"), "2001:db8::1"),
        (SmartHost("2001:db8::1", 25), "[2001:db8::1]:25"),
    ],
)
def test_a_smart_host_is_written_as_it_is_read(host: SmartHost, written: str) -> None:
    assert str(host) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        ("fe80::1%eth0", True),
        ("fe80::1%7", True),
        ("fe80::1%", False),
        ("fe80::1%a b", False),
        ("fe80::1%a\nb", False),
        ("fe80::1%" + "x" * 65, False),
        ("192.0.2.1%eth0", False),
        ("[2001:db8::1]", False),
        ("192.0.2.0/24", False),
        ("contoso.com", False),
        ("", False),
    ],
)
def test_is_address(text: str, expected: bool) -> None:
    assert is_address(text) is expected


@pytest.mark.parametrize(("text", "port"), [("1", 1), ("25", 25), ("00025", 25), ("65535", 65535)])
def test_good_ports(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize("text", ["", "0", "65536", "+25", " 25", "25\n", "2_5", "0x19", "²", "1" * 5000])
def test_bad_ports(text: str) -> None:
    problem = failure(parse_port, text)
    assert str(problem).endswith(" is not a port")
    assert problem.hint == PORT_HINT


@pytest.mark.parametrize("text", ["192.0.2.1", "2001:db8::1", "192.0.2.1."])
def test_an_address_is_no_name(text: str) -> None:
    problem = failure(parse_name, text)
    assert (str(problem), problem.hint) == (f"{text.rstrip('.')} is an address, not a name", NAME_HINT)


def test_no_name() -> None:
    problem = failure(parse_name, "  ")
    assert (str(problem), problem.hint) == ("the name is empty", NAME_HINT)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Mail.Contoso.com.", "mail.contoso.com"),
        ("*.contoso.com", "*.contoso.com"),
        (" *.Bücher.example ", "*.xn--bcher-kva.example"),
    ],
)
def test_good_tls_domains(text: str, domain: str) -> None:
    assert parse_tls_domain(text) == domain


WILDCARD_HINT = "as in: *.contoso.com"
CERTIFICATE_HINT = "TlsDomain is a name that the certificate carries, as in: mail.contoso.com"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the name is empty", NAME_HINT),
        ("*.", "the name is empty", NAME_HINT),
        ("*", "TlsDomain *: a wildcard stands only in front", WILDCARD_HINT),
        ("mail*.contoso.com", "TlsDomain mail*.contoso.com: a wildcard stands only in front", WILDCARD_HINT),
        ("mail.*.com", "TlsDomain mail.*.com: a wildcard stands only in front", WILDCARD_HINT),
        ("*.*.com", "*.com is not a host name: label *", LABEL_HINT),
        ("192.0.2.1", "TlsDomain 192.0.2.1 is an address", CERTIFICATE_HINT),
        ("2001:db8::1", "TlsDomain 2001:db8::1 is an address", CERTIFICATE_HINT),
        ("*.192.0.2.1", "192.0.2.1 is an address, not a name", NAME_HINT),
        ("contoso.com:25", "contoso.com:25 is not a host name: label com:25", LABEL_HINT),
    ],
)
def test_bad_tls_domains(text: str, message: str, hint: str) -> None:
    problem = failure(parse_tls_domain, text)
    assert (str(problem), problem.hint) == (message, hint)


EVERY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)  # lone surrogates too
PIECES = st.sampled_from(
    [
        *("a", "contoso", "xn--", "ü", "\u05d0", "x" * 64, "ü" * 64, "25", "0x1", "fe80", "192.0.2.1"),
        *(".", "。", ":", "::", "[", "]", "%", "/", "://", "@", "*", "-", "_", " ", "\n", "\x1b[2J"),
        *("\u200d", "\u202e", "\ud800"),
    ]
)
HOSTILE = EVERY_TEXT | st.lists(PIECES, max_size=12).map("".join)


def outcome(parse: Callable[[str], object], text: str) -> object:
    """What ``parse`` made of ``text``, or its error, which is one visible line with a whole hint."""
    try:
        return parse(text)
    except InvalidNameError as error:
        problem = error
    assert str(problem)
    assert str(problem).isprintable()
    assert problem.hint
    assert problem.hint.isprintable()
    assert problem.hint.endswith("::") or not problem.hint.rstrip().endswith(":")  # "::" is an address
    return problem


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_any_text_is_a_host_or_told_why_not(text: str) -> None:
    host = outcome(parse_smart_host, text)
    if isinstance(host, InvalidNameError):
        return
    assert isinstance(host, SmartHost)
    assert host.host.isascii()
    assert host.host.isprintable()
    assert parse_smart_host(str(host)) == host


@settings(max_examples=50, deadline=None)
@given(parse=st.sampled_from([parse_name, parse_tls_domain, parse_port]), text=HOSTILE)
def test_any_text_is_a_name_or_told_why_not(parse: Callable[[str], object], text: str) -> None:
    parsed = outcome(parse, text)
    if not isinstance(parsed, InvalidNameError):
        assert parse(str(parsed)) == parsed
