"""Which names a certificate stands for, by RFC 9525."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.model.evidence import Certificate
from connector_probe.protocol.identity import NameMatch, NameOutcome, match

HOST = "mail.contoso.com"


def certificate(*names: str, common_name: str = "") -> Certificate:
    subject = f"CN={common_name}" if common_name else ""
    return Certificate(subject, "CN=CA", names, None, None, "01", "00", "00", "RSA 2048", "", common_name)


@pytest.mark.parametrize(
    ("presented", "expected"),
    [
        ("mail.contoso.com", HOST),
        ("MAIL.Contoso.COM", HOST),
        ("mail.contoso.com", "Mail.CONTOSO.com"),
        ("mail.contoso.com.", HOST),
        ("mail.contoso.com", HOST + "."),
        ("*.contoso.com", HOST),
        ("*.CONTOSO.com.", HOST),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("*.contoso.example", "xn--bcher-kva.contoso.example"),
        ("mail_1.contoso.com", "mail_1.contoso.com"),
        # TlsDomain with a wildcard: the same wildcard, or any name one label below.
        ("*.contoso.com", "*.contoso.com"),
        ("*.CONTOSO.com", "*.contoso.com."),
        ("mail.contoso.com", "*.contoso.com"),
        ("192.0.2.25", "192.0.2.25"),
        ("2001:db8::25", "2001:db8::25"),
        ("2001:db8::25", "2001:0DB8:0:0:0:0:0:25"),
        ("2001:db8::", "2001:db8:0::"),
    ],
)
def test_same(presented: str, expected: str) -> None:
    found = match(certificate("other.fabrikam.com", presented), expected)
    assert found == NameMatch(NameOutcome.MATCH, matched=presented)
    assert found.matches


@pytest.mark.parametrize(
    ("presented", "expected"),
    [
        ("contoso.com", HOST),
        ("mail.contoso.com", "contoso.com"),
        ("xmail.contoso.com", HOST),
        ("mail.contoso.com.evil.test", HOST),
        # A wildcard is one whole label, the leftmost.
        ("*.contoso.com", "contoso.com"),
        ("*.contoso.com", "a.mail.contoso.com"),
        ("*.contoso.com", ".contoso.com"),
        ("*.com", "contoso.com"),
        ("*.com.", "contoso.com"),
        ("contoso.com", "*.com"),
        ("*.com", "*.com"),
        ("*", "com"),
        ("*", HOST),
        ("*.", "com"),
        ("m*.contoso.com", HOST),
        ("*l.contoso.com", HOST),
        ("f*.example", "foo.example"),
        ("mail.*.com", HOST),
        ("*.*.com", HOST),
        ("**.contoso.com", HOST),
        ("xn--*.contoso.com", "xn--bcher-kva.contoso.com"),
        # TlsDomain with a wildcard.
        ("contoso.com", "*.contoso.com"),
        ("a.mail.contoso.com", "*.contoso.com"),
        ("*.mail.contoso.com", "*.contoso.com"),
        ("*.com", "*.contoso.com"),
        ("*", "*.com"),
        # Broken and foreign.
        ("", HOST),
        (".", HOST),
        ("mail..contoso.com", "mail..contoso.com"),
        ("", ""),
        ("mail.contoso.com..", HOST),
        ("bücher.example", "xn--bcher-kva.example"),
        ("bücher.example", "bücher.example"),
        ("mail.contoso.com\\x00.evil.test", HOST),
        # Names are no addresses.
        ("192.0.2.25", HOST),
        ("mail.contoso.com", "192.0.2.25"),
        ("*.0.2.25", "192.0.2.25"),
        ("192.0.2.26", "192.0.2.25"),
        ("192.0.2.25", "*.0.2.25"),
        ("::ffff:192.0.2.25", "192.0.2.25"),
        ("DNS:192.0.2.25", "192.0.2.25"),
        ("DNS:2001:db8::25", "2001:db8::25"),
    ],
)
def test_not_the_same(presented: str, expected: str) -> None:
    found = match(certificate(presented), expected)
    assert found == NameMatch(NameOutcome.MISMATCH, nearest=presented)
    assert not found.matches


def test_the_common_name_alone_is_its_own_finding() -> None:
    found = match(certificate(common_name="*.contoso.com"), HOST)
    assert found == NameMatch(NameOutcome.COMMON_NAME_ONLY, matched="*.contoso.com")
    assert found.common_name_only
    assert not found.matches


@pytest.mark.parametrize("names", [("192.0.2.25",), ("www.contoso.com",)])
def test_the_common_name_does_not_count_beside_alternative_names(names: tuple[str, ...]) -> None:
    assert match(certificate(*names, common_name=HOST), HOST).outcome is NameOutcome.MISMATCH


def test_the_common_name_never_stands_for_an_address() -> None:
    assert match(certificate(common_name="192.0.2.25"), "192.0.2.25").outcome is NameOutcome.MISMATCH


def test_another_common_name_is_the_nearest() -> None:
    found = match(certificate(common_name="EXCHANGE01"), HOST)
    assert found == NameMatch(NameOutcome.MISMATCH, nearest="EXCHANGE01")


def test_no_names_at_all() -> None:
    assert match(certificate(), HOST) == NameMatch(NameOutcome.NO_NAMES)


def test_names_that_cannot_be_read_are_not_missing() -> None:
    found = match(certificate(common_name=HOST), HOST, names_readable=False)
    assert found == NameMatch(NameOutcome.UNREADABLE)
    assert not found.matches
    assert not found.common_name_only


@pytest.mark.parametrize(
    ("names", "expected", "nearest"),
    [
        (("www.fabrikam.com", "*.contoso.com", "contoso.net"), "a.mail.contoso.com", "*.contoso.com"),
        (("contoso.com", "autodiscover.contoso.com", "mail2.contoso.com"), HOST, "mail2.contoso.com"),
        (("ex01.internal.local", "EX01"), HOST, "ex01.internal.local"),
        (("192.0.2.25", "www.fabrikam.com"), HOST, "www.fabrikam.com"),
        (("www.fabrikam.com", "192.0.2.26"), "192.0.2.25", "192.0.2.26"),
        (("b.contoso.com", "b.contoso.com."), HOST, "b.contoso.com"),
        (("192.0.2.26",), HOST, "192.0.2.26"),
    ],
)
def test_the_nearest_name(names: tuple[str, ...], expected: str, nearest: str) -> None:
    assert match(certificate(*names), expected).nearest == nearest


LABEL = st.text("abyz-059", min_size=1, max_size=10).map(lambda label: f"x{label}x")
NAME = st.lists(LABEL, min_size=3, max_size=5).map(".".join)


@given(NAME)
def test_every_name_is_itself_and_one_label_of_its_wildcard(name: str) -> None:
    parent = name.partition(".")[2]
    assert match(certificate(name.upper() + "."), name).matches
    assert match(certificate(f"*.{parent}"), name).matches
    assert match(certificate(name), f"*.{parent}").matches
    assert not match(certificate(f"*.{name}"), name).matches
    assert not match(certificate(f"*.{parent}"), f"x.{name}").matches


@settings(max_examples=100)
@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=40), st.text(max_size=40))
def test_any_text_has_an_answer(names: list[str], common_name: str, expected: str) -> None:
    found = match(certificate(*names, common_name=common_name), expected)
    assert (found.nearest is not None) == (found.outcome is NameOutcome.MISMATCH)
    assert (found.matched is not None) == (found.matches or found.common_name_only)


def test_a_certificate_full_of_names_takes_no_time() -> None:
    full = certificate(*(f"host-{number}.{'x' * 250}.example" for number in range(3000)))
    began = time.thread_time()
    assert not match(full, "y" * 250 + ".example").matches
    assert time.thread_time() - began < 2
