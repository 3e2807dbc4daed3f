"""The replies in a pasted error: a code, the words behind it, the reply that they quote, and what stands in brackets.

    450 4.4.317 <headline> [Message=<m>] [LastAttemptedServerName=<n>] [LastAttemptedIP=<ip>:25]
        [SmtpSecurity=<a>;<b>] [<edge server> <ISO time> <16 hex>](<m>)
    550 5.4.300 Message expired -> 451 4.4.397 <text> -> 421 4.2.1 Unable to connect -> <reason>
    451 4.4.0 Primary target IP address responded with: "421 4.4.1 Connection timed out." Attempted failover to ...

Read by the code, never by the headline: Microsoft rewords those. Every regular expression here is linear, or works
on a window of bounded length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from connector_probe.bounces.known_codes import KnownCode, Precision, known
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import Meaning, own_words
from connector_probe.bounces.surroundings import address_and_port, one_line
from connector_probe.diagnosis.profiles import HEADLINES, SESSION_HEADLINE

MAX_DETAIL = 4_000  # characters behind a code that can belong to it; real ones have some 600
MAX_HEADLINE = 500
MAX_MESSAGE = 1_000
_MAX_NESTED = 6  # replies that quote one another

# An SMTP reply code or none, then an enhanced status code (RFC 3463 2); not a part of a version or an address.
CODE = pattern(
    r"(?<![A-Za-z0-9_.])(?:(?P<reply>[45][0-9]{2})(?P<mark>[-\s])\s{0,20}\#?)?"
    r"(?P<code>[45]\.[0-9]{1,3}\.[0-9]{1,3})(?![A-Za-z0-9_]|\.[0-9])"
)


class Reply(NamedTuple):
    """``reply``: the SMTP reply code, or ""; ``start``, ``end``: of both codes; ``words``: behind them, in one line."""

    reply: str
    status: str
    start: int
    end: int
    words: str

    @property
    def code(self) -> str:
        """As "451 4.4.0"."""
        return f"{self.reply} {self.status}".strip()

    @property
    def known(self) -> KnownCode | None:
        return known(self.status)

    @property
    def meaning(self) -> Meaning | None:
        """What the words say; of a code that is Exchange's, the words are Exchange's too."""
        words = behind_headline(self.words) if self.known is not None and self.known.in_table else self.words
        found = own_words(words, "" if self.known is not None and self.known.distinct else self.code)
        return found.meaning if found is not None else None


class ReplyChain(NamedTuple):
    """An error: ``replies`` from the outermost to the innermost, never empty.

    ``groups``: what stands in brackets behind the last one, by key, the edge server's time under "stamp";
    ``bracketed``: some of it in square brackets. ``end``: where all of it ends.
    """

    replies: tuple[Reply, ...]
    groups: dict[str, str]
    bracketed: bool
    end: int


def read_chain(text: str, match: re.Match[str], quote: str) -> ReplyChain:
    """The error that begins with ``match`` of CODE; ``quote`` is the character in front of it."""
    replies: list[Reply] = []
    while True:
        window = text[match.end() : match.end() + MAX_DETAIL]
        stop, closed = _words_end(window, quote, match)
        nested = _quoted(window, stop, match) if len(replies) < _MAX_NESTED else None
        if nested is None:
            break
        end, start = nested
        replies.append(_reply(match, window[:end]))
        quote = window[:start].rstrip(" ")[-1:]
        found = CODE.match(text, match.end() + start)
        assert found is not None, "the same text, looked at from the same place"
        match = found
    groups, bracketed, end = _groups(window, stop)
    if not groups and not closed:  # nothing but a line break tells where the words end
        stop = end = line_end(window[:stop], match)
    replies.append(_reply(match, window[:stop]))
    return ReplyChain(tuple(replies), groups, bracketed, match.end() + end)


def _reply(match: re.Match[str], words: str) -> Reply:
    if match["mark"] == "-":  # of several lines, each with the codes again
        words = re.sub(rf"(?:^|(?<=\s)){match['reply']}[- ]{re.escape(match['code'])}(?=\s)", " ", words)
    tidied = _joined(words).rstrip(" '\"’”»」")
    return Reply(match["reply"] or "", match["code"], match.start(), match.end(), tidied)


def _joined(words: str) -> str:
    """``words`` in one line, without the codes that each line of a reply begins with."""
    return one_line(_CONTINUATION.sub(" ", words) if "\n" in words else words)


# --- where the words behind a code end ---------------------------------------------------------------------------

_STOP = pattern(
    r"[\[\](){}<]|(?<!-)>|\n[ \t]*\n(?!\s*[\"'’”»」])"
    r"|\b(?:Remote-MTA|Reporting-MTA|Last-Attempt-Date|Final-Recipient|Action|Status|X-Display-Name):"
)
_CLOSING = {"'": "'", '"': '"', "‘": "’", "’": "’", "“": "”", "”": "”", "„": "“”", "«": "»", "»": "«", "「": "」"}
_CONTINUATION = pattern(r"\s*\n\s*[45][0-9]{2}[- ](?:[45]\.[0-9]{1,3}\.[0-9]{1,3}\s)?")
# What stands between a reply and the one that it quotes; "LED=" may stand behind a bracket.
_LINK = pattern(
    r"\s*(?:->|\bwith(?:\s+error)?[:.]?|\berror\s+was[:.]?|[(\[{]?\s?\bLED\s?=|\baddress[:.]?)"
    r"\s{0,40}[\"'“‘(\[{]{0,2}\s?\Z"
)
_LED = pattern(r"[(\[{]\s?LED\s?=\s?")
_NEXT_LINE = pattern(r"\s*\n\s{0,40}(?:->\s{0,5})?[\"'“‘]?\Z")


def _words_end(window: str, quote: str, outer: re.Match[str]) -> tuple[int, bool]:
    """Where the words behind a code end, and whether a closing quotation mark says so."""
    head = window[:MAX_HEADLINE]
    end, closed = _first_stop(head, outer["code"]), False
    if closing := _CLOSING.get(quote):
        # A doubled quote is an escaped one, and with a letter behind it it is an apostrophe.
        found = re.compile(rf"(?<![{closing}])[{closing}](?![{closing}\w])").search(head, 0, end)
        end, closed = (found.start(), True) if found is not None else (end, False)
    closed = closed or (quote == "=" and head[end : end + 1] == "}")  # {LED=...}, which a console wraps anywhere
    for match in CODE.finditer(head, 0, end):
        # The same code again begins the next line of one hyphenated reply.
        if match["code"] != outer["code"] and known(match["code"]) is not None:
            linked = _link(window, match.start()) is not None or _goes_on(window, match, outer)
            return (end, closed) if linked else (match.start(), False)
    return end, closed


def _first_stop(head: str, code: str) -> int:
    """Where brackets that hold facts, a blank line or a field of a report end the words.

    Of the six codes every bracket does; other replies hold brackets of their own, as in "Client host [192.0.2.1]".
    """
    in_table = (found := known(code)) is not None and found.in_table
    depth = 0
    for match in _STOP.finditer(head):
        mark = match.group()
        if not in_table and mark in "[(<" and not _is_fact(head, match.start()):
            depth += 1
        elif depth and mark in ")]>":
            depth -= 1
        else:
            return match.start()
    return len(head)


def _is_fact(head: str, start: int) -> bool:
    """Whether the bracket at ``start`` holds what Exchange adds to its errors, or begins something else."""
    if head[start] == "<":
        return _ADDRESS.match(head, start) is None
    if head[start] == "(":
        attached = not head[:start].endswith((" ", "\n"))
        return attached or _LED.match(head, start) is not None or own_words(head[start + 1 :]) is not None
    return _KEY.match(head, start + 1) is not None or _EDGE_GROUP.match(head, start + 1) is not None


def _quoted(window: str, stop: int, outer: re.Match[str]) -> tuple[int, int] | None:
    """Where the words of ``outer`` end and the code of the reply that they quote begins; None where they quote none."""
    led = _LED.match(window, stop)
    reach = led.end() if led is not None else stop
    for match in CODE.finditer(window, 0, reach + 20):
        if match.start() > reach:
            break
        if (end := _link(window, match.start())) is not None:
            return end, match.start()
        if _goes_on(window, match, outer) and (line := _NEXT_LINE.search(window, 0, match.start())) is not None:
            return line.start(), match.start()
    return None


def _link(window: str, start: int) -> int | None:
    """Where the words in front of a code end, if they lead to it."""
    found = _LINK.search(window, max(0, start - 80), start)
    return found.start() if found is not None else None


def _goes_on(window: str, match: re.Match[str], outer: re.Match[str]) -> bool:
    """Whether a reply at the beginning of the next line tells what the one before it only wraps."""
    wrapper = known(outer["code"])
    if wrapper is None or wrapper.precision is Precision.FAULT or not _NEXT_LINE.search(window, 0, match.start()):
        return False
    inner = known(match["code"])
    if wrapper.precision is Precision.EXPIRY:
        return inner is not None and inner.precision is not Precision.EXPIRY
    reply = f"{match['reply'] or ''} {match['code']}".strip()
    return own_words(window[match.end() : match.end() + MAX_HEADLINE], reply) is not None


def line_end(words: str, match: re.Match[str] | None = None) -> int:
    """The end of the line in which ``words`` end: the first; that in which a phrase of Exchange's ends; the last one

    that is indented, or that goes on with the same reply as ``match``: "550-5.7.26 ...", "550 5.7.26 ...".
    """
    first = words.find("\n")
    if first < 0:
        return len(words)
    if words[:first].rstrip().endswith("->"):
        return len(words)
    beyond = behind_headline(words)
    phrase = own_words(beyond)
    if phrase is not None:
        end = _behind(words, len(words) - len(beyond) + phrase.start, phrase.length)
        line = words.find("\n", max(first, end))
        return line if line >= 0 else len(words)
    goes_on = r"\n {2,40}(?=\S)"
    if match is not None and match["mark"] == "-":
        goes_on += rf"|\n\s*{match['reply']}[- ]{re.escape(match['code'])}(?![0-9.])"
    following = re.compile(rf"(?:{goes_on})[^\n]*")
    while (line_found := following.match(words, first)) is not None:
        first = line_found.end()
    return first


def _behind(words: str, start: int, length: int) -> int:
    """Where, from ``start`` on, ``length`` characters that are no blanks end."""
    at = start
    for _ in range(length):
        while words[at : at + 1].isspace():
            at += 1
        at += 1
    return at


_STANDARD = "|".join(re.escape(headline).replace("\\ ", r"\s+") for headline in (*HEADLINES.values(), SESSION_HEADLINE))
_HEADLINES = pattern(rf"\s*(?:Message\s+expired,?\s*)?(?:{_STANDARD})?[\s.:;,-]*", re.IGNORECASE)


def behind_headline(words: str) -> str:
    """What words say beyond Microsoft's standard ones for a code."""
    match = _HEADLINES.match(words)
    return words[match.end() :] if match is not None else words


# --- what stands in brackets behind it ---------------------------------------------------------------------------

_GROUP = pattern(r"(?P<gap>\s{0,80}(?:[45][0-9]{2}[- ][45]\.[0-9]{1,3}\.[0-9]{1,3}\s{1,8})?)(?P<open>[\[(])")
_KEY = pattern(r"(?P<key>Message|LastAttemptedServerName|LastAttemptedIP|SmtpSecurity)\s?=\s?", re.IGNORECASE)
_EDGE = pattern(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:\s(?P<stamp>[0-9T:.-]{19,30}Z))?(?:\s[0-9A-Fa-f]{16})?")
_EDGE_GROUP = pattern(r"(?=[^\]]{0,90}(?:\.prod\.|\.outlook\.|\.office365\.|\s2[0-9]{3}-))" + _EDGE.pattern + r"\s?\]")
_ADDRESS = pattern(r"<[^<>\s@]{1,64}@[^<>\s@]{1,255}>")
_NEXT_GROUP = pattern(r"\]\s*\[(?:LastAttempted|SmtpSecurity)")
_PAIR = {"[": "]", "(": ")"}
_WRAP = pattern(r"\s*\n\s*")


def _groups(window: str, stop: int) -> tuple[dict[str, str], bool, int]:
    """The facts in the brackets from ``stop`` on, whether some are square, and where the last one ends."""
    groups: dict[str, str] = {}
    bracketed = False
    at = end = stop
    while at < len(window) and (match := _GROUP.match(window, at)) is not None:
        content, at = _content(window, match.end(), match["open"])
        attached = match["gap"] == "" and (groups or "\n" not in window[:stop])
        found = _group(content, match["open"], attached=bool(attached or (match["open"] == "[" and groups)))
        if found is None:
            break
        for key, value in found.items():
            groups.setdefault(key, value)
        bracketed = bracketed or match["open"] == "["
        end = at
    return groups, bracketed, end


def _content(window: str, start: int, opening: str) -> tuple[str, int]:
    """What stands in a group that opened before ``start``, and where the group ends.

    A server's words may hold brackets of their own, and a trace cuts its text off anywhere.
    """
    closing, depth = _PAIR[opening], 1
    limit = start + 2 * MAX_MESSAGE
    for match in re.compile(rf"[{re.escape(opening + closing)}]").finditer(window, start, limit):
        depth += 1 if match.group() == opening else -1
        if depth == 0:
            return window[start : match.start()], match.end()
    if opening == "[" and (following := _NEXT_GROUP.search(window, start, limit)) is not None:
        return window[start : following.start()], following.start() + 1
    cut = re.compile(rf"{re.escape(closing)}|\n[ \t]*\n|\}}|\. OutboundProxy").search(window, start, limit)
    end = cut.start() if cut is not None else min(len(window), limit)
    return window[start:end], end + (1 if cut is not None and cut.group() == closing else 0)


def _group(content: str, opening: str, *, attached: bool) -> dict[str, str] | None:
    """The facts in one group; None where it does not belong to the error."""
    plain = _joined(content)
    if opening == "(":
        if plain.replace(".", "").replace(",", "").isdigit() or address_and_port(plain)[0] is not None:
            return None
        return {"message": plain} if attached or own_words(plain) is not None else None
    glued = (
        one_line(_WRAP.sub("", content)) if "\n" in content else plain
    )  # as it was before something wrapped it in the middle of a word
    spaced, whole = _KEY.match(plain), _KEY.match(glued)
    if (match := whole or spaced) is not None:
        match = spaced if spaced is not None and match["key"].lower() == "message" else match
        return {match["key"].lower(): match.string[match.end() :].strip()}
    if (edge := _EDGE.fullmatch(plain)) is not None:
        return {"stamp": edge["stamp"] or ""}
    return {} if attached else None
