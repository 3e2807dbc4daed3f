"""From text to errors: each place where a known code stands, with all that belongs to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from connector_probe.bounces import surroundings
from connector_probe.bounces.known_codes import Direction, KnownCode, Precision, Topic, known
from connector_probe.bounces.labels import labelled_lines
from connector_probe.bounces.other_systems import is_foreign
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import BY_CODE, Meaning, of_server_reply, own_words
from connector_probe.bounces.replies import CODE, MAX_MESSAGE, Reply, ReplyChain, behind_headline, read_chain
from connector_probe.bounces.surroundings import Surroundings
from connector_probe.bounces.text import rejoined
from connector_probe.model.verdict import Confidence

_MAX_REASONS = 20
_MAX_ERRORS = 5_000  # a bound on hostile input; a day's trace of a large tenant has some hundreds


class BounceSource(StrEnum):
    """What the text was: the shapes of one and the same error, the most telling first."""

    TRACE = "trace"  # {LED=...};{MSG=...};{FQDN=...}: message trace, or the last error of a queue
    NDR = "ndr"  # Server at ... returned '...'
    DSN = "dsn"  # Status: and Diagnostic-Code: (RFC 3464)
    VALIDATION = "validation"  # the bare line of "Validate this connector", or its tasks
    PROTOCOL_LOG = "protocol-log"  # of Exchange Server
    TLS_REPORT = "tls-report"  # RFC 8460
    BARE = "bare"  # a code, with hardly more


class ErrorFound(NamedTuple):
    """One error in a text. ``rank`` orders ``occurred_at`` as in Surroundings; ``code`` None: words without a code."""

    code: KnownCode | None
    written: str | None
    final: bool
    source: BounceSource
    meaning: Meaning | None = None
    message: str | None = None
    server: str | None = None
    address: str | None = None
    port: int | None = None
    occurred_at: datetime | None = None
    rank: int = 0
    recipient: str | None = None
    on_premises: bool = False
    cut_off: str | None = None
    direction: Direction | None = None
    sessions: int | None = None
    reported_by: str | None = None


def codes_in(text: str, most: int) -> tuple[str, ...]:
    """The first status codes in ``text`` that have a reply code in front, known or not."""
    first: dict[str, None] = {}
    for match in CODE.finditer(text):
        if match["reply"] is not None:
            first.setdefault(match["code"])
        if len(first) == most:
            break
    return tuple(first)


class DocumentErrors(NamedTuple):
    """The errors of a document, in order; the same one may be told several times.

    ``note``: what the catalogue says of a record that tells of no failure, or not why. ``whole``: False where there
    are more than were looked at.
    """

    errors: tuple[ErrorFound, ...]
    note: str = ""
    whole: bool = True


def errors_in(text: str) -> DocumentErrors:
    """The errors of running text, whose lines may have been cut anywhere."""
    found = _errors_in(text)
    joined = rejoined(text)
    if joined is None:
        return found
    again = _errors_in(joined[0])
    known_then, known_now = _most_known(found.errors), _most_known(again.errors)
    return again if known_now > known_then or (joined[1] and known_now == known_then) else found


def _most_known(errors: tuple[ErrorFound, ...]) -> tuple[int, int]:
    """How much the best-known of ``errors`` tells: how precise its code is, and how many facts there are."""

    def told(error: ErrorFound) -> tuple[int, int]:
        facts = (error.meaning, error.server, error.address, error.port, error.occurred_at, error.message)
        return _precision(error.code), sum(fact is not None for fact in facts)

    return max(map(told, errors), default=(-2, 0))


def _errors_in(text: str) -> DocumentErrors:
    at = behind = seen = 0
    taken: list[tuple[int, int]] = []  # the parts of the text that belong to errors
    found: list[ErrorFound] = []
    while (match := CODE.search(text, at)) is not None and seen < _MAX_ERRORS:
        before = text[max(behind, match.start() - surroundings.BEFORE) : match.start()]
        at = match.end()
        if not _is_meant(match, before, text):
            continue
        seen += 1
        chain = read_chain(text, match, before.rstrip(" ")[-1:])
        told = _error(chain, before, text)
        if told is None:
            continue  # what it goes on to quote may be Exchange's
        error, end = told
        if error is not None:
            found.append(error)
        taken.append((match.start(), end))
        at = behind = max(end, match.end())
    return DocumentErrors(tuple(_with_reasons_beside(found, _reasons(text, taken))), whole=match is None)


# --- is it a code at all? ----------------------------------------------------------------------------------------

_ANNOUNCED = pattern(
    r"(?:#|;\Z|['\"‘“«「]|\b(?:smtp|status|code|error|ndr|dsn|fehler|erreur|codice|c[oó]digo|kod|代码|コード)\W{0,4})\s?\Z",
    re.IGNORECASE,
)
_VERSION = pattern(
    r"(?:\b(?:version|ver|v|release|build|revision|kernel|linux|firmware|driver|vers[aã]o|versione|versi[oó]n|wersja)"
    r"[\s:.=#-]{0,3}|(?:版本|バージョン|버전)[\s:：]{0,3}|[A-Za-z_.~]-|[A-Za-z_.-]/|[~^@+_]|[=<>]=)\Z",
    re.IGNORECASE,
)
_VERSION_GOES_ON = pattern(r"-(?![A-Z][a-z])[A-Za-z0-9]|[+~_][A-Za-z0-9]|/[A-Za-z]")
_OF_A_FILE = pattern(r"\.(?:html?|aspx?|php|tar|t?gz|xz|zip|exe|msi|deb|rpm|dll|so|img|iso|log|pdf|md)\b")
_MSG = pattern(r"\{\s?MSG\s?=[^{}\n]{0,200}\Z", re.IGNORECASE)


def _is_meant(match: re.Match[str], before: str, text: str) -> bool:
    """Whether this is an error of its own: neither the words in {MSG=...} again, nor a version number."""
    code = known(match["code"])
    behind = text[match.end() : match.end() + 600]
    if "{" in before and _MSG.search(before) is not None:
        return False
    if code is None:
        # "451 5.7.3" is anybody's; in Exchange's own words it is Exchange's.
        return match["reply"] is not None and own_words(behind, f"{match['reply']} {match['code']}") is not None
    if match["reply"] is not None:
        return True
    if _is_version(before[-24:], behind[:10]):
        return False
    if code.distinct or _speaks_of_mta_sts(code, behind):
        return True
    return _is_announced(before[-24:]) or (len(text) < 100 and text.strip() == match["code"])


def _is_announced(before: str) -> bool:
    """Whether the words in front of a number say that it is a code."""
    return _ANNOUNCED.search(before) is not None


def _is_version(before: str, behind: str) -> bool:
    """Whether a number without a reply code is that of a version, a package or a page, by what it hangs together with.

    "4.4.316/4.4.317" and "Error 4.4.316-Connection refused" are codes all the same.
    """
    if _OF_A_FILE.match(behind) is not None:
        return True
    if _is_announced(before):
        return False
    return _VERSION.search(before) is not None or _VERSION_GOES_ON.match(behind) is not None


def _speaks_of_mta_sts(code: KnownCode, behind: str) -> bool:
    """Whether the words behind 4.4.8 or 4.7.5 are those of MTA-STS, so that it can be no version number."""
    return code.code in ("4.4.8", "4.7.5") and "MTA-STS" in behind.split("\n", 1)[0].upper()


# --- one error ---------------------------------------------------------------------------------------------------

_LED = pattern(r"\{\s?LED\s?=[^{}]{0,200}\Z", re.IGNORECASE)
_STATUS = pattern(r"\bStatus:\s?\Z", re.IGNORECASE)
_DIAGNOSTIC = pattern(r"\bDiagnostic-Code:[^\n]{0,40}\Z|\bsmtp\s?;\s?#?\Z", re.IGNORECASE)
_DIAGNOSIS = pattern(r"\bDiagnostic-Code:[^\n]{0,40}?" + CODE.pattern, re.IGNORECASE)
# How Exchange Server goes on behind the words that it quotes.
_OF_EXCHANGE_SERVER = pattern(
    r"Attempted\s+failover\s+to\s+alternate|Primary\s+target\s+IP\s+address\s+responded|primary\s+target\s+IP\s+address:"
    r"|Error\s+encountered\s+while\s+communicating|Proxy\s+session\s+setup\s+failed"
)
_ON_PREMISES_TOPICS = frozenset(
    {
        *(Topic.SEND_CONNECTOR_CERTIFICATE, Topic.TLS_DEMANDED, Topic.EXCHANGE_AUTHENTICATION, Topic.SECURE_DOMAIN),
        *(Topic.ON_PREMISES, Topic.UNABLE_TO_CONNECT),
    }
)
_EDGE_STAMP = 4  # the edge server's own clock beats all other times


def _error(chain: ReplyChain, before: str, text: str) -> tuple[ErrorFound | None, int] | None:
    """What ``chain`` says, with what stands around it, and where all of that ends.

    No error for the Status: of a report whose Diagnostic-Code: says more; None where another mail system wrote it.
    """
    outermost, start, end = chain.replies[0], chain.replies[0].start, chain.end
    is_status = ":" in before and _STATUS.search(before) is not None
    of_report = is_status or ((":" in before or ";" in before) and _DIAGNOSTIC.search(before) is not None)
    fields = surroundings.paragraph(text, start) if of_report else ""
    code = outermost.known
    words = " ".join((*(reply.words for reply in chain.replies), *chain.groups.values()))
    if code is not None and is_foreign(code.topic, outermost.status, before, words, fields):
        if code.topic is not Topic.QUEUE_EXPIRED:
            return None
        code = code._replace(topic=Topic.EXPIRED_ELSEWHERE)
    error = _of_chain(chain, code, text)
    if "{" in before and _LED.search(before) is not None:
        return _around(error, BounceSource.TRACE, surroundings.of_trace(text, start, end)), end
    if of_report:
        told = _DIAGNOSIS.search(fields) if is_status else None
        if told is not None and known(told["code"]) not in (None, outermost.known):
            return None, end
        return _around(error, BounceSource.DSN, surroundings.of_report(fields)), end
    told_by = surroundings.returned_by(before)
    around = surroundings.of_context(before, told_by, final=error.final)
    expired = any(reply.words.lower().startswith("message expired") for reply in chain.replies)
    if told_by is not None or expired:
        return _around(error, BounceSource.NDR, around), end
    error = _around(error, BounceSource.VALIDATION if chain.bracketed else BounceSource.BARE, around)
    error, used = _labelled(error, text[end : end + surroundings.AFTER])
    return error, end + used


def _of_chain(chain: ReplyChain, outermost: KnownCode | None, text: str) -> ErrorFound:
    """The most precise reply of ``chain``, and what the innermost of them says failed."""
    codes = [
        outermost or _by_words(chain.replies[0]),
        *(inner.known or _by_words(inner) for inner in chain.replies[1:]),
    ]
    chosen = max(range(len(codes)), key=lambda at: (_precision(codes[at]), -at))
    code, reply = codes[chosen], chain.replies[chosen]
    if code is not None and code.code == "4.7.5" and not _is_of_mta_sts(reply):
        code = code._replace(topic=Topic.ON_PREMISES_CERTIFICATE, on_premises=True)
    message = _message(chain, code, chosen)
    meaning = _meaning(chain, code, message)
    address, port = surroundings.address_and_port(chain.groups.get("lastattemptedip", ""))
    if address is None:
        address, port = surroundings.last_endpoint(text[reply.end : chain.end + 600])
    on_premises = any(each is not None and each.on_premises for each in (*codes, code))
    if not on_premises and not (code is not None and code.distinct):
        by_words = _OF_EXCHANGE_SERVER.search(text, chain.replies[0].start, chain.end + 400)
        on_premises = by_words is not None or (meaning is not None and meaning.topic in _ON_PREMISES_TOPICS)
    return ErrorFound(
        code=code,
        written=reply.status,
        final=_is_final(chain.replies[0]),
        source=BounceSource.BARE,
        meaning=meaning,
        message=message[:MAX_MESSAGE] or None,
        server=chain.groups.get("lastattemptedservername") or None,
        address=address,
        port=port,
        occurred_at=surroundings.last_time(chain.groups.get("stamp", "")),
        rank=_EDGE_STAMP,
        on_premises=on_premises,
    )


def _by_words(reply: Reply) -> KnownCode | None:
    """A code that Exchange shares with everybody, known by the words behind it."""
    meaning = reply.meaning
    if meaning is None:
        return None
    wraps = meaning.topic is Topic.ON_PREMISES
    return KnownCode(
        reply.status,
        meaning.topic or Topic.EXCHANGE_WORDS,
        meaning.confidence,
        Precision.EXPIRY if wraps else Precision.REASON,
    )


def _precision(code: KnownCode | None) -> int:
    return code.precision if code is not None else -1


def _is_of_mta_sts(reply: Reply) -> bool:
    """4.7.5 is MTA-STS's where the text says so, or says nothing; else Exchange Server's own."""
    return "MTA-STS" in reply.words.upper() or not (reply.words or reply.reply == "454")


def _is_final(outermost: Reply) -> bool:
    """Whether the mail was given up: an SMTP reply code decides, where there is one."""
    return (outermost.reply or outermost.status).startswith("5") or (
        outermost.status.startswith("5") and not outermost.reply.startswith("4")
    )


# 441 4.4.1 Error encountered while communicating with primary target IP address: "Failed to connect. ..."
_QUOTED_WORDS = pattern(r"(?:\baddress|\bwith)[:.]?\s?\"(?P<it>[^\"]{3,})")


def _message(chain: ReplyChain, code: KnownCode | None, chosen: int) -> str:
    """What was said beyond the chosen code: in brackets, by the replies inside, or behind Microsoft's headline."""
    if (told := chain.groups.get("message")) is not None:
        return told
    reply, inside = chain.replies[chosen], chain.replies[chosen + 1 :]
    telling = [inner for inner in inside[:-1] if _precision(inner.known) > Precision.FAILURE] + list(inside[-1:])
    if telling:
        return " -> ".join(f"{inner.code} {inner.words}".strip() for inner in telling)
    if code is None or not code.in_table:
        quoted = _QUOTED_WORDS.search(reply.words)
        words = quoted["it"] if quoted is not None else reply.words
        return f"{reply.code} {words}" if chosen else words
    words = behind_headline(reply.words)
    if own_words(words) is None and (code.code != "4.4.317" or of_server_reply(words) is None):
        words = ""  # the mere headline, or words that belong to something else
    return words or (chain.replies[chosen - 1].words if chosen else "")


_QUOTED_REPLY = Meaning(confidence=Confidence.INFERRED, topic=Topic.QUOTED_REPLY)


def _meaning(chain: ReplyChain, code: KnownCode | None, message: str) -> Meaning | None:
    """What the innermost words of Exchange's say failed."""
    told = own_words(chain.groups.get("message", ""))
    if told is not None:
        return told.meaning
    by_replies = [reply.meaning for reply in chain.replies if reply.meaning is not None]
    if by_replies:
        return by_replies[-1]
    if code is None:
        return None
    if not message and not chain.groups.get("message"):
        return BY_CODE.get(code.code)
    if code.code == "4.4.317":
        return of_server_reply(message)
    if len(chain.replies) > 1 and code.precision in (Precision.FAILURE, Precision.EXCHANGE_SERVER):
        last = chain.replies[-1]
        if last.code == "421 4.3.2":
            return of_server_reply(last.code)
        return _QUOTED_REPLY if last.reply else None
    return None


def _around(error: ErrorFound, source: BounceSource, around: Surroundings) -> ErrorFound:
    """``error`` with what it lacks from ``around``; what stands in the error's own brackets is surer."""
    timed = error if error.occurred_at is not None else around
    error = error._replace(
        source=source,
        final=error.final or around.failed,
        server=error.server or around.server,
        address=error.address or around.address,
        recipient=error.recipient or around.recipient,
        cut_off=around.cut_off if error.server is None and error.address is None else None,
        occurred_at=timed.occurred_at,
        rank=timed.rank,
    )
    return _with_message(error, around.message)


def _with_message(error: ErrorFound, message: str | None) -> ErrorFound:
    if error.message or not message:
        return error
    told = own_words(message)
    meaning = told.meaning if told is not None else None
    if meaning is None and error.code is not None and error.code.code == "4.4.317":
        meaning = of_server_reply(message)
    return error._replace(message=message[:MAX_MESSAGE], meaning=meaning)


def _labelled(error: ErrorFound, behind: str) -> tuple[ErrorFound, int]:
    """``error`` with what stands on the lines behind it, and how many characters of ``behind`` that takes."""
    told, end = labelled_lines(behind, wants_message=error.message is None)
    address, port = surroundings.address_and_port(told.get("address", ""))
    error = error._replace(
        server=error.server or surroundings.host_name(told.get("server", "")),
        address=error.address or address,
        port=error.port or (port if error.address is None else None),
        occurred_at=error.occurred_at or surroundings.last_time(told.get("time", "")),
    )
    return _with_message(error, told.get("message")), end


# --- words without a code ----------------------------------------------------------------------------------------

# What Exchange writes nowhere but of itself, so that it is known without a code.
_ALONE = pattern(
    r"TLS\s+negotiation\s+failed\s+with\s+error\s+[A-Za-z0-9]+|Security\s+status\s+[A-Z][A-Za-z]+"
    r"|STARTTLS\s+is\s+required\s+to\s+send\s+mail|(?:Winsock|Socket)\s+error\s+code:?\s+[0-9]{3,5}"
    r"|Cannot\s+achieve\s+Exchange\s+Server\s+authentication"
    r"|certificate\s+specified\s+in\s+TlsCertificateName\s+of\s+the\s+SendConnector\s+could\s+not\s+be\s+found"
)


_SHORTEST_REASON = 20  # characters, "Security status ABCD"


def _reasons(text: str, errors: list[tuple[int, int]]) -> list[ErrorFound]:
    """Words of Exchange's that stand outside of ``errors``."""
    found: list[ErrorFound] = []
    if len(text) - sum(end - start for start, end in errors) < _SHORTEST_REASON:
        return found
    for match in _ALONE.finditer(text):
        if any(start <= match.start() < end for start, end in errors):
            continue
        words = surroundings.one_line(match.group())
        told = own_words(words)
        if told is not None:
            found.append(ErrorFound(None, None, False, BounceSource.BARE, told.meaning, words))
        if len(found) == _MAX_REASONS:
            break
    return found


def _with_reasons_beside(found: list[ErrorFound], reasons: list[ErrorFound]) -> Iterator[ErrorFound]:
    """``found``, those that tell no cause with the one that stands beside them; or else the reasons by themselves."""
    if not found:
        yield from reasons
        return
    beside = {told.meaning: told for told in reasons}
    reason = next(iter(beside.values())) if len(beside) == 1 else None
    for error in found:
        if reason is None or not _is_vague(error):
            yield error
        else:
            told = f"{error.message}; {reason.message}" if error.message else reason.message
            yield error._replace(meaning=reason.meaning, message=told)


def _is_vague(error: ErrorFound) -> bool:
    """Whether an error says that an attempt failed or took too long, and no more."""
    if error.code is None or error.code.precision in (Precision.FAULT, Precision.EXPIRY):
        return False
    meaning = error.meaning
    return meaning is None or meaning.undecided or meaning.confidence is Confidence.INFERRED
