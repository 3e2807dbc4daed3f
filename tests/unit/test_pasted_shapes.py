"""bounces/: the same error, however a person pastes it: quoted, wrapped anywhere, as HTML, under headings."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.bounces import read_bounces

DATA = Path(__file__).parent.parent / "data" / "bounces"
# Of each shape in which Exchange Online and Exchange Server write an error.
TEXTS = {
    name: (DATA / f"{name}.txt").read_text(encoding="utf-8").strip()
    for name in (
        *("trace-2023-expired", "trace-renegotiate", "ndr-winsock-995", "queue-on-premises-refused"),
        *("queue-refused-by-microsoft", "ndr-quoted-reply", "ndr-winsock-10061", "validation-mismatch"),
        *("validation-led-inside", "queue-microsofts-root-untrusted"),
    )
}
FACTS = ("code", "final", "failure_class", "alternatives", "topic", "server", "address", "thumbprint", "on_premises")


def facts(text: str | bytes) -> list[dict[str, object]]:
    return [{name: getattr(one, name) for name in FACTS} for one in read_bounces(text)]


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}" for line in text.split("\n"))


def between_words(text: str, width: int) -> str:
    wrapped = (textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(lines) for lines in wrapped)


def anywhere(text: str, width: int) -> str:
    """As a console cuts its lines."""
    cut = [line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width)]
    return "\n".join(cut)


SHAPES: dict[str, Callable[[str], str]] = {
    "quoted": quoted,
    "quoted twice": lambda text: quoted(quoted(text)),
    "quoted by bars": lambda text: quoted(text, "| "),
    "indented": lambda text: quoted(text, "    "),
    "quoted and wrapped": lambda text: quoted(between_words(text, 70)),
    "wrapped, then quoted by a mailer that wraps again": lambda text: quoted(
        between_words(between_words(text, 72), 60)
    ),
    "windows": lambda text: between_words(text, 72).replace("\n", "\r\n"),
    "html": lambda text: f"<html><body><p>{html.escape(text)}</p></body></html>",
    "html source": lambda text: f"<div><span>{html.escape(between_words(text, 72))}</span></div>",
    "html with breaks": lambda text: (
        "<p>" + "<br>\n".join(map(html.escape, between_words(text, 80).split("\n"))) + "</p>"
    ),
    "outlook": lambda text: (
        "From: Microsoft Outlook <postmaster@contoso.example>\nSent: Tuesday, November 3, 2026 9:20 AM\n"
        f"To: Jo Example\nSubject: Undeliverable: hello\n\nYour message couldn't be delivered.\n\n{text}\n\nRegards"
    ),
    "chinese headings": lambda text: f"错误详细信息\n\n报告的错误：\n{text}\n\n处理方法：联系管理员",
    "japanese headings": lambda text: f"管理者向けの診断情報:\n\n{text}\n\n元のメッセージ ヘッダー:\n",
    "markdown": lambda text: f"## What we see\n\n```\n{text}\n```\nCan anybody help?",
    "full-width": lambda text: "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text),
    "doubled": lambda text: f"{text}\n\n{quoted(text)}",
}


def test_every_text_is_one_error() -> None:
    for name, text in TEXTS.items():
        (found,) = read_bounces(text)
        assert found.server is not None, name
        assert found.address is not None, name


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_of_a_paste_changes_nothing(shape: str) -> None:
    assert [facts(SHAPES[shape](text)) for text in TEXTS.values()] == [facts(text) for text in TEXTS.values()]


def differences(text: str, wrap: Callable[[str, int], str]) -> Iterator[tuple[int, object]]:
    wanted = facts(text)
    for width in range(30, 130, 7):
        for mark in ("", "> "):
            found = facts(quoted(wrap(text, width), mark))
            if found != wanted:
                yield width, found


@pytest.mark.parametrize("name", TEXTS)
def test_lines_may_be_wrapped_between_words_at_any_width(name: str) -> None:
    assert dict(differences(TEXTS[name], between_words)) == {}


@pytest.mark.parametrize("name", TEXTS)
def test_lines_may_be_cut_in_the_middle_of_words_at_any_width(name: str) -> None:
    assert dict(differences(TEXTS[name], anywhere)) == {}
