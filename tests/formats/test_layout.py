"""Wrapping and columns: as before for Latin text, two columns for each East Asian character, and no broken names."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.formats.layout import columns, cut, pad, wrap

CHINESE = (
    "连接器要求 TLS，而对 EHLO 的应答中没有列出 STARTTLS"
    "（检查 TlsCertificateName 和事件 12014）：“Service not available”。"
)
CLOSING = tuple("，。、；：？！）】》」』”’…")
OPENING = tuple("（【《「『“‘")


@given(st.text(st.sampled_from("abc de-/.:"), max_size=200).map(str.strip), st.integers(20, 60))
def test_latin_text_is_wrapped_as_ever(text: str, width: int) -> None:
    expected = textwrap.wrap(
        text, width, initial_indent="  - ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    assert list(wrap(text, width, "  - ", "    ")) == expected


@pytest.mark.parametrize("width", [*range(24, 40), 79, 80])
def test_chinese_is_wrapped_between_characters(width: int) -> None:
    lines = list(wrap(CHINESE, width, "  ", "    "))
    assert max(map(columns, lines)) <= width
    assert all(columns(line) > width - 22 for line in lines[:-1]), "the longest word has 21 columns"
    for line in lines[1:]:
        assert not line.strip().startswith(CLOSING), line
    for line in lines[:-1]:
        assert not line.endswith(OPENING), line
    assert "".join("".join(lines).split()) == "".join(CHINESE.split())


def test_a_name_or_an_address_is_never_broken() -> None:
    link = "https://learn.microsoft.com/defender-office-365/connectors-mail-flow-intelligence"
    lines = list(wrap(f"参见说明：{link}。然后检查服务器。", 40))
    assert lines == ["参见说明：", f"{link}。", "然后检查服务器。"]


@given(st.text(max_size=80), st.integers(10, 40))
def test_whatever_comes_nothing_is_lost(text: str, width: int) -> None:
    lines = list(wrap(text, width))
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("证书", 4), ("é", 1), ("e\u0301", 1), ("ｆｕｌｌ", 8), ("한국", 4), ("“x”", 3), ("", 0)],
)
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width
    assert columns(pad(text, 10)) == 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("longer than that", "longer ..."),
        ("证书已过期", "证书已过期"),
        ("证书尚未生效", "证书尚..."),
    ],
)
def test_cut(text: str, shown: str) -> None:
    assert cut(text, 10) == shown
