"""What a bounce is made of: the codes, and what stands in brackets behind them.

    Reason: [{LED=<s> <x.y.z> <text> [Message=<m>] [LastAttemptedServerName=<n>] [LastAttemptedIP=<ip>:25]
        [SmtpSecurity=<a>;<b>] [<edge server> <ISO time> <16 hex>]};{MSG=<m>};{FQDN=<n>};{IP=<ip>};{LRT=<time>}]
    <time> - Server at <n> (<ip>) returned '<s> <x.y.z> <text> [Message=<m>] [...](<m>)'
    Diagnostic-Code: smtp;550 5.4.31x Message expired, <text>(<m>)

Read by the code, never by the headline: Microsoft rewords those. Every regular expression here is linear, or works
on a window of bounded length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector_probe.bounces.context import address_and_port, one_line
from connector_probe.bounces.readings import reading
from connector_probe.diagnosis.headlines import HEADLINES, SESSION_HEADLINE
from connector_probe.model.verdict import INTELLIGENCE_CODES, Confidence

MAX_DETAIL = 4_000  # characters behind a code that can belong to it; real ones have some 600
MAX_HEADLINE = 500
MAX_MESSAGE = 1_000

# --- codes -----------------------------------------------------------------------------------------------------

# An SMTP reply code or none, then an enhanced status code (RFC 3463 2); not a part of a version or an address.
CODE = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?P<reply>[45][0-9]{2})(?P<mark>[-\s])\s?\#?)?"
    r"(?P<code>[45]\.[0-9]{1,3}\.[0-9]{1,3})(?![A-Za-z0-9_]|\.[0-9])"
)


@dataclass(frozen=True, slots=True)
class KnownCode:
    """``code`` is the transient form where there is one. ``words`` names its sentences in the catalogue.

    ``in_table``: one of the six of Microsoft's page. ``distinct`` codes are Exchange's alone, and believed wherever
    they do not stand as a version number; the others ("5.4.1") need a reply code or a word such as "Status:" in
    front, and no words behind that only other mail systems write (see bounces.shared_codes). ``wrapper`` codes only
    say that the time was up.
    """

    code: str
    words: str
    confidence: Confidence = Confidence.DOCUMENTED
    in_table: bool = False
    distinct: bool = False
    on_premises: bool = False
    wrapper: bool = False


_REPORTED = Confidence.REPORTED
_SIX = tuple(KnownCode(code.value, code.value, in_table=True, distinct=True) for code in INTELLIGENCE_CODES)
_DANE = tuple(KnownCode(f"4.7.32{digit}", f"4.7.32{digit}", distinct=True) for digit in range(1, 6))
_TWO_FORMS = (*_SIX, *_DANE, KnownCode("4.4.8", "mta-sts-hosts"), KnownCode("4.7.5", "certificate-policy"))
_ONE_FORM = (
    KnownCode("4.4.7", "queue-expired", wrapper=True),
    KnownCode("5.4.300", "message-expired", distinct=True, wrapper=True),
    KnownCode("5.4.310", "domain-nonexistent", _REPORTED, distinct=True),
    KnownCode("5.6.7", "domain-nonexistent", _REPORTED),
    KnownCode("5.4.1", "relay-denied"),
    KnownCode("5.4.6", "routing-loop"),
    KnownCode("5.4.14", "routing-loop"),
    KnownCode("5.7.64", "inbound-attribution"),
    KnownCode("5.7.51", "inbound-attribution"),
    KnownCode("5.1.10", "recipient-unknown"),
    KnownCode("4.3.2", "service-inactive", _REPORTED),
    KnownCode("4.4.4", "inbound-temporary", _REPORTED),
    KnownCode("4.4.0", "older-exchange", _REPORTED),
    KnownCode("4.4.395", "on-premises", _REPORTED, distinct=True, on_premises=True),
    KnownCode("4.4.397", "on-premises", _REPORTED, distinct=True, on_premises=True),
)
KNOWN_CODES = (*_TWO_FORMS, *_ONE_FORM)
_KNOWN = {one.code: one for one in KNOWN_CODES} | {f"5{one.code[1:]}": one for one in _TWO_FORMS}
_THROTTLING = re.compile(r"4\.7\.(?:[56][0-9]{2}|8[5-9][0-9])")  # 4.7.500 to 699, 850 to 899
# The nested words of a sender ("[Message=451 4.4.0 TLS negotiation ...") start no bounce of their own.
_NESTED = frozenset({"4.4.0", "4.3.2", "4.7.5", "5.7.5"})


def known(code: str) -> KnownCode | None:
    """What ``code``, in whichever form, is known as."""
    found = _KNOWN.get(code)
    if found is None and _THROTTLING.fullmatch(code):
        return KnownCode(code, "receiver-throttling")
    return found


def looked_for() -> str:
    """The codes in one phrase, for a person whose text had none of them."""
    six = ", ".join(code.value for code in INTELLIGENCE_CODES)
    neighbours = "4.4.7, 4.4.8, 4.7.5, 4.7.321 to 4.7.325"
    return f"{six}, their final forms (5.4.312 ... 5.7.320), and neighbours such as {neighbours}"


_ANNOUNCED = re.compile(
    r"(?:#|;\Z|['\"‘“«「]|\b(?:smtp|status|code|error|ndr|dsn|fehler|erreur|codice|c[oó]digo|kod|代码|コード)\W{0,4})\s?\Z",
    re.IGNORECASE,
)


def announced(before: str) -> bool:
    """Whether the words in front of a number say that it is a code."""
    return _ANNOUNCED.search(before) is not None


_VERSION = re.compile(
    r"(?:\b(?:version|ver|v|release|build|revision|kernel|linux|firmware|driver|vers[aã]o|versione|versi[oó]n|wersja)"
    r"[\s:.=#-]{0,3}|(?:版本|バージョン|버전)[\s:：]{0,3}|[A-Za-z_.~]-|[A-Za-z_.-]/|[~^@+_]|[=<>]=)\Z",
    re.IGNORECASE,
)
_VERSION_GOES_ON = re.compile(r"-(?![A-Z][a-z])[A-Za-z0-9]|[+~_][A-Za-z0-9]|/[A-Za-z]")
_OF_A_FILE = re.compile(r"\.(?:html?|aspx?|php|tar|t?gz|xz|zip|exe|msi|deb|rpm|dll|so|img|iso|log|pdf|md)\b")


def versioned(before: str, behind: str) -> bool:
    """Whether a number without a reply code is that of a version, a package or a page, by what it hangs together with.

    "4.4.316/4.4.317" and "Error 4.4.316-Connection refused" are codes all the same.
    """
    if _OF_A_FILE.match(behind) is not None:
        return True
    if announced(before):
        return False
    return _VERSION.search(before) is not None or _VERSION_GOES_ON.match(behind) is not None


def explained(code: KnownCode, behind: str) -> bool:
    """Whether the words behind 4.4.8 or 4.7.5 are those of MTA-STS, so that it can be no version number."""
    return code.code in ("4.4.8", "4.7.5") and "MTA-STS" in behind.split("\n", 1)[0].upper()


def is_of_exchange_server(code: KnownCode, message: str) -> bool:
    """4.7.5 is Exchange Server's own where it does not speak of MTA-STS."""
    return code.code == "4.7.5" and message.lower().startswith("certificate validation failure")


# --- what stands behind a code ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Detail:
    """``groups``: by key, the edge server's time under "stamp"; ``bracketed``: some of them in square brackets."""

    headline: str
    groups: dict[str, str]
    bracketed: bool
    end: int


_STOP = re.compile(
    r"[\[\](){}<]|(?<!-)>|\n[ \t]*\n"
    r"|\b(?:Remote-MTA|Reporting-MTA|Last-Attempt-Date|Final-Recipient|Action|Status|X-Display-Name):"
)
_CLOSING = {"'": "'", '"': '"', "‘": "’", "’": "’", "“": "”", "”": "”", "„": "“”", "«": "»", "»": "«", "「": "」"}
_GROUP = re.compile(r"(?P<gap>\s{0,80}(?:[45][0-9]{2}[- ][45]\.[0-9]{1,3}\.[0-9]{1,3}\s{1,8})?)(?P<open>[\[(])")
_KEY = re.compile(r"(?P<key>Message|LastAttemptedServerName|LastAttemptedIP|SmtpSecurity)\s?=\s?", re.IGNORECASE)
_EDGE = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:\s(?P<stamp>[0-9T:.-]{19,30}Z))?(?:\s[0-9A-Fa-f]{16})?")
_NEXT_GROUP = re.compile(r"\]\s*\[(?:LastAttempted|SmtpSecurity)")
_CONTINUATION = re.compile(r"\s*\n\s*[45][0-9]{2}[- ](?:[45]\.[0-9]{1,3}\.[0-9]{1,3}\s)?")
_PAIR = {"[": "]", "(": ")"}


def detail(text: str, start: int, quote: str, code: str) -> Detail:
    """Read on from ``code``, which ends at ``start``; ``quote`` is the character in front of it all."""
    window = text[start : start + MAX_DETAIL]
    stop, closed = _headline_end(window, quote, code)
    headline, first_line = window[:stop], window[:stop].split("\n", 1)[0]
    groups: dict[str, str] = {}
    bracketed = False
    at = end = stop
    while at < len(window) and (match := _GROUP.match(window, at)) is not None:
        content, at = _content(window, match.end(), match["open"])
        attached = match["gap"] == "" and (groups or "\n" not in headline)
        found = _group(content, match["open"], attached=bool(attached or (match["open"] == "[" and groups)))
        if found is None:
            break
        for key, value in found.items():
            groups.setdefault(key, value)
        bracketed = bracketed or match["open"] == "["
        end = at
    if not groups and not closed:  # nothing but a line break tells where it ends
        chained = first_line.rstrip().endswith("->")
        end = stop if chained else len(first_line)
        headline = headline if chained else first_line
    return Detail(one_line(_CONTINUATION.sub(" ", headline)).rstrip(" '\"’”»」"), groups, bracketed, start + end)


def _headline_end(window: str, quote: str, code: str) -> tuple[int, bool]:
    """Where the words behind a code end, and whether a closing quotation mark says so."""
    head = window[:MAX_HEADLINE]
    stop = _STOP.search(head)
    end, closed = stop.start() if stop is not None else len(head), False
    if closing := _CLOSING.get(quote):
        # A doubled quote is an escaped one, and with a letter behind it it is an apostrophe.
        found = re.compile(rf"(?<![{closing}])[{closing}](?![{closing}\w])").search(head, 0, end)
        end, closed = (found.start(), True) if found is not None else (end, False)
    closed = closed or (quote == "=" and head[end : end + 1] == "}")  # {LED=...}, which a console wraps anywhere
    for match in CODE.finditer(head, 0, end):
        other = known(match["code"])
        # The same code again begins the next line of one hyphenated reply.
        if other is not None and other.code not in _NESTED and match["code"] != code:
            return match.start(), False
    return end, closed


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
    """The facts in one group; None where it does not belong to the bounce."""
    plain = one_line(_CONTINUATION.sub(" ", content))
    if opening == "(":
        if is_number(plain) or address_and_port(plain)[0] is not None:
            return None
        return {"message": plain} if attached or reading("", plain) is not None else None
    if (match := _KEY.match(plain)) is not None:
        return {match["key"].lower(): plain[match.end() :].strip()}
    if (edge := _EDGE.fullmatch(plain)) is not None:
        return {"stamp": edge["stamp"] or ""}
    return {} if attached else None


_HEADLINES = re.compile(
    rf"(?:Message expired,?\s*)?(?:{'|'.join(map(re.escape, (*HEADLINES.values(), SESSION_HEADLINE)))})?[\s.:;,-]*",
    re.IGNORECASE,
)
_CHAIN = re.compile(r"\s*->\s*|\bresponded with(?: error)?[.:]?\s*(?:->\s*)?(?P<quote>[\"']?)")


def words_behind(headline: str) -> str:
    """What a headline says beyond its standard words: the last steps of "... -> 421 4.2.1 ... -> ...", or a rest."""
    if (chain := _CHAIN.search(headline)) is not None:
        rest = headline[chain.end() :]
        return (rest.split(chain["quote"], 1)[0] if chain["quote"] else rest).strip()
    match = _HEADLINES.match(headline)
    return headline[match.end() :].strip() if match is not None else headline


def is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").isdigit()
