"""Protocol logs of Exchange Server (SMTP send and receive): the sessions that failed, and why. Pure.

    #Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context
    2026-11-24T03:42:51.123Z,Outbound,08DD0C1A2B3C4D5E,2,192.0.2.10:50001,203.0.113.7:25,<,220 mail.contoso.com,

Events are + connect, - disconnect, > sent, < received, * information (Microsoft, "Protocol logging").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connector_probe.bounces import surroundings
from connector_probe.bounces.known_codes import Direction, Topic
from connector_probe.bounces.parser import BounceSource, DocumentErrors, ErrorFound, errors_in
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import UNABLE_TO_CONNECT, Meaning, own_words
from connector_probe.model.verdict import Confidence, FailureClass

# Where the log has lost its own line of them.
_FIELDS = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
_F = FailureClass
_REPLY = pattern(r"(?P<code>[2-5][0-9]{2})(?:[ -]|\Z)")
_BANNER = pattern(r"220[ -](?P<name>[A-Za-z0-9][A-Za-z0-9.-]{2,254})\b")
_OF_EXCHANGE_ONLINE = pattern(
    r"\.outbound\.protection\.(?:outlook\.com|partner\.outlook\.cn|office365\.us)\b", re.IGNORECASE
)


@dataclass(slots=True)
class _Session:
    """``lines``: who spoke ("server", "client"; "" for Exchange's remarks), what, when."""

    local: str = ""
    remote: str = ""
    connected: bool = False
    attempted: bool = False
    ended: str | None = None
    lines: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    last: datetime | None = None

    def said_by(self, who: str) -> list[str]:
        return [text for speaker, text, _ in self.lines if speaker == who]


def found_in_log(text: str) -> DocumentErrors:
    """The errors of the sessions in a log that failed; where Exchange Online is among the clients, of its alone."""
    receiving = re.search(r"^#Log-type:\s*SMTP Receive", text, re.IGNORECASE | re.MULTILINE) is not None
    sessions = list(_sessions(text, receiving=receiving))
    from_exchange_online = [
        session for session in sessions if receiving and any(map(_OF_EXCHANGE_ONLINE.search, session.said_by("client")))
    ]
    errors = [error for session in from_exchange_online or sessions for error in _errors(session, receiving=receiving)]
    return DocumentErrors(tuple(errors), "" if errors else "log-without-failures")


def _sessions(text: str, *, receiving: bool) -> Iterator[_Session]:
    sessions: dict[str, _Session] = {}
    fields = _FIELDS.split(",")
    for row in _rows(text):
        if row and row[0].startswith("#"):
            if row[0].lower().startswith("#fields:"):
                fields = [row[0].partition(":")[2].strip(), *row[1:]]
            continue
        cells = dict(zip(fields, row, strict=False))
        if "event" in cells and cells.get("session-id"):
            _add(sessions.setdefault(cells["session-id"], _Session()), cells, receiving=receiving)
    yield from sessions.values()


def _rows(text: str) -> Iterator[list[str]]:
    rows = csv.reader(text.splitlines(keepends=True))
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:  # one line that is no CSV
            continue


def _add(session: _Session, cells: dict[str, str], *, receiving: bool) -> None:
    at = surroundings.last_time(cells.get("date-time", ""))
    session.last = at or session.last
    session.local = cells.get("local-endpoint") or session.local
    session.remote = cells.get("remote-endpoint") or session.remote
    said = " ".join(filter(None, (cells.get("data", "").strip(), cells.get("context", "").strip())))
    event = cells["event"]
    if event == "+":
        session.connected = True
    elif event == "-":
        session.ended = said
    elif event == "*":
        session.attempted = session.attempted or said.lower().startswith("attempting to connect")
        session.lines.append(("", said, at))
    elif event in "<>":
        session.connected = True
        session.lines.append(("server" if (event == "<") is not receiving else "client", said, at))


# --- why a session failed ----------------------------------------------------------------------------------------


def _errors(session: _Session, *, receiving: bool) -> Iterator[ErrorFound]:
    for text, meaning in _reasons(session):
        found = errors_in(text).errors
        errors = found if any(error.code is not None for error in found) else ()
        meaning = meaning._replace(topic=meaning.topic or Topic.FAILED_SESSION)
        base = ErrorFound(None, None, False, BounceSource.PROTOCOL_LOG, meaning, text or None)
        for error in errors or (base,):
            yield _placed(
                error._replace(meaning=error.meaning or meaning, message=text or None), session, receiving=receiving
            )


def _reasons(session: _Session) -> Iterator[tuple[str, Meaning]]:
    """The one thing that ended the session badly, in the words of the log; nothing where all went well."""
    for speaker, text, _ in session.lines:
        told = own_words(text) if not speaker else None
        if told is not None:
            yield text, told.meaning
            return
    stage, refused = "", None
    secured = offered = False
    for speaker, text, _ in session.lines:
        if speaker == "client":
            stage = text.split(" ", 1)[0].upper()
            continue
        match = _REPLY.match(text)
        if speaker != "server" or match is None:
            continue
        if match["code"][0] in "45":
            refused = refused or (text, _refusal(stage, match["code"], secured=secured))
        offered = offered or (stage == "EHLO" and "STARTTLS" in text.upper())
        secured = secured or (stage == "STARTTLS" and match["code"] == "220")
    if refused is not None:
        yield refused
    elif not session.connected:
        if session.attempted:
            yield session.ended or "", UNABLE_TO_CONNECT
    elif stage != "QUIT" and session.ended is not None and "local" not in session.ended.lower().split("(")[0]:
        yield session.ended, _ended(session.ended, stage, secured=secured, greeted=bool(session.said_by("server")))
    elif not offered:
        said = [line.upper() for line in session.said_by("client")]
        went_on = any(line.startswith(("MAIL ", "STARTTLS", "X-ANONYMOUSTLS")) for line in said)
        if "EHLO" in " ".join(said) and not went_on:
            yield "", Meaning((_F.STARTTLS_NOT_OFFERED,), Confidence.INFERRED)


def _refusal(stage: str, code: str, *, secured: bool) -> Meaning:
    """What a reply of 4xx or 5xx to the command ``stage`` is; "" is the greeting."""
    topic = Topic.EXCHANGE_AUTHENTICATION if stage in ("X-EXPS", "AUTH") else None
    if stage in ("MAIL", "RCPT", "DATA", "BDAT"):
        return Meaning((_F.RECIPIENT_DEFERRED if code[0] == "4" else _F.RECIPIENT_REJECTED,), Confidence.INFERRED)
    if topic is not None:
        return Meaning(topic=topic)
    at = {"": _F.BANNER_REJECTED, "STARTTLS": _F.STARTTLS_REJECTED}
    return Meaning((at.get(stage, _F.SESSION_REJECTED if secured else _F.EHLO_REJECTED),), Confidence.INFERRED)


def _ended(how: str, stage: str, *, secured: bool, greeted: bool) -> Meaning:
    """What the other side's end of the session is, by how far it had come."""
    reset, silent = "reset" in how.lower(), "timedout" in how.lower().replace(" ", "")
    if not greeted:
        classes = (_F.BANNER_TIMEOUT, _F.BANNER_RESET, _F.BANNER_CLOSED)
    elif stage == "STARTTLS":
        classes = (
            (_F.TLS_TIMEOUT, _F.TLS_RESET, _F.TLS_CLOSED)
            if secured
            else (_F.STARTTLS_TIMEOUT, _F.STARTTLS_RESET, _F.STARTTLS_CLOSED)
        )
    elif secured:
        classes = (_F.SESSION_TIMEOUT, _F.SESSION_RESET, _F.SESSION_CLOSED)
    else:
        classes = (_F.EHLO_TIMEOUT, _F.EHLO_RESET, _F.EHLO_CLOSED)
    return Meaning((classes[0 if silent else 1 if reset else 2],), Confidence.INFERRED)


_DESTINATION = pattern(r"\bDestination domain:?\s*(?P<domain>[A-Za-z0-9.-]{3,255})", re.IGNORECASE)


def _direction(session: _Session, *, receiving: bool) -> Direction | None:
    if not receiving:
        return Direction.FROM_EXCHANGE_SERVER
    is_exchange_online = any(map(_OF_EXCHANGE_ONLINE.search, session.said_by("client")))
    return Direction.FROM_EXCHANGE_ONLINE if is_exchange_online else None


def _placed(error: ErrorFound, session: _Session, *, receiving: bool) -> ErrorFound:
    """``error`` with the server, and whose log it is: sending, it is the other end; receiving, Exchange itself."""
    banners = map(_BANNER.match, session.said_by("server"))
    name = next((match["name"] for match in banners if match is not None), None)
    aimed_at = _DESTINATION.search(error.message or "")
    address, port = surroundings.address_and_port(session.local if receiving else session.remote)
    return error._replace(
        source=BounceSource.PROTOCOL_LOG,
        server=error.server or surroundings.host_name(name or (aimed_at["domain"] if aimed_at is not None else "")),
        address=error.address or address,
        port=error.port or port,
        occurred_at=error.occurred_at or session.last,
        on_premises=not receiving,
        direction=_direction(session, receiving=receiving),
    )
