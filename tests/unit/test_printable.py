"""model/printable.py: nothing foreign reaches a terminal as anything but visible text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.model.printable import printable

EVERY_CHARACTER = st.characters(codec=None, exclude_categories=())  # lone surrogates too


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        (b"", ""),
        ("", ""),
        (b"250 ok", "250 ok"),
        (b"a\r\nb", "a\\x0d\\x0ab"),
        (b"\x00", "\\x00"),
        (b"\x1b[2J", "\\x1b[2J"),
        (b"\t", "\\x09"),
        (b"\x7f", "\\x7f"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\x15\x03\x01\x00\x02\x02\x32", "\\x15\\x03\\x01\\x00\\x02\\x022"),
        ("grüezi".encode(), "grüezi"),
        ("\x9b31m".encode(), "\\x9b31m"),  # the one-character CSI of eight-bit terminals
        ("\u202egnp.exe", "\\u202egnp.exe"),  # right-to-left override
        ("\u2066a\u2069", "\\u2066a\\u2069"),  # isolates
        ("a\u200bb", "a\\u200bb"),  # zero-width space
        ("\ufeffa", "\\ufeffa"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),  # line and paragraph separators
        ("a\xa0b\u3000c", "a b c"),
        ("a\xadb", "a\\xadb"),  # soft hyphen
        ("\ud800", "\\ud800"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),  # a tag character
        ("\U0001f4e7", "\U0001f4e7"),
        ("a\\x1b", "a\\x1b"),
    ],
)
def test_examples(foreign: bytes | str, shown: str) -> None:
    assert printable(foreign) == shown


@pytest.mark.parametrize(
    ("foreign", "limit", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc..."),
        ("\x1b\x1b", 6, "\\x1..."),
        ("\x1b\x1b", 8, "\\x1b\\x1b"),
        ("ab", None, "ab"),
    ],
)
def test_limit(foreign: str, limit: int | None, shown: str) -> None:
    assert printable(foreign, limit) == shown


@given(foreign=st.text(EVERY_CHARACTER) | st.binary(), limit=st.none() | st.integers(3, 50))
def test_no_control_bidi_or_escape_character_comes_through(foreign: bytes | str, limit: int | None) -> None:
    shown = printable(foreign, limit)
    assert {unicodedata.category(character) for character in shown}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    assert limit is None or len(shown) <= limit


@given(foreign=st.text(EVERY_CHARACTER) | st.binary())
def test_what_is_printable_stays(foreign: bytes | str) -> None:
    assert printable(printable(foreign)) == printable(foreign)
