"""What stands around a code: the braces of a trace, the fields of a report, "Server at", addresses and times.

Every function works on a window of bounded length.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, zip_longest
from typing import NamedTuple

from connector_probe.bounces.patterns import pattern
from connector_probe.model.names import is_address

BEFORE, AFTER = 300, 2_000  # characters around a code that can say where and when it was met
_AT_EXPIRY, _BY_REPORT, _AT_ATTEMPT = 1, 2, 3


class Surroundings(NamedTuple):
    """Facts from around a code. ``rank`` orders ``occurred_at``: the attempt itself beats the report of it.

    ``cut_off``: the server's name as far as the text goes, where it ends in the middle of it. ``failed``: a delivery
    status says so (Action: failed).
    """

    server: str | None = None
    address: str | None = None
    message: str | None = None
    recipient: str | None = None
    occurred_at: datetime | None = None
    rank: int = 0
    cut_off: str | None = None
    failed: bool = False


# --- traces and queues -----------------------------------------------------------------------------------------

_NEXT_LED = pattern(r"\{\s?LED\s?=", re.IGNORECASE)
_BRACE = pattern(r"\{(?P<key>[A-Za-z\s]{1,40})=(?P<value>[^{}]{0,1000})(?:\}|\Z)")
_PROXY = pattern(r"OutboundProxyTarget(?P<key>IP|HostName):\s?(?P<value>\S{1,255})")
_TRACE_KEYS = {
    "fqdn": "server",
    "lastattemptedservername": "server",  # a trace of 2021 has it in place of FQDN
    "ip": "address",
    "lastattemptedip": "address",
    "lrt": "time",
    "lastretrytime": "time",
    "msg": "message",
}


def of_trace(text: str, start: int, end: int) -> Surroundings:
    """The braces around {LED=...}, which may stand in any order, and the outbound proxy's target behind them."""
    before = text[max(0, start - BEFORE) : start].rpartition("[")[2]
    after = text[end : end + AFTER]
    if (following := _NEXT_LED.search(after)) is not None:
        after = after[: following.start()]
    told: dict[str, str] = {}
    cut_off = None
    for match in (*_BRACE.finditer(before), *_BRACE.finditer(after)):
        key = _TRACE_KEYS.get(match["key"].lower().replace(" ", "").replace("\n", ""))
        value = match["value"].split(". OutboundProxy", 1)[0].strip()  # a trace cuts texts off anywhere
        if key in ("server", "address") and not match.group().endswith("}"):
            cut_off = value or None  # the rest of it may be another server's name
        elif key is not None and value:
            told.setdefault(key, value)
    proxy = {match["key"]: match["value"] for match in _PROXY.finditer(after)}
    given = told.get("address", "")
    return Surroundings(
        server=host_name(told.get("server", "")) or host_name(proxy.get("HostName", "")),
        address=bare_address(given) or address_and_port(given)[0] or bare_address(proxy.get("IP", "")),
        message=one_line(told.get("message", "")) or None,
        occurred_at=last_time(one_line(told.get("time", ""))),
        rank=_AT_ATTEMPT,
        cut_off=cut_off,
    )


# --- delivery status reports -----------------------------------------------------------------------------------

_BLANK = pattern(r"\n[ \t]*\n")
_FIELD = pattern(
    r"\b(?P<name>Remote-MTA|Reporting-MTA|Final-Recipient|Original-Recipient|Last-Attempt-Date|Action|Status"
    r"|Diagnostic-Code|X-Display-Name|Arrival-Date|Will-Retry-Until|Received-From-MTA):",
    re.IGNORECASE,
)


_MAX_FIELDS = 30  # RFC 3464 has less than half of them


def paragraph(text: str, at: int) -> str:
    """The text between the blank lines around ``at``."""
    before, after = text[max(0, at - AFTER) : at], text[at : at + AFTER]
    start = max((match.end() for match in _BLANK.finditer(before)), default=0)
    blank = _BLANK.search(after)
    return before[start:] + (after if blank is None else after[: blank.start()])


def of_report(fields: str) -> Surroundings:
    """The fields of one recipient in a delivery status (RFC 3464 2.3)."""
    marks = list(islice(_FIELD.finditer(fields), _MAX_FIELDS))
    told = {}
    for mark, following in zip_longest(marks, marks[1:]):
        end = following.start() if following is not None else len(fields)
        told[mark["name"].lower()] = one_line(fields[mark.end() : end])[:1_000]
    remote = told.get("remote-mta", "").rpartition(";")[2].strip(" <>")
    server, _, rest = remote.partition(" ")
    server = host_name(server) or ""
    recipient = told.get("final-recipient", told.get("original-recipient", "")).rpartition(";")[2].strip()
    own = is_exchange_online(server)
    return Surroundings(
        server=None if own else server or None,
        address=None if own else bare_address(server) or bare_address(rest.strip("() ").split(",")[0]),
        recipient=recipient or None,
        occurred_at=mail_date(told.get("last-attempt-date", "")),
        rank=_BY_REPORT,
        failed=told.get("action", "").lower() == "failed",
    )


# --- the human part of an NDR ----------------------------------------------------------------------------------

_SERVER_AT = pattern(r"\bServer\s+at\s+(?P<name>[^()]{1,255}?)(?:\s*\((?P<address>[^()]{0,80})\))?\s+returned\b")
_RETURNED = pattern(r"\breturned ['\"‘“]\Z")
_QUOTES = tuple("'\"‘’“”„«»「")
_GLUED = pattern(r"^[^\x00-\x7f]+(?=[A-Za-z0-9])")  # "位于mail.contoso.com": Chinese puts no space before a name


def returned_by(before: str) -> tuple[str, str] | None:
    """Who returned the error: "Server at N (IP) returned '", or in any language "N (IP) ... '"; None where nobody."""
    if not before.strip():
        return None
    paragraph = _BLANK.split(before)[-1]
    line = one_line(paragraph)
    if found := list(_SERVER_AT.finditer(paragraph)) or list(_SERVER_AT.finditer(line)):
        return found[-1]["name"], found[-1]["address"] or ""
    opening, closing = line.rfind("("), line.rfind(")")
    if 0 < opening < closing and len(line) - closing < 80 and line.endswith(_QUOTES):
        address, names = line[opening + 1 : closing], line[:opening].split()
        if names and is_address(address.strip("[]")):
            return _GLUED.sub("", names[-1]), address
    return ("", "") if line.endswith(_QUOTES) and _RETURNED.search(line) is not None else None


def of_context(before: str, told_by: tuple[str, str] | None, *, final: bool) -> Surroundings:
    """Server and time in front of an error. Exchange Online itself, where it gives up, is no destination."""
    name, address = told_by or ("", "")
    own = bool(name) and is_exchange_online(name)
    recipients = _RECIPIENT.findall(before) if "@" in before else ()
    return Surroundings(
        server=None if own else host_name(name),
        address=None if own else bare_address(address),
        recipient=recipients[-1] if recipients else None,
        occurred_at=last_time(_BLANK.split(before)[-1]) if before else None,
        rank=_AT_EXPIRY if final else _AT_ATTEMPT,
    )


_RECIPIENT = pattern(r"^[ \t<]*([^\s@<>,;:]{1,64}@[^\s@<>,;:]{1,255})[>: \t]*$", re.MULTILINE)
_NAME = pattern(r"[^\s{}()<>\[\]=;,\"'|]{1,255}")
_TRAILING = pattern(r"[.,;:]+\Z")


def host_name(text: str) -> str | None:
    """``text`` as the name of a server; None for what is none, as "edgesync - default-first-site-name to internet"."""
    name = text.strip(" \t\n'\"<>[]`*")
    if not name:
        return None
    if any(character.isspace() for character in name):
        glued = re.sub(r"\s*\n\s*", "", name)  # wrapped in the middle of the name
        name = "" if any(character.isspace() for character in glued) else glued
    name = _TRAILING.sub("", name)
    return name if _NAME.fullmatch(name) is not None else None


_GENERATED = pattern(
    r"(?:\bGenerating server|\bReporting-MTA|\bDSN generated by|\bGenerierender Server|\bServeur de génération"
    r"|生成服务器|正在生成服务器|生成元のサーバー|サーバーの生成)\s?[:：]\s?(?:dns\s?;\s?)?(?P<name>[^\s()]{1,255})",
    re.IGNORECASE,
)


def generating_servers(text: str) -> frozenset[str]:
    """The servers that say of themselves that they made the report: the senders, and no destination."""
    if ":" not in text:
        return frozenset()
    return frozenset(match["name"].lower().rstrip(".") for match in _GENERATED.finditer(text))


_ENDPOINT = pattern(r"\blast\s+endpoint\s+attempted\s+was\s+(?P<it>[0-9A-Fa-f:.\[\]]{1,60})", re.IGNORECASE)


def last_endpoint(behind: str) -> tuple[str | None, int | None]:
    """Address and port that Exchange Server names at the end of "451 4.4.0 Primary target IP address responded"."""
    found = _ENDPOINT.search(behind) if "ndpoint" in behind else None
    return address_and_port(found["it"]) if found is not None else (None, None)


_RECEIVER = pattern(
    r"(?:\b(?:Receiving|Remote|Destination) server|接收服务器|受信サーバー|受信側サーバー|\bEmpfangender Server):\s?"
    r"(?P<name>[^\s()]{1,255})(?: \((?P<address>[^()\n]{0,60})\))?",
    re.IGNORECASE,
)


def receiving_server(text: str) -> tuple[str, str | None] | None:
    """Name and address of the receiving server, where a report names exactly one for all of its errors."""
    if ":" not in text:
        return None
    named = {
        (match["name"], bare_address(match["address"] or ""))
        for match in _RECEIVER.finditer(text)
        if not is_exchange_online(match["name"])
    }
    return named.pop() if len(named) == 1 else None


_EXCHANGE_ONLINE = pattern(
    r"\.prod\.(?:protection\.)?(?:outlook\.(?:com|de)|exchangelabs\.com|partner\.outlook\.cn|office365\.us)\Z",
    re.IGNORECASE,
)


def is_exchange_online(name: str) -> bool:
    """Whether ``name`` is a machine of Exchange Online, not a customer's entrance to it."""
    return _EXCHANGE_ONLINE.search(name.strip(" '\"<>[].")) is not None


# --- addresses and times ---------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    return " ".join(text.split())


def address_and_port(text: str) -> tuple[str | None, int | None]:
    """Read "192.0.2.5", "192.0.2.5:25", "[2001:db8::5]:25" or "2001:db8::5:25" (as traces write it)."""
    given = text.strip().rstrip(".")[:80]
    inside, _, after = given[1:].partition("]") if given.startswith("[") else (given, "", "")
    host, colon, port = (inside, after[:1], after[1:]) if after else inside.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if colon == ":" and 0 < number <= 65535 and (address := _address(host)) is not None:
        return address, number
    return _address(inside), None


def bare_address(text: str) -> str | None:
    """Read an address where no port can stand behind it."""
    return _address("".join(text.split()).strip("[]").rstrip(".")[:80])


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # Exchange Online writes 0.0.0.0 where it had no address at all; a zone index means nothing elsewhere.
    return None if address.is_unspecified or "%" in text else str(address)


_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})\b)?"
_ISO = pattern(
    r"(?<![0-9])(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,][0-9]{1,7})?" + _ZONE
)
_LOCAL = pattern(
    r"(?<![0-9./-])(?P<first>[0-9]{1,4})(?P<mark>[./-])(?P<second>[0-9]{1,2})(?P=mark)(?P<third>[0-9]{1,4})"
    r"[.,]{0,2} (?P<early>(?:上午|下午|午前|午後|오전|오후) ?)?(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<seconds>[0-9]{2}))?(?P<late> ?[AaPp]\.? ?[Mm]\b\.?)?" + _ZONE
)
_LAST_YEAR = 2199  # what lies beyond is a year of another calendar (Thailand's 2569 is 2026)
_AFTERNOON = ("下午", "午後", "오후", "p")


def last_time(text: str) -> datetime | None:
    """The last moment that ``text`` names beyond doubt; without a zone it is UTC, as Exchange Online writes."""
    if not text:
        return None
    iso = [(match.start(), _zoned(f"{match['date']}T{match['time']}", match["zone"])) for match in _ISO.finditer(text)]
    local = [(match.start(), _local(match)) for match in _LOCAL.finditer(text)]
    return next((moment for _, moment in sorted(iso + local, key=lambda dated: -dated[0]) if moment is not None), None)


def mail_date(text: str) -> datetime | None:
    """A date as RFC 5322 has it."""
    from email.utils import parsedate_to_datetime  # late: it brings half of the mail package along

    try:
        found = parsedate_to_datetime(text[:60])
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _local(match: re.Match[str]) -> datetime | None:
    # "a. m." and "p.m." are written where the day may come first (Spanish).
    clock12 = match["late"] is not None and "." not in match["late"]
    date = _date(match["first"], match["second"], match["third"], match["mark"], clock12=clock12)
    half = (match["early"] or match["late"] or "").strip().lower()
    hour = int(match["hour"])
    if date is None or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    return _zoned(f"{date}T{hour:02}:{match['minute']}:{match['seconds'] or '00'}", match["zone"])


def _date(first: str, second: str, third: str, mark: str, *, clock12: bool) -> str | None:
    """YYYY-MM-DD, or None where day and month cannot be told apart."""
    if len(first) == 4 and len(third) <= 2:
        return f"{first}-{int(second):02}-{int(third):02}"
    if len(third) != 4 or len(first) > 2:
        return None
    month, day = int(first), int(second)
    if mark == "." or month > 12:  # 24.11.2026 and 24/11/2026 put the day first
        month, day = day, month
    elif not clock12 and day <= 12 and day != month:  # AM and PM go with M/D/YYYY; 3/4/2026 03:42 could be either
        return None
    return f"{third}-{month:02}-{day:02}"


def _zoned(moment: str, zone: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(moment)
        if found.year > _LAST_YEAR:
            return None
        if zone is None or zone in ("Z", "UTC", "GMT"):
            return found.replace(tzinfo=UTC)
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        return found.replace(tzinfo=timezone(-shift if zone[0] == "-" else shift)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
