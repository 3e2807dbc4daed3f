"""Pasted text without what it was copied in: HTML, quoted-printable, quoting marks, odd blanks, lines that were cut.

Nothing in here knows a code.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from connector_probe.bounces.patterns import pattern


class Readable(NamedTuple):
    """What was handed in, as text that may still be JSON, CSV or HTML. ``attachments``: files that a mail carries;

    ``returned``: the original message that a delivery report carries along, worth a look only as a last resort.
    """

    text: str
    attachments: tuple[str, ...] = ()
    returned: str = ""
    is_mail: bool = False


_TAG = pattern(r"<(?P<close>/?)(?P<name>[A-Za-z!][A-Za-z0-9-]{0,30})[^<>]*>")
_HTML = pattern(r"<(?:!doctype|html|body|div|p|br|span|table|td|font)\b", re.IGNORECASE)
_REFERENCE = pattern(r"&(?:#[0-9]{2,4}|#x[0-9A-Fa-f]{2,4}|quot|apos|nbsp|lt|gt|amp);")  # the page's source, in part
_INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "font", "i", "mark", "o", "s", "small", "span", "strong", "u", "wbr"}
)
_HIDDEN = frozenset({"script", "style"})


def strip_tags(text: str) -> str:
    """The text of an HTML page: block elements become line breaks, scripts and styles vanish."""
    kept: list[str] = []
    at, hidden = 0, ""
    for match in _TAG.finditer(text):
        name = match["name"].lower()
        breaks = name not in _INLINE
        if not hidden:
            before = text[at : match.start()]
            kept.append(
                before.rstrip("\n") if breaks else before
            )  # beside a tag that breaks, a line's end means nothing
        at = match.end()
        if hidden:
            hidden = "" if match["close"] and name == hidden else hidden
        elif name in _HIDDEN and not match["close"]:
            hidden = name
        elif breaks:
            kept.append("\n")
            at += len(text[at : at + 20]) - len(text[at : at + 20].lstrip("\r\n"))
    if not hidden:
        kept.append(text[at:])
    return _unescaped("".join(kept))


def _unescaped(text: str) -> str:
    import html

    try:
        return html.unescape(text)
    except ValueError:  # a character reference with thousands of digits
        return text


def plain(text: str, *, is_mail: bool = False) -> str:
    """``text`` without what it was copied in: quoted-printable, HTML or its references, quoting marks, odd blanks.

    ``is_mail``: the parts of a mail are decoded already.
    """
    if not is_mail:
        if "=3D" in text and ("Message=3D" in text or "ServerName=3D" in text):
            import quopri

            text = quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
        if "<" in text and _HTML.search(text):
            text = strip_tags(text)
        elif "&" in text and _REFERENCE.search(text):
            text = _unescaped(text)
    return unquoted(_one_line_end(text).translate(_INVISIBLE | _SPACES | _LINES | _WIDE_FORMS))


# Direction marks stand in Outlook's NDRs, zero-width spaces in what is copied from a web page.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\xad\0"))
_SPACES = dict.fromkeys(map(ord, "\t\v\f\xa0\u2002\u2003\u2007\u2009\u202f\u3000"), " ")
_LINES = dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n")
_WIDE_FORMS = {wide: wide - 0xFF01 + 0x21 for wide in range(0xFF01, 0xFF5F)}  # full-width forms of ASCII's characters
_QUOTED = pattern(r" {0,3}((?:[>|] ?)*)(?:<<< )?")  # "<<< " is sendmail's mark of what a server said
_LINE_END = pattern(r"\r+\n")


def _one_line_end(text: str) -> str:
    return _LINE_END.sub("\n", text) if "\r" in text else text


def unquoted(text: str) -> str:
    """``text`` without the marks of a quoted mail, and with one kind of line end."""
    text = _one_line_end(text)
    if not any(mark in text for mark in (">", "|", "<<< ")):
        return text
    lines: list[str] = []
    before = ""  # the marks of the line before
    for line in text.split("\n"):
        match = _QUOTED.match(line)
        assert match is not None, "it matches nothing, too"
        marks = match[1].replace(" ", "")
        end = match.end() if marks or match.group().endswith("<<< ") else 0
        if marks == f"{before}>" and lines and lines[-1].endswith("-"):
            end = match.start(1) + match[1].rindex(">")  # the rest of "->", which was cut in two
        else:
            before = marks
        lines.append(line[end:])
    return "\n".join(lines)


_MIN_WIDTH, _MAX_WIDTH = 20, 400


def rejoined(text: str) -> tuple[str, bool] | None:
    """``text`` with the lines put together that something cut at a fixed width, in the middle of words.

    None where no lines look so. Lines as long as the longest of their paragraph are taken for cut ones; where they
    were wrapped between words instead, the words run together, so that this is a second reading. The second value:
    whether a paragraph has so many lines of the very same width that it can hardly be chance.
    """
    paragraphs = [_rejoined(paragraph) for paragraph in text.split("\n\n")]
    joined = "\n\n".join(paragraph for paragraph, _ in paragraphs)
    return (joined, any(sure for _, sure in paragraphs)) if joined != text else None


def _rejoined(paragraph: str) -> tuple[str, bool]:
    lines = paragraph.split("\n")
    width = max(map(len, lines))
    if len(lines) < 2 or not _MIN_WIDTH <= width <= _MAX_WIDTH:
        return paragraph, False
    pieces: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        indented = line.startswith("    ") and pieces and not pieces[-1].endswith("\n")
        pieces.append(line.lstrip() if indented else line)
        cut = len(line) >= width - 1 and following.strip()
        if cut and len(line) == width - 1:
            pieces.append(" ")  # the blank at which it was cut, which copying has removed
        elif not cut:
            pieces.append("\n")
    whole = sum(len(line) == width for line in lines[:-1])
    return "".join(pieces).removesuffix("\n"), whole >= _SURELY_CUT and 2 * whole >= len(lines)


_SURELY_CUT = 3  # lines of one width, and half of all
