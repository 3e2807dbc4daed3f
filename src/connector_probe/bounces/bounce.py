"""Reading bounces: NDRs, message traces, queue errors and validation results, pasted or as mail.

Pure: text in, facts out. Nothing is claimed that the text does not say, and all that comes out is safe to print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connector_probe.bounces import context, grammar
from connector_probe.bounces.context import Around
from connector_probe.bounces.grammar import Detail, KnownCode
from connector_probe.bounces.readings import reading
from connector_probe.bounces.shared_codes import is_foreign
from connector_probe.bounces.text import InputTooLargeError, decode, readable
from connector_probe.model.printable import printable
from connector_probe.model.verdict import Confidence, FailureClass

__all__ = ["MAX_BOUNCES", "Bounce", "BounceSource", "InputTooLargeError", "codes_seen", "decode", "read_bounces"]

MAX_BOUNCES = 100  # different ones out of one input
_MAX_SIGHTINGS = 5_000  # a bound on hostile input; a day's trace of a large tenant has some hundreds
_MAX_CODES_SEEN = 5
_MAX_NAME = 255


class BounceSource(StrEnum):
    """What the text was: the shapes of one and the same error, the most telling first."""

    TRACE = "trace"  # {LED=...};{MSG=...};{FQDN=...}: message trace, or the last error of a queue
    NDR = "ndr"  # Server at ... returned '...'
    DSN = "dsn"  # Status: and Diagnostic-Code: (RFC 3464)
    VALIDATION = "validation"  # the bare line of "Validate this connector"
    BARE = "bare"  # a code, with hardly more


@dataclass(frozen=True, slots=True)
class Bounce:
    """One error. What the text does not say is None.

    ``code`` is the transient form (4.4.316), ``written_code`` the one found (5.4.316); ``final``: given up, returned
    to the sender. ``failure_class`` is what failed, None where the text does not tell; ``alternatives`` write the
    very same message. ``confidence``: how sure code and message are of that. ``on_premises``: an error of Exchange
    Server, which Exchange Online would not write.
    """

    code: str
    written_code: str
    final: bool
    failure_class: FailureClass | None = None
    alternatives: tuple[FailureClass, ...] = ()
    confidence: Confidence = Confidence.DOCUMENTED
    message: str | None = None
    server: str | None = None
    address: str | None = None
    port: int | None = None
    occurred_at: datetime | None = None
    recipient: str | None = None
    expected_subject: str | None = None
    presented_subject: str | None = None
    thumbprint: str | None = None
    source: BounceSource = BounceSource.BARE
    on_premises: bool = False


def read_bounces(text: str | bytes) -> tuple[Bounce, ...]:
    """The different errors in ``text`` (a paste, an EML file, an mbox), in the order of their appearance.

    The same error said twice (headline and parenthesis, human part and delivery status) comes out once. At most
    MAX_BOUNCES. Raises InputTooLargeError for more than 10 MiB, and nothing else, whatever the text.
    """
    read = readable(text)
    found = _bounces(read.text, is_mail=read.is_mail)
    # A report that gives a code of its own is about that, whatever the mail that it returns speaks of.
    has_its_own = _codes(read.text) or _ANY_STATUS.search(read.text) is not None
    return found if found or has_its_own else _bounces(read.returned, is_mail=True)


def codes_seen(text: str | bytes) -> tuple[str, ...]:
    """The first few status codes in ``text``, known or not, for a person whose text held no known one."""
    return _codes(readable(text).text)


def _codes(text: str) -> tuple[str, ...]:
    first: dict[str, None] = {}
    for match in grammar.CODE.finditer(text):
        if match["reply"] is not None:
            first.setdefault(match["code"])
        if len(first) == _MAX_CODES_SEEN:
            break
    return tuple(first)


def _bounces(text: str, *, is_mail: bool) -> tuple[Bounce, ...]:
    found: list[_Sighting] = []
    for sighting in _sightings(text):
        if is_mail and sighting.source in (BounceSource.VALIDATION, BounceSource.BARE):
            sighting = replace(sighting, source=BounceSource.NDR)
        twin = next((at for at, one in enumerate(found) if _same(one, sighting)), None)
        if twin is not None:
            found[twin] = _merged(found[twin], sighting)
        elif len(found) < MAX_BOUNCES:
            found.append(sighting)
        else:
            break
    named = context.receiver(text) if any(one.server is None for one in found) else None
    if named is not None:
        found = [_received(one, *named) for one in found]
    return tuple(map(_finished, _unwrapped(found)))


# --- one sighting after the other ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One place where a known code stands, with all that belongs to it. ``rank`` as in Around."""

    known: KnownCode
    written: str
    final: bool
    source: BounceSource
    message: str | None = None
    server: str | None = None
    address: str | None = None
    port: int | None = None
    occurred_at: datetime | None = None
    rank: int = 0
    recipient: str | None = None


_EDGE_STAMP = 4  # the edge server's own clock beats all other times
_IN_REPORTS = frozenset({BounceSource.NDR, BounceSource.DSN})
_CHAINED = re.compile(r"[^\[\](){}\n]{0,80}->\s{0,3}[45][0-9]{2}[ -]")


def _sightings(text: str) -> Iterator[_Sighting]:
    at = behind = seen = 0
    expired = False
    while seen < _MAX_SIGHTINGS and (match := grammar.CODE.search(text, at)) is not None:
        before = text[max(behind, match.start() - context.BEFORE) : match.start()]
        at, known = match.end(), grammar.known(match["code"])
        if known is None or not _is_meant(match, known, before, text):
            continue
        seen += 1
        if known.wrapper and _CHAINED.match(text, match.end()) is not None:
            expired = True  # "550 5.4.300 Message expired -> 451 4.4.397 ...": what follows is the error
            continue
        detail = grammar.detail(text, match.end(), before.rstrip(" ")[-1:], match["code"])
        if _is_foreign(match, known, detail, before, text):
            continue  # what it goes on to quote may be Exchange's
        sighting = _sighting(match, known, detail, before, text)
        if sighting is not None:
            yield replace(sighting, final=sighting.final or expired)
        at = behind = max(detail.end, match.end())
        expired = False


def _is_meant(match: re.Match[str], known: KnownCode, before: str, text: str) -> bool:
    """Whether this is an error of its own: neither the words in {MSG=...} again, nor a version number."""
    if _MSG.search(before) is not None:
        return False
    if match["reply"] is not None:
        return True
    if grammar.versioned(before[-24:], text[match.end() : match.end() + 10]):
        return False
    if known.distinct:
        return True
    if grammar.explained(known, text[match.end() : match.end() + 100]):
        return True
    return grammar.announced(before[-24:]) or (len(text) < 100 and text.strip() == match["code"])


def _is_foreign(match: re.Match[str], known: KnownCode, detail: Detail, before: str, text: str) -> bool:
    of_report = _STATUS.search(before) is not None or _DIAGNOSTIC.search(before) is not None
    said = " ".join((detail.headline, *detail.groups.values()))
    fields = context.paragraph(text, match.start()) if of_report else ""
    return is_foreign(known.words, match["code"], before, said, fields)


_LED = re.compile(r"\{\s?LED\s?=[^{}]{0,200}\Z", re.IGNORECASE)
_MSG = re.compile(r"\{\s?MSG\s?=[^{}\n]{0,200}\Z", re.IGNORECASE)
_ANY_STATUS = re.compile(r"\bStatus:\s?[45]\.[0-9]", re.IGNORECASE)
_STATUS = re.compile(r"\bStatus:\s?\Z", re.IGNORECASE)
_DIAGNOSTIC = re.compile(r"\bDiagnostic-Code:[^\n]{0,40}\Z|\bsmtp\s?;\s?#?\Z", re.IGNORECASE)
_DIAGNOSIS = re.compile(r"\bDiagnostic-Code:[^\n]{0,40}?" + grammar.CODE.pattern, re.IGNORECASE)
_EXPIRED = re.compile(r"\s?Message expired\b", re.IGNORECASE)


def _sighting(match: re.Match[str], known: KnownCode, detail: Detail, before: str, text: str) -> _Sighting | None:
    """None for the Status: of a report whose Diagnostic-Code: says more."""
    base = _of_detail(match, known, detail)
    if base.address is None and known.code == "4.4.0":
        address, port = context.last_endpoint(text[match.end() : match.end() + context.AFTER])
        base = replace(base, address=address, port=port)
    if _LED.search(before) is not None:
        return _with(base, BounceSource.TRACE, context.of_trace(text, match.start(), detail.end))
    is_status = _STATUS.search(before) is not None
    if is_status or _DIAGNOSTIC.search(before) is not None:
        fields = context.paragraph(text, match.start())
        told = _DIAGNOSIS.search(fields) if is_status else None
        if told is not None and grammar.known(told["code"]) not in (None, known):
            return None
        return _with(base, BounceSource.DSN, context.of_report(fields))
    told_by = context.returned_by(before)
    around = context.of_context(before, told_by, final=base.final)
    if told_by is not None or _EXPIRED.match(text, match.end()) is not None:
        return _with(base, BounceSource.NDR, around)
    return _with(base, BounceSource.VALIDATION if detail.bracketed else BounceSource.BARE, around)


def _of_detail(match: re.Match[str], known: KnownCode, detail: Detail) -> _Sighting:
    address, port = context.address_and_port(detail.groups.get("lastattemptedip", ""))
    message = detail.groups.get("message") or grammar.words_behind(detail.headline)
    if "message" not in detail.groups and known.in_table and reading("", message) is None:
        message = ""  # one of the six with its mere headline, or with words that belong to something else
    return _Sighting(
        known=known,
        written=match["code"],
        final=match["code"].startswith("5") or (match["reply"] or "").startswith("5"),
        source=BounceSource.BARE,
        message=message[: grammar.MAX_MESSAGE] or None,
        server=detail.groups.get("lastattemptedservername") or None,
        address=address,
        port=port,
        occurred_at=context.last_time(detail.groups.get("stamp", "")),
        rank=_EDGE_STAMP,
    )


def _with(base: _Sighting, source: BounceSource, around: Around) -> _Sighting:
    """``base`` with what it lacks from ``around``; what stands in the error's own brackets is surer."""
    timed = base if base.occurred_at is not None else around
    return replace(
        base,
        source=source,
        message=base.message or around.message,
        server=base.server or around.server,
        address=base.address or around.address,
        recipient=around.recipient,
        occurred_at=timed.occurred_at,
        rank=timed.rank,
    )


# --- many sightings of one error -------------------------------------------------------------------------------


def _same(one: _Sighting, other: _Sighting) -> bool:
    return (
        one.known == other.known
        and _agree(one.server, other.server)
        and _agree(one.address, other.address)
        and _agree_in_words(one.message, other.message)
    )


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.lower() == other.lower()


def _agree_in_words(one: str | None, other: str | None) -> bool:
    """Equal but for punctuation, or one of them cut short."""
    if one is None or other is None or one == other:
        return True
    left, right = (re.sub(r"\W+", "", text).lower() for text in (one, other))
    return left.startswith(right) or right.startswith(left)


def _merged(one: _Sighting, other: _Sighting) -> _Sighting:
    located = one if one.address is not None or other.address is None else other
    later = max((one, other), key=lambda each: (each.occurred_at is not None, each.rank, _seconds(each.occurred_at)))
    return replace(
        one,
        written=other.written if other.final and not one.final else one.written,
        final=one.final or other.final,
        source=min(one.source, other.source, key=list(BounceSource).index),
        message=max(one.message, other.message, key=lambda text: len(text or "")),
        server=one.server or other.server,
        address=located.address,
        port=one.port or other.port,
        recipient=one.recipient or other.recipient,
        occurred_at=later.occurred_at,
        rank=later.rank,
    )


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0


def _received(one: _Sighting, server: str, address: str | None) -> _Sighting:
    if one.server is not None or one.source not in _IN_REPORTS:
        return one
    return replace(one, server=server, address=one.address or address)


def _unwrapped(found: list[_Sighting]) -> list[_Sighting]:
    """Without those that only say that the time was up, for an error that is named beside them."""
    errors = [one for one in found if not one.known.wrapper]
    final = {at for at, error in enumerate(errors) if error.final}
    alone = []
    for one in found:
        at = next((at for at, error in enumerate(errors) if one.known.wrapper and _wraps(one, error)), None)
        if at is None:
            alone.append(one)
        elif one.final:
            final.add(at)
    given_up = [errors[at] for at in final]
    return [replace(one, final=one.final or one in given_up) for one in alone]


def _wraps(wrapper: _Sighting, error: _Sighting) -> bool:
    if not _agree(wrapper.server, error.server):
        return False
    return wrapper.server is not None or (wrapper.source in _IN_REPORTS and error.source in _IN_REPORTS)


# --- the result ------------------------------------------------------------------------------------------------

_EXPECTED = re.compile(r"Expected Subject:\s?(?P<it>[^\s,;]{1,255}?)[.,;]?(?=\s|\Z)", re.IGNORECASE)
_PRESENTED = re.compile(r"Presented Subject:\s?(?P<it>.{1,500}?)[.,;]?\s?(?:Thumbprint:|\Z)", re.IGNORECASE)
_THUMBPRINT = re.compile(r"Thumbprint:\s?(?P<it>[0-9A-Fa-f]{32,64})\b", re.IGNORECASE)


def _finished(one: _Sighting) -> Bounce:
    read = reading(one.known.code, one.message)
    thumbprint = _part(_THUMBPRINT, one.message)
    return Bounce(
        code=one.known.code,
        written_code=one.written,
        final=one.final,
        failure_class=read.classes[0] if read is not None else None,
        alternatives=read.classes[1:] if read is not None else (),
        confidence=read.confidence if read is not None else one.known.confidence,
        message=_clean(one.message, grammar.MAX_MESSAGE),
        server=_clean(one.server, _MAX_NAME),
        address=one.address,
        port=one.port,
        occurred_at=one.occurred_at,
        recipient=_clean(one.recipient, _MAX_NAME),
        expected_subject=_clean(_part(_EXPECTED, one.message), _MAX_NAME),
        presented_subject=_clean(_part(_PRESENTED, one.message), _MAX_NAME),
        thumbprint=thumbprint.upper() if thumbprint is not None else None,
        source=one.source,
        on_premises=one.known.on_premises or grammar.is_of_exchange_server(one.known, one.message or ""),
    )


def _part(pattern: re.Pattern[str], message: str | None) -> str | None:
    match = pattern.search(message or "")
    return match["it"].strip(" .,;") or None if match is not None else None


def _clean(text: str | None, limit: int) -> str | None:
    return printable(context.one_line(text), limit) or None if text is not None else None
