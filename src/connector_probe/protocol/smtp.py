"""SMTP as a client sees it, without a socket: bytes in, replies out; commands out as bytes.

The reader is lenient where a reply can still be told for what it is (and flags what is wrong with it), and strict
where the bytes are no SMTP at all: that is a finding of its own and never an exception. It stops at named bounds,
so no server can make it hold much or work long.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Garble, Reply, ReplyFlaw
from connector_probe.model.printable import printable

# --- limits ----------------------------------------------------------------------------------------------------

RFC_LINE: Final = 512  # RFC 5321 4.5.3.1.4 and 4.5.3.1.5: octets of a command or reply line with its CRLF
MAX_LINE: Final = 8192  # sixteen times the above: chatty policy banners exist, an endless line is no banner
MAX_LINES: Final = 256  # the longest EHLO answers known have some thirty lines
MAX_BUFFERED: Final = MAX_LINES * RFC_LINE  # so many lines of the size allowed, in however few long lines they come
MAX_SAMPLE: Final = 200  # characters of foreign text that evidence keeps: enough to recognize a protocol by

_SAMPLE_BYTES: Final = 4 * (MAX_SAMPLE + 1)  # a character has four octets at most; one more tells that it was cut

# --- reading replies -------------------------------------------------------------------------------------------

# RFC 5321 4.2:
#   Reply-line  = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
#   Reply-code  = %x32-35 %x30-35 %x30-39
#   textstring  = 1*(%d09 / %d32-126)
# The beginning of a line that is, or may yet become, such a line. Codes 1yz and 6yz up are no SMTP (RFC 5321 4.2.1
# has no preliminary replies, RFC 959's FTP has); neither is a number of four digits. The second digit may be any:
# block lists really answer 571 and 591, and that is a rejection, not another protocol.
_MAYBE_HEAD = re.compile(rb"(?:[2-5](?:\Z|[0-9](?:\Z|[0-9](?:\Z|[^0-9])))|\Z)")

_CODE_SIZE: Final = 3
_UNLIKE_OTHERS: Final = frozenset({ReplyFlaw.MIXED_CODES, ReplyFlaw.NO_SEPARATOR})  # code and text do not tell the line


@dataclass(frozen=True, slots=True)
class GarbledReply:
    """Bytes that are no SMTP reply; ``sample`` is their printable beginning."""

    garble: Garble
    sample: str


class ReplyReader:
    """Bytes from the server, cut into replies (RFC 5321 4.2).

    Feed it whatever arrives, split anywhere, and take replies until there are none::

        reader.feed(data)
        while (reply := reader.next_reply()) is not None: ...

    Read and flagged: a line ended by LF alone, or with a CR too many; a code and text without a separator (a final
    line); other codes on other lines of one reply (RFC 5321 4.2.1 forbids them and lets a client go by any line; here
    the final line's code counts, because it alone ends the reply); octets over 0x7f (SMTPUTF8 is never asked for);
    lines over 512 octets. A line that cannot be a reply is garbled as soon as its first octets show it.

    Once garbled the reader stays so, and takes only as much more as ``sample`` can show: a protocol that arrives in
    pieces can be told by asking again.
    """

    __slots__ = ("_as_sent", "_buffer", "_code", "_flaws", "_garble", "_line", "_lines", "_overflow", "_scanned")

    def __init__(self) -> None:
        self._buffer = bytearray()  # begins with the first octet of the reply being read
        self._garble: Garble | None = None
        self._overflow = False  # octets were dropped: what follows has lost its connection with what is buffered
        self._restart()

    def _restart(self) -> None:
        self._line = 0  # where the unread line begins
        self._scanned = 0  # how far it is known to hold no LF, so that one-octet feeds cost no second look
        self._code = 0
        self._lines: list[str] = []
        self._as_sent: list[bytes] = []
        self._flaws: set[ReplyFlaw] = set()

    @property
    def buffered(self) -> int:
        """Octets held that belong to no reply given out; MAX_BUFFERED at most."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what arrived.

        What goes beyond MAX_BUFFERED octets not yet given out is dropped, and after the replies in them the reader is
        garbled: nobody who waits for one answer is sent that much.
        """
        if self._overflow:
            return
        room = (MAX_BUFFERED if self._garble is None else _SAMPLE_BYTES) - len(self._buffer)
        if len(data) <= room:
            self._buffer += data
        else:
            self._buffer += data[: max(room, 0)]
            self._overflow = True

    def next_reply(self) -> Reply | GarbledReply | None:
        """The next reply; None when more octets are needed; a GarbledReply, now and ever after, when none can come."""
        while self._garble is None:
            line = self._next_line()
            if line is None:
                break
            reply = self._read(line)
            if reply is not None:
                return reply
        return None if self._garble is None else GarbledReply(self._garble, self.sample())

    def with_the_rest(self, reply: Reply) -> Reply:
        """``reply`` with the lines behind it that belong to it: "250 mail", "250-SIZE", "250 STARTTLS".

        A server that marks a line in the middle as the last has said more than its reply; what stands behind an answer
        before the next command, with the same code, is nothing else.
        """
        while self._garble is None and self._buffer.startswith((b"%d-" % reply.code, b"%d " % reply.code)):
            more = self.next_reply()
            if not isinstance(more, Reply):
                break
            flaws = {*reply.flaws, *more.flaws, ReplyFlaw.ENDS_EARLY}
            lines, as_sent = (*reply.lines, *more.lines), (*reply.wire_lines, *more.wire_lines)
            reply = Reply(more.code, lines, tuple(flaw for flaw in ReplyFlaw if flaw in flaws), as_sent)
            if len(reply.lines) >= MAX_LINES:
                break
        return reply

    def sample(self, limit: int = MAX_SAMPLE) -> str:
        """The printable beginning of what is buffered (with the lines of an unfinished reply), for evidence."""
        return printable(bytes(self._buffer[: 4 * (limit + 1)]), limit)

    def discard(self) -> bytes:
        """Drop and return everything buffered: behind the 220 to STARTTLS, plaintext that must not be believed.

        RFC 3207 4.2: what was learnt before TLS is discarded. CVE-2011-0411 is what happens otherwise.
        """
        dropped = bytes(self._buffer)
        self._buffer.clear()
        self._overflow = False
        self._restart()
        return dropped

    def _next_line(self) -> bytes | None:
        """The next line without its LF, or None: incomplete, or garbled."""
        if not _MAYBE_HEAD.match(self._buffer[self._line : self._line + _CODE_SIZE + 1]):
            self._garble = Garble.NOT_SMTP
            return None
        end = self._buffer.find(b"\n", self._scanned)
        size = (len(self._buffer) if end < 0 else end + 1) - self._line
        if size > MAX_LINE:
            self._garble = Garble.LINE_TOO_LONG
            return None
        if end < 0:
            self._scanned = len(self._buffer)
            if self._overflow:
                self._garble = Garble.TOO_MANY_LINES
            return None
        if size > RFC_LINE:
            self._flaws.add(ReplyFlaw.LONG_LINE)
        line = bytes(self._buffer[self._line : end])
        self._line = self._scanned = end + 1
        return line

    def _read(self, line: bytes) -> Reply | None:
        """Add one line to the reply; the reply, when that was its last one."""
        if line.endswith(b"\r"):
            line = line[:-1]
        else:
            self._flaws.add(ReplyFlaw.BARE_LF)
        if b"\r" in line:
            self._flaws.add(ReplyFlaw.BARE_CR)
            line = line.rstrip(b"\r")
        if not line.isascii():
            self._flaws.add(ReplyFlaw.NOT_ASCII)
        code, rest = int(line[:_CODE_SIZE]), line[_CODE_SIZE:]
        if self._lines and code != self._code:
            self._flaws.add(ReplyFlaw.MIXED_CODES)
        self._code = code
        separated = rest[:1] in (b"-", b" ")
        if rest and not separated:
            self._flaws.add(ReplyFlaw.NO_SEPARATOR)
        # RFC 5321 4.2 allows a tab in a textstring; nobody means anything but a blank by it.
        self._lines.append(printable(rest[1:].replace(b"\t", b" ") if separated else rest))
        self._as_sent.append(line)
        if rest.startswith(b"-"):
            if len(self._lines) >= MAX_LINES:
                self._garble = Garble.TOO_MANY_LINES
            return None
        flaws = tuple(flaw for flaw in ReplyFlaw if flaw in self._flaws) if self._flaws else ()
        as_sent = tuple(map(printable, self._as_sent)) if _UNLIKE_OTHERS & self._flaws else ()
        reply = Reply(code, tuple(self._lines), flaws, as_sent)
        del self._buffer[: self._line]
        self._restart()
        return reply


# --- reading what replies say ----------------------------------------------------------------------------------

# RFC 5321 4.1.1.1:
#   ehlo-line    = ehlo-keyword *( SP ehlo-param )
#   ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
#   ehlo-param   = 1*(%d33-126)
# Wider: any visible keyword ("X_FOO", "****"), and "AUTH=LOGIN", which drafts before RFC 2554 had and servers kept.
_EHLO_KEYWORD = re.compile(r"\s*([^\s=]+)")

# Cisco ASA and PIX inspection overwrite a keyword they do not know with X, at times all but the last letter.
_MASKED_KEYWORD = r"X{3,}A?"

_MASKED_SHARE: Final = 0.8  # the same devices leave 2, 0 and spaces of a banner, and make asterisks of the rest
_MASKED_SIZE: Final = 5  # an ornament of a few asterisks is no mask

# RFC 3463 2, at the start of the text as RFC 2034 4 has it:
#   status-code = class "." subject "." detail
#   class       = "2"/"4"/"5"
#   subject     = 1*3digit
#   detail      = 1*3digit
_ENHANCED_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?!\w|\.[0-9])")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an EHLO reply offers. ``keywords`` in the server's order, upper-case, each once."""

    keywords: tuple[str, ...] = ()

    def offers(self, keyword: str) -> bool:
        """Whether ``keyword`` is offered (RFC 5321 2.4: without regard to case)."""
        return keyword.upper() in self.keywords

    @property
    def masked_keywords(self) -> tuple[str, ...]:
        """Keywords that something on the way has overwritten (XXXXXXXA), as Cisco's SMTP inspection does."""
        return tuple(name for name in self.keywords if re.fullmatch(_MASKED_KEYWORD, name))


@lru_cache(maxsize=64)  # under each TlsSettings, and for each sentence about it, the same reply is read again
def capabilities(reply: Reply) -> Capabilities:
    """What the reply to EHLO offers (RFC 5321 4.1.1.1).

    The first line is the greeting, and every other one, the last included, an extension. A reply other than 2yz
    offers nothing.
    """
    named = map(_EHLO_KEYWORD.match, reply.lines[1:] if reply.severity == 2 else ())
    return Capabilities(tuple(dict.fromkeys(found[1].upper() for found in named if found is not None)))


def masked_banner(reply: Reply) -> bool:
    """Whether something on the way has overwritten the banner with asterisks (Cisco ASA and PIX)."""
    body = "".join("".join(reply.lines).split())
    return len(body) >= _MASKED_SIZE and body.count("*") >= _MASKED_SHARE * len(body)


def enhanced_status(text: str) -> str | None:
    """The enhanced status code that begins ``text`` (RFC 3463, RFC 2034 4): "5.7.1 denied" gives "5.7.1"."""
    match = _ENHANCED_STATUS.match(text)
    return match[0] if match else None


# --- commands --------------------------------------------------------------------------------------------------
# Each is one bytes object, to go out in one write: some firewalls mangle a command that comes in pieces.

STARTTLS: Final = b"STARTTLS\r\n"  # RFC 3207 4
MAIL_FROM_NULL: Final = b"MAIL FROM:<>\r\n"  # RFC 5321 4.1.1.2, 4.5.5: nothing can ever bounce to anybody
RSET: Final = b"RSET\r\n"  # RFC 5321 4.1.1.5
QUIT: Final = b"QUIT\r\n"  # RFC 5321 4.1.1.10

# RFC 5321 4.1.2, 4.1.3: Domain and address-literal have neither blanks nor controls.
_HELO_NAME = re.compile(r"[!-~]+")
# RFC 5321 4.1.2: Path = "<" ... Mailbox ">"; blanks stand only in a quoted local part, angle brackets end the path.
_PATH_TEXT = re.compile(r"[ -;=?-~]+")


def ehlo(name: str) -> bytes:
    """EHLO with the client's name or address literal (RFC 5321 4.1.1.1). Raises ValueError."""
    return _command("EHLO ", name, _HELO_NAME)


def helo(name: str) -> bytes:
    """HELO with the client's name or address literal (RFC 5321 4.1.1.1). Raises ValueError."""
    return _command("HELO ", name, _HELO_NAME)


def rcpt_to(address: str) -> bytes:
    """RCPT with one mailbox, written without angle brackets (RFC 5321 4.1.1.3). Raises ValueError."""
    return _command("RCPT TO:<", address, _PATH_TEXT, ">")


def proxy_header(source: str, address: str, port: int) -> bytes:
    """A PROXY protocol header, version 1, that tells nothing but the truth of a connection (haproxy.org, section 2.1).

    Our own port is not told: nobody listens there, and 0 is allowed.
    """
    family = "TCP6" if ":" in address else "TCP4"
    ends = (end.split("%", 1)[0] for end in (source or address, address))
    return f"PROXY {family} {' '.join(ends)} 0 {port}\r\n".encode("ascii")


def _command(before: str, argument: str, allowed: re.Pattern[str], after: str = "") -> bytes:
    """One command line; a line end, NUL or non-ASCII in ``argument`` would be a second command or no command."""
    if not allowed.fullmatch(argument):
        raise ValueError(f"not to be sent in an SMTP command: {printable(argument, MAX_SAMPLE)!r}")
    command = f"{before}{argument}{after}\r\n".encode("ascii")
    if len(command) > RFC_LINE:
        raise ValueError(f"an SMTP command of {len(command)} octets; {RFC_LINE} are allowed")
    return command


# --- other protocols -------------------------------------------------------------------------------------------

# What a server that speaks first says, as ``printable`` shows it. Only what nothing else says: FTP and NNTP greet
# with a code as SMTP does, and "-ERR" may be POP3 or Redis.
_PROTOCOLS: Final = (
    ("http", r"HTTP/[0-9]|(?i:<!doctype html|<html)"),  # RFC 9112 4; without a head, as HTTP/0.9 had it
    ("ssh", r"SSH-[12]\.[0-9]+-"),  # RFC 4253 4.2
    ("imap", r"\* (?:OK|PREAUTH|BYE)(?![\w-])"),  # RFC 9051 7.1
    ("pop3", r"\+OK(?![\w-])"),  # RFC 1939 3
    ("managesieve", r'"IMPLEMENTATION" '),  # RFC 5804 1.7
    # A record: change_cipher_spec to application_data, version 3.0 to 3.4 (RFC 8446 5.1).
    ("tls", r"\\x1[4-7]\\x03\\x0[0-4]"),
    # The PROXY protocol's two headers, from a balancer whose two sides were swapped.
    ("proxy-protocol", r"PROXY (?:TCP[46]|UNKNOWN)|\\x0d\\x0a\\x0d\\x0a\\x00\\x0d\\x0aQUIT\\x0a"),
    # A packet (three octets of length, number 0) with protocol version 10 and the server's version, or its refusal.
    ("mysql", r"(?:\\x[0-9a-f]{2}|.)\\x00\\x00\\x00(?:\\x0a[0-9]+\.|\\xff.*this (?:MySQL|MariaDB) server)"),
    ("vnc", r"RFB [0-9]{3}\.[0-9]{3}"),  # RFC 6143 7.1.1
    ("telnet", r"\\xff\\xf[b-e]"),  # RFC 854: IAC and WILL, WONT, DO or DONT
)


def looks_like(sample: str) -> str | None:
    """The protocol that a garbled sample (as ``ReplyReader.sample`` gives it) is, where that is certain."""
    return next((name for name, pattern in _PROTOCOLS if re.match(pattern, sample)), None)


# Protocols that greet with a code, as SMTP does, and say in words what they are (RFC 959 5.4, RFC 3977 5.1).
_FTP_GREETING: Final = r"(?i)\bFTP\b|\bvsFTPd\b|\bProFTPD\b|\bFileZilla Server\b"
_NNTP_GREETING: Final = r"(?i)\bNNTP\b|\bINN\b|news ?server|\bNNRP\b"


def greeting_protocol(reply: Reply) -> str | None:
    """The other protocol that a greeting with a code names: FTP, NNTP; None where it may be SMTP."""
    text = " ".join(reply.lines)
    if reply.code in (120, 220) and "smtp" not in text.lower() and re.search(_FTP_GREETING, text):
        return "ftp"
    return "nntp" if reply.code in (200, 201) and re.search(_NNTP_GREETING, text) else None


# RFC 5322 3.3 date-time, as greetings have it: "... ready at Tue, 24 Nov 2026 03:42:51 +0000".
_DATE_TIME = re.compile(
    r"[0-3]?[0-9] [A-Z][a-z]{2} 20[0-9]{2} [0-2][0-9]:[0-5][0-9](?::[0-6][0-9])? (?:[+-][0-9]{4}|GMT|UTC)"
)


def greeting_time(reply: Reply) -> datetime | None:
    """The time that a greeting tells, in UTC; None where it tells none. RFC 5321 4.2 leaves its text free."""
    found = _DATE_TIME.search(" ".join(reply.lines))
    if found is None:
        return None
    from email.utils import parsedate_to_datetime  # late: few greetings tell the time

    try:
        return parsedate_to_datetime(found[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
