"""Reading bounces: NDRs, message traces, queue errors, validation results, protocol logs and TLS reports.

Pure: text in, facts out. Nothing is claimed that the text does not say, and all that comes out is safe to print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from connector_probe.bounces.decoding import InputTooLargeError, decode
from connector_probe.bounces.documents import found_in, readable
from connector_probe.bounces.known_codes import Direction, Precision, Topic
from connector_probe.bounces.parser import BounceSource, DocumentErrors, ErrorFound, codes_in
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import Meaning
from connector_probe.bounces.replies import MAX_MESSAGE
from connector_probe.bounces.surroundings import generating_servers, is_exchange_online, one_line, receiving_server
from connector_probe.model.printable import printable
from connector_probe.model.verdict import Confidence, FailureClass

__all__ = ["MAX_BOUNCES", "Bounce", "BounceSource", "InputTooLargeError", "ReadResult", "codes_seen", "decode", "read"]

MAX_BOUNCES = 100  # different ones out of one input
_MAX_CODES_SEEN = 5
_MAX_NAME = 255


class Bounce(NamedTuple):
    """One error. What the text does not say is None.

    ``code`` is the transient form (4.4.316), ``written_code`` the one found (5.4.316), both None where words of
    Exchange's stand without a code; ``final``: given up, returned to the sender. ``failure_class`` is what failed, None
    where the text does not tell; ``alternatives`` write the very same message. ``topic``: what the catalogue says of it
    in words of their own. ``confidence``: how sure code and message are of that. ``on_premises``: an error of Exchange
    Server, which Exchange Online would not write. ``cut_off``: a server's name that the text ends in the middle of.
    ``sessions`` and ``reported_by``: of a TLS report, how many failed so, and whose report it is.
    """

    code: str | None
    written_code: str | None
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
    topic: Topic | None = None
    direction: Direction | None = None
    cut_off: str | None = None
    sessions: int | None = None
    reported_by: str | None = None

    @property
    def classes(self) -> tuple[FailureClass, ...]:
        """What failed, by the text: the likeliest first; empty where it does not tell."""
        return (*((self.failure_class,) if self.failure_class is not None else ()), *self.alternatives)


class ReadResult(NamedTuple):
    """``note``: what the catalogue says of a record that tells of no failure, or not why, and of a text with more

    errors than are looked at; "" for all else.
    """

    bounces: tuple[Bounce, ...]
    note: str = ""

    @property
    def tells_of_success(self) -> bool:
        """Whether the text is a record of Exchange's or a TLS report, and nothing in it failed."""
        return not self.bounces and self.note.endswith("-without-failures")


def read(text: str | bytes) -> ReadResult:
    """The different errors in ``text`` (a paste, an EML file, an mbox), in the order of their appearance.

    The same error said twice (headline and parenthesis, human part and delivery status) comes out once. At most
    MAX_BOUNCES. Raises InputTooLargeError for more than 10 MiB, and nothing else, whatever the text.
    """
    given = readable(text)
    documents = [found_in(given.text, is_mail=given.is_mail), *map(found_in, given.attachments)]
    found = _bounces(given.text, documents, is_mail=given.is_mail)
    # A report that gives a code of its own is about that, whatever the mail that it returns speaks of.
    if not found.bounces and given.returned and not codes_in(given.text, 1) and not _ANY_STATUS.search(given.text):
        returned = _bounces(given.returned, [found_in(given.returned, is_mail=True)], is_mail=True)
        found = returned if returned.bounces else found
    return found


def codes_seen(text: str | bytes) -> tuple[str, ...]:
    """The first few status codes in ``text``, known or not, for a person whose text held no known one."""
    return codes_in(readable(text).text, _MAX_CODES_SEEN)


_ANY_STATUS = pattern(r"\bStatus:\s?[45]\.[0-9]", re.IGNORECASE)
_IN_REPORTS = frozenset({BounceSource.NDR, BounceSource.DSN})


def _bounces(text: str, documents: Sequence[DocumentErrors], *, is_mail: bool) -> ReadResult:
    """Each error of ``documents``, the first of which is ``text``, once."""
    senders = generating_servers(text)
    found: list[ErrorFound] = []
    whole = all(document.whole for document in documents)
    for error in (error for document in documents for error in document.errors):
        if is_mail and error.source in (BounceSource.VALIDATION, BounceSource.BARE):
            error = error._replace(source=BounceSource.NDR)
        error = _by_senders(error, senders)
        twin = next((at for at, told in enumerate(found) if _same(told, error)), None)
        if twin is not None:
            found[twin] = _merged(found[twin], error)
        elif len(found) < MAX_BOUNCES:
            found.append(error)
        else:
            whole = False
            break
    named = receiving_server(text) if any(error.server is None for error in found) else None
    if named is not None:
        found = [_received(error, *named) for error in found]
    note = "" if found else next((document.note for document in documents if document.note), "")
    return ReadResult(tuple(map(_finished, _without_wrappers(found))), note if whole else "more-errors")


def _by_senders(error: ErrorFound, senders: frozenset[str]) -> ErrorFound:
    """``error`` as far as the servers that made the report tell: they are no destination, or Exchange Online's."""
    if error.server is not None and error.server.lower() in senders:
        error = error._replace(server=None, address=None)
    if not senders or error.meaning is None or (error.code is not None and error.code.distinct):
        return error
    return error._replace(on_premises=not any(map(is_exchange_online, senders)))


# --- one error, told several times -----------------------------------------------------------------------------


def _same(one: ErrorFound, other: ErrorFound) -> bool:
    return (
        one.code == other.code
        and (one.code is not None or one.meaning == other.meaning)
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


def _merged(one: ErrorFound, other: ErrorFound) -> ErrorFound:
    located = one if one.address is not None or other.address is None else other
    later = max((one, other), key=lambda each: (each.occurred_at is not None, each.rank, _seconds(each.occurred_at)))
    fuller = one if len(one.message or "") >= len(other.message or "") else other
    sessions = [each.sessions for each in (one, other) if each.sessions is not None]
    return one._replace(
        written=other.written if other.final and not one.final else one.written,
        final=one.final or other.final,
        source=min(one.source, other.source, key=list(BounceSource).index),
        message=fuller.message,
        meaning=fuller.meaning or one.meaning or other.meaning,
        server=one.server or other.server,
        address=located.address,
        port=one.port or other.port,
        recipient=one.recipient or other.recipient,
        occurred_at=later.occurred_at,
        rank=later.rank,
        on_premises=one.on_premises or other.on_premises,
        cut_off=one.cut_off or other.cut_off,
        sessions=sum(sessions) if sessions else None,
        reported_by=one.reported_by if one.reported_by == other.reported_by else None,
    )


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0


def _received(error: ErrorFound, server: str, address: str | None) -> ErrorFound:
    if error.server is not None or error.source not in _IN_REPORTS:
        return error
    return error._replace(server=server, address=error.address or address)


def _without_wrappers(found: list[ErrorFound]) -> list[ErrorFound]:
    """Without those that only say that the time was up, for an error that is named beside them."""
    errors = [error for error in found if not _is_expiry(error)]
    final = {at for at, error in enumerate(errors) if error.final}
    alone = []
    for told in found:
        wrapped = next(
            (at for at, error in enumerate(errors) if _is_expiry(told) and _wraps(told, error, errors)), None
        )
        if wrapped is None:
            alone.append(told)
        elif told.final:
            final.add(wrapped)
    given_up = [errors[at] for at in final]
    return [error._replace(final=error.final or error in given_up) for error in alone]


def _is_expiry(error: ErrorFound) -> bool:
    return error.code is not None and error.code.precision is Precision.EXPIRY


def _wraps(wrapper: ErrorFound, error: ErrorFound, errors: list[ErrorFound]) -> bool:
    if not _agree(wrapper.server, error.server):
        return False
    if wrapper.server is not None or len(errors) == 1:
        return True
    return wrapper.source in _IN_REPORTS and error.source in _IN_REPORTS


# --- the result ------------------------------------------------------------------------------------------------

_EXPECTED = pattern(r"Expected Subject:\s?(?P<it>[^\s,;]{1,255}?)[.,;]?(?=\s|\Z)", re.IGNORECASE)
_PRESENTED = pattern(r"Presented Subject:\s?(?P<it>.{1,500}?)[.,;]?\s?(?:Thumbprint:|\Z)", re.IGNORECASE)
_THUMBPRINT = pattern(r"Thumbprint:\s?(?P<it>(?:[0-9A-Fa-f]\s?){32,64})(?![0-9A-Za-z])", re.IGNORECASE)
_NO_MEANING = Meaning()


def _finished(error: ErrorFound) -> Bounce:
    meaning = error.meaning or _NO_MEANING
    classes = meaning.classes
    decided = classes[:1] if not meaning.undecided else ()
    by_code = error.code.topic if error.code is not None else None
    thumbprint = _part(_THUMBPRINT, error.message)
    return Bounce(
        code=error.code.code if error.code is not None else None,
        written_code=error.written,
        final=error.final,
        failure_class=decided[0] if decided else None,
        alternatives=classes[len(decided) :],
        confidence=meaning.confidence if error.meaning is not None or error.code is None else error.code.confidence,
        message=_clean(error.message, MAX_MESSAGE),
        server=_clean(error.server, _MAX_NAME),
        address=error.address,
        port=error.port,
        occurred_at=error.occurred_at,
        recipient=_clean(error.recipient, _MAX_NAME),
        expected_subject=_clean(_part(_EXPECTED, error.message), _MAX_NAME),
        presented_subject=_clean(_part(_PRESENTED, error.message), _MAX_NAME),
        thumbprint="".join(thumbprint.upper().split()) if thumbprint is not None else None,
        source=error.source,
        on_premises=error.on_premises,
        topic=_topic(meaning.topic, by_code, error),
        direction=error.direction,
        cut_off=_clean(error.cut_off, _MAX_NAME),
        sessions=error.sessions,
        reported_by=_clean(error.reported_by, _MAX_NAME),
    )


def _topic(by_words: Topic | None, by_code: Topic | None, error: ErrorFound) -> Topic:
    """What the catalogue says: of Exchange's words where it has some of its own, else of the code."""
    general = error.code is None or error.code.precision < Precision.FAULT
    if by_words is not None and (general or by_code is Topic.CANNOT_CONNECT):
        return by_words
    return by_code or by_words or Topic.EXCHANGE_WORDS


def _part(pattern: re.Pattern[str], message: str | None) -> str | None:
    match = pattern.search(message) if message is not None and ":" in message else None
    return match["it"].strip(" .,;") or None if match is not None else None


def _clean(text: str | None, limit: int) -> str | None:
    return printable(one_line(text), limit) or None if text is not None else None
